package order

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Day is what was ordered on one calendar day in one currency.
type Day struct {
	// Date is the day's first instant in the zone that was asked for.
	Date     time.Time      `json:"date"`
	Currency money.Currency `json:"currency"`
	// Orders counts the orders that were placed, Units their pieces.
	Orders int64 `json:"orders"`
	Units  int64 `json:"units"`
	// Total is what these orders cost when they were placed or last edited, delivery
	// and tax included; Refunded is what of it has gone back by now.
	Total    money.Amount `json:"total"`
	Refunded money.Amount `json:"refunded"`
}

// Days sums the orders placed from one instant to before another by calendar days of a
// zone and by currency, ordered by both. Days without an order are left out. It reads
// each of these orders once.
func (s *Service) Days(ctx context.Context, from, to time.Time, zone *time.Location) ([]Day, error) {
	type key struct {
		date     time.Time
		currency money.Currency
	}
	all := map[key]*Day{}
	for o, err := range s.List(ctx, Filter{From: from, To: to}) {
		if err != nil {
			return nil, err
		}
		y, m, d := o.PlacedAt.In(zone).Date()
		k := key{time.Date(y, m, d, 0, 0, 0, 0, zone), o.Currency}
		day := all[k]
		if day == nil {
			day = &Day{Date: k.date, Currency: k.currency, Total: money.New(0, k.currency), Refunded: money.New(0, k.currency)}
			all[k] = day
		}
		day.Orders++
		for i := range o.Lines {
			day.Units += o.Lines[i].Quantity
		}
		if day.Total, err = day.Total.Add(o.Total); err != nil {
			return nil, err
		}
		if o.Payment.Refunded.IsZero() {
			continue
		}
		if day.Refunded, err = day.Refunded.Add(o.Payment.Refunded); err != nil {
			return nil, err
		}
	}
	days := make([]Day, 0, len(all))
	for _, d := range all {
		days = append(days, *d)
	}
	slices.SortFunc(days, func(a, b Day) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Currency.String(), b.Currency.String()))
	})
	return days, nil
}
