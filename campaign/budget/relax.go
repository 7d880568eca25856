package budget

import (
	"math"
	"slices"
)

// fill allocates budget among items whose envelopes stand for their curves, which
// is a concave problem: all items get what is best at one price lambda of money,
// and those that are straight at that price the rest, in order. It writes the
// spends to x. A budget beyond the sums of low and high counts as those.
func fill(items []*item, budget float64, x []float64) {
	low, high := 0.0, 0.0
	for i, it := range items {
		x[i] = it.high
		low += it.low
		high += it.high
	}
	if budget >= high {
		return
	}
	if budget <= low {
		for i, it := range items {
			x[i] = it.low
		}
		return
	}
	sum := func(lambda float64) (least, most float64) {
		for _, it := range items {
			a, b := it.best(lambda)
			least += a
			most += b
		}
		return least, most
	}
	// Where does the price stand among the slopes of straight parts?
	var slopes []float64
	for _, it := range items {
		if it.turn > it.low && it.high > it.low {
			slopes = append(slopes, it.slope)
		}
	}
	slices.Sort(slopes)
	slopes = slices.Compact(slopes)
	from, to := 0, len(slopes) // the price is below slopes[to] and above slopes[from-1]
	for from < to {
		middle := (from + to) / 2
		least, most := sum(slopes[middle])
		switch {
		case least > budget:
			from = middle + 1
		case most < budget:
			to = middle
		default:
			share(items, slopes[middle], budget, x)
			return
		}
	}
	// Between two slopes all is smooth.
	bottom, top := 0.0, 0.0
	if from > 0 {
		bottom = slopes[from-1]
	}
	if from < len(slopes) {
		top = slopes[from]
	} else {
		for _, it := range items {
			if it.high > it.low && it.turn <= it.low {
				// A price at which this item gets next to nothing.
				step := max((budget-low)/float64(len(items)), 1e-300)
				top = max(top, it.marginal(it.low+min(step, it.high-it.low)))
			}
			if it.turn > it.low && it.turn < it.high {
				top = max(top, it.slope)
			}
		}
		top = max(top, bottom)
	}
	lambda := root(func(lambda float64) float64 {
		least, _ := sum(lambda)
		return least - budget
	}, bottom, top, budget)
	share(items, lambda, budget, x)
}

// root finds the price at which a falling function is zero, in the logarithm of
// the price: regula falsi in the form of Illinois, kept within its bracket, with a
// bisection where that is slow.
func root(f func(float64) float64, bottom, top, scale float64) float64 {
	if bottom == 0 {
		bottom = top
		for range 1100 {
			if bottom /= 2; bottom == 0 || f(bottom) >= 0 {
				break
			}
			if bottom < top/1e6 {
				bottom /= 1e3
			}
		}
		if bottom == 0 {
			return 0
		}
	}
	a, b := math.Log(bottom), math.Log(top)
	fa, fb := f(bottom*(1+1e-15)), f(top*(1-1e-15))
	if fa <= 0 {
		return bottom
	}
	if fb >= 0 {
		return top
	}
	side, width := 0, b-a
	for i := range 200 {
		c := b - fb*(b-a)/(fb-fa)
		slow := false
		if i%4 == 3 { // one side stands still where the other is far below it
			slow = b-a > width/4
			width = b - a
		}
		if slow || !(c > a && c < b) {
			c = a + (b-a)/2
		}
		fc := f(math.Exp(c))
		if math.Abs(fc) <= 1e-14*scale || b-a <= 1e-15*max(1, math.Abs(b)) {
			return math.Exp(c)
		}
		if fc > 0 {
			if a, fa = c, fc; side == 1 {
				fb /= 2
			}
			side = 1
		} else {
			if b, fb = c, fc; side == -1 {
				fa /= 2
			}
			side = -1
		}
	}
	return math.Exp(a + (b-a)/2)
}

// share gives each item the least that is best at the price, and what is left to
// those that are straight there, in order; what rounding leaves goes to those that
// can take it.
func share(items []*item, lambda, budget float64, x []float64) {
	left := budget
	lambda, rest := prices(lambda)
	for i, it := range items {
		x[i], _ = it.best(lambda)
		left -= x[i]
	}
	for i, it := range items {
		if left <= 0 {
			break
		}
		if _, most := it.best(rest); most > x[i] {
			add := min(left, most-x[i])
			x[i] += add
			left -= add
		}
	}
	// Rounding, in proportion to how fast each spend answers to the price.
	if left != 0 {
		total := 0.0
		for i, it := range items {
			if x[i] > max(it.turn, it.low) && x[i] < it.high {
				total += x[i]
			}
		}
		for i, it := range items {
			if total > 0 && x[i] > max(it.turn, it.low) && x[i] < it.high {
				x[i] = min(max(x[i]+left*(x[i]/total), it.turn), it.high)
			}
		}
	}
	afford(items, budget, x)
}

// satiated is a price at which whoever still wants money gains nothing by it that a
// number can tell.
const satiated = 1e-290

// prices returns the price at which each gets its least, and that at which it would take
// what is left: where all are satiated, anything.
func prices(lambda float64) (least, most float64) {
	if lambda <= satiated {
		return satiated, 0
	}
	return lambda, lambda
}

// afford takes what is spent beyond the budget from all items, in proportion to what
// they have above their lows.
func afford(items []*item, budget float64, x []float64) {
	spent, lows := 0.0, 0.0
	for i, it := range items {
		spent, lows = spent+x[i], lows+it.low
	}
	if spent <= budget*(1+1e-12) || spent <= lows {
		return
	}
	keep := max(budget-lows, 0) / (spent - lows)
	for i, it := range items {
		x[i] = it.low + float64(keep*(x[i]-it.low))
	}
}
