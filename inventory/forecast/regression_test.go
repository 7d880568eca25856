package forecast

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

// lakeHuron is the level of Lake Huron in feet, 1875 to 1972 (Brockwell & Davis,
// 1991, appendix A), in R's datasets.
var lakeHuron = []float64{
	580.38, 581.86, 580.97, 580.8, 579.79, 580.39, 580.42, 580.82, 581.4, 581.32, 581.44, 581.68, 581.17, 580.53, 580.01, 579.91, 579.14, 579.16,
	579.55, 579.67, 578.44, 578.24, 579.1, 579.09, 579.35, 578.82, 579.32, 579.01, 579, 579.8, 579.83, 579.72, 579.89, 580.01, 579.37, 578.69,
	578.19, 578.67, 579.55, 578.92, 578.09, 579.37, 580.13, 580.14, 579.51, 579.24, 578.66, 578.86, 578.05, 577.79, 576.75, 576.75, 577.82, 578.64,
	580.58, 579.48, 577.38, 576.9, 576.94, 576.24, 576.84, 576.85, 576.9, 577.79, 578.18, 577.51, 577.23, 578.42, 579.61, 579.05, 579.26, 579.22,
	579.38, 579.1, 577.95, 578.12, 579.75, 580.85, 580.41, 579.96, 579.61, 578.76, 578.18, 577.21, 577.13, 579.1, 578.25, 577.91, 576.89, 575.96,
	576.8, 577.68, 578.38, 578.52, 579.74, 579.31, 579.89, 579.96,
}

// driverDeaths are car drivers killed or seriously injured in Great Britain,
// monthly 1969 to 1984 (Harvey & Durbin, 1986); seat belts were compulsory from
// February 1983, the 170th month, on. In R's datasets as UKDriverDeaths.
var driverDeaths = []float64{
	1687, 1508, 1507, 1385, 1632, 1511, 1559, 1630, 1579, 1653, 2152, 2148, 1752, 1765, 1717, 1558, 1575, 1520, 1805, 1800, 1719, 2008, 2242, 2478,
	2030, 1655, 1693, 1623, 1805, 1746, 1795, 1926, 1619, 1992, 2233, 2192, 2080, 1768, 1835, 1569, 1976, 1853, 1965, 1689, 1778, 1976, 2397, 2654,
	2097, 1963, 1677, 1941, 2003, 1813, 2012, 1912, 2084, 2080, 2118, 2150, 1608, 1503, 1548, 1382, 1731, 1798, 1779, 1887, 2004, 2077, 2092, 2051,
	1577, 1356, 1652, 1382, 1519, 1421, 1442, 1543, 1656, 1561, 1905, 2199, 1473, 1655, 1407, 1395, 1530, 1309, 1526, 1327, 1627, 1748, 1958, 2274,
	1648, 1401, 1411, 1403, 1394, 1520, 1528, 1643, 1515, 1685, 2000, 2215, 1956, 1462, 1563, 1459, 1446, 1622, 1657, 1638, 1643, 1683, 2050, 2262,
	1813, 1445, 1762, 1461, 1556, 1431, 1427, 1554, 1645, 1653, 2016, 2207, 1665, 1361, 1506, 1360, 1453, 1522, 1460, 1552, 1548, 1827, 1737, 1941,
	1474, 1458, 1542, 1404, 1522, 1385, 1641, 1510, 1681, 1938, 1868, 1726, 1456, 1445, 1456, 1365, 1487, 1558, 1488, 1684, 1594, 1850, 1998, 2079,
	1494, 1057, 1218, 1168, 1236, 1076, 1174, 1139, 1427, 1487, 1483, 1513, 1357, 1165, 1282, 1110, 1297, 1185, 1222, 1284, 1444, 1575, 1737, 1763,
}

func ramp(from, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(from + i)
	}
	return x
}

func step(at, n int) []float64 {
	x := make([]float64, n)
	for i := at; i < n; i++ {
		x[i] = 1
	}
	return x
}

// Figures are R's arima(…, xreg = …, optim.control = list(reltol = 1e-14)).
func TestRegressionIsThatOfR(t *testing.T) {
	type parameter struct{ value, deviation float64 }
	for _, c := range []struct {
		name   string
		series Series
		orders Orders
		want   map[string]parameter // a deviation of 0 is not compared
		loglik float64
		mean   []float64
		within float64
	}{
		// arima(LakeHuron, order = c(2, 0, 0), xreg = time(LakeHuron) - 1920)
		{"LakeHuron", Series{Values: lakeHuron, Regressors: []Regressor{{"year", ramp(1875-1920, len(lakeHuron)+3)}}}, Orders{AR: 2, Constant: true},
			map[string]parameter{"ar1": {1.004818, 0}, "ar2": {-0.291302, 0}, "mean": {579.0994117, 0}, "year": {-0.021568096, 0.00809967}},
			-101.198267, []float64{579.3972585, 578.8052357, 578.3681091}, 1e-4},
		// arima(UKDriverDeaths, order = c(0,1,1), seasonal = list(order = c(0,1,1), period = 12), xreg = law)
		{"UKDriverDeaths", Series{Values: driverDeaths, Season: 12, Regressors: []Regressor{{"law", append(step(169, len(driverDeaths)), 1, 1, 0)}}},
			Orders{Differences: 1, MA: 1, SeasonalDifferences: 1, SeasonalMA: 1},
			map[string]parameter{"ma1": {-0.683293674, 0}, "sma1": {-0.872064982, 0}, "law": {-319.22972, 97.498216}},
			-1136.82789, []float64{1377.491034, 1204.928048, 1600.734653}, 2e-3},
		// the same with order = c(1,0,1): the long memory tells exact from diffuse starts
		{"UKDriverDeaths/AR", Series{Values: driverDeaths, Season: 12, Regressors: []Regressor{{"law", step(169, len(driverDeaths))}}},
			Orders{AR: 1, MA: 1, SeasonalDifferences: 1, SeasonalMA: 1},
			map[string]parameter{"ar1": {0.933758998, 0}, "ma1": {-0.601913584, 0}, "sma1": {-0.859547498, 0}, "law": {-317.8194806, 86.61771}},
			-1139.848639, nil, 3e-3},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ARIMA{Orders: &c.orders}.Fit(c.series)
			require.NoError(t, err)
			for _, p := range f.Parameters {
				want := c.want[p.Name]
				require.InEpsilon(t, want.value, p.Value, 5*c.within, p.Name)
				if want.deviation > 0 {
					// R divides by n where Sigma divides by n less the parameters, and
					// inverts the Hessian of all of them.
					require.InEpsilon(t, want.deviation, p.Error, 0.05, p.Name)
				}
			}
			require.Len(t, f.Parameters, len(c.want))
			l, ok := f.Likelihood()
			require.True(t, ok)
			require.InDelta(t, c.loglik, l.LogLik, 0.02)
			if c.mean == nil {
				return
			}
			next, err := f.Forecast(len(c.mean))
			require.NoError(t, err)
			for h, want := range c.mean {
				require.InEpsilon(t, want, next.Mean[h], c.within)
			}
			_, err = f.Forecast(len(c.mean) + 1)
			require.ErrorIs(t, err, flywheel.ErrOutOfRange)
			require.ErrorContains(t, err, "at most the 3 future periods")
		})
	}
}

// R: auto.arima(tail(UKDriverDeaths, 84), xreg = cbind(law)) finds
// ARIMA(0,1,1)(1,1,0)[12] errors with law at -396.0 and an AICc of 894.611.
func TestChosenRegression(t *testing.T) {
	t.Parallel()
	deaths := driverDeaths[len(driverDeaths)-84:]
	s := Series{Values: deaths, Season: 12, Regressors: []Regressor{{"law", step(61, len(deaths)+12)}}}
	f, err := ARIMA{}.Fit(s)
	require.NoError(t, err)
	l, _ := f.Likelihood()
	require.LessOrEqual(t, l.AICc, 894.611+0.01, f.Model)
	law, ok := f.Parameter("law")
	require.True(t, ok)
	require.InDelta(t, -396, law, 40)
}

// promoted is a demand of a level with a season, to which promotions add 30.
func promoted(n, ahead int) (Series, []float64) {
	rng := rand.New(rand.NewPCG(7, 7))
	values, on, discount := make([]float64, n+ahead), make([]float64, n+ahead), make([]float64, n+ahead)
	for i := range values {
		values[i] = 100 + 20*math.Sin(2*math.Pi*float64(i)/7) + 3*rng.NormFloat64()
		if rng.IntN(6) == 0 {
			on[i] = 1
			discount[i] = 0.1 + 0.2*rng.Float64()
			values[i] += 30 + 50*discount[i]
		}
	}
	return Series{ID: "mug", Values: values[:n], Season: 7, Regressors: []Regressor{{"promotion", on}, {"discount", discount}}}, values[n:]
}

// Auto, ARIMA and any model in a Regression see the promotions to come.
func TestPromotions(t *testing.T) {
	t.Parallel()
	s, actual := promoted(100, 21)
	plain := s
	plain.Regressors = nil
	for _, m := range []Model{Auto{}, ARIMA{}, Regression{}, Regression{Of: ETS{}}, Regression{Of: Theta{}}} {
		f, err := m.Fit(s)
		require.NoError(t, err)
		require.Contains(t, f.Model, "Regression with ")
		var on, discount Parameter
		for _, p := range f.Parameters {
			switch p.Name {
			case "promotion":
				on = p
			case "discount":
				discount = p
			}
		}
		require.InDelta(t, 30, on.Value, 3*on.Error)
		require.InDelta(t, 50, discount.Value, 3*discount.Error)
		require.Positive(t, on.Error)
		require.Empty(t, f.Warnings)

		next, err := f.Forecast(21, 0.95)
		require.NoError(t, err)
		with, err := Evaluate(s, actual, next.Mean)
		require.NoError(t, err)
		g, err := m.Fit(plain)
		require.NoError(t, err)
		blind, err := g.Forecast(21)
		require.NoError(t, err)
		without, err := Evaluate(s, actual, blind.Mean)
		require.NoError(t, err)
		require.Less(t, with.MAE, 0.6*without.MAE, label(m))
		require.Less(t, with.MAE, 5.0, label(m))

		// Totals, quantiles, paths and updates see them too.
		sum := 0.0
		for _, v := range next.Mean {
			sum += v
		}
		mean, _, err := f.Total(21)
		require.NoError(t, err)
		require.InDelta(t, sum, mean, 1e-6)
		q, err := f.Quantiles(21, 0.025, 0.975)
		require.NoError(t, err)
		require.InDeltaSlice(t, next.Intervals[0].Lower, q[0], 1e-9)
		require.InDeltaSlice(t, next.Intervals[0].Upper, q[1], 1e-9)
		paths, err := f.Paths(400, 21, 1)
		require.NoError(t, err)
		for h := range 21 {
			mean := 0.0
			for _, p := range paths {
				mean += p[h] / 400
			}
			require.InDelta(t, next.Mean[h], mean, 6)
		}
		require.NoError(t, f.Update(actual[:20]...))
		require.InDelta(t, next.Mean[0], f.Fitted[len(f.Fitted)-20], 1e-9)
		_, err = f.Forecast(2)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
		require.ErrorIs(t, f.Update(1, 2), flywheel.ErrOutOfRange)
		require.NoError(t, f.Update(1))
	}
	f, err := SES{}.Fit(s)
	require.NoError(t, err)
	require.Contains(t, f.Warnings, WarnRegressors)
}

// Regressors that say nothing have no coefficient, and say so.
func TestRegressorsWithoutEffect(t *testing.T) {
	y := demandLike(40)
	twice := make([]float64, 43)
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]float64, 43)
	for i := range noise {
		noise[i] = rng.Float64()
		twice[i] = 2 * noise[i]
	}
	s := Series{Values: y, Regressors: []Regressor{{"never", step(41, 43)}, {"noise", noise}, {"twice", twice}, {"always", step(0, 43)}}}
	for _, m := range []Model{ARIMA{}, ARIMA{Orders: &Orders{AR: 1, Constant: true}}, Auto{}} {
		f, err := m.Fit(s)
		require.NoError(t, err)
		require.Contains(t, f.Warnings, WarnNoEffect)
		for name, zero := range map[string]bool{"never": true, "noise": false, "twice": true, "always": true} {
			v, ok := f.Parameter(name)
			require.True(t, ok)
			require.Equal(t, zero, v == 0, name)
		}
		_, err = f.Forecast(3, 0.9)
		require.NoError(t, err)
	}
}

func TestBadRegressors(t *testing.T) {
	y := demandLike(10)
	for _, r := range [][]Regressor{
		{{"short", ramp(0, 9)}}, {{"a", ramp(0, 12)}, {"b", ramp(0, 11)}}, {{"nan", append(ramp(0, 11), math.NaN())}}, {{"large", append(ramp(0, 9), 1e101)}},
	} {
		for _, m := range []Model{ARIMA{}, Auto{}, Regression{Of: Naive{}}} {
			_, err := m.Fit(Series{ID: "mug", Values: y, Regressors: r})
			require.ErrorIs(t, err, flywheel.ErrOutOfRange)
			require.ErrorContains(t, err, "mug")
			require.ErrorContains(t, err, r[len(r)-1].Name)
		}
	}
}

// Any series with any regressors has finite forecasts.
func TestRegressionsAreFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := demandSeries(t, 1)
		ahead := rapid.IntRange(1, 4).Draw(t, "ahead")
		for range rapid.IntRange(1, 3).Draw(t, "regressors") {
			x := rapid.SliceOfN(rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(-10, 10), rapid.Just(1e6)), len(s.Values)+ahead, len(s.Values)+ahead).Draw(t, "x")
			s.Regressors = append(s.Regressors, Regressor{"x", x})
		}
		for _, m := range []Model{Auto{}, ARIMA{Orders: &Orders{AR: 1, MA: 1, SeasonalMA: 1, Constant: true}}, Regression{Of: Holt{Damped: true}}} {
			f, err := m.Fit(s)
			require.NoError(t, err)
			next, err := f.Forecast(ahead, 0.9)
			require.NoError(t, err)
			for h, v := range next.Mean {
				require.False(t, math.IsNaN(v) || math.IsInf(v, 0))
				require.LessOrEqual(t, next.Intervals[0].Lower[h], next.Intervals[0].Upper[h])
			}
		}
	})
}

// Promotions and prices that act in percent are found to, and their factors are put on
// forecasts, ranges, totals and paths.
func TestEffectsMultiply(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 6))
	const n, ahead = 160, 4
	s := Series{Values: make([]float64, n)}
	price, promo := make([]float64, n+ahead), make([]float64, n+ahead)
	level := func(t int) float64 { // of a period, without what is by chance
		return 80 * math.Pow(price[t], -1.5) * math.Pow(2, promo[t]) * (1 + 0.004*float64(t))
	}
	for t := range price {
		price[t] = 1 + 0.1*float64(random.IntN(4))
		promo[t] = float64(t % 8 / 7)
		if t < n {
			s.Values[t] = level(t) * math.Exp(0.1*random.NormFloat64())
		}
	}
	promo[n+1] = 1
	s.Regressors = []Regressor{{"price", price}, {"promo", promo}}
	for _, m := range []Model{Auto{}, Regression{Of: Holt{}}, Regression{Effects: Multiplicative}} {
		fit, err := m.Fit(s)
		require.NoError(t, err)
		elasticity, ok := fit.Parameter("log price")
		require.True(t, ok, "%T: %v", m, fit.Parameters)
		require.InDelta(t, -1.5, elasticity, 0.2)
		f, err := fit.Forecast(ahead, 0.8)
		require.NoError(t, err)
		mean := 0.0
		for h, v := range f.Mean {
			require.InEpsilon(t, level(n+h), v, 0.1, "%T at %d", m, h)
			mean += v
		}
		width := func(h int) float64 { return f.Intervals[0].Upper[h] - f.Intervals[0].Lower[h] }
		require.InEpsilon(t, f.Mean[1]/f.Mean[0], width(1)/width(0), 0.2, "%T: ranges are as wide as forecasts are high", m)
		total, sd, err := fit.Total(ahead)
		require.NoError(t, err)
		require.InDelta(t, mean, total, 1e-6)
		paths, err := fit.Paths(20_000, ahead, 1)
		require.NoError(t, err)
		sum, squares := 0.0, 0.0
		for _, p := range paths {
			of := p[0] + p[1] + p[2] + p[3]
			sum, squares = sum+of, squares+of*of
		}
		sum /= float64(len(paths))
		require.InEpsilon(t, total, sum, 0.01)
		require.InEpsilon(t, sd, math.Sqrt(squares/float64(len(paths))-sum*sum), 0.3)
		// What was seen goes on with the same effects.
		require.NoError(t, fit.Update(level(n), level(n+1)))
		require.InEpsilon(t, level(n+1), fit.Fitted[len(fit.Fitted)-1], 0.1)
		parts, err := fit.Components(2)
		require.NoError(t, err)
		next, err := fit.Forecast(2)
		require.NoError(t, err)
		for h, v := range next.Mean {
			require.InDelta(t, v, parts.Level[h]+parts.Trend[h]+parts.Season[h]+parts.Regressors[h], 1e-9)
		}
		require.Error(t, fit.Update(1, 1, 1), "regressors are known for two more periods")
	}

	fit, err := Regression{Effects: Additive}.Fit(s)
	require.NoError(t, err)
	_, ok := fit.Parameter("price")
	require.True(t, ok)
	s.Values[3] = -1
	_, err = Regression{Effects: Multiplicative}.Fit(s)
	require.ErrorIs(t, err, ErrNoLogarithm)
	_, err = Regression{Effects: Damped}.Fit(s)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}
