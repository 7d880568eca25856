package fulfillment

import (
	"fmt"
	"time"
)

// Calendar says when a shop and its carriers work.
type Calendar struct {
	// Zone is the IANA name of the time zone. Empty: UTC.
	Zone string `json:"zone,omitempty"`
	// Days are the days of the week on which the shop packs. None: Monday to
	// Friday.
	Days []time.Weekday `json:"days,omitempty"`
	// Carrier are the days of the week on which carriers drive. None: Days.
	Carrier []time.Weekday `json:"carrier,omitempty"`
	// Holidays are days on which neither works.
	Holidays []Date `json:"holidays,omitempty"`
	// CutOff is the time of day before which an order is worked on the same day.
	// Nil: midnight.
	CutOff *Clock `json:"cutOff,omitempty"`
	// Handling is how many business days it takes from the order to the carrier.
	Handling int `json:"handling,omitempty"`
}

// maxDays bounds handling and carrier days.
const maxDays = 366

// calendar is a compiled Calendar.
type calendar struct {
	zone     *time.Location
	business [7]bool
	carrier  [7]bool
	holidays map[Date]bool
	cutOff   *Clock
	handling int
}

func (c *Calendar) compile(field string) (*calendar, error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, refuse(ErrInput, field+".zone", "%v", err)
	}
	compiled := &calendar{zone: zone, handling: c.Handling, holidays: make(map[Date]bool, len(c.Holidays))}
	days := c.Days
	if len(days) == 0 {
		days = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	}
	if compiled.business, err = weekdays(field+".days", days); err != nil {
		return nil, err
	}
	if len(c.Carrier) > 0 {
		days = c.Carrier
	}
	if compiled.carrier, err = weekdays(field+".carrier", days); err != nil {
		return nil, err
	}
	for i, d := range c.Holidays {
		if !d.valid() {
			return nil, refuse(ErrInput, fmt.Sprintf("%s.holidays[%d]", field, i), "%q is no day of the calendar", d)
		}
		compiled.holidays[d] = true
	}
	if len(compiled.holidays) > maxHolidays {
		return nil, refuse(ErrRange, field+".holidays", "%d days, at most %d", len(compiled.holidays), maxHolidays)
	}
	if err := checkHours(field, c.CutOff, c.Handling); err != nil {
		return nil, err
	}
	if c.CutOff != nil {
		cutOff := *c.CutOff
		compiled.cutOff = &cutOff
	}
	return compiled, nil
}

// maxHolidays bounds how far a search for a working day can go.
const maxHolidays = 10_000

func checkHours(field string, cutOff *Clock, handling int) error {
	if cutOff != nil && !cutOff.valid() {
		return refuse(ErrRange, field+".cutOff", "%s is no time of day", cutOff)
	}
	if handling < 0 || handling > maxDays {
		return refuse(ErrRange, field+".handling", "%d is not between 0 and %d", handling, maxDays)
	}
	return nil
}

func weekdays(field string, days []time.Weekday) (set [7]bool, err error) {
	for i, d := range days {
		if d < time.Sunday || d > time.Saturday {
			return set, refuse(ErrRange, fmt.Sprintf("%s[%d]", field, i), "%d is no day of the week", d)
		}
		set[d] = true
	}
	return set, nil
}

// first returns the first working day of week on or after d.
func (c *calendar) first(week *[7]bool, d Date) Date {
	for !week[d.Weekday()] || c.holidays[d] {
		d = d.AddDays(1)
	}
	return d
}

// later returns the n-th working day of week after d.
func (c *calendar) later(week *[7]bool, d Date, n int) Date {
	for range n {
		d = c.first(week, d.AddDays(1))
	}
	return d
}

// day0 returns the business day on which work on an order of instant at begins: the
// day itself before the cut-off, strictly, else the next one; and not before the
// first business day on or after notBefore, if there is one.
func (c *calendar) day0(at time.Time, notBefore Date) Date {
	local := at.In(c.zone)
	day := DateOf(local)
	if c.cutOff != nil && !c.cutOff.after(local) {
		day = day.AddDays(1)
	}
	if day.Compare(notBefore) < 0 {
		day = notBefore
	}
	return c.first(&c.business, day)
}

// with returns the calendar with what a place or an option has of its own.
func (c *calendar) with(cutOff *Clock, handling *int) *calendar {
	if cutOff == nil && handling == nil {
		return c
	}
	own := *c
	if cutOff != nil {
		own.cutOff = cutOff
	}
	if handling != nil {
		own.handling = *handling
	}
	return &own
}
