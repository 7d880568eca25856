package suite

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
)

var errAnswer = errors.New("the hook's answer")

// Fails shows that the function Failing of a package does what it says. Each of
// calls, by the name of the method, must fail before its effect and after it where
// the hook says so, the hook must be told of that call and nothing else, and the
// effect must be there when it should be. Stores of fresh have equal content and
// refuse none of the calls; state is what can be seen of one.
func Fails[S any](t *testing.T, failing func(s S, hook func(call string, after bool) error) S,
	fresh func() S, calls map[string]func(s S) error, state func(s S) (any, error),
) {
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		call := calls[name]
		for _, fail := range []string{name + " before", name + " after", ""} {
			t.Run(fmt.Sprintf("%s, failing %q", name, fail), func(t *testing.T) {
				told := []string{}
				s := fresh()
				answer := call(failing(s, func(call string, after bool) error {
					at := call + " before"
					if after {
						at = call + " after"
					}
					if told = append(told, at); at == fail {
						return errAnswer
					}
					return nil
				}))
				if fail == "" && answer != nil || fail != "" && answer != errAnswer {
					t.Errorf("the call answers %v", answer)
				}
				want, like := []string{name + " before", name + " after"}, fresh()
				if fail == want[0] {
					want = want[:1]
				} else if err := call(like); err != nil {
					t.Errorf("the call without hook: %v", err)
				}
				if !slices.Equal(told, want) {
					t.Errorf("the hook is told of %q, want %q", told, want)
				}
				wantState, err := state(like)
				gotState, gotErr := state(s)
				if err := First(err, gotErr, Same("state of the store", gotState, wantState)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// Err returns the error of a call, without its answer.
func Err[V any](_ V, err error) error { return err }
