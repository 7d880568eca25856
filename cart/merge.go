package cart

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Login gives a guest's cart to a customer who has just signed in: it is merged
// into the cart that the customer last changed, or becomes the customer's own
// when there is none that is open in the same currency. It is idempotent.
func (s *Service) Login(ctx context.Context, guest ID, customer flywheel.CustomerID) (Cart, error) {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return Cart{}, fmt.Errorf("cart: login: customer: %w", err)
	}
	if a, known := flywheel.ActorOf(ctx); known && a.Customer != customer {
		return Cart{}, missing(guest)
	}
	g, err := s.load(ctx, guest)
	if err != nil {
		return Cart{}, err
	}
	if g.Customer != "" && g.Customer != customer {
		return Cart{}, missing(guest)
	}
	if g.Status == Merged {
		return s.Merge(ctx, guest, g.Into)
	}
	if g.Draft != "" {
		return Cart{}, fmt.Errorf("cart %q: login: %w", guest, ErrDraft)
	}
	into := guest
	for c, err := range s.store.List(ctx, Filter{Customer: customer, Status: Open}) {
		if err != nil {
			return Cart{}, err
		}
		if c.ID != guest && c.Currency == g.Currency && c.Draft == "" {
			into = c.ID // the last one listed is the last one changed
		}
	}
	if into != guest {
		return s.Merge(ctx, guest, into)
	}
	return s.change(ctx, guest, func(c *Cart) (*flywheel.Event, error) {
		c.Customer = customer
		return nil, nil
	})
}

// Merge moves the lines and coupons of one open cart into another of the same
// currency. Quantities of one SKU are summed where the agreed price, the tax
// and the personalization are the same, else the lines stand side by side: an agreed price is
// kept, for the units it was agreed for. Nothing is published, since nobody
// put anything into a cart. Merge is idempotent: what stopped on the way is
// finished by merging again.
func (s *Service) Merge(ctx context.Context, from, into ID) (Cart, error) {
	if from == into {
		return Cart{}, fmt.Errorf("cart %q: merge into itself: %w", from, flywheel.ErrInvalid)
	}
	f, err := s.load(ctx, from)
	if err != nil {
		return Cart{}, err
	}
	t, err := s.load(ctx, into)
	if err != nil {
		return Cart{}, err
	}
	if !slices.Contains(t.Absorbed, from) {
		if err := s.absorb(&t, &f); err != nil { // to find out before anything is saved
			return Cart{}, err
		}
	}
	// First the source is closed, so that its lines are taken once and no more
	// are added, then they go into the target, which remembers them.
	if _, err := s.update(ctx, from, func(c *Cart) (*flywheel.Event, error) {
		switch {
		case c.Status == Merged && c.Into == into:
			return nil, errDone
		case c.Status != Open:
			return nil, &ClosedError{Cart: c.ID, Status: c.Status, Order: c.Order, Into: c.Into}
		case c.Draft != "":
			return nil, fmt.Errorf("cart %q: %w", c.ID, ErrDraft)
		case c.Frozen != "":
			return nil, fmt.Errorf("cart %q: %w", c.ID, ErrFrozen)
		}
		f = c.Clone()
		c.Status, c.Into = Merged, into
		return nil, nil
	}); err != nil && !errors.Is(err, errDone) {
		return Cart{}, err
	}
	c, err := s.update(ctx, into, func(c *Cart) (*flywheel.Event, error) {
		if slices.Contains(c.Absorbed, from) {
			t = *c
			return nil, errDone
		}
		return nil, s.absorb(c, &f)
	})
	if errors.Is(err, errDone) {
		return t, nil
	}
	return c, err
}

// errDone ends an update that finds nothing to do.
var errDone = errors.New("done already")

// absorb puts the lines and coupons of f into c. Codes beyond [MaxCoupons] stay
// behind: nobody is kept from signing in by a code.
func (s *Service) absorb(c, f *Cart) error {
	if c.Status != Open {
		return &ClosedError{Cart: c.ID, Status: c.Status, Order: c.Order, Into: c.Into}
	}
	if c.Draft != "" {
		return fmt.Errorf("cart %q: %w", c.ID, ErrDraft)
	}
	if c.Frozen != "" {
		return fmt.Errorf("cart %q: %w", c.ID, ErrFrozen)
	}
	if c.Currency != f.Currency {
		return fmt.Errorf("cart %q: merge of %v into %v: %w", c.ID, f.Currency, c.Currency, flywheel.ErrInvalid)
	}
	lines := slices.Clone(f.Lines)
	for i := range lines {
		lines[i].ID = "" // which line it joins is a matter of SKU and terms
	}
	if err := c.add(lines, s.opts.MaxLines); err != nil {
		return err
	}
	if err := c.attach(f.Coupons); err != nil && !errors.Is(err, flywheel.ErrLimit) {
		return err
	}
	c.Absorbed = append(c.Absorbed, f.ID)
	c.touch(s.opts.Now())
	return nil
}
