package chart_test

import (
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/chart"
)

func svgOf(f chart.Figure) string { return string(f.SVG()) }

// elements counts the elements of a well-formed drawing.
func elements(t require.TestingT, svg string) map[string]int {
	count := map[string]int{}
	dec := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return count
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			count[start.Name.Local]++
		}
	}
}

func TestLines(t *testing.T) {
	svg := svgOf(chart.Lines("Stock <units>", []string{"w1", "w2", "w3"},
		chart.Series{Name: "policy & plan", Values: []float64{3, math.NaN(), 5}},
		chart.Series{Name: "naive", Values: []float64{1, 2, 1500}}))
	assert.Equal(t, 2, elements(t, svg)["path"])
	assert.Contains(t, svg, "policy &amp; plan")
	assert.Contains(t, svg, "Stock &lt;units&gt;")
	assert.Contains(t, svg, ">1.5k<")
	assert.NotContains(t, svg, "NaN")
}

func TestBars(t *testing.T) {
	svg := svgOf(chart.Bars("Net", []string{"a", "b"}, chart.Series{Name: "x", Values: []float64{2, -1}}))
	assert.Equal(t, 2, elements(t, svg)["rect"])
	assert.NotContains(t, svg, `height="-`)
}

func TestHeat(t *testing.T) {
	svg := svgOf(chart.Heat("RFM", []string{"5", "4"}, []string{"1", "2", "3"}, [][]int{{0, 1, 2}, {3, 4, 50}}))
	assert.Equal(t, 6, elements(t, svg)["rect"])
	assert.Contains(t, svg, ">50<")
}

func TestBandsFormsAndMarks(t *testing.T) {
	at := 4.0
	f := chart.Marked("Demand", []string{"w1", "w2", "w3"}, []chart.Mark{{At: 1, Name: "shift <up>"}, {At: 2, Name: "spike", Value: &at}, {At: 9}},
		chart.Series{Name: "y", Values: []float64{1, 2, 4}, Lower: []float64{0, 1, math.Inf(-1)}, Upper: []float64{2, 3, 5}},
		chart.Series{Name: "dots", Values: []float64{1, math.NaN(), 2}, Form: chart.Dots},
		chart.Series{Name: "steps", Values: []float64{1, 3}, Form: chart.Steps})
	svg := svgOf(f)
	count := elements(t, svg)
	assert.Equal(t, 3, count["circle"], "two dots and a ring")
	assert.Equal(t, 3, count["path"], "a band, a line and steps")
	assert.Contains(t, svg, "shift &lt;up&gt;")
	columns, rows := f.Values()
	assert.Equal(t, []string{"", "y", "y from", "y to", "dots", "steps", "mark"}, columns)
	assert.Equal(t, [][]string{{"w1", "1", "0", "2", "1", "1", ""}, {"w2", "2", "1", "3", "", "3", "shift <up>"}, {"w3", "4", "", "5", "2", "", "spike"}}, rows)
	assert.Equal(t, "Demand", f.Title())
}

func TestXY(t *testing.T) {
	f := chart.XY("OC", "share defective", "accepted",
		chart.Curve{Name: "plan", X: []float64{0, 0.1, 0.2}, Y: []float64{1, 0.5, 0.1}, Lower: []float64{1, 0.4, 0}, Upper: []float64{1, 0.6, 0.2}},
		chart.Curve{Name: "points", X: []float64{0.05, math.NaN()}, Y: []float64{0.9, 0.8}, Form: chart.Dots})
	count := elements(t, svgOf(f))
	assert.Equal(t, 2, count["path"])
	assert.Equal(t, 1, count["circle"])
	_, rows := f.Values()
	assert.Equal(t, []string{"plan", "0.1", "0.5", "0.4", "0.6"}, rows[1])
}

func TestGraph(t *testing.T) {
	f := chart.Graph("Journey <a>", []chart.Node{{Name: "enter & wait", Note: "an hour", Count: 3}, {Name: "ask"}, {Name: strings.Repeat("long ", 20)}},
		[]chart.Edge{{From: 0, To: 1}, {From: 0, To: 2, Label: "<else>"}, {From: 2, To: 0, Label: "again"}, {From: 1, To: 9}, {From: -1, To: 0}})
	svg := svgOf(f)
	count := elements(t, svg)
	assert.Equal(t, 3, count["rect"])
	assert.Equal(t, 6, count["path"], "three arrows with their heads")
	assert.Contains(t, svg, "&lt;else&gt;")
	assert.NotContains(t, svg, strings.Repeat("long ", 20))
	_, rows := f.Values()
	assert.Equal(t, []string{"enter & wait", "an hour", "3", "ask; <else>: " + strings.Repeat("long ", 20)}, rows[0])
	elements(t, svgOf(chart.Graph("none", nil, nil)))
}

func TestIntervals(t *testing.T) {
	f := chart.Intervals("Effects", chart.Percent,
		chart.Interval{Label: "bought", Series: "green", Estimate: 0.1, Lower: -0.05, Upper: 0.25},
		chart.Interval{Label: "bought", Series: "red", Color: 1, Estimate: -0.1, Lower: math.Inf(-1), Upper: 0.1},
		chart.Interval{Label: "revenue", Series: "green", Estimate: math.NaN()})
	svg := svgOf(f)
	assert.Equal(t, 2, elements(t, svg)["circle"])
	assert.Contains(t, svg, "10.0 %")
	assert.Contains(t, svg, ">green<")
	assert.NotContains(t, svg, "NaN")
	assert.NotContains(t, svg, "Inf")
}

// A long line is drawn by its extremes: the one spike stays.
func TestLongLinesAreThinned(t *testing.T) {
	values := make([]float64, 100_000)
	values[54321] = 7
	svg := svgOf(chart.Lines("t", nil, chart.Series{Name: "x", Values: values}))
	assert.Less(t, len(svg), 60_000)
	assert.Contains(t, svg, "L", "joined")
	with := svgOf(chart.Lines("t", nil, chart.Series{Name: "x", Values: make([]float64, 100_000)}))
	assert.NotEqual(t, svg, with)
}

func TestFormsOfAFigure(t *testing.T) {
	f := chart.Bars("Net & gross", []string{"a", "b"}, chart.Series{Name: "<x>", Values: []float64{2, -1}, Lower: []float64{1, -2}, Upper: []float64{3, 0}})
	document := string(f.Document())
	elements(t, document)
	assert.Contains(t, document, `xmlns="http://www.w3.org/2000/svg"`)
	assert.NotContains(t, document, "var(")
	page := string(f.HTML())
	assert.Contains(t, page, "<details>")
	assert.Contains(t, page, "&lt;x&gt; from")
	assert.NotContains(t, page, "<x>")
	var b strings.Builder
	require.NoError(t, chart.Write(&b, "A <year>", chart.Section{Title: "Sums", Note: "all", Figures: []chart.Figure{f},
		HTML: []template.HTML{"<svg></svg>"}, Columns: []string{"k", "v"}, Rows: [][]string{{"<b>", "1"}, {"c", "2"}}, Most: 1}))
	assert.Contains(t, b.String(), "<title>A &lt;year&gt;</title>")
	assert.Contains(t, b.String(), "1 more rows are not shown")
	assert.NotContains(t, b.String(), "<td>c</td>")
	long := chart.Lines("t", nil, chart.Series{Values: make([]float64, 500)})
	assert.Contains(t, string(long.Table()), "100 more rows")
}

// Any values draw well-formed XML without a NaN or an infinity in it, and the
// same bytes each time.
func TestAnyValuesDraw(t *testing.T) {
	value := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1e12, 1e12), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), 5e-324, math.MaxFloat64}))
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(value, 0, 20).Draw(t, "values")
		lower := rapid.SliceOfN(value, 0, 20).Draw(t, "lower")
		upper := rapid.SliceOfN(value, 0, 20).Draw(t, "upper")
		labels := make([]string, rapid.IntRange(0, 20).Draw(t, "labels"))
		for i := range labels {
			labels[i] = rapid.StringOf(rapid.RuneFrom([]rune("ab<&>\"é "))).Draw(t, "label")
		}
		s := chart.Series{Name: "s", Values: values, Lower: lower, Upper: upper, Form: chart.Form(rapid.IntRange(0, 2).Draw(t, "form"))}
		draw := func() []chart.Figure {
			figures := []chart.Figure{
				chart.Lines("t", labels, s), chart.Bars("t", labels, s),
				chart.XY("t", "x", "y", chart.Curve{Name: "c", X: lower, Y: values, Lower: lower, Upper: upper, Form: s.Form}),
			}
			var intervals []chart.Interval
			for i := range min(len(values), len(lower), len(upper)) {
				intervals = append(intervals, chart.Interval{Label: "l", Color: i - 3, Estimate: values[i], Lower: lower[i], Upper: upper[i]})
			}
			return append(figures, chart.Intervals("t", nil, intervals...))
		}
		again := draw()
		for i, f := range draw() {
			svg := svgOf(f)
			elements(t, svg)
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Fatal(svg)
			}
			require.Equal(t, svg, svgOf(again[i]))
		}
	})
}
