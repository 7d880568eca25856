package segment

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Moment is an event within the window of a [Leaf]: what has to be taken back when
// the window is over. Moments are rows of their own.
type Moment struct {
	// Leaf is the [Leaf.Key]; At the effective time of the event at Position of the log.
	Leaf     string            `json:"leaf"`
	At       time.Time         `json:"at"`
	Position flywheel.Position `json:"position"`
	// Number is the value in minor units for a sum, Value the property for distinct
	// values.
	Number int64  `json:"number,omitempty"`
	Value  string `json:"value,omitempty"`
}

// Passed says that the moments of a leaf up to an instant, itself included, are over.
type Passed struct {
	Leaf  string
	Until time.Time
}

// MomentStore keeps moments. A [ProfileStore] that implements it can have leaves with
// windows: Save then removes what is in Profile.Passed and adds Profile.Moments.
type MomentStore interface {
	// Moments returns up to limit moments of a person and a leaf that come after one,
	// in order of At and Position.
	Moments(ctx context.Context, person flywheel.Person, leaf string, after Moment, limit int) ([]Moment, error)
}

// maxWindow is the longest window of a leaf.
const maxWindow = 100 * 366 * day

// parseWindow reads a duration of days and hours; a day has 24 hours.
func parseWindow(text string) (time.Duration, error) {
	d, err := caltime.ParseDuration(text)
	if err != nil {
		return 0, err
	}
	if d.Months != 0 {
		return 0, fmt.Errorf("%q: months and years have no fixed length: %w", text, flywheel.ErrInvalid)
	}
	if d.Days > int(maxWindow/day) {
		return 0, fmt.Errorf("%q is more than a hundred years: %w", text, flywheel.ErrOutOfRange)
	}
	window := time.Duration(d.Days)*day + d.Elapsed
	if window <= 0 || window > maxWindow {
		return 0, fmt.Errorf("%q is no time, or more than a hundred years: %w", text, flywheel.ErrOutOfRange)
	}
	return window, nil
}

// enter adds the moment of an event to the state of a leaf with a window. An event
// whose window was over when time last passed counts no more.
func (c *compiledLeaf) enter(p *Profile, state *LeafState, m Moment) bool {
	if !m.At.Add(c.window).After(state.Until) && !state.Until.IsZero() {
		return false
	}
	if state.First.IsZero() || m.At.Before(state.First) {
		state.First = m.At
	}
	m.Leaf = c.key
	p.Moments = append(p.Moments, m)
	return true
}

// leave takes a moment out of the state.
func (c *compiledLeaf) leave(state *LeafState, m Moment, uncounted func(value string) (int64, error)) error {
	switch c.Agg {
	case CountOf:
		state.Number--
	case SumOf:
		rest, err := money.New(state.Number, c.currency).Sub(money.New(m.Number, c.currency))
		if err != nil {
			return err
		}
		state.Number = rest.Minor()
	case DistinctOf:
		n, err := uncounted(m.Value)
		if err != nil {
			return err
		}
		if n == 0 {
			state.Number--
		}
	}
	return nil
}

// settle lets time pass for the windows of a state up to an instant: the moments whose
// window is over then are taken out. Each is read once. Cost: nothing while none is.
func (w *work) settle(person flywheel.Person, now time.Time) error {
	for _, leaf := range w.engine.windows {
		p, err := w.get(person)
		if err != nil {
			return err
		}
		state, known := p.Leaves[leaf.key]
		if !known || state.First.IsZero() || state.First.Add(leaf.window).After(now) {
			continue
		}
		if p, err = w.change(person); err != nil {
			return err
		}
		until := now.Add(-leaf.window) // the latest moment that is over
		state.First = time.Time{}
		err = w.moments(p, leaf, func(m Moment) (bool, error) {
			if m.At.After(until) {
				state.First = m.At
				return false, nil
			}
			return true, leaf.leave(&state, m, func(value string) (int64, error) { return w.uncounted(person, leaf.key, value) })
		})
		if err != nil {
			return fmt.Errorf("leaf: %w", err)
		}
		state.Until = now
		p.Leaves[leaf.key] = state
		p.pass(leaf.key, until)
	}
	return nil
}

// pass notes that moments of a leaf are over.
func (p *Profile) pass(leaf string, until time.Time) {
	p.Moments = slices.DeleteFunc(p.Moments, func(m Moment) bool { return m.Leaf == leaf && !m.At.After(until) })
	for i := range p.Passed {
		if p.Passed[i].Leaf == leaf {
			p.Passed[i].Until = later(p.Passed[i].Until, until)
			return
		}
	}
	p.Passed = append(p.Passed, Passed{leaf, until})
}

// How many moments are read at once: few at first, since one or two are over as a rule.
const (
	firstMoments = 8
	mostMoments  = 512
)

// moments calls do for the moments of a state, those of this work included, in order
// of time, as long as it reports true.
func (w *work) moments(p *Profile, leaf *compiledLeaf, do func(Moment) (bool, error)) error {
	var own []Moment
	for _, m := range p.Moments {
		if m.Leaf == leaf.key {
			own = append(own, m)
		}
	}
	slices.SortFunc(own, compareMoments)
	after := Moment{}
	for _, over := range p.Passed {
		if over.Leaf == leaf.key {
			after = Moment{At: over.Until, Position: maxPosition}
		}
	}
	for more, limit := p.Version > 0, firstMoments; ; limit = min(4*limit, mostMoments) {
		var stored []Moment
		if more {
			store, ok := w.p.store.(MomentStore)
			if !ok {
				return fmt.Errorf("a window needs a store that keeps moments: %w", flywheel.ErrInvalid)
			}
			var err error
			if stored, err = store.Moments(w.ctx, p.Person, leaf.key, after, limit); err != nil {
				return err
			}
			if more = len(stored) == limit; len(stored) > 0 {
				after = stored[len(stored)-1]
			}
		}
		for len(stored) > 0 || !more && len(own) > 0 {
			var m Moment
			if len(own) > 0 && (len(stored) == 0 || compareMoments(own[0], stored[0]) < 0) {
				m, own = own[0], own[1:]
			} else {
				m, stored = stored[0], stored[1:]
			}
			if on, err := do(m); err != nil || !on {
				return err
			}
		}
		if !more {
			return nil
		}
	}
}

// maxPosition is beyond every place of a log, maxTime beyond every event.
const maxPosition = 1<<62 - 1

var maxTime = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

func compareMoments(a, b Moment) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	return int(a.Position - b.Position)
}

// settleAll lets time pass for a customer's own state and those of the devices.
func (w *work) settleAll(person flywheel.Person, now time.Time) error {
	if len(w.engine.windows) == 0 {
		return nil
	}
	aliases, err := w.aliases(person)
	if err != nil {
		return err
	}
	for _, alias := range aliases {
		if err := w.settle(alias, now); err != nil {
			return err
		}
	}
	return nil
}

// settled returns up to when time has passed for the windows of a profile.
func (e *engine) settled(p *Profile) (until time.Time) {
	for _, leaf := range e.windows {
		until = later(until, p.Leaves[leaf.key].Until)
	}
	return until
}

// uncounted takes one from the count of a person's value, and returns it.
func (w *work) uncounted(person flywheel.Person, of, value string) (int64, error) {
	n, err := w.counted(person, of, value)
	if err != nil {
		return 0, err
	}
	key := countKey{person, of, value}
	w.counts[key] = max(0, n-2)
	return w.counts[key], nil
}

// valueText is a property's value as it is counted.
func valueText(of string, seen any) (string, error) {
	text, err := json.Marshal(seen)
	if err != nil {
		return "", fmt.Errorf("property %q: %w: %w", of, flywheel.ErrInvalid, err)
	}
	return string(text), nil
}
