package experiment

import (
	"math"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// compareRates compares two rates. Where one arm has so few successes or failures
// that the normal approximation is rough, the p value is no less than that of
// Fisher's exact test.
func (p *Plan) compareRates(control, treatment stats.Proportion) (stats.Result, error) {
	r, err := stats.TwoProportions{Alpha: p.Alpha}.Test(control, treatment)
	if err != nil || !smallSample(&r) {
		return r, err
	}
	exact, logExact, err := stats.Fisher{}.Test(control, treatment)
	if err != nil {
		return stats.Result{}, err
	}
	for _, e := range []*stats.Effect{&r.Absolute, r.Relative} {
		if e != nil && exact > e.P {
			e.P, e.LogP = exact, logExact
		}
	}
	return r, nil
}

func smallSample(r *stats.Result) bool {
	for _, w := range r.Warnings {
		if w.Kind == stats.SmallSample {
			return true
		}
	}
	return false
}

// leastP returns the least p value that an exact test can find in arms of these
// sizes: nothing smaller is shown, whatever an approximation says. For rates it is
// that of Fisher's test where the approximation is rough, else one of the two most
// extreme of all ways to deal the units out to the arms.
func leastP(m Metric, r *stats.Result) float64 {
	if m.Kind == Conversion && m.Per == "" && m.Before == 0 && smallSample(r) {
		return exactP(r)
	}
	logWays := 0.0 // of n! / (a! b!)
	small, n := min(r.Control.N, r.Treatment.N), r.Control.N+r.Treatment.N
	for i := int64(1); i <= small && logWays < 50; i++ {
		logWays += math.Log(float64(n-small+i) / float64(i))
	}
	return math.Exp(math.Ln2 - logWays)
}

// exactP is Fisher's p value for the rates of a result.
func exactP(r *stats.Result) float64 {
	rate := func(s stats.Sample) stats.Proportion {
		return stats.Proportion{Successes: int64(math.Round(s.Mean * float64(s.N))), Trials: s.N}
	}
	p, _, err := stats.Fisher{}.Test(rate(r.Control), rate(r.Treatment))
	if err != nil {
		return 1
	}
	return p
}
