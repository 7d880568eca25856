package catalogtest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) catalog.Store { return catalog.NewMemory(nil) }, Features{Transactions: true})
}

func TestFailingPassesThrough(t *testing.T) {
	never := func(string, bool) error { return nil }
	Run(t, func(*testing.T) catalog.Store { return Failing(catalog.NewMemory(nil), never) }, Features{Transactions: true})
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() catalog.Store {
		m := catalog.NewMemory(nil)
		if _, err := save(ctx, m, product("a")); err != nil {
			t.Fatal(err)
		}
		return m
	}
	suite.Fails(t, Failing, fresh, map[string]func(s catalog.Store) error{
		"Save":     func(s catalog.Store) error { return suite.Err(s.Save(ctx, product("b"))) },
		"Get":      func(s catalog.Store) error { return suite.Err(s.Get(ctx, "a")) },
		"BySKU":    func(s catalog.Store) error { return suite.Err(s.BySKU(ctx, "a/S")) },
		"Tree":     func(s catalog.Store) error { return suite.Err(s.Tree(ctx)) },
		"SaveTree": func(s catalog.Store) error { return suite.Err(s.SaveTree(ctx, catalog.Tree{})) },
		"List":     func(s catalog.Store) error { return suite.Err(suite.Collect(s.List(ctx, catalog.Query{}))) },
	}, func(s catalog.Store) (any, error) {
		products, err := suite.Collect(s.List(ctx, catalog.Query{}))
		tree, treeErr := s.Tree(ctx)
		return []any{products, tree}, errors.Join(err, treeErr)
	})
}

// Stores with one fault each, which the suite must find.

type store = *catalog.MemoryStore

// sharing returns the same memory each time.
type sharing struct {
	store
	shared map[flywheel.SKU]catalog.Product
}

func (f sharing) BySKU(ctx context.Context, sku flywheel.SKU) (catalog.Product, error) {
	p, err := f.store.BySKU(ctx, sku)
	if old, ok := f.shared[sku]; ok && old.Version == p.Version {
		return old, err
	}
	f.shared[sku] = p
	return p, err
}

// careless returns from Get what Save was given.
type careless struct {
	store
	given *sync.Map // of products, by ID
}

func (f careless) Save(ctx context.Context, products ...catalog.Product) ([]catalog.Product, error) {
	saved, err := f.store.Save(ctx, products...)
	if err == nil {
		for i, p := range products {
			p.Version, p.CreatedAt, p.UpdatedAt = saved[i].Version, saved[i].CreatedAt, saved[i].UpdatedAt
			f.given.Store(p.ID, p)
		}
	}
	return saved, err
}

func (f careless) Get(ctx context.Context, ids ...catalog.ID) ([]catalog.Product, error) {
	got, err := f.store.Get(ctx, ids...)
	for i := range got {
		if p, ok := f.given.Load(got[i].ID); ok && p.(catalog.Product).Version == got[i].Version {
			got[i] = p.(catalog.Product)
		}
	}
	return got, err
}

// overwriting lets the last writer win.
type overwriting struct{ store }

func (f overwriting) Save(ctx context.Context, products ...catalog.Product) ([]catalog.Product, error) {
	products = slices.Clone(products)
	for i := range products {
		if got, err := f.store.Get(ctx, products[i].ID); err == nil {
			products[i].Version = got[0].Version
		}
	}
	return f.store.Save(ctx, products...)
}

// partial writes product by product.
type partial struct{ store }

func (f partial) Save(ctx context.Context, products ...catalog.Product) ([]catalog.Product, error) {
	var out []catalog.Product
	for _, p := range products {
		saved, err := f.store.Save(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, saved...)
	}
	return out, nil
}

// greedy takes an SKU from whoever has it.
type greedy struct{ store }

func (f greedy) Save(ctx context.Context, products ...catalog.Product) ([]catalog.Product, error) {
	for {
		saved, err := f.store.Save(ctx, products...)
		taken, ok := errors.AsType[*catalog.SKUTakenError](err)
		if !ok || taken.Owner == taken.Product {
			return saved, err
		}
		owner, err := f.store.Get(ctx, taken.Owner)
		if err != nil {
			return nil, err
		}
		owner[0].Variants = slices.DeleteFunc(owner[0].Variants, func(v catalog.Variant) bool { return v.SKU == taken.SKU })
		if _, err := f.store.Save(ctx, owner...); err != nil {
			return nil, err
		}
	}
}

// folding finds SKUs without regard to case.
type folding struct{ store }

func (f folding) BySKU(ctx context.Context, sku flywheel.SKU) (catalog.Product, error) {
	for p := range f.store.List(ctx, catalog.Query{}) {
		for _, v := range p.Variants {
			if strings.EqualFold(string(v.SKU), string(sku)) {
				return p, ctx.Err()
			}
		}
	}
	return f.store.BySKU(ctx, sku)
}

// early applies the limit before the filter.
type early struct{ store }

func (f early) List(ctx context.Context, q catalog.Query) iter.Seq2[catalog.Product, error] {
	return func(yield func(catalog.Product, error) bool) {
		for p, err := range f.store.List(ctx, catalog.Query{After: q.After, Limit: q.Limit}) {
			in := len(q.Categories) == 0 || slices.ContainsFunc(p.Categories, func(id catalog.CategoryID) bool { return slices.Contains(q.Categories, id) })
			if err != nil || in && (q.Status == "" || q.Status == p.Status) {
				if !yield(p, err) {
					return
				}
			}
		}
	}
}

// alphabetical orders as people do.
type alphabetical struct{ store }

func (f alphabetical) List(ctx context.Context, q catalog.Query) iter.Seq2[catalog.Product, error] {
	var list []catalog.Product
	for p, err := range f.store.List(ctx, q) {
		if err != nil {
			return f.store.List(ctx, q)
		}
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b catalog.Product) int {
		return strings.Compare(strings.ToLower(string(a.ID)), strings.ToLower(string(b.ID)))
	})
	return func(yield func(catalog.Product, error) bool) {
		for _, p := range list {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// inclusive begins at After.
type inclusive struct{ store }

func (f inclusive) List(ctx context.Context, q catalog.Query) iter.Seq2[catalog.Product, error] {
	if q.After == "" {
		return f.store.List(ctx, q)
	}
	return func(yield func(catalog.Product, error) bool) {
		if p, err := f.store.Get(ctx, q.After); err == nil && !yield(p[0], nil) {
			return
		}
		f.store.List(ctx, q)(yield)
	}
}

// blind saves a tree over whatever is there.
type blind struct{ store }

func (f blind) SaveTree(ctx context.Context, t catalog.Tree) (catalog.Tree, error) {
	for {
		saved, err := f.store.SaveTree(ctx, t)
		if !errors.Is(err, catalog.ErrStale) {
			return saved, err
		}
		now, err := f.store.Tree(ctx)
		if err != nil {
			return now, err
		}
		var categories []catalog.Category
		for _, c := range t.All() {
			categories = append(categories, c)
		}
		if t, err = catalog.NewTree(now.Version(), categories); err != nil {
			return t, err
		}
	}
}

// deaf does not look at the context.
type deaf struct{ store }

func (f deaf) Get(ctx context.Context, ids ...catalog.ID) ([]catalog.Product, error) {
	return f.store.Get(context.WithoutCancel(ctx), ids...)
}

// detached has transactions that are none.
type detached struct{ store }

func (f detached) InTx(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }

func TestSuiteCatchesFaults(t *testing.T) {
	for _, c := range []struct {
		name, by string
		fault    func(s store) catalog.Store
	}{
		{"sharing", "save/copies", func(s store) catalog.Store { return sharing{s, map[flywheel.SKU]catalog.Product{}} }},
		{"careless", "save/copies", func(s store) catalog.Store { return careless{s, &sync.Map{}} }},
		{"overwriting", "save/stale-version", func(s store) catalog.Store { return overwriting{s} }},
		{"partial", "save/all-or-none", func(s store) catalog.Store { return partial{s} }},
		{"greedy", "save/sku-taken", func(s store) catalog.Store { return greedy{s} }},
		{"folding", "save/odd-strings", func(s store) catalog.Store { return folding{s} }},
		{"early", "list/filter", func(s store) catalog.Store { return early{s} }},
		{"alphabetical", "list/order", func(s store) catalog.Store { return alphabetical{s} }},
		{"inclusive", "list/paging", func(s store) catalog.Store { return inclusive{s} }},
		{"blind", "tree/stale-version", func(s store) catalog.Store { return blind{s} }},
		{"deaf", "cancelled", func(s store) catalog.Store { return deaf{s} }},
		{"detached", "tx/rollback", func(s store) catalog.Store { return detached{s} }},
	} {
		contract.Bites(t, c.name, c.by, func() catalog.Store { return c.fault(catalog.NewMemory(nil)) })
	}
}
