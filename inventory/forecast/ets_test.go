package forecast

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The gradient of the likelihood is that of finite differences, in every form
// with a season.
func TestLikelihoodGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 40)
	for i := range values {
		values[i] = 100 + 2*float64(i) + 20*math.Sin(float64(i)*math.Pi/2) + 10*rng.Float64()
	}
	for _, form := range etsForms {
		if form.season == Absent {
			continue
		}
		t.Run(form.String(), func(t *testing.T) {
			var e etsSearch
			e.prepare(values, 4, &ETS{})
			o := &e.likelihood
			o.form, o.seasonUnit = form, o.unit
			guess := &e.guesses[0]
			if form.season == Multiplicative {
				guess = &e.guesses[1]
			}
			o.start = guess.early.Start
			x := o.pack(nil, [4]float64{angle(0.3), angle(0.2), angle(0.25), angle(0.6)})
			gradient := make([]float64, len(x))
			value := o.value(x)
			require.False(t, math.IsInf(value, 0))
			o.slope(x, gradient, value)
			for i := range x {
				const step = 1e-6
				at := x[i]
				x[i] = at + step
				up := o.value(x)
				x[i] = at - step
				down := o.value(x)
				x[i] = at
				require.InDelta(t, (up-down)/(2*step), gradient[i], 1e-4*(1+math.Abs(gradient[i])), "%d of %v", i, x)
			}
		})
	}
}

// TestETSOnM3 compares the automatic choice with R's on the M3 series of
// ets_auto_m3.csv.gz: AICc not above R's + 0.01 for 99 % and never by 2.
func TestETSOnM3(t *testing.T) {
	t.Parallel()
	series := map[string]Series{}
	for _, class := range m3Classes {
		for _, row := range readTable(t, class.file) {
			series[row["id"]] = Series{ID: row["id"], Values: numbers(t, row["train"]), Season: class.season}
		}
	}
	var f Fit
	rows := readTable(t, "ets_auto_m3")
	tried, worse, worst := 0, 0, 0.0
	for i, row := range rows {
		if sampled() && i%20 != 0 {
			continue
		}
		tried++
		want, err := strconv.ParseFloat(row["aicc"], 64)
		require.NoError(t, err)
		require.NoError(t, ETS{}.FitTo(&f, series[row["id"]]))
		l, ok := f.Likelihood()
		require.True(t, ok)
		if d := l.AICc - want; d > 0.01 {
			worse++
			worst = math.Max(worst, d)
			t.Logf("%s: %s %.3f, R has %s %.3f: %+.3f", row["id"], f.Model, l.AICc, row["model"], want, d)
		}
	}
	t.Logf("%d of %d worse, by at most %.3f", worse, tried, worst)
	if 100*worse > tried || worst > 2 {
		t.Errorf("%d of %d worse than R, by up to %.2f", worse, tried, worst)
	}
}

// The choice is the best of its forms: none is given up too early.
func TestETSChoosesTheBestForm(t *testing.T) {
	t.Parallel()
	every := 500
	if !sampled() {
		every = 1
	}
	for _, class := range m3Classes {
		worse, n := 0, 0
		var fit Fit
		for k, row := range readTable(t, class.file) {
			if k%every != 0 && row["id"] != "Q709" && row["id"] != "M388" { // these were given up
				continue
			}
			s := Series{ID: row["id"], Values: numbers(t, row["train"]), Season: class.season}
			require.NoError(t, ETS{}.FitTo(&fit, s))
			chosen, ok := fit.Likelihood()
			if !ok {
				continue
			}
			n++
			for _, form := range etsForms {
				m := ETS{Error: form.err, Trend: form.trend, Season: form.season}
				if m.FitTo(&fit, s) != nil {
					continue
				}
				if l, ok := fit.Likelihood(); ok && l.AICc < chosen.AICc-0.05 {
					t.Logf("%s: %s has %.2f, the choice %.2f", s.ID, fit.Model, l.AICc, chosen.AICc)
					worse++
					break
				}
			}
		}
		require.LessOrEqual(t, worse, n/200, "%s: %d of %d", class.name, worse, n)
	}
}
