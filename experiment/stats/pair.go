package stats

import "math"

// Pair is a running mean and covariance of two variables of a unit: numerator
// and denominator of a ratio, or a metric and the same metric before the
// experiment. The zero value holds nothing; the method is that of [Moments].
type Pair struct {
	X Moments `json:"x"`
	Y Moments `json:"y"`
	// C is the sum of products of the deviations from the means.
	C float64 `json:"c"`
}

// PairFromSums returns the moments of n pairs known by their sums, sums of
// squares and sum of products.
func PairFromSums(n int64, x, xx, y, yy, xy float64) Pair {
	p := Pair{X: MomentsFromSums(n, x, xx), Y: MomentsFromSums(n, y, yy)}
	if n > 0 {
		p.C = math.FMA(-p.X.Mean, y, xy)
	}
	return p
}

// Add counts one more unit.
func (p *Pair) Add(x, y float64) {
	d := x - p.X.Mean
	p.X.Add(x)
	p.Y.Add(y)
	p.C += float64(d * (y - p.Y.Mean))
}

// Merge counts all units of o.
func (p *Pair) Merge(o Pair) {
	if p.X.N > 0 && o.X.N > 0 {
		n := float64(p.X.N + o.X.N)
		p.C += float64((o.X.Mean-p.X.Mean)*(o.Y.Mean-p.Y.Mean)) * (float64(p.X.N) * float64(o.X.N) / n)
	}
	p.C += o.C
	p.X.Merge(o.X)
	p.Y.Merge(o.Y)
}

// Covariance returns the unbiased covariance, 0 for fewer than two units.
func (p Pair) Covariance() float64 {
	if p.X.N < 2 {
		return 0
	}
	return p.C / float64(p.X.N-1)
}

func (p Pair) check(arm string) error {
	if err := p.X.Sample().check(arm); err != nil {
		return err
	}
	if err := p.Y.Sample().check(arm); err != nil {
		return err
	}
	if !finite(p.C) {
		return refuse(arm+" covariance", p.C, ErrNotANumber)
	}
	return nil
}

// RatioSample returns the ratio of the means X/Y, such as revenue per session
// where units are customers, as a mean with the variance of the delta method:
// vx/y² + vy·x²/y⁴ - 2·cov·x/y³. Deng, Knoblich & Lu (2018), section 2.1. The
// error matches [ErrBeyond] when Y is zero throughout.
func (p Pair) RatioSample() (Sample, error) {
	if err := p.check("ratio"); err != nil {
		return Sample{}, err
	}
	y := p.Y.Mean
	if y == 0 {
		return Sample{}, refuse("mean of the denominator", 0, ErrBeyond)
	}
	r := p.X.Mean / y
	variance := (p.X.Variance() + float64(r*r)*p.Y.Variance() - float64(2*r)*p.Covariance()) / (y * y)
	s := Sample{N: p.X.N, Mean: r, Variance: notBelow(variance, (p.X.Variance()+float64(r*r)*p.Y.Variance())/(y*y))}
	return s, s.check("ratio")
}
