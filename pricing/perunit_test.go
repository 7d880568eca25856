package pricing_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestPerUnit(t *testing.T) {
	for _, c := range []struct{ price, content, want string }{
		{"8.99", "75 cl", "11.99"}, // 11.98666…
		{"1.29", "250 g", "5.16"},
		{"0.01", "8 g", "1.25"},
		{"0.0125", "1 kg", "0.01"}, // a price finer than the cent: 0.0125
		{"0.015", "1 kg", "0.02"},  // a tie goes away from zero
		{"4.00", "10 piece", "0.40"},
		{"19.90", "2.5 m2", "7.96"},
		{"0.00", "1 l", "0.00"},
	} {
		got, err := pricing.PerUnit(money.MustPrice(c.price, money.EUR), flywheel.MustNetContent(c.content))
		require.NoError(t, err)
		require.Equal(t, c.want+" EUR", got.String(), "%s for %s", c.price, c.content)
	}
	one := flywheel.MustNetContent("1 l")
	_, err := pricing.PerUnit(money.MustPrice("1.00", money.EUR), flywheel.NetContent{})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = pricing.PerUnit(money.Price{}, one)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = pricing.PerUnit(money.MustPrice("-1.00", money.EUR), one)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = pricing.PerUnit(money.MustPrice("90000000000000.00", money.EUR), flywheel.MustNetContent("1 mg"))
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// The price per liter that must stand beside that of a bottle.
func ExamplePerUnit() {
	content := flywheel.MustNetContent("75 cl")
	price, err := pricing.PerUnit(money.MustPrice("8.99", money.EUR), content)
	fmt.Println(price, "per", content.Unit(), err)
	// Output: 11.99 EUR per l <nil>
}
