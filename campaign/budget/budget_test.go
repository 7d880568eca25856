package budget_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/budget"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func anyCurve() *rapid.Generator[budget.Curve] {
	return rapid.Custom(func(t *rapid.T) budget.Curve {
		c := budget.Curve{Form: rapid.SampledFrom([]budget.Form{budget.Log, budget.Exp, budget.Power, budget.Michaelis, budget.Hill}).Draw(t, "form"), A: rapid.Float64Range(0.1, 1e4).Draw(t, "a")}
		switch c.Form {
		case budget.Power:
			c.S = rapid.Float64Range(0.05, 1).Draw(t, "s")
		case budget.Hill:
			c.S = rapid.Float64Range(0.3, 6).Draw(t, "s")
			fallthrough
		default:
			c.B = rapid.Float64Range(1, 1e4).Draw(t, "b")
		}
		return c
	})
}

// The marginal response is the derivative, and the curve rises, is convex below
// the inflection and concave beyond.
func TestCurveLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCurve().Draw(t, "curve")
		require.NoError(t, c.Check())
		require.Zero(t, c.Response(0))
		require.Zero(t, c.Response(-1))
		x := rapid.Float64Range(0.5, 1e4).Draw(t, "x")
		h := x * 1e-5
		slope := (c.Response(x+h) - c.Response(x-h)) / (2 * h)
		require.InDelta(t, slope, c.Marginal(x), 1e-4*slope+1e-9*c.A/x)
		require.GreaterOrEqual(t, c.Response(x+h), c.Response(x))
		if i := c.Inflection(); x > i*1.01 {
			require.LessOrEqual(t, c.Marginal(x*1.01), c.Marginal(x)*(1+1e-12))
		} else if x < i*0.99 {
			require.GreaterOrEqual(t, c.Marginal(x), c.Marginal(x*0.99)*(1-1e-12))
		}
	})
}

// Whatever the plan, the allocation keeps its limits, what it brings is what its
// spends bring, the bound is above, and no exchange of money between two channels
// brings noticeably more.
func TestAllocationLaws(t *testing.T) {
	testkit.Checks(t, 100, 30)
	rapid.Check(t, func(t *rapid.T) {
		p := budget.Plan{Budget: rapid.Float64Range(0, 5000).Draw(t, "budget")}
		n := rapid.IntRange(1, 5).Draw(t, "channels")
		low := 0.0
		for range n {
			c := budget.Channel{Curve: anyCurve().Draw(t, "curve")}
			switch rapid.IntRange(0, 3).Draw(t, "limit") {
			case 0:
				c.High = rapid.Float64Range(1, 2000).Draw(t, "high")
			case 1:
				c.Low = rapid.Float64Range(0, p.Budget/10).Draw(t, "low")
			case 2:
				c.Minimum = rapid.Float64Range(0, 1000).Draw(t, "minimum")
			}
			low += c.Low
			p.Channels = append(p.Channels, c)
		}
		for range rapid.IntRange(0, 3).Draw(t, "periods") {
			period := budget.Period{}
			if rapid.Bool().Draw(t, "seasonal") {
				for range n {
					period.Factors = append(period.Factors, rapid.Float64Range(0, 3).Draw(t, "factor"))
				}
			}
			if rapid.Bool().Draw(t, "capped") {
				period.High = low + rapid.Float64Range(1, 2000).Draw(t, "period high")
			}
			p.Periods = append(p.Periods, period)
		}
		if low*float64(max(1, len(p.Periods))) > p.Budget {
			_, err := budget.Allocate(p)
			require.ErrorIs(t, err, flywheel.ErrInvalid)
			return
		}
		a, err := budget.Allocate(p)
		require.NoError(t, err)
		periods := p.Periods
		if len(periods) == 0 {
			periods = []budget.Period{{}}
		}
		require.Len(t, a.Spend, len(periods))
		response, spent := 0.0, 0.0
		weight := func(k, i int) float64 {
			if periods[k].Factors == nil {
				return 1
			}
			return periods[k].Factors[i]
		}
		for k, row := range a.Spend {
			own := 0.0
			for i, x := range row {
				c := p.Channels[i]
				require.False(t, math.IsNaN(x))
				require.GreaterOrEqual(t, x, c.Low*(1-1e-9))
				require.True(t, c.High == 0 || x <= c.High*(1+1e-9))
				require.True(t, x == 0 || x >= c.Minimum*(1-1e-9), "%v below %v", x, c.Minimum)
				own += x
				response += weight(k, i) * c.Curve.Response(x)
			}
			require.True(t, periods[k].High == 0 || own <= periods[k].High*(1+1e-6), "%v above %v", own, periods[k].High)
			spent += own
		}
		require.InDelta(t, response, a.Response, 1e-9*response+1e-12)
		require.InDelta(t, spent, a.Spent, 1e-9*spent+1e-12)
		require.LessOrEqual(t, spent, p.Budget*(1+1e-9))
		require.GreaterOrEqual(t, a.Bound, a.Response)
		require.LessOrEqual(t, a.Gap, 1e-6)
		for k := range a.Spend {
			for i := range n {
				for j := range n {
					move := a.Spend[k][i] / 50
					x, y := a.Spend[k][i]-move, a.Spend[k][j]+move
					ci, cj := p.Channels[i], p.Channels[j]
					if i == j || move == 0 || x < max(ci.Low, ci.Minimum) || cj.High > 0 && y > cj.High || y < cj.Minimum {
						continue
					}
					after := a.Response + weight(k, i)*(ci.Curve.Response(x)-ci.Curve.Response(a.Spend[k][i])) + weight(k, j)*(cj.Curve.Response(y)-cj.Curve.Response(a.Spend[k][j]))
					require.LessOrEqual(t, after, a.Bound*(1+1e-9)+1e-12)
				}
			}
		}
	})
}

// Periods with limits against dynamic programming over both.
func TestPeriodsAgainstDynamicProgramming(t *testing.T) {
	for seed := range testkit.Often(25, 6) {
		random := rand.New(rand.NewPCG(uint64(seed), 3))
		p := randomPlan(random, 2)
		for i := range p.Channels {
			p.Channels[i].Minimum = 0
		}
		p.Periods = []budget.Period{{High: 500}, {Factors: []float64{1.5, 0.5}, Low: 100}, {Factors: []float64{0.7, 1.3}, High: 300}}
		a, err := budget.Allocate(p)
		require.NoError(t, err)
		const steps, unit = 100, 10.0
		best := make([]float64, steps+1)
		for k, period := range p.Periods {
			within := make([]float64, steps+1) // best of the period by its spend
			for total := range within {
				within[total] = math.Inf(-1)
				x := float64(total) * unit
				if period.High > 0 && x > period.High || x < period.Low {
					continue
				}
				for own := 0; own <= total; own++ {
					value, ok := 0.0, true
					for i, units := range []int{own, total - own} {
						c := &p.Channels[i]
						spend := float64(units) * unit
						ok = ok && spend >= c.Low && (c.High == 0 || spend <= c.High)
						w := 1.0
						if period.Factors != nil {
							w = period.Factors[i]
						}
						value += w * c.Curve.Response(spend)
					}
					if ok {
						within[total] = max(within[total], value)
					}
				}
			}
			next := make([]float64, steps+1)
			for total := range next {
				next[total] = math.Inf(-1)
				for own := 0; own <= total; own++ {
					before := best[total-own]
					if k == 0 && total != own {
						before = math.Inf(-1)
					}
					next[total] = max(next[total], before+within[own])
				}
			}
			best = next
		}
		most := math.Inf(-1)
		for _, v := range best {
			most = max(most, v)
		}
		require.GreaterOrEqual(t, a.Response, most*(1-1e-9), "seed %d", seed)
		require.InEpsilon(t, most, a.Response, 0.01, "seed %d", seed)
	}
}

func TestTargets(t *testing.T) {
	p := budget.Plan{Budget: 2000, Channels: []budget.Channel{
		{Name: "a", Curve: budget.Curve{Form: budget.Michaelis, A: 900, B: 300}}, {Name: "b", Curve: budget.Curve{Form: budget.Hill, A: 700, B: 200, S: 2}},
	}}
	for _, price := range []float64{0.5, 1, 2} {
		a, err := budget.ForTarget(p, budget.Target{Marginal: price})
		require.NoError(t, err)
		// No other budget leaves more after its cost.
		for b := 0.0; b <= p.Budget; b += 20 {
			q := p
			q.Budget = b
			other, err := budget.Allocate(q)
			require.NoError(t, err)
			require.LessOrEqual(t, other.Response-price*other.Spent, a.Response-price*a.Spent+1e-6)
		}
	}
	a, err := budget.ForTarget(p, budget.Target{Average: 1.2})
	require.NoError(t, err)
	require.InEpsilon(t, 1.2, a.Response/a.Spent, 1e-4)
	a, err = budget.ForTarget(p, budget.Target{Average: 0.1})
	require.NoError(t, err)
	require.InEpsilon(t, p.Budget, a.Spent, 1e-9)
	a, err = budget.ForTarget(p, budget.Target{Marginal: 100})
	require.NoError(t, err)
	require.Zero(t, a.Spent)
	require.NotEmpty(t, a.Warnings)
	for _, target := range []budget.Target{{}, {Average: 1, Marginal: 1}, {Average: -1}, {Marginal: math.NaN()}} {
		_, err := budget.ForTarget(p, target)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
}

func TestRefusesPlans(t *testing.T) {
	good := budget.Curve{Form: budget.Log, A: 1, B: 1}
	with := func(c budget.Channel, p budget.Plan) budget.Plan {
		p.Channels = []budget.Channel{c}
		if p.Budget == 0 {
			p.Budget = 10
		}
		return p
	}
	for name, p := range map[string]budget.Plan{
		"no channels":        {Budget: 1},
		"negative budget":    with(budget.Channel{Curve: good}, budget.Plan{Budget: -1}),
		"budget NaN":         with(budget.Channel{Curve: good}, budget.Plan{Budget: math.NaN()}),
		"unknown form":       with(budget.Channel{Curve: budget.Curve{Form: "sine"}}, budget.Plan{}),
		"b of zero":          with(budget.Channel{Curve: budget.Curve{Form: budget.Exp, A: 1}}, budget.Plan{}),
		"a negative":         with(budget.Channel{Curve: budget.Curve{Form: budget.Exp, A: -1, B: 1}}, budget.Plan{}),
		"convex power":       with(budget.Channel{Curve: budget.Curve{Form: budget.Power, A: 1, S: 1.1}}, budget.Plan{}),
		"low above high":     with(budget.Channel{Curve: good, Low: 2, High: 1}, budget.Plan{}),
		"low above budget":   with(budget.Channel{Curve: good, Low: 20}, budget.Plan{}),
		"minimum and low":    with(budget.Channel{Curve: good, Low: 1, Minimum: 2}, budget.Plan{}),
		"minimum above high": with(budget.Channel{Curve: good, High: 1, Minimum: 2}, budget.Plan{}),
		"factors":            with(budget.Channel{Curve: good}, budget.Plan{Periods: []budget.Period{{Factors: []float64{1, 2}}}}),
		"factor":             with(budget.Channel{Curve: good}, budget.Plan{Periods: []budget.Period{{Factors: []float64{-1}}}}),
		"period low":         with(budget.Channel{Curve: good, High: 1}, budget.Plan{Periods: []budget.Period{{Low: 2}}}),
		"period high":        with(budget.Channel{Curve: good, Low: 2}, budget.Plan{Periods: []budget.Period{{High: 1}}}),
		"tolerance":          with(budget.Channel{Curve: good}, budget.Plan{Tolerance: 2}),
	} {
		_, err := budget.Allocate(p)
		require.Error(t, err, name)
		assert.True(t, isKind(err), "%s: %v", name, err)
		field, ok := errors.AsType[*flywheel.FieldError](err)
		assert.True(t, ok && field.Field != "", "%s: %v", name, err)
	}
	a, err := budget.Allocate(with(budget.Channel{Curve: good, High: 4}, budget.Plan{}))
	require.NoError(t, err)
	assert.NotEmpty(t, a.Warnings, "the rest of the budget cannot be spent")
	assert.Zero(t, a.Marginal)
	a, err = budget.Allocate(with(budget.Channel{Curve: budget.Curve{Form: budget.Hill, B: 1, S: 2}}, budget.Plan{}))
	require.NoError(t, err)
	assert.Zero(t, a.Response, "a curve that brings nothing")
}

func isKind(err error) bool {
	for _, kind := range []error{flywheel.ErrInvalid, flywheel.ErrOutOfRange, flywheel.ErrLimit} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func TestRefusesAdstocks(t *testing.T) {
	for _, a := range []budget.Adstock{
		{Kind: "memory"}, {Kind: budget.Geometric, Theta: 1}, {Kind: budget.Geometric, Theta: math.NaN()}, {Kind: budget.WeibullCDF, Scale: 1}, {Kind: budget.WeibullPDF, Shape: 1}, {Length: -1},
	} {
		_, err := a.Apply([]float64{1})
		require.True(t, isKind(err), "%+v", a)
		_, err = a.Steady()
		require.Error(t, err)
		_, err = a.Weights(3)
		require.Error(t, err)
	}
	_, err := budget.Adstock{}.Apply([]float64{1, -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = budget.Adstock{}.Weights(-1)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	w, err := budget.Adstock{Kind: budget.WeibullPDF, Shape: 1, Scale: 1, Length: 1}.Weights(2)
	require.NoError(t, err)
	require.Equal(t, []float64{1, 0}, w, "one weight cannot be scaled")
	out, err := budget.Adstock{}.Apply([]float64{3, 4})
	require.NoError(t, err)
	require.Equal(t, []float64{3, 4}, out)
	out, err = budget.Adstock{Kind: budget.Geometric, Theta: 0.5, Normalized: true}.Apply([]float64{8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8})
	require.NoError(t, err)
	require.InDelta(t, 8, out[19], 1e-4)
}

func TestRefusesData(t *testing.T) {
	w := newWorld(1, budget.Michaelis, false)
	flat := make([]float64, 104)
	for i := range flat {
		flat[i] = 7
	}
	change := func(f func(d *budget.Data)) budget.Data {
		d := w.data
		f(&d)
		return d
	}
	for name, d := range map[string]budget.Data{
		"no spend":          {Response: w.data.Response},
		"constant spend":    change(func(d *budget.Data) { d.Spend = []budget.Series{{Name: "a", Values: flat}} }),
		"constant response": change(func(d *budget.Data) { d.Response = flat }),
		"lengths":           change(func(d *budget.Data) { d.Response = d.Response[:50] }),
		"name twice":        change(func(d *budget.Data) { d.Spend = []budget.Series{d.Spend[0], d.Spend[0]} }),
		"NaN":               change(func(d *budget.Data) { d.Response = append([]float64{math.NaN()}, d.Response[1:]...) }),
		"season":            change(func(d *budget.Data) { d.Season = 1 }),
		"short": change(func(d *budget.Data) {
			d.Response, d.Controls = d.Response[:15], nil
			d.Spend = []budget.Series{{Name: "a", Values: d.Spend[0].Values[:15]}, {Name: "b", Values: d.Spend[1].Values[:15]}}
		}),
	} {
		_, err := budget.Fitting{Draws: 100}.Fit(d)
		require.Error(t, err, name)
		require.True(t, isKind(err), "%s: %v", name, err)
	}
	for _, o := range []budget.Fitting{{Form: "sine"}, {Adstock: "memory"}, {Level: 1}, {Draws: 5}} {
		_, err := o.Fit(w.data)
		require.True(t, isKind(err), "%+v", o)
	}
	for _, p := range []budget.Promotion{{Name: "a", From: -1, To: 2}, {Name: "a", From: 2, To: 2}, {From: 1, To: 2}, {Name: "a", From: 1, To: 9}} {
		_, err := budget.Calendar(8, []budget.Promotion{p})
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	_, err := budget.Calendar(0, nil)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = budget.Steps(budget.Plan{}, []float64{1})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// Every form with every adstock gives finite limits in order, the same with the
// same seed.
func TestEveryForm(t *testing.T) {
	w := newWorld(3, budget.Michaelis, false)
	for _, form := range []budget.Form{budget.Log, budget.Exp, budget.Power, budget.Michaelis, budget.Hill} {
		for i, kind := range []budget.AdstockKind{budget.None, budget.Geometric, budget.WeibullCDF, budget.WeibullPDF} {
			if i == 3 && form != budget.Exp && testkit.Often(1, 0) == 0 {
				continue
			}
			o := budget.Fitting{Form: form, Adstock: kind, Draws: 100, Seed: 5}
			f, err := o.Fit(w.data)
			require.NoError(t, err)
			again, err := o.Fit(w.data)
			require.NoError(t, err)
			require.Equal(t, f, again)
			for i, c := range f.Channels {
				for _, v := range []budget.Interval{c.Half, c.Exponent, c.Carry, c.Delay, c.Contribution, c.Marginal} {
					require.False(t, math.IsNaN(v.From) || math.IsInf(v.To, 0))
					require.LessOrEqual(t, v.From, v.Estimate)
					require.LessOrEqual(t, v.Estimate, v.To)
				}
				require.NoError(t, c.Curve.Check())
				require.NoError(t, c.Adstock.Check())
				sum := 0.0
				for _, v := range f.Brought[i] {
					sum += v
				}
				require.InEpsilon(t, c.Contribution.Estimate, sum/float64(f.Periods), 1e-9)
			}
			require.Greater(t, f.R2, 0.5)
			_, err = budget.Allocate(f.Plan(300))
			require.NoError(t, err)
		}
	}
}
