package coupon_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// Whatever is redeemed, held, committed, released, given back, canceled and let expire,
// uses never exceed their limits, and are those that stand.
func TestTalliesAreWhatStands(t *testing.T) { rapid.Check(t, checkTallies) }

// FuzzTallies looks for calls after which uses and tallies differ.
func FuzzTallies(f *testing.F) {
	f.Add(testkit.Bytes(4096))
	f.Fuzz(rapid.MakeFuzz(checkTallies))
}

func checkTallies(t *rapid.T) {
	ctx := t.Context()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	patient, err := coupon.NewLimiter(1_000_000, time.Hour) // does not stand in the way
	require.NoError(t, err)
	s, err := coupon.New(nil, &coupon.Options{Now: func() time.Time { return now }, Customers: patient, Campaigns: patient})
	require.NoError(t, err)
	limit, perCode, perCustomer := rapid.Int64Range(1, 4).Draw(t, "limit"), rapid.Int64Range(1, 3).Draw(t, "per code"), rapid.Int64Range(1, 3).Draw(t, "per customer")
	_, err = s.SaveCampaign(ctx, coupon.Campaign{ID: "c", Limit: limit, PerCode: perCode, PerCustomer: perCustomer})
	require.NoError(t, err)
	codes := []string{"A", "B"}
	for _, code := range codes {
		require.NoError(t, s.Add(ctx, coupon.Code{Code: code, Campaign: "c"}))
	}
	// What stands by the model: used for good, and held until a time.
	type use struct {
		code     string
		customer flywheel.CustomerID
		until    time.Time // zero: for good
	}
	stands := map[string]use{}
	settled := map[string]bool{}
	live := func(match func(use) bool) (n int64) {
		for _, u := range stands {
			if (u.until.IsZero() || u.until.After(now)) && match(u) {
				n++
			}
		}
		return n
	}
	room := func(u use) bool {
		return live(func(use) bool { return true }) < limit && live(func(v use) bool { return v.code == u.code }) < perCode &&
			live(func(v use) bool { return v.customer == u.customer }) < perCustomer
	}
	next := 0
	draw := func(t *rapid.T) (string, use) {
		next++
		return fmt.Sprint("r", next), use{code: rapid.SampledFrom(codes).Draw(t, "code"), customer: rapid.SampledFrom([]flywheel.CustomerID{"ann", "ben"}).Draw(t, "customer")}
	}
	some := func(t *rapid.T) (string, bool) {
		if next == 0 {
			return "", false
		}
		return fmt.Sprint("r", rapid.IntRange(1, next).Draw(t, "which")), true
	}
	t.Repeat(map[string]func(*rapid.T){
		"redeem": func(t *rapid.T) {
			key, u := draw(t)
			fits := room(u)
			_, err := s.Redeem(ctx, key, coupon.Request{Code: u.code, Customer: u.customer, Amount: eur(1)})
			require.Equal(t, fits, err == nil, "%v", err)
			if fits {
				stands[key], settled[key] = u, true
			}
		},
		"hold": func(t *rapid.T) {
			ref, u := draw(t)
			u.until = now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second)
			fits := room(u)
			err := s.Hold(ctx, ref, coupon.Request{Code: u.code, Customer: u.customer, Amount: eur(1)}, u.until)
			require.Equal(t, fits, err == nil, "%v", err)
			if fits {
				stands[ref] = u
			}
		},
		"commit": func(t *rapid.T) {
			ref, ok := some(t)
			u, there := stands[ref]
			if !ok || !there || settled[ref] {
				return
			}
			err := s.Commit(ctx, ref, u.code)
			require.Equal(t, u.until.After(now), err == nil, "%v", err)
			if err == nil {
				u.until = time.Time{}
				stands[ref], settled[ref] = u, true
			}
		},
		"release": func(t *rapid.T) {
			ref, ok := some(t)
			if u, there := stands[ref]; ok && there && !settled[ref] {
				require.NoError(t, s.Release(ctx, ref, u.code))
				delete(stands, ref)
			}
		},
		"cancel": func(t *rapid.T) {
			key, ok := some(t)
			u, there := stands[key]
			if !ok || !there || !settled[key] {
				return
			}
			if _, err := s.Cancel(ctx, key); err != nil { // it was held first: its key is another
				require.NoError(t, s.GiveBack(ctx, key, u.code))
			}
			delete(stands, key)
		},
		"time": func(t *rapid.T) {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
		},
		"": func(t *rapid.T) {
			used, held, err := s.Uses(ctx, "c")
			require.NoError(t, err)
			require.Equal(t, live(func(u use) bool { return u.until.IsZero() }), used)
			require.Equal(t, live(func(u use) bool { return !u.until.IsZero() }), held)
			require.LessOrEqual(t, used+held, limit)
		},
	})
}
