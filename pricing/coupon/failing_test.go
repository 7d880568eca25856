package coupon_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/coupontest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// No error of the store is swallowed, and what failed may be done again: in a life of
// codes and cards.
func TestEveryFailure(t *testing.T) {
	testkit.EveryFailure(t, func(l *testkit.Life) func() string {
		ctx, memory := t.Context(), coupon.NewMemory(nil)
		s := newShop(t, coupontest.Failing(memory, l.Hook))
		now := s.now
		s.Recognize(func(context.Context, flywheel.CustomerID) (bool, error) { return true, l.Hook("Recognize", false) })
		save := func(name string, c coupon.Campaign) {
			l.Then("SaveCampaign "+name, func() error {
				if had, err := memory.Campaign(ctx, c.ID); err == nil { // after an answer that was lost
					c.Version = had.Version
				}
				_, err := s.SaveCampaign(ctx, c)
				return err
			})
		}
		save("spring", coupon.Campaign{ID: "spring", Limit: 10, PerCode: 5, PerCustomer: 5})
		save("cards", coupon.Campaign{ID: "cards"})
		add := func(name string, c coupon.Code) {
			l.Then(name, func() error {
				err := s.Add(ctx, c)
				if errors.Is(err, flywheel.ErrConflict) { // after an answer that was lost
					return nil
				}
				return err
			})
		}
		add("Add", coupon.Code{Code: "SAVE10", Campaign: "spring"})
		ask := func(code string) coupon.Request {
			return coupon.Request{Code: code, Customer: "ann", Amount: eur(500), Ref: "o-1"}
		}
		l.Then("Check", func() error { _, err := s.Check(ctx, ask("save10")); return err })
		l.Then("Look", func() error { _, err := s.Look(ctx, ask("save10")); return err })
		l.Then("Redeem", func() error { _, err := s.Redeem(ctx, "k1", ask("save10")); return err })
		l.Then("Redeem again", func() error { _, err := s.Redeem(ctx, "k2", ask("save10")); return err })
		l.Then("Cancel", func() error { _, err := s.Cancel(ctx, "k2"); return err })
		l.Then("Hold", func() error { return s.Hold(ctx, "try-1", ask("save10"), now.Add(time.Hour)) })
		l.Then("Commit", func() error { return s.Commit(ctx, "try-1", "save10") })
		l.Then("GiveBack", func() error { return s.Service.GiveBack(ctx, "try-1", "save10") })
		l.Then("Hold 2", func() error { return s.Hold(ctx, "try-2", ask("save10"), now.Add(time.Hour)) })
		l.Then("Release", func() error { return s.Release(ctx, "try-2", "save10") })
		add("Add card", coupon.Code{Code: "CARD-1", Campaign: "cards", Value: eur(5000)})
		l.Then("Balance", func() error { _, err := s.Balance(ctx, coupon.Request{Code: "card-1", Customer: "ann"}); return err })
		l.Then("Charge", func() error { _, err := s.Charge(ctx, "c1", ask("card-1")); return err })
		l.Then("Refund", func() error { _, err := s.Refund(ctx, "r1", "c1", eur(200)); return err })
		cards := s.Cards()
		l.Then("Spendable", func() error { _, err := cards.Spendable(ctx, "card-1", money.EUR); return err })
		l.Then("card Hold", func() error { return cards.Hold(ctx, "card-1", "o-2", eur(300), now.Add(time.Hour)) })
		l.Then("card Held", func() error { _, err := cards.Held(ctx, "card-1", money.EUR); return err })
		l.Then("card Commit", func() error { return cards.Commit(ctx, "card-1", "o-2") })
		l.Then("card GiveBack", func() error { return cards.GiveBack(ctx, "card-1", "b1", "o-2", eur(100)) })
		l.Then("card Hold 2", func() error { return cards.Hold(ctx, "card-1", "o-3", eur(300), now.Add(time.Hour)) })
		l.Then("card Release", func() error { return cards.Release(ctx, "card-1", "o-3") })
		l.Then("Uses", func() error { _, _, err := s.Uses(ctx, "spring"); return err })
		l.Then("Used", func() error { _, err := s.Used(ctx, "spring"); return err })
		l.Then("Codes", func() error {
			for _, err := range s.Codes(ctx, "spring") {
				if err != nil {
					return err
				}
			}
			return nil
		})
		l.Then("Redemptions", func() error {
			for _, err := range s.Redemptions(ctx, "spring") {
				if err != nil {
					return err
				}
			}
			return nil
		})
		return func() string {
			var b strings.Builder
			for _, campaign := range []string{"spring", "cards"} {
				for c, err := range memory.Codes(ctx, campaign) {
					fmt.Fprintln(&b, c, err)
				}
				for r, err := range memory.Redemptions(ctx, campaign, true) {
					fmt.Fprintln(&b, r, err)
				}
			}
			return b.String()
		}
	})
}
