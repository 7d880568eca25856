package cohort

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/numbered"
)

// Activity is one thing that a customer did, such as a purchase.
type Activity struct {
	Customer flywheel.CustomerID
	At       time.Time
	// Value is what it was worth, in minor units.
	Value int64
}

// Unit is the length of a period.
type Unit uint8

// The units of periods.
const (
	Day Unit = iota
	Week
	Month
)

// Row is one cohort: the customers whose first activity is in one period.
type Row struct {
	// Period numbers the period of the calendar, Start is its first day.
	Period int
	Start  time.Time
	// Size is how many customers began in it.
	Size int
	// Active[k] is how many were active in the k-th period after it (0 is the first
	// itself), Later[k] how many in that one or a later one.
	Active, Later []int
	// Value[k] is what they spent in the k-th period after.
	Value []int64
}

// Kind is which activity counts as coming back.
type Kind uint8

// The kinds of retention.
const (
	Exact     Kind = iota // in the k-th period
	Unbounded             // in the k-th period or a later one
)

// Retention is the part of the cohort that came back in the k-th period, and NaN
// for a period that the table does not reach.
func (r Row) Retention(k int, kind Kind) float64 {
	counts := r.Active
	if kind == Unbounded {
		counts = r.Later
	}
	if k < 0 || k >= len(counts) || r.Size == 0 {
		return math.NaN()
	}
	return float64(counts[k]) / float64(r.Size)
}

// Table is what customers did by period.
type Table struct {
	unit     Unit
	location *time.Location
	// First and Last are the numbers of the first and the last period.
	First, Last int
	// Rows are the cohorts in order; periods in which nobody began have none.
	Rows []Row

	visits []visit // distinct, by customer, then period
}

// visit is a period in which a customer was active.
type visit struct {
	customer, period int32
	value            int64
}

// New counts the activities by periods of a place's calendar; nil is UTC.
func New(activities []Activity, unit Unit, location *time.Location) (*Table, error) {
	if unit > Month {
		return nil, fmt.Errorf("cohort: unit %d: %w", unit, flywheel.ErrInvalid)
	}
	if len(activities) == 0 {
		return nil, fmt.Errorf("cohort: no activities: %w", flywheel.ErrInvalid)
	}
	if location == nil {
		location = time.UTC
	}
	t := &Table{unit: unit, location: location, First: math.MaxInt32, Last: math.MinInt32}
	var customers numbered.Strings[flywheel.CustomerID]
	visits := make([]visit, len(activities))
	days := calendar{unit: unit, location: location}
	for from := 0; from < len(activities); from += together {
		part := activities[from:min(from+together, len(activities))]
		var ids [together]flywheel.CustomerID
		var numbers [together]int32
		for i := range part {
			ids[i] = part[i].Customer
		}
		known := int32(customers.Len())
		customers.Numbers(ids[:len(part)], numbers[:])
		for i := range part {
			a := &part[i]
			if numbers[i] >= known {
				if err := flywheel.CheckID(string(a.Customer)); err != nil {
					return nil, fmt.Errorf("cohort: activity %d: customer: %w", from+i, err)
				}
			}
			if year := a.At.Year(); a.At.IsZero() || year < 1 || year > 9999 {
				return nil, fmt.Errorf("cohort: activity %d of %q: time %v: %w", from+i, a.Customer, a.At, flywheel.ErrInvalid)
			}
			p := days.period(a.At)
			visits[from+i] = visit{numbers[i], int32(p), a.Value}
			t.First, t.Last = min(t.First, p), max(t.Last, p)
		}
	}
	visits, err := distinct(visits, customers.Len())
	if err != nil {
		return nil, err
	}
	t.visits = visits
	t.fill()
	return t, nil
}

// together is how many activities are counted at once, which costs less than one by one.
const together = 256

// distinct sorts by customer and period, and adds up the values of one period.
func distinct(visits []visit, customers int) ([]visit, error) {
	// Count by customer first: the lists of a customer are short.
	starts := make([]int32, customers+1)
	for _, v := range visits {
		starts[v.customer+1]++
	}
	for i := range customers {
		starts[i+1] += starts[i]
	}
	sorted := make([]visit, len(visits))
	next := slices.Clone(starts[:customers])
	for _, v := range visits {
		sorted[next[v.customer]] = v
		next[v.customer]++
	}
	out := sorted[:0]
	for c := range customers {
		own := sorted[starts[c]:starts[c+1]]
		ascend(own)
		for i, v := range own {
			if i > 0 && v.period == out[len(out)-1].period {
				last := &out[len(out)-1].value
				if v.value > 0 && *last > math.MaxInt64-v.value || v.value < 0 && *last < math.MinInt64-v.value {
					return nil, fmt.Errorf("cohort: the values of one customer overflow: %w", flywheel.ErrOutOfRange)
				}
				*last += v.value
				continue
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// ascend sorts the visits of a customer, of which most have few.
func ascend(visits []visit) {
	if len(visits) > 24 {
		slices.SortFunc(visits, func(a, b visit) int { return cmp.Compare(a.period, b.period) })
		return
	}
	for i := 1; i < len(visits); i++ {
		v, j := visits[i], i
		for ; j > 0 && visits[j-1].period > v.period; j-- {
			visits[j] = visits[j-1]
		}
		visits[j] = v
	}
}

// calendar remembers the periods of days.
type calendar struct {
	unit     Unit
	location *time.Location
	first    int64   // day
	periods  []int32 // of the days from first on, less missing where it is not known
}

// missing is no period, and manyDays more than a calendar remembers: three centuries.
const (
	missing  = math.MinInt32
	manyDays = 300 * 366
)

// period is the period of an instant.
func (c *calendar) period(at time.Time) int {
	seconds := at.Unix()
	if c.location != time.UTC {
		_, offset := at.In(c.location).Zone()
		seconds += int64(offset)
	}
	day := int64(floor(int(seconds), 86400))
	i := day - c.first
	switch {
	case len(c.periods) == 0:
		c.first, i = day, 0
	case i < 0 && int64(len(c.periods))-i <= manyDays:
		more := -i + int64(len(c.periods)) // twice as many at least
		more = min(more, manyDays-int64(len(c.periods)))
		earlier := make([]int32, more, more+int64(len(c.periods)))
		for j := range earlier {
			earlier[j] = missing
		}
		c.periods = append(earlier, c.periods...)
		c.first -= more
		i = day - c.first
	case i < 0 || i >= manyDays:
		return period(at, c.unit, c.location)
	}
	for int64(len(c.periods)) <= i {
		c.periods = append(c.periods, missing)
	}
	if c.periods[i] == missing {
		c.periods[i] = int32(period(at, c.unit, c.location))
	}
	return int(c.periods[i])
}

// period numbers the calendar's periods: days and weeks since 1970, months since year 0.
func period(at time.Time, unit Unit, location *time.Location) int {
	year, month, day := at.In(location).Date()
	if unit == Month {
		return year*12 + int(month) - 1
	}
	days := int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	if days < 0 && (time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()%86400) != 0 {
		days--
	}
	if unit == Day {
		return days
	}
	return floor(days+3, 7) // 1 January 1970 was a Thursday
}

func floor(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Start is the first day of a period by its number, at midnight UTC of that date.
func (t *Table) Start(period int) time.Time {
	switch t.unit {
	case Month:
		return time.Date(floor(period, 12), time.Month(period-12*floor(period, 12)+1), 1, 0, 0, 0, 0, time.UTC)
	case Week:
		return time.Unix(int64(period*7-3)*86400, 0).UTC()
	}
	return time.Unix(int64(period)*86400, 0).UTC()
}

// each calls visit with the visits of every customer.
func (t *Table) each(f func(visits []visit)) {
	for i := 0; i < len(t.visits); {
		j := i
		for j < len(t.visits) && t.visits[j].customer == t.visits[i].customer {
			j++
		}
		f(t.visits[i:j])
		i = j
	}
}

func (t *Table) fill() {
	rows := make([]Row, t.Last-t.First+1)
	t.each(func(v []visit) {
		first := int(v[0].period)
		r := &rows[first-t.First]
		if r.Size == 0 {
			n := t.Last - first + 1
			r.Period, r.Start = first, t.Start(first)
			r.Active, r.Later, r.Value = make([]int, n), make([]int, n), make([]int64, n)
		}
		r.Size++
		for _, x := range v {
			r.Active[int(x.period)-first]++
			r.Value[int(x.period)-first] += x.value
		}
		r.Later[int(v[len(v)-1].period)-first]++
	})
	for _, r := range rows {
		if r.Size == 0 {
			continue
		}
		for k := len(r.Later) - 2; k >= 0; k-- {
			r.Later[k] += r.Later[k+1]
		}
		t.Rows = append(t.Rows, r)
	}
}

// Bracket is how many customers of each cohort, in the order of Rows, were active in one of the
// periods from to to after their first.
func (t *Table) Bracket(from, to int) ([]int, error) {
	if from < 0 || to < from {
		return nil, fmt.Errorf("cohort: bracket %d to %d: %w", from, to, flywheel.ErrInvalid)
	}
	place := map[int]int{}
	for i, r := range t.Rows {
		place[r.Period] = i
	}
	counts := make([]int, len(t.Rows))
	t.each(func(v []visit) {
		first := int(v[0].period)
		if slices.ContainsFunc(v, func(x visit) bool { k := int(x.period) - first; return k >= from && k <= to }) {
			counts[place[first]]++
		}
	})
	return counts, nil
}

// Stage is how the customers of one period stand to the one before.
type Stage struct {
	Period int
	// New is active for the first time, Returning also in the period before,
	// Resurrecting before but not in the period before; Dormant was active in the
	// period before and is not now.
	New, Returning, Resurrecting, Dormant int
}

// Lifecycle returns the stages of all periods from the first to the last.
func (t *Table) Lifecycle() []Stage {
	stages := make([]Stage, t.Last-t.First+1)
	for i := range stages {
		stages[i].Period = t.First + i
	}
	t.each(func(v []visit) {
		for i, x := range v {
			s := &stages[int(x.period)-t.First]
			switch {
			case i == 0:
				s.New++
			case v[i-1].period == x.period-1:
				s.Returning++
			default:
				s.Resurrecting++
			}
			if int(x.period) < t.Last && (i == len(v)-1 || v[i+1].period != x.period+1) {
				stages[int(x.period)+1-t.First].Dormant++
			}
		}
	})
	return stages
}
