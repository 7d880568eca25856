package money_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/pricing/internal/exact"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// minors draws small numbers, numbers near the bounds and any in between.
func minors() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64Range(-1000, 1000),
		rapid.Int64(),
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, math.MaxInt64 - 1, 0}),
	)
}

func currencies() *rapid.Generator[money.Currency] {
	return rapid.SampledFrom([]money.Currency{money.EUR, money.JPY, money.KWD, money.CLF})
}

func rates() *rapid.Generator[money.Rate] {
	return rapid.Custom(func(t *rapid.T) money.Rate {
		r, err := money.NewRate(minors().Draw(t, "coefficient"), rapid.IntRange(0, money.MaxRateDecimals).Draw(t, "scale"))
		require.NoError(t, err)
		return r
	})
}

func modes() *rapid.Generator[money.Rounding] {
	return rapid.Custom(func(t *rapid.T) money.Rounding {
		return money.Rounding(rapid.Uint8Range(0, uint8(money.Floor)).Draw(t, "mode"))
	})
}

// same fails unless got is want, or want has no int64 and err says so.
func same(t *rapid.T, want *big.Int, got money.Amount, err error) {
	if !want.IsInt64() {
		require.ErrorIs(t, err, money.ErrOutOfRange)
		return
	}
	require.NoError(t, err)
	require.Equal(t, want.Int64(), got.Minor())
}

func rat(r money.Rate) *big.Rat {
	x, ok := new(big.Rat).SetString(r.String())
	if !ok {
		panic(r)
	}
	return x
}

func TestArithmeticAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y, mode := minors().Draw(t, "x"), minors().Draw(t, "y"), modes().Draw(t, "mode")
		a, b := money.New(x, money.EUR), money.New(y, money.EUR)
		X, Y := big.NewInt(x), big.NewInt(y)

		got, err := a.Add(b)
		same(t, new(big.Int).Add(X, Y), got, err)
		got, err = a.Sub(b)
		same(t, new(big.Int).Sub(X, Y), got, err)
		got, err = a.Neg()
		same(t, new(big.Int).Neg(X), got, err)
		got, err = a.Mul(y)
		same(t, new(big.Int).Mul(X, Y), got, err)

		r := rates().Draw(t, "rate")
		got, err = a.MulRate(r, mode)
		same(t, exact.Round(new(big.Rat).Mul(new(big.Rat).SetInt(X), rat(r)), mode), got, err)

		denominator := rapid.Int64Range(1, math.MaxInt64).Draw(t, "denominator")
		got, err = a.MulRatio(y, denominator, mode)
		product := new(big.Rat).SetFrac(new(big.Int).Mul(X, Y), big.NewInt(denominator))
		same(t, exact.Round(product, mode), got, err)

		got, err = a.Round(denominator, mode)
		times := exact.Round(new(big.Rat).SetFrac(X, big.NewInt(denominator)), mode)
		same(t, times.Mul(times, big.NewInt(denominator)), got, err)
	})
}

func TestConvertAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := currencies().Draw(t, "from"), currencies().Draw(t, "to")
		minor, mode := minors().Draw(t, "minor"), modes().Draw(t, "mode")
		rate, err := money.NewRate(minors().Draw(t, "coefficient"), rapid.IntRange(0, 14).Draw(t, "scale"))
		require.NoError(t, err)
		product := new(big.Rat).Mul(new(big.Rat).SetInt64(minor), rat(rate))
		product.Mul(product, new(big.Rat).SetFrac(power(to.Digits()), power(from.Digits())))
		got, err := money.New(minor, from).Convert(to, rate, mode)
		want := exact.Round(product, mode)
		if err != nil && want.IsInt64() { // the rate in the smaller units has no int64
			require.ErrorIs(t, err, money.ErrOutOfRange)
			require.Greater(t, to.Digits(), from.Digits())
			return
		}
		same(t, want, got, err)
	})
}

func power(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func TestSumNeedsNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var amounts []money.Amount
		want := new(big.Int)
		for _, x := range rapid.SliceOf(minors()).Draw(t, "amounts") {
			amounts = append(amounts, money.New(x, money.JPY))
			want.Add(want, big.NewInt(x))
		}
		got, err := money.Sum(amounts...)
		same(t, want, got, err)
	})
}

func TestAddCommutesAndAssociates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) money.Amount { return money.New(minors().Draw(t, name), money.EUR) }
		a, b, c := draw("a"), draw("b"), draw("c")
		ab, err1 := a.Add(b)
		ba, err2 := b.Add(a)
		require.Equal(t, ab, ba)
		require.Equal(t, err1 == nil, err2 == nil)
		bc, err2 := b.Add(c)
		if err1 != nil || err2 != nil {
			return
		}
		left, err1 := ab.Add(c)
		right, err2 := a.Add(bc)
		require.Equal(t, left, right)
		require.Equal(t, err1 == nil, err2 == nil)
	})
}

func TestAllocateAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := minors().Draw(t, "amount")
		weight := rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, 1<<55))
		weights := rapid.SliceOfN(weight, 1, 80).Draw(t, "weights")
		weights[rapid.IntRange(0, len(weights)-1).Draw(t, "positive")]++

		parts, err := money.New(amount, money.EUR).Allocate(weights...)
		require.NoError(t, err)
		want := exact.Share(big.NewInt(amount), exact.Ints(weights))
		for i := range parts {
			require.Equal(t, want[i].Int64(), parts[i].Minor(), "share %d of %v", i, parts)
			if weights[i] == 0 {
				require.True(t, parts[i].IsZero())
			}
		}
		sum, err := money.Sum(parts...)
		require.NoError(t, err)
		require.Equal(t, amount, sum.Minor())
	})
}

func TestSplitIsAllocateByOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.New(minors().Draw(t, "amount"), money.EUR)
		n := rapid.IntRange(1, 300).Draw(t, "n")
		ones := make([]int64, n)
		for i := range ones {
			ones[i] = 1
		}
		want, err := a.Allocate(ones...)
		require.NoError(t, err)
		got, err := a.Split(n)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestPriceTimesAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, mode := currencies().Draw(t, "currency"), modes().Draw(t, "mode")
		unit, quantity := rates().Draw(t, "unit"), minors().Draw(t, "quantity")
		p, err := money.ParsePrice(unit.String(), c)
		if err != nil {
			require.ErrorIs(t, err, money.ErrOutOfRange)
			return
		}
		product := new(big.Rat).Mul(rat(unit), new(big.Rat).SetInt64(quantity))
		for range c.Digits() {
			product.Mul(product, big.NewRat(10, 1))
		}
		got, err := p.Times(quantity, mode)
		same(t, exact.Round(product, mode), got, err)

		denominator := rapid.Int64Range(1, 1<<40).Draw(t, "denominator")
		ratio := new(big.Rat).Mul(product, big.NewRat(1, denominator))
		got, err = p.MulRatio(quantity, denominator, mode)
		if err != nil { // a denominator beyond 64 bits is refused, too
			require.ErrorIs(t, err, money.ErrOutOfRange)
		} else {
			same(t, exact.Round(ratio, mode), got, err)
		}

		major := func(p money.Price) *big.Rat { r, _ := new(big.Rat).SetString(p.Decimal().String()); return r }
		if line, err := p.Mul(quantity); err != nil {
			require.ErrorIs(t, err, money.ErrOutOfRange)
		} else {
			require.Zero(t, major(line).Cmp(new(big.Rat).Mul(rat(unit), new(big.Rat).SetInt64(quantity))))
		}
		q, err := money.ParsePrice(rates().Draw(t, "other").String(), c)
		if err != nil {
			return
		}
		if difference, err := p.Sub(q); err != nil {
			require.ErrorIs(t, err, money.ErrOutOfRange)
		} else {
			require.Zero(t, major(difference).Cmp(new(big.Rat).Sub(major(p), major(q))))
			again, err := money.NewPrice(difference.Coefficient(), difference.Scale(), c)
			require.NoError(t, err)
			require.Equal(t, difference, again)
			if back, err := difference.Add(q); err == nil {
				require.Equal(t, p, back)
			}
		}
		if sum, err := p.Add(q); err != nil {
			require.ErrorIs(t, err, money.ErrOutOfRange)
		} else {
			require.Zero(t, major(sum).Cmp(new(big.Rat).Add(major(p), major(q))))
		}
	})
}

func TestRateArithmeticAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, s, mode := rates().Draw(t, "r"), rates().Draw(t, "s"), modes().Draw(t, "mode")
		R, S := rat(r), rat(s)
		require.Equal(t, R.Cmp(S), r.Cmp(s))
		check := func(want *big.Rat, got money.Rate, err error) {
			if err != nil { // only what cannot be held may be refused
				require.ErrorIs(t, err, money.ErrOutOfRange)
				return
			}
			require.Zero(t, want.Cmp(rat(got)), "%v, got %v", want, got)
		}
		sum, err := r.Add(s)
		check(new(big.Rat).Add(R, S), sum, err)
		product, err := r.Mul(s)
		check(new(big.Rat).Mul(R, S), product, err)
		if s.Sign() > 0 {
			round, err := r.Round(s, mode)
			times := exact.Round(new(big.Rat).Quo(R, S), mode)
			check(new(big.Rat).Mul(new(big.Rat).SetInt(times), S), round, err)
		}
	})
}

func TestTextAndJSONRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := currencies().Draw(t, "currency")
		a := money.New(minors().Draw(t, "minor"), c)

		number := a.String()[:len(a.String())-4]
		parsed, err := money.Parse(number, c)
		require.NoError(t, err)
		require.Equal(t, a, parsed)

		var fromText, fromColumn, fromJSON money.Amount
		require.NoError(t, fromText.UnmarshalText([]byte(a.String())))
		require.Equal(t, a, fromText)
		value, err := a.Value()
		require.NoError(t, err)
		require.NoError(t, fromColumn.Scan(value))
		require.Equal(t, a, fromColumn)
		data, err := json.Marshal(a)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &fromJSON))
		require.Equal(t, a, fromJSON)

		back, err := money.FromDecimal(a.Decimal(), c)
		require.NoError(t, err)
		require.Equal(t, a, back)

		r := rates().Draw(t, "rate")
		var rate money.Rate
		require.NoError(t, rate.UnmarshalText([]byte(r.String())))
		require.Equal(t, r, rate)
		rate, err = money.RateFromDecimal(r.Decimal())
		require.NoError(t, err)
		require.Equal(t, r, rate)

		p, err := money.PriceFromDecimal(r.Decimal(), c)
		if err != nil {
			require.ErrorIs(t, err, money.ErrOutOfRange)
			return
		}
		var price money.Price
		require.NoError(t, price.UnmarshalText([]byte(p.String())))
		require.Equal(t, p, price)
		data, err = json.Marshal(p)
		require.NoError(t, err)
		price = money.Price{}
		require.NoError(t, json.Unmarshal(data, &price))
		require.Equal(t, p, price)
	})
}
