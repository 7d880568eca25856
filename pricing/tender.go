package pricing

import (
	"math"
	"math/bits"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Tender is a means of payment: a gift card, store credit, a card. Tenders pay
// the total after tax; none of them is a discount, and the tax stays as it is.
type Tender struct {
	ID string `json:"id"`
	// Balance is the most that it pays; the zero value is without bound.
	Balance money.Amount `json:"balance"`
	// Most, when set, is the most that its holder wants it to pay.
	Most money.Amount `json:"most,omitzero"`
	// MaxPercent is the part of the total that it pays at most, rounded down;
	// zero is all.
	MaxPercent money.Rate `json:"max_percent,omitzero"`
	// PointValue makes it a tender of points: what one is worth in minor units of
	// the total. Then Points takes the place of Balance. All points together are
	// worth their number times PointValue, rounded down, and an amount takes so
	// many that they are worth it, rounded up.
	PointValue money.Rate `json:"point_value,omitzero"`
	Points     int64      `json:"points,omitempty"`
}

// Payment is what one [Tender] pays, or is paid back.
type Payment struct {
	Tender string       `json:"tender"`
	Amount money.Amount `json:"amount"`
	// Points are what the amount takes of a tender of points.
	Points int64 `json:"points,omitempty"`
}

// Pay lets the tenders pay total in their order, and returns one payment for
// each and what is still due.
func Pay(total money.Amount, tenders []Tender) (payments []Payment, due money.Amount, err error) {
	if err := checkTotal(total); err != nil {
		return nil, due, field(err, "total")
	}
	due = total
	payments = make([]Payment, 0, len(tenders))
	for i, t := range tenders {
		if err := t.check(total.Currency()); err != nil {
			return nil, total, within(err, "tenders", i)
		}
		amount := due
		if (t.Balance != money.Amount{}) {
			amount = lesser(amount, t.Balance)
		}
		if (t.Most != money.Amount{}) {
			amount = lesser(amount, t.Most)
		}
		if !t.PointValue.IsZero() {
			amount = lesser(amount, t.worth(total.Currency()))
		}
		if !t.MaxPercent.IsZero() {
			most, err := total.MulRate(t.MaxPercent, money.Down)
			if err != nil {
				return nil, total, field(err, "tenders[%d].max_percent", i)
			}
			amount = lesser(amount, most)
		}
		due = minus(due, amount)
		paid := Payment{Tender: t.ID, Amount: amount}
		if !t.PointValue.IsZero() {
			paid.Points = pointsFor(amount.Minor(), t.PointValue)
		}
		payments = append(payments, paid)
	}
	return payments, due, nil
}

// worth returns what all points are worth, rounded down.
func (t *Tender) worth(c money.Currency) money.Amount {
	hi, lo := bits.Mul64(uint64(t.Points), uint64(t.PointValue.Coefficient()))
	whole := uint64(math.Pow10(t.PointValue.Scale()))
	if hi >= whole {
		return money.New(math.MaxInt64, c)
	}
	q, _ := bits.Div64(hi, lo, whole)
	return money.New(int64(min(q, math.MaxInt64)), c)
}

// pointsFor returns how many points an amount takes, rounded up. It is no more than
// there are where all of them are worth the amount.
func pointsFor(minor int64, value money.Rate) int64 {
	hi, lo := bits.Mul64(uint64(minor), uint64(math.Pow10(value.Scale())))
	each := uint64(value.Coefficient())
	q, r := bits.Div64(hi%each, lo, each)
	if r > 0 {
		q++
	}
	return int64(q)
}

func (t *Tender) check(c money.Currency) error {
	if err := flywheel.CheckID(t.ID); err != nil {
		return field(err, "id")
	}
	if (t.Balance != money.Amount{}) {
		if t.Balance.Currency() != c {
			return field(&money.MismatchError{A: c, B: t.Balance.Currency()}, "balance")
		}
		if t.Balance.Sign() < 0 {
			return field(outOfRange("%s is negative", t.Balance), "balance")
		}
	}
	if (t.Most != money.Amount{}) {
		if t.Most.Currency() != c {
			return field(&money.MismatchError{A: c, B: t.Most.Currency()}, "most")
		}
		if t.Most.Sign() < 0 {
			return field(outOfRange("%s is negative", t.Most), "most")
		}
	}
	if err := checkRate(t.MaxPercent, 1); err != nil {
		return field(err, "max_percent")
	}
	if err := checkRate(t.PointValue, 1_000_000); err != nil {
		return field(err, "point_value")
	}
	switch {
	case t.Points < 0:
		return field(outOfRange("%d is negative", t.Points), "points")
	case t.PointValue.IsZero() && t.Points > 0:
		return field(invalid("missing"), "point_value")
	case !t.PointValue.IsZero() && (t.Balance != money.Amount{}):
		return field(invalid("points take its place"), "balance")
	}
	return nil
}

// Captured is what a [Tender] has paid for an order, and been paid back so far.
type Captured struct {
	Tender   string       `json:"tender"`
	Captured money.Amount `json:"captured"`
	Refunded money.Amount `json:"refunded,omitzero"`
}

// PayBack gives a refund back to the tenders in their order, to none more than
// it has paid, and returns one payment for each and what none can take.
func PayBack(refund money.Amount, tenders []Captured) (payments []Payment, left money.Amount, err error) {
	if err := checkTotal(refund); err != nil {
		return nil, left, field(err, "refund")
	}
	left = refund
	payments = make([]Payment, 0, len(tenders))
	for i, t := range tenders {
		room, err := t.Captured.Sub(t.Refunded)
		if err == nil && room.Currency() != refund.Currency() {
			err = &money.MismatchError{A: refund.Currency(), B: room.Currency()}
		}
		if err == nil && (room.Sign() < 0 || t.Refunded.Sign() < 0) {
			err = outOfRange("%s of %s refunded", t.Refunded, t.Captured)
		}
		if err != nil {
			return nil, refund, field(err, "tenders[%d].captured", i)
		}
		amount := lesser(left, room)
		left = minus(left, amount)
		payments = append(payments, Payment{Tender: t.Tender, Amount: amount})
	}
	return payments, left, nil
}

func checkTotal(a money.Amount) error {
	if a.Currency().IsZero() {
		return invalid("no currency")
	}
	if a.Sign() < 0 {
		return outOfRange("%s is negative", a)
	}
	return nil
}

// lesser returns the lesser of two amounts in one currency.
func lesser(a, b money.Amount) money.Amount {
	if b.Minor() < a.Minor() {
		return b
	}
	return a
}
