package loyalty_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltytest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// within is a sink in the database of the points, told within its transactions.
type within struct {
	flywheel.Stored
	hook func(call string, after bool) error
}

func (w within) Publish(_ context.Context, events ...flywheel.Event) error {
	if len(events) == 0 {
		return nil
	}
	return w.hook("Publish", false)
}

// No error of the store or of the log is swallowed, and what failed may be done again:
// in a life of everything that points do.
func TestEveryFailure(t *testing.T) {
	testkit.EveryFailure(t, func(l *testkit.Life) func() string {
		ctx, memory, now := t.Context(), loyalty.NewMemory(nil), newYear
		s, err := loyalty.New(loyaltytest.Failing(memory, l.Hook), &loyalty.Options{
			Programs: []loyalty.Program{tiered}, Sink: within{memory, l.Hook}, Now: func() time.Time { return now },
		})
		require.NoError(t, err)
		apply := func(name string, op loyalty.Operation) {
			op.Member = member
			l.Then(name, func() error { _, err := s.Apply(ctx, op); return err })
		}
		for i, e := range entries(story...) {
			l.Then("Consume "+e.Event.ID, func() error { return s.Consume(ctx, []flywheel.Entry{e}) })
			if i == 1 {
				apply("Earn", loyalty.Operation{Key: "gift", Kind: loyalty.Earn, Points: 30, At: e.Effective})
				apply("Burn", loyalty.Operation{Key: "mug", Kind: loyalty.Burn, Points: 120, At: e.Effective})
			}
		}
		apply("ReverseBurn", loyalty.Operation{Key: "back", Kind: loyalty.ReverseBurn, Of: "mug", Points: 20, At: newYear.AddDate(0, 5, 1)})
		apply("ReverseEarn", loyalty.Operation{Key: "less", Kind: loyalty.ReverseEarn, Of: "gift", Points: 5, At: newYear.AddDate(0, 5, 1)})
		l.Then("later", func() error { now = newYear.AddDate(0, 6, 0); return nil })
		l.Then("SetPrograms", func() error {
			return s.SetPrograms(ctx, tiered, loyalty.Program{From: now, Worth: map[money.Currency]money.Rate{money.EUR: money.MustRate("1")}})
		})
		apply("Earn again", loyalty.Operation{Key: "plenty", Kind: loyalty.Earn, Points: 500, At: newYear.AddDate(0, 6, 0)})
		l.Then("Reward", func() error { return s.Reward(ctx, "both", 5, now, member, "ben") })
		l.Then("Hold", func() error { return s.Hold(ctx, member, "h1", 10) })
		l.Then("Commit", func() error { return s.Commit(ctx, member, "h1") })
		l.Then("GiveBack", func() error { return s.GiveBack(ctx, member, "g1", "h1", 4) })
		l.Then("HoldUntil", func() error { return s.HoldUntil(ctx, member, "h2", 10, now.Add(time.Hour)) })
		l.Then("Release", func() error { return s.Release(ctx, member, "h2") })
		l.Then("Settle", func() error { return s.Settle(ctx, member, newYear.AddDate(0, 8, 0)) })
		l.Then("Advance", func() error {
			for {
				if more, err := s.Advance(ctx, newYear.AddDate(2, 0, 0)); err != nil || !more {
					return err
				}
			}
		})
		l.Then("Spendable", func() error { _, err := s.Spendable(ctx, member); return err })
		l.Then("Balance", func() error { _, err := s.Balance(ctx, "ben"); return err })
		l.Then("Standing", func() error { _, err := s.Standing(ctx, "ben"); return err })
		l.Then("Lots", func() error { _, err := s.Lots(ctx, "ben", newYear.AddDate(2, 0, 0)); return err })
		l.Then("Order", func() error { _, err := s.Order(ctx, member, "O1"); return err })
		l.Then("Programs", func() error { _, err := s.Programs(ctx); return err })
		l.Then("Worth", func() error { _, err := s.Worth(ctx, money.EUR, newYear.AddDate(1, 0, 0)); return err })
		l.Then("Liability", func() error { _, err := s.Liability(ctx, newYear.AddDate(2, 0, 0)); return err })
		l.Then("Receipts", func() error {
			for _, err := range s.Receipts(ctx, member) {
				if err != nil {
					return err
				}
			}
			return nil
		})
		l.Then("Entries", func() error {
			for _, err := range s.Entries(ctx, member) {
				if err != nil {
					return err
				}
			}
			return nil
		})
		l.Then("Forget", func() error { return s.Forget(ctx, "ben") })
		return func() string {
			plain, err := loyalty.New(memory, &loyalty.Options{Programs: []loyalty.Program{tiered}})
			require.NoError(t, err)
			return dump(t, plain, newYear.AddDate(3, 0, 0))
		}
	}, "Consume purchase:O1: Programs", "SetPrograms: Programs") // after the commit, for the next call
}
