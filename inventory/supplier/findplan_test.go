package supplier_test

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

// riskPoints draws points such as contracts have: 0.1 to 5 % for the producer, 1.5
// to 12 times that for the consumer.
func riskPoints(r *rand.Rand) (producer, consumer supplier.RiskPoint) {
	p := 0.001 + 0.049*r.Float64()
	return supplier.RiskPoint{Quality: p, Accept: 0.9 + 0.095*r.Float64()},
		supplier.RiskPoint{Quality: min(0.9, p*(1.5+10.5*r.Float64())), Accept: 0.01 + 0.19*r.Float64()}
}

// The plan is the one that the R package's loop over sizes and acceptance numbers
// finds. FLYWHEEL_LONG looks at 10,000 pairs of points.
func TestFindPlanIsTheScannedOne(t *testing.T) {
	n := testkit.Often(600, 60)
	if os.Getenv("FLYWHEEL_LONG") != "" {
		n = 10_000
	}
	r := rand.New(rand.NewPCG(16, 1))
	for range n {
		producer, consumer := riskPoints(r)
		for _, law := range []supplier.Law{supplier.Binomial, supplier.Poisson, supplier.Hypergeometric} {
			lot := 0
			if law == supplier.Hypergeometric {
				lot = 2000 + r.IntN(20000)
			}
			plan, err := supplier.FindPlan(producer, consumer, law, lot)
			require.NoError(t, err)
			n, c := scannedPlan(producer, consumer, law, lot)
			require.Equal(t, []int{n, c}, []int{plan.N, plan.Accept}, "%v %v %v %d", producer, consumer, law, lot)
		}
	}
}

// Where the points lie close, the first acceptance numbers are skipped; the plan
// stays the scanned one.
func TestFindPlanSkipsNothing(t *testing.T) {
	for _, ratio := range []float64{1.2, 1.3, 1.42, 1.5} {
		for _, law := range []supplier.Law{supplier.Binomial, supplier.Poisson} {
			producer, consumer := supplier.RiskPoint{Quality: 0.2, Accept: 0.95}, supplier.RiskPoint{Quality: 0.2 * ratio, Accept: 0.1}
			plan, err := supplier.FindPlan(producer, consumer, law, 0)
			require.NoError(t, err)
			n, c := scannedPlan(producer, consumer, law, 0)
			require.Equal(t, []int{n, c}, []int{plan.N, plan.Accept})
		}
	}
}

func TestFindPlanThatDoesNotExist(t *testing.T) {
	good, bad := supplier.RiskPoint{Quality: 0.01, Accept: 0.95}, supplier.RiskPoint{Quality: 0.05, Accept: 0.1}
	for name, find := range map[string]func() (supplier.SinglePlan, error){
		"points exchanged":   func() (supplier.SinglePlan, error) { return supplier.FindPlan(bad, good, supplier.Binomial, 0) },
		"lot too small":      func() (supplier.SinglePlan, error) { return supplier.FindPlan(good, bad, supplier.Hypergeometric, 8) },
		"lot smaller than n": func() (supplier.SinglePlan, error) { return supplier.FindPlan(good, bad, supplier.Binomial, 100) },
		"certainty": func() (supplier.SinglePlan, error) {
			return supplier.FindPlan(supplier.RiskPoint{Quality: 0.01, Accept: 1}, bad, supplier.Binomial, 0)
		},
		"never": func() (supplier.SinglePlan, error) {
			return supplier.FindPlan(good, supplier.RiskPoint{Quality: 0.05}, supplier.Binomial, 0)
		},
		"more than a billion": func() (supplier.SinglePlan, error) {
			return supplier.FindPlan(supplier.RiskPoint{Quality: 1e-9, Accept: 0.99}, supplier.RiskPoint{Quality: 2e-9, Accept: 0.01}, supplier.Poisson, 0)
		},
	} {
		_, err := find()
		require.ErrorIs(t, err, supplier.ErrNoPlan, name)
	}
	_, err := supplier.FindPlan(supplier.RiskPoint{Quality: -1, Accept: 0.9}, bad, supplier.Binomial, 0)
	require.ErrorIs(t, err, supplier.ErrRange)
	_, err = supplier.FindPlan(good, bad, supplier.Hypergeometric, 0)
	require.ErrorIs(t, err, supplier.ErrInput)
}

func BenchmarkFindPlan(b *testing.B) {
	r := rand.New(rand.NewPCG(16, 2))
	type pair struct{ producer, consumer supplier.RiskPoint }
	pairs := make([]pair, 1000)
	for i := range pairs {
		pairs[i].producer, pairs[i].consumer = riskPoints(r)
	}
	for _, law := range []supplier.Law{supplier.Binomial, supplier.Poisson, supplier.Hypergeometric} {
		b.Run("law="+law.String(), func(b *testing.B) {
			b.ReportAllocs()
			lot := 0
			if law == supplier.Hypergeometric {
				lot = 20000
			}
			for i := 0; b.Loop(); i++ {
				p := pairs[i%len(pairs)]
				if _, err := supplier.FindPlan(p.producer, p.consumer, law, lot); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, known := range []bool{true, false} {
		name := "law=normal/sigma=unknown"
		if known {
			name = "law=normal/sigma=known"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p := pairs[i%len(pairs)]
				if _, err := supplier.FindVariablesPlan(p.producer, p.consumer, known); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkStreams(b *testing.B) {
	r := rand.New(rand.NewPCG(16, 3))
	values := make([]float64, 4096)
	for i := range values {
		values[i] = r.NormFloat64()
	}
	run := func(name string, next func(x float64)) {
		b.Run("chart="+name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				next(values[i&4095])
			}
		})
	}
	m, _ := supplier.NewMonitor(0, 1, supplier.AllRules)
	run("rules", func(x float64) { m.Next(x) })
	e, _ := supplier.EWMA{Sigma: 1}.Stream()
	run("ewma", func(x float64) { e.Next(x) })
	c, _ := supplier.CUSUM{Sigma: 1}.Stream()
	run("cusum", func(x float64) { c.Next(x) })
}

// Both operating characteristics of random variables plans agree with Simpson's
// rule, and the smallest size is the smallest. FLYWHEEL_LONG looks at 10,000 pairs of
// points.
func TestFindVariablesPlan(t *testing.T) {
	n := testkit.Often(40, 8)
	if os.Getenv("FLYWHEEL_LONG") != "" {
		n = 10_000
	}
	r := rand.New(rand.NewPCG(16, 4))
	for range n {
		producer, consumer := riskPoints(r)
		for _, known := range []bool{true, false} {
			v, err := supplier.FindVariablesPlan(producer, consumer, known)
			require.NoError(t, err)
			require.LessOrEqual(t, v.KMin, v.KMax)
			at := func(n int, k, p float64) float64 {
				return integratedVariables(supplier.VariablesPlan{N: n, K: k, SigmaKnown: known}, p)
			}
			require.InDelta(t, producer.Accept, at(v.N, v.KMax, producer.Quality), 1e-9)
			require.InDelta(t, consumer.Accept, at(v.N, v.KMin, consumer.Quality), 1e-9)
			got, err := v.Plan(known).AcceptAt(consumer.Quality)
			require.NoError(t, err)
			require.InDelta(t, at(v.N, v.KMax, consumer.Quality), got, 1e-10)
			if least := map[bool]int{true: 1, false: 2}[known]; v.N > least {
				// The best constant of one unit less, by bisection, misses one point.
				low, high := -10.0, 10.0
				for range 60 {
					k := (low + high) / 2
					if at(v.N-1, k, producer.Quality) >= producer.Accept {
						low = k
					} else {
						high = k
					}
				}
				require.Greater(t, at(v.N-1, low, consumer.Quality), consumer.Accept)
			}
		}
	}
}

// Plans by variables with sigma unknown, of random risk points.
func BenchmarkFindVariablesPlan(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	type points struct{ producer, consumer supplier.RiskPoint }
	var all []points
	for len(all) < 200 {
		p := 0.001 + 0.05*random.Float64()
		all = append(all, points{
			supplier.RiskPoint{Quality: p, Accept: 0.9 + 0.09*random.Float64()},
			supplier.RiskPoint{Quality: p * (2 + 4*random.Float64()), Accept: 0.02 + 0.1*random.Float64()},
		})
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := supplier.FindVariablesPlan(all[i%len(all)].producer, all[i%len(all)].consumer, false); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// Samples of few units, large constants and steep curves agree with Simpson's rule.
func TestAcceptAtOfFewUnits(t *testing.T) {
	for _, n := range []int{2, 3, 4, 6, 9, 17, 39, 40, 41, 250} {
		for _, k := range []float64{-1, 0, 0.3, 1.2, 2.5, 4, 7} {
			for _, p := range []float64{1e-6, 0.001, 0.02, 0.3, 0.9} {
				v := supplier.VariablesPlan{N: n, K: k}
				got, err := v.AcceptAt(p)
				require.NoError(t, err)
				require.InDelta(t, integratedVariables(v, p), got, 1e-9, "%v %v", v, p)
			}
		}
	}
}
