package cart

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
)

// Terms are what prices depend on beside the cart. They come from what the shop
// knows of the customer, never from a shopper's request.
type Terms struct {
	// At is the time of the prices, by default the service's clock.
	At         time.Time
	Groups     []string
	TaxExempt  bool
	Attributes map[string]any
}

// SetEngine makes e price the carts from now on. Quotes that are under way are
// finished with the engine they began with.
func (s *Service) SetEngine(e *pricing.Engine) error {
	if e == nil {
		return fmt.Errorf("cart: no engine: %w", flywheel.ErrInvalid)
	}
	s.engine.Store(e)
	return nil
}

// Quote prices the cart as it stands.
func (s *Service) Quote(ctx context.Context, id ID, t Terms) (pricing.Quote, error) {
	c, err := s.store.Get(ctx, id)
	if err != nil {
		return pricing.Quote{}, err
	}
	var q pricing.Quote
	if err := s.QuoteInto(&q, &c, t); err != nil {
		return pricing.Quote{}, err
	}
	return q, nil
}

// QuoteInto prices a cart that is loaded already, into memory that q brings.
func (s *Service) QuoteInto(q *pricing.Quote, c *Cart, t Terms) error {
	if t.At.IsZero() {
		t.At = s.opts.Now()
	}
	lines := basketLines.Get().(*[]pricing.Line)
	defer func() {
		clear(*lines)
		basketLines.Put(lines)
	}()
	*lines = (*lines)[:0]
	for i := range c.Lines {
		l := &c.Lines[i]
		*lines = append(*lines, pricing.Line{
			ID: l.ID, SKU: l.SKU, Quantity: l.Quantity, Agreed: l.Agreed, TaxIncluded: l.TaxIncluded, TaxClass: l.TaxClass,
		})
	}
	err := s.engine.Load().QuoteInto(q, &pricing.Basket{
		Currency: c.Currency, Customer: c.Customer, Groups: t.Groups, At: t.At, Lines: *lines,
		Coupons: c.Coupons, TaxExempt: t.TaxExempt, Attributes: t.Attributes,
	})
	if err != nil {
		return fmt.Errorf("cart %q: quote: %w", c.ID, err)
	}
	return nil
}

var basketLines = sync.Pool{New: func() any { return new([]pricing.Line) }}
