package page

import (
	"encoding/json"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// shelf is a collection with its name in the language of the page and its address.
type shelf struct{ ID, Name, At string }

// collections are all of them, for menus.
func (s *Shop) collections(r *web.Request) (all []shelf, err error) {
	list, err := s.Products.Collections(r.Context())
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		name := c.Name[catalog.Locale(r.Language)]
		if name == "" {
			name = c.Name["en"]
		}
		all = append(all, shelf{c.ID, name, r.At("/collections/" + c.ID)})
	}
	return all, nil
}

// within is the condition of the search for the goods of a collection.
func (s *Shop) within(r *web.Request, collection string) (json.RawMessage, error) {
	ids, err := s.Products.InCollection(r.Context(), collection, data.Channel, catalog.Locale(r.Language))
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{catalog.SearchProduct: map[string]any{"$in": ids}})
}
