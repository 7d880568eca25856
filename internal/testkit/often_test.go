package testkit_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/testkit"
)

func TestOften(t *testing.T) {
	t.Setenv("FLYWHEEL_LONG", "1")
	require.Equal(t, 20, testkit.Often(20, 2))
	t.Setenv("FLYWHEEL_LONG", "")
	require.Contains(t, []int{20, 2}, testkit.Often(20, 2))
}

func TestChecks(t *testing.T) {
	count := func(t *testing.T) (n int) {
		rapid.Check(t, func(*rapid.T) { n++ })
		return n
	}
	before := flag.Lookup("rapid.checks").Value.String()
	if before != flag.Lookup("rapid.checks").DefValue {
		t.Skip("-rapid.checks is set")
	}
	t.Run("changed", func(t *testing.T) {
		want := 10
		if testing.Short() {
			want = 2 // rapid's own cut
		}
		testkit.Checks(t, 10, 10)
		require.Equal(t, want, count(t))
		testkit.Checks(t, 20, 20)
		require.Equal(t, want, count(t), "what is set stands")
	})
	require.Equal(t, before, flag.Lookup("rapid.checks").Value.String())
}
