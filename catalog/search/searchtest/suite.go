package searchtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Features says how an engine differs from one that has all and shows it at once.
type Features struct {
	// Settle waits until what was changed is found; nil where it is at once.
	Settle func(ctx context.Context, e search.Engine) error
	// Refuses names the cases that the engine refuses with an error that matches
	// flywheel.ErrInvalid. Names that are no cases fail the suite.
	Refuses []string
}

// Run runs the suite. fresh returns an empty engine with the zero [search.Settings]:
// title and description in English; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) search.Engine, f Features) {
	for _, name := range f.Refuses {
		if !slices.ContainsFunc(cases, func(c testCase) bool { return c.Name == name }) {
			t.Errorf("searchtest: Refuses names %q, which is no case", name)
		}
	}
	contract(f).Run(t, fresh, nil)
}

type testCase = suite.Case[check]

type check func(w *world) error

var cases = slices.Concat(changeCases, findCases, countCases)

func contract(f Features) suite.Suite[search.Engine, check] {
	u := suite.Suite[search.Engine, check]{
		Call: func(t suite.T, check check, e search.Engine, _ flywheel.Transactor) error {
			return check(&world{e, f.Settle, t.Context()})
		},
	}
	for _, c := range cases {
		if slices.Contains(f.Refuses, c.Name) {
			c.Check = refused(c.Check)
		}
		u.Cases = append(u.Cases, c)
	}
	return u
}

// refused asks that a check fails as what an engine cannot do fails.
func refused(check check) check {
	return func(w *world) error {
		if err := check(w); !errors.Is(err, flywheel.ErrInvalid) {
			return fmt.Errorf("got %v, want a refusal that matches flywheel.ErrInvalid", err)
		}
		return nil
	}
}

// world is what a check works on.
type world struct {
	search.Engine
	settle func(ctx context.Context, e search.Engine) error
	ctx    context.Context
}

// change changes the engine and waits until that is seen.
func (w *world) change(put []search.Document, remove ...string) error {
	if err := w.Change(w.ctx, put, remove); err != nil {
		return fmt.Errorf("changing: %w", err)
	}
	if w.settle == nil {
		return nil
	}
	return w.settle(w.ctx, w.Engine)
}

// filled puts the assortment.
func (w *world) filled() error { return w.change(assortment()) }

// finds compares the products found with want, in order of id unless the query sorts.
func (w *world) finds(q search.Query, want ...string) error {
	r, err := w.Search(w.ctx, q)
	if err != nil {
		return fmt.Errorf("searching %+v: %w", q, err)
	}
	got := make([]string, len(r.Hits))
	for i, h := range r.Hits {
		got[i] = h.ID
	}
	if len(q.Sort) == 0 {
		slices.Sort(got)
	}
	if want == nil {
		want = []string{}
	}
	return suite.First(suite.Same(fmt.Sprintf("Search(%+v)", q), got, want), suite.Same("Total", r.Total, len(want)))
}

// counts compares a facet with want: value and count, value and count, …
func (w *world) counts(q search.Query, at int, want ...any) error {
	r, err := w.Search(w.ctx, q)
	if err != nil {
		return fmt.Errorf("searching %+v: %w", q, err)
	}
	if len(r.Facets) != len(q.Facets) {
		return fmt.Errorf("%d facets of %d", len(r.Facets), len(q.Facets))
	}
	got := []any{}
	for _, v := range r.Facets[at].Values {
		got = append(got, v.Value, v.Count)
	}
	if want == nil {
		want = []any{}
	}
	return suite.Same(fmt.Sprintf("facet %s of %+v", q.Facets[at].Field, q), got, want)
}

func variant(sku flywheel.SKU, color, size string, price, stock int) search.Variant {
	return search.Variant{SKU: sku, Attributes: map[string]any{"color": color, "size": size, "price": price, "stock": stock}}
}

// assortment is what the cases search: two products of several variants, one of none.
func assortment() []search.Document {
	return []search.Document{
		{
			ID: "shirt", Text: map[string]string{"title": "Linen shirt", "description": "Airy and light"},
			Attributes: map[string]any{"brand": "Nord", "rank": 2},
			Variants:   []search.Variant{variant("shirt-red-s", "red", "S", 1000, 5), variant("shirt-red-m", "red", "M", 1000, 0), variant("shirt-blue-m", "blue", "M", 1500, 2)},
		},
		{
			ID: "tee", Text: map[string]string{"title": "Cotton tee", "description": "A shirt without a collar"},
			Attributes: map[string]any{"brand": "Sud", "rank": 1},
			Variants:   []search.Variant{variant("tee-blue-s", "blue", "S", 500, 1), variant("tee-green-m", "green", "M", 700, 1)},
		},
		{
			ID: "mug", Text: map[string]string{"title": "White mug", "description": "For tea"},
			Attributes: map[string]any{"brand": "Nord", "color": "white", "price": 900, "stock": 7, "rank": 2},
		},
	}
}
