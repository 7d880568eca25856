package inventorytest

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
)

var postChecks = []testCase{
	{Name: "post/balance", Rule: "Post must return the movement with the next Seq and the balances it left, and the level must be the sum of the ledger.", Check: func(e *env) {
		e.post(move(inventory.KindReceive, "delivery", "a", 10))
		e.post(move(inventory.KindReserve, "order", "a", 4))
		e.post(move(inventory.KindCommit, "order", "a", 0))
		m := move(inventory.KindAdjust, "count", "a", -1)
		m.Reason = "broken"
		got := e.post(m)
		m.Seq, m.OnHandAfter = 4, 5
		if got != m {
			e.Errorf("answer %+v, want %+v", got, m)
		}
		e.wantLevel("a", 5, 0)
		if ledger := e.addsUp("a"); ledger[3] != m {
			e.Errorf("ledger has %+v, want %+v", ledger[3], m)
		}
	}},
	{Name: "post/repeated", Rule: "A movement whose key is in the ledger must not be posted again; the answer is the earlier one with the balances of then.", Check: func(e *env) {
		for _, m := range []inventory.Movement{
			move(inventory.KindReceive, "x", "a", 10), move(inventory.KindRestock, "x", "a", 3),
			move(inventory.KindReserve, "x", "a", 2), move(inventory.KindAdjust, "x", "a", -2),
			move(inventory.KindCommit, "x", "a", 0),
		} {
			first := e.post(m)
			e.post(move(inventory.KindReceive, "between "+string(m.Kind), "a", 1))
			m.At = noon.Add(time.Hour)
			if again := e.post(m); again != first {
				e.Errorf("%s: answer %+v, the first time %+v", m.Kind, again, first)
			}
		}
		e.wantLevel("a", 14, 0)
	}},
	{Name: "post/other-body", Rule: "A key with other deltas or another reason must be refused as flywheel.ErrConflict.", Check: func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 10))
		e.post(move(inventory.KindReserve, "x", "a", 2))
		m := move(inventory.KindAdjust, "x", "a", 2)
		m.Reason = "found"
		e.post(m)
		m.Reason = "counted"
		e.refuse(m, flywheel.ErrConflict)
		e.refuse(move(inventory.KindReceive, "x", "a", 11), flywheel.ErrConflict)
		e.refuse(move(inventory.KindReserve, "x", "a", 3), flywheel.ErrConflict)
		e.wantLevel("a", 12, 2)
	}},
	{Name: "post/keys", Rule: "Kind, Ref, Attempt, SKU and Location all belong to the key, compared byte by byte.", Check: func(e *env) {
		n := int64(0)
		for _, name := range names {
			m := move(inventory.KindReceive, name, "a", 1)
			e.post(m)
			n++
			if got := e.level("a"); got.OnHand != n {
				e.Fatalf("after %d receipts, the last one of ref %q, on hand is %d", n, name, got.OnHand)
			}
			m.SKU, m.Location = flywheel.SKU("sku "+name), inventory.Location("location "+name)
			if got := e.post(m); got.Seq != 1 {
				e.Errorf("the first movement of %q at %q has Seq %d", m.SKU, m.Location, got.Seq)
			}
		}
		e.post(move(inventory.KindRestock, names[0], "a", 1))
		m := move(inventory.KindReserve, names[0], "a", 1)
		e.post(m)
		m.Attempt = 2
		e.post(m)
		e.wantLevel("a", n+1, 2)
	}},
	{Name: "post/shortage", Rule: "A reservation or a downward adjustment beyond what is promisable must be refused as a ShortageError that says what could be had.", Check: func(e *env) {
		e.refuse(move(inventory.KindReserve, "x", "a", 1), inventory.ErrOutOfStock)
		e.post(move(inventory.KindReceive, "x", "a", 5))
		e.post(move(inventory.KindReserve, "x", "a", 3))
		for _, m := range []inventory.Movement{move(inventory.KindReserve, "y", "a", 3), move(inventory.KindAdjust, "y", "a", -3)} {
			err := e.refuse(m, inventory.ErrOutOfStock)
			want := inventory.ShortageError{SKU: "a", Location: main, Want: 3, Have: 2}
			if short, ok := errors.AsType[*inventory.ShortageError](err); !ok || *short != want {
				e.Errorf("%s: %#v, want %+v", m.Kind, err, want)
			}
		}
		e.post(move(inventory.KindReserve, "y", "a", 2))
		e.wantLevel("a", 5, 5)
	}},
	{Name: "post/backorder", Rule: "Available may go below zero by the item's limit and no further; Unlimited has no end but MaxQuantity.", Check: func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 2))
		e.OK(e.SetBackorder(e.Context(), "a", main, 3))
		e.post(move(inventory.KindReserve, "1", "a", 4))
		e.refuse(move(inventory.KindReserve, "2", "a", 2), inventory.ErrOutOfStock)
		e.post(move(inventory.KindReserve, "2", "a", 1))
		e.post(move(inventory.KindCommit, "1", "a", 0))
		e.wantLevel("a", -2, 1)
		e.OK(e.SetBackorder(e.Context(), "a", main, 0))
		e.refuse(move(inventory.KindReserve, "3", "a", 1), inventory.ErrOutOfStock)
		e.OK(e.SetBackorder(e.Context(), "a", main, inventory.Unlimited))
		e.post(move(inventory.KindReserve, "3", "a", 1_000_000))
		if l := e.level("a"); l.Backorder != inventory.Unlimited {
			e.Errorf("limit %d, want Unlimited", l.Backorder)
		}
		other := move(inventory.KindReserve, "3", "a", 1)
		other.Location = "elsewhere"
		if _, err := e.Post(e.Context(), other); !errors.Is(err, inventory.ErrOutOfStock) {
			e.Errorf("the limit of one location holds at another: %v", err)
		}
	}},
	{Name: "post/range", Rule: "Quantities that are not positive, and balances beyond MaxQuantity, must be refused as flywheel.ErrOutOfRange.", Check: func(e *env) {
		e.OK(e.SetBackorder(e.Context(), "a", main, inventory.Unlimited))
		e.post(move(inventory.KindReceive, "x", "a", inventory.MaxQuantity))
		e.refuse(move(inventory.KindReceive, "y", "a", 1), flywheel.ErrOutOfRange)
		e.post(move(inventory.KindReserve, "x", "a", inventory.MaxQuantity))
		e.refuse(move(inventory.KindReserve, "y", "a", inventory.MaxQuantity), flywheel.ErrOutOfRange)
		for _, q := range []int64{0, -1, -1 << 63, 1<<63 - 1} {
			e.refuse(move(inventory.KindReceive, "z", "a", q), flywheel.ErrOutOfRange)
			e.refuse(move(inventory.KindReserve, "z", "a", q), flywheel.ErrOutOfRange)
		}
		e.refuse(move("borrow", "z", "a", 1), flywheel.ErrInvalid)
		e.wantLevel("a", inventory.MaxQuantity, inventory.MaxQuantity)
	}},
	{Name: "post/times", Rule: "Times are kept in UTC to the microsecond.", Check: func(e *env) {
		m := move(inventory.KindReceive, "x", "a", 1)
		m.At = time.Date(2024, 3, 31, 2, 30, 0, 123456789, time.FixedZone("", 2*3600))
		want := time.Date(2024, 3, 31, 0, 30, 0, 123456000, time.UTC)
		if got := e.post(m); got.At != want {
			e.Errorf("answer has %v, want %v", got.At, want)
		}
		if ledger := e.addsUp("a"); ledger[0].At != want {
			e.Errorf("ledger has %v, want %v", ledger[0].At, want)
		}
	}},
	{Name: "post/race", Rule: "Check and write are one: of N reservations at once as many succeed as there are units.", Check: func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 10))
		var won, short atomic.Int64
		suite.Together(40, func(i int) {
			_, err := e.Post(e.Context(), move(inventory.KindReserve, string(rune('A'+i)), "a", 1))
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, inventory.ErrOutOfStock):
				short.Add(1)
			default:
				e.Errorf("reserve: %v", err)
			}
		})
		if won.Load() != 10 || short.Load() != 30 {
			e.Errorf("%d of 40 got one of 10 units, %d were told it is out of stock", won.Load(), short.Load())
		}
		e.wantLevel("a", 10, 10)
	}},
	{Name: "post/race-one-key", Rule: "N posts of one movement at once post it once and get one answer.", Check: func(e *env) {
		answers := make([]inventory.Movement, 20)
		suite.Together(len(answers), func(i int) {
			var err error
			if answers[i], err = e.Post(e.Context(), move(inventory.KindReceive, "x", "a", 7)); err != nil {
				e.Errorf("receive: %v", err)
			}
		})
		for _, a := range answers[1:] {
			if a != answers[0] {
				e.Errorf("answers %+v and %+v", a, answers[0])
			}
		}
		e.wantLevel("a", 7, 0)
	}},
}

var holdChecks = []testCase{
	{Name: "hold/commit", Rule: "Commit takes the units of the hold from on hand and from reserved.", Check: func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 5))
		e.post(move(inventory.KindReserve, "x", "a", 3))
		if m := e.post(move(inventory.KindCommit, "x", "a", 0)); m.OnHand != -3 || m.Reserved != -3 {
			e.Errorf("commit of 3 is %+v", m)
		}
		e.wantLevel("a", 2, 0)
	}},
	{Name: "hold/release", Rule: "Release and expire take the units of the hold from reserved.", Check: func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 5))
		for _, kind := range []inventory.Kind{inventory.KindRelease, inventory.KindExpire} {
			ref := "for " + string(kind)
			e.post(move(inventory.KindReserve, ref, "a", 3))
			if m := e.post(move(kind, ref, "a", 0)); m.OnHand != 0 || m.Reserved != -3 {
				e.Errorf("%s of 3 is %+v", kind, m)
			}
		}
		e.wantLevel("a", 5, 0)
	}},
	{Name: "hold/closed-once", Rule: "A hold is closed by one of commit, release and expire; the others must be refused as ErrStale.", Check: func(e *env) {
		ends := []inventory.Kind{inventory.KindCommit, inventory.KindRelease, inventory.KindExpire}
		e.post(move(inventory.KindReceive, "x", "a", 9))
		for _, end := range ends {
			e.post(move(inventory.KindReserve, string(end), "a", 2))
			e.post(move(end, string(end), "a", 0))
			for _, other := range ends {
				if other != end {
					e.refuse(move(other, string(end), "a", 0), inventory.ErrStale)
				}
			}
		}
		e.wantLevel("a", 7, 0)
	}},
	{Name: "hold/closed-before-opened", Rule: "Release and expire close a hold that was never opened, so that a late reserve is refused as ErrStale; commit is refused as flywheel.ErrNotFound.", Check: func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 5))
		e.refuse(move(inventory.KindCommit, "never", "a", 0), flywheel.ErrNotFound)
		if m := e.post(move(inventory.KindRelease, "late", "a", 0)); m.OnHand != 0 || m.Reserved != 0 {
			e.Errorf("release of nothing is %+v", m)
		}
		e.refuse(move(inventory.KindReserve, "late", "a", 2), inventory.ErrStale)
		again := move(inventory.KindReserve, "late", "a", 2)
		again.Attempt = 2
		e.post(again)
		e.wantLevel("a", 5, 2)
	}},
	{Name: "hold/race", Rule: "Of commit and expire at once exactly one closes the hold.", Check: func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 20))
		onHand := int64(20)
		for i := range 10 {
			ref := string(rune('A' + i))
			e.post(move(inventory.KindReserve, ref, "a", 1))
			var errs [2]error
			kinds := []inventory.Kind{inventory.KindCommit, inventory.KindExpire}
			suite.Together(2, func(j int) { _, errs[j] = e.Post(e.Context(), move(kinds[j], ref, "a", 0)) })
			if (errs[0] == nil) == (errs[1] == nil) {
				e.Fatalf("commit: %v; expire: %v", errs[0], errs[1])
			}
			if errs[0] == nil {
				onHand--
			}
			e.wantLevel("a", onHand, 0)
		}
	}},
}
