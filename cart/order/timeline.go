package order

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Moment is something that happened to an order, see [Order.Timeline].
type Moment struct {
	At   time.Time
	What string // "placed", "paid", a [Kind], a [DocumentKind]
	// Actor did it, see [Operation].
	Actor string
	// Key is the key or id of the command, Parcel or Number what it was about.
	Key    string
	Parcel string
	Number int64
	// Amount is the money that moved, negative where it went back, or the total of a
	// paper.
	Amount money.Amount
}

// Timeline returns what happened to an order with a mode since it was placed, in the
// sequence of time: commands that were done, payment and papers.
func (o *Order) Timeline() []Moment {
	moments := []Moment{{At: o.PlacedAt, What: "placed", Amount: o.Total}}
	if o.paid() {
		moments = append(moments, Moment{At: o.PaidAt, What: "paid", Amount: o.Payment.Captured})
	}
	for i := range o.Operations {
		op := &o.Operations[i]
		if !op.Done || op.Kind == KindCapture {
			continue
		}
		m := Moment{At: op.At, What: string(op.Kind), Actor: op.Actor, Key: op.Key, Amount: o.amount(0)}
		if c, err := op.command(); err == nil {
			switch c := c.(type) {
			case *Ship:
				m.Parcel = c.Parcel
			case *Deliver:
				m.Parcel = c.Parcel
			}
		}
		if a := op.Answer; a != nil {
			switch {
			case a.Refund != nil:
				m.Amount = o.amount(-a.Refund.Total.Minor())
			case !a.Captured.IsZero():
				m.Amount = a.Captured
			}
		}
		moments = append(moments, m)
	}
	for i := range o.Documents {
		d := &o.Documents[i]
		moments = append(moments, Moment{At: d.At, What: string(d.Kind), Number: d.Number, Amount: d.Total})
	}
	slices.SortStableFunc(moments, func(a, b Moment) int { return a.At.Compare(b.At) })
	return moments
}
