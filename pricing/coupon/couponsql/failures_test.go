package couponsql_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

func TestFailures(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx, noon := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		s := migrated(t, open(t), d)
		is := func(key string, after time.Time, most, want int) {
			t.Helper()
			n, err := s.Failed(ctx, key, after, most)
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		is("a", noon, 9, 0)
		for i := range 5 {
			require.NoError(t, s.Fail(ctx, "a", noon.Add(time.Duration(i/2)*time.Second), noon.Add(time.Hour)))
		}
		require.NoError(t, s.Fail(ctx, "A", noon, noon.Add(time.Hour)))
		is("a", noon.Add(-1), 9, 5)
		is("a", noon.Add(-time.Microsecond), 3, 3)
		is("a", noon, 9, 3)
		is("A", noon.Add(-time.Microsecond), 9, 1)
		// What is over goes as others come.
		for i := range 4 {
			require.NoError(t, s.Fail(ctx, "b", noon.Add(time.Hour+time.Duration(i)*time.Second), noon.Add(2*time.Hour)))
		}
		is("a", time.Unix(0, 0), 9, 0)
		is("b", time.Unix(0, 0), 9, 4)
	})
}

// What fails without a campaign counts in all processes that share a store.
func TestProcessesShareGuessesOfNoCampaign(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx, now := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		store := migrated(t, open(t), d)
		four, err := coupon.NewLimiter(4, time.Hour)
		require.NoError(t, err)
		services := make([]*coupon.Service, 2)
		for i := range services {
			services[i], err = coupon.New(store, &coupon.Options{Now: func() time.Time { return now }, Campaigns: four})
			require.NoError(t, err)
		}
		try := func(i int) error {
			_, err := services[i%2].Check(ctx, coupon.Request{Code: fmt.Sprint("WRONG", i), Customer: flywheel.CustomerID(fmt.Sprint("guesser", i))})
			return err
		}
		for i := range 4 {
			require.ErrorIs(t, try(i), coupon.ErrRefused)
		}
		for i := 4; i < 8; i++ {
			require.ErrorIs(t, try(i), coupon.ErrTooManyFailures)
		}
	})
}

// Two processes, here two services, share what failed.
func TestProcessesShareTheLimiter(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx, now := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		store := migrated(t, open(t), d)
		services := make([]*coupon.Service, 2)
		for i := range services {
			var err error
			services[i], err = coupon.New(store, &coupon.Options{Now: func() time.Time { return now }})
			require.NoError(t, err)
		}
		_, err := services[0].SaveCampaign(ctx, coupon.Campaign{ID: "c"})
		require.NoError(t, err)
		require.NoError(t, services[0].Add(ctx, coupon.Code{Code: "RIGHT", Campaign: "c"}))
		try := func(i int, code string) error {
			_, err := services[i%2].Check(ctx, coupon.Request{Code: code, Customer: "ann"})
			return err
		}
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				if err := try(i, fmt.Sprint("WRONG", i)); err == nil {
					t.Error("a wrong code is right")
				}
			})
		}
		wg.Wait()
		for i := range 2 {
			require.ErrorIs(t, try(i, "RIGHT"), coupon.ErrTooManyFailures)
		}
		now = now.Add(time.Hour)
		for i := range 2 {
			require.NoError(t, try(i, "RIGHT"))
		}
	})
}
