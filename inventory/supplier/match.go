package supplier

import (
	"github.com/shopspring/decimal"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Issue is a set of what is wrong between order, receipt and invoice of a line.
type Issue uint8

// Issues.
const (
	// NotInvoiced: goods were accepted and not billed yet.
	NotInvoiced Issue = 1 << iota
	// NotReceived: more was billed than was accepted. Rejected units are not to be
	// paid.
	NotReceived
	// OverOrdered: more was billed than was ordered.
	OverOrdered
	// PriceAbove and PriceBelow: the mean billed price is off the agreed one by
	// more than the tolerance.
	PriceAbove
	PriceBelow
)

// Tolerance is how far invoices may be off.
type Tolerance struct {
	// Price is a share of the agreed price, such as 0.02.
	Price float64
	// Units may be billed beyond what was accepted.
	Units int64
}

// MatchedLine is the result of a three-way match for a line.
type MatchedLine struct {
	Line                        int
	Ordered, Accepted, Invoiced int64
	// Agreed is the price of the order and Billed the mean one of the invoices,
	// nil without.
	Agreed decimal.Decimal
	Billed *decimal.Decimal
	Issues Issue
	// Payable is what is owed: the units that were accepted and billed, at the
	// agreed price, or the billed one where it is lower or within tolerance.
	Payable money.Amount
	// Dispute is what was billed beyond.
	Dispute money.Amount
}

// Match compares what was ordered, accepted (received and neither rejected nor
// returned from the shelf; units in quarantine are not accepted yet) and invoiced, line
// by line.
func (o Order) Match(t Tolerance) ([]MatchedLine, error) {
	if !(t.Price >= 0 && t.Price <= 1) {
		return nil, refuse("price tolerance", t.Price, ErrRange)
	}
	if t.Units < 0 || t.Units > MostQuantity {
		return nil, refuse("unit tolerance", t.Units, ErrRange)
	}
	lines := make([]MatchedLine, len(o.Lines))
	for i, l := range o.Lines {
		m := MatchedLine{Line: i, Ordered: l.Ordered, Accepted: l.Stocked - l.Withdrawn, Invoiced: l.Invoiced, Agreed: l.Price.Decimal()}
		m.Payable, m.Dispute = money.New(0, o.Currency), money.New(0, o.Currency)
		if l.Invoiced < m.Accepted {
			m.Issues |= NotInvoiced
		}
		if l.Invoiced > m.Accepted+t.Units {
			m.Issues |= NotReceived
		}
		if l.Invoiced > l.Ordered+t.Units && l.Invoiced > m.Accepted {
			m.Issues |= OverOrdered
		}
		if l.Invoiced > 0 {
			billed := l.InvoicedValue.Decimal().DivRound(decimal.NewFromInt(l.Invoiced), 12)
			m.Billed = &billed
			// Invoices are in whole minor units: half a unit per invoice is rounding.
			slack := decimal.New(int64(len(o.Documents)), -int32(o.Currency.Digits())).DivRound(decimal.NewFromInt(2*l.Invoiced), 12)
			reach := m.Agreed.Mul(decimal.NewFromFloat(t.Price)).Add(slack)
			switch {
			case billed.GreaterThan(m.Agreed.Add(reach)):
				m.Issues |= PriceAbove
			case billed.LessThan(m.Agreed.Sub(reach)):
				m.Issues |= PriceBelow
			}
			units := min(l.Invoiced, m.Accepted+t.Units)
			var err error
			if m.Issues&PriceAbove != 0 {
				m.Payable, err = l.Price.Times(units, money.HalfEven)
			} else {
				m.Payable, err = l.InvoicedValue.MulRatio(units, l.Invoiced, money.HalfEven)
			}
			if err != nil {
				return nil, err
			}
			if m.Dispute, err = l.InvoicedValue.Sub(m.Payable); err != nil {
				return nil, err
			}
		}
		lines[i] = m
	}
	return lines, nil
}
