package heatmap_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/heatmap"
)

func Example() {
	m, err := heatmap.New([]heatmap.Point{{X: 0.1, Y: 0.1}, {X: 0.9, Y: 0.1}, {X: 1, Y: 1}}, 2, 2)
	fmt.Println(m.Cells, m.Total, m.Max(), m.Down(), err)
	fmt.Println(m.Merge(m), m.Total)
	// Output:
	// [[1 1] [0 1]] 3 1 [2 3] <nil>
	// <nil> 6
}

func ExampleBySelector() {
	elements, err := heatmap.BySelector([]heatmap.Point{{X: 0.1, Y: 0.5, Selector: "#buy"}, {X: 0.7, Y: 0.5, Selector: "#buy"}, {X: 0.7, Y: 0.5, Selector: "nav a"}}, 1, 2)
	var first heatmap.Element = elements[0]
	fmt.Println(first.Selector, first.Cells, err)
	// Output: #buy [[1 1]] <nil>
}

func ExampleScroll() {
	var depth *heatmap.Depth
	depth, err := heatmap.Scroll([]float64{0.2, 0.6, 1}, 4)
	fmt.Println(depth.Reached, depth.Visits, err)
	// Output: [3 2 2 1] 3 <nil>
}

func TestReference(t *testing.T) {
	var sections struct {
		Map *struct {
			Total  int     `json:"total"`
			Rows   [][]int `json:"rows_top_to_bottom"`
			Max    int     `json:"max_cell"`
			Scroll []int   `json:"scroll_rows_cum"`
		} `json:"heatmap_20x20"`
	}
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "segment", "goldens_events.json"), &sections))
	want := sections.Map
	if want == nil {
		t.Skip("no heat map in this file")
	}
	file, err := os.Open(testkit.Data(t, "segment/events.csv.gz"))
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(unzipped).ReadAll()
	require.NoError(t, err)
	var points []heatmap.Point
	for _, row := range rows[1:] {
		if row[4] != "click" {
			continue
		}
		x, err := strconv.ParseFloat(row[11], 64)
		require.NoError(t, err)
		y, err := strconv.ParseFloat(row[12], 64)
		require.NoError(t, err)
		points = append(points, heatmap.Point{X: x, Y: y, Selector: strings.ToLower(row[4])})
	}
	m, err := heatmap.New(points, 20, 20)
	require.NoError(t, err)
	require.Equal(t, want.Total, m.Total)
	require.Equal(t, want.Max, m.Max())
	require.Equal(t, want.Scroll, m.Down())
	for i, row := range want.Rows {
		if row != nil {
			require.Equal(t, row, m.Cells[i], "row %d", i)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, p := range []heatmap.Point{{X: -0.1}, {Y: 1.01}, {X: math.NaN()}} {
		_, err := heatmap.New([]heatmap.Point{p}, 2, 2)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
		_, err = heatmap.BySelector([]heatmap.Point{p}, 2, 2)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
		_, err = heatmap.Scroll([]float64{p.X - p.Y}, 2)
		require.Error(t, err)
	}
	for _, size := range [][2]int{{0, 1}, {1, -1}, {10_001, 1}} {
		_, err := heatmap.New(nil, size[0], size[1])
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	a, err := heatmap.New(nil, 2, 2)
	require.NoError(t, err)
	b, err := heatmap.New(nil, 2, 3)
	require.NoError(t, err)
	require.ErrorIs(t, a.Merge(b), flywheel.ErrInvalid)
}
