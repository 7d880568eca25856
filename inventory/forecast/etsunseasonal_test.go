package forecast

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// risingPrices are forty values that grow and vary by more as they do.
func risingPrices() []float64 {
	y := demandLike(40)
	for i := range y {
		y[i] = (60 + y[i]) * math.Exp(float64(i)/40)
	}
	return y
}

// The gradient by which forms without season are refined is that of finite
// differences, and so is the loss in a search without gradient.
func TestUnseasonalSlope(t *testing.T) {
	for _, form := range etsForms {
		if form.season != Absent {
			continue
		}
		t.Run(form.String(), func(t *testing.T) {
			var e etsSearch
			e.prepare(risingPrices(), 1, &ETS{})
			e.likelihood.form = form
			u := &e.unseasonal
			u.set(&e.likelihood)
			s := u.start(&e.likelihood, 0.3, 0.2, 0.9)
			s.at[atLevel] *= 1.1 // away from the best
			var slope, other etsSlope
			u.slope(&s.at, &slope)
			require.False(t, math.IsInf(slope.loss, 0))
			if u.relative {
				require.InDelta(t, slope.loss, u.relativeLoss(&s.at), 1e-9)
			}
			for i := range s.at {
				if !u.free[i] {
					continue
				}
				const step = 1e-6
				x := s.at
				x[i] += step
				u.slope(&x, &other)
				up := other.loss
				x[i] -= 2 * step
				u.slope(&x, &other)
				require.InDelta(t, (up-other.loss)/(2*step), slope.gradient[i], 1e-4*(1+math.Abs(slope.gradient[i])), "%d", i)
			}
		})
	}
}

// positiveSeries draws up to sixty values of 10 to 100, or that go up and down by
// up to a third.
func positiveSeries(t *rapid.T) []float64 {
	y := rapid.SliceOfN(rapid.Float64Range(10, 100), 12, 60).Draw(t, "values")
	if rapid.Bool().Draw(t, "moving") {
		for i := 1; i < len(y); i++ {
			y[i] = y[i-1] * (0.65 + y[i]/150)
		}
	}
	return y
}

// What the search finds lies within the bounds, and nothing beside it is
// better.
func TestUnseasonalIsAMinimum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := positiveSeries(t)
		var e etsSearch
		e.prepare(y, 1, &ETS{})
		o, u := &e.likelihood, &e.unseasonal
		for _, form := range etsForms {
			if form.season != Absent {
				continue
			}
			o.form = form
			loss := u.fit(o, &e.related, math.Inf(1))
			if math.IsInf(loss, 1) {
				continue
			}
			beta := 0.0
			if u.trended {
				beta = o.beta
				require.GreaterOrEqual(t, beta, alphaLow)
				require.LessOrEqual(t, beta, o.alpha)
			}
			require.GreaterOrEqual(t, o.alpha, alphaLow)
			require.LessOrEqual(t, o.alpha, alphaHigh)
			if u.damped {
				require.GreaterOrEqual(t, o.phi, phiLow)
				require.LessOrEqual(t, o.phi, phiHigh)
			} else {
				require.Equal(t, 1.0, o.phi)
			}
			at := etsPoint{o.alpha, 0, o.phi, o.start.Level, o.start.Trend}
			if u.trended && o.alpha > alphaLow {
				at[atShare] = (beta - alphaLow) / (o.alpha - alphaLow)
			}
			var slope etsSlope
			u.slope(&at, &slope)
			require.InDelta(t, loss, slope.loss, 1e-6*(1+math.Abs(loss)))
			for i := range at {
				for _, step := range []float64{-1e-3, 1e-3} {
					x := at
					if x[i] += step; !u.free[i] || i <= atPhi && (x[i] < u.low[i] || x[i] > u.high[i]) {
						continue
					}
					u.slope(&x, &slope)
					require.Greater(t, slope.loss, loss-0.02, "%v: %d by %v", form, i, step)
				}
			}
		}
	})
}

// What is given is kept, and what is not is at least as good as any other.
func TestUnseasonalTakesWhatIsGiven(t *testing.T) {
	s := Series{Values: risingPrices()}
	start := &Start{Level: 70, Trend: 1.5}
	for _, m := range []ETS{
		{Error: Multiplicative, Trend: Damped, Season: Absent, Phi: 0.95},
		{Error: Multiplicative, Trend: Damped, Season: Absent, Alpha: 0.4, Start: start},
		{Error: Multiplicative, Trend: Additive, Season: Absent, Beta: 0.1},
		{Error: Additive, Trend: Additive, Season: Absent, Alpha: 0.4, Beta: 0.1},
		{Error: Additive, Trend: Damped, Season: Absent, Alpha: 0.00005},
		{Error: Additive, Trend: Absent, Season: Absent, Start: start},
		{Error: Multiplicative, Trend: Absent, Season: Absent, Start: start},
	} {
		f, err := m.Fit(s)
		require.NoError(t, err)
		given := map[string]float64{"alpha": m.Alpha, "beta": m.Beta, "phi": m.Phi}
		if m.Start != nil {
			given["level"], given["trend"] = m.Start.Level, m.Start.Trend
		}
		found := ETS{Error: m.Error, Trend: m.Trend, Season: m.Season}
		from := Start{}
		for _, p := range f.Parameters {
			if v := given[p.Name]; v != 0 {
				require.InEpsilon(t, v, p.Value, 1e-12, "%v %s", m, p.Name)
				require.False(t, p.Estimated)
			} else {
				require.True(t, p.Estimated)
			}
			switch p.Name {
			case "alpha":
				found.Alpha = p.Value
			case "beta":
				found.Beta = p.Value
			case "phi":
				found.Phi = p.Value
			case "level":
				from.Level = p.Value
			case "trend":
				from.Trend = p.Value
			}
		}
		best, ok := f.Likelihood()
		require.True(t, ok)
		found.Start = &from
		for _, alpha := range []float64{0.01, 0.3, 0.6, 0.99} {
			if m.Alpha == 0 && found.Beta <= alpha {
				other := found
				other.Alpha = alpha
				g, err := other.Fit(s)
				require.NoError(t, err)
				l, ok := g.Likelihood()
				require.True(t, ok)
				require.LessOrEqual(t, l.LogLik, best.LogLik+1e-3, "%v with alpha %v", m, alpha)
			}
		}
	}
}
