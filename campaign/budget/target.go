package budget

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Target is an efficiency that spending has to reach: responses per unit of money.
// With curves in revenue it is a ROAS; one by a cost per conversion is 1 per cost.
type Target struct {
	// Average asks that all spend together brings at least this per unit.
	Average float64
	// Marginal asks that the last unit still brings this: 1 with curves in margin
	// spends for the largest profit.
	Marginal float64
}

// ForTarget spends as much of the plan's budget as the target allows, one of
// Average and Marginal above 0.
//
// For Marginal it is the allocation with the largest response less Marginal times
// spend, which each channel decides for itself. For Average it is the largest
// budget whose best allocation still reaches it, to a millionth of the budget;
// where curves are S-shaped, budgets beyond that fall short and reach the target
// again are not looked for. A target that no spend reaches spends the lows, with a
// warning. Period limits hold.
func ForTarget(p Plan, t Target) (*Allocation, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	switch ok := func(v float64) bool { return v >= 0 && v <= maxMoney }; {
	case !ok(t.Average) || !ok(t.Marginal) || t.Average > 0 == (t.Marginal > 0):
		return nil, refuse("target", fmt.Errorf("average %v and marginal %v: want one above 0: %w", t.Average, t.Marginal, flywheel.ErrInvalid))
	}
	periods := p.Periods
	if len(periods) == 0 {
		periods = []Period{{}}
	}
	low := 0.0
	for _, period := range periods {
		own := 0.0
		for _, c := range p.Channels {
			own += c.Low
		}
		low += max(own, period.Low)
	}
	at := func(budget float64) *Allocation {
		q := p
		q.Budget = max(budget, low)
		return q.search()
	}
	whole := at(p.Budget)
	// gain is what a budget brings beyond the target.
	price := max(t.Average, t.Marginal)
	reached := func(a *Allocation) bool { return a.Response >= price*a.Spent*(1-1e-12) }
	peak := profit(p, periods, price)
	best := at(min(peak, p.Budget))
	if t.Average > 0 {
		if reached(whole) {
			best = whole
		} else {
			from, to := min(peak, p.Budget), p.Budget
			for to-from > 1e-6*p.Budget {
				middle := from + (to-from)/2
				if a := at(middle); reached(a) {
					from, best = middle, a
				} else {
					to = middle
				}
			}
		}
		if !reached(best) {
			best.Warnings = append(best.Warnings, fmt.Sprintf("no spend within the limits brings %g per unit", price))
		}
		return best, nil
	}
	if best.Spent <= low*(1+1e-12) && peak <= low {
		best.Warnings = append(best.Warnings, fmt.Sprintf("no unit beyond the lows brings %g", price))
	}
	return best, nil
}

// profit returns the spend with the largest response less price per unit, which
// each channel decides alone.
func profit(p Plan, periods []Period, price float64) float64 {
	sum := 0.0
	for _, period := range periods {
		own := 0.0
		for i, c := range p.Channels {
			weight := 1.0
			if period.Factors != nil {
				weight = period.Factors[i]
			}
			high := c.High
			if high == 0 || high > p.Budget {
				high = max(p.Budget, c.Low)
			}
			worth := func(x float64) float64 { return weight*c.Curve.Response(x) - price*x }
			best := c.Low
			candidates := []float64{high, max(c.Minimum, c.Low)}
			if weight > 0 {
				candidates = append(candidates, c.Curve.spendAt(price/weight))
			}
			for _, x := range candidates {
				x = min(max(x, c.Low), high)
				if x > 0 && x < c.Minimum {
					continue
				}
				if worth(x) > worth(best) {
					best = x
				}
			}
			own += best
		}
		own = max(own, period.Low)
		if period.High > 0 {
			own = min(own, period.High)
		}
		sum += own
	}
	return sum
}

// Frontier allocates each of several budgets: the most that each can bring, with
// what the next unit brings. Budgets need not be in order.
func Frontier(p Plan, budgets ...float64) ([]*Allocation, error) {
	out := make([]*Allocation, len(budgets))
	for i, b := range budgets {
		p.Budget = b
		a, err := Allocate(p)
		if err != nil {
			return nil, err
		}
		out[i] = a
	}
	return out, nil
}

// Step is what the next units of money bring on one channel.
type Step struct {
	Channel  string
	Spend    float64
	Response float64
	Average  float64 // response per unit; NaN never: 0 at no spend
	Marginal float64 // response of the next unit
}

// Steps shows where each channel of a plan stands at the given spends.
func Steps(p Plan, spend []float64) ([]Step, error) {
	if len(spend) != len(p.Channels) {
		return nil, refuse("spend", fmt.Errorf("%d for %d channels: %w", len(spend), len(p.Channels), flywheel.ErrInvalid))
	}
	out := make([]Step, len(spend))
	for i, x := range spend {
		c := &p.Channels[i]
		if err := c.Curve.Check(); err != nil {
			return nil, within(fmt.Sprintf("channels[%d].curve", i), err)
		}
		if !(x >= 0 && x <= maxMoney) {
			return nil, refuse(fmt.Sprintf("spend[%d]", i), fmt.Errorf("%v: %w", x, flywheel.ErrOutOfRange))
		}
		s := Step{Channel: c.Name, Spend: x, Response: c.Curve.Response(x), Marginal: min(c.Curve.Marginal(x), math.MaxFloat64)}
		if x > 0 {
			s.Average = s.Response / x
		}
		out[i] = s
	}
	return out, nil
}
