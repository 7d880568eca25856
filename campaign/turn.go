package campaign

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Events that tell of the contact itself.
const (
	// EventTimezoneChanged tells a contact's zone, property "timezone", an IANA
	// name.
	EventTimezoneChanged = "timezone_changed"
	// EventUnsubscribed and EventSubscribed tell whether a contact takes
	// messages of a channel, property "channel"; without it, of any.
	EventUnsubscribed = "unsubscribed"
	EventSubscribed   = "subscribed"
)

// eventMemory is how long an event is known by its ID. One that is older still
// when it arrives is ignored, so nothing is ever applied twice.
const eventMemory = 45 * 24 * time.Hour

// turn decides what one event or one due timer does to a contact. It is a pure
// computation: everything it needs is in the programme, the contact and the
// attributes, and what is to be done in the world is in the contact's outbox.
type turn struct {
	*programme
	contact *Contact
	now     time.Time
	attrs   map[string]any // of the contact, for rules
	traced  bool
	facts   []Fact // what was decided, when traced
	changed bool   // the contact has to be saved
}

func (t *turn) local(at time.Time) time.Time {
	if zone := place(t.contact.Zone); t.contact.Zone != "" && zone != nil {
		return at.In(zone)
	}
	return at.In(t.place)
}

// tell notes a fact about a run.
func (t *turn) tell(kind FactKind, r *Run, step, detail string) {
	if !t.traced {
		return
	}
	t.facts = append(t.facts, Fact{
		Kind: kind, At: t.now, Contact: t.contact.ID, Journey: r.Journey, Version: r.Version,
		Run: r.ID, Entered: r.Entered, Step: step, Detail: detail,
	})
}

// event applies an event. Exits come before waits and these before entries, so
// that a run does not end by what it began with.
func (t *turn) event(e *flywheel.Event) {
	at := e.Time.UTC().Truncate(time.Microsecond)
	c := t.contact
	if at.Before(c.Clock.Add(-eventMemory)) {
		return
	}
	this := seen(e)
	if slices.ContainsFunc(c.Seen, func(s Seen) bool { return s.Event == this.Event }) {
		t.duplicate(e, at)
		return
	}
	t.now = at
	if c.Clock.After(at) {
		t.now = c.Clock // late: nothing happens before what has happened
	}
	t.aboutContact(e)
	for i := range c.Runs {
		if r := &c.Runs[i]; !at.Before(r.Entered) {
			t.arrived(r, e, at)
		}
	}
	for _, p := range t.current {
		if p.Trigger.Event == e.Name {
			t.enter(p, e)
		}
	}
	// Even an event without effect is remembered: coming again it might have one.
	t.changed = true
	c.Clock = t.now
	c.Seen = append(c.Seen, this)
	t.tidy()
}

func (t *turn) duplicate(e *flywheel.Event, at time.Time) {
	for _, p := range t.current {
		if t.traced && p.Trigger.Event == e.Name {
			t.facts = append(t.facts, Fact{Kind: FactRejected, At: at, Contact: t.contact.ID, Journey: p.ID, Version: p.Version, Detail: reasonDuplicate})
		}
	}
}

// aboutContact takes what events tell of the contact itself.
func (t *turn) aboutContact(e *flywheel.Event) {
	c := t.contact
	switch e.Name {
	case EventUnsubscribed, EventSubscribed:
		channel, _ := e.Properties["channel"].(string)
		c.subscribe(channel, e.Name == EventSubscribed)
	case EventTimezoneChanged:
		zone, _ := e.Properties["timezone"].(string)
		if zone == "" || zone == c.Zone || place(zone) == nil {
			return
		}
		c.Zone = zone
		for i := range c.Runs {
			t.moved(&c.Runs[i])
		}
	}
}

// moved computes anew what a run waits for in the contact's new zone: waits from
// the instant they began, held messages from now.
func (t *turn) moved(r *Run) {
	due := t.now
	if p, i, ok := t.at(r); ok {
		switch step := p.Steps[i]; {
		case step.Wait != nil:
			due = step.Wait.target(t.local(r.Since))
		case step.WaitEvent != nil:
			due = step.WaitEvent.Timeout.Add(t.local(r.Since))
		}
	}
	if due.Before(t.now) {
		due = t.now
	}
	r.Due = due.UTC()
}

// at finds where a run is, unless it is of a version that is gone or has lost its
// entry in a faulty store.
func (t *turn) at(r *Run) (p *plan, step int, ok bool) {
	p, ok = t.versions[versionKey{r.Journey, r.Version}]
	if !ok || r.Entry == nil {
		return nil, 0, false
	}
	step, ok = p.index[r.Step]
	return p, step, ok
}

// arrived lets a run exit by an event, or go on where it waits for it.
func (t *turn) arrived(r *Run, e *flywheel.Event, at time.Time) {
	p, i, ok := t.at(r)
	if !ok {
		return // it is withdrawn when its time comes
	}
	for _, exit := range p.ExitOn {
		if exit.Event == e.Name && matches(exit.Match, e, r.Entry) && t.holds(exit.When, e, r.Entry) {
			outcome := exit.Outcome
			if outcome == "" {
				outcome = OutcomeExited
			}
			t.end(r, outcome)
			return
		}
	}
	wait := p.Steps[i].WaitEvent
	if wait != nil && wait.Event == e.Name && !at.Before(r.Since) && matches(wait.Match, e, r.Entry) && t.holds(wait.When, e, r.Entry) {
		t.proceed(p, r, p.next[i].yes)
	}
}

// timer lets the run that is due first go on.
func (t *turn) timer() {
	c := t.contact
	first := 0
	for i := range c.Runs {
		if c.Runs[i].Due.Before(c.Runs[first].Due) {
			first = i
		}
	}
	r := &c.Runs[first]
	t.now = r.Due
	if c.Clock.After(t.now) {
		t.now = c.Clock
	}
	c.Clock, t.changed = t.now, true
	p, i, ok := t.at(r)
	switch {
	case !ok:
		t.end(r, OutcomeWithdrawn)
	case p.Steps[i].Send != nil: // held back: everything is checked again
		t.proceed(p, r, i)
	default:
		t.proceed(p, r, p.next[i].no)
	}
	t.tidy()
}

// tidy drops what can no longer matter.
func (t *turn) tidy() {
	c := t.contact
	c.Runs = slices.DeleteFunc(c.Runs, func(r Run) bool { return r.ended })
	horizon := c.Clock.Add(-eventMemory).UnixMicro()
	c.Seen = slices.DeleteFunc(c.Seen, func(s Seen) bool { return s.At < horizon })
	old := 0
	for since := c.Clock.Add(-t.policy.memory()); old < len(c.Sent) && !c.Sent[old].At.After(since); {
		old++
	}
	c.Sent = slices.Delete(c.Sent, 0, old)
}
