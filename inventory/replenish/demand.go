package replenish

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// Demand is a normally distributed demand: per period, or over a stretch of
// time where a function says so.
type Demand struct {
	Mean, SD float64
}

// LeadTime is the time from order to receipt, in periods.
type LeadTime struct {
	Mean, SD float64
}

const (
	// MaxDemand bounds means and deviations of demand.
	MaxDemand = 1e12
	// MaxPeriods bounds lead times and review intervals.
	MaxPeriods = 1e6
	// MaxUnits bounds stock figures and lot sizes.
	MaxUnits = 1e15
)

// SettingError names a figure outside its range.
type SettingError struct {
	Setting string // such as "lead time mean"
	Value   float64
	Want    string // the range in words
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("replenish: %s is %g, want %s", e.Setting, e.Value, e.Want)
}

// Unwrap returns flywheel.ErrOutOfRange.
func (e *SettingError) Unwrap() error { return flywheel.ErrOutOfRange }

// within reports a value outside [0, most].
func within(setting string, value, most float64) error {
	if !(value >= 0 && value <= most) {
		return &SettingError{setting, value, fmt.Sprintf("0 to %g", most)}
	}
	return nil
}

func (d Demand) check() error {
	if err := within("demand mean", d.Mean, MaxDemand); err != nil {
		return err
	}
	return within("demand deviation", d.SD, MaxDemand)
}

func (l LeadTime) check() error {
	if err := within("lead time mean", l.Mean, MaxPeriods); err != nil {
		return err
	}
	return within("lead time deviation", l.SD, MaxPeriods)
}

// checkShare reports a service level or fill rate that is not between 0 and 1.
func checkShare(setting string, share float64) error {
	if !(share > 0 && share < 1) {
		return &SettingError{setting, share, "between 0 and 1: certainty has no finite stock"}
	}
	return nil
}

// Over returns the demand over a lead time, given that per period: the mean is
// L·d and the deviation √(L·σd² + d²·σL²), where L and σL are the mean and the
// deviation of the lead time (Silver, Pyke & Thomas, 2017, equation 6.33).
func (d Demand) Over(l LeadTime) Demand {
	variance := float64(l.Mean*d.SD*d.SD) + float64(d.Mean*d.Mean*l.SD*l.SD)
	return Demand{Mean: l.Mean * d.Mean, SD: math.Sqrt(variance)}
}

// Spread returns the demand per period whose total over a number of periods has the
// given mean and deviation, as a forecast tells them: with it [Demand.Over]
// gives them back.
func Spread(mean, sd, periods float64) Demand {
	return Demand{Mean: mean / periods, SD: sd / math.Sqrt(periods)}
}

// Quantile returns the level that covers the demand with probability p.
func (d Demand) Quantile(p float64) float64 {
	if d.SD == 0 {
		return d.Mean
	}
	return d.Mean + float64(normal.Quantile(p)*d.SD)
}

// Shortage returns the mean part of the demand that exceeds a stock level:
// σ·G((level - μ)/σ) with the standard normal loss function G.
func (d Demand) Shortage(level float64) float64 {
	z := (level - d.Mean) / d.SD
	if d.SD == 0 || math.IsInf(z, 0) {
		return math.Max(d.Mean-level, 0)
	}
	return d.SD * normal.Loss(z)
}

// Leftover returns the mean part of a stock level that the demand does not use.
func (d Demand) Leftover(level float64) float64 {
	z := (d.Mean - level) / d.SD
	if d.SD == 0 || math.IsInf(z, 0) {
		return math.Max(level-d.Mean, 0)
	}
	return d.SD * normal.Loss(z)
}
