package inventory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// Hold promises units at any number of places to ref until an instant: all of them
// or, with a [*ShortageError], none. Units come from fulfillment.Allocation.Units.
// Those in stock need as many that are available where they lie; those still to come
// need room below the limit of their item, or of their kit, at all places together.
// Like [Service.Reserve] it takes expired stock back when that is needed.
//
// The same ref and units again promise nothing more and leave the end as it is, unless
// that is over but the units were not taken back yet: then the new end counts. Other
// units match flywheel.ErrConflict. After the hold was released or expired the ref can
// hold anew.
func (s *Service) Hold(ctx context.Context, ref string, units []fulfillment.Unit, until time.Time) error {
	if err := checkID("ref", ref); err != nil {
		return err
	}
	units, err := checkUnits(units)
	if err != nil {
		return err
	}
	now := s.now()
	until = until.UTC().Truncate(time.Microsecond)
	if !until.After(now) {
		return refused(flywheel.ErrExpired, "hold %q ran out at %s", ref, until.Format(time.RFC3339))
	}
	return s.promise(ctx, Reservation{Ref: ref, Units: units, Attempt: 1, Expires: until}, now)
}

// checkUnits returns the units sorted and summed.
func checkUnits(units []fulfillment.Unit) ([]fulfillment.Unit, error) {
	if len(units) == 0 {
		return nil, refused(flywheel.ErrInvalid, "no units")
	}
	for i := range units {
		u := &units[i]
		if err := flywheel.CheckID(string(u.SKU)); err != nil {
			return nil, refused(err, "sku of unit %d", i+1)
		}
		if err := checkLocation(u.Location); err != nil {
			return nil, err
		}
		if err := checkQuantity(u.SKU, u.Quantity); err != nil {
			return nil, err
		}
		if u.Lot != "" || !u.Expires.IsZero() {
			return nil, refused(flywheel.ErrInvalid, "unit %d (%s) names lot %q, and what is promised names none", i+1, u.SKU, u.Lot)
		}
		if u.Kit != "" {
			if err := flywheel.CheckID(string(u.Kit)); err != nil {
				return nil, refused(err, "kit of unit %d", i+1)
			}
			if !u.Backordered {
				return nil, refused(flywheel.ErrInvalid, "%s of kit %s is in stock, and kits count only what is still to come", u.SKU, u.Kit)
			}
		}
	}
	merged, err := fulfillment.MergeUnits(units)
	if err != nil {
		return nil, fmt.Errorf("inventory: %w", err)
	}
	for i := range merged {
		if err := checkQuantity(merged[i].SKU, merged[i].Quantity); err != nil {
			return nil, err
		}
	}
	return merged, nil
}

// Allocate makes the units that ref holds those of an order: they stay where they
// are, no longer end by time, and leave by [Service.Ship] or [Service.Deallocate].
// Allocating again changes nothing. From the instant the hold expires the error
// matches flywheel.ErrExpired, whether or not its units were taken back; a released
// hold matches flywheel.ErrConflict and one that never was flywheel.ErrNotFound.
func (s *Service) Allocate(ctx context.Context, ref string) error {
	if err := checkID("ref", ref); err != nil {
		return err
	}
	now := s.now()
	allocate := func(ctx context.Context) error {
		_, _, err := s.finish(ctx, ref, now, allocating, nil)
		return err
	}
	if s.batch != nil {
		return allocate(ctx)
	}
	return s.tx.InTx(ctx, allocate)
}

// Ship lets units that ref was allocated leave. Key names the shipment: the same units
// under it leave once, other units match flywheel.ErrConflict. All of them leave or
// none: more than the ref has left is a [*UnitsError], and units that were still to
// come and are not there, beside what others hold and were allocated, a
// [*ShortageError].
func (s *Service) Ship(ctx context.Context, ref, key string, units []fulfillment.Unit) error {
	return s.take(ctx, KindShip, ref, key, units, nil)
}

// ShipLots does what [Service.Ship] does with units whose lots, or serial numbers, are
// known; for others the lots that expire first are taken.
func (s *Service) ShipLots(ctx context.Context, ref, key string, units []fulfillment.Unit, lots []LotLine) error {
	if s.lots == nil {
		return refused(flywheel.ErrInvalid, "this service tracks no lots")
	}
	return s.take(ctx, KindShip, ref, key, units, lots)
}

// Deallocate takes units that ref was allocated from it, since its order called them
// off: what is in stock is available again, what is still to come no longer promised.
// It works as [Service.Ship] does.
func (s *Service) Deallocate(ctx context.Context, ref, key string, units []fulfillment.Unit) error {
	return s.take(ctx, KindDeallocate, ref, key, units, nil)
}

// Ready reports, as an error, why [Service.Ship] of the units would be refused now; it
// changes nothing.
func (s *Service) Ready(ctx context.Context, ref string, units []fulfillment.Unit) error {
	if err := checkID("ref", ref); err != nil {
		return err
	}
	units, err := checkUnits(units)
	if err != nil {
		return err
	}
	if s.items == nil {
		return refused(flywheel.ErrInvalid, "the store looks no documents up")
	}
	r, err := s.store.Reservation(ctx, ref)
	if err != nil {
		return err
	}
	if r.State != StateAllocated {
		return refused(flywheel.ErrConflict, "ship %q: the reservation is %s", ref, r.State)
	}
	ms := taken(units, Movement{Kind: KindShip, Ref: ref, Attempt: r.Attempt})
	document, err := s.items.Document(ctx, ref)
	if err != nil {
		return err
	}
	skus := make([]flywheel.SKU, len(ms))
	for i := range ms {
		skus[i] = ms[i].SKU
	}
	levels, err := s.items.LevelsOf(ctx, skus)
	if err != nil {
		return err
	}
	for _, m := range ms {
		level := Level{SKU: m.SKU, Location: m.Location}
		if i := slices.IndexFunc(levels, func(l Level) bool { return l.SKU == m.SKU && l.Location == m.Location }); i >= 0 {
			level = levels[i]
		}
		var earlier []Movement
		for _, e := range document {
			if e.Attempt == m.Attempt && compareItems(e, m) == 0 {
				earlier = append(earlier, e)
			}
		}
		if _, _, err := level.Apply(m, earlier); err != nil {
			return err
		}
	}
	return nil
}

// taken returns movements like m, a shipment or a cancellation, that take units of an
// allocated reservation.
func taken(units []fulfillment.Unit, like Movement) []Movement {
	ms := movementsOf(nil, units, like)
	for i := range ms {
		m := &ms[i]
		m.Allocated, m.Reserved, m.Backordered = -m.Reserved, 0, -m.Backordered
		if m.Kind == KindShip && m.Location != EveryPlace {
			m.OnHand = m.Allocated + m.Backordered
		}
	}
	return ms
}

// take posts a shipment or a cancellation of units of an allocated reservation.
func (s *Service) take(ctx context.Context, kind Kind, ref, key string, units []fulfillment.Unit, named []LotLine) error {
	if err := checkID("ref", ref); err != nil {
		return err
	}
	if err := checkID("key", key); err != nil {
		return err
	}
	units, err := checkUnits(units)
	if err != nil {
		return err
	}
	at := s.now()
	return s.told(ctx, func(ctx context.Context) error {
		r, err := s.store.Reservation(ctx, ref)
		if err != nil {
			return err
		}
		ms := taken(units, Movement{Kind: kind, Ref: ref, Attempt: r.Attempt, Key: key, At: at})
		known, err := s.knows(ctx, ms)
		if err != nil {
			return err
		}
		if !known && r.State != StateAllocated {
			return refused(flywheel.ErrConflict, "%s %q: the reservation is %s", kind, ref, r.State)
		}
		posted := slices.Clone(ms) // the store fills them in, or answers with those of the first call
		if err := s.post(ctx, posted); err != nil {
			return err
		}
		if kind != KindShip {
			return nil
		}
		if err := s.track(ctx, posted, named); err != nil {
			return err
		}
		return s.tellByPlace(ctx, kind, ref, posted, map[string]any{"key": key})
	})
}

// knows reports whether movements with the key of ms are there already. Others than ms
// under that key match flywheel.ErrKeyReused. A store that does not look documents up
// leaves it to [Level.Apply], which knows the key item by item.
func (s *Service) knows(ctx context.Context, ms []Movement) (known bool, err error) {
	if s.items == nil {
		return false, nil
	}
	earlier, err := s.items.Document(ctx, ms[0].Ref)
	if err != nil {
		return false, err
	}
	for i := range earlier {
		e := &earlier[i]
		if e.Kind != ms[0].Kind || e.Key != ms[0].Key || e.Attempt != ms[0].Attempt {
			continue
		}
		known = true
		at, ok := slices.BinarySearchFunc(ms, *e, compareItems)
		if !ok || !e.same(&ms[at]) {
			return true, refused(flywheel.ErrKeyReused, "%s %q of %q was other units", e.Kind, e.Key, e.Ref)
		}
	}
	return known, nil
}
