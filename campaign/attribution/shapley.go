package attribution

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Shapley credits channels with their average contribution over all orders in
// which they could have been added: the Shapley value (1953) of the game in which
// the worth of some channels is what the paths brought that use no other.
//
// With the worth in conversions, the value is that of an equal split of each
// path among its different channels, for any number of channels. With Rate the
// worth is conversions per person, which can fall when a channel is added, so
// that a channel can have a negative value; that takes O(2^n n) for n channels.
type Shapley struct{ Rate bool }

// MaxRateChannels is the largest number of channels with [Shapley.Rate].
const MaxRateChannels = 22

// ShapleyResult is the credit with the values that led to it.
type ShapleyResult struct {
	Result
	// Rates are the Shapley values of the conversion rate, one per channel, with
	// the rate of all persons as their sum; nil without Rate.
	Rates []float64 `json:"rates,omitempty"`
}

// Credit returns the credits alone; see [Shapley.Solve].
func (m Shapley) Credit(s *Set) (*Result, error) {
	r, err := m.Solve(s)
	if err != nil {
		return nil, err
	}
	return &r.Result, nil
}

// Solve returns the Shapley values. With Rate, credits are the values scaled to
// the totals, and more than [MaxRateChannels] channels are an error that matches
// flywheel.ErrLimit.
func (m Shapley) Solve(s *Set) (*ShapleyResult, error) {
	r := &ShapleyResult{Result: *s.empty()}
	if s.totals.conversions == 0 {
		r.Warnings = append(r.Warnings, noConversions)
		if m.Rate {
			r.Rates = make([]float64, len(s.channels))
		}
		return r, nil
	}
	if m.Rate {
		return r, r.rate(s)
	}
	var distinct []uint16
	for i := range s.paths {
		p := &s.paths[i]
		if p.conversions == 0 {
			continue
		}
		distinct = append(distinct[:0], p.channels...)
		slices.Sort(distinct)
		distinct = slices.Compact(distinct)
		k := float64(len(distinct))
		for _, c := range distinct {
			r.Credits[c].Conversions += float64(p.conversions) / k
			r.Credits[c].Value += p.value / k
		}
	}
	return r, nil
}

// rate sums what each channel adds to each set of others.
func (r *ShapleyResult) rate(s *Set) error {
	n := len(s.channels)
	if n > MaxRateChannels {
		return fmt.Errorf("attribution: Shapley values of the rate of %d channels, at most %d; group them: %w", n, MaxRateChannels, flywheel.ErrLimit)
	}
	size := 1 << n
	conversions, persons, value := make([]float64, size), make([]float64, size), make([]float64, size)
	for i := range s.paths {
		p := &s.paths[i]
		mask := 0
		for _, c := range p.channels {
			mask |= 1 << c
		}
		conversions[mask] += float64(p.conversions)
		persons[mask] += float64(p.conversions + p.nulls)
		value[mask] += p.value
	}
	// Sums over all subsets, one channel at a time.
	for bit := 1; bit < size; bit <<= 1 {
		for mask := range size {
			if mask&bit != 0 {
				conversions[mask] += conversions[mask^bit]
				persons[mask] += persons[mask^bit]
				value[mask] += value[mask^bit]
			}
		}
	}
	for mask := range size {
		if persons[mask] > 0 {
			conversions[mask] /= persons[mask]
			value[mask] /= persons[mask]
		}
	}
	// weight[k] is k!(n-k-1)!/n!, for sets of k others.
	weight := make([]float64, n)
	weight[0] = 1 / float64(n)
	for k := 1; k < n; k++ {
		weight[k] = weight[k-1] * float64(k) / float64(n-k)
	}
	r.Rates = make([]float64, n)
	values := make([]float64, n)
	for c := range n {
		bit := 1 << c
		for mask := range size {
			if mask&bit == 0 {
				w := weight[bits.OnesCount(uint(mask))]
				r.Rates[c] += float64(w * (conversions[mask|bit] - conversions[mask]))
				values[c] += float64(w * (value[mask|bit] - value[mask]))
			}
		}
	}
	negative := false
	for c := range n {
		r.Credits[c].Conversions = r.Rates[c] / conversions[size-1] * float64(s.totals.conversions)
		if value[size-1] > 0 {
			r.Credits[c].Value = values[c] / value[size-1] * s.totals.value
		}
		negative = negative || r.Rates[c] < 0
	}
	if negative {
		r.Warnings = append(r.Warnings, "some channels lower the conversion rate: their Shapley value is negative")
	}
	return nil
}
