package forecast

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Accuracy measures point forecasts against what happened. An error is actual
// minus forecast, so that a forecast that is too high has a negative bias. A
// measure that does not exist for the data, such as MAPE with a zero actual, is
// absent: its Defined method of [Measure] says so.
type Accuracy struct {
	ME    float64 // mean error
	MAE   float64 // mean absolute error
	RMSE  float64 // root mean squared error
	SMAPE float64 // mean of 200·|e|/(|y|+|f|), in percent; a term 0/0 counts 0

	MAPE  Measure // mean of 100·|e|/|y|; wants no actual of zero
	WAPE  Measure // Σ|e|/Σ|y|
	Bias  Measure // 100·Σe/Σy, in percent
	MASE  Measure // MAE over the mean absolute seasonal change in sample (Hyndman & Koehler, 2006)
	RMSSE Measure // root of the mean squared error over the mean squared change from one period to the next in sample (Makridakis, Spiliotis & Assimakopoulos, 2022)
}

// Measure is a figure that may not exist for the data at hand.
type Measure struct {
	Value   float64
	Defined bool
}

func ratio(numerator, denominator float64) Measure {
	v := numerator / denominator
	if denominator == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return Measure{}
	}
	return Measure{v, true}
}

// Evaluate compares forecasts with actuals, which must be of one length.
// Training is the series that the model was fitted to; its values and season
// give the scale of MASE and RMSSE, which are absent without it. O(n).
func Evaluate(training Series, actual, forecast []float64) (Accuracy, error) {
	if err := checkPairs(actual, forecast); err != nil {
		return Accuracy{}, err
	}
	if len(training.Values) > 0 {
		if err := training.check(); err != nil {
			return Accuracy{}, err
		}
	}
	var a Accuracy
	var sum, absolute, squares, percent, symmetric, actuals, absoluteActuals float64
	percentDefined := true
	for i, y := range actual {
		e := y - forecast[i]
		sum += e
		absolute += math.Abs(e)
		squares += float64(e * e)
		actuals += y
		absoluteActuals += math.Abs(y)
		if y == 0 {
			percentDefined = false
		} else {
			percent += math.Abs(e / y)
		}
		if e != 0 {
			symmetric += math.Abs(e) / (math.Abs(y) + math.Abs(forecast[i]))
		}
	}
	n := float64(len(actual))
	a.ME, a.MAE, a.RMSE, a.SMAPE = sum/n, absolute/n, math.Sqrt(squares/n), 200*symmetric/n
	if percentDefined {
		a.MAPE = ratio(100*percent, n)
	}
	a.WAPE = ratio(absolute, absoluteActuals)
	a.Bias = ratio(100*sum, actuals)
	if scale, _, n := changes(training.Values, training.season()); n > 0 {
		a.MASE = ratio(a.MAE, scale/float64(n))
	}
	if _, scale, n := changes(training.Values, 1); n > 0 {
		a.RMSSE = ratio(a.RMSE, math.Sqrt(scale/float64(n)))
	}
	return a, nil
}

// changes returns the sums of absolute and squared changes over lag periods.
func changes(values []float64, lag int) (absolute, squares float64, n int) {
	for i := lag; i < len(values); i++ {
		d := values[i] - values[i-lag]
		absolute += math.Abs(d)
		squares += float64(d * d)
		n++
	}
	return absolute, squares, n
}

// checkPairs reports lists that cannot be compared one by one.
func checkPairs(actual []float64, others ...[]float64) error {
	s := Series{ID: "actual", Values: actual}
	if err := s.check(); err != nil {
		return err
	}
	for _, other := range others {
		if len(other) != len(actual) {
			return fmt.Errorf("forecast: %d actual values and %d forecasts: %w", len(actual), len(other), flywheel.ErrInvalid)
		}
		s := Series{ID: "forecast", Values: other}
		if err := s.check(); err != nil {
			return err
		}
	}
	return nil
}
