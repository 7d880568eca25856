package pricing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// contest makes n promotions that compete in many ways, each with a coupon code
// of its own where coded, and a basket of some lines.
func contest(r *rand.Rand, n, lines int, coded bool) (c pricing.Config, b pricing.Basket) {
	chance := func(percent int) bool { return r.IntN(100) < percent }
	skus := []flywheel.SKU{"a", "b", "c", "d", "e", "f"}
	some := func() []flywheel.SKU {
		if chance(40) {
			return nil
		}
		from := r.IntN(len(skus))
		return skus[from : from+1+r.IntN(len(skus)-from)]
	}
	b = pricing.Basket{Currency: money.EUR, At: noon}
	for i := range lines {
		l := pricing.Line{ID: fmt.Sprint(i), SKU: skus[r.IntN(len(skus))], Quantity: 1 + r.Int64N(4), Agreed: eur(1 + r.Int64N(20_000))}
		if chance(10) {
			l.Floor = eur(1 + r.Int64N(5_000))
		}
		b.Lines = append(b.Lines, l)
	}
	if chance(30) {
		b.Shipping = []pricing.Shipping{{ID: "ship", Amount: cents(r.Int64N(2_000))}, {ID: "extra", Amount: cents(r.Int64N(500))}}
	}
	c.Groups = []pricing.Group{
		{ID: "outer"}, {ID: "inner", Within: "outer"}, {ID: "lane", Pick: pricing.All, NotWith: []string{"other-lane"}},
		{ID: "other-lane", Pick: pricing.All}, {ID: "lines", Pick: pricing.LineBest},
	}
	for i := range n {
		p := pricing.Promotion{ID: fmt.Sprint("p", i), Priority: r.IntN(3), Level: pricing.Level(r.IntN(2)), SKUs: some()}
		if coded {
			p.Coupon = "code" + p.ID
		}
		p.PercentBase, p.MinimumBase, p.MinimumOfLines = pricing.Basis(r.IntN(2)), pricing.Basis(r.IntN(2)), chance(30)
		percent := money.Percent(1 + r.Int64N(40))
		switch r.IntN(12) {
		case 0:
			p.Percent, p.BuyGet = percent, &pricing.BuyGet{
				Buy: 1 + r.Int64N(2), Get: 1 + r.Int64N(2), Selection: pricing.Selection(r.IntN(3)), Of: pricing.Of{SKUs: some()},
			}
		case 1:
			p.Price, p.Bundle = eur(r.Int64N(20_000)), &pricing.Bundle{Quantity: 1 + r.Int64N(3)}
		case 2:
			p.Gift = &pricing.Gift{SKUs: skus[:1+r.IntN(3)], Quantity: 1}
		case 3:
			p.Tiers = []pricing.Tier{
				{Minimum: cents(1 + r.Int64N(10_000)), Percent: money.Percent(5)},
				{Minimum: cents(20_000), Quantity: r.Int64N(4), Percent: money.Percent(15)},
			}
		case 4:
			p.Level, p.SKUs, p.Percent = pricing.ShippingLevel, nil, money.Percent(1+r.Int64N(100))
		case 5, 6, 7:
			p.Amount = cents(1 + r.Int64N(3_000))
		case 8:
			p.Level, p.Price = pricing.LineLevel, eur(r.Int64N(10_000))
		default:
			p.Percent = percent
		}
		if chance(30) {
			p.Minimum = cents(1 + r.Int64N(40_000))
		}
		if chance(15) {
			p.Maximum = cents(1 + r.Int64N(3_000))
		}
		if chance(10) {
			p.MaximumPerLine = cents(1 + r.Int64N(1_000))
		}
		switch plain := p.Level == pricing.LineLevel && p.BuyGet == nil && p.Bundle == nil && p.Gift == nil; {
		case chance(8):
			p.Exclusive = true
		case chance(40):
			p.Group = []string{"outer", "inner", "lane", "other-lane", "g1", "g2"}[r.IntN(6)]
		case plain && chance(20):
			p.Group = "lines"
		}
		if p.Group == "lines" && coded { // chosen together
			p.Coupon = "lines"
		}
		if i > 0 && p.Group == "" && chance(15) {
			if with := c.Promotions[r.IntN(i)]; with.Group == "lines" {
				p.NotWith = []string{"lines"}
			} else {
				p.NotWith = []string{with.ID}
			}
		}
		c.Promotions = append(c.Promotions, p)
	}
	return c, b
}

// The combination found takes off as much as the best of all subsets, each of
// them tried in order.
func TestBestOfAgainstAllSubsets(t *testing.T) {
	proven, better := 0, 0
	for seed := range 150 {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		n := 1 + r.IntN(8)
		if seed%50 == 0 {
			n = 12
		}
		c, b := contest(r, n, 1+r.IntN(6), true)
		if seed%3 == 1 {
			c, b = season(r, n, 1+r.IntN(6))
		} else if seed%3 == 2 {
			c, b = assortment(r, n, 1+r.IntN(6))
		}
		if seed%3 > 0 {
			for i := range c.Promotions {
				c.Promotions[i].Coupon = "code" + c.Promotions[i].ID
			}
		}
		most, all := checkBest(t, fmt.Sprint("seed ", seed), c, b)
		proven++
		if most > all {
			better++
		}
	}
	require.Greater(t, better, proven/10, "the order by priority is often not the best")
}

// checkBest requires that the combination found takes off as much as the best subset of
// the promotions of c, each of which has its code; all is what they take off in order.
func checkBest(t *testing.T, name string, c pricing.Config, b pricing.Basket) (most, all int64) {
	t.Helper()
	inOrder, err := pricing.Compile(c)
	require.NoError(t, err)
	c.Strategy = pricing.BestOf
	best, err := pricing.Compile(c)
	require.NoError(t, err)
	var q pricing.Quote
	for subset := range 1 << len(c.Promotions) {
		b.Coupons = b.Coupons[:0]
		for i := range c.Promotions {
			if subset>>i&1 == 1 {
				b.Coupons = append(b.Coupons, c.Promotions[i].Coupon)
			}
		}
		require.NoError(t, inOrder.QuoteInto(&q, &b), name)
		most, all = max(most, q.Discount.Minor()), q.Discount.Minor()
	}
	require.NoError(t, best.QuoteInto(&q, &b)) // with all codes
	require.Equal(t, most, q.Discount.Minor(), name)
	require.True(t, q.Gap.IsZero())
	checkLaws(t, &q)
	return most, all
}

// The same for amounts of a few cents, where each rounding and each cap decides: the
// bounds of the search must hold to the cent.
func TestBestOfCents(t *testing.T) {
	for seed := range testkit.Often(6000, 300) {
		r := rand.New(rand.NewPCG(uint64(seed), 11))
		few := func(a money.Amount, most int64) money.Amount {
			if a.IsZero() {
				return a
			}
			return cents(1 + r.Int64N(most))
		}
		price := func(p money.Price, most int64) money.Price {
			if p == (money.Price{}) {
				return p
			}
			return eur(1 + r.Int64N(most))
		}
		c, b := contest(r, 1+r.IntN(4), 1+r.IntN(3), true)
		for i := range b.Lines {
			b.Lines[i].Agreed = eur(r.Int64N(60))
			b.Lines[i].Floor = price(b.Lines[i].Floor, 30)
		}
		for i := range b.Shipping {
			b.Shipping[i].Amount = few(b.Shipping[i].Amount, 20)
		}
		for i := range c.Promotions {
			p := &c.Promotions[i]
			p.Amount, p.Price = few(p.Amount, 15), price(p.Price, 40)
			p.Minimum, p.Maximum, p.MaximumPerLine = few(p.Minimum, 90), few(p.Maximum, 4), few(p.MaximumPerLine, 3)
			if p.Maximum.IsZero() && p.BuyGet == nil && p.Bundle == nil && p.Gift == nil && r.IntN(6) == 0 {
				p.Maximum = cents(1 + r.Int64N(3))
			}
			for k := range p.Tiers {
				p.Tiers[k].Minimum = cents(1 + r.Int64N(20) + int64(k)*30)
			}
		}
		checkBest(t, fmt.Sprint("seed ", seed), c, b)
	}
}

// Among very many candidates the answer is no worse than the order by priority,
// and the gap is no less than what a longer search finds.
func TestBestOfStatesItsGap(t *testing.T) {
	gaps := 0
	for seed := range 20 {
		r := rand.New(rand.NewPCG(uint64(seed), 8))
		c, b := contest(r, 60, 10, false)
		inOrder := quote(t, c, b)
		c.Strategy = pricing.BestOf
		q := quote(t, c, b)
		require.GreaterOrEqual(t, q.Discount.Minor(), inOrder.Discount.Minor(), "seed %d", seed)
		require.GreaterOrEqual(t, q.Gap.Minor(), int64(0))
		if !q.Gap.IsZero() {
			gaps++
		}
	}
	t.Logf("%d of 20 with a gap", gaps)
}

func TestBestOfRefusals(t *testing.T) {
	c := shop()
	c.Strategy = pricing.BestOf
	c.Promotions = []pricing.Promotion{
		{ID: "small", Percent: money.Percent(5), Group: "g", Priority: 9},
		{ID: "large", Percent: money.Percent(20), Group: "g"},
		{ID: "alone", Percent: money.Percent(19), Exclusive: true},
		{ID: "never", Percent: money.Percent(50), When: json.RawMessage(`{"customer":"x"}`)},
	}
	q := quote(t, c, basket())
	require.Equal(t, "large", q.Applied[0].Promotion)
	require.Equal(t, []pricing.Refusal{
		{Promotion: "small", Reason: pricing.ReasonOutdone}, {Promotion: "alone", Reason: pricing.ReasonOutdone},
		{Promotion: "never", Reason: pricing.ReasonCondition},
	}, q.Refused)
}

// season makes n promotions as shops have them at one time: percentages and
// amounts off the order, some exclusive, some in groups, some with a minimum.
func season(r *rand.Rand, n, lines int) (c pricing.Config, b pricing.Basket) {
	b = pricing.Basket{Currency: money.EUR, At: noon}
	for i := range lines {
		b.Lines = append(b.Lines, pricing.Line{ID: fmt.Sprint(i), SKU: "a", Quantity: 1 + r.Int64N(3), Agreed: eur(500 + r.Int64N(20_000))})
	}
	for i := range n {
		p := pricing.Promotion{ID: fmt.Sprint("p", i), Level: pricing.OrderLevel, Priority: r.IntN(5)}
		if r.IntN(2) == 0 {
			p.Percent = money.Percent(1 + r.Int64N(30))
		} else {
			p.Amount = cents(100 + r.Int64N(3000))
		}
		switch r.IntN(4) {
		case 0:
			p.Exclusive = true
		case 1:
			p.Group = fmt.Sprint("g", r.IntN(4))
		}
		if r.IntN(3) == 0 {
			p.Minimum = cents(1 + r.Int64N(100_000))
		}
		c.Promotions = append(c.Promotions, p)
	}
	return c, b
}

// BenchmarkBestOf searches among 20 candidates: the mean of 32 cases, as shops
// have them and with every feature at once.
func BenchmarkBestOf(b *testing.B) {
	for _, kind := range []string{"season", "assortment", "contest"} {
		for _, lines := range []int{1, 10, 50} {
			b.Run(fmt.Sprintf("offers=%s/candidates=20/lines=%d", kind, lines), func(b *testing.B) {
				b.ReportAllocs()
				var engines []*pricing.Engine
				var baskets []pricing.Basket
				for seed := range uint64(32) {
					r := rand.New(rand.NewPCG(seed, 9))
					c, basket := season(r, 20, lines)
					switch kind {
					case "assortment":
						c, basket = assortment(r, 20, lines)
					case "contest":
						c, basket = contest(r, 20, lines, false)
					}
					c.Strategy = pricing.BestOf
					e, err := pricing.Compile(c)
					if err != nil {
						b.Fatal(err)
					}
					engines, baskets = append(engines, e), append(baskets, basket)
				}
				var q pricing.Quote
				for i := 0; b.Loop(); i++ {
					if err := engines[i%32].QuoteInto(&q, &baskets[i%32]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// The units that a BuyGet discounts for the most benefit are the best of all
// assignments of roles, tried one by one.
func TestMaxCustomerBenefitAgainstAllRoles(t *testing.T) {
	for seed := range 300 {
		r := rand.New(rand.NewPCG(uint64(seed), 11))
		p := pricing.Promotion{
			ID: "p", Percent: money.Percent(1 + r.Int64N(100)), SKUs: []flywheel.SKU{"a", "b"},
			BuyGet: &pricing.BuyGet{Buy: 1 + r.Int64N(3), Get: 1 + r.Int64N(2), Selection: pricing.MaxCustomerBenefit},
		}
		if r.IntN(2) == 0 {
			p.BuyGet.Of.SKUs = []flywheel.SKU{"b", "c"}
		}
		if r.IntN(3) == 0 {
			p.Limit = 1 + r.Int64N(2)
		}
		var b pricing.Basket
		type unit struct {
			worth      int64
			buys, gets bool
		}
		var units []unit
		for i := range 1 + r.IntN(7) {
			l := pricing.Line{ID: fmt.Sprint(i), SKU: []flywheel.SKU{"a", "b", "c"}[r.IntN(3)], Quantity: 1, Agreed: eur(1 + r.Int64N(20))}
			b.Lines = append(b.Lines, l)
			worth, err := cents(l.Agreed.Coefficient()).MulRate(p.Percent, money.HalfUp)
			require.NoError(t, err)
			units = append(units, unit{worth.Minor(), l.SKU != "c", p.BuyGet.Of.SKUs == nil && l.SKU != "c" || p.BuyGet.Of.SKUs != nil && l.SKU != "a"})
		}
		var best int64
		var assign func(i int, buyers, rewards, worth int64)
		assign = func(i int, buyers, rewards, worth int64) {
			if i == len(units) {
				times := buyers / p.BuyGet.Buy
				if p.Limit > 0 {
					times = min(times, p.Limit)
				}
				if rewards <= times*p.BuyGet.Get {
					best = max(best, worth)
				}
				return
			}
			assign(i+1, buyers, rewards, worth)
			if units[i].buys {
				assign(i+1, buyers+1, rewards, worth)
			}
			if units[i].gets {
				assign(i+1, buyers, rewards+1, worth+units[i].worth)
			}
		}
		assign(0, 0, 0, 0)
		q := quote(t, pricing.Config{Promotions: []pricing.Promotion{p}}, b)
		require.Equal(t, best, q.Discount.Minor(), "seed %d", seed)
	}
}

// Units by the billion are counted, not looped over.
func TestManyUnits(t *testing.T) {
	b := pricing.Basket{Lines: []pricing.Line{
		{ID: "1", SKU: "a", Quantity: 3_000_000_000, Agreed: money.MustPrice("0.0125", money.EUR)},
		{ID: "2", SKU: "b", Quantity: 1_000_000_001, Agreed: eur(7)},
	}}
	for _, s := range []pricing.Selection{pricing.GlobalCheapest, pricing.GroupDescending, pricing.MaxCustomerBenefit} {
		q := quote(t, pricing.Config{Promotions: []pricing.Promotion{{
			ID: "p", Percent: money.Percent(100), BuyGet: &pricing.BuyGet{Buy: 2, Get: 1, Selection: s},
		}}}, b)
		require.Positive(t, q.Discount.Minor(), s)
	}
	q := quote(t, pricing.Config{Promotions: []pricing.Promotion{{ID: "p", Price: eur(2), Bundle: &pricing.Bundle{Quantity: 3}}}}, b)
	// 1,333,333,333 bundles of all units but two of one cent, at two cents each.
	require.Equal(t, int64(3_750_000_000+7_000_000_007-2-2*1_333_333_333), q.Discount.Minor())
}
