package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var productCases = []testCase{
	{Name: "save/create", Rule: "a product of version 0 is created and found by ID and by each SKU", Check: func(ctx context.Context, s catalog.Store) error {
		if err := absent(ctx, s, "a"); err != nil {
			return err
		}
		saved, err := save(ctx, s, product("a"), product("b"))
		if err != nil {
			return err
		}
		for _, p := range saved {
			for _, v := range p.Variants {
				got, err := s.BySKU(ctx, v.SKU)
				if err != nil {
					return err
				}
				if err := same("BySKU", got, p); err != nil {
					return err
				}
			}
		}
		return stored(ctx, s, saved...)
	}},
	{Name: "save/exists", Rule: "a product of version 0 that exists is refused", Check: func(ctx context.Context, s catalog.Store) error {
		saved, err := save(ctx, s, product("a"))
		if err != nil {
			return err
		}
		_, err = s.Save(ctx, product("a"))
		if err := suite.Wrong("Save", err, catalog.ErrStale); err != nil {
			return err
		}
		return stored(ctx, s, saved...)
	}},
	{Name: "save/missing", Rule: "a change to a product that is not there is refused", Check: func(ctx context.Context, s catalog.Store) error {
		p := product("a")
		p.Version = 1
		_, err := s.Save(ctx, p)
		if err := suite.Wrong("Save", err, flywheel.ErrNotFound); err != nil {
			return err
		}
		return absent(ctx, s, "a")
	}},
	{Name: "save/stale-version", Rule: "a version older than the stored one is refused", Check: func(ctx context.Context, s catalog.Store) error {
		first, err := save(ctx, s, product("a"))
		if err != nil {
			return err
		}
		change := first[0].Clone()
		change.Title = "Second"
		second, err := save(ctx, s, change)
		if err != nil {
			return err
		}
		for _, version := range []int64{0, 1, 3} {
			change.Version, change.Title = version, "Third"
			_, err = s.Save(ctx, change)
			if err := suite.Wrong(fmt.Sprintf("Save of version %d", version), err, catalog.ErrStale); err != nil {
				return err
			}
		}
		return stored(ctx, s, second...)
	}},
	{Name: "save/all-or-none", Rule: "when one product is refused, none is written", Check: func(ctx context.Context, s catalog.Store) error {
		saved, err := save(ctx, s, product("a"), product("c"))
		if err != nil {
			return err
		}
		change := saved[0].Clone()
		change.Title, change.Variants = "Changed", change.Variants[:1]
		stale, taken, twice := product("c"), product("d"), product("b")
		taken.Variants[1].SKU = "c/S"
		for what, bad := range map[string]catalog.Product{"stale": stale, "SKU taken": taken, "given twice": twice} {
			_, err := s.Save(ctx, product("b"), change, bad)
			if err := suite.Wrong("Save of one that is "+what, err, flywheel.ErrConflict); err != nil {
				return err
			}
			if err := absent(ctx, s, "b"); err != nil {
				return err
			}
			if err := stored(ctx, s, saved...); err != nil {
				return err
			}
			if _, err := s.BySKU(ctx, "a/M"); err != nil {
				return fmt.Errorf("an SKU is gone after a refused Save: %w", err)
			}
		}
		return nil
	}},
	{Name: "save/sku-taken", Rule: "an SKU belongs to one variant of one product", Check: func(ctx context.Context, s catalog.Store) error {
		if _, err := save(ctx, s, product("a")); err != nil {
			return err
		}
		other := product("b")
		other.Variants[1].SKU = "a/M"
		_, err := s.Save(ctx, other)
		if err := suite.Wrong("Save", err, catalog.ErrSKUTaken); err != nil {
			return err
		}
		if taken := (*catalog.SKUTakenError)(nil); !errors.As(err, &taken) || *taken != (catalog.SKUTakenError{SKU: "a/M", Product: "b", Owner: "a"}) {
			return fmt.Errorf("the error does not carry the SKU, its owner and who wants it: %#v", err)
		}
		other.Variants[1].SKU = other.Variants[0].SKU
		_, err = s.Save(ctx, other)
		if err := suite.Wrong("Save of a product with an SKU twice", err, catalog.ErrSKUTaken); err != nil {
			return err
		}
		return absent(ctx, s, "b")
	}},
	{Name: "save/sku-passes", Rule: "an SKU that a product gives up is free, within the same call as well", Check: func(ctx context.Context, s catalog.Store) error {
		saved, err := save(ctx, s, product("a"), product("b"))
		if err != nil {
			return err
		}
		a, b := saved[0].Clone(), saved[1].Clone()
		a.Variants[0].SKU, b.Variants[0].SKU = b.Variants[0].SKU, a.Variants[0].SKU
		if saved, err = save(ctx, s, a, b); err != nil {
			return err
		}
		if got, err := s.BySKU(ctx, "a/S"); err != nil || got.ID != "b" {
			return fmt.Errorf("BySKU finds product %q, error %v, want b", got.ID, err)
		}
		a = saved[0].Clone()
		a.Variants = a.Variants[:1]
		if _, err = save(ctx, s, a); err != nil {
			return err
		}
		if _, err := s.BySKU(ctx, "a/M"); !errors.Is(err, flywheel.ErrNotFound) {
			return fmt.Errorf("an SKU that was given up: error %v", err)
		}
		c := product("c")
		c.Variants[0].SKU = "a/M"
		_, err = save(ctx, s, c)
		return err
	}},
	{Name: "save/copies", Rule: "the caller may change what it gave and what it gets", Check: func(ctx context.Context, s catalog.Store) error {
		given := product("a")
		saved, err := save(ctx, s, given)
		if err != nil {
			return err
		}
		want := saved[0].Clone()
		spoil(&given)
		spoil(&saved[0])
		if err := stored(ctx, s, want); err != nil {
			return err
		}
		got, err := s.Get(ctx, "a")
		if err != nil {
			return err
		}
		spoil(&got[0])
		p, err := s.BySKU(ctx, "a/S")
		if err != nil {
			return err
		}
		spoil(&p)
		for p := range s.List(ctx, catalog.Query{}) {
			spoil(&p)
		}
		if p, err = s.BySKU(ctx, "a/S"); err != nil {
			return err
		}
		if err := same("BySKU", p, want); err != nil {
			return err
		}
		for p := range s.List(ctx, catalog.Query{}) {
			if err := same("List", p, want); err != nil {
				return err
			}
		}
		return stored(ctx, s, want)
	}},
	{Name: "save/times", Rule: "times are kept in UTC to the microsecond", Check: func(ctx context.Context, s catalog.Store) error {
		p := product("a")
		p.CreatedAt = p.CreatedAt.Add(999).In(time.FixedZone("elsewhere", -7200))
		p.UpdatedAt = p.UpdatedAt.Add(1).In(time.FixedZone("elsewhere", 7200))
		saved, err := s.Save(ctx, p)
		if err != nil {
			return err
		}
		want := product("a")
		want.Version = 1
		if err := same("Save", saved[0], want); err != nil {
			return err
		}
		return stored(ctx, s, want)
	}},
	{Name: "save/odd-strings", Rule: "strings are kept byte for byte and differ by case", Check: func(ctx context.Context, s catalog.Store) error {
		var odd []catalog.Product
		for _, id := range []string{"a", "A", "ä", "a\u0308", "'; --", "%_\\", "日本", "😀", "a b", strings.Repeat("x", catalog.MaxIDBytes)} {
			p := product("p")
			p.ID, p.Title, p.Description = catalog.ID(id), " "+id+"\t", id+"\r\n"
			p.Attributes = map[string]any{id: id}
			p.Axes, p.Variants = nil, []catalog.Variant{{SKU: flywheel.SKU(id)}}
			odd = append(odd, p)
		}
		saved, err := save(ctx, s, odd...)
		if err != nil {
			return err
		}
		for _, p := range saved {
			got, err := s.BySKU(ctx, flywheel.SKU(p.ID))
			if err != nil {
				return err
			}
			if err := same("BySKU", got, p); err != nil {
				return err
			}
		}
		return stored(ctx, s, saved...)
	}},
	{Name: "get/order", Rule: "Get answers in the order of the IDs, and not at all when one is missing", Check: func(ctx context.Context, s catalog.Store) error {
		if _, err := save(ctx, s, product("a"), product("b"), product("c")); err != nil {
			return err
		}
		got, err := s.Get(ctx, "c", "a", "c")
		if err != nil {
			return err
		}
		if len(got) != 3 || got[0].ID != "c" || got[1].ID != "a" || got[2].ID != "c" {
			return fmt.Errorf("Get c, a, c returns %+v", got)
		}
		if _, err := s.Get(ctx, "a", "x"); !errors.Is(err, flywheel.ErrNotFound) {
			return fmt.Errorf("Get of one that is missing: error %v", err)
		}
		return nil
	}},
	{Name: "save/concurrent", Rule: "of many writers of one version exactly one succeeds", Check: func(ctx context.Context, s catalog.Store) error {
		saved, err := save(ctx, s, product("a"))
		if err != nil {
			return err
		}
		won, err := suite.Race(16, catalog.ErrStale, func(i int) error {
			p := saved[0].Clone()
			p.Title = fmt.Sprint("writer ", i)
			_, err := s.Save(ctx, p)
			return err
		})
		if err != nil {
			return err
		}
		got, err := s.Get(ctx, "a")
		if err != nil {
			return err
		}
		if got[0].Version != 2 || got[0].Title != fmt.Sprint("writer ", won) {
			return fmt.Errorf("writer %d succeeds, and version %d of %q is stored", won, got[0].Version, got[0].Title)
		}
		return nil
	}},
	{Name: "cancelled", Rule: "a cancelled ctx is an error and changes nothing", Check: func(ctx context.Context, s catalog.Store) error {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		saved, err := save(ctx, s, product("a"))
		if err != nil {
			return err
		}
		tree, err := s.Tree(ctx)
		if err != nil {
			return err
		}
		_, saving := s.Save(cancelled, product("b"))
		_, getting := s.Get(cancelled, "a")
		_, finding := s.BySKU(cancelled, "a/S")
		_, reading := s.Tree(cancelled)
		_, writing := s.SaveTree(cancelled, tree)
		var listing error
		for _, err := range s.List(cancelled, catalog.Query{}) {
			listing = err
		}
		for call, err := range map[string]error{"Save": saving, "Get": getting, "BySKU": finding, "Tree": reading, "SaveTree": writing, "List": listing} {
			if err := suite.Wrong(call, err, context.Canceled); err != nil {
				return err
			}
		}
		if now, err := s.Tree(ctx); err != nil || now.Version() != tree.Version() {
			return fmt.Errorf("the tree has version %d, error %v", now.Version(), err)
		}
		if err := absent(ctx, s, "b"); err != nil {
			return err
		}
		return stored(ctx, s, saved...)
	}},
}

// spoil changes p wherever memory could be shared.
func spoil(p *catalog.Product) {
	p.Categories[0] = "spoilt"
	p.Attributes["brand"] = "spoilt"
	p.Attributes["materials"].([]any)[0] = "spoilt"
	p.Axes[0].Values[0] = "spoilt"
	p.Axes[1].Name = "spoilt"
	p.Variants[0].Options[0] = "spoilt"
	p.Variants[0].Attributes["barcode"] = "spoilt"
	p.Variants[1].SKU = "spoilt"
}
