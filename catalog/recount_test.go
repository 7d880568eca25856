package catalog_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// After any edits the index lists, counts and filters as someone does who looks at
// each product.
func TestListingIsARecount(t *testing.T) {
	testkit.Checks(t, 40, 8)
	rapid.Check(t, func(rt *rapid.T) {
		s, now := shopOn(t, nil, nil)
		ctx := t.Context()
		for _, id := range []catalog.CategoryID{"x", "y"} {
			require.NoError(rt, s.PutCategory(ctx, catalog.Category{ID: id, Parent: "all", Name: map[catalog.Locale]string{"en": string(id)}}))
		}
		ids := []catalog.ID{"a", "b", "c", "d", "e", "f"}
		anyID := rapid.SampledFrom(ids)
		parents := map[catalog.CategoryID]catalog.CategoryID{"x": "all", "y": "all", "all": ""}
		edit := func(_ catalog.Product, err error) {
			if _, refused := errors.AsType[catalog.Errors](err); err != nil && !refused {
				rt.Fatal(err)
			}
		}
		hour := func(label string) string {
			if h := rapid.IntRange(-3, 3).Draw(rt, label); h != 0 {
				return june.Add(time.Duration(h) * time.Hour).Format(time.RFC3339)
			}
			return ""
		}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				p := thing(anyID.Draw(rt, "id"))
				p.Status = rapid.SampledFrom([]catalog.Status{catalog.Active, catalog.Active, catalog.Draft, catalog.Archived}).Draw(rt, "status")
				p.Text["en"] = catalog.Text{Title: rapid.SampledFrom([]string{"apple", "Banana", "cherry"}).Draw(rt, "title")}
				p.Options = []string{"size"}
				for i, size := range []string{"s", "m", "l"}[:rapid.IntRange(0, 3).Draw(rt, "variants")] {
					p.Variants = append(p.Variants, catalog.Variant{SKU: flywheel.SKU(fmt.Sprint(p.ID, i)), Options: []string{size}})
				}
				p.Categories = rapid.SliceOfDistinct(rapid.SampledFrom([]catalog.CategoryID{"x", "y", "all"}), func(c catalog.CategoryID) catalog.CategoryID { return c }).Draw(rt, "categories")
				p.Attributes = catalog.NewAttributes(map[string]any{"fabric": map[string]any{rapid.SampledFrom([]string{"en", "de"}).Draw(rt, "locale"): rapid.SampledFrom([]string{"Wool", "Linen"}).Draw(rt, "fabric")}})
				p.Listings = nil
				if rapid.Bool().Draw(rt, "listed") {
					position := rapid.IntRange(-2, 2).Draw(rt, "position")
					l := &catalog.Listing{Position: &position, PublishAt: hour("from"), UnpublishAt: hour("until")}
					if rapid.Bool().Draw(rt, "some") {
						l.Variants = []flywheel.SKU{}
						for _, v := range p.Variants[:rapid.IntRange(0, len(p.Variants)).Draw(rt, "shown")] {
							l.Variants = append(l.Variants, v.SKU)
						}
					}
					p.Listings = map[catalog.Channel]*catalog.Listing{"web": l}
				}
				*now = now.Add(time.Microsecond)
				edit(s.Put(ctx, p))
			},
			"variant": func(rt *rapid.T) {
				id := anyID.Draw(rt, "id")
				n := rapid.IntRange(0, 3).Draw(rt, "n")
				if rapid.Bool().Draw(rt, "remove") {
					edit(catalog.Product{}, s.RemoveVariant(ctx, flywheel.SKU(fmt.Sprint(id, n))))
					return
				}
				_, err := s.PutVariant(ctx, id, flywheel.SKU(fmt.Sprint(id, n)), catalog.Fields{"options": []string{rapid.SampledFrom([]string{"s", "m", "l"}).Draw(rt, "size")}})
				edit(catalog.Product{}, err)
			},
			"move": func(rt *rapid.T) {
				edit(catalog.Product{}, s.MoveVariant(ctx, flywheel.SKU(fmt.Sprint(anyID.Draw(rt, "id"), rapid.IntRange(0, 3).Draw(rt, "n"))), anyID.Draw(rt, "to"), nil))
			},
			"category": func(rt *rapid.T) {
				parent := rapid.SampledFrom([]catalog.CategoryID{"", "all"}).Draw(rt, "parent")
				require.NoError(rt, s.MoveCategory(ctx, "x", parent, nil))
				parents["x"] = parent
			},
			"time": func(rt *rapid.T) {
				*now = june.Add(time.Duration(rapid.IntRange(-4, 4).Draw(rt, "hours")) * time.Hour)
			},
			"": func(rt *rapid.T) {
				recount(rt, s, ids, parents, *now)
			},
		})
	})
}

// recount compares listings with what the products themselves say.
func recount(t *rapid.T, s *catalog.Service, ids []catalog.ID, parents map[catalog.CategoryID]catalog.CategoryID, now time.Time) {
	ctx := t.Context()
	var live []catalog.Product
	in := func(p *catalog.Product, top catalog.CategoryID) bool {
		for _, c := range p.Categories {
			for ; c != ""; c = parents[c] {
				if c == top {
					return true
				}
			}
		}
		return false
	}
	shown := func(p *catalog.Product) (rows []catalog.Variant) {
		for _, v := range p.Variants {
			if only := p.Listings["web"].Variants; only == nil || slices.Contains(only, v.SKU) {
				rows = append(rows, v)
			}
		}
		return rows
	}
	for _, id := range ids {
		p, err := s.Get(ctx, id)
		if errors.Is(err, flywheel.ErrNotFound) {
			continue
		}
		require.NoError(t, err)
		l := p.Listings["web"]
		if p.Status != catalog.Active || l == nil || len(shown(&p)) == 0 {
			continue
		}
		from, _ := time.Parse(time.RFC3339, l.PublishAt)
		until, _ := time.Parse(time.RFC3339, l.UnpublishAt)
		if l.PublishAt != "" && now.Before(from) || l.UnpublishAt != "" && !now.Before(until) {
			continue
		}
		live = append(live, p)
	}
	position := func(p *catalog.Product) int {
		if l := p.Listings["web"]; l.Position != nil {
			return *l.Position
		}
		return 0
	}
	orders := map[catalog.Sort]func(a, b catalog.Product) int{
		catalog.SortID:       func(a, b catalog.Product) int { return 0 },
		catalog.SortPosition: func(a, b catalog.Product) int { return cmp.Compare(position(&a), position(&b)) },
		catalog.SortTitle: func(a, b catalog.Product) int {
			return cmp.Compare(strings.ToLower(a.Text["en"].Title), strings.ToLower(b.Text["en"].Title))
		},
		catalog.SortNewest: func(a, b catalog.Product) int { return b.CreatedAt.Compare(a.CreatedAt) },
	}
	for sort, order := range orders {
		for _, category := range []catalog.CategoryID{"", "all", "x"} {
			want := []catalog.ID{}
			slices.SortFunc(live, func(a, b catalog.Product) int { return cmp.Or(order(a, b), cmp.Compare(a.ID, b.ID)) })
			for i := range live {
				if category == "" || in(&live[i], category) {
					want = append(want, live[i].ID)
				}
			}
			got := []catalog.ID{}
			q := catalog.ListQuery{Channel: "web", Category: category, Sort: sort, Limit: 2, Total: true}
			for {
				page, err := s.List(ctx, q)
				require.NoError(t, err)
				require.Equal(t, len(want), page.Total)
				got = append(got, page.IDs...)
				if !page.More {
					break
				}
				q.Cursor = page.Next
			}
			require.Equal(t, want, got, "%s in %q", sort, category)
		}
	}
	want := []catalog.ID{}
	slices.SortFunc(live, func(a, b catalog.Product) int { return cmp.Compare(a.ID, b.ID) })
	for i := range live {
		texts, _ := live[i].Attributes.Get("fabric").(map[string]any)
		if slices.ContainsFunc(shown(&live[i]), func(v catalog.Variant) bool { return v.Options[0] == "m" }) && texts["en"] == "Wool" {
			want = append(want, live[i].ID)
		}
	}
	for _, facets := range [][]string{nil, {"options.size"}} {
		page, err := s.List(ctx, catalog.ListQuery{Channel: "web", Locale: "en", Where: map[string][]any{"options.size": {"m"}, "attributes.fabric": {"Wool"}}, Facets: facets})
		require.NoError(t, err)
		require.Equal(t, want, page.IDs)
	}
}
