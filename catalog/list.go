package catalog

import (
	"context"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"iter"

	"github.com/flywheel-go/flywheel"
)

// Filter selects products.
type Filter struct {
	// Status of the products; any when it is empty.
	Status Status
	// Category that the products are in, or in one below it; any when it is
	// empty. One that does not exist is an error matching flywheel.ErrNotFound.
	Category CategoryID
}

// Limits of a page.
const (
	DefaultPageSize = 50
	MaxPageSize     = 1000
)

// query returns what to ask the Store for.
func (s *Service) query(ctx context.Context, f Filter) (Query, error) {
	q := Query{Status: f.Status}
	if f.Status != "" && !f.Status.known() {
		return q, fmt.Errorf("catalog: status %q: %w", f.Status, flywheel.ErrInvalid)
	}
	if f.Category != "" {
		tree, err := s.store.Tree(ctx)
		if err != nil {
			return q, err
		}
		if q.Categories = tree.Descendants(f.Category); q.Categories == nil {
			return q, missingCategory(f.Category)
		}
	}
	return q, nil
}

// All yields the products that match f, ordered by ID. An error is yielded once,
// last.
func (s *Service) All(ctx context.Context, f Filter) iter.Seq2[Product, error] {
	return func(yield func(Product, error) bool) {
		q, err := s.query(ctx, f)
		if err != nil {
			yield(Product{}, err)
			return
		}
		s.store.List(ctx, q)(yield)
	}
}

// Page returns at most limit of the products that match f, ordered by ID: the first
// for an empty cursor, and those after a page for that page's Next. A limit of 0 is
// [DefaultPageSize]. Following the cursors shows each product that is there all
// the time once, whatever is created or changed meanwhile. A cursor belongs to its
// filter; another one is refused with [ErrCursor].
func (s *Service) Page(ctx context.Context, f Filter, cursor string, limit int) (flywheel.Page[Product], error) {
	var page flywheel.Page[Product]
	switch {
	case limit < 0:
		return page, fmt.Errorf("catalog: page of %d: %w", limit, flywheel.ErrOutOfRange)
	case limit > MaxPageSize:
		return page, fmt.Errorf("catalog: page of %d, at most %d: %w", limit, MaxPageSize, flywheel.ErrLimit)
	case limit == 0:
		limit = DefaultPageSize
	}
	after, err := parseCursor(cursor, f)
	if err != nil {
		return page, err
	}
	q, err := s.query(ctx, f)
	if err != nil {
		return page, err
	}
	q.After, q.Limit = after, limit+1
	for p, err := range s.store.List(ctx, q) {
		if err != nil {
			return flywheel.Page[Product]{}, err
		}
		if len(page.Items) == limit {
			page.Next = makeCursor(page.Items[limit-1].ID, f)
			break
		}
		page.Items = append(page.Items, p)
	}
	return page, nil
}

// ErrCursor reports a cursor that is damaged or belongs to another filter.
var ErrCursor = fmt.Errorf("catalog: cursor: %w", flywheel.ErrInvalid)

const checkBytes = 8

// makeCursor returns a cursor behind last: a check over it and the filter, then
// last itself.
func makeCursor(last ID, f Filter) string {
	return base64.RawURLEncoding.EncodeToString(append(cursorCheck(last, f), last...))
}

func parseCursor(cursor string, f Filter) (ID, error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) <= checkBytes {
		return "", ErrCursor
	}
	last := ID(raw[checkBytes:])
	if string(cursorCheck(last, f)) != string(raw[:checkBytes]) {
		return "", ErrCursor
	}
	return last, nil
}

func cursorCheck(last ID, f Filter) []byte {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %q %q", last, f.Status, f.Category)
	return h.Sum(make([]byte, 0, checkBytes+len(last)))
}
