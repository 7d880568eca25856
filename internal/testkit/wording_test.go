package testkit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
)

func TestWording(t *testing.T) {
	w := testkit.Wording{"not_author": {"not_owner"}, "late": {"ok_late"}}
	require.Equal(t, "refused: not_author", w.Own("refused: not_owner"))
	require.Equal(t, "late", w.Own("ok_late"))
	require.Equal(t, "refused: full", w.Own("refused: full"))
	require.Equal(t, "ok", w.Own("ok"))
}
