package page

import (
	"github.com/google/uuid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// home shows what there is.
func (s *Shop) home(r *web.Request) (web.Answer, error) {
	found, err := s.Index.Search(search.Query{Locale: r.Language, Limit: 6})
	if err != nil {
		return web.Answer{}, err
	}
	var cards []card
	for _, hit := range found.Hits {
		c, err := s.card(r, hit)
		if err != nil {
			return web.Answer{}, err
		}
		cards = append(cards, c)
	}
	return web.Page("home", cards)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func there(stock fulfillment.Stock, sku flywheel.SKU) bool {
	supply := stock[sku]
	if supply.Untracked || supply.Room > 0 {
		return true
	}
	for _, free := range supply.Free {
		if free > 0 {
			return true
		}
	}
	return false
}
