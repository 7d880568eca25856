package clv

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// History is what a model knows of a customer.
type History struct {
	// X is the number of repeat purchases: purchases after the first.
	X float64 `json:"x"`
	// Recency is the age at the last repeat purchase, 0 without one.
	Recency float64 `json:"t_x"`
	// T is the age now: time since the first purchase.
	T float64 `json:"T"`
}

// check refuses what no customer can have done.
func (h History) check() error {
	for _, v := range []float64{h.X, h.Recency, h.T} {
		if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			return fmt.Errorf("clv: history %+v: %w", h, flywheel.ErrOutOfRange)
		}
	}
	if h.Recency > h.T || h.X == 0 && h.Recency > 0 || h.X != math.Trunc(h.X) {
		return fmt.Errorf("clv: history %+v contradicts itself: %w", h, flywheel.ErrInvalid)
	}
	return nil
}

// Purchased returns the history after one more purchase at an age, which must not be
// before T: scores follow a customer purchase by purchase, without the log.
func (h History) Purchased(age float64) (History, error) {
	if math.IsNaN(age) || age < h.T || age > 1e12 {
		return h, fmt.Errorf("clv: a purchase at age %v after age %v: %w", age, h.T, flywheel.ErrOutOfRange)
	}
	return History{X: h.X + 1, Recency: age, T: age}, nil
}

// Aged returns the history at a later age without a purchase.
func (h History) Aged(age float64) (History, error) {
	if math.IsNaN(age) || age < h.T || age > 1e12 {
		return h, fmt.Errorf("clv: age %v after age %v: %w", age, h.T, flywheel.ErrOutOfRange)
	}
	h.T = age
	return h, nil
}

// Purchase is one line of a log.
type Purchase struct {
	Customer flywheel.CustomerID
	At       time.Time
	// Value is in major units of one currency.
	Value float64
}

// Row is the history of a customer, or of several with the same one.
type Row struct {
	History
	Customer flywheel.CustomerID
	// Value is the mean value of the days with a repeat purchase, 0 without one.
	Value float64
	// Weight is how many customers have this history; 0 means 1.
	Weight float64
	// Covariates move the purchase rate and defection; all rows have as many.
	Covariates []float64
}

func (r *Row) weight() float64 {
	if r.Weight == 0 {
		return 1
	}
	return r.Weight
}

// Week is the unit of time of [Summarize].
const Week = 7 * 24 * time.Hour

// Summarize makes histories, in weeks, of the purchases on days up to and
// including the one of end, by customer. Purchases of one UTC day are one;
// later purchases are passed over. O(n log n).
func Summarize(purchases []Purchase, end time.Time) ([]Row, error) {
	rows, _, err := summarize(purchases, end)
	return rows, err
}

// summarize also returns the day of each customer's first purchase.
func summarize(purchases []Purchase, end time.Time) ([]Row, []int64, error) {
	last := dayOf(end)
	sorted := make([]Purchase, 0, len(purchases))
	for i, p := range purchases {
		if err := flywheel.CheckID(string(p.Customer)); err != nil {
			return nil, nil, fmt.Errorf("clv: purchase %d: customer: %w", i, err)
		}
		if p.At.IsZero() || math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			return nil, nil, fmt.Errorf("clv: purchase %d of %q: at %v, value %v: %w", i, p.Customer, p.At, p.Value, flywheel.ErrInvalid)
		}
		if dayOf(p.At) <= last {
			sorted = append(sorted, p)
		}
	}
	slices.SortStableFunc(sorted, func(a, b Purchase) int {
		return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(dayOf(a.At), dayOf(b.At)))
	})
	var rows []Row
	var firsts []int64
	for i := 0; i < len(sorted); {
		j := i
		first := dayOf(sorted[i].At)
		row := Row{Customer: sorted[i].Customer}
		row.T = float64(last-first) / 7
		value, day := 0.0, first
		for ; j < len(sorted) && sorted[j].Customer == row.Customer; j++ {
			d := dayOf(sorted[j].At)
			if d > day {
				row.X++
				row.Recency = float64(d-first) / 7
				day = d
			}
			if d > first {
				value += sorted[j].Value
			}
		}
		if row.X > 0 {
			row.Value = value / row.X
		}
		rows = append(rows, row)
		firsts = append(firsts, first)
		i = j
	}
	return rows, firsts, nil
}

func dayOf(t time.Time) int64 {
	year, month, day := t.UTC().Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// Tally counts equal histories, so that the statistics of several shops or
// processes can be merged and fitted as one. The zero Tally is empty.
type Tally struct{ counts map[History]float64 }

// Add counts a history.
func (t *Tally) Add(h History) error {
	if err := h.check(); err != nil {
		return err
	}
	if t.counts == nil {
		t.counts = map[History]float64{}
	}
	t.counts[h]++
	return nil
}

// Merge adds all that another tally has counted.
func (t *Tally) Merge(other *Tally) {
	if t.counts == nil {
		t.counts = map[History]float64{}
	}
	for h, n := range other.counts {
		t.counts[h] += n
	}
}

// Rows returns the different histories with their weights, in order.
func (t *Tally) Rows() []Row {
	rows := make([]Row, 0, len(t.counts))
	for h, n := range t.counts {
		rows = append(rows, Row{History: h, Weight: n})
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Recency, b.Recency), cmp.Compare(a.T, b.T))
	})
	return rows
}
