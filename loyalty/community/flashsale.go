package community

import (
	"fmt"
	"slices"
	"time"
)

// Window is a span of time: Start is its first instant, End the first one after it.
type Window struct{ Start, End time.Time }

// SaleRules are the rules of a flash sale. Windows and Stock are needed; zero
// elsewhere means the default.
type SaleRules struct {
	Windows []Window
	Stock   int64
	// PerUser is how many units a person has in the whole activity, PerOrder in one
	// order; default 1.
	PerUser, PerOrder int64
	// PayTimeout is how long an unpaid order holds its units; default 5 minutes.
	PayTimeout time.Duration
}

// SaleState is how far an order of a flash sale is.
type SaleState string

// The states of an order.
const (
	SaleHeld      SaleState = "held"
	SalePaid      SaleState = "paid"
	SaleReleased  SaleState = "released"   // the hold is over or canceled
	SaleRefundDue SaleState = "refund_due" // paid when no unit was left
)

// SaleOrder is an order of a flash sale.
type SaleOrder struct {
	ID       string    `json:"id"`
	User     string    `json:"user"`
	Quantity int64     `json:"quantity"`
	State    SaleState `json:"state"`
	Until    time.Time `json:"until"` // of the hold
}

// FlashSale is one activity of a few units for a short time (miao sha) in memory.
// Available, held and sold units always sum to the stock. Steps come in the order of
// time; each first lets the holds end that are over. It is not safe for concurrent
// use.
type FlashSale struct {
	rules     SaleRules
	available int64
	held      int64
	sold      int64
	orders    map[string]*SaleOrder
	holding   []*SaleOrder // in the order of their ends
	used      map[string]int64
}

// NewFlashSale returns a sale that has sold nothing.
func NewFlashSale(r SaleRules) (*FlashSale, error) {
	switch {
	case r.Stock < 0:
		return nil, wrong("stock", "%d is negative", r.Stock)
	case r.PerUser < 0:
		return nil, wrong("per_user", "%d is negative", r.PerUser)
	case r.PerOrder < 0:
		return nil, wrong("per_order", "%d is negative", r.PerOrder)
	case r.PayTimeout < 0:
		return nil, wrong("pay_timeout", "%v is negative", r.PayTimeout)
	}
	for i, w := range r.Windows {
		if !w.Start.Before(w.End) {
			return nil, wrong(fmt.Sprintf("windows[%d]", i), "%v is not before %v", w.Start, w.End)
		}
	}
	r.Windows = slices.Clone(r.Windows)
	fill(&r.PerUser, 1)
	fill(&r.PerOrder, 1)
	fill(&r.PayTimeout, 5*time.Minute)
	return &FlashSale{rules: r, available: r.Stock, orders: map[string]*SaleOrder{}, used: map[string]int64{}}, nil
}

// Advance lets the holds end that are over at an instant.
func (s *FlashSale) Advance(at time.Time) {
	for len(s.holding) > 0 && !s.holding[0].Until.After(at) {
		if o := s.holding[0]; o.State == SaleHeld {
			s.release(o)
		}
		s.holding = s.holding[1:]
	}
}

func (s *FlashSale) release(o *SaleOrder) {
	o.State = SaleReleased
	s.held -= o.Quantity
	s.available += o.Quantity
	s.used[o.User] -= o.Quantity
}

// Units returns what is free, held and sold.
func (s *FlashSale) Units() (available, held, sold int64) { return s.available, s.held, s.sold }

// Get returns an order; ok is false where there is none.
func (s *FlashSale) Get(order string) (o SaleOrder, ok bool) {
	if there := s.orders[order]; there != nil {
		return *there, true
	}
	return o, false
}

// Order holds units for a person until they are paid or the hold ends. The same
// order again is a duplicate, which changes nothing.
func (s *FlashSale) Order(user, order string, quantity int64, at time.Time) (duplicate bool, err error) {
	if err := checkIDs("user", user, "order", order); err != nil {
		return false, err
	}
	if quantity < 1 {
		return false, wrong("quantity", "%d is not positive", quantity)
	}
	s.Advance(at)
	if o := s.orders[order]; o != nil {
		if o.User != user || o.Quantity != quantity {
			return false, refused(KeyReused)
		}
		return true, nil
	}
	switch {
	case !slices.ContainsFunc(s.rules.Windows, func(w Window) bool { return !at.Before(w.Start) && at.Before(w.End) }):
		return false, refused(Closed)
	case quantity > s.rules.PerOrder:
		return false, refused(PerOrder)
	case quantity > s.rules.PerUser-s.used[user]:
		return false, refused(PerUser)
	case quantity > s.available:
		return false, refused(SoldOut)
	}
	o := &SaleOrder{ID: order, User: user, Quantity: quantity, State: SaleHeld, Until: at.Add(s.rules.PayTimeout)}
	s.orders[order] = o
	s.holding = append(s.holding, o)
	s.available -= quantity
	s.held += quantity
	s.used[user] += quantity
	return false, nil
}

// Pay takes the notice that an order was paid. After the hold it takes the units
// again if stock and allowance are there, else the money is due for refund.
func (s *FlashSale) Pay(order string, at time.Time) (Outcome, error) {
	s.Advance(at)
	o := s.orders[order]
	switch {
	case o == nil:
		return "", refused(Unknown)
	case o.State == SalePaid || o.State == SaleRefundDue:
		return Duplicate, nil
	case o.State == SaleHeld:
		o.State = SalePaid
		s.held -= o.Quantity
		s.sold += o.Quantity
		return PaidNow, nil
	case o.Quantity > s.available || o.Quantity > s.rules.PerUser-s.used[o.User]:
		o.State = SaleRefundDue
		return Refunded, nil
	}
	o.State = SalePaid
	s.available -= o.Quantity
	s.sold += o.Quantity
	s.used[o.User] += o.Quantity
	return PaidLate, nil
}

// Cancel gives the held units of an order and its allowance back. One that is
// released already stays so; what is paid is returned, not canceled.
func (s *FlashSale) Cancel(order string, at time.Time) error {
	s.Advance(at)
	o := s.orders[order]
	switch {
	case o == nil:
		return refused(Unknown)
	case o.State == SalePaid || o.State == SaleRefundDue:
		return refused(Paid)
	case o.State == SaleHeld:
		s.release(o)
	}
	return nil
}
