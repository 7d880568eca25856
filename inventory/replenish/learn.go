package replenish

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Learner finds how the level to order up to follows from the history of an
// item, by what it would have cost in the histories of many. No law of demand is
// assumed: it is the linear newsvendor of Ban & Rudin (2019), where the level is
// a sum of weights times features and the weights minimise the cost
//
//	Σ over items and periods (h·(S - D)⁺ + b·(D - S)⁺)/item's mean
//
// of the demand D of the protection interval that followed. It is for items that
// sell now and then, in small or odd quantities, for which a model of a single
// history has too little to go by.
type Learner struct {
	// Periods is how long an order must last: lead time and review.
	Periods int
	// Ratio is the critical ratio b/(b + h), as in [Newsvendor.Ratio].
	Ratio float64
	// Volume adds to the cost of a unit short, so that items which sell much
	// are served better: at 1 a unit of an item with a mean of the average
	// counts twice. It raises the share of units met from stock at a price in
	// the cost above. 0 is none.
	Volume float64
	Seed   uint64
}

// Levels is what a [Learner] learned. It is not changed afterwards.
type Levels struct {
	periods int
	ratio   float64
	weights [features]float64
}

// features is the number of figures that a level is made of; see describe.
const features = 14

const (
	maxWindows = 250_000 // that are learned from
	visits     = 15      // of each of them
	batch      = 64
	recency    = 0.95 // weight of a window against the one a period later
)

// Learn learns from the histories of items, oldest period first. Histories may
// differ in length; those without demand and those shorter than 5 periods and
// the protection interval are left out. O(visits·windows), some 2 µs for a
// period of an item.
func (l Learner) Learn(histories [][]float64) (*Levels, error) {
	if err := l.check(histories); err != nil {
		return nil, err
	}
	windows := l.windows(histories)
	if len(windows) == 0 {
		return nil, &SettingError{"number of histories that are long enough", 0, "at least one"}
	}
	levels := &Levels{periods: l.Periods, ratio: l.Ratio}
	levels.weights = l.minimise(windows)
	return levels, nil
}

func (l *Learner) check(histories [][]float64) error {
	if !(l.Periods > 0 && l.Periods <= 1000) {
		return &SettingError{"protection interval", float64(l.Periods), "1 to 1000"}
	}
	if !(l.Ratio > 0 && l.Ratio <= 0.9999) {
		return &SettingError{"critical ratio", l.Ratio, "above 0, to 0.9999"}
	}
	if err := within("weight of volume", l.Volume, 1000); err != nil {
		return err
	}
	for i, h := range histories {
		if err := checkHistory(h); err != nil {
			return fmt.Errorf("replenish: history %d: %w", i, err)
		}
	}
	return nil
}

func checkHistory(history []float64) error {
	if len(history) > MaxPeriods {
		return fmt.Errorf("%d periods, at most 1e6: %w", len(history), flywheel.ErrLimit)
	}
	for t, y := range history {
		if !(y >= 0 && y <= MaxDemand) {
			return within(fmt.Sprintf("demand of period %d", t), y, MaxDemand)
		}
	}
	return nil
}

// window is a moment in a history: what was known, and the demand that followed,
// both as multiples of the item's mean.
type window struct {
	known  [features]float64
	demand float64
	mean   float64
	weight float64 // by age
}

func (l *Learner) windows(histories [][]float64) []window {
	first := func(h []float64) int { return max(len(h)/3, 4) }
	total := 0
	for _, h := range histories {
		total += max(len(h)-l.Periods-first(h)+1, 0)
	}
	var windows []window
	every, count := (total+maxWindows-1)/maxWindows, 0
	var scratch []float64
	for _, h := range histories {
		mean := meanOf(h)
		if mean == 0 {
			continue
		}
		for now := first(h); now+l.Periods <= len(h); now++ {
			if count++; count%every != 0 {
				continue
			}
			w := window{mean: mean, weight: math.Pow(recency, float64(len(h)-l.Periods-now))}
			scratch = describe(h[:now], l.Periods, l.Ratio, &w.known, scratch)
			for i := range w.known {
				w.known[i] /= mean
			}
			for _, y := range h[now : now+l.Periods] {
				w.demand += y
			}
			w.demand /= mean
			windows = append(windows, w)
		}
	}
	return windows
}

// minimise finds the weights by stochastic gradient descent with the step sizes
// of Adam (Kingma & Ba, 2015) and the mean of the second half of the steps
// (Polyak & Juditsky, 1992). Features are scaled to a mean square of one.
func (l *Learner) minimise(windows []window) (weights [features]float64) {
	var scale, slope, square, sum [features]float64
	average := 0.0
	for i := range windows {
		w := &windows[i]
		average += w.mean / float64(len(windows))
		for j, v := range w.known {
			scale[j] += float64(v * v)
		}
	}
	for j := range scale {
		scale[j] = math.Sqrt(scale[j]/float64(len(windows))) + 1e-12
	}
	for i := range windows {
		for j := range scale {
			windows[i].known[j] /= scale[j]
		}
	}
	under := l.Ratio / (1 - l.Ratio)
	rng := rand.New(rand.NewPCG(l.Seed, 0))
	steps := visits * max(len(windows)/batch, 200)
	slopeLeft, squareLeft, kept := 1.0, 1.0, 0.0
	for step := range steps {
		var gradient [features]float64
		for range batch {
			w := &windows[rng.IntN(len(windows))]
			level := 0.0
			for j, v := range w.known {
				level += float64(weights[j] * v)
			}
			pull := w.weight / batch
			if w.demand > level {
				pull *= -under * (1 + l.Volume*w.mean/average)
			}
			for j, v := range w.known {
				gradient[j] += float64(pull * v)
			}
		}
		rate := float64(0.05*(1-float64(step)/float64(steps))) + 1e-4
		slopeLeft *= 0.9
		squareLeft *= 0.999
		for j, g := range gradient {
			slope[j] = float64(0.9*slope[j]) + float64(0.1*g)
			square[j] = float64(0.999*square[j]) + float64(0.001*g*g)
			weights[j] -= rate * slope[j] / (1 - slopeLeft) / (math.Sqrt(square[j]/(1-squareLeft)) + 1e-9)
		}
		if step >= steps/2 {
			kept++
			for j, v := range weights {
				sum[j] += v
			}
		}
	}
	for j := range weights {
		weights[j] = sum[j] / kept / scale[j]
	}
	return weights
}

// Level returns the level to order up to after a history, in whole units.
// O(n log n).
func (l *Levels) Level(history []float64) (int64, error) {
	if len(history) == 0 {
		return 0, &SettingError{"number of periods of history", 0, "at least one"}
	}
	if err := checkHistory(history); err != nil {
		return 0, err
	}
	var known [features]float64
	describe(history, l.periods, l.ratio, &known, nil)
	level := 0.0
	for j, v := range known {
		level += float64(l.weights[j] * v)
	}
	if level = math.Round(level); !(level <= MaxUnits) {
		return 0, &SettingError{"level", level, "at most 1e15"}
	}
	return int64(math.Max(level, 0)), nil
}

// describe computes the features of a history: a constant; the mean and four
// means in which older periods count less; deviations; the mean size of a sale,
// the largest one, and the quantile of the demand of past protection intervals;
// and roots, with which the deviation of a count grows. scratch is memory to use
// again.
func describe(history []float64, periods int, ratio float64, known *[features]float64, scratch []float64) []float64 {
	n := float64(len(history))
	mean := meanOf(history)
	recent := discounted(history, 0.9)
	variance, near, weight := 0.0, 0.0, 0.0
	sales, largest := 0.0, 0.0
	for _, y := range history {
		if y > 0 {
			sales++
		}
		largest = math.Max(largest, y)
		variance += float64((y - mean) * (y - mean))
		near = float64(near*0.9) + float64((y-recent)*(y-recent))
		weight = float64(weight*0.9) + 1
	}
	size := 0.0
	if sales > 0 {
		size = mean * n / sales
	}
	totals := scratch[:0]
	for t := 0; t+periods <= len(history); t++ {
		total := 0.0
		for _, y := range history[t : t+periods] {
			total += y
		}
		totals = append(totals, total)
	}
	quantile := largest
	if len(totals) > 0 {
		slices.Sort(totals)
		quantile = totals[int(math.Ceil(float64(ratio*float64(len(totals)))-1e-9))-1]
	}
	*known = [features]float64{
		1, mean, discounted(history, 0.97), recent, discounted(history, 0.75), history[len(history)-1],
		math.Sqrt(variance / n), math.Sqrt(near / weight), size, largest, quantile,
		math.Sqrt(recent + 0.05), size * math.Sqrt(sales/n), math.Sqrt(recent * size),
	}
	return totals
}

func meanOf(history []float64) float64 {
	sum := 0.0
	for _, y := range history {
		sum += y
	}
	return sum / math.Max(float64(len(history)), 1)
}

// discounted returns the mean of a history in which each period counts keep
// times as much as the one after it.
func discounted(history []float64, keep float64) float64 {
	sum, weight := 0.0, 0.0
	for _, y := range history {
		sum = float64(sum*keep) + y
		weight = float64(weight*keep) + 1
	}
	return sum / weight
}
