package money_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/internal/exact"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var (
	monday  = time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)
	tuesday = monday.AddDate(0, 0, 1)
)

func TestEndIn(t *testing.T) {
	for _, c := range []struct{ minor, ending, modulus, want int64 }{
		{1826, 99, 100, 1899},
		{1899, 99, 100, 1899},
		{1900, 99, 100, 1999},
		{0, 0, 100, 0},
		{1, 0, 100, 100},
		{3023, 990, 1000, 3990},
		{1826, 5, 10, 1835},
		{7, 0, 1, 7},
		{math.MaxInt64 - 7, math.MaxInt64 % 100, 100, math.MaxInt64},
	} {
		got, err := money.New(c.minor, money.EUR).EndIn(c.ending, c.modulus)
		require.NoError(t, err)
		require.Equal(t, money.New(c.want, money.EUR), got)
	}
	for _, c := range [][3]int64{{-1, 99, 100}, {1, 100, 100}, {1, -1, 100}, {1, 0, 0}, {1, 0, -5}} {
		_, err := money.New(c[0], money.EUR).EndIn(c[1], c[2])
		require.Equal(t, &money.EndingError{Amount: money.New(c[0], money.EUR), Ending: c[1], Modulus: c[2]}, err)
		require.ErrorIs(t, err, money.ErrInvalid)
	}
	_, err := money.New(math.MaxInt64, money.EUR).EndIn(0, 100)
	require.ErrorIs(t, err, money.ErrOutOfRange)
}

func TestEndInIsTheSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		modulus := rapid.Int64Range(1, 1_000).Draw(t, "modulus")
		ending := rapid.Int64Range(0, modulus-1).Draw(t, "ending")
		minor := rapid.Int64Range(0, 1_000_000).Draw(t, "minor")
		got, err := money.New(minor, money.EUR).EndIn(ending, modulus)
		if err != nil || got.Minor() < minor || got.Minor() >= minor+modulus || got.Minor()%modulus != ending {
			t.Fatalf("%d ends in %d of %d: %s, %v", minor, ending, modulus, got, err)
		}
	})
}

func exchange(t *testing.T) *money.Exchange {
	x, err := money.NewExchange(money.EUR,
		money.Quotation{Currency: money.USD, Rate: money.MustRate("1.10"), From: tuesday},
		money.Quotation{Currency: money.USD, Rate: money.MustRate("1.0945"), From: monday},
		money.Quotation{Currency: money.JPY, Rate: money.MustRate("165.52"), From: monday},
	)
	require.NoError(t, err)
	return x
}

func TestExchange(t *testing.T) {
	x := exchange(t)
	require.Equal(t, money.EUR, x.Base())
	for _, c := range []struct {
		a    money.Amount
		to   money.Currency
		at   time.Time
		want int64
	}{
		{money.New(10_000, money.EUR), money.USD, monday, 10_945},
		{money.New(10_000, money.EUR), money.USD, tuesday.Add(-1), 10_945},
		{money.New(10_000, money.EUR), money.USD, tuesday, 11_000},
		{money.New(10_000, money.EUR), money.USD, tuesday.AddDate(9, 0, 0), 11_000},
		{money.New(11_000, money.USD), money.EUR, tuesday, 10_000},
		{money.New(11_000, money.USD), money.JPY, tuesday, 16_552}, // 100 EUR
		{money.New(-16_552, money.JPY), money.USD, tuesday, -11_000},
		{money.New(5, money.USD), money.USD, time.Time{}, 5},
	} {
		got, err := x.Convert(c.a, c.to, c.at, money.HalfUp)
		require.NoError(t, err)
		require.Equal(t, money.New(c.want, c.to), got)
	}
	_, err := x.Convert(money.New(1, money.USD), money.EUR, monday.Add(-1), money.HalfUp)
	require.Equal(t, &money.NoRateError{Currency: money.USD, At: monday.Add(-1)}, err)
	require.ErrorIs(t, err, money.ErrCurrency)
	_, err = x.Convert(money.New(1, money.GBP), money.EUR, monday, money.HalfUp)
	require.ErrorIs(t, err, money.ErrCurrency)
	_, err = x.Convert(money.New(1, money.Currency{}), money.EUR, monday, money.HalfUp)
	require.ErrorIs(t, err, money.ErrCurrency)
	_, err = x.Convert(money.New(1, money.EUR), money.USD, monday, 99)
	require.ErrorIs(t, err, money.ErrInvalid)
	for _, a := range []int64{math.MinInt64, math.MaxInt64} {
		_, err = x.Convert(money.New(a, money.EUR), money.USD, monday, money.HalfUp)
		require.ErrorIs(t, err, money.ErrOutOfRange)
	}
	for _, q := range []money.Quotation{
		{Currency: money.EUR, Rate: money.MustRate("1"), From: monday},
		{Currency: money.USD, Rate: money.MustRate("0"), From: monday},
		{Currency: money.USD, Rate: money.MustRate("-1"), From: monday},
		{Rate: money.MustRate("1"), From: monday},
		{Currency: money.JPY, Rate: money.MustRate("1"), From: monday},
	} {
		_, err := money.NewExchange(money.EUR, q, money.Quotation{Currency: money.JPY, Rate: money.MustRate("2"), From: monday})
		require.ErrorIs(t, err, money.ErrInvalid)
	}
	_, err = money.NewExchange(money.Currency{})
	require.ErrorIs(t, err, money.ErrCurrency)
}

// Convert rounds the exact product once, in every mode.
func TestExchangeIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := func(name string) money.Rate {
			r, err := money.NewRate(rapid.Int64Range(1, 1_000_000).Draw(t, name), rapid.IntRange(0, 9).Draw(t, name+" scale"))
			require.NoError(t, err)
			return r
		}
		usd, jpy := rate("usd"), rate("jpy")
		x, err := money.NewExchange(money.EUR, money.Quotation{Currency: money.USD, Rate: usd, From: monday}, money.Quotation{Currency: money.JPY, Rate: jpy, From: monday})
		require.NoError(t, err)
		minor := rapid.Int64().Draw(t, "minor")
		mode := rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfDown, money.HalfEven, money.Up, money.Down, money.Ceiling, money.Floor}).Draw(t, "mode")
		want := new(big.Rat).SetInt64(minor)
		want.Mul(want, rational(jpy)).Quo(want, rational(usd)).Quo(want, big.NewRat(100, 1))
		exactly := exact.Round(want, mode)
		got, err := x.Convert(money.New(minor, money.USD), money.JPY, monday, mode)
		if !exactly.IsInt64() {
			require.ErrorIs(t, err, money.ErrOutOfRange)
			return
		}
		require.NoError(t, err)
		require.Equal(t, exactly.Int64(), got.Minor())
	})
}

func rational(r money.Rate) *big.Rat {
	x, _ := new(big.Rat).SetString(r.String())
	return x
}

// The cases of kind fx are those of package pricing, whose folder is above, or
// those that replace them.
func TestReference(t *testing.T) {
	var file struct {
		Cases []struct {
			ID, Kind string
			Input    json.RawMessage
			Expect   json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(testkit.ReferenceOf(t, "..", "pricing", "cases.json"), &file))
	ran := 0
	for _, c := range file.Cases {
		if c.Kind != "fx" {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			var in struct {
				Amount   int64
				From, To money.Currency
				Rate     money.Rate
				Ending   json.RawMessage
			}
			require.NoError(t, json.Unmarshal(c.Input, &in))
			a, err := money.New(in.Amount, in.From).Convert(in.To, in.Rate, money.HalfUp)
			require.NoError(t, err)
			if in.Ending != nil && string(in.Ending) != "null" { // two digits, as a number or as a string
				ending, err := strconv.ParseInt(strings.Trim(string(in.Ending), `"`), 10, 64)
				require.NoError(t, err)
				a, err = a.EndIn(ending, 100)
				require.NoError(t, err)
			}
			got, err := json.Marshal(map[string]int64{"amount": a.Minor()})
			require.NoError(t, err)
			require.JSONEq(t, string(c.Expect), string(got))
		})
	}
	require.NotZero(t, ran)
}
