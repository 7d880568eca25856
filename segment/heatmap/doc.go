// Package heatmap counts where people click and how far they scroll.
//
// # The problem
//
// Positions in pixels mean something else on every screen. Positions relative to the page or to
// an element can be added up: where on the page, where on the button, how far down.
//
//	m, err := heatmap.New(points, 20, 20)
//	m.Cells[0][3]                      // clicks in row 0 (top), column 3
//	byElement, err := heatmap.BySelector(points, 4, 4)
//	depth, err := heatmap.Scroll(deepest, 10)
//
// # Units
//
// Coordinates run from 0 to 1, left to right and top to bottom. With n cells, a coordinate x falls in cell
// min(n-1, floor(n·x)).
//
// # Cost
//
// O(points + cells); pure computation.
package heatmap
