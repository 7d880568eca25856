package rfm

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/numbered"
)

// Table collects purchases. The zero Table is empty and counts days in UTC; it is
// not safe for concurrent use.
type Table struct {
	// Location is where a day begins and ends; nil is UTC.
	Location *time.Location

	fresh     []purchase // not yet counted
	moved     int64      // sum of the magnitudes of all values, at most the largest number
	customers numbered.Strings[flywheel.CustomerID]
	accounts  []account       // by number
	days      [][]purchaseDay // with a purchase, in lists, some perhaps more than once
	known     int             // days in the lists
	distinct  int             // as many were left when they were last made distinct
}

// purchase is one as it was added.
type purchase struct {
	customer flywheel.CustomerID
	minor    int64
	day      int32
}

// freshMost is how many purchases are counted at once, which costs less than one by one.
const freshMost = 256

// account is what is known of a customer at once.
type account struct {
	monetary int64
	last     int32 // day that was added last
	days     int32 // in the lists
}

// purchaseDay is a day on which a customer bought.
type purchaseDay struct{ customer, day int32 }

const (
	// fewDays is up to how many days are not worth being made distinct: 8 MiB.
	fewDays = 1 << 20
	// spareDays is how many times the distinct days are kept before they are made so again.
	spareDays = 4
	// listDays is how many days are in a list.
	listDays = 1 << 14
)

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
	if err := flywheel.CheckID(string(customer)); err != nil {
		return fmt.Errorf("rfm: customer: %w", err)
	}
	day := t.day(at)
	if day != int64(int32(day)) || t.customers.Len() >= math.MaxInt32-freshMost {
		return fmt.Errorf("rfm: purchase of %q at %v: %w", customer, at, flywheel.ErrOutOfRange)
	}
	if magnitude := uint64(max(minor, -minor)); magnitude <= uint64(math.MaxInt64-t.moved) {
		t.moved += int64(magnitude) // no sum can overflow
	} else if err := t.bounded(customer, minor); err != nil {
		return err
	}
	if t.fresh == nil {
		t.fresh = make([]purchase, 0, freshMost)
	}
	if t.fresh = append(t.fresh, purchase{customer, minor, int32(day)}); len(t.fresh) == freshMost {
		t.count()
	}
	return nil
}

// bounded returns an error where a value would make the sum of a customer overflow.
func (t *Table) bounded(customer flywheel.CustomerID, minor int64) error {
	t.count()
	t.moved = math.MaxInt64
	n, _, known := t.customers.Find(customer)
	if !known {
		return nil
	}
	if sum := t.accounts[n].monetary; minor > 0 && sum > math.MaxInt64-minor || minor < 0 && sum < math.MinInt64-minor {
		return fmt.Errorf("rfm: value of %q: %d and %d overflow: %w", customer, sum, minor, flywheel.ErrOutOfRange)
	}
	return nil
}

// count counts the fresh purchases.
func (t *Table) count() {
	var ids [freshMost]flywheel.CustomerID
	var numbers [freshMost]int32
	for i := range t.fresh {
		ids[i] = t.fresh[i].customer
	}
	t.customers.Numbers(ids[:len(t.fresh)], numbers[:])
	for len(t.accounts) < t.customers.Len() {
		t.accounts = append(t.accounts, account{})
	}
	for i := range t.fresh {
		p, n := &t.fresh[i], numbers[i]
		own := &t.accounts[n]
		own.monetary += p.minor
		if own.days > 0 && own.last == p.day {
			continue
		}
		own.last = p.day
		own.days++
		if last := len(t.days) - 1; last < 0 || len(t.days[last]) == cap(t.days[last]) {
			t.days = append(t.days, make([]purchaseDay, 0, min(listDays, max(16, t.known))))
		}
		last := &t.days[len(t.days)-1]
		*last = append(*last, purchaseDay{n, p.day})
		t.known++
	}
	clear(t.fresh)
	if t.fresh = t.fresh[:0]; t.known > fewDays && t.known > spareDays*t.distinct {
		t.settle()
	}
}

// settle orders the days by customer and makes them distinct. It returns all, and where those of each
// customer begin. O(days · log days of a customer).
func (t *Table) settle() (days []purchaseDay, starts []int32) {
	starts = make([]int32, len(t.accounts)+1)
	for i := range t.accounts {
		starts[i+1] = starts[i] + t.accounts[i].days
	}
	sorted := make([]purchaseDay, t.known)
	next := slices.Clone(starts[:len(t.accounts)])
	for _, list := range t.days {
		for _, d := range list {
			sorted[next[d.customer]] = d
			next[d.customer]++
		}
	}
	out := sorted[:0]
	for c := range t.accounts {
		own := sorted[starts[c]:starts[c+1]]
		ascend(own)
		starts[c] = int32(len(out))
		for i, d := range own {
			if i == 0 || d.day != own[i-1].day {
				out = append(out, d)
			}
		}
		t.accounts[c].days = int32(len(out)) - starts[c]
	}
	starts[len(t.accounts)] = int32(len(out))
	t.days, t.known, t.distinct = [][]purchaseDay{slices.Clip(out)}, len(out), len(out)
	return out, starts
}

// ascend sorts the days of a customer, of which most have few.
func ascend(days []purchaseDay) {
	if len(days) > 24 {
		slices.SortFunc(days, func(a, b purchaseDay) int { return cmp.Compare(a.day, b.day) })
		return
	}
	for i := 1; i < len(days); i++ {
		d, j := days[i], i
		for ; j > 0 && days[j-1].day > d.day; j-- {
			days[j] = days[j-1]
		}
		days[j] = d
	}
}

// Inputs returns the figures of all customers at a moment, by ID. Recency counts
// calendar days. A purchase on a day after the moment is refused, since its value
// is in the sums already.
func (t *Table) Inputs(at time.Time) ([]Input, error) {
	today := t.day(at)
	t.count()
	days, starts := t.settle()
	customers := t.customers.All()
	inputs := make([]Input, 0, len(customers))
	for _, n := range byID(customers) {
		own := days[starts[n]:starts[n+1]]
		recency := today - int64(own[len(own)-1].day)
		if recency < 0 {
			return nil, fmt.Errorf("rfm: %q bought %d days after %v: %w", customers[n], -recency, at, flywheel.ErrOutOfRange)
		}
		inputs = append(inputs, Input{customers[n], recency, int64(len(own)), t.accounts[n].monetary})
	}
	return inputs, nil
}

// byID returns the numbers of customers in order of their IDs. Eight bytes behind what all
// have in common tell most of them apart, and are sorted byte by byte.
func byID(ids []flywheel.CustomerID) []int32 {
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
	list, to := make([]keyed, len(ids)), make([]keyed, len(ids))
	var counts [8][256]int32
	for n, id := range ids {
		var text [8]byte
		copy(text[:], id[common:])
		list[n] = keyed{binary.BigEndian.Uint64(text[:]), int32(n)}
		for i, b := range text {
			counts[i][b]++
		}
	}
	for i := 7; i >= 0; i-- {
		at, sum, same := &counts[i], int32(0), false
		for b, n := range at {
			same = same || int(n) == len(ids)
			at[b], sum = sum, sum+n
		}
		if same {
			continue
		}
		for _, k := range list {
			b := byte(k.key >> (8 * (7 - i)))
			to[at[b]] = k
			at[b]++
		}
		list, to = to, list
	}
	order := make([]int32, len(ids))
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && list[j].key == list[i].key {
			j++
		}
		if j > i+1 {
			slices.SortFunc(list[i:j], func(a, b keyed) int { return cmp.Compare(ids[a.n], ids[b.n]) })
		}
		for ; i < j; i++ {
			order[i] = list[i].n
		}
	}
	return order
}

// keyed is the number of a customer with bytes of its ID.
type keyed struct {
	key uint64
	n   int32
}
