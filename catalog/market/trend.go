package market

import (
	"math"
	"slices"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// Trend is the result of [MannKendall].
type Trend struct {
	// S is the number of rising pairs less that of falling ones.
	S int64
	// Variance of S without a trend, corrected for ties.
	Variance float64
	// Z is S with a continuity correction over its deviation, P its two-sided p
	// value.
	Z, P float64
	// TauB is Kendall's rank correlation with time, 0 for a constant series.
	TauB float64
	// Slope is Sen's: the median of the slopes of all pairs, per step.
	Slope float64
}

// MannKendall tests values at equal distances for a monotone trend of any form,
// and estimates its slope. Mann (1945), Kendall (1975), Sen (1968). Values that
// depend on those before, such as those with a season, make the p value too
// small. It wants two values. O(n log n), beyond 2000 values with some hundred
// passes for the slope.
func MannKendall(values []float64) (Trend, error) {
	if err := checkSeries(values, 2); err != nil {
		return Trend{}, err
	}
	n := int64(len(values))
	pairs := n * (n - 1) / 2
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	var ties int64
	correction := 0.0
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		t := int64(j - i)
		ties += t * (t - 1) / 2
		correction += float64(t) * float64(t-1) * float64(2*t+5)
		i = j
	}
	falling := inversions(values)
	s := Trend{S: pairs - ties - 2*falling}
	m := float64(n)
	s.Variance = (m*(m-1)*(2*m+5) - correction) / 18
	if s.Variance > 0 {
		switch {
		case s.S > 0:
			s.Z = float64(s.S-1) / math.Sqrt(s.Variance)
		case s.S < 0:
			s.Z = float64(s.S+1) / math.Sqrt(s.Variance)
		}
	}
	s.P = math.Min(1, 2*normal.Upper(math.Abs(s.Z)))
	if pairs > ties {
		s.TauB = float64(s.S) / math.Sqrt(float64(pairs-ties)*float64(pairs))
	}
	s.Slope = senSlope(values)
	return s, nil
}

// inversions counts pairs i < j with values[i] > values[j], by merging.
func inversions(values []float64) int64 {
	a, b := slices.Clone(values), make([]float64, len(values))
	var count int64
	for width := 1; width < len(a); width *= 2 {
		for low := 0; low < len(a); low += 2 * width {
			mid, high := min(low+width, len(a)), min(low+2*width, len(a))
			i, j := low, mid
			for k := low; k < high; k++ {
				if i < mid && (j >= high || a[i] <= a[j]) {
					b[k] = a[i]
					i++
				} else {
					b[k] = a[j]
					j++
					count += int64(mid - i)
				}
			}
		}
		a, b = b, a
	}
	return count
}

func senSlope(values []float64) float64 {
	n := len(values)
	if n <= 2000 {
		slopes := make([]float64, 0, n*(n-1)/2)
		for i := range values {
			for j := i + 1; j < n; j++ {
				slopes = append(slopes, (values[j]-values[i])/float64(j-i))
			}
		}
		slices.Sort(slopes)
		return middle(slopes)
	}
	// The number of slopes below s is that of inversions of values - s·i.
	pairs := int64(n) * int64(n-1) / 2
	shifted := make([]float64, n)
	below := func(s float64) int64 {
		for i, x := range values {
			shifted[i] = x - float64(s*float64(i))
		}
		return inversions(shifted)
	}
	steepest := 0.0
	for i := 1; i < n; i++ {
		steepest = math.Max(steepest, math.Abs(values[i]-values[i-1]))
	}
	order := func(k int64) float64 { // the k-th smallest slope, from 0
		low, high := -steepest, steepest
		for range 90 {
			s := low + (high-low)/2
			if s == low || s == high {
				break
			}
			if below(s) > k {
				high = s
			} else {
				low = s
			}
		}
		return low + (high-low)/2
	}
	if pairs%2 == 1 {
		return order(pairs / 2)
	}
	return (order(pairs/2-1) + order(pairs/2)) / 2
}
