package pricing_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/internal/exact"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// drawRefund returns a refund whose tax is part of its total.
func drawRefund(t *rapid.T) pricing.Refund {
	total := rapid.Int64Range(0, 1_000_000_000_000).Draw(t, "total")
	tax := rapid.Int64Range(0, total).Draw(t, "tax")
	return pricing.Refund{Net: money.New(total-tax, money.EUR), Tax: money.New(tax, money.EUR), Total: money.New(total, money.EUR)}
}

// Parts of a refund have their part of the tax, rounded half up; what is kept and what
// is paid back sum to it.
func TestRefundParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRefund(t)
		n := rapid.Int64Range(0, r.Total.Minor()).Draw(t, "part")
		part, err := r.Part(money.New(n, money.EUR))
		require.NoError(t, err)
		require.Equal(t, n, part.Total.Minor())
		require.Equal(t, part.Total.Minor(), part.Net.Minor()+part.Tax.Minor())
		require.GreaterOrEqual(t, part.Net.Minor(), int64(0))
		if r.Total.Minor() > 0 {
			tax := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(r.Tax.Minor()), big.NewInt(n)), big.NewInt(r.Total.Minor()))
			require.Equal(t, exact.Round(tax, money.HalfUp).Int64(), part.Tax.Minor())
		}
		rest, err := r.Minus(part)
		require.NoError(t, err)
		again, err := rest.Plus(part)
		require.NoError(t, err)
		require.Equal(t, r, again)
		rate := money.Percent(rapid.Int64Range(0, 100).Draw(t, "percent"))
		fee, err := r.Fee(rate)
		require.NoError(t, err)
		want := new(big.Rat).Mul(new(big.Rat).SetInt64(r.Total.Minor()), new(big.Rat).SetFrac64(rate.Coefficient(), pow10(rate.Scale())))
		require.Equal(t, exact.Round(want, money.HalfUp).Int64(), fee.Total.Minor())
	})
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// Money without goods is shared over the rates by largest remainder, each share with
// the tax that is within it.
func TestWithoutGoods(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(0, 1_000_000_000).Draw(t, "amount")
		var over []pricing.RateTotal
		var weights []*big.Int
		some := int64(0)
		for range rapid.IntRange(1, 5).Draw(t, "rates") {
			total := rapid.Int64Range(0, 1_000_000).Draw(t, "total")
			some |= total
			over = append(over, pricing.RateTotal{Rate: money.Percent(rapid.Int64Range(0, 30).Draw(t, "rate")), Total: money.New(total, money.EUR)})
			weights = append(weights, big.NewInt(total))
		}
		sum, parts, err := pricing.WithoutGoods(money.New(amount, money.EUR), over)
		require.NoError(t, err)
		require.Equal(t, amount, sum.Total.Minor())
		require.Equal(t, amount, sum.Net.Minor()+sum.Tax.Minor())
		if some == 0 {
			weights[0] = big.NewInt(1)
		}
		shares, tax := exact.Share(big.NewInt(amount), weights), int64(0)
		for i, p := range parts {
			require.Equal(t, shares[i].Int64(), p.Total.Minor())
			rate := new(big.Rat).SetFrac64(p.Rate.Coefficient(), pow10(p.Rate.Scale()))
			within := new(big.Rat).Quo(rate, new(big.Rat).Add(rate, big.NewRat(1, 1)))
			require.Equal(t, exact.Round(within.Mul(within, new(big.Rat).SetInt(shares[i])), money.HalfUp).Int64(), p.Tax.Minor())
			tax += p.Tax.Minor()
		}
		require.Equal(t, tax, sum.Tax.Minor())
	})
}

func TestAfterRefuses(t *testing.T) {
	eur := func(n int64) money.Amount { return money.New(n, money.EUR) }
	r := pricing.Refund{Net: eur(80), Tax: eur(20), Total: eur(100)}
	for _, total := range []money.Amount{eur(-1), eur(101)} {
		_, err := r.Part(total)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err := r.Part(money.New(1, money.USD))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = r.AtMost(money.New(1, money.USD))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = r.Fee(money.Percent(101))
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	for _, two := range [][2]pricing.Refund{
		{{Net: eur(math.MaxInt64)}, {Net: eur(1)}}, {{Tax: eur(math.MaxInt64)}, {Tax: eur(1)}}, {{Total: eur(math.MaxInt64)}, {Total: eur(1)}},
	} {
		_, err := two[0].Plus(two[1])
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
		_, err = pricing.Refund{Net: neg(two[0].Net), Tax: neg(two[0].Tax), Total: neg(two[0].Total)}.Minus(pricing.Refund{Net: eur(2 * two[1].Net.Minor()), Tax: eur(2 * two[1].Tax.Minor()), Total: eur(2 * two[1].Total.Minor())})
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, _, err = pricing.WithoutGoods(eur(-1), nil)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, _, err = pricing.WithoutGoods(eur(1), []pricing.RateTotal{{Rate: money.Percent(7), Total: eur(-1)}})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	sum, parts, err := pricing.WithoutGoods(eur(5), nil)
	require.NoError(t, err)
	require.Empty(t, parts)
	require.Equal(t, eur(5), sum.Net)
	for _, c := range [][3]int64{{-1, 0, 1}, {1, 2, 1}, {1, -1, 1}} {
		_, err := pricing.PointsBack(c[0], eur(c[1]), eur(c[2]))
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	back, err := pricing.PointsBack(7, eur(0), eur(0))
	require.NoError(t, err)
	require.Zero(t, back)
	back, err = pricing.PointsBack(1001, eur(499), eur(500))
	require.NoError(t, err)
	require.Equal(t, int64(998), back, "rounded down")
}

func neg(a money.Amount) money.Amount { return money.New(-a.Minor(), money.EUR) }
