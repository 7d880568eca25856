package campaign

import (
	"slices"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Contact is what the engine knows of one person beside the runs: the aggregate
// that a [Store] keeps. Its size does not depend on how many events or runs the
// person had; it is bounded by the caps, the journeys and the kinds of consent.
type Contact struct {
	ID      flywheel.Person `json:"id"`
	Version int64           `json:"-"` // of the stored form
	// Zone is an IANA name, empty for the engine's default.
	Zone string `json:"zone,omitempty"`
	// Wishes are what the person said about being written to, one per purpose and
	// channel, ordered by these.
	Wishes []Wish `json:"wishes,omitempty"`
	// Sent are the messages accepted that may still count for a cap, by time.
	Sent []Sent `json:"sent,omitempty"`
	// Decided counts the messages decided on; it orders those of one plan.
	Decided int64 `json:"decided,omitempty"`
	// Position is that of the last entry of the log that was applied.
	Position flywheel.Position `json:"position,omitempty"`
	// Tallies count what happened, one for each journey, by ID.
	Tallies []Tally `json:"tallies,omitempty"`
}

// clone copies what may be changed in place.
func (c Contact) clone() Contact {
	c.Wishes = slices.Clone(c.Wishes)
	c.Sent = slices.Clone(c.Sent)
	c.Tallies = slices.Clone(c.Tallies)
	return c
}

// tally returns the counters of a journey.
func (c *Contact) tally(id ID) *Tally {
	i, found := slices.BinarySearchFunc(c.Tallies, id, func(t Tally, id ID) int { return compareID(t.Journey, id) })
	if !found {
		c.Tallies = slices.Insert(c.Tallies, i, Tally{Journey: id})
	}
	return &c.Tallies[i]
}

// noteSent remembers a message accepted at an instant as long as it can count for
// a cap.
func (c *Contact) noteSent(p Policy, m Sent) {
	if p.counts(m.Channel) {
		i := len(c.Sent)
		for i > 0 && (c.Sent[i-1].At.After(m.At) || c.Sent[i-1].At.Equal(m.At) && c.Sent[i-1].ID > m.ID) {
			i--
		}
		c.Sent = slices.Insert(c.Sent, i, m)
	}
	c.Sent = slices.DeleteFunc(c.Sent, func(s Sent) bool { return !s.At.After(m.At.Add(-p.memory(s.Channel))) })
}

var places sync.Map // zone name → *time.Location, nil where there is none

// place returns the zone of that IANA name, nil where there is none.
func place(zone string) *time.Location {
	if found, ok := places.Load(zone); ok {
		return found.(*time.Location)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = nil
	}
	places.Store(zone, location)
	return location
}
