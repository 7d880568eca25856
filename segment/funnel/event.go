package funnel

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Event is one thing that somebody did.
type Event struct {
	// Who is the person or device, as the caller has resolved it.
	Who  string
	Name string
	At   time.Time
	// Order decides between events of one instant.
	Order uint64
	// Campaign names what brought the person, such as source, medium and campaign
	// joined; empty where nothing did.
	Campaign string
	// Label is what results may be broken down by.
	Label string
}

// ordered returns the places of the events by who, time and order.
func ordered(events []Event) ([]int, error) {
	places := make([]int, len(events))
	for i := range events {
		e := &events[i]
		if e.Who == "" || e.Name == "" || e.At.IsZero() {
			return nil, fmt.Errorf("funnel: event %d of %q, %q at %v: %w", i, e.Who, e.Name, e.At, flywheel.ErrInvalid)
		}
		places[i] = i
	}
	slices.SortStableFunc(places, func(i, j int) int {
		a, b := &events[i], &events[j]
		return cmp.Or(cmp.Compare(a.Who, b.Who), a.At.Compare(b.At), cmp.Compare(a.Order, b.Order))
	})
	return places, nil
}

// each calls f with the places of everybody's events.
func each(events []Event, places []int, f func(own []int)) {
	for i := 0; i < len(places); {
		j := i
		for j < len(places) && events[places[j]].Who == events[places[i]].Who {
			j++
		}
		f(places[i:j])
		i = j
	}
}
