package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/search"
)

// search prints the products that words find, each with why it ranks where it does, and the
// facets of all of them.
func (p *program) search(ctx context.Context, words string) error {
	index, err := search.New(search.Settings{Locales: []search.Locale{{Code: p.locale}}})
	if err != nil {
		return err
	}
	if err := p.shop.Documents("web", catalog.Locale(p.locale)).Fill(ctx, search.Local{Index: index}); err != nil {
		return err
	}
	found, err := index.Search(search.Query{
		Text: words, Limit: 10, Explain: true,
		Facets: []search.Facet{{Field: catalog.SearchCategory, Limit: 8}, {Field: catalog.SearchBrand, Limit: 8}},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "%d found\n", found.Total)
	if found.Suggestion != "" {
		fmt.Fprintf(p.out, "did you mean %q?\n", found.Suggestion)
	}
	for i, hit := range found.Hits {
		v, err := p.shop.View(ctx, catalog.ID(hit.ID), "web", catalog.Locale(p.locale))
		if err != nil {
			return err
		}
		fmt.Fprintf(p.out, "%2d. %s (%s), score %.2f\n", i+1, v.Title, hit.ID, hit.Score)
		if hit.Why == nil {
			continue
		}
		for _, w := range hit.Why.Words {
			fmt.Fprintf(p.out, "      %s: %s (%s, %.2f)\n", w.Word, w.Term, w.Way, w.Score)
		}
	}
	for _, f := range found.Facets {
		var values []string
		for _, v := range f.Values {
			values = append(values, fmt.Sprintf("%s (%d)", v.Value, v.Count))
		}
		if len(values) > 0 {
			fmt.Fprintf(p.out, "%s: %s\n", f.Field, strings.Join(values, ", "))
		}
	}
	return nil
}
