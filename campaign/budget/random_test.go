package budget_test

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/campaign/budget"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// randomPlan draws a plan of S-shaped curves.
func randomPlan(random *rand.Rand, channels int) budget.Plan {
	p := budget.Plan{Budget: 1000}
	for range channels {
		c := budget.Channel{Curve: budget.Curve{Form: budget.Hill, A: 100 + 900*random.Float64(), B: 50 + 600*random.Float64(), S: 0.8 + 3.2*random.Float64()}}
		switch random.IntN(4) {
		case 0:
			c.High = float64(100 + 10*random.IntN(60))
		case 1:
			c.Low = float64(10 * random.IntN(5))
		case 2:
			c.Minimum = float64(10 * random.IntN(20))
		}
		p.Channels = append(p.Channels, c)
	}
	return p
}

func TestRandomHillsAgainstDynamicProgramming(t *testing.T) {
	instances, grid := testkit.Often(60, 8), 500
	if os.Getenv("FLYWHEEL_BUDGET") != "" {
		instances = 1000
	}
	worst, nodes := 0.0, 0
	for seed := range instances {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		p := randomPlan(random, 2+random.IntN(11))
		a, err := budget.Allocate(p)
		require.NoError(t, err)
		worst, nodes = max(worst, a.Gap), max(nodes, a.Nodes)
		require.LessOrEqual(t, a.Gap, 1e-3, "seed %d", seed)
		best := dynamic(p, grid)
		require.GreaterOrEqual(t, a.Response, best*(1-1e-9), "seed %d", seed)
		require.LessOrEqual(t, best, a.Bound*(1+1e-9), "seed %d", seed)
		sum := 0.0
		for i, x := range a.Spend[0] {
			c := p.Channels[i]
			sum += x
			require.GreaterOrEqual(t, x, c.Low*(1-1e-9))
			require.True(t, c.High == 0 || x <= c.High*(1+1e-9))
			require.True(t, x == 0 || x >= c.Minimum*(1-1e-9))
		}
		require.LessOrEqual(t, sum, p.Budget*(1+1e-9))
	}
	t.Logf("%d instances: largest gap %.2g, most nodes %d", instances, worst, nodes)
}

func BenchmarkAllocate(b *testing.B) {
	for _, kind := range []string{"hill", "michaelis"} {
		b.Run("curves="+kind+"/channels=12", func(b *testing.B) {
			var plans []budget.Plan
			for seed := range 50 {
				p := randomPlan(rand.New(rand.NewPCG(uint64(seed), 2)), 12)
				if kind == "michaelis" {
					for i := range p.Channels {
						p.Channels[i].Curve.Form, p.Channels[i].Minimum = budget.Michaelis, 0
					}
				}
				plans = append(plans, p)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, err := budget.Allocate(plans[i%len(plans)]); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}
