package inventory_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// TestAlerts lets what is available go up and down; each bound is told when it is
// crossed, once, and not by what is repeated or refused.
func TestAlerts(t *testing.T) {
	ctx := t.Context()
	var told []string
	ids := map[string]int{}
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	db := &flywheel.Memory{}
	stock, err := inventory.New(inventory.NewMemory(db), &inventory.Options{
		Alerts: true, Tx: db, Now: func() time.Time { return now },
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			for _, e := range events {
				if e.Name == inventory.EventLow || e.Name == inventory.EventOut || e.Name == inventory.EventBack {
					ids[e.ID]++
					if ids[e.ID] == 1 {
						told = append(told, fmt.Sprint(e.Name, " ", e.Lines[0].Quantity, " ", e.Properties["location"]))
					}
				}
			}
			return nil
		}),
	})
	require.NoError(t, err)
	require.NoError(t, stock.SetItem(ctx, inventory.Item{SKU: "mug", Low: 2}))
	expect := func(want ...string) {
		t.Helper()
		require.Equal(t, want, told)
		told = nil
	}
	for range 2 {
		require.NoError(t, stock.Receive(ctx, "d1", line("mug", 5)))
	}
	expect("stock_back 5 main")
	require.NoError(t, stock.Reserve(ctx, "o1", line("mug", 2)))
	expect()
	require.ErrorIs(t, stock.Reserve(ctx, "o2", line("mug", 4)), inventory.ErrOutOfStock)
	expect()
	require.NoError(t, stock.Reserve(ctx, "o3", line("mug", 1)))
	expect("stock_low 2 main")
	units := []fulfillment.Unit{{SKU: "mug", Location: "main", Quantity: 2}}
	require.NoError(t, stock.Hold(ctx, "o4", units, now.Add(time.Hour)))
	expect("stock_out 0 main")
	require.NoError(t, stock.Commit(ctx, "o1"))
	require.NoError(t, stock.Allocate(ctx, "o4"))
	require.NoError(t, stock.Ship(ctx, "o4", "p1", units[:1]))
	expect() // what leaves was not available
	require.NoError(t, stock.Release(ctx, "o3"))
	expect("stock_back 1 main")
	_, err = stock.Count(ctx, "c1", "year's end", "mug", 9)
	require.NoError(t, err)
	expect()
	_, err = stock.Count(ctx, "c2", "year's end", "mug", 0)
	require.NoError(t, err)
	expect("stock_low 0 main", "stock_out 0 main")
}

func TestMeasureRefuses(t *testing.T) {
	for _, m := range []inventory.Measure{
		{},
		{Smallest: "g", Packs: []inventory.Pack{{Name: "g", Holds: 2}}},
		{Smallest: "g", Packs: []inventory.Pack{{Name: "kg", Holds: 1}}},
		{Smallest: "g", Packs: []inventory.Pack{{Name: "", Holds: 1000}}},
		{Smallest: "g", Packs: []inventory.Pack{{Name: "kg", Holds: 1000}, {Name: "kg", Holds: 1000}}},
	} {
		require.Error(t, m.Check(), "%+v", m)
	}
	m := inventory.Measure{Smallest: "g", Packs: []inventory.Pack{{Name: "t", Holds: 1_000_000}}}
	_, err := m.In(1, "lb")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = m.In(1<<50, "t")
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = m.In(-1<<50, "t")
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	require.Equal(t, "-2 t 5 g", m.Text(-2_000_005))
	require.Equal(t, "0 g", m.Text(0))
}
