package market_test

import (
	"math"

	"github.com/flywheel-go/flywheel/catalog/market"
)

// The second methods: plain dynamic programming, enumeration, naive models.

type reading struct{ at, price int64 }

type naiveViolation struct{ opened, firstSeen, lowest, closed int64 }

// naiveViolations reads the whole list anew for each moment: an incident opens
// where the last openAfter readings, all after the last closing, are low; it
// closes where the last closeAfter readings after its opening are good.
func naiveViolations(seen []reading, limit int64, openAfter, closeAfter int) []naiveViolation {
	out := []naiveViolation{}
	low := func(i int) bool { return seen[i].price < limit }
	from := 0 // the first reading after the last closing
	for from < len(seen) {
		opened := -1
		for i := from + openAfter - 1; i < len(seen) && opened < 0; i++ {
			all := true
			for j := i - openAfter + 1; j <= i; j++ {
				all = all && low(j)
			}
			if all {
				opened = i
			}
		}
		if opened < 0 {
			return out
		}
		first := opened
		for first > from && low(first-1) {
			first--
		}
		v := naiveViolation{opened: seen[opened].at, firstSeen: seen[first].at, lowest: math.MaxInt64, closed: -1}
		end := len(seen) - 1
		for i := opened + closeAfter; i < len(seen); i++ {
			all := true
			for j := i - closeAfter + 1; j <= i; j++ {
				all = all && !low(j)
			}
			if all {
				v.closed, end = seen[i].at, i
				break
			}
		}
		for _, r := range seen[first : end+1] {
			v.lowest = min(v.lowest, r.price)
		}
		out = append(out, v)
		from = end + 1
	}
	return out
}

// asViolations drops what naiveViolations does not compute.
func asViolations(incidents []map[string]any) []naiveViolation {
	out := []naiveViolation{}
	for _, i := range incidents {
		v := naiveViolation{opened: i["opened"].(int64), firstSeen: i["first_seen"].(int64), lowest: i["lowest"].(int64), closed: -1}
		if c, ok := i["closed"].(int64); ok {
			v.closed = c
		}
		out = append(out, v)
	}
	return out
}

// partition minimizes the objective over all segmentations, O(n²), each cost from
// the values themselves.
func partition(c market.Changes, values []float64) ([]int, float64) {
	least := max(1, c.MinSegment)
	n := len(values)
	cost := func(a, b int) float64 {
		k := float64(b - a)
		mean := 0.0
		for _, x := range values[a:b] {
			mean += x
		}
		sum := mean
		mean /= k
		ss := 0.0
		for _, x := range values[a:b] {
			ss += (x - mean) * (x - mean)
		}
		switch c.Cost {
		case market.NormalMeanVariance:
			return k * (math.Log(2*math.Pi) + math.Log(math.Max(1e-11, ss/k)) + 1)
		case market.PoissonRate:
			if sum == 0 {
				return 0
			}
			return 2 * sum * (math.Log(k) - math.Log(sum))
		}
		return ss
	}
	best, last := make([]float64, n+1), make([]int, n+1)
	best[0] = -c.Penalty
	for t := 1; t <= n; t++ {
		best[t] = math.Inf(1)
		for s := 0; s <= t-least; s++ {
			if s > 0 && s < least {
				continue
			}
			if v := best[s] + cost(s, t) + c.Penalty; v < best[t] {
				best[t], last[t] = v, s
			}
		}
	}
	at := []int{}
	for t := n; t > 0; t = last[t] {
		if last[t] > 0 {
			at = append([]int{last[t]}, at...)
		}
	}
	return at, best[n]
}

// segmentations sums the density of the values over all places of changes.
func segmentations(law market.BayesianChange, values []float64) float64 {
	n := len(values)
	total := 0.0
	for mask := range 1 << (n - 1) {
		density := 1.0
		start := 0
		for i := range n {
			change := i < n-1 && mask>>i&1 != 0
			if i < n-1 {
				if change {
					density *= law.Hazard
				} else {
					density *= 1 - law.Hazard
				}
			}
			if change || i == n-1 {
				density *= segmentDensity(law, values[start:i+1])
				start = i + 1
			}
		}
		total += density
	}
	return math.Log(total)
}

// segmentDensity is the density of values with one mean from the prior: by
// Simpson's rule over the mean.
func segmentDensity(law market.BayesianChange, values []float64) float64 {
	sd := math.Sqrt(law.PriorVariance)
	const steps = 6000
	h := 24 * sd / steps
	sum := 0.0
	for i := range steps + 1 {
		m := law.PriorMean - 12*sd + float64(i)*h
		w := 2.0
		switch {
		case i == 0 || i == steps:
			w = 1
		case i%2 == 1:
			w = 4
		}
		d := (m - law.PriorMean) / sd
		f := math.Exp(-d*d/2) / (sd * math.Sqrt(2*math.Pi))
		for _, x := range values {
			f *= math.Exp(-(x-m)*(x-m)/(2*law.NoiseVariance)) / math.Sqrt(2*math.Pi*law.NoiseVariance)
		}
		sum += w * f
	}
	return sum * h / 3
}

// upperTail sums binomial probabilities from k to n.
func upperTail(n, k, p float64) float64 {
	sum := 0.0
	for x := k; x <= n; x++ {
		a, _ := math.Lgamma(n + 1)
		b, _ := math.Lgamma(x + 1)
		c, _ := math.Lgamma(n - x + 1)
		sum += math.Exp(a - b - c + x*math.Log(p) + (n-x)*math.Log1p(-p))
	}
	return sum
}

// nabProfile has the costs of a missed window and of a false detection.
type nabProfile struct{ missed, wrong float64 }

var nabProfiles = map[string]nabProfile{
	"standard": {1, 0.11}, "reward_low_FP_rate": {1, 0.22}, "reward_low_FN_rate": {2, 0.11},
}

func nabCurve(x float64) float64 {
	if x > 3 {
		return -1
	}
	return 2/(1+math.Exp(5*x)) - 1
}

// nabRaw scores the detections of one file by the rules of the reference's README.
func nabRaw(length int, windows [][2]int, detections []int, profile nabProfile) float64 {
	probation := min(int(0.15*float64(length)), 750)
	best := make([]float64, len(windows))
	for i := range best {
		best[i] = -profile.missed
	}
	sum := 0.0
next:
	for _, d := range detections {
		if d < probation {
			continue
		}
		last := -1
		for i, w := range windows {
			if d >= w[0] && d <= w[1] {
				x := -float64(w[1]-d+1) / float64(w[1]-w[0]+1)
				best[i] = math.Max(best[i], nabCurve(x)/nabCurve(-1))
				continue next
			}
			if w[1] < d {
				last = i
			}
		}
		if last < 0 {
			sum -= profile.wrong
			continue
		}
		w := windows[last]
		sum += profile.wrong * nabCurve(float64(d-w[1])/float64(w[1]-w[0]))
	}
	for _, b := range best {
		sum += b
	}
	return sum
}
