package replenish_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/forecast"
	"github.com/flywheel-go/flywheel/inventory/replenish"
)

var products = flag.Int("products", 10_000, "how many products BenchmarkPlanProducts plans")

// demands are the ways in which made-up products sell, for three years of
// months unless they are new.
var demands = map[string]func(r *rand.Rand, level float64) []float64{
	"smooth": func(r *rand.Rand, level float64) []float64 {
		return months(36, func(int) float64 { return level * (1 + 0.2*r.NormFloat64()) })
	},
	"trending": func(r *rand.Rand, level float64) []float64 {
		slope := 0.02 * r.NormFloat64()
		return months(36, func(t int) float64 { return level * (1 + slope*float64(t) + 0.2*r.NormFloat64()) })
	},
	"seasonal": func(r *rand.Rand, level float64) []float64 {
		peak := float64(r.IntN(12))
		return months(36, func(t int) float64 {
			return level * (1 + 0.6*math.Cos((float64(t)-peak)*math.Pi/6) + 0.15*r.NormFloat64())
		})
	},
	"erratic": func(r *rand.Rand, level float64) []float64 {
		return months(36, func(int) float64 { return 1 + level*math.Exp(r.NormFloat64()) })
	},
	"intermittent": func(r *rand.Rand, level float64) []float64 {
		return months(36, func(int) float64 { return rarely(r, 0.4) * (1 + level/20*(1+0.2*r.NormFloat64())) })
	},
	"lumpy": func(r *rand.Rand, level float64) []float64 {
		return months(36, func(int) float64 { return rarely(r, 0.3) * (1 + level/5*math.Exp(1.2*r.NormFloat64())) })
	},
	"dead": func(r *rand.Rand, level float64) []float64 {
		return months(36, func(t int) float64 {
			if t > 16 {
				return 0
			}
			return level * (1 + 0.2*r.NormFloat64())
		})
	},
	"new": func(r *rand.Rand, level float64) []float64 {
		return months(2+r.IntN(9), func(int) float64 { return level * (1 + 0.2*r.NormFloat64()) })
	},
}

// months returns the demand of n months in whole units.
func months(n int, demand func(t int) float64) []float64 {
	values := make([]float64, n)
	for t := range values {
		values[t] = math.Round(max(0, demand(t)))
	}
	return values
}

// rarely is 1 in a share of the cases, else 0.
func rarely(r *rand.Rand, share float64) float64 {
	if r.Float64() < share {
		return 1
	}
	return 0
}

// shares is how many of each dozen of products sell in which way.
var shares = []string{
	"smooth", "seasonal", "intermittent", "trending", "lumpy", "smooth",
	"erratic", "seasonal", "intermittent", "dead", "smooth", "new",
}

// makeProducts returns the histories of n products, the same each time.
func makeProducts(n int) []forecast.Series {
	histories := make([]forecast.Series, n)
	for i := range histories {
		kind := shares[i%len(shares)]
		r := rand.New(rand.NewPCG(2026, uint64(i)))
		level := math.Exp(2 + 2.5*r.Float64()) // 7 to 90 units a month
		histories[i] = forecast.Series{ID: fmt.Sprintf("%s-%d", kind, i), Values: demands[kind](r, level), Season: 12}
	}
	return histories
}

// planProducts routes and forecasts each product with its intervals for half a
// year, and orders what is needed until the order of the next month arrives,
// one to three months later.
func planProducts(tb testing.TB, histories []forecast.Series, workers int) []replenish.Order {
	const review = 1
	orders := make([]replenish.Order, 0, len(histories))
	batch := forecast.Batch{Horizon: 6, Levels: []float64{0.8, 0.95}, Workers: workers}
	policy := replenish.Policy{Review: review, FillRate: 0.95, Counts: true}
	err := batch.Each(tb.Context(), slices.Values(histories), func(r *forecast.Result) error {
		i := len(orders)
		lead := 1 + i%3
		mean, sd, err := r.Total(lead + review)
		if err != nil {
			return err
		}
		order, err := replenish.Plan(replenish.Item{
			SKU:      flywheel.SKU(r.Series.ID),
			OnHand:   int64(r.Forecast.Intervals[0].Upper[0]) * int64(i%4),
			Demand:   replenish.Spread(max(0, mean), sd, float64(lead+review)),
			LeadTime: replenish.LeadTime{Mean: float64(lead)},
			Lot:      replenish.Lot{Pack: int64(1 + i%2*5)},
		}, policy)
		orders = append(orders, order)
		return err
	})
	require.NoError(tb, err)
	return orders
}

// Products that sell are ordered when they run out, those that have died hardly
// are, and the orders are the same on any number of goroutines.
func TestPlanProducts(t *testing.T) {
	histories := makeProducts(testkit.Often(360, 120))
	orders := planProducts(t, histories, 1)
	require.Equal(t, orders, planProducts(t, histories, 2))
	require.Equal(t, orders, planProducts(t, histories, 5))
	for i, o := range orders {
		require.Equal(t, histories[i].ID, string(o.SKU))
		if i%4 > 0 {
			continue // it has stock
		}
		switch shares[i%len(shares)] {
		case "smooth":
			sold := 0.0
			for _, v := range histories[i].Values[24:] {
				sold += v
			}
			monthly := sold / 12
			require.InDelta(t, o.Explanation.Protection*monthly, o.Explanation.Expected, 0.35*o.Explanation.Protection*monthly, "%s", o.SKU)
			require.Greater(t, float64(o.Quantity), o.Explanation.Expected)
		case "dead":
			require.LessOrEqual(t, o.Quantity, int64(12), "%s", o.SKU)
		}
	}
}

// BenchmarkPlanProducts forecasts and plans the products of a month on two
// goroutines, by default 10,000. This plans 100,000:
//
//	go test ./inventory/replenish -run '^$' -bench PlanProducts -benchtime 1x -products 100000
func BenchmarkPlanProducts(b *testing.B) {
	b.Run(fmt.Sprintf("products=%d", *products), func(b *testing.B) {
		histories := makeProducts(*products)
		b.ReportAllocs()
		for b.Loop() {
			planProducts(b, histories, 2)
		}
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(*products)*100_000, "s/100000")
		b.ReportMetric(float64(memory.Sys)/1e6, "MB")
	})
}
