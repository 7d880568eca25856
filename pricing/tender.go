package pricing

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Tender is a means of payment: a gift card, store credit, a card. Tenders pay
// the total after tax; none of them is a discount, and the tax stays as it is.
type Tender struct {
	ID string `json:"id"`
	// Balance is the most that it pays; the zero value is without bound.
	Balance money.Amount `json:"balance"`
	// MaxPercent is the part of the total that it pays at most, rounded down;
	// zero is all.
	MaxPercent money.Rate `json:"max_percent,omitzero"`
}

// Payment is what one [Tender] pays, or is paid back.
type Payment struct {
	Tender string       `json:"tender"`
	Amount money.Amount `json:"amount"`
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
		if !t.MaxPercent.IsZero() {
			most, err := total.MulRate(t.MaxPercent, money.Down)
			if err != nil {
				return nil, total, field(err, "tenders[%d].max_percent", i)
			}
			amount = lesser(amount, most)
		}
		due = minus(due, amount)
		payments = append(payments, Payment{t.ID, amount})
	}
	return payments, due, nil
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
	if err := checkRate(t.MaxPercent, 1); err != nil {
		return field(err, "max_percent")
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
		payments = append(payments, Payment{t.Tender, amount})
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
