package credittest

import (
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var moveCases = []testCase{
	{Name: "grant/once", Rule: "A grant adds once, however often it is repeated, and answers with the move of the first time.", Check: func(w *world) {
		_, err := w.Balance(w.Context(), "ann", money.EUR, noon)
		w.Matches(err, flywheel.ErrNotFound)
		first, err := w.Apply(w.Context(), grant("g", 800))
		w.OK(err)
		w.same("the answer", first, grant("g", 800).Stored())
		again := at(grant("g", 800), noon.Add(time.Hour))
		again.Reason = "again"
		second, err := w.Apply(w.Context(), again)
		w.OK(err)
		w.same("the second answer", second, first)
		w.has(noon, 800, 0)
		w.refused(grant("g", 801), flywheel.ErrKeyReused)
		w.refused(hold("g", 800), flywheel.ErrKeyReused)
		w.has(noon, 800, 0)
		w.refused(grant("max", math.MaxInt64), flywheel.ErrOutOfRange)
		w.has(noon, 800, 0)
	}},
	{Name: "grant/currencies", Rule: "An account has a balance of its own in each currency.", Check: func(w *world) {
		usd := grant("usd", 500)
		usd.Amount = money.New(500, money.USD)
		w.apply(grant("g", 800), usd)
		w.has(noon, 800, 0)
		b, err := w.Balance(w.Context(), "ann", money.USD, noon)
		w.OK(err)
		w.same("the balance", b.Spendable, money.New(500, money.USD))
		_, err = w.Balance(w.Context(), "ann", money.GBP, noon)
		w.Matches(err, flywheel.ErrNotFound)
		w.refused(hold("h", 801), credit.ErrInsufficient)
	}},
	{Name: "hold/takes", Rule: "A hold takes aside what is spendable, and no more.", Check: func(w *world) {
		w.refused(hold("h", 1), flywheel.ErrNotFound)
		w.apply(grant("g", 800), hold("h", 500))
		w.has(noon, 300, 500)
		w.refused(hold("i", 301), credit.ErrInsufficient)
		_, err := w.Move(w.Context(), "ann", "i")
		w.Matches(err, flywheel.ErrNotFound)
		w.has(noon, 300, 500)
		w.apply(hold("i", 300))
		w.has(noon, 0, 800)
		got, err := w.Move(w.Context(), "ann", "i")
		w.OK(err)
		want := hold("i", 300).Stored()
		want.State = credit.Open
		w.same("the hold", got, want)
	}},
	{Name: "hold/repeated", Rule: "The same hold again takes nothing more and lasts until the later end; another amount is refused.", Check: func(w *world) {
		w.apply(grant("g", 800), hold("h", 500), at(hold("h", 500), noon.Add(5*time.Minute)))
		w.has(noon, 300, 500)
		w.refused(hold("h", 499), flywheel.ErrKeyReused)
		w.has(until, 300, 500)
		w.has(noon.Add(20*time.Minute), 800, 0)
		w.apply(at(hold("h", 500), noon.Add(time.Minute))) // an earlier end is none
		m, err := w.Move(w.Context(), "ann", "h")
		w.OK(err)
		w.same("the end", m.Until, noon.Add(20*time.Minute))
	}},
	{Name: "hold/ends", Rule: "A hold does not count from its end on, that instant included, and the next move counts it back.", Check: func(w *world) {
		w.apply(grant("g", 800), hold("h", 500))
		w.has(until.Add(-time.Microsecond), 300, 500)
		w.has(until, 800, 0)
		w.refused(at(hold("i", 301), until.Add(-time.Microsecond)), credit.ErrInsufficient)
		w.state("h", credit.Open)
		w.apply(at(hold("i", 801-1), until))
		w.state("h", credit.Expired)
		w.has(until, 0, 800)
		w.refused(at(hold("h", 500), until), credit.ErrInsufficient)
		_, err := w.Release(w.Context(), "ann", "i", until)
		w.OK(err)
		w.apply(at(hold("h", 500), until))
		w.state("h", credit.Open)
		w.has(until, 300, 500)
	}},
	{Name: "hold/race", Rule: "However many hold at once, together they never take more than there is.", Check: func(w *world) {
		w.apply(grant("g", 700))
		won := make([]bool, 24)
		suite.Together(len(won), func(i int) {
			_, err := w.Apply(w.Context(), hold(fmt.Sprint("h", i), 100))
			won[i] = err == nil
			if err != nil {
				w.soft(err, credit.ErrInsufficient)
			}
		})
		n := 0
		for _, yes := range won {
			if yes {
				n++
			}
		}
		w.same("the number of holds", n, 7)
		w.has(noon, 0, 700)
	}},
	{Name: "hold/one-key-at-once", Rule: "Of many callers with one key all get one answer, and it takes once.", Check: func(w *world) {
		w.apply(grant("g", 700))
		suite.Together(16, func(int) {
			if m, err := w.Apply(w.Context(), hold("h", 100)); err != nil || m.Key != "h" {
				w.Errorf("answer %+v, %v", m, err)
			}
		})
		w.has(noon, 600, 100)
	}},
	{Name: "return/at-most", Rule: "What is given back of a hold is at most what it spent, each key once.", Check: func(w *world) {
		w.apply(grant("g", 800), hold("h", 500))
		w.refused(giveBack("r", "h", 1), flywheel.ErrConflict)
		w.refused(giveBack("r", "missing", 1), flywheel.ErrNotFound)
		w.refused(giveBack("r", "g", 1), flywheel.ErrNotFound)
		_, err := w.Commit(w.Context(), "ann", "h", noon)
		w.OK(err)
		w.apply(giveBack("r", "h", 200), giveBack("r", "h", 200))
		w.has(noon, 500, 0)
		w.refused(giveBack("s", "h", 301), credit.ErrExceeds)
		w.refused(giveBack("r", "h", 199), flywheel.ErrKeyReused)
		w.apply(giveBack("s", "h", 300))
		w.has(noon, 800, 0)
		w.refused(giveBack("t", "h", 1), credit.ErrExceeds)
		usd := giveBack("u", "h", 1)
		usd.Amount = money.New(1, money.USD)
		w.refused(usd, flywheel.ErrNotFound)
		more := grant("more", 1)
		more.Amount = money.New(1, money.USD)
		w.apply(more)
		w.refused(usd, flywheel.ErrInvalid)
		w.has(noon, 800, 0)
	}},
}

// soft reports an error of another kind without ending the check, so that it may be
// called by any goroutine.
func (w *world) soft(err, kind error) {
	if e := suite.Wrong("the call", err, kind); e != nil {
		w.Errorf("%v", e)
	}
}
