package budget

import (
	"errors"
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Channel is one that money can be spent on.
type Channel struct {
	Name  string  `json:"name"`
	Curve Curve   `json:"curve"` // of one period
	Low   float64 `json:"low"`   // that is spent in each period at least
	High  float64 `json:"high"`  // at most; 0 for no limit
	// Minimum is what a period must spend if it spends anything: either 0 or at
	// least this. It needs a Low of 0.
	Minimum float64 `json:"minimum,omitempty"`
}

// Period is a week or a month of a plan.
type Period struct {
	Name string `json:"name"`
	// Factors multiply the responses of the channels in this period, as a season
	// does; nil for 1.
	Factors []float64 `json:"factors,omitempty"`
	Low     float64   `json:"low,omitempty"`  // that the period spends at least
	High    float64   `json:"high,omitempty"` // at most; 0 for no limit
}

// Plan is what is to be decided: how much of a budget to spend on which channel,
// in which period.
type Plan struct {
	Channels []Channel `json:"channels"`
	// Periods are those of the plan; nil for a single one. The response of a
	// period is that to its own spend: with curves that include carry-over, spend
	// is meant to go on at one pace within a period.
	Periods []Period `json:"periods,omitempty"`
	Budget  float64  `json:"budget"` // of all periods, at most
	// Tolerance is the gap at which the search stops, relative to the bound; 0 for
	// 1e-9. MostNodes bounds the search; 0 for 20,000.
	Tolerance float64 `json:"tolerance,omitempty"`
	MostNodes int     `json:"mostNodes,omitempty"`
}

// Allocation is the answer to a [Plan].
type Allocation struct {
	// Spend is by period and channel, in the order of the plan.
	Spend    [][]float64 `json:"spend"`
	Response float64     `json:"response"`
	Spent    float64     `json:"spent"`
	// Marginal is what the next unit of money brings on the channel that makes
	// most of it; 0 where nothing more can be spent.
	Marginal float64 `json:"marginal"`
	// Bound is proved: no allocation brings more. Gap is (Bound - Response)/Bound.
	Bound float64 `json:"bound"`
	Gap   float64 `json:"gap"`
	Nodes int     `json:"nodes"` // of the search
	// Warnings say what is not as asked: a gap above the tolerance, a budget that
	// cannot be spent.
	Warnings []string `json:"warnings,omitempty"`
}

// PlanError names the part of a plan, a curve or a fitting that is refused. Its
// Field is such as "channels[2].low".
type PlanError struct{ flywheel.FieldError }

func (e *PlanError) Error() string { return "budget: " + e.FieldError.Error() }

// Unwrap returns the error about the field, which wraps the cause.
func (e *PlanError) Unwrap() error { return &e.FieldError }

func refuse(field string, err error) error {
	return &PlanError{flywheel.FieldError{Field: field, Err: err}}
}

// within puts a path before the field of an error.
func within(path string, err error) error {
	if inner, ok := errors.AsType[*flywheel.FieldError](err); ok {
		return refuse(path+"."+inner.Field, inner.Err)
	}
	return refuse(path, err)
}

const (
	maxChannels = 1000
	maxPeriods  = 1000
	maxMoney    = 1e15
)

func (p *Plan) check() error {
	fail := refuse
	money := func(v float64) bool { return v >= 0 && v <= maxMoney }
	outside := func(v float64) error { return fmt.Errorf("%v: %w", v, flywheel.ErrOutOfRange) }
	switch {
	case len(p.Channels) == 0:
		return fail("channels", fmt.Errorf("none: %w", flywheel.ErrInvalid))
	case len(p.Channels) > maxChannels:
		return fail("channels", fmt.Errorf("%d, at most %d: %w", len(p.Channels), maxChannels, flywheel.ErrLimit))
	case len(p.Periods) > maxPeriods:
		return fail("periods", fmt.Errorf("%d, at most %d: %w", len(p.Periods), maxPeriods, flywheel.ErrLimit))
	case !money(p.Budget):
		return fail("budget", outside(p.Budget))
	case !(p.Tolerance >= 0 && p.Tolerance < 1):
		return fail("tolerance", outside(p.Tolerance))
	case p.MostNodes < 0:
		return fail("mostNodes", outside(float64(p.MostNodes)))
	}
	low := 0.0
	for i, c := range p.Channels {
		at := fmt.Sprintf("channels[%d]", i)
		if err := c.Curve.Check(); err != nil {
			return within(at+".curve", err)
		}
		high := c.High
		if high == 0 {
			high = maxMoney
		}
		switch {
		case !money(c.Low):
			return fail(at+".low", outside(c.Low))
		case !money(c.High) && !math.IsInf(c.High, 1):
			return fail(at+".high", outside(c.High))
		case !money(c.Minimum) || c.Minimum > high:
			return fail(at+".minimum", outside(c.Minimum))
		case c.Low > high:
			return fail(at+".low", fmt.Errorf("%v is above the high %v: %w", c.Low, c.High, flywheel.ErrInvalid))
		case c.Minimum > 0 && c.Low > 0:
			return fail(at+".minimum", fmt.Errorf("beside a low of %v: %w", c.Low, flywheel.ErrInvalid))
		}
		low += c.Low
	}
	most := 0.0
	for t, period := range p.Periods {
		at := fmt.Sprintf("periods[%d]", t)
		if period.Factors != nil && len(period.Factors) != len(p.Channels) {
			return fail(at+".factors", fmt.Errorf("%d for %d channels: %w", len(period.Factors), len(p.Channels), flywheel.ErrInvalid))
		}
		for i, f := range period.Factors {
			if !(f >= 0 && f <= 1e9) {
				return fail(fmt.Sprintf("%s.factors[%d]", at, i), outside(f))
			}
		}
		high := period.High
		if high == 0 {
			high = maxMoney
		}
		switch {
		case !money(period.Low):
			return fail(at+".low", outside(period.Low))
		case !money(period.High):
			return fail(at+".high", outside(period.High))
		case max(period.Low, low) > high:
			return fail(at+".high", fmt.Errorf("%v is below what must be spent, %v: %w", high, max(period.Low, low), flywheel.ErrInvalid))
		}
		if reach := p.reach(); period.Low > reach {
			return fail(at+".low", fmt.Errorf("%v is more than the channels can spend, %v: %w", period.Low, reach, flywheel.ErrInvalid))
		}
		most += max(period.Low, low)
	}
	if len(p.Periods) == 0 {
		most = low
	}
	if most > p.Budget*(1+1e-12) {
		return fail("budget", fmt.Errorf("%v is less than what must be spent, %v: %w", p.Budget, most, flywheel.ErrInvalid))
	}
	return nil
}

// reach is what all channels can spend in a period.
func (p *Plan) reach() float64 {
	sum := 0.0
	for _, c := range p.Channels {
		if c.High == 0 {
			return math.Inf(1)
		}
		sum += c.High
	}
	return sum
}
