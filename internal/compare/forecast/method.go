package main

import (
	"math"
	"regexp"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// method is one that both have.
type method struct {
	name   string // in R
	models []model
	levels []float64
	parts  bool // whether it is for demand that comes rarely too
}

// model is a method in Go.
type model struct {
	name string
	forecast.Model
	// alike reports whether an answer is that of R, or as good; nil where they
	// are not meant to be.
	alike func(fit *forecast.Fit, next *forecast.Forecast, r answer) bool
	least float64 // share of the answers that must be alike
}

// enough reports whether few answers are not alike: none where all must be, else
// two, since a small sample says little, or what the share leaves.
func (m model) enough(a result) bool {
	unlike := float64(a.series - a.alike)
	if m.least == 1 {
		return unlike == 0
	}
	return unlike <= max(2, (1-m.least)*float64(a.series)+1e-9)
}

var methods = []method{
	{"ets", []model{
		{"ETS", forecast.ETS{}, noWorse, 0.97},
		{"Auto", forecast.Auto{}, nil, 0},
	}, []float64{0.8, 0.95}, false},
	{"thetaf", []model{{"Theta", forecast.Theta{}, within(1e-3), 0.95}}, []float64{0.8, 0.95}, false},
	{"croston", []model{{"Croston", forecast.Croston{Alpha: 0.1}, within(1e-8), 1}}, nil, true},
	{"auto.arima", []model{{"ARIMA", forecast.ARIMA{}, noWorse, 0.9}}, []float64{0.8, 0.95}, false},
}

// within returns whether all means are R's, but for a share of them.
func within(tolerance float64) func(*forecast.Fit, *forecast.Forecast, answer) bool {
	return func(_ *forecast.Fit, next *forecast.Forecast, r answer) bool {
		if len(next.Mean) != len(r.mean) {
			return false
		}
		for h, v := range next.Mean {
			if !(math.Abs(v-r.mean[h]) <= tolerance*math.Abs(r.mean[h])) {
				return false
			}
		}
		return true
	}
}

// noWorse reports whether the AICc is at most R's and a hundredth. Those of
// ARIMA models of other differences cannot be compared and count as alike.
func noWorse(fit *forecast.Fit, _ *forecast.Forecast, r answer) bool {
	if differences(fit.Model) != differences(r.model) {
		return true
	}
	l, ok := fit.Likelihood()
	return !ok || math.IsNaN(r.aicc) || l.AICc <= r.aicc+0.01
}

var orders = regexp.MustCompile(`\(\d+,(\d+),\d+\)`)

// differences returns the orders of differencing in the name of an ARIMA model:
// that of the periods, that of the season.
func differences(name string) (d [2]string) {
	d = [2]string{"0", "0"}
	for i, match := range orders.FindAllStringSubmatch(name, 2) {
		d[i] = match[1]
	}
	return d
}
