package replenish

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// Law is a [Distribution] that knows how often a level covers it: all laws of this package
// do.
type Law interface {
	Distribution
	// Covered returns the probability that the demand does not exceed level.
	Covered(level float64) float64
}

// CycleService returns the cycle service of a policy that is in use: the probability that
// no customer waits between two receipts, when an order is placed at the position level
// and the demand until the next chance to act has that law: over the lead time for a
// reorder point, over lead time and review for a level to order up to.
func CycleService(level float64, over Law) (float64, error) {
	if !(math.Abs(level) <= MaxUnits) {
		return 0, &SettingError{"level", level, "a finite number"}
	}
	return finite("cycle service", over.Covered(level))
}

// Covered implements [Law].
func (d Demand) Covered(level float64) float64 {
	if d.SD == 0 {
		return step(level >= d.Mean)
	}
	return normal.Lower((level - d.Mean) / d.SD)
}

// Covered implements [Law].
func (u Uniform) Covered(level float64) float64 {
	if u.High <= u.Low {
		return step(level >= u.Low)
	}
	return math.Min(math.Max((level-u.Low)/(u.High-u.Low), 0), 1)
}

// Covered implements [Law].
func (e Exponential) Covered(level float64) float64 { return -math.Expm1(-math.Max(level, 0) / e.Mean) }

// Covered implements [Law].
func (g Gamma) Covered(level float64) float64 {
	lower, _ := incompleteGamma(g.Shape, level/g.Scale)
	return lower
}

// Covered implements [Law].
func (l Lognormal) Covered(level float64) float64 {
	if level <= 0 {
		return 0
	}
	return normal.Lower((math.Log(level) - l.Location) / l.Spread)
}

// Covered implements [Law].
func (c *Counts) Covered(level float64) float64 {
	sum := 0.0
	for i, p := range c.probability {
		if float64(c.first+i) > level {
			break
		}
		sum += p
	}
	return math.Min(sum, 1)
}

func step(reached bool) float64 {
	if reached {
		return 1
	}
	return 0
}
