package campaign

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/flywheel-go/flywheel"
)

// enter begins a run where the trigger and the re-entry rule allow it.
func (t *turn) enter(p *plan, e *flywheel.Event) {
	if !t.holds(p.Trigger.When, e, e) {
		return
	}
	c := t.contact
	r := Run{Journey: p.ID, Version: p.Version, Entered: t.now}
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
	entry := *e
	r.Entry = &entry
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

// noteEntry remembers an entry where the re-entry rule will ask for it, in place
// of those that it will ask for no more.
func (t *turn) noteEntry(p *plan, key string) {
	if p.Reentry.Policy != Once && p.Reentry.Cooldown.IsZero() {
		return
	}
	c := t.contact
	c.Entries = slices.DeleteFunc(c.Entries, func(x Entry) bool {
		over := p.Reentry.Policy != Once && !t.now.Before(p.Reentry.Cooldown.Add(t.local(x.At)))
		return x.Journey == p.ID && (x.Key == key || over)
	})
	c.Entries = append(c.Entries, Entry{p.ID, key, t.now})
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
