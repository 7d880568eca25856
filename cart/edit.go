package cart

import (
	"context"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Add puts lines into the cart, all or none, and publishes add_to_cart. A line
// with an ID that is there adds to that line, which must have the same SKU, agreed
// price and tax. A line without an ID adds to the first line with the
// same SKU on these same terms, so units with an agreed price never mix with
// others. What finds no line becomes a new one at the end.
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
	if err := s.sold(ctx, c, lines); err != nil {
		return nil, err
	}
	if err := c.add(lines, s.opts.MaxLines); err != nil {
		return nil, err
	}
	items := make([]flywheel.Line, len(lines))
	for i, l := range lines {
		items[i] = flywheel.Line{SKU: l.SKU, Quantity: l.Quantity}
	}
	return &flywheel.Event{Name: flywheel.EventAddToCart, Lines: items}, nil
}

// sold refuses lines of items that are not, or no longer, to be bought.
func (s *Service) sold(ctx context.Context, c *Cart, lines []Line) error {
	if s.opts.Catalog == nil {
		return nil
	}
	skus := make([]flywheel.SKU, len(lines))
	for i := range lines {
		skus[i] = lines[i].SKU
	}
	items, err := s.opts.Catalog.Describe(ctx, skus...)
	if err != nil {
		return fmt.Errorf("cart %q: describe: %w", c.ID, err)
	}
	for i := range lines {
		if item, known := items[lines[i].SKU]; !known || item.Withdrawn {
			return &LineError{Cart: c.ID, Index: i, Line: lines[i].ID, Err: fmt.Errorf("sku %q: %w", lines[i].SKU, flywheel.ErrNotFound)}
		}
	}
	return nil
}

// SetQuantity makes the quantity of a line that is there what is given; zero
// removes the line. It publishes the difference.
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
		if l.Quantity = quantity; quantity == 0 {
			c.Lines = slices.DeleteFunc(c.Lines, func(l Line) bool { return l.ID == line })
		}
		return e, nil
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
