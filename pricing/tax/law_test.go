package tax_test

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/internal/exact"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// checkLaws: net and tax make gross, components make tax, lines make rates and
// rates make the total.
func checkLaws(t require.TestingT, s *tax.Statement) {
	consistent := func(x *tax.Sums, parts []tax.Component) {
		sum, err := x.Net.Add(x.Tax)
		require.NoError(t, err)
		require.Equal(t, x.Gross, sum, "net and tax make gross")
		if parts == nil {
			return
		}
		var tax money.Amount
		for _, p := range parts {
			tax, err = tax.Add(p.Amount)
			require.NoError(t, err)
			require.GreaterOrEqual(t, p.Amount.Sign(), 0)
		}
		require.Equal(t, x.Tax.Minor(), tax.Minor(), "components make the tax")
	}
	var lines, rates [3]int64
	for i := range s.Lines {
		l := &s.Lines[i]
		consistent(&l.Sums, l.Components)
		require.GreaterOrEqual(t, l.Net.Sign(), 0)
		require.GreaterOrEqual(t, l.Tax.Sign(), 0)
		lines[0], lines[1], lines[2] = lines[0]+l.Net.Minor(), lines[1]+l.Tax.Minor(), lines[2]+l.Gross.Minor()
	}
	for i := range s.Rates {
		r := &s.Rates[i]
		consistent(&r.Sums, r.Components)
		rates[0], rates[1], rates[2] = rates[0]+r.Net.Minor(), rates[1]+r.Tax.Minor(), rates[2]+r.Gross.Minor()
	}
	consistent(&s.Sums, nil)
	require.Equal(t, [3]int64{s.Net.Minor(), s.Tax.Minor(), s.Gross.Minor()}, lines, "lines make the total")
	require.Equal(t, lines, rates, "rates make the total")
}

func randomTaxes() *rapid.Generator[[]tax.Tax] {
	return rapid.Custom(func(t *rapid.T) []tax.Tax {
		taxes := []tax.Tax{}
		for i := range rapid.IntRange(0, 3).Draw(t, "taxes") {
			rate, err := money.NewRate(rapid.Int64Range(0, 30_000).Draw(t, "rate"), 5)
			require.NoError(t, err)
			taxes = append(taxes, tax.Tax{Code: "T" + strconv.Itoa(i), Rate: rate, Compound: rapid.Bool().Draw(t, "compound")})
		}
		return taxes
	})
}

// The statement agrees with one computed with rationals.
func TestAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := tax.Rule{Scope: tax.Scope(rapid.IntRange(0, 2).Draw(t, "scope")), Rounding: money.Rounding(rapid.IntRange(0, 6).Draw(t, "rounding"))}
		lists := rapid.SliceOfN(randomTaxes(), 1, 2).Draw(t, "lists")
		included := rapid.Bool().Draw(t, "included")
		var lines []tax.Line
		for i := range rapid.IntRange(1, 6).Draw(t, "lines") {
			scale := rapid.IntRange(2, 4).Draw(t, "scale")
			unit, err := money.NewPrice(rapid.Int64Range(0, 100_000).Draw(t, "unit"), scale, money.EUR)
			require.NoError(t, err)
			l := tax.Line{ID: strconv.Itoa(i), Unit: unit, Quantity: rapid.Int64Range(1, 40).Draw(t, "quantity"), Taxes: rapid.SampledFrom(lists).Draw(t, "list"), Included: included, Exempt: rapid.IntRange(0, 5).Draw(t, "exempt") == 0}
			whole, err := unit.Times(l.Quantity, money.Down)
			require.NoError(t, err)
			l.Discount = money.New(rapid.Int64Range(0, whole.Minor()).Draw(t, "discount"), money.EUR)
			lines = append(lines, l)
		}
		s, err := rule.Compute(lines...)
		require.NoError(t, err)
		checkLaws(t, &s)
		for i := range lines {
			l, got := &lines[i], &s.Lines[i]
			base := exactBase(l)
			fixed := exact.Round(base, rule.Rounding).Int64() // net, or gross where the price includes tax
			part, _ := factor(l)
			units := big.NewRat(1, 1)
			if rule.Scope == tax.PerUnit {
				units.SetInt64(l.Quantity)
			}
			owed := exact.Round(new(big.Rat).Quo(new(big.Rat).Mul(base, part), units), rule.Rounding).Int64() * units.Num().Int64()
			if rule.Scope == tax.PerRate {
				owed = fixed - got.Net.Minor() // checked below
				if !included {
					owed = got.Tax.Minor()
				}
			}
			if included {
				owed = min(owed, fixed)
			} else if l.Exempt {
				owed = 0
			}
			net := fixed
			if included {
				net -= owed
			}
			require.Equal(t, net, got.Net.Minor())
			if l.Exempt {
				owed = 0
			}
			require.Equal(t, owed, got.Tax.Minor())
		}
		if rule.Scope != tax.PerRate {
			return
		}
		for _, r := range s.Rates {
			sum, part, most := new(big.Rat), new(big.Rat), int64(0)
			for i := range lines {
				if lines[i].Exempt == r.Exempt && slices.Equal(lines[i].Taxes, r.Taxes) {
					sum.Add(sum, exactBase(&lines[i]))
					most += exact.Round(exactBase(&lines[i]), rule.Rounding).Int64()
					part, _ = factor(&lines[i])
				}
			}
			want := exact.Round(new(big.Rat).Mul(sum, part), rule.Rounding).Int64()
			if included {
				want = min(want, most)
			}
			if r.Exempt {
				want = 0
			}
			require.Equal(t, want, r.Tax.Minor())
		}
	})
}

// exactBase is the amount of a line in cents.
func exactBase(l *tax.Line) *big.Rat {
	unit := new(big.Rat).SetFrac(big.NewInt(l.Unit.Coefficient()), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(l.Unit.Scale()-2)), nil))
	unit.Mul(unit, new(big.Rat).SetInt64(l.Quantity))
	return unit.Sub(unit, new(big.Rat).SetInt64(l.Discount.Minor()))
}

// factor is the part of a line's amount that its tax is.
func factor(l *tax.Line) (part, total *big.Rat) {
	total = new(big.Rat)
	for _, x := range l.Taxes {
		rate, _ := new(big.Rat).SetString(x.Rate.String())
		if x.Compound {
			rate.Mul(rate, new(big.Rat).Add(big.NewRat(1, 1), total))
		}
		total.Add(total, rate)
	}
	if l.Included {
		return new(big.Rat).Quo(total, new(big.Rat).Add(big.NewRat(1, 1), total)), total
	}
	return total, total
}

func TestComputeRefuses(t *testing.T) {
	vat := []tax.Tax{{Code: "VAT", Rate: money.MustRate("0.2")}}
	good := tax.Line{ID: "a", Unit: money.MustPrice("10", money.EUR), Quantity: 1, Taxes: vat}
	for _, c := range []struct {
		name, field string
		kind        error
		change      func(l *tax.Line)
	}{
		{"no price", "lines[1].unit", flywheel.ErrInvalid, func(l *tax.Line) { l.Unit = money.Price{} }},
		{"negative price", "lines[1].unit", flywheel.ErrInvalid, func(l *tax.Line) { l.Unit = money.MustPrice("-1", money.EUR) }},
		{"other currency", "lines[1].unit", flywheel.ErrInvalid, func(l *tax.Line) { l.Unit = money.MustPrice("1", money.USD) }},
		{"no quantity", "lines[1].quantity", flywheel.ErrInvalid, func(l *tax.Line) { l.Quantity = 0 }},
		{"negative quantity", "lines[1].quantity", flywheel.ErrInvalid, func(l *tax.Line) { l.Quantity = -1 }},
		{"overflow", "lines[1].quantity", flywheel.ErrOutOfRange, func(l *tax.Line) { l.Quantity = math.MaxInt64 }},
		{"overflow with tax", "lines[1].taxes", flywheel.ErrOutOfRange, func(l *tax.Line) {
			l.Unit, l.Taxes = money.PriceOf(money.New(math.MaxInt64-5, money.EUR)), []tax.Tax{{Code: "X", Rate: money.MustRate("10")}}
		}},
		{"sum overflows", "lines[1]", flywheel.ErrOutOfRange, func(l *tax.Line) {
			l.Unit, l.Taxes = money.PriceOf(money.New(math.MaxInt64-5, money.EUR)), nil
		}},
		{"negative discount", "lines[1].discount", flywheel.ErrInvalid, func(l *tax.Line) { l.Discount = money.New(-1, money.EUR) }},
		{"discount above the line", "lines[1].discount", flywheel.ErrInvalid, func(l *tax.Line) { l.Discount = money.New(1001, money.EUR) }},
		{"discount in another currency", "lines[1].discount", flywheel.ErrInvalid, func(l *tax.Line) { l.Discount = money.New(1, money.USD) }},
		{"negative rate", "lines[1].taxes[0].rate", flywheel.ErrOutOfRange, func(l *tax.Line) { l.Taxes = []tax.Tax{{Code: "X", Rate: money.MustRate("-0.1")}} }},
		{"rate above its bound", "lines[1].taxes[0].rate", flywheel.ErrOutOfRange, func(l *tax.Line) { l.Taxes = []tax.Tax{{Code: "X", Rate: money.MustRate("10.1")}} }},
		{"too many decimals", "lines[1].taxes[0].rate", flywheel.ErrInvalid, func(l *tax.Line) { l.Taxes = []tax.Tax{{Code: "X", Rate: money.MustRate("0.0123456789")}} }},
		{"no code", "lines[1].taxes[0].code", flywheel.ErrInvalid, func(l *tax.Line) { l.Taxes = []tax.Tax{{Rate: money.MustRate("0.1")}} }},
		{"the same code", "lines[1].taxes[1].code", flywheel.ErrInvalid, func(l *tax.Line) { l.Taxes = append(slices.Clone(vat), vat...) }},
		{"too many taxes", "lines[1].taxes", flywheel.ErrInvalid, func(l *tax.Line) { l.Taxes = make([]tax.Tax, 17) }},
		{"compound rates too fine", "lines[1].taxes[2].rate", flywheel.ErrOutOfRange, func(l *tax.Line) {
			fine := money.MustRate("0.123456789")
			l.Taxes = []tax.Tax{{Code: "A", Rate: fine}, {Code: "B", Rate: fine, Compound: true}, {Code: "C", Rate: fine, Compound: true}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := good
			c.change(&bad)
			_, err := tax.Rule{}.Compute(good, bad)
			require.ErrorIs(t, err, c.kind)
			var f *tax.FieldError
			require.ErrorAs(t, err, &f)
			require.Equal(t, c.field, f.Field)
		})
	}
	_, err := tax.Rule{Scope: 9}.Compute(good)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = tax.Rule{Rounding: 99}.Compute(good)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	s, err := tax.Rule{}.Compute()
	require.NoError(t, err)
	require.Empty(t, s.Lines)

	_, err = tax.Rule{}.Shipping(money.New(-1, money.EUR), true, s.Rates)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = tax.Rule{}.Shipping(money.New(1, money.EUR), true, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = tax.Rule{}.Shipping(money.New(1, money.EUR), true, []tax.RateTax{{Sums: tax.Sums{Net: money.New(-5, money.EUR)}}})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	free, err := tax.Rule{}.Shipping(money.New(500, money.EUR), true, []tax.RateTax{{Taxes: vat}, {Taxes: nil}})
	require.NoError(t, err)
	require.Equal(t, []int64{250, 250}, []int64{free.Lines[0].Gross.Minor(), free.Lines[1].Gross.Minor()})
}

// A discount that takes all of a line whose amount was rounded up.
func TestWholeLineTakenOff(t *testing.T) {
	s, err := tax.Rule{}.Compute(tax.Line{Unit: money.MustPrice("0.0125", money.EUR), Quantity: 2, Discount: money.New(3, money.EUR)})
	require.NoError(t, err)
	require.True(t, s.Gross.IsZero())
}

// One cent of goods bears all of the delivery; goods that are all free bear it alike.
func TestShippingFollowsACent(t *testing.T) {
	cents := func(n int64) money.Amount { return money.New(n, money.EUR) }
	goods := func(net int64, percent int64) tax.RateTax {
		return tax.RateTax{Taxes: []tax.Tax{{Code: "VAT", Rate: money.Percent(percent)}}, Sums: tax.Sums{Net: cents(net)}}
	}
	for _, c := range []struct{ first, want int64 }{{1, 100}, {0, 50}} {
		s, err := tax.Rule{}.Shipping(cents(500), false, []tax.RateTax{goods(c.first, 20), goods(0, 0)})
		require.NoError(t, err)
		require.Equal(t, cents(c.want), s.Tax)
	}
}
