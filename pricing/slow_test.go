package pricing_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/internal/exact"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

var baskets = flag.Int("baskets", 1000, "how many random baskets TestRandomBaskets compares")

// slowQuote is the answer of the slow evaluator, in minor units.
type slowQuote struct {
	lines   []slowLine
	applied []string // "id discount"
	refused []string // "id reason"
}

type slowLine struct {
	list                                string
	subtotal, discount, net, tax, total *big.Int
}

// slowly prices a basket with rationals, by the documentation alone.
func slowly(t *testing.T, c pricing.Config, b pricing.Basket) (q slowQuote) {
	var units []*big.Rat
	var included []bool
	running := []*big.Int{}
	for _, l := range b.Lines {
		price, gross, list := l.Agreed, l.TaxIncluded, ""
		if price == (money.Price{}) {
			price, gross, list = slowPrice(t, c, b, l)
		}
		unit := new(big.Rat).SetFrac(big.NewInt(price.Coefficient()), power(price.Scale()-b.Currency.Digits()))
		subtotal := exact.Round(new(big.Rat).Mul(unit, new(big.Rat).SetInt64(l.Quantity)), c.Rounding)
		units, included = append(units, unit), append(included, gross)
		running = append(running, new(big.Int).Set(subtotal))
		q.lines = append(q.lines, slowLine{list: list, subtotal: subtotal})
	}
	q.promote(t, c, b, units, running)
	for i, l := range b.Lines {
		line := &q.lines[i]
		line.discount = new(big.Int).Sub(line.subtotal, running[i])
		var rate money.Rate
		for _, tax := range c.Taxes {
			if tax.Class == l.TaxClass {
				rate = tax.Rate
			}
		}
		r := new(big.Rat).SetFrac(big.NewInt(rate.Coefficient()), power(rate.Scale()))
		if included[i] {
			r.Quo(r, new(big.Rat).Add(r, big.NewRat(1, 1)))
		} else if b.TaxExempt {
			r = new(big.Rat)
		}
		base := new(big.Rat).Mul(units[i], new(big.Rat).SetInt64(l.Quantity))
		base.Sub(base, new(big.Rat).SetInt(line.discount))
		if running[i].Sign() == 0 || base.Sign() < 0 {
			base = new(big.Rat)
		}
		line.tax = exact.Round(base.Mul(base, r), c.Rounding)
		line.net = running[i]
		if included[i] {
			line.net = new(big.Int).Sub(running[i], line.tax)
			if b.TaxExempt {
				line.tax = new(big.Int)
			}
		}
		line.total = new(big.Int).Add(line.net, line.tax)
	}
	return q
}

func power(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func slowPrice(t *testing.T, c pricing.Config, b pricing.Basket, l pricing.Line) (price money.Price, gross bool, list string) {
	type found struct {
		price money.Price
		list  pricing.List
	}
	best := map[pricing.ListKind]*found{}
	for _, li := range c.Lists {
		if b.At.Before(li.Starts) || !li.Ends.IsZero() && !b.At.Before(li.Ends) {
			continue
		}
		if len(li.Channels) > 0 && !slices.Contains(li.Channels, b.Channel) {
			continue
		}
		member := len(li.Groups) == 0
		for _, g := range li.Groups {
			member = member || slices.Contains(b.Groups, g)
		}
		for _, e := range li.Entries {
			fits := member && e.SKU == l.SKU && e.Unit.Currency() == b.Currency && l.Quantity >= e.MinQuantity &&
				(e.MaxQuantity == 0 || l.Quantity <= e.MaxQuantity)
			if !fits {
				continue
			}
			if old := best[li.Kind]; old != nil && e.Unit.Decimal().Cmp(old.price.Decimal()) >= 0 {
				continue
			}
			best[li.Kind] = &found{e.Unit, li}
		}
	}
	chosen := best[pricing.Override]
	if chosen == nil {
		chosen = best[pricing.Base]
		sale := best[pricing.Sale]
		if chosen == nil || sale != nil && sale.price.Decimal().LessThan(chosen.price.Decimal()) {
			chosen = sale
		}
	}
	require.NotNil(t, chosen, "the generator gives every item a price")
	return chosen.price, chosen.list.TaxIncluded, chosen.list.ID
}

func sum(of []*big.Int) *big.Int {
	total := new(big.Int)
	for _, x := range of {
		total.Add(total, x)
	}
	return total
}

func least(a, b *big.Int) *big.Int {
	if a.Cmp(b) <= 0 {
		return a
	}
	return b
}

func (q *slowQuote) promote(t *testing.T, c pricing.Config, b pricing.Basket, units []*big.Rat, running []*big.Int) {
	promotions := slices.Clone(c.Promotions)
	slices.SortStableFunc(promotions, func(a, b pricing.Promotion) int { return b.Priority - a.Priority })
	var subtotals []*big.Int
	for _, l := range q.lines {
		subtotals = append(subtotals, l.subtotal)
	}
	exclusive := false
	for _, p := range promotions {
		targets, reason := q.refuse(t, p, b, units, subtotals, running, exclusive)
		if reason == "" {
			discounts := slowDiscounts(p, c.Rounding, b, targets, subtotals, running)
			if total := sum(discounts); total.Sign() > 0 {
				for k, i := range targets {
					running[i] = new(big.Int).Sub(running[i], discounts[k])
				}
				exclusive = p.Exclusive
				q.applied = append(q.applied, fmt.Sprint(p.ID, " ", total))
				continue
			}
			reason = string(pricing.ReasonNothingLeft)
		}
		q.refused = append(q.refused, p.ID+" "+reason)
	}
	seen := map[string]bool{}
	for _, code := range b.Coupons {
		known := slices.ContainsFunc(promotions, func(p pricing.Promotion) bool { return strings.EqualFold(p.Coupon, code) })
		if !known && !seen[strings.ToUpper(code)] {
			seen[strings.ToUpper(code)] = true
			q.refused = append(q.refused, code+" unknown_coupon")
		}
	}
}

func (q *slowQuote) refuse(t *testing.T, p pricing.Promotion, b pricing.Basket, units []*big.Rat, subtotals, running []*big.Int, exclusive bool) (targets []int, reason string) {
	holds := func(condition json.RawMessage, attributes map[string]any) bool {
		if condition == nil {
			return true
		}
		r, err := rule.Compile(condition, nil)
		require.NoError(t, err)
		return r.Match(attributes)
	}
	major := func(x *big.Rat) float64 {
		f, _ := new(big.Rat).Quo(x, new(big.Rat).SetInt(power(b.Currency.Digits()))).Float64()
		return f
	}
	var quantity int64
	for i, l := range b.Lines {
		quantity += l.Quantity
		attributes := map[string]any{
			"sku": string(l.SKU), "quantity": l.Quantity, "tax_class": l.TaxClass, "unit": major(units[i]),
			"subtotal": major(new(big.Rat).SetInt(subtotals[i])), "colour": l.Attributes["colour"],
		}
		if (len(p.SKUs) == 0 || slices.Contains(p.SKUs, l.SKU)) && holds(p.Lines, attributes) {
			targets = append(targets, i)
		}
	}
	when := map[string]any{
		"groups": append([]string{}, b.Groups...), "currency": b.Currency.String(), "quantity": quantity,
		"lines": len(b.Lines), "subtotal": major(new(big.Rat).SetInt(sum(subtotals))), "device": b.Attributes["device"],
	}
	if b.Customer != "" {
		when["customer"] = string(b.Customer)
	}
	minimum := sum(running)
	if p.MinimumBase == pricing.Original {
		minimum = sum(subtotals)
	}
	foreign := false
	for _, a := range []money.Amount{p.Amount, p.Minimum, p.Maximum} {
		foreign = foreign || !a.IsZero() && a.Currency() != b.Currency
	}
	switch {
	case exclusive || p.Exclusive && len(q.applied) > 0:
		return nil, "exclusive"
	case foreign:
		return nil, "currency"
	case b.At.Before(p.Starts):
		return nil, "not_started"
	case !p.Ends.IsZero() && !b.At.Before(p.Ends):
		return nil, "ended"
	case p.Coupon != "" && !slices.ContainsFunc(b.Coupons, func(code string) bool { return strings.EqualFold(code, p.Coupon) }):
		return nil, "coupon"
	case !holds(p.When, when):
		return nil, "condition"
	case len(targets) == 0:
		return nil, "no_line"
	case minimum.Cmp(big.NewInt(p.Minimum.Minor())) < 0:
		return nil, "minimum"
	}
	return targets, ""
}

func slowDiscounts(p pricing.Promotion, mode money.Rounding, b pricing.Basket, targets []int, subtotals, running []*big.Int) []*big.Int {
	percent := new(big.Rat).SetFrac(big.NewInt(p.Percent.Coefficient()), power(p.Percent.Scale()))
	of := func(base *big.Int) *big.Int {
		return exact.Round(new(big.Rat).Mul(new(big.Rat).SetInt(base), percent), mode)
	}
	var looked, left, discounts []*big.Int
	for _, i := range targets {
		left = append(left, running[i])
		if p.PercentBase == pricing.Original {
			looked = append(looked, subtotals[i])
		} else {
			looked = append(looked, running[i])
		}
	}
	maximum := sum(left)
	if !p.Maximum.IsZero() {
		maximum = least(maximum, big.NewInt(p.Maximum.Minor()))
	}
	if p.Level == pricing.OrderLevel {
		d := big.NewInt(p.Amount.Minor())
		if !p.Percent.IsZero() {
			d = of(sum(looked))
		}
		if maximum.Sign() == 0 {
			return nil
		}
		return exact.Share(least(d, maximum), left)
	}
	for k, i := range targets {
		d := new(big.Int).Mul(big.NewInt(p.Amount.Minor()), big.NewInt(b.Lines[i].Quantity))
		if !p.Percent.IsZero() {
			d = of(looked[k])
		}
		discounts = append(discounts, least(d, left[k]))
	}
	if sum(discounts).Cmp(maximum) > 0 {
		return exact.Share(maximum, discounts)
	}
	return discounts
}

// gamble makes a random configuration and a basket for it.
func gamble(r *rand.Rand) (c pricing.Config, b pricing.Basket) {
	pick := func(n int) int { return r.IntN(n) }
	chance := func(percent int) bool { return pick(100) < percent }
	currency := []money.Currency{money.EUR, money.JPY, money.KWD}[pick(3)]
	amount := func() money.Amount {
		c := currency
		if chance(5) {
			c = money.USD
		}
		return money.New(1+r.Int64N(1+r.Int64N(20_000)), c)
	}
	price := func() money.Price {
		coefficient, finer := r.Int64N(1_000_000), pick(5)
		if chance(30) { // so that prices tie
			coefficient, finer = r.Int64N(3), 0
		}
		p, err := money.NewPrice(coefficient, currency.Digits()+finer, currency)
		if err != nil {
			panic(err)
		}
		return p
	}
	window := func() (starts, ends time.Time) {
		if chance(20) {
			starts = noon.Add(time.Duration(pick(5)-3) * time.Hour)
		}
		if chance(20) {
			ends = noon.Add(time.Duration(pick(3)) * time.Hour)
			if !starts.Before(ends) {
				starts = time.Time{}
			}
		}
		return starts, ends
	}
	skus := []flywheel.SKU{"a", "b", "c", "d", "e"}
	rate := func(most int64) money.Rate {
		scale := pick(6)
		n := most
		for range scale {
			n *= 10
		}
		rate, err := money.NewRate(1+r.Int64N(n), scale)
		if err != nil {
			panic(err)
		}
		return rate
	}

	if chance(40) {
		c.Rounding = money.Rounding(pick(7))
	}
	c.BasketAttributes = map[string]rule.Type{"device": rule.String}
	c.LineAttributes = map[string]rule.Type{"colour": rule.String}
	c.Taxes = []pricing.Tax{{Class: "standard", Rate: money.Percent(20)}, {Class: "zero"}, {Class: "odd", Rate: rate(2)}}
	for i := range 1 + pick(4) {
		l := pricing.List{ID: fmt.Sprint("list-", i), TaxIncluded: chance(50)}
		if i > 0 { // the first is open to everyone and has everything
			l.Kind = pricing.ListKind(pick(3))
			l.Starts, l.Ends = window()
			if chance(40) {
				l.Groups = []string{"vip", "staff"}[:1+pick(2)]
			}
		}
		for _, sku := range skus {
			if i > 0 && chance(50) {
				continue
			}
			e := pricing.Entry{SKU: sku, Unit: price()}
			if i > 0 && chance(30) {
				e.MinQuantity = int64(pick(4))
				e.MaxQuantity = e.MinQuantity + int64(pick(4))
			}
			l.Entries = append(l.Entries, e)
		}
		c.Lists = append(c.Lists, l)
	}
	conditions := []string{`{"groups":"vip"}`, `{"groups":{"$in":["vip","staff"]}}`, `{"subtotal":{"$gte":100.25}}`, `{"device":"web"}`, `{"customer":{"$exists":true}}`, `{"quantity":{"$gt":5},"lines":{"$lte":3}}`}
	lineConditions := []string{`{"sku":{"$in":["a","b"]}}`, `{"unit":{"$lt":50}}`, `{"colour":"red"}`, `{"subtotal":{"$gte":10.1}}`, `{"tax_class":"standard","quantity":{"$gte":2}}`}
	for i := range pick(8) {
		p := pricing.Promotion{
			ID: fmt.Sprint("promotion-", i), Priority: pick(3), Level: pricing.Level(pick(2)),
			PercentBase: pricing.Basis(pick(2)), MinimumBase: pricing.Basis(pick(2)), Exclusive: chance(5),
		}
		if chance(50) {
			p.Amount = amount()
		} else {
			p.Percent = rate(1)
		}
		same := func(a money.Amount) money.Amount {
			if p.Amount.IsZero() {
				return money.New(a.Minor(), currency)
			}
			return money.New(a.Minor(), p.Amount.Currency())
		}
		if chance(20) {
			p.Maximum = same(amount())
		}
		if chance(20) {
			p.Minimum = same(amount())
		}
		if chance(40) {
			p.SKUs = skus[pick(5):5]
		}
		if chance(20) {
			p.Lines = json.RawMessage(lineConditions[pick(len(lineConditions))])
		}
		if chance(20) {
			p.When = json.RawMessage(conditions[pick(len(conditions))])
		}
		if chance(20) {
			p.Coupon = []string{"SPRING", "welcome"}[pick(2)]
		}
		p.Starts, p.Ends = window()
		c.Promotions = append(c.Promotions, p)
	}

	b = pricing.Basket{Currency: currency, At: noon, TaxExempt: chance(10)}
	if chance(50) {
		b.Customer = "customer"
		b.Groups = [][]string{nil, {"vip"}, {"staff", "vip"}}[pick(3)]
	}
	if chance(30) {
		b.Coupons = [][]string{{"spring"}, {"WELCOME", "nothing"}, {"Nothing", "nothing"}}[pick(3)]
	}
	if chance(50) {
		b.Attributes = map[string]any{"device": []string{"web", "shop"}[pick(2)]}
	}
	for i := range pick(25) {
		l := pricing.Line{
			ID: fmt.Sprint(i), SKU: skus[pick(5)], Quantity: 1 + int64(pick(7)),
			TaxClass: []string{"", "standard", "zero", "odd"}[pick(4)],
		}
		if chance(30) {
			l.Agreed, l.TaxIncluded = price(), chance(50)
		}
		if chance(50) {
			l.Attributes = map[string]any{"colour": []string{"red", "blue"}[pick(2)]}
		}
		b.Lines = append(b.Lines, l)
	}
	return c, b
}

func TestRandomBaskets(t *testing.T) {
	var reused pricing.Quote
	discounted, refused := 0, map[pricing.Reason]int{}
	for seed := range *baskets {
		c, b := gamble(rand.New(rand.NewPCG(uint64(seed), 2)))
		e, err := pricing.Compile(c)
		require.NoError(t, err, "seed %d", seed)
		q, err := e.Quote(b)
		require.NoError(t, err, "seed %d", seed)
		checkLaws(t, &q)

		want := slowly(t, c, b)
		require.Len(t, q.Lines, len(want.lines))
		for i, l := range q.Lines {
			w := want.lines[i]
			wanted := fmt.Sprint(w.list, w.subtotal, w.discount, w.net, w.tax, w.total)
			got := fmt.Sprint(l.List, l.Subtotal.Minor(), l.Discount.Minor(), l.Net.Minor(), l.Tax.Minor(), l.Total.Minor())
			require.Equal(t, wanted, got, "seed %d, line %d", seed, i)
		}
		var applied, refusals []string
		for _, a := range q.Applied {
			applied = append(applied, fmt.Sprint(a.Promotion, " ", a.Discount.Minor()))
			discounted++
		}
		for _, r := range q.Refused {
			refusals = append(refusals, r.Promotion+r.Coupon+" "+string(r.Reason))
			refused[r.Reason]++
		}
		require.Equal(t, want.applied, applied, "seed %d", seed)
		require.Equal(t, want.refused, refusals, "seed %d", seed)

		// The memory of another quote makes no difference.
		require.NoError(t, e.QuoteInto(&reused, &b))
		fresh, err := json.Marshal(q)
		require.NoError(t, err)
		again, err := json.Marshal(reused)
		require.NoError(t, err)
		require.Equal(t, string(withoutEmpty(fresh)), string(withoutEmpty(again)), "seed %d", seed)
	}
	// The dice reach every corner.
	require.Positive(t, discounted)
	for _, reason := range []pricing.Reason{
		pricing.ReasonExclusive, pricing.ReasonCurrency, pricing.ReasonNotStarted, pricing.ReasonEnded, pricing.ReasonCoupon, pricing.ReasonCondition,
		pricing.ReasonNoLine, pricing.ReasonMinimum, pricing.ReasonNothingLeft, pricing.ReasonUnknownCoupon,
	} {
		require.Positive(t, refused[reason], reason)
	}
}

// withoutEmpty makes null of an empty list: a reused slice is not nil.
func withoutEmpty(data []byte) []byte {
	return []byte(strings.ReplaceAll(string(data), "[]", "null"))
}
