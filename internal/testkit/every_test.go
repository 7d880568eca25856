package testkit

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// counting counts complaints.
type counting struct {
	testing.TB
	complaints []string
}

func (c *counting) Helper() {}

func (c *counting) Errorf(format string, args ...any) {
	c.complaints = append(c.complaints, fmt.Sprintf(format, args...))
}

// A service that reports each error passes; one that swallows an error, one that does
// half of its work twice, and one that cannot be repeated do not.
func TestEveryFailure(t *testing.T) {
	life := func(add func(l *Life, kept map[string]int) error) func(*Life) func() string {
		return func(l *Life) func() string {
			kept := map[string]int{}
			l.Then("add", func() error { return add(l, kept) })
			return func() string { return fmt.Sprint(kept) }
		}
	}
	ask := func(l *Life, do func()) error {
		if err := l.Hook("save", false); err != nil {
			return err
		}
		do()
		return l.Hook("save", true)
	}
	for name, c := range map[string]struct {
		add        func(l *Life, kept map[string]int) error
		complaints int
	}{
		"right":     {func(l *Life, kept map[string]int) error { return ask(l, func() { kept["a"] = 1 }) }, 0},
		"swallowed": {func(l *Life, kept map[string]int) error { _ = ask(l, func() { kept["a"] = 1 }); return nil }, 3}, // and nothing was saved
		"twice":     {func(l *Life, kept map[string]int) error { return ask(l, func() { kept["a"]++ }) }, 1},
		"once only": {func(l *Life, kept map[string]int) error {
			if kept["a"] > 0 {
				return fmt.Errorf("it is there")
			}
			return ask(l, func() { kept["a"]++ })
		}, 1},
	} {
		tb := &counting{TB: t}
		EveryFailure(tb, life(c.add))
		require.Len(t, tb.complaints, c.complaints, "%s: %v", name, tb.complaints)
	}
	tb := &counting{TB: t}
	EveryFailure(tb, life(func(l *Life, kept map[string]int) error { kept["a"] = 1; _ = l.Hook("look", false); return nil }), "add: look")
	require.Empty(t, tb.complaints)
}
