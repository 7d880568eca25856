package replenish

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/normal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// discretised returns a normal demand in whole units.
func discretised(t *testing.T, d Demand) *Counts {
	weights := make([]float64, int(d.Mean+8*d.SD))
	for k := range weights {
		weights[k] = normal.Density((float64(k) - d.Mean) / d.SD)
	}
	c, err := NewCounts(weights)
	require.NoError(t, err)
	return c
}

// Snyder & Shen (2019), example 6.1: normal demand with mean 5 and deviation 1,
// lead times 1, 1 and 2, echelon holding costs 3, 2 and 2, backorder cost 37.12.
// The book gives echelon levels of 6.49, 12.02 and 22.71 and a cost of 47.65;
// here a unit is a hundredth.
func TestSerialBaseStockReference(t *testing.T) {
	one := discretised(t, Demand{500, 100})
	two := discretised(t, Demand{1000, 100 * math.Sqrt2})
	plan, err := SerialBaseStock([]Stage{{0.07, one}, {0.04, one}, {0.02, two}}, 0.3712)
	require.NoError(t, err)
	for j, want := range []float64{649, 1202, 2271} {
		require.InDelta(t, want, plan.Echelon[j], 1.5, "stage %d", j)
	}
	require.InDelta(t, 47.65, plan.Cost, 0.02)
	require.Equal(t, plan.Echelon[2], plan.Local[0]+plan.Local[1]+plan.Local[2])
}

// One stage is a newsvendor, and no other levels of two stages are cheaper: the
// cost of any base-stock levels is that of the recursion without minimising.
func TestSerialBaseStockIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		near, err := Poisson(rapid.Float64Range(0.5, 6).Draw(t, "near"))
		require.NoError(t, err)
		far, err := Poisson(rapid.Float64Range(0.5, 6).Draw(t, "far"))
		require.NoError(t, err)
		low := rapid.Float64Range(0.2, 2).Draw(t, "far holding")
		high := low + rapid.Float64Range(0.05, 2).Draw(t, "added")
		backorder := rapid.Float64Range(1, 20).Draw(t, "backorder")
		single, err := SerialBaseStock([]Stage{{high, near}}, backorder)
		require.NoError(t, err)
		n := Newsvendor{high, backorder}
		level, err := n.Level(near)
		require.NoError(t, err)
		cost, err := n.Cost(level, near)
		require.NoError(t, err)
		require.InDelta(t, cost, single.Cost, 1e-6)

		plan, err := SerialBaseStock([]Stage{{high, near}, {low, far}}, backorder)
		require.NoError(t, err)
		of := func(s1, s2 int64) float64 {
			sum := 0.0
			for i, p := range far.probability {
				x := s2 - int64(far.first+i)
				inner := low * float64(x)
				y := min(s1, x)
				for k, q := range near.probability {
					z := float64(y - int64(near.first+k))
					inner += q * ((high-low)*z + (backorder+high)*math.Max(-z, 0))
				}
				sum += p * inner
			}
			return sum
		}
		require.InDelta(t, of(plan.Echelon[0], plan.Echelon[1]), plan.Cost, 1e-6)
		s1 := rapid.Int64Range(0, 20).Draw(t, "s1")
		s2 := rapid.Int64Range(0, 40).Draw(t, "s2")
		require.GreaterOrEqual(t, of(s1, s2), plan.Cost-1e-6)
	})
}

// The approximation of the depot is close to what a simulation of its levels
// costs, and levels beside them are not cheaper by more than the noise.
func TestDepotBaseStock(t *testing.T) {
	outlets := []Outlet{{0.8, 1, 2, 30}, {0.5, 2, 2, 30}, {1.5, 1, 2, 20}}
	const lead, holding = 3, 1.0
	plan, err := DepotBaseStock(lead, holding, outlets)
	require.NoError(t, err)
	cost := simulateDepot(plan.Depot, plan.Outlets, lead, holding, outlets)
	require.InEpsilon(t, cost, plan.Cost, 0.04)
	for _, shift := range []int64{-2, 2} {
		other := append([]int64(nil), plan.Outlets...)
		for i := range other {
			other[i] += shift
		}
		require.Greater(t, simulateDepot(plan.Depot, other, lead, holding, outlets), cost)
	}
	require.Greater(t, simulateDepot(plan.Depot+6, plan.Outlets, lead, holding, outlets), cost)
}

// simulateDepot follows single demands in continuous time: the k-th demand takes
// the unit whose order was placed `level` demands before, so that a unit leaves
// the depot at the later of its own order and the arrival of the depot's.
func simulateDepot(level int64, levels []int64, lead, holding float64, outlets []Outlet) float64 {
	rng := rand.New(rand.NewPCG(7, 7))
	total := 0.0
	for _, o := range outlets {
		total += o.Demand
	}
	const n = 200_000
	times := make([]float64, 0, n)
	arrivals := make([][]float64, len(outlets)) // of units at an outlet, in the order of its orders
	asked := make([][]float64, len(outlets))
	now, stockTime := 0.0, 0.0
	for k := range n {
		now += rng.ExpFloat64() / total
		times = append(times, now)
		pick, i := rng.Float64()*total, 0
		for pick -= outlets[0].Demand; pick > 0; pick -= outlets[i].Demand {
			i++
		}
		// The depot's unit for this demand was ordered `level` demands ago.
		ready := 0.0
		if j := k - int(level); j >= 0 {
			ready = times[j] + lead
		}
		leaves := math.Max(now, ready)
		stockTime += math.Max(now-ready, 0)
		arrivals[i] = append(arrivals[i], leaves+outlets[i].LeadTime)
		asked[i] = append(asked[i], now)
	}
	cost := holding * stockTime / now
	for i, o := range outlets {
		for k, at := range asked[i] {
			// This customer takes the unit ordered levels[i] customers ago.
			ready := 0.0
			if j := k - int(levels[i]); j >= 0 {
				ready = arrivals[i][j]
			}
			if ready > at {
				cost += o.Backorder * (ready - at) / now
			} else {
				cost += o.Holding * (at - ready) / now
			}
		}
	}
	return cost
}

func TestOutdated(t *testing.T) {
	for _, c := range []struct {
		batches []Batch
		mean    float64
		periods int
		want    float64
	}{
		{nil, 3, 5, 0},
		{[]Batch{{10, 2}}, 3, 5, 4},
		{[]Batch{{10, 2}}, 3, 1, 0},          // not yet
		{[]Batch{{10, 4}, {10, 2}}, 3, 5, 8}, // 4 of the older, then 4 of the newer
		{[]Batch{{2, 1}, {10, 4}}, 3, 5, 0},
		{[]Batch{{5, 0}, {1, 9}}, 3, 9, 5}, // past its life already
	} {
		got, err := Outdated(c.batches, c.mean, c.periods)
		require.NoError(t, err)
		require.InDelta(t, c.want, got, 1e-12)
	}
	item := Item{OnHand: 50, Demand: Demand{5, 1}, LeadTime: LeadTime{Mean: 2}}
	fresh, err := Plan(item, Policy{Service: 0.9})
	require.NoError(t, err)
	item.Outdated = 40
	stale, err := Plan(item, Policy{Service: 0.9})
	require.NoError(t, err)
	require.Zero(t, fresh.Quantity)
	require.InDelta(t, fresh.Explanation.Need+40, stale.Explanation.Need, 1e-9)
}

// Share is as good as the best of all plans with one resource and single units,
// and TopUp never takes anything away or breaks a container.
func TestShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3).Draw(t, "n")
		claims := make([]Claim, n)
		for i := range claims {
			mean := rapid.Float64Range(0.5, 5).Draw(t, "mean")
			d, err := Poisson(mean)
			require.NoError(t, err)
			claims[i] = Claim{
				SKU: flywheel.SKU(rune('a' + i)), Demand: d, Want: rapid.Int64Range(0, 6).Draw(t, "want"),
				Value: rapid.Float64Range(0.5, 5).Draw(t, "value"), Uses: []float64{1},
			}
		}
		limit := rapid.Float64Range(0, 12).Draw(t, "limit")
		got, err := Share(claims, []float64{limit})
		require.NoError(t, err)
		loss := func(q []int64) (lost, used float64) {
			for i, c := range claims {
				lost += c.Value * c.Demand.Shortage(float64(q[i]))
				used += float64(q[i])
			}
			return lost, used
		}
		lost, used := loss(got)
		require.LessOrEqual(t, used, limit*(1+1e-9))
		var try func(q []int64)
		try = func(q []int64) {
			if len(q) == n {
				if other, used := loss(q); used <= limit {
					require.GreaterOrEqual(t, other, lost-1e-9)
				}
				return
			}
			for k := int64(0); k <= claims[len(q)].Want; k++ {
				try(append(q, k))
			}
		}
		try(nil)

		const size = 5
		full, err := TopUp(claims, got, 0, size)
		require.NoError(t, err)
		_, filled := loss(full)
		require.LessOrEqual(t, filled, math.Ceil(used/size)*size+1e-9)
		for i := range got {
			require.GreaterOrEqual(t, full[i], got[i])
		}
		if used > 0 {
			require.Equal(t, math.Ceil(used/size)*size, filled) // some demand is always possible
		}
	})
}

// Several resources and packs: no limit is passed, orders are whole packs, and
// more room is never worse.
func TestShareKeepsAllLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims := make([]Claim, rapid.IntRange(1, 8).Draw(t, "n"))
		for i := range claims {
			lot := Lot{Pack: rapid.Int64Range(0, 6).Draw(t, "pack"), Min: rapid.Int64Range(0, 12).Draw(t, "min")}
			claims[i] = Claim{
				Demand: Demand{20, 6}, Lot: lot, Want: lot.round(rapid.Int64Range(0, 40).Draw(t, "want")), Value: 1 + float64(i),
				Uses: []float64{rapid.Float64Range(0, 9).Draw(t, "price"), rapid.Float64Range(0.01, 0.3).Draw(t, "pallet")},
			}
		}
		limits := []float64{rapid.Float64Range(0, 400).Draw(t, "budget"), rapid.Float64Range(0, 12).Draw(t, "pallets")}
		got, err := Share(claims, limits)
		require.NoError(t, err)
		for r, limit := range limits {
			used := 0.0
			for i, c := range claims {
				used += c.Uses[r] * float64(got[i])
			}
			require.LessOrEqual(t, used, limit*(1+1e-9)+1e-9)
		}
		for i, c := range claims {
			require.LessOrEqual(t, got[i], c.Want)
			require.Equal(t, c.Lot.round(got[i]), got[i])
		}
		all, err := Share(claims, []float64{1e12, 1e12})
		require.NoError(t, err)
		for i, c := range claims {
			require.Equal(t, c.Want, all[i])
		}
	})
}

func TestFindExcess(t *testing.T) {
	findings, err := FindExcess([]Stock{
		{SKU: "runner", OnHand: 30, Demand: Demand{Mean: 10}, Cost: 2},
		{SKU: "slow", OnHand: 100, Demand: Demand{Mean: 2}, Idle: 3, Cost: 5},
		{SKU: "dead", OnHand: 7, Idle: 60, Cost: 1},
		{SKU: "none", Idle: 60},
	}, ExcessRule{Cover: 12, Dead: 26})
	require.NoError(t, err)
	require.Equal(t, []Excess{
		{SKU: "runner", Cover: 3},
		{SKU: "slow", Cover: 50, Units: 76, Cost: 380},
		{SKU: "dead", Cover: MaxPeriods, Units: 7, Cost: 7, Dead: true},
		{SKU: "none"},
	}, findings)
}

func TestLastOrder(t *testing.T) {
	l := LastOrder{Demand: Demand{10, 3}, Decay: 0.5, Periods: 3, Costs: Newsvendor{1, 1}}
	rest, err := l.Remaining()
	require.NoError(t, err)
	require.InDelta(t, 17.5, rest.Mean, 1e-12)
	require.InDelta(t, 3*math.Sqrt(1+0.25+0.0625), rest.SD, 1e-12)
	q, err := l.Quantity(5)
	require.NoError(t, err)
	require.Equal(t, int64(13), q)
	q, err = l.Quantity(50)
	require.NoError(t, err)
	require.Zero(t, q)
}

// What Project expects is what happens on average when its policy is run
// against random demand.
func TestProjectIsWhatHappens(t0 *testing.T) {
	o := Outlook{
		Item:     Item{SKU: "a", OnHand: 70, OnOrder: 30, LeadTime: LeadTime{Mean: 2}, Lot: Lot{Pack: 1}},
		Location: "north", Arrivals: []int64{0, 30}, Costs: Costs{Holding: 1, Short: 9},
	}
	for t := range 12 {
		o.Forecast = append(o.Forecast, Demand{20 + 5*float64(t%4), 6})
	}
	policy := Policy{Review: 1, Service: 0.9}
	s, err := Project(o, policy)
	require.NoError(t0, err)
	require.Contains(t0, s.String(), "a at north")

	const runs = 4000
	rng := rand.New(rand.NewPCG(1, 2))
	stock, short := make([]float64, len(s.Steps)), make([]float64, len(s.Steps))
	for range runs {
		net, position := float64(o.OnHand), float64(o.OnHand+o.OnOrder)
		coming := map[int]float64{1: 30}
		for t := range o.Forecast {
			// The level that the schedule has for this period.
			if need := s.Steps[t].Why.Level - position; need > 0 {
				position += need
				coming[t+2] += need
			}
			net += coming[t]
			d := o.Forecast[t].Mean + o.Forecast[t].SD*rng.NormFloat64()
			short[t] += math.Max(math.Min(d, d-net), 0) / runs
			net -= d
			position -= d
			stock[t] += math.Max(net, 0) / runs
		}
	}
	demand, missing := 0.0, 0.0
	for t, step := range s.Steps {
		require.InDelta(t0, stock[t], step.Stock, 1.5, "stock of period %d", t)
		require.InDelta(t0, short[t], step.Short, 0.5, "shortage of period %d", t)
		demand += o.Forecast[t].Mean
		missing += short[t]
	}
	require.InDelta(t0, 1-missing/demand, s.FillRate, 0.01)
}

func TestProjectWithoutVariation(t *testing.T) {
	o := Outlook{
		Item:     Item{SKU: "a", OnHand: 10, LeadTime: LeadTime{Mean: 1}},
		Forecast: []Demand{{Mean: 5}, {Mean: 5}, {Mean: 5}, {Mean: 5}},
		Costs:    Costs{Order: 3, Unit: 2, Holding: 1, Short: 100},
	}
	s, err := Project(o, Policy{Review: 2, Service: 0.9})
	require.NoError(t, err)
	require.Equal(t, []int64{5, 0, 10, 0}, []int64{s.Steps[0].Order, s.Steps[1].Order, s.Steps[2].Order, s.Steps[3].Order})
	require.Equal(t, 1.0, s.FillRate)
	require.Zero(t, s.Risk)
	// Stock at the ends: 5, 5, 0, 5.
	require.InDelta(t, 3*2+2*15+5+5+0+5, s.Cost, 1e-9)
}

func TestBadNetworks(t *testing.T) {
	d, err := Poisson(2)
	require.NoError(t, err)
	nan := math.NaN()
	good := Outlook{Forecast: []Demand{{5, 1}}}
	policy := Policy{Service: 0.9}
	claim := Claim{Demand: d, Want: 3, Uses: []float64{1}}
	bad := func(change func(o *Outlook)) error {
		o := good
		change(&o)
		return second(Project(o, policy))
	}
	for i, err := range []error{
		second(SerialBaseStock(nil, 1)), second(SerialBaseStock([]Stage{{1, d}}, nan)), second(SerialBaseStock([]Stage{{1, d}, {2, d}}, 1)),
		second(DepotBaseStock(-1, 1, []Outlet{{1, 1, 1, 1}})), second(DepotBaseStock(1, 1, nil)), second(DepotBaseStock(1, 1, []Outlet{{1, nan, 1, 1}})),
		second(DepotBaseStock(1, 1, []Outlet{{1e9, 1, 1, 1}})), second(DepotBaseStock(1, 0, []Outlet{{1, 1, 1, 1}})),
		second(Outdated([]Batch{{-1, 1}}, 1, 1)), second(Outdated([]Batch{{1, -1}}, 1, 1)), second(Outdated(nil, nan, 1)), second(Outdated(nil, 1, -1)),
		second(FindExcess(nil, ExcessRule{})), second(FindExcess([]Stock{{Demand: Demand{Mean: nan}}}, ExcessRule{1, 1})),
		second(LastOrder{Periods: 1, Decay: 2, Costs: Newsvendor{1, 1}}.Quantity(0)), second(LastOrder{Decay: 1}.Remaining()),
		second(LastOrder{Periods: 1, Decay: 1}.Quantity(0)), second(LastOrder{Periods: 1, Demand: Demand{Mean: nan}}.Remaining()),
		second(Share([]Claim{claim}, nil)), second(Share([]Claim{claim}, []float64{nan})), second(Share([]Claim{{Demand: d, Want: -1}}, nil)),
		second(TopUp([]Claim{claim}, nil, 0, 1)), second(TopUp([]Claim{claim}, []int64{1}, 2, 1)), second(TopUp([]Claim{claim}, []int64{1}, 0, nan)), second(TopUp([]Claim{claim}, []int64{-1}, 0, 1)),
		bad(func(o *Outlook) { o.Forecast = nil }), bad(func(o *Outlook) { o.Forecast = []Demand{{Mean: nan}} }),
		bad(func(o *Outlook) { o.Arrivals = []int64{1} }), bad(func(o *Outlook) { o.Arrivals = []int64{0, 0} }),
		bad(func(o *Outlook) { o.LeadTime.Mean = 1e5 }), bad(func(o *Outlook) { o.Costs.Short = -1 }), second(Project(good, Policy{})),
	} {
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, i)
	}
}
