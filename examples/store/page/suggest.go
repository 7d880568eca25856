package page

import (
	"encoding/json"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// suggestion is a good while its name is typed, with its address.
type suggestion struct {
	Title string `json:"title"`
	At    string `json:"at"`
}

// suggest answers the script of the search field: what begins like what was typed, slips of
// the finger forgiven.
func (s *Shop) suggest(r *web.Request) (web.Answer, error) {
	words, err := r.Text("q")
	if err != nil {
		return web.Answer{}, err
	}
	all := []suggestion{}
	if words != "" {
		found, err := s.Index.Search(search.Query{Text: words, Locale: r.Language, Limit: 6})
		if err != nil {
			return web.Answer{}, err
		}
		for _, hit := range found.Hits {
			v, err := s.Products.View(r.Context(), catalog.ID(hit.ID), data.Channel, catalog.Locale(r.Language))
			if err != nil {
				return web.Answer{}, err
			}
			all = append(all, suggestion{v.Title, r.At("/goods/" + v.Slug)})
		}
	}
	body, err := json.Marshal(all)
	return web.Answer{Type: "application/json", Body: body, Fresh: true}, err
}
