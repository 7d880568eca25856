package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/effect"
)

// attempt is one call of the Sender.
type attempt struct {
	effect  *effect.Effect
	message Message
	err     error         // the answer
	stored  chan struct{} // closed when the outcome is
}

// Deliver attempts messages that are due at now: it claims contacts with all their
// due messages in one short transaction, in which it asks what is to be asked at
// this instant, calls the Sender outside of any, and notes each outcome in another
// one as it comes in. Each address fails alone. more says that something was done,
// so that there may be more. It reports errors of the store, never of the Sender.
func (e *Engine) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	now = moment(now)
	more, err = effect.Retell(ctx, e.tx, e.sink, now)
	if err != nil {
		return more, err
	}
	var jobs [][]*attempt
	var done int
	err = e.inTx(ctx, func(ctx context.Context) (err error) {
		jobs, done, err = e.claim(ctx, now)
		return err
	})
	if err != nil {
		return more, err
	}
	more = more || done > 0
	return more, e.send(ctx, now, jobs)
}

// send makes the calls, those of one contact one after the other, and settles what
// is answered while others are under way. The next call of a channel begins when an
// outcome is stored, so that a process that dies loses the answers of no more calls
// than may be in flight.
func (e *Engine) send(ctx context.Context, now time.Time, jobs [][]*attempt) error {
	answers := make(chan *attempt)
	var wg sync.WaitGroup
	var underWay atomic.Int64
	left := 0
	for _, contact := range jobs {
		left += len(contact)
		wg.Go(func() {
			for _, a := range contact {
				release, err := e.calls.Acquire(ctx, a.message.Channel)
				if underWay.Add(1); err == nil {
					err = e.calls.Call(ctx, a.message.Channel, func(ctx context.Context) error { return e.sender.Send(ctx, a.message) })
				}
				a.err, a.stored = err, make(chan struct{})
				answers <- a
				if <-a.stored; release != nil {
					release()
				}
			}
		})
	}
	defer wg.Wait()
	var errs error
	for left > 0 {
		answered := gather(answers, &underWay)
		left -= len(answered)
		if ctx.Err() == nil { // else the leases end by themselves
			errs = errors.Join(errs, e.settled(ctx, now, answered))
		}
		for _, a := range answered {
			close(a.stored)
		}
	}
	return errors.Join(errs, ctx.Err())
}

// settled notes outcomes. A provider without memory would send again what is not
// noted, so a database that is away for a moment is waited for.
func (e *Engine) settled(ctx context.Context, now time.Time, answered []*attempt) (err error) {
	for pause := 50 * time.Millisecond; ; pause *= 2 {
		err = e.inTx(ctx, func(ctx context.Context) error { return e.settle(ctx, now, answered) })
		if err == nil || pause > e.patience {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// gather takes answers that come at about the same time, so that they are settled
// in one transaction.
func gather(answers <-chan *attempt, underWay *atomic.Int64) (answered []*attempt) {
	answered = append(answered, <-answers)
	if underWay.Add(-1) == 0 {
		return answered
	}
	timer := time.NewTimer(time.Millisecond)
	defer timer.Stop()
	for {
		select {
		case a := <-answers:
			answered = append(answered, a)
			if underWay.Add(-1) == 0 {
				return answered
			}
		case <-timer.C:
			return answered
		}
	}
}

// claim decides on the messages that are due and leases those to attempt, contact
// by contact.
func (e *Engine) claim(ctx context.Context, now time.Time) (jobs [][]*attempt, done int, err error) {
	g, err := e.current(ctx)
	if err != nil {
		return nil, 0, err
	}
	if resting, err := e.resting(ctx, g); err != nil || resting {
		return nil, 0, err
	}
	held := cursor.Held(ctx)
	q := effect.Query{Kind: kindMessage, Now: now, Held: func(contact string) bool { return held(flywheel.Person(contact)) }}
	for _, id := range g.pausedNow() {
		q.Paused = append(q.Paused, string(id))
	}
	claimed, err := e.effects.Claim(ctx, q)
	if err != nil || len(claimed) == 0 {
		return nil, 0, err
	}
	of := map[flywheel.Person][]*effect.Effect{}
	ask := Ask{Lock: true, Skip: true}
	for _, x := range claimed {
		id := flywheel.Person(x.Contact)
		if of[id] == nil {
			ask.Contacts = append(ask.Contacts, id)
		}
		of[id] = append(of[id], x)
	}
	turns, err := e.turns(ctx, g, ask, false)
	if err != nil {
		return nil, 0, err
	}
	var decided []*effect.Effect
	for _, t := range turns {
		t.at, t.now = now, now
		t.heed(always, func(*Act) bool { return true })
		var job []*attempt
		for _, x := range of[t.contact.ID] {
			a, waits, err := t.ask(x, job)
			if err != nil {
				return nil, 0, err
			}
			if waits {
				break
			}
			if a != nil {
				x.Lease(now.Add(e.lease))
				a.message.Attempt = x.Attempts
				job = append(job, a)
			}
			decided = append(decided, x)
		}
		if len(job) > 0 {
			jobs = append(jobs, job)
		}
	}
	// Effects are written before the runs that go on from them decide on others.
	if _, err := e.effects.Save(ctx, decided...); err != nil {
		return nil, 0, err
	}
	return jobs, len(decided), e.finish(ctx, turns)
}

// ask decides at this instant whether a message is attempted, skipped or put off.
// With an attempt under way on which the answer depends, it waits.
func (t *turn) ask(x *effect.Effect, underWay []*attempt) (a *attempt, waits bool, err error) {
	var b body
	if err := json.Unmarshal(x.Body, &b); err != nil {
		return nil, false, fmt.Errorf("campaign: message %s: %w", x.ID, err)
	}
	r := t.run(x.Ref)
	alive := r != nil && !r.ended && r.messageID() == x.ID
	again := b.Message != nil // dead, and replayed by hand
	if !alive && !again {
		x.Settle(effect.Dropped, "", t.at)
		return nil, false, nil
	}
	p := t.versions[versionKey{ID(x.Topic), b.Version}]
	var send *Send
	if p != nil {
		if i, ok := p.index[b.Step]; ok {
			send = p.Steps[i].Send
		}
	}
	if send == nil {
		x.Settle(effect.Dropped, "", t.at)
		if alive {
			t.now = t.at
			t.end(r, OutcomeWithdrawn)
		}
		return nil, false, nil
	}
	if again {
		r = &Run{ID: x.Ref, Contact: t.contact.ID, Journey: ID(x.Topic), Version: b.Version, Entry: b.Message.Entry, Entered: b.Entered, Step: b.Step}
	}
	skip := func(reason string, at time.Time) {
		b.over(x, effect.Skipped, reason, t)
		t.skipped(r, x, &b, reason)
		if alive {
			t.completed(r, at)
		}
	}
	now := t.local(t.at)
	switch {
	case !t.contact.Wants(x.Purpose, x.Provider):
		skip(reasonUnsubscribed, t.at)
		return nil, false, nil
	case !again && t.tooLate(p, send, x):
		skip(reasonLate, x.Plan)
		return nil, false, nil
	}
	if !send.Transactional {
		if release := t.policy.QuietHours.Release(now); release.After(now) {
			t.putOff(r, x, &b, reasonQuiet, release)
			return nil, false, nil
		}
		for _, other := range underWay {
			if !other.message.Transactional && t.policy.shared(other.message.Channel, x.Provider) {
				return nil, true, nil
			}
		}
		if room := t.policy.Room(t.contact.Sent, x.Provider, now); room.After(now) {
			onCap := send.OnCap
			if onCap == "" {
				onCap = t.policy.OnCap
			}
			if onCap == Defer {
				t.contact.tally(r.Journey).CapsHit++
				t.putOff(r, x, &b, reasonCap, room)
			} else {
				skip(reasonCap, t.at)
			}
			return nil, false, nil
		}
	}
	return &attempt{effect: x, message: Message{
		ID: x.ID, At: t.at, Plan: x.Plan, Contact: t.contact.ID, Journey: r.Journey, Version: b.Version, Run: r.ID, Step: b.Step,
		Channel: x.Provider, Purpose: x.Purpose, Template: b.Template, Transactional: send.Transactional, Entry: r.Entry,
	}}, false, nil
}

// tooLate reports whether a message is no longer worth sending.
func (t *turn) tooLate(p *plan, send *Send, x *effect.Effect) bool {
	if !x.NotAfter.IsZero() && t.at.After(x.NotAfter) {
		return true
	}
	late := send.Late
	if late == nil {
		late = p.Late
	}
	if late == nil {
		late = t.policy.Late
	}
	return late != nil && t.at.After(late.Within.Add(t.local(x.Plan)))
}

func (t *turn) skipped(r *Run, x *effect.Effect, b *body, reason string) {
	t.changed = true
	t.count(r, reason)
	t.tell(FactSkipped, r, t.at, b.Step, b.Template, reason)
}

// putOff moves the plan of a message.
func (t *turn) putOff(r *Run, x *effect.Effect, b *body, reason string, to time.Time) {
	t.changed = true
	x.Plan = to.UTC()
	x.Retry(x.Plan)
	if reason == reasonQuiet {
		t.contact.tally(r.Journey).Held++
	}
	t.tell(FactHeld, r, t.at, b.Step, b.Template, reason)
}

// settle notes the outcomes of attempts. One whose lease was lost has another
// worker.
func (e *Engine) settle(ctx context.Context, now time.Time, answered []*attempt) error {
	g, err := e.current(ctx)
	if err != nil {
		return err
	}
	of := map[flywheel.Person][]*attempt{}
	var contacts []Found
	for _, a := range answered {
		of[a.message.Contact] = append(of[a.message.Contact], a)
		contacts = append(contacts, Found{Contact: a.message.Contact})
	}
	turns, err := e.turns(ctx, g, Ask{Contacts: contactsOf(contacts), Lock: true}, false)
	if err != nil {
		return err
	}
	// Before the runs go on it must be known which leases were lost.
	var outcomes []*effect.Effect
	results := map[string]effect.Effect{}
	backoff := g.policy.backoff()
	for _, t := range turns {
		t.at = now
		for _, a := range of[t.contact.ID] {
			x := *a.effect
			if err := t.outcome(&x, a, backoff); err != nil {
				return err
			}
			results[x.ID] = x
			outcomes = append(outcomes, &x)
		}
	}
	lost, err := e.effects.Save(ctx, outcomes...)
	if err != nil {
		return err
	}
	for _, id := range lost {
		delete(results, id)
	}
	var sent []flywheel.Event
	for _, t := range turns {
		for _, a := range of[t.contact.ID] {
			x, kept := results[a.effect.ID]
			if !kept {
				continue
			}
			if t.settledNow(a, &x); x.State == effect.Done {
				sent = append(sent, a.message.event())
			}
		}
	}
	if err := e.finish(ctx, turns); err != nil {
		return err
	}
	return effect.Tell(ctx, e.tx, e.sink, sent...)
}

// outcome makes of an answer what becomes of the effect.
func (t *turn) outcome(x *effect.Effect, a *attempt, backoff effect.Backoff) error {
	var b body
	if err := json.Unmarshal(x.Body, &b); err != nil {
		return fmt.Errorf("campaign: message %s: %w", x.ID, err)
	}
	switch {
	case a.err == nil:
		b.over(x, effect.Done, "", t)
		return nil
	case effect.Final(a.err):
		b.over(x, effect.Skipped, reasonRefused, t)
		return nil
	}
	x.Failures++
	wait, again := backoff.After(x.ID, x.Failures)
	r := t.run(x.Ref)
	alive := r != nil && r.messageID() == x.ID
	switch {
	case again && (alive || b.Message != nil):
		x.Retry(t.at.Add(wait))
	case again:
		x.Settle(effect.Dropped, "", t.at)
	default:
		b.Message = &a.message
		b.over(x, effect.Dead, reasonDead, t)
	}
	return nil
}

// settledNow takes what became of an attempt, and lets the run go on.
func (t *turn) settledNow(a *attempt, x *effect.Effect) {
	r := t.run(x.Ref)
	alive := r != nil && !r.ended && r.messageID() == x.ID
	of := r
	if !alive {
		of = &Run{ID: x.Ref, Contact: t.contact.ID, Journey: a.message.Journey, Version: a.message.Version}
	}
	m := &a.message
	switch x.State {
	case effect.Done:
		t.changed = true
		if !m.Transactional {
			t.contact.noteSent(t.policy, Sent{x.ID, t.at, x.Provider})
		}
		t.contact.tally(m.Journey).Sends++
		t.tell(FactSent, of, t.at, m.Step, m.Template, "")
	case effect.Skipped, effect.Dead:
		t.changed = true
		t.count(of, x.Reason)
		t.tell(FactSkipped, of, t.at, m.Step, m.Template, x.Reason)
	default:
		t.tell(FactFailed, of, t.at, m.Step, m.Template, a.err.Error())
		return
	}
	if alive {
		t.completed(r, t.at)
	}
}

// deadMessage is the message of a dead effect.
func deadMessage(x *effect.Effect) *Message {
	var b body
	if json.Unmarshal(x.Body, &b) != nil {
		return nil
	}
	return b.Message
}
