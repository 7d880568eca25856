package supplier

import (
	"context"
	"errors"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Add keeps orders that were made elsewhere, with their documents, as those of a file or
// of another system, in one transaction: all of them or none. Each order that is not
// there yet is kept as it is, its documents applied anew to its lines; to one that is
// there, those documents are applied that it does not have. An order with the ID of
// another, and a document with that of another, match [ErrReused]. The same again
// changes nothing. Version and Posted of the orders are not read, nor are the counters of
// their lines.
//
// O(lines + documents); some hundreds of orders at a time are a good transaction.
func (s *Service) Add(ctx context.Context, orders ...Order) error {
	for i := range orders {
		if err := flywheel.CheckID(orders[i].ID); err != nil {
			return refuse("order id", orders[i].ID, ErrInput)
		}
	}
	var behind []string
	err := s.retried(ctx, func(ctx context.Context) error {
		behind = behind[:0]
		for _, o := range orders {
			next, err := s.add(ctx, o)
			if err != nil {
				return err
			}
			if next.Behind() {
				behind = append(behind, next.ID)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range behind { // stock of another database
		if _, err := s.settle(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) add(ctx context.Context, o Order) (Order, error) {
	bare := o.blank()
	before, err := s.store.Order(ctx, o.ID)
	next := before
	switch {
	case errors.Is(err, ErrUnknown):
		if err := bare.Check(); err != nil {
			return o, err
		}
		next = bare
	case err != nil:
		return o, err
	case !before.sameOrder(&bare):
		return o, refuse("order", o.ID, ErrReused)
	}
	for _, d := range o.Documents {
		if next, _, err = next.Apply(d); err != nil {
			return o, err
		}
	}
	if s.together {
		if next, err = s.post(ctx, next); err != nil {
			return o, err
		}
	}
	if next.Version > 0 && len(next.Documents) == len(before.Documents) && next.Posted == before.Posted {
		return next, nil
	}
	return s.store.SaveOrder(ctx, next)
}

// blank returns the order as it was drafted, without what documents made of it.
func (o *Order) blank() Order {
	b := Order{ID: o.ID, Supplier: o.Supplier, Currency: o.Currency, Placed: o.Placed, OverDelivery: o.OverDelivery}
	for _, l := range o.Lines {
		b.Lines = append(b.Lines, Line{
			SKU: l.SKU, Place: l.Place, Ordered: l.Ordered, Price: l.Price, Promised: l.Promised, SpreadDays: l.SpreadDays, Inspect: l.Inspect,
		})
	}
	return b
}

// sameOrder reports whether two orders were drafted alike.
func (o *Order) sameOrder(other *Order) bool {
	return o.Supplier == other.Supplier && o.Currency == other.Currency && o.Placed.Equal(other.Placed) && o.OverDelivery == other.OverDelivery &&
		slices.EqualFunc(o.Lines, other.Lines, func(a, b Line) bool {
			return a.SKU == b.SKU && a.Place == b.Place && a.Ordered == b.Ordered && a.Price.Decimal().Equal(b.Price.Decimal()) &&
				a.Promised.Equal(b.Promised) && a.SpreadDays == b.SpreadDays && a.Inspect == b.Inspect
		})
}
