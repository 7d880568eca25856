package market

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Quote is what a seller asked for an item when it was last looked at.
type Quote struct {
	Seller string
	// Price and Shipping make the landed price; all quotes that are compared have
	// one currency.
	Price, Shipping money.Amount
	InStock         bool
	// DeliveryDays is how long delivery takes, 0 if it is not known.
	DeliveryDays int
	Seen         time.Time
}

// Landed returns the price with shipping.
func (q Quote) Landed() (money.Amount, error) { return q.Price.Add(q.Shipping) }

// Comparison says which quotes count.
type Comparison struct {
	// At is the moment of the comparison and MaxAge how old a quote may be. Quotes
	// from after At do not count.
	At     time.Time
	MaxAge time.Duration
	// MaxDeliveryDays leaves out slower quotes and those whose time is not known; 0
	// takes all.
	MaxDeliveryDays int
}

func (c Comparison) counts(q Quote) bool {
	age := c.At.Sub(q.Seen)
	return q.InStock && age >= 0 && age <= c.MaxAge &&
		(c.MaxDeliveryDays == 0 || q.DeliveryDays > 0 && q.DeliveryDays <= c.MaxDeliveryDays)
}

// Position is where an own price stands among the competitors'.
type Position struct {
	// Used is the number of quotes that counted; Stale, OutOfStock and Slow were
	// left out, each counted for its first reason.
	Used, Stale, OutOfStock, Slow int
	// Rank is 1 plus the number of strictly cheaper quotes, of Of = Used + 1
	// sellers, Tied how many ask the same.
	Rank, Of, Tied int
	// Lowest is the lowest competitor's landed price, zero without one.
	Lowest money.Amount
	// GapToLowest and GapToMedian are own/other - 1, nil without competitors.
	GapToLowest, GapToMedian *float64
}

// Position compares an own price with quotes by landed price. A landed price of
// zero or less, and a currency that differs, are errors.
func (c Comparison) Position(own Quote, quotes []Quote) (Position, error) {
	if c.MaxAge < 0 {
		return Position{}, refuse("max age", c.MaxAge, ErrRange)
	}
	mine, err := own.Landed()
	if err != nil {
		return Position{}, err
	}
	if mine.Sign() <= 0 {
		return Position{}, refuse("own landed price", mine, ErrRange)
	}
	p := Position{Rank: 1}
	var prices []float64
	for i, q := range quotes {
		landed, err := q.Landed()
		if err != nil {
			return Position{}, fmt.Errorf("quotes[%d]: %w", i, err)
		}
		if landed.Sign() <= 0 {
			return Position{}, refuse(fmt.Sprintf("quotes[%d] landed price", i), landed, ErrRange)
		}
		if !c.counts(q) {
			switch age := c.At.Sub(q.Seen); {
			case age < 0 || age > c.MaxAge:
				p.Stale++
			case !q.InStock:
				p.OutOfStock++
			default:
				p.Slow++
			}
			continue
		}
		order, err := landed.Cmp(mine)
		if err != nil {
			return Position{}, fmt.Errorf("quotes[%d]: %w", i, err)
		}
		p.Used++
		switch {
		case order < 0:
			p.Rank++
		case order == 0:
			p.Tied++
		}
		if p.Used == 1 || landed.Minor() < p.Lowest.Minor() {
			p.Lowest = landed
		}
		prices = append(prices, float64(landed.Minor()))
	}
	p.Of = p.Used + 1
	if p.Used > 0 {
		slices.Sort(prices)
		own := float64(mine.Minor())
		low, mid := own/prices[0]-1, own/middle(prices)-1
		p.GapToLowest, p.GapToMedian = &low, &mid
	}
	return p, nil
}

// middle returns the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return sorted[n/2-1] + (sorted[n/2]-sorted[n/2-1])/2
}
