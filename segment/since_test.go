package segment_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
)

func hourly(ctx context.Context, n int) (*segment.Log, time.Time) {
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	now := begin
	log, err := segment.NewLog(nil, &segment.LogOptions{Now: func() time.Time { return now }})
	if err != nil {
		panic(err)
	}
	for i := range n {
		now = begin.Add(time.Duration(i/2) * time.Hour) // two each hour
		if err := log.Publish(ctx, flywheel.Event{ID: fmt.Sprint(i), Name: flywheel.EventViewItem, Customer: flywheel.CustomerID(fmt.Sprint("c", i%3)), Time: now}); err != nil {
			panic(err)
		}
		if _, err := log.Number(ctx); err != nil {
			panic(err)
		}
	}
	return log, begin
}

// What comes behind the position is exactly what was received since, whatever the
// instant, also where entries are erased.
func TestSince(t *testing.T) {
	ctx := t.Context()
	for _, n := range []int{0, 1, 2, 3, 20, 37} {
		log, begin := hourly(ctx, n)
		for _, erased := range []bool{false, true} {
			if erased {
				require.NoError(t, log.Forget(ctx, "c1"))
			}
			var all []flywheel.Entry
			for e, err := range log.Entries(ctx, segment.Query{}) {
				require.NoError(t, err)
				all = append(all, e)
			}
			for half := -1; half <= n+2; half++ {
				at := begin.Add(time.Duration(half) * 30 * time.Minute)
				position, err := log.Since(ctx, at)
				require.NoError(t, err)
				want, got := 0, 0
				for _, e := range all {
					if !e.Received.Before(at) {
						want++
					}
				}
				for e, err := range log.Entries(ctx, segment.Query{After: position}) {
					require.NoError(t, err)
					require.False(t, e.Received.Before(at))
					got++
				}
				require.Equal(t, want, got, "%d entries since %s", n, at)
			}
		}
	}
}

// What happened since three in the morning.
func ExampleLog_Since() {
	ctx := context.Background()
	log, midnight := hourly(ctx, 10)
	position, err := log.Since(ctx, midnight.Add(3*time.Hour))
	if err != nil {
		panic(err)
	}
	entries, err := log.Read(ctx, position, 100)
	fmt.Println(position, len(entries), err)
	// Output: 6 4 <nil>
}
