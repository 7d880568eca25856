package forecast

import "math"

// TrackingSignal returns after each period the sum of the errors so far, actual
// less forecast, over their mean absolute value so far (Brown, 1959): a forecast
// that is right on average stays near zero, and one that is always too low, or
// too high, moves by 1, or -1, with each period. By chance alone n normal errors
// without bias bring it to some ±1.25·√n; the usual limit in the first dozen
// periods is ±4. It is zero as long as there was no error. O(n).
func TrackingSignal(actual, forecast []float64) ([]float64, error) {
	if err := checkPairs(actual, forecast); err != nil {
		return nil, err
	}
	signal := make([]float64, len(actual))
	sum, absolute := 0.0, 0.0
	for i, y := range actual {
		sum += y - forecast[i]
		absolute += math.Abs(y - forecast[i])
		signal[i] = ratio(sum*float64(i+1), absolute).Value
	}
	return signal, nil
}

// SmoothedTrackingSignal returns after each period the smoothed error over the
// smoothed absolute error (Trigg, 1964), which forgets what is long past: it is
// between -1 and 1, near zero for a forecast that is right on average. Alpha,
// above 0 to 1, is the weight of the newest error; with 0.1 normal errors without
// bias bring it beyond ±0.54, and with 0.2 beyond ±0.74, one time in twenty. Both start at
// zero, so that the first signals are of few errors. O(n).
func SmoothedTrackingSignal(actual, forecast []float64, alpha float64) ([]float64, error) {
	if err := checkPairs(actual, forecast); err != nil {
		return nil, err
	}
	if !(alpha > 0 && alpha <= 1) {
		return nil, &SettingError{Model: "SmoothedTrackingSignal", Setting: "alpha", Value: alpha, Want: "above 0, to 1"}
	}
	signal := make([]float64, len(actual))
	sum, absolute := 0.0, 0.0
	for i, y := range actual {
		e := y - forecast[i]
		sum = float64(alpha*e) + float64((1-alpha)*sum)
		absolute = float64(alpha*math.Abs(e)) + float64((1-alpha)*absolute)
		signal[i] = min(max(ratio(sum, absolute).Value, -1), 1)
	}
	return signal, nil
}

// OWA is the overall weighted average of the M4 competition: the mean of sMAPE
// and MASE, each in relation to that of a benchmark (Makridakis, Spiliotis &
// Assimakopoulos, 2020). Below 1 is better than the benchmark. Over many series,
// average both measures first. It is absent where one of them is, or is zero for
// the benchmark.
func OWA(a, benchmark Accuracy) Measure {
	symmetric, scaled := ratio(a.SMAPE, benchmark.SMAPE), ratio(a.MASE.Value, benchmark.MASE.Value)
	if !symmetric.Defined || !scaled.Defined || !a.MASE.Defined || !benchmark.MASE.Defined {
		return Measure{}
	}
	return ratio(symmetric.Value+scaled.Value, 2)
}

// Width is the mean width of the interval, in units of the data, zero without
// periods: of two that cover as much, the narrow one is the better.
func (v Interval) Width() float64 {
	n := min(len(v.Lower), len(v.Upper))
	if n == 0 {
		return 0
	}
	sum := 0.0
	for h := range n {
		sum += v.Upper[h] - v.Lower[h]
	}
	return sum / float64(n)
}
