package inventorytest

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
)

const main = inventory.DefaultLocation

// noon is the instant at which most checks happen.
var noon = time.Date(2024, 2, 29, 12, 0, 0, 123456000, time.UTC)

// move is a movement of sku at the main location.
func move(kind inventory.Kind, ref string, sku flywheel.SKU, quantity int64) inventory.Movement {
	m := inventory.Movement{SKU: sku, Location: main, Kind: kind, Ref: ref, At: noon}
	switch kind {
	case inventory.KindReserve:
		m.Attempt, m.Reserved = 1, quantity
	case inventory.KindCommit, inventory.KindRelease, inventory.KindExpire:
		m.Attempt = 1
	default:
		m.OnHand = quantity
	}
	return m
}

func (e *env) post(m inventory.Movement) inventory.Movement {
	e.Helper()
	answer, err := e.Post(e.Context(), m)
	e.OK(err)
	return answer
}

// refuse posts m and wants an error that matches kind and no change.
func (e *env) refuse(m inventory.Movement, kind error) error {
	e.Helper()
	before := e.level(m.SKU)
	_, err := e.Post(e.Context(), m)
	e.Matches(err, kind)
	if after := e.level(m.SKU); after != before {
		e.Errorf("a refused %s changed the level from %+v to %+v", m.Kind, before, after)
	}
	return err
}

func (e *env) level(sku flywheel.SKU) inventory.Level {
	e.Helper()
	return e.levelIn(e.Context(), sku)
}

func (e *env) levelIn(ctx context.Context, sku flywheel.SKU) inventory.Level {
	e.Helper()
	for l, err := range e.Levels(ctx, sku, main) {
		e.OK(err)
		return l
	}
	return inventory.Level{SKU: sku, Location: main}
}

// wantLevel wants the balances of sku, and a ledger that adds up to them.
func (e *env) wantLevel(sku flywheel.SKU, onHand, reserved int64) {
	e.Helper()
	if l := e.level(sku); l.OnHand != onHand || l.Reserved != reserved {
		e.Errorf("%s: on hand %d, reserved %d; want %d and %d", sku, l.OnHand, l.Reserved, onHand, reserved)
	}
	e.addsUp(sku)
}

// addsUp wants the ledger of sku to have no gap, running balances that are the
// sums of its deltas, and the level at its end.
func (e *env) addsUp(sku flywheel.SKU) []inventory.Movement {
	e.Helper()
	level := e.level(sku)
	var ledger []inventory.Movement
	var onHand, reserved, allocated, backordered int64
	for m, err := range e.Ledger(e.Context(), sku, main, 0) {
		e.OK(err)
		ledger = append(ledger, m)
		onHand, reserved = onHand+m.OnHand, reserved+m.Reserved
		allocated, backordered = allocated+m.Allocated, backordered+m.Backordered
		if m.AllocatedAfter != allocated || m.BackorderedAfter != backordered {
			e.Errorf("movement %d of %s is %+v; the sums so far are allocated %d, backordered %d", len(ledger), sku, m, allocated, backordered)
		}
		if m.Seq != int64(len(ledger)) || m.OnHandAfter != onHand || m.ReservedAfter != reserved {
			e.Errorf("movement %d of %s is %+v; the sums so far are on hand %d, reserved %d", len(ledger), sku, m, onHand, reserved)
		}
	}
	if len(ledger) > 0 && level.Seq <= int64(len(ledger)) {
		// Others may have posted between the two reads; the ledger is the later one.
		if level.Seq > 0 {
			at := ledger[level.Seq-1]
			onHand, reserved, allocated, backordered = at.OnHandAfter, at.ReservedAfter, at.AllocatedAfter, at.BackorderedAfter
		} else {
			onHand, reserved, allocated, backordered = 0, 0, 0, 0
		}
	}
	if level.Allocated != allocated || level.Backordered != backordered {
		e.Errorf("level of %s is %+v, its ledger sums to allocated %d and backordered %d", sku, level, allocated, backordered)
	}
	if level.OnHand != onHand || level.Reserved != reserved || level.Seq > int64(len(ledger)) {
		e.Errorf("level of %s is %+v, its ledger has %d movements and sums to %d and %d", sku, level, len(ledger), onHand, reserved)
	}
	return ledger
}

func reservation(ref string, state inventory.State, expires time.Time) inventory.Reservation {
	return inventory.Reservation{
		Ref: ref, Location: main, State: state, Expires: expires, Attempt: 1,
		Lines: []flywheel.Line{{SKU: "a", Quantity: 2}, {SKU: "b", Quantity: 1}},
	}
}

// names are identifiers that a store mixes up when it folds case, trims, escapes
// or compares in a language's order.
var names = []string{"A", "B", "a", "a%", "a'b", `a"b`, `a\b`, "a_", "b", "x:y", "Ä", "ß", "é", "e\u0301", "İ", "ﬁ", "東京", "😀", "💶 5"}
