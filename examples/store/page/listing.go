package page

import (
	"net/url"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// facet is a filter with the addresses that choose and drop its values.
type facet struct {
	Name   string
	Values []facetValue
}

type facetValue struct {
	Name   string
	Count  int
	Chosen bool
	At     string
}

type listingView struct {
	Words, Suggestion string
	Collection, Title string
	Shelves           []shelf
	Total             int
	Cards             []card
	Facets            []facet
}

var facets = []struct{ field, name string }{{catalog.SearchCategory, "Goods"}, {catalog.SearchBrand, "Brand"}, {"color", "Color"}}

// listing is the one page for search, categories and collections.
func (s *Shop) listing(r *web.Request) (web.Answer, error) {
	q := search.Query{Locale: r.Language, Limit: 24, Select: map[string][]any{}}
	var err error
	if q.Text, err = r.Text("q"); err != nil {
		return web.Answer{}, err
	}
	v := listingView{Words: q.Text}
	if id := r.PathValue("collection"); id != "" {
		if q.Filter, err = s.within(r, id); err != nil {
			return web.Answer{}, err
		}
		v.Collection = id
	}
	if v.Shelves, err = s.collections(r); err != nil {
		return web.Answer{}, err
	}
	for _, c := range v.Shelves {
		if c.ID == v.Collection {
			v.Title = c.Name
		}
	}
	for _, f := range facets {
		q.Facets = append(q.Facets, search.Facet{Field: f.field, Limit: 12})
		q.Disjunctive = append(q.Disjunctive, f.field)
		for _, v := range r.Form[f.field] {
			q.Select[f.field] = append(q.Select[f.field], v)
		}
	}
	found, err := s.Index.Search(q)
	if err != nil {
		return web.Answer{}, err
	}
	v.Suggestion, v.Total = found.Suggestion, found.Total
	for _, hit := range found.Hits {
		c, err := s.card(r, hit)
		if err != nil {
			return web.Answer{}, err
		}
		v.Cards = append(v.Cards, c)
	}
	for i, f := range found.Facets {
		shown := facet{Name: facets[i].name}
		for _, value := range f.Values {
			shown.Values = append(shown.Values, facetValue{value.Value, value.Count, value.Chosen, r.URL.Path + "?" + toggled(r.Form, f.Field, value.Value).Encode()})
		}
		v.Facets = append(v.Facets, shown)
	}
	if q.Text != "" {
		if err := s.tell(r, flywheel.Event{Name: flywheel.EventSearch, Properties: map[string]any{"search_term": q.Text}}); err != nil {
			return web.Answer{}, err
		}
	}
	return web.Page("listing", v)
}

// toggled is the query with a value chosen, or dropped if it was.
func toggled(form url.Values, field, value string) url.Values {
	q := url.Values{}
	dropped := false
	for name, values := range form {
		for _, v := range values {
			if name == field && v == value {
				dropped = true
				continue
			}
			q.Add(name, v)
		}
	}
	if !dropped {
		q.Add(field, value)
	}
	return q
}
