package eventid_test

import (
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
	long := eventid.Of("a", strings.Repeat("x", 255))
	require.NoError(t, flywheel.CheckID(long))
	require.NotEqual(t, long, eventid.Of("a", strings.Repeat("x", 254)+"y"))
}

func TestDifferentPartsDiffer(t *testing.T) {
	part := rapid.StringMatching(`[ab:%3A]{0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(part, 0, 3).Draw(t, "x")
		y := rapid.SliceOfN(part, 0, 3).Draw(t, "y")
		same := len(x) == len(y) && strings.Join(x, "\x00") == strings.Join(y, "\x00")
		if (eventid.Of("n", x...) == eventid.Of("n", y...)) != same {
			t.Fatalf("%q and %q", x, y)
		}
	})
}
