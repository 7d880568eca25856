package inventory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// A unit that a measure does not have has nothing in it.
func TestUnknownUnit(t *testing.T) {
	m := inventory.Measure{Smallest: "egg", Packs: []inventory.Pack{{Name: "box", Holds: 10}}}
	whole, left, err := m.Out(25, "crate")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	require.Zero(t, whole)
	require.Zero(t, left)
	n, err := m.In(2, "crate")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	require.Zero(t, n)
}

// Parts are named by their place, the first is 1.
func TestPartsAreNamed(t *testing.T) {
	s, err := inventory.New(nil, nil)
	require.NoError(t, err)
	err = s.SetItem(t.Context(), inventory.Item{SKU: "kit", Parts: []flywheel.Line{{SKU: "a", Quantity: 1}, {SKU: "", Quantity: 1}}})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.ErrorContains(t, err, "part 2 of kit")
}

// Limits, bounds and measures of an item are checked when it is saved, and a refused
// item leaves the one before.
func TestItemsAreChecked(t *testing.T) {
	ctx := t.Context()
	s, err := inventory.New(nil, nil)
	require.NoError(t, err)
	good := inventory.Item{SKU: "a", Policy: fulfillment.Backorder, Limit: inventory.MaxQuantity, Low: inventory.MaxQuantity}
	require.NoError(t, s.SetItem(ctx, good))
	for name, change := range map[string]func(i *inventory.Item){
		"measure": func(i *inventory.Item) { i.Measure = &inventory.Measure{} },
		"limit":   func(i *inventory.Item) { i.Limit = -1 },
		"much":    func(i *inventory.Item) { i.Limit = inventory.MaxQuantity + 1 },
		"low":     func(i *inventory.Item) { i.Low = -1 },
		"high":    func(i *inventory.Item) { i.Low = inventory.MaxQuantity + 1 },
	} {
		bad := good
		change(&bad)
		require.Error(t, s.SetItem(ctx, bad), name)
		kept, err := s.Item(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, good, kept, name)
	}
}
