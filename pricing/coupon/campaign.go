package coupon

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Campaign is what codes belong to: how often, by whom and when they can be used,
// and what they may cost.
type Campaign struct {
	ID string `json:"id"`
	// Promotion is what its codes unlock: the id of a promotion, empty for the
	// campaign's own id.
	Promotion string `json:"promotion,omitempty"`
	// Starts is inclusive, Ends exclusive; the zero times stand for always.
	Starts time.Time `json:"starts,omitzero"`
	Ends   time.Time `json:"ends,omitzero"`
	// Limit is the number of uses of all codes together, PerCode of each code and
	// PerCustomer of each customer; 0 stands for any number.
	Limit       int64 `json:"limit,omitempty"`
	PerCode     int64 `json:"per_code,omitempty"`
	PerCustomer int64 `json:"per_customer,omitempty"`
	// PerCustomerPeriod makes PerCustomer a number per day, week, month or year; empty
	// and [Always] are once and for all. Uses count from when it is set.
	PerCustomerPeriod Period `json:"per_customer_period,omitempty"`
	// Budgets are what the discounts of all codes may come to.
	Budgets []Budget `json:"budgets,omitempty"`
	// TimeZone is where days, weeks, months and years begin, a name of the IANA
	// database; empty is UTC.
	TimeZone string `json:"time_zone,omitempty"`
	// Disabled switches all codes off.
	Disabled bool `json:"disabled,omitempty"`
	// Version is 0 for a new campaign and counted up by the Store.
	Version int64 `json:"version"`
}

// Budget is an amount for a span of time.
type Budget struct {
	Period Period       `json:"period"`
	Amount money.Amount `json:"amount"`
}

// Period is a span of time that a [Budget] or [Campaign.PerCustomer] is for.
type Period string

// The periods. Weeks are those of ISO 8601: they begin on Monday.
const (
	Always  Period = "always"
	Daily   Period = "day"
	Weekly  Period = "week"
	Monthly Period = "month"
	Yearly  Period = "year"
)

// name names the instance of a period that a time is in.
func (p Period) name(local time.Time) (string, bool) {
	switch p {
	case Always:
		return "", true
	case Daily:
		return local.Format("2006-01-02"), true
	case Weekly:
		monday := local.AddDate(0, 0, -(int(local.Weekday())+6)%7)
		return monday.Format("2006-01-02"), true
	case Monthly:
		return local.Format("2006-01"), true
	case Yearly:
		return local.Format("2006"), true
	}
	return "", false
}

// Check reports the first field that is wrong, as a [*FieldError].
func (c *Campaign) Check() error {
	if err := flywheel.CheckID(c.ID); err != nil {
		return field(err, "id")
	}
	if c.Promotion != "" {
		if err := flywheel.CheckID(c.Promotion); err != nil {
			return field(err, "promotion")
		}
	}
	if _, ok := c.PerCustomerPeriod.name(c.Starts); !ok && c.PerCustomerPeriod != "" {
		return field(invalid("unknown %.40q", string(c.PerCustomerPeriod)), "per_customer_period")
	}
	if !c.Ends.IsZero() && !c.Starts.Before(c.Ends) {
		return field(invalid("not after the start"), "ends")
	}
	for i, n := range [...]int64{c.Limit, c.PerCode, c.PerCustomer} {
		if n < 0 {
			return field(invalid("%d is negative", n), "%s", [...]string{"limit", "per_code", "per_customer"}[i])
		}
	}
	if _, err := c.location(); err != nil {
		return err
	}
	for i, b := range c.Budgets {
		if _, ok := b.Period.name(c.Starts); !ok {
			return field(invalid("unknown %.40q", string(b.Period)), "budgets[%d].period", i)
		}
		if b.Amount.Currency().IsZero() || b.Amount.Sign() < 0 {
			return field(invalid("%s", b.Amount), "budgets[%d].amount", i)
		}
		if slices.ContainsFunc(c.Budgets[:i], func(o Budget) bool { return o.Period == b.Period }) {
			return field(invalid("%s is there twice", b.Period), "budgets[%d].period", i)
		}
		if b.Amount.Currency() != c.Budgets[0].Amount.Currency() {
			return field(&money.MismatchError{A: c.Budgets[0].Amount.Currency(), B: b.Amount.Currency()}, "budgets[%d].amount", i)
		}
	}
	return nil
}

func (c *Campaign) location() (*time.Location, error) {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil || c.TimeZone == "Local" {
		return nil, field(invalid("unknown %.40q", c.TimeZone), "time_zone")
	}
	return zone, nil
}

// Stored returns a copy of c as stores keep it: its times in UTC to the
// microsecond.
func (c Campaign) Stored() Campaign {
	c.Budgets = slices.Clone(c.Budgets)
	c.Starts, c.Ends = stored(c.Starts), stored(c.Ends)
	return c
}

// stored is a time as stores keep it.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Code is one code of a campaign.
type Code struct {
	Code     string `json:"code"` // in normal form: see [Normalize]
	Campaign string `json:"campaign"`
	// Customer is the only one who may use it, empty for anyone.
	Customer flywheel.CustomerID `json:"customer,omitempty"`
	// Value makes it a gift card: what was paid for it.
	Value money.Amount `json:"value,omitzero"`
}

func (c *Code) check() error {
	code, err := normalized(c.Code)
	if err == nil && code != c.Code {
		err = invalid("%.40q is not in normal form", c.Code)
	}
	if err != nil {
		return field(err, "code")
	}
	if c.Customer != "" {
		if err := flywheel.CheckID(string(c.Customer)); err != nil {
			return field(err, "customer")
		}
	}
	if err := checkAmount(c.Value); err != nil {
		return field(err, "value")
	}
	return nil
}
