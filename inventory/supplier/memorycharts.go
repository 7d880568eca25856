package supplier

import "math"

// EWMA is a chart of the exponentially weighted moving average: it sees small
// lasting shifts that single points hide. Montgomery (2013), 9.2.
type EWMA struct {
	// Target is where the average starts and Sigma the deviation of a value.
	Target, Sigma float64
	// Lambda is the weight of the latest value, in (0, 1], Width the distance of
	// the limits in deviations of the average. Zeros are 0.2 and 3.
	Lambda, Width float64
}

func (e EWMA) withDefaults() EWMA {
	if e.Lambda == 0 {
		e.Lambda = 0.2
	}
	if e.Width == 0 {
		e.Width = 3
	}
	return e
}

func checkProcess(target, sigma float64) error {
	if err := between("target", target, -1e100, 1e100); err != nil {
		return err
	}
	if !(sigma > 0 && sigma <= 1e100) {
		return refuse("sigma", sigma, ErrRange)
	}
	return nil
}

// Stream returns the chart as one that takes a value at a time.
func (e EWMA) Stream() (*EWMAStream, error) {
	e = e.withDefaults()
	if err := checkProcess(e.Target, e.Sigma); err != nil {
		return nil, err
	}
	if !(e.Lambda > 0 && e.Lambda <= 1) {
		return nil, refuse("lambda", e.Lambda, ErrRange)
	}
	if !(e.Width > 0 && e.Width <= 100) {
		return nil, refuse("width", e.Width, ErrRange)
	}
	return &EWMAStream{chart: e, z: e.Target, left: 1, keep: (1 - e.Lambda) * (1 - e.Lambda), most: e.Lambda / (2 - e.Lambda)}, nil
}

// EWMAStream is an [EWMA] in progress. It belongs to one goroutine at a time.
type EWMAStream struct {
	chart            EWMA
	z                float64
	left, keep, most float64
	reach            float64
}

// Next takes a value and returns the average with its exact limits, which widen
// towards their asymptote, and whether it is beyond them. A value that is not
// finite is ignored: the point before is returned again. O(1), no allocation.
func (s *EWMAStream) Next(value float64) (z float64, limits Band, out bool) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return s.z, s.limits(), false
	}
	s.z = float64(s.chart.Lambda*value) + float64((1-s.chart.Lambda)*s.z)
	if s.left > 0 {
		if s.left *= s.keep; s.left < 1e-17 {
			s.left = 0 // what is left does not change the limits
		}
		s.reach = s.chart.Width * s.chart.Sigma * math.Sqrt(s.most*(1-s.left))
	}
	limits = s.limits()
	return s.z, limits, s.z < limits.Lower || s.z > limits.Upper
}

func (s *EWMAStream) limits() Band {
	return Band{s.chart.Target, s.chart.Target - s.reach, s.chart.Target + s.reach}
}

// CUSUM is the tabular cumulative sum chart: the fastest to see a shift of about
// 2·K deviations. Montgomery (2013), 9.1.
type CUSUM struct {
	Target, Sigma float64
	// K is the allowance and H the decision interval, both in sigma. Zeros are 0.5
	// and 5.
	K, H float64
}

// Stream returns the chart as one that takes a value at a time.
func (c CUSUM) Stream() (*CUSUMStream, error) {
	if c.K == 0 {
		c.K = 0.5
	}
	if c.H == 0 {
		c.H = 5
	}
	if err := checkProcess(c.Target, c.Sigma); err != nil {
		return nil, err
	}
	if !(c.K > 0 && c.K <= 100) {
		return nil, refuse("k", c.K, ErrRange)
	}
	if !(c.H > 0 && c.H <= 1e6) {
		return nil, refuse("h", c.H, ErrRange)
	}
	return &CUSUMStream{chart: c}, nil
}

// CUSUMStream is a [CUSUM] in progress. It belongs to one goroutine at a time.
type CUSUMStream struct {
	chart        CUSUM
	upper, lower float64
}

// Next takes a value and returns both sums, in sigma, and whether one exceeds H.
// The sums are not reset by a signal; see [CUSUMStream.Reset]. A value that is not
// finite is ignored. O(1), no allocation.
func (s *CUSUMStream) Next(value float64) (upper, lower float64, signal bool) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return s.upper, s.lower, false
	}
	z := (value - s.chart.Target) / s.chart.Sigma
	s.upper = math.Max(0, s.upper+z-s.chart.K)
	s.lower = math.Max(0, s.lower-z-s.chart.K)
	return s.upper, s.lower, s.upper > s.chart.H || s.lower > s.chart.H
}

// Reset starts over, as after the cause of a signal was removed.
func (s *CUSUMStream) Reset() { s.upper, s.lower = 0, 0 }
