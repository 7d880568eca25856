package forecast

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
)

// demandLike returns n values that vary about a moving level.
func demandLike(n int) []float64 {
	y := make([]float64, n)
	for i := range y {
		x := float64(i)
		y[i] = math.Floor(20 + 6*math.Sin(x/9) + 5*math.Sin(x*x))
	}
	return y
}

// sporadic returns n values of which about a third are not zero.
func sporadic(n int) []float64 {
	y := make([]float64, n)
	for i := range y {
		if x := float64(i); math.Sin(x*x+1) > 0.5 {
			y[i] = math.Floor(3 + 2*math.Sin(7*x))
		}
	}
	return y
}

// seasonalLike returns n values with a cycle of 12 about a rising level.
func seasonalLike(n int) []float64 {
	y := demandLike(n)
	for i := range y {
		y[i] += 40 + float64(i)/4 + 25*math.Sin(float64(i)*math.Pi/6)
	}
	return y
}

// measured are the models that benchmarks and the test of allocations run.
var measured = []struct {
	name  string
	model Model
	make  func(int) []float64
}{
	{"naive", Naive{}, demandLike},
	{"seasonalnaive", SeasonalNaive{}, seasonalLike},
	{"drift", Drift{}, demandLike},
	{"mean", Mean{}, demandLike},
	{"ses", SES{}, demandLike},
	{"ses-given", SES{Alpha: 0.2}, demandLike},
	{"holt", Holt{}, demandLike},
	{"damped", Holt{Damped: true}, demandLike},
	{"ets", ETS{}, demandLike},
	{"ets-seasonal", ETS{}, seasonalLike},
	{"theta", Theta{}, demandLike},
	{"theta-seasonal", Theta{}, seasonalLike},
	{"dynamictheta", OptimizedTheta{Dynamic: true}, demandLike},
	{"dynamictheta-seasonal", OptimizedTheta{Dynamic: true}, seasonalLike},
	{"ces", CES{}, demandLike},
	{"ces-seasonal", CES{}, seasonalLike},
	{"arima", ARIMA{}, demandLike},
	{"arima-given", ARIMA{Orders: &Orders{AR: 1, Differences: 1, MA: 1, SeasonalMA: 1}}, demandLike},
	{"holtwinters", HoltWinters{}, demandLike},
	{"croston", Croston{}, sporadic},
	{"croston-given", Croston{Alpha: 0.1}, sporadic},
	{"sba", SBA{}, sporadic},
	{"sbj", SBJ{}, sporadic},
	{"tsb", TSB{}, sporadic},
	{"adida", ADIDA{}, sporadic},
	{"imapa", IMAPA{}, sporadic},
	{"auto-smooth", Auto{}, demandLike},
	{"auto-seasonal", Auto{}, seasonalLike},
	{"auto-lumpy", Auto{}, sporadic},
}

func BenchmarkFitTo(b *testing.B) {
	for _, c := range measured {
		for _, n := range []int{50, 150, 1000} {
			b.Run(fmt.Sprintf("model=%s/n=%d", c.name, n), func(b *testing.B) {
				s := Series{Values: c.make(n), Season: 12}
				var f Fit
				b.ReportAllocs()
				for b.Loop() {
					if err := c.model.FitTo(&f, s); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkFitToShort fits half a year and a year of weeks, without a season.
func BenchmarkFitToShort(b *testing.B) {
	for _, c := range []struct {
		name  string
		model Model
	}{{"ets", ETS{}}, {"auto-smooth", Auto{}}} {
		for _, n := range []int{25, 52} {
			b.Run(fmt.Sprintf("model=%s/n=%d", c.name, n), func(b *testing.B) {
				s := Series{Values: demandLike(n)}
				var f Fit
				b.ReportAllocs()
				for b.Loop() {
					if err := c.model.FitTo(&f, s); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// A Fit that has fitted a series of the kind before allocates nothing, and
// neither does its forecast. ARIMA, whose choice of differences decomposes the
// series and which names what it found, allocates at its ends, however long the
// search between.
func TestFitToAllocatesNothing(t *testing.T) {
	for _, c := range measured {
		most, runs := 0.0, 5 // of which the average is rounded down, as the runtime may allocate too
		if _, ok := c.model.(ARIMA); ok {
			most, runs = 60, 1
		}
		for _, n := range []int{11, 50, testkit.Often(150, 60)} {
			most := most
			s := Series{Values: c.make(n), Season: 12}
			var f Fit
			require.NoError(t, c.model.FitTo(&f, s))
			allocations := testing.AllocsPerRun(runs, func() { _ = c.model.FitTo(&f, s) })
			require.LessOrEqual(t, allocations, most, "%s, %d observations", c.name, n)
			var next Forecast
			require.NoError(t, f.ForecastTo(&next, 18, 0.8, 0.95))
			allocations = testing.AllocsPerRun(runs, func() { _ = f.ForecastTo(&next, 18, 0.8, 0.95) })
			if f.shape != nil {
				most = 2 // lists of limits, whatever the horizon
			}
			require.LessOrEqual(t, allocations, most, "forecast of %s, %d observations", c.name, n)
		}
	}
}

// A Fit that is kept holds what it forecasts with and its fitted values, and not
// the memory of the search for them.
func TestKeptFitIsSmall(t *testing.T) {
	held := func() uint64 {
		var memory runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&memory)
		return memory.HeapAlloc
	}
	s := Series{Values: seasonalLike(36), Season: 12}
	fits := make([]*Fit, testkit.Often(200, 50))
	before := held()
	for i := range fits {
		fit, err := Auto{}.Fit(s)
		require.NoError(t, err)
		fits[i] = fit
	}
	each := (held() - before) / uint64(len(fits))
	require.Less(t, each, uint64(6000))
	require.Equal(t, "Combination", fits[0].Model)
}

// BenchmarkPlanningRun forecasts 4,000 items from 53 weeks, with the total over
// four weeks: one weekly run of a shop, on one thread.
func BenchmarkPlanningRun(b *testing.B) {
	items := make([]Series, 4000)
	for i := range items {
		items[i].Values = demandLike(53)
		if i%3 > 0 {
			items[i].Values = sporadic(53)
		}
	}
	var f Fit
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range items {
			model, err := Select(s)
			if err != nil {
				b.Fatal(err)
			}
			if err := model.FitTo(&f, s); err != nil {
				b.Fatal(err)
			}
			if _, _, err := f.Total(4); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkBatch forecasts 2,000 series of six to twelve years of months with
// Auto. The processor time of a series must not rise with the workers, and the
// time fall by nearly their number where there are as many processors.
func BenchmarkBatch(b *testing.B) {
	all := make([]Series, 2000)
	for i := range all {
		all[i] = Series{Values: seasonalLike(72 + i%73), Season: 12}
		for t := range all[i].Values {
			all[i].Values[t] += float64(i%11) * math.Sin(float64(t*t+i))
		}
	}
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			b.ReportAllocs()
			batch := Batch{Horizon: 18, Levels: []float64{0.8, 0.95}, Workers: workers}
			for b.Loop() {
				if err := batch.Each(b.Context(), slices.Values(all), func(r *Result) error { return r.Err }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/series")
		})
	}
}

func BenchmarkForecastTo(b *testing.B) {
	f, err := Theta{}.Fit(Series{Values: demandLike(150)})
	if err != nil {
		b.Fatal(err)
	}
	var next Forecast
	b.ReportAllocs()
	for b.Loop() {
		if err := f.ForecastTo(&next, 13, 0.8, 0.95); err != nil {
			b.Fatal(err)
		}
	}
}
