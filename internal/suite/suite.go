package suite

import (
	"context"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/flywheel-go/flywheel"
)

// Case is one rule of a contract, in words, and the check that shows whether a
// store keeps it.
type Case[F any] struct {
	Name, Rule string
	// Transactions says that the check needs a transactor.
	Transactions bool
	Check        F
}

// Suite is the cases of the contract of a store S, with checks of the form F.
type Suite[S, F any] struct {
	Cases []Case[F]
	// Call calls one check with an empty store, and the transactor where there is
	// one. What is wrong it returns or reports to t.
	Call func(t T, check F, s S, tx flywheel.Transactor) error
}

// T is what a check may use of a testing.T, so that the suite itself can be
// tested.
type T interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skip(args ...any)
}

// Run runs each case in a sub-test, on a store of its own; fresh returns an empty
// one. tx returns the transactor of a store; where it is nil the cases that need
// one are skipped, else they are run once more in transactions that are run twice.
func (u Suite[S, F]) Run(t *testing.T, fresh func(t *testing.T) S, tx func(S) flywheel.Transactor) {
	for _, c := range u.Cases {
		t.Run(c.Name, func(t *testing.T) {
			if c.Transactions && tx == nil {
				t.Skip("the store has no transactions")
			}
			defer func() {
				if t.Failed() {
					t.Logf("the rule: %s", c.Rule)
				}
			}()
			u.run(t, c, fresh(t), tx)
		})
	}
	if tx == nil {
		return
	}
	for _, c := range u.Cases {
		if c.Transactions {
			t.Run("twice/"+c.Name, func(t *testing.T) { u.run(twice{t}, c, fresh(t), tx) })
		}
	}
}

// run reports to t what is wrong with s, a panic included.
func (u Suite[S, F]) run(t T, c Case[F], s S, tx func(S) flywheel.Transactor) {
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	var transactor flywheel.Transactor
	if tx != nil {
		transactor = tx(s)
	}
	if c.Transactions && transactor == nil {
		t.Errorf("%T is no flywheel.Transactor", s)
		return
	}
	if err := u.Call(t, c.Check, s, transactor); err != nil {
		t.Errorf("%v", err)
	}
}

// Transactor turns the two fields of a Features into what [Suite.Run] wants: nil
// for stores without transactions, else of, which is by default the store itself.
func Transactor[S any](transactions bool, of func(S) flywheel.Transactor) func(S) flywheel.Transactor {
	switch {
	case !transactions:
		return nil
	case of != nil:
		return of
	default:
		return func(s S) flywheel.Transactor { return Tx(s) }
	}
}

// Tx returns the Transactor of a store: the store itself if it is one, else the
// handle that it names, else nil.
func Tx(store any) flywheel.Transactor {
	if tx, ok := store.(flywheel.Transactor); ok {
		return tx
	}
	if s, ok := store.(flywheel.Stored); ok {
		return s.Handle()
	}
	return nil
}

// Broken returns the names of the cases that the stores of fresh do not pass. A
// store that is no transactor is spared those that need one.
func (u Suite[S, F]) Broken(ctx context.Context, fresh func() S) (names []string) {
	for _, c := range u.Cases {
		s := fresh()
		tx := Transactor[S](true, nil)
		if c.Transactions && tx(s) == nil {
			continue
		}
		if r := record(ctx, func(r *recorder) { u.run(r, c, s, tx) }); r != "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// Bites shows in a sub-test that the case of the given name catches the fault of
// the stores of fresh.
func (u Suite[S, F]) Bites(t *testing.T, fault, name string, fresh func() S) {
	t.Run(fault, func(t *testing.T) {
		if broken := u.Broken(t.Context(), fresh); !slices.Contains(broken, name) {
			t.Errorf("%s is not among the cases that catch it: %q", name, broken)
		}
	})
}
