package coupon_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/coupontest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

// shop is a service with a clock and a limiter that does not stand in the way.
type shop struct {
	*coupon.Service
	t   *testing.T
	now time.Time
}

func newShop(t *testing.T, store coupon.Store) *shop {
	s := &shop{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	patient, err := coupon.NewLimiter(1000, time.Hour)
	require.NoError(t, err)
	s.Service, err = coupon.New(store, &coupon.Options{Now: func() time.Time { return s.now }, Customers: patient})
	require.NoError(t, err)
	return s
}

func (s *shop) campaign(c coupon.Campaign, codes ...coupon.Code) {
	s.t.Helper()
	_, err := s.SaveCampaign(s.t.Context(), c)
	require.NoError(s.t, err)
	for i := range codes {
		codes[i].Campaign = c.ID
	}
	require.NoError(s.t, s.Add(s.t.Context(), codes...))
}

func (s *shop) redeem(key, code string, amount int64) error {
	_, err := s.Redeem(s.t.Context(), key, coupon.Request{Code: code, Customer: "ann", Amount: eur(amount)})
	return err
}

func (s *shop) refused(err error, why coupon.Reason) *coupon.RefusedError {
	s.t.Helper()
	require.ErrorIs(s.t, err, coupon.ErrRefused)
	require.ErrorIs(s.t, err, flywheel.ErrNotFound)
	require.Equal(s.t, coupon.ErrRefused.Error(), err.Error(), "the text tells nothing")
	r, ok := errors.AsType[*coupon.RefusedError](err)
	require.True(s.t, ok)
	require.Equal(s.t, why, r.Reason)
	return r
}

func TestRedeem(t *testing.T) {
	s := newShop(t, nil)
	s.campaign(coupon.Campaign{ID: "c", Starts: s.now, Ends: s.now.Add(time.Hour), Limit: 3, PerCode: 2, PerCustomer: 2},
		coupon.Code{Code: "SAVE10"}, coupon.Code{Code: "BOB", Customer: "bob"}, coupon.Code{Code: "OTHER"})

	s.now = s.now.Add(-1)
	s.refused(s.redeem("0", "save10", 5), coupon.NotStarted)
	s.now = s.now.Add(1)
	require.NoError(t, s.redeem("1", "ｓａｖｅ10 ", 5))
	require.NoError(t, s.redeem("1", "SAVE10", 5), "again")
	require.ErrorIs(t, s.redeem("1", "SAVE10", 6), coupon.ErrOtherBody)
	s.refused(s.redeem("2", "BOB", 5), coupon.OtherCustomer)
	s.refused(s.redeem("2", "SAVE1O", 5), coupon.Unknown)
	s.refused(s.redeem("2", "", 5), coupon.Unknown)
	_, err := s.Redeem(t.Context(), "2", coupon.Request{Code: "SAVE10", Visitor: "v"})
	s.refused(err, coupon.NeedsCustomer)
	_, err = s.Redeem(t.Context(), "2", coupon.Request{Code: "SAVE10", Customer: "ann", Campaign: "d"})
	s.refused(err, coupon.Unknown)
	require.NoError(t, s.redeem("2", "SAVE10", 5))
	require.Zero(t, s.refused(s.redeem("3", "SAVE10", 5), coupon.CodeUsedUp).Left)
	s.refused(s.redeem("3", "OTHER", 5), coupon.CustomerUsedUp)
	_, err = s.Check(t.Context(), coupon.Request{Code: "OTHER", Customer: "ann"})
	s.refused(err, coupon.CustomerUsedUp)
	c, err := s.Check(t.Context(), coupon.Request{Code: "OTHER", Customer: "bob"})
	require.NoError(t, err)
	require.Equal(t, "c", c.ID)
	_, err = s.Redeem(t.Context(), "bob", coupon.Request{Code: "bob", Customer: "bob"})
	require.NoError(t, err)
	_, err = s.Redeem(t.Context(), "carl", coupon.Request{Code: "OTHER", Customer: "carl"})
	s.refused(err, coupon.CampaignUsedUp)

	r, err := s.Cancel(t.Context(), "1")
	require.NoError(t, err)
	require.Equal(t, s.now, r.Canceled)
	_, err = s.Cancel(t.Context(), "1")
	require.NoError(t, err)
	used, err := s.Used(t.Context(), "c")
	require.NoError(t, err)
	require.EqualValues(t, 2, used, "given back once")
	require.ErrorIs(t, s.redeem("1", "SAVE10", 5), coupon.ErrCanceled)
	_, err = s.Cancel(t.Context(), "none")
	require.ErrorIs(t, err, flywheel.ErrNotFound)

	s.now = s.now.Add(time.Hour)
	s.refused(s.redeem("4", "SAVE10", 5), coupon.Ended)
	require.NoError(t, s.redeem("2", "SAVE10", 5), "what was redeemed in time stays so")
	require.ErrorIs(t, s.redeem("2", "SAVE10", 7), coupon.ErrOtherBody)
	s.now = s.now.Add(-time.Hour)
	c.Disabled = true
	_, err = s.SaveCampaign(t.Context(), c)
	require.NoError(t, err)
	s.refused(s.redeem("4", "SAVE10", 5), coupon.Disabled)
	_, err = s.SaveCampaign(t.Context(), c)
	require.ErrorIs(t, err, coupon.ErrStale)
}

// Budgets are for the days, weeks, months and years of the campaign's time zone,
// and a cancellation gives back to those that it was taken from.
func TestBudgets(t *testing.T) {
	for _, c := range []struct {
		period     coupon.Period
		last, next string // the last moment of one and the first of the next
	}{
		{coupon.Daily, "2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z"},  // midnight in Berlin
		{coupon.Weekly, "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"}, // Monday, in summer time
		{coupon.Monthly, "2026-03-31T21:59:59Z", "2026-03-31T22:00:00Z"},
		{coupon.Yearly, "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z"},
	} {
		t.Run(string(c.period), func(t *testing.T) {
			s := newShop(t, nil)
			at := func(text string) {
				var err error
				s.now, err = time.Parse(time.RFC3339, text)
				require.NoError(t, err)
			}
			s.campaign(coupon.Campaign{ID: "c", TimeZone: "Europe/Berlin", Budgets: []coupon.Budget{
				{Period: c.period, Amount: eur(100)}, {Period: coupon.Always, Amount: eur(250)},
			}}, coupon.Code{Code: "X"})
			at(c.last)
			require.NoError(t, s.redeem("1", "X", 60))
			require.EqualValues(t, 40, s.refused(s.redeem("2", "X", 41), coupon.BudgetSpent).Left)
			require.NoError(t, s.redeem("2", "X", 40))
			at(c.next)
			require.NoError(t, s.redeem("3", "X", 100))
			_, err := s.Cancel(t.Context(), "1")
			require.NoError(t, err)
			s.refused(s.redeem("4", "X", 1), coupon.BudgetSpent)
			at(c.last)
			require.NoError(t, s.redeem("4", "X", 60))
			s.now = s.now.AddDate(3, 0, 0)
			s.refused(s.redeem("5", "X", 51), coupon.BudgetSpent)
			require.NoError(t, s.redeem("5", "X", 50))
			_, err = s.Redeem(t.Context(), "6", coupon.Request{Code: "X", Amount: money.New(1, money.USD)})
			s.refused(err, coupon.OtherCurrency)
		})
	}
}

func TestCards(t *testing.T) {
	s := newShop(t, nil)
	s.campaign(coupon.Campaign{ID: "cards", Ends: s.now.AddDate(3, 0, 0)}, coupon.Code{Code: "COUPON"})
	cards, err := s.IssueCards(t.Context(), "cards", coupon.Pattern{}, 2, eur(50_00))
	require.NoError(t, err)
	q := func(amount money.Amount) coupon.Request { return coupon.Request{Code: cards[0], Amount: amount} }
	charge := func(key string, amount money.Amount) error {
		_, err := s.Charge(t.Context(), key, q(amount))
		return err
	}
	require.NoError(t, charge("1", eur(30_00)))
	require.NoError(t, charge("1", eur(30_00)))
	require.EqualValues(t, 20_00, s.refused(charge("2", eur(20_01)), coupon.NoBalance).Left)
	s.refused(charge("2", money.New(1, money.USD)), coupon.OtherCurrency)
	require.ErrorIs(t, charge("2", eur(0)), flywheel.ErrInvalid)
	require.NoError(t, charge("2", eur(20_00)))
	balance := func(want int64) {
		t.Helper()
		left, err := s.Balance(t.Context(), q(money.Amount{}))
		require.NoError(t, err)
		require.Equal(t, eur(want), left)
	}
	balance(0)
	refund := func(key, of string, amount int64) error {
		_, err := s.Refund(t.Context(), key, of, eur(amount))
		return err
	}
	require.NoError(t, refund("r1", "1", 10_00))
	require.NoError(t, refund("r1", "1", 10_00))
	require.EqualValues(t, 20_00, s.refused(refund("r2", "1", 20_01), coupon.RefundedTooMuch).Left)
	s.refused(refund("r3", "r1", 1), coupon.NotThisKindOfUse)
	require.ErrorIs(t, refund("r3", "1", 0), flywheel.ErrInvalid)
	require.ErrorIs(t, refund("r3", "none", 1), flywheel.ErrNotFound)
	require.ErrorIs(t, refund("", "1", 1), flywheel.ErrInvalid)
	_, err = s.Refund(t.Context(), "r3", "1", money.New(1, money.USD))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = s.Cancel(t.Context(), "1")
	s.refused(err, coupon.NotThisKindOfUse)
	s.refused(s.redeem("3", cards[0], 0), coupon.NotThisKindOfUse)
	_, err = s.Charge(t.Context(), "3", coupon.Request{Code: "COUPON", Amount: eur(1)})
	s.refused(err, coupon.NotThisKindOfUse)
	balance(10_00)
	s.now = s.now.AddDate(3, 0, 0)
	s.refused(charge("4", eur(1)), coupon.Ended)
	require.NoError(t, refund("r4", "2", 20_00), "money goes back to a card that is over")

	for _, p := range []coupon.Pattern{{Length: 12}, {Length: 19, Alphabet: coupon.Digits}} {
		_, err := s.IssueCards(t.Context(), "cards", p, 1, eur(1))
		weak, ok := errors.AsType[*coupon.StrengthError](err)
		require.True(t, ok)
		require.Equal(t, 64, weak.MinBits)
	}
	_, err = s.IssueCards(t.Context(), "cards", coupon.Pattern{}, 1, eur(0))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = s.IssueCards(t.Context(), "none", coupon.Pattern{}, 1, eur(1))
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

func TestIssue(t *testing.T) {
	s := newShop(t, nil)
	s.campaign(coupon.Campaign{ID: "once", PerCode: 1})
	s.campaign(coupon.Campaign{ID: "any"})
	_, err := s.Issue(t.Context(), "once", coupon.Pattern{Length: 9}, 5)
	require.ErrorIs(t, err, flywheel.ErrInvalid, "44 bits")
	codes, err := s.Issue(t.Context(), "once", coupon.Pattern{Length: 10}, 100)
	require.NoError(t, err)
	for i, code := range codes[:3] {
		require.NoError(t, s.redeem(fmt.Sprint("a", i), code, 0))
		s.refused(s.redeem(fmt.Sprint("b", i), code, 0), coupon.CodeUsedUp)
	}
	_, err = s.Issue(t.Context(), "any", coupon.Pattern{Length: 4}, 5)
	require.NoError(t, err)
	_, err = s.Issue(t.Context(), "none", coupon.Pattern{Length: 10}, 5)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	require.ErrorIs(t, s.Add(t.Context(), coupon.Code{Code: codes[0], Campaign: "any"}), coupon.ErrTaken)
	for _, c := range []coupon.Code{{Code: "save", Campaign: "any"}, {Campaign: "any"}, {Code: "A", Campaign: "any", Customer: " "}, {Code: "A", Campaign: "any", Value: eur(-1)}} {
		require.ErrorIs(t, s.Add(t.Context(), c), flywheel.ErrInvalid)
	}
	require.ErrorIs(t, s.Add(t.Context(), coupon.Code{Code: "A", Campaign: "none"}), flywheel.ErrNotFound)
}

func TestCampaignRefuses(t *testing.T) {
	s := newShop(t, nil)
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for field, c := range map[string]coupon.Campaign{
		"id":                {},
		"ends":              {ID: "c", Starts: day, Ends: day},
		"limit":             {ID: "c", Limit: -1},
		"per_code":          {ID: "c", PerCode: -1},
		"per_customer":      {ID: "c", PerCustomer: -1},
		"time_zone":         {ID: "c", TimeZone: "Mars/Olympus"},
		"budgets[0].period": {ID: "c", Budgets: []coupon.Budget{{Period: "fortnight", Amount: eur(1)}}},
		"budgets[0].amount": {ID: "c", Budgets: []coupon.Budget{{Period: coupon.Daily}}},
		"budgets[1].period": {ID: "c", Budgets: []coupon.Budget{{Period: coupon.Daily, Amount: eur(1)}, {Period: coupon.Daily, Amount: eur(2)}}},
		"budgets[1].amount": {ID: "c", Budgets: []coupon.Budget{{Period: coupon.Daily, Amount: eur(1)}, {Period: coupon.Weekly, Amount: money.New(2, money.USD)}}},
	} {
		_, err := s.SaveCampaign(t.Context(), c)
		f, ok := errors.AsType[*coupon.FieldError](err)
		require.True(t, ok, "%s: %v", field, err)
		require.Equal(t, field, f.Field)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	for field, q := range map[string]coupon.Request{
		"customer": {Customer: " "}, "visitor": {Visitor: "\n"}, "campaign": {Campaign: " "}, "ref": {Ref: " "}, "amount": {Amount: eur(-1)},
	} {
		_, err := s.Redeem(t.Context(), "key", q)
		f, ok := errors.AsType[*coupon.FieldError](err)
		require.True(t, ok, "%s: %v", field, err)
		require.Equal(t, field, f.Field)
	}
	_, err := s.Redeem(t.Context(), "", coupon.Request{})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// Whatever call of the store fails, before or after its effect, the order that is
// tried again uses the coupon once and the cancelled one gives it back once.
func TestCrashes(t *testing.T) {
	broken := errors.New("the store is gone")
	for fail := 1; ; fail++ {
		calls := 0
		hook := func(string, bool) error {
			if calls++; calls == fail {
				return broken
			}
			return nil
		}
		armed := false
		s := newShop(t, coupontest.Failing(coupon.NewMemory(nil), func(call string, after bool) error {
			if !armed {
				return nil
			}
			return hook(call, after)
		}))
		s.campaign(coupon.Campaign{ID: "c", Limit: 1}, coupon.Code{Code: "X"})
		armed = true
		failed := false
		try := func(fn func() error) {
			err := fn()
			if err != nil {
				require.ErrorIs(t, err, broken)
				failed = true
				err = fn()
			}
			require.NoError(t, err)
		}
		try(func() error { return s.redeem("order", "X", 5) })
		try(func() error { _, err := s.Cancel(t.Context(), "order"); return err })
		armed = false
		used, err := s.Used(t.Context(), "c")
		require.NoError(t, err)
		require.Zero(t, used)
		if !failed {
			require.Greater(t, fail, 8)
			return
		}
	}
}
