package replenish

import (
	"math"
	"slices"
)

// laws is what the histories of many items say of an item's law of demand
// before its own history is seen: negative binomial laws on a grid of means and
// shapes, each with a weight. The weights are those that make the histories
// most likely (Laird, 1978), found by expectation maximisation. The posterior
// of an item forgets: a period counts keep times as much as the one after it
// (West & Harrison, 1997, ch. 6).
type laws struct {
	weight  []float64   // of a law
	score   [][]float64 // logarithm of the probability of y units in a period: score[y][law]
	covered [][]float64 // probability of k units or fewer in a protection interval: covered[k][law]
	periods int
}

const (
	keep      = 0.97
	mostUnits = 512  // in the periods of a protection interval, see unit
	mostKept  = 2000 // histories that the weights are learned from
	climbs    = 15   // steps of expectation maximisation
	known     = 4    // periods of a history before which no level is learned from
)

// newLaws learns the weights. O(climbs·histories·laws), some 0.3 s.
func newLaws(histories [][]float64, periods int) *laws {
	l := &laws{periods: periods}
	var means, shapes []float64
	for mean := 0.003; mean < 1.5*mostUnits; mean *= 1.35 {
		for _, shape := range []float64{0.03, 0.1, 0.25, 0.6, 1.5, 4, 20} {
			means, shapes = append(means, mean), append(shapes, shape)
		}
	}
	n := len(means)
	l.score = table(mostUnits+2, n)
	l.covered = table(2*mostUnits, n)
	for j := range n {
		negativeBinomial(means[j], shapes[j], l.score, j)
		negativeBinomial(float64(periods)*means[j], float64(periods)*shapes[j], l.covered, j)
		sum := 0.0
		for _, row := range l.covered {
			sum += math.Exp(row[j])
			row[j] = math.Min(sum, 1)
		}
	}
	l.weight = slices.Repeat([]float64{1 / float64(n)}, n)
	every := (len(histories) + mostKept - 1) / mostKept
	var scores [][]float64
	for i := 0; i < len(histories); i += every {
		b := belief{laws: l}
		b.see(histories[i])
		scores = append(scores, b.score)
	}
	for range climbs {
		next := make([]float64, n)
		for _, score := range scores {
			for j, p := range l.posterior(score) {
				next[j] += p / float64(len(scores))
			}
		}
		for j := range next { // no law is ever ruled out
			l.weight[j] = float64(0.995*next[j]) + 0.005/float64(n)
		}
	}
	return l
}

func table(rows, columns int) [][]float64 {
	t := make([][]float64, rows)
	for i := range t {
		t[i] = make([]float64, columns)
	}
	return t
}

// negativeBinomial fills a column with the logarithms of the probabilities of
// 0, 1, 2, … units.
func negativeBinomial(mean, shape float64, rows [][]float64, column int) {
	p := shape * math.Log(shape/(shape+mean))
	ratio := math.Log(mean / (shape + mean))
	for k := range rows {
		rows[k][column] = p
		p += math.Log((float64(k)+shape)/float64(k+1)) + ratio
	}
}

func (l *laws) posterior(score []float64) []float64 {
	most := slices.Max(score)
	p := make([]float64, len(score))
	sum := 0.0
	for j, s := range score {
		if s -= most; s > -40 {
			p[j] = l.weight[j] * math.Exp(s)
			sum += p[j]
		}
	}
	for j := range p {
		p[j] /= sum
	}
	return p
}

// belief is what is known of an item's law after its history.
type belief struct {
	laws    *laws
	seen    int
	largest float64
	unit    float64
	counted float64   // units of the whole history, in multiples of unit
	sum     float64   // of the history
	score   []float64 // of each law: logarithm of the discounted likelihood
}

// see takes the periods of a history that were not seen yet into account. Large
// demand is counted in units of a power of two; rests are carried on to the
// next period.
func (b *belief) see(history []float64) {
	for _, y := range history[b.seen:] {
		b.largest = math.Max(b.largest, y)
	}
	unit := 1.0
	for float64(b.laws.periods)*b.largest > mostUnits*unit {
		unit *= 2
	}
	if unit != b.unit {
		*b = belief{laws: b.laws, largest: b.largest, unit: unit, score: make([]float64, len(b.laws.weight))}
	}
	for ; b.seen < len(history); b.seen++ {
		b.sum += history[b.seen]
		counted := math.Round(b.sum / unit)
		row := b.laws.score[min(int(counted-b.counted), len(b.laws.score)-1)]
		b.counted = counted
		for j, s := range row {
			b.score[j] = float64(keep*b.score[j]) + s
		}
	}
}

// quantiles finds the levels that cover the demand of a protection interval with
// a probability of ratio, and with odds that are twice, four times … those of
// ratio. They are real numbers that round to the least level that does: a
// probability is thought to be spread evenly over half a unit on both sides.
func (b *belief) quantiles(ratio float64, levels *[ladder]float64) {
	p := b.laws.posterior(b.score)
	var likely []int
	for j, v := range p {
		if v > 1e-7 {
			likely = append(likely, j)
		}
	}
	covered := func(k int) float64 {
		sum := 0.0
		for _, j := range likely {
			sum += float64(p[j] * b.laws.covered[k][j])
		}
		return sum
	}
	last := len(b.laws.covered) - 1
	low, odds := -1, ratio/(1-ratio)
	for i := range levels {
		ratio := odds / (1 + odds)
		high := last // covers, or is all there is
		for high-low > 1 {
			if middle := (low + high) / 2; covered(middle) >= ratio {
				high = middle
			} else {
				low = middle
			}
		}
		below := 0.0
		if high > 0 {
			below = covered(high - 1)
		}
		share := (ratio - below) / (covered(high) - below + 1e-12)
		levels[i] = b.unit * (float64(high) - 0.5 + math.Min(math.Max(share, 0), 1))
		low, odds = high-1, 2*odds
	}
}
