package segment

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// TraitKind is how a trait is made of the events that it takes.
type TraitKind string

// The kinds of traits. Sum, Min and Max are of numbers and pass over events where
// the property is none; First and Last go by time and then by event ID;
// MostFrequent, Distinct (how many) and Values (which, in order) are of texts, and
// of equally frequent ones the first in order counts.
const (
	Count        TraitKind = "count"
	Sum          TraitKind = "sum"
	Min          TraitKind = "min"
	Max          TraitKind = "max"
	First        TraitKind = "first"
	Last         TraitKind = "last"
	MostFrequent TraitKind = "most_frequent"
	Distinct     TraitKind = "distinct"
	Values       TraitKind = "values"
)

// Trait declares an attribute that is kept up to date from events.
type Trait struct {
	// Name is the attribute in rules.
	Name string `json:"name"`
	// Kind is how it is made.
	Kind TraitKind `json:"kind"`
	// Events are the names of the events taken; none takes all that the customer
	// caused.
	Events []string `json:"events,omitempty"`
	// Property is what is taken of an event: one of its Properties, or its value
	// in major units of money when empty. A Count with a Property counts the
	// events that have it.
	Property string `json:"property,omitempty"`
}

// TraitState is what a profile keeps of a trait.
type TraitState struct {
	// Count is the number of events taken.
	Count int64 `json:"count,omitempty"`
	// Number is the sum, minimum or maximum of a property.
	Number float64 `json:"number,omitempty"`
	// Amount is the same of the events' values, and the first or last of them.
	Amount money.Amount `json:"amount,omitzero"`
	// Value is the first, last or most frequent value of a property.
	Value any `json:"value,omitempty"`
	// At and Event tell where a first or last value comes from.
	At    time.Time `json:"at,omitzero"`
	Event string    `json:"event,omitempty"`
	// Counts are the different values and how often each was seen, in their order.
	Counts []ValueCount `json:"counts,omitempty"`
}

// check refuses a trait that means nothing.
func (t *Trait) check() error {
	kinds := []TraitKind{Count, Sum, Min, Max, First, Last, MostFrequent, Distinct, Values}
	switch {
	case flywheel.CheckID(t.Name) != nil:
		return fmt.Errorf("segment: trait %q: name: %w", t.Name, flywheel.CheckID(t.Name))
	case !slices.Contains(kinds, t.Kind):
		return fmt.Errorf("segment: trait %q: kind %q: %w", t.Name, t.Kind, flywheel.ErrInvalid)
	case t.ofTexts() && t.Property == "":
		return fmt.Errorf("segment: trait %q: %s of what property? %w", t.Name, t.Kind, flywheel.ErrInvalid)
	}
	for _, name := range t.Events {
		if err := flywheel.CheckID(name); err != nil {
			return fmt.Errorf("segment: trait %q: event: %w", t.Name, err)
		}
	}
	return nil
}

// takes reports whether the trait is made of events of this name.
func (t *Trait) takes(name string) bool {
	if len(t.Events) == 0 {
		return caused(name)
	}
	return slices.Contains(t.Events, name)
}

// ofMoney reports whether the trait is made of the events' values.
func (t *Trait) ofMoney() bool { return t.Property == "" && t.Kind != Count }

// ofTexts reports whether the trait is made of the different texts of a property.
func (t *Trait) ofTexts() bool {
	return t.Kind == MostFrequent || t.Kind == Distinct || t.Kind == Values
}

// valueType is the type of the attribute.
func (t *Trait) valueType() rule.Type {
	switch {
	case t.Kind == Count, t.Kind == Distinct:
		return rule.Int
	case t.Kind == Values:
		return rule.List
	case t.Kind == MostFrequent:
		return rule.String
	case t.ofMoney(), t.Kind == Sum, t.Kind == Min, t.Kind == Max:
		return rule.Number
	}
	return rule.Any
}

// add takes an event into the state.
func (t *Trait) add(s *TraitState, e *flywheel.Event, value money.Amount) error {
	if t.ofMoney() {
		return t.addMoney(s, e, value)
	}
	x, has := e.Properties[t.Property]
	if t.Property != "" && !has {
		return nil
	}
	switch t.Kind {
	case Count:
	case Sum, Min, Max:
		number, ok := x.(float64)
		if !ok {
			return nil
		}
		switch {
		case t.Kind == Sum:
			s.Number += number
		case s.Count == 0, t.Kind == Min && number < s.Number, t.Kind == Max && number > s.Number:
			s.Number = number
		}
	case First, Last:
		if !t.replaces(s, e) {
			break
		}
		s.Value, s.At, s.Event = cloneValue(x), e.Time, e.ID
	case MostFrequent, Distinct, Values:
		text, ok := x.(string)
		if !ok {
			return nil
		}
		var n int64
		s.Counts, n = increment(s.Counts, text)
		if t.Kind != MostFrequent {
			break
		}
		if top, _ := s.Value.(string); s.Count == 0 || n > s.frequency(top) || n == s.frequency(top) && text < top {
			s.Value = text
		}
	}
	s.Count++
	return nil
}

func (t *Trait) addMoney(s *TraitState, e *flywheel.Event, value money.Amount) (err error) {
	switch t.Kind {
	case Sum:
		s.Amount, err = s.Amount.Add(value)
	case Min, Max:
		order := 0
		if s.Count > 0 {
			order, err = value.Cmp(s.Amount)
		}
		if s.Count == 0 || t.Kind == Min && order < 0 || t.Kind == Max && order > 0 {
			s.Amount = value
		}
	case First, Last:
		if t.replaces(s, e) {
			s.Amount, s.At, s.Event = value, e.Time, e.ID
		}
	}
	s.Count++
	return err
}

// replaces reports whether e comes before the first or after the last.
func (t *Trait) replaces(s *TraitState, e *flywheel.Event) bool {
	order := e.Time.Compare(s.At)
	if order == 0 && e.ID < s.Event {
		order = -1
	}
	return s.Count == 0 || (t.Kind == First) == (order < 0)
}

// frequency is how often a value was seen.
func (s *TraitState) frequency(value string) int64 {
	i, found := findCount(s.Counts, value)
	if !found {
		return 0
	}
	return s.Counts[i].Count
}
