package rfm

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Table collects purchases. The zero Table is empty and counts days in UTC; it is
// not safe for concurrent use.
type Table struct {
	// Location is where a day begins and ends; nil is UTC.
	Location *time.Location

	customers map[flywheel.CustomerID]*history
}

type history struct {
	days     []int64 // with a purchase, ascending
	monetary int64
}

// day numbers the calendar days of the table's location.
func (t *Table) day(at time.Time) int64 {
	location := t.Location
	if location == nil {
		location = time.UTC
	}
	year, month, day := at.In(location).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// Add counts one purchase of so many minor units. Purchases may come in any
// order; several on one day count as one in frequency.
func (t *Table) Add(customer flywheel.CustomerID, at time.Time, minor int64) error {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return fmt.Errorf("rfm: customer: %w", err)
	}
	if at.IsZero() {
		return fmt.Errorf("rfm: purchase of %q without a time: %w", customer, flywheel.ErrInvalid)
	}
	h := t.customers[customer]
	if h == nil {
		h = &history{}
	}
	if minor > 0 && h.monetary > math.MaxInt64-minor || minor < 0 && h.monetary < math.MinInt64-minor {
		return fmt.Errorf("rfm: value of %q: %d and %d overflow: %w", customer, h.monetary, minor, flywheel.ErrOutOfRange)
	}
	h.monetary += minor
	day := t.day(at)
	if i, found := slices.BinarySearch(h.days, day); !found {
		h.days = slices.Insert(h.days, i, day)
	}
	if t.customers == nil {
		t.customers = map[flywheel.CustomerID]*history{}
	}
	t.customers[customer] = h
	return nil
}

// Inputs returns the figures of all customers at a moment, by ID. Recency counts
// calendar days. A purchase on a day after the moment is refused, since its value
// is in the sums already.
func (t *Table) Inputs(at time.Time) ([]Input, error) {
	today := t.day(at)
	inputs := make([]Input, 0, len(t.customers))
	for customer, h := range t.customers {
		recency := today - h.days[len(h.days)-1]
		if recency < 0 {
			return nil, fmt.Errorf("rfm: %q bought %d days after %v: %w", customer, -recency, at, flywheel.ErrOutOfRange)
		}
		inputs = append(inputs, Input{customer, recency, int64(len(h.days)), h.monetary})
	}
	slices.SortFunc(inputs, func(a, b Input) int { return cmp.Compare(a.Customer, b.Customer) })
	return inputs, nil
}
