package cart

import (
	"context"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Add puts lines into the cart, all or none, and publishes add_to_cart. A line
// whose ID exists adds to that line, which must have the same SKU, agreed
// price, tax and personalization. A line without an ID adds to the first line with the
// same SKU on these same terms, so units with an agreed price or an engraving never mix
// with others. What finds no line becomes a new one at the end. With [Options.Catalog]
// items that are unknown or withdrawn are not found, and numbers of units that the
// rules of an item forbid are out of range.
func (s *Service) Add(ctx context.Context, id ID, lines ...Line) (Cart, error) {
	if len(lines) == 0 {
		return Cart{}, fmt.Errorf("cart %q: no lines to add: %w", id, flywheel.ErrInvalid)
	}
	return s.change(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		return s.put(ctx, c, lines)
	})
}

// put adds lines to the cart and returns the event.
func (s *Service) put(ctx context.Context, c *Cart, lines []Line) (*flywheel.Event, error) {
	known, err := s.sold(ctx, c, lines)
	if err != nil {
		return nil, err
	}
	if err := c.add(lines, s.opts.MaxLines); err != nil {
		return nil, err
	}
	for i := range lines {
		if item, ruled := known[lines[i].SKU]; ruled {
			if err := c.obeys(&item); err != nil {
				return nil, &LineError{Cart: c.ID, Index: i, Line: lines[i].ID, Err: err}
			}
		}
	}
	items := make([]flywheel.Line, len(lines))
	for i, l := range lines {
		items[i] = flywheel.Line{SKU: l.SKU, Quantity: l.Quantity}
	}
	return &flywheel.Event{Name: flywheel.EventAddToCart, Lines: items}, nil
}

// sold refuses lines of items that are not, or no longer, to be bought.
func (s *Service) sold(ctx context.Context, c *Cart, lines []Line) (map[flywheel.SKU]flywheel.Item, error) {
	if s.opts.Catalog == nil {
		return nil, nil
	}
	skus := make([]flywheel.SKU, len(lines))
	for i := range lines {
		skus[i] = lines[i].SKU
	}
	items, err := s.opts.Catalog.Describe(ctx, skus...)
	if err != nil {
		return nil, fmt.Errorf("cart %q: describe: %w", c.ID, err)
	}
	for i := range lines {
		if item, known := items[lines[i].SKU]; !known || item.Withdrawn {
			return nil, &LineError{Cart: c.ID, Index: i, Line: lines[i].ID, Err: fmt.Errorf("sku %q: %w", lines[i].SKU, flywheel.ErrNotFound)}
		}
	}
	return items, nil
}

// obeys reports a number of units of an item, on all lines together, that its rules
// do not allow. None at all is always allowed.
func (c *Cart) obeys(item *flywheel.Item) error {
	var n int64
	for i := range c.Lines {
		if c.Lines[i].SKU == item.SKU {
			n += c.Lines[i].Quantity // MaxQuantity and the number of lines keep it small
		}
	}
	switch {
	case n == 0:
		return nil
	case n < item.MinQuantity:
		return fmt.Errorf("%d units of %q, at least %d: %w", n, item.SKU, item.MinQuantity, flywheel.ErrOutOfRange)
	case item.MaxQuantity > 0 && n > item.MaxQuantity:
		return fmt.Errorf("%d units of %q, at most %d: %w", n, item.SKU, item.MaxQuantity, flywheel.ErrOutOfRange)
	case item.Multiple > 1 && n%item.Multiple != 0:
		return fmt.Errorf("%d units of %q, not a multiple of %d: %w", n, item.SKU, item.Multiple, flywheel.ErrOutOfRange)
	}
	return nil
}

// SetQuantity sets the quantity of an existing line; zero removes the line, whatever the
// rules of its item are. It publishes the difference.
func (s *Service) SetQuantity(ctx context.Context, id ID, line string, quantity int64) (Cart, error) {
	return s.change(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		fail := func(err error) (*flywheel.Event, error) {
			return nil, &LineError{Cart: c.ID, Index: -1, Line: line, Err: err}
		}
		l := c.Line(line)
		if l == nil {
			return fail(flywheel.ErrNotFound)
		}
		if quantity < 0 || quantity > MaxQuantity {
			return fail(fmt.Errorf("quantity %d is not from 0 to %d: %w", quantity, MaxQuantity, flywheel.ErrOutOfRange))
		}
		e := &flywheel.Event{Name: flywheel.EventAddToCart}
		more := quantity - l.Quantity
		if more < 0 {
			e.Name, more = flywheel.EventRemoveFromCart, -more
		}
		e.Lines = []flywheel.Line{{SKU: l.SKU, Quantity: more}}
		if more == 0 {
			e = nil
		}
		sku := l.SKU
		if more != 0 {
			l.Seen = money.Price{}
		}
		if l.Quantity = quantity; quantity == 0 {
			c.Lines = slices.DeleteFunc(c.Lines, func(l Line) bool { return l.ID == line })
		}
		if s.opts.Catalog != nil && quantity > 0 {
			known, err := s.opts.Catalog.Describe(ctx, sku)
			if err != nil {
				return nil, fmt.Errorf("cart %q: describe: %w", c.ID, err)
			}
			if item, ruled := known[sku]; ruled {
				if err := c.obeys(&item); err != nil {
					return fail(err)
				}
			}
		}
		return e, nil
	})
}

// Personalize makes what the buyer asks of the units of a line what is given; the zero
// value asks for nothing. Nothing is published: nothing was put in or taken out.
func (s *Service) Personalize(ctx context.Context, id ID, line string, p flywheel.Details) (Cart, error) {
	return s.change(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		l := c.Line(line)
		if l == nil {
			return nil, &LineError{Cart: c.ID, Index: -1, Line: line, Err: flywheel.ErrNotFound}
		}
		l.Personalization = p
		return nil, nil
	})
}

// Remove takes lines out of the cart, all or none, and publishes
// remove_from_cart.
func (s *Service) Remove(ctx context.Context, id ID, lines ...string) (Cart, error) {
	if len(lines) == 0 {
		return Cart{}, fmt.Errorf("cart %q: no lines to remove: %w", id, flywheel.ErrInvalid)
	}
	return s.change(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		e := &flywheel.Event{Name: flywheel.EventRemoveFromCart}
		for _, line := range lines {
			l := c.Line(line)
			if l == nil {
				return nil, &LineError{Cart: c.ID, Index: -1, Line: line, Err: flywheel.ErrNotFound}
			}
			e.Lines = append(e.Lines, flywheel.Line{SKU: l.SKU, Quantity: l.Quantity})
			c.Lines = slices.DeleteFunc(c.Lines, func(l Line) bool { return l.ID == line })
		}
		return e, nil
	})
}

// SetCurrency prices the cart in another currency from now on. Agreed prices are of one
// currency and not converted: a cart with one is refused with an error matching
// [flywheel.ErrInvalid]. The currency that the cart has changes nothing.
func (s *Service) SetCurrency(ctx context.Context, id ID, currency money.Currency) (Cart, error) {
	if currency.IsZero() {
		return Cart{}, fmt.Errorf("cart %q: currency: missing: %w", id, flywheel.ErrInvalid)
	}
	if c, err := s.load(ctx, id); err != nil || c.Currency == currency {
		return c, err
	}
	return s.change(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		for i := range c.Lines {
			if l := &c.Lines[i]; l.Agreed != (money.Price{}) {
				return nil, &LineError{Cart: c.ID, Index: i, Line: l.ID, Err: fmt.Errorf("agreed price %v is not in %v: %w", l.Agreed, currency, flywheel.ErrInvalid)}
			}
		}
		c.Currency = currency
		return nil, nil
	})
}
