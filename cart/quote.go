package cart

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Terms are what prices depend on beside the cart. They come from what the shop
// knows of the customer, never from a shopper's request.
type Terms struct {
	// At is the time of the prices, by default the service's clock.
	At     time.Time
	Groups []string
	// Segments are the live segments of the customer; nil asks [Options.Segments].
	Segments   []string
	Channel    string
	TaxExempt  bool
	Attributes map[string]any
	// Taxes and Shipping are those of pricing.Basket.
	Taxes    []pricing.Tax
	Shipping []pricing.Shipping
	// TaxPlaces are those of pricing.Line, by line; nil is none.
	TaxPlaces map[string]string
	// Items describe the lines by SKU; nil asks [Options.Catalog].
	Items map[flywheel.SKU]flywheel.Item
	// Coupons, when not nil, take the place of those of the cart.
	Coupons []string
	// WithoutPromotions is that of pricing.Basket.
	WithoutPromotions bool
	// Engine prices in place of the service's, to see what a change would do; nil for
	// the prices that hold.
	Engine *pricing.Engine
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
	c, err := s.load(ctx, id)
	if err != nil {
		return pricing.Quote{}, err
	}
	return s.quote(ctx, &c, t)
}

// quote prices a cart that is loaded, with what the neighbors know of it.
func (s *Service) quote(ctx context.Context, c *Cart, t Terms) (q pricing.Quote, err error) {
	if t.Items == nil && s.opts.Catalog != nil && len(c.Lines) > 0 {
		if t.Items, err = s.opts.Catalog.Describe(ctx, c.SKUs()...); err != nil {
			return pricing.Quote{}, fmt.Errorf("cart %q: describe: %w", c.ID, err)
		}
	}
	if t.Segments == nil {
		if t.Segments, err = s.SegmentsOf(ctx, c.Customer); err != nil {
			return pricing.Quote{}, fmt.Errorf("cart %q: %w", c.ID, err)
		}
	}
	if err := s.QuoteInto(&q, c, t); err != nil {
		return pricing.Quote{}, err
	}
	return q, nil
}

// SegmentsOf returns the live segments of a customer, as Options.Segments knows them:
// none without it, and of nobody.
func (s *Service) SegmentsOf(ctx context.Context, customer flywheel.CustomerID) ([]string, error) {
	if s.opts.Segments == nil || customer == "" {
		return nil, nil
	}
	segments, err := s.opts.Segments.SegmentsOf(ctx, customer)
	if err != nil {
		return nil, fmt.Errorf("cart: segments of %q: %w", customer, err)
	}
	return segments, nil
}

// Engine returns the engine that prices the carts now.
func (s *Service) Engine() *pricing.Engine {
	if s.opts.Prices != nil {
		return s.opts.Prices.Engine()
	}
	return s.engine.Load()
}

// QuoteInto prices a cart that is loaded already, into memory that q brings. What
// lines are is what t.Items says; it asks no catalog. A line of an item that is
// withdrawn costs nothing and must not be sold.
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
		to := pricing.Line{
			ID: l.ID, SKU: l.SKU, Quantity: l.Quantity, Agreed: l.Agreed, TaxIncluded: l.TaxIncluded, TaxClass: l.TaxClass,
			TaxPlace: t.TaxPlaces[l.ID],
		}
		if item, known := t.Items[l.SKU]; known {
			to.Product, to.Categories, to.Collections, to.Attributes = item.Product, item.Categories, item.Collections, item.Attributes
			if to.TaxClass == "" {
				to.TaxClass = item.TaxClass
			}
			if item.Withdrawn {
				to.Agreed = money.PriceOf(money.New(0, c.Currency))
			}
		}
		*lines = append(*lines, to)
	}
	coupons := t.Coupons
	if coupons == nil {
		coupons = c.Coupons
	}
	engine := t.Engine
	if engine == nil {
		engine = s.Engine()
	}
	err := engine.QuoteInto(q, &pricing.Basket{
		Currency: c.Currency, Customer: c.Customer, Groups: t.Groups, Segments: t.Segments, Channel: t.Channel, At: t.At, Lines: *lines,
		Coupons: coupons, TaxExempt: t.TaxExempt, Attributes: t.Attributes, Taxes: t.Taxes, Shipping: t.Shipping,
		WithoutPromotions: t.WithoutPromotions,
	})
	if err != nil {
		return fmt.Errorf("cart %q: quote: %w", c.ID, err)
	}
	return nil
}

var basketLines = sync.Pool{New: func() any { return new([]pricing.Line) }}

// SKUs returns those of the lines, in their order.
func (c *Cart) SKUs() []flywheel.SKU {
	skus := make([]flywheel.SKU, len(c.Lines))
	for i := range c.Lines {
		skus[i] = c.Lines[i].SKU
	}
	return skus
}
