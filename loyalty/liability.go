package loyalty

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Deferral is the revenue of a sale that belongs to the points it gave: a
// liability until they are redeemed or expire. IFRS 15, paragraphs B39 to B43;
// its illustrative example 52 is this computation.
type Deferral struct {
	// Sale is what was paid and Points what was issued for it.
	Sale   money.Amount
	Points int64
	// PointPrice is the stand-alone selling price of one point in major units
	// of the sale's currency, which already allows for points that are never
	// redeemed.
	PointPrice money.Rate
	// Increment is what amounts are rounded to, half up, in minor units: 1 for
	// cents, 100 for whole euros. Zero is 1.
	Increment int64
}

// Redemption is how far a deferral's points are redeemed at the end of a period.
type Redemption struct {
	// Redeemed counts the points redeemed so far and Expected those that will
	// be redeemed in the end, by the estimate of that time.
	Redeemed, Expected int64
}

// Recognition is the effect of a period on the books.
type Recognition struct {
	// Revenue is what the period recognizes and Liability what is left.
	Revenue, Liability money.Amount
}

// Split divides the sale between the product and the points: the points' share
// is sale × n·p / (sale + n·p), rounded once.
func (d Deferral) Split() (product, points money.Amount, err error) {
	fail := func(format string, args ...any) (money.Amount, money.Amount, error) {
		return money.Amount{}, money.Amount{}, fmt.Errorf("loyalty: deferral: "+format, args...)
	}
	if d.Sale.Sign() < 0 || d.Points < 0 || d.PointPrice.Sign() < 0 || d.Increment < 0 {
		return fail("sale %v, points %d, price %v, increment %d: %w", d.Sale, d.Points, d.PointPrice, d.Increment, flywheel.ErrOutOfRange)
	}
	issued, err := money.NewRate(d.Points, 0)
	if err != nil {
		return fail("%w", err)
	}
	value, err := issued.Mul(d.PointPrice)
	if err != nil {
		return fail("%w", err)
	}
	sale, err := money.NewRate(d.Sale.Minor(), d.Sale.Currency().Digits())
	if err != nil {
		return fail("%w", err)
	}
	whole, err := sale.Add(value)
	if err != nil {
		return fail("%w", err)
	}
	if whole.IsZero() {
		return d.Sale, d.Sale, nil
	}
	weights, err := money.Weights(value, whole)
	if err != nil {
		return fail("%w", err)
	}
	if points, err = d.part(d.Sale, weights[0], weights[1]); err != nil {
		return fail("%w", err)
	}
	if product, err = d.Sale.Sub(points); err != nil {
		return fail("%w", err)
	}
	return product, points, nil
}

// part returns amount × numerator/denominator to the increment, with one
// rounding.
func (d Deferral) part(amount money.Amount, numerator, denominator int64) (money.Amount, error) {
	increment := max(1, d.Increment)
	if product := denominator * increment; product/increment != denominator {
		return money.Amount{}, fmt.Errorf("increment %d: %w", increment, flywheel.ErrOutOfRange)
	}
	times, err := amount.MulRatio(numerator, denominator*increment, money.HalfUp)
	if err != nil {
		return money.Amount{}, err
	}
	return times.Mul(increment)
}

// Recognize returns what each period recognizes: the points' share × redeemed /
// expected so far, less what earlier periods recognized. Estimates may change
// between periods; when Expected equals Redeemed nothing is left.
func (d Deferral) Recognize(periods ...Redemption) ([]Recognition, error) {
	_, share, err := d.Split()
	if err != nil {
		return nil, err
	}
	recognized := money.New(0, d.Sale.Currency())
	list := make([]Recognition, 0, len(periods))
	for i, p := range periods {
		if p.Redeemed < 0 || p.Expected <= 0 || p.Redeemed > p.Expected {
			return nil, fmt.Errorf("loyalty: deferral: period %d: %d of %d points redeemed: %w", i, p.Redeemed, p.Expected, flywheel.ErrOutOfRange)
		}
		so, err := d.part(share, p.Redeemed, p.Expected)
		if err != nil {
			return nil, fmt.Errorf("loyalty: deferral: period %d: %w", i, err)
		}
		revenue, err := so.Sub(recognized)
		if err != nil {
			return nil, fmt.Errorf("loyalty: deferral: period %d: %w", i, err)
		}
		liability, err := share.Sub(so)
		if err != nil {
			return nil, fmt.Errorf("loyalty: deferral: period %d: %w", i, err)
		}
		recognized = so
		list = append(list, Recognition{Revenue: revenue, Liability: liability})
	}
	return list, nil
}
