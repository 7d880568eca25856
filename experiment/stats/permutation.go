package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Permutation tests that the arms do not differ at all by dealing the units to
// the arms again: exact at any size for any statistic. The same seed gives the
// same p value on every machine. Pitman (1937). The zero value is the two-sided
// test of the difference of means by 9,999 permutations.
type Permutation struct {
	Alternative  Alternative
	Permutations int // 0 means 9,999
	Seed         uint64
	// Statistic is what is compared; nil means [MeanDifference]. It must not
	// change or keep its arguments.
	Statistic func(control, treatment []float64) float64
}

// PermutationResult is the outcome of a [Permutation] test.
type PermutationResult struct {
	Statistic float64 `json:"statistic"`
	// P counts the observed order among the permutations, so that it is never
	// zero and the test never rejects too often. Phipson & Smyth (2010).
	P float64 `json:"p"`
	// Error is the Monte Carlo standard error of P.
	Error float64 `json:"error"`
}

// Test compares the values, which it leaves as they are. Two-sided, statistics
// far from zero on either side count. O(permutations·n). The error is an
// [*InputError].
func (p Permutation) Test(control, treatment []float64) (PermutationResult, error) {
	if err := p.Alternative.check(); err != nil {
		return PermutationResult{}, err
	}
	if err := checkValues("control", control); err != nil {
		return PermutationResult{}, err
	}
	if err := checkValues("treatment", treatment); err != nil {
		return PermutationResult{}, err
	}
	permutations := p.Permutations
	if permutations == 0 {
		permutations = 9999
	}
	if permutations < 1 || permutations > mostResamples {
		return PermutationResult{}, refuse("permutations", float64(permutations), ErrBeyond)
	}
	statistic := p.Statistic
	if statistic == nil {
		statistic = MeanDifference
	}
	extreme := func(x float64) float64 {
		switch p.Alternative {
		case Greater:
			return x
		case Less:
			return -x
		}
		return math.Abs(x)
	}
	r := PermutationResult{Statistic: statistic(control, treatment)}
	if !finite(r.Statistic) {
		return PermutationResult{}, refuse("statistic", r.Statistic, ErrNotANumber)
	}
	all := slices.Concat(control, treatment)
	// Orders that differ only in rounding count as equal.
	limit := extreme(r.Statistic) - 1e-12*(math.Abs(r.Statistic)+spread(all)*1e-3)
	random := rand.New(rand.NewPCG(p.Seed, 1))
	count := 1.0
	for range permutations {
		for i := len(all) - 1; i > 0; i-- {
			j := random.IntN(i + 1)
			all[i], all[j] = all[j], all[i]
		}
		if x := statistic(all[:len(control)], all[len(control):]); extreme(x) >= limit {
			count++
		}
	}
	n := float64(permutations) + 1
	r.P = count / n
	r.Error = math.Sqrt(r.P * (1 - r.P) / n)
	return r, nil
}

func spread(values []float64) float64 { return slices.Max(values) - slices.Min(values) }
