package stats

import "math"

// StudentT is the distribution of an unknown mean: the posterior of the mean of a
// normal metric under Jeffreys' prior, with Location the sample's mean, Scale its
// standard error and DF one less than its size, above 1.
type StudentT struct {
	Location, Scale, DF float64
}

func (d StudentT) check(what string) error {
	if !finite(d.Location) {
		return refuse(what+" location", d.Location, ErrNotANumber)
	}
	if math.Abs(d.Location) > 1e100 {
		return refuse(what+" location", d.Location, ErrBeyond)
	}
	if err := checkScale(what+" scale", d.Scale); err != nil {
		return err
	}
	if !(d.DF > 1) { // no mean
		return refuse(what+" degrees of freedom", d.DF, ErrBeyond)
	}
	return checkShape(what+" degrees of freedom", d.DF)
}

// Mean returns Location.
func (d StudentT) Mean() float64 { return d.Location }

// Above returns the probability of a mean above x.
func (d StudentT) Above(x float64) float64 {
	p, _ := StudentTail((x-d.Location)/d.Scale, d.DF)
	return p
}

// Quantile returns the mean that is exceeded with probability 1-p.
func (d StudentT) Quantile(p float64) float64 {
	switch {
	case !(p > 0 && p < 1):
		return edge(p, math.Inf(-1), math.Inf(1))
	case p < 0.5:
		return d.Location - float64(d.Scale*studentQuantile(p, d.DF))
	}
	return d.Location + float64(d.Scale*studentQuantile(1-p, d.DF))
}

func (d StudentT) center() (t, scale float64) { return d.Location, d.Scale }

func (d StudentT) value(t float64) float64 { return t }

func (d StudentT) logRise(float64) float64 { return 0 }

func (d StudentT) logDensity(t float64) float64 {
	u := (t - d.Location) / d.Scale
	return -0.5*math.Log(d.DF) - logBetaHalf(d.DF/2) - 0.5*(d.DF+1)*math.Log1p(u*u/d.DF) - math.Log(d.Scale)
}

func (d StudentT) logTails(t float64) (below, above float64) {
	u := (t - d.Location) / d.Scale
	_, below = StudentTail(-u, d.DF)
	_, above = StudentTail(u, d.DF)
	return below, above
}

// timesAt assumes positive means, of which alone a lift can be told.
func (d StudentT) timesAt(t, factor float64) float64 { return t * factor }
