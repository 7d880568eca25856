package pricing_test

import (
	"encoding"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A name that is not known is refused and changes nothing; each known one is read back.
func TestNames(t *testing.T) {
	type named interface {
		encoding.TextMarshaler
		encoding.TextUnmarshaler
	}
	for _, c := range []struct {
		first, value named
	}{
		{new(pricing.Pick), new(pricing.Pick(1))},
		{new(pricing.Strategy), new(pricing.Strategy(1))},
		{new(pricing.ListKind), new(pricing.ListKind(1))},
		{new(pricing.Level), new(pricing.Level(1))},
		{new(pricing.Basis), new(pricing.Basis(1))},
		{new(pricing.StepKind), new(pricing.StepKind(1))},
		{new(pricing.Selection), new(pricing.Selection(1))},
	} {
		text, err := c.value.MarshalText()
		require.NoError(t, err)
		require.ErrorIs(t, c.value.UnmarshalText([]byte("what")), flywheel.ErrInvalid, "%T", c.value)
		still, err := c.value.MarshalText()
		require.NoError(t, err)
		require.Equal(t, text, still)
		require.NoError(t, c.first.UnmarshalText(text))
		require.Equal(t, c.value, c.first)
	}
}

// A graduated price of one step begins with the first unit.
func TestOneGraduatedStep(t *testing.T) {
	list := func(from int64) pricing.Config {
		return pricing.Config{Lists: []pricing.List{{ID: "steps", Graduated: true, Entries: []pricing.Entry{
			{SKU: "a", Unit: money.MustPrice("3.00", money.EUR), MinQuantity: from}, {SKU: "b", Unit: money.MustPrice("2.00", money.EUR), MinQuantity: 1},
		}}}}
	}
	_, err := pricing.Compile(list(1))
	require.NoError(t, err)
	_, err = pricing.Compile(list(2))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.ErrorContains(t, err, "entries[0].min_quantity")
}
