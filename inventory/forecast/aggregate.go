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
	return fitBuckets(dst, s, "ADIDA", func(b *buckets, longest int) {
		dst.parameter("bucket", float64(longest), true)
		dst.parameter("alpha", b.add(dst, s.Values, longest), true)
	})
}

// Fit implements [Model].
func (m IMAPA) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n log b) for a mean interval of b.
func (m IMAPA) FitTo(dst *Fit, s Series) error {
	return fitBuckets(dst, s, "IMAPA", func(b *buckets, longest int) {
		for length := 1; length <= longest; length++ {
			b.add(dst, s.Values, length)
			dst.parameter("rate", b.of[length-1].rate(), true)
		}
	})
}

// fitBuckets leaves the rate of the buckets that fill makes, given the mean
// interval, as the flat forecast of dst.
func fitBuckets(dst *Fit, s Series, name string, fill func(b *buckets, longest int)) error {
	if err := s.checkDemand(); err != nil {
		return err
	}
	dst.reset(name, &s)
	b := reuse[buckets](dst)
	*b = buckets{of: b.of[:0], imapa: name == "IMAPA"}
	d := classify(s.Values)
	dst.warnFew(d.Count)
	longest := 1
	if d.Count > 0 {
		longest = int(math.RoundToEven(d.meanInterval(len(s.Values))))
	}
	fill(b, longest)
	b.average()
	fitted := dst.fitted(0, len(s.Values))
	for i := range fitted {
		fitted[i] = b.level
	}
	dst.measure(s.Values, 1)
	return nil
}

// meanInterval returns the mean number of periods from one demand to the next,
// the first counted from the start of a series of n periods.
func (d Demand) meanInterval(n int) float64 {
	return float64(n-d.Idle) / float64(d.Count)
}

// buckets is the state of [ADIDA] and [IMAPA].
type buckets struct {
	flat
	of    []bucket
	imapa bool // its parameters are the rates
}

// bucket smooths the sums of so many periods.
type bucket struct {
	length       int
	alpha, level float64
	sum          float64 // of the periods in the bucket that is not yet full
	filled       int
}

// rate is the forecast per period.
func (b *bucket) rate() float64 { return b.level / float64(b.length) }

// add smooths the sums of so many periods and returns the parameter.
func (b *buckets) add(f *Fit, values []float64, length int) (alpha float64) {
	values = values[len(values)%length:]
	sums := resize(f.scratch, len(values)/length)
	f.scratch = sums
	for i, y := range values {
		sums[i/length] += y
	}
	alpha = smoothingRate(sums, ratesLeast)
	level := sums[0]
	for _, y := range sums {
		level += float64(alpha * (y - level))
	}
	b.of = append(b.of, bucket{length: length, alpha: alpha, level: level})
	return alpha
}

// average makes the level of the mean of the rates.
func (b *buckets) average() {
	sum := 0.0
	for i := range b.of {
		sum += b.of[i].rate()
	}
	b.level = sum / float64(len(b.of))
}

// observe smooths each sum when its bucket is full; buckets follow one another
// from the end of the series that was fitted.
func (b *buckets) observe(y float64) float64 {
	mean := b.level
	for i := range b.of {
		k := &b.of[i]
		k.sum += y
		if k.filled++; k.filled == k.length {
			k.level += float64(k.alpha * (k.sum - k.level))
			k.sum, k.filled = 0, 0
		}
	}
	b.average()
	return mean
}

func (b *buckets) describe(set func(string, float64)) {
	for i := range b.of {
		if b.imapa {
			set("rate", b.of[i].rate())
		}
	}
}

func (b *buckets) demanding() bool { return true }
