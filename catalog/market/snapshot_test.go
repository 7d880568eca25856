package market_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/market"
)

// A stream that is stopped, kept and resumed at any points reads everything as one that
// went on, whatever it is in the middle of.
func TestResumedStreamIsTheStream(t *testing.T) {
	for _, d := range []market.Detector{
		{Step: 24 * time.Hour}, {Scale: market.Level}, {Scale: market.Unknown, Memory: 60, Warmup: 30, Quiet: 6, Threshold: 3}, {Scale: market.Unknown},
	} {
		for seed := range uint64(6) {
			points, _ := shopSeries(seed)
			r := rand.New(rand.NewPCG(seed, 16))
			whole, err := d.Stream()
			require.NoError(t, err)
			parted, err := d.Stream()
			require.NoError(t, err)
			for i, p := range points {
				want, err := whole.Next(p)
				require.NoError(t, err)
				got, err := parted.Next(p)
				require.NoError(t, err)
				a, err := json.Marshal(want)
				require.NoError(t, err)
				b, err := json.Marshal(got)
				require.NoError(t, err)
				require.JSONEq(t, string(a), string(b), "%+v %d", d, i)
				if r.IntN(4) == 0 {
					snapshot, err := parted.Snapshot()
					require.NoError(t, err)
					parted, err = d.Resume(snapshot)
					require.NoError(t, err)
					again, err := parted.Snapshot()
					require.NoError(t, err)
					require.Equal(t, string(snapshot), string(again))
				}
			}
		}
	}
}

func TestResumeRefuses(t *testing.T) {
	s, _, _ := warm(t, market.Detector{}, 100, 5)
	snapshot, err := s.Snapshot()
	require.NoError(t, err)
	_, err = market.Detector{Threshold: 4}.Resume(snapshot)
	require.ErrorIs(t, err, market.ErrInput, "another detector")
	_, err = market.Detector{Season: -1}.Resume(snapshot)
	require.ErrorIs(t, err, market.ErrRange)
	change := func(key string, value any) []byte {
		var m map[string]any
		require.NoError(t, json.Unmarshal(snapshot, &m))
		m[key] = value
		b, err := json.Marshal(m)
		require.NoError(t, err)
		return b
	}
	for _, c := range []struct {
		key   string
		value any
	}{
		{"seen", -1}, {"step", -4}, {"season", []float64{1}}, {"sd", -1}, {"settling", 99}, {"learning", -2}, {"up", -3}, {"down_at", 1 << 40},
		{"recent", make([]float64, 100)}, {"warm", []any{map[string]any{"phase": 9}}}, {"news", map[string]any{}}, {"open", map[string]any{"Shape": 9}},
		{"level", "x"}, {"what", 1},
	} {
		_, err := market.Detector{}.Resume(change(c.key, c.value))
		require.Error(t, err, c.key)
	}
	for _, text := range []string{"", "null", "{", "[]", string(snapshot) + "x"} {
		_, err := market.Detector{}.Resume([]byte(text))
		require.Error(t, err, fmt.Sprintf("%.20q", text))
	}
}

// Whatever is resumed either is refused or goes on without a panic and without NaN.
func FuzzResume(f *testing.F) {
	detectors := []market.Detector{{Warmup: 14}, {Scale: market.Unknown, Memory: 12, Warmup: 4}}
	points, _ := shopSeries(3)
	for _, d := range detectors {
		s, err := d.Stream()
		require.NoError(f, err)
		for i, p := range points[:60] {
			if i%20 == 5 {
				snapshot, err := s.Snapshot()
				require.NoError(f, err)
				f.Add(snapshot)
			}
			_, err := s.Next(p)
			require.NoError(f, err)
		}
	}
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		for _, d := range detectors {
			s, err := d.Resume(snapshot)
			if err != nil {
				continue
			}
			at := time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)
			for i := range 10 {
				r, err := s.Next(market.Point{At: at.AddDate(0, 0, i), Value: float64(i), Price: 3})
				if err == nil && (math.IsNaN(r.Expected+r.Score) || math.IsNaN(r.Lower) || math.IsNaN(r.Upper)) {
					t.Fatalf("%+v", r)
				}
			}
		}
	})
}
