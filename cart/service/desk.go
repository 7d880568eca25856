package service

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Desk moves tickets: pure functions of a ticket and an instant. It is immutable and
// safe for concurrent use.
type Desk struct {
	calendar *calendar
	sla      map[Priority]Target
}

// maxWeeks bounds how many days are counted.
const maxWeeks = 520

// NewDesk returns a desk with the targets of each priority. A nil calendar counts
// all time; no targets are one priority, the empty one, that promises nothing. A
// target is at most ten years of the calendar's weeks. The error names the field
// that is refused.
func NewDesk(c *Calendar, sla map[Priority]Target) (*Desk, error) {
	d := &Desk{sla: map[Priority]Target{}}
	var err error
	if d.calendar, err = c.compile(); err != nil {
		return nil, err
	}
	for p, t := range sla {
		most := maxWeeks * d.calendar.week()
		if t.First < 0 || t.Resolve < 0 || t.First > most || t.Resolve > most {
			return nil, &flywheel.FieldError{Field: fmt.Sprintf("sla[%s]", p), Err: fmt.Errorf("service: %v and %v: %w", t.First, t.Resolve, flywheel.ErrOutOfRange)}
		}
		d.sla[p] = t
	}
	return d, nil
}

// BusinessTime returns how much time counts from one instant to another, 0 where
// the second is not after the first.
func (d *Desk) BusinessTime(from, to time.Time) time.Duration { return d.calendar.between(from, to) }

// After returns the first instant at which a span of business time has passed since
// t, t itself where it is not positive.
func (d *Desk) After(t time.Time, span time.Duration) time.Time { return d.calendar.after(t, span) }

// promises reports whether the desk has targets at all.
func (d *Desk) promises() bool { return len(d.sla) > 0 }

// target returns what a priority promises.
func (d *Desk) target(p Priority) (Target, error) {
	t, ok := d.sla[p]
	if !ok && (d.promises() || p != "") {
		return Target{}, &flywheel.FieldError{Field: "priority", Err: fmt.Errorf("service: unknown %.40q: %w", string(p), flywheel.ErrInvalid)}
	}
	return t, nil
}

// Open returns a ticket that is opened at an instant: both clocks run.
func (d *Desk) Open(t Ticket, at time.Time) (Ticket, error) {
	target, err := d.target(t.Priority)
	if err != nil {
		return t, err
	}
	t = t.Clone()
	t.Status, t.Opened, t.Since, t.Target = Open, at, at, target
	if d.promises() {
		t.FirstDue, t.ResolveDue = d.calendar.after(at, target.First), d.calendar.after(at, target.Resolve)
	}
	return t.touched(at), nil
}

// Reply returns the ticket after the shop has answered; wait says that the customer
// is to act next. A closed one is an error matching flywheel.ErrConflict, as for all
// that follow.
func (d *Desk) Reply(t Ticket, wait bool, at time.Time) (Ticket, error) {
	return d.move(t, "reply", at, func(t *Ticket) {
		t.answer(at)
		if wait {
			d.stop(t, at)
			t.Status = Waiting
		}
	})
}

// Wrote returns the ticket after its customer has written: it is open, and its
// clock runs on with what is left.
func (d *Desk) Wrote(t Ticket, at time.Time) (Ticket, error) {
	return d.move(t, "customer", at, func(t *Ticket) {
		if t.Status != Open {
			t.Status, t.Since = Open, at
			d.resolveBy(t, at)
		}
	})
}

// Solve returns the ticket solved: its clock stands.
func (d *Desk) Solve(t Ticket, at time.Time) (Ticket, error) {
	return d.move(t, "solve", at, func(t *Ticket) {
		t.answer(at)
		d.stop(t, at)
		t.Status = Solved
	})
}

// Close returns a solved ticket closed. A closed one stays as it is; any other is an
// error matching flywheel.ErrConflict.
func (d *Desk) Close(t Ticket, at time.Time) (Ticket, error) {
	switch t.Status {
	case Closed:
		return t, nil
	case Solved:
	default:
		return t, &StatusError{Ticket: t.ID, Call: "close", Status: t.Status}
	}
	return d.move(t, "close", at, func(t *Ticket) { t.Status, t.Closed = Closed, at })
}

// Prioritize returns the ticket with another priority: what is still due is due as
// if it had had it from the start of the clock, less what that had used before. What
// is late already is breached at once; what had been breached stays so.
func (d *Desk) Prioritize(t Ticket, p Priority, at time.Time) (Ticket, error) {
	target, err := d.target(p)
	if err != nil {
		return t, err
	}
	return d.move(t, "priority", at, func(t *Ticket) {
		t.Priority, t.Target = p, target
		if !t.FirstDue.IsZero() {
			t.FirstDue = d.dueAfter(t.Opened, target.First, at)
		}
		if t.Status == Open {
			d.resolveBy(t, at)
		}
	})
}

// Advance returns the ticket with the breaches up to an instant. It needs no
// calendar.
func (d *Desk) Advance(t Ticket, at time.Time) Ticket {
	t = t.Clone()
	t.breach(at)
	t.Due = t.nextDue()
	return t
}

// move lets time pass up to an instant, makes a change, and looks again.
func (d *Desk) move(t Ticket, call string, at time.Time, change func(t *Ticket)) (Ticket, error) {
	if t.Status == Closed {
		return t, &StatusError{Ticket: t.ID, Call: call, Status: t.Status}
	}
	t = t.Clone()
	t.breach(at)
	change(&t)
	t.breach(at)
	return t.touched(at), nil
}

func (t *Ticket) answer(at time.Time) {
	if t.Answered.IsZero() {
		t.Answered, t.FirstDue = at, time.Time{}
	}
}

// stop lets the second clock stand.
func (d *Desk) stop(t *Ticket, at time.Time) {
	if !t.Since.IsZero() {
		t.Used += d.calendar.between(t.Since, at)
	}
	t.Since, t.ResolveDue = time.Time{}, time.Time{}
}

// resolveBy sets the due time of the second clock, which runs.
func (d *Desk) resolveBy(t *Ticket, at time.Time) {
	if !d.promises() {
		return
	}
	t.ResolveDue = d.dueAfter(t.Since, t.Target.Resolve-t.Used, at)
}

// dueAfter is when what is left of a target since an instant is used up: now where
// nothing is left.
func (d *Desk) dueAfter(since time.Time, left time.Duration, now time.Time) time.Time {
	if left <= 0 {
		return now
	}
	return d.calendar.after(since, left)
}

// breach marks the clocks whose due time has passed at an instant: the second of it
// is over.
func (t *Ticket) breach(at time.Time) {
	type late struct {
		clock Clock
		due   time.Time
	}
	var found []late
	for _, c := range []late{{First, t.FirstDue}, {Resolve, t.ResolveDue}} {
		if !c.due.IsZero() && !at.Before(noticed(c.due)) && !slices.Contains(t.Breached, c.clock) {
			found = append(found, c)
		}
	}
	slices.SortStableFunc(found, func(a, b late) int { return a.due.Compare(b.due) })
	for _, c := range found {
		t.Breached = append(t.Breached, c.clock)
	}
}

// noticed is the first instant at which a due time has passed unmet.
func noticed(due time.Time) time.Time { return due.Truncate(time.Second).Add(time.Second) }

func (t *Ticket) nextDue() (next time.Time) {
	for clock, due := range map[Clock]time.Time{First: t.FirstDue, Resolve: t.ResolveDue} {
		if due.IsZero() || slices.Contains(t.Breached, clock) {
			continue
		}
		if at := noticed(due); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

func (t Ticket) touched(at time.Time) Ticket {
	t.Updated = at
	t.Due = t.nextDue()
	return t
}
