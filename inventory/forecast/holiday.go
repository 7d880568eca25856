package forecast

import (
	"fmt"
	"slices"
	"time"
)

// Holiday is a day, or some days in a row, on which demand is another, in one or
// more years.
type Holiday struct {
	Name  string
	Dates []time.Time // one for each year; see [Easter] for those that move
	// Before and After are the days around it on which demand is another too.
	Before, After int
	// Separate makes one regressor of each of these days, so that the day before
	// may have another effect than the day itself.
	Separate bool
}

// holidayReach is the most days that a holiday may begin before or end after.
const holidayReach = 366

// Holidays returns one regressor for each holiday, or one for each of its days:
// how many of them the period has. With days that is 1 or 0. Dates beyond the
// calendar are no mistake. Days on which two dates of one holiday fall count once.
func (c Calendar) Holidays(holidays ...Holiday) ([]Regressor, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	var columns []Regressor
	for _, h := range holidays {
		for _, x := range []struct {
			name  string
			value int
		}{{"days before", h.Before}, {"days after", h.After}} {
			if x.value < 0 || x.value > holidayReach {
				return nil, &SettingError{Model: "holiday " + h.Name, Setting: x.name, Value: float64(x.value), Want: fmt.Sprintf("0 to %d", holidayReach)}
			}
		}
		for _, d := range h.Dates {
			if err := checkDate("holiday "+h.Name, "date", d); err != nil {
				return nil, err
			}
		}
		if !h.Separate {
			columns = append(columns, c.count(h.Name, h.Dates, -h.Before, h.After))
			continue
		}
		for offset := -h.Before; offset <= h.After; offset++ {
			name := h.Name
			if offset != 0 {
				name = fmt.Sprintf("%s%+d", name, offset)
			}
			columns = append(columns, c.count(name, h.Dates, offset, offset))
		}
	}
	return columns, nil
}

// count counts the days from so many after the dates to so many.
func (c *Calendar) count(name string, dates []time.Time, from, to int) Regressor {
	r := c.regressor(name)
	var days []int
	for _, d := range dates {
		for offset := from; offset <= to; offset++ {
			days = append(days, dayOf(d)+offset)
		}
	}
	slices.Sort(days)
	for _, day := range slices.Compact(days) {
		if t, ok := c.indexOf(day); ok {
			r.Values[t]++
		}
	}
	return r
}

// Easter returns the Sunday of Easter in the Gregorian calendar, as the western
// churches have it since 1583 (Meeus, 1998, chapter 8, after Butcher). Good Friday
// is two days before it, Ascension 39 after and Whit Sunday 49. A year before 1583
// or after 9999 is a [*SettingError].
func Easter(year int) (time.Time, error) {
	if year < 1583 || year > 9999 {
		return time.Time{}, &SettingError{Model: "Easter", Setting: "year", Value: float64(year), Want: "1583 to 9999"}
	}
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (b - (b+8)/25 + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC), nil
}
