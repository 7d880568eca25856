package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// maxQuantity bounds what one line of a purchase says.
const maxQuantity = 1 << 40

// Consume implements [flywheel.Consumer]: purchases and refunds of customers say
// who has what. A refund counts where it names its order by Ref and what came back
// by its Lines. Reviews follow at once: one is verified while its author has bought
// one of its SKUs and not returned all of it, and one whose author returned
// everything carries the signal [Returned]. Everything else is ignored.
func (s *Service) Consume(ctx context.Context, entries []flywheel.Entry) error {
	purchases := map[flywheel.CustomerID][]Purchase{}
	for i := range entries {
		e := &entries[i]
		customer, order, sign := e.Person.Customer(), e.Event.Ref, int64(1)
		switch e.Event.Name {
		case flywheel.EventPurchase:
			if order == "" {
				order = e.Event.ID
			}
		case flywheel.EventRefund:
			sign = -1
		default:
			continue
		}
		if customer == "" || order == "" {
			continue
		}
		for j, l := range e.Event.Lines {
			if l.Quantity < 0 || l.Quantity > maxQuantity {
				return &flywheel.EntryError{Position: e.Position, ID: e.Event.ID, Err: outOfRange(fmt.Sprintf("lines[%d].quantity", j), "%d", l.Quantity)}
			}
			if l.Quantity > 0 {
				purchases[customer] = append(purchases[customer], Purchase{customer, l.SKU, order, sign * l.Quantity, e.Effective})
			}
		}
	}
	if len(purchases) == 0 {
		return nil
	}
	return s.inTx(ctx, func(ctx context.Context) error {
		for _, customer := range slices.Sorted(maps.Keys(purchases)) {
			if err := s.purchases.Note(ctx, purchases[customer]...); err != nil {
				return err
			}
			if err := s.verifyAll(ctx, customer, purchases[customer]); err != nil {
				return err
			}
		}
		return nil
	})
}

// verifyAll looks again at the reviews of a customer that purchases concern.
func (s *Service) verifyAll(ctx context.Context, customer flywheel.CustomerID, purchases []Purchase) error {
	for p, err := range s.store.List(ctx, Filter{Author: customer, Kind: Review}) {
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(purchases, func(b Purchase) bool { return p.bought(b.SKU) }) {
			continue
		}
		before, order := p.Verified, p.Order
		if err := s.verify(ctx, &p); err != nil {
			return err
		}
		if p.Verified == before && p.Order == order {
			continue
		}
		if before && !p.Verified {
			p.Signals = signaled(p.Signals, Signal{Kind: Returned, Reason: fmt.Sprintf("the author returned all of order %s", order)})
		}
		if _, err := s.store.Save(ctx, p); err != nil && !errors.Is(err, ErrStale) {
			return err
		} else if err != nil {
			// Somebody saves the post right now. Their transaction does not see these
			// purchases, so the entries are taken again.
			return fmt.Errorf("review: post %q changes right now: %w", p.ID, err)
		}
	}
	return nil
}

// Reset throws away what follows from the log: a runner calls it before a rebuild.
// Reviews keep their verification until the purchases are read again.
func (s *Service) Reset(ctx context.Context) error { return s.purchases.ClearPurchases(ctx) }
