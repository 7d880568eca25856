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
	outer, scope := txhook.Begin(t.Context())
	inner, nested := txhook.Begin(outer)
	txhook.After(inner, note("inner"))
	nested.Committed()
	txhook.After(outer, note("outer"))
	require.Equal(t, []string{"at once"}, ran)
	scope.Committed()
	txhook.After(inner, note("late"))
	require.Equal(t, []string{"at once", "inner", "outer", "late"}, ran)
	scope.Committed()
	require.Len(t, ran, 4)
}

func TestRollbackDrops(t *testing.T) {
	ctx, scope := txhook.Begin(t.Context())
	txhook.After(ctx, func(context.Context) { t.Error("ran after a rollback") })
	scope.RolledBack()
	ran := 0
	again, own := txhook.Begin(ctx)
	txhook.After(again, func(context.Context) { ran++ })
	require.Zero(t, ran, "an ended transaction is none, a new one waits")
	own.Committed()
	own.RolledBack()
	require.Equal(t, 1, ran)
}

// A nested transaction that is rolled back drops what it added and nothing else.
func TestNestedRollback(t *testing.T) {
	var ran []string
	note := func(s string) func(context.Context) { return func(context.Context) { ran = append(ran, s) } }
	outer, scope := txhook.Begin(t.Context())
	txhook.After(outer, note("before"))
	for range 2 {
		inner, nested := txhook.Begin(outer)
		txhook.After(inner, note("dropped"))
		nested.RolledBack()
	}
	txhook.After(outer, note("after"))
	scope.Committed()
	require.Equal(t, []string{"before", "after"}, ran)
}

// What runs at the end is not canceled and is in no transaction.
func TestContextOfWhatWaits(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	ctx, scope := txhook.Begin(parent)
	nested := false
	txhook.After(ctx, func(ctx context.Context) {
		require.NoError(t, ctx.Err())
		txhook.After(ctx, func(context.Context) { nested = true })
		require.True(t, nested, "at once")
	})
	cancel()
	scope.Committed()
	require.True(t, nested)
}
