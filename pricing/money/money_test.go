package money_test

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/pricing/internal/exact"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The exponents of ISO 4217:2015, list one, as far as they are not 2, and
// those that CLDR tells otherwise.
func TestDigits(t *testing.T) {
	want := map[int][]string{
		0: {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"},
		2: {"AFN", "ALL", "COP", "EUR", "HUF", "IDR", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "MRU", "PKR", "RSD", "SLE", "SOS", "SYP", "TWD", "USD", "VED", "XCG", "YER", "ZWG"},
		3: {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"},
		4: {"CLF", "UYW"},
	}
	for digits, codes := range want {
		for _, code := range codes {
			c, err := money.ParseCurrency(code)
			require.NoError(t, err)
			require.Equal(t, digits, c.Digits(), code)
			require.Equal(t, code, c.String())
		}
	}
	for _, code := range []string{"", "eur", "EURO", "XXX", "XTS", "XAU", "CNH", "ZZZ"} {
		_, err := money.ParseCurrency(code)
		require.ErrorIs(t, err, money.ErrCurrency, code)
		require.ErrorIs(t, err, money.ErrInvalid, code)
	}
	require.Panics(t, func() { money.MustCurrency("nope") })
	for code, c := range map[string]money.Currency{"AUD": money.AUD, "EUR": money.EUR, "JPY": money.JPY, "ZAR": money.ZAR} {
		require.Equal(t, money.MustCurrency(code), c)
	}
}

func TestCashIncrement(t *testing.T) {
	// CLDR 48, currencyData.json: cashRounding and cashDigits.
	for code, want := range map[string]int64{"EUR": 1, "CHF": 5, "CAD": 5, "DKK": 50, "SEK": 100, "HUF": 500, "JPY": 1} {
		require.Equal(t, want, money.MustCurrency(code).CashIncrement(), code)
	}
	// Central banks, where CLDR has none (internal/gen).
	for code, want := range map[string]int64{"AUD": 5, "HKD": 10, "ILS": 10, "MYR": 5, "NZD": 10, "SGD": 5, "ZAR": 10} {
		require.Equal(t, want, money.MustCurrency(code).CashIncrement(), code)
	}
	paid, err := money.New(1238, money.CHF).Round(money.CHF.CashIncrement(), money.HalfUp)
	require.NoError(t, err)
	require.Equal(t, money.New(1240, money.CHF), paid)
}

// The table of java.math.RoundingMode, whose UP and DOWN are ours.
func TestRoundingModes(t *testing.T) {
	inputs := []string{"5.5", "2.5", "1.6", "1.1", "1.0", "-1.0", "-1.1", "-1.6", "-2.5", "-5.5"}
	for mode, want := range map[money.Rounding][]int64{
		money.Up:       {6, 3, 2, 2, 1, -1, -2, -2, -3, -6},
		money.Down:     {5, 2, 1, 1, 1, -1, -1, -1, -2, -5},
		money.Ceiling:  {6, 3, 2, 2, 1, -1, -1, -1, -2, -5},
		money.Floor:    {5, 2, 1, 1, 1, -1, -2, -2, -3, -6},
		money.HalfUp:   {6, 3, 2, 1, 1, -1, -1, -2, -3, -6},
		money.HalfDown: {5, 2, 2, 1, 1, -1, -1, -2, -2, -5},
		money.HalfEven: {6, 2, 2, 1, 1, -1, -1, -2, -2, -6},
	} {
		for i, input := range inputs {
			a, err := money.New(1, money.JPY).MulRate(money.MustRate(input), mode)
			require.NoError(t, err)
			require.Equal(t, want[i], a.Minor(), "%s %s", input, mode)
			a, err = money.RoundDecimal(decimal.RequireFromString(input), money.JPY, mode)
			require.NoError(t, err)
			require.Equal(t, want[i], a.Minor(), "decimal %s %s", input, mode)
			a, err = money.MustPrice(input, money.JPY).Times(1, mode)
			require.NoError(t, err)
			require.Equal(t, want[i], a.Minor(), "price %s %s", input, mode)
		}
		text, err := mode.MarshalText()
		require.NoError(t, err)
		var back money.Rounding
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, mode, back)
	}
}

func TestUnknownRounding(t *testing.T) {
	wrong := money.Rounding(7)
	a := money.New(5, money.EUR)
	_, err1 := a.MulRate(money.Percent(50), wrong)
	_, err2 := a.MulRatio(1, 2, wrong)
	_, err3 := a.Round(2, wrong)
	_, err4 := money.MustPrice("0.001", money.EUR).Times(1, wrong)
	_, err5 := money.RoundDecimal(decimal.New(5, -3), money.EUR, wrong)
	_, err6 := wrong.MarshalText()
	_, err7 := money.Percent(5).Round(money.Percent(10), wrong)
	err8 := wrong.UnmarshalText([]byte("HALF_UP"))
	_, err9 := a.Convert(money.USD, money.Percent(50), wrong)
	for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9} {
		var target *money.RoundingError
		require.ErrorAs(t, err, &target, "%d", i+1)
		require.ErrorIs(t, err, money.ErrInvalid)
	}
}

func TestZeroValueIsNoMoney(t *testing.T) {
	var none money.Amount
	a := money.New(-5, money.EUR)
	sum, err := none.Add(a)
	require.NoError(t, err)
	require.Equal(t, a, sum)
	sum, err = a.Add(none)
	require.NoError(t, err)
	require.Equal(t, a, sum)
	difference, err := none.Sub(a)
	require.NoError(t, err)
	require.Equal(t, money.New(5, money.EUR), difference)
	difference, err = a.Sub(none)
	require.NoError(t, err)
	require.Equal(t, a, difference)
	order, err := none.Cmp(a)
	require.NoError(t, err)
	require.Equal(t, 1, order)
	require.Equal(t, "0", none.String())

	data, err := json.Marshal(none)
	require.NoError(t, err)
	require.JSONEq(t, `{"amount":"0","currency":""}`, string(data))
	a = money.New(1, money.EUR)
	require.NoError(t, json.Unmarshal(data, &a))
	require.Equal(t, none, a)
	value, err := none.Value()
	require.NoError(t, err)
	require.Nil(t, value)
	a = money.New(1, money.EUR)
	require.NoError(t, a.Scan(value))
	require.Equal(t, none, a)
	p := money.MustPrice("1", money.EUR)
	require.NoError(t, p.Scan(nil))
	require.Equal(t, money.Price{}, p)
	require.NoError(t, p.UnmarshalJSON(data))
	require.Equal(t, "0", p.String())
}

func TestMismatch(t *testing.T) {
	eur, jpy := money.New(1, money.EUR), money.New(0, money.JPY)
	_, err1 := eur.Add(jpy)
	_, err2 := eur.Sub(jpy)
	_, err3 := eur.Cmp(jpy)
	_, err4 := money.Sum(eur, jpy)
	_, err5 := money.PriceOf(eur).Cmp(money.PriceOf(jpy))
	for _, err := range []error{err1, err2, err3, err4, err5} {
		var mismatch *money.MismatchError
		require.ErrorAs(t, err, &mismatch)
		require.Equal(t, &money.MismatchError{A: money.EUR, B: money.JPY}, mismatch)
		require.ErrorIs(t, err, money.ErrCurrency)
	}
}

func TestAllocateRefuses(t *testing.T) {
	a := money.New(100, money.EUR)
	dst := []money.Amount{a}
	for _, weights := range [][]int64{nil, {0, 0}, {3, -1}, {math.MinInt64}} {
		got, err := a.AppendAllocate(dst, weights)
		require.ErrorIs(t, err, money.ErrWeights, "%v", weights)
		require.ErrorIs(t, err, money.ErrInvalid)
		require.Equal(t, dst, got)
	}
	_, err := a.Allocate(math.MaxInt64, math.MaxInt64, math.MaxInt64)
	require.ErrorIs(t, err, money.ErrOutOfRange)
	_, err = a.Split(0)
	require.ErrorIs(t, err, money.ErrWeights)
	_, err = money.Weights(money.MustRate("0.000000000000000001"), money.Percent(100_000))
	require.ErrorIs(t, err, money.ErrOutOfRange)
}

func TestAllocateLeastAmount(t *testing.T) {
	parts, err := money.New(math.MinInt64, money.EUR).Allocate(1)
	require.NoError(t, err)
	require.Equal(t, int64(math.MinInt64), parts[0].Minor())
}

// The weights make quickselect's median of three a bad pivot again and again.
func TestAllocateManyEqualAndSorted(t *testing.T) {
	const n = 700
	for name, weight := range map[string]func(i int) int64{
		"equal":      func(int) int64 { return 7 },
		"ascending":  func(i int) int64 { return int64(i) },
		"descending": func(i int) int64 { return int64(n - i) },
		"organ pipe": func(i int) int64 { return int64(min(i, n-i)) },
		"two values": func(i int) int64 { return int64(1 + i%2) },
	} {
		t.Run(name, func(t *testing.T) {
			weights := make([]int64, n)
			for i := range weights {
				weights[i] = weight(i)
			}
			parts, err := money.New(1_234_567, money.EUR).Allocate(weights...)
			require.NoError(t, err)
			want := exact.Share(big.NewInt(1_234_567), exact.Ints(weights))
			for i := range parts {
				require.Equal(t, want[i].Int64(), parts[i].Minor(), "share %d", i)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text  string
		minor int64
		err   error
	}{
		{"12.99", 1299, nil},
		{"12.9", 1290, nil},
		{"12", 1200, nil},
		{"-0.01", -1, nil},
		{"-0", 0, nil},
		{"007.50", 750, nil},
		{"92233720368547758.07", math.MaxInt64, nil},
		{"-92233720368547758.08", math.MinInt64, nil},
		{"92233720368547758.08", 0, money.ErrOutOfRange},
		{"-92233720368547758.09", 0, money.ErrOutOfRange},
		{"184467440737095516.16", 0, money.ErrOutOfRange},
		{"99999999999999999999999999", 0, money.ErrOutOfRange},
		{"92233720368547759", 0, money.ErrOutOfRange},
		{"12.990", 0, money.ErrDecimals},
		{"12.345", 0, money.ErrDecimals},
		{"", 0, money.ErrSyntax},
		{"-", 0, money.ErrSyntax},
		{".5", 0, money.ErrSyntax},
		{"5.", 0, money.ErrSyntax},
		{"1.2.3", 0, money.ErrSyntax},
		{"+5", 0, money.ErrSyntax},
		{" 5", 0, money.ErrSyntax},
		{"1e5", 0, money.ErrSyntax},
		{"0x10", 0, money.ErrSyntax},
		{"1,000", 0, money.ErrSyntax},
		{"1_000", 0, money.ErrSyntax},
		{"NaN", 0, money.ErrSyntax},
		{"١٢", 0, money.ErrSyntax},
	} {
		got, err := money.Parse(c.text, money.EUR)
		if c.err != nil {
			var target *money.ParseError
			require.ErrorAs(t, err, &target, c.text)
			require.ErrorIs(t, err, c.err, c.text)
			continue
		}
		require.NoError(t, err, c.text)
		require.Equal(t, money.New(c.minor, money.EUR), got, c.text)
	}
	_, err := money.Parse("0", money.Currency{})
	require.ErrorIs(t, err, money.ErrCurrency)
}

func TestEqualHasOneForm(t *testing.T) {
	require.Equal(t, money.Percent(20), money.MustRate("0.2000"))
	require.Equal(t, money.Rate{}, money.MustRate("-0.00"))
	require.Equal(t, money.MustPrice("10", money.EUR), money.PriceOf(money.New(1000, money.EUR)))
	require.Equal(t, money.MustPrice("10.0100000", money.EUR), money.PriceOf(money.New(1001, money.EUR)))
	require.Equal(t, "10.001 EUR", money.MustPrice("10.0010", money.EUR).String())
	require.NotEqual(t, money.Price{}, money.MustPrice("0", money.EUR))
}

func TestJSONRefuses(t *testing.T) {
	for _, text := range []string{
		``, `null`, `12.99`, `"12.99 EUR"`, `[]`, `{}`,
		`{"amount":"12.99"}`,
		`{"amount":12.99,"currency":"EUR"}`,
		`{"amount":"12.99","amount":"1.00"}`,
		`{"amount":"12.99","currency":"EUR","currency":"EUR"}`,
		`{"amount":"12.99","Currency":"EUR"}`,
		`{"amount":"12.99","currency":"EUR","rate":"1"}`,
		`{"amount":"12.99","currency":"eur"}`,
		`{"amount":"12.99","currency":""}`,
		`{"amount":"1e2","currency":"EUR"}`,
		`{"amount":"12.99","currency":"EUR"} {}`,
		`{"amount":"12.99","currency":"EUR",}`,
		`{"amount":"12.99" "currency":"EUR"}`,
		`{"amount":"12.99\q","currency":"EUR"}`,
		`{"amount":"12.99","currency":null}`,
		`{"amount":"12.99","currency":"EUR"`,
		`{"amount":"12`,
	} {
		a := money.New(7, money.JPY)
		require.ErrorIs(t, a.UnmarshalJSON([]byte(text)), money.ErrInvalid, text)
		require.Equal(t, money.New(7, money.JPY), a, text)
		p := money.MustPrice("7", money.JPY)
		require.ErrorIs(t, p.UnmarshalJSON([]byte(text)), money.ErrInvalid, text)
		require.Equal(t, money.MustPrice("7", money.JPY), p, text)
	}
	var a money.Amount
	require.NoError(t, a.UnmarshalJSON([]byte(" {\"currency\" :\n\"\\u0045UR\", \"amount\":\"-1.5\"}\t")))
	require.Equal(t, money.New(-150, money.EUR), a)
	long := append([]byte(`{"amount":"1","currency":"EUR"`), slices.Repeat([]byte(" "), 2000)...)
	require.ErrorIs(t, a.UnmarshalJSON(append(long, '}')), money.ErrInvalid)
}

func TestScanRefuses(t *testing.T) {
	a := money.New(1, money.EUR)
	for _, src := range []any{12.99, int64(5), true, "12.99", "EUR 12.99", "12.99 EUX", []byte("12.999 EUR")} {
		require.ErrorIs(t, a.Scan(src), money.ErrInvalid, "%v", src)
		require.Equal(t, money.New(1, money.EUR), a)
	}
	p := money.MustPrice("1.25", money.EUR)
	for _, src := range []any{12.99, int64(5), true, "1.25", "1.25 EUX", "x EUR", "1.2.5 EUR"} {
		require.ErrorIs(t, p.Scan(src), money.ErrInvalid, "%v", src)
		require.Equal(t, money.MustPrice("1.25", money.EUR), p)
	}
	var r money.Rate
	require.ErrorIs(t, r.Scan(0.5), money.ErrInvalid)
	require.ErrorIs(t, r.Scan(nil), money.ErrInvalid)
	require.NoError(t, r.Scan(int64(200)))
	require.Equal(t, money.Percent(20_000), r)
	value, err := r.Value()
	require.NoError(t, err)
	require.Equal(t, "200", value)
	var c money.Currency
	require.ErrorIs(t, c.Scan("EUX"), money.ErrInvalid)
	require.NoError(t, c.Scan([]byte("CHF")))
	value, err = c.Value()
	require.NoError(t, err)
	require.Equal(t, "CHF", value)
}

func TestDecimalBounds(t *testing.T) {
	huge, tiny := decimal.New(1, math.MaxInt32), decimal.New(1, math.MinInt32)
	for _, d := range []decimal.Decimal{huge, tiny, decimal.New(1, 20)} {
		_, err := money.FromDecimal(d, money.EUR)
		require.ErrorIs(t, err, money.ErrOutOfRange)
		_, err = money.RateFromDecimal(d)
		require.ErrorIs(t, err, money.ErrOutOfRange)
		_, err = money.PriceFromDecimal(d, money.EUR)
		require.ErrorIs(t, err, money.ErrOutOfRange)
		_, err = money.RoundDecimal(d, money.EUR, money.HalfUp)
		require.ErrorIs(t, err, money.ErrOutOfRange)
	}
	_, err := money.FromDecimal(decimal.New(12345, -3), money.EUR)
	require.ErrorIs(t, err, money.ErrDecimals)
	a, err := money.FromDecimal(decimal.New(12340, -3), money.EUR)
	require.NoError(t, err)
	require.Equal(t, money.New(1234, money.EUR), a)
	_, err = money.RateFromDecimal(decimal.New(1, -19))
	require.ErrorIs(t, err, money.ErrDecimals)
	r, err := money.RateFromDecimal(decimal.RequireFromString("100.000000000000000000"))
	require.NoError(t, err)
	require.Equal(t, money.Percent(10_000), r)
	_, err = money.FromDecimal(decimal.New(1, 0), money.Currency{})
	require.ErrorIs(t, err, money.ErrCurrency)
	// 1.005 is a tie in decimal and none in binary; the second has one digit more.
	a, err = money.RoundDecimal(decimal.RequireFromString("1.005"), money.EUR, money.HalfUp)
	require.NoError(t, err)
	require.Equal(t, int64(101), a.Minor())
	a, err = money.RoundDecimal(decimal.RequireFromString("1.0049999999999999999999999"), money.EUR, money.HalfUp)
	require.NoError(t, err)
	require.Equal(t, int64(100), a.Minor())
}

func TestErrorsCarryOperands(t *testing.T) {
	_, err := money.New(math.MaxInt64, money.EUR).Add(money.New(1, money.EUR))
	var over *money.OverflowError
	require.ErrorAs(t, err, &over)
	require.Equal(t, &money.OverflowError{Op: "add", Operands: []string{"92233720368547758.07 EUR", "0.01 EUR"}}, over)
	_, err = money.New(1, money.EUR).Convert(money.Currency{}, money.Percent(1), money.HalfUp)
	require.ErrorIs(t, err, money.ErrCurrency)
	_, err = money.New(1, money.EUR).Convert(money.JPY, money.MustRate("0.00000000000000001"), money.HalfUp)
	require.ErrorIs(t, err, money.ErrOutOfRange)
	_, err = money.New(1, money.EUR).MulRatio(1, 0, money.HalfUp)
	require.Equal(t, &money.RatioError{}, err)
	require.ErrorIs(t, err, money.ErrInvalid)
	_, err = money.New(1, money.EUR).Round(-5, money.HalfUp)
	require.ErrorIs(t, err, money.ErrInvalid)
	_, err = money.NewRate(1, 19)
	require.ErrorIs(t, err, money.ErrDecimals)
	_, err = money.NewPrice(1, 19, money.EUR)
	require.ErrorIs(t, err, money.ErrDecimals)
	_, err = money.NewPrice(1, 2, money.Currency{})
	require.ErrorIs(t, err, money.ErrCurrency)
	_, err = money.NewPrice(math.MaxInt64, 0, money.EUR)
	require.ErrorIs(t, err, money.ErrOutOfRange)
	_, err = money.MustPrice("1", money.EUR).Sub(money.MustPrice("1", money.USD))
	require.ErrorIs(t, err, money.ErrCurrency)
	_, err = money.MustPrice("1", money.EUR).MulRatio(1, 0, money.HalfUp)
	require.ErrorIs(t, err, money.ErrInvalid)
	_, err = money.ParseRate("0.0000000000000000001")
	require.ErrorIs(t, err, money.ErrDecimals)
	require.Panics(t, func() { money.MustRate("x") })
	require.Panics(t, func() { money.MustPrice("x", money.EUR) })
}
