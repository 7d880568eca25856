package forecast

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"github.com/flywheel-go/flywheel"
)

// choices counts the automatic models whose differences are R's, and those
// whose AICc is then not above R's.
type choices struct{ same, good int }

func (c *choices) check(t *testing.T) {
	t.Helper()
	t.Logf("automatic ARIMA: AICc not above R's in %d of %d cases with the same differences", c.good, c.same)
	if 10*c.good < 9*c.same {
		t.Errorf("automatic ARIMA: AICc above R's in %d of %d cases", c.same-c.good, c.same)
	}
}

type arimaRecord struct {
	Order                []int
	Coef                 json.RawMessage
	Sigma2, Loglik, AICc float64
	Mean                 []float64
	Lower80, Upper80     []float64
	Lower95, Upper95     []float64
	orders               Orders
	partials             []float64 // transformed, as the search has them
}

// read puts orders and coefficients into our form.
func (r *arimaRecord) read(t *testing.T) {
	o := &r.orders
	o.AR, o.Differences, o.MA = r.Order[0], r.Order[1], r.Order[2]
	if len(r.Order) > 3 {
		o.SeasonalAR, o.SeasonalDifferences, o.SeasonalMA = r.Order[3], r.Order[4], r.Order[5]
	}
	coefficients := map[string]float64{}
	if r.Coef[0] == '{' { // an empty list where there are none
		decode(t, r.Coef, &coefficients)
	}
	_, mean := coefficients["intercept"]
	_, drift := coefficients["drift"]
	o.Constant = mean || drift
	for _, block := range []struct {
		name string
		size int
		sign float64
	}{{"ar", o.AR, 1}, {"ma", o.MA, -1}, {"sar", o.SeasonalAR, 1}, {"sma", o.SeasonalMA, -1}} {
		var c []float64
		for i := range block.size {
			v, ok := coefficients[block.name+strconv.Itoa(i+1)]
			require.True(t, ok, "%s%d", block.name, i+1)
			c = append(c, block.sign*v)
		}
		var a arma
		require.True(t, a.reflect(c), "R's polynomials are stationary and invertible")
		for _, p := range a.reflections {
			r.partials = append(r.partials, math.Atanh(p))
		}
	}
}

func checkARIMA(t *testing.T, s Series, horizon int, raw json.RawMessage, all *choices) {
	var r arimaRecord
	decode(t, raw, &r)
	r.read(t)
	// With R's coefficients: likelihood, variance, forecasts and intervals. R
	// has a wide prior for what differencing uses up and counts the errors there
	// in the variance, so that it differs a little.
	var f Fit
	e := new(arimaSearch)
	f.reset("", &s)
	e.prepare(s.Values, s.season(), r.orders)
	e.best.keep(r.orders, r.partials, 0)
	require.NoError(t, e.finish(&f, &s, nil, 0))
	l, ok := f.Likelihood()
	require.True(t, ok)
	near(t, "loglik", l.LogLik, r.Loglik, 1e-5)
	near(t, "aicc", l.AICc, r.AICc, 1e-5)
	near(t, "sigma2", f.Sigma*f.Sigma, r.Sigma2, 1e-2)
	next, err := f.Forecast(horizon, 0.8, 0.95)
	require.NoError(t, err)
	nearAll(t, "mean", next.Mean, r.Mean, 1e-4)
	for i, want := range [][]float64{r.Lower80, r.Lower95} {
		for h := range want {
			require.InEpsilon(t, r.Mean[h]-want[h], next.Mean[h]-next.Intervals[i].Lower[h], 5e-3, "interval %d at %d", i, h)
		}
	}
	for i, want := range [][]float64{r.Upper80, r.Upper95} {
		for h := range want {
			require.InEpsilon(t, want[h]-r.Mean[h], next.Intervals[i].Upper[h]-next.Mean[h], 5e-3, "interval %d at %d", i, h)
		}
	}
	// Estimated for the same orders.
	fixed, err := ARIMA{Orders: &r.orders}.Fit(s)
	require.NoError(t, err)
	if l, _ := fixed.Likelihood(); l.AICc > r.AICc+0.01 {
		t.Errorf("%s has AICc %.9g, R's %.9g", fixed.Model, l.AICc, r.AICc)
	}
	// Chosen.
	chosen := new(Fit)
	require.NoError(t, ARIMA{}.FitTo(chosen, s))
	o := chosen.arima.best.orders
	if o.Differences != r.orders.Differences || o.SeasonalDifferences != r.orders.SeasonalDifferences {
		return
	}
	all.same++
	if l, _ := chosen.Likelihood(); l.AICc <= r.AICc+0.01 {
		all.good++
	} else {
		t.Logf("%s has AICc %.9g, R's %s %.9g", chosen.Model, l.AICc, r.orders.name(s.Season), r.AICc)
	}
}

// The filter gives the likelihood of the multivariate normal distribution with
// the process's covariances, which here come from its infinite moving average.
func TestFilterIsTheExactLikelihood(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		orders Orders
		x      []float64
	}{
		{Orders{}, nil},
		{Orders{AR: 1}, []float64{0.6}},
		{Orders{MA: 2}, []float64{-0.4, 0.7}},
		{Orders{AR: 2, MA: 1}, []float64{0.3, -0.5, 0.8}},
		{Orders{AR: 1, MA: 1, SeasonalAR: 1, SeasonalMA: 2}, []float64{0.5, 0.2, 0.4, -0.6, 0.3}},
		{Orders{SeasonalMA: 1}, []float64{1.2}},
	} {
		t.Run(c.orders.name(4), func(t *testing.T) {
			const n = 30
			e := &arimaSearch{season: 4, orders: c.orders}
			for range n {
				e.w = append(e.w, random.NormFloat64()+0.5)
			}
			e.unpack(c.x)
			got, ok := e.process.filter(e.w, nil, 0.2, false)
			require.True(t, ok)
			effects := (&integrated{full: e.process.phi, theta: e.process.theta}).extend(nil, 2000)
			covariance := mat.NewSymDense(n, nil)
			for i := range n {
				for j := i; j < n; j++ {
					sum := 0.0
					for k := range len(effects) - n {
						sum += effects[k] * effects[k+j-i]
					}
					covariance.SetSym(i, j, sum)
				}
			}
			var cholesky mat.Cholesky
			require.True(t, cholesky.Factorize(covariance))
			deviation, one := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
			for i, v := range e.w {
				deviation.SetVec(i, v-0.2)
				one.SetVec(i, 1)
			}
			var solved, ones mat.VecDense
			require.NoError(t, cholesky.SolveVecTo(&solved, deviation))
			require.NoError(t, cholesky.SolveVecTo(&ones, one))
			require.InEpsilon(t, mat.Dot(deviation, &solved), got.squares, 1e-9)
			require.InDelta(t, cholesky.LogDet(), got.logDet, 1e-9)
			// and the best mean is that of generalised least squares
			best, ok := e.process.filter(e.w, nil, 0.2, true)
			require.True(t, ok)
			shift := mat.Dot(deviation, &ones) / mat.Dot(one, &ones)
			require.InDelta(t, 0.2+shift, best.mean, 1e-9)
			require.InEpsilon(t, got.squares-shift*shift*mat.Dot(one, &ones), best.squares, 1e-9)
		})
	}
}

// Coefficients that made a series are found again.
func TestARIMARecoversItsParameters(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	y, w, last := make([]float64, 4000), 0.0, 0.0
	level := 100.0
	for i := range y {
		e := random.NormFloat64()
		w = 0.7*w + e - 0.4*last
		last = e
		level += w + 0.3
		y[i] = level
	}
	f, err := ARIMA{Orders: &Orders{AR: 1, Differences: 1, MA: 1, Constant: true}}.Fit(Series{Values: y})
	require.NoError(t, err)
	for name, want := range map[string]float64{"ar1": 0.7, "ma1": -0.4, "drift": 0.3} {
		got, ok := f.Parameter(name)
		require.True(t, ok)
		require.InDelta(t, want, got, 0.08, name)
	}
	require.InDelta(t, 1, f.Sigma, 0.03)
}

// Without other coefficients the model is one of the benchmarks.
func TestARIMAIsTheBenchmarks(t *testing.T) {
	s := Series{Values: demandLike(50), Season: 7}
	for _, c := range []struct {
		orders Orders
		model  Model
	}{
		{Orders{Constant: true}, Mean{}},
		{Orders{Differences: 1}, Naive{}},
		{Orders{Differences: 1, Constant: true}, Drift{}},
		{Orders{SeasonalDifferences: 1}, SeasonalNaive{}},
	} {
		f, err := ARIMA{Orders: &c.orders}.Fit(s)
		require.NoError(t, err)
		got, err := f.Forecast(20)
		require.NoError(t, err)
		b, err := c.model.Fit(s)
		require.NoError(t, err)
		want, err := b.Forecast(20)
		require.NoError(t, err)
		require.InDeltaSlice(t, want.Mean, got.Mean, 1e-9, f.Model)
	}
}

// Lags beyond the table that a fit makes are as if it had been longer.
func TestARIMALongHorizon(t *testing.T) {
	f, err := ARIMA{Orders: &Orders{AR: 1, Differences: 1, MA: 1}}.Fit(Series{Values: demandLike(60)})
	require.NoError(t, err)
	p := f.process.(*integrated)
	want := p.extend(nil, 1000)
	for _, lag := range []int{3, 63, 64, 65, 200, 999, 70} {
		require.Equal(t, want[lag], p.weight(lag))
	}
	_, err = f.Forecast(MaxHorizon, 0.95)
	require.NoError(t, err)
}

func TestARIMASettings(t *testing.T) {
	s := Series{Values: demandLike(40), Season: 4}
	for _, m := range []ARIMA{
		{Criterion: 9},
		{Orders: &Orders{AR: -1}}, {Orders: &Orders{MA: 13}}, {Orders: &Orders{Differences: 3}},
		{Orders: &Orders{SeasonalAR: 5}}, {Orders: &Orders{SeasonalMA: -2}}, {Orders: &Orders{SeasonalDifferences: 3}},
		{Orders: &Orders{Differences: 1, SeasonalDifferences: 1, Constant: true}},
	} {
		_, err := m.Fit(s)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, label(m))
	}
}

// What a series cannot bear is left out, with a warning.
func TestARIMAWarnings(t *testing.T) {
	seasonal := &Orders{AR: 1, SeasonalDifferences: 1}
	for _, c := range []struct {
		name    string
		model   ARIMA
		series  Series
		want    string
		warning Warning
	}{
		{"no season", ARIMA{Orders: seasonal}, Series{Values: demandLike(40)}, "ARIMA(1,0,0)", WarnNoSeason},
		{"a season too long", ARIMA{Orders: seasonal}, Series{Values: demandLike(400), Season: 365}, "ARIMA(1,0,0)", WarnNoSeason},
		{"shorter than its differences", ARIMA{Orders: seasonal}, Series{Values: demandLike(4), Season: 4}, "ARIMA(0,0,0) with mean", WarnShort},
		{"shorter than its coefficients", ARIMA{Orders: &Orders{AR: 3, Differences: 1}}, Series{Values: demandLike(5)}, "ARIMA(0,1,0)", WarnShort},
		{"two observations", ARIMA{}, Series{Values: []float64{1, 2}}, "ARIMA(0,0,0) with mean", WarnShort},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := c.model.Fit(c.series)
			require.NoError(t, err)
			require.Equal(t, c.want, f.Model)
			require.True(t, slices.Contains(f.Warnings, c.warning), "%v", f.Warnings)
		})
	}
	f, err := ARIMA{}.Fit(Series{Values: []float64{2, 4, 6, 8, 10, 12, 14, 16}}) // a line
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(f.Model, "with drift"), f.Model)
	next, err := f.Forecast(2)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{18, 20}, next.Mean, 1e-9)
}

// The passes of the search over the data allocate nothing.
func TestARIMAPassesAllocateNothing(t *testing.T) {
	s := Series{Values: demandLike(120), Season: 12}
	m := ARIMA{Orders: &Orders{AR: 1, Differences: 1, MA: 1, SeasonalMA: 1}}
	var f Fit
	require.NoError(t, m.FitTo(&f, s))
	require.Zero(t, testing.AllocsPerRun(5, func() { f.arima.value(f.arima.best.x) }))
}
