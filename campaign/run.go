package campaign

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/flywheel-go/flywheel"
)

// Run is one way of a contact through a journey, a row of its own. One that has
// ended is deleted.
type Run struct {
	ID      string          `json:"id"`
	Contact flywheel.Person `json:"contact"`
	Journey ID              `json:"journey"`
	Version int             `json:"version"` // of the journey
	Key     string          `json:"key,omitempty"`
	// Entry is the event that it began with, never changed; Position is its place
	// in the log.
	Entry    *flywheel.Event   `json:"entry"`
	Position flywheel.Position `json:"position"`
	// Entered is the effective time of the entry. Events from Began on touch the
	// run, which is the earlier of Entered and the entry's receipt.
	Entered time.Time `json:"entered"`
	Began   time.Time `json:"began"`
	// Step is where it stands. It came there at Since; events from Seen on answer a
	// wait, which is the earlier of Since and the trusted instant of coming.
	Step  string    `json:"step"`
	Since time.Time `json:"since"`
	Seen  time.Time `json:"seen"`
	// Due is when it goes on by itself, zero where it stands at a send.
	Due time.Time `json:"due,omitzero"`
	// Subject is a hash of what a wait for a subject is about, empty elsewhere.
	Subject string `json:"subject,omitempty"`
	Sends   int    `json:"sends,omitempty"`
	// Acts is the last act of an operator that the run has heard of.
	Acts int64 `json:"acts,omitempty"`

	ended, changed bool
}

// byTime orders runs as their timers are done.
func byTime(a, b *Run) int {
	return cmp.Or(a.Due.Compare(b.Due), byEntry(a, b))
}

// byEntry orders runs as they began.
func byEntry(a, b *Run) int {
	return cmp.Or(a.Entered.Compare(b.Entered), cmp.Compare(a.Position, b.Position), cmp.Compare(a.Journey, b.Journey), cmp.Compare(a.ID, b.ID))
}

// subjectKey is what a wait for an event about a subject and an event that answers
// it have in common.
func subjectKey(event string, names []string, e *flywheel.Event) string {
	h := sha256.New()
	part := func(s string) { h.Write(append(strconv.AppendInt(nil, int64(len(s)), 10), ':')); h.Write([]byte(s)) }
	part(event)
	for _, name := range names {
		part(name)
		part(attributeText(e, name))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// deterministicID derives an identifier from what the thing is.
func deterministicID(parts ...string) string {
	var name []byte
	for _, part := range parts {
		name = append(append(strconv.AppendInt(name, int64(len(part)), 10), ':'), part...)
	}
	return uuid.NewSHA1(namespace, name).String()
}

var namespace = uuid.MustParse("6f1a4b53-52c4-5d35-a5f5-0c6b9c2f2d10")
