package pricing

import (
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Part returns the part of r whose Total is total: its tax is in proportion,
// Tax·total/Total rounded half up, and its net the rest. It is what a restocking
// fee keeps of units that come back, what a label costs, or what a refund is cut
// to. Total must be between 0 and that of r.
func (r Refund) Part(total money.Amount) (Refund, error) {
	switch over, err := total.Cmp(r.Total); {
	case err != nil:
		return Refund{}, field(err, "total")
	case total.Sign() < 0 || over > 0:
		return Refund{}, field(outOfRange("%s of %s", total, r.Total), "total")
	case r.Total.IsZero():
		return r, nil
	}
	tax, err := r.Tax.MulRatio(total.Minor(), r.Total.Minor(), money.HalfUp)
	if err != nil {
		return Refund{}, field(err, "total")
	}
	return Refund{Net: minus(total, tax), Tax: tax, Total: total}, nil
}

// AtMost returns r, cut by [Refund.Part] where its Total is more than most.
func (r Refund) AtMost(most money.Amount) (Refund, error) {
	over, err := r.Total.Cmp(most)
	if err != nil {
		return Refund{}, field(err, "most")
	}
	if over <= 0 {
		return r, nil
	}
	return r.Part(most)
}

// Fee returns what is kept of r at a rate of 0 to 1: Total·rate, rounded half up,
// with its part of the tax.
func (r Refund) Fee(rate money.Rate) (Refund, error) {
	if err := checkRate(rate, 1); err != nil {
		return Refund{}, field(err, "rate")
	}
	total, err := r.Total.MulRate(rate, money.HalfUp)
	if err != nil {
		return Refund{}, field(err, "rate")
	}
	return r.Part(total)
}

// Plus returns the sum of r and s.
func (r Refund) Plus(s Refund) (Refund, error) {
	net, err := r.Net.Add(s.Net)
	if err != nil {
		return Refund{}, err
	}
	tax, err := r.Tax.Add(s.Tax)
	if err != nil {
		return Refund{}, err
	}
	total, err := r.Total.Add(s.Total)
	return Refund{net, tax, total}, err
}

// Minus returns r less s.
func (r Refund) Minus(s Refund) (Refund, error) {
	net, err := r.Net.Sub(s.Net)
	if err != nil {
		return Refund{}, err
	}
	tax, err := r.Tax.Sub(s.Tax)
	if err != nil {
		return Refund{}, err
	}
	total, err := r.Total.Sub(s.Total)
	return Refund{net, tax, total}, err
}

// WithoutGoods splits money that is paid back without goods into net and tax. Over
// are the totals of the goods at each rate; the amount is shared over them by
// largest remainder, and the tax of each share, within it, is part·r/(1+r) rounded
// half up. Where all totals are zero the first rate takes the amount, and without
// any rate there is no tax. Parts are the shares, in the order of over.
func WithoutGoods(amount money.Amount, over []RateTotal) (sum Refund, parts []RateTotal, err error) {
	if err := checkTotal(amount); err != nil {
		return Refund{}, nil, field(err, "amount")
	}
	none := money.New(0, amount.Currency())
	sum = Refund{Net: amount, Tax: none, Total: amount}
	if len(over) == 0 {
		return sum, nil, nil
	}
	weights, all := make([]int64, len(over)), int64(0)
	for i, o := range over {
		if o.Total.Sign() < 0 {
			return Refund{}, nil, field(outOfRange("%s is negative", o.Total), "over[%d].total", i)
		}
		weights[i] = o.Total.Minor()
		all |= weights[i]
	}
	if all == 0 {
		weights[0] = 1
	}
	shares, err := amount.Allocate(weights...)
	if err != nil {
		return Refund{}, nil, field(err, "over")
	}
	parts = make([]RateTotal, len(over))
	for i, part := range shares {
		tax, err := taxWithin(part, over[i].Rate)
		if err != nil {
			return Refund{}, nil, field(err, "over[%d].rate", i)
		}
		parts[i] = RateTotal{Rate: over[i].Rate, Net: minus(part, tax), Tax: tax, Total: part}
		sum.Tax = money.New(sum.Tax.Minor()+tax.Minor(), amount.Currency()) // no more than the amount
	}
	sum.Net = minus(amount, sum.Tax)
	return sum, parts, nil
}

// taxWithin returns the tax at a rate within an amount, rounded half up.
func taxWithin(a money.Amount, r money.Rate) (money.Amount, error) {
	if err := checkRate(r, 1000); err != nil {
		return money.Amount{}, err
	}
	one := int64(1)
	for range r.Scale() {
		one *= 10
	}
	return a.MulRatio(r.Coefficient(), one+r.Coefficient(), money.HalfUp)
}

// PointsBack returns how many of the points that paid an amount are given back in
// all once refunded of it is paid back: points·refunded/paid, rounded down.
func PointsBack(points int64, refunded, paid money.Amount) (int64, error) {
	over, err := refunded.Cmp(paid)
	switch {
	case err != nil:
		return 0, field(err, "refunded")
	case points < 0:
		return 0, field(outOfRange("%d is negative", points), "points")
	case refunded.Sign() < 0 || over > 0:
		return 0, field(outOfRange("%s of %s", refunded, paid), "refunded")
	case paid.IsZero():
		return 0, nil
	}
	back, err := money.New(points, paid.Currency()).MulRatio(refunded.Minor(), paid.Minor(), money.Down)
	return back.Minor(), err
}
