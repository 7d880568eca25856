package markdown_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/markdown"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

// simulate draws a history of n weeks from a known demand, whose prices are cut now
// and then.
func simulate(chance *rand.Rand, n int, elasticity, level, noise float64) []markdown.Sale {
	var history []markdown.Sale
	for week := range n {
		price := []int64{1999, 1999, 1499, 1799}[chance.IntN(4)]
		season := 0.4 * math.Sin(2*math.Pi*float64(week)/52)
		log := level + elasticity*math.Log(float64(price)/1999) + season + noise*chance.NormFloat64()
		history = append(history, markdown.Sale{Period: week, Price: eur(price), Units: int64(math.Round(math.Exp(log)))})
	}
	return history
}

var yearly = markdown.Season{Length: 52, Harmonics: 1}

// Without a season the slope and its error are those of simple regression:
// Sxy/Sxx and sqrt(RSS/(n-2)/Sxx).
func TestFitIsSimpleRegression(t *testing.T) {
	history := []markdown.Sale{{0, eur(1000), 100}, {1, eur(900), 130}, {2, eur(800), 140}, {3, eur(1000), 90}, {4, eur(700), 220}, {5, eur(950), 0}}
	var mx, my float64
	for _, h := range history {
		mx += math.Log(float64(h.Price.Minor())) / 6
		my += math.Log(math.Max(float64(h.Units), 0.5)) / 6
	}
	var xx, xy, yy float64
	for _, h := range history {
		x, y := math.Log(float64(h.Price.Minor()))-mx, math.Log(math.Max(float64(h.Units), 0.5))-my
		xx, xy, yy = xx+x*x, xy+x*y, yy+y*y
	}
	slope := xy / xx
	se := math.Sqrt((yy - slope*xy) / 4 / xx)
	d, err := markdown.Fit(history, markdown.Season{})
	require.NoError(t, err)
	require.InEpsilon(t, slope, d.Elasticity.Value, 1e-9)
	require.InEpsilon(t, se, d.Elasticity.StandardError, 1e-9)
	const t4 = 2.776445105 // R: qt(0.975, 4)
	require.InEpsilon(t, slope+t4*se, d.Elasticity.High, 1e-8)
	require.InEpsilon(t, slope-t4*se, d.Elasticity.Low, 1e-8)
	require.Equal(t, []markdown.Warning{markdown.FewData}, d.Warnings)
	require.Equal(t, 6, d.Periods)
}

// A demand without chance is found exactly, season and all.
func TestFitFindsWhatIsThere(t *testing.T) {
	var history []markdown.Sale
	for week := range 60 {
		price := []int64{2000, 1500, 1000}[week%3]
		units := 1e6 * math.Pow(float64(price)/2000, -1.7) * math.Exp(0.3*math.Cos(2*math.Pi*float64(week)/10)-0.1*math.Sin(4*math.Pi*float64(week)/10))
		history = append(history, markdown.Sale{Period: 1000 + week, Price: eur(price), Units: int64(math.Round(units))})
	}
	d, err := markdown.Fit(history, markdown.Season{Length: 10, Harmonics: 2})
	require.NoError(t, err)
	require.InDelta(t, -1.7, d.Elasticity.Value, 1e-5)
	require.Empty(t, d.Warnings)
	for _, h := range history[:10] {
		units, err := d.Units(h.Price, h.Period)
		require.NoError(t, err)
		require.InEpsilon(t, float64(h.Units), units, 1e-5)
	}
}

// Of 600 intervals of simulated histories about 95 in 100 hold the truth: by chance
// fewer than 554 or more than 585 once in a thousand each (R: qbinom(c(.001, .999),
// 600, .95)). The seed makes it one experiment.
func TestIntervalsHoldTheTruth(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	held := 0
	for range 600 {
		d, err := markdown.Fit(simulate(chance, 30, -1.8, 6, 0.3), yearly)
		require.NoError(t, err)
		if d.Elasticity.Low <= -1.8 && -1.8 <= d.Elasticity.High {
			held++
		}
	}
	require.GreaterOrEqual(t, held, 553)
	require.LessOrEqual(t, held, 586)
}

func TestOnePrice(t *testing.T) {
	var history []markdown.Sale
	for week := range 30 {
		history = append(history, markdown.Sale{Period: week, Price: eur(999), Units: int64(10 + week%3)})
	}
	d, err := markdown.Fit(history, yearly)
	require.NoError(t, err)
	require.Zero(t, d.Elasticity.Value)
	require.True(t, math.IsInf(d.Elasticity.StandardError, 1))
	require.Contains(t, d.Warnings, markdown.OnePrice)
	_, _, err = markdown.Shrink([]markdown.Demand{d})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	one, err := markdown.Fit(history[:1], markdown.Season{Length: 4, Harmonics: 2})
	require.NoError(t, err)
	units, err := one.Units(eur(999), 0)
	require.NoError(t, err)
	require.InEpsilon(t, 10, units, 1e-9)
}

// Shrinking brings estimates nearer to the truth, and its intervals hold it; what
// knows nothing takes the category's.
func TestShrink(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	var products []markdown.Demand
	var truth []float64
	for i := range 60 {
		e := -1.8 + 0.3*chance.NormFloat64()
		d, err := markdown.Fit(simulate(chance, 12+4*(i%5), e, 6, 0.5), markdown.Season{})
		require.NoError(t, err)
		products, truth = append(products, d), append(truth, e)
	}
	silent, err := markdown.Fit([]markdown.Sale{{0, eur(999), 5}, {1, eur(999), 6}}, markdown.Season{})
	require.NoError(t, err)
	shrunk, category, err := markdown.Shrink(append(products, silent))
	require.NoError(t, err)
	var before, after float64
	held := 0
	for i, e := range truth {
		before += (products[i].Elasticity.Value - e) * (products[i].Elasticity.Value - e)
		after += (shrunk[i].Elasticity.Value - e) * (shrunk[i].Elasticity.Value - e)
		if shrunk[i].Elasticity.Low <= e && e <= shrunk[i].Elasticity.High {
			held++
		}
		low, high := min(products[i].Elasticity.Value, category.Elasticity.Value), max(products[i].Elasticity.Value, category.Elasticity.Value)
		require.True(t, low <= shrunk[i].Elasticity.Value && shrunk[i].Elasticity.Value <= high, "between its own and the category's")
		require.LessOrEqual(t, shrunk[i].Elasticity.StandardError, products[i].Elasticity.StandardError)
	}
	require.Less(t, after, before/3)
	require.GreaterOrEqual(t, held, 51) // of 60; R: qbinom(.001, 60, .95) is 51
	require.InDelta(t, -1.8, category.Elasticity.Value, 3*category.Elasticity.StandardError)
	last := shrunk[60]
	require.Equal(t, category.Elasticity.Value, last.Elasticity.Value)
	units, err := last.Units(eur(999), 7)
	require.NoError(t, err)
	require.InDelta(t, 5.5, units, 0.1, "the level stays")
	dearer, err := last.Units(eur(1998), 7)
	require.NoError(t, err)
	require.InEpsilon(t, units*math.Pow(2, category.Elasticity.Value), dearer, 1e-9)
	require.True(t, math.IsInf(silent.Elasticity.StandardError, 1), "the argument stays as it was")
}

// Two products of equal errors: DerSimonian and Laird's spread is the variance of
// the estimates less that of the errors, and each goes halfway when the two are
// equal.
func TestShrinkByHand(t *testing.T) {
	fit := func(prices [4]int64, units [4]int64) markdown.Demand {
		var h []markdown.Sale
		for i := range prices {
			h = append(h, markdown.Sale{Period: i, Price: eur(prices[i]), Units: units[i]})
		}
		d, err := markdown.Fit(h, markdown.Season{})
		require.NoError(t, err)
		return d
	}
	// The same residuals about slopes of -1 and -3 in powers of two.
	a := fit([4]int64{100, 200, 100, 200}, [4]int64{8192, 4096, 4096, 2048})
	b := fit([4]int64{100, 200, 100, 200}, [4]int64{8192, 1024, 4096, 512})
	require.InDelta(t, -1, a.Elasticity.Value, 1e-12)
	require.InDelta(t, -3, b.Elasticity.Value, 1e-12)
	require.InEpsilon(t, a.Elasticity.StandardError, b.Elasticity.StandardError, 1e-9)
	v := a.Elasticity.StandardError * a.Elasticity.StandardError
	shrunk, c, err := markdown.Shrink([]markdown.Demand{a, b})
	require.NoError(t, err)
	spread := 2 - v // the variance of -1 and -3 is 2
	require.InEpsilon(t, math.Sqrt(spread), c.Spread, 1e-9)
	require.InDelta(t, -2, c.Elasticity.Value, 1e-12)
	own := spread / (spread + v)
	require.InEpsilon(t, -2+own, shrunk[0].Elasticity.Value, 1e-9)
	require.InEpsilon(t, -2-own, shrunk[1].Elasticity.Value, 1e-9)
}

func TestFitRefuses(t *testing.T) {
	good := markdown.Sale{Period: 1, Price: eur(100), Units: 5}
	for field, c := range map[string]struct {
		history []markdown.Sale
		season  markdown.Season
	}{
		"history":          {nil, markdown.Season{}},
		"history[1].price": {[]markdown.Sale{good, {Price: eur(0)}}, markdown.Season{}},
		"history[1].units": {[]markdown.Sale{good, {Price: eur(1), Units: -1}}, markdown.Season{}},
		"season.length":    {[]markdown.Sale{good}, markdown.Season{Length: -1}},
		"season.harmonics": {[]markdown.Sale{good}, markdown.Season{Length: 4, Harmonics: 3}},
	} {
		_, err := markdown.Fit(c.history, c.season)
		f, ok := errors.AsType[*markdown.FieldError](err)
		require.True(t, ok, field)
		require.Equal(t, field, f.Field)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	_, err := markdown.Fit([]markdown.Sale{good, {Price: money.New(1, money.USD)}}, markdown.Season{})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	d, err := markdown.Fit([]markdown.Sale{good}, markdown.Season{})
	require.NoError(t, err)
	for _, p := range []money.Amount{eur(0), money.New(1, money.USD)} {
		_, err := d.Units(p, 0)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
}

// table is a forecast by period and price.
type table map[string]float64

func (f table) Units(price money.Amount, period int) (float64, error) {
	return f[fmt.Sprint(period, price)], nil
}

// everything tries all prices against all outcomes, without memory.
func everything(p *markdown.Problem, f table, t int, stock int64, most money.Amount) float64 {
	if t == p.Periods {
		return float64(stock * p.Salvage.Minor())
	}
	best := math.Inf(-1)
	for _, price := range p.Prices {
		if !p.Rises && most != (money.Amount{}) && price.Minor() > most.Minor() {
			continue
		}
		mean := f[fmt.Sprint(p.First+t, price)]
		value, left, chance := 0.0, 1.0, math.Exp(-mean)
		for k := range stock + 1 {
			c := chance
			if k == stock {
				c = left
			}
			value += c * (float64(k*price.Minor()) + everything(p, f, t+1, stock-k, price))
			left -= chance
			chance *= mean / float64(k+1)
		}
		best = math.Max(best, value)
	}
	return best
}

func TestSolveAgainstEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := markdown.Problem{
			Stock: rapid.Int64Range(0, 4).Draw(t, "stock"), First: rapid.IntRange(-3, 3).Draw(t, "first"), Periods: rapid.IntRange(1, 3).Draw(t, "periods"),
			Rises: rapid.Bool().Draw(t, "rises"), Cost: eur(rapid.Int64Range(0, 500).Draw(t, "cost")), Salvage: eur(rapid.Int64Range(0, 300).Draw(t, "salvage")),
		}
		f := table{}
		for range rapid.IntRange(1, 3).Draw(t, "prices") {
			price := eur(rapid.Int64Range(1, 1000).Draw(t, "price"))
			p.Prices = append(p.Prices, price)
			for period := range p.Periods {
				f[fmt.Sprint(p.First+period, price)] = rapid.Float64Range(0, 4).Draw(t, "mean")
			}
		}
		if rapid.Bool().Draw(t, "has current") {
			p.Current = p.Prices[0]
		}
		p.Demand = f
		plan, err := p.Solve()
		require.NoError(t, err)
		want := everything(&p, f, 0, p.Stock, p.Current) - float64(p.Stock*p.Cost.Minor())
		require.InDelta(t, want, float64(plan.Margin.Minor()), 0.5+1e-6)
		require.Len(t, plan.Path, p.Periods)
		previous := p.Current
		for _, step := range plan.Path {
			require.Contains(t, p.Prices, step.Price)
			if !p.Rises && previous != (money.Amount{}) {
				require.LessOrEqual(t, step.Price.Minor(), previous.Minor())
			}
			previous = step.Price
		}
	})
}

// What Price says, followed in each outcome, brings the margin that was promised.
func TestPolicyBringsItsMargin(t *testing.T) {
	prices, err := markdown.Grid(eur(500), eur(2000), 99, 100)
	require.NoError(t, err)
	d := demand(t)
	p := markdown.Problem{Demand: &d, Stock: 30, Periods: 6, Prices: prices, Current: eur(1999), Cost: eur(700), Salvage: eur(200)}
	plan, err := p.Solve()
	require.NoError(t, err)
	chance := rand.New(rand.NewPCG(5, 6))
	const runs = 20_000
	var sum, squares float64
	for range runs {
		left, previous, margin := p.Stock, p.Current, int64(0)
		for period := range p.Periods {
			price, ok := plan.Price(period, left, previous)
			require.True(t, ok)
			mean, err := d.Units(price, period)
			require.NoError(t, err)
			sold := min(left, poisson(chance, mean))
			left, previous, margin = left-sold, price, margin+sold*price.Minor()
		}
		x := float64(margin + left*200 - 30*700)
		sum, squares = sum+x, squares+x*x
	}
	mean := sum / runs
	deviation := math.Sqrt((squares/runs - mean*mean) / runs)
	require.InDelta(t, float64(plan.Margin.Minor()), mean, 4*deviation)
}

func poisson(chance *rand.Rand, mean float64) (k int64) {
	for p := chance.Float64(); p > math.Exp(-mean); k++ {
		p *= chance.Float64()
	}
	return k
}

func demand(t testing.TB) markdown.Demand {
	d, err := markdown.Fit(simulate(rand.New(rand.NewPCG(7, 8)), 104, -2.2, 1.5, 0.2), yearly)
	require.NoError(t, err)
	return d
}

func TestPlanOutside(t *testing.T) {
	d := demand(t)
	plan, err := markdown.Problem{Demand: &d, Stock: 5, First: 10, Periods: 2, Prices: []money.Amount{eur(999), eur(1499)}}.Solve()
	require.NoError(t, err)
	for _, c := range []struct {
		period   int
		stock    int64
		previous money.Amount
	}{{9, 5, eur(999)}, {12, 5, eur(999)}, {10, 6, eur(999)}, {10, -1, eur(999)}, {10, 5, eur(998)}} {
		_, ok := plan.Price(c.period, c.stock, c.previous)
		require.False(t, ok, "%+v", c)
	}
	_, ok := plan.Price(11, 0, eur(999))
	require.True(t, ok)
}

func TestSolveRefuses(t *testing.T) {
	d := demand(t)
	for field, change := range map[string]func(p *markdown.Problem){
		"demand":    func(p *markdown.Problem) { p.Demand = nil },
		"stock":     func(p *markdown.Problem) { p.Stock = -1 },
		"periods":   func(p *markdown.Problem) { p.Periods = 0 },
		"prices":    func(p *markdown.Problem) { p.Prices = nil },
		"prices[1]": func(p *markdown.Problem) { p.Prices = append(p.Prices, eur(0)) },
		"current":   func(p *markdown.Problem) { p.Current = money.New(1, money.USD) },
		"cost":      func(p *markdown.Problem) { p.Cost = eur(-1) },
		"salvage":   func(p *markdown.Problem) { p.Salvage = eur(-1) },
	} {
		p := markdown.Problem{Demand: &d, Stock: 5, Periods: 2, Prices: []money.Amount{eur(999)}}
		change(&p)
		_, err := p.Solve()
		f, ok := errors.AsType[*markdown.FieldError](err)
		require.True(t, ok, "%s: %v", field, err)
		require.Equal(t, field, f.Field)
	}
	for _, p := range []markdown.Problem{
		{Demand: &d, Stock: 5, Periods: 2, Prices: []money.Amount{eur(999)}, Current: eur(998)},
		{Demand: &d, Stock: 5, Periods: 2, Prices: []money.Amount{eur(999), money.New(1, money.USD)}},
		{Demand: table{fmt.Sprint(0, eur(999)): math.NaN()}, Stock: 5, Periods: 1, Prices: []money.Amount{eur(999)}},
		{Demand: table{fmt.Sprint(0, eur(999)): -1}, Stock: 5, Periods: 1, Prices: []money.Amount{eur(999)}},
	} {
		_, err := p.Solve()
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	_, err := markdown.Problem{Demand: &d, Stock: 1 << 40, Periods: 2, Prices: []money.Amount{eur(999)}}.Solve()
	require.ErrorIs(t, err, flywheel.ErrLimit)
}

func TestGrid(t *testing.T) {
	prices, err := markdown.Grid(eur(900), eur(1250), 99, 100)
	require.NoError(t, err)
	require.Equal(t, []money.Amount{eur(1199), eur(1099), eur(999)}, prices)
	for field, c := range map[string]struct {
		floor, ceiling  money.Amount
		ending, modulus int64
	}{
		"floor":    {eur(0), eur(5), 0, 1},
		"ceiling":  {eur(901), eur(998), 99, 100},
		"ending":   {eur(900), eur(999), 100, 100},
		"modulus":  {eur(900), eur(9999), 0, 1},
		"ceiling ": {eur(900), money.New(999, money.USD), 99, 100},
	} {
		_, err := markdown.Grid(c.floor, c.ceiling, c.ending, c.modulus)
		f, ok := errors.AsType[*markdown.FieldError](err)
		require.True(t, ok, field)
		require.Equal(t, field[:len(f.Field)], f.Field)
	}
}

func BenchmarkSolve(b *testing.B) {
	d := demand(b)
	prices, err := markdown.Grid(eur(500), eur(2000), 99, 100)
	require.NoError(b, err)
	for _, stock := range []int64{100, 500} {
		b.Run(fmt.Sprintf("stock=%d/prices=%d/periods=12", stock, len(prices)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (markdown.Problem{Demand: &d, Stock: stock, Periods: 12, Prices: prices}).Solve(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
