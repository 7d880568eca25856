package campaign

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/effect"
)

// Kinds of the effects that journeys have. A receipt is done when it is written:
// it says that a deadline had been noticed, which a rebuild must know.
const (
	kindMessage = "campaign.message"
	kindReceipt = "campaign.receipt"
)

// proceed takes a run through the steps from i on until it waits, comes to a send
// or ends.
func (t *turn) proceed(p *plan, r *Run, i int) {
	t.changed = true
	for i < len(p.Steps) {
		step, next := &p.Steps[i], p.next[i]
		r.Step, r.Since, r.Seen, r.Due, r.changed = step.ID, t.now, earlier(t.now, t.at), time.Time{}, true
		r.Subject = ""
		switch {
		case step.Wait != nil:
			if due := t.dueAt(step, t.now); due.After(t.now) {
				r.Due = due
				return
			}
			i = next.yes
		case step.WaitEvent != nil:
			r.Due = t.dueAt(step, t.now)
			r.subjectOf(step)
			return
		case step.Condition != nil:
			i = next.no
			if t.holds(step.Condition.If, r.Entry, r.Entry) {
				i = next.yes
			}
		case step.Send != nil:
			t.send(step, r)
			return
		default:
			t.end(r, step.Exit)
			return
		}
	}
	t.end(r, OutcomeCompleted)
}

// subjectOf notes what a run that came to a step waits for.
func (r *Run) subjectOf(s *Step) {
	r.Subject = ""
	if s.WaitEvent != nil && len(s.WaitEvent.Subject) > 0 && r.Entry != nil {
		r.Subject = subjectKey(s.WaitEvent.Event, s.WaitEvent.Subject, r.Entry)
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// target is when a wait that began at t is over.
func (w *Wait) target(t time.Time) time.Time {
	t = w.Duration.Add(t)
	if !w.Until.IsZero() {
		t = until(t, w.Until, w.Weekdays)
	}
	return t
}

// body is what the effect of a message says beside its own fields.
type body struct {
	Version  int       `json:"version"`
	Step     string    `json:"step"`
	Template string    `json:"template"`
	Entered  time.Time `json:"entered"`
	// Decided is the trusted instant at which the message was decided on, Acts the
	// last act of an operator then.
	Decided time.Time `json:"decided"`
	Acts    int64     `json:"acts"`
	// Settled is the contact's position when the message was over, SettledActs the
	// last act then.
	Settled     flywheel.Position `json:"settled,omitempty"`
	SettledActs int64             `json:"settled_acts,omitempty"`
	// Message is the whole message once it is dead, for then the run goes on.
	Message *Message `json:"message,omitempty"`
}

// over settles the effect of a message.
func (b *body) over(x *effect.Effect, s effect.State, reason string, t *turn) {
	x.Settle(s, reason, t.at)
	b.Settled, b.SettledActs = t.contact.Position, t.seq
	if content, err := json.Marshal(b); err == nil {
		x.Body = content
	}
}

// send decides on the message of a step.
func (t *turn) send(step *Step, r *Run) {
	r.Sends++
	plan := earlier(t.now, t.at)
	content, err := json.Marshal(body{Version: r.Version, Step: step.ID, Template: step.template(), Entered: r.Entered, Decided: t.at, Acts: t.seq})
	if err != nil { // a struct of texts and a time between the years 0 and 9999
		panic(err)
	}
	t.contact.Decided++
	e := effect.Effect{
		ID: r.messageID(), Kind: kindMessage, Contact: string(t.contact.ID), Topic: string(r.Journey), Provider: step.Send.Channel, Purpose: step.Send.purpose(),
		Ref: r.ID, Seq: t.contact.Decided, Position: int64(t.contact.Position),
		Plan: plan, Due: plan, NotAfter: step.Send.NotAfter, Body: content,
	}
	if known := t.known[e.ID]; known != nil {
		t.stand(r, known)
		return
	}
	t.effects = append(t.effects, e)
}

// messageID is that of the message at whose step a run stands.
func (r *Run) messageID() string {
	return deterministicID("message", r.ID, r.Step, strconv.Itoa(r.Sends))
}

func (s *Step) template() string {
	if s.Send.Template != "" {
		return s.Send.Template
	}
	return s.ID
}

// completed lets a run go on from its send, whose message is over.
func (t *turn) completed(r *Run, at time.Time) {
	p, i, ok := t.where(r)
	if !ok {
		t.end(r, OutcomeWithdrawn)
		return
	}
	t.now = at
	t.proceed(p, r, p.next[i].yes)
}

// receipt notes that a timer was done and no message followed.
func (t *turn) receipt(r *Run, step string) {
	t.contact.Decided++
	content, err := json.Marshal(body{Decided: t.at, Acts: t.seq, Entered: r.Entered})
	if err != nil {
		panic(err) // as in send
	}
	e := effect.Effect{
		ID:   deterministicID("receipt", r.ID, step, strconv.FormatInt(t.now.UnixMicro(), 10)),
		Kind: kindReceipt, Contact: string(t.contact.ID), Topic: string(r.Journey), Ref: r.ID,
		Seq: t.contact.Decided, Position: int64(t.contact.Position), Plan: t.now, State: effect.Done, Settled: t.at,
		Body: content,
	}
	if t.known[e.ID] != nil {
		delete(t.known, e.ID)
		return
	}
	t.effects = append(t.effects, e)
}

func (t *turn) end(r *Run, outcome string) {
	r.ended, t.changed = true, true
	tally := t.contact.tally(r.Journey)
	switch outcome {
	case OutcomeCompleted:
		tally.Completed++
	case OutcomeGoal:
		tally.Goals++
	default:
		tally.Exits++
	}
	if p, i, ok := t.where(r); ok && p.Steps[i].Send != nil {
		t.dropped = append(t.dropped, r.ID)
	}
	t.tell(FactEnded, r, t.now, r.Step, "", outcome)
}

// count counts a message that was skipped.
func (t *turn) count(r *Run, reason string) {
	tally := t.contact.tally(r.Journey)
	switch reason {
	case reasonUnsubscribed:
		tally.Unwanted++
	case reasonRefused:
		tally.Refused++
	case reasonLate:
		tally.Late++
	case reasonDead:
		tally.Dead++
	case reasonCap:
		tally.CapsHit++
	}
}
