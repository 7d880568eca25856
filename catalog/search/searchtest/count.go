package searchtest

import (
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var countCases = []testCase{
	{Name: "count/products", Rule: "Facets count products, each once, however many variants have the value; most first, then by value", Check: func(w *world) error {
		q := search.Query{Facets: []search.Facet{{Field: "color"}, {Field: "brand"}, {Field: "weight"}}}
		return suite.First(w.filled(), w.counts(q, 0, "blue", 2, "green", 1, "red", 1, "white", 1), w.counts(q, 1, "Nord", 2, "Sud", 1), w.counts(q, 2))
	}},
	{Name: "count/one-variant", Rule: "A product counts for a value only if one variant has it together with all choices", Check: func(w *world) error {
		q := search.Query{Select: map[string][]any{"size": {"S"}}, Facets: []search.Facet{{Field: "color"}}}
		f := filter(`{"stock": {"$gt": 1}}`)
		f.Facets = q.Facets
		return suite.First(w.filled(), w.counts(q, 0, "blue", 1, "red", 1), w.counts(f, 0, "blue", 1, "red", 1, "white", 1))
	}},
	{Name: "count/disjunctive", Rule: "A disjunctive facet is counted without its own choice and with all others", Check: func(w *world) error {
		q := search.Query{
			Select: map[string][]any{"color": {"red"}, "size": {"M"}}, Disjunctive: []string{"color"},
			Facets: []search.Facet{{Field: "color"}, {Field: "size"}},
		}
		return suite.First(w.filled(), w.counts(q, 0, "blue", 1, "green", 1, "red", 1), w.counts(q, 1, "M", 1))
	}},
	{Name: "count/text", Rule: "Facets count what text and filter find", Check: func(w *world) error {
		return suite.First(w.filled(), w.counts(search.Query{Text: "linen", Facets: []search.Facet{{Field: "color"}}}, 0, "blue", 1, "red", 1))
	}},
	{Name: "count/limit", Rule: "A limit leaves out the values that fewest products have, and sums them up", Check: func(w *world) error {
		q := search.Query{Facets: []search.Facet{{Field: "color", Limit: 2}}}
		if err := suite.First(w.filled(), w.counts(q, 0, "blue", 2, "green", 1)); err != nil {
			return err
		}
		r, err := w.Search(w.ctx, q)
		if err != nil {
			return err
		}
		return suite.First(suite.Same("Other.Values", r.Facets[0].Other.Values, 2), suite.Same("Other.Count", r.Facets[0].Other.Count, 2))
	}},
	{Name: "count/ranges", Rule: "Ranges are counted in the order asked for, without their end", Check: func(w *world) error {
		q := search.Query{Facets: []search.Facet{{Field: "price", Ranges: []string{"..700", "700..900", "900.."}}}}
		return suite.First(w.filled(), w.counts(q, 0, "..700", 1, "700..900", 1, "900..", 2))
	}},
	{Name: "count/stats", Rule: "Numbers are summed up over matching variants", Check: func(w *world) error {
		if err := w.filled(); err != nil {
			return err
		}
		r, err := w.Search(w.ctx, search.Query{Facets: []search.Facet{{Field: "rank"}}})
		if err != nil {
			return err
		}
		s := r.Facets[0].Stats
		if s == nil {
			s = &search.FacetStats{}
		}
		return suite.First(suite.Same("Min", s.Min, 1.0), suite.Same("Max", s.Max, 2.0), suite.Same("Count", s.Count, 3))
	}},
}
