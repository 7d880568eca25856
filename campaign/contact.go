package campaign

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Contact is everything the engine knows of one customer: the aggregate that a
// [Store] keeps. It changes only by events and due timers.
type Contact struct {
	ID      flywheel.CustomerID `json:"id"`
	Version int64               `json:"-"` // of the stored form
	// Clock is the latest instant at which something happened here.
	Clock time.Time `json:"clock"`
	// Zone is an IANA name, empty for the engine's default.
	Zone string `json:"zone,omitempty"`
	// Unsubscribed are the channels not wanted, sorted; the empty one is all.
	Unsubscribed []string `json:"unsubscribed,omitempty"`
	// Runs are the active ones in the order of entry.
	Runs []Run `json:"runs,omitempty"`
	// Entries are the latest where a re-entry rule asks for them.
	Entries []Entry `json:"entries,omitempty"`
	// Sent are the messages that may still count for a cap, by time.
	Sent []Sent `json:"sent,omitempty"`
	// Outbox are the messages decided on and not yet delivered, by time.
	Outbox []Message `json:"outbox,omitempty"`
	// Seen are the events of late, in the order in which they came.
	Seen []Seen `json:"seen,omitempty"`
	// Tallies count what happened, one for each journey, by ID.
	Tallies []Tally `json:"tallies,omitempty"`
}

// Run is one way of a contact through a journey.
type Run struct {
	ID      string          `json:"id"`
	Journey ID              `json:"journey"`
	Version int             `json:"version"` // of the journey
	Key     string          `json:"key,omitempty"`
	Entry   *flywheel.Event `json:"entry"` // the event that it began with, never changed
	Entered time.Time       `json:"entered"`
	Step    string          `json:"step"`  // where it waits
	Since   time.Time       `json:"since"` // when it came there
	Due     time.Time       `json:"due"`   // when it goes on by itself
	Sends   int             `json:"sends,omitempty"`

	ended bool
}

// Entry is the latest entry into a journey under a key.
type Entry struct {
	Journey ID        `json:"journey"`
	Key     string    `json:"key,omitempty"`
	At      time.Time `json:"at"`
}

// Seen is an event that was applied, in few bytes: there may be many.
type Seen struct {
	Event uint64 `json:"event"` // the first eight bytes of the SHA-256 of its ID
	At    int64  `json:"at"`    // its time, in microseconds of Unix time
}

func seen(e *flywheel.Event) Seen {
	sum := sha256.Sum256([]byte(e.ID))
	return Seen{binary.BigEndian.Uint64(sum[:]), e.Time.UnixMicro()}
}

// Message is one message to a contact. Its ID follows from journey, contact,
// entry and step, so that a message decided on again is the same message.
type Message struct {
	ID       string              `json:"id"`
	At       time.Time           `json:"at"`
	Contact  flywheel.CustomerID `json:"contact"`
	Journey  ID                  `json:"journey"`
	Version  int                 `json:"version"`
	Run      string              `json:"run"`
	Step     string              `json:"step"`
	Channel  string              `json:"channel"`
	Template string              `json:"template,omitempty"`
	// Entry is the event that the run began with: what was in the cart. It is
	// shared, so nobody changes it.
	Entry *flywheel.Event `json:"entry"`
}

// Due returns when something is to be done without a further event: the time
// of the oldest undelivered message or of the next timer, zero for never. A
// [Store] keeps it as an index.
func (c *Contact) Due() time.Time {
	var due time.Time
	if len(c.Outbox) > 0 {
		due = c.Outbox[0].At
	}
	for i := range c.Runs {
		if t := c.Runs[i].Due; due.IsZero() || t.Before(due) {
			due = t
		}
	}
	return due
}

// clone copies what may be changed in place. Events are values that no one
// changes.
func (c Contact) clone() Contact {
	c.Unsubscribed = slices.Clone(c.Unsubscribed)
	c.Runs = cloneWithRoom(c.Runs)
	c.Entries = slices.Clone(c.Entries)
	c.Sent = cloneWithRoom(c.Sent)
	c.Outbox = slices.Clone(c.Outbox)
	c.Seen = cloneWithRoom(c.Seen)
	c.Tallies = slices.Clone(c.Tallies)
	return c
}

// cloneWithRoom copies a slice with room for one more element.
func cloneWithRoom[T any](s []T) []T {
	if s == nil {
		return nil
	}
	return append(make([]T, 0, len(s)+1), s...)
}

// wants reports whether the contact takes messages of a channel.
func (c *Contact) wants(channel string) bool {
	return !slices.Contains(c.Unsubscribed, channel) && !slices.Contains(c.Unsubscribed, "")
}

// subscribe notes a wish about a channel, or about all where it is empty.
func (c *Contact) subscribe(channel string, wanted bool) {
	i, found := slices.BinarySearch(c.Unsubscribed, channel)
	switch {
	case wanted && channel == "":
		c.Unsubscribed = nil
	case wanted && found:
		c.Unsubscribed = slices.Delete(c.Unsubscribed, i, i+1)
	case !wanted && !found:
		c.Unsubscribed = slices.Insert(c.Unsubscribed, i, channel)
	}
}

// tally returns the counters of a journey.
func (c *Contact) tally(id ID) *Tally {
	i, found := slices.BinarySearchFunc(c.Tallies, id, func(t Tally, id ID) int { return compareID(t.Journey, id) })
	if !found {
		c.Tallies = slices.Insert(c.Tallies, i, Tally{Journey: id})
	}
	return &c.Tallies[i]
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
