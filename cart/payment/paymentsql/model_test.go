package paymentsql_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/paymentsql"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// However notices are claimed, settled and trimmed, each SQL store answers as the one
// in memory does.
func TestModel(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		testkit.Checks(t, 25, 5)
		store := sqldbtest.Store(t, open(t), d, paymentsql.New)
		now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			memory := payment.NewNoticeMemory(nil)
			now = now.AddDate(0, 0, 1)
			start := now
			id := func(t *rapid.T) string {
				return fmt.Sprint(start.Unix(), "-", rapid.IntRange(0, 4).Draw(t, "id"))
			}
			t.Repeat(map[string]func(*rapid.T){
				"claim": func(t *rapid.T) {
					n := payment.Notice{ID: id(t), Type: payment.NoticeRefunded, Amount: money.New(rapid.Int64Range(0, 9).Draw(t, "amount"), money.EUR), At: now}
					until := now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "until")) * time.Second)
					want, wantErr := memory.Claim(ctx, n, now, until)
					got, gotErr := store.Claim(ctx, n, now, until)
					require.Equal(t, want, got)
					require.Equal(t, errors.Is(wantErr, payment.ErrBusy), errors.Is(gotErr, payment.ErrBusy), "%v and %v", wantErr, gotErr)
					require.Equal(t, wantErr == nil, gotErr == nil)
				},
				"settle": func(t *rapid.T) {
					id, applied := id(t), rapid.Bool().Draw(t, "applied")
					require.NoError(t, memory.Settle(ctx, id, applied, now))
					require.NoError(t, store.Settle(ctx, id, applied, now))
				},
				"trim": func(t *rapid.T) {
					// What earlier runs applied goes first.
					_, err := store.Trim(ctx, start, 1000)
					require.NoError(t, err)
					before, limit := now.Add(-time.Duration(rapid.IntRange(0, 90).Draw(t, "before"))*time.Second), rapid.IntRange(0, 3).Draw(t, "limit")
					if before.Before(start) {
						before = start
					}
					want, err := memory.Trim(ctx, before, limit)
					require.NoError(t, err)
					got, err := store.Trim(ctx, before, limit)
					require.NoError(t, err)
					require.Equal(t, want, got)
				},
				"time": func(t *rapid.T) {
					now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
				},
				"": func(t *rapid.T) {
					want, err := suite.Collect(memory.Notices(ctx, start))
					require.NoError(t, err)
					got, err := suite.Collect(store.Notices(ctx, start))
					require.NoError(t, err)
					require.Equal(t, want, got)
				},
			})
		})
	})
}
