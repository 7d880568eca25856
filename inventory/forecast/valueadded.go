package forecast

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// ValueAdded is the report of forecast value added (Gilliland, 2010): a forecast
// passes through steps, such as the naive one, that of a model and that of the
// planners, and each step that does not bring it nearer to what happens is work
// for nothing. It sums up any number of series and keeps none of them.
//
//	v, err := forecast.NewValueAdded("naive", "model", "planner")
//	...
//	err = v.Add(history, actual, naive, model, planner) // for each product
//	...
//	for _, step := range v.Report() { … }
//
// It is not safe for concurrent use.
type ValueAdded struct {
	steps  []stepSums
	series int
	values int

	actuals, absoluteActuals float64
}

// stepSums are the sums of one step over all series.
type stepSums struct {
	name                      string
	errors, absolute, squares float64
	symmetric                 float64
	scaled                    float64 // Σ MASE
	scaledSeries              int
	// Over the step before and over the first.
	before, first gainSums
}

type gainSums struct {
	improved, worsened int
	logRatio, weight   float64 // Σ n·log(MAE ratio) and Σ n
}

// StepValue tells how accurate a step was and what it gained. MAE, RMSE, WAPE,
// Bias and SMAPE are over all forecasts of all series, so that those with much
// demand count for more; MASE is the mean over the series in which it exists.
// They are defined as in [Accuracy].
type StepValue struct {
	Step              string
	MAE, RMSE, SMAPE  float64
	WAPE, Bias, MASE  Measure
	OverBefore        Gain // over the step before; zero for the first
	OverFirst         Gain // over the first step; zero for the first
	Series, Forecasts int  // how many there were
}

// Gain is what a step gained over another. Positive figures say that it is
// better.
type Gain struct {
	MAE  float64 // mean absolute error of the other less that of the step
	WAPE Measure // the same for WAPE
	MASE Measure // and for MASE
	Bias Measure // magnitude of the other's bias less that of the step, in points
	// Share is the gain in MAE in relation to that of the other.
	Share Measure
	// Relative is 1 - AvgRelMAE, the geometric mean of the ratios of the MAE of
	// each series, weighted by its number of forecasts (Davydenko & Fildes, 2013).
	// It counts a series for as much as another, whatever their levels. Series in which
	// one of both is without error have no ratio and are left out.
	Relative Measure
	// Improved and Worsened count the series whose MAE fell and rose.
	Improved, Worsened int
}

// NewValueAdded starts a report of the named steps, from the first to the last.
// There must be two or more, each with a name of its own.
func NewValueAdded(steps ...string) (*ValueAdded, error) {
	if len(steps) < 2 {
		return nil, &SettingError{Model: "ValueAdded", Setting: "number of steps", Value: float64(len(steps)), Want: "2 or more"}
	}
	v := &ValueAdded{steps: make([]stepSums, len(steps))}
	for i, name := range steps {
		if name == "" || slices.Contains(steps[:i], name) {
			return nil, &SettingError{Model: "ValueAdded", Setting: "step", Value: float64(i), Want: fmt.Sprintf("a name of its own, not %q", name)}
		}
		v.steps[i].name = name
	}
	return v, nil
}

// Add takes in one series: what happened and what each step had forecast for the
// same periods, in the order of the steps. Training is the history before, which
// gives the scale of MASE; it may be empty. After an error nothing was taken in.
func (v *ValueAdded) Add(training Series, actual []float64, forecasts ...[]float64) error {
	if len(forecasts) != len(v.steps) {
		return fmt.Errorf("forecast: %d forecasts for %d steps: %w", len(forecasts), len(v.steps), flywheel.ErrInvalid)
	}
	accuracies := make([]Accuracy, len(forecasts))
	for i, f := range forecasts {
		var err error
		if accuracies[i], err = Evaluate(training, actual, f); err != nil {
			return fmt.Errorf("step %q: %w", v.steps[i].name, err)
		}
	}
	n := float64(len(actual))
	for i, a := range accuracies {
		s := &v.steps[i]
		s.errors += float64(n * a.ME)
		s.absolute += float64(n * a.MAE)
		s.squares += float64(n * float64(a.RMSE*a.RMSE))
		s.symmetric += float64(n * a.SMAPE)
		if a.MASE.Defined {
			s.scaled += a.MASE.Value
			s.scaledSeries++
		}
		if i > 0 {
			s.before.add(a.MAE, accuracies[i-1].MAE, n)
			s.first.add(a.MAE, accuracies[0].MAE, n)
		}
	}
	for _, y := range actual {
		v.actuals += y
		v.absoluteActuals += math.Abs(y)
	}
	v.series++
	v.values += len(actual)
	return nil
}

func (g *gainSums) add(mae, other, n float64) {
	switch {
	case mae < other:
		g.improved++
	case mae > other:
		g.worsened++
	}
	if mae > 0 && other > 0 {
		g.logRatio += float64(n * (math.Log(mae) - math.Log(other)))
		g.weight += n
	}
}

// Report returns the value of each step, in their order; nil before the first
// series.
func (v *ValueAdded) Report() []StepValue {
	if v.series == 0 {
		return nil
	}
	report := make([]StepValue, len(v.steps))
	n := float64(v.values)
	for i, s := range v.steps {
		report[i] = StepValue{
			Step: s.name,
			MAE:  s.absolute / n, RMSE: math.Sqrt(s.squares / n), SMAPE: s.symmetric / n,
			WAPE: ratio(s.absolute, v.absoluteActuals), Bias: ratio(100*s.errors, v.actuals),
			MASE:   ratio(s.scaled, float64(s.scaledSeries)),
			Series: v.series, Forecasts: v.values,
		}
		if i > 0 {
			report[i].OverBefore = report[i].over(&report[i-1], &s.before)
			report[i].OverFirst = report[i].over(&report[0], &s.first)
		}
	}
	return report
}

func (s *StepValue) over(other *StepValue, g *gainSums) Gain {
	minus := func(a, b Measure) Measure {
		if !a.Defined || !b.Defined {
			return Measure{}
		}
		return ratio(a.Value-b.Value, 1)
	}
	magnitude := func(m Measure) Measure { return Measure{math.Abs(m.Value), m.Defined} }
	gain := Gain{
		MAE:      other.MAE - s.MAE,
		WAPE:     minus(other.WAPE, s.WAPE),
		MASE:     minus(other.MASE, s.MASE),
		Bias:     minus(magnitude(other.Bias), magnitude(s.Bias)),
		Share:    ratio(other.MAE-s.MAE, other.MAE),
		Improved: g.improved, Worsened: g.worsened,
	}
	if g.weight > 0 {
		gain.Relative = ratio(1-math.Exp(g.logRatio/g.weight), 1)
	}
	return gain
}
