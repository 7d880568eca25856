package campaign_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/segment"
)

// past is a log of carts and purchases, received when they happened.
func past(events ...flywheel.Event) iter.Seq2[flywheel.Entry, error] {
	return func(yield func(flywheel.Entry, error) bool) {
		for i, e := range events {
			if !yield(flywheel.Entry{Position: flywheel.Position(i + 1), Received: e.Time, Effective: e.Time, Person: flywheel.PersonOf(e.Customer, e.Visitor), Event: e}, nil) {
				return
			}
		}
	}
}

// A dry run does what the engine does with the same log hour by hour: the same messages
// at the same steps, the same outcomes.
func TestDryRunIsTheRun(t *testing.T) {
	ctx := t.Context()
	policy := campaign.Policy{QuietHours: campaign.QuietHours{Start: campaign.At(21, 0), End: campaign.At(9, 0)}, Caps: []campaign.Cap{{Max: 1, Per: campaign.CalendarDay}}, OnCap: campaign.Defer}
	begin := time.Date(2026, 6, 1, 20, 0, 0, 0, time.UTC)
	events := []flywheel.Event{
		{ID: "1", Name: flywheel.EventAddToCart, Time: begin, Customer: "anna"}, {ID: "2", Name: flywheel.EventAddToCart, Time: begin.Add(3 * time.Hour), Customer: "bob"},
		{ID: "3", Name: flywheel.EventPurchase, Time: begin.Add(48 * time.Hour), Customer: "anna"}, {ID: "4", Name: flywheel.EventAddToCart, Time: begin.Add(60 * time.Hour), Customer: "cat"},
	}
	until := begin.Add(61 * time.Hour)
	dry, err := campaign.Try(ctx, campaign.CartRecovery("email"), &campaign.Options{Policy: policy}, past(events...), until)
	require.NoError(t, err)

	c := &clock{begin}
	log, err := segment.NewLog(nil, &segment.LogOptions{Now: c.time})
	require.NoError(t, err)
	var mail campaign.Recorder
	engine, err := campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{campaign.CartRecovery("email")}, Policy: policy, Sender: &mail, Now: c.time})
	require.NoError(t, err)
	runner, err := segment.NewRunner(log, nil, engine)
	require.NoError(t, err)
	for ; !c.now.After(until); c.now = c.now.Add(time.Hour) {
		for _, e := range events {
			if e.Time.Equal(c.now) {
				require.NoError(t, log.Publish(ctx, e))
			}
		}
		require.NoError(t, runner.Drain(ctx))
	}
	report, err := engine.Report(ctx)
	require.NoError(t, err)
	require.Equal(t, report, []campaign.Tally{dry.Tally})
	standing, err := engine.Standing(ctx, "cart-recovery")
	require.NoError(t, err)
	require.Equal(t, standing, dry.Standing)
	sent := map[string]int64{}
	for _, m := range mail.Messages() {
		sent[m.Step]++
	}
	require.NotEmpty(t, sent)
	require.Equal(t, sent, dry.Messages)

	none, err := campaign.Try(ctx, campaign.CartRecovery("email"), nil, past(), until)
	require.NoError(t, err)
	require.Equal(t, campaign.Tally{Journey: "cart-recovery"}, none.Tally)
	_, err = campaign.Try(ctx, campaign.Journey{ID: "x"}, nil, past(events...), until)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	gone := errors.New("gone")
	_, err = campaign.Try(ctx, campaign.CartRecovery("email"), nil, func(yield func(flywheel.Entry, error) bool) { yield(flywheel.Entry{}, gone) }, until)
	require.ErrorIs(t, err, gone)
}

// What a journey would have done with two carts of last week, before anybody gets a mail.
func ExampleTry() {
	monday := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	dry, err := campaign.Try(context.Background(), campaign.CartRecovery("email"), nil, past(
		flywheel.Event{ID: "1", Name: flywheel.EventAddToCart, Time: monday, Customer: "anna"},
		flywheel.Event{ID: "2", Name: flywheel.EventPurchase, Time: monday.Add(time.Minute), Customer: "anna"},
		flywheel.Event{ID: "3", Name: flywheel.EventAddToCart, Time: monday.Add(time.Hour), Customer: "bob"},
	), monday.Add(6*time.Hour))
	fmt.Println(dry.Tally.Entries, dry.Tally.Goals, dry.Messages, dry.Standing, err)
	// Output: 2 1 map[first:1] map[day:1] <nil>
}

// Where the contacts of a journey stand.
func ExampleEngine_Standing() {
	ctx := context.Background()
	engine, err := campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{campaign.CartRecovery("email")}, Now: at(noon)})
	if err != nil {
		panic(err)
	}
	apply(engine, noon, flywheel.Event{ID: "1", Name: flywheel.EventAddToCart, Customer: "anna"})
	steps, err := engine.Standing(ctx, "cart-recovery")
	fmt.Println(steps, err)
	// Output: map[hour:1] <nil>
}
