package live_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/live"
)

// When events leave a person, by an unlink or since another has used the device, the timer
// they had set must not stand in for an earlier one: a late event that counts for some hours
// ends then, not when the others would have.
func TestTimersOfEventsThatLeft(t *testing.T) {
	noon := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	hour := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	for name, c := range map[string]struct {
		opts  live.Options
		leave func(e *live.Engine, apply func(at, claimed int, customer, visitor string))
	}{
		"unlink": {live.Options{}, func(e *live.Engine, _ func(at, claimed int, customer, visitor string)) {
			require.NoError(t, e.Unlink("v", "ann", hour(1)))
		}},
		"latest": {live.Options{Latest: true}, func(_ *live.Engine, apply func(at, claimed int, customer, visitor string)) {
			apply(1, -1, "ben", "v") // what came from noon on is Ben's
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := live.New(&c.opts)
			require.NoError(t, e.Define(hour(-200), nil, live.Definition{
				Name: "busy", Leaves: map[string]live.Leaf{"n": {Agg: live.Count, Window: "P1D"}}, Rule: json.RawMessage(`{"n": {"$gte": 1}}`),
			}))
			n := uint64(0)
			apply := func(at, claimed int, customer, visitor string) {
				n++
				require.NoError(t, e.Apply(&live.Entry{Position: n, Received: hour(at), Event: flywheel.Event{
					Name: "view", Time: hour(claimed), Customer: flywheel.CustomerID(customer), Visitor: flywheel.VisitorID(visitor),
				}}, hour(at)))
			}
			apply(-100, -100, "ann", "v")
			_, err := e.Advance(hour(0), -1)
			require.NoError(t, err)
			apply(0, 0, "", "v") // would end at 24
			c.leave(e, apply)
			apply(2, -20, "ann", "") // ends at 4
			e.Changes()
			_, err = e.Advance(hour(3), -1)
			require.NoError(t, err)
			require.True(t, has(t, e))
			_, err = e.Advance(hour(5), -1)
			require.NoError(t, err)
			require.False(t, has(t, e))
			var left []time.Time
			for _, change := range e.Changes() {
				if change.Member == "ann" {
					require.Equal(t, live.CauseTime, change.Cause)
					left = append(left, change.At)
				}
			}
			require.Equal(t, []time.Time{hour(4)}, left)
		})
	}
}

func has(t *testing.T, e *live.Engine) bool {
	t.Helper()
	in, err := e.Has("busy", "ann")
	require.NoError(t, err)
	return in
}
