package live_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/live"
)

// carried returns an engine of the parts of an engine of the parts of another.
func carried(t *testing.T, e *live.Engine, opts *live.Options, now time.Time) *live.Engine {
	t.Helper()
	first := carry(t, e, opts, now)
	second := carry(t, first, opts, now)
	again := map[live.Alias]live.Part{}
	for p := range second.Parts() {
		again[p.Alias] = p
	}
	for p := range first.Parts() {
		require.Equal(t, p, again[p.Alias])
	}
	return second
}

func carry(t *testing.T, e *live.Engine, opts *live.Options, now time.Time) *live.Engine {
	to := live.New(opts)
	require.NoError(t, to.Define(now, nil, e.Definitions()...))
	parts := slices.Collect(e.Parts())
	for _, p := range slices.Backward(parts) { // the order does not matter
		require.NoError(t, to.Put(p.Alias, p.Data))
	}
	return to
}

func TestDamagedParts(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	define := func() *live.Engine {
		e := live.New(nil)
		require.NoError(t, e.Define(now, nil, live.Definition{Name: "s", Leaves: map[string]live.Leaf{
			"n": {Events: []string{"a"}, Window: "P1D"}, "g": {Agg: live.Groups, By: "p", Leaves: map[string]live.Leaf{"k": {}}, Rule: []byte(`{"k": {"$gte": 2}}`)},
			"q": {Agg: live.Sequence, Steps: []live.Step{{Events: []string{"a"}}, {Events: []string{"b"}}}, Same: []string{"p"}}, "f": {Agg: live.MostFrequent, Of: "p"},
		}, Rule: []byte(`{"n": {"$gte": 1}, "g": {"$gte": 0}, "q": 0, "f": "x"}`)}))
		return e
	}
	e := define()
	for _, name := range []string{"a", "a", "c"} {
		require.NoError(t, e.Apply(&live.Entry{Event: flywheel.Event{Name: name, Time: now, Customer: "ann", Visitor: "d", Properties: map[string]any{"p": "x"}}}, now))
	}
	require.NoError(t, e.Set("ann", "score", 0.5, now))
	for p := range e.Parts() {
		for cut := range p.Data {
			_ = define().Put(p.Alias, p.Data[:cut]) // no panic, and as a rule an error
			for _, x := range []byte{0, 1, 0x7f, 0xff} {
				damaged := bytes.Clone(p.Data)
				damaged[cut] = x
				_ = define().Put(p.Alias, damaged)
			}
		}
		require.ErrorIs(t, define().Put(p.Alias, append(bytes.Clone(p.Data), 0)), flywheel.ErrInvalid)
		to := define()
		require.NoError(t, to.Put(p.Alias, p.Data))
		if err := to.Put(p.Alias, p.Data); !errors.Is(err, flywheel.ErrConflict) {
			t.Fatal(err)
		}
	}
	require.ErrorIs(t, e.Put(live.Alias{}, nil), flywheel.ErrInvalid)
	require.ErrorIs(t, e.Put(live.Alias{Customer: "a", Account: "b"}, nil), flywheel.ErrInvalid)
	e.Clear()
	require.Empty(t, slices.Collect(e.Parts()))
	size, err := e.Size("s")
	require.NoError(t, err)
	require.Zero(t, size)
}
