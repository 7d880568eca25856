package inventorysql_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// An order of many lines costs as many round-trips as one of a single line.
func TestRoundTrips(t *testing.T) {
	if suite.Twofold() {
		t.Skip("it counts statements")
	}
	for _, c := range []struct {
		d                        flywheel.Dialect
		reserve, commit, restock int64
	}{
		{flywheel.SQLite, 7, 8, 6},   // begin, levels, ledger, reservation, levels, ledger, commit; the reservation read before; none
		{flywheel.Postgres, 4, 5, 5}, // begin, levels and ledger, all written, commit; the reservation read before; the ledger read after the levels
	} {
		t.Run(c.d.String(), func(t *testing.T) {
			ctx := t.Context()
			var sent atomic.Int64
			db := sqldbtest.OpenFaulty(t, c.d, func(_ string, after bool) error {
				if !after {
					sent.Add(1)
				}
				return nil
			})
			svc, err := inventory.New(migrated(t, db, c.d), nil)
			require.NoError(t, err)
			count := func(fn func() error) int64 {
				before := sent.Load()
				require.NoError(t, fn())
				return sent.Load() - before
			}
			for _, n := range []int{1, 30} {
				var order []flywheel.Line
				for i := range n {
					order = append(order, flywheel.Line{SKU: flywheel.SKU(fmt.Sprint("sku ", i)), Quantity: 1})
				}
				ref := fmt.Sprint("order of ", n)
				require.NoError(t, svc.Receive(ctx, ref, order))
				require.Equal(t, c.reserve, count(func() error { return svc.Reserve(ctx, ref, order) }))
				require.Equal(t, c.commit, count(func() error { return svc.Commit(ctx, ref) }))
				require.Equal(t, c.restock, count(func() error { return svc.Restock(ctx, ref, order) }))
			}
		})
	}
}

// When the answer to COMMIT is lost the store finds out by key that it took
// effect.
func TestLostCommit(t *testing.T) {
	ctx := t.Context()
	var lost atomic.Bool
	db := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, after bool) error {
		if op == "COMMIT" && after && lost.Load() {
			return errors.New("the answer was lost")
		}
		return nil
	})
	store := migrated(t, db, flywheel.SQLite)
	svc, err := inventory.New(store, nil)
	require.NoError(t, err)
	lost.Store(true)
	lines := []flywheel.Line{{SKU: "a", Quantity: 2}, {SKU: "b", Quantity: 1}}
	require.NoError(t, svc.Receive(ctx, "delivery", lines))
	require.NoError(t, svc.Receive(ctx, "delivery", lines))
	require.NoError(t, svc.Reserve(ctx, "order", lines))
	require.NoError(t, svc.Commit(ctx, "order"))
	saved, err := store.SaveReservation(ctx, inventory.Reservation{Ref: "r", Location: "main", Lines: lines, State: inventory.StateOpen, Attempt: 1})
	require.NoError(t, err)
	require.EqualValues(t, 1, saved.Version)
	saved.State = inventory.StateReleased
	_, err = store.SaveReservation(ctx, saved)
	require.NoError(t, err)
	level, err := svc.Level(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, inventory.Level{SKU: "a", Location: "main", Seq: 3}, level)

	// So are lots, items, papers and the steps of an order.
	tracked, err := inventory.New(store, &inventory.Options{Lots: true})
	require.NoError(t, err)
	require.NoError(t, tracked.SetItem(ctx, inventory.Item{SKU: "milk", Tracking: inventory.ByLot}))
	require.NoError(t, tracked.ReceiveLots(ctx, "milk-1", []inventory.LotLine{{SKU: "milk", Lot: "L", Quantity: 9}}))
	units := []fulfillment.Unit{{SKU: "milk", Location: "main", Quantity: 2}}
	require.NoError(t, tracked.Hold(ctx, "milk-order", units, time.Now().Add(time.Hour)))
	require.NoError(t, tracked.Allocate(ctx, "milk-order"))
	require.NoError(t, tracked.Ship(ctx, "milk-order", "p1", units))
	require.NoError(t, tracked.Transfer(ctx, "milk-t", "west", fulfillment.Date{}, []flywheel.Line{{SKU: "milk", Quantity: 3}}))
	require.NoError(t, tracked.Arrive(ctx, "milk-t", "1", []flywheel.Line{{SKU: "milk", Quantity: 3}}, nil))
	affected, err := tracked.Recall(ctx, "milk-r", "why", "milk", "L")
	require.NoError(t, err)
	require.Equal(t, []inventory.Affected{{Ref: "milk-order", Quantity: 2}}, affected)

	// A transaction of several calls is settled as one.
	require.NoError(t, store.Handle().InTx(ctx, func(ctx context.Context) error {
		r, err := store.SaveReservation(ctx, inventory.Reservation{Ref: "s", Location: "main", Lines: lines, State: inventory.StateOpen, Attempt: 1})
		if err != nil {
			return err
		}
		r.State = inventory.StateReleased
		r, err = store.SaveReservation(ctx, r)
		r.State = inventory.StateOpen
		return err
	}))

	// What another process set meanwhile cannot be told from what was set here.
	require.ErrorIs(t, svc.SetBackorder(ctx, "a", 1), flywheel.ErrUnknownOutcome)
}
