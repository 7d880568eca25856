package attribution

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

// Journey is the path of one person to a conversion, or to none.
type Journey struct {
	Person  string  `json:"person"`
	Touches []Touch `json:"touches"` // oldest first, at least one
	// Converted says whether the journey ended in a conversion; the next three
	// fields are of it.
	Converted  bool      `json:"converted"`
	Conversion string    `json:"conversion,omitempty"` // id of the order, else of the event
	At         time.Time `json:"at,omitzero"`
	Value      float64   `json:"value,omitempty"`
	// Open marks a journey without conversion that may still have one: its last
	// touch is not yet a lookback old.
	Open bool `json:"open,omitempty"`
}

// Path returns the journey without its times.
func (j *Journey) Path() Path {
	p := Path{Channels: make([]utm.ChannelGroup, len(j.Touches))}
	for i := range j.Touches {
		p.Channels[i] = j.Touches[i].Channel
	}
	if j.Converted {
		p.Conversions, p.Value = 1, j.Value
	} else {
		p.Nulls = 1
	}
	return p
}

// end is when the journey converted, else its last touch.
func (j *Journey) end() time.Time {
	if j.Converted {
		return j.At
	}
	return j.Touches[len(j.Touches)-1].At
}

// JourneyError names the journey that is refused.
type JourneyError struct {
	Index  int
	Person string
	Err    error // wraps a kind
}

func (e *JourneyError) Error() string {
	return fmt.Sprintf("attribution: journey %d of %q: %v", e.Index, e.Person, e.Err)
}

// Unwrap returns the cause.
func (e *JourneyError) Unwrap() error { return e.Err }

func (j *Journey) check(i int) error {
	fail := func(err error) error { return &JourneyError{i, j.Person, err} }
	p := j.Path()
	if err := p.check(i); err != nil {
		return fail(err)
	}
	for k := range j.Touches {
		if k > 0 && j.Touches[k].At.Before(j.Touches[k-1].At) {
			return fail(fmt.Errorf("touch %d is earlier than the one before: %w", k, flywheel.ErrInvalid))
		}
		if j.Converted && j.Touches[k].At.After(j.At) {
			return fail(fmt.Errorf("touch %d is later than the conversion: %w", k, flywheel.ErrInvalid))
		}
	}
	return nil
}

// Count counts journeys. Open ones are left out: they may still convert.
func Count(journeys []Journey) (*Counts, error) {
	c := NewCounts()
	for i := range journeys {
		j := &journeys[i]
		if j.Open {
			continue
		}
		if err := j.check(i); err != nil {
			return nil, err
		}
		if err := c.Add(j.Path()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// ByDay counts journeys by the day on which they ended, in zone (nil for UTC), as
// 2006-01-02: that of the conversion, else of the last touch. Open ones are left
// out. A month is the merged counts of its days.
func ByDay(journeys []Journey, zone *time.Location) (map[string]*Counts, error) {
	if zone == nil {
		zone = time.UTC
	}
	days := map[string]*Counts{}
	for i := range journeys {
		j := &journeys[i]
		if j.Open {
			continue
		}
		if err := j.check(i); err != nil {
			return nil, err
		}
		day := j.end().In(zone).Format(time.DateOnly)
		if days[day] == nil {
			days[day] = NewCounts()
		}
		if err := days[day].Add(j.Path()); err != nil {
			return nil, err
		}
	}
	return days, nil
}

// CreditJourneys credits channels for the journeys that converted, by a rule that
// may look at times.
func CreditJourneys(r Rule, journeys []Journey) (*Result, error) {
	persons, err := CreditPersons(r, journeys)
	if err != nil {
		return nil, err
	}
	sums := map[utm.ChannelGroup]*Credit{}
	for i := range journeys {
		for _, t := range journeys[i].Touches {
			sums[t.Channel] = &Credit{Channel: t.Channel}
		}
	}
	for _, p := range persons {
		for _, c := range p.Credits {
			sums[c.Channel].Conversions += c.Conversions
			sums[c.Channel].Value += c.Value
		}
	}
	out := &Result{}
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		out.Credits = append(out.Credits, *sums[name])
	}
	if len(persons) == 0 {
		out.Warnings = append(out.Warnings, noConversions)
	}
	return out, nil
}

// PersonCredit is what channels are credited with for one person.
type PersonCredit struct {
	Person  string   `json:"person"`
	Credits []Credit `json:"credits"` // in order of the channels' names, without zeros
}

// CreditPersons credits channels for each person who converted, ordered by
// person. The credits of all persons sum to those of [CreditJourneys].
func CreditPersons(r Rule, journeys []Journey) ([]PersonCredit, error) {
	if err := checkRule(r); err != nil {
		return nil, err
	}
	sums := map[string]map[utm.ChannelGroup]*Credit{}
	var w []float64
	for i := range journeys {
		j := &journeys[i]
		if err := j.check(i); err != nil {
			return nil, err
		}
		if !j.Converted {
			continue
		}
		w = grow(w, len(j.Touches))
		if err := split(r, w, j.Touches, j.At); err != nil {
			return nil, &JourneyError{i, j.Person, err}
		}
		own := sums[j.Person]
		if own == nil {
			own = map[utm.ChannelGroup]*Credit{}
			sums[j.Person] = own
		}
		for k, t := range j.Touches {
			if w[k] == 0 {
				continue
			}
			c := own[t.Channel]
			if c == nil {
				c = &Credit{Channel: t.Channel}
				own[t.Channel] = c
			}
			c.Conversions += w[k]
			c.Value += float64(w[k] * j.Value)
		}
	}
	out := make([]PersonCredit, 0, len(sums))
	for person, own := range sums {
		p := PersonCredit{Person: person}
		for _, name := range slices.Sorted(maps.Keys(own)) {
			p.Credits = append(p.Credits, *own[name])
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b PersonCredit) int { return strings.Compare(a.Person, b.Person) })
	return out, nil
}

// ByRemoval is the rule of a solved Markov model for single paths and persons: the
// channels of a path share its conversion in proportion to their removal effects,
// and the touches of one channel share alike. Summed over all paths that comes
// close to the model's credits without being equal to them. A path whose channels
// all have no effect is shared alike.
func (r *MarkovResult) ByRemoval() Rule {
	effects := make(map[utm.ChannelGroup]float64, len(r.Removals))
	for _, e := range r.Removals {
		effects[e.Channel] = e.Conversions
	}
	return byChannel(func(c utm.ChannelGroup) float64 { return effects[c] })
}

// EqualChannels is the rule whose sum is the Shapley value in conversions: the
// different channels of a path share alike, and so do the touches of one channel.
type EqualChannels struct{}

// Split gives each different channel the same.
func (EqualChannels) Split(w []float64, touches []Touch, at time.Time) {
	byChannel(func(utm.ChannelGroup) float64 { return 1 }).Split(w, touches, at)
}

// byChannel shares by weights of channels.
func byChannel(weight func(utm.ChannelGroup) float64) Rule {
	return Custom(func(w []float64, touches []Touch, _ time.Time) {
		times := map[utm.ChannelGroup]int{}
		sum := 0.0
		for i := range touches {
			times[touches[i].Channel]++
		}
		for i := range touches {
			c := touches[i].Channel
			w[i] = weight(c) / float64(times[c])
			sum += w[i]
		}
		if sum == 0 {
			for i := range touches {
				w[i] = 1 / float64(times[touches[i].Channel])
			}
		}
	})
}
