package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Choice says that an actor chose an item: one cell of a [Matrix].
type Choice struct {
	// Actor is the row: a customer, a visitor, or a session under the name of
	// a visitor.
	Actor Actor
	// Item is the column.
	Item flywheel.SKU
	// At is when; the zero time where that is not known.
	At time.Time
	// Weight is how much the choice counts, 0 standing for 1. It is neither
	// negative nor infinite.
	Weight float64
}

// Matrix says which actor chose which items: what a [Learner] learns from. Each
// row holds the items of one actor, each once, in the order of time (the latest
// choice of an item counts, equal times are ordered as the [Index] orders), with
// weights that were summed. It costs 16 bytes a cell, half of that when all weights
// are 1 and no times are known. A Matrix is immutable and safe for concurrent use.
type Matrix struct {
	items  *Index
	actors []Actor
	rows   map[Actor]int32
	start  []int
	item   []int32
	weight []float32 // nil when all are 1
	at     []int64   // microseconds since 1970; nil when no time is known
	timed  bool
}

// NewMatrix builds a Matrix of choices. It reports a [*ChoiceError] for the first
// that is wrong. Without choices it is empty, which is no error: a model of it
// recommends nothing. O(n log n).
func NewMatrix(choices []Choice) (*Matrix, error) { return newMatrix(choices, nil) }

// newMatrix is NewMatrix with an Index that is given; choices of items that it
// does not know are an error.
func newMatrix(choices []Choice, items *Index) (*Matrix, error) {
	if len(choices) > math.MaxInt32 {
		return nil, fmt.Errorf("recommend: %d choices: %w", len(choices), flywheel.ErrLimit)
	}
	fail := func(n int, field string, err error) (*Matrix, error) {
		return nil, &ChoiceError{Place: n, Field: field, Err: err}
	}
	if items == nil {
		skus := make([]flywheel.SKU, len(choices))
		for n := range choices {
			skus[n] = choices[n].Item
		}
		items = NewIndex(skus)
	}
	m := &Matrix{items: items, rows: make(map[Actor]int32)}
	cells := make([]cell, len(choices))
	weighted := false
	for n := range choices {
		c := &choices[n]
		who := c.Actor.normal()
		if who == (Actor{}) {
			return fail(n, "actor", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
		}
		if c.Item == "" {
			return fail(n, "item", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
		}
		if c.Weight < 0 || math.IsNaN(c.Weight) || c.Weight > math.MaxFloat32 {
			return fail(n, "weight", fmt.Errorf("%v: %w", c.Weight, flywheel.ErrOutOfRange))
		}
		item, ok := items.Number(c.Item)
		if !ok {
			return fail(n, "item", fmt.Errorf("%q is not in the index: %w", c.Item, flywheel.ErrNotFound))
		}
		row, ok := m.rows[who]
		if !ok {
			row = int32(len(m.actors))
			m.rows[who] = row
			m.actors = append(m.actors, who)
		}
		cells[n] = cell{row: row, item: item, at: math.MinInt64, weight: float32(c.Weight)}
		if !c.At.IsZero() {
			cells[n].at = c.At.UnixMicro()
			m.timed = true
		}
		if c.Weight == 0 {
			cells[n].weight = 1
		}
		weighted = weighted || cells[n].weight != 1
	}
	m.fill(cells, weighted)
	return m, nil
}

// cell is one choice by numbers.
type cell struct {
	row, item int32
	weight    float32
	at        int64
}

// fill sets the rows of m from cells in any order. Without times the order of
// cells is the order of the rows.
func (m *Matrix) fill(cells []cell, weighted bool) {
	m.start = make([]int, len(m.actors)+1)
	for i := range cells {
		m.start[cells[i].row+1]++
	}
	for row := range m.actors {
		m.start[row+1] += m.start[row]
	}
	sorted := make([]cell, len(cells))
	next := slices.Clone(m.start)
	for _, c := range cells {
		sorted[next[c.row]] = c
		next[c.row]++
	}
	m.item = make([]int32, 0, len(cells))
	var weights []float32
	last := make(map[int32]int)
	from := 0
	for row := range m.actors {
		part := sorted[from:m.start[row+1]]
		from = m.start[row+1]
		if m.timed {
			slices.SortStableFunc(part, func(a, b cell) int {
				return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.item, b.item))
			})
		}
		clear(last)
		for i, c := range part { // the place of the latest choice of each item
			last[c.item] = i
		}
		begin := len(m.item)
		if len(last) < len(part) {
			weighted = true
			sum := make(map[int32]float32, len(last))
			for _, c := range part {
				sum[c.item] += c.weight
			}
			for i := range part {
				part[i].weight = sum[part[i].item]
			}
		}
		for i, c := range part {
			if last[c.item] != i {
				continue
			}
			m.item = append(m.item, c.item)
			weights = append(weights, c.weight)
			if m.timed {
				m.at = append(m.at, c.at)
			}
		}
		m.start[row] = begin
	}
	if len(m.actors) > 0 {
		m.start[len(m.actors)] = len(m.item)
	}
	if weighted {
		m.weight = weights
	}
}

// ChoiceError names the place of a [Choice] in what was given and the field that is
// wrong.
type ChoiceError struct {
	Place int    // from 0
	Field string // such as "weight"
	Err   error  // wraps a kind
}

func (e *ChoiceError) Error() string {
	return fmt.Sprintf("recommend: choice %d: %s: %v", e.Place, e.Field, e.Err)
}

// Unwrap returns the cause.
func (e *ChoiceError) Unwrap() error { return e.Err }

// Index returns the items of the columns.
func (m *Matrix) Index() *Index { return m.items }

// Actors returns the number of rows.
func (m *Matrix) Actors() int { return len(m.actors) }

// Len returns the number of cells.
func (m *Matrix) Len() int { return len(m.item) }

// History returns the row of an actor, oldest first, and whether there is one.
func (m *Matrix) History(who Actor) (History, bool) {
	row, ok := m.rows[who.normal()]
	if !ok {
		return nil, false
	}
	return m.history(row, nil), true
}

// history appends row to h[:0].
func (m *Matrix) history(row int32, h History) History {
	h = h[:0]
	for i := m.start[row]; i < m.start[row+1]; i++ {
		p := Past{Item: m.item[i], Weight: 1}
		if m.weight != nil {
			p.Weight = float64(m.weight[i])
		}
		if m.timed && m.at[i] != math.MinInt64 {
			p.At = m.at[i]
		}
		h = append(h, p)
	}
	return h
}

// row returns the items of a row in the order of time.
func (m *Matrix) row(row int32) []int32 { return m.item[m.start[row]:m.start[row+1]] }

// value returns the weight of cell i.
func (m *Matrix) value(i int) float64 {
	if m.weight == nil {
		return 1
	}
	return float64(m.weight[i])
}

// Binary returns m with all weights 1: whether an item was chosen, not how often.
func (m *Matrix) Binary() *Matrix {
	if m.weight == nil {
		return m
	}
	out := *m
	out.weight = nil
	return &out
}

// Choices returns the cells of m, row by row.
func (m *Matrix) Choices() []Choice {
	out := make([]Choice, 0, m.Len())
	for row := range m.actors {
		for i := m.start[row]; i < m.start[row+1]; i++ {
			c := Choice{Actor: m.actors[row], Item: m.items.names[m.item[i]], Weight: m.value(i)}
			if m.timed && m.at[i] != math.MinInt64 {
				c.At = time.UnixMicro(m.at[i]).UTC()
			}
			out = append(out, c)
		}
	}
	return out
}

// popularity returns for each item the number of rows that hold it.
func (m *Matrix) popularity() []int32 {
	count := make([]int32, m.items.Len())
	for _, item := range m.item {
		count[item]++
	}
	return count
}

// columns returns the transpose: for each item its rows, ascending, and the places
// of the cells.
func (m *Matrix) columns() *columns {
	c := &columns{start: make([]int, m.items.Len()+1), row: make([]int32, len(m.item)), cell: make([]int32, len(m.item))}
	for _, item := range m.item {
		c.start[item+1]++
	}
	for n := range m.items.Len() {
		c.start[n+1] += c.start[n]
	}
	next := slices.Clone(c.start)
	for row := range m.actors {
		for i := m.start[row]; i < m.start[row+1]; i++ {
			at := next[m.item[i]]
			c.row[at], c.cell[at] = int32(row), int32(i)
			next[m.item[i]]++
		}
	}
	return c
}

// columns is a Matrix by items.
type columns struct {
	start     []int
	row, cell []int32
}

func (c *columns) rows(item int32) []int32 { return c.row[c.start[item]:c.start[item+1]] }

// Past is an item of a [History].
type Past struct {
	// Item is the number in the [Index].
	Item int32
	// Weight is how much it counts, 1 for a plain choice.
	Weight float64
	// At is when it was chosen, in microseconds since 1970; 0 where unknown.
	At int64
}

// History is what somebody chose, oldest first.
type History []Past

// HistoryOf returns the history of items in the order given, oldest first, each
// of weight 1. SKUs that x does not know are left out; unknown counts them.
func (x *Index) HistoryOf(items ...flywheel.SKU) (h History, unknown int) {
	for _, sku := range items {
		if n, ok := x.Number(sku); ok {
			h = append(h, Past{Item: n, Weight: 1})
		} else {
			unknown++
		}
	}
	return h, unknown
}
