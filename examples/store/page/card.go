package page

import (
	"github.com/google/uuid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
)

// card is a good in a listing.
type card struct {
	Title, Slug   string
	SKU           flywheel.SKU
	Price         money.Amount
	Many, InStock bool
	// Reason says why it is recommended, With what it goes with.
	Reason, With string
}

func (s *Shop) card(r *web.Request, hit search.Hit) (card, error) {
	v, err := s.Products.View(r.Context(), catalog.ID(hit.ID), data.Channel, catalog.Locale(r.Language))
	if err != nil {
		return card{}, err
	}
	stock, err := s.Stock.Available(r.Context(), hit.Variants)
	if err != nil {
		return card{}, err
	}
	c := card{Title: v.Title, Slug: v.Slug, SKU: hit.Show}
	if c.Price, c.Many, err = s.span(r, hit.Variants); err != nil {
		return card{}, err
	}
	for _, sku := range hit.Variants {
		c.InStock = c.InStock || stock.Has(sku)
	}
	return c, nil
}

// span is the lowest price of variants at the place of a request, and whether others cost more.
func (s *Shop) span(r *web.Request, skus []flywheel.SKU) (low money.Amount, more bool, err error) {
	listed, err := s.Prices.Listed(currency(r), s.Now(), skus...)
	if err != nil {
		return low, false, err
	}
	for _, price := range listed {
		switch {
		case low == (money.Amount{}):
			low = price
		case price != low:
			if more = true; price.Minor() < low.Minor() {
				low = price
			}
		}
	}
	return low, more, nil
}

// cardsOf are the products of recommended items with the reasons, each product once.
func (s *Shop) cardsOf(r *web.Request, list []recommend.Recommendation, most int) (cards []card, err error) {
	seen := map[string]bool{}
	for _, rec := range list {
		skus := []flywheel.SKU{rec.SKU}
		if rec.Reason.With != "" {
			skus = append(skus, rec.Reason.With)
		}
		items, err := s.Products.Counter(data.Channel, catalog.Locale(r.Language)).Describe(r.Context(), skus...)
		if err != nil {
			return nil, err
		}
		product := items[rec.SKU].Product
		if product == "" || seen[product] || len(cards) == most {
			continue
		}
		seen[product] = true
		found, err := s.found(product)
		if err != nil {
			return nil, err
		}
		for _, hit := range found {
			c, err := s.card(r, hit)
			if err != nil {
				return nil, err
			}
			c.SKU = rec.SKU
			switch rec.Reason.Kind {
			case recommend.Together:
				c.Reason, c.With = "goes with", items[rec.Reason.With].Title
			case recommend.Trending:
				c.Reason = "in demand at the moment"
			case recommend.Popular:
				c.Reason = "many like it"
			}
			cards = append(cards, c)
		}
	}
	return cards, nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
