package order

import (
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Share returns net and tax of the units from, from+1, … from+count-1 of the
// line, counted from 0 in the order in which they come back. The shares are
// fixed when the order is placed: net and tax are each split over the units by
// largest remainder, so the first (amount mod quantity) units carry one minor
// unit more, and the shares of all units sum to the line to the last cent.
func (l *Line) Share(from, count int64) (net, tax money.Amount) {
	part := func(a money.Amount) money.Amount {
		minor := firstUnits(a.Minor(), l.Quantity, from+count) - firstUnits(a.Minor(), l.Quantity, from)
		return money.New(minor, a.Currency())
	}
	return part(l.Net), part(l.Tax)
}

// firstUnits returns the sum of the shares of the first n of quantity units of
// amount ≥ 0, for 0 ≤ n ≤ quantity.
func firstUnits(amount, quantity, n int64) int64 {
	each, more := amount/quantity, amount%quantity
	return each*n + min(more, n)
}
