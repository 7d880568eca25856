package coupontest

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// over is the end of the holds of held.
var over = noon.Add(15 * time.Minute)

// held is a hold of a use that adds 1 to tally "t" up to a limit.
func held(key string, limit int64) coupon.Redemption {
	r := use(key, coupon.Tally{Name: "t", Add: 1, Limit: limit})
	r.Held = over
	return r
}

func (e *env) hold(r coupon.Redemption) {
	e.Helper()
	_, err := e.Redeem(e.Context(), r)
	e.OK(err)
}

// settles wants a hold to be settled and answers with it.
func (e *env) settles(key string, commit bool, at time.Time) coupon.Redemption {
	e.Helper()
	r, err := e.Settle(e.Context(), key, commit, at)
	e.OK(err)
	return r
}

func (e *env) refuses(key string, commit bool, at time.Time, kind error) {
	e.Helper()
	_, err := e.Settle(e.Context(), key, commit, at)
	e.Matches(err, kind)
}

func (e *env) expires(at time.Time, want int64) {
	e.Helper()
	n, err := e.Expire(e.Context(), "c", at)
	e.OK(err)
	e.same("the number of holds that are over", n, want)
}

var holdChecks = []testCase{
	{Name: "hold/counts", Rule: "A hold counts as a redemption does, comes back as it was written, and is listed among the holds while it stands.", Check: func(e *env) {
		r := held("k", 2)
		r.Held = r.Held.Add(77).In(time.FixedZone("", 3600))
		answer, err := e.Redeem(e.Context(), r)
		e.OK(err)
		e.same("the answer", answer, r.Stored())
		got, err := e.Redemption(e.Context(), "k")
		e.OK(err)
		e.same("the hold", got, r.Stored())
		e.hold(use("redeemed", coupon.Tally{Name: "t", Add: 1, Limit: 2}))
		_, err = e.Redeem(e.Context(), held("too many", 2))
		e.Matches(err, flywheel.ErrConflict)
		e.used("t", 2)
		e.same("the holds", e.keys(true), []string{"k"})
		e.same("all", e.keys(false), []string{"k", "redeemed"})
		e.settles("k", true, noon)
		e.same("the holds", e.keys(true), []string(nil))
	}},
	{Name: "hold/renewed", Rule: "A hold again counts once and lasts until the later end; a redemption under its key is refused, and so is other content.", Check: func(e *env) {
		e.hold(held("k", 1))
		for _, end := range []time.Time{over.Add(time.Hour), over.Add(-time.Minute)} {
			r := held("k", 1)
			r.Held = end
			answer, err := e.Redeem(e.Context(), r)
			e.OK(err)
			e.same("the end", answer.Held, over.Add(time.Hour))
		}
		got, err := e.Redemption(e.Context(), "k")
		e.OK(err)
		e.same("the end", got.Held, over.Add(time.Hour))
		plain, other := held("k", 1), held("k", 1)
		plain.Held, other.Ref = time.Time{}, "other"
		for _, r := range []coupon.Redemption{plain, other} {
			_, err := e.Redeem(e.Context(), r)
			e.Matches(err, coupon.ErrOtherBody)
		}
		e.used("t", 1)
	}},
	{Name: "hold/committed", Rule: "A hold that is committed before its end is a redemption, once; it can be cancelled, not released, and then is not held again.", Check: func(e *env) {
		e.hold(held("k", 2))
		want := held("k", 2).Stored()
		want.Held = time.Time{}
		for _, at := range []time.Time{over.Add(-time.Microsecond), over.Add(time.Hour)} {
			e.same("the redemption", e.settles("k", true, at), want)
		}
		e.expires(over.Add(time.Hour), 0)
		e.refuses("k", false, noon, coupon.ErrRedeemed)
		e.hold(held("k", 2))
		e.used("t", 1)
		e.refuses("missing", true, noon, flywheel.ErrNotFound)
		_, err := e.Cancel(e.Context(), "k", noon)
		e.OK(err)
		e.used("t", 0)
		e.refuses("k", true, noon, coupon.ErrCanceled)
		_, err = e.Redeem(e.Context(), held("k", 2))
		e.Matches(err, coupon.ErrCanceled)
		e.used("t", 0)
	}},
	{Name: "hold/released", Rule: "A released hold gives back what it counted, once, cannot be committed, and may be taken again.", Check: func(e *env) {
		e.hold(held("k", 1))
		want := held("k", 1).Stored()
		want.Canceled = noon
		for _, at := range []time.Time{noon, noon.Add(time.Minute)} {
			e.same("the released hold", e.settles("k", false, at), want)
		}
		e.used("t", 0)
		e.refuses("k", true, noon, coupon.ErrCanceled)
		e.hold(held("k", 1))
		e.used("t", 1)
		_, err := e.Cancel(e.Context(), "k", noon)
		e.OK(err)
		e.used("t", 0)
		e.hold(held("another", 1))
		_, err = e.Redeem(e.Context(), held("k", 1))
		e.Matches(err, flywheel.ErrConflict)
		e.used("t", 1)
	}},
	{Name: "hold/over", Rule: "A hold is over at its end, that instant included: it cannot be committed, and Expire gives back what it counted.", Check: func(e *env) {
		e.hold(held("k", 9))
		e.hold(held("l", 9))
		elsewhere := held("m", 9)
		elsewhere.Campaign = "d"
		e.hold(elsewhere)
		later := held("n", 9)
		later.Held = over.Add(time.Microsecond)
		e.hold(later)
		e.expires(over.Add(-time.Microsecond), 0)
		e.used("t", 3)
		e.refuses("k", true, over, flywheel.ErrExpired)
		e.expires(over, 2)
		e.expires(over, 0)
		e.used("t", 1)
		e.same("the holds", e.keys(true), []string{"n"})
		e.refuses("k", true, noon, flywheel.ErrExpired)
		e.settles("k", false, over)
		got, err := e.Redemption(e.Context(), "k")
		e.OK(err)
		e.same("when it was cancelled", got.Canceled, over)
		e.used("t", 1)
		again := held("k", 9)
		again.Held = over.Add(time.Hour)
		e.hold(again)
		e.used("t", 2)
		e.settles("k", true, over)
	}},
	{Name: "hold/race", Rule: "A hold that is committed, released and found to be over at once ends in one way, and is counted so.", Check: func(e *env) {
		e.hold(held("k", 9))
		e.hold(use("other", coupon.Tally{Name: "t", Add: 5, Limit: 9}))
		var spent atomic.Bool
		suite.Together(18, func(i int) {
			var err error
			switch i % 3 {
			case 0:
				if _, err = e.Settle(e.Context(), "k", true, noon); err == nil {
					spent.Store(true)
				}
			case 1:
				_, err = e.Settle(e.Context(), "k", false, noon)
			default:
				_, err = e.Expire(e.Context(), "c", over)
			}
			if err != nil && !errors.Is(err, flywheel.ErrConflict) && !errors.Is(err, flywheel.ErrExpired) {
				e.Errorf("%v", err)
			}
		})
		want := int64(5)
		if spent.Load() {
			want = 6
		}
		e.used("t", want)
	}},
	{Name: "hold/one-key-at-once", Rule: "Of many callers with one hold all get an answer, and it is counted once.", Check: func(e *env) {
		suite.Together(16, func(i int) {
			r := held("k", 1)
			r.Held = over.Add(time.Duration(i) * time.Second)
			if _, err := e.Redeem(e.Context(), r); err != nil {
				e.Errorf("%v", err)
			}
		})
		e.used("t", 1)
		got, err := e.Redemption(e.Context(), "k")
		e.OK(err)
		e.same("the end", got.Held, over.Add(15*time.Second))
	}},
}

// keys lists the redemptions of campaign "c", of which all are made at noon.
func (e *env) keys(held bool) (keys []string) {
	e.Helper()
	for r, err := range e.Redemptions(e.Context(), "c", held) {
		e.OK(err)
		keys = append(keys, r.Key)
	}
	return keys
}
