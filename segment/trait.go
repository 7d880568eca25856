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
// of equally frequent ones the first in order counts. Amounts in another currency
// than the first are left out of Min and Max, and summed apart.
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
	// Amounts are the sums in currencies other than Amount's.
	Amounts []money.Amount `json:"amounts,omitempty"`
	// Values is how many different values were seen, and Top how often the most
	// frequent one; [Profiles.Values] has them all.
	Values int64 `json:"values,omitempty"`
	Top    int64 `json:"top,omitempty"`
	// List are the different values of a trait of kind [Values], as far as they
	// were asked for.
	List []string `json:"-"`
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

// add takes an event into the state. counted adds one to the count of a value and
// returns it.
func (t *Trait) add(s *TraitState, e *flywheel.Event, value money.Amount, counted func(value string) (int64, error)) error {
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
		n, err := counted(text)
		if err != nil {
			return err
		}
		if n == 1 {
			s.Values++
		}
		if top, _ := s.Value.(string); t.Kind == MostFrequent && (n > s.Top || n == s.Top && text < top) {
			s.Value, s.Top = text, n
		}
	}
	s.Count++
	return nil
}

func (t *Trait) addMoney(s *TraitState, e *flywheel.Event, value money.Amount) (err error) {
	other := s.Count > 0 && !s.Amount.Currency().IsZero() && !value.Currency().IsZero() && s.Amount.Currency() != value.Currency()
	switch t.Kind {
	case Sum:
		if other {
			return s.addOther(value)
		}
		s.Amount, err = s.Amount.Add(value)
	case Min, Max:
		if other {
			return nil
		}
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

// addOther adds to the sum of a currency that is not the first.
func (s *TraitState) addOther(value money.Amount) (err error) {
	i := slices.IndexFunc(s.Amounts, func(a money.Amount) bool { return a.Currency() == value.Currency() })
	if i < 0 {
		s.Amounts = append(s.Amounts, value)
	} else if s.Amounts[i], err = s.Amounts[i].Add(value); err != nil {
		return err
	}
	s.Count++
	return nil
}

// replaces reports whether e comes before the first or after the last.
func (t *Trait) replaces(s *TraitState, e *flywheel.Event) bool {
	order := e.Time.Compare(s.At)
	if order == 0 && e.ID < s.Event {
		order = -1
	}
	return s.Count == 0 || (t.Kind == First) == (order < 0)
}

// merge adds the state of another alias of a person. What the values of both are
// is left to the caller.
func (t *Trait) merge(s, other *TraitState) (err error) {
	switch {
	case other.Count == 0:
		return nil
	case s.Count == 0:
		*s = *other
		s.Amounts = slices.Clone(other.Amounts)
		return nil
	}
	event := flywheel.Event{ID: other.Event, Time: other.At}
	count := s.Count + other.Count
	switch {
	case t.ofTexts():
	case t.Kind == Sum && t.ofMoney():
		for _, a := range append([]money.Amount{other.Amount}, other.Amounts...) {
			if err = t.addMoney(s, &event, a); err != nil {
				return err
			}
		}
	case t.Kind == Sum:
		s.Number += other.Number
	case (t.Kind == Min || t.Kind == Max) && t.ofMoney():
		err = t.addMoney(s, &event, other.Amount)
	case t.Kind == Min:
		s.Number = min(s.Number, other.Number)
	case t.Kind == Max:
		s.Number = max(s.Number, other.Number)
	case t.Kind == First, t.Kind == Last:
		if t.replaces(s, &event) {
			s.Value, s.Amount, s.At, s.Event = other.Value, other.Amount, other.At, other.Event
		}
	}
	s.Count = count
	return err
}
