package inventorysql

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
)

// TestGroup holds the first reservation of an item at its COMMIT until everybody else
// waits: the others are then one transaction, whatever becomes of each.
func TestGroup(t *testing.T) {
	if suite.Twofold() {
		t.Skip("it counts transactions")
	}
	const others, units = 40, 25
	ctx := t.Context()
	var commits atomic.Int64
	var block atomic.Bool
	gate := make(chan struct{})
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, after bool) error {
		if op == "COMMIT" && !after {
			if commits.Add(1); block.CompareAndSwap(true, false) {
				<-gate
			}
		}
		return nil
	})
	store := sqldbtest.Store(t, pool, flywheel.SQLite, New)
	stock, err := inventory.New(store, nil)
	require.NoError(t, err)
	require.NoError(t, stock.Receive(ctx, "delivery", []flywheel.Line{{SKU: "hot", Quantity: units}}))
	one := []flywheel.Line{{SKU: "hot", Quantity: 1}}

	waiting := func() int {
		store.groups.mu.Lock()
		defer store.groups.mu.Unlock()
		if q := store.groups.items[item{SKU: "hot", Location: inventory.DefaultLocation}]; q != nil {
			return len(q.waiting)
		}
		return 0
	}
	var all sync.WaitGroup
	ask := func(ctx context.Context, ref string) *error {
		answer := new(error)
		all.Go(func() { *answer = stock.Reserve(ctx, ref, one) })
		return answer
	}
	commits.Store(0)
	block.Store(true)
	first := ask(ctx, "first")
	require.Eventually(t, func() bool { return commits.Load() == 1 }, time.Minute, time.Millisecond)
	var answers []*error
	for i := range others {
		answers = append(answers, ask(ctx, fmt.Sprint("buyer ", i)))
	}
	twice := ask(ctx, "buyer 0")
	gone, cancel := context.WithCancel(ctx)
	left := ask(gone, "who left")
	require.Eventually(t, func() bool { return waiting() == others+2 }, time.Minute, time.Millisecond)
	cancel()
	require.Eventually(t, func() bool { return waiting() == others+1 }, time.Minute, time.Millisecond)
	close(gate)
	all.Wait()

	require.NoError(t, *first)
	require.NoError(t, *twice)
	require.ErrorIs(t, *left, context.Canceled)
	got := 0
	for _, answer := range answers {
		if *answer == nil {
			got++
			continue
		}
		short, ok := errors.AsType[*inventory.ShortageError](*answer)
		require.True(t, ok, "%v", *answer)
		require.Equal(t, int64(0), short.Have)
	}
	require.Equal(t, units-1, got)
	require.Less(t, commits.Load(), int64(6), "the first, the group, and who asked alone")
	level, err := stock.Level(ctx, "hot")
	require.NoError(t, err)
	require.Equal(t, inventory.Level{SKU: "hot", Location: inventory.DefaultLocation, OnHand: units, Reserved: units, Seq: units + 1}, level)
	_, err = stock.Reservation(ctx, "who left")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}
