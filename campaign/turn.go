package campaign

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

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

// at finds where a run is.
func (t *turn) at(r *Run) (p *plan, step int, ok bool) {
	p, ok = t.versions[versionKey{r.Journey, r.Version}]
	if !ok {
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
		if exit.Event == e.Name && matches(exit.Match, e, &r.Entry) && t.holds(exit.When, e, &r.Entry) {
			outcome := exit.Outcome
			if outcome == "" {
				outcome = OutcomeExited
			}
			t.end(r, outcome)
			return
		}
	}
	wait := p.Steps[i].WaitEvent
	if wait != nil && wait.Event == e.Name && !at.Before(r.Since) && matches(wait.Match, e, &r.Entry) && t.holds(wait.When, e, &r.Entry) {
		t.proceed(p, r, p.next[i].yes)
	}
}

// enter begins a run where the trigger and the re-entry rule allow it.
func (t *turn) enter(p *plan, e *flywheel.Event) {
	if !t.holds(p.Trigger.When, e, e) {
		return
	}
	c := t.contact
	r := Run{Journey: p.ID, Version: p.Version, Entry: *e, Entered: t.now}
	if p.Reentry.Key != "" {
		r.Key = attributeText(e, p.Reentry.Key)
	}
	if reason := t.refusal(p, r.Key); reason != "" {
		c.tally(p.ID).Rejected++
		t.tell(FactRejected, &r, "", reason)
		return
	}
	if p.Reentry.Policy == Restart {
		for i := range c.Runs {
			if o := &c.Runs[i]; o.Journey == p.ID && o.Key == r.Key && !o.ended {
				t.end(o, OutcomeRestarted)
			}
		}
	}
	t.noteEntry(p, r.Key)
	r.ID = deterministicID("run", string(p.ID), string(c.ID), e.ID)
	c.tally(p.ID).Entries++
	t.tell(FactEntered, &r, "", "")
	t.proceed(p, &r, 0)
	c.Runs = append(c.Runs, r)
}

// refusal is why the re-entry rule refuses an entry under key, or empty.
func (t *turn) refusal(p *plan, key string) string {
	last := slices.IndexFunc(t.contact.Entries, func(x Entry) bool { return x.Journey == p.ID && x.Key == key })
	switch {
	case p.Reentry.Policy == Once && last >= 0:
		return reasonOnce
	case p.Reentry.Policy == WhenNotActive && slices.ContainsFunc(t.contact.Runs, func(r Run) bool {
		return r.Journey == p.ID && r.Key == key && !r.ended
	}):
		return reasonActive
	case last >= 0 && t.now.Before(p.Reentry.Cooldown.Add(t.local(t.contact.Entries[last].At))):
		return reasonCooldown
	}
	return ""
}

// noteEntry remembers an entry where the re-entry rule will ask for it.
func (t *turn) noteEntry(p *plan, key string) {
	if p.Reentry.Policy != Once && p.Reentry.Cooldown.IsZero() {
		return
	}
	for i := range t.contact.Entries {
		if x := &t.contact.Entries[i]; x.Journey == p.ID && x.Key == key {
			x.At = t.now
			return
		}
	}
	t.contact.Entries = append(t.contact.Entries, Entry{p.ID, key, t.now})
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

// proceed takes a run through the steps from i on until it waits or ends.
func (t *turn) proceed(p *plan, r *Run, i int) {
	for i < len(p.Steps) {
		step, next := &p.Steps[i], p.next[i]
		r.Step, r.Since = step.ID, t.now
		switch {
		case step.Wait != nil:
			if r.Due = step.Wait.target(t.local(t.now)).UTC(); r.Due.After(t.now) {
				return
			}
			i = next.yes
		case step.WaitEvent != nil:
			r.Due = step.WaitEvent.Timeout.Add(t.local(t.now)).UTC()
			return
		case step.Condition != nil:
			i = next.no
			if t.holds(step.Condition.If, &r.Entry, &r.Entry) {
				i = next.yes
			}
		case step.Send != nil:
			if release := t.send(step, r); release.After(t.now) {
				r.Due = release.UTC()
				return
			}
			i = next.yes
		default:
			t.end(r, step.Exit)
			return
		}
	}
	t.end(r, OutcomeCompleted)
}

// target is when a wait that began at t is over.
func (w *Wait) target(t time.Time) time.Time {
	t = w.Duration.Add(t)
	if !w.Until.IsZero() {
		t = until(t, w.Until, w.Weekdays)
	}
	return t
}

// send sends or skips the message of a step, or returns when to look again.
func (t *turn) send(step *Step, r *Run) (release time.Time) {
	c, send := t.contact, step.Send
	tally := c.tally(r.Journey)
	if !c.wants(send.Channel) {
		tally.Unwanted++
		t.tell(FactSkipped, r, step.ID, reasonUnsubscribed)
		return t.now
	}
	if !send.Transactional {
		now := t.local(t.now)
		if release := t.policy.QuietHours.Release(now); release.After(now) {
			tally.Held++
			t.tell(FactHeld, r, step.ID, reasonQuiet)
			return release
		}
		if room := t.policy.Room(c.Sent, send.Channel, now); room.After(now) {
			tally.CapsHit++
			onCap := send.OnCap
			if onCap == "" {
				onCap = t.policy.OnCap
			}
			if onCap == Defer {
				t.tell(FactHeld, r, step.ID, reasonCap)
				return room
			}
			t.tell(FactSkipped, r, step.ID, reasonCap)
			return t.now
		}
	}
	r.Sends++
	m := Message{
		ID: deterministicID("message", r.ID, step.ID, strconv.Itoa(r.Sends)), At: t.now, Contact: c.ID, Journey: r.Journey, Version: r.Version,
		Run: r.ID, Step: step.ID, Channel: send.Channel, Template: send.Template, Entry: r.Entry,
	}
	c.Outbox = append(c.Outbox, m)
	if !send.Transactional {
		c.Sent = append(c.Sent, Sent{m.ID, t.now, send.Channel})
	}
	tally.Sends++
	t.tell(FactSent, r, step.ID, "")
	return t.now
}

func (t *turn) end(r *Run, outcome string) {
	r.ended = true
	tally := t.contact.tally(r.Journey)
	switch outcome {
	case OutcomeCompleted:
		tally.Completed++
	case OutcomeGoal:
		tally.Goals++
	default:
		tally.Exits++
	}
	t.tell(FactEnded, r, r.Step, outcome)
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

// deterministicID derives an identifier from what the thing is.
func deterministicID(parts ...string) string {
	var name []byte
	for _, part := range parts {
		name = append(append(strconv.AppendInt(name, int64(len(part)), 10), ':'), part...)
	}
	return uuid.NewSHA1(namespace, name).String()
}

var namespace = uuid.MustParse("6f1a4b53-52c4-5d35-a5f5-0c6b9c2f2d10")
