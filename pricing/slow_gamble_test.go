package pricing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
	"github.com/flywheel-go/flywheel/segment/rule"
)

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
	if chance(20) {
		c.Taxes = append(c.Taxes, pricing.Tax{Class: "several", Components: []tax.Tax{
			{Code: "a", Rate: money.MustRate("0.05")}, {Code: "b", Rate: money.MustRate("0.0975"), Compound: chance(50)},
		}})
	} else {
		c.Taxes = append(c.Taxes, pricing.Tax{Class: "several"})
	}
	if chance(40) {
		c.TaxScope = tax.Scope(pick(3))
	}
	if chance(60) {
		c.Groups = []pricing.Group{
			{ID: "outer"}, {ID: "inner", Within: "outer", Pick: pricing.Pick(pick(2))}, {ID: "lane", Pick: pricing.All, NotWith: []string{"lines"}},
			{ID: "lines", Pick: pricing.LineBest},
		}
	}
	for i := range 1 + pick(4) {
		l := pricing.List{ID: fmt.Sprint("list-", i), TaxIncluded: chance(50)}
		if i > 0 { // the first is open to everyone and has everything
			l.Kind = pricing.ListKind(pick(3))
			l.Starts, l.Ends = window()
			if chance(40) {
				l.Groups = []string{"vip", "staff"}[:1+pick(2)]
			}
			if chance(10) {
				l.Channels = []string{"web"}
			}
		}
		for _, sku := range skus {
			if i > 0 && chance(50) {
				continue
			}
			e := pricing.Entry{SKU: sku, Unit: price()}
			if chance(10) {
				e.Floor = price()
			}
			if i > 0 && chance(30) {
				e.MinQuantity = int64(pick(4))
				e.MaxQuantity = e.MinQuantity + int64(pick(4))
			}
			l.Entries = append(l.Entries, e)
		}
		c.Lists = append(c.Lists, l)
	}
	conditions := []string{`{"channel":"web"}`, `{"hour":{"$gte":12},"weekday":0}`, `{"groups":"vip"}`, `{"groups":{"$in":["vip","staff"]}}`, `{"subtotal":{"$gte":100.25}}`, `{"device":"web"}`, `{"customer":{"$exists":true}}`, `{"quantity":{"$gt":5},"lines":{"$lte":3}}`}
	lineConditions := []string{`{"categories":{"$in":["new"]}}`, `{"sku":{"$in":["a","b"]}}`, `{"unit":{"$lt":50}}`, `{"colour":"red"}`, `{"subtotal":{"$gte":10.1}}`, `{"tax_class":"standard","quantity":{"$gte":2}}`}
	of := func() (o pricing.Of) {
		if chance(60) {
			o.SKUs = skus[pick(5):5]
		}
		if chance(20) {
			o.Lines = json.RawMessage(lineConditions[pick(len(lineConditions))])
		}
		return o
	}
	for i := range pick(8) {
		p := pricing.Promotion{
			ID: fmt.Sprint("promotion-", i), Priority: pick(3), Level: pricing.Level(pick(2)),
			PercentBase: pricing.Basis(pick(2)), MinimumBase: pricing.Basis(pick(2)), MinimumOfLines: chance(30), Exclusive: chance(5),
		}
		if len(c.Groups) > 0 && !p.Exclusive {
			switch {
			case chance(40):
				p.Group = c.Groups[pick(3)].ID
			case p.Level == pricing.LineLevel && chance(60):
				p.Group = "lines"
			}
		}
		if i > 0 && p.Group != "lines" && chance(10) {
			if with := c.Promotions[pick(i)]; with.Group == "lines" {
				p.NotWith = []string{"lines"}
			} else {
				p.NotWith = []string{with.ID}
			}
		}
		shape := pick(10)
		if p.Group == "lines" {
			shape = 9
		}
		own := amount().Currency()
		same := func(a money.Amount) money.Amount { return money.New(a.Minor(), own) }
		switch shape {
		case 0, 1:
			p.BuyGet = &pricing.BuyGet{Buy: int64(1 + pick(3)), Get: int64(1 + pick(2)), Selection: pricing.Selection(pick(3)), Of: of()}
			p.Limit = int64(pick(3))
		case 2:
			p.Bundle, p.Limit = &pricing.Bundle{Quantity: int64(1 + pick(4))}, int64(pick(3))
		case 3:
			p.Bundle = &pricing.Bundle{Parts: []pricing.Part{
				{Of: pricing.Of{SKUs: skus[:1+pick(3)]}, Quantity: int64(1 + pick(2))}, {Of: pricing.Of{SKUs: skus[2 : 3+pick(3)]}, Quantity: 1},
			}}
		case 4:
			p.Gift = &pricing.Gift{SKUs: skus[:1+pick(2)], Quantity: int64(1 + pick(2))}
		case 5:
			p.Level = pricing.ShippingLevel
		}
		switch {
		case p.Gift != nil:
		case chance(15):
			p.Tiers = []pricing.Tier{
				{Minimum: same(amount()), Percent: money.Percent(int64(1 + pick(30)))},
				{Minimum: money.New(20_001, own), Quantity: int64(pick(8)), Percent: money.Percent(int64(30 + pick(70)))},
			}
		case p.Level != pricing.OrderLevel && chance(25), p.Bundle != nil && chance(60):
			p.Price = money.PriceOf(same(amount()))
			if p.Bundle == nil && chance(20) {
				p.Price, _ = money.NewPrice(r.Int64N(5000), own.Digits()+1, own)
			}
		case chance(50):
			p.Amount = same(amount())
		default:
			p.Percent = rate(1)
		}
		for _, bound := range []*money.Amount{&p.Maximum, &p.MaximumPerLine, &p.MaximumPerUse, &p.Minimum} {
			if chance(12) {
				*bound = same(amount())
			}
		}
		if chance(10) {
			p.MinimumQuantity = int64(pick(6))
		}
		if len(c.Groups) == 0 && p.Group != "" {
			p.Group = ""
		}
		if o := of(); p.Bundle == nil || len(p.Bundle.Parts) == 0 {
			p.SKUs, p.Lines = o.SKUs, o.Lines
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
	if chance(30) {
		b.Channel = "web"
	}
	for i := range max(0, pick(4)-1) {
		b.Shipping = append(b.Shipping, pricing.Shipping{
			ID: fmt.Sprint("shipping-", i), Amount: money.New(r.Int64N(2000), currency), TaxIncluded: chance(50), TaxClass: []string{"", "", "standard"}[pick(3)],
		})
	}
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
			TaxClass: []string{"", "standard", "zero", "odd", "several"}[pick(5)],
		}
		if chance(30) {
			l.Agreed, l.TaxIncluded = price(), chance(50)
		}
		if chance(10) {
			l.Floor = price()
		}
		if chance(30) {
			l.Categories = []string{"old", "new"}[pick(2):]
		}
		if chance(50) {
			l.Attributes = map[string]any{"colour": []string{"red", "blue"}[pick(2)]}
		}
		b.Lines = append(b.Lines, l)
	}
	return c, b
}

func TestRandomBaskets(t *testing.T) {
	var mu sync.Mutex
	discounted, refused := 0, map[pricing.Reason]int{}
	parts := runtime.GOMAXPROCS(0)
	t.Run("seeds", func(t *testing.T) {
		for part := range parts {
			t.Run(fmt.Sprint("part=", part), func(t *testing.T) {
				t.Parallel()
				d, r := compareBaskets(t, part, parts)
				mu.Lock()
				defer mu.Unlock()
				discounted += d
				for reason, n := range r {
					refused[reason] += n
				}
			})
		}
	})
	// The dice reach every corner.
	require.Positive(t, discounted)
	for _, reason := range []pricing.Reason{
		pricing.ReasonOutdone, pricing.ReasonExclusive, pricing.ReasonGroup, pricing.ReasonNotWith, pricing.ReasonCurrency,
		pricing.ReasonNotStarted, pricing.ReasonEnded, pricing.ReasonCoupon, pricing.ReasonCondition, pricing.ReasonNoLine, pricing.ReasonMinimum,
		pricing.ReasonQuantity, pricing.ReasonGift, pricing.ReasonNothingLeft, pricing.ReasonUnknownCoupon,
	} {
		require.Positive(t, refused[reason], reason)
	}
}

// compareBaskets compares every parts-th basket from the first on, and counts the
// offers that were applied and those refused for each reason.
func compareBaskets(t *testing.T, first, parts int) (discounted int, refused map[pricing.Reason]int) {
	var reused, q pricing.Quote
	refused = map[pricing.Reason]int{}
	for seed := first; seed < *baskets; seed += parts {
		c, b := gamble(rand.New(rand.NewPCG(uint64(seed), 2)))
		e, err := pricing.Compile(c)
		require.NoError(t, err, "seed %d", seed)
		q, err = e.Quote(b)
		require.NoError(t, err, "seed %d", seed)
		checkLaws(t, &q)

		want := slowly(t, c, b)
		var wanted, got strings.Builder
		for i, w := range want.lines {
			l := lineAt(&q, i)
			fmt.Fprintln(&wanted, w.list, w.subtotal, w.discount(), w.net, w.tax, w.total)
			fmt.Fprintln(&got, l.List, l.Subtotal.Minor(), l.Discount.Minor(), l.Net.Minor(), l.Tax.Minor(), l.Total.Minor())
		}
		fmt.Fprintln(&wanted, strings.Join(want.applied, "; "))
		for i, a := range q.Applied {
			if i > 0 {
				got.WriteString("; ")
			}
			fmt.Fprint(&got, a.Promotion, " ", a.Discount.Minor())
			discounted++
		}
		got.WriteByte('\n')
		fmt.Fprintln(&wanted, strings.Join(want.refused, "; "))
		for i, r := range q.Refused {
			if i > 0 {
				got.WriteString("; ")
			}
			fmt.Fprint(&got, r.Promotion, r.Coupon, " ", r.Reason)
			refused[r.Reason]++
		}
		got.WriteByte('\n')
		if wanted.String() != got.String() {
			require.Equal(t, wanted.String(), got.String(), "seed %d", seed)
		}

		if seed%20 == 0 { // the memory of another quote makes no difference
			require.NoError(t, e.QuoteInto(&reused, &b))
			fresh, err := json.Marshal(q)
			require.NoError(t, err)
			again, err := json.Marshal(reused)
			require.NoError(t, err)
			require.Equal(t, string(withoutEmpty(fresh)), string(withoutEmpty(again)), "seed %d", seed)
		}
	}
	return discounted, refused
}

// withoutEmpty makes null of an empty list: a reused slice is not nil.
func withoutEmpty(data []byte) []byte {
	return []byte(strings.ReplaceAll(string(data), "[]", "null"))
}
