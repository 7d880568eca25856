package supplier

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// VariablesPlan is acceptance sampling by a measured, normally distributed
// quantity, the k-method of ISO 3951: measure N units and accept the lot if the
// mean lies at least K standard deviations inside the limit.
type VariablesPlan struct {
	N int
	K float64
	// SigmaKnown says that the standard deviation of the process is known; else
	// the one of the sample stands for it.
	SigmaKnown bool
}

func (v VariablesPlan) check() error {
	least := 2
	if v.SigmaKnown {
		least = 1
	}
	if v.N < least || v.N > mostUnits {
		return refuse("sample size", v.N, ErrRange)
	}
	return between("k", v.K, -100, 100)
}

// AcceptAt returns the probability that a lot with the given fraction beyond the
// limit is accepted. With sigma known it is Φ(√n·(z - k)), z being the upper
// quantile of the fraction; else P(T > k·√n) for a non-central t variable with
// n - 1 degrees of freedom and non-centrality √n·z. Exact to ten digits; a few
// microseconds with sigma unknown.
func (v VariablesPlan) AcceptAt(fraction float64) (float64, error) {
	if err := v.check(); err != nil {
		return 0, err
	}
	if err := between("fraction defective", fraction, 0, 1); err != nil {
		return 0, err
	}
	switch fraction {
	case 0:
		return 1, nil
	case 1:
		return 0, nil
	}
	z := -normal.Quantile(fraction)
	root := math.Sqrt(float64(v.N))
	if v.SigmaKnown {
		return normal.Lower(root * (z - v.K)), nil
	}
	var s spread
	s.fill(v.N, v.K)
	p, _ := s.accept(z, v.K, false)
	return p, nil
}

// VariablesRange is a sample size with the acceptability constants that meet
// both points of a search: any from KMin to KMax.
type VariablesRange struct {
	N          int
	KMin, KMax float64
}

// Plan returns the plan with KMax, the strictest constant that the producer's
// point allows, as find.plan of R's AcceptanceSampling does.
func (r VariablesRange) Plan(sigmaKnown bool) VariablesPlan {
	return VariablesPlan{N: r.N, K: r.KMax, SigmaKnown: sigmaKnown}
}

// FindVariablesPlan returns the smallest sample size for which some k meets both
// points, with the range of these k. The error matches [ErrNoPlan] when the
// points contradict each other or are met only beyond a billion units.
func FindVariablesPlan(producer, consumer RiskPoint, sigmaKnown bool) (VariablesRange, error) {
	if err := checkRisks(producer, consumer); err != nil {
		return VariablesRange{}, err
	}
	for _, c := range []struct {
		what  string
		value float64
	}{
		{"producer quality", producer.Quality}, {"producer acceptance", producer.Accept},
		{"consumer quality", consumer.Quality}, {"consumer acceptance", consumer.Accept},
	} {
		if c.value == 0 || c.value == 1 {
			return VariablesRange{}, refuse(c.what, c.value, ErrNoPlan)
		}
	}
	zp, zc := -normal.Quantile(producer.Quality), -normal.Quantile(consumer.Quality)
	za, zb := normal.Quantile(producer.Accept), -normal.Quantile(consumer.Accept)
	known := func(n int) VariablesRange {
		root := math.Sqrt(float64(n))
		return VariablesRange{N: n, KMin: zc + zb/root, KMax: zp - za/root}
	}
	exact := math.Pow((za+zb)/(zp-zc), 2)
	if za+zb <= 0 {
		exact = 1
	}
	least, guess := 1, exact
	// meets reports whether some k meets both points, which is so if the largest
	// that the producer allows meets the consumer's.
	meets := func(n int) bool { r := known(n); return r.KMin <= r.KMax }
	var unknown *constants
	if !sigmaKnown {
		least = 2
		unknown = &constants{
			producer: producer, consumer: consumer, zp: zp, zc: zc, za: za, zb: zb,
			steep: math.Max(math.Abs(zp), math.Abs(zc)) + 0.5,
		}
		meets = func(n int) bool { return unknown.at(n).consumed <= consumer.Accept }
		if za+zb > 0 {
			// Wallis's approximation: an unknown sigma costs the factor 1 + k²/2.
			k := (zp*zb + zc*za) / (za + zb)
			guess = exact * (1 + k*k/2)
		}
		// The distance of the points in deviations grows with √n, so that one look tells
		// about which n is enough.
		for range 2 {
			n := max(least, int(math.Ceil(guess)))
			if za+zb <= 0 || guess > 1e6 {
				break
			}
			q := -normal.Quantile(unknown.at(n).consumed)
			if !(za+q > 0) || math.IsInf(q, 1) {
				break
			}
			next := float64(n) * math.Pow((za+zb)/(za+q), 2)
			if guess = math.Ceil(next - 1e-9); math.Abs(guess-float64(n)) <= 1 {
				break
			}
		}
	}
	if guess > mostUnits/2 {
		return VariablesRange{}, refuse("sample size", guess, ErrNoPlan)
	}
	// Gallop away from the guess until the answer lies between low, which does not
	// meet them, and high, which does; then halve.
	low, high := least-1, max(least, int(guess))
	for step := 1; !meets(high); step *= 2 {
		low = high
		high += step
		if high > mostUnits {
			return VariablesRange{}, refuse("sample size", high, ErrNoPlan)
		}
	}
	for step := 1; low < high-1; step *= 2 {
		n := max(low+1, high-step)
		if !meets(n) {
			low = n
			break
		}
		high = n
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		if meets(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	if sigmaKnown {
		return known(high), nil
	}
	return VariablesRange{N: high, KMin: unknown.least(high), KMax: unknown.at(high).strictest}, nil
}

// Limits are the specification limits of a measured quantity; nil is none.
type Limits struct {
	Lower, Upper *float64
}

// Measured is the result of a variables plan for one sample.
type Measured struct {
	Mean, SD float64
	// Lower and Upper are the quality statistics (mean - L)/s and (U - mean)/s,
	// nil for a limit that is not set.
	Lower, Upper *float64
	// Accept is whether each of them is at least k.
	Accept bool
}

// Judge measures a sample against limits. sigma is the known standard deviation
// of the process; it is read only if the plan says that it is known. The sample
// must have N values. With two limits each is judged on its own, which is right
// where only one of them can be missed at a time.
func (v VariablesPlan) Judge(sample []float64, limits Limits, sigma float64) (Measured, error) {
	if err := v.check(); err != nil {
		return Measured{}, err
	}
	if len(sample) != v.N {
		return Measured{}, refuse("sample size", len(sample), ErrInput)
	}
	if limits.Lower == nil && limits.Upper == nil {
		return Measured{}, refuse("limits", "none", ErrInput)
	}
	for i, x := range sample {
		if err := indexed("sample", i, x, -1e100, 1e100); err != nil {
			return Measured{}, err
		}
	}
	m := Measured{Accept: true}
	m.Mean, m.SD = meanSD(sample)
	s := m.SD
	if v.SigmaKnown {
		s = sigma
	}
	if !(s > 0) || math.IsInf(s, 1) {
		return Measured{}, refuse("standard deviation", s, ErrRange)
	}
	quality := func(name string, limit *float64, sign float64) (*float64, error) {
		if limit == nil {
			return nil, nil
		}
		if err := between(name, *limit, -1e100, 1e100); err != nil {
			return nil, err
		}
		q := sign * (m.Mean - *limit) / s
		m.Accept = m.Accept && q >= v.K
		return &q, nil
	}
	var err error
	if m.Lower, err = quality("lower limit", limits.Lower, 1); err != nil {
		return Measured{}, err
	}
	if m.Upper, err = quality("upper limit", limits.Upper, -1); err != nil {
		return Measured{}, err
	}
	return m, nil
}

// meanSD returns the mean and the standard deviation with n - 1, zero for one
// value, in two passes.
func meanSD(x []float64) (mean, sd float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	if len(x) < 2 {
		return mean, 0
	}
	ss := 0.0
	for _, v := range x {
		ss += float64((v - mean) * (v - mean))
	}
	return mean, math.Sqrt(ss / float64(len(x)-1))
}
