package market_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/market"
)

// warm returns a stream that has seen twelve weeks around a level.
func warm(t *testing.T, d market.Detector, level, noise float64) (*market.Stream, *rand.Rand, int) {
	s, err := d.Stream()
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(16, 30))
	for k := range 84 {
		_, err := s.Next(market.Point{At: day(k), Value: level + noise*r.NormFloat64(), Price: 10})
		require.NoError(t, err)
	}
	return s, r, 84
}

func TestDetectorRefusesAndStays(t *testing.T) {
	for name, d := range map[string]market.Detector{
		"scale": {Scale: 9}, "season": {Season: -1}, "step": {Step: -1}, "warmup": {Warmup: 7}, "threshold": {Threshold: 0.5}, "shift": {Shift: -1}, "quiet": {Quiet: -1},
	} {
		_, err := d.Stream()
		require.Error(t, err, name)
	}
	a, _, k := warm(t, market.Detector{}, 100, 5)
	b, _, _ := warm(t, market.Detector{}, 100, 5)
	for _, p := range []market.Point{
		{At: day(k), Value: math.NaN()}, {At: day(k), Value: math.Inf(1)}, {At: day(k), Value: -1}, {At: day(k), Value: 1, Price: -1},
		{At: day(k - 1), Value: 100}, {At: day(k), Value: 1, Price: math.NaN()},
	} {
		_, err := a.Next(p)
		require.Error(t, err)
	}
	p := market.Point{At: day(k), Value: 97}
	x, err := a.Next(p)
	require.NoError(t, err)
	y, err := b.Next(p)
	require.NoError(t, err)
	require.Equal(t, y, x, "what was refused left no trace")
}

// Days that are missing do not shift the season.
func TestDetectorWithGaps(t *testing.T) {
	s, err := market.Detector{Step: 24 * time.Hour}.Stream()
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(16, 31))
	week := [7]float64{50, 60, 70, 80, 120, 200, 20}
	for k := range 400 {
		if r.IntN(4) == 0 {
			continue
		}
		reading, err := s.Next(market.Point{At: day(k), Value: math.Round(week[k%7] * math.Exp(0.05*r.NormFloat64()))})
		require.NoError(t, err)
		require.Nil(t, reading.Incident)
		if reading.Ready {
			require.InEpsilon(t, week[k%7], reading.Expected, 0.15)
			require.Less(t, reading.Lower, reading.Expected)
			require.Greater(t, reading.Upper, reading.Expected)
		}
	}
}

// One incident per cause: it opens, stays open while the series is off, and closes
// at the new level.
func TestOneIncidentPerShift(t *testing.T) {
	for _, scale := range []market.Scale{market.Counts, market.Level} {
		s, r, k := warm(t, market.Detector{Scale: scale}, 400, 12)
		opened, closed := 0, 0
		for n := range 60 {
			reading, err := s.Next(market.Point{At: day(k + n), Value: 300 + 12*r.NormFloat64(), Price: 10})
			require.NoError(t, err)
			switch reading.Change {
			case market.Opened:
				opened++
				require.LessOrEqual(t, n, 1)
				require.False(t, reading.Incident.Up)
				require.Equal(t, day(k), reading.Incident.Start)
			case market.Closed:
				closed++
				require.Equal(t, market.Shift, reading.Incident.Shape)
				require.NotEmpty(t, reading.Incident.LookAt)
			}
			if n == 59 {
				require.InEpsilon(t, 300, reading.Expected, 0.08)
			}
		}
		require.Equal(t, []int{1, 1}, []int{opened, closed})
	}
}

// The shop's own doing is named and never an incident; against its direction it is
// one.
func TestCauses(t *testing.T) {
	s, r, k := warm(t, market.Detector{}, 400, 12)
	value := func(x float64) float64 { return x + 12*r.NormFloat64() }
	for n := range 5 {
		reading, err := s.Next(market.Point{At: day(k + n), Value: value(700), Promotion: "sale", Price: 10})
		require.NoError(t, err)
		require.Nil(t, reading.Incident)
		if n == 0 {
			require.Equal(t, market.Promotion, reading.Cause)
			require.Equal(t, "sale", reading.Name)
		}
	}
	k += 5
	reading, err := s.Next(market.Point{At: day(k), Value: value(340), Price: 10})
	require.NoError(t, err)
	require.Equal(t, market.AfterPromotion, reading.Cause)
	for n := range 10 {
		reading, err = s.Next(market.Point{At: day(k + 1 + n), Value: value(400), Price: 10})
		require.NoError(t, err)
		require.Nil(t, reading.Incident)
	}
	k += 11
	reading, err = s.Next(market.Point{At: day(k), Value: 0, OutOfStock: true, Price: 10})
	require.NoError(t, err)
	require.Equal(t, market.OutOfStock, reading.Cause)
	// Dearer, and the sales rise: not what the price explains.
	reading, err = s.Next(market.Point{At: day(k + 1), Value: value(800), Price: 12})
	require.NoError(t, err)
	require.Equal(t, market.NoCause, reading.Cause)
	require.Equal(t, market.Opened, reading.Change)

	s, r, k = warm(t, market.Detector{}, 400, 12)
	named := false
	for n := range 30 {
		reading, err := s.Next(market.Point{At: day(k + n), Value: value(300), Price: 12})
		require.NoError(t, err)
		require.Nil(t, reading.Incident, "%d", n)
		named = named || reading.Cause == market.Price
		if n == 29 {
			require.InEpsilon(t, 300, reading.Expected, 0.08)
		}
	}
	require.True(t, named)
}

func BenchmarkDetector(b *testing.B) {
	points, _ := shopSeries(1)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		s, err := market.Detector{}.Stream()
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range points {
			if _, err := s.Next(p); err != nil {
				b.Fatal(err)
			}
		}
		n += len(points)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/point")
}
