package couponsql_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// kindOf is the kind of an error, for stores word theirs differently.
func kindOf(err error) error {
	for _, kind := range []error{
		coupon.ErrOtherBody, coupon.ErrCanceled, coupon.ErrRedeemed, flywheel.ErrConflict, flywheel.ErrNotFound, flywheel.ErrExpired,
	} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return err
}

// Whatever is redeemed, held, committed, released, canceled and let expire, each SQL
// store answers as the one in memory does, and its tallies are the sums of what stands.
func TestModel(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		testkit.Checks(t, 30, 5)
		store := migrated(t, open(t), d)
		run := 0
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			run++
			memory := coupon.NewMemory(nil)
			now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
			key := func(t *rapid.T) string { return fmt.Sprint(run, "-", rapid.IntRange(0, 7).Draw(t, "key")) }
			campaign := fmt.Sprint("c", run)
			same := func(t *rapid.T, want, got any, wantErr, gotErr error) {
				require.Equal(t, kindOf(wantErr), kindOf(gotErr), "%v and %v", wantErr, gotErr)
				if wantErr == nil {
					require.Equal(t, want, got)
				}
			}
			t.Repeat(map[string]func(*rapid.T){
				"redeem": func(t *rapid.T) {
					r := coupon.Redemption{Key: key(t), Code: "X", Campaign: campaign, Ref: rapid.SampledFrom([]string{"o", "o", "p"}).Draw(t, "ref"), At: now}
					if rapid.Bool().Draw(t, "held") {
						r.Held = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "until")) * time.Second)
					}
					for _, name := range []string{"a", "b"} {
						r.Uses = append(r.Uses, coupon.Tally{Name: name, Add: rapid.Int64Range(0, 2).Draw(t, "add"), Limit: rapid.SampledFrom([]int64{coupon.Unlimited, 3, 5}).Draw(t, "limit")})
					}
					want, wantErr := memory.Redeem(ctx, r)
					got, gotErr := store.Redeem(ctx, r)
					same(t, want, got, wantErr, gotErr)
				},
				"settle": func(t *rapid.T) {
					key, commit := key(t), rapid.Bool().Draw(t, "commit")
					want, wantErr := memory.Settle(ctx, key, commit, now)
					got, gotErr := store.Settle(ctx, key, commit, now)
					same(t, want, got, wantErr, gotErr)
				},
				"cancel": func(t *rapid.T) {
					key := key(t)
					want, wantErr := memory.Cancel(ctx, key, now)
					got, gotErr := store.Cancel(ctx, key, now)
					same(t, want, got, wantErr, gotErr)
				},
				"expire": func(t *rapid.T) {
					want, wantErr := memory.Expire(ctx, campaign, now)
					got, gotErr := store.Expire(ctx, campaign, now)
					same(t, want, got, wantErr, gotErr)
				},
				"time": func(t *rapid.T) {
					now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
				},
				"": func(t *rapid.T) {
					held := rapid.Bool().Draw(t, "held")
					want, err := suite.Collect(memory.Redemptions(ctx, campaign, held))
					require.NoError(t, err)
					got, err := suite.Collect(store.Redemptions(ctx, campaign, held))
					require.NoError(t, err)
					require.Equal(t, want, got)
					if held {
						return
					}
					for _, name := range []string{"a", "b"} {
						sum := int64(0)
						for _, r := range got {
							for _, u := range r.Uses {
								if u.Name == name && r.Canceled.IsZero() {
									sum += u.Add
								}
							}
						}
						used, err := store.Used(ctx, campaign, name)
						require.NoError(t, err)
						require.Equal(t, sum, used)
						used, err = memory.Used(ctx, campaign, name)
						require.NoError(t, err)
						require.Equal(t, sum, used)
					}
				},
			})
		})
	})
}
