package supplier

import (
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Approval says whether a supplier may be ordered from.
type Approval uint8

// Approvals.
const (
	Pending Approval = iota
	Approved
	Suspended // no new orders; open ones go on
	Refused
)

// Supplier is a company that sells to the shop.
type Supplier struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Currency money.Currency `json:"currency"`
	Approval Approval       `json:"approval"`
	Terms    Terms          `json:"terms"`
	Items    []Item         `json:"items,omitempty"`
	// Version counts the saves of a [Store].
	Version int64 `json:"version,omitempty"`
}

// Terms are what was agreed with a supplier.
type Terms struct {
	// PaymentDays after the invoice it is due; DiscountDays and Discount are what an
	// earlier payment takes off.
	PaymentDays  int        `json:"payment_days,omitempty"`
	DiscountDays int        `json:"discount_days,omitempty"`
	Discount     money.Rate `json:"discount,omitzero"`
	// Least is the least value of an order; zero is none.
	Least money.Amount `json:"least,omitzero"`
	// OverDelivery is the share of an ordered quantity that may come on top.
	OverDelivery float64 `json:"over_delivery,omitempty"`
	// Lead is the law of the lead time of items without one of their own.
	Lead LeadLaw `json:"lead"`
}

// LeadLaw is what the supplier states or is known of its lead time, in calendar
// days. Use [EstimateLeadTime] to learn it from orders.
type LeadLaw struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd,omitempty"`
}

// Item is what a supplier sells.
type Item struct {
	SKU   flywheel.SKU `json:"sku"`
	Price money.Price  `json:"price"`
	// Pack is the size of a pack and Least the least quantity; zero is 1.
	Pack  int64 `json:"pack,omitempty"`
	Least int64 `json:"least,omitempty"`
	// Lead replaces the supplier's law unless it is zero.
	Lead LeadLaw `json:"lead,omitzero"`
	// Inspect says that receipts go to quarantine until they are inspected, under
	// Scheme.
	Inspect bool   `json:"inspect,omitempty"`
	Scheme  Scheme `json:"scheme,omitzero"`
	// Lots is what the switching rules remember of its lots; [Service.Inspect] keeps
	// it.
	Lots History `json:"lots,omitzero"`
}

// Want is what a plan asks for: the order of package replenish for one item.
type Want struct {
	SKU      flywheel.SKU
	Quantity int64
	// Place is the location that it is for.
	Place string
	// Need is when it is needed, zero for as soon as it comes.
	Need time.Time
}

// Draft makes an order of what plans want: quantities are raised to packs and
// least quantities, prices are the agreed ones, and each line is promised after
// the mean lead time or when it is needed, whichever is later. A supplier that is
// not approved, an item it does not sell, and a total below its least value are
// errors.
func (s Supplier) Draft(id string, placed time.Time, wants []Want) (Order, error) {
	if s.Approval != Approved {
		return Order{}, refuse("approval of "+s.ID, uint8(s.Approval), ErrState)
	}
	items := make(map[flywheel.SKU]Item, len(s.Items))
	for _, i := range s.Items {
		items[i.SKU] = i
	}
	o := Order{ID: id, Supplier: s.ID, Currency: s.Currency, Placed: placed, OverDelivery: s.Terms.OverDelivery}
	total := money.Amount{}
	for k, w := range wants {
		item, ok := items[w.SKU]
		if !ok {
			return Order{}, refuse(fmt.Sprintf("wants[%d] SKU", k), w.SKU, ErrUnknown)
		}
		if w.Quantity < 1 || w.Quantity > MostQuantity {
			return Order{}, refuse(fmt.Sprintf("wants[%d] quantity", k), w.Quantity, ErrRange)
		}
		q := max(w.Quantity, item.Least)
		if pack := max(item.Pack, 1); q%pack != 0 {
			q += pack - q%pack
		}
		lead := item.Lead
		if lead == (LeadLaw{}) {
			lead = s.Terms.Lead
		}
		if !(lead.Mean >= 0 && lead.Mean <= 36500) {
			return Order{}, refuse("lead time of "+string(w.SKU), lead.Mean, ErrRange)
		}
		promised := placed.AddDate(0, 0, int(math.Ceil(lead.Mean)))
		if w.Need.After(promised) {
			promised = w.Need
		}
		amount, err := item.Price.Times(q, money.HalfEven)
		if err != nil {
			return Order{}, err
		}
		if total, err = total.Add(amount); err != nil {
			return Order{}, err
		}
		o.Lines = append(o.Lines, Line{
			SKU: w.SKU, Place: w.Place, Ordered: q, Price: item.Price, Promised: promised, SpreadDays: lead.SD, Inspect: item.Inspect,
		})
	}
	if !s.Terms.Least.IsZero() {
		below, err := total.Cmp(s.Terms.Least)
		if err != nil {
			return Order{}, err
		}
		if below < 0 {
			return Order{}, refuse("order value", total, ErrRange)
		}
	}
	return o, o.Check()
}

// MostItems bounds the items of a supplier.
const MostItems = 100_000

// Check reports what is wrong with a supplier, such as one read from a file.
func (s Supplier) Check() error {
	if err := flywheel.CheckID(s.ID); err != nil {
		return refuse("supplier id", s.ID, ErrInput)
	}
	name := func(what string) string { return "supplier " + s.ID + " " + what }
	switch {
	case s.Currency == money.Currency{}:
		return refuse(name("currency"), "missing", ErrInput)
	case s.Approval > Refused:
		return refuse(name("approval"), uint8(s.Approval), ErrInput)
	case s.Terms.PaymentDays < 0 || s.Terms.PaymentDays > 3650 || s.Terms.DiscountDays < 0 || s.Terms.DiscountDays > 3650:
		return refuse(name("payment days"), s.Terms.PaymentDays, ErrRange)
	case !s.Terms.Least.IsZero() && s.Terms.Least.Currency() != s.Currency:
		return refuse(name("least value"), s.Terms.Least, ErrInput)
	case !(s.Terms.OverDelivery >= 0 && s.Terms.OverDelivery <= 10):
		return refuse(name("over-delivery"), s.Terms.OverDelivery, ErrRange)
	case len(s.Items) > MostItems:
		return refuse(name("number of items"), len(s.Items), ErrRange)
	}
	if err := s.Terms.Lead.check(name("lead time")); err != nil {
		return err
	}
	seen := make(map[flywheel.SKU]bool, len(s.Items))
	for i, item := range s.Items {
		of := func(what string) string { return fmt.Sprintf("%s items[%d] %s", name(""), i, what) }
		switch {
		case flywheel.CheckID(string(item.SKU)) != nil || seen[item.SKU]:
			return refuse(of("SKU"), item.SKU, ErrInput)
		case item.Price.Currency() != s.Currency:
			return refuse(of("currency"), item.Price.Currency(), ErrInput)
		case item.Price.Sign() < 0:
			return refuse(of("price"), item.Price, ErrRange)
		case item.Pack < 0 || item.Pack > MostQuantity || item.Least < 0 || item.Least > MostQuantity:
			return refuse(of("pack or least quantity"), max(item.Pack, item.Least), ErrRange)
		}
		if err := item.Lead.check(of("lead time")); err != nil {
			return err
		}
		if item.Scheme != (Scheme{}) {
			if _, err := item.Scheme.Plan(1000, Normal); err != nil {
				return fmt.Errorf("%s: %w", of("scheme"), err)
			}
		}
		seen[item.SKU] = true
	}
	return nil
}

func (l LeadLaw) check(what string) error {
	if err := between(what, l.Mean, 0, 36500); err != nil {
		return err
	}
	return between(what+" deviation", l.SD, 0, 36500)
}
