package budget_test

import (
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/campaign/budget"
)

// world is one draw of the generator: 104 weeks of three channels.
//
// The response is 1,000 + 2 a week of trend + 80 sin of the year + 120 in weeks
// with a promotion (every tenth, and one in twenty by chance) + the channels +
// normal noise with a deviation of 25. Channel c brings A·x/(B+x) of its adstocked
// spend x, geometric and normalized; Theta is uniform from 0.1 to 0.7, B from half
// to three times the mean spend in its logarithm, and A such that the mean spend,
// held for ever, brings 60 to 200. Weekly spend is 100 times a log-normal with
// deviation 0.6 in its logarithm, times 1 + 0.3 sin of the year at a random phase,
// and nothing in one week of eight.
type world struct {
	data   budget.Data
	curves []budget.Curve
	theta  []float64
	brings []float64 // contribution in a mean week
	means  []float64
}

func newWorld(seed uint64, form budget.Form, collinear bool) world {
	const weeks = 104
	random := rand.New(rand.NewPCG(seed, 7))
	uniform := func(a, b float64) float64 { return a + (b-a)*random.Float64() }
	w := world{data: budget.Data{Trend: true, Season: 52, Harmonics: 1}}
	y := make([]float64, weeks)
	promotion := make([]float64, weeks)
	for t := range y {
		if t%10 == 3 || random.IntN(20) == 0 {
			promotion[t] = 1
		}
		y[t] = 1000 + 2*float64(t) + 80*math.Sin(2*math.Pi*float64(t)/52) + 120*promotion[t]
	}
	w.data.Controls = []budget.Series{{Name: "promotion", Values: promotion}}
	for c := range 3 {
		phase := uniform(0, 2*math.Pi)
		spend := make([]float64, weeks)
		for t := range spend {
			spend[t] = 100 * math.Exp(0.6*random.NormFloat64()) * (1 + 0.3*math.Sin(2*math.Pi*float64(t)/52+phase))
			if random.IntN(8) == 0 {
				spend[t] = 0
			}
		}
		if collinear && c == 1 {
			for t := range spend {
				spend[t] = 1.5 * w.data.Spend[0].Values[t] * (1 + 0.02*random.NormFloat64())
			}
		}
		mean := 0.0
		for _, v := range spend {
			mean += v / weeks
		}
		theta := uniform(0.1, 0.7)
		curve := budget.Curve{Form: form, A: 1, B: mean * math.Exp(uniform(math.Log(0.5), math.Log(3)))}
		if form == budget.Hill {
			curve.S = uniform(1, 2.5)
		}
		curve.A = uniform(60, 200) / curve.Response(mean)
		stock, err := budget.Adstock{Kind: budget.Geometric, Theta: theta, Normalized: true}.Apply(spend)
		if err != nil {
			panic(err)
		}
		brings := 0.0
		for t, x := range stock {
			y[t] += curve.Response(x)
			brings += curve.Response(x) / weeks
		}
		w.data.Spend = append(w.data.Spend, budget.Series{Name: "c" + strconv.Itoa(c), Values: spend})
		w.curves, w.theta, w.brings, w.means = append(w.curves, curve), append(w.theta, theta), append(w.brings, brings), append(w.means, mean)
	}
	for t := range y {
		y[t] += 25 * random.NormFloat64()
	}
	w.data.Response = y
	return w
}

// earns returns what an allocation earns in the world, beside the best.
func (w *world) earns(spend []float64, total float64) float64 {
	p := budget.Plan{Budget: total}
	got := 0.0
	for i, c := range w.curves {
		p.Channels = append(p.Channels, budget.Channel{Name: strconv.Itoa(i), Curve: c})
		got += c.Response(spend[i])
	}
	best, err := budget.Allocate(p)
	if err != nil {
		panic(err)
	}
	return got / best.Response
}

// each runs f for the seeds on all cores.
func each(n int, f func(seed int)) {
	var all sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for seed := range next {
				f(seed)
			}
		})
	}
	for seed := range n {
		next <- seed
	}
	close(next)
	all.Wait()
}

// TestSimulated fits worlds of the generator. The long form, 400 worlds, is run
// with FLYWHEEL_BUDGET=400.
func TestSimulated(t *testing.T) {
	worlds, long := 4, false
	if n, err := strconv.Atoi(os.Getenv("FLYWHEEL_BUDGET")); err == nil {
		worlds, long = n, n >= 400
	}
	type seen struct {
		covered, all map[string]int
		earned       float64
	}
	for _, form := range []budget.Form{budget.Michaelis, budget.Hill} {
		if form == budget.Hill && worlds < 10 {
			continue
		}
		results := make([]seen, worlds)
		each(worlds, func(seed int) {
			w := newWorld(uint64(seed), form, false)
			f, err := budget.Fitting{Form: form, Adstock: budget.Geometric, Seed: 1}.Fit(w.data)
			if err != nil {
				panic(err)
			}
			r := seen{covered: map[string]int{}, all: map[string]int{}}
			check := func(what string, truth float64, i budget.Interval) {
				r.all[what]++
				if truth >= i.From && truth <= i.To {
					r.covered[what]++
				}
			}
			total := 0.0
			for i, c := range f.Channels {
				check("contribution", w.brings[i], c.Contribution)
				check("marginal", w.curves[i].Marginal(w.means[i]), c.Marginal)
				check("half", w.curves[i].B, c.Half)
				check("carry", w.theta[i], c.Carry)
				if form == budget.Hill {
					check("exponent", w.curves[i].S, c.Exponent)
				}
				total += w.means[i]
			}
			a, err := budget.Allocate(f.Plan(total))
			if err != nil {
				panic(err)
			}
			r.earned = w.earns(a.Spend[0], total)
			results[seed] = r
		})
		var earned []float64
		covered, all := map[string]int{}, map[string]int{}
		for _, r := range results {
			earned = append(earned, r.earned)
			for what := range r.all {
				covered[what] += r.covered[what]
				all[what] += r.all[what]
			}
		}
		slices.Sort(earned)
		median := earned[len(earned)/2]
		t.Logf("%s, %d worlds: the proposal earns %.4f of the best in the median, %.4f in one of ten", form, worlds, median, earned[len(earned)/10])
		require.Greater(t, median, 0.97)
		for what := range all {
			share := float64(covered[what]) / float64(all[what])
			t.Logf("%s: 90 %% intervals of %s cover %.3f", form, what, share)
			if long {
				require.GreaterOrEqual(t, share, 0.85, what)
				require.LessOrEqual(t, share, 0.95, what)
			} else {
				require.GreaterOrEqual(t, share, 0.5, what)
			}
		}
	}
	warned := make([]bool, worlds)
	each(worlds, func(seed int) {
		w := newWorld(uint64(seed), budget.Michaelis, true)
		f, err := budget.Fitting{Adstock: budget.Geometric, Seed: 1, Draws: 500}.Fit(w.data)
		if err != nil {
			panic(err)
		}
		warned[seed] = slices.ContainsFunc(f.Warnings, func(s string) bool { return strings.Contains(s, "moves together with that of") })
	})
	count := 0
	for _, ok := range warned {
		if ok {
			count++
		}
	}
	t.Logf("collinear spend is warned of in %d of %d worlds", count, worlds)
	require.GreaterOrEqual(t, float64(count), 0.95*float64(worlds))
}

func BenchmarkFit(b *testing.B) {
	w := newWorld(1, budget.Michaelis, false)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (budget.Fitting{Adstock: budget.Geometric, Seed: 1}).Fit(w.data); err != nil {
			b.Fatal(err)
		}
	}
}
