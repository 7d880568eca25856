package inventorytest

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
)

func (e *env) batch(ctx context.Context, r *inventory.Reservation, ms ...inventory.Movement) error {
	return e.Store.(inventory.BatchStore).PostBatch(ctx, r, ms)
}

var batchChecks = []testCase{
	{Name: "batch/answers", Rule: "PostBatch fills in each movement as Post would answer, and the reservation's version.", Check: batched(func(e *env) {
		first := e.post(move(inventory.KindReceive, "x", "b", 5))
		ms := []inventory.Movement{
			move(inventory.KindReceive, "x", "b", 5), // is there
			move(inventory.KindReceive, "y", "a", 2),
			move(inventory.KindReserve, "y", "b", 4),
			move(inventory.KindReceive, "z", "b", 1), // the same item again
		}
		r := reservation("y", inventory.StateOpen, noon)
		e.OK(e.Store.(inventory.BatchStore).PostBatch(e.Context(), &r, ms))
		if ms[0] != first || ms[1].Seq != 1 || ms[2].Seq != 2 || ms[3].Seq != 3 || ms[3].OnHandAfter != 6 || ms[3].ReservedAfter != 4 {
			e.Errorf("answers %+v", ms)
		}
		got, err := e.Reservation(e.Context(), "y")
		e.OK(err)
		if r.Version != 1 || !equal(got, r) {
			e.Errorf("reservation %+v, stored %+v", r, got)
		}
		e.wantLevel("a", 2, 0)
		e.wantLevel("b", 6, 4)
	})},
	{Name: "batch/all-or-nothing", Rule: "When one movement is refused nothing is posted and the reservation is not saved.", Check: batched(func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 5))
		e.post(move(inventory.KindReceive, "x", "c", 5))
		r := reservation("r", inventory.StateOpen, noon)
		err := e.batch(e.Context(), &r, move(inventory.KindReserve, "r", "a", 1), move(inventory.KindReceive, "new", "new", 1),
			move(inventory.KindReserve, "r", "b", 1), move(inventory.KindReserve, "r", "c", 1))
		e.Matches(err, inventory.ErrOutOfStock)
		_, err = e.Reservation(e.Context(), "r")
		e.Matches(err, flywheel.ErrNotFound)
		e.wantLevel("a", 5, 0)
		e.wantLevel("new", 0, 0)
		if l := e.level("new"); l.Seq != 0 {
			e.Errorf("level %+v", l)
		}
		// The keys are free still.
		r = reservation("r", inventory.StateOpen, noon)
		e.OK(e.batch(e.Context(), &r, move(inventory.KindReserve, "r", "a", 2)))
		e.wantLevel("a", 5, 2)
	})},
	{Name: "batch/stale", Rule: "When the reservation is stale nothing is posted.", Check: batched(func(e *env) {
		r := reservation("r", inventory.StateOpen, noon)
		r.Version = 3
		e.Matches(e.batch(e.Context(), &r, move(inventory.KindReceive, "r", "a", 1)), inventory.ErrStale)
		r.Version = 0
		e.OK(e.batch(e.Context(), &r))
		e.Matches(e.batch(e.Context(), &inventory.Reservation{Ref: "r", Attempt: 1}, move(inventory.KindReceive, "r", "a", 1)), inventory.ErrStale)
		e.wantLevel("a", 0, 0)
	})},
	{Name: "batch/sum", Rule: "Movements of one item in one batch are checked together.", Check: batched(func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 1))
		err := e.batch(e.Context(), nil, move(inventory.KindReserve, "1", "a", 1), move(inventory.KindReserve, "2", "a", 1))
		e.Matches(err, inventory.ErrOutOfStock)
		e.wantLevel("a", 1, 0)
	})},
	{Name: "batch/crossing", Rule: "Batches with the same items in opposite order do not block each other for ever, nor do batches that make new items.", Check: batched(func(e *env) {
		ctx, cancel := context.WithTimeout(e.Context(), time.Minute)
		defer cancel()
		const n, items = 24, 8
		suite.Together(n, func(i int) {
			var ms []inventory.Movement
			for j := range items {
				k := j
				if i%2 == 1 {
					k = items - 1 - j
				}
				ms = append(ms, move(inventory.KindReceive, fmt.Sprint(i), flywheel.SKU(fmt.Sprint("item ", k)), 1))
			}
			if err := e.batch(ctx, nil, ms...); err != nil {
				e.Errorf("batch %d: %v", i, err)
			}
		})
		for k := range items {
			e.wantLevel(flywheel.SKU(fmt.Sprint("item ", k)), n, 0)
		}
	})},
	{Name: "batch/cancelled", Rule: "A batch whose context is over changes nothing.", Check: batched(func(e *env) {
		ctx, cancel := context.WithCancel(e.Context())
		cancel()
		if err := e.batch(ctx, nil, move(inventory.KindReceive, "x", "a", 1)); err == nil {
			e.Errorf("no error")
		}
		e.wantLevel("a", 0, 0)
	})},
}

var transactionChecks = []testCase{
	{Name: "tx/commit", Rule: "Calls within InTx see each other's changes, and all of them are there afterwards.", Transactions: true, Check: func(e *env) {
		e.OK(e.tx.InTx(e.Context(), func(ctx context.Context) error {
			if _, err := e.Post(ctx, move(inventory.KindReceive, "x", "a", 3)); err != nil {
				return err
			}
			if l := e.levelIn(ctx, "a"); l.OnHand != 3 {
				e.Errorf("within the transaction the level is %+v", l)
			}
			r, err := e.SaveReservation(ctx, reservation("r", inventory.StatePending, noon))
			if err != nil {
				return err
			}
			r.State = inventory.StateOpen
			if _, err := e.SaveReservation(ctx, r); err != nil {
				return err
			}
			if due, err := e.Due(ctx, noon, 9); err != nil || len(due) != 1 {
				e.Errorf("within the transaction %+v are due, %v", due, err)
			}
			for range 2 { // reading twice on one connection
				for _, err := range e.Ledger(ctx, "a", main, 0) {
					if err != nil {
						return err
					}
				}
			}
			return e.SetBackorder(ctx, "b", main, 2)
		}))
		e.wantLevel("a", 3, 0)
		if r, err := e.Reservation(e.Context(), "r"); err != nil || r.Version != 2 {
			e.Errorf("reservation %+v, %v", r, err)
		}
	}},
	{Name: "tx/rollback", Rule: "When the transaction fails nothing of it remains.", Transactions: true, Check: func(e *env) {
		e.rolledBack(false)
	}},
	{Name: "tx/panic", Rule: "When the transaction panics nothing of it remains, and the panic goes on.", Transactions: true, Check: func(e *env) {
		e.rolledBack(true)
	}},
	{Name: "tx/refused-call", Rule: "A refused call within a transaction changes nothing and the transaction goes on.", Transactions: true, Check: func(e *env) {
		e.OK(e.tx.InTx(e.Context(), func(ctx context.Context) error {
			if _, err := e.Post(ctx, move(inventory.KindReceive, "x", "a", 1)); err != nil {
				return err
			}
			_, err := e.Post(ctx, move(inventory.KindReserve, "x", "a", 2))
			e.Matches(err, inventory.ErrOutOfStock)
			stale := reservation("r", inventory.StateOpen, noon)
			stale.Version = 7
			_, err = e.SaveReservation(ctx, stale)
			e.Matches(err, inventory.ErrStale)
			_, err = e.Post(ctx, move(inventory.KindReserve, "x", "a", 1))
			return err
		}))
		e.wantLevel("a", 1, 1)
	}},
}

// rolledBack makes changes in a transaction that fails or panics, and wants
// everything to be as before.
func (e *env) rolledBack(panics bool) {
	e.post(move(inventory.KindReceive, "x", "a", 5))
	e.post(move(inventory.KindReserve, "x", "a", 2))
	e.OK(e.SetBackorder(e.Context(), "a", main, 1))
	r, err := e.SaveReservation(e.Context(), reservation("r", inventory.StateOpen, noon))
	e.OK(err)
	e.OK(suite.RollBack(e.Context(), e.tx, panics, func(ctx context.Context) error {
		count := move(inventory.KindAdjust, "y", "a", -1)
		count.Reason = "count"
		for _, m := range []inventory.Movement{
			move(inventory.KindReceive, "y", "a", 1), move(inventory.KindCommit, "x", "a", 0),
			count, move(inventory.KindReceive, "y", "new", 1),
		} {
			_, err := e.Post(ctx, m)
			e.OK(err)
		}
		e.OK(e.SetBackorder(ctx, "a", main, 7))
		e.OK(e.SetBackorder(ctx, "other", main, 7))
		changed := r
		changed.State, changed.Lines = inventory.StateCommitted, []flywheel.Line{{SKU: "z", Quantity: 1}}
		_, err := e.SaveReservation(ctx, changed)
		e.OK(err)
		_, err = e.SaveReservation(ctx, reservation("new", inventory.StateOpen, noon))
		return err
	}))
	e.wantLevel("a", 5, 2)
	if n := 0; true {
		for l, err := range e.Levels(e.Context(), "", "") {
			e.OK(err)
			if n++; l.Backorder != 1 || l.SKU != "a" {
				e.Errorf("level %+v", l)
			}
		}
	}
	if got, err := e.Reservation(e.Context(), "r"); err != nil || !equal(got, r) {
		e.Errorf("reservation %+v, %v; want %+v", got, err, r)
	}
	due, err := e.Due(e.Context(), noon, 9)
	e.OK(err)
	if len(due) != 1 || due[0].Ref != "r" {
		e.Errorf("due %+v", due)
	}
	// What was rolled back can be done now.
	e.post(move(inventory.KindCommit, "x", "a", 0))
	m := move(inventory.KindAdjust, "y", "a", -1)
	m.Reason = "another"
	e.post(m)
	e.wantLevel("a", 2, 0)
}
