package rfm

import (
	"cmp"
	"encoding/binary"
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

	numbers   map[flywheel.CustomerID]int32
	customers []flywheel.CustomerID // by number
	monetary  []int64
	days      []purchaseDay // with a purchase, some perhaps more than once
	distinct  int           // as many were left when they were last made distinct
}

// purchaseDay is a day on which a customer bought.
type purchaseDay struct{ customer, day int32 }

// fewDays is up to how many days are not worth being made distinct.
const fewDays = 1 << 16

// day numbers the calendar days of the table's location since 1970.
func (t *Table) day(at time.Time) int64 {
	seconds := at.Unix()
	if t.Location != nil && t.Location != time.UTC {
		_, offset := at.In(t.Location).Zone()
		seconds += int64(offset)
	}
	day := seconds / 86400
	if seconds%86400 < 0 {
		day--
	}
	return day
}

// Add counts one purchase of so many minor units. Purchases may come in any
// order; several on one day count as one in frequency. O(1) amortized; memory grows with the
// customers and their days.
func (t *Table) Add(customer flywheel.CustomerID, at time.Time, minor int64) error {
	if at.IsZero() {
		if err := flywheel.CheckID(string(customer)); err != nil {
			return fmt.Errorf("rfm: customer: %w", err)
		}
		return fmt.Errorf("rfm: purchase of %q without a time: %w", customer, flywheel.ErrInvalid)
	}
	day := t.day(at)
	n, known := t.numbers[customer]
	if !known {
		if err := flywheel.CheckID(string(customer)); err != nil {
			return fmt.Errorf("rfm: customer: %w", err)
		}
		n = int32(len(t.customers))
	}
	if day != int64(int32(day)) || n == math.MaxInt32 {
		return fmt.Errorf("rfm: purchase of %q at %v: %w", customer, at, flywheel.ErrOutOfRange)
	}
	if !known {
		if t.numbers == nil {
			t.numbers = map[flywheel.CustomerID]int32{}
		}
		t.numbers[customer] = n
		t.customers = append(t.customers, customer)
		t.monetary = append(t.monetary, 0)
	}
	sum := &t.monetary[n]
	if minor > 0 && *sum > math.MaxInt64-minor || minor < 0 && *sum < math.MinInt64-minor {
		return fmt.Errorf("rfm: value of %q: %d and %d overflow: %w", customer, *sum, minor, flywheel.ErrOutOfRange)
	}
	*sum += minor
	if t.days = append(t.days, purchaseDay{n, int32(day)}); len(t.days) > fewDays && len(t.days) > 2*t.distinct {
		t.settle()
	}
	return nil
}

// settle orders the days by customer and makes them distinct. It returns where the days of each
// customer begin. O(days · log days of a customer).
func (t *Table) settle() []int32 {
	starts := make([]int32, len(t.customers)+1)
	for _, d := range t.days {
		starts[d.customer+1]++
	}
	for i := range t.customers {
		starts[i+1] += starts[i]
	}
	sorted := make([]purchaseDay, len(t.days))
	next := slices.Clone(starts[:len(t.customers)])
	for _, d := range t.days {
		sorted[next[d.customer]] = d
		next[d.customer]++
	}
	out := t.days[:0]
	for c := range t.customers {
		own := sorted[starts[c]:starts[c+1]]
		slices.SortFunc(own, func(a, b purchaseDay) int { return cmp.Compare(a.day, b.day) })
		starts[c] = int32(len(out))
		for i, d := range own {
			if i == 0 || d.day != own[i-1].day {
				out = append(out, d)
			}
		}
	}
	starts[len(t.customers)] = int32(len(out))
	t.days, t.distinct = out, len(out)
	return starts
}

// Inputs returns the figures of all customers at a moment, by ID. Recency counts
// calendar days. A purchase on a day after the moment is refused, since its value
// is in the sums already.
func (t *Table) Inputs(at time.Time) ([]Input, error) {
	today, starts := t.day(at), t.settle()
	inputs := make([]Input, 0, len(t.customers))
	for _, n := range byID(t.customers) {
		own := t.days[starts[n]:starts[n+1]]
		recency := today - int64(own[len(own)-1].day)
		if recency < 0 {
			return nil, fmt.Errorf("rfm: %q bought %d days after %v: %w", t.customers[n], -recency, at, flywheel.ErrOutOfRange)
		}
		inputs = append(inputs, Input{t.customers[n], recency, int64(len(own)), t.monetary[n]})
	}
	return inputs, nil
}

// byID returns the numbers of customers in order of their IDs. Eight bytes behind what all
// have in common tell most of them apart.
func byID(ids []flywheel.CustomerID) []int32 {
	type keyed struct {
		key uint64
		n   int32
	}
	if len(ids) == 0 {
		return nil
	}
	common := len(ids[0])
	for _, id := range ids[1:] {
		common = min(common, len(id))
		for i := range common {
			if id[i] != ids[0][i] {
				common = i
				break
			}
		}
	}
	list := make([]keyed, len(ids))
	for n, id := range ids {
		var text [8]byte
		copy(text[:], id[common:])
		list[n] = keyed{binary.BigEndian.Uint64(text[:]), int32(n)}
	}
	slices.SortFunc(list, func(a, b keyed) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return cmp.Compare(ids[a.n], ids[b.n])
	})
	order := make([]int32, len(ids))
	for i := range list {
		order[i] = list[i].n
	}
	return order
}
