package campaign

import (
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
)

// EntryKey is what a re-entry rule remembers of a contact.
type EntryKey struct {
	Journey ID     `json:"journey"`
	Key     string `json:"key,omitempty"`
}

// Entry is the latest entry of a contact into a journey under a key, a row of its
// own. It is kept where the re-entry rule asks for it.
type Entry struct {
	EntryKey
	At time.Time `json:"at"`
}

// key is the value of the attribute by which the re-entry rule is kept.
func (p *plan) key(e *flywheel.Event) string {
	if p.Reentry.Key == "" {
		return ""
	}
	return attributeText(e, p.Reentry.Key)
}

// remembers reports whether the re-entry rule asks for earlier entries.
func (p *plan) remembers() bool { return p.Reentry.Policy == Once || !p.Reentry.Cooldown.IsZero() }

// enter begins a run at an instant where the trigger and the re-entry rule allow
// it; acts is the last act of an operator from before it, and launch the instant of
// the act that lets an event of before enter, else 0.
func (t *turn) enter(p *plan, e *flywheel.Entry, at time.Time, acts, launch int64) {
	if !t.holds(p.Trigger.When, &e.Event, &e.Event) {
		return
	}
	t.now, t.changed = at, true
	c := t.contact
	r := &Run{Contact: c.ID, Journey: p.ID, Version: p.Version, Key: p.key(&e.Event), Position: e.Position, Entered: at, Began: earlier(at, t.at), Acts: acts, changed: true}
	if reason := t.refusal(p, r.Key); reason != "" {
		c.tally(p.ID).Rejected++
		t.tell(FactRejected, r, at, "", "", reason)
		return
	}
	if p.Reentry.Policy == Restart {
		for _, o := range t.runs {
			if o.Journey == p.ID && o.Key == r.Key && !o.ended {
				t.end(o, OutcomeRestarted)
			}
		}
	}
	if p.remembers() {
		key := EntryKey{p.ID, r.Key}
		if t.entries == nil {
			t.entries = map[EntryKey]time.Time{}
		}
		if t.entries[key].Before(at) {
			t.entries[key] = at
			t.noted = append(t.noted, Entry{key, at})
		}
	}
	entry := e.Event
	r.Entry = &entry
	r.ID = deterministicID("run", string(p.ID), string(c.ID), e.Event.ID)
	if launch > 0 { // the event may have begun a run of another version
		r.ID = deterministicID("run", string(p.ID), string(c.ID), e.Event.ID, strconv.FormatInt(launch, 10))
	}
	c.tally(p.ID).Entries++
	t.tell(FactEntered, r, at, "", "", "")
	t.runs = append(t.runs, r)
	t.proceed(p, r, 0)
}

// refusal is why the re-entry rule refuses an entry under key, or empty.
func (t *turn) refusal(p *plan, key string) string {
	if p.Reentry.Policy == WhenNotActive {
		for _, r := range t.runs {
			if r.Journey == p.ID && r.Key == key && !r.ended {
				return reasonActive
			}
		}
	}
	last, entered := t.entries[EntryKey{p.ID, key}]
	switch {
	case entered && p.Reentry.Policy == Once:
		return reasonOnce
	case entered && !p.Reentry.Cooldown.IsZero() && t.now.Before(p.Reentry.Cooldown.Add(t.local(last))):
		return reasonCooldown
	}
	return ""
}
