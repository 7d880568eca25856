package credittest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s credit.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) credit.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(w *world)

var contract = suite.Suite[credit.Store, check]{
	Cases: slices.Concat(moveCases, settleCases, keepCases),
	Call: func(t suite.T, check check, s credit.Store, tx flywheel.Transactor) error {
		check(&world{suite.Checker{T: t}, s, tx})
		return nil
	},
}

// world is what a check works on.
type world struct {
	suite.Checker
	credit.Store
	tx flywheel.Transactor
}

// noon is the instant at which most happens, later one after all holds of take.
var (
	noon  = time.Date(2026, 2, 28, 12, 0, 0, 123456000, time.UTC)
	until = noon.Add(15 * time.Minute)
)

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

func grant(key string, minor int64) credit.Move {
	return credit.Move{Account: "ann", Key: key, Kind: credit.Grant, Amount: eur(minor), Reason: "sorry", At: noon}
}

func hold(key string, minor int64) credit.Move {
	return credit.Move{Account: "ann", Key: key, Kind: credit.Hold, Amount: eur(minor), At: noon, Until: until}
}

func giveBack(key, of string, minor int64) credit.Move {
	return credit.Move{Account: "ann", Key: key, Kind: credit.Return, Amount: eur(minor), Of: of, At: noon}
}

// at returns a move made at another time.
func at(m credit.Move, t time.Time) credit.Move {
	m.At = t
	if m.Kind == credit.Hold {
		m.Until = t.Add(15 * time.Minute)
	}
	return m
}

// apply makes moves, none of which may be refused.
func (w *world) apply(moves ...credit.Move) {
	w.Helper()
	for _, m := range moves {
		if _, err := w.Apply(w.Context(), m); err != nil {
			w.Fatalf("%s %q of %v: %v", m.Kind, m.Key, m.Amount, err)
		}
	}
}

// refused makes a move that must be refused.
func (w *world) refused(m credit.Move, kind error) {
	w.Helper()
	_, err := w.Apply(w.Context(), m)
	w.Matches(err, kind)
}

// has compares the balance at an instant.
func (w *world) has(t time.Time, spendable, held int64) {
	w.Helper()
	w.hasIn(w.Context(), t, spendable, held)
}

func (w *world) hasIn(ctx context.Context, t time.Time, spendable, held int64) {
	w.Helper()
	b, err := w.Balance(ctx, "ann", money.EUR, t)
	w.OK(err)
	w.same("the balance", b, credit.Balance{Spendable: eur(spendable), Held: eur(held)})
}

func (w *world) same(what string, got, want any) {
	w.Helper()
	if err := suite.Same(what, got, want); err != nil {
		w.Errorf("%v", err)
	}
}

// state compares what has become of a hold.
func (w *world) state(key string, want credit.State) {
	w.Helper()
	m, err := w.Move(w.Context(), "ann", key)
	w.OK(err)
	w.same(fmt.Sprintf("the state of %q", key), m.State, want)
}
