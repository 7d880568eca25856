package credittest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var keepCases = []testCase{
	{Name: "text/odd", Rule: "Accounts and keys are compared byte by byte and come back as they were written, times to the microsecond in UTC.", Check: func(w *world) {
		for i, text := range suite.OddTexts {
			m := credit.Move{Account: text, Key: text, Kind: credit.Grant, Amount: eur(int64(i + 1)), Reason: text, At: noon.Add(777).In(time.FixedZone("", 3600))}
			w.apply(m)
			h := credit.Move{Account: text, Key: "hold " + text, Kind: credit.Hold, Amount: eur(1), At: noon, Until: until.Add(777).In(time.FixedZone("", 3600))}
			w.apply(h)
			got, err := w.Move(w.Context(), text, text)
			w.OK(err)
			w.same("the grant", got, m.Stored())
			got, err = w.Move(w.Context(), text, h.Key)
			w.OK(err)
			h.State = credit.Open
			w.same("the hold", got, h.Stored())
		}
		for i, text := range suite.OddTexts {
			b, err := w.Balance(w.Context(), text, money.EUR, noon)
			w.OK(err)
			w.same(fmt.Sprintf("the balance of %q", text), b, credit.Balance{Spendable: eur(int64(i)), Held: eur(1)})
		}
	}},
	{Name: "moves/list", Rule: "Moves yields the moves of one account by their keys.", Check: func(w *world) {
		other := grant("x", 1)
		other.Account = "Ann"
		w.apply(grant("b", 800), grant("B", 1), hold("a", 10), other)
		list, err := suite.Collect(w.Moves(w.Context(), "ann"))
		w.OK(err)
		var keys []string
		for _, m := range list {
			keys = append(keys, m.Key)
		}
		w.same("the keys", keys, []string{"B", "a", "b"})
		for _, err := range w.Moves(w.Context(), "ann") {
			w.OK(err)
			break
		}
		list, err = suite.Collect(w.Moves(w.Context(), "nobody"))
		w.OK(err)
		w.same("the moves of nobody", len(list), 0)
	}},
	{Name: "forget", Rule: "A forgotten account has no name and no reasons, but its sums; its customer still finds it, and no key acts twice.", Check: func(w *world) {
		other := grant("x", 1)
		other.Account = "Ann"
		w.apply(grant("g", 800), hold("h", 300), hold("open", 100), other)
		_, err := w.Commit(w.Context(), "ann", "h", noon)
		w.OK(err)
		for range 2 {
			w.OK(w.Forget(w.Context(), "ann"))
		}
		w.OK(w.Forget(w.Context(), "nobody"))
		w.has(noon, 400, 100)
		list, err := suite.Collect(w.Moves(w.Context(), "ann"))
		w.OK(err)
		w.same("the number of moves", len(list), 3)
		for _, m := range list {
			if m.Account == "ann" || m.Reason != "" {
				w.Errorf("what is left of %q: %+v", m.Key, m)
			}
		}
		w.apply(grant("g", 800), giveBack("r", "h", 300), giveBack("r", "h", 300))
		_, err = w.Commit(w.Context(), "ann", "open", noon)
		w.OK(err)
		w.has(noon, 700, 0)
		usd := grant("usd", 5)
		usd.Amount = money.New(5, money.USD)
		w.apply(usd)
		m, err := w.Move(w.Context(), "ann", "usd")
		w.OK(err)
		w.same("the name in another currency", m.Account, list[0].Account)
		m, err = w.Move(w.Context(), "Ann", "x")
		w.OK(err)
		w.same("the name of another", m.Account, "Ann")
	}},
	{Name: "context/canceled", Rule: "A call whose context is over does nothing.", Check: func(w *world) {
		w.apply(grant("g", 800), hold("h", 500))
		over, cancel := context.WithCancel(w.Context())
		cancel()
		_, applied := w.Apply(over, grant("f", 1))
		_, committed := w.Commit(over, "ann", "h", noon)
		_, released := w.Release(over, "ann", "h", noon)
		_, balance := w.Balance(over, "ann", money.EUR, noon)
		_, moved := w.Move(over, "ann", "h")
		_, listed := suite.Collect(w.Moves(over, "ann"))
		for _, err := range []error{applied, committed, released, balance, moved, listed, w.Forget(over, "ann")} {
			w.Matches(err, context.Canceled)
		}
		w.has(noon, 300, 500)
	}},
	{Name: "transaction/commit", Transactions: true, Rule: "Calls in one transaction see each other and are kept together; a refusal leaves the rest.", Check: func(w *world) {
		w.OK(w.tx.InTx(w.Context(), func(ctx context.Context) error {
			for _, m := range []credit.Move{grant("g", 800), hold("h", 500)} {
				if _, err := w.Apply(ctx, m); err != nil {
					return err
				}
			}
			w.hasIn(ctx, noon, 300, 500)
			if _, err := w.Apply(ctx, hold("i", 301)); !errors.Is(err, credit.ErrInsufficient) {
				return fmt.Errorf("a hold of more than there is: %w", err)
			}
			if _, err := w.Commit(ctx, "ann", "none", noon); !errors.Is(err, flywheel.ErrNotFound) {
				return fmt.Errorf("a commit of nothing: %w", err)
			}
			_, err := w.Commit(ctx, "ann", "h", noon)
			return err
		}))
		w.has(noon, 300, 0)
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "An error or a panic of the transaction takes back every call in it.", Check: func(w *world) {
		w.apply(grant("g", 800), hold("h", 500), hold("i", 100))
		for _, panics := range []bool{false, true} {
			w.OK(suite.RollBack(w.Context(), w.tx, panics, func(ctx context.Context) error {
				_, granted := w.Apply(ctx, grant("f", 1))
				_, over := w.Apply(ctx, at(hold("j", 700), until))
				_, committed := w.Commit(ctx, "ann", "h", noon)
				_, released := w.Release(ctx, "ann", "i", noon)
				if !errors.Is(committed, flywheel.ErrExpired) {
					return fmt.Errorf("commit of what was counted back: %w", committed)
				}
				return errors.Join(granted, over, released, w.Forget(ctx, "ann"))
			}))
			w.has(noon, 200, 600)
			w.state("h", credit.Open)
			w.state("i", credit.Open)
			m, err := w.Move(w.Context(), "ann", "g")
			w.OK(err)
			w.same("the name", m.Account, "ann")
			_, err = w.Move(w.Context(), "ann", "f")
			w.Matches(err, flywheel.ErrNotFound)
		}
	}},
}
