package clv_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/clv"
)

func TestRefusals(t *testing.T) {
	nan := math.NaN()
	for what, h := range map[string]clv.History{"negative": {X: -1}, "nan": {T: nan}, "future": {X: 1, Recency: 3, T: 2}, "no purchase": {Recency: 1, T: 2}, "half": {X: 0.5, Recency: 1, T: 2}, "infinite": {T: math.Inf(1)}} {
		var tally clv.Tally
		require.Error(t, tally.Add(h), what)
		require.Empty(t, tally.Rows())
		_, err := clv.FitBG([]clv.Row{{History: h}}, nil)
		require.Error(t, err, what)
	}
	for what, rows := range map[string][]clv.Row{
		"none":       nil,
		"one in all": {{History: clv.History{T: 5}}},
		"weight":     {{History: clv.History{X: 1, Recency: 1, T: 5}, Weight: -1}},
		"covariates": {{History: clv.History{X: 1, Recency: 1, T: 5}, Covariates: []float64{1}}, {History: clv.History{X: 1, Recency: 1, T: 5}}},
		"nan":        {{History: clv.History{X: 1, Recency: 1, T: 5}, Covariates: []float64{nan}}},
	} {
		for _, fit := range []func([]clv.Row, *clv.FitOptions) (*clv.Fit, error){clv.FitBG, clv.FitMBG, clv.FitPareto} {
			_, err := fit(rows, nil)
			require.Error(t, err, what)
			require.True(t, isKind(err), "%s: %v", what, err)
		}
	}
	_, err := clv.FitBG([]clv.Row{{History: clv.History{X: 1, Recency: 1, T: 5}}}, &clv.FitOptions{Start: []float64{1, 1, -1, 1}})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = clv.FitGammaGamma([]clv.Row{{History: clv.History{X: 1}, Value: nan}})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = clv.FitGammaGamma([]clv.Row{{History: clv.History{X: 1}, Value: 5}})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = clv.FitBGBB([]clv.BGBBRow{{clv.Opportunities{X: 3, Recency: 2, N: 6}, 1}})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = clv.Summarize([]clv.Purchase{{"a", time.Time{}, 1}}, day(1))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = clv.Choose([]clv.Purchase{{"a", day(0), 1}, {"a", day(9), 1}}, day(30))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = clv.Value(clv.BG{R: 1, Alpha: 1, A: 1, B: 1}, clv.GammaGamma{P: 1, Q: 0.5, V: 1}, clv.History{}, 0, 12, 1, 0.01)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	h := clv.History{X: 1, Recency: 2, T: 4}
	again, err := h.Purchased(3)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	require.Equal(t, h, again)
}

func isKind(err error) bool {
	for _, kind := range []error{flywheel.ErrInvalid, flywheel.ErrOutOfRange} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// TestLaws: expectations grow with the horizon, nobody buys in no time, and the singular
// parameter A = 1 lies between its neighbours.
func TestLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		p := [4]float64{0.1 + 2*r.Float64(), 1 + 20*r.Float64(), 0.1 + 2*r.Float64(), 0.2 + 4*r.Float64()}
		h := clv.History{X: float64(r.IntN(12)), T: 1 + 60*r.Float64()}
		if h.X > 0 {
			h.Recency = h.T * r.Float64()
		}
		for _, m := range []clv.Model{clv.BG{R: p[0], Alpha: p[1], A: p[2], B: p[3]}, clv.MBG{R: p[0], Alpha: p[1], A: p[2], B: p[3]}, clv.Pareto{R: p[0], Alpha: p[1], S: p[2], Beta: p[3]}} {
			alive := m.Alive(h)
			require.True(t, alive > 0 && alive <= 1, "%v %+v: %v", m, h, alive)
			before := 0.0
			for _, at := range []float64{0, 1e-6, 0.1, 1, 10, 100, 1e4, 1e6} {
				e := m.Expect(h, at)
				require.True(t, e >= before*(1-1e-9) && !math.IsNaN(e), "%v %+v at %v: %v after %v", m, h, at, e, before)
				before = e
			}
			require.Zero(t, m.Expect(h, 0))
			require.InDelta(t, 0, m.DERT(h, 1000)*1000-alive*(p[0]+h.X)/(p[1]+h.T), 0.05*(1+m.Expect(h, 1)), "a short memory counts what comes at once")
		}
	}
	h := clv.History{X: 3, Recency: 20, T: 30}
	e := func(a float64) float64 { return clv.BG{R: 0.3, Alpha: 5, A: a, B: 2}.Expect(h, 40) }
	require.InDelta(t, (e(0.999)+e(1.001))/2, e(1), 1e-6)
	require.InDelta(t, e(0.98), e(0.98+1e-9), 1e-8, "the two ways to compute it agree where they meet")
	p := func(s float64) float64 { return clv.Pareto{R: 0.5, Alpha: 10, S: s, Beta: 11}.Expect(h, 40) }
	require.InDelta(t, (p(0.999)+p(1.001))/2, p(1), 1e-6)
}

// TestProbabilitiesSum: what can happen sums to one, and its mean is the expectation.
func TestProbabilitiesSum(t *testing.T) {
	for _, m := range []interface {
		clv.Model
		Probability(n int, t float64) float64
	}{clv.BG{R: 0.6, Alpha: 4, A: 0.8, B: 2.4}, clv.MBG{R: 0.6, Alpha: 4, A: 0.8, B: 2.4}} {
		sum, mean := 0.0, 0.0
		for n := range 400 {
			p := m.Probability(n, 20)
			sum += p
			mean += float64(n) * p
		}
		require.InDelta(t, 1, sum, 1e-9)
		require.InDelta(t, m.New(20), mean, 1e-6)
	}
}

// TestCovariatesAreFound simulates a Pareto/NBD shop in which one kind of customer buys
// twice as often and stays half as long.
func TestCovariatesAreFound(t *testing.T) {
	src := rand.New(rand.NewPCG(3, 4))
	var rows []clv.Row
	for i := range testkit.Often(6000, 2500) {
		z := float64(i % 2)
		lambda := distuv.Gamma{Alpha: 0.9, Beta: 8, Src: src}.Rand() * math.Exp(math.Ln2*z)
		mu := distuv.Gamma{Alpha: 1.2, Beta: 20, Src: src}.Rand() * math.Exp(math.Ln2*z)
		row := clv.Row{History: clv.History{T: 40 + 12*src.Float64()}, Covariates: []float64{z}}
		end := min(row.T, src.ExpFloat64()/mu)
		for at := src.ExpFloat64() / lambda; at < end; at += src.ExpFloat64() / lambda {
			row.X++
			row.Recency = at
		}
		rows = append(rows, row)
	}
	fit, err := clv.FitPareto(rows, nil)
	require.NoError(t, err)
	require.Empty(t, fit.Warnings)
	require.InDelta(t, math.Ln2, fit.Purchase[0], 4*fit.StdErr[4])
	require.Less(t, fit.StdErr[4], 0.25)
	require.InDelta(t, math.Ln2, fit.Defect[0], 4*fit.StdErr[5])
	one, err := fit.For([]float64{1})
	require.NoError(t, err)
	require.Greater(t, one.New(1), 1.5*fit.Model.New(1))
	_, err = fit.For(nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// TestIntervalsCover: of simulated customers about the level falls within the bounds.
func TestIntervalsCover(t *testing.T) {
	fit, err := clv.FitPareto(shop().Rows(), nil)
	require.NoError(t, err)
	one, err := fit.Interval(clv.History{X: 4, Recency: 17, T: 22}, 26, 0.9, 4000, 7)
	require.NoError(t, err)
	again, err := fit.Interval(clv.History{X: 4, Recency: 17, T: 22}, 26, 0.9, 4000, 7)
	require.NoError(t, err)
	require.Equal(t, one, again)
	wide, err := fit.Interval(clv.History{X: 4, Recency: 17, T: 22}, 26, 0.5, 4000, 7)
	require.NoError(t, err)
	require.True(t, one.Low <= wide.Low && wide.High <= one.High)
	_, err = fit.Interval(clv.History{}, 26, 1, 4000, 7)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// TestMergedStatistics: two shops in one tally are fitted as their rows together.
func TestMergedStatistics(t *testing.T) {
	rows := shop().Rows()
	var loose []clv.Row
	for _, r := range rows {
		for range int(r.Weight) {
			loose = append(loose, clv.Row{History: r.History})
		}
	}
	a, err := clv.FitBG(rows, nil)
	require.NoError(t, err)
	b, err := clv.FitBG(loose, nil)
	require.NoError(t, err)
	require.InDelta(t, a.LogLikelihood, b.LogLikelihood, 1e-7)
}

func BenchmarkFit(b *testing.B) {
	rows, err := clv.Summarize(sample(b), calibrated)
	require.NoError(b, err)
	for name, fit := range map[string]func([]clv.Row, *clv.FitOptions) (*clv.Fit, error){"bg": clv.FitBG, "mbg": clv.FitMBG, "pareto": clv.FitPareto} {
		b.Run("model="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fit(rows, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkScore(b *testing.B) {
	rows, err := clv.Summarize(sample(b), calibrated)
	require.NoError(b, err)
	for _, m := range []clv.Model{clv.BG{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}, clv.Pareto{R: 0.553, Alpha: 10.578, S: 0.606, Beta: 11.669}} {
		b.Run("model="+m.Name(), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				m.Expect(rows[i%len(rows)].History, 39)
				i++
			}
		})
	}
}

// TestNobodyLeaves: without defection the models are a plain negative binomial, whose
// expectation is (r+x)/(α+T)·t, at once and without a trap.
func TestNobodyLeaves(t *testing.T) {
	h := clv.History{X: 4, Recency: 20, T: 30}
	for _, a := range []float64{1e-2, 1e-5, 1e-9} {
		want := (0.7 + 4) / (10 + 30) * 26
		require.InEpsilon(t, want, clv.BG{R: 0.7, Alpha: 10, A: a, B: 40_000}.Expect(h, 26), 1e-3)
		require.InEpsilon(t, want, clv.MBG{R: 0.7, Alpha: 10, A: a, B: 3}.Expect(h, 26), 0.05)
		require.InEpsilon(t, want, clv.Pareto{R: 0.7, Alpha: 10, S: a, Beta: 20}.Expect(h, 26), 0.05)
	}
	// The two forms of the mean over p agree where they meet.
	near := func(a float64) float64 { return clv.BG{R: 0.7, Alpha: 10, A: a, B: 2}.Expect(h, 1e6) }
	require.InEpsilon(t, near(0.2-1e-12), near(0.2+1e-12), 1e-9)
}

// TestEstimates: many at once are as one by one.
func TestEstimates(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	var list []clv.History
	for range 5000 {
		h := clv.History{T: float64(1+r.IntN(800)) / 7}
		if h.X = float64(r.IntN(60)); h.X > 0 {
			h.Recency = h.T * float64(r.IntN(101)) / 100
		}
		list = append(list, h)
	}
	for _, m := range []clv.Model{clv.BG{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}, clv.MBG{R: 0.5, Alpha: 6, A: 0.9, B: 1.5}, clv.Pareto{R: 0.55, Alpha: 10.6, S: 0.6, Beta: 11.7}} {
		few := list
		if m.Name() == "pareto_nbd" {
			few = list[:200]
		}
		for _, horizon := range []float64{0, 4, 39} {
			got, err := clv.Estimates(m, few, horizon)
			require.NoError(t, err)
			for i, h := range few {
				require.InEpsilon(t, m.Alive(h), got[i].Alive, 1e-12, "%+v", h)
				require.InDelta(t, m.Expect(h, horizon), got[i].Expected, 1e-12*(1+got[i].Expected), "%+v", h)
			}
		}
		_, err := clv.Estimates(m, []clv.History{{X: 1, Recency: 3, T: 2}}, 4)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
		for _, horizon := range []float64{math.NaN(), math.Inf(1), -1} {
			_, err := clv.Estimates(m, list, horizon)
			require.ErrorIs(t, err, flywheel.ErrOutOfRange)
		}
	}
}

func BenchmarkEstimates(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 7))
	list := make([]clv.History, 100_000)
	for i := range list {
		list[i] = clv.History{X: float64(r.IntN(12)), T: float64(140+r.IntN(140)) / 7}
		if list[i].X > 0 {
			list[i].Recency = list[i].T * r.Float64()
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := clv.Estimates(clv.BG{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}, list, 39); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/customer")
}
