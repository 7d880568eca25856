package budget

import "math"

// item is one channel in one period, within a node of the search: its spend is
// low, or from least to high.
type item struct {
	curve  Curve
	weight float64 // of the response
	low    float64
	least  float64 // from which on it may be, low or more
	high   float64

	// The concave envelope is straight from low to turn, with the slope, and the
	// curve itself beyond. Where turn is low there is no straight part.
	turn, slope float64
	atLow       float64 // weighted response
}

func (it *item) response(x float64) float64 { return it.weight * it.curve.Response(x) }

func (it *item) marginal(x float64) float64 {
	if it.weight == 0 {
		return 0
	}
	return it.weight * it.curve.Marginal(x)
}

// prepare finds the envelope.
func (it *item) prepare() {
	it.atLow = it.response(it.low)
	it.turn, it.slope = it.low, math.Inf(1)
	if it.high <= it.low {
		return
	}
	inflection := it.curve.Inflection()
	line := it.curve.Form == Power && it.curve.S == 1
	if it.least <= it.low && inflection <= it.low && !line {
		return // concave
	}
	chord := func(x float64) float64 { return (it.response(x) - it.atLow) / (x - it.low) }
	// The chord from low is steepest where it touches the concave part; before
	// that the marginal response is above it.
	from, to := max(it.least, inflection), it.high
	switch {
	case line:
		it.turn = it.high
	case from >= to:
		it.turn = it.high
	case from > it.low && it.marginal(from) <= chord(from):
		it.turn = max(from, it.least)
	case it.marginal(to) >= chord(to):
		it.turn = it.high
	default:
		if from <= it.low { // the marginal response at low itself is the slope
			from = it.low + 1e-12*(to-it.low)
		}
		for range 200 {
			middle := from + (to-from)/2
			if middle <= from || middle >= to {
				break
			}
			if it.marginal(middle) > chord(middle) {
				from = middle
			} else {
				to = middle
			}
		}
		it.turn = to
	}
	// On a convex stretch up to high, with a start at least, the touching point
	// may be least itself; of a line all chords are the same but for rounding.
	if !line && it.least > it.low && it.least < it.turn && chord(it.least) > chord(it.turn) {
		it.turn = it.least
	}
	it.slope = chord(it.turn)
}

// envelope returns the height of the envelope at x.
func (it *item) envelope(x float64) float64 {
	if x < it.turn {
		return it.atLow + it.slope*(x-it.low)
	}
	return it.response(x)
}

// best returns the spends at which the envelope less lambda per unit is largest:
// from the smallest to the largest of them.
func (it *item) best(lambda float64) (least, most float64) {
	if it.high <= it.low {
		return it.low, it.low
	}
	straight := it.turn > it.low
	switch {
	case straight && lambda > it.slope:
		return it.low, it.low
	case straight && lambda == it.slope:
		return it.low, it.turn
	case lambda <= 0:
		return it.high, it.high
	case it.turn >= it.high:
		return it.high, it.high
	}
	var x float64
	if it.weight > 0 {
		x = it.curve.spendAt(lambda / it.weight)
	}
	if math.IsNaN(x) { // a price beyond what numbers can say, for a channel that brings next to nothing
		x = 0
	}
	x = min(max(x, it.turn), it.high)
	return x, x
}
