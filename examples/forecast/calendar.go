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
	return moment{}, fmt.Errorf("%q is neither an integer nor a date such as 2006-01-31", text)
}

func (m moment) String() string {
	if m.layout == "" {
		return strconv.FormatInt(m.number, 10)
	}
	return m.time.Format(m.layout)
}

func (m moment) compare(o moment) int {
	if m.layout == "" || o.layout == "" {
		return cmp.Compare(m.number, o.number)
	}
	return m.time.Compare(o.time)
}

// calendar is the distance between the observations of a series: a number,
// months, or a duration.
type calendar struct {
	number   int64
	months   int
	monthEnd bool
	duration time.Duration
	last     moment
}

// calendarOf finds the distance of ordered observations: the smallest there is,
// in months where all fall on the same day of the month or on its last.
func calendarOf(rows []observation) calendar {
	first := rows[0].at
	if first.layout == "" {
		c := calendar{number: 1}
		for i := 1; i < len(rows); i++ {
			if d := rows[i].at.number - rows[i-1].at.number; i == 1 || d < c.number {
				c.number = d
			}
		}
		return c
	}
	sameDay, monthEnd := true, true
	months, duration := 0, time.Duration(0)
	for i, row := range rows {
		t := row.at.time
		sameDay = sameDay && t.Day() == first.time.Day()
		monthEnd = monthEnd && t.AddDate(0, 0, 1).Day() == 1
		if i == 0 {
			continue
		}
		before := rows[i-1].at.time
		if d := t.Sub(before); i == 1 || d < duration {
			duration = d
		}
		if m := 12*(t.Year()-before.Year()) + int(t.Month()) - int(before.Month()); i == 1 || m < months {
			months = m
		}
	}
	switch {
	case len(rows) == 1 && first.layout == "2006-01":
		return calendar{months: 1}
	case len(rows) == 1:
		return calendar{duration: 24 * time.Hour}
	case (sameDay || monthEnd) && months > 0:
		return calendar{months: months, monthEnd: monthEnd && !sameDay || monthEnd && first.time.Day() > 28}
	default:
		return calendar{duration: duration}
	}
}

// after returns the moment n periods later.
func (c *calendar) after(m moment, n int) moment {
	switch {
	case m.layout == "":
		m.number += int64(n) * c.number
	case c.months > 0:
		firstOfMonth := m.time.AddDate(0, 0, 1-m.time.Day())
		if c.monthEnd {
			m.time = firstOfMonth.AddDate(0, n*c.months+1, -1)
		} else {
			m.time = firstOfMonth.AddDate(0, n*c.months, m.time.Day()-1)
		}
	default:
		m.time = m.time.Add(time.Duration(n) * c.duration)
	}
	return m
}

// season is the usual number of periods in a cycle.
func (c *calendar) season() int {
	day := 24 * time.Hour
	switch {
	case c.months > 0 && 12%c.months == 0:
		return 12 / c.months
	case c.duration == day:
		return 7
	case c.duration == time.Hour:
		return 24
	}
	return 1
}
