package service

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
)

// Calendar says when time counts.
type Calendar struct {
	// Zone is the IANA name of the time zone; empty is UTC.
	Zone string `json:"zone,omitempty"`
	// Days are the business days of the week; none are Monday to Friday.
	Days []time.Weekday `json:"days,omitempty"`
	// Hours are the spans of a business day that count, in order; none are the whole
	// day.
	Hours []Span `json:"hours,omitempty"`
	// Holidays are dates, as 2006-01-02, that are no business days.
	Holidays []string `json:"holidays,omitempty"`
}

// Span is a part of a day, from inclusive to exclusive, in minutes after midnight as
// the clock there shows: 9:00 to 17:00 is {540, 1020}.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"` // at most 1440
}

// ParseSpan reads two times of day as 15:04; 24:00 is the end of the day.
func ParseSpan(from, to string) (Span, error) {
	var s Span
	for _, t := range [...]struct {
		text string
		at   *int
	}{{from, &s.From}, {to, &s.To}} {
		var hour, minute int
		if len(t.text) != 5 || t.text[2] != ':' {
			return Span{}, fmt.Errorf("service: time of day %.20q: %w", t.text, flywheel.ErrInvalid)
		}
		for i, part := range [...]*int{&hour, &minute} {
			for _, digit := range []byte(t.text[3*i : 3*i+2]) {
				if digit < '0' || digit > '9' {
					return Span{}, fmt.Errorf("service: time of day %.20q: %w", t.text, flywheel.ErrInvalid)
				}
				*part = *part*10 + int(digit-'0')
			}
		}
		if *t.at = hour*60 + minute; minute > 59 || *t.at > 1440 {
			return Span{}, fmt.Errorf("service: time of day %.20q: %w", t.text, flywheel.ErrInvalid)
		}
	}
	return s, nil
}

// calendar is a Calendar that was checked.
type calendar struct {
	zone     *time.Location
	days     [7]bool
	hours    []Span
	holidays map[string]bool
}

// always counts all time.
var always = &calendar{zone: time.UTC, days: [7]bool{true, true, true, true, true, true, true}, hours: []Span{{0, 1440}}}

func (c *Calendar) compile() (*calendar, error) {
	if c == nil {
		return always, nil
	}
	refuse := func(field, format string, args ...any) error {
		return &flywheel.FieldError{Field: "calendar." + field, Err: fmt.Errorf("service: %s: %w", fmt.Sprintf(format, args...), flywheel.ErrInvalid)}
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil || c.Zone == "Local" {
		return nil, refuse("zone", "unknown %.40q", c.Zone)
	}
	out := &calendar{zone: zone, hours: slices.Clone(c.Hours), holidays: map[string]bool{}}
	if len(c.Days) == 0 {
		out.days = [7]bool{false, true, true, true, true, true, false}
	}
	for i, d := range c.Days {
		if d < time.Sunday || d > time.Saturday {
			return nil, refuse(fmt.Sprintf("days[%d]", i), "no weekday: %d", int(d))
		}
		out.days[d] = true
	}
	if len(out.hours) == 0 {
		out.hours = always.hours
	}
	end := 0
	for i, s := range out.hours {
		if s.From < end || s.To <= s.From || s.To > 1440 {
			return nil, refuse(fmt.Sprintf("hours[%d]", i), "from minute %d to %d after %d", s.From, s.To, end)
		}
		end = s.To
	}
	for i, day := range c.Holidays {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return nil, refuse(fmt.Sprintf("holidays[%d]", i), "%.40q is no date", day)
		}
		out.holidays[day] = true
	}
	return out, nil
}

// week returns how much time counts in a week without holidays.
func (c *calendar) week() (sum time.Duration) {
	for _, counts := range c.days {
		for _, s := range c.hours {
			if counts {
				sum += time.Duration(s.To-s.From) * time.Minute
			}
		}
	}
	return sum
}

// day is a date of the calendar's zone.
type day struct {
	year  int
	month time.Month
	day   int
}

func (c *calendar) day(t time.Time) day {
	y, m, d := t.In(c.zone).Date()
	return day{y, m, d}
}

func (d day) next() day {
	y, m, n := time.Date(d.year, d.month, d.day+1, 0, 0, 0, 0, time.UTC).Date()
	return day{y, m, n}
}

// business reports whether time counts on a day.
func (c *calendar) business(d day) bool {
	t := time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC)
	return c.days[t.Weekday()] && (len(c.holidays) == 0 || !c.holidays[t.Format(time.DateOnly)])
}

// spans calls fn with the instants between which time counts, from the day of t on,
// until fn returns false. Where the clocks change a span is as long as it takes.
func (c *calendar) spans(t time.Time, fn func(from, to time.Time) bool) {
	for d := c.day(t); ; d = d.next() {
		if !c.business(d) {
			continue
		}
		for _, s := range c.hours {
			from := caltime.At(d.year, d.month, d.day, 0, s.From, 0, 0, c.zone)
			to := caltime.At(d.year, d.month, d.day, 0, s.To, 0, 0, c.zone)
			if to.After(from) && !fn(from, to) {
				return
			}
		}
	}
}

// between returns how much time counts from a to b, 0 where b is not after a.
func (c *calendar) between(a, b time.Time) (sum time.Duration) {
	if !b.After(a) {
		return 0
	}
	c.spans(a, func(from, to time.Time) bool {
		if !from.Before(b) {
			return false
		}
		if from.Before(a) {
			from = a
		}
		if to.After(b) {
			to = b
		}
		sum += max(0, to.Sub(from))
		return true
	})
	return sum
}

// after returns the first instant at which d has counted since t; t itself where d
// is not positive.
func (c *calendar) after(t time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return t
	}
	var at time.Time
	c.spans(t, func(from, to time.Time) bool {
		if from.Before(t) {
			from = t
		}
		n := max(0, to.Sub(from))
		if d <= n {
			at = from.Add(d)
			return false
		}
		d -= n
		return true
	})
	return at.UTC()
}
