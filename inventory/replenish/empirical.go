package replenish

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/flywheel-go/flywheel"
)

// Empirical is the law of what was seen: each observation is as likely as any other. It
// promises no more demand than the largest of them. It is made by [NewEmpirical] and not
// changed afterwards.
type Empirical struct {
	values  []float64 // sorted
	sums    []float64 // of the values before each, and of all
	squares []float64
}

// NewEmpirical returns the law of observed demands, at least one. O(n log n).
func NewEmpirical(observed []float64) (*Empirical, error) {
	if len(observed) == 0 {
		return nil, &SettingError{"number of observations", 0, "at least one"}
	}
	if len(observed) > MaxCounts {
		return nil, fmt.Errorf("replenish: %d observations, at most %d: %w", len(observed), MaxCounts, flywheel.ErrLimit)
	}
	e := &Empirical{values: slices.Clone(observed), sums: []float64{0}, squares: []float64{0}}
	for i, y := range observed {
		if err := within(fmt.Sprintf("observation %d", i), y, MaxDemand); err != nil {
			return nil, err
		}
	}
	slices.Sort(e.values)
	for i, y := range e.values {
		e.sums, e.squares = append(e.sums, e.sums[i]+y), append(e.squares, e.squares[i]+float64(y*y))
	}
	return e, nil
}

func (e *Empirical) n() float64 { return float64(len(e.values)) }

// below is the number of observations at or below a level.
func (e *Empirical) below(level float64) int {
	return sort.Search(len(e.values), func(i int) bool { return e.values[i] > level })
}

// Mean returns the mean of the observations.
func (e *Empirical) Mean() float64 { return e.sums[len(e.values)] / e.n() }

// Quantile implements [Distribution]: the least observation that a share of p is not
// above. O(1).
func (e *Empirical) Quantile(p float64) float64 {
	i := int(math.Ceil(p*e.n()-1e-9)) - 1
	return e.values[min(max(i, 0), len(e.values)-1)]
}

// Covered implements [Law]. O(log n).
func (e *Empirical) Covered(level float64) float64 { return float64(e.below(level)) / e.n() }

// Shortage implements [Distribution]. O(log n).
func (e *Empirical) Shortage(level float64) float64 {
	i := e.below(level)
	return math.Max(e.sums[len(e.values)]-e.sums[i]-float64(float64(len(e.values)-i)*level), 0) / e.n()
}

// Leftover implements [Distribution]. O(log n).
func (e *Empirical) Leftover(level float64) float64 {
	i := e.below(level)
	return math.Max(float64(float64(i)*level)-e.sums[i], 0) / e.n()
}

// SecondShortage returns the second loss function, half of the mean square of what the
// demand exceeds a level by. O(log n).
func (e *Empirical) SecondShortage(level float64) float64 {
	i, n := e.below(level), len(e.values)
	return halfSquare([3]float64{float64(n - i), e.sums[n] - e.sums[i], e.squares[n] - e.squares[i]}, level) / e.n()
}

// SecondLeftover returns half of the mean square of what the demand does not use.
// O(log n).
func (e *Empirical) SecondLeftover(level float64) float64 {
	i := e.below(level)
	return halfSquare([3]float64{float64(i), e.sums[i], e.squares[i]}, level) / e.n()
}
