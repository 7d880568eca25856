package replenish

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/flywheel-go/flywheel"
)

// Distribution is a law of demand over some stretch of time. [Demand] is the
// normal one, [Counts] those of whole units.
type Distribution interface {
	// Quantile returns the least level that covers the demand with probability
	// p, between 0 and 1.
	Quantile(p float64) float64
	// Shortage returns the mean part of the demand that exceeds a level.
	Shortage(level float64) float64
	// Leftover returns the mean part of a level that the demand does not use.
	Leftover(level float64) float64
}

// Counts is a demand in whole units with given probabilities, for items that
// sell too slowly for the normal distribution. It is made by [NewCounts],
// [Poisson] or [NegativeBinomial] and not changed afterwards.
type Counts struct {
	first       int       // number of units of probability[0]
	probability []float64 // sums to 1
	mean        float64
}

// MaxCounts bounds the mean of a [Poisson] or [NegativeBinomial] demand, and
// the number of probabilities.
const MaxCounts = 1_000_000

// MaxDispersion bounds the variance of a [NegativeBinomial] demand in units of
// its mean.
const MaxDispersion = 10_000

// NewCounts returns the demand that is k units with a probability proportional
// to weights[k].
func NewCounts(weights []float64) (*Counts, error) {
	if len(weights) > MaxCounts {
		return nil, fmt.Errorf("replenish: %d weights, at most %d: %w", len(weights), MaxCounts, flywheel.ErrLimit)
	}
	sum := 0.0
	for k, w := range weights {
		if err := within(fmt.Sprintf("weight of %d units", k), w, MaxDemand); err != nil {
			return nil, err
		}
		sum += w
	}
	if !(sum > 1e-100) {
		return nil, &SettingError{"sum of weights", sum, "above 0"}
	}
	return newCounts(0, slices.Clone(weights)), nil
}

// newCounts takes weights over.
func newCounts(first int, weights []float64) *Counts {
	sum, mean := 0.0, 0.0
	for _, w := range weights {
		sum += w
	}
	for i := range weights {
		weights[i] /= sum
		mean += float64(weights[i] * float64(first+i))
	}
	return &Counts{first, weights, mean}
}

// Poisson returns the demand of many customers who come by chance, each for one
// unit: its variance is its mean.
func Poisson(mean float64) (*Counts, error) {
	if err := within("mean", mean, MaxCounts); err != nil {
		return nil, err
	}
	return recurrent(mean, func(k float64) float64 { return mean / (k + 1) }), nil
}

// NegativeBinomial returns the demand of customers who come by chance and take
// several units, or whose rate varies: its variance is larger than its mean.
func NegativeBinomial(mean, sd float64) (*Counts, error) {
	if err := within("mean", mean, MaxCounts); err != nil {
		return nil, err
	}
	variance := sd * sd
	if mean == 0 && sd == 0 {
		return Poisson(0)
	}
	if !(variance > mean && variance <= MaxDispersion*mean) {
		return nil, &SettingError{"deviation", sd, "a variance above the mean, to 10000 times the mean"}
	}
	// The number of failures before the r-th success of probability s.
	r, failure := mean*mean/(variance-mean), 1-mean/variance
	if math.IsInf(r, 1) {
		return Poisson(mean)
	}
	return recurrent(mean, func(k float64) float64 { return (k + r) / (k + 1) * failure }), nil
}

// negativeBinomialQuantile is the quantile of [NegativeBinomial] without the
// table of its probabilities.
func negativeBinomialQuantile(mean, variance, p float64) float64 {
	r, failure := mean*mean/(variance-mean), 1-mean/variance
	none := math.Exp(r * math.Log(mean/variance))
	if !(none > 1e-290) || math.IsInf(r, 1) {
		c, err := NegativeBinomial(mean, math.Sqrt(variance))
		if err != nil {
			return mean
		}
		return c.Quantile(p)
	}
	k, probability, sum := 0.0, none, none
	for sum < p && probability > 1e-18*sum {
		probability *= failure * (k + r) / (k + 1)
		sum += probability
		k++
	}
	return k
}

// recurrent returns the demand for which p(k+1)/p(k) is ratio(k), a falling
// function for k near the mean and above: it starts at the mode, which is not
// above the mean, and goes both ways until nothing is left.
func recurrent(mean float64, ratio func(k float64) float64) *Counts {
	const negligible = 1e-18
	mode := int(mean)
	for mode > 0 && ratio(float64(mode-1)) < 1 {
		mode--
	}
	var below []float64
	for k, p := mode, 1.0; k > 0; k-- {
		p /= ratio(float64(k - 1))
		if !(p > negligible) {
			break
		}
		below = append(below, p)
	}
	slices.Reverse(below)
	first := mode - len(below)
	weights := append(below, 1)
	for k, p := mode, 1.0; len(weights) < 2*MaxCounts; k++ {
		p *= ratio(float64(k))
		if !(p > negligible) {
			break
		}
		weights = append(weights, p)
	}
	return newCounts(first, weights)
}

// Mean returns the mean demand.
func (c *Counts) Mean() float64 { return c.mean }

// Quantile implements [Distribution].
func (c *Counts) Quantile(p float64) float64 {
	sum := 0.0
	for i, w := range c.probability {
		if sum += w; sum >= p {
			return float64(c.first + i)
		}
	}
	return float64(c.most())
}

// Shortage implements [Distribution].
func (c *Counts) Shortage(level float64) float64 {
	sum := 0.0
	for i := len(c.probability) - 1; i >= 0; i-- {
		excess := float64(c.first+i) - level
		if excess <= 0 {
			break
		}
		sum += float64(excess * c.probability[i])
	}
	return sum
}

// Leftover implements [Distribution].
func (c *Counts) Leftover(level float64) float64 {
	sum := 0.0
	for i, w := range c.probability {
		rest := level - float64(c.first+i)
		if rest <= 0 {
			break
		}
		sum += float64(rest * w)
	}
	return sum
}

// levelForFillRate returns the least whole level at which the shortage of a
// cycle that brings quantity is within the target.
func (c *Counts) levelForFillRate(target, quantity float64) float64 {
	goal := (1 - target) * quantity
	n := sort.Search(c.first+len(c.probability), func(level int) bool {
		return c.Shortage(float64(level))-c.Shortage(float64(level)+quantity) <= goal
	})
	return float64(n)
}

// at returns the probability of k units.
func (c *Counts) at(k int) float64 {
	if i := k - c.first; i >= 0 && i < len(c.probability) {
		return c.probability[i]
	}
	return 0
}

// SecondShortage returns the second loss function of a demand in whole units,
// E[(X - level)⁺·(X - level - 1)⁺]/2: the sum of [Counts.Shortage] over all
// levels above.
func (c *Counts) SecondShortage(level int64) float64 {
	sum := 0.0
	for i := len(c.probability) - 1; i >= 0; i-- {
		excess := float64(int64(c.first+i) - level)
		if excess <= 1 {
			break
		}
		sum += float64(excess * (excess - 1) / 2 * c.probability[i])
	}
	return sum
}

// SecondLeftover returns E[(level - X)⁺·(level - X + 1)⁺]/2: the sum of
// [Counts.Leftover] over all levels up to this one.
func (c *Counts) SecondLeftover(level int64) float64 {
	sum := 0.0
	for i, w := range c.probability {
		rest := float64(level - int64(c.first+i))
		if rest <= 0 {
			break
		}
		sum += float64(rest * (rest + 1) / 2 * w)
	}
	return sum
}

// most returns the largest number of units with a probability.
func (c *Counts) most() int { return c.first + len(c.probability) - 1 }
