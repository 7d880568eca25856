package forecast

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Residuals tell what a fitted model leaves unexplained.
type Residuals struct {
	Values []float64 // observation less fitted value
	Mean   float64   // far from zero where the model is biased
	// Autocorrelations of lags 1, 2, …: a model that misses nothing leaves
	// none.
	Autocorrelations []float64
	// LjungBox is the statistic of Ljung & Box (1978) for all these lags, and
	// LjungBoxP its p-value with as many degrees of freedom: a small one says
	// that something is left.
	LjungBox, LjungBoxP float64
	// Skewness and ExcessKurtosis are zero for a normal distribution.
	Skewness, ExcessKurtosis float64
}

// Residuals returns those of the series that the model was fitted to, with
// lags autocorrelations.
func (f *Fit) Residuals(s Series, lags int) (*Residuals, error) {
	if err := f.checkFitted(); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	n := len(f.Fitted)
	if f.Skipped+n != len(s.Values) {
		return nil, &SettingError{Model: f.Model, Setting: "number of observations", Value: float64(len(s.Values)), Want: "that of the series that was fitted"}
	}
	r := &Residuals{Values: make([]float64, n)}
	for i, v := range f.Fitted {
		r.Values[i] = s.Values[f.Skipped+i] - v
	}
	var err error
	if r.Autocorrelations, err = Autocorrelations(Series{ID: s.ID, Values: r.Values}, lags); err != nil {
		return nil, err
	}
	r.Mean = average(r.Values)
	var two, three, four float64
	for _, v := range r.Values {
		d := v - r.Mean
		square := float64(d * d)
		two += square
		three += float64(square * d)
		four += float64(square * square)
	}
	size := float64(n)
	if spread := two / size; spread > 0 && !math.IsInf(four, 0) {
		r.Skewness = three / size / math.Pow(spread, 1.5)
		r.ExcessKurtosis = four/size/float64(spread*spread) - 3
	}
	for i, c := range r.Autocorrelations {
		r.LjungBox += float64(c*c) / (size - float64(i+1))
	}
	r.LjungBox *= size * (size + 2)
	r.LjungBoxP = distuv.ChiSquared{K: float64(lags)}.Survival(r.LjungBox)
	return r, nil
}
