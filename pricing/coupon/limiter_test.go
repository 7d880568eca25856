package coupon

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimiterForgetsTheOldest(t *testing.T) {
	const most = 1000
	l, err := NewLimiter(1, time.Hour)
	require.NoError(t, err)
	l.most = most
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	fail := func(i int) error {
		return l.Try(context.Background(), start.Add(time.Duration(i)*time.Millisecond), fmt.Sprint(i), func() (bool, error) { return true, nil })
	}
	for i := range most + 1 {
		require.NoError(t, fail(i))
	}
	require.Len(t, l.keys, most)
	require.ErrorIs(t, fail(most), ErrTooManyFailures)
	require.NoError(t, fail(0), "the first made room for the last")
	require.NoError(t, l.Try(context.Background(), start.Add(2*time.Hour), "x", func() (bool, error) { return false, nil }))
	for i := range most {
		require.NoError(t, l.Try(context.Background(), start.Add(2*time.Hour), fmt.Sprint("good", i), func() (bool, error) { return false, nil }))
	}
	require.Empty(t, l.keys, "what is over goes")
	require.Zero(t, l.failed.Len())
}

// A try costs the same at any number of keys.
func BenchmarkLimiter(b *testing.B) {
	for _, keys := range []int{100, 10_000, 1_000_000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			l, err := NewLimiter(5, time.Hour)
			require.NoError(b, err)
			l.most = keys
			now, n := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 0
			wrong := func() (bool, error) { return true, nil }
			for range keys {
				n++
				_ = l.Try(context.Background(), now, fmt.Sprint(n), wrong)
			}
			b.ReportAllocs()
			for b.Loop() {
				n++
				if err := l.Try(context.Background(), now, fmt.Sprint(n), wrong); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
