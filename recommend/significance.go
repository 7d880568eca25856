package recommend

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Difference is how far a model is ahead of another on the same questions.
type Difference struct {
	// Mean is the mean of a − b.
	Mean float64
	// Lower and Upper hold it with 95 % confidence.
	Lower, Upper float64
	// P is how often chance alone would give a mean at least as far from 0.
	P float64
}

// Significant reports whether the interval leaves out 0.
func (d Difference) Significant() bool { return d.Lower > 0 || d.Upper < 0 }

// PairedBootstrap compares two models by a metric of each question, as in
// Outcome.NDCGs: it draws the questions again with repetition, n times, and takes the
// percentiles of the means (Efron and Tibshirani 1993, chapter 13). P is twice the
// smaller share of means on either side of 0. Same seed, same result. O(n·questions).
func PairedBootstrap(a, b []float64, n int, seed uint64) (Difference, error) {
	d, err := differences(a, b, n)
	if err != nil {
		return Difference{}, err
	}
	means := make([]float64, n)
	parallel(n, func() struct{} { return struct{}{} }, func(i int, _ struct{}) {
		state := mix(seed ^ mix(uint64(i)))
		var sum float64
		for range d {
			state = mix(state)
			sum += d[state%uint64(len(d))]
		}
		means[i] = sum / float64(len(d))
	})
	slices.Sort(means)
	out := Difference{Mean: sum(d) / float64(len(d)), Lower: percentile(means, 0.025), Upper: percentile(means, 0.975)}
	below, _ := slices.BinarySearch(means, 0)
	above := n - below
	for above > 0 && means[n-above] == 0 {
		above--
	}
	out.P = min(1, 2*float64(1+min(n-below, n-above))/float64(n+1))
	return out, nil
}

// PermutationTest compares two models like [PairedBootstrap], by swapping the two
// values of each question at random, n times: P is the share of swapped means at least
// as far from 0 as the real one, itself included (Phipson and Smyth 2010). Lower and
// Upper are the range in which 95 % of the swapped means are, around 0.
func PermutationTest(a, b []float64, n int, seed uint64) (Difference, error) {
	d, err := differences(a, b, n)
	if err != nil {
		return Difference{}, err
	}
	mean := sum(d) / float64(len(d))
	means := make([]float64, n)
	parallel(n, func() struct{} { return struct{}{} }, func(i int, _ struct{}) {
		state := mix(seed ^ mix(uint64(i)))
		var sum float64
		for _, v := range d {
			if state = mix(state); state&1 == 0 {
				v = -v
			}
			sum += v
		}
		means[i] = sum / float64(len(d))
	})
	slices.Sort(means)
	out := Difference{Mean: mean, Lower: percentile(means, 0.025), Upper: percentile(means, 0.975)}
	far := 1
	for _, m := range means {
		if math.Abs(m) >= math.Abs(mean)-1e-15 {
			far++
		}
	}
	out.P = float64(far) / float64(n+1)
	return out, nil
}

// differences checks the arguments of a comparison.
func differences(a, b []float64, n int) ([]float64, error) {
	switch {
	case len(a) != len(b):
		return nil, fmt.Errorf("recommend: %d questions beside %d: %w", len(a), len(b), flywheel.ErrInvalid)
	case len(a) == 0:
		return nil, fmt.Errorf("recommend: no questions to compare: %w", flywheel.ErrInvalid)
	case n < 1:
		return nil, fmt.Errorf("recommend: %d repetitions: %w", n, flywheel.ErrOutOfRange)
	}
	d := make([]float64, len(a))
	for i := range a {
		if d[i] = a[i] - b[i]; math.IsNaN(d[i]) || math.IsInf(d[i], 0) {
			return nil, fmt.Errorf("recommend: question %d: not a number: %w", i, flywheel.ErrInvalid)
		}
	}
	return d, nil
}

// percentile returns a quantile of sorted values.
func percentile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + float64((at-float64(low))*(sorted[high]-sorted[low]))
}
