package stats

import (
	"encoding/json"
	"math"
	"slices"
)

// UTest asks whether values of the treatment tend to be larger than those of the
// control, from ranks alone: the test of Mann & Whitney (1947) and Wilcoxon
// (1945). It compares distributions, not means: revenue may rise while the U
// statistic falls. The zero value is the two-sided test at 5 %.
//
// Without ties and with at most 2500 pairs the p value is exact, by the counts of
// Mann and Whitney's recursion; otherwise it is normal with the variance
// corrected for ties.
type UTest struct {
	Alpha       float64 // of the interval of the shift; 0 means 0.05
	Alternative Alternative
	// Approximate uses the normal distribution for small samples, too.
	Approximate bool
	// Uncorrected leaves out the continuity correction of the approximation.
	Uncorrected bool
}

// UResult is the outcome of a [UTest].
type UResult struct {
	// U counts the pairs in which the treatment is larger, ties as half.
	U float64 `json:"u"`
	// Superiority is U over the number of pairs: the chance that a random unit of
	// the treatment exceeds one of the control.
	Superiority float64 `json:"superiority"`
	P           float64 `json:"p"`
	LogP        float64 `json:"log_p"`
	Exact       bool    `json:"exact"`
	// Shift is the median of all differences between a unit of the treatment and
	// one of the control, with its interval from the same U statistic. Hodges &
	// Lehmann (1963).
	Shift    float64   `json:"shift"`
	Lower    float64   `json:"lower"`
	Upper    float64   `json:"upper"`
	Warnings []Warning `json:"warnings,omitempty"`
}

// MarshalJSON writes infinities, which JSON does not have, as null.
func (r UResult) MarshalJSON() ([]byte, error) {
	type plain UResult
	return json.Marshal(struct {
		plain
		LogP  *float64 `json:"log_p"`
		Lower *float64 `json:"lower"`
		Upper *float64 `json:"upper"`
	}{plain(r), number(r.LogP), number(r.Lower), number(r.Upper)})
}

// mostExactPairs bounds the exact distribution of U.
const mostExactPairs = 2500

// Test compares the values, which it leaves as they are. O(n log n), the exact
// distribution O(n·m·(n+m)). The error is an [*InputError].
func (u UTest) Test(control, treatment []float64) (UResult, error) {
	alpha, err := alphaOr(u.Alpha, 0.05)
	if err != nil {
		return UResult{}, err
	}
	if err := u.Alternative.check(); err != nil {
		return UResult{}, err
	}
	if err := checkValues("control", control); err != nil {
		return UResult{}, err
	}
	if err := checkValues("treatment", treatment); err != nil {
		return UResult{}, err
	}
	a, b := slices.Sorted(slices.Values(control)), slices.Sorted(slices.Values(treatment))
	if spread := max(a[len(a)-1], b[len(b)-1]) - min(a[0], b[0]); !finite(spread) {
		return UResult{}, refuse("spread of the values", spread, ErrNotANumber)
	}
	na, nb := float64(len(a)), float64(len(b))
	var r UResult
	_, ties := ranks(a, b)
	r.U = float64(countBelow(a, b, 0, false)+countBelow(a, b, 0, true)) / 2
	r.Superiority = r.U / (na * nb)
	n := na + nb
	deviation := math.Sqrt(na * nb / 12 * (n + 1 - ties/(n*(n-1))))
	if deviation == 0 {
		return UResult{}, refuse("variance of both arms", 0, ErrZeroVariance)
	}
	r.Exact = !u.Approximate && ties == 0 && na*nb <= mostExactPairs
	if r.Exact {
		r.P, r.LogP = exactU(r.U, len(a), len(b), u.Alternative)
	} else {
		r.P, r.LogP = u.normal(r.U-na*nb/2, deviation)
		if min(na, nb) < 8 {
			r.Warnings = append(r.Warnings, Warning{SmallSample, "fewer than 8 values in an arm; the normal approximation of U is rough"})
		}
	}
	r.shift(a, b, normalQuantile(u.Alternative.tail(alpha))*deviation, u.Alternative)
	return r, nil
}

func (u UTest) normal(d, deviation float64) (p, logP float64) {
	correction := 0.5
	if u.Uncorrected {
		correction = 0
	}
	switch u.Alternative {
	case Greater:
		return NormalTail((d - correction) / deviation)
	case Less:
		return NormalTail((-d - correction) / deviation)
	}
	p, logP = NormalTail((math.Abs(d) - correction) / deviation)
	return min(1, 2*p), min(0, logP+math.Ln2)
}

// shift fills in the Hodges-Lehmann estimate and its interval: the differences
// whose ranks lie half from the middle. Lehmann (1975), 2.5.
func (r *UResult) shift(a, b []float64, half float64, alternative Alternative) {
	pairs := int64(len(a)) * int64(len(b))
	r.Shift = medianDifference(a, b, pairs)
	rank := int64(math.Floor(float64(pairs)/2 - half))
	r.Lower, r.Upper = math.Inf(-1), math.Inf(1)
	if rank >= 1 {
		r.Lower, r.Upper = nthDifference(a, b, rank-1), nthDifference(a, b, pairs-rank)
	}
	r.Lower, r.Upper = alternative.bounds(r.Lower, r.Upper)
}

// countBelow returns the number of pairs of sorted values with a + x < b, or
// a + x <= b. O(n + m).
func countBelow(a, b []float64, x float64, orEqual bool) int64 {
	count, i := int64(0), 0
	for _, v := range b {
		for i < len(a) && (v-a[i] > x || orEqual && v-a[i] == x) {
			i++
		}
		count += int64(i)
	}
	return count
}

// nthDifference returns the difference b - a of the given rank, from 0, among all
// pairs of sorted values: bisection over the bits of float64, each step O(n + m).
func nthDifference(a, b []float64, rank int64) float64 {
	low, high := order(b[0]-a[len(a)-1]), order(b[len(b)-1]-a[0])
	pairs := int64(len(a)) * int64(len(b))
	for low < high {
		middle := low&high + (low^high)>>1 // floor of the mean, without overflow
		// How many differences are at most this?
		if pairs-countBelow(a, b, disorder(middle), false) > rank {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return disorder(low)
}

// medianDifference returns the median of all differences.
func medianDifference(a, b []float64, pairs int64) float64 {
	low := nthDifference(a, b, (pairs-1)/2)
	if pairs%2 == 1 || pairs-countBelow(a, b, low, false) > pairs/2 {
		return low // the differences of both middle ranks are this one
	}
	next, i := math.Inf(1), 0
	for _, v := range b {
		for i < len(a) && v-a[i] > low {
			i++
		}
		if i > 0 {
			next = min(next, v-a[i-1])
		}
	}
	return low + (next-low)/2
}

// order maps float64 to int64 so that the order stays; disorder maps it back.
func order(x float64) int64 {
	bits := int64(math.Float64bits(x + 0)) // -0 becomes 0
	if bits < 0 {
		return math.MinInt64 - bits
	}
	return bits
}

func disorder(i int64) float64 {
	if i < 0 {
		i = math.MinInt64 - i
	}
	return math.Float64frombits(uint64(i))
}

// exactU returns the p value of U without ties. With P(u; i, j) the probability
// of U = u for i values of one arm and j of the other, the largest of all is one
// of the i with probability i/(i+j), and then exceeds all j:
// P(u; i, j) = [i·P(u-j; i-1, j) + j·P(u; i, j-1)]/(i+j). Mann & Whitney (1947).
func exactU(u float64, n, m int, alternative Alternative) (p, logP float64) {
	// The distribution is symmetric: the lower tail up to most is enough.
	all := n * m
	most := int(u)
	switch alternative {
	case Greater:
		most = all - most
	case TwoSided:
		most = min(most, all-most)
	}
	complement := most > all/2
	if complement { // the smaller side costs less and keeps its digits
		most = all - most - 1
	}
	rows := make([][]float64, m+1) // by j, for the i reached
	for j := range rows {
		rows[j] = make([]float64, most+1)
		if most >= 0 {
			rows[j][0] = 1
		}
	}
	for i := 1; i <= n; i++ {
		for j := 1; j <= m; j++ {
			row, left := rows[j], rows[j-1]
			share := float64(i) / float64(i+j)
			top := min(most, i*j)
			for v := top; v >= j; v-- {
				row[v] = float64(share*row[v-j]) + float64((1-share)*left[v])
			}
			for v := min(top, j-1); v >= 0; v-- {
				row[v] = (1 - share) * left[v]
			}
		}
	}
	for _, share := range rows[m] {
		p += share
	}
	if complement {
		p = 1 - p
	}
	if alternative == TwoSided {
		p *= 2
	}
	p = min(1, p)
	return p, math.Log(p)
}

// ranks returns the mid-ranks of b among all values and Σ(t³-t) over the ties;
// both inputs are sorted.
func ranks(a, b []float64) (ofB []float64, ties float64) {
	i, rank := 0, 0.0
	for j := 0; j < len(b) || i < len(a); {
		x := math.Inf(1)
		if i < len(a) {
			x = a[i]
		}
		if j < len(b) {
			x = min(x, b[j])
		}
		inA, inB := 0, 0
		for ; i < len(a) && a[i] == x; i++ {
			inA++
		}
		for ; j < len(b) && b[j] == x; j++ {
			inB++
		}
		t := float64(inA + inB)
		for range inB {
			ofB = append(ofB, rank+(t+1)/2)
		}
		rank += t
		ties += t*t*t - t
	}
	return ofB, ties
}
