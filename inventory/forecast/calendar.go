package forecast

import (
	"fmt"
	"time"
)

// Calendar are the periods of a series: those that were observed and, after them,
// those to come. It makes the [Regressor] values of what dates tell: trading days,
// holidays, promotions. Dates are days without time and place: of a time.Time
// only year, month and day count, as its own location shows them.
//
//	c := forecast.Calendar{Start: start, Period: forecast.Month, Periods: len(sales) + 12}
type Calendar struct {
	// Start is a day of the first period. Days and weeks begin with it; months
	// and quarters are those of the year, and the first is the one it lies in.
	Start   time.Time
	Period  Period
	Periods int // their number, at most MaxPeriods
}

// Period is the length of the periods of a [Calendar].
type Period uint8

// The periods of a [Calendar].
const (
	Day     Period = iota
	Week           // seven days
	Month          // of the year
	Quarter        // of the year
)

// MaxPeriods is the greatest number of periods of a [Calendar].
const MaxPeriods = 1_000_000

var periodNames = [...]string{"day", "week", "month", "quarter"}

// String returns the period in lower case.
func (p Period) String() string {
	if int(p) < len(periodNames) {
		return periodNames[p]
	}
	return fmt.Sprintf("Period(%d)", uint8(p))
}

// months is the number of months in a period, 0 for days and weeks.
func (p Period) months() int {
	switch p {
	case Month:
		return 1
	case Quarter:
		return 3
	}
	return 0
}

// dayOf is the number of days from 1 January 1970 to a date.
func dayOf(t time.Time) int {
	year, month, day := t.Date()
	return firstOf(year, month) + day - 1
}

// firstOf is that of the first day of a month; months beyond 1 to 12 are carried
// over.
func firstOf(year int, month time.Month) int {
	return int(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// month is the number of months from the year 0 to a date, in whole periods.
func (p Period) month(t time.Time) int {
	year, month, _ := t.Date()
	all := 12*year + int(month) - 1
	return all - all%p.months()
}

// begin is the day on which the i-th period begins.
func (c *Calendar) begin(i int) int {
	switch {
	case c.Period == Day:
		return dayOf(c.Start) + i
	case c.Period == Week:
		return dayOf(c.Start) + 7*i
	}
	month := c.Period.month(c.Start) + i*c.Period.months()
	return firstOf(month/12, time.Month(month%12+1))
}

func (c *Calendar) check() error {
	bad := func(setting string, value float64, want string) error {
		return &SettingError{Model: "Calendar", Setting: setting, Value: value, Want: want}
	}
	if int(c.Period) >= len(periodNames) {
		return bad("period", float64(c.Period), "day, week, month or quarter")
	}
	if c.Periods < 1 || c.Periods > MaxPeriods {
		return bad("number of periods", float64(c.Periods), fmt.Sprintf("1 to %d", MaxPeriods))
	}
	return checkDate("Calendar", "start", c.Start)
}

// checkDate refuses a date that was forgotten or mistyped.
func checkDate(model, setting string, t time.Time) error {
	if year := t.Year(); t.IsZero() || year < 1 || year > 9999 {
		return &SettingError{Model: model, Setting: "year of " + setting, Value: float64(year), Want: "a date in the years 1 to 9999"}
	}
	return nil
}

// Index returns the period in which a date lies, from 0 on, and whether there is
// one.
func (c Calendar) Index(date time.Time) (int, bool) {
	if c.check() != nil {
		return 0, false
	}
	return c.indexOf(dayOf(date))
}

func (c *Calendar) indexOf(day int) (int, bool) {
	first := c.begin(0)
	if day < first {
		return 0, false
	}
	i := day - first
	switch {
	case c.Period == Week:
		i /= 7
	case c.Period.months() > 0:
		date := time.Unix(int64(day)*86400, 0).UTC()
		i = (c.Period.month(date) - c.Period.month(c.Start)) / c.Period.months()
	}
	return i, i < c.Periods
}

func (c *Calendar) regressor(name string) Regressor {
	return Regressor{Name: name, Values: make([]float64, c.Periods)}
}

// TradingDays returns six regressors, Monday to Saturday: how often the weekday
// comes in the period less how often Sunday does (Bell & Hillmer, 1983). Of days
// it is 1 on that weekday, -1 on Sundays and 0 else, a weekly pattern. A week has
// each day once, so that it has none.
func (c Calendar) TradingDays() ([]Regressor, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Period == Week {
		return nil, &SettingError{Model: "TradingDays", Setting: "period", Value: float64(c.Period), Want: "day, month or quarter: all weeks are alike"}
	}
	columns := make([]Regressor, 6)
	for i := range columns {
		columns[i] = c.regressor(time.Weekday(i + 1).String())
	}
	from := c.begin(0)
	for t := range c.Periods {
		to := c.begin(t + 1)
		for day := to - (to-from)%7; day < to; day++ { // whole weeks have no more of one
			weekday := ((day+4)%7 + 7) % 7 // 1 January 1970 was a Thursday
			for i := range columns {
				switch weekday {
				case 0:
					columns[i].Values[t]--
				case i + 1:
					columns[i].Values[t]++
				}
			}
		}
		from = to
	}
	return columns, nil
}

// Length returns the number of days in each month or quarter less the mean, which
// is 365.2425/12 for months: a longer month sells more.
func (c Calendar) Length() (Regressor, error) {
	if err := c.check(); err != nil {
		return Regressor{}, err
	}
	if c.Period.months() == 0 {
		return Regressor{}, &SettingError{Model: "Length", Setting: "period", Value: float64(c.Period), Want: "month or quarter: others have one length"}
	}
	r := c.regressor("length of " + c.Period.String())
	mean := float64(c.Period.months()) * 365.2425 / 12
	from := c.begin(0)
	for t := range r.Values {
		to := c.begin(t + 1)
		r.Values[t] = float64(to-from) - mean
		from = to
	}
	return r, nil
}
