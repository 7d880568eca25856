package cursor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// What a runner puts into the context of a step is what a consumer finds there; outside of one there
// is nothing, and no step to stop in.
func TestStep(t *testing.T) {
	ctx := t.Context()
	received := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	entry := &flywheel.Entry{Received: received}
	require.Empty(t, cursor.Wave(ctx))
	require.False(t, cursor.Pause(ctx, 7, "c-1"))
	require.False(t, cursor.Held(ctx)("c:ann"))
	require.False(t, cursor.Replaying(ctx))
	require.Empty(t, cursor.Teller(ctx))
	require.Equal(t, received, cursor.At(ctx, entry))

	var stop cursor.Stop
	later := received.Add(time.Hour)
	ctx = cursor.With(ctx, cursor.Step{
		Consumer: "points", Now: later, Held: func(p flywheel.Person) bool { return p == "c:ann" }, Replaying: true, Wave: "c-1", Stop: &stop,
	})
	require.Equal(t, "c-1", cursor.Wave(ctx))
	require.True(t, cursor.Pause(ctx, 7, "c-2"))
	require.Equal(t, cursor.Stop{At: 7, Wave: "c-2"}, stop)
	require.True(t, cursor.Held(ctx)("c:ann"))
	require.False(t, cursor.Held(ctx)("c:ben"))
	require.True(t, cursor.Replaying(ctx))
	require.Equal(t, "points", cursor.Teller(ctx))
	require.Equal(t, later, cursor.At(ctx, entry), "an entry that stood still is taken again now")
	require.Equal(t, later, cursor.Now(ctx))
}
