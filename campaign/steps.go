package campaign

import (
	"strconv"
	"time"
)

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
			if t.holds(step.Condition.If, r.Entry, r.Entry) {
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
