package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// moment is a value of ds: a number, or a date in one of the layouts.
type moment struct {
	number int64
	time   time.Time
	layout string // "" for numbers
}

// isoWeek is the layout of weeks as 2020-W53, which time does not know: the time is the
// Monday.
const isoWeek = "2006-W01"

var layouts = []string{"2006-01-02", "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339, "2006-01", "2006/01/02"}

func parseMoment(text string) (moment, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n > 1e15 || n < -1e15 {
			return moment{}, fmt.Errorf("%q is too large", text)
		}
		return moment{number: n}, nil
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return moment{time: t, layout: layout}, nil
		}
	}
	var year, week int
	if n, err := fmt.Sscanf(text, "%4d-W%2d", &year, &week); n == 2 && err == nil && len(text) == len("2020-W53") {
		monday := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // always in week 1
		monday = monday.AddDate(0, 0, 7*(week-1)-(int(monday.Weekday())+6)%7)
		if y, w := monday.ISOWeek(); y == year && w == week {
			return moment{time: monday, layout: isoWeek}, nil
		}
	}
	return moment{}, fmt.Errorf("%q is neither an integer nor a date such as 2006-01-31 or 2006-W05", text)
}

func (m moment) String() string {
	switch m.layout {
	case "":
		return strconv.FormatInt(m.number, 10)
	case isoWeek:
		year, week := m.time.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	}
	return m.time.Format(m.layout)
}

func (m moment) compare(o moment) int {
	if m.layout == "" || o.layout == "" {
		return cmp.Compare(m.number, o.number)
	}
	return m.time.Compare(o.time)
}

// day counts the days of the calendar on the wall, whatever the offset from UTC.
func (m moment) day() int {
	y, month, d := m.time.Date()
	return int(time.Date(y, month, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

func (m moment) month() int { return 12*m.time.Year() + int(m.time.Month()) - 1 }

// step is what lies between the observations of a series.
type step uint8

const (
	numbers step = iota
	months
	days
	instants // shorter than days: nanoseconds
)

// calendar is the distance between the observations of a series.
type calendar struct {
	step     step
	distance int64
	anchor   int     // day of the month, of which short months have their last
	closed   [7]bool // weekdays that are no periods
	last     moment
}

// calendarOf finds the distance of ordered observations, the smallest there is: in
// months where all fall on one day of the month, or on the last where the month is
// shorter; in days where all have one time of the day, which a change of the clock does
// not make another; else by the clock. Two observations that are not a multiple of it
// apart are an error.
func calendarOf(rows []observation, closed bool) (calendar, error) {
	first := rows[0].at
	c := calendar{step: numbers}
	if first.layout != "" {
		c.step = days
		c.anchor = 1
		for _, row := range rows {
			c.anchor = max(c.anchor, row.at.time.Day())
			if clock(row.at.time) != clock(first.time) {
				c.step = instants
			}
		}
		if c.step == days && c.monthly(rows) {
			c.step = months
		}
	}
	if closed && c.step == days {
		var open [7]bool
		for _, row := range rows {
			open[row.at.time.Weekday()] = true
		}
		for weekday := range open {
			c.closed[weekday] = !open[weekday]
		}
		c.distance = 1
		return c, nil
	}
	for i := 1; i < len(rows); i++ {
		if d := c.apart(rows[i-1].at, rows[i].at); i == 1 || d < c.distance {
			c.distance = d
		}
	}
	if len(rows) == 1 {
		c.distance = 1
	}
	for i := 1; i < len(rows); i++ {
		a, b := rows[i-1], rows[i]
		if d := c.apart(a.at, b.at); d%c.distance != 0 {
			return c, fmt.Errorf("ds %s and %s (lines %d and %d) are %s apart, which is no multiple of the %s between others",
				a.at, b.at, a.line, b.line, c.words(d), c.words(c.distance))
		}
	}
	return c, nil
}

// monthly reports whether all dates are one day of different months.
func (c *calendar) monthly(rows []observation) bool {
	if len(rows) == 1 {
		return rows[0].at.layout == "2006-01"
	}
	for i, row := range rows {
		if row.at.time.Day() != min(c.anchor, lastDay(row.at.time.Year(), row.at.time.Month())) || i > 0 && row.at.month() == rows[i-1].at.month() {
			return false
		}
	}
	return true
}

func lastDay(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func clock(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

// apart is the distance of two moments in units of the step.
func (c *calendar) apart(a, b moment) int64 {
	switch c.step {
	case numbers:
		return b.number - a.number
	case months:
		return int64(b.month() - a.month())
	case days:
		return int64(b.day() - a.day())
	}
	return int64(b.time.Sub(a.time))
}

func (c *calendar) words(distance int64) string {
	switch c.step {
	case numbers:
		return strconv.FormatInt(distance, 10)
	case months:
		return fmt.Sprintf("%d months", distance)
	case days:
		return fmt.Sprintf("%d days", distance)
	}
	return time.Duration(distance).String()
}

// periods is how many periods b comes after a. On a calendar with closed weekdays each
// observation is the period after the one before.
func (c *calendar) periods(a, b moment) int64 {
	if c.closed != [7]bool{} {
		return 1
	}
	return c.apart(a, b) / c.distance
}

// after returns the moment n periods later.
func (c *calendar) after(m moment, n int) moment {
	by := int64(n) * c.distance
	switch c.step {
	case numbers:
		m.number += by
	case months:
		first := m.time.AddDate(0, 0, 1-m.time.Day()).AddDate(0, int(by), 0)
		m.time = first.AddDate(0, 0, min(c.anchor, lastDay(first.Year(), first.Month()))-1)
	case days:
		for c.closed != [7]bool{} && n > 0 {
			if m.time = m.time.AddDate(0, 0, 1); !c.closed[m.time.Weekday()] {
				n--
			}
		}
		if c.closed == [7]bool{} {
			m.time = m.time.AddDate(0, 0, int(by))
		}
	case instants:
		m.time = m.time.Add(time.Duration(by))
	}
	return m
}

// season is the usual number of periods in a cycle; a year of weeks is one where the
// series has two of them.
func (c *calendar) season(observations int) int {
	switch {
	case c.step == months && 12%c.distance == 0:
		return int(12 / c.distance)
	case c.step == days && c.distance == 1:
		open := 7
		for _, closed := range c.closed {
			if closed {
				open--
			}
		}
		return open
	case c.step == days && c.distance == 7 && observations > 2*52:
		return 52
	case c.step == instants && c.distance == int64(time.Hour):
		return 24
	}
	return 1
}
