package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/examples/replay/chart"
)

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
	svg := string(chart.Lines("Stock <units>", []string{"w1", "w2", "w3"},
		chart.Series{Name: "policy & plan", Values: []float64{3, math.NaN(), 5}},
		chart.Series{Name: "naive", Values: []float64{1, 2, 1500}}))
	assert.Equal(t, 2, elements(t, svg)["path"])
	assert.Contains(t, svg, "policy &amp; plan")
	assert.Contains(t, svg, "Stock &lt;units&gt;")
	assert.Contains(t, svg, ">1.5k<")
	assert.NotContains(t, svg, "NaN")
}

func TestBars(t *testing.T) {
	svg := string(chart.Bars("Net", []string{"a", "b"}, chart.Series{Name: "x", Values: []float64{2, -1}}))
	assert.Equal(t, 2, elements(t, svg)["rect"])
	assert.NotContains(t, svg, `height="-`)
}

func TestHeat(t *testing.T) {
	svg := string(chart.Heat("RFM", []string{"5", "4"}, []string{"1", "2", "3"}, [][]int{{0, 1, 2}, {3, 4, 50}}))
	assert.Equal(t, 6, elements(t, svg)["rect"])
	assert.Contains(t, svg, ">50<")
}

// Any values draw well-formed XML without a NaN or an infinity in it.
func TestAnyValuesDraw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e12, 1e12), 0, 20).Draw(t, "values")
		labels := make([]string, len(values))
		for i := range labels {
			labels[i] = rapid.String().Draw(t, "label")
		}
		for _, svg := range []string{
			string(chart.Lines("t", labels, chart.Series{Name: "s", Values: values})),
			string(chart.Bars("t", labels, chart.Series{Name: "s", Values: values})),
		} {
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Fatal(svg)
			}
		}
	})
}
