package recommend

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// Item is what the pipeline knows of an item besides what customers did with it.
type Item struct {
	SKU flywheel.SKU
	// Group is shared by the variants of one thing, such as the sizes of a shirt;
	// empty for an item on its own.
	Group string
	// Categories of the item, the main one first.
	Categories []string
	Brand      string
	Tags       []string
	Price      money.Amount
	// Margin is a share of the price, at most 1.
	Margin float64
	// Stock is how many pieces there are, 0 where that is not counted: SoldOut
	// takes an item out.
	Stock int64
	// SoldOut and Withdrawn items are never shown.
	SoldOut, Withdrawn bool
	// From and Until is the window of publication; zero times leave it open.
	From, Until time.Time
	// Vector places the item by its content, such as an embedding of its text; nil,
	// or as long for all items.
	Vector []float32
}

// ItemError names the item and the field that is wrong.
type ItemError struct {
	SKU   flywheel.SKU
	Field string
	Err   error // wraps a kind
}

func (e *ItemError) Error() string {
	return fmt.Sprintf("recommend: item %q: %s: %v", e.SKU, e.Field, e.Err)
}

// Unwrap returns the cause.
func (e *ItemError) Unwrap() error { return e.Err }

// Items is an immutable set of items, compiled once and swapped as a whole. It is safe
// for concurrent use.
type Items struct {
	index *Index
	items []Item // by number in index
	dim   int
}

// NewItems checks items and compiles them. It reports an [*ItemError] for the first
// that is wrong; a SKU that comes twice is one.
func NewItems(items []Item) (*Items, error) {
	skus := make([]flywheel.SKU, len(items))
	for n := range items {
		skus[n] = items[n].SKU
	}
	c := &Items{index: NewIndex(skus)}
	c.items = make([]Item, c.index.Len())
	seen := make([]bool, c.index.Len())
	for n := range items {
		it := items[n]
		fail := func(field string, err error) (*Items, error) {
			return nil, &ItemError{it.SKU, field, err}
		}
		if err := flywheel.CheckID(string(it.SKU)); err != nil {
			return fail("sku", err)
		}
		at, _ := c.index.Number(it.SKU)
		if seen[at] {
			return fail("sku", fmt.Errorf("comes twice: %w", flywheel.ErrConflict))
		}
		seen[at] = true
		if !(it.Margin <= 1) || math.IsInf(it.Margin, -1) {
			return fail("margin", fmt.Errorf("%v: %w", it.Margin, flywheel.ErrOutOfRange))
		}
		if it.Stock < 0 {
			return fail("stock", fmt.Errorf("%d: %w", it.Stock, flywheel.ErrOutOfRange))
		}
		if !it.Until.IsZero() && it.Until.Before(it.From) {
			return fail("until", fmt.Errorf("before from: %w", flywheel.ErrInvalid))
		}
		for _, x := range it.Vector {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return fail("vector", fmt.Errorf("%v: %w", x, flywheel.ErrInvalid))
			}
		}
		if len(it.Vector) > 0 {
			if c.dim > 0 && c.dim != len(it.Vector) {
				return fail("vector", fmt.Errorf("length %d, others have %d: %w", len(it.Vector), c.dim, flywheel.ErrInvalid))
			}
			c.dim = len(it.Vector)
		}
		it.Categories, it.Tags, it.Vector = slices.Clone(it.Categories), slices.Clone(it.Tags), slices.Clone(it.Vector)
		c.items[at] = it
	}
	return c, nil
}

// Len returns the number of items.
func (c *Items) Len() int { return len(c.items) }

// Item returns the item with a SKU, which must not be changed.
func (c *Items) Item(sku flywheel.SKU) (*Item, bool) {
	n, ok := c.index.Number(sku)
	if !ok {
		return nil, false
	}
	return &c.items[n], true
}

// Shown reports whether the item may be shown at an instant; a zero instant asks for
// no window of publication.
func (it *Item) Shown(at time.Time) bool {
	if it.SoldOut || it.Withdrawn {
		return false
	}
	if at.IsZero() {
		return true
	}
	return !at.Before(it.From) && (it.Until.IsZero() || at.Before(it.Until))
}

// candidate returns the item for a [rerank.Plan].
func (it *Item) candidate(score float64, at time.Time) rerank.Candidate {
	c := rerank.Candidate{SKU: it.SKU, Score: score, Group: it.Group, Categories: it.Categories, Brand: it.Brand, Tags: it.Tags,
		Price: float64(it.Price.Minor()), Stock: float64(it.Stock), Margin: it.Margin, Vector: it.Vector}
	if !it.From.IsZero() && !at.IsZero() {
		c.Age = at.Sub(it.From).Hours() / 24
	}
	return c
}
