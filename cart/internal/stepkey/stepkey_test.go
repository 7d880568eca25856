package stepkey

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

func TestReadableWhereItCanBe(t *testing.T) {
	require.Equal(t, "refund:o-1:k:1", Of("refund", "o-1", "k:1"))
	require.Equal(t, "purchase:o:1", Of("purchase", "o:1"))
	require.True(t, strings.HasPrefix(Of("refund", "o:1", "k"), "refund#"))
	require.True(t, strings.HasPrefix(Of("refund", strings.Repeat("o", 250), "k"), "refund#"))
}

func TestDifferentForDifferentParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching(`[a:]{1,4}|a{250,255}`)
		a, b := []string{part.Draw(t, "a0"), part.Draw(t, "a1")}, []string{part.Draw(t, "b0"), part.Draw(t, "b1")}
		ka, kb := Of("x", a...), Of("x", b...)
		require.NoError(t, flywheel.CheckID(ka))
		require.Equal(t, a[0] == b[0] && a[1] == b[1], ka == kb, "%q %q", a, b)
	})
}
