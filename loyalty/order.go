package loyalty

import (
	"fmt"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Order is what is known of one order of a member. Its points follow from its
// sums alone, so that purchases, edits and refunds may be reported in any order.
type Order struct {
	// Ref names the order: the Ref of its events, or the ID of a purchase that
	// has none.
	Ref string `json:"ref"`
	// Currency is that of the event reported first.
	Currency money.Currency `json:"currency"`
	// Purchased and Refunded sum the purchases and refunds, and Edited is the
	// total of the edit with the highest Revision, each in minor units.
	Purchased int64 `json:"purchased"`
	Refunded  int64 `json:"refunded,omitempty"`
	Edited    int64 `json:"edited,omitempty"`
	// Revision is that of Edited; it counts when Revised is set.
	Revision float64 `json:"revision,omitempty"`
	Revised  bool    `json:"revised,omitempty"`
	// List and Program are the number of the list of programs and the place in it
	// by which the order earns, fixed by the purchase received first. List is zero
	// while there is none.
	List    int64 `json:"list,omitempty"`
	Program int   `json:"program,omitempty"`
	// First is when that purchase took effect, and Multiplier the member's tier
	// bonus then.
	First      time.Time  `json:"first,omitzero"`
	Multiplier money.Rate `json:"multiplier,omitzero"`
	// Full is what the purchases alone earn, kept for programs that earn by line
	// or category.
	Full Earned `json:"full,omitzero"`
	// Points are what the order has earned less what was taken back, and
	// Qualifying what of it counts towards tiers.
	Points     int64 `json:"points"`
	Qualifying int64 `json:"qualifying,omitempty"`
	// Changes counts the changes of Points or Qualifying.
	Changes int64 `json:"changes,omitempty"`
}

// orderKey begins the keys of lots and entries that orders make.
const orderKey = "order"

// Total returns what the order is worth: the edited total where there is one,
// else the purchases, less the refunds, never below zero.
func (o Order) Total() money.Amount {
	total := o.Purchased
	if o.Revised {
		total = o.Edited
	}
	return money.New(max(0, total-o.Refunded), o.Currency)
}

// order returns the order of that ref, making one where the account has none.
func (a *Account) order(ref string) *Order {
	for i := range a.Orders {
		if a.Orders[i].Ref == ref {
			return &a.Orders[i]
		}
	}
	a.Orders = append(a.Orders, Order{Ref: ref})
	return &a.Orders[len(a.Orders)-1]
}

// in checks that an amount is in the order's currency, which the first one sets.
func (o *Order) in(amount money.Amount) error {
	switch {
	case amount.Currency().IsZero() && amount.IsZero():
		return nil
	case o.Currency.IsZero():
		o.Currency = amount.Currency()
	case o.Currency != amount.Currency():
		return &flywheel.FieldError{Field: "value", Err: fmt.Errorf("%v in an order in %v: %w", amount, o.Currency, flywheel.ErrInvalid)}
	}
	return nil
}

// maxMoney bounds the sums of an order in minor units.
const maxMoney = maxBalance

func (o *Order) sum(field *int64, amount money.Amount) error {
	if err := o.in(amount); err != nil {
		return err
	}
	if amount.Minor() > maxMoney-*field {
		return &flywheel.FieldError{Field: "value", Err: fmt.Errorf("%v makes the order too large: %w", amount, flywheel.ErrOutOfRange)}
	}
	*field += amount.Minor()
	return nil
}

// purchase adds a purchase of an amount, split into spends.
func (o *Order) purchase(l *Ledger, amount money.Amount, spends []Spend) error {
	if err := o.sum(&o.Purchased, amount); err != nil {
		return err
	}
	if !l.earning.shares() {
		return nil
	}
	full, err := l.Points(o.Multiplier, spends...)
	if err != nil {
		return &flywheel.FieldError{Field: "value", Err: err}
	}
	o.Full.Total += full.Total
	o.Full.Base += full.Base
	return nil
}

// edit sets the order's total unless a higher revision is known.
func (o *Order) edit(total money.Amount, revision float64) error {
	if err := o.in(total); err != nil {
		return err
	}
	if total.Minor() > maxMoney {
		return &flywheel.FieldError{Field: "value", Err: fmt.Errorf("%v is too large: %w", total, flywheel.ErrOutOfRange)}
	}
	if !o.Revised || revision >= o.Revision {
		o.Edited, o.Revision, o.Revised = max(0, total.Minor()), revision, true
	}
	return nil
}

// worth returns the points for what the order is worth. An order that earned by
// line or category keeps the share of its points that remains of its amount, by
// the program's rounding.
func (o *Order) worth(l *Ledger) (earned Earned, err error) {
	if !l.earning.shares() {
		earned, err = l.Points(o.Multiplier, Spend{Amount: o.Total()})
	} else if o.Purchased > 0 {
		share := func(points int64) (int64, error) {
			part, err := money.New(points, o.Currency).MulRatio(o.Total().Minor(), o.Purchased, l.earning.rounding)
			return part.Minor(), err
		}
		if earned.Total, err = share(o.Full.Total); err == nil {
			earned.Base, err = share(o.Full.Base)
		}
	}
	if err == nil && earned.Total > maxPoints {
		err = fmt.Errorf("%d points: %w", earned.Total, flywheel.ErrOutOfRange)
	}
	if err != nil {
		return Earned{}, &flywheel.FieldError{Field: "value", Err: err}
	}
	return earned, nil
}

// revise books the difference between what an order is worth and what it has
// earned: more makes a lot earned at that instant, less is taken from the order's
// own lots. It returns the change of points.
func (l *Ledger) revise(a *Account, o *Order, effective time.Time) (change int64, err error) {
	if o.List == 0 {
		return 0, nil
	}
	worth, err := o.worth(l)
	if err != nil {
		return 0, err
	}
	change = worth.Total - o.Points
	qualifying := worth.Base - o.Qualifying
	if change == 0 && qualifying == 0 {
		return 0, nil
	}
	if change > 0 && !a.fits(change) {
		return 0, &flywheel.FieldError{Field: "value", Err: fmt.Errorf("more points than an account holds: %w", flywheel.ErrOutOfRange)}
	}
	o.Changes++
	o.Points, o.Qualifying = worth.Total, worth.Base
	key := eventid.Of(orderKey, o.Ref, strconv.FormatInt(o.Changes, 10))
	switch {
	case change > 0:
		available := l.pending.AddTo(effective, l.zone).UTC()
		if l.pending.IsZero() && available.After(a.Settled) {
			available = a.Settled // an event counts from when it is received
		}
		expires := l.ExpiresAt(effective)
		if !expires.IsZero() && !expires.After(available) {
			available = expires // dead on arrival: it goes straight to expired
		}
		a.add(key, Lot{ID: key, Order: o.Ref, Earned: effective, Available: available, Expires: expires, Points: change})
	case change < 0:
		l.clawBack(a, key, -change, func(lot *Lot) bool { return lot.Order == o.Ref })
	}
	switch {
	case qualifying > 0:
		a.Activity = append(a.Activity, Activity{At: earlier(effective, a.Settled), Amount: qualifying})
	case qualifying < 0:
		a.Activity = append(a.Activity, Activity{At: a.Settled, Amount: qualifying, Reverses: o.First})
	}
	return change, nil
}

func earlier(x, y time.Time) time.Time {
	if x.Before(y) {
		return x
	}
	return y
}
