package cart

import (
	"context"
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// PriceChange is a line whose price is not what the buyer was last shown.
type PriceChange struct {
	Line   string       `json:"line"`
	SKU    flywheel.SKU `json:"sku"`
	Before money.Price  `json:"before"`
	// Now is zero where there is no price any more.
	Now money.Price `json:"now,omitzero"`
}

// Look prices the cart for a page that shows it, and reports the lines whose price per
// unit has changed since the last look, each once: what is reported is noted as seen. A
// line that is new, of another quantity, or priced in another currency since then has no
// price to compare with, nor has one with an agreed price. To look is no change of the
// cart: it is not told, and the cart is no younger for it. Of a cart that is frozen or no
// longer open nothing is noted.
func (s *Service) Look(ctx context.Context, id ID, t Terms) (pricing.Quote, []PriceChange, error) {
	for range maxTries {
		c, err := s.load(ctx, id)
		if err != nil {
			return pricing.Quote{}, nil, err
		}
		q, err := s.quote(ctx, &c, t)
		if err != nil {
			return pricing.Quote{}, nil, err
		}
		changes, news := c.compare(&q)
		if !news || c.Status != Open || c.Frozen != "" || c.Draft != "" {
			return q, changes, nil
		}
		if _, err = s.save(ctx, c, nil); err == nil || !errors.Is(err, ErrStale) {
			return q, changes, err
		}
	}
	return pricing.Quote{}, nil, ErrStale
}

// compare notes the prices of a quote as seen. It returns those that differ from what was
// seen before, and whether anything was noted.
func (c *Cart) compare(q *pricing.Quote) (changes []PriceChange, news bool) {
	for i := range c.Lines {
		l, now := &c.Lines[i], q.Lines[i].Unit
		if q.Lines[i].Unpriced {
			now = money.Price{}
		}
		if l.Agreed != (money.Price{}) || now == l.Seen {
			continue
		}
		if l.Seen != (money.Price{}) && (now == money.Price{} || now.Currency() == l.Seen.Currency()) {
			changes = append(changes, PriceChange{Line: l.ID, SKU: l.SKU, Before: l.Seen, Now: now})
		}
		l.Seen, news = now, true
	}
	return changes, news
}
