package hierarchy_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/inventory/forecast/hierarchy"
)

func Example() {
	tree, err := hierarchy.FromPaths([][]string{{"tea", "green"}, {"tea", "black"}, {"mugs", "red"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Errors of the past forecasts: the total and the mugs were good.
	r, err := tree.MinT([][]float64{
		{2, -1, 1, -2, 1, 0}, {6, -5, 4, -7, 3, 1}, {1, 1, -1, 0, 1, -1}, {5, -2, 4, -6, 1, 2}, {-3, 4, 2, 3, -4, 1}, {1, 0, -1, 1, 0, -1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	coherent, err := r.Apply([]float64{100, 70, 40, 30, 35, 41})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, name := range tree.Names() {
		fmt.Printf("%-10s %6.1f\n", name, coherent[i])
	}
	// Output:
	// total        99.5
	// tea          59.0
	// mugs         40.6
	// tea/green    24.0
	// tea/black    34.9
	// mugs/red     40.6
}

func ExampleNew() {
	// Items 0 and 1 are tea, 2 is a mug; 0 and 2 sell in the north.
	var tree *hierarchy.Hierarchy
	tree, err := hierarchy.New(3, [][]int{{0, 1, 2}, {0, 1}, {2}, {0, 2}, {1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tree.Sum([]float64{5, 3, 2}))
	// Output: [10 8 2 7 3 5 3 2] <nil>
}

func ExampleTemporal() {
	year, err := hierarchy.Temporal(4) // quarters
	if err != nil {
		fmt.Println(err)
		return
	}
	var r *hierarchy.Reconciler
	r, err = year.Structural()
	if err != nil {
		fmt.Println(err)
		return
	}
	// A forecast of the year, of its halves and of its quarters.
	coherent, err := r.Apply([]float64{120, 50, 60, 20, 25, 28, 35})
	fmt.Printf("%.2f %v\n", coherent, err)
	// Output: [112.67 49.33 63.33 22.17 27.17 28.17 35.17] <nil>
}

func ExampleReconciler_NonNegative() {
	h, err := hierarchy.New(4, [][]int{{0, 1, 2, 3}, {0, 1}, {2, 3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := h.OLS()
	if err != nil {
		fmt.Println(err)
		return
	}
	figures := []float64{60, 50, 50, 60, 40, 45, 1}
	free, _ := r.Apply(figures)
	cut, _ := r.NonNegative().Apply(figures)
	fmt.Printf("%.2f\n%.2f\n", free, cut)
	// Output:
	// [83.71 50.86 32.86 35.43 15.43 38.43 -5.57]
	// [85.00 50.00 35.00 35.00 15.00 35.00 0.00]
}

// One set of base forecasts, reconciled in five ways.
func ExampleHierarchy_TopDown() {
	tree, err := hierarchy.FromPaths([][]string{{"tea", "green"}, {"tea", "black"}, {"mugs", "red"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	base := []float64{100, 70, 40, 30, 35, 41} // the total, tea, mugs, and the three items
	shares := []float64{0.3, 0.3, 0.4}
	residuals := [][]float64{
		{2, -1, 1, -2, 1, 0}, {6, -5, 4, -7, 3, 1}, {1, 1, -1, 0, 1, -1}, {5, -2, 4, -6, 1, 2}, {-3, 4, 2, 3, -4, 1}, {1, 0, -1, 1, 0, -1},
	}
	topDown, err := tree.TopDown(shares)
	if err != nil {
		fmt.Println(err)
		return
	}
	middleOut, err := tree.MiddleOut([]int{1, 2}, []float64{0.5, 0.5, 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	weighted, err := tree.WLS(residuals)
	if err != nil {
		fmt.Println(err)
		return
	}
	nearest, err := tree.OLS()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range []*hierarchy.Reconciler{tree.BottomUp(), topDown, middleOut, weighted, nearest} {
		coherent, err := r.Apply(base)
		fmt.Printf("%.1f %v\n", coherent[tree.Len()-tree.Bottom():], err)
	}
	// Output:
	// [30.0 35.0 41.0] <nil>
	// [30.0 30.0 40.0] <nil>
	// [35.0 35.0 40.0] <nil>
	// [27.4 33.3 40.3] <nil>
	// [30.3 35.3 38.5] <nil>
}
