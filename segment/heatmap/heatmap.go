package heatmap

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Point is one click or touch.
type Point struct {
	// X and Y are the position within the page, or within the element of Selector.
	X, Y float64
	// Selector names the element, as a CSS selector does; empty for the page.
	Selector string
}

// Map is how many points fell in each cell.
type Map struct {
	// Cells are rows from top to bottom of columns from left to right.
	Cells [][]int
	Total int
}

// maxCells bounds a side of a map.
const maxCells = 10_000

// New counts points in rows and columns. A point outside the page is refused.
func New(points []Point, rows, columns int) (*Map, error) {
	m, err := empty(rows, columns)
	if err != nil {
		return nil, err
	}
	for i, p := range points {
		if err := m.add(p); err != nil {
			return nil, fmt.Errorf("heatmap: point %d: %w", i, err)
		}
	}
	return m, nil
}

func empty(rows, columns int) (*Map, error) {
	if rows < 1 || columns < 1 || rows > maxCells || columns > maxCells || rows*columns > 1<<24 {
		return nil, fmt.Errorf("heatmap: %d rows of %d columns: %w", rows, columns, flywheel.ErrOutOfRange)
	}
	m := &Map{Cells: make([][]int, rows)}
	cells := make([]int, rows*columns)
	for i := range m.Cells {
		m.Cells[i] = cells[i*columns : (i+1)*columns]
	}
	return m, nil
}

func (m *Map) add(p Point) error {
	for _, x := range [2]float64{p.X, p.Y} {
		if math.IsNaN(x) || x < 0 || x > 1 {
			return fmt.Errorf("position %v, %v: %w", p.X, p.Y, flywheel.ErrOutOfRange)
		}
	}
	m.Cells[cell(p.Y, len(m.Cells))][cell(p.X, len(m.Cells[0]))]++
	m.Total++
	return nil
}

func cell(x float64, n int) int { return min(n-1, int(math.Floor(float64(n)*x))) }

// Max is the largest number of points in a cell.
func (m *Map) Max() int {
	most := 0
	for _, row := range m.Cells {
		most = max(most, slices.Max(row))
	}
	return most
}

// Down is, for each row, the points in it and above.
func (m *Map) Down() []int {
	down := make([]int, len(m.Cells))
	sum := 0
	for i, row := range m.Cells {
		for _, n := range row {
			sum += n
		}
		down[i] = sum
	}
	return down
}

// Merge adds the counts of a map of the same size, so that days and processes add up.
func (m *Map) Merge(other *Map) error {
	if len(other.Cells) != len(m.Cells) || len(m.Cells) > 0 && len(other.Cells[0]) != len(m.Cells[0]) {
		return fmt.Errorf("heatmap: maps of different sizes: %w", flywheel.ErrInvalid)
	}
	for i, row := range other.Cells {
		for j, n := range row {
			m.Cells[i][j] += n
		}
	}
	m.Total += other.Total
	return nil
}

// Element is the map of one element.
type Element struct {
	Selector string
	*Map
}

// BySelector counts the points of each element, those with the most first, then by
// selector. Points of the page have the selector "".
func BySelector(points []Point, rows, columns int) ([]Element, error) {
	maps := map[string]*Map{}
	for i, p := range points {
		m := maps[p.Selector]
		if m == nil {
			var err error
			if m, err = empty(rows, columns); err != nil {
				return nil, err
			}
			maps[p.Selector] = m
		}
		if err := m.add(p); err != nil {
			return nil, fmt.Errorf("heatmap: point %d of %q: %w", i, p.Selector, err)
		}
	}
	elements := make([]Element, 0, len(maps))
	for selector, m := range maps {
		elements = append(elements, Element{selector, m})
	}
	slices.SortFunc(elements, func(a, b Element) int {
		return cmp.Or(b.Total-a.Total, cmp.Compare(a.Selector, b.Selector))
	})
	return elements, nil
}

// Depth is how many visits came how far down.
type Depth struct {
	// Reached[i] is how many came to the i-th of the parts of the page, from the top.
	Reached []int
	Visits  int
	// Mean is the mean depth.
	Mean float64
}

// Scroll counts how far down the visits came, given the deepest position of each, in parts of
// equal height. A visit at depth y has reached the parts up to the one of y.
func Scroll(deepest []float64, parts int) (*Depth, error) {
	if parts < 1 || parts > maxCells {
		return nil, fmt.Errorf("heatmap: %d parts: %w", parts, flywheel.ErrOutOfRange)
	}
	d := &Depth{Reached: make([]int, parts), Visits: len(deepest)}
	for i, y := range deepest {
		if math.IsNaN(y) || y < 0 || y > 1 {
			return nil, fmt.Errorf("heatmap: visit %d at depth %v: %w", i, y, flywheel.ErrOutOfRange)
		}
		d.Reached[cell(y, parts)]++
		d.Mean += y / float64(len(deepest))
	}
	for i := parts - 2; i >= 0; i-- {
		d.Reached[i] += d.Reached[i+1]
	}
	return d, nil
}
