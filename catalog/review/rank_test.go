package review_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
)

func TestRankLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		up := rapid.Int64Range(0, 1000).Draw(t, "up")
		down := rapid.Int64Range(0, 1000).Draw(t, "down")
		c := rapid.Float64Range(0.5, 0.999).Draw(t, "confidence")
		lower, upper, err := review.Wilson(up, up+down, c)
		require.NoError(t, err)
		require.True(t, 0 <= lower && lower <= upper && upper <= 1)
		if n := up + down; n > 0 {
			share := float64(up) / float64(n)
			require.True(t, lower <= share+1e-12 && share <= upper+1e-12)
			more, _, err := review.Wilson(up+1, n+1, c)
			require.NoError(t, err)
			require.Greater(t, more, lower-1e-12, "one more helpful vote never hurts")
			j, err := review.JeffreysLower(up, n, 0.5)
			require.NoError(t, err)
			require.True(t, j > 0 && j < 1)
		}
		require.LessOrEqual(t, review.Helpfulness(up, down), review.Helpfulness(up+1, down))
		require.GreaterOrEqual(t, review.Helpfulness(up, down), review.Helpfulness(up, down+1))
		var s review.Stars
		for i := range s {
			s[i] = rapid.Int64Range(0, 1<<48).Draw(t, "stars")
		}
		if s.Count() > 0 {
			sum := 0
			for i, p := range s.Percent() {
				sum += p
				require.InDelta(t, 100*float64(s[i])/float64(s.Count()), float64(p), 1)
			}
			require.Equal(t, 100, sum)
			require.Equal(t, fmt.Sprintf("%.1f", math.Floor(s.Mean()*10+0.5)/10), s.RatingValue())
		}
		mean, low, err := review.StarLowerBound(s, c)
		require.NoError(t, err)
		require.True(t, low < mean && mean > 1 && mean < 5)
		k := rapid.Int64Range(0, 60).Draw(t, "k")
		mu := rapid.Float64Range(0, 50).Draw(t, "mu")
		p, err := review.BurstPValue(k, mu)
		require.NoError(t, err)
		next, err := review.BurstPValue(k+1, mu)
		require.NoError(t, err)
		require.True(t, 0 <= next && next <= p+1e-15 && p <= 1)
	})
}

func TestBadNumbers(t *testing.T) {
	nan := math.NaN()
	for name, call := range map[string]func() error{
		"wilson":     func() error { _, _, err := review.Wilson(3, 2, 0.95); return err },
		"negative":   func() error { _, _, err := review.Wilson(-1, 2, 0.95); return err },
		"no votes":   func() error { _, _, err := review.Wilson(0, -2, 0.95); return err },
		"certain":    func() error { _, _, err := review.Wilson(1, 2, 1); return err },
		"nan":        func() error { _, _, err := review.Wilson(1, 2, nan); return err },
		"order":      func() error { return review.HelpfulOrder([]review.Voted{{Up: -1}}, 0.95) },
		"order nan":  func() error { return review.HelpfulOrder(nil, nan) },
		"bayes":      func() error { _, err := review.BayesianAverage(-1, 1, 1, 1); return err },
		"bayes mean": func() error { _, err := review.BayesianAverage(1, nan, 1, 1); return err },
		"prior":      func() error { _, err := review.BayesianAverage(1, 1, nan, 1); return err },
		"prior mean": func() error { _, err := review.BayesianAverage(1, 1, 1, math.Inf(1)); return err },
		"stars":      func() error { _, _, err := review.StarLowerBound(review.Stars{-1}, 0.9); return err },
		"jeffreys":   func() error { _, err := review.JeffreysLower(1, 2, 0); return err },
		"decay":      func() error { _, err := review.Decay(nil, 0); return err },
		"decay star": func() error { _, err := review.Decay([]review.Aged{{Rating: 6}}, 1); return err },
		"decay age":  func() error { _, err := review.Decay([]review.Aged{{Rating: 5, Age: -1}}, 1); return err },
		"burst":      func() error { _, err := review.BurstPValue(-1, 1); return err },
		"burst nan":  func() error { _, err := review.BurstPValue(1, nan); return err },
		"similarity": func() error { _, err := review.Similarity("a", "b", 0); return err },
		"months":     func() error { _, err := new(review.Aggregate).Decay(noon, 0); return err },
	} {
		require.ErrorIs(t, call(), flywheel.ErrOutOfRange, name)
		var field *flywheel.FieldError
		require.ErrorAs(t, call(), &field, name)
	}
	v, err := review.BayesianAverage(0, 0, 0, 3.5)
	require.NoError(t, err)
	require.Equal(t, 3.5, v)
	require.Equal(t, "", review.Stars{}.RatingValue())
	d, err := review.Decay(nil, time.Hour)
	require.NoError(t, err)
	require.Zero(t, d)
}

// The decay over months is that over the ratings, up to half a month.
func TestDecayOverMonths(t *testing.T) {
	a := review.Aggregate{}
	var ratings []review.Aged
	for i := range 24 {
		month := review.MonthOf(noon.AddDate(0, -i, 0))
		m := review.MonthTally{Month: month}
		m.Ratings.Add(1+i%5, int64(1+i%3))
		a.Months = append(a.Months, m)
		for range 1 + i%3 {
			ratings = append(ratings, review.Aged{Rating: 1 + i%5, Age: max(0, noon.Sub(month.Middle()))})
		}
	}
	want, err := review.Decay(ratings, 90*24*time.Hour)
	require.NoError(t, err)
	got, err := a.Decay(noon, 90*24*time.Hour)
	require.NoError(t, err)
	require.InDelta(t, want.Mean, got.Mean, 1e-12)
	require.InDelta(t, want.EffectiveN, got.EffectiveN, 1e-9)
}
