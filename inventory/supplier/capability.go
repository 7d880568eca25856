package supplier

import (
	"math"

	"github.com/flywheel-go/flywheel/experiment/stats"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// Process is what is known of a process whose capability is asked for.
type Process struct {
	Mean, Sigma float64
	// N is the number of values that Sigma was estimated from; with 0 there are no
	// intervals.
	N int
	// Lower and Upper are the specification limits, Target what is aimed at; nil
	// is none.
	Lower, Upper, Target *float64
	// Confidence of the intervals; 0 is 0.95.
	Confidence float64
}

// Interval is a confidence interval.
type Interval struct {
	Lower, Upper float64
}

// Capability relates the spread of a process to its specification. Indices that
// need a limit or a target that is not set are nil.
type Capability struct {
	// Cp is (U - L)/6σ, Cpu (U - mean)/3σ, Cpl (mean - L)/3σ, Cpk the smaller of
	// those, Cpm (U - L)/6√(σ² + (mean - T)²).
	Cp, Cpu, Cpl, Cpk, Cpm *float64
	// CpInterval is exact by the chi-square law, CpkInterval Bissell's (1990)
	// normal form.
	CpInterval, CpkInterval *Interval
	// PPM is the expected number of units beyond the limits per million.
	PPM float64
}

// Capability computes the indices. Montgomery (2013), 8.2; Bissell (1990), How
// reliable is your capability index?
func (p Process) Capability() (Capability, error) {
	if err := checkProcess(p.Mean, p.Sigma); err != nil {
		return Capability{}, err
	}
	if p.Lower == nil && p.Upper == nil {
		return Capability{}, refuse("limits", "none", ErrInput)
	}
	for _, l := range []struct {
		what  string
		value *float64
	}{{"lower limit", p.Lower}, {"upper limit", p.Upper}, {"target", p.Target}} {
		if l.value != nil {
			if err := between(l.what, *l.value, -1e100, 1e100); err != nil {
				return Capability{}, err
			}
		}
	}
	if p.Lower != nil && p.Upper != nil && *p.Lower >= *p.Upper {
		return Capability{}, refuse("upper limit", *p.Upper, ErrInput)
	}
	if p.N < 0 || p.N == 1 {
		return Capability{}, refuse("number of values", p.N, ErrRange)
	}
	confidence := p.Confidence
	if confidence == 0 {
		confidence = 0.95
	}
	if !(confidence > 0 && confidence < 1) {
		return Capability{}, refuse("confidence", confidence, ErrRange)
	}
	var c Capability
	least := math.Inf(1)
	if p.Upper != nil {
		v := (*p.Upper - p.Mean) / (3 * p.Sigma)
		c.Cpu = &v
		least = v
		c.PPM += 1e6 * normal.Upper(3*v)
	}
	if p.Lower != nil {
		v := (p.Mean - *p.Lower) / (3 * p.Sigma)
		c.Cpl = &v
		least = math.Min(least, v)
		c.PPM += 1e6 * normal.Upper(3*v)
	}
	c.Cpk = &least
	if p.Lower != nil && p.Upper != nil {
		v := (*p.Upper - *p.Lower) / (6 * p.Sigma)
		c.Cp = &v
		if p.Target != nil {
			d := p.Mean - *p.Target
			m := (*p.Upper - *p.Lower) / (6 * math.Sqrt(float64(p.Sigma*p.Sigma)+float64(d*d)))
			c.Cpm = &m
		}
	}
	if p.N >= 2 {
		df := float64(p.N - 1)
		tail := (1 - confidence) / 2
		if c.Cp != nil {
			c.CpInterval = &Interval{
				*c.Cp * math.Sqrt(chiSquareQuantile(tail, df)/df),
				*c.Cp * math.Sqrt(chiSquareQuantile(1-tail, df)/df),
			}
		}
		z := -normal.Quantile(tail)
		half := z * math.Sqrt(1/(9*float64(p.N))+float64(least*least)/(2*df))
		c.CpkInterval = &Interval{least - half, least + half}
	}
	return c, nil
}

// chiSquareQuantile inverts the chi-square law by Newton's method from
// Wilson and Hilferty's (1931) approximation.
func chiSquareQuantile(p, df float64) float64 {
	a := df / 2
	z := normal.Quantile(p)
	h := 2 / (9 * df)
	x := df * math.Pow(math.Max(1-h+float64(z*math.Sqrt(h)), 0.01), 3) / 2
	g, _ := math.Lgamma(a)
	for range 60 {
		upper, _ := stats.ChiSquareTail(2*x, df)
		f := (1 - p) - upper
		density := math.Exp(float64((a-1)*math.Log(x)) - x - g)
		next := x - f/density
		if !(next > 0) {
			next = x / 2
		}
		if math.Abs(next-x) <= 1e-15*x {
			x = next
			break
		}
		x = next
	}
	return 2 * x
}
