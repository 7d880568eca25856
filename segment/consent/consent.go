package consent

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

// The events of a consent; their properties are "purpose", "channel", "text", "version"
// and "source", each where it is not empty.
const (
	EventGiven     = "subscribed"
	EventWithdrawn = "unsubscribed"
)

// Transactional is the purpose of messages that belong to an order. It must be named to
// be covered.
const Transactional = "transactional"

// MostText bounds the text of a consent, in bytes.
const MostText = 10_000

// Consent is what somebody agreed to or took back.
type Consent struct {
	// Customer, else Visitor, is who said it.
	Customer flywheel.CustomerID
	Visitor  flywheel.VisitorID
	// Purpose and Channel say for what; empty is all, see the package comment.
	Purpose, Channel string
	// Given is false for a withdrawal.
	Given bool
	// Text is what was shown, word for word, and Version its name: a consent that is
	// given needs both. Source is where, such as "checkout".
	Text, Version, Source string
	// At is when it was said.
	At time.Time
}

// Event returns the consent as an event for the log. Its ID is made of who, what and when,
// so that a form that is posted twice says it once. What is wrong is a
// *flywheel.FieldError.
func (c Consent) Event() (flywheel.Event, error) {
	refuse := func(field, format string, args ...any) (flywheel.Event, error) {
		return flywheel.Event{}, &flywheel.FieldError{Field: field, Err: fmt.Errorf("consent: "+format+": %w", append(args, flywheel.ErrInvalid)...)}
	}
	switch {
	case c.Customer == "" && c.Visitor == "":
		return refuse("customer", "of nobody")
	case c.At.IsZero():
		return refuse("at", "missing")
	case c.Given && c.Text == "":
		return refuse("text", "a consent without the text that was shown is no proof")
	case c.Given && c.Version == "":
		return refuse("version", "missing")
	case len(c.Text) > MostText || !utf8.ValidString(c.Text):
		return refuse("text", "%d bytes", len(c.Text))
	}
	for _, id := range []struct{ field, value string }{{"purpose", c.Purpose}, {"channel", c.Channel}, {"version", c.Version}, {"source", c.Source}} {
		if id.value == "" {
			continue
		}
		if err := flywheel.CheckID(id.value); err != nil {
			return flywheel.Event{}, &flywheel.FieldError{Field: id.field, Err: err}
		}
	}
	e := flywheel.Event{Name: EventWithdrawn, Time: c.At.UTC().Truncate(time.Microsecond), Customer: c.Customer, Visitor: c.Visitor, Properties: map[string]any{}}
	if c.Given {
		e.Name = EventGiven
	}
	for name, value := range map[string]string{"purpose": c.Purpose, "channel": c.Channel, "text": c.Text, "version": c.Version, "source": c.Source} {
		if value != "" {
			e.Properties[name] = value
		}
	}
	e.ID = eventid.Of(e.Name, string(c.Customer), string(c.Visitor), c.Purpose, c.Channel, strconv.FormatInt(e.Time.UnixMicro(), 10))
	return e, e.Validate()
}

// Read returns the consent that an event is; false for any other event.
func Read(e *flywheel.Event) (c Consent, ok bool) {
	if e.Name != EventGiven && e.Name != EventWithdrawn {
		return Consent{}, false
	}
	c = Consent{Customer: e.Customer, Visitor: e.Visitor, Given: e.Name == EventGiven, At: e.Time}
	for name, to := range map[string]*string{"purpose": &c.Purpose, "channel": &c.Channel, "text": &c.Text, "version": &c.Version, "source": &c.Source} {
		*to, _ = e.Properties[name].(string)
	}
	return c, true
}

// Proof is a consent with its place in the log.
type Proof struct {
	Consent
	// Event is the ID of the event, Position its place.
	Event    string
	Position flywheel.Position
	// Effective is when it counts from, and Received when the log took it, by the
	// trusted clock.
	Effective, Received time.Time
}

// Record is what one person said, the newest last. The zero Record agreed to nothing.
type Record struct{ said []Proof }

// Of reads the entries of one person, such as those of segment's Log.Of, in any order.
// Others than consents are passed over.
func Of(entries []flywheel.Entry) Record {
	var r Record
	for i := range entries {
		e := &entries[i]
		if c, ok := Read(&e.Event); ok {
			r.said = append(r.said, Proof{Consent: c, Event: e.Event.ID, Position: e.Position, Effective: e.Effective, Received: e.Received})
		}
	}
	slices.SortStableFunc(r.said, func(a, b Proof) int {
		return cmp.Or(a.Effective.Compare(b.Effective), cmp.Compare(a.Position, b.Position))
	})
	return r
}

// Allowed reports whether the person agrees to a purpose by a channel now, with what was
// said last that covers it: the proof, or the withdrawal. It is zero where nothing was
// said. With versions only a consent to one of them counts; a withdrawal always does.
func (r Record) Allowed(purpose, channel string, versions ...string) (Proof, bool) {
	return r.AllowedAt(purpose, channel, time.Time{}, versions...)
}

// AllowedAt is Allowed as of an instant, that included; the zero time is now.
func (r Record) AllowedAt(purpose, channel string, at time.Time, versions ...string) (Proof, bool) {
	for _, p := range slices.Backward(r.said) {
		if !at.IsZero() && p.Effective.After(at) || !p.covers(purpose, channel) {
			continue
		}
		return p, p.Given && (len(versions) == 0 || slices.Contains(versions, p.Version))
	}
	return Proof{}, false
}

func (c *Consent) covers(purpose, channel string) bool {
	return (c.Channel == "" || c.Channel == channel) && (c.Purpose == purpose || c.Purpose == "" && purpose != Transactional)
}

// History returns everything that was said, the newest last: what an export of a person
// shows.
func (r Record) History() []Proof { return slices.Clone(r.said) }
