package searchtest

import (
	"encoding/json"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func filter(src string) search.Query { return search.Query{Filter: json.RawMessage(src)} }

// hit returns the hit of a product.
func (w *world) hit(q search.Query, id string) (search.Hit, error) {
	r, err := w.Search(w.ctx, q)
	if err != nil {
		return search.Hit{}, fmt.Errorf("searching %+v: %w", q, err)
	}
	for _, h := range r.Hits {
		if h.ID == id {
			return h, nil
		}
	}
	return search.Hit{}, fmt.Errorf("%q is not among %d hits of %+v", id, len(r.Hits), q)
}

var findCases = []testCase{
	{Name: "find/all", Rule: "Without text everything is found", Check: func(w *world) error {
		return suite.First(w.filled(), w.finds(search.Query{}, "mug", "shirt", "tee"))
	}},
	{Name: "find/match", Rule: "MatchAny asks for one of the words, MatchAll for all of them", Check: func(w *world) error {
		return suite.First(w.filled(), w.finds(search.Query{Text: "linen mug", Match: search.MatchAny}, "mug", "shirt"), w.finds(search.Query{Text: "linen mug", Match: search.MatchAll}),
			w.finds(search.Query{Text: "cotton shirt", Match: search.MatchAll}, "tee"))
	}},
	{Name: "find/ranked", Rule: "A product with more of the words comes first", Check: func(w *world) error {
		if err := w.filled(); err != nil {
			return err
		}
		r, err := w.Search(w.ctx, search.Query{Text: "linen shirt", Match: search.MatchAny})
		if err != nil {
			return err
		}
		if len(r.Hits) != 2 || r.Hits[0].ID != "shirt" || r.Hits[0].Score <= r.Hits[1].Score {
			return fmt.Errorf("linen shirt: %+v", r.Hits)
		}
		return nil
	}},
	{Name: "find/filter", Rule: "One variant must meet the whole filter, with the product's attributes where it has none of its own", Check: func(w *world) error {
		return suite.First(w.filled(), w.finds(filter(`{"color": "blue", "size": "M"}`), "shirt"), w.finds(filter(`{"color": "green", "size": "S"}`)),
			w.finds(filter(`{"brand": "Nord", "stock": {"$gt": 3}}`), "mug", "shirt"), w.finds(filter(`{"$or": [{"color": "white"}, {"price": {"$lt": 600}}]}`), "mug", "tee"),
			w.finds(filter(`{"color": {"$ne": "blue"}, "size": "M"}`), "shirt", "tee"))
	}},
	{Name: "find/select", Rule: "One variant must have one of the chosen values of each field; a range excludes its end", Check: func(w *world) error {
		chosen := func(field string, values ...any) search.Query {
			return search.Query{Select: map[string][]any{field: values}}
		}
		both := search.Query{Select: map[string][]any{"color": {"red", "green"}, "size": {"S"}}}
		return suite.First(w.filled(), w.finds(chosen("color", "red", "white"), "mug", "shirt"), w.finds(both, "shirt"), w.finds(chosen("price", "500..700"), "tee"),
			w.finds(chosen("price", "900.."), "mug", "shirt"), w.finds(chosen("color", "black")))
	}},
	{Name: "find/variants", Rule: "A hit names the variants that meet filter and choices, and shows the first in stock, then the cheapest", Check: func(w *world) error {
		if err := w.filled(); err != nil {
			return err
		}
		red, err := w.hit(filter(`{"color": "red"}`), "shirt")
		if err != nil {
			return err
		}
		mug, err := w.hit(search.Query{}, "mug")
		if err != nil {
			return err
		}
		return suite.First(suite.Same("Variants", red.Variants, []flywheel.SKU{"shirt-red-s", "shirt-red-m"}), suite.Same("Show", red.Show, flywheel.SKU("shirt-red-s")),
			suite.Same("Price", red.Price, search.PriceRange{From: 1000, To: 1000, Known: true}), suite.Same("Variants of none", len(mug.Variants), 0))
	}},
	{Name: "find/sold-out", Rule: "Where no variant is in stock the prices are those of all, and the hit says so", Check: func(w *world) error {
		if err := w.filled(); err != nil {
			return err
		}
		h, err := w.hit(filter(`{"color": "red", "size": "M"}`), "shirt")
		if err != nil {
			return err
		}
		return suite.Same("Price", h.Price, search.PriceRange{From: 1000, To: 1000, SoldOut: true, Known: true})
	}},
	{Name: "find/sort", Rule: "The price of a product is its lowest among matching variants in stock; ties are in order of id", Check: func(w *world) error {
		by := func(field string, desc bool) search.Query {
			return search.Query{Sort: []search.Order{{Field: field, Desc: desc}}}
		}
		return suite.First(w.filled(), w.finds(by("price", false), "tee", "mug", "shirt"), w.finds(by("price", true), "shirt", "mug", "tee"), w.finds(by("rank", true), "mug", "shirt", "tee"))
	}},
	{Name: "find/page", Rule: "Pages follow on each other, and Total counts beyond them", Check: func(w *world) error {
		if err := w.filled(); err != nil {
			return err
		}
		var got []string
		for offset := range 4 {
			r, err := w.Search(w.ctx, search.Query{Sort: []search.Order{{Field: "price"}}, Offset: offset, Limit: 1})
			if err != nil {
				return err
			}
			if r.Total != 3 {
				return fmt.Errorf("total %d at %d, want 3", r.Total, offset)
			}
			for _, h := range r.Hits {
				got = append(got, h.ID)
			}
		}
		none, err := w.Search(w.ctx, search.Query{Limit: -1})
		if err != nil {
			return err
		}
		return suite.First(suite.Same("pages", got, []string{"tee", "mug", "shirt"}), suite.Same("hits of limit -1", len(none.Hits), 0), suite.Same("total of limit -1", none.Total, 3))
	}},
	{Name: "group/values", Rule: "Grouped, a product is a hit for each value among its matching variants", Check: func(w *world) error {
		if err := w.filled(); err != nil {
			return err
		}
		r, err := w.Search(w.ctx, search.Query{Group: "color", Sort: []search.Order{{Field: "rank"}}})
		if err != nil {
			return err
		}
		var got []string
		for _, h := range r.Hits {
			got = append(got, h.ID+" "+h.Group)
		}
		return suite.First(suite.Same("groups", got, []string{"tee blue", "tee green", "mug white", "shirt red", "shirt blue"}), suite.Same("Groups", r.Groups, 5))
	}},
	{Name: "find/refused", Rule: "A query that cannot be is refused, not answered otherwise", Check: func(w *world) error {
		if err := w.filled(); err != nil {
			return err
		}
		for _, c := range []struct {
			q    search.Query
			kind error
		}{
			{search.Query{Locale: "xx"}, flywheel.ErrNotFound}, {search.Query{Offset: -1}, flywheel.ErrOutOfRange}, {search.Query{Limit: search.MaxPage + 1}, flywheel.ErrOutOfRange},
			{filter(`{"color": {"$near": 3}}`), flywheel.ErrInvalid}, {filter(`{"color"`), flywheel.ErrInvalid}, {search.Query{Match: "some"}, flywheel.ErrInvalid},
		} {
			_, err := w.Search(w.ctx, c.q)
			if err := suite.Wrong(fmt.Sprintf("Search(%+v)", c.q), err, c.kind); err != nil {
				return err
			}
		}
		return nil
	}},
}
