package pricing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// shop is a small configuration for tests to alter.
func shop() pricing.Config {
	return pricing.Config{
		Lists: []pricing.List{{ID: "base", Entries: []pricing.Entry{
			{SKU: "a", Unit: eur(1000)}, {SKU: "b", Unit: eur(2500)}, {SKU: "a", Unit: money.MustPrice("1100", money.JPY)},
		}}},
		Taxes:      []pricing.Tax{{Class: "standard", Rate: money.Percent(20)}},
		Promotions: []pricing.Promotion{{ID: "p", Percent: money.Percent(10)}},
	}
}

func basket() pricing.Basket {
	return pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{
		{ID: "1", SKU: "a", Quantity: 2, TaxClass: "standard"}, {ID: "2", SKU: "b", Quantity: 1},
	}}
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct {
		field string
		kind  error
		alter func(c *pricing.Config)
	}{
		{"rounding", flywheel.ErrInvalid, func(c *pricing.Config) { c.Rounding = 7 }},
		{"taxes[0].rate", flywheel.ErrOutOfRange, func(c *pricing.Config) { c.Taxes[0].Rate = money.Percent(-1) }},
		{"taxes[0].rate", flywheel.ErrOutOfRange, func(c *pricing.Config) { c.Taxes[0].Rate = money.Percent(1001) }},
		{"taxes[0].rate", flywheel.ErrOutOfRange, func(c *pricing.Config) { c.Taxes[0].Rate = money.MustRate("0.0000000001") }},
		{"taxes[1].class", flywheel.ErrInvalid, func(c *pricing.Config) { c.Taxes = append(c.Taxes, c.Taxes[0]) }},
		{"taxes[0].class", flywheel.ErrInvalid, func(c *pricing.Config) { c.Taxes[0].Class = " x" }},
		{"basket_attributes", flywheel.ErrInvalid, func(c *pricing.Config) { c.BasketAttributes = map[string]rule.Type{"subtotal": rule.String} }},
		{"line_attributes", flywheel.ErrInvalid, func(c *pricing.Config) { c.LineAttributes = map[string]rule.Type{"a..b": rule.String} }},
		{"lists[0].id", flywheel.ErrInvalid, func(c *pricing.Config) { c.Lists[0].ID = "" }},
		{"lists[1].id", flywheel.ErrInvalid, func(c *pricing.Config) { c.Lists = append(c.Lists, c.Lists[0]) }},
		{"lists[0].kind", flywheel.ErrInvalid, func(c *pricing.Config) { c.Lists[0].Kind = 3 }},
		{"lists[0].groups[1]", flywheel.ErrInvalid, func(c *pricing.Config) { c.Lists[0].Groups = []string{"x", ""} }},
		{"lists[0].ends", flywheel.ErrInvalid, func(c *pricing.Config) { c.Lists[0].Starts, c.Lists[0].Ends = noon, noon }},
		{"lists[0].entries[1].sku", flywheel.ErrInvalid, func(c *pricing.Config) { c.Lists[0].Entries[1].SKU = "" }},
		{"lists[0].entries[1].unit", flywheel.ErrInvalid, func(c *pricing.Config) { c.Lists[0].Entries[1].Unit = money.Price{} }},
		{"lists[0].entries[1].unit", flywheel.ErrOutOfRange, func(c *pricing.Config) { c.Lists[0].Entries[1].Unit = eur(-1) }},
		{"lists[0].entries[1].unit", flywheel.ErrOutOfRange, func(c *pricing.Config) { c.Lists[0].Entries[1].Unit = money.MustPrice("0.000000000001", money.EUR) }},
		{"lists[0].entries[0].min_quantity", flywheel.ErrOutOfRange, func(c *pricing.Config) { c.Lists[0].Entries[0].MinQuantity = -1 }},
		{"lists[0].entries[0].max_quantity", flywheel.ErrOutOfRange, func(c *pricing.Config) {
			c.Lists[0].Entries[0].MinQuantity, c.Lists[0].Entries[0].MaxQuantity = 3, 2
		}},
		{"promotions[0].id", flywheel.ErrLimit, func(c *pricing.Config) { c.Promotions[0].ID = strings.Repeat("x", 256) }},
		{"promotions[1].id", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions = append(c.Promotions, c.Promotions[0]) }},
		{"promotions[0].level", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].Level = 3 }},
		{"promotions[0].percent_base", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].PercentBase = 2 }},
		{"promotions[0].minimum_base", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].MinimumBase = 2 }},
		{"promotions[0].percent", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].Percent = money.Rate{} }},
		{"promotions[0].percent", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].Amount = money.New(1, money.EUR) }},
		{"promotions[0].percent", flywheel.ErrOutOfRange, func(c *pricing.Config) { c.Promotions[0].Percent = money.Percent(101) }},
		{"promotions[0].percent", flywheel.ErrOutOfRange, func(c *pricing.Config) { c.Promotions[0].Percent = money.Percent(-5) }},
		{"promotions[0].amount", flywheel.ErrOutOfRange, func(c *pricing.Config) {
			c.Promotions[0].Percent, c.Promotions[0].Amount = money.Rate{}, money.New(-5, money.EUR)
		}},
		{"promotions[0].amount", flywheel.ErrInvalid, func(c *pricing.Config) {
			c.Promotions[0].Percent, c.Promotions[0].Amount = money.Rate{}, money.New(5, money.Currency{})
		}},
		{"promotions[0].minimum", flywheel.ErrInvalid, func(c *pricing.Config) {
			c.Promotions[0].Maximum, c.Promotions[0].Minimum = money.New(5, money.EUR), money.New(5, money.USD)
		}},
		{"promotions[0].maximum", flywheel.ErrOutOfRange, func(c *pricing.Config) { c.Promotions[0].Maximum = money.New(0, money.EUR) }},
		{"promotions[0].skus[0]", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].SKUs = []flywheel.SKU{""} }},
		{"promotions[0].coupon", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].Coupon = "\x00" }},
		{"promotions[0].ends", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].Starts, c.Promotions[0].Ends = noon, noon.Add(-1) }},
		{"promotions[0].when", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].When = json.RawMessage(`{"subtotal":{"$above":1}}`) }},
		{"promotions[0].when", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].When = json.RawMessage(`{"secret":1}`) }},
		{"promotions[0].lines", flywheel.ErrInvalid, func(c *pricing.Config) { c.Promotions[0].Lines = json.RawMessage(`{`) }},
	} {
		config := shop()
		c.alter(&config)
		_, err := pricing.Compile(config)
		var at *pricing.FieldError
		require.ErrorAs(t, err, &at, c.field)
		require.Equal(t, c.field, at.Field, err)
		require.ErrorIs(t, err, c.kind, c.field)
	}
}

func TestQuoteRefuses(t *testing.T) {
	e, err := pricing.Compile(shop())
	require.NoError(t, err)
	many := func(n int) (lines []pricing.Line) {
		for i := range n {
			lines = append(lines, pricing.Line{ID: fmt.Sprint(i), SKU: "a", Quantity: 1})
		}
		return append(lines, pricing.Line{ID: "0", SKU: "a", Quantity: 1})
	}
	for _, c := range []struct {
		field string
		kind  error
		alter func(b *pricing.Basket)
	}{
		{"currency", flywheel.ErrInvalid, func(b *pricing.Basket) { b.Currency = money.Currency{} }},
		{"at", flywheel.ErrInvalid, func(b *pricing.Basket) { b.At = time.Time{} }},
		{"customer", flywheel.ErrInvalid, func(b *pricing.Basket) { b.Customer = "\n" }},
		{"groups[0]", flywheel.ErrInvalid, func(b *pricing.Basket) { b.Groups = []string{""} }},
		{"lines[1].id", flywheel.ErrInvalid, func(b *pricing.Basket) { b.Lines[1].ID = "" }},
		{"lines[1].id", flywheel.ErrInvalid, func(b *pricing.Basket) { b.Lines[1].ID = "1" }},
		{"lines[100].id", flywheel.ErrInvalid, func(b *pricing.Basket) { b.Lines = many(100) }},
		{"lines[1].sku", flywheel.ErrInvalid, func(b *pricing.Basket) { b.Lines[1].SKU = "" }},
		{"lines[0].quantity", flywheel.ErrInvalid, func(b *pricing.Basket) { b.Lines[0].Quantity = 0 }},
		{"lines[0].quantity", flywheel.ErrInvalid, func(b *pricing.Basket) { b.Lines[0].Quantity = -1 }},
		{"lines[0].quantity", flywheel.ErrOutOfRange, func(b *pricing.Basket) { b.Lines[0].Quantity = math.MaxInt64 }},
		{"lines[1]", flywheel.ErrOutOfRange, func(b *pricing.Basket) { b.Lines[0].Agreed, b.Lines[0].Quantity = eur(math.MaxInt64), 1 }},
		{"lines[0].total", flywheel.ErrOutOfRange, func(b *pricing.Basket) {
			b.Lines[0].Agreed, b.Lines[0].Quantity, b.Lines = eur(math.MaxInt64), 1, b.Lines[:1]
		}},
		{"lines[0].agreed", money.ErrCurrency, func(b *pricing.Basket) { b.Lines[0].Agreed = money.MustPrice("1", money.USD) }},
		{"lines[0].agreed", flywheel.ErrOutOfRange, func(b *pricing.Basket) { b.Lines[0].Agreed = eur(-1) }},
		{"lines[1].tax_class", pricing.ErrTaxClass, func(b *pricing.Basket) { b.Lines[1].TaxClass = "luxury" }},
	} {
		b := basket()
		c.alter(&b)
		q := pricing.Quote{Total: money.New(1, money.EUR)}
		err := e.QuoteInto(&q, &b)
		var at *pricing.FieldError
		require.ErrorAs(t, err, &at, c.field)
		require.Equal(t, c.field, at.Field, err)
		require.ErrorIs(t, err, c.kind, c.field)
		require.Empty(t, q.Lines)
		require.True(t, q.Total.IsZero())
	}
}

// The greatest amount leaves no room for a tax; half of it does.
func TestGreatestAmount(t *testing.T) {
	c := shop()
	c.Promotions[0].Percent = money.Percent(50)
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	b := basket()
	b.Lines = b.Lines[:1]
	b.Lines[0].Agreed, b.Lines[0].Quantity = eur(math.MaxInt64), 1
	q, err := e.Quote(b)
	require.NoError(t, err)
	checkLaws(t, &q)
	require.Equal(t, int64(4611686018427387903), q.Net.Minor()) // 2^63-1 less its half, which rounds up
}

func TestRefusals(t *testing.T) {
	full := pricing.Promotion{ID: "p", Percent: money.Percent(10)}
	for _, c := range []struct {
		want  pricing.Refusal
		alter func(p *pricing.Promotion)
	}{
		{pricing.Refusal{Promotion: "p", Reason: pricing.ReasonCurrency}, func(p *pricing.Promotion) { p.Maximum = money.New(1, money.USD) }},
		{pricing.Refusal{Promotion: "p", Reason: pricing.ReasonNotStarted}, func(p *pricing.Promotion) { p.Starts = noon.Add(1) }},
		{pricing.Refusal{Promotion: "p", Reason: pricing.ReasonEnded}, func(p *pricing.Promotion) { p.Ends = noon }},
		{pricing.Refusal{Promotion: "p", Reason: pricing.ReasonCoupon}, func(p *pricing.Promotion) { p.Coupon = "other" }},
		{pricing.Refusal{Promotion: "p", Reason: pricing.ReasonCondition}, func(p *pricing.Promotion) { p.When = json.RawMessage(`{"groups":"vip"}`) }},
		{pricing.Refusal{Promotion: "p", Reason: pricing.ReasonNoLine}, func(p *pricing.Promotion) { p.SKUs = []flywheel.SKU{"c"} }},
		{pricing.Refusal{Promotion: "p", Reason: pricing.ReasonNoLine}, func(p *pricing.Promotion) { p.Lines = json.RawMessage(`{"quantity":{"$gt":2}}`) }},
		{pricing.Refusal{Promotion: "p", Reason: pricing.ReasonMinimum, Missing: money.New(1240, money.EUR)}, func(p *pricing.Promotion) { p.Minimum = money.New(5740, money.EUR) }},
		{pricing.Refusal{Promotion: "p", Reason: pricing.ReasonNothingLeft}, func(p *pricing.Promotion) { p.Percent = money.MustRate("0.00001") }},
		{pricing.Refusal{Coupon: "other", Reason: pricing.ReasonUnknownCoupon}, func(p *pricing.Promotion) {}},
	} {
		p := full.Clone()
		c.alter(&p)
		b := basket()
		if c.want.Coupon != "" {
			b.Coupons = []string{c.want.Coupon}
		}
		config := shop()
		config.Promotions = []pricing.Promotion{p}
		require.NoError(t, p.Validate())
		q := quote(t, config, b)
		require.Equal(t, []pricing.Refusal{c.want}, q.Refused)
	}
}

// "A start is inclusive and an end exclusive", to the nanosecond.
func TestWindow(t *testing.T) {
	c := shop()
	c.Promotions[0].Starts, c.Promotions[0].Ends = noon, noon.Add(time.Hour)
	for at, applies := range map[time.Duration]bool{-1: false, 0: true, time.Hour - 1: true, time.Hour: false} {
		b := basket()
		b.At = noon.Add(at)
		require.Equal(t, applies, len(quote(t, c, b).Applied) == 1, at)
	}
}

// What the customer did not enter a code for stays closed, whatever its case.
func TestCouponsCompareWithoutCase(t *testing.T) {
	c := shop()
	c.Promotions[0].Coupon = "Spring26"
	b := basket()
	b.Coupons = []string{"sPRING26"}
	q := quote(t, c, b)
	require.Len(t, q.Applied, 1)
	require.Empty(t, q.Refused)
}

// 5.00 off each of three units of 4.00 is no more than the 12.00 there are.
func TestFixedAmountPerUnitIsCapped(t *testing.T) {
	c := pricing.Config{Promotions: []pricing.Promotion{{ID: "p", Amount: money.New(500, money.EUR)}}}
	b := pricing.Basket{Lines: []pricing.Line{{ID: "1", SKU: "x", Quantity: 3, Agreed: eur(400)}, {ID: "2", SKU: "y", Quantity: 2, Agreed: eur(700)}}}
	q := quote(t, c, b)
	require.Equal(t, money.New(0, money.EUR), q.Lines[0].Total)
	require.Equal(t, money.New(400, money.EUR), q.Lines[1].Total)
	// Also where the product of amount and quantity is beyond int64.
	c.Promotions[0].Amount = money.New(math.MaxInt64, money.EUR)
	require.True(t, quote(t, c, b).Total.IsZero())
}

// 10 % off 20.00 and 25.00 would be 4.50; the maximum of 1.00 is shared 44 : 56.
func TestMaximumIsShared(t *testing.T) {
	c := shop()
	c.Promotions[0].Maximum = money.New(100, money.EUR)
	q := quote(t, c, basket())
	require.Equal(t, money.New(44, money.EUR), q.Lines[0].Discount)
	require.Equal(t, money.New(56, money.EUR), q.Lines[1].Discount)
	require.Equal(t, pricing.StepShare, q.Lines[0].Trace[1].Kind)
	require.Equal(t, []pricing.Applied{{Promotion: "p", Base: money.New(4500, money.EUR), Percent: money.Percent(10), Discount: money.New(100, money.EUR), Lines: 2}}, q.Applied)
}

func TestMixedTaxes(t *testing.T) {
	c := shop()
	c.Promotions = nil
	c.Lists = append(c.Lists, pricing.List{ID: "gross", Kind: pricing.Override, TaxIncluded: true, Entries: []pricing.Entry{{SKU: "b", Unit: eur(1200)}}})
	b := basket()
	b.Lines[1].TaxClass = "standard"
	q := quote(t, c, b)
	require.Equal(t, money.New(400, money.EUR), q.Lines[0].Tax) // 20 % on top of 20.00
	require.Equal(t, money.New(200, money.EUR), q.Lines[1].Tax) // within 12.00
	require.Equal(t, money.New(3600, money.EUR), q.Total)
	b.TaxExempt = true
	q = quote(t, c, b)
	require.True(t, q.Tax.IsZero())
	require.Equal(t, money.New(3000, money.EUR), q.Total)
	require.Equal(t, pricing.StepTaxRemoved, q.Lines[1].Trace[1].Kind)
}

// An agreed price of zero is a price; no agreed price is none.
func TestAgreedPriceOfZero(t *testing.T) {
	b := basket()
	b.Lines[0].Agreed = eur(0)
	q := quote(t, shop(), b)
	require.True(t, q.Lines[0].Total.IsZero())
	require.Empty(t, q.Lines[0].List)
	require.Equal(t, "base", q.Lines[1].List)
}

// The engine keeps nothing of what it was compiled from.
func TestCompileCopies(t *testing.T) {
	c := shop()
	c.Lists[0].Groups = []string{"vip"}
	c.Promotions[0].SKUs = []flywheel.SKU{"a"}
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	c.Lists[0].Groups[0] = "nobody"
	c.Lists[0].Entries[0].Unit = eur(1)
	c.Promotions[0].SKUs[0] = "b"
	b := basket()
	b.Groups = []string{"vip"}
	q, err := e.Quote(b)
	require.NoError(t, err)
	require.Equal(t, money.New(200, money.EUR), q.Lines[0].Discount)
}

// A quote survives JSON, and so do the names of all enumerations.
func TestQuoteAsJSON(t *testing.T) {
	q := quote(t, shop(), basket())
	data, err := json.Marshal(q)
	require.NoError(t, err)
	var back pricing.Quote
	require.NoError(t, json.Unmarshal(data, &back))
	again, err := json.Marshal(back)
	require.NoError(t, err)
	require.JSONEq(t, string(data), string(again))
	require.Contains(t, string(data), `"kind":"price"`)

	var kind pricing.ListKind
	require.ErrorIs(t, kind.UnmarshalText([]byte("Sale")), flywheel.ErrInvalid)
	var level pricing.Level
	require.ErrorIs(t, level.UnmarshalText([]byte("")), flywheel.ErrInvalid)
	var basis pricing.Basis
	require.ErrorIs(t, basis.UnmarshalText([]byte("x")), flywheel.ErrInvalid)
	var step pricing.StepKind
	require.ErrorIs(t, step.UnmarshalText([]byte("x")), flywheel.ErrInvalid)
	_, err = pricing.StepKind(99).MarshalText()
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.Equal(t, "value(99)", pricing.Level(99).String())
}

// known fails unless an error names a field and is of a kind.
func known(t *testing.T, err error) {
	t.Helper()
	var at *pricing.FieldError
	require.ErrorAs(t, err, &at)
	for _, kind := range []error{flywheel.ErrInvalid, flywheel.ErrOutOfRange, flywheel.ErrLimit, flywheel.ErrNotFound} {
		if errors.Is(err, kind) {
			return
		}
	}
	t.Fatalf("an error of no kind: %v", err)
}

// FuzzCompile reads configurations and baskets as JSON: whatever comes in, an
// answer keeps the laws or is an error of a kind.
func FuzzCompile(f *testing.F) {
	config, err := json.Marshal(shop())
	require.NoError(f, err)
	lines, err := json.Marshal(basket())
	require.NoError(f, err)
	f.Add(config, lines)
	f.Add([]byte(`{"promotions":[{"id":"p","level":"order","percent":"0.5","when":{"groups":{"$in":["a"]}},"lines":{"sku":"a"}}],"rounding":"up"}`), lines)
	f.Fuzz(func(t *testing.T, config, basket []byte) {
		c, err := pricing.ReadConfig(config)
		if err != nil {
			known(t, err)
			return
		}
		b, err := pricing.ReadBasket(basket)
		if err != nil {
			known(t, err)
			return
		}
		e, err := pricing.Compile(c)
		if err != nil {
			known(t, err)
			return
		}
		q, err := e.Quote(b)
		if err != nil {
			known(t, err)
			return
		}
		checkLaws(t, &q)
	})
}
