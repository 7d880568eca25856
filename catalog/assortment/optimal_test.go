package assortment_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/assortment"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func randomProblem(r *rand.Rand, n int) assortment.Problem {
	p := assortment.Problem{Margin: make([]float64, n), Model: assortment.MNL{Utility: make([]float64, n), NoPurchase: r.NormFloat64()}}
	for i := range n {
		p.Margin[i] = math.Round(1000*r.ExpFloat64()) / 100
		p.Model.Utility[i] = 1.2 * r.NormFloat64()
	}
	return p
}

func randomMixture(r *rand.Rand, n, classes int) assortment.MixtureProblem {
	p := assortment.MixtureProblem{Margin: make([]float64, n)}
	for i := range n {
		p.Margin[i] = 1 + 9*r.Float64()
	}
	left := 1.0
	for c := range classes {
		m := assortment.MNL{Utility: make([]float64, n)}
		for i := range n {
			m.Utility[i] = 1.5 * r.NormFloat64()
		}
		share := left / float64(classes-c)
		if c < classes-1 {
			share *= 0.5 + r.Float64()
			share = math.Min(share, left)
		} else {
			share = left
		}
		left -= share
		p.Model.Classes, p.Model.Share = append(p.Model.Classes, m), append(p.Model.Share, share)
	}
	return p
}

func randomNested(r *rand.Rand, n int, most float64) assortment.NestedProblem {
	k := 2 + r.IntN(3)
	p := assortment.NestedProblem{Margin: make([]float64, n), Model: assortment.Nested{NoPurchase: 0.5 + 3*r.Float64()}}
	for range k {
		p.Model.Dissimilarity = append(p.Model.Dissimilarity, 0.2+(most-0.2)*r.Float64())
	}
	for i := range n {
		p.Margin[i] = 1 + 9*r.Float64()
		p.Model.Weight = append(p.Model.Weight, math.Exp(r.NormFloat64()))
		p.Model.Nest = append(p.Model.Nest, r.IntN(k))
	}
	return p
}

// All solvers agree with the enumeration of all offers.
func TestSolversAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 20))
	for k := range testkit.Often(150, 25) {
		n := 2 + r.IntN(9)
		p := randomProblem(r, n)
		if k%2 == 0 {
			p.MaxProducts = 1 + r.IntN(n)
		}
		if k%3 == 0 {
			p.MaxSpace = 1 + 10*r.Float64()
			for range n {
				p.Space = append(p.Space, 0.2+4*r.Float64())
			}
		}
		if k%5 == 0 {
			p.Customers = 100
			for range n {
				p.FixedCost = append(p.FixedCost, 60*r.Float64())
			}
		}
		o, err := p.Solve()
		require.NoError(t, err)
		require.Zero(t, o.Gap)
		margin := expectedMargin(t, p.Model, p.Margin)
		best, _ := enumerate(n, func(offer []int) bool {
			space := 0.0
			for _, i := range offer {
				if p.Space != nil {
					space += p.Space[i]
				}
			}
			return (p.MaxProducts == 0 || len(offer) <= p.MaxProducts) && (p.Space == nil || space <= p.MaxSpace)
		}, func(offer []int) float64 {
			if p.FixedCost == nil {
				return margin(offer)
			}
			v := 100 * margin(offer)
			for _, i := range offer {
				v -= p.FixedCost[i]
			}
			return v
		})
		require.InDelta(t, best, o.Value, 1e-9*math.Max(1, best), "%d", k)

		m := randomMixture(r, n, 2+r.IntN(3))
		if k%2 == 0 {
			m.MaxProducts = 1 + r.IntN(n)
		}
		o, err = m.Solve()
		require.NoError(t, err)
		require.Zero(t, o.Gap)
		best, _ = enumerate(n, func(offer []int) bool { return m.MaxProducts == 0 || len(offer) <= m.MaxProducts }, expectedMargin(t, m.Model, m.Margin))
		require.InDelta(t, best, o.Value, 1e-9*best, "%d", k)

		g := randomNested(r, n, []float64{1, 1.8}[k%2])
		if k%3 == 0 {
			g.MaxProducts = 1 + r.IntN(n)
		}
		o, err = g.Solve()
		require.NoError(t, err)
		require.Zero(t, o.Gap)
		best, _ = enumerate(n, func(offer []int) bool { return g.MaxProducts == 0 || len(offer) <= g.MaxProducts }, expectedMargin(t, g.Model, g.Margin))
		require.InDelta(t, best, o.Value, 1e-9*best, "%d %+v", k, g)
	}
}

// Nests with a dissimilarity above 1, for which no order of margins has the answer, are
// exact beyond what is enumerated, and 30 products in one of them are proved.
func TestWideNests(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 24))
	for k := range testkit.Often(60, 8) {
		n := 9 + r.IntN(5)
		p := randomNested(r, n, 1+r.Float64())
		for i := range p.Model.Nest {
			p.Model.Nest[i] = 0
		}
		p.Model.Dissimilarity[0] = 1.05 + 1.5*r.Float64()
		if k%2 == 0 {
			p.MaxProducts = 1 + r.IntN(n)
		}
		for i := range p.Margin {
			p.Margin[i] = math.Exp(r.NormFloat64())
		}
		o, err := p.Solve()
		require.NoError(t, err)
		require.Zero(t, o.Gap)
		best, _ := enumerate(n, func(offer []int) bool { return p.MaxProducts == 0 || len(offer) <= p.MaxProducts }, expectedMargin(t, p.Model, p.Margin))
		require.InDelta(t, best, o.Value, 1e-9*best, "%d %+v", k, p)
	}
	for k := range testkit.Often(40, 4) {
		p := randomNested(r, 30, 1)
		p.Model.Dissimilarity[0] = 1.1 + 1.2*r.Float64()
		for i := range p.Model.Nest {
			p.Model.Nest[i] = 0
		}
		for i := range p.Margin {
			p.Margin[i] = math.Exp(r.NormFloat64())
		}
		if k%2 == 0 {
			p.MaxProducts = 4 + r.IntN(22)
		}
		o, err := p.Solve()
		require.NoError(t, err)
		require.Zero(t, o.Gap, "%d", p.MaxProducts)
	}
}

// With 30 products the search of a mixture ends with a proof, and with 80 within a
// percent of its bound.
func TestMixtureGap(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 21))
	for range testkit.Often(20, 3) {
		o, err := randomMixture(r, 30, 2+r.IntN(4)).Solve()
		require.NoError(t, err)
		require.Zero(t, o.Gap)
	}
	worst := 0.0
	for range testkit.Often(10, 1) {
		o, err := randomMixture(r, 80, 2+r.IntN(4)).Solve()
		require.NoError(t, err)
		worst = math.Max(worst, o.Gap)
	}
	// Classes that want different things, products of very different margins, and a
	// bound on the number are harder.
	for k := range testkit.Often(1000, 60) {
		p := randomMixture(r, 60+r.IntN(60), 2+r.IntN(6))
		for c := range p.Model.Classes {
			p.Model.Classes[c].NoPurchase = 2 * r.NormFloat64()
			for i := range p.Margin {
				p.Model.Classes[c].Utility[i] *= 1.5
			}
		}
		for i := range p.Margin {
			p.Margin[i] = math.Exp(0.8 * r.NormFloat64())
		}
		if k%2 == 0 {
			p.MaxProducts = 5 + r.IntN(20)
		}
		o, err := p.Solve()
		require.NoError(t, err)
		if o.Gap > worst {
			worst = o.Gap
			t.Logf("%d products, %d classes, at most %d: gap %.4f", len(p.Margin), len(p.Model.Classes), p.MaxProducts, o.Gap)
		}
	}
	t.Logf("worst gap %.4f", worst)
	require.LessOrEqual(t, worst, 0.01)
}

// The fixed point of 100,000 products is a fixed point: no exchange, addition or
// removal helps.
func TestLargeCardinality(t *testing.T) {
	p := randomProblem(rand.New(rand.NewPCG(16, 22)), 100_000)
	p.MaxProducts = 500
	p.Model.NoPurchase = 8
	o, err := p.Solve()
	require.NoError(t, err)
	require.Zero(t, o.Gap)
	require.LessOrEqual(t, len(o.Products), 500)
	gains := make([]float64, 0, len(p.Margin))
	for i, m := range p.Margin {
		gains = append(gains, math.Exp(p.Model.Utility[i])*(m-o.Value))
	}
	chosen, sum := map[int]bool{}, 0.0
	least := math.Inf(1)
	for _, i := range o.Products {
		chosen[i] = true
		sum += gains[i]
		least = math.Min(least, gains[i])
	}
	require.InEpsilon(t, o.Value*math.Exp(8), sum, 1e-9) // z·v₀ = Σ v(r-z)
	for i, g := range gains {
		if !chosen[i] {
			require.True(t, g <= least || g <= 1e-9*o.Value && len(o.Products) < 500)
		}
	}
	require.True(t, slices.IsSorted(o.Products))
}

func BenchmarkSolve(b *testing.B) {
	run := func(name string, solve func() (assortment.Offer, error)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := solve(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	r := rand.New(rand.NewPCG(16, 23))
	large := randomProblem(r, 100_000)
	run("model=mnl/n=100000", large.Solve)
	large.MaxProducts = 500
	run("model=mnl/n=100000/most=500", large.Solve)
	for _, n := range []int{30, 80} {
		var ps []assortment.MixtureProblem
		for range 20 {
			ps = append(ps, randomMixture(r, n, 3))
		}
		k := 0
		run(fmt.Sprintf("model=mixture/n=%d", n), func() (assortment.Offer, error) { k++; return ps[k%20].Solve() })
	}
	run("model=nested/n=30", randomNested(r, 30, 1).Solve)
	with := randomNested(r, 30, 1)
	with.MaxProducts = 8
	run("model=nested/n=30/most=8", with.Solve)
	wide := randomNested(r, 30, 1)
	wide.Model.Dissimilarity[0] = 1.6
	for i := range wide.Model.Nest {
		wide.Model.Nest[i] = 0
	}
	run("model=nested/n=30/g=1.6/one", wide.Solve)
	wide.MaxProducts = 12
	run("model=nested/n=30/g=1.6/one/most=12", wide.Solve)
}
