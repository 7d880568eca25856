package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
)

// check compares what the buyers were told with what the store holds.
func (s *settings) check(ctx context.Context, out io.Writer, shop *shop, res *result) error {
	var wrong []error
	say := func(what string, err error) {
		mark := "ok"
		if err != nil {
			mark, wrong = "WRONG", append(wrong, fmt.Errorf("%s: %w", what, err))
		}
		fmt.Fprintf(out, "%-6s %s\n", mark, what)
	}
	got, left := int64(0), int64(0)
	var failed error
	for _, o := range res.outcomes {
		if o.Err != "" && failed == nil {
			failed = fmt.Errorf("buyer %d: %s", o.Buyer, o.Err)
		}
		if o.Got {
			got++
		}
		if o.Left {
			left++
		}
	}
	say("every buyer was answered, and nobody who was promised a unit lost it", failed)

	sku := flywheel.SKU(s.sale)
	level, err := shop.Level(ctx, sku)
	if err != nil {
		return err
	}
	say("no more units were sold than there were", want(got <= s.units, "%d of %d", got, s.units))
	say("units went to waste only if somebody walked off", want(got == min(s.units, int64(s.buyers)) || left > 0, "%d of %d were sold", got, s.units))
	say("the level is that of what the buyers were told", want(
		level.OnHand == s.units && level.Reserved == 0 && level.Allocated == got && level.Backordered == 0, "%+v, and %d got one", level, got))
	ended, err := s.readLedger(ctx, shop, &level)
	say("the ledger adds up after every movement, and nothing was ever below zero", err)
	say("each buyer has one end in the ledger, the one that was told", s.checkEnds(res, ended))
	say("each unit that was sold has a reservation of its own", s.checkReservations(ctx, shop, res))
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	return nil
}

func want(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// readLedger returns how the holds of each ref ended: by the last movement of it.
func (s *settings) readLedger(ctx context.Context, shop *shop, level *inventory.Level) (ended map[string]inventory.Kind, err error) {
	ended = map[string]inventory.Kind{}
	var sum inventory.Level
	for m, err := range shop.Ledger(ctx, level.SKU, 0) {
		if err != nil {
			return ended, err
		}
		sum.OnHand, sum.Reserved, sum.Allocated, sum.Seq = sum.OnHand+m.OnHand, sum.Reserved+m.Reserved, sum.Allocated+m.Allocated, sum.Seq+1
		if m.Seq != sum.Seq || m.OnHandAfter != sum.OnHand || m.ReservedAfter != sum.Reserved || m.AllocatedAfter != sum.Allocated ||
			sum.Available() < 0 || sum.Reserved < 0 || sum.Allocated < 0 {
			return ended, fmt.Errorf("movement %d is %+v, the sums are %+v", m.Seq, m, sum)
		}
		if ended[m.Ref] == inventory.KindAllocate {
			return ended, fmt.Errorf("%s got a unit and then had another movement, %s", m.Ref, m.Kind)
		}
		if m.Kind != inventory.KindReceive {
			ended[m.Ref] = m.Kind
		}
	}
	return ended, want(sum.OnHand == level.OnHand && sum.Allocated == level.Allocated && sum.Seq == level.Seq, "sums %+v, level %+v", sum, *level)
}

// checkEnds compares what each buyer was told with how the ledger ends.
func (s *settings) checkEnds(res *result, ended map[string]inventory.Kind) error {
	for _, o := range res.outcomes {
		ref := s.ref(o.Buyer)
		kind, there := ended[ref]
		delete(ended, ref)
		switch {
		case o.Got && kind != inventory.KindAllocate:
		case o.Left && kind != inventory.KindRelease:
		case !o.Got && !o.Left && there && kind != inventory.KindRelease && kind != inventory.KindExpire:
		default:
			continue
		}
		return fmt.Errorf("buyer %d was told got=%v left=%v, the ledger ends with %q", o.Buyer, o.Got, o.Left, kind)
	}
	return want(len(ended) == 0, "%d refs of nobody", len(ended))
}

// checkReservations reads the reservation of every buyer who got a unit.
func (s *settings) checkReservations(ctx context.Context, shop *shop, res *result) error {
	for _, o := range res.outcomes {
		if !o.Got {
			continue
		}
		r, err := shop.Reservation(ctx, s.ref(o.Buyer))
		if err != nil {
			return err
		}
		if r.State != inventory.StateAllocated || len(r.Units) != 1 || r.Units[0].Quantity != 1 {
			return fmt.Errorf("buyer %d: %+v", o.Buyer, r)
		}
	}
	return nil
}
