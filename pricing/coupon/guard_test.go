package coupon_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/coupontest"
)

// 10,000 customers guess nine codes of a series each, and 1,000 honest ones redeem
// theirs beside them: each of them who is known does, and no more codes are looked up
// than the limit of the series and one for each customer who is known.
func TestGuessing(t *testing.T) {
	const guesses, limit = 9, 1000
	guessers := testkit.Often(10_000, 1000)
	honest := guessers / 10
	onlyHonest := func(c flywheel.CustomerID) bool { return c[0] == 'h' }
	everyone := func(flywheel.CustomerID) bool { return true }
	for _, c := range []struct {
		name, campaign string
		known          func(c flywheel.CustomerID) bool
	}{
		{"guessers are new", "series", onlyHonest},
		{"all are known", "series", everyone},
		{"guessers are new, no campaign is named", "", onlyHonest},
		{"all are known, no campaign is named", "", everyone},
	} {
		known := c.known
		t.Run(c.name, func(t *testing.T) {
			ctx, now := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			var looked atomic.Int64
			store := coupontest.Failing(coupon.NewMemory(nil), func(call string, after bool) error {
				if call == "Code" && !after {
					looked.Add(1)
				}
				return nil
			})
			svc, err := coupon.New(store, &coupon.Options{
				Now:   func() time.Time { return now },
				Known: func(_ context.Context, c flywheel.CustomerID) (bool, error) { return known(c), nil },
			})
			require.NoError(t, err)
			_, err = svc.SaveCampaign(ctx, coupon.Campaign{ID: "series", PerCode: 1})
			require.NoError(t, err)
			codes := make([]coupon.Code, honest)
			for i := range codes {
				codes[i] = coupon.Code{Code: fmt.Sprintf("RIGHT%d", i), Campaign: "series"}
			}
			require.NoError(t, svc.Add(ctx, codes...))
			var redeemed atomic.Int64
			var wg sync.WaitGroup
			const workers = 8
			for w := range workers {
				wg.Go(func() {
					for i := w; i < guessers; i += workers {
						who := flywheel.CustomerID(fmt.Sprint("guesser", i))
						for g := range guesses {
							_, err := svc.Redeem(ctx, fmt.Sprint(who, g), coupon.Request{Code: fmt.Sprint("WRONG", i, "-", g), Customer: who, Campaign: c.campaign})
							if err == nil || !errors.Is(err, coupon.ErrRefused) && !errors.Is(err, coupon.ErrTooManyFailures) {
								t.Error(err)
							}
						}
						if i%10 != 0 {
							continue
						}
						n := i / 10
						q := coupon.Request{Code: fmt.Sprintf("right%d", n), Customer: flywheel.CustomerID(fmt.Sprint("honest", n)), Campaign: c.campaign}
						if _, err := svc.Redeem(ctx, fmt.Sprint("order", n), q); err != nil {
							t.Error(err)
						} else {
							redeemed.Add(1)
						}
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, honest, redeemed.Load())
			customers := int64(0) // who are known and may fail once each
			for i := range guessers {
				if known(flywheel.CustomerID(fmt.Sprint("guesser", i))) {
					customers++
				}
			}
			require.LessOrEqual(t, looked.Load(), int64(limit)+int64(honest)+customers)
		})
	}
}

// A full customer's key refuses even a right code, known or not; a full campaign's only
// those who failed or are not known.
func TestTiers(t *testing.T) {
	ctx, now := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	few, err := coupon.NewLimiter(3, time.Hour)
	require.NoError(t, err)
	down := errors.New("the orders are down")
	var asks error
	svc, err := coupon.New(nil, &coupon.Options{
		Now: func() time.Time { return now }, Campaigns: few,
		Known: func(_ context.Context, c flywheel.CustomerID) (bool, error) { return c != "new", asks },
	})
	require.NoError(t, err)
	_, err = svc.SaveCampaign(ctx, coupon.Campaign{ID: "c"})
	require.NoError(t, err)
	require.NoError(t, svc.Add(ctx, coupon.Code{Code: "RIGHT", Campaign: "c"}))
	try := func(who flywheel.CustomerID, code string) error {
		_, err := svc.Check(ctx, coupon.Request{Code: code, Customer: who, Campaign: "c"})
		return err
	}
	for i := range 3 {
		require.ErrorIs(t, try(flywheel.CustomerID(fmt.Sprint("guesser", i)), "WRONG"), coupon.ErrRefused)
	}
	require.NoError(t, try("known", "RIGHT"))
	require.ErrorIs(t, try("new", "RIGHT"), coupon.ErrTooManyFailures)
	require.ErrorIs(t, try("", "RIGHT"), coupon.ErrTooManyFailures)
	require.ErrorIs(t, try("guesser1", "RIGHT"), coupon.ErrTooManyFailures, "it has failed")
	require.ErrorIs(t, try("known", "WRONG"), coupon.ErrRefused)
	require.ErrorIs(t, try("known", "RIGHT"), coupon.ErrTooManyFailures, "once")
	asks = down
	require.ErrorIs(t, try("other", "RIGHT"), down, "who cannot be asked is not let in")
	require.ErrorIs(t, coupon.ErrTooManyFailures, flywheel.ErrRateLimited)
	require.ErrorIs(t, coupon.ErrTooManyFailures, flywheel.ErrLimit)
	now = now.Add(time.Hour)
	require.NoError(t, try("new", "RIGHT"))
}

// Requests that name no campaign share one key: only codes that do not exist fill it,
// and it fills no campaign's.
func TestUnnamedCampaign(t *testing.T) {
	ctx, now := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	few, err := coupon.NewLimiter(3, time.Hour)
	require.NoError(t, err)
	svc, err := coupon.New(nil, &coupon.Options{
		Now: func() time.Time { return now }, Campaigns: few,
		Known: func(_ context.Context, c flywheel.CustomerID) (bool, error) { return c == "known" || c == "other", nil },
	})
	require.NoError(t, err)
	_, err = svc.SaveCampaign(ctx, coupon.Campaign{ID: "c", Limit: 1})
	require.NoError(t, err)
	_, err = svc.SaveCampaign(ctx, coupon.Campaign{ID: "d"})
	require.NoError(t, err)
	require.NoError(t, svc.Add(ctx, coupon.Code{Code: "GONE", Campaign: "c"}, coupon.Code{Code: "RIGHT", Campaign: "d"}))
	_, err = svc.Redeem(ctx, "first", coupon.Request{Code: "GONE", Customer: "ann"})
	require.NoError(t, err)
	try := func(who flywheel.CustomerID, code, campaign string) error {
		_, err := svc.Check(ctx, coupon.Request{Code: code, Customer: who, Campaign: campaign})
		return err
	}
	for i := range 5 {
		require.ErrorIs(t, try(flywheel.CustomerID(fmt.Sprint("late", i)), "GONE", ""), coupon.ErrRefused, "a code that is used up is no guess")
	}
	require.NoError(t, try("new", "RIGHT", ""))
	for i := range 3 {
		require.ErrorIs(t, try(flywheel.CustomerID(fmt.Sprint("guesser", i)), fmt.Sprint("WRONG", i), ""), coupon.ErrRefused)
	}
	require.ErrorIs(t, try("new", "RIGHT", ""), coupon.ErrTooManyFailures)
	require.NoError(t, try("new", "RIGHT", "d"), "a campaign of its own")
	require.NoError(t, try("known", "RIGHT", ""))
	require.ErrorIs(t, try("known", "GONE", ""), coupon.ErrRefused)
	require.ErrorIs(t, try("known", "RIGHT", ""), coupon.ErrTooManyFailures, "it has failed, if only on what is used up")
	require.ErrorIs(t, try("other", "WRONG", ""), coupon.ErrRefused)
	require.ErrorIs(t, try("other", "RIGHT", ""), coupon.ErrTooManyFailures)
	now = now.Add(time.Hour)
	require.NoError(t, try("new", "RIGHT", ""))
}

// Tries that are under way do not count, and never more than may fail are.
func TestOnlyFailuresCount(t *testing.T) {
	l, err := coupon.NewLimiter(3, time.Hour)
	require.NoError(t, err)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var under, most, ran atomic.Int64
	for i, err := range suite.Parallel(50, func(int) error {
		return l.Try(t.Context(), now, "k", func() (bool, error) {
			n := under.Add(1)
			defer under.Add(-1)
			for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
			}
			ran.Add(1)
			return false, nil
		})
	}) {
		require.NoError(t, err, "honest try %d", i)
	}
	require.LessOrEqual(t, most.Load(), int64(3))
	ran.Store(0)
	for _, err := range suite.Parallel(50, func(int) error {
		return l.Try(t.Context(), now, "k", func() (bool, error) { ran.Add(1); return true, nil })
	}) {
		if err != nil {
			require.ErrorIs(t, err, coupon.ErrTooManyFailures)
		}
	}
	require.EqualValues(t, 3, ran.Load(), "of many guesses at once as many are tried as may fail")

	// A wait ends with its context.
	one, err := coupon.NewLimiter(1, time.Hour)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	err = one.Try(t.Context(), now, "k", func() (bool, error) {
		var wg sync.WaitGroup
		var waited error
		wg.Go(func() {
			waited = one.Try(ctx, now, "k", func() (bool, error) { return false, errors.New("it did not wait") })
		})
		cancel()
		wg.Wait()
		return false, waited
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Panics(t, func() { _ = one.Try(t.Context(), now, "p", func() (bool, error) { panic("x") }) })
	require.ErrorIs(t, one.Try(t.Context(), now, "p", nil), coupon.ErrTooManyFailures, "a panic counts")
}

// failures are kept elsewhere, and may be down.
type failures struct {
	mu   sync.Mutex
	at   map[string][]time.Time
	down error
}

func (f *failures) Fail(_ context.Context, key string, at, _ time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at[key] = append(f.at[key], at)
	return f.down
}

func (f *failures) Failed(_ context.Context, key string, after time.Time, most int) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, at := range f.at[key] {
		if at.After(after) {
			n++
		}
	}
	return min(n, most), f.down
}

// What cannot be counted gives no answer: a limiter whose store is down lets nobody
// learn anything.
func TestSharedLimiterFailsClosed(t *testing.T) {
	l, err := coupon.NewLimiter(2, time.Hour)
	require.NoError(t, err)
	f := &failures{at: map[string][]time.Time{}}
	l = l.Shared(f)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ran := 0
	try := func(fail bool) error {
		return l.Try(t.Context(), now, "k", func() (bool, error) { ran++; return fail, nil })
	}
	require.NoError(t, try(true))
	down := errors.New("down")
	f.down = down
	require.ErrorIs(t, try(true), down)
	require.Equal(t, 1, ran)
	f.down = nil
	require.NoError(t, l.Try(t.Context(), now, "k", func() (bool, error) { return false, nil }))
	err = l.Try(t.Context(), now, "k", func() (bool, error) { f.down = down; return true, coupon.ErrRefused })
	require.ErrorIs(t, err, down, "not the answer")
	f.down = nil
	require.ErrorIs(t, try(false), coupon.ErrTooManyFailures)
}

// Processes share a limiter through what keeps their failures.
func ExampleLimiter_Shared() {
	var store coupon.Failures = &failures{at: map[string][]time.Time{}}
	limiter, err := coupon.NewLimiter(1, time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	one, other := limiter.Shared(store), limiter.Shared(store)
	fmt.Println(one.Try(context.Background(), now, "ann", func() (bool, error) { return true, nil }))
	fmt.Println(other.Try(context.Background(), now, "ann", func() (bool, error) { return true, nil }))
	// Output:
	// <nil>
	// coupon: too many codes failed: rate limited: limit exceeded
}
