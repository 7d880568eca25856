package eventid_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

func TestOf(t *testing.T) {
	require.Equal(t, "purchase:O1", eventid.Of("purchase", "O1"))
	require.Equal(t, "a:b%3Ac:d%25", eventid.Of("a", "b:c", "d%"))
	require.Equal(t, "refund:o-1:k%3A1", eventid.Of("refund", "o-1", "k:1"))
	long := eventid.Of("a", strings.Repeat("x", 255))
	require.Regexp(t, "^a#[0-9a-f]{64}$", long)
	require.NotEqual(t, long, eventid.Of("a", strings.Repeat("x", 254)+"y"))
	require.Len(t, eventid.Of("a", strings.Repeat("x", flywheel.MaxIDBytes-2)), flywheel.MaxIDBytes)
}

func TestDifferentPartsDiffer(t *testing.T) {
	part := rapid.StringMatching(`[ab:%#3A]{1,4}|a{250,255}`)
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(part, 0, 3).Draw(t, "x")
		y := rapid.SliceOfN(part, 0, 3).Draw(t, "y")
		if len(x) > 1 && rapid.Bool().Draw(t, "neighbour") { // the same letters, cut elsewhere
			y = append([]string{x[0] + ":" + x[1]}, x[2:]...)
		}
		a, b := eventid.Of("n", x...), eventid.Of("n", y...)
		require.NoError(t, flywheel.CheckID(a))
		if (a == b) != slices.Equal(x, y) {
			t.Fatalf("%q and %q", x, y)
		}
	})
}
