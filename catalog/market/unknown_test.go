package market_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/market"
)

var unknown = market.Detector{Scale: market.Unknown}

func minute(n int) time.Time { return day(0).Add(time.Duration(n) * time.Minute) }

func TestUnknownRefusesAndStays(t *testing.T) {
	for name, d := range map[string]market.Detector{
		"memory": {Memory: 1}, "threshold": {Threshold: math.NaN()}, "quiet": {Quiet: -1}, "warmup": {Warmup: 1},
		"season": {Season: 7}, "step": {Step: time.Hour}, "shift": {Shift: 3},
	} {
		d.Scale = market.Unknown
		_, err := d.Stream()
		require.Error(t, err, name)
	}
	_, err := market.Detector{Memory: 100}.Stream()
	require.ErrorIs(t, err, market.ErrInput)
	a, err := unknown.Stream()
	require.NoError(t, err)
	b, err := unknown.Stream()
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(16, 40))
	for k := range 3000 {
		p := market.Point{At: minute(k), Value: r.NormFloat64()}
		_, err := a.Next(market.Point{At: p.At, Value: math.NaN()})
		require.ErrorIs(t, err, market.ErrRange)
		if k > 0 {
			_, err = a.Next(market.Point{At: minute(k - 1), Value: 1})
			require.ErrorIs(t, err, market.ErrOrder)
		}
		x, err := a.Next(p)
		require.NoError(t, err)
		y, err := b.Next(p)
		require.NoError(t, err)
		require.Equal(t, y, x)
	}
}

// A metric with a day pattern: what is usual at noon is news at midnight, and the
// scale of the metric does not matter.
func TestUnknownLearnsTheDay(t *testing.T) {
	for _, scale := range []float64{1e-6, 1, 1e9} {
		s, err := unknown.Stream()
		require.NoError(t, err)
		r := rand.New(rand.NewPCG(16, 41))
		var opened, closed []int
		for k := range 12 * 288 {
			x := 100 + 50*math.Sin(2*math.Pi*float64(k%288)/288) + 2*r.NormFloat64()
			if k >= 10*288+216 && k < 10*288+250 {
				x += 50 // usual at another time
			}
			reading, err := s.Next(market.Point{At: minute(5 * k), Value: scale * x})
			require.NoError(t, err)
			switch reading.Change {
			case market.Opened:
				opened = append(opened, k)
				require.Equal(t, market.Shift, reading.Incident.Shape)
				require.True(t, reading.Incident.Start.Equal(minute(5*k)))
				require.NotEmpty(t, reading.Incident.LookAt)
			case market.Closed:
				closed = append(closed, k)
			}
		}
		require.Len(t, opened, 1)
		require.InDelta(t, 10*288+216, opened[0], 12)
		require.Len(t, closed, 1)
		require.GreaterOrEqual(t, closed[0], 10*288+250+90-12)
	}
}

// A constant metric is constant, and its first change is news.
func TestUnknownConstant(t *testing.T) {
	s, err := unknown.Stream()
	require.NoError(t, err)
	for k := range 400 {
		x := 5.0
		if k == 300 {
			x = 5.001
		}
		reading, err := s.Next(market.Point{At: minute(k), Value: x})
		require.NoError(t, err)
		require.False(t, math.IsNaN(reading.Score) || math.IsInf(reading.Score, 0) || math.IsNaN(reading.Lower))
		require.Equal(t, k == 300, reading.Change == market.Opened, "%d", k)
	}
}

// What the shop does itself is a cause of any metric and never an incident; after a
// change of the price the metric is compared with its new level.
func TestUnknownCauses(t *testing.T) {
	s, err := unknown.Stream()
	require.NoError(t, err)
	causes := map[market.Cause]int{}
	for k := range 4000 {
		p := market.Point{At: minute(k), Value: 50 + float64(k*7%11-5)/3, Price: 10}
		switch {
		case k >= 1000 && k < 1040:
			p.Promotion = "sale"
			p.Value += 30
		case k >= 1500 && k < 1520:
			p.OutOfStock = true
			p.Value = 0
		case k >= 2000:
			p.Price = 12
			p.Value -= 15
		}
		reading, err := s.Next(p)
		require.NoError(t, err)
		require.Nil(t, reading.Incident, "%d", k)
		causes[reading.Cause]++
		if reading.Cause == market.Promotion {
			require.Equal(t, "sale", reading.Name)
		}
		if k == 3999 {
			require.InDelta(t, 35, reading.Expected, 0.5)
			require.Less(t, reading.Lower, 35.0)
			require.Greater(t, reading.Upper, 35.0)
		}
	}
	require.Equal(t, map[market.Cause]int{market.NoCause: 3840, market.Promotion: 40, market.OutOfStock: 20, market.Price: 100}, causes)
	reading, err := s.Next(market.Point{At: minute(4000), Value: 50, Price: 12})
	require.NoError(t, err)
	require.Equal(t, market.Opened, reading.Change, "the old level is news now")
}
