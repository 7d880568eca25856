package inventory_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
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
