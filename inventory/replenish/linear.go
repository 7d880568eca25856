package replenish

import (
	"math"
	"math/rand/v2"
	"slices"
)

// figures is the number of figures that a linear level is made of; see figure.
const figures = 14

// linear is the linear newsvendor of Ban & Rudin (2019): the level is a sum of
// weights times figures of the history.
type linear [figures]float64

// window is a moment in a history: figures of what was known, and the demand of
// the protection interval that followed, both as multiples of the item's mean.
// Figures are scaled to a mean square of one, see scaleWindows.
type window struct {
	known  [figures]float64
	demand float64
	mean   float64
	weight float64 // by age
}

const (
	visits = 15 // of each window
	batch  = 64
	aging  = 0.95 // weight of a window against the one a period later
)

func newWindow(history []float64, now, periods int, mean, ratio float64, scratch []float64) (window, []float64) {
	w := window{mean: mean, weight: math.Pow(aging, float64(len(history)-periods-now))}
	scratch = figure(history[:now], periods, ratio, &w.known, scratch)
	for i := range w.known {
		w.known[i] /= mean
	}
	for _, y := range history[now : now+periods] {
		w.demand += y
	}
	w.demand /= mean
	return w, scratch
}

// scaleWindows divides figures by the roots of their mean squares, and returns
// these.
func scaleWindows(windows []window) (scale linear) {
	for i := range windows {
		for j, v := range windows[i].known {
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
	return scale
}

// at returns the level of a history with these figures.
func (l *linear) at(known *[figures]float64) float64 {
	level := 0.0
	for j, v := range known {
		level += float64(l[j] * v)
	}
	return level
}

// fitLinear finds the weights that minimize the cost of scaled windows, in which
// a unit short costs price times what it costs for an item of average demand on
// top: by stochastic gradient descent with the step sizes of Adam (Kingma & Ba,
// 2015) and the mean of the second half of the steps (Polyak & Juditsky, 1992).
func fitLinear(windows []window, ratio, price, average float64, seed uint64) (weights linear) {
	var slope, square, sum linear
	under := ratio / (1 - ratio)
	rng := rand.New(rand.NewPCG(seed, 0))
	steps := visits * max(len(windows)/batch, 200)
	slopeLeft, squareLeft, kept := 1.0, 1.0, 0.0
	for step := range steps {
		var gradient linear
		for range batch {
			w := &windows[rng.IntN(len(windows))]
			pull := w.weight / batch
			if w.demand > weights.at(&w.known) {
				pull *= -under * (1 + price*w.mean/average)
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
	for j := range sum {
		sum[j] /= kept
	}
	return sum
}

// figure computes the figures of a history: a constant; the mean and four
// means in which older periods count less; deviations; the mean size of a sale,
// the largest one, and the quantile of the demand of past protection intervals;
// and roots, with which the deviation of a count grows. scratch is memory to use
// again.
func figure(history []float64, periods int, ratio float64, known *[figures]float64, scratch []float64) []float64 {
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
	*known = [figures]float64{
		1, mean, discounted(history, 0.97), recent, discounted(history, 0.75), history[len(history)-1],
		math.Sqrt(variance / n), math.Sqrt(near / weight), size, largest, quantile,
		math.Sqrt(recent + 0.05), size * math.Sqrt(sales/n), math.Sqrt(recent * size),
	}
	return totals
}
