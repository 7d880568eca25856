package paymenttest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s payment.NoticeStore) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) payment.NoticeStore, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type check func(w *world)

var contract = suite.Suite[payment.NoticeStore, check]{
	Cases: cases,
	Call: func(t suite.T, check check, s payment.NoticeStore, tx flywheel.Transactor) error {
		check(&world{suite.Checker{T: t}, s, tx})
		return nil
	},
}

// world is what a check works on.
type world struct {
	suite.Checker
	payment.NoticeStore
	tx flywheel.Transactor
}

var (
	noon  = time.Date(2026, 2, 28, 12, 0, 0, 123456000, time.UTC)
	until = noon.Add(5 * time.Minute)
)

func notice(id string) payment.Notice {
	return payment.Notice{
		ID: id, Type: payment.NoticeCaptured, Session: "s", Order: "o", Charge: "c", Authorization: "a", Subject: "x",
		Amount: money.New(2599, money.EUR), Reason: "none", At: noon,
	}
}

func (w *world) claim(n payment.Notice, now time.Time, want bool) {
	w.Helper()
	got, err := w.Claim(w.Context(), n, now, now.Add(5*time.Minute))
	w.OK(err)
	w.same(fmt.Sprintf("the claim of %q", n.ID), got, want)
}

func (w *world) apply(n payment.Notice, at time.Time) {
	w.Helper()
	w.claim(n, at, true)
	w.OK(w.Settle(w.Context(), n.ID, true, at))
}

func (w *world) same(what string, got, want any) {
	w.Helper()
	if err := suite.Same(what, got, want); err != nil {
		w.Errorf("%v", err)
	}
}

func (w *world) lists(from time.Time, want ...string) {
	w.Helper()
	list, err := suite.Collect(w.Notices(w.Context(), from))
	w.OK(err)
	var got []string
	for _, r := range list {
		got = append(got, r.ID)
	}
	w.same("the notices", got, want)
}

var cases = []suite.Case[check]{
	{Name: "claim/once", Rule: "A notice is claimed by one, is applied once, and comes back as it was written.", Check: func(w *world) {
		n := notice("n")
		n.At = noon.Add(777).In(time.FixedZone("", 3600))
		w.claim(n, noon, true)
		_, err := w.Claim(w.Context(), n, until.Add(-time.Microsecond), until)
		w.Matches(err, payment.ErrBusy)
		w.lists(time.Time{})
		w.OK(w.Settle(w.Context(), "n", true, noon.Add(777)))
		w.claim(n, noon, false)
		w.claim(n, until.Add(time.Hour), false)
		list, err := suite.Collect(w.Notices(w.Context(), time.Time{}))
		w.OK(err)
		w.same("the notices", list, []payment.Received{{Notice: notice("n"), Received: noon}})
		w.OK(w.Settle(w.Context(), "n", false, noon))
		w.OK(w.Settle(w.Context(), "n", true, noon.Add(time.Hour)))
		w.OK(w.Settle(w.Context(), "missing", true, noon))
		w.lists(noon, "n")
		w.lists(noon.Add(time.Microsecond))
		bare := payment.Notice{ID: "bare", Type: "moon.full"}
		w.apply(bare, noon.Add(time.Second))
		list, err = suite.Collect(w.Notices(w.Context(), noon.Add(1)))
		w.OK(err)
		w.same("the notices", list, []payment.Received{{Notice: bare, Received: noon.Add(time.Second)}})
	}},
	{Name: "claim/given-up", Rule: "A claim that was given up, or is over, is as if the notice had not come.", Check: func(w *world) {
		w.claim(notice("n"), noon, true)
		w.OK(w.Settle(w.Context(), "n", false, noon))
		w.claim(notice("n"), noon, true)
		w.claim(notice("n"), until, true)
		other := notice("n")
		other.Amount = money.New(7, money.USD)
		w.apply(other, until.Add(5*time.Minute))
		list, err := suite.Collect(w.Notices(w.Context(), time.Time{}))
		w.OK(err)
		w.same("the notices", list, []payment.Received{{Notice: other, Received: until.Add(5 * time.Minute)}})
	}},
	{Name: "claim/race", Rule: "Of many that claim one notice at once, one does.", Check: func(w *world) {
		_, err := suite.Race(16, payment.ErrBusy, func(int) error {
			claimed, err := w.Claim(w.Context(), notice("n"), noon, until)
			if err == nil && !claimed {
				return errors.New("nobody has applied it")
			}
			return err
		})
		w.OK(err)
	}},
	{Name: "text/odd", Rule: "Identifiers are compared byte by byte.", Check: func(w *world) {
		for i, text := range suite.OddTexts {
			n := notice(text)
			n.Order, n.Reason = text, text
			w.apply(n, noon.Add(time.Duration(i)*time.Second))
		}
		w.lists(time.Time{}, suite.OddTexts...)
	}},
	{Name: "trim", Rule: "Trim forgets what was applied before an instant, the oldest first, and no claim.", Check: func(w *world) {
		for i, id := range []string{"a", "c", "b", "d"} {
			w.apply(notice(id), noon.Add(time.Duration(i/2)*time.Second))
		}
		w.claim(notice("open"), noon, true)
		trim := func(before time.Time, limit, want int) {
			w.Helper()
			n, err := w.Trim(w.Context(), before, limit)
			w.OK(err)
			w.same("the number of those forgotten", n, want)
		}
		trim(noon, 9, 0)
		trim(noon.Add(1), 1, 1)
		w.lists(time.Time{}, "c", "b", "d")
		trim(noon.Add(time.Second), 9, 1)
		w.lists(time.Time{}, "b", "d")
		trim(noon.Add(time.Hour), 9, 2)
		_, err := w.Claim(w.Context(), notice("open"), noon, until)
		w.Matches(err, payment.ErrBusy)
		w.claim(notice("a"), noon, true)
	}},
	{Name: "context/canceled", Rule: "A call whose context is over does nothing.", Check: func(w *world) {
		w.apply(notice("n"), noon)
		over, cancel := context.WithCancel(w.Context())
		cancel()
		_, claimed := w.Claim(over, notice("m"), noon, until)
		_, listed := suite.Collect(w.Notices(over, noon))
		_, trimmed := w.Trim(over, until, 9)
		for _, err := range []error{claimed, listed, trimmed, w.Settle(over, "n", true, noon)} {
			w.Matches(err, context.Canceled)
		}
		w.lists(time.Time{}, "n")
		w.claim(notice("m"), noon, true)
	}},
	{Name: "transaction/commit", Transactions: true, Rule: "Calls in one transaction see each other and are kept together; a refusal leaves the rest.", Check: func(w *world) {
		w.OK(w.tx.InTx(w.Context(), func(ctx context.Context) error {
			claimed, err := w.Claim(ctx, notice("n"), noon, until)
			if err != nil || !claimed {
				return fmt.Errorf("claimed %t: %w", claimed, err)
			}
			if _, err := w.Claim(ctx, notice("n"), noon, until); !errors.Is(err, payment.ErrBusy) {
				return fmt.Errorf("claimed twice: %w", err)
			}
			return w.Settle(ctx, "n", true, noon)
		}))
		w.lists(noon, "n")
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "An error or a panic of the transaction takes back every call in it.", Check: func(w *world) {
		w.apply(notice("old"), noon)
		w.claim(notice("open"), noon, true)
		for _, panics := range []bool{false, true} {
			w.OK(suite.RollBack(w.Context(), w.tx, panics, func(ctx context.Context) error {
				_, claimed := w.Claim(ctx, notice("n"), noon, until)
				_, trimmed := w.Trim(ctx, until, 9)
				return errors.Join(claimed, trimmed, w.Settle(ctx, "n", true, noon), w.Settle(ctx, "open", false, noon))
			}))
			w.lists(time.Time{}, "old")
			_, err := w.Claim(w.Context(), notice("open"), noon, until)
			w.Matches(err, payment.ErrBusy)
		}
		w.claim(notice("n"), noon, true)
	}},
}
