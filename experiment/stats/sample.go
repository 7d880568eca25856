package stats

import "math"

// Sample is what a comparison of means needs to know of one arm: how many
// units, their mean and the variance of one unit. [Moments], [Proportion] and
// [Ratio] each give one.
type Sample struct {
	N        int64   `json:"n"`
	Mean     float64 `json:"mean"`
	Variance float64 `json:"variance"`
}

// SampleOf returns the Sample with a given standard deviation, as reports
// usually state it.
func SampleOf(n int64, mean, standardDeviation float64) Sample {
	return Sample{N: n, Mean: mean, Variance: standardDeviation * standardDeviation}
}

// StandardError returns the standard error of the mean.
func (s Sample) StandardError() float64 { return math.Sqrt(s.Variance / float64(s.N)) }

func (s Sample) check(arm string) error {
	switch {
	case s.N < 0:
		return refuse(arm+" size", float64(s.N), ErrNegative)
	case s.N == 0:
		return refuse(arm+" size", 0, ErrEmptyArm)
	case s.N == 1:
		return refuse(arm+" size", 1, ErrTooFew)
	case s.N > mostCount:
		return refuse(arm+" size", float64(s.N), ErrBeyond)
	case !finite(s.Mean):
		return refuse(arm+" mean", s.Mean, ErrNotANumber)
	case !finite(s.Variance):
		return refuse(arm+" variance", s.Variance, ErrNotANumber)
	case s.Variance < 0:
		return refuse(arm+" variance", s.Variance, ErrNegative)
	case math.Abs(s.Mean) > mostValue:
		return refuse(arm+" mean", s.Mean, ErrBeyond)
	case s.Variance > mostValue*mostValue:
		return refuse(arm+" variance", s.Variance, ErrBeyond)
	}
	return nil
}

// Numbers beyond these are refused, so that no square or product overflows and
// counts are exact as float64.
const (
	mostValue = 1e100
	mostCount = 1 << 53
)

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Moments is a running mean and variance of one variable, by Welford's method:
// one pass, no cancellation. Days or shards are combined with Merge and taken
// away again with Remove. The zero value holds nothing.
//
// Welford (1962); merging: Chan, Golub & LeVeque (1979), equation 2.1.
type Moments struct {
	N    int64   `json:"n"`
	Mean float64 `json:"mean"`
	// M2 is the sum of squared deviations from the mean.
	M2 float64 `json:"m2"`
}

// MomentsOf returns the moments of the given values.
func MomentsOf(values ...float64) Moments {
	var m Moments
	for _, x := range values {
		m.Add(x)
	}
	return m
}

// MomentsFromSums returns the moments of n values known by their sum and sum of
// squares. The subtraction inside loses digits when the mean is large beside
// the standard deviation; [Moments.Add] does not. Sums that no values have, such as
// a sum of squares below sum²/n, give a negative M2, which every test refuses.
func MomentsFromSums(n int64, sum, sumOfSquares float64) Moments {
	if n == 0 {
		return Moments{}
	}
	mean := sum / float64(n)
	return Moments{N: n, Mean: mean, M2: notBelow(math.FMA(-mean, sum, sumOfSquares), sumOfSquares)}
}

// notBelow returns zero for what rounding took below it, in numbers of the size of
// scale, and else x.
func notBelow(x, scale float64) float64 {
	const digitsLost = 1e-9
	if x < 0 && -x <= digitsLost*math.Abs(scale) {
		return 0
	}
	return x
}

// Add counts one more value.
func (m *Moments) Add(x float64) {
	m.N++
	d := x - m.Mean
	m.Mean += d / float64(m.N)
	m.M2 += float64(d * (x - m.Mean))
}

// Merge counts all values of o.
func (m *Moments) Merge(o Moments) {
	switch {
	case o.N == 0:
		return
	case m.N == 0:
		*m = o
		return
	}
	n := m.N + o.N
	d := o.Mean - m.Mean
	m.M2 += o.M2 + float64(d*d)*(float64(m.N)*float64(o.N)/float64(n))
	m.Mean += d * (float64(o.N) / float64(n))
	m.N = n
}

// Remove takes the values of o, which were counted before, away again. It
// reports an [*InputError] and changes nothing when m has fewer values than o.
func (m *Moments) Remove(o Moments) error {
	n := m.N - o.N
	switch {
	case n < 0:
		return refuse("remaining size", float64(n), ErrNegative)
	case n == 0:
		*m = Moments{}
		return nil
	}
	mean := m.Mean + (m.Mean-o.Mean)*(float64(o.N)/float64(n))
	d := o.Mean - mean
	m.M2 = max(0, m.M2-o.M2-float64(d*d)*(float64(n)*float64(o.N)/float64(m.N)))
	m.N, m.Mean = n, mean
	return nil
}

// Sum returns the sum of the values.
func (m Moments) Sum() float64 { return m.Mean * float64(m.N) }

// Variance returns the unbiased variance, with divisor N-1; 0 for fewer than
// two values.
func (m Moments) Variance() float64 {
	if m.N < 2 {
		return 0
	}
	return m.M2 / float64(m.N-1)
}

// Sample returns what a comparison needs.
func (m Moments) Sample() Sample { return Sample{N: m.N, Mean: m.Mean, Variance: m.Variance()} }

// Proportion counts successes among trials, each unit being one trial.
type Proportion struct {
	Successes int64 `json:"successes"`
	Trials    int64 `json:"trials"`
}

// Rate returns the share of successes, 0 without trials.
func (p Proportion) Rate() float64 {
	if p.Trials == 0 {
		return 0
	}
	return float64(p.Successes) / float64(p.Trials)
}

// Sample returns the proportion as a mean with variance p(1-p).
func (p Proportion) Sample() Sample {
	r := p.Rate()
	return Sample{N: p.Trials, Mean: r, Variance: r * (1 - r)}
}

func (p Proportion) check(arm string) error {
	switch {
	case p.Trials < 0:
		return refuse(arm+" trials", float64(p.Trials), ErrNegative)
	case p.Trials == 0:
		return refuse(arm+" trials", 0, ErrEmptyArm)
	case p.Successes < 0:
		return refuse(arm+" successes", float64(p.Successes), ErrNegative)
	case p.Successes > p.Trials:
		return refuse(arm+" successes", float64(p.Successes), ErrBeyond)
	case p.Trials > mostCount:
		return refuse(arm+" trials", float64(p.Trials), ErrBeyond)
	}
	return nil
}
