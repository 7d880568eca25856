package attribution_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/attribution"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// What was given back counts against the channels that brought it, in whatever order it
// is told, and at most once and in full.
func TestRefunds(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	event := func(id, name, ref string, minor int64, hours int, source string) flywheel.Event {
		e := flywheel.Event{ID: id, Name: name, Ref: ref, Customer: "ann", Time: at.Add(time.Duration(hours) * time.Hour)}
		if minor != 0 {
			e.Value = money.New(minor, money.EUR)
		}
		if source != "" {
			e.Properties = map[string]any{"utm_source": source, "utm_medium": "email"}
		}
		return e
	}
	events := []flywheel.Event{
		event("r2", flywheel.EventRefund, "o2", 500, 90, ""), // told first, happened last
		event("v1", "page_view", "", 0, 0, "mail"),
		event("p1", flywheel.EventPurchase, "o1", 1000, 1, ""),
		event("r1", flywheel.EventRefund, "o1", 250, 30, ""),
		event("r1", flywheel.EventRefund, "o1", 250, 30, ""), // the same event again
		event("v2", "page_view", "", 0, 50, "letter"),
		event("p2", flywheel.EventPurchase, "o2", 500, 51, ""),
		event("r3", flywheel.EventRefund, "none", 100, 95, ""),
		event("r4", flywheel.EventRefund, "o1", 900, 96, ""), // more than is left
	}
	b, err := attribution.Builder{Cut: true}.Build(events[:8])
	require.NoError(t, err)
	require.Len(t, b.Journeys, 2)
	require.Equal(t, 7.5, b.Journeys[0].Value)
	require.Zero(t, b.Journeys[1].Value)
	require.Equal(t, 7.5, b.Refunded)
	require.Equal(t, []int{1, 1, 1}, []int{b.Returned, b.Orphans, b.Duplicates})
	require.Len(t, b.Journeys[0].Touches, 1, "a refund is no visit")

	b, err = attribution.Builder{Cut: true}.Build(events)
	require.NoError(t, err)
	require.Zero(t, b.Journeys[0].Value, "at most all of it")
	require.Equal(t, 15.0, b.Refunded)
	require.Equal(t, []int{2, 2}, []int{b.Returned, b.Orphans})

	b, err = attribution.Builder{Cut: true, WithoutReturned: true}.Build(events[:8])
	require.NoError(t, err)
	converted := 0
	for _, j := range b.Journeys {
		if j.Converted {
			converted++
		}
	}
	require.Equal(t, 1, converted)
	require.Len(t, b.Journeys, 2, "its touch is that of a journey without a conversion")

	b, err = attribution.Builder{Cut: true, Refunds: []string{}}.Build(events)
	require.NoError(t, err)
	require.Equal(t, []float64{10, 5}, []float64{b.Journeys[0].Value, b.Journeys[1].Value})

	bad := events[3]
	bad.Value = money.New(-1, money.EUR)
	_, err = attribution.Builder{}.Build([]flywheel.Event{bad})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}
