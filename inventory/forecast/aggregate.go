package forecast

import "math"

// ADIDA forecasts intermittent demand after adding it up in buckets as long as
// the mean interval between demands, which removes most zeros: simple
// exponential smoothing of the buckets, divided by their length (Nikolopoulos,
// Syntetos, Boylan, Petropoulos & Assimakopoulos, 2011). The oldest periods
// that fill no bucket are left out. Parameters are "bucket", its length, and
// "alpha", between 0.1 and 0.3. Fitted values and Sigma are those of the flat
// rate, since a bucket says nothing about one period.
type ADIDA struct{}

// IMAPA is the average of the forecasts of [ADIDA] for every length of bucket
// from 1 to the mean interval between demands (Petropoulos & Kourentzes, 2015).
// Its parameters are these forecasts, each named "rate".
type IMAPA struct{}

// Fit implements [Model].
func (m ADIDA) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m ADIDA) FitTo(dst *Fit, s Series) error {
	return fitBuckets(dst, s, "ADIDA", func(longest int) float64 {
		rate, alpha := dst.bucketRate(s.Values, longest)
		dst.parameter("bucket", float64(longest), true)
		dst.parameter("alpha", alpha, true)
		return rate
	})
}

// Fit implements [Model].
func (m IMAPA) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n log b) for a mean interval of b.
func (m IMAPA) FitTo(dst *Fit, s Series) error {
	return fitBuckets(dst, s, "IMAPA", func(longest int) float64 {
		sum := 0.0
		for bucket := 1; bucket <= longest; bucket++ {
			rate, _ := dst.bucketRate(s.Values, bucket)
			dst.parameter("rate", rate, true)
			sum += rate
		}
		return sum / float64(longest)
	})
}

// fitBuckets leaves the rate that estimate finds, given the mean interval, as
// the flat forecast of dst.
func fitBuckets(dst *Fit, s Series, name string, estimate func(longest int) float64) error {
	if err := s.checkDemand(); err != nil {
		return err
	}
	dst.reset(name, &s)
	d := classify(s.Values)
	if d.Count == 0 {
		return fitNoDemand(dst, s.Values)
	}
	if d.Count == 1 {
		dst.warn(WarnFewDemands)
	}
	level := estimate(int(math.RoundToEven(d.meanInterval(len(s.Values)))))
	fitted := dst.fitted(0, len(s.Values))
	for i := range fitted {
		fitted[i] = level
	}
	dst.measure(s.Values, 1)
	*reuse[flat](dst) = flat{level: level}
	return nil
}

// meanInterval returns the mean number of periods from one demand to the next,
// the first counted from the start of a series of n periods.
func (d Demand) meanInterval(n int) float64 {
	return float64(n-d.Idle) / float64(d.Count)
}

// bucketRate smooths the sums of so many periods and returns the forecast per
// period with the smoothing parameter.
func (f *Fit) bucketRate(values []float64, bucket int) (rate, alpha float64) {
	values = values[len(values)%bucket:]
	sums := resize(f.scratch, len(values)/bucket)
	f.scratch = sums
	for i, y := range values {
		sums[i/bucket] += y
	}
	alpha = smoothingRate(sums, 0.1)
	level := sums[0]
	for _, y := range sums {
		level += float64(alpha * (y - level))
	}
	return level / float64(bucket), alpha
}
