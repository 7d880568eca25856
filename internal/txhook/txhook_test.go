package txhook_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/txhook"
)

func TestAfterWaitsForTheOutermost(t *testing.T) {
	var ran []string
	note := func(s string) func(context.Context) { return func(context.Context) { ran = append(ran, s) } }
	txhook.After(t.Context(), note("at once"))
	outer, hooks := txhook.Begin(t.Context())
	inner, none := txhook.Begin(outer)
	require.Nil(t, none)
	txhook.After(inner, note("inner"))
	none.Committed(outer)
	txhook.After(outer, note("outer"))
	require.Equal(t, []string{"at once"}, ran)
	hooks.Committed(t.Context())
	txhook.After(inner, note("late"))
	require.Equal(t, []string{"at once", "inner", "outer", "late"}, ran)
	hooks.Committed(t.Context())
	require.Len(t, ran, 4)
}

func TestRollbackDrops(t *testing.T) {
	ctx, hooks := txhook.Begin(t.Context())
	txhook.After(ctx, func(context.Context) { t.Error("ran after a rollback") })
	hooks.RolledBack()
	again, own := txhook.Begin(ctx)
	require.NotNil(t, own, "an ended transaction is none")
	own.Committed(again)
}
