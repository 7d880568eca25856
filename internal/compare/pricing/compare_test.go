package main

import (
	"math"
	"math/rand/v2"
	"testing"

	gomoney "github.com/Rhymond/go-money"
	govalues "github.com/govalues/decimal"
	shopspring "github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// What is measured answers the same with every library.
func TestMeasuredAnswersAgree(t *testing.T) {
	for _, o := range []operation{
		add(), rateAndRound(), allocate(), format(), display(), parse(), quote(1), quote(10), quote(100),
	} {
		require.NoError(t, o.agree())
	}
	require.EqualError(t, operation{"sum", []run{
		{"one", func() string { return "1" }, nil}, {"two", func() string { return "2" }, nil},
	}}.agree(), "sum: one answers 1, two answers 2")
}

// Random amounts and rates answer the same with every library.
func TestRandomAnswersAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		minor, other, rate := r.Int64N(2e9)-1e9, r.Int64N(2e9)-1e9, r.Int64N(100_000)
		a, b := money.New(minor, money.EUR), money.New(other, money.EUR)
		sa, sb := shopspring.New(minor, -2), shopspring.New(other, -2)
		ga, gb := govalues.MustNew(minor, 2), govalues.MustNew(other, 2)

		sum := must(a.Add(b))
		require.Equal(t, sum.Decimal().StringFixed(2), sa.Add(sb).StringFixed(2))
		require.Equal(t, sum.Decimal().StringFixed(2), must(ga.Add(gb)).String())
		require.Equal(t, sum.Minor(), must(gomoney.New(minor, "EUR").Add(gomoney.New(other, "EUR"))).Amount())

		text := shopspring.New(rate, -5).String()
		product := must(a.MulRate(money.MustRate(text), money.HalfEven)).Decimal().StringFixed(2)
		require.Equal(t, product, sa.Mul(shopspring.New(rate, -5)).RoundBank(2).StringFixed(2))
		require.Equal(t, product, must(ga.Mul(govalues.MustParse(text))).Round(2).String())
	}
}

// Where go-money is wrong: parts that do not sum up to the whole, a part for a
// weight of nothing, sums that wrap around.
func TestGoMoneyIsWrong(t *testing.T) {
	minors := func(parts []*gomoney.Money) (minors []int64) {
		for _, part := range parts {
			minors = append(minors, part.Amount())
		}
		return minors
	}
	t.Run("zero weights lose the whole", func(t *testing.T) {
		parts, err := gomoney.New(100, "EUR").Allocate(0, 0)
		require.NoError(t, err)
		require.Equal(t, []int64{0, 0}, minors(parts))
		_, err = money.New(100, money.EUR).Allocate(0, 0)
		require.ErrorIs(t, err, money.ErrInvalid)
	})
	t.Run("a weight of zero gets a part", func(t *testing.T) {
		parts, err := gomoney.New(100, "EUR").Allocate(0, 1, 1, 1)
		require.NoError(t, err)
		require.Equal(t, []int64{1, 33, 33, 33}, minors(parts))
		ours, err := money.New(100, money.EUR).Allocate(0, 1, 1, 1)
		require.NoError(t, err)
		require.True(t, ours[0].IsZero())
	})
	t.Run("what is over goes to the first, not to the largest remainder", func(t *testing.T) {
		parts, err := gomoney.New(1, "EUR").Allocate(1, 999)
		require.NoError(t, err)
		require.Equal(t, []int64{1, 0}, minors(parts)) // of 0.001 and 0.999
		ours, err := money.New(1, money.EUR).Allocate(1, 999)
		require.NoError(t, err)
		require.Equal(t, int64(1), ours[1].Minor())
	})
	t.Run("a great amount breaks off", func(t *testing.T) {
		require.Panics(t, func() { _, _ = gomoney.New(math.MaxInt64/2, "EUR").Allocate(1, 2, 3) })
		_, err := money.New(math.MaxInt64/2, money.EUR).Allocate(1, 2, 3)
		require.NoError(t, err)
	})
	t.Run("sums wrap around", func(t *testing.T) {
		sum, err := gomoney.New(math.MaxInt64, "EUR").Add(gomoney.New(1, "EUR"))
		require.NoError(t, err)
		require.Negative(t, sum.Amount())
		_, err = money.New(math.MaxInt64, money.EUR).Add(money.New(1, money.EUR))
		require.ErrorIs(t, err, money.ErrOutOfRange)
	})
}
