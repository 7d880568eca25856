package creditsql_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/cart/payment/credit/creditsql"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// kindOf is the kind of an error, for stores word theirs differently.
func kindOf(err error) error {
	for _, kind := range []error{
		flywheel.ErrKeyReused, credit.ErrInsufficient, credit.ErrExceeds, flywheel.ErrConflict, flywheel.ErrNotFound,
		flywheel.ErrExpired, flywheel.ErrInvalid, flywheel.ErrOutOfRange,
	} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return err
}

// Whatever is asked for, each SQL store answers as the one in memory does.
func TestModel(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		testkit.Checks(t, 30, 5)
		store := sqldbtest.Store(t, open(t), d, creditsql.New)
		run := 0
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			run++
			memory := credit.NewMemory(nil)
			now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
			who := func(t *rapid.T) string {
				return fmt.Sprint(run, " ", rapid.SampledFrom([]string{"ann", "Ann"}).Draw(t, "who"))
			}
			key := func(t *rapid.T) string { return fmt.Sprint("k", rapid.IntRange(0, 5).Draw(t, "key")) }
			same := func(t *rapid.T, want, got any, wantErr, gotErr error) {
				require.Equal(t, kindOf(wantErr), kindOf(gotErr), "%v and %v", wantErr, gotErr)
				require.Equal(t, want, got)
			}
			// The hash of a forgotten name is of a secret of each store's own.
			named := func(m credit.Move) credit.Move {
				if len(m.Account) == 32 {
					m.Account = "forgotten"
				}
				return m
			}
			t.Repeat(map[string]func(*rapid.T){
				"apply": func(t *rapid.T) {
					m := credit.Move{Account: who(t), Key: key(t), Amount: money.New(rapid.Int64Range(1, 500).Draw(t, "amount"), rapid.SampledFrom([]money.Currency{money.EUR, money.EUR, money.USD}).Draw(t, "currency")), At: now}
					switch m.Kind = rapid.SampledFrom([]credit.Kind{credit.Grant, credit.Hold, credit.Return}).Draw(t, "kind"); m.Kind {
					case credit.Hold:
						m.Until = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "until")) * time.Second)
					case credit.Return:
						m.Of = key(t)
					}
					want, wantErr := memory.Apply(ctx, m)
					got, gotErr := store.Apply(ctx, m)
					same(t, named(want), named(got), wantErr, gotErr)
				},
				"settle": func(t *rapid.T) {
					account, key := who(t), key(t)
					calls := []func(ctx context.Context, account, key string, at time.Time) (credit.Move, error){memory.Commit, store.Commit}
					if rapid.Bool().Draw(t, "release") {
						calls = []func(ctx context.Context, account, key string, at time.Time) (credit.Move, error){memory.Release, store.Release}
					}
					want, wantErr := calls[0](ctx, account, key, now)
					got, gotErr := calls[1](ctx, account, key, now)
					same(t, named(want), named(got), wantErr, gotErr)
				},
				"forget": func(t *rapid.T) {
					if account := who(t); rapid.IntRange(0, 5).Draw(t, "rarely") == 0 {
						require.NoError(t, memory.Forget(ctx, account))
						require.NoError(t, store.Forget(ctx, account))
					}
				},
				"time": func(t *rapid.T) {
					now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
				},
				"": func(t *rapid.T) {
					account := who(t)
					want, wantErr := memory.Balance(ctx, account, money.EUR, now)
					got, gotErr := store.Balance(ctx, account, money.EUR, now)
					same(t, want, got, wantErr, gotErr)
					wants, err := suite.Collect(memory.Moves(ctx, account))
					require.NoError(t, err)
					gots, err := suite.Collect(store.Moves(ctx, account))
					require.NoError(t, err)
					require.Len(t, gots, len(wants))
					for i := range wants {
						require.Equal(t, named(wants[i]), named(gots[i]))
					}
				},
			})
		})
	})
}
