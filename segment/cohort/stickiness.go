package cohort

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Sticky is how often people are active within one period.
type Sticky struct {
	Period int
	// Days[n] is how many customers were active on exactly n days; Days[0] is 0.
	Days []int
	// Active is how many were active at all.
	Active int
	// Ratio is the mean part of the period's days on which an active customer was
	// active: for months, DAU/MAU.
	Ratio float64
}

// Stickiness counts on how many days of each week or month customers are active, by
// the calendar of a place; nil is UTC. Periods in which nobody was are left out.
func Stickiness(activities []Activity, unit Unit, location *time.Location) ([]Sticky, error) {
	if unit == Day {
		return nil, fmt.Errorf("cohort: stickiness within a day: %w", flywheel.ErrInvalid)
	}
	days, err := New(activities, Day, location)
	if err != nil {
		return nil, err
	}
	coarse := &Table{unit: unit}
	length := func(p int) int { return int(coarse.Start(p+1).Sub(coarse.Start(p)).Hours()+0.5) / 24 }
	first := period(days.Start(days.First), unit, time.UTC)
	last := period(days.Start(days.Last), unit, time.UTC)
	all := make([]Sticky, last-first+1)
	for i := range all {
		all[i].Period = first + i
		all[i].Days = make([]int, length(first+i)+1)
	}
	days.each(func(v []visit) {
		for i := 0; i < len(v); {
			p := period(days.Start(int(v[i].period)), unit, time.UTC)
			n := 0
			for i < len(v) && period(days.Start(int(v[i].period)), unit, time.UTC) == p {
				n++
				i++
			}
			all[p-first].Days[n]++
			all[p-first].Active++
		}
	})
	out := all[:0]
	for _, s := range all {
		if s.Active == 0 {
			continue
		}
		sum := 0
		for n, customers := range s.Days {
			sum += n * customers
		}
		s.Ratio = float64(sum) / float64(s.Active) / float64(len(s.Days)-1)
		out = append(out, s)
	}
	return out, nil
}

// State is how a customer stands by age and recency.
type State string

// The states, from best to worst.
const (
	Fresh  State = "new"
	Active State = "active"
	AtRisk State = "at_risk"
	Lapsed State = "lapsed"
	Lost   State = "lost"
)

// Limits are the ages at which states end, in days: somebody is New until the age
// New, else Active, AtRisk and Lapsed until the recency of that name.
type Limits struct{ New, Active, AtRisk, Lapsed int64 }

// DefaultLimits are 30, 90, 180 and 365 days.
var DefaultLimits = Limits{New: 30, Active: 90, AtRisk: 180, Lapsed: 365}

// StateOf returns the state of a customer by the days since the first and since
// the last purchase. Limits that do not ascend, or days that contradict each other, are
// refused.
func StateOf(age, recency int64, limits Limits) (State, error) {
	switch {
	case limits.New < 0 || limits.Active < 0 || limits.AtRisk < limits.Active || limits.Lapsed < limits.AtRisk:
		return "", fmt.Errorf("cohort: limits %+v do not ascend: %w", limits, flywheel.ErrInvalid)
	case recency < 0 || age < recency:
		return "", fmt.Errorf("cohort: first purchase %d days ago, last %d: %w", age, recency, flywheel.ErrOutOfRange)
	case age <= limits.New:
		return Fresh, nil
	case recency <= limits.Active:
		return Active, nil
	case recency <= limits.AtRisk:
		return AtRisk, nil
	case recency <= limits.Lapsed:
		return Lapsed, nil
	}
	return Lost, nil
}
