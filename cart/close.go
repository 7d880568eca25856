package cart

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Close marks the cart as ordered. Checkout calls it after the order store has accepted
// the order: that store decides which order a cart becomes, so Close overwrites the mark
// of an order that was never placed.
//
// An open cart must have the given version, else the error matches [ErrStale]:
// it was changed meanwhile. Version 0 closes it whatever it holds, for an
// order that already exists; a merged cart stays merged. UpdatedAt stays: the customer did nothing.
func (s *Service) Close(ctx context.Context, id ID, version int64, order string) (Cart, error) {
	var there Cart
	c, err := s.update(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		switch {
		case c.Status == Ordered && c.Order == order:
			there = *c
			return nil, errDone
		case c.Status == Merged && version != 0:
			return nil, &ClosedError{Cart: c.ID, Status: c.Status, Into: c.Into}
		case c.Status == Merged:
			there = *c
			return nil, errDone
		case c.Status == Open && version != 0 && c.Version != version:
			return nil, errChanged
		}
		c.Status, c.Order, c.Frozen = Ordered, order, ""
		return nil, nil
	})
	switch {
	case errors.Is(err, errDone):
		return there, nil
	case errors.Is(err, errChanged):
		return Cart{}, ErrStale
	}
	return c, err
}

// CloseOf is [Service.Close] for a cart that the caller has at hand as it was read:
// it is not read again. One that has changed since reports [ErrStale].
func (s *Service) CloseOf(ctx context.Context, c Cart, order string) (Cart, error) {
	if c.Status != Open {
		return s.Close(ctx, c.ID, c.Version, order)
	}
	c = c.Clone()
	c.Status, c.Order, c.Frozen = Ordered, order, ""
	return s.saveOf(ctx, c)
}

// saveOf saves a cart that the caller had at hand.
func (s *Service) saveOf(ctx context.Context, c Cart) (Cart, error) {
	if !flywheel.Allowed(ctx, c.Customer, c.Visitor) {
		return Cart{}, fmt.Errorf("cart %q: %w", c.ID, flywheel.ErrNotFound)
	}
	return s.save(ctx, c, nil)
}

// Reopen removes the mark that Close made for an order that was never placed. A cart that is open, or ordered by another order, stays as it is.
func (s *Service) Reopen(ctx context.Context, id ID, order string) error {
	_, err := s.update(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		if c.Status != Ordered || c.Order != order {
			return nil, errDone
		}
		c.Status, c.Order = Open, ""
		return nil, nil
	})
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}

// Freeze holds an open cart as it is until [Service.Thaw] or [Service.Close]: every
// change reports [ErrFrozen]. By names the holder; for the same one Freeze does
// nothing, a cart that another holds reports ErrFrozen. The cart must have the
// given version, else the error matches [ErrStale].
func (s *Service) Freeze(ctx context.Context, id ID, version int64, by string) (Cart, error) {
	if err := flywheel.CheckID(by); err != nil {
		return Cart{}, fmt.Errorf("cart %q: freeze: %w", id, err)
	}
	var there Cart
	c, err := s.update(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		switch {
		case c.Status != Open:
			return nil, &ClosedError{Cart: c.ID, Status: c.Status, Order: c.Order, Into: c.Into}
		case c.Frozen == by:
			there = *c
			return nil, errDone
		case c.Frozen != "":
			return nil, fmt.Errorf("cart %q: %w", c.ID, ErrFrozen)
		case c.Version != version:
			return nil, errChanged
		}
		c.Frozen = by
		return nil, nil
	})
	switch {
	case errors.Is(err, errDone):
		return there, nil
	case errors.Is(err, errChanged):
		return Cart{}, ErrStale
	}
	return c, err
}

// FreezeOf is [Service.Freeze] for a cart that the caller has at hand as it was read:
// it is not read again. One that has changed since reports [ErrStale].
func (s *Service) FreezeOf(ctx context.Context, c Cart, by string) (Cart, error) {
	if c.Status != Open || c.Frozen != "" || flywheel.CheckID(by) != nil {
		return s.Freeze(ctx, c.ID, c.Version, by)
	}
	frozen := c.Clone()
	frozen.Frozen = by
	frozen, err := s.saveOf(ctx, frozen)
	if errors.Is(err, ErrStale) { // perhaps by itself, in a transaction that is run again
		return s.Freeze(ctx, c.ID, c.Version, by)
	}
	return frozen, err
}

// Thaw lets a cart be changed again that is held by a holder. One that is not held
// by it, or no longer exists, stays as it is.
func (s *Service) Thaw(ctx context.Context, id ID, by string) error {
	_, err := s.update(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		if c.Frozen != by {
			return nil, errDone
		}
		c.Frozen = ""
		return nil, nil
	})
	if errors.Is(err, errDone) || errors.Is(err, flywheel.ErrNotFound) {
		return nil
	}
	return err
}

// errChanged is ErrStale before update sees it and tries again.
var errChanged = errors.New("cart changed")
