package attribution

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Builder builds journeys from events. The zero value takes purchases as
// conversions and looks 30 days back.
type Builder struct {
	// Lookback is how old a touch may be at the conversion, inclusive; 0 for 30
	// days.
	Lookback time.Duration
	// Gap ends a session: an event later than Gap after the one before begins a
	// new one; 0 for 30 minutes. So does a campaign that differs from that of the
	// session's first event.
	Gap time.Duration
	// Conversions are the names of events that are conversions; nil for purchase.
	Conversions []string
	// Cut ends paths at an earlier conversion: a touch counts for the next
	// conversion of its person only.
	Cut bool
	// Untagged takes a session that says nothing of its source as a touch of
	// utm.DirectChannel. Without it such a session is no touch.
	Untagged bool
	// Views are the names of events that show an advertisement; each is a touch
	// of its own if it says its source. ViewWindow is how old one may be at the
	// conversion, inclusive; 0 for 24 hours. A path with a click has no views
	// unless KeepViews is set.
	Views      []string
	ViewWindow time.Duration
	KeepViews  bool
	// Milestones are the names of events that mark the latest touch before them
	// as a milestone; see [WShaped].
	Milestones []string
	// Ignored are the names of events that are not a person's doing and neither
	// begin nor prolong a session; nil for messages, points and tiers.
	Ignored []string
	// Refunds are the names of events that give back what a conversion with their Ref
	// brought, whenever that was: its value is less by theirs. Like Ignored ones they
	// are not a person's doing. nil for refund, empty for none.
	Refunds []string
	// WithoutReturned makes what was given back in full no conversion, so that its
	// touches are those of a journey without one.
	WithoutReturned bool
	// Site and Channels tell where a session came from. nil for GA4's default
	// channel group.
	Site     utm.Site
	Channels *utm.Grouping
	// Person tells who did it; "" drops the event. nil takes the customer, else
	// the customer whom the visitor was first seen with in the events, before or
	// after, else the visitor. Readers of the log have Entry's person.
	Person func(e *flywheel.Event) string
}

// Built is what a [Builder] found.
type Built struct {
	Journeys []Journey // by person, then by time
	// Unattributed counts conversions without a touch, with their value.
	Unattributed      int
	UnattributedValue float64
	// Refunded is what was given back of the conversions, Returned the number of those of
	// which nothing was left, and Orphans the number of refunds whose conversion is not
	// among the events, or that give back more than was left.
	Refunded          float64
	Returned, Orphans int
	// Duplicates counts events and conversions that were there before.
	Duplicates int
	// Anonymous counts events of nobody.
	Anonymous int
}

func (b *Builder) check() error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"lookback", b.Lookback}, {"gap", b.Gap}, {"viewWindow", b.ViewWindow}} {
		if d.value < 0 {
			return refuse(d.name, fmt.Errorf("%v: %w", d.value, flywheel.ErrOutOfRange))
		}
	}
	return nil
}

func (b Builder) defaults() Builder {
	b.Lookback = cmp.Or(b.Lookback, 30*24*time.Hour)
	b.Gap = cmp.Or(b.Gap, 30*time.Minute)
	b.ViewWindow = cmp.Or(b.ViewWindow, 24*time.Hour)
	if b.Conversions == nil {
		b.Conversions = []string{flywheel.EventPurchase}
	}
	if b.Ignored == nil {
		b.Ignored = []string{flywheel.EventMessageSent, flywheel.EventPointsEarned, flywheel.EventPointsBurned, flywheel.EventPointsReversed, flywheel.EventTierChanged}
	}
	if b.Refunds == nil {
		b.Refunds = []string{flywheel.EventRefund}
	}
	return b
}

// Build builds the journeys of all persons. Events may come in any order; those
// of one instant keep theirs. An event with the id of an earlier one is the same
// event, and a conversion with the Ref of an earlier one of that name is the same
// conversion. Values of different currencies are an error that matches
// flywheel.ErrInvalid, and so is a campaign that is no text. A refund takes from the
// value of the conversion with its Ref, at most all of it.
//
// Touches that belong to no conversion make journeys without one, parted where
// two are further apart than the lookback. Build takes O(n log n) for n events,
// and for each conversion the touches of its lookback.
func (b Builder) Build(events []flywheel.Event) (*Built, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	b = b.defaults()
	out := &Built{}
	steps, until, err := b.steps(events, out)
	if err != nil {
		return nil, err
	}
	for from := 0; from < len(steps); {
		to := from + 1
		for to < len(steps) && steps[to].person == steps[from].person {
			to++
		}
		b.person(steps[from:to], until, out)
		from = to
	}
	return out, nil
}

// step is one event in the order of its person.
type step struct {
	person     string
	at         time.Time
	index      int // in the input
	event      *flywheel.Event
	visit      utm.Visit
	tagged     bool
	ignored    bool
	view       bool
	conversion string // its id, "" for none
	milestone  bool
	minor      int64 // the value in minor units, less what was given back
	value      float64
}

// refund is what is given back of a conversion.
type refund struct {
	ref   string
	value money.Amount
}

func (b *Builder) steps(events []flywheel.Event, out *Built) ([]step, time.Time, error) {
	order := make([]int, len(events))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return events[i].Time.Compare(events[j].Time) })
	person := b.Person
	if person == nil {
		first := map[flywheel.VisitorID]flywheel.CustomerID{}
		for _, i := range order {
			e := &events[i]
			if _, known := first[e.Visitor]; e.Customer != "" && e.Visitor != "" && !known {
				first[e.Visitor] = e.Customer
			}
		}
		person = func(e *flywheel.Event) string {
			if e.Customer != "" {
				return string(e.Customer)
			}
			if c := first[e.Visitor]; c != "" {
				return string(c)
			}
			return string(e.Visitor)
		}
	}
	seen := make(map[string]bool, len(events))
	converted := map[[2]string]bool{}
	var currency money.Currency
	var until time.Time
	var refunds []refund
	byRef := map[string]int{} // conversions, 1 + place in steps
	steps := make([]step, 0, len(events))
	for _, i := range order {
		e := &events[i]
		fail := func(field string, err error) error { return &flywheel.EventError{ID: e.ID, Field: field, Err: err} }
		if e.Time.IsZero() {
			return nil, until, fail("time", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
		}
		until = e.Time
		if e.ID != "" {
			if seen[e.ID] {
				out.Duplicates++
				continue
			}
			seen[e.ID] = true
		}
		s := step{person: person(e), at: e.Time, index: i, event: e}
		if s.person == "" {
			out.Anonymous++
			continue
		}
		s.ignored = slices.Contains(b.Ignored, e.Name)
		if slices.Contains(b.Refunds, e.Name) && !slices.Contains(b.Conversions, e.Name) {
			if e.Value.Sign() < 0 {
				return nil, until, fail("value", fmt.Errorf("%s is negative: %w", e.Value, flywheel.ErrOutOfRange))
			}
			s.ignored = true
			if !e.Value.IsZero() {
				refunds = append(refunds, refund{e.Ref, e.Value})
			}
		}
		s.view = slices.Contains(b.Views, e.Name)
		s.milestone = slices.Contains(b.Milestones, e.Name)
		var err error
		if s.visit, s.tagged, err = b.Site.OfEvent(e); err != nil {
			return nil, until, err
		}
		if slices.Contains(b.Conversions, e.Name) {
			s.conversion = cmp.Or(e.Ref, e.ID, fmt.Sprint("event ", i))
			if e.Ref != "" {
				key := [2]string{e.Name, e.Ref}
				if converted[key] {
					out.Duplicates++
					s.conversion = ""
				}
				converted[key] = true
			}
			if !e.Value.IsZero() && s.conversion != "" {
				switch c := e.Value.Currency(); {
				case currency.IsZero():
					currency = c
				case c != currency:
					return nil, until, fail("value", fmt.Errorf("%s beside %s; convert first: %w", c, currency, flywheel.ErrInvalid))
				}
				if e.Value.Sign() < 0 {
					return nil, until, fail("value", fmt.Errorf("%s is negative: %w", e.Value, flywheel.ErrOutOfRange))
				}
				s.minor = e.Value.Minor()
			}
			if e.Ref != "" && s.conversion != "" && byRef[e.Ref] == 0 {
				byRef[e.Ref] = len(steps) + 1
			}
		}
		steps = append(steps, s)
	}
	unit := math.Pow10(currency.Digits())
	given := int64(0)
	for _, r := range refunds {
		i := byRef[r.ref] - 1
		if r.ref == "" || i < 0 || r.value.Currency() != currency || steps[i].minor < r.value.Minor() {
			out.Orphans++
			if r.ref == "" || i < 0 || r.value.Currency() != currency {
				continue
			}
		}
		s := &steps[i]
		back := min(s.minor, r.value.Minor())
		given += back
		if s.minor -= back; s.minor == 0 && back > 0 {
			out.Returned++
			if b.WithoutReturned {
				s.conversion = ""
			}
		}
	}
	out.Refunded = float64(given) / unit
	for i := range steps {
		steps[i].value = float64(steps[i].minor) / unit
	}
	slices.SortStableFunc(steps, func(x, y step) int { return cmp.Compare(x.person, y.person) })
	return steps, until, nil
}

// person builds the journeys of one person.
func (b *Builder) person(steps []step, until time.Time, out *Built) {
	var touches []Touch
	var used []bool
	first := 0 // touch that may still count
	var last time.Time
	var campaign utm.Visit
	begun := false
	for i := range steps {
		s := &steps[i]
		if s.ignored {
			continue
		}
		if s.view {
			if s.tagged {
				touches, used = append(touches, Touch{Channel: b.Channels.Of(s.visit), At: s.at, View: true, Event: s.event.ID}), append(used, false)
			}
			continue
		}
		tagged := s.tagged && s.visit.Kind != utm.Continued
		other := tagged && s.visit.Source != "" && (s.visit.Source != campaign.Source || s.visit.Medium != campaign.Medium || s.visit.Campaign != campaign.Campaign)
		if !begun || s.at.Sub(last) > b.Gap || other {
			begun, campaign = true, utm.Visit{}
			continued := s.tagged && s.visit.Kind == utm.Continued
			switch {
			case tagged:
				campaign = s.visit
				touches, used = append(touches, Touch{Channel: b.Channels.Of(s.visit), At: s.at, Event: s.event.ID}), append(used, false)
			case b.Untagged && !continued:
				touches, used = append(touches, Touch{Channel: utm.DirectChannel, At: s.at, Event: s.event.ID}), append(used, false)
			}
		}
		last = s.at
		if s.milestone && len(touches) > 0 {
			touches[len(touches)-1].Milestone = true
		}
		if s.conversion == "" {
			continue
		}
		path := b.path(touches, used, first, s.at)
		if len(path) == 0 {
			out.Unattributed++
			out.UnattributedValue += s.value
		} else {
			out.Journeys = append(out.Journeys, Journey{Person: s.person, Touches: path, Converted: true, Conversion: s.conversion, At: s.at, Value: s.value})
		}
		if b.Cut {
			first = len(touches)
		}
	}
	b.nulls(steps[0].person, touches, used, until, out)
}

// path returns the touches from first on that count at a conversion, and marks
// them as used.
func (b *Builder) path(touches []Touch, used []bool, first int, at time.Time) []Touch {
	from := len(touches)
	clicks := false
	for from > first && at.Sub(touches[from-1].At) <= b.Lookback {
		from--
		clicks = clicks || !touches[from].View
	}
	if from < len(touches)-MaxTouches {
		from = len(touches) - MaxTouches
	}
	var path []Touch
	for i := from; i < len(touches); i++ {
		if touches[i].View && (clicks && !b.KeepViews || at.Sub(touches[i].At) > b.ViewWindow) {
			continue
		}
		used[i] = true
		path = append(path, touches[i])
	}
	return path
}

// nulls makes journeys of the clicks that no conversion used.
func (b *Builder) nulls(person string, touches []Touch, used []bool, until time.Time, out *Built) {
	var path []Touch
	end := func() {
		if len(path) > 0 {
			open := until.Sub(path[len(path)-1].At) <= b.Lookback
			out.Journeys = append(out.Journeys, Journey{Person: person, Touches: path, Open: open})
			path = nil
		}
	}
	for i, t := range touches {
		if used[i] {
			end() // what comes behind a conversion is another journey
			continue
		}
		if t.View && !b.KeepViews {
			continue
		}
		if len(path) == MaxTouches || len(path) > 0 && t.At.Sub(path[len(path)-1].At) > b.Lookback {
			end()
		}
		path = append(path, t)
	}
	end()
}
