package market

import (
	"time"

	"github.com/flywheel-go/flywheel"
)

// WatchState is where a [PriceWatch] stands, so that it can be kept and go on in
// another process.
type WatchState struct {
	// Last is the time of the last reading.
	Last time.Time `json:"last,omitzero"`
	// Low and Good count the readings in a row that may open or close an incident.
	Low  int `json:"low,omitempty"`
	Good int `json:"good,omitempty"`
	// Open says that Current is an incident; before it has the low readings that may
	// become one.
	Open    bool      `json:"open,omitempty"`
	Current Violation `json:"current,omitzero"`
}

// State returns where the watch stands. It shares nothing with it.
func (w *PriceWatch) State() WatchState {
	return WatchState{Last: w.last, Low: w.low, Good: w.good, Open: w.open, Current: w.snapshot()}
}

// Resume returns a watch by the rule that goes on from a state.
func (m MinimumPrice) Resume(s WatchState) (*PriceWatch, error) {
	w, err := m.Watch()
	if err != nil {
		return nil, err
	}
	switch {
	case s.Low < 0 || s.Good < 0:
		return nil, refuse("state", s.Low, ErrRange)
	case s.Open != !s.Current.Opened.IsZero():
		return nil, refuse("state", "open and not opened", ErrInput)
	}
	w.last, w.low, w.good, w.open, w.current = s.Last, s.Low, s.Good, s.Open, s.Current
	w.current = w.snapshot()
	return w, nil
}

// Watched is a [MinimumPrice] that is kept: the price of an item with a seller.
type Watched struct {
	ID     string       `json:"id"`
	SKU    flywheel.SKU `json:"sku"`
	Seller string       `json:"seller"`
	Rule   MinimumPrice `json:"rule"`
	State  WatchState   `json:"state,omitzero"`
	// Version counts the saves.
	Version int64 `json:"version,omitempty"`
}

// Check reports what is wrong with a watch.
func (w *Watched) Check() error {
	for _, id := range []struct{ what, value string }{{"watch id", w.ID}, {"sku", string(w.SKU)}, {"seller", w.Seller}} {
		if flywheel.CheckID(id.value) != nil {
			return refuse(id.what, id.value, ErrInput)
		}
	}
	_, err := w.Rule.Resume(w.State)
	return err
}

// Breach is a [Violation] of a watch, as it is kept.
type Breach struct {
	Watch  string       `json:"watch"`
	SKU    flywheel.SKU `json:"sku"`
	Seller string       `json:"seller"`
	Violation
}
