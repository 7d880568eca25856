package draft

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
)

// Send makes the draft visible to the buyer and returns the token of the link. A draft
// that is sent already answers with its token.
func (s *Service) Send(ctx context.Context, id ID) (Draft, string, error) {
	if err := staff(ctx); err != nil {
		return Draft{}, "", err
	}
	for range attempts {
		d, err := s.store.Get(ctx, id)
		if err == nil {
			d, err = s.settle(ctx, d)
		}
		if err != nil {
			return Draft{}, "", err
		}
		if d.Status.Final() {
			return Draft{}, "", &StatusError{Draft: id, Status: d.Status}
		}
		if d.Status == Open {
			d.Sends++
			d.Cart = nextCart(&d)
			if err := s.fill(ctx, &d); err != nil {
				return Draft{}, "", err
			}
			d.Status = Sent
			made := d.Cart
			if d, err = s.note(ctx, d, EventSent); errors.Is(err, ErrStale) {
				if err := s.unfill(ctx, id, made); err != nil {
					return Draft{}, "", err
				}
				continue
			}
			if err != nil {
				return Draft{}, "", err
			}
		}
		return d, s.opts.Links.Token(linkID(&d), d.ValidUntil), nil
	}
	return Draft{}, "", ErrStale
}

// linkID is what a token of a draft is signed for: one sending of it.
func linkID(d *Draft) order.ID { return order.ID(fmt.Sprintf("draft/%s/%d", d.ID, d.Sends)) }

// nextCart is the cart in which an open draft is sent next: one for each version, so
// that a sending that is late cannot put old terms in the place of new ones.
func nextCart(d *Draft) cart.ID { return cart.ID(fmt.Sprintf("draft-%s-%d", d.ID, d.Version)) }

// unfill deletes a cart that was made for a draft which another call saved meanwhile,
// unless that call has sent it in the same cart.
func (s *Service) unfill(ctx context.Context, id ID, made cart.ID) error {
	there, err := s.store.Get(ctx, id)
	if err != nil && !errors.Is(err, flywheel.ErrNotFound) || there.Cart == made {
		return err
	}
	return s.opts.Carts.Delete(ctx, made)
}

// fill makes the cart of a draft that is about to be sent. One that is there is left
// from a sending that did not come to its end.
func (s *Service) fill(ctx context.Context, d *Draft) error {
	c := cart.Cart{ID: d.Cart, Customer: d.Customer, Visitor: d.Visitor, Currency: d.Currency, Draft: string(d.ID)}
	if c.Customer != "" {
		c.Visitor = ""
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		c.Lines = append(c.Lines, cart.Line{SKU: l.SKU, Quantity: l.Quantity, Agreed: l.Unit, TaxIncluded: l.TaxIncluded})
	}
	_, err := s.opts.Carts.Create(ctx, c)
	if !errors.Is(err, flywheel.ErrConflict) {
		return err
	}
	there, err := s.opts.Carts.Get(ctx, d.Cart)
	if err != nil {
		return err
	}
	if there.Draft != string(d.ID) || there.Status != cart.Open {
		return fmt.Errorf("draft %q: cart %q is not of it: %w", d.ID, d.Cart, flywheel.ErrConflict)
	}
	if slices.EqualFunc(there.Lines, c.Lines, func(a, b cart.Line) bool {
		return a.SKU == b.SKU && a.Quantity == b.Quantity && a.Agreed == b.Agreed && a.TaxIncluded == b.TaxIncluded
	}) && there.Frozen == "" {
		return nil
	}
	if err := s.opts.Carts.Delete(ctx, d.Cart); err != nil {
		return err
	}
	_, err = s.opts.Carts.Create(ctx, c)
	return err
}
