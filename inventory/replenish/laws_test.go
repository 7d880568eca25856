package replenish

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

func drawItem(t *rapid.T) Item {
	return Item{
		SKU:         "x",
		OnHand:      rapid.Int64Range(-50, 500).Draw(t, "on hand"),
		OnOrder:     rapid.Int64Range(0, 500).Draw(t, "on order"),
		Backordered: rapid.Int64Range(0, 100).Draw(t, "backordered"),
		Demand:      Demand{rapid.Float64Range(0, 200).Draw(t, "mean"), rapid.Float64Range(0, 100).Draw(t, "sd")},
		LeadTime:    LeadTime{rapid.Float64Range(0, 10).Draw(t, "lead"), rapid.Float64Range(0, 3).Draw(t, "lead sd")},
		Lot: Lot{
			Min:  rapid.Int64Range(0, 40).Draw(t, "min"),
			Pack: rapid.Int64Range(0, 24).Draw(t, "pack"),
			Max:  rapid.SampledFrom([]int64{0, 0, 24, 100, 1000}).Draw(t, "max"),
		},
	}
}

func drawPolicy(t *rapid.T) Policy {
	p := Policy{
		Review:   rapid.Float64Range(0, 4).Draw(t, "review"),
		Quantity: rapid.SampledFrom([]int64{0, 0, 1, 30, 500}).Draw(t, "quantity"),
		Counts:   rapid.Bool().Draw(t, "counts"),
	}
	target := rapid.Float64Range(0.01, 0.9999).Draw(t, "target")
	if rapid.Bool().Draw(t, "fill rate") {
		p.FillRate = target
	} else {
		p.Service = target
	}
	return p
}

// The figures of the explanation reproduce the quantity.
func TestExplanationReproducesTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		item, policy := drawItem(t), drawPolicy(t)
		order, err := Plan(item, policy)
		if err != nil {
			t.Fatal(err)
		}
		e := order.Explanation
		close := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-9*(1+math.Abs(want)) {
				t.Fatalf("%s = %g, want %g", what, got, want)
			}
		}
		close("protection", e.Protection, item.LeadTime.Mean+policy.Review)
		close("expected", e.Expected, e.Protection*item.Demand.Mean)
		close("deviation", e.Deviation*e.Deviation, e.Protection*item.Demand.SD*item.Demand.SD+item.Demand.Mean*item.Demand.Mean*item.LeadTime.SD*item.LeadTime.SD)
		close("safety stock", e.SafetyStock, math.Max(e.Factor, 0)*e.Deviation)
		close("level", e.Level, e.Expected+e.SafetyStock)
		need := e.Level - float64(e.Position)
		if policy.Quantity > 0 {
			q := float64(policy.Quantity)
			if need < -1e-9 {
				need = 0
			} else {
				need = q * (math.Floor(need/q+1e-9) + 1)
			}
		}
		close("need", e.Need, need)
		want, err := e.Lot.Round(int64(math.Ceil(e.Need - 1e-9)))
		if err != nil || want != order.Quantity {
			t.Fatalf("order %d, the explanation gives %d (%v)", order.Quantity, want, err)
		}
		if order.Quantity < 0 || item.Lot.Pack > 0 && order.Quantity%item.Lot.Pack != 0 {
			t.Fatalf("order %d in packs of %d", order.Quantity, item.Lot.Pack)
		}
		if item.Lot.Max > 0 && order.Quantity > item.Lot.Max {
			t.Fatalf("order %d, at most %d", order.Quantity, item.Lot.Max)
		}
		if item.Lot.Max == 0 && float64(e.Position+order.Quantity) < e.Level-1e-6 {
			t.Fatalf("position %d and order %d do not reach level %g", e.Position, order.Quantity, e.Level)
		}
	})
}

func TestSafetyStockGrowsWithTheTarget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Demand{rapid.Float64Range(0, 1e4).Draw(t, "mean"), rapid.Float64Range(0, 1e4).Draw(t, "sd")}
		l := LeadTime{rapid.Float64Range(0, 100).Draw(t, "lead"), rapid.Float64Range(0, 10).Draw(t, "lead sd")}
		quantity := rapid.Float64Range(0.01, 1e5).Draw(t, "quantity")
		targets := rapid.SliceOfNDistinct(rapid.Float64Range(0.0001, 0.999999), 2, 2, rapid.ID).Draw(t, "targets")
		low, high := min(targets[0], targets[1]), max(targets[0], targets[1])
		for _, stock := range []func(target float64) (float64, error){
			func(target float64) (float64, error) { return SafetyStock(target, d, l) },
			func(target float64) (float64, error) { return SafetyStockForFillRate(target, quantity, d.Over(l)) },
		} {
			a, err := stock(low)
			require.NoError(t, err)
			b, err := stock(high)
			require.NoError(t, err)
			if a > b+1e-9*(1+math.Abs(b)) {
				t.Fatalf("%g of stock for %g, %g for %g", a, low, b, high)
			}
		}
	})
}

// The stock for a fill rate gives that fill rate.
func TestFillRateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		over := Demand{rapid.Float64Range(0, 1e4).Draw(t, "mean"), rapid.Float64Range(0.1, 1e4).Draw(t, "sd")}
		quantity := rapid.Float64Range(1, 1e5).Draw(t, "quantity")
		target := rapid.Float64Range(0.01, 0.99999).Draw(t, "target")
		stock, err := SafetyStockForFillRate(target, quantity, over)
		require.NoError(t, err)
		rate, err := FillRate(over.Mean+stock, quantity, over)
		require.NoError(t, err)
		if math.Abs(rate-target) > 1e-8 {
			t.Fatalf("fill rate %.12g, want %.12g", rate, target)
		}
	})
}

func TestOrderIsScaleFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Demand{rapid.Float64Range(0, 100).Draw(t, "mean"), rapid.Float64Range(0, 100).Draw(t, "sd")}
		l := LeadTime{rapid.Float64Range(0, 10).Draw(t, "lead"), rapid.Float64Range(0, 3).Draw(t, "lead sd")}
		factor := rapid.Float64Range(0.1, 50).Draw(t, "factor")
		a, err := ReorderPoint(0.97, d, l)
		require.NoError(t, err)
		b, err := ReorderPoint(0.97, Demand{d.Mean * factor, d.SD * factor}, l)
		require.NoError(t, err)
		require.InDelta(t, a*factor, b, 1e-9*(1+math.Abs(b)))
	})
}

func TestSpreadIsTheInverseOfOver(t *testing.T) {
	d := Spread(100, 30, 4).Over(LeadTime{Mean: 4})
	require.InDelta(t, 100, d.Mean, 1e-12)
	require.InDelta(t, 30, d.SD, 1e-12)
}

func TestCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean := rapid.Float64Range(0, 300).Draw(t, "mean")
		dispersion := rapid.Float64Range(1.001, 50).Draw(t, "variance over mean")
		poisson, err := Poisson(mean)
		require.NoError(t, err)
		variance := mean
		c := poisson
		if rapid.Bool().Draw(t, "negative binomial") {
			variance = mean * dispersion
			c, err = NegativeBinomial(mean, math.Sqrt(variance))
			require.NoError(t, err)
		}
		require.InDelta(t, mean, c.Mean(), 1e-9*(1+mean))
		squares := 0.0
		for i, p := range c.probability {
			d := float64(c.first+i) - mean
			squares += d * d * p
		}
		require.InDelta(t, variance, squares, 1e-8*(1+variance))

		level := rapid.Float64Range(-5, 400).Draw(t, "level")
		require.InDelta(t, mean-level, c.Shortage(level)-c.Leftover(level), 1e-8*(1+mean))

		p := rapid.Float64Range(0.0001, 0.9999).Draw(t, "p")
		q := c.Quantile(p)
		if variance > mean*1.0001 {
			// Rounding may make the one stop a unit before the other.
			near := negativeBinomialQuantile(mean, variance, p)
			require.True(t, near == q || c.Quantile(p*(1-1e-9)) == near || c.Quantile(p*(1+1e-9)) == near, "%g for %g", near, q)
		}
		below := 0.0
		for i, w := range c.probability {
			if float64(c.first+i) < q {
				below += w
			}
		}
		require.Less(t, below, p)

		quantity := rapid.Float64Range(1, 50).Draw(t, "quantity")
		n := c.levelForFillRate(p, quantity)
		short := func(level float64) float64 { return c.Shortage(level) - c.Shortage(level+quantity) }
		require.LessOrEqual(t, short(n), (1-p)*quantity)
		if n > 0 {
			require.Greater(t, short(n-1), (1-p)*quantity)
		}
	})
}

// For slow items a service level asks for more than the normal distribution
// gives, and for fast ones the two agree.
func TestCountsAndNormalAgreeForFastItems(t *testing.T) {
	fast := Item{Demand: Demand{400, 40}, LeadTime: LeadTime{Mean: 1}}
	slow := Item{Demand: Demand{0.5, 1.5}, LeadTime: LeadTime{Mean: 1}}
	level := func(item Item, counts bool) float64 {
		order, err := Plan(item, Policy{Service: 0.99, Counts: counts})
		require.NoError(t, err)
		return order.Explanation.Level
	}
	require.InEpsilon(t, level(fast, false), level(fast, true), 0.02)
	require.Greater(t, level(slow, true), level(slow, false)*1.2)
}

// No other level is cheaper than the newsvendor's, and no other quantity than
// the economic one.
func TestOptimaAreOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := Newsvendor{rapid.Float64Range(0.1, 100).Draw(t, "over"), rapid.Float64Range(0.1, 100).Draw(t, "under")}
		d := Demand{rapid.Float64Range(0, 100).Draw(t, "mean"), rapid.Float64Range(0, 100).Draw(t, "sd")}
		level, err := n.Level(d)
		require.NoError(t, err)
		least, err := n.Cost(level, d)
		require.NoError(t, err)
		other, err := n.Cost(rapid.Float64Range(0, 400).Draw(t, "level"), d)
		require.NoError(t, err)
		require.GreaterOrEqual(t, other, least*(1-1e-9))

		e := EconomicOrder{
			rapid.Float64Range(1, 1e4).Draw(t, "demand"), rapid.Float64Range(1, 1e4).Draw(t, "fixed"),
			rapid.Float64Range(0.01, 100).Draw(t, "holding"), rapid.SampledFrom([]float64{0, 0.5, 20}).Draw(t, "backorder"),
		}
		quantity, _, err := e.Quantity()
		require.NoError(t, err)
		least, err = e.Cost(quantity)
		require.NoError(t, err)
		other, err = e.Cost(quantity * rapid.Float64Range(0.1, 10).Draw(t, "share"))
		require.NoError(t, err)
		require.GreaterOrEqual(t, other, least*(1-1e-9))
	})
}

// No quantity is cheaper than the best one under discounts.
func TestDiscountsAreOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Discounts{
			Demand:      rapid.Float64Range(1, 1e4).Draw(t, "demand"),
			Fixed:       rapid.Float64Range(1, 1e3).Draw(t, "fixed"),
			HoldingRate: rapid.Float64Range(0.01, 1).Draw(t, "rate"),
			Breaks:      []Break{{0, 10}, {rapid.Float64Range(1, 100).Draw(t, "first"), 9}, {rapid.Float64Range(101, 1000).Draw(t, "second"), 8.5}},
		}
		other := rapid.Float64Range(0.1, 3000).Draw(t, "other")
		last := 0
		for i, b := range d.Breaks {
			if other >= b.From {
				last = i
			}
		}
		price := d.Breaks[last].Price
		_, _, cost, err := d.AllUnits()
		require.NoError(t, err)
		require.LessOrEqual(t, cost, (1+1e-9)*(d.Demand*price+d.Fixed*d.Demand/other+d.HoldingRate*price*other/2))

		bill := 0.0 // of an order, bracket by bracket
		for i, b := range d.Breaks {
			end := other
			if i+1 < len(d.Breaks) {
				end = min(end, d.Breaks[i+1].From)
			}
			bill += b.Price * max(end-b.From, 0)
		}
		_, _, cost, err = d.Incremental()
		require.NoError(t, err)
		require.LessOrEqual(t, cost, (1+1e-9)*(d.Demand*bill/other+d.Fixed*d.Demand/other+d.HoldingRate*bill/2))
	})
}

// WagnerWhitin meets all demand, costs what it says, and is no dearer than
// Silver-Meal or than trying every set of order periods.
func TestLotSizing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 7).Draw(t, "n")
		periods := make([]Period, n)
		for i := range periods {
			periods[i] = Period{
				Demand:  float64(rapid.IntRange(0, 20).Draw(t, "demand")),
				Fixed:   float64(rapid.IntRange(0, 100).Draw(t, "fixed")),
				Unit:    float64(rapid.IntRange(0, 5).Draw(t, "unit")),
				Holding: float64(rapid.IntRange(0, 5).Draw(t, "holding")),
			}
		}
		orders, cost, err := WagnerWhitin(periods)
		require.NoError(t, err)
		require.InDelta(t, costOf(t, periods, orders), cost, 1e-9)
		meal, mealCost, err := SilverMeal(periods)
		require.NoError(t, err)
		require.InDelta(t, costOf(t, periods, meal), mealCost, 1e-9)
		require.LessOrEqual(t, cost, mealCost+1e-9)
		for set := range 1 << n {
			trial := make([]float64, n)
			last := -1
			for i, p := range periods {
				if set>>i&1 == 1 {
					last = i
				}
				if last >= 0 {
					trial[last] += p.Demand
				} else if p.Demand > 0 {
					last = -2
					break
				}
			}
			if last != -2 {
				require.LessOrEqual(t, cost, costOf(t, periods, trial)+1e-9)
			}
		}
	})
}

// costOf simulates the orders.
func costOf(t require.TestingT, periods []Period, orders []float64) float64 {
	stock, cost := 0.0, 0.0
	for i, p := range periods {
		if orders[i] > 0 {
			cost += p.Fixed + p.Unit*orders[i]
		}
		stock += orders[i] - p.Demand
		require.GreaterOrEqual(t, stock, -1e-9)
		cost += p.Holding * stock
	}
	return cost
}

func TestBadInput(t *testing.T) {
	good := Item{SKU: "a", Demand: Demand{5, 2}, LeadTime: LeadTime{2, 1}}
	nan := math.NaN()
	for name, item := range map[string]Item{
		"demand":           {Demand: Demand{Mean: -1}},
		"demand nan":       {Demand: Demand{Mean: nan}},
		"deviation":        {Demand: Demand{SD: math.Inf(1)}},
		"lead time":        {LeadTime: LeadTime{Mean: -1}},
		"lead time spread": {LeadTime: LeadTime{SD: nan}},
		"stock":            {OnHand: math.MinInt64},
		"on order":         {OnOrder: math.MaxInt64},
		"pack":             {Lot: Lot{Pack: -1}},
		"pack above max":   {Lot: Lot{Pack: 10, Max: 5}},
		"pallet":           {Lot: Lot{Pack: 10, Pallet: 25}},
		"negative pallet":  {Lot: Lot{Pallet: -1}},
		"missing":          {Lot: Lot{Pallet: 10, Missing: 1}},
		"missing is none":  {Lot: Lot{Pallet: 10, Missing: math.NaN()}},
	} {
		_, err := Plan(item, Policy{Review: 2, Service: 0.9})
		_, ok := errors.AsType[*SettingError](err)
		require.True(t, ok, name)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, name)
	}
	for name, p := range map[string]Policy{
		"none": {}, "both": {Service: 0.9, FillRate: 0.9}, "certain": {Service: 1}, "negative": {FillRate: -0.1},
		"nan": {Service: nan}, "review": {Service: 0.9, Review: -1}, "quantity": {Service: 0.9, Quantity: -5},
	} {
		_, err := Plan(good, p)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, name)
		_, err = PlanAll([]Item{good}, p)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, name)
	}
	for _, err := range []error{
		second(SafetyStock(0, good.Demand, good.LeadTime)), second(SafetyStockForFillRate(0.9, 0, good.Demand)),
		second(FillRate(nan, 1, good.Demand)), second(FillRate(1, -1, good.Demand)), second(OrderUpTo(0.9, good.Demand, good.LeadTime, nan)),
		second(Newsvendor{}.Level(good.Demand)), second(Newsvendor{1, 1}.Cost(nan, good.Demand)), second(EconomicOrder{}.Cost(1)),
		second(Classify([]Weight{{Value: -1}}, UsualLimits)), second(Classify(nil, Limits{A: 2})), second(Lot{}.Round(math.MaxInt64)),
	} {
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	steady := []Break{{0, 5}, {10, 4}}
	for _, d := range []Discounts{{}, {1, 1, 1, nil}, {1, 1, 1, []Break{{1, 5}}}, {1, 1, 1, []Break{{0, 5}, {0, 4}}}, {1, nan, 1, steady}, {1, 1, 1, []Break{{0, 0}}}} {
		_, _, _, err := d.AllUnits()
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	for _, err := range []error{
		second(NewCounts(nil)), second(NewCounts([]float64{-1})), second(NewCounts([]float64{0, nan})), second(Poisson(-1)), second(Poisson(nan)),
		second(NegativeBinomial(nan, 1)), second(NegativeBinomial(4, 2)), second(NegativeBinomial(1, nan)), second(NegativeBinomial(1e-9, 1e6)),
		second(Newsvendor{1, 1}.Level(Demand{nan, 1})),
	} {
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err := NewCounts(make([]float64, MaxCounts+1))
	require.ErrorIs(t, err, flywheel.ErrLimit)
	_, _, err = MinMax(1, 1, 1, Demand{}, LeadTime{})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, _, err = MinMax(1, 1, 1, Demand{1, 1}, LeadTime{Mean: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, _, err = WagnerWhitin([]Period{{Demand: nan}})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, _, err = SilverMeal([]Period{{Holding: -1}})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func second[T any](_ T, err error) error { return err }

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		item Item
		want Warning
	}{
		{Item{Demand: Demand{10, 0}, LeadTime: LeadTime{Mean: 1}}, WarnNoVariation},
		{Item{LeadTime: LeadTime{Mean: 1}}, WarnNoDemand},
		{Item{Demand: Demand{10, 1}, LeadTime: LeadTime{Mean: 5}, Lot: Lot{Max: 3}}, WarnCapped},
	} {
		order, err := Plan(c.item, Policy{Service: 0.9})
		require.NoError(t, err)
		require.Contains(t, order.Explanation.Warnings, c.want)
		require.Contains(t, order.Explanation.String(), string(c.want))
	}
}

// FuzzPlan: any figures give a typed error or a finite plan.
func FuzzPlan(f *testing.F) {
	f.Add(int64(5), int64(0), 10.0, 3.0, 2.0, 1.0, 1.0, 0.95, 0.0, int64(0), int64(6), true)
	f.Add(int64(-5), int64(9), 1e12, 1e12, 1e6, 1e6, 1e6, 0.0, 0.999999999, int64(1), int64(0), false)
	f.Add(int64(0), int64(0), 5e-324, 5e-324, 1.0, 0.0, 0.0, 0.0, 0.5, int64(1e15), int64(1), true)
	f.Fuzz(func(t *testing.T, onHand, onOrder int64, mean, sd, lead, leadSD, review, service, fill float64, quantity, pack int64, counts bool) {
		order, err := Plan(Item{
			OnHand: onHand, OnOrder: onOrder, Demand: Demand{mean, sd}, LeadTime: LeadTime{lead, leadSD}, Lot: Lot{Pack: pack},
		}, Policy{Review: review, Service: service, FillRate: fill, Quantity: quantity, Counts: counts})
		if err != nil {
			if _, ok := errors.AsType[*SettingError](err); !ok {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		e := order.Explanation
		for _, v := range []float64{e.Protection, e.Expected, e.Deviation, e.Factor, e.SafetyStock, e.Level, e.Need} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%+v", e)
			}
		}
		if order.Quantity < 0 {
			t.Fatalf("order %d", order.Quantity)
		}
	})
}

func BenchmarkPlan(b *testing.B) {
	item := Item{SKU: "a", OnHand: 20, Demand: Demand{25, 8}, LeadTime: LeadTime{2, 0.5}, Lot: Lot{Pack: 6}}
	for name, policy := range map[string]Policy{"service": {Review: 1, Service: 0.95}, "fill": {Review: 1, FillRate: 0.98}, "counts": {Review: 1, FillRate: 0.98, Counts: true}} {
		b.Run("target="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Plan(item, policy); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPlanAll(b *testing.B) {
	for _, n := range []int{4000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			items := make([]Item, n)
			for i := range items {
				items[i] = Item{SKU: "a", OnHand: int64(i % 90), Demand: Demand{25, 8}, LeadTime: LeadTime{2, 0.5}}
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := PlanAll(items, Policy{Review: 1, FillRate: 0.98}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Pallets are filled up where little is missing, and never beyond the largest
// order.
func TestPallets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pack := rapid.Int64Range(1, 12).Draw(t, "pack")
		lot := Lot{Pack: pack, Pallet: pack * rapid.Int64Range(1, 20).Draw(t, "packs"), Missing: rapid.Float64Range(0, 0.99).Draw(t, "missing")}
		need := rapid.Int64Range(1, 1000).Draw(t, "need")
		if rapid.Bool().Draw(t, "capped") {
			lot.Max = rapid.Int64Range(pack, 1200).Draw(t, "max")
		}
		got, err := lot.Round(need)
		require.NoError(t, err)
		plain, err := Lot{Pack: pack, Max: lot.Max}.Round(need)
		require.NoError(t, err)
		require.GreaterOrEqual(t, got, plain)
		require.Zero(t, got%pack)
		if lot.Max > 0 {
			require.LessOrEqual(t, got, lot.Max)
		}
		if got > plain {
			require.Zero(t, got%lot.Pallet)
			require.LessOrEqual(t, float64(got-plain), lot.Missing*float64(lot.Pallet))
		} else if rest := plain % lot.Pallet; rest > 0 && (lot.Max == 0 || plain+lot.Pallet-rest <= lot.Max) {
			require.Greater(t, float64(lot.Pallet-rest), lot.Missing*float64(lot.Pallet))
		}
	})
}
