package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
)

// longSeries are kinds of long series of which a fixed combination is a poor
// forecaster: hours with a week, a season that moves from cycle to cycle, a walk.
func longSeries(kind string, r *rand.Rand) (values []float64, season, ahead int) {
	pattern := func(m int) []float64 {
		p := make([]float64, m)
		a, b := 0.6*r.Float64(), 0.3*r.Float64()
		for i := range p {
			angle := 2 * math.Pi * float64(i) / float64(m)
			p[i] = a*math.Sin(angle) + b*math.Sin(2*angle+1) + 0.1*r.NormFloat64()
		}
		return p
	}
	switch kind {
	case "hours with a week":
		week, end, drop := pattern(24), pattern(24), 0.8*r.Float64()
		level, noise, phase := 0.0, 0.0, r.IntN(7)
		values = make([]float64, 740+48)
		for i := range values {
			level += 0.002 * r.NormFloat64()
			noise = 0.7*noise + 0.05*r.NormFloat64()
			p := week[i%24]
			if (i/24+phase)%7 >= 5 {
				p = 0.2*p + 0.8*end[i%24] - drop
			}
			values[i] = 1000 * math.Exp(p+level+noise)
		}
		return values, 24, 48
	case "a moving season":
		s := pattern(7)
		values = make([]float64, 400+14)
		for i := range values {
			s[i%7] += 0.05 * r.NormFloat64()
			values[i] = 300 * math.Exp(s[i%7]+0.01*r.NormFloat64())
		}
		return values, 7, 14
	case "days with a year":
		week, year := pattern(7), 0.3+0.2*r.Float64()
		level, start := 0.0, r.IntN(364)
		values = make([]float64, 1100+28)
		for i := range values {
			level += 0.004 * r.NormFloat64()
			values[i] = 500 * math.Exp(week[i%7]+level+year*math.Sin(2*math.Pi*float64(start+i)/364)+0.1*r.NormFloat64())
		}
		return values, 7, 28
	case "closed days":
		week, noise, level, day := pattern(7), 0.0, 0.0, r.IntN(7)
		values = make([]float64, 500+14)
		for i := range values {
			level += 0.01 * r.NormFloat64()
			noise = 0.3*noise + 0.2*r.NormFloat64()
			if i%7 != day {
				values[i] = 500 * math.Exp(week[i%7]+level+noise)
			}
		}
		return values, 7, 14
	}
	values = make([]float64, 400+14) // a walk without season
	level := 100.0
	for i := range values {
		level *= math.Exp(0.01 * r.NormFloat64())
		values[i] = level
	}
	return values, 7, 14
}

// Auto is not behind the seasonal naive forecast where the series is long enough to
// ask, nor far ahead of what its ranges say.
func TestAutoAsksLongSeries(t *testing.T) {
	seeds := uint64(testkit.Often(12, 5))
	for _, kind := range []string{"hours with a week", "a moving season", "a walk", "days with a year", "closed days"} {
		var auto, naive, inside, count float64
		for seed := range seeds {
			values, season, ahead := longSeries(kind, rand.New(rand.NewPCG(seed, 17)))
			n := len(values) - ahead
			s := Series{Values: values[:n], Season: season}
			fit, err := Auto{}.Fit(s)
			require.NoError(t, err)
			f, err := fit.Forecast(ahead, 0.95)
			require.NoError(t, err)
			of, err := SeasonalNaive{}.Fit(s)
			require.NoError(t, err)
			g, err := of.Forecast(ahead)
			require.NoError(t, err)
			for h, y := range values[n:] {
				auto += math.Abs(y - f.Mean[h])
				naive += math.Abs(y - g.Mean[h])
				inside += float64(boolOf(y >= f.Intervals[0].Lower[h] && y <= f.Intervals[0].Upper[h]))
				count++
			}
		}
		t.Logf("%s: %.3f of the seasonal naive error, 95 %% ranges cover %.3f", kind, auto/naive, inside/count)
		require.Less(t, auto, 1.05*naive, kind)
		require.Greater(t, inside/count, 0.88, kind)
	}
}

// Places that never have a demand stay at zero, as fitted, forecast and observed, and the rest is
// forecast as if they were not there.
func TestClosedPlaces(t *testing.T) {
	values, _, ahead := longSeries("closed days", rand.New(rand.NewPCG(3, 17)))
	day := slices.Index(values, 0)
	n := len(values) - ahead
	for _, m := range []Model{Auto{}, Theta{}, OptimizedTheta{}, CES{}} {
		for _, length := range []int{n, 120} {
			fit, err := m.Fit(Series{Values: values[:length], Season: 7})
			require.NoError(t, err)
			for i, v := range fit.Fitted {
				require.Equal(t, (fit.Skipped+i)%7 == day, v == 0, "%T at %d: %v", m, i, v)
			}
			check := func(next int) {
				f, err := fit.Forecast(14, 0.95)
				require.NoError(t, err)
				for h, v := range f.Mean {
					require.Equal(t, (next+h)%7 == day, v == 0, "%T, %d ahead of %d: %v", m, h+1, next, v)
					require.True(t, f.Intervals[0].Lower[h] <= v && v <= f.Intervals[0].Upper[h])
				}
			}
			check(length)
			require.NoError(t, fit.Update(values[length:length+10]...))
			check(length + 10)
			require.False(t, math.IsNaN(fit.Sigma))
		}
	}
	// A demand at the end of such a place is one: it is not closed any more.
	opened := slices.Clone(values[:n])
	opened[n-1-(n-1-day)%7] = 100
	c := cycle{}
	require.True(t, c.take(new(Fit), opened, 7))
	require.False(t, c.closes())
}

// A curve of the year is what was put in, and takes two years.
func TestYearly(t *testing.T) {
	values := make([]float64, 3*364+50)
	for i := range values {
		values[i] = 100 * math.Exp(0.0005*float64(i)+0.4*math.Sin(2*math.Pi*float64(i)/364))
	}
	var p theta
	require.True(t, p.fitYearly(values, 7, make([]float64, len(values))))
	for i, v := range p.index {
		require.InDelta(t, math.Exp(0.4*math.Sin(2*math.Pi*float64(i)/364)), v, 0.03, i)
	}
	require.False(t, p.fitYearly(values[:2*364-1], 7, make([]float64, len(values))))
	require.False(t, p.fitYearly(values, 12, make([]float64, len(values))))
	values[100] = 0
	require.False(t, p.fitYearly(values, 7, make([]float64, len(values))))
}

// A series that is too short, or has no season, is not asked.
func TestValidateNeedsLength(t *testing.T) {
	values := make([]float64, 400)
	for i := range values {
		values[i] = float64(100 + i%7)
	}
	for _, s := range []Series{{Values: values, Season: 1}, {Values: values[:199], Season: 7}, {Values: values, Season: 101}} {
		require.Nil(t, validate(&s))
	}
	s := Series{Values: values, Season: 7} // nothing ever changes: all errors are zero
	v := validate(&s)
	require.NotNil(t, v)
	sum := 0.0
	for _, w := range v.weights {
		require.False(t, math.IsNaN(w))
		sum += w
	}
	require.InDelta(t, 1, sum, 1e-12)
}
