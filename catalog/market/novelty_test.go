package market_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/market"
)

func TestNoveltyRefusesAndStays(t *testing.T) {
	for name, n := range map[string]market.Novelty{
		"memory": {Memory: 1}, "sustain": {Sustain: 7000}, "value": {Value: -1}, "of day": {OfDay: math.NaN()}, "quiet": {Quiet: -1}, "warmup": {Warmup: 1},
		"day sustain": {DaySustain: -1},
	} {
		_, err := n.Stream()
		require.ErrorIs(t, err, market.ErrRange, name)
	}
	a, err := market.Novelty{}.Stream()
	require.NoError(t, err)
	b, err := market.Novelty{}.Stream()
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(16, 40))
	for k := range 3000 {
		x := r.NormFloat64()
		_, _, _, err := a.Next(time.Time{}, math.NaN())
		require.ErrorIs(t, err, market.ErrRange)
		sa, aa, ra, err := a.Next(day(k), x)
		require.NoError(t, err)
		sb, ab, rb, err := b.Next(day(k), x)
		require.NoError(t, err)
		require.Equal(t, []any{sb, ab, rb}, []any{sa, aa, ra})
	}
}

// A metric with a day pattern: what is usual at noon is news at midnight, and the
// scale of the metric does not matter.
func TestNoveltyKnowsTheDay(t *testing.T) {
	for _, scale := range []float64{1e-6, 1, 1e9} {
		s, err := market.Novelty{}.Stream()
		require.NoError(t, err)
		r := rand.New(rand.NewPCG(16, 41))
		var reported []int
		for k := range 12 * 288 {
			at := time.Date(2026, 1, 1, 0, 5*k, 0, 0, time.UTC)
			x := 100 + 50*math.Sin(2*math.Pi*float64(k%288)/288) + 2*r.NormFloat64()
			if k >= 10*288+216 && k < 10*288+250 {
				x += 50 // usual at another time
			}
			_, aspect, report, err := s.Next(at, scale*x)
			require.NoError(t, err)
			if report {
				reported = append(reported, k)
				require.Equal(t, market.OfDayOff, aspect)
			}
		}
		require.Len(t, reported, 1)
		require.InDelta(t, 10*288+216, reported[0], 12)
	}
}
