package market

import (
	"math"
	"slices"
)

// BayesianChange is the law of a stream of normal values with known variance whose
// mean is redrawn, from a normal prior, at each change; changes come with a
// constant probability per step. Adams and MacKay (2007), Bayesian Online
// Changepoint Detection.
type BayesianChange struct {
	// Hazard is the probability of a change after a value.
	Hazard                                  float64
	PriorMean, PriorVariance, NoiseVariance float64
	// Forget drops run lengths whose probability is below it and that are longer
	// than all that are not; 0 keeps all, so that each value costs O(values so far).
	// 1e-9 keeps some hundreds.
	Forget float64
}

// Stream returns the posterior before the first value.
func (b BayesianChange) Stream() (*BayesianStream, error) {
	switch {
	case !(b.Hazard > 0 && b.Hazard < 1):
		return nil, refuse("hazard", b.Hazard, ErrRange)
	case !(b.PriorVariance > 0 && b.PriorVariance <= 1e100):
		return nil, refuse("prior variance", b.PriorVariance, ErrRange)
	case !(b.NoiseVariance > 0 && b.NoiseVariance <= 1e100):
		return nil, refuse("noise variance", b.NoiseVariance, ErrRange)
	case !(b.Forget >= 0 && b.Forget < 0.01):
		return nil, refuse("forget", b.Forget, ErrRange)
	}
	if err := finite("prior mean", b.PriorMean); err != nil {
		return nil, err
	}
	return &BayesianStream{law: b, p: []float64{1}, sum: []float64{0}}, nil
}

// BayesianStream is the posterior of the run length: how many values there are
// since the last change. It belongs to one goroutine at a time.
type BayesianStream struct {
	law      BayesianChange
	p        []float64 // of run length r
	sum      []float64 // of the last r values less the prior mean
	evidence float64
}

// Next takes a value; one that is not finite is an error that changes nothing.
// O(run lengths kept).
func (s *BayesianStream) Next(value float64) error {
	if err := finite("value", value); err != nil {
		return err
	}
	x := value - s.law.PriorMean
	n := len(s.p)
	logs, most := make([]float64, n), math.Inf(-1)
	for r, p := range s.p {
		// The mean of a run of r values has the posterior precision below.
		precision := 1/s.law.PriorVariance + float64(r)/s.law.NoiseVariance
		mean := s.sum[r] / s.law.NoiseVariance / precision
		variance := s.law.NoiseVariance + 1/precision
		d := x - mean
		logs[r] = math.Log(p) - 0.5*(math.Log(2*math.Pi*variance)+d*d/variance)
		most = math.Max(most, logs[r])
	}
	total := 0.0
	for r := range logs {
		logs[r] = math.Exp(logs[r] - most)
		total += logs[r]
	}
	s.evidence += most + math.Log(total)
	p, sum := make([]float64, n+1), make([]float64, n+1)
	for r, w := range logs {
		w /= total
		p[0] += float64(w * s.law.Hazard)
		p[r+1] = w * (1 - s.law.Hazard)
		sum[r+1] = s.sum[r] + x
	}
	if s.law.Forget > 0 {
		keep := len(p)
		for keep > 1 && p[keep-1] < s.law.Forget {
			keep--
		}
		if keep < len(p) {
			p, sum = p[:keep], sum[:keep]
			left := 0.0
			for _, w := range p {
				left += w
			}
			for r := range p {
				p[r] /= left
			}
		}
	}
	s.p, s.sum = p, sum
	return nil
}

// RunLengths returns the probability of each run length from 0, which means that
// a change lies right after the last value.
func (s *BayesianStream) RunLengths() []float64 { return slices.Clone(s.p) }

// MostLikely returns the most likely run length, the smaller of equals.
func (s *BayesianStream) MostLikely() int {
	best := 0
	for r, p := range s.p {
		if p > s.p[best] {
			best = r
		}
	}
	return best
}

// ChangedWithin returns the probability that the last change lies at most so many
// values back.
func (s *BayesianStream) ChangedWithin(values int) float64 {
	sum := 0.0
	for r := 0; r <= values && r < len(s.p); r++ {
		sum += s.p[r]
	}
	return math.Min(1, sum)
}

// LogEvidence returns the logarithm of the density of all values under the law: the
// larger it is, the better its settings fit.
func (s *BayesianStream) LogEvidence() float64 { return s.evidence }
