package pricing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

func canada(scope tax.Scope, each bool) pricing.Config {
	gst, pst := tax.Tax{Code: "GST", Rate: money.MustRate("0.05")}, tax.Tax{Code: "PST", Rate: money.MustRate("0.07")}
	qst := tax.Tax{Code: "QST", Rate: money.MustRate("0.09975")}
	return pricing.Config{TaxScope: scope, TaxEach: each, Taxes: []pricing.Tax{
		{Components: []tax.Tax{gst, pst}}, {Class: "gst", Components: []tax.Tax{gst}}, {Class: "qc", Components: []tax.Tax{gst, qst}},
		{Class: "old", Components: []tax.Tax{gst, {Code: "QST", Rate: money.MustRate("0.095"), Compound: true}}}, {Class: "zero"}, {Class: "hst", Rate: money.MustRate("0.13")},
	}}
}

// Two taxes that are owed to two authorities are 5 % and 7 % of 38.48, not shares
// of 12 % of it (1.924 and 2.6936; together 4.6176).
func TestEachTaxIsRounded(t *testing.T) {
	cad := money.EUR // the helper prices in it; it has two decimals as well
	line := func(id, unit, class string, quantity int64) pricing.Line {
		return pricing.Line{ID: id, SKU: "a", Quantity: quantity, Agreed: money.MustPrice(unit, cad), TaxClass: class}
	}
	ask := func(c pricing.Config, post int64, lines ...pricing.Line) pricing.Quote {
		b := pricing.Basket{Currency: cad, At: noon, Lines: lines}
		if post > 0 {
			b.Shipping = []pricing.Shipping{{ID: "post", Amount: money.New(post, cad)}}
		}
		q := quote(t, c, b)
		checkLaws(t, &q)
		return q
	}
	parts := func(l pricing.QuoteLine) string {
		text := l.Tax.Decimal().String()
		for _, p := range l.Taxes {
			text += fmt.Sprintf(" %s %s", p.Code, p.Tax.Decimal())
		}
		return text
	}
	for _, scope := range []tax.Scope{tax.PerLine, tax.PerUnit, tax.PerRate} {
		q := ask(canada(scope, true), 0, line("1", "38.48", "", 1))
		require.Equal(t, "4.61 GST 1.92 PST 2.69", parts(q.Lines[0]), scope)
		require.Equal(t, "43.09 EUR", q.Total.String())
	}
	require.Equal(t, "4.62 GST 1.93 PST 2.69", parts(ask(canada(tax.PerLine, false), 0, line("1", "38.48", "", 1)).Lines[0]))
	// 10.10 and 10.10: GST of 20.20 is 1.01, QST 0.7070 of the first alone.
	q := ask(canada(tax.PerRate, true), 0, line("1", "10.10", "", 1), line("2", "10.10", "gst", 1))
	require.Equal(t, "1.72 EUR", q.Tax.String())
	// Delivery like the goods says of which taxes it is: 9.99 at 5 % and 7 %.
	q = ask(canada(tax.PerLine, true), 999, line("1", "38.48", "", 1))
	require.Equal(t, "1.2 GST 0.5 PST 0.7", parts(q.Shipping[0]))
	q = ask(canada(tax.PerRate, true), 999, line("1", "38.48", "", 1))
	require.Equal(t, "5.81 EUR", q.Tax.String()) // 48.47: 2.4235 and 3.3929
	// Quebec before 2013: QST on the price and GST.
	require.Equal(t, "14.99 GST 5.01 QST 9.98", parts(ask(canada(tax.PerLine, true), 0, line("1", "100.10", "old", 1)).Lines[0]))
}

// The engine and [tax.Rule], which share no code for it, come to the same.
func TestEachTaxAgreesWithTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := canada(tax.Scope(rapid.IntRange(0, 2).Draw(t, "scope")), true)
		c.Rounding = money.Rounding(rapid.IntRange(0, 6).Draw(t, "rounding"))
		b := pricing.Basket{Currency: money.EUR, At: noon, TaxExempt: rapid.IntRange(0, 9).Draw(t, "exempt") == 0}
		var lines []tax.Line
		for i := range rapid.IntRange(1, 6).Draw(t, "lines") {
			of := c.Taxes[rapid.IntRange(0, len(c.Taxes)-1).Draw(t, "class")]
			unit, err := money.NewPrice(rapid.Int64Range(100, 500_000).Draw(t, "unit"), 2+rapid.IntRange(0, 2).Draw(t, "finer"), money.EUR)
			require.NoError(t, err)
			included, n := rapid.Bool().Draw(t, "included"), rapid.Int64Range(1, 9).Draw(t, "quantity")
			b.Lines = append(b.Lines, pricing.Line{ID: fmt.Sprint(i), SKU: "a", Quantity: n, Agreed: unit, TaxIncluded: included, TaxClass: of.Class})
			taxes := of.Components
			if taxes == nil && !of.Rate.IsZero() {
				taxes = []tax.Tax{{Code: "VAT", Rate: of.Rate}}
			}
			lines = append(lines, tax.Line{ID: fmt.Sprint(i), Unit: unit, Quantity: n, Taxes: taxes, Included: included, Exempt: b.TaxExempt})
		}
		e, err := pricing.Compile(c)
		require.NoError(t, err)
		q, err := e.Quote(b)
		require.NoError(t, err)
		checkLaws(t, &q)
		s, err := tax.Rule{Scope: c.TaxScope, Rounding: c.Rounding, Each: true}.Compute(lines...)
		require.NoError(t, err)
		for i := range s.Lines {
			require.Equal(t, s.Lines[i].Net, q.Lines[i].Net)
			require.Equal(t, s.Lines[i].Tax, q.Lines[i].Tax)
			for k, part := range q.Lines[i].Taxes {
				if !b.TaxExempt {
					require.Equal(t, s.Lines[i].Components[k].Amount, part.Tax)
				}
			}
		}
	})
}

// A voucher of 10.00 makes the total 10.00 less, also of prices without tax.
func TestVoucherWithTax(t *testing.T) {
	voucher := func(level pricing.Level) pricing.Config {
		return pricing.Config{
			Taxes:      []pricing.Tax{{Rate: money.MustRate("0.19")}, {Class: "books", Rate: money.MustRate("0.07")}, {Class: "zero"}},
			Promotions: []pricing.Promotion{{ID: "voucher", Level: level, Amount: cents(1000), WithTax: true}},
		}
	}
	net := func(id, unit, class string, n int64) pricing.Line {
		return pricing.Line{ID: id, SKU: flywheel.SKU(id), Quantity: n, Agreed: money.MustPrice(unit, money.EUR), TaxClass: class}
	}
	for _, scope := range []tax.Scope{tax.PerLine, tax.PerUnit, tax.PerRate} {
		c := voucher(pricing.OrderLevel)
		c.TaxScope = scope
		q := quote(t, c, pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{net("1", "100.00", "", 1)}})
		require.Equal(t, []money.Amount{cents(10900), cents(1740), cents(840)}, []money.Amount{q.Total, q.Tax, q.Discount})
	}
	// A line at a time it is 10.00 off each unit.
	q := quote(t, voucher(pricing.LineLevel), pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{net("1", "100.00", "", 2), net("2", "5.00", "books", 1)}})
	require.Equal(t, cents(23800-2000), q.Total)
	// More than there is is all there is; a floor holds in the basis of its price.
	q = quote(t, voucher(pricing.OrderLevel), pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{net("1", "3.00", "", 1)}})
	require.True(t, q.Total.IsZero())
	floored := net("1", "10.00", "", 1)
	floored.Floor = money.MustPrice("8.00", money.EUR)
	q = quote(t, voucher(pricing.OrderLevel), pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{floored, net("2", "10.00", "zero", 1)}})
	require.Equal(t, cents(952), q.Lines[0].Total)
	require.Equal(t, cents(2190-1000), q.Total, "what the floor refuses the other line bears")
	// An exempt buyer pays no tax: the amount is off what is paid.
	q = quote(t, voucher(pricing.OrderLevel), pricing.Basket{Currency: money.EUR, At: noon, TaxExempt: true, Lines: []pricing.Line{net("1", "100.00", "", 1)}})
	require.Equal(t, cents(9000), q.Total)
	for name, change := range map[string]func(*pricing.Promotion){
		"with_tax":   func(p *pricing.Promotion) { p.Maximum = cents(1) },
		"deliveries": func(p *pricing.Promotion) { p.Deliveries = []string{"express"} },
		"per_unit":   func(p *pricing.Promotion) { p.WithTax, p.PerUnit, p.Level = false, true, pricing.LineLevel },
		"deliveries[0]": func(p *pricing.Promotion) {
			p.WithTax, p.Level, p.Deliveries = false, pricing.ShippingLevel, []string{""}
		},
		"maximum_per_line": func(p *pricing.Promotion) { p.MaximumPerLine = money.New(1, money.USD) },
	} {
		c := voucher(pricing.OrderLevel)
		change(&c.Promotions[0])
		_, err := pricing.Compile(c)
		var f *pricing.FieldError
		require.ErrorAs(t, err, &f, name)
		require.Equal(t, "promotions[0]."+name, f.Field)
	}
}

// Rates, quantities, currencies and prices at random: the total falls by exactly
// the voucher, the laws hold, and the order of the lines changes no sum.
func TestVoucherWithTaxIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]money.Currency{money.EUR, money.JPY, money.KWD}).Draw(t, "currency")
		rates := []string{"0", "0.025", "0.055", "0.07", "0.19", "0.2", "0.255", "1.5"}
		c := pricing.Config{TaxScope: tax.Scope(rapid.IntRange(0, 1).Draw(t, "scope")), Strategy: pricing.Strategy(rapid.IntRange(0, 1).Draw(t, "strategy"))}
		for i, r := range rates {
			c.Taxes = append(c.Taxes, pricing.Tax{Class: fmt.Sprint("c", i), Rate: money.MustRate(r)})
		}
		c.Promotions = []pricing.Promotion{{ID: "sale", Priority: 1, Percent: money.Percent(15), PerUnit: rapid.Bool().Draw(t, "per unit"), SKUs: []flywheel.SKU{"a"}}}
		b := pricing.Basket{Currency: currency, At: noon, TaxExempt: rapid.IntRange(0, 9).Draw(t, "exempt") == 0}
		for i := range rapid.IntRange(1, 6).Draw(t, "lines") {
			b.Lines = append(b.Lines, pricing.Line{
				ID: fmt.Sprint(i), SKU: rapid.SampledFrom([]flywheel.SKU{"a", "b"}).Draw(t, "sku"), Quantity: rapid.Int64Range(1, 9).Draw(t, "quantity"),
				Agreed:      money.PriceOf(money.New(rapid.Int64Range(100, 20_000).Draw(t, "unit"), currency)),
				TaxIncluded: rapid.Bool().Draw(t, "included"), TaxClass: fmt.Sprint("c", rapid.IntRange(0, len(rates)-1).Draw(t, "class")),
			})
		}
		total := func(c pricing.Config) (pricing.Quote, int64) {
			e, err := pricing.Compile(c)
			require.NoError(t, err)
			q, err := e.Quote(b)
			require.NoError(t, err)
			checkLaws(t, &q)
			if !b.TaxExempt {
				return q, q.Total.Minor()
			}
			paid := q.Total.Minor() // with what an exempt buyer is spared of included taxes
			for _, l := range q.Lines {
				if l.TaxIncluded {
					paid += l.Subtotal.Minor() - l.Discount.Minor() - l.Total.Minor()
				}
			}
			return q, paid
		}
		_, before := total(c)
		amount := rapid.Int64Range(1, 3000).Draw(t, "voucher")
		c.Promotions = append(c.Promotions, pricing.Promotion{ID: "voucher", Level: pricing.OrderLevel, Amount: money.New(amount, currency), WithTax: true})
		q, after := total(c)
		require.Equal(t, max(0, before-amount), after)
		for _, l := range q.Lines {
			if !b.TaxExempt && l.TaxRate.IsZero() {
				require.True(t, l.Tax.IsZero())
			}
		}
	})
}

// One price for all units of an offer: what is free lowers the tax of what is paid.
func TestBuyGetShared(t *testing.T) {
	c := pricing.Config{
		Taxes: []pricing.Tax{{Class: "toys", Rate: money.MustRate("0.2")}, {Class: "books"}},
		Promotions: []pricing.Promotion{{ID: "p", SKUs: []flywheel.SKU{"toy"}, Percent: money.Percent(100),
			BuyGet: &pricing.BuyGet{Buy: 2, Get: 1, Of: pricing.Of{SKUs: []flywheel.SKU{"book"}}, Shared: true}}},
	}
	toy, book := item("toy", "12.00", 2), item("book", "6.00", 1)
	toy.TaxClass, book.TaxClass = "toys", "books"
	for _, selection := range []pricing.Selection{pricing.GlobalCheapest, pricing.GroupDescending, pricing.MaxCustomerBenefit} {
		c.Promotions[0].BuyGet.Selection = selection
		q := quote(t, c, basketWith(toy, book))
		require.Equal(t, []money.Amount{cents(2400), cents(320)}, []money.Amount{q.Total, q.Tax})
		require.Equal(t, []money.Amount{cents(1920), cents(480)}, []money.Amount{q.Lines[0].Total, q.Lines[1].Total})
		checkLaws(t, &q)
		require.Equal(t, cents(600), q.Applied[0].Base, "the discount is that of the book")
	}
	// Only the dearest toys of an application bear a part; a third pays its price.
	third := item("toy", "3.00", 1)
	third.TaxClass = "toys"
	q := quote(t, c, basketWith(toy, third, book))
	require.Equal(t, cents(300), q.Lines[1].Total)
	// The same total as without sharing, whatever the offers.
	for seed := range 400 {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		c := pricing.Config{Promotions: []pricing.Promotion{{ID: "p", Percent: money.Percent(1 + r.Int64N(100)),
			BuyGet: &pricing.BuyGet{Buy: 1 + r.Int64N(3), Get: 1 + r.Int64N(2), Selection: pricing.Selection(r.IntN(3))}, Limit: r.Int64N(3)}}}
		var lines []pricing.Line
		for range 1 + r.IntN(4) {
			lines = append(lines, item([]string{"a", "b", "c"}[r.IntN(3)], fmt.Sprintf("%d.%02d", r.IntN(30), r.IntN(100)), 1+r.Int64N(5)))
		}
		if r.IntN(2) == 0 {
			c.Promotions[0].BuyGet.Of = pricing.Of{SKUs: []flywheel.SKU{"a"}}
		}
		apart := quote(t, c, basketWith(lines...))
		c.Promotions[0].BuyGet.Shared = true
		c.Strategy = pricing.Strategy(r.IntN(2))
		shared := quote(t, c, basketWith(lines...))
		require.Equal(t, apart.Total, shared.Total, "seed %d", seed)
		checkLaws(t, &shared)
	}
}

// A shop that shows 1.66 charges 1.66 for each.
func TestPercentPerUnit(t *testing.T) {
	off := func(perUnit string) string { return `[{"id":"p","percent":"0.15"` + perUnit + `}]` }
	require.EqualValues(t, 1160, totalOf(t, off(""), item("a", "1.95", 7)))
	require.EqualValues(t, 1162, totalOf(t, off(`,"per_unit":true`), item("a", "1.95", 7)))
	require.EqualValues(t, 1162, totalOf(t, off(`,"per_unit":true`), item("a", "1.95", 3), item("a", "1.95", 4)))
	require.EqualValues(t, 1162, totalOf(t, `[{"id":"p","per_unit":true,"tiers":[{"quantity":2,"percent":"0.15"}]}]`, item("a", "1.95", 7)))
	// 10 % off what a gift has left: nine of ten units at 0.99, each 0.89.
	require.EqualValues(t, 801, totalOf(t, `[{"id":"g","priority":2,"skus":["a"],"gift":{"skus":["a"],"quantity":1}},{"id":"p","percent":"0.1","per_unit":true}]`, item("a", "0.99", 10)))
	for seed := range 300 {
		r := rand.New(rand.NewPCG(uint64(seed), 9))
		currency := []money.Currency{money.EUR, money.JPY, money.KWD}[r.IntN(3)]
		c := pricing.Config{Rounding: money.Rounding(r.IntN(7)), Strategy: pricing.Strategy(r.IntN(2)), Promotions: []pricing.Promotion{
			{ID: "p", Percent: money.Percent(1 + r.Int64N(99)), PerUnit: true, PercentBase: pricing.Basis(r.IntN(2))}}}
		unit, n := money.New(1+r.Int64N(5000), currency), 1+r.Int64N(20)
		e, err := pricing.Compile(c)
		require.NoError(t, err)
		q, err := e.Quote(pricing.Basket{Currency: currency, At: noon, Lines: []pricing.Line{{ID: "1", SKU: "a", Quantity: n, Agreed: money.PriceOf(unit), TaxIncluded: true}}})
		require.NoError(t, err)
		one, err := unit.MulRate(c.Promotions[0].Percent, c.Rounding)
		require.NoError(t, err)
		require.Equal(t, n*(unit.Minor()-one.Minor()), q.Total.Minor())
		checkLaws(t, &q)
	}
}

// Standard delivery is free and express is not.
func TestPromotionOfOneDelivery(t *testing.T) {
	c := pricing.Config{Promotions: []pricing.Promotion{
		{ID: "free", Level: pricing.ShippingLevel, Price: money.MustPrice("0", money.EUR), Minimum: cents(5000), Deliveries: []string{"standard", "locker"}},
		{ID: "half", Level: pricing.ShippingLevel, Percent: money.Percent(50), Deliveries: []string{"courier"}},
	}}
	b := basketWith(item("a", "60", 1))
	for _, strategy := range []pricing.Strategy{pricing.InOrder, pricing.BestOf} {
		c.Strategy = strategy
		b.Shipping = []pricing.Shipping{{ID: "standard", Amount: cents(490)}, {ID: "express", Amount: cents(1990)}}
		q := quote(t, c, b)
		require.Equal(t, []money.Amount{cents(0), cents(1990)}, []money.Amount{q.Shipping[0].Total, q.Shipping[1].Total})
		require.Equal(t, pricing.ReasonNoLine, q.Refused[0].Reason)
		b.Shipping = b.Shipping[1:]
		q = quote(t, c, b)
		require.Equal(t, cents(6000+1990), q.Total)
	}
}

// odd gives promotions the options that they can have.
func odd(r *rand.Rand, c *pricing.Config) {
	c.TaxEach = r.IntN(2) == 0
	for i := range c.Promotions {
		p := &c.Promotions[i]
		before := *p
		switch {
		case p.BuyGet != nil:
			shared := *p.BuyGet
			shared.Shared = true
			p.BuyGet = &shared
		case p.Level == pricing.ShippingLevel:
			p.Deliveries = []string{"ship"}
		case !p.Percent.IsZero():
			p.PerUnit = true
		default:
			p.WithTax = true
		}
		if r.IntN(3) == 0 || p.Validate() != nil {
			*p = before
		}
	}
}

// With these options, too, the combination found is the best of all, and the laws
// hold.
func TestOptionsInTheBestCombination(t *testing.T) {
	seeds := 45
	if raceEnabled {
		seeds = 12
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(uint64(seed), 77))
		n := 2 + r.IntN(5)
		c, b := contest(r, n, 1+r.IntN(6), true)
		switch seed % 3 {
		case 1:
			c, b = season(r, n, 1+r.IntN(6))
		case 2:
			c, b = assortment(r, n, 1+r.IntN(6))
		}
		odd(r, &c)
		if len(c.Taxes) == 0 {
			c.Taxes = canada(tax.PerLine, false).Taxes
		}
		for i := range c.Promotions {
			c.Promotions[i].Coupon = "code" + c.Promotions[i].ID
			if g := c.Promotions[i].Group; g == "lines" {
				c.Promotions[i].Coupon = g
			}
		}
		c.Strategy = pricing.InOrder
		inOrder, err := pricing.Compile(c)
		require.NoError(t, err)
		c.Strategy = pricing.BestOf
		best, err := pricing.Compile(c)
		require.NoError(t, err)
		var most int64
		for subset := range 1 << n {
			b.Coupons = b.Coupons[:0]
			for i := range n {
				if subset>>i&1 == 1 {
					b.Coupons = append(b.Coupons, c.Promotions[i].Coupon)
				}
			}
			q, err := inOrder.Quote(b)
			require.NoError(t, err)
			checkLaws(t, &q)
			most = max(most, q.Discount.Minor())
		}
		q, err := best.Quote(b)
		require.NoError(t, err)
		require.Equal(t, most, q.Discount.Minor(), "seed %d", seed)
		checkLaws(t, &q)
	}
}

// A buyer can be exempt from the tax of some goods and not of others.
func TestExemptClasses(t *testing.T) {
	for _, scope := range []tax.Scope{tax.PerLine, tax.PerUnit, tax.PerRate} {
		for _, each := range []bool{false, true} {
			c := pricing.Config{TaxScope: scope, TaxEach: each, Taxes: []pricing.Tax{
				{Class: "aids", Rate: money.MustRate("0.2"), Exempt: true}, {Class: "goods", Rate: money.MustRate("0.2")},
			}}
			line := func(id, class string, included bool) pricing.Line {
				l := item(id, "120.00", 1)
				l.TaxClass, l.TaxIncluded = class, included
				return l
			}
			b := basketWith(line("a", "aids", true), line("b", "goods", true), line("c", "aids", false), line("d", "goods", false))
			q := quote(t, c, b)
			checkLaws(t, &q)
			require.Equal(t, []money.Amount{cents(10000), cents(12000), cents(12000), cents(14400)},
				[]money.Amount{q.Lines[0].Total, q.Lines[1].Total, q.Lines[2].Total, q.Lines[3].Total})
			// Delivery like the goods: half of it is exempt, of 10.00 with tax or without.
			for _, included := range []bool{false, true} {
				b := basketWith(line("a", "aids", true), line("b", "goods", true))
				b.Shipping = []pricing.Shipping{{ID: "post", Amount: cents(1200), TaxIncluded: included}}
				q := quote(t, c, b)
				checkLaws(t, &q)
				want := cents(600 + 720)
				if included {
					want = cents(500 + 600)
				}
				require.Equal(t, want, q.Shipping[0].Total)
			}
		}
	}
	b := basketWith(item("a", "119.00", 1), item("b", "119.00", 1))
	b.Lines[0].TaxClass = "standard"
	require.NoError(t, b.AskTaxes(t.Context(), provider{"": {Taxes: vat(19), Exempt: true}, "standard": {Taxes: vat(19)}}, tax.Place{Country: "DE"}))
	require.False(t, b.TaxExempt)
	q := quote(t, pricing.Config{Taxes: []pricing.Tax{{Class: "standard"}, {}}}, b)
	checkLaws(t, &q)
	require.Equal(t, []money.Amount{cents(11900), cents(10000)}, []money.Amount{q.Lines[0].Total, q.Lines[1].Total})
}

// A condition may ask for the hour alone, or for the weekday alone, in the zone of the
// basket's time.
func TestConditionsOnTime(t *testing.T) {
	for when, holds := range map[string]func(at time.Time) bool{
		`{"hour": {"$gte": 17}}`:                              func(at time.Time) bool { return at.Hour() >= 17 },
		`{"weekday": {"$in": [0, 6]}}`:                        func(at time.Time) bool { return at.Weekday() == time.Sunday || at.Weekday() == time.Saturday },
		`{"$not": {"weekday": 3}, "hour": {"$lt": 12}}`:       func(at time.Time) bool { return at.Weekday() != time.Wednesday && at.Hour() < 12 },
		`{"$or": [{"weekday": 5}, {"customer": "somebody"}]}`: func(at time.Time) bool { return at.Weekday() == time.Friday },
	} {
		engine, err := pricing.Compile(pricing.Config{
			Lists:      []pricing.List{{ID: "l", Entries: []pricing.Entry{listed("tea", "10")}}},
			Promotions: []pricing.Promotion{{ID: "p", Percent: money.Percent(10), When: json.RawMessage(when)}},
		})
		require.NoError(t, err)
		b := tea(1)
		for h := range 7 * 24 {
			b.At = at.Add(time.Duration(h) * time.Hour).In(time.FixedZone("east", 5*3600))
			q, err := engine.Quote(b)
			require.NoError(t, err)
			want := int64(1000)
			if holds(b.At) {
				want = 900
			}
			require.Equal(t, want, q.Total.Minor(), "%s at %s", when, b.At)
		}
	}
}
