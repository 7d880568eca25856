package experiment_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/experimenttest"
)

// log is a Sink that keeps events and can be made to fail.
type log struct {
	mu     sync.Mutex
	events []flywheel.Event
	fail   error
}

func (l *log) Publish(_ context.Context, events ...flywheel.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	l.events = append(l.events, events...)
	return nil
}

func service(t testing.TB, store experiment.Store, sink flywheel.Sink) *experiment.Service {
	t.Helper()
	s, err := experiment.New(store, &experiment.Options{Sink: sink, Now: func() time.Time { return start.Add(1500 * time.Nanosecond) }})
	require.NoError(t, err)
	require.NoError(t, s.Configure(two))
	return s
}

func TestExposeRecordsOnce(t *testing.T) {
	sink := &log{}
	s := service(t, nil, sink)
	anna := experiment.Subject{Customer: "anna", Visitor: "v1"}
	for range 3 {
		d, err := s.Expose(t.Context(), "E", anna)
		require.NoError(t, err)
		require.True(t, d.In)
	}
	list, err := s.Exposures(t.Context(), "E")
	require.NoError(t, err)
	arm := s.Assign("E", anna).Arm
	require.Equal(t, []experiment.Exposure{{Experiment: "E", Unit: "anna", Arm: arm, At: start.Add(time.Microsecond), Customer: "anna", Visitor: "v1"}}, list)
	require.Len(t, sink.events, 1)
	e := sink.events[0]
	require.NoError(t, e.Validate())
	require.Equal(t, "experiment_viewed:E:anna:"+arm, e.ID)
	require.Equal(t, map[string]any{"experiment": "E", "arm": arm, "unit": "anna"}, e.Properties)
}

func TestExposeLeavesOthersAlone(t *testing.T) {
	sink := &log{}
	s := service(t, nil, sink)
	d, err := s.Expose(t.Context(), "E", experiment.Subject{Visitor: "v"})
	require.NoError(t, err)
	require.Equal(t, experiment.NoUnit, d.Reason)
	_, err = s.Expose(t.Context(), "F", experiment.Subject{Customer: "anna"})
	require.ErrorIs(t, err, experiment.ErrUnknown)
	_, err = s.Expose(t.Context(), "E", experiment.Subject{Customer: flywheel.CustomerID(strings.Repeat("x", 256))})
	require.ErrorIs(t, err, flywheel.ErrLimit)
	require.Empty(t, sink.events)
}

func TestConfigureKeepsTheOldOnError(t *testing.T) {
	s := service(t, nil, nil)
	require.Error(t, s.Configure(experiment.Experiment{ID: "E"}))
	require.True(t, s.Assign("E", experiment.Subject{Customer: "anna"}).In)
	require.Equal(t, "E", string(s.Snapshot().Experiments()[0].ID))
}

// Whatever call fails, before or after its effect, the exposure is recorded once
// and told under one ID after the call is made again.
func TestExposeSurvivesFailures(t *testing.T) {
	down := errors.New("down")
	for _, transactions := range []bool{true, false} {
		for _, at := range []string{"Exposed", "Exposed/after", "Record", "Record/after", "sink"} {
			t.Run(fmt.Sprintf("%s/transactions=%v", at, transactions), func(t *testing.T) {
				memory, sink, armed := experiment.NewMemory(nil), &log{}, true
				hook := func(call string, after bool) error {
					if after {
						call += "/after"
					}
					if armed && call == at {
						return down
					}
					return nil
				}
				var store = experimenttest.Failing(memory, hook)
				if !transactions {
					store = struct{ experiment.Store }{store}
				}
				if at == "sink" {
					sink.fail = down
				}
				s := service(t, store, sink)
				_, err := s.Expose(t.Context(), "E", experiment.Subject{Customer: "anna"})
				if at == "sink" && transactions { // it is elsewhere, and is told later
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, down)
				}
				armed, sink.fail = false, nil
				_, err = s.Expose(t.Context(), "E", experiment.Subject{Customer: "anna"})
				require.NoError(t, err)
				list, err := s.Exposures(t.Context(), "E")
				require.NoError(t, err)
				require.Len(t, list, 1)
				_, err = s.Deliver(t.Context(), start)
				require.NoError(t, err)
				ids := map[string]bool{}
				for _, e := range sink.events {
					ids[e.ID] = true
				}
				require.Len(t, ids, 1)
			})
		}
	}
}

// A fresh memory store is rebuilt from the log of its own events.
func TestRebuildFromLog(t *testing.T) {
	sink := &log{}
	s := service(t, nil, sink)
	for i := range 50 {
		_, err := s.Expose(t.Context(), "E", experiment.Subject{Customer: flywheel.CustomerID(fmt.Sprint("c", i))})
		require.NoError(t, err)
	}
	rebuilt := service(t, nil, nil)
	require.NoError(t, rebuilt.Publish(t.Context(), sink.events...))
	require.NoError(t, rebuilt.Publish(t.Context(), sink.events...))
	require.NoError(t, rebuilt.Publish(t.Context(),
		flywheel.Event{ID: "1", Name: flywheel.EventPurchase, Time: start},
		flywheel.Event{ID: "2", Name: flywheel.EventExperimentViewed, Time: start, Properties: map[string]any{"experiment": 7.0}}))
	want, err := s.Exposures(t.Context(), "E")
	require.NoError(t, err)
	got, err := rebuilt.Exposures(t.Context(), "E")
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// Readers see whole snapshots while experiments are replaced.
func TestConcurrentUse(t *testing.T) {
	s := service(t, nil, &log{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 200 {
				subject := experiment.Subject{Customer: flywheel.CustomerID(fmt.Sprint("c", i))}
				if d, err := s.Expose(context.Background(), "E", subject); err != nil || d.Arm == "" {
					t.Error(d, err)
				}
				if w == 0 {
					if err := s.Configure(two); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	list, err := s.Exposures(context.Background(), "E")
	require.NoError(t, err)
	require.Len(t, list, 200)
}

func BenchmarkExpose(b *testing.B) {
	s := service(b, nil, nil)
	ctx := context.Background()
	subject := experiment.Subject{Customer: "anna"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Expose(ctx, "E", subject); err != nil {
			b.Fatal(err)
		}
	}
}
