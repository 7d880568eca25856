package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/inventorytest"
)

// A ledger or levels that cannot be read are no empty ones.
func TestListingFails(t *testing.T) {
	ctx, down := t.Context(), errors.New("the store is down")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	which := ""
	// Through the plain interface, so that no faster way of a store is taken.
	plain := struct{ inventory.Store }{inventorytest.Failing(inventory.NewMemory(nil), func(call string, _ bool) error {
		if call == which {
			return down
		}
		return nil
	})}
	s, err := inventory.New(plain, &inventory.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	require.NoError(t, s.Receive(ctx, "r", []flywheel.Line{{SKU: "mug", Quantity: 5}}))
	which = "Ledger"
	_, err = s.Demand(ctx, "mug", now, now.AddDate(0, 0, 2), time.UTC)
	require.ErrorIs(t, err, down)
	_, err = s.LevelAt(ctx, "mug", now)
	require.ErrorIs(t, err, down)
	for _, err := range s.Ledger(ctx, "mug", 0) {
		require.ErrorIs(t, err, down)
	}
	which = "Levels"
	_, err = s.Level(ctx, "mug")
	require.ErrorIs(t, err, down)
	failed := 0
	for _, err := range s.Levels(ctx, "mug") {
		require.ErrorIs(t, err, down)
		failed++
	}
	require.Equal(t, 1, failed)
	_, err = s.Available(ctx, []flywheel.SKU{"mug"})
	require.ErrorIs(t, err, down)
	which = ""
	level, err := s.Level(ctx, "mug")
	require.NoError(t, err)
	require.EqualValues(t, 5, level.OnHand)
}

// A document that is asked for when the caller has gone is no empty one.
func TestDocumentOfNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := inventory.NewMemory(nil).Document(ctx, "ref")
	require.ErrorIs(t, err, context.Canceled)
}

// What is wrong in a list is named by its place, the first being 1.
func TestPlacesAreNamed(t *testing.T) {
	ctx := t.Context()
	s, err := inventory.New(nil, &inventory.Options{Lots: true})
	require.NoError(t, err)
	skus := []flywheel.SKU{"a", "", "c"}
	good := fulfillment.Unit{SKU: "a", Location: "main", Quantity: 1}
	for name, call := range map[string]func() error{
		"Incoming":  func() error { _, err := s.Incoming(ctx, skus); return err },
		"OnOrder":   func() error { _, err := s.OnOrder(ctx, skus); return err },
		"Positions": func() error { _, err := s.Positions(ctx, skus); return err },
	} {
		err := call()
		require.ErrorIs(t, err, flywheel.ErrInvalid, name)
		require.ErrorContains(t, err, "sku 2", name)
	}
	for what, bad := range map[string]fulfillment.Unit{
		"sku of unit 2": {Location: "main", Quantity: 1},
		"unit 2 (b)":    {SKU: "b", Location: "main", Quantity: 1, Lot: "L"},
		"kit of unit 2": {SKU: "b", Location: "main", Quantity: 1, Kit: " ", Backordered: true},
	} {
		err := s.Hold(ctx, "h", []fulfillment.Unit{good, bad}, time.Now().Add(time.Hour))
		require.ErrorIs(t, err, flywheel.ErrInvalid)
		require.ErrorContains(t, err, what)
	}
}

// A lot that a transaction brought and took back never was: it can come with another
// last day.
func TestLotThatNeverWas(t *testing.T) {
	ctx, store, undone := t.Context(), inventory.NewMemory(nil), errors.New("undone")
	s, err := inventory.New(store, &inventory.Options{Lots: true})
	require.NoError(t, err)
	require.NoError(t, s.SetItem(ctx, inventory.Item{SKU: "milk", Tracking: inventory.ByLot}))
	receive := func(ctx context.Context, day int) error {
		return s.ReceiveLots(ctx, "d", []inventory.LotLine{{SKU: "milk", Lot: "A", Expires: fulfillment.Date{Year: 2026, Month: 3, Day: day}, Quantity: 1}})
	}
	require.ErrorIs(t, store.Handle().InTx(ctx, func(ctx context.Context) error { return errors.Join(receive(ctx, 10), undone) }), undone)
	lots, err := s.Lots(ctx, "milk")
	require.NoError(t, err)
	require.Empty(t, lots)
	require.NoError(t, receive(ctx, 20))
	lots, err = s.Lots(ctx, "milk")
	require.NoError(t, err)
	require.Len(t, lots, 1)
	require.Equal(t, 20, lots[0].Expires.Day)
}

// A SKU has positions where it lies or is expected, and else one where the service
// works.
func TestPositionsOfEverySKU(t *testing.T) {
	ctx := t.Context()
	s, err := inventory.New(nil, nil)
	require.NoError(t, err)
	require.NoError(t, s.At("east").Receive(ctx, "d1", line("a", 2)))
	require.NoError(t, s.Receive(ctx, "d2", line("c", 3)))
	require.NoError(t, s.At("west").Receive(ctx, "d3", line("c", 1)))
	list, err := s.Positions(ctx, []flywheel.SKU{"d", "c", "b", "a"})
	require.NoError(t, err)
	var got []string
	for _, p := range list {
		got = append(got, fmt.Sprint(p.SKU, " ", p.Location, " ", p.OnHand))
	}
	require.Equal(t, []string{"a east 2", "b main 0", "c main 3", "c west 1", "d main 0"}, got)
}
