package attribution

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// Lift is the result of a lift test, set against what a model credited the
// channel with for the same persons and time.
type Lift struct {
	Channel     utm.ChannelGroup
	Attributed  float64 // conversions by the model, above 0
	Incremental float64 // conversions by the test
	Error       float64 // standard error of Incremental, above 0
}

// LiftOf makes a [Lift] of a holdout test.
func LiftOf(c utm.ChannelGroup, attributed float64, h Holdout) (Lift, error) {
	r, err := h.Measure(0)
	if err != nil {
		return Lift{}, err
	}
	return Lift{c, attributed, r.Incremental, (r.To - r.From) / 2 / normal.Quantile(0.975)}, nil
}

// Factor is what the credit of a channel has to be multiplied with.
type Factor struct {
	Channel  utm.ChannelGroup
	Tests    int
	Raw      Ratio   // incremental per attributed by the channel's own tests
	Factor   float64 // shrunk toward the mean of all tested channels
	From, To float64
}

// Calibration corrects a model by lift tests.
type Calibration struct {
	Factors  []Factor // in order of the channels' names
	Mean     float64  // of the factors of tested channels
	Spread   float64  // their standard deviation beyond the tests' own errors
	Warnings []string
}

// Calibrate learns a factor per channel from lift tests and applies it to the
// credits. Tests of one channel are combined by their precision. The factors of
// the tested channels are taken to scatter around a common mean with the variance
// of DerSimonian and Laird (1986); each is shrunk toward the mean as far as its
// own error is large beside that variance, and a channel without a test gets the
// mean with limits that include the scatter. level is that of the limits; 0 for
// 0.9. Factors are not negative; limits may be.
func Calibrate(r *Result, tests []Lift, level float64) (*Calibration, *Result, error) {
	if level == 0 {
		level = 0.9
	}
	if !(level > 0 && level < 1) {
		return nil, nil, refuse("level", fmt.Errorf("%v is not between 0 and 1: %w", level, flywheel.ErrOutOfRange))
	}
	if len(tests) == 0 {
		return nil, nil, refuse("tests", fmt.Errorf("none: %w", flywheel.ErrInvalid))
	}
	type own struct {
		tests           int
		weight, product float64
	}
	channels := map[utm.ChannelGroup]*own{}
	for i, t := range tests {
		factor, spread := t.Incremental/t.Attributed, t.Error/t.Attributed
		if err := flywheel.CheckID(string(t.Channel)); err != nil {
			return nil, nil, refuse(fmt.Sprintf("tests[%d].channel", i), err)
		}
		if weight := 1 / (spread * spread); !(t.Attributed > 0 && t.Error > 0) || math.IsNaN(factor) || math.IsInf(factor, 0) || !(weight > 0) || math.IsInf(weight, 0) {
			return nil, nil, refuse(fmt.Sprintf("tests[%d]", i), fmt.Errorf("%q: attributed %v, incremental %v, error %v: %w", t.Channel, t.Attributed, t.Incremental, t.Error, flywheel.ErrOutOfRange))
		}
		o := channels[t.Channel]
		if o == nil {
			o = &own{}
			channels[t.Channel] = o
		}
		w := 1 / (spread * spread)
		o.tests++
		o.weight += w
		o.product += float64(w * factor)
	}
	names := slices.Sorted(maps.Keys(channels))
	// DerSimonian and Laird: Q against its expectation.
	var w1, w2, wy float64
	for _, c := range names {
		o := channels[c]
		w1 += o.weight
		w2 += float64(o.weight * o.weight)
		wy += o.product
	}
	fixed := wy / w1
	q := 0.0
	for _, c := range names {
		o := channels[c]
		d := o.product/o.weight - fixed
		q += float64(o.weight * float64(d*d))
	}
	between := 0.0
	if k := len(names); k > 1 {
		between = max((q-float64(k-1))/(w1-w2/w1), 0)
	}
	var weights, sum float64
	for _, c := range names {
		o := channels[c]
		w := 1 / (1/o.weight + between)
		weights += w
		sum += float64(w * (o.product / o.weight))
	}
	mean, meanVariance := sum/weights, 1/weights
	cal := &Calibration{Mean: mean, Spread: math.Sqrt(between)}
	if len(names) == 1 {
		cal.Warnings = append(cal.Warnings, "one channel was tested: how far channels differ is not known, and the others get its factor")
	}
	z := normal.Quantile((1 + level) / 2)
	out := &Result{Warnings: slices.Clone(r.Warnings)}
	all := map[utm.ChannelGroup]bool{}
	for _, c := range r.Credits {
		all[c.Channel] = true
	}
	for _, c := range names {
		all[c] = true
	}
	for _, c := range slices.Sorted(maps.Keys(all)) {
		f := Factor{Channel: c, Factor: mean}
		variance := between + meanVariance
		if o := channels[c]; o != nil {
			raw := o.product / o.weight
			f.Tests, f.Raw = o.tests, Ratio{raw, true}
			keep := 1.0 // of what the channel's own tests say
			if len(names) > 1 {
				keep = between / (between + 1/o.weight)
			}
			f.Factor = float64(keep*raw) + float64((1-keep)*mean)
			variance = keep/o.weight + (1-keep)*(1-keep)*meanVariance
		}
		half := z * math.Sqrt(variance)
		f.From, f.To = f.Factor-half, f.Factor+half
		if f.Factor < 0 {
			f.Factor = 0
			cal.Warnings = append(cal.Warnings, fmt.Sprintf("%s shows a negative lift: its credit becomes 0", c))
		}
		cal.Factors = append(cal.Factors, f)
		credit := r.Of(c)
		out.Credits = append(out.Credits, Credit{c, credit.Conversions * f.Factor, credit.Value * f.Factor})
	}
	return cal, out, nil
}
