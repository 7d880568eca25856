package segment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
)

func tried(t testing.TB) (*segment.Log, *segment.Profiles, *segment.Runner) {
	db := new(flywheel.Memory)
	now := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	log, err := segment.NewLog(segment.NewMemoryLog(db), &segment.LogOptions{Now: now})
	require.NoError(t, err)
	profiles, err := segment.NewProfiles(segment.NewMemoryProfiles(db), &segment.ProfileOptions{Log: log, Sink: log, Segments: []segment.Definition{
		{Name: "loyal", Rule: json.RawMessage(`{"orders": {"$gte": 2}}`)},
	}})
	require.NoError(t, err)
	runner, err := segment.NewRunner(log, &segment.RunnerOptions{Now: now}, profiles)
	require.NoError(t, err)
	for i, customer := range []flywheel.CustomerID{"ann", "bob", "ann", "cat"} {
		require.NoError(t, log.Publish(t.Context(), flywheel.Event{ID: fmt.Sprint(i), Name: flywheel.EventPurchase, Time: now().Add(-time.Hour), Customer: customer}))
	}
	require.NoError(t, runner.Drain(t.Context()))
	return log, profiles, runner
}

// What was tried and what is then defined is the same, and trying changes nothing: no
// event, no member, no definition, no leaf.
func TestTryIsDefineWithoutChange(t *testing.T) {
	log, profiles, runner := tried(t)
	ctx := t.Context()
	before, err := log.Last(ctx)
	require.NoError(t, err)
	for _, c := range []struct {
		d           segment.Definition
		members     int
		enter, gone []flywheel.CustomerID
	}{
		{segment.Definition{Name: "loyal", Rule: json.RawMessage(`{"orders": 1}`)}, 2, []flywheel.CustomerID{"bob", "cat"}, []flywheel.CustomerID{"ann"}},
		{segment.Definition{Name: "new", Rule: json.RawMessage(`{"orders": {"$gte": 1}}`)}, 3, []flywheel.CustomerID{"ann", "bob", "cat"}, nil},
		{segment.Definition{Name: "loyal", Rule: json.RawMessage(`{"orders": {"$gte": 2}}`)}, 1, nil, nil},
		{segment.Definition{
			Name: "twice lately", Rule: json.RawMessage(`{"bought": 2}`),
			Leaves: map[string]segment.Leaf{"bought": {Events: []string{flywheel.EventPurchase}, Window: "P30D"}},
		}, 1, []flywheel.CustomerID{"ann"}, nil},
	} {
		trial, err := profiles.Try(ctx, c.d)
		require.NoError(t, err)
		require.Equal(t, segment.Trial{Members: c.members, Enter: c.enter, Leave: c.gone}, trial, c.d.Name)
	}
	require.NoError(t, runner.Drain(ctx))
	after, err := log.Last(ctx)
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Equal(t, []string{"loyal"}, profiles.Segments())
	profile, err := profiles.Get(ctx, "ann")
	require.NoError(t, err)
	require.Empty(t, profile.Leaves)

	wanted := segment.Definition{Name: "loyal", Rule: json.RawMessage(`{"orders": 1}`)}
	require.NoError(t, profiles.Define(ctx, wanted))
	members, err := profiles.Members(ctx, "loyal")
	require.NoError(t, err)
	require.Equal(t, 2, members.Count())
	definitions, err := profiles.Definitions(ctx)
	require.NoError(t, err)
	require.Equal(t, []segment.Definition{wanted}, definitions)

	_, err = profiles.Try(ctx, segment.Definition{Name: "x", Rule: json.RawMessage(`{"no such": 1}`)})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	alone, err := segment.NewProfiles(nil, nil)
	require.NoError(t, err)
	_, err = alone.Try(ctx, wanted)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// Who would come and go, before anybody does.
func ExampleProfiles_Try() {
	ctx, db := context.Background(), new(flywheel.Memory)
	log, _ := segment.NewLog(segment.NewMemoryLog(db), nil)
	profiles, _ := segment.NewProfiles(segment.NewMemoryProfiles(db), &segment.ProfileOptions{Log: log})
	runner, _ := segment.NewRunner(log, nil, profiles)
	if err := log.Publish(ctx, flywheel.Event{ID: "1", Name: flywheel.EventPurchase, Customer: "ann", Time: time.Now()}); err != nil {
		panic(err)
	}
	if err := runner.Drain(ctx); err != nil {
		panic(err)
	}
	trial, err := profiles.Try(ctx, segment.Definition{Name: "buyers", Rule: json.RawMessage(`{"orders": {"$gte": 1}}`)})
	fmt.Println(trial.Members, trial.Enter, profiles.Segments(), err)
	// Output: 1 [ann] [] <nil>
}
