package inventory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
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
