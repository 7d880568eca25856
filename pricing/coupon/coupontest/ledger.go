package coupontest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var ledgerChecks = []testCase{
	{Name: "redeem/round-trip", Rule: "A redemption comes back as it was written, its tallies by name and its time in UTC to the microsecond.", Check: func(e *env) {
		for _, name := range names {
			r := use("key "+name, coupon.Tally{Name: "z " + name, Add: 3, Limit: 3}, coupon.Tally{Name: "a " + name, Add: 0, Limit: coupon.Unlimited})
			r.Code, r.Customer, r.Ref, r.At = name, flywheel.CustomerID(name), name, noon.Add(77).In(time.FixedZone("", -7200))
			answer, err := e.Redeem(e.Context(), r)
			e.OK(err)
			e.same("the answer", answer, r.Stored())
			got, err := e.Redemption(e.Context(), r.Key)
			e.OK(err)
			e.same("the redemption", got, r.Stored())
			e.used("z "+name, 3)
		}
		bare := coupon.Redemption{Key: "bare", Code: "x", Campaign: "c", At: noon}
		_, err := e.Redeem(e.Context(), bare)
		e.OK(err)
		got, err := e.Redemption(e.Context(), "bare")
		e.OK(err)
		e.same("the redemption", got, bare)
		_, err = e.Redemption(e.Context(), "BARE")
		e.Matches(err, flywheel.ErrNotFound)
	}},
	{Name: "redeem/limit", Rule: "A tally goes up to its limit and no further, nor below 0; a refused redemption adds to none of its tallies.", Check: func(e *env) {
		redeem := func(key string, tallies ...coupon.Tally) error {
			_, err := e.Redeem(e.Context(), use(key, tallies...))
			return err
		}
		e.OK(redeem("1", coupon.Tally{Name: "b", Add: 4, Limit: 5}))
		refused := func(key, name string, used int64, tallies ...coupon.Tally) {
			e.Helper()
			err := redeem(key, tallies...)
			t, ok := errors.AsType[*coupon.TallyError](err)
			if !ok || t.Tally.Name != name || t.Used != used {
				e.Fatalf("error is %v, want that of %q at %d", err, name, used)
			}
			e.Matches(err, flywheel.ErrConflict)
			_, err = e.Redemption(e.Context(), key)
			e.Matches(err, flywheel.ErrNotFound)
		}
		refused("2", "b", 4, coupon.Tally{Name: "c", Add: 1, Limit: 1}, coupon.Tally{Name: "b", Add: 2, Limit: 5}, coupon.Tally{Name: "a", Add: 1, Limit: 9})
		refused("3", "b", 4, coupon.Tally{Name: "b", Add: -5, Limit: coupon.Unlimited})
		refused("4", "b", 4, coupon.Tally{Name: "b", Add: math.MaxInt64, Limit: coupon.Unlimited})
		refused("5", "new", 0, coupon.Tally{Name: "new", Add: 2, Limit: 1})
		refused("6", "new", 0, coupon.Tally{Name: "new", Add: -1, Limit: 1})
		refused("7", "b", 4, coupon.Tally{Name: "b", Add: 0, Limit: 3}) // the limit was lowered
		for _, name := range []string{"a", "c", "new"} {
			e.used(name, 0)
		}
		e.OK(redeem("8", coupon.Tally{Name: "b", Add: 1, Limit: 5}))
		e.OK(redeem("9", coupon.Tally{Name: "b", Add: -5, Limit: 5}))
		e.OK(redeem("10", coupon.Tally{Name: "b", Add: math.MaxInt64, Limit: math.MaxInt64}))
		e.used("b", math.MaxInt64)
		other, err := e.Used(e.Context(), "another campaign", "b")
		e.OK(err)
		e.same("the tally of another campaign", other, int64(0))
	}},
	{Name: "redeem/repeated", Rule: "The same redemption again answers as the first time and adds nothing, whatever its time and tallies are now.", Check: func(e *env) {
		first, err := e.Redeem(e.Context(), use("k", coupon.Tally{Name: "t", Add: 1, Limit: 1}))
		e.OK(err)
		again := use("k", coupon.Tally{Name: "t", Add: 1, Limit: 1}, coupon.Tally{Name: "u", Add: 1, Limit: 0})
		again.At = noon.AddDate(1, 0, 0)
		answer, err := e.Redeem(e.Context(), again)
		e.OK(err)
		e.same("the second answer", answer, first)
		e.used("t", 1)
		e.used("u", 0)
	}},
	{Name: "redeem/other-body", Rule: "A key that is there with another code, campaign, customer, ref or amount is refused.", Check: func(e *env) {
		_, err := e.Redeem(e.Context(), use("k", coupon.Tally{Name: "t", Add: 1, Limit: 9}))
		e.OK(err)
		for i, change := range []func(r *coupon.Redemption){
			func(r *coupon.Redemption) { r.Code = "X" },
			func(r *coupon.Redemption) { r.Campaign = "d" },
			func(r *coupon.Redemption) { r.Customer = "" },
			func(r *coupon.Redemption) { r.Ref = "other" },
			func(r *coupon.Redemption) { r.Amount = money.New(38, money.EUR) },
			func(r *coupon.Redemption) { r.Amount = money.New(37, money.USD) },
		} {
			r := use("k", coupon.Tally{Name: "t", Add: 1, Limit: 9})
			change(&r)
			if _, err := e.Redeem(e.Context(), r); !errors.Is(err, coupon.ErrOtherBody) {
				e.Errorf("change %d: %v", i, err)
			}
		}
		e.used("t", 1)
	}},
	{Name: "redeem/one-key-at-once", Rule: "Of many callers with one key all get one answer, and it is counted once.", Check: func(e *env) {
		suite.Together(24, func(int) {
			answer, err := e.Redeem(e.Context(), use("k", coupon.Tally{Name: "t", Add: 1, Limit: 1}))
			if err != nil || answer.Key != "k" {
				e.Errorf("answer %+v, %v", answer, err)
			}
		})
		e.used("t", 1)
	}},
	{Name: "redeem/race", Rule: "However many redeem at once, a tally never goes beyond its limit, and reaches it.", Check: func(e *env) {
		const n, limit = 40, 7
		wins := make([]bool, n)
		suite.Together(n, func(i int) {
			_, err := e.Redeem(e.Context(), use(fmt.Sprint("key ", i), coupon.Tally{Name: "t", Add: 1, Limit: limit}, coupon.Tally{Name: fmt.Sprint("own ", i%3), Add: 1, Limit: coupon.Unlimited}))
			wins[i] = err == nil
			if err != nil && !errors.Is(err, flywheel.ErrConflict) {
				e.Errorf("%v", err)
			}
		})
		count := 0
		for _, won := range wins {
			if won {
				count++
			}
		}
		if count != limit {
			e.Errorf("%d redeemed, the limit is %d", count, limit)
		}
		e.used("t", limit)
	}},
	{Name: "redeem/crossing", Rule: "Redemptions that name their tallies in opposite order do not block each other for ever.", Check: func(e *env) {
		ctx, cancel := context.WithTimeout(e.Context(), time.Minute)
		defer cancel()
		const n = 24
		suite.Together(n, func(i int) {
			tallies := []coupon.Tally{{Name: "a", Add: 1, Limit: n}, {Name: "b", Add: 1, Limit: n}, {Name: "c", Add: 1, Limit: n}}
			if i%2 == 1 {
				tallies[0], tallies[2] = tallies[2], tallies[0]
			}
			if _, err := e.Redeem(ctx, use(fmt.Sprint(i), tallies...)); err != nil {
				e.Errorf("%v", err)
			}
		})
		for _, name := range []string{"a", "b", "c"} {
			e.used(name, n)
		}
	}},
	{Name: "cancel/once", Rule: "A cancelled redemption gives back what it used once, says when, and stays cancelled.", Check: func(e *env) {
		r := use("k", coupon.Tally{Name: "t", Add: 1, Limit: 5}, coupon.Tally{Name: "u", Add: 2, Limit: 5})
		_, err := e.Redeem(e.Context(), r)
		e.OK(err)
		_, err = e.Redeem(e.Context(), use("other", coupon.Tally{Name: "t", Add: 4, Limit: 5}, coupon.Tally{Name: "u", Add: 3, Limit: 5}))
		e.OK(err)
		want := r.Stored()
		want.Canceled = noon.Add(time.Hour)
		for i := range 3 {
			got, err := e.Cancel(e.Context(), "k", noon.Add(time.Duration(i+1)*time.Hour).In(time.FixedZone("", 60)))
			e.OK(err)
			e.same("the cancelled redemption", got, want)
		}
		e.used("t", 4)
		e.used("u", 3)
		again, err := e.Redeem(e.Context(), r)
		e.OK(err)
		e.same("the answer to its key", again, want)
		e.used("t", 4)
		_, err = e.Cancel(e.Context(), "missing", noon)
		e.Matches(err, flywheel.ErrNotFound)
	}},
	{Name: "cancel/race", Rule: "However many cancel at once, it is given back once.", Check: func(e *env) {
		_, err := e.Redeem(e.Context(), use("k", coupon.Tally{Name: "t", Add: 1, Limit: 9}))
		e.OK(err)
		_, err = e.Redeem(e.Context(), use("other", coupon.Tally{Name: "t", Add: 5, Limit: 9}))
		e.OK(err)
		suite.Together(16, func(i int) {
			if _, err := e.Cancel(e.Context(), "k", noon.Add(time.Duration(i)*time.Second)); err != nil {
				e.Errorf("%v", err)
			}
		})
		e.used("t", 5)
	}},
	{Name: "cancel/below-zero", Rule: "A tally does not go below 0 by a cancellation: nothing changes then.", Check: func(e *env) {
		_, err := e.Redeem(e.Context(), use("k", coupon.Tally{Name: "a", Add: 1, Limit: 9}, coupon.Tally{Name: "t", Add: 3, Limit: 9}))
		e.OK(err)
		_, err = e.Redeem(e.Context(), use("back", coupon.Tally{Name: "t", Add: -1, Limit: 9}))
		e.OK(err)
		_, err = e.Cancel(e.Context(), "k", noon)
		e.Matches(err, flywheel.ErrConflict)
		e.used("a", 1)
		e.used("t", 2)
		got, err := e.Redemption(e.Context(), "k")
		e.OK(err)
		if !got.Canceled.IsZero() {
			e.Errorf("it is cancelled: %+v", got)
		}
	}},
	{Name: "redemptions/list", Rule: "Redemptions yields those of one campaign by time and key, cancelled ones too.", Check: func(e *env) {
		for i, key := range []string{"b", "a", "B", "c", "d"} {
			r := use(key, coupon.Tally{Name: "t", Add: 1, Limit: 9})
			r.At = noon.Add(time.Duration(i/3) * time.Hour)
			if key == "d" {
				r.Campaign = "d"
			}
			_, err := e.Redeem(e.Context(), r)
			e.OK(err)
		}
		early := use("z")
		early.At = time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)
		_, err := e.Redeem(e.Context(), early)
		e.OK(err)
		cancelled, err := e.Cancel(e.Context(), "a", noon.Add(time.Minute))
		e.OK(err)
		var keys []string
		for r, err := range e.Redemptions(e.Context(), "c", false) {
			e.OK(err)
			keys = append(keys, r.Key)
			if r.Key == "a" {
				e.same("the cancelled one", r, cancelled)
			}
			if _, err := e.Redemption(e.Context(), r.Key); err != nil {
				e.Errorf("reading within: %v", err)
			}
		}
		e.same("the order", keys, []string{"z", "B", "a", "b", "c"})
	}},
	{Name: "ledger/copy", Rule: "A redemption that is returned or was given is a copy.", Check: func(e *env) {
		given := use("k", coupon.Tally{Name: "t", Add: 1, Limit: 9})
		saved, err := e.Redeem(e.Context(), given)
		e.OK(err)
		given.Uses[0].Add, saved.Uses[0].Add = 77, 77
		for range 2 {
			got, err := e.Redemption(e.Context(), "k")
			e.OK(err)
			if got.Uses[0].Add != 1 {
				e.Fatalf("the store shares its tallies")
			}
			got.Uses[0].Add = 77
		}
		_, err = e.Cancel(e.Context(), "k", noon)
		e.OK(err)
		e.used("t", 0)
	}},
}

var errTest = errors.New("the test's own error")

var transactionChecks = []testCase{
	{Name: "tx/commit", Rule: "Calls within InTx see each other's changes, and all of them are there afterwards.", Transactions: true, Check: func(e *env) {
		e.OK(e.tx.InTx(e.Context(), func(ctx context.Context) error {
			if _, err := e.SaveCampaign(ctx, campaign("c")); err != nil {
				return err
			}
			if err := e.AddCodes(ctx, []coupon.Code{{Code: "x", Campaign: "c"}}); err != nil {
				return err
			}
			if _, err := e.Code(ctx, "x"); err != nil {
				return err
			}
			_, err := e.Redeem(ctx, use("k", coupon.Tally{Name: "t", Add: 1, Limit: 1}))
			if n, err := e.Used(ctx, "c", "t"); n != 1 {
				e.Errorf("within the transaction %d are used, %v", n, err)
			}
			return err
		}))
		e.used("t", 1)
		_, err := e.Campaign(e.Context(), "c")
		e.OK(err)
	}},
	{Name: "tx/rollback", Rule: "When the transaction fails nothing of it remains.", Transactions: true, Check: func(e *env) {
		e.rolledBack(func() error { return errTest }, func(fn func() error) { e.Matches(fn(), errTest) })
	}},
	{Name: "tx/panic", Rule: "When the transaction panics nothing of it remains, and the panic goes on.", Transactions: true, Check: func(e *env) {
		e.rolledBack(func() error { panic(errTest) }, func(fn func() error) {
			defer func() {
				if recover() == nil {
					e.Errorf("the panic was swallowed")
				}
			}()
			e.Errorf("InTx returned %v", fn())
		})
	}},
	{Name: "tx/refused-call", Rule: "A refused call within a transaction changes nothing and the transaction goes on.", Transactions: true, Check: func(e *env) {
		e.OK(e.tx.InTx(e.Context(), func(ctx context.Context) error {
			_, err := e.Redeem(ctx, use("1", coupon.Tally{Name: "a", Add: 1, Limit: 1}, coupon.Tally{Name: "b", Add: 2, Limit: 1}))
			e.Matches(err, flywheel.ErrConflict)
			stale := campaign("c")
			stale.Version = 7
			_, err = e.SaveCampaign(ctx, stale)
			e.Matches(err, coupon.ErrStale)
			e.Matches(e.AddCodes(ctx, []coupon.Code{{Code: "y", Campaign: "c"}, {Code: "y", Campaign: "c"}}), coupon.ErrTaken)
			_, err = e.Redeem(ctx, use("2", coupon.Tally{Name: "b", Add: 1, Limit: 1}))
			return err
		}))
		e.used("a", 0)
		e.used("b", 1)
		_, err := e.Code(e.Context(), "y")
		e.Matches(err, flywheel.ErrNotFound)
	}},
}

// rolledBack makes changes in a transaction that ends as end says, and wants
// everything to be as before.
func (e *env) rolledBack(end func() error, call func(fn func() error)) {
	before, err := e.SaveCampaign(e.Context(), campaign("c"))
	e.OK(err)
	_, err = e.Redeem(e.Context(), use("k", coupon.Tally{Name: "t", Add: 4, Limit: 9}))
	e.OK(err)
	call(func() error {
		return e.tx.InTx(e.Context(), func(ctx context.Context) error {
			changed := before
			changed.Limit = 1
			_, err := e.SaveCampaign(ctx, changed)
			e.OK(err)
			_, err = e.SaveCampaign(ctx, campaign("new"))
			e.OK(err)
			e.OK(e.AddCodes(ctx, []coupon.Code{{Code: "x", Campaign: "c"}}))
			_, err = e.Redeem(ctx, use("new", coupon.Tally{Name: "t", Add: 2, Limit: 9}, coupon.Tally{Name: "new", Add: 1, Limit: 1}))
			e.OK(err)
			_, err = e.Cancel(ctx, "k", noon)
			e.OK(err)
			return end()
		})
	})
	got, err := e.Campaign(e.Context(), "c")
	e.OK(err)
	e.same("the campaign", got, before)
	_, err = e.Campaign(e.Context(), "new")
	e.Matches(err, flywheel.ErrNotFound)
	_, err = e.Code(e.Context(), "x")
	e.Matches(err, flywheel.ErrNotFound)
	_, err = e.Redemption(e.Context(), "new")
	e.Matches(err, flywheel.ErrNotFound)
	e.used("t", 4)
	e.used("new", 0)
	r, err := e.Redemption(e.Context(), "k")
	e.OK(err)
	if !r.Canceled.IsZero() {
		e.Errorf("the cancellation remains: %+v", r)
	}
}
