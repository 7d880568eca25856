package stats

import (
	"fmt"
	"math"
	"slices"
)

// Anova tests that k means are equal. The zero value allows unequal variances, by
// Welch (1951).
type Anova struct {
	// EqualVariances pools the variances: the classic test of Fisher (1925).
	EqualVariances bool
}

// AnovaResult is the outcome of an [Anova].
type AnovaResult struct {
	F    float64 `json:"f"`
	DF1  float64 `json:"df1"` // arms less one
	DF2  float64 `json:"df2"`
	P    float64 `json:"p"`
	LogP float64 `json:"log_p"`
}

// Test compares the arms. A significant result says that some arm differs, not
// which. The error is an [*InputError].
func (t Anova) Test(arms ...Sample) (AnovaResult, error) {
	if len(arms) < 2 {
		return AnovaResult{}, refuse("number of arms", float64(len(arms)), ErrShape)
	}
	k := float64(len(arms))
	n, within := 0.0, 0.0
	for i, a := range arms {
		name := fmt.Sprintf("arms[%d]", i)
		if err := a.check(name); err != nil {
			return AnovaResult{}, err
		}
		if a.Variance == 0 && !t.EqualVariances {
			return AnovaResult{}, refuse(name+" variance", 0, ErrZeroVariance)
		}
		n += float64(a.N)
		within += a.Variance * float64(a.N-1)
	}
	if within == 0 {
		return AnovaResult{}, refuse("variance of all arms", 0, ErrZeroVariance)
	}
	weight := func(a Sample) float64 {
		if t.EqualVariances {
			return float64(a.N)
		}
		return float64(a.N) / a.Variance
	}
	mean, total := 0.0, 0.0
	for _, a := range arms {
		total += weight(a)
		mean += weight(a) * a.Mean
	}
	mean /= total
	between := 0.0
	for _, a := range arms {
		between += weight(a) * (a.Mean - mean) * (a.Mean - mean)
	}
	r := AnovaResult{DF1: k - 1}
	if t.EqualVariances {
		r.DF2 = n - k
		r.F = between / r.DF1 / (within / r.DF2)
	} else {
		spread := 0.0
		for _, a := range arms {
			rest := 1 - weight(a)/total
			spread += rest * rest / float64(a.N-1)
		}
		r.DF2 = (k*k - 1) / (3 * spread)
		r.F = between / r.DF1 / (1 + 2*(k-2)/(k*k-1)*spread)
	}
	if !finite(r.F) {
		return AnovaResult{}, refuse("F", r.F, ErrNotANumber)
	}
	r.P, r.LogP = FTail(r.F, r.DF1, r.DF2)
	return r, nil
}

// KruskalResult is the outcome of [KruskalWallis].
type KruskalResult struct {
	H    float64 `json:"h"`
	DF   float64 `json:"df"`
	P    float64 `json:"p"`
	LogP float64 `json:"log_p"`
}

// KruskalWallis tests from ranks that k arms have the same distribution, with the
// correction for ties. Kruskal & Wallis (1952). The values are left as they are.
// O(n log n). The error is an [*InputError].
func KruskalWallis(arms ...[]float64) (KruskalResult, error) {
	if len(arms) < 2 {
		return KruskalResult{}, refuse("number of arms", float64(len(arms)), ErrShape)
	}
	for i, values := range arms {
		if err := checkValues(fmt.Sprintf("arms[%d]", i), values); err != nil {
			return KruskalResult{}, err
		}
	}
	all := slices.Concat(arms...)
	slices.Sort(all)
	n := float64(len(all))
	sum, ties := 0.0, 0.0
	for _, values := range arms {
		rankSum := 0.0
		for _, x := range values {
			low, _ := slices.BinarySearch(all, x)
			high := low + equalFrom(all[low:])
			rankSum += float64(low+high+1) / 2
		}
		sum += rankSum / float64(len(values)) * rankSum
	}
	for i := 0; i < len(all); {
		t := equalFrom(all[i:])
		ties += float64(t) * (float64(t)*float64(t) - 1)
		i += t
	}
	correction := 1 - ties/(n*(n*n-1))
	if correction == 0 {
		return KruskalResult{}, refuse("variance of the ranks", 0, ErrZeroVariance)
	}
	r := KruskalResult{DF: float64(len(arms) - 1)}
	r.H = max(0, (12/(n*(n+1))*sum-3*(n+1))/correction)
	r.P, r.LogP = ChiSquareTail(r.H, r.DF)
	return r, nil
}

// equalFrom returns how many values at the start of sorted are equal.
func equalFrom(sorted []float64) int {
	// Doubling, then bisection, so that long ties cost little.
	high := 1
	for high < len(sorted) && sorted[high] == sorted[0] {
		high *= 2
	}
	low := high / 2
	high = min(high, len(sorted))
	for low < high {
		if middle := (low + high) / 2; sorted[middle] == sorted[0] {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return int(math.Max(1, float64(low)))
}
