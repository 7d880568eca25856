package coupon_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/coupontest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// desk is a service whose clock stands.
type desk struct {
	*coupon.Service
	now time.Time
}

func newDesk(t *testing.T, c coupon.Campaign, codes ...coupon.Code) *desk {
	t.Helper()
	d := &desk{now: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)}
	var err error
	d.Service, err = coupon.New(nil, &coupon.Options{Now: func() time.Time { return d.now }})
	require.NoError(t, err)
	c.ID = "c"
	_, err = d.SaveCampaign(t.Context(), c)
	require.NoError(t, err)
	for i := range codes {
		codes[i].Campaign = "c"
	}
	require.NoError(t, d.Add(t.Context(), codes...))
	return d
}

func (d *desk) soon() time.Time { return d.now.Add(15 * time.Minute) }

func reason(err error) coupon.Reason {
	if refused, ok := errors.AsType[*coupon.RefusedError](err); ok {
		return refused.Reason
	}
	return ""
}

func (d *desk) uses(t *testing.T, used, held int64) {
	t.Helper()
	u, h, err := d.Uses(t.Context(), "c")
	require.NoError(t, err)
	require.Equal(t, [2]int64{used, held}, [2]int64{u, h}, "used and held")
}

func TestHold(t *testing.T) {
	ctx := t.Context()
	d := newDesk(t, coupon.Campaign{Limit: 1, Promotion: "ten"}, coupon.Code{Code: "ONCE"})
	ann := coupon.Request{Code: " once", Customer: "ann"}
	require.NoError(t, d.Hold(ctx, "try-1", ann, d.soon()))
	d.uses(t, 0, 1)
	ben := coupon.Request{Code: "ONCE", Customer: "ben"}
	require.Equal(t, coupon.CampaignUsedUp, reason(d.Hold(ctx, "try-2", ben, d.soon())))
	_, err := d.Look(ctx, ben)
	require.Equal(t, coupon.CampaignUsedUp, reason(err), "what others hold counts")
	ann.Ref = "try-1"
	c, err := d.Look(ctx, ann)
	require.NoError(t, err, "what is held oneself does not")
	require.Equal(t, "ten", c.Promotion)

	d.now = d.soon()
	d.uses(t, 0, 0)
	_, err = d.Look(ctx, ben)
	require.NoError(t, err, "it is over")
	require.NoError(t, d.Hold(ctx, "try-2", ben, d.soon()))
	require.ErrorIs(t, d.Commit(ctx, "try-1", "ONCE"), flywheel.ErrExpired)
	require.NoError(t, d.Release(ctx, "try-1", "ONCE"))
	require.NoError(t, d.Release(ctx, "never", "ONCE"))
	require.ErrorIs(t, d.GiveBack(ctx, "try-2", "ONCE"), flywheel.ErrConflict, "only held")
	require.NoError(t, d.Commit(ctx, "try-2", "once "))
	require.NoError(t, d.Commit(ctx, "try-2", "ONCE"))
	d.uses(t, 1, 0)
	require.ErrorIs(t, d.Release(ctx, "try-2", "ONCE"), coupon.ErrRedeemed)
	require.NoError(t, d.GiveBack(ctx, "try-2", "ONCE"))
	require.NoError(t, d.GiveBack(ctx, "try-2", "ONCE"))
	d.uses(t, 0, 0)
	require.ErrorIs(t, d.GiveBack(ctx, "try-3", "ONCE"), flywheel.ErrNotFound)
	require.ErrorIs(t, d.Commit(ctx, "try-3", "ONCE"), flywheel.ErrNotFound)
	require.ErrorIs(t, d.Hold(ctx, "", ann, d.soon()), flywheel.ErrInvalid)
	require.ErrorIs(t, d.Hold(ctx, "try-4", ann, d.now), flywheel.ErrInvalid)
}

// The reasons come in the order in which a shopper can do something about them.
func TestReasons(t *testing.T) {
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		campaign coupon.Campaign
		code     coupon.Code
		who      flywheel.CustomerID
		want     coupon.Reason
	}{
		{coupon.Campaign{Ends: now, PerCustomer: 1}, coupon.Code{Customer: "ben"}, "", coupon.Ended},
		{coupon.Campaign{Starts: now.Add(time.Second)}, coupon.Code{Customer: "ben"}, "", coupon.NotStarted},
		{coupon.Campaign{}, coupon.Code{Customer: "ben"}, "", coupon.NeedsCustomer},
		{coupon.Campaign{PerCustomer: 1, Limit: 1}, coupon.Code{}, "", coupon.NeedsCustomer},
		{coupon.Campaign{}, coupon.Code{Customer: "ben"}, "ann", coupon.OtherCustomer},
		{coupon.Campaign{Limit: 1}, coupon.Code{}, "ann", coupon.CampaignUsedUp},
		{coupon.Campaign{Limit: 2}, coupon.Code{}, "ann", ""},
	} {
		c.code.Code = "X"
		d := newDesk(t, c.campaign, c.code, coupon.Code{Code: "Y"})
		if c.campaign.Limit > 0 {
			_, err := d.Redeem(t.Context(), "k", coupon.Request{Code: "Y", Customer: "eve"})
			require.NoError(t, err)
		}
		_, err := d.Look(t.Context(), coupon.Request{Code: "X", Customer: c.who})
		require.Equal(t, c.want, reason(err), "%+v", c)
		_, err = d.Check(t.Context(), coupon.Request{Code: "X", Customer: c.who})
		require.Equal(t, c.want, reason(err), "%+v", c)
	}
}

// A code of its own says so when it is refused, so that nothing need be told.
func TestSeries(t *testing.T) {
	for _, c := range []struct {
		campaign coupon.Campaign
		code     coupon.Code
		want     bool
	}{
		{coupon.Campaign{Disabled: true}, coupon.Code{}, false},
		{coupon.Campaign{Disabled: true, PerCode: 2}, coupon.Code{}, false},
		{coupon.Campaign{Disabled: true, PerCode: 1}, coupon.Code{}, true},
		{coupon.Campaign{}, coupon.Code{Customer: "ben"}, false},
		{coupon.Campaign{PerCode: 1}, coupon.Code{Customer: "ben"}, true},
		{coupon.Campaign{}, coupon.Code{Value: eur(1)}, true},
	} {
		c.code.Code = "X"
		d := newDesk(t, c.campaign, c.code)
		_, err := d.Look(t.Context(), coupon.Request{Code: "X", Customer: "ann"})
		refused, ok := errors.AsType[*coupon.RefusedError](err)
		require.True(t, ok)
		require.Equal(t, c.want, refused.Series, "%+v", c)
	}
}

// A cart with a bad code may be priced again as often as it likes.
func TestLookIsNotLimited(t *testing.T) {
	d := newDesk(t, coupon.Campaign{}, coupon.Code{Code: "X"})
	for range 50 {
		_, err := d.Look(t.Context(), coupon.Request{Code: "WRONG", Customer: "ann"})
		require.Equal(t, coupon.Unknown, reason(err))
		require.Equal(t, coupon.Unknown, reason(d.Hold(t.Context(), "try", coupon.Request{Code: "WRONG", Customer: "ann"}, d.soon())))
	}
	_, err := d.Check(t.Context(), coupon.Request{Code: "X", Customer: "ann"})
	require.NoError(t, err)
}

// Once per customer and month.
func TestPerCustomerPeriod(t *testing.T) {
	ctx := t.Context()
	d := newDesk(t, coupon.Campaign{PerCustomer: 1, PerCustomerPeriod: coupon.Monthly, TimeZone: "Europe/Berlin"}, coupon.Code{Code: "X"})
	use := func(key string, who flywheel.CustomerID) error {
		_, err := d.Redeem(ctx, key, coupon.Request{Code: "X", Customer: who})
		return err
	}
	d.now = time.Date(2026, 3, 31, 21, 59, 59, 0, time.UTC) // 23:59:59 in Berlin
	require.NoError(t, use("1", "ann"))
	require.NoError(t, use("2", "ben"))
	require.Equal(t, coupon.CustomerUsedUp, reason(use("3", "ann")))
	require.Equal(t, coupon.NeedsCustomer, reason(use("4", "")))
	d.now = d.now.Add(time.Second)
	require.NoError(t, use("5", "ann"))
	require.Equal(t, coupon.CustomerUsedUp, reason(use("6", "ann")))
	_, err := d.Cancel(ctx, "1") // gives back to March
	require.NoError(t, err)
	require.Equal(t, coupon.CustomerUsedUp, reason(use("7", "ann")))
	_, err = d.Cancel(ctx, "5")
	require.NoError(t, err)
	require.NoError(t, use("8", "ann"))
	_, err = d.SaveCampaign(ctx, coupon.Campaign{ID: "d", PerCustomerPeriod: "fortnight"})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestCardsAsAccounts(t *testing.T) {
	ctx := t.Context()
	d := newDesk(t, coupon.Campaign{Ends: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, coupon.Code{Code: "GC-1", Value: eur(1000)}, coupon.Code{Code: "X"})
	cards := d.Cards()
	has := func(spendable, held int64) {
		t.Helper()
		s, err := cards.Spendable(ctx, "gc-1", money.EUR)
		require.NoError(t, err)
		h, err := cards.Held(ctx, "gc-1", money.EUR)
		require.NoError(t, err)
		require.Equal(t, [2]money.Amount{eur(spendable), eur(held)}, [2]money.Amount{s, h})
	}
	has(1000, 0)
	for card, currency := range map[string]money.Currency{"NONE": money.EUR, "X": money.EUR, "GC-1": money.USD} {
		_, err := cards.Spendable(ctx, card, currency)
		require.ErrorIs(t, err, coupon.ErrRefused, card)
	}
	require.NoError(t, cards.Hold(ctx, "GC-1", "try-1", eur(700), d.soon()))
	require.NoError(t, cards.Hold(ctx, "GC-1", "try-1", eur(700), d.soon()))
	has(300, 700)
	require.ErrorIs(t, cards.Hold(ctx, "GC-1", "try-1", eur(600), d.soon()), flywheel.ErrConflict)
	require.Equal(t, coupon.NoBalance, reason(cards.Hold(ctx, "GC-1", "try-2", eur(301), d.soon())))
	require.ErrorIs(t, cards.Hold(ctx, "GC-1", "try-2", eur(0), d.soon()), flywheel.ErrInvalid)
	require.ErrorIs(t, cards.GiveBack(ctx, "GC-1", "back", "try-1", eur(1)), coupon.ErrRefused, "only held")
	require.NoError(t, cards.Hold(ctx, "GC-1", "try-2", eur(300), d.soon()))
	has(0, 1000)
	require.NoError(t, cards.Release(ctx, "GC-1", "try-2"))
	has(300, 700)
	require.NoError(t, cards.Commit(ctx, "GC-1", "try-1"))
	has(300, 0)
	d.now = d.now.AddDate(1, 0, 0)
	_, err := cards.Spendable(ctx, "GC-1", money.EUR)
	require.Equal(t, coupon.Ended, reason(err))
	require.NoError(t, cards.GiveBack(ctx, "GC-1", "back", "try-1", eur(500)), "also when it has ended")
	require.NoError(t, cards.GiveBack(ctx, "GC-1", "back", "try-1", eur(500)))
	require.Equal(t, coupon.RefundedTooMuch, reason(cards.GiveBack(ctx, "GC-1", "again", "try-1", eur(201))))
	require.NoError(t, cards.GiveBack(ctx, "GC-1", "again", "try-1", eur(200)))
	d.now = d.now.AddDate(-1, 0, 0)
	has(1000, 0)
	require.NoError(t, cards.Hold(ctx, "GC-1", "try-3", eur(1000), d.soon()))
	d.now = d.soon()
	has(1000, 0)
	require.NoError(t, cards.Hold(ctx, "GC-1", "try-4", eur(1000), d.soon()))
}

// However many try at once with holds that end, are released and committed, a limit
// is never exceeded, and all uses are accounted for.
func TestHoldsInParallel(t *testing.T) {
	ctx := t.Context()
	d := newDesk(t, coupon.Campaign{Limit: 5}, coupon.Code{Code: "X"})
	var committed atomic.Int64
	suite.Together(200, func(i int) {
		ref := fmt.Sprint("try-", i)
		if err := d.Hold(ctx, ref, coupon.Request{Code: "X", Customer: flywheel.CustomerID(ref)}, d.soon()); err != nil {
			return
		}
		if i%3 == 0 {
			if d.Release(ctx, ref, "X") != nil {
				t.Error("release")
			}
			return
		}
		if d.Commit(ctx, ref, "X") == nil {
			committed.Add(1)
		}
	})
	require.LessOrEqual(t, committed.Load(), int64(5))
	d.uses(t, committed.Load(), 0)
}

func ExampleCards() {
	ctx := context.Background()
	coupons, err := coupon.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = coupons.SaveCampaign(ctx, coupon.Campaign{ID: "gift cards"})
	fmt.Println(err, coupons.Add(ctx, coupon.Code{Code: "CARD", Campaign: "gift cards", Value: money.New(5000, money.EUR)}))
	var cards *coupon.Cards = coupons.Cards()
	fmt.Println(cards.Hold(ctx, "CARD", "order-1", money.New(3000, money.EUR), time.Now().Add(time.Hour)))
	left, err := cards.Spendable(ctx, "CARD", money.EUR)
	fmt.Println(left, err)
	fmt.Println(cards.Commit(ctx, "CARD", "order-1"), cards.GiveBack(ctx, "CARD", "return-1", "order-1", money.New(1000, money.EUR)))
	left, err = cards.Spendable(ctx, "CARD", money.EUR)
	fmt.Println(left, err)
	// Output:
	// <nil> <nil>
	// <nil>
	// 20.00 EUR <nil>
	// <nil> <nil>
	// 30.00 EUR <nil>
}

// A use is held before the order is paid, and given back when it is canceled.
func ExampleService_Hold() {
	ctx := context.Background()
	coupons, err := coupon.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = coupons.SaveCampaign(ctx, coupon.Campaign{ID: "spring", Limit: 1})
	fmt.Println(err, coupons.Add(ctx, coupon.Code{Code: "ONCE", Campaign: "spring"}))
	soon := time.Now().Add(15 * time.Minute)
	fmt.Println(coupons.Hold(ctx, "order-1", coupon.Request{Code: "once"}, soon))
	fmt.Println(coupons.Hold(ctx, "order-2", coupon.Request{Code: "once"}, soon))
	fmt.Println(coupons.Commit(ctx, "order-1", "once"))
	fmt.Println(coupons.GiveBack(ctx, "order-1", "once"))
	fmt.Println(coupons.Hold(ctx, "order-2", coupon.Request{Code: "once"}, soon))
	// Output:
	// <nil> <nil>
	// <nil>
	// coupon: this code cannot be used: not found
	// <nil>
	// <nil>
	// <nil>
}

// Holds that cannot be listed are not none.
func TestUsesNeedTheHolds(t *testing.T) {
	ctx, down := t.Context(), errors.New("the store is down")
	var fail bool
	svc, err := coupon.New(coupontest.Failing(coupon.NewMemory(nil), func(call string, _ bool) error {
		if fail && call == "Redemptions" {
			return down
		}
		return nil
	}), nil)
	require.NoError(t, err)
	_, err = svc.SaveCampaign(ctx, coupon.Campaign{ID: "c"})
	require.NoError(t, err)
	_, _, err = svc.Uses(ctx, "c")
	require.NoError(t, err)
	fail = true
	_, _, err = svc.Uses(ctx, "c")
	require.ErrorIs(t, err, down)
}

// The same try again renews its hold.
func TestHoldIsRenewed(t *testing.T) {
	ctx := t.Context()
	d := newDesk(t, coupon.Campaign{}, coupon.Code{Code: "TEN"})
	q := coupon.Request{Code: "TEN", Customer: "ann"}
	require.NoError(t, d.Hold(ctx, "try", q, d.now.Add(10*time.Minute)))
	require.NoError(t, d.Hold(ctx, "try", q, d.now.Add(30*time.Minute)))
	d.now = d.now.Add(20 * time.Minute)
	d.uses(t, 0, 1)
	d.now = d.now.Add(10 * time.Minute)
	d.uses(t, 0, 0)
}

// What could not be looked up is an error, neither a refusal nor none.
func TestStoreThatFailsIsNoRefusal(t *testing.T) {
	ctx, down := t.Context(), errors.New("the store is down")
	which := ""
	svc, err := coupon.New(coupontest.Failing(coupon.NewMemory(nil), func(call string, _ bool) error {
		if call == which {
			return down
		}
		return nil
	}), nil)
	require.NoError(t, err)
	_, err = svc.SaveCampaign(ctx, coupon.Campaign{ID: "c", Limit: 1})
	require.NoError(t, err)
	require.NoError(t, svc.Add(ctx, coupon.Code{Code: "ONCE", Campaign: "c"}))
	_, err = svc.Redeem(ctx, "k", coupon.Request{Code: "ONCE", Customer: "ann"})
	require.NoError(t, err)
	q := coupon.Request{Code: "ONCE", Customer: "ben", Ref: "try"}
	_, err = svc.Look(ctx, q)
	require.Equal(t, coupon.CampaignUsedUp, reason(err))
	for _, which = range []string{"Code", "Campaign", "Used", "Expire", "Redemption"} {
		_, err := svc.Look(ctx, q)
		require.ErrorIs(t, err, down, which)
		require.Empty(t, reason(err), which)
	}

	canceled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = coupon.NewMemory(nil).Expire(canceled, "c", time.Now())
	require.ErrorIs(t, err, context.Canceled)
}
