package testkit

import (
	"errors"
	"fmt"
	"testing"
)

// ErrDown is what a store answers that [EveryFailure] lets fail.
var ErrDown = errors.New("the store is down")

// Life is what [EveryFailure] lives: calls of a service, one after another.
type Life struct {
	// Hook is asked around each call of a store; see the Failing functions.
	Hook  func(call string, after bool) error
	steps []step
}

type step struct {
	name string
	do   func() error
}

// Then adds a call with its name.
func (l *Life) Then(name string, do func() error) { l.steps = append(l.steps, step{name, do}) }

// EveryFailure lives a life once for each call that it makes of the hook, and lets that
// call fail, before it is done and then, in another life, after. The step within which it fails must return an
// error that matches [ErrDown]; the same step again must succeed, and at the end state
// must answer what it does after a life without failures. So no error of a store is
// swallowed, and what failed half way is completed by a repetition. A life must be the
// same each time, with stores of its own.
//
// Calls named in spared may fail without a word, such as those for something that is
// tried again later.
func EveryFailure(t *testing.T, live func(l *Life) (state func() string), spared ...string) {
	t.Helper()
	var calls []string
	first := &Life{Hook: func(call string, after bool) error {
		if after {
			call += ", done"
		}
		calls = append(calls, call)
		return nil
	}}
	state := live(first)
	for _, step := range first.steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
	}
	want := state()
	if len(calls) == 0 {
		t.Fatal("the life asks no store")
	}
	spare := map[string]bool{}
	for _, name := range spared {
		spare[name], spare[name+", done"] = true, true
	}
	for k, call := range calls {
		n, failed := 0, false
		life := &Life{Hook: func(string, bool) error {
			n++
			if n-1 == k {
				failed = true
				return ErrDown
			}
			return nil
		}}
		state := live(life)
		where := fmt.Sprintf("call %d (%s)", k, call)
		for _, step := range life.steps {
			before := failed
			err := step.do()
			if failed && !before {
				if !errors.Is(err, ErrDown) && !spare[call] {
					t.Errorf("%s fails within %s, which answers %v", where, step.name, err)
				}
				if err != nil {
					err = step.do()
				}
			}
			if err != nil {
				t.Errorf("%s failed; then %s: %v", where, step.name, err)
				break
			}
		}
		if got := state(); got != want {
			t.Errorf("%s failed; in the end it is\n%s\nnot\n%s", where, got, want)
		}
		if !failed {
			t.Errorf("%s was not made again: a life must be the same each time", where)
		}
	}
}
