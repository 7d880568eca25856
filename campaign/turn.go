package campaign

import (
	"cmp"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/effect"
)

// Events that tell of the contact itself.
const (
	// EventTimezoneChanged tells a contact's zone, property "timezone", an IANA
	// name.
	EventTimezoneChanged = "timezone_changed"
	// EventUnsubscribed and EventSubscribed tell whether a contact takes
	// messages, properties "purpose" and "channel"; see [Wish] for what they cover
	// without one of them.
	EventUnsubscribed = "unsubscribed"
	EventSubscribed   = "subscribed"
)

// turn decides what entries, due timers and outcomes of messages do to a contact.
// It is a pure computation: everything it needs is in the program, the contact,
// the runs and the attributes, and what is to be done in the world it leaves in
// effects.
type turn struct {
	*program
	contact *Contact
	runs    []*Run // active when loaded, and those begun since
	// entries are the latest by journey and key, where a re-entry rule asks; those
	// that are new are also in noted.
	entries map[EntryKey]time.Time
	noted   []Entry

	at    time.Time      // the trusted instant of the step
	now   time.Time      // when what is decided happens
	attrs map[string]any // of the contact, for rules

	effects []effect.Effect // new
	dropped []string        // runs that ended at a send
	over    []string        // messages that were over before a rebuild

	// While a rebuild applies entries again, known has the effects of the day that
	// were not met yet by ID, and records has them in order.
	known   map[string]*effect.Effect
	records []*effect.Effect

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
func (t *turn) tell(kind FactKind, r *Run, at time.Time, step, template, detail string) {
	if !t.traced {
		return
	}
	t.facts = append(t.facts, Fact{
		Kind: kind, At: at, Contact: t.contact.ID, Journey: r.Journey, Version: r.Version,
		Run: r.ID, Entered: r.Entered, Step: step, Template: template, Detail: detail,
	})
}

// apply applies an entry of the log to its own contact. Exits come before waits
// and these before entries, so that a run does not end by what it began with.
func (t *turn) apply(e *flywheel.Entry, at time.Time) error {
	t.begin(e, at)
	if err := t.aboutContact(e); err != nil {
		return err
	}
	for _, r := range t.runs {
		if !r.ended && !e.Effective.Before(r.Began) {
			t.arrived(r, e)
		}
	}
	return nil
}

// begin makes e the entry at hand, after what fell due before it and what
// operators did before it was received.
func (t *turn) begin(e *flywheel.Entry, at time.Time) {
	t.at = at
	t.heed(e.Position, func(a *Act) bool { return a.before(e) })
	t.recall(e.Position, always)
	t.timers(e.Effective.Add(-time.Microsecond), func(r *Run) bool { return t.journey(r.Journey).pausedBefore(e) })
	t.now, t.changed = e.Effective, true
	t.contact.Position = max(t.contact.Position, e.Position)
}

// enterAll lets the contact enter the journeys that e triggers.
func (t *turn) enterAll(e *flywheel.Entry) {
	t.now = e.Effective
	for _, d := range t.journeys {
		if p := t.current(d, e); p != nil && p.Trigger.Event == e.Event.Name {
			t.enter(p, e, e.Effective, d.heard(func(a *Act) bool { return a.before(e) }), 0)
		}
	}
}

// aboutContact takes what events tell of the contact itself.
func (t *turn) aboutContact(e *flywheel.Entry) error {
	c := t.contact
	switch e.Event.Name {
	case EventUnsubscribed, EventSubscribed:
		purpose, _ := e.Event.Properties["purpose"].(string)
		channel, _ := e.Event.Properties["channel"].(string)
		return c.note(Wish{purpose, channel, e.Event.Name == EventSubscribed, e.Effective, e.Position})
	case EventTimezoneChanged:
		zone, _ := e.Event.Properties["timezone"].(string)
		if zone == "" || zone == c.Zone || place(zone) == nil {
			return nil
		}
		c.Zone = zone
		for _, r := range t.runs {
			t.moved(r)
		}
	}
	return nil
}

// moved computes what a run waits for again, in the contact's new zone, from when
// the wait began; what is past happens now.
func (t *turn) moved(r *Run) {
	p, i, ok := t.where(r)
	if !ok || r.ended || p.Steps[i].Wait == nil && p.Steps[i].WaitEvent == nil {
		return
	}
	if r.Due, r.changed = t.dueAt(&p.Steps[i], r.Since), true; r.Due.Before(t.now) {
		r.Due = t.now
	}
}

// dueAt is when a wait that began at an instant is over.
func (t *turn) dueAt(s *Step, since time.Time) time.Time {
	if s.Wait != nil {
		return s.Wait.target(t.local(since)).UTC()
	}
	return s.WaitEvent.Timeout.Add(t.local(since)).UTC()
}

// where finds the step at which a run stands, unless it has lost its entry in a
// faulty store or is of a version that is not in it.
func (t *turn) where(r *Run) (p *plan, step int, ok bool) {
	p, ok = t.versions[versionKey{r.Journey, r.Version}]
	if !ok || r.Entry == nil {
		return nil, 0, false
	}
	step, ok = p.index[r.Step]
	return p, step, ok
}

// arrived lets a run exit by an event of its contact, or go on where it waits for
// it.
func (t *turn) arrived(r *Run, e *flywheel.Entry) {
	p, i, ok := t.where(r)
	if !ok {
		return // it is withdrawn when its time comes
	}
	event := &e.Event
	for _, exit := range p.ExitOn {
		if exit.Event == event.Name && matches(exit.Match, event, r.Entry) && t.holds(exit.When, event, r.Entry) {
			outcome := exit.Outcome
			if outcome == "" {
				outcome = OutcomeExited
			}
			t.end(r, outcome)
			return
		}
	}
	if wait := p.Steps[i].WaitEvent; wait != nil && len(wait.Subject) == 0 && t.answers(r, wait, e) {
		t.proceed(p, r, p.next[i].yes)
	}
}

// answers reports whether e is what a run waits for: not of before the wait began,
// nor of after its deadline.
func (t *turn) answers(r *Run, wait *WaitEvent, e *flywheel.Entry) bool {
	return wait.Event == e.Event.Name && !e.Effective.Before(r.Began) && !e.Effective.Before(r.Seen) && !e.Effective.After(r.Due) &&
		matches(wait.Match, &e.Event, r.Entry) && t.holds(wait.When, &e.Event, r.Entry)
}

// subject lets a run that waits for e's subject go on; it reports whether e
// answers it.
func (t *turn) subject(r *Run, e *flywheel.Entry) bool {
	p, i, ok := t.where(r)
	if !ok || r.ended {
		return false
	}
	wait := p.Steps[i].WaitEvent
	if wait == nil || len(wait.Subject) == 0 || !matches(wait.Subject, &e.Event, r.Entry) || !t.answers(r, wait, e) {
		return false
	}
	t.now, t.changed = e.Effective, true
	t.proceed(p, r, p.next[i].yes)
	return true
}

// limit is the property of e that says how many runs it answers at most, empty for
// none.
func (t *turn) limit(r *Run) string {
	if p, i, ok := t.where(r); ok && p.Steps[i].WaitEvent != nil {
		return p.Steps[i].WaitEvent.Limit
	}
	return ""
}

// timers does what is due up to an instant, as far as events that are told late
// are waited for, in order of time.
func (t *turn) timers(until time.Time, paused func(*Run) bool) {
	if limit := t.at.Add(-t.lateness); limit.Before(until) {
		until = limit
	}
	for {
		var first *Run
		for _, r := range t.runs {
			if !r.ended && !r.Due.IsZero() && !r.Due.After(until) && (first == nil || byTime(r, first) < 0) && !paused(r) {
				first = r
			}
		}
		if first == nil {
			return
		}
		t.timer(first)
	}
}

// timer lets a run go on by itself, from the instant at which it was due.
func (t *turn) timer(r *Run) {
	t.now, t.changed = r.Due, true
	p, i, ok := t.where(r)
	if !ok || p.Steps[i].Wait == nil && p.Steps[i].WaitEvent == nil {
		t.end(r, OutcomeWithdrawn)
		return
	}
	decided, step, due := t.contact.Decided, r.Step, r.Due
	t.proceed(p, r, p.next[i].no)
	if t.contact.Decided == decided {
		t.now = due
		t.receipt(r, step)
	}
}

// heed applies acts of operators that runs have not heard of, in order, each after
// what on the day of a rebuild had been done before it.
func (t *turn) heed(before flywheel.Position, heard func(*Act) bool) {
	var acts []*Act
	for _, d := range t.journeys {
		behind := func(r *Run) bool { return r.Journey == d.id && !r.ended && r.Acts < d.sweep }
		if !slices.ContainsFunc(t.runs, behind) {
			continue
		}
		for i := range d.acts {
			if a := &d.acts[i]; a.sweeps() && heard(a) {
				acts = append(acts, a)
			}
		}
	}
	slices.SortFunc(acts, func(a, b *Act) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, a := range acts {
		t.recall(before, a.Seq)
		for _, r := range t.runs {
			if r.Journey != a.Journey || r.ended || r.Acts >= a.Seq {
				continue
			}
			r.Acts, r.changed, t.changed = a.Seq, true, true
			switch {
			case a.Kind == ActCancel && (len(a.Contacts) == 0 || slices.Contains(a.Contacts, r.Contact)):
				t.now = a.Recorded
				t.end(r, OutcomeCanceled)
			case a.Kind == ActLaunch && a.Launched.Version != r.Version:
				t.migrate(r, a)
			}
		}
	}
}

// migrate moves a run to the version that was launched, where its map names the
// step at which the run stands.
func (t *turn) migrate(r *Run, a *Act) {
	to, named := a.Migrate[r.Step]
	p := t.versions[versionKey{a.Journey, a.Launched.Version}]
	if !named || p == nil {
		return
	}
	i, ok := p.index[to]
	if !ok || p.Steps[i].Wait == nil && p.Steps[i].WaitEvent == nil {
		return
	}
	r.Version, r.Step = p.Version, to
	r.Due = t.dueAt(&p.Steps[i], r.Since)
	r.subjectOf(&p.Steps[i])
}
