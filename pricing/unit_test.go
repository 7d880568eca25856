package pricing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// item is a line at an agreed price; spec is "sku price quantity".
func item(sku, unit string, quantity int64) pricing.Line {
	return pricing.Line{ID: sku, SKU: flywheel.SKU(sku), Quantity: quantity, Agreed: money.MustPrice(unit, money.EUR), TaxIncluded: true}
}

func basketWith(lines ...pricing.Line) pricing.Basket {
	b := pricing.Basket{Currency: money.EUR, At: noon, Lines: lines}
	for i := range b.Lines {
		b.Lines[i].ID = fmt.Sprint(i + 1)
	}
	return b
}

func totalOf(t *testing.T, promotions string, lines ...pricing.Line) int64 {
	t.Helper()
	c, err := pricing.ReadConfig([]byte(`{"promotions":` + promotions + `}`))
	require.NoError(t, err)
	return quote(t, c, basketWith(lines...)).Total.Minor()
}

// What one offer did to some units is known to the next.
func TestPromotionsSeeUnits(t *testing.T) {
	packs := `[{"id":"trio","priority":2,"bundle":{"quantity":3},"price":{"amount":"126","currency":"EUR"}},
		{"id":"duo","priority":1,"bundle":{"quantity":2},"price":{"amount":"90","currency":"EUR"}}]`
	for n, want := range []int64{0, 5000, 9000, 12600, 17600, 21600, 25200, 30200} {
		if n > 0 {
			require.Equal(t, want, totalOf(t, packs, item("pack", "50", int64(n))), "%d packs", n)
		}
	}
	cases := `[{"id":"case","priority":2,"gift":{"skus":["case"],"quantity":1},"skus":["phone"]},
		{"id":"second","skus":["case"],"buy_get":{"buy":1,"get":1},"percent":"0.5"}]`
	require.EqualValues(t, 11000, totalOf(t, cases, item("phone", "100", 1), item("case", "10", 2)))
	require.EqualValues(t, 11000, totalOf(t, cases, item("phone", "100", 1), item("case", "10", 1), item("case", "10", 1)))
	soaps := `[{"id":"a","priority":2,"buy_get":{"buy":2,"get":1},"percent":"1","limit":1},
		{"id":"b","buy_get":{"buy":1,"get":1},"percent":"1","limit":1}]`
	one := totalOf(t, soaps, item("soap", "10", 5))
	require.EqualValues(t, 3000, one)
	require.Equal(t, one, totalOf(t, soaps, slices.Repeat([]pricing.Line{item("soap", "10", 1)}, 5)...))
	// A price or an amount for each unit is for those that cost something.
	require.EqualValues(t, 500, totalOf(t, `[{"id":"g","priority":2,"skus":["tea"],"gift":{"skus":["tea"],"quantity":1}},
		{"id":"off","skus":["tea"],"amount":{"amount":"5","currency":"EUR"}}]`, item("tea", "10", 2)))
	require.EqualValues(t, 800, totalOf(t, `[{"id":"g","priority":2,"skus":["tea"],"gift":{"skus":["tea"],"quantity":1}},
		{"id":"off","skus":["tea"],"price":{"amount":"8","currency":"EUR"}}]`, item("tea", "10", 2)))
}

// A floor is one of each unit.
func TestFloorsOfUnits(t *testing.T) {
	floor := func(quantity int64) pricing.Line {
		l := item("tee", "10", quantity)
		l.Floor = money.MustPrice("6", money.EUR)
		return l
	}
	bogo := `[{"id":"bogo","buy_get":{"buy":1,"get":1},"percent":"1"}]`
	require.EqualValues(t, 1600, totalOf(t, bogo, floor(2)))
	require.EqualValues(t, 1600, totalOf(t, bogo, floor(1), floor(1)))
}

// A gift is given because others are bought: it does not qualify for itself.
func TestGiftsDoNotQualifyThemselves(t *testing.T) {
	fifty := `"minimum":{"amount":"50","currency":"EUR"}`
	for _, c := range []struct {
		name, promotion string
		lines           []pricing.Line
		want            int64
	}{
		{"only the gift", `{"id":"p","gift":{"skus":["mug"],"quantity":1}}`, []pricing.Line{item("mug", "12", 1)}, 1200},
		{"reaches the minimum", `{"id":"p","gift":{"skus":["blender"],"quantity":1},` + fifty + `}`, []pricing.Line{item("blender", "45", 1), item("salt", "5", 1)}, 5000},
		{"beyond it without the gift", `{"id":"p","gift":{"skus":["blender"],"quantity":1},` + fifty + `}`, []pricing.Line{item("blender", "45", 1), item("salt", "5", 10)}, 5000},
		{"minimum of one unit", `{"id":"p","gift":{"skus":["blender"],"quantity":1},"minimum_quantity":1}`, []pricing.Line{item("blender", "45", 1)}, 4500},
		{"tea for tea, one", `{"id":"p","skus":["tea"],"gift":{"skus":["tea"],"quantity":1}}`, []pricing.Line{item("tea", "4", 1)}, 400},
		{"tea for tea, two", `{"id":"p","skus":["tea"],"gift":{"skus":["tea"],"quantity":1}}`, []pricing.Line{item("tea", "4", 2)}, 400},
		{"two gifts, three bought", `{"id":"p","skus":["tea"],"gift":{"skus":["tea"],"quantity":2},"minimum_quantity":2}`, []pricing.Line{item("tea", "4", 3)}, 800},
		{"the one that leaves enough", `{"id":"p","gift":{"skus":["a","b"],"quantity":1},` + fifty + `}`, []pricing.Line{item("a", "60", 1), item("b", "40", 1)}, 6000},
	} {
		require.Equal(t, c.want, totalOf(t, "["+c.promotion+"]", c.lines...), c.name)
	}
	c, err := pricing.ReadConfig([]byte(`{"promotions":[{"id":"p","gift":{"skus":["blender"],"quantity":1},` + fifty + `}]}`))
	require.NoError(t, err)
	q := quote(t, c, basketWith(item("blender", "45", 1), item("salt", "5", 1)))
	require.Equal(t, []pricing.Refusal{{Promotion: "p", Reason: pricing.ReasonMinimum, Missing: cents(4500)}}, q.Refused)
}

// A unit that costs nothing was not bought, and is not what gets cheaper.
func TestFreeUnitsDoNotBuy(t *testing.T) {
	for _, selection := range []string{"global_cheapest", "group_descending", "max_customer_benefit"} {
		socks := `[{"id":"gift","priority":2,"gift":{"skus":["socks"],"quantity":1},"skus":["shirt"]},
			{"id":"bogo","buy_get":{"buy":1,"get":1,"selection":"` + selection + `"},"percent":"1"}]`
		require.EqualValues(t, 3000, totalOf(t, socks, item("shirt", "30", 1), item("socks", "5", 1)), selection)
		sample := `[{"id":"p","buy_get":{"buy":2,"get":1,"selection":"` + selection + `"},"percent":"1"}]`
		require.EqualValues(t, 1800, totalOf(t, sample, item("cream", "9", 3), item("sample", "0", 1)), selection)
	}
	require.EqualValues(t, 2400, totalOf(t, `[{"id":"p","bundle":{"quantity":3},"price":{"amount":"20","currency":"EUR"}}]`, item("cream", "12", 2), item("sample", "0", 1)))
	require.EqualValues(t, 2400, totalOf(t, `[{"id":"p","percent":"0.5","minimum_quantity":3}]`, item("cream", "12", 2), item("sample", "0", 1)))
}

// Prices with and without tax are compared on one basis.
func TestMixedTaxBases(t *testing.T) {
	taxes := []pricing.Tax{{Rate: money.MustRate("0.2")}}
	net := func(l pricing.Line) pricing.Line { l.TaxIncluded = false; return l }
	c := pricing.Config{Taxes: taxes, Promotions: []pricing.Promotion{{ID: "bogo", BuyGet: &pricing.BuyGet{Buy: 1, Get: 1}, Percent: money.Percent(100)}}}
	require.EqualValues(t, 1320, quote(t, c, basketWith(net(item("a", "11", 1)), item("b", "12", 1))).Total.Minor())
	c.Promotions = []pricing.Promotion{{ID: "off", Level: pricing.OrderLevel, Amount: cents(500), Minimum: cents(10_500)}}
	q := quote(t, c, basketWith(item("a", "60", 1), net(item("b", "40", 1)))) // 60.00 and 48.00
	require.Len(t, q.Applied, 1)
}

// Which unit of one price is free is a matter of what the items are, not of where
// they stand.
func TestTiesDoNotDependOnThePlace(t *testing.T) {
	taxes := []pricing.Tax{{Class: "standard", Rate: money.MustRate("0.2")}, {Class: "zero"}}
	line := func(sku, class string, included bool) pricing.Line {
		l := item(sku, "10", 1)
		l.TaxClass, l.TaxIncluded = class, included
		return l
	}
	for name, c := range map[string]struct {
		promotions string
		lines      []pricing.Line
	}{
		"bogo":   {`[{"id":"p","buy_get":{"buy":1,"get":1},"percent":"1"}]`, []pricing.Line{line("toy", "standard", false), line("book", "zero", false)}},
		"bundle": {`[{"id":"p","bundle":{"quantity":2},"limit":1,"price":{"amount":"15","currency":"EUR"}}]`, []pricing.Line{line("toy", "standard", true), line("book", "zero", true), line("game", "standard", true)}},
		"gift":   {`[{"id":"p","priority":2,"gift":{"skus":["toy","book"],"quantity":1}},{"id":"q","skus":["book"],"percent":"0.5"}]`, []pricing.Line{line("toy", "", true), line("book", "", true)}},
		"cents":  {`[{"id":"p","level":"order","amount":{"amount":"0.01","currency":"EUR"}}]`, []pricing.Line{line("toy", "standard", false), line("book", "zero", false)}},
	} {
		config, err := pricing.ReadConfig([]byte(`{"promotions":` + c.promotions + `}`))
		require.NoError(t, err)
		config.Taxes = taxes
		var first pricing.Quote
		for i := range 6 {
			lines := slices.Clone(c.lines)
			rand.New(rand.NewPCG(uint64(i), 1)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			q := quote(t, config, basketWith(lines...))
			if i == 0 {
				first = q
			}
			require.Equal(t, []any{first.Discount, first.Tax, first.Total}, []any{q.Discount, q.Tax, q.Total}, name)
		}
	}
}

// Splitting or joining lines of one item changes nothing, with several offers of
// all shapes, floors, and the best combination. Prices and percentages are such
// that nothing is rounded: rounding is by line.
func TestSplittingLines(t *testing.T) {
	for seed := range 1500 {
		r := rand.New(rand.NewPCG(uint64(seed), 21))
		c := pricing.Config{}
		if r.IntN(2) == 0 {
			c.Strategy = pricing.BestOf
		}
		skus := []flywheel.SKU{"a", "b", "c"}
		for i := range 1 + r.IntN(4) {
			p := pricing.Promotion{ID: fmt.Sprint("p", i), Priority: r.IntN(3), Percent: money.Percent([]int64{50, 100, 25}[r.IntN(3)])}
			if r.IntN(2) == 0 {
				p.SKUs = skus[:1+r.IntN(3)]
			}
			switch r.IntN(5) {
			case 0:
				p.BuyGet = &pricing.BuyGet{Buy: 1 + r.Int64N(2), Get: 1 + r.Int64N(2), Selection: pricing.Selection(r.IntN(3))}
			case 1:
				p.Bundle = &pricing.Bundle{Quantity: 2 + r.Int64N(2)}
			case 2:
				p.Percent, p.Gift = money.Rate{}, &pricing.Gift{SKUs: skus[:1+r.IntN(2)], Quantity: 1 + r.Int64N(2)}
			case 3:
				p.Percent, p.Amount = money.Rate{}, cents(1600)
			}
			if r.IntN(4) == 0 {
				p.MinimumQuantity = 2 + r.Int64N(2)
			}
			c.Promotions = append(c.Promotions, p)
		}
		var joined, split []pricing.Line
		for i := range 1 + r.IntN(3) {
			l := item(string(skus[i]), fmt.Sprint(64*(1+r.IntN(4))), 1+r.Int64N(4))
			if r.IntN(3) == 0 {
				l.Floor = money.MustPrice("16", money.EUR)
			}
			joined = append(joined, l)
			for range l.Quantity {
				one := l
				one.Quantity = 1
				split = append(split, one)
			}
		}
		a, b := quote(t, c, basketWith(joined...)), quote(t, c, basketWith(split...))
		if a.Discount != b.Discount {
			src, _ := json.Marshal(c)
			require.Equal(t, a.Discount, b.Discount, "seed %d: %s %v", seed, src, joined)
		}
	}
}
