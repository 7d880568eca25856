package market

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// MinimumPrice watches one seller's price of one item against the minimum
// advertised price that was agreed.
type MinimumPrice struct {
	Minimum money.Amount
	// Tolerance is how far below the minimum still counts as kept.
	Tolerance money.Amount
	// OpenAfter consecutive prices below open an incident, CloseAfter good ones
	// close it, so that a single odd reading does neither. Zeros are 1.
	OpenAfter, CloseAfter int
}

// Evidence is one price that was seen.
type Evidence struct {
	At    time.Time
	Price money.Amount
}

// Violation is an incident of a price below the minimum.
type Violation struct {
	// FirstSeen is the first low price that counted, Opened the one that opened
	// the incident, Closed the good one that closed it, zero while it is open.
	FirstSeen, Opened, Closed time.Time
	// Lowest is the lowest price from FirstSeen on and Lost the minimum less it.
	Lowest, Lost money.Amount
	// Evidence are the low prices, oldest first; beyond [MostEvidence] the latest is
	// dropped, and Readings counts them all.
	Evidence []Evidence
	Readings int
}

// MostEvidence bounds the rows that a violation keeps.
const MostEvidence = 1000

// Watch returns a watch that begins with no incident.
func (m MinimumPrice) Watch() (*PriceWatch, error) {
	if m.OpenAfter == 0 {
		m.OpenAfter = 1
	}
	if m.CloseAfter == 0 {
		m.CloseAfter = 1
	}
	switch {
	case m.OpenAfter < 0 || m.OpenAfter > 1e6:
		return nil, refuse("open after", m.OpenAfter, ErrRange)
	case m.CloseAfter < 0 || m.CloseAfter > 1e6:
		return nil, refuse("close after", m.CloseAfter, ErrRange)
	case m.Minimum.Sign() <= 0:
		return nil, refuse("minimum", m.Minimum, ErrRange)
	case m.Tolerance.Sign() < 0:
		return nil, refuse("tolerance", m.Tolerance, ErrRange)
	}
	limit, err := m.Minimum.Sub(m.Tolerance)
	if err != nil {
		return nil, err
	}
	return &PriceWatch{rule: m, limit: limit}, nil
}

// PriceWatch is a [MinimumPrice] in progress. It belongs to one goroutine at a
// time.
type PriceWatch struct {
	rule    MinimumPrice
	limit   money.Amount
	last    time.Time
	low     int // consecutive low prices while closed
	good    int // consecutive good prices while open
	current Violation
	open    bool
}

// Change says what a price changed.
type Change uint8

// Changes.
const (
	Unchanged Change = iota
	Opened
	Closed
)

// Next takes a price, in order of time. A missing reading is one that is not
// given: it neither counts nor resets. Next returns the incident as it is and
// whether this price opened or closed it; with Unchanged and no open incident
// the violation is zero. A price in another currency or at a time not after the
// last is an error that changes nothing.
func (w *PriceWatch) Next(at time.Time, price money.Amount) (Violation, Change, error) {
	if !w.last.IsZero() && !at.After(w.last) {
		return Violation{}, Unchanged, refuse("time", at, ErrOrder)
	}
	order, err := price.Cmp(w.limit)
	if err != nil {
		return Violation{}, Unchanged, err
	}
	if price.Sign() < 0 {
		return Violation{}, Unchanged, refuse("price", price, ErrRange)
	}
	w.last = at
	switch {
	case order < 0:
		if err := w.add(at, price); err != nil {
			return Violation{}, Unchanged, err
		}
		w.good = 0
		if w.open {
			return w.snapshot(), Unchanged, nil
		}
		w.low++
		if w.low < w.rule.OpenAfter {
			return Violation{}, Unchanged, nil
		}
		w.open = true
		w.current.Opened = at
		return w.snapshot(), Opened, nil
	case !w.open:
		w.low, w.current = 0, Violation{}
		return Violation{}, Unchanged, nil
	}
	w.good++
	if w.good < w.rule.CloseAfter {
		return w.snapshot(), Unchanged, nil
	}
	w.current.Closed = at
	v := w.snapshot()
	w.open, w.low, w.good, w.current = false, 0, 0, Violation{}
	return v, Closed, nil
}

// Open returns the open incident, if there is one.
func (w *PriceWatch) Open() (Violation, bool) {
	if !w.open {
		return Violation{}, false
	}
	return w.snapshot(), true
}

func (w *PriceWatch) snapshot() Violation {
	v := w.current
	v.Evidence = slices.Clone(v.Evidence)
	return v
}

func (w *PriceWatch) add(at time.Time, price money.Amount) error {
	v := &w.current
	if v.FirstSeen.IsZero() {
		v.FirstSeen, v.Lowest = at, price
	}
	if price.Minor() < v.Lowest.Minor() {
		v.Lowest = price
	}
	lost, err := w.rule.Minimum.Sub(v.Lowest)
	if err != nil {
		return err
	}
	v.Lost = lost
	v.Readings++
	if len(v.Evidence) < MostEvidence {
		v.Evidence = append(v.Evidence, Evidence{at, price})
	}
	return nil
}
