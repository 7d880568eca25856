package catalogtest

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel/catalog"
)

var listCases = []testCase{
	{Name: "list/order", Rule: "List yields by ID, byte by byte, from behind After and up to Limit", Check: func(ctx context.Context, s catalog.Store) error {
		if err := listed(ctx, s, catalog.Query{}); err != nil {
			return err
		}
		for _, batch := range [][]catalog.ID{{"m"}, {"z", "a", "p"}, {"B", "é", "b"}} {
			var products []catalog.Product
			for _, id := range batch {
				products = append(products, product(id))
			}
			if _, err := save(ctx, s, products...); err != nil {
				return err
			}
		}
		for _, c := range []struct {
			q    catalog.Query
			want []catalog.ID
		}{
			{catalog.Query{}, []catalog.ID{"B", "a", "b", "m", "p", "z", "é"}},
			{catalog.Query{Limit: 3}, []catalog.ID{"B", "a", "b"}},
			{catalog.Query{After: "b", Limit: 2}, []catalog.ID{"m", "p"}},
			{catalog.Query{After: "c"}, []catalog.ID{"m", "p", "z", "é"}},
			{catalog.Query{After: "é"}, nil},
		} {
			if err := listed(ctx, s, c.q, c.want...); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "list/filter", Rule: "List yields those with the status and in one of the categories, each once, and Limit counts these", Check: func(ctx context.Context, s catalog.Store) error {
		var products []catalog.Product
		for i, in := range [][]catalog.CategoryID{{"x"}, {"x", "y"}, {"y"}, nil, {"X"}, {"z", "x"}} {
			p := product(catalog.ID(fmt.Sprint(i)))
			p.Categories = in
			if i%2 == 1 {
				p.Status = catalog.Draft
			}
			products = append(products, p)
		}
		saved, err := save(ctx, s, products...)
		if err != nil {
			return err
		}
		for _, c := range []struct {
			q    catalog.Query
			want []catalog.ID
		}{
			{catalog.Query{Categories: []catalog.CategoryID{"x"}}, []catalog.ID{"0", "1", "5"}},
			{catalog.Query{Categories: []catalog.CategoryID{"x", "y"}}, []catalog.ID{"0", "1", "2", "5"}},
			{catalog.Query{Categories: []catalog.CategoryID{"x", "y"}, After: "0", Limit: 2}, []catalog.ID{"1", "2"}},
			{catalog.Query{Categories: []catalog.CategoryID{"none"}}, nil},
			{catalog.Query{Status: catalog.Draft}, []catalog.ID{"1", "3", "5"}},
			{catalog.Query{Status: catalog.Draft, Categories: []catalog.CategoryID{"x"}, Limit: 1}, []catalog.ID{"1"}},
			{catalog.Query{Status: catalog.Archived}, nil},
		} {
			if err := listed(ctx, s, c.q, c.want...); err != nil {
				return err
			}
		}
		// A change is seen in every list.
		p := saved[1].Clone()
		p.Categories, p.Status = []catalog.CategoryID{"X"}, catalog.Archived
		if _, err := save(ctx, s, p); err != nil {
			return err
		}
		if err := listed(ctx, s, catalog.Query{Categories: []catalog.CategoryID{"x"}}, "0", "5"); err != nil {
			return err
		}
		return listed(ctx, s, catalog.Query{Status: catalog.Archived, Categories: []catalog.CategoryID{"X"}}, "1")
	}},
	{Name: "list/paging", Rule: "pages joined by After show each product once while others are inserted", Check: func(ctx context.Context, s catalog.Store) error {
		const n = 30
		for i := range n {
			if _, err := s.Save(ctx, product(catalog.ID(fmt.Sprintf("p%03d", 10*i)))); err != nil {
				return err
			}
		}
		seen := map[catalog.ID]int{}
		var after catalog.ID
		for page := 0; ; page++ {
			rows := 0
			for p, err := range s.List(ctx, catalog.Query{After: after, Limit: 7}) {
				if err != nil {
					return err
				}
				seen[p.ID]++
				after = p.ID
				rows++
			}
			if rows == 0 {
				break
			}
			if page > n {
				return fmt.Errorf("no end after %d pages", page)
			}
			for _, id := range []string{"p%03d", "q%03d"} { // among those shown, and at the end
				if page < 4 {
					if _, err := s.Save(ctx, product(catalog.ID(fmt.Sprintf(id, 10*page+1)))); err != nil {
						return err
					}
				}
			}
		}
		for i := range n {
			if id := catalog.ID(fmt.Sprintf("p%03d", 10*i)); seen[id] != 1 {
				return fmt.Errorf("product %q is shown %d times", id, seen[id])
			}
		}
		return nil
	}},
	{Name: "list/early-stop", Rule: "a range may be left early, and may call the store", Check: func(ctx context.Context, s catalog.Store) error {
		saved, err := save(ctx, s, product("a"), product("b"), product("c"))
		if err != nil {
			return err
		}
		for p, err := range s.List(ctx, catalog.Query{}) {
			if err != nil {
				return err
			}
			p.Title = "Changed"
			if saved, err = s.Save(ctx, p); err != nil {
				return fmt.Errorf("Save within a range: %w", err)
			}
			break
		}
		return stored(ctx, s, saved...)
	}},
}
