package loyalty

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

// Act gives points for an event of the log that is no purchase, such as a published
// review. The event must name the member.
type Act struct {
	// Event is the name of the event; none of those that tell of orders and points.
	Event string `json:"event"`
	// Points is how many, at least 1. They count towards no tier.
	Points int64 `json:"points"`
	// Match are texts that properties of the event must equal.
	Match map[string]string `json:"match,omitempty"`
	// Once names a property whose value earns once, such as the product of a review;
	// an event where it is no identifier earns nothing. Empty lets each event earn.
	Once string `json:"once,omitempty"`
	// PendingFor is how long the points wait, such as "P14D"; empty is not at all.
	PendingFor string `json:"pending_for,omitempty"`
}

type act struct {
	Act
	pending caltime.Duration
}

// notActs are the events that earn or change points by other rules.
var notActs = []string{
	flywheel.EventPurchase, flywheel.EventRefund, EventOrderEdited, flywheel.EventPointsEarned, flywheel.EventPointsBurned,
	flywheel.EventPointsReversed, flywheel.EventTierChanged,
}

func (a Act) compile() (act, error) {
	switch {
	case a.Event == "" || slices.Contains(notActs, a.Event):
		return act{}, &flywheel.FieldError{Field: "event", Err: fmt.Errorf("%q is no act: %w", a.Event, flywheel.ErrInvalid)}
	case a.Points < 1:
		return act{}, &flywheel.FieldError{Field: "points", Err: fmt.Errorf("%d, at least 1: %w", a.Points, flywheel.ErrOutOfRange)}
	}
	compiled := act{Act: a}
	if a.PendingFor != "" {
		var err error
		if compiled.pending, err = caltime.ParseDuration(a.PendingFor); err != nil {
			return act{}, &flywheel.FieldError{Field: "pending_for", Err: err}
		}
	}
	return compiled, nil
}

// key returns the key of the earning for an event, and whether it earns.
func (a *act) key(e *flywheel.Event) (key string, ok bool) {
	if e.Name != a.Event {
		return "", false
	}
	for name, want := range a.Match {
		if got, _ := e.Properties[name].(string); got != want {
			return "", false
		}
	}
	if a.Once == "" {
		return eventid.Of("act", a.Event, e.ID), true
	}
	value, _ := e.Properties[a.Once].(string)
	return eventid.Of("act", a.Event, a.Once, value), flywheel.CheckID(value) == nil
}

// acts reports whether any program of the calendar earns for an event of this name.
func (c calendar) acts(name string) bool {
	return slices.ContainsFunc(c, func(e edition) bool {
		return slices.ContainsFunc(e.ledgers, func(l *Ledger) bool {
			return slices.ContainsFunc(l.acts, func(a act) bool { return a.Event == name })
		})
	})
}

// earned returns what an event earns by the program of its time. Several acts may
// earn for one event.
func (c calendar) earned(member flywheel.CustomerID, e *flywheel.Entry) (l *Ledger, ops []Operation) {
	effective := stamp(e.Effective)
	_, _, l = c.at(effective, e.Received)
	if l == nil {
		return nil, nil
	}
	for i := range l.acts {
		a := &l.acts[i]
		key, ok := a.key(&e.Event)
		if !ok || slices.ContainsFunc(ops, func(op Operation) bool { return op.Key == key }) {
			continue
		}
		ops = append(ops, Operation{
			Member: member, Key: key, Kind: Earn, Points: a.Points, At: effective, AvailableAt: a.available(effective, l.zone),
		})
	}
	return l, ops
}

func (a *act) available(at time.Time, zone *time.Location) time.Time {
	if a.PendingFor == "" {
		return at
	}
	return a.pending.AddTo(at, zone).UTC()
}

// takeAct applies an event that is an act, where it has not earned yet.
func (t *turn) takeAct(c calendar, now *Ledger, e *flywheel.Entry, at time.Time) (events []flywheel.Event, took bool, err error) {
	l, ops := c.earned(t.account.Member, e)
	for _, op := range ops {
		if t.account.receipt(op.Key) != nil {
			continue
		}
		now.settle(&t.account, at)
		receipt, _, err := l.apply(&t.account, op, true)
		if err != nil {
			return nil, false, err
		}
		events, took = append(events, receipt.events()...), true
	}
	return events, took, nil
}
