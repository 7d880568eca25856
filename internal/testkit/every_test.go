package testkit_test

import (
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/internal/testkit"
)

// A store that keeps names lives through each of its failures: before a call nothing is kept, after it the name is, and
// the same call again comes to the same.
func TestEveryFailure(t *testing.T) {
	testkit.EveryFailure(t, func(l *testkit.Life) func() string {
		kept := map[string]bool{}
		put := func(name string) error {
			if err := l.Hook("put", false); err != nil {
				return err
			}
			kept[name] = true
			return l.Hook("put", true)
		}
		l.Then("first", func() error { return put("a") })
		l.Then("second", func() error { return put("b") })
		return func() string { return fmt.Sprint(kept) }
	})
}
