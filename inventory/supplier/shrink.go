package supplier

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// Prior is what is believed of a rate before a supplier's own orders are seen,
// usually the rate of the pool: it counts like Strength orders with rate Mean.
type Prior struct {
	Mean, Strength float64
}

// Shrunk is a rate with what few orders leave open.
type Shrunk struct {
	// Estimate is (k + m·prior)/(n + m): near the prior for a supplier with few
	// orders, near the own rate for one with many.
	Estimate float64
	// Rate is k/n and Wilson its interval; nil without orders.
	Rate   *float64
	Wilson *Interval
}

// Shrink pulls the rate of good orders out of n towards the prior, and gives
// Wilson's (1927) score interval at the confidence (0 is 0.95).
func Shrink(good, n float64, prior Prior, confidence float64) (Shrunk, error) {
	if confidence == 0 {
		confidence = 0.95
	}
	switch {
	case !(n >= 0 && n <= 1e15):
		return Shrunk{}, refuse("orders", n, ErrRange)
	case !(good >= 0 && good <= n):
		return Shrunk{}, refuse("good orders", good, ErrRange)
	case !(prior.Mean >= 0 && prior.Mean <= 1):
		return Shrunk{}, refuse("prior mean", prior.Mean, ErrRange)
	case !(prior.Strength >= 0 && prior.Strength <= 1e15):
		return Shrunk{}, refuse("prior strength", prior.Strength, ErrRange)
	case !(confidence > 0 && confidence < 1):
		return Shrunk{}, refuse("confidence", confidence, ErrRange)
	case n == 0 && prior.Strength == 0:
		return Shrunk{}, refuse("orders and prior strength", 0, ErrInput)
	}
	s := Shrunk{Estimate: (good + float64(prior.Strength*prior.Mean)) / (n + prior.Strength)}
	if n > 0 {
		rate := good / n
		s.Rate = &rate
		z := -normal.Quantile((1 - confidence) / 2)
		zz := z * z
		center := (good + zz/2) / (n + zz)
		half := z / (n + zz) * math.Sqrt(float64(good*(n-good))/n+zz/4)
		s.Wilson = &Interval{math.Max(0, center-half), math.Min(1, center+half)}
		if good == n {
			s.Wilson.Upper = 1
		}
		if good == 0 {
			s.Wilson.Lower = 0
		}
	}
	return s, nil
}

// ShrinkMean pulls a mean of n values towards a prior mean that counts like
// strength values: (n·mean + m·prior)/(n + m). The prior mean may be any number.
func ShrinkMean(mean, n, priorMean, strength float64) (float64, error) {
	switch {
	case !(n >= 0 && n <= 1e15):
		return 0, refuse("values", n, ErrRange)
	case !(strength >= 0 && strength <= 1e15) || n+strength == 0:
		return 0, refuse("prior strength", strength, ErrRange)
	}
	if err := finite("mean", mean); err != nil {
		return 0, err
	}
	if err := finite("prior mean", priorMean); err != nil {
		return 0, err
	}
	return (float64(n*mean) + float64(strength*priorMean)) / (n + strength), nil
}

// LeadTimeEstimate is a lead time as a plan needs it, in days.
type LeadTimeEstimate struct {
	Mean, SD float64
	// N is the number of own observations behind it; zero means that it is the
	// pool's.
	N int
}

// EstimateLeadTime combines a supplier's lead times with those of the pool: the
// mean as [ShrinkMean], the variance as the pooled one in which the pool counts
// like strength observations, including how far the own mean lies from the
// pool's. Divide by the days of a period to use it in package replenish.
func EstimateLeadTime(own, pool LeadTime, strength float64) (LeadTimeEstimate, error) {
	if pool.Mean == nil || pool.SD == nil {
		return LeadTimeEstimate{}, refuse("pool's lead times", pool.N, ErrInput)
	}
	if !(strength > 0 && strength <= 1e9) {
		return LeadTimeEstimate{}, refuse("prior strength", strength, ErrRange)
	}
	e := LeadTimeEstimate{Mean: *pool.Mean, SD: *pool.SD, N: own.N}
	if own.N == 0 || own.Mean == nil {
		e.N = 0
		return e, nil
	}
	n := float64(own.N)
	e.Mean = (float64(n**own.Mean) + float64(strength**pool.Mean)) / (n + strength)
	ss := 0.0
	if own.SD != nil {
		ss = (n - 1) * *own.SD * *own.SD
	}
	d := *own.Mean - *pool.Mean
	// Normal with conjugate prior: Gelman et al. (2013), 3.3.
	e.SD = math.Sqrt((float64(strength**pool.SD**pool.SD) + ss + float64(n*strength/(n+strength)*d*d)) / (n + strength))
	return e, nil
}
