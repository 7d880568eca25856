package inventory

import (
	"context"
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/handle"
)

// Events that a [Service] with Options.Alerts tells when what is available of a SKU at a
// location crosses a bound, whatever made it. Lines hold the SKU and what is available
// now, 0 for none; property "location" names the place, Ref is that of the call. The ID
// is made of name, location, SKU and the number of the movement.
const (
	// EventLow reports that there are no more units than Item.Low says.
	EventLow = "stock_low"
	// EventOut reports that there are none.
	EventOut = "stock_out"
	// EventBack reports that there are some again.
	EventBack = "stock_back"
)

// alerting is a store that tells of bounds that are crossed, in the transaction of the
// movement.
type alerting struct {
	Store
	batch BatchStore
	s     *Service
}

// Handle implements flywheel.Stored with that of the store.
func (a *alerting) Handle() flywheel.Transactor { return handle.Of(a.Store) }

// Post implements Store.
func (a *alerting) Post(ctx context.Context, m Movement) (Movement, error) {
	ms := []Movement{m}
	err := a.PostBatch(ctx, nil, ms)
	return ms[0], err
}

// PostBatch implements BatchStore.
func (a *alerting) PostBatch(ctx context.Context, r *Reservation, movements []Movement) error {
	var saved *Reservation
	posted := make([]Movement, len(movements))
	err := a.s.tx.InTx(ctx, func(ctx context.Context) error { // it may be run again
		copy(posted, movements)
		if r != nil {
			fresh := *r
			saved = &fresh
		}
		if err := a.batch.PostBatch(ctx, saved, posted); err != nil {
			return err
		}
		return a.s.alert(ctx, posted)
	})
	if err != nil {
		return err
	}
	copy(movements, posted)
	if r != nil {
		*r = *saved
	}
	return nil
}

// alert reports which bounds movements crossed.
func (s *Service) alert(ctx context.Context, posted []Movement) error {
	if len(posted) == 0 {
		return nil
	}
	skus := make([]flywheel.SKU, len(posted))
	for i := range posted {
		skus[i] = posted[i].SKU
	}
	items, err := s.itemsOf(ctx, skus)
	if err != nil {
		return err
	}
	for i := range posted {
		m := &posted[i]
		if m.Location == EveryPlace {
			continue
		}
		now := m.OnHandAfter - m.ReservedAfter - m.AllocatedAfter - m.BackorderedAfter
		before := now - (m.OnHand - m.Reserved - m.Allocated - m.Backordered)
		for _, name := range crossed(before, now, items[m.SKU].Low) {
			err := s.teller.Tell(ctx, flywheel.Event{
				ID:         eventid.Of(name, string(m.Location), string(m.SKU), strconv.FormatInt(m.Seq, 10)),
				Name:       name,
				Time:       m.At,
				Ref:        m.Ref,
				Lines:      []flywheel.Line{{SKU: m.SKU, Quantity: max(0, now)}},
				Properties: map[string]any{"location": string(m.Location)},
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// crossed returns the events of a change of what is available.
func crossed(before, now, low int64) (names []string) {
	if low > 0 && before > low && now <= low {
		names = append(names, EventLow)
	}
	switch {
	case before > 0 && now <= 0:
		names = append(names, EventOut)
	case before <= 0 && now > 0:
		names = append(names, EventBack)
	}
	return names
}
