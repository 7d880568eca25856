package credit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/cart/payment/credit/credittest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// No error of the store is swallowed, and what failed may be done again: in the life of
// an account.
func TestEveryFailure(t *testing.T) {
	testkit.EveryFailure(t, func(l *testkit.Life) func() string {
		ctx, memory, now := t.Context(), credit.NewMemory(nil), time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
		s, err := credit.New(credittest.Failing(memory, l.Hook), &credit.Options{Now: func() time.Time { return now }})
		require.NoError(t, err)
		l.Then("Grant", func() error { return s.Grant(ctx, "ann", "g", eur(800), "a cup broke") })
		l.Then("Hold", func() error { return s.Hold(ctx, "ann", "o-1", eur(300), now.Add(time.Hour)) })
		l.Then("Commit", func() error { return s.Commit(ctx, "ann", "o-1") })
		l.Then("GiveBack", func() error { return s.GiveBack(ctx, "ann", "b-1", "o-1", eur(100)) })
		l.Then("Hold 2", func() error { return s.Hold(ctx, "ann", "o-2", eur(200), now.Add(time.Hour)) })
		l.Then("Spendable", func() error { _, err := s.Spendable(ctx, "ann", money.EUR); return err })
		l.Then("Held", func() error { _, err := s.Held(ctx, "ann", money.EUR); return err })
		l.Then("Balance", func() error { _, err := s.Balance(ctx, "ann", money.EUR); return err })
		l.Then("Release", func() error { return s.Release(ctx, "ann", "o-2") })
		l.Then("Moves", func() error {
			for _, err := range s.Moves(ctx, "ann") {
				if err != nil {
					return err
				}
			}
			return nil
		})
		l.Then("Forget", func() error { return s.Forget(ctx, "ben") })
		return func() string {
			var b strings.Builder
			for m, err := range memory.Moves(ctx, "ann") {
				fmt.Fprintln(&b, m, err)
			}
			return b.String()
		}
	})
}
