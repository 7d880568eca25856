package loyalty_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Nothing sold, no points, points worth nothing and no increment are no mistakes.
func TestDeferralOfNothing(t *testing.T) {
	eur := func(n int64) money.Amount { return money.New(n, money.EUR) }
	cent := money.MustRate("0.01")
	for _, c := range []struct {
		d               loyalty.Deferral
		product, points int64
	}{
		{loyalty.Deferral{Sale: eur(0), Points: 100, PointPrice: cent}, 0, 0},
		{loyalty.Deferral{Sale: eur(1000), Points: 0, PointPrice: cent}, 1000, 0},
		{loyalty.Deferral{Sale: eur(1000), Points: 100}, 1000, 0},
		{loyalty.Deferral{Sale: eur(0)}, 0, 0},
		{loyalty.Deferral{Sale: eur(100), Points: 100, PointPrice: cent}, 50, 50},
	} {
		product, points, err := c.d.Split()
		require.NoError(t, err)
		require.Equal(t, [2]int64{c.product, c.points}, [2]int64{product.Minor(), points.Minor()}, c.d)
	}
	for _, d := range []loyalty.Deferral{
		{Sale: eur(-1)}, {Sale: eur(1), Points: -1}, {Sale: eur(1), PointPrice: money.MustRate("-0.01")}, {Sale: eur(1), Increment: -1},
	} {
		_, _, err := d.Split()
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, d)
	}
}

// What is earned in all is refused where it cannot be counted, though each part can.
func TestPointsOutOfRange(t *testing.T) {
	ledger, err := loyalty.NewLedger(loyalty.Program{Earning: loyalty.Earning{PerUnit: money.MustRate("1")}})
	require.NoError(t, err)
	most := loyalty.Spend{Amount: money.New(math.MaxInt64, money.EUR)}
	_, err = ledger.Points(money.Rate{}, most)
	require.NoError(t, err)
	_, err = ledger.Points(money.Rate{}, most, most)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}
