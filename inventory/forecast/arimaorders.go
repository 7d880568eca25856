package forecast

import "fmt"

// Orders is the form of an [ARIMA] model, (p,d,q)(P,D,Q) in the usual notation.
type Orders struct {
	AR, Differences, MA                         int // p, d and q
	SeasonalAR, SeasonalDifferences, SeasonalMA int // P, D and Q, at multiples of the season
	// Constant is the mean of the differenced series: a mean without
	// differences, a drift with one.
	Constant bool
}

const (
	mostARIMAOrder    = 12
	mostSeasonalOrder = 4
	mostDifferences   = 2
	mostARIMASeason   = 350 // as in R: the states grow with the season
)

// coefficients counts those of both polynomials.
func (o Orders) coefficients() int { return o.AR + o.MA + o.SeasonalAR + o.SeasonalMA }

// parameters counts coefficients, the constant and the variance.
func (o Orders) parameters() int {
	if o.Constant {
		return o.coefficients() + 2
	}
	return o.coefficients() + 1
}

// lost is the number of observations that differencing uses up.
func (o Orders) lost(season int) int { return o.Differences + season*o.SeasonalDifferences }

func (o Orders) check() error {
	for _, c := range [...]struct {
		setting     string
		value, most int
	}{
		{"AR", o.AR, mostARIMAOrder}, {"MA", o.MA, mostARIMAOrder}, {"differences", o.Differences, mostDifferences},
		{"seasonal AR", o.SeasonalAR, mostSeasonalOrder}, {"seasonal MA", o.SeasonalMA, mostSeasonalOrder}, {"seasonal differences", o.SeasonalDifferences, mostDifferences},
	} {
		if c.value < 0 || c.value > c.most {
			return &SettingError{Model: "ARIMA", Setting: c.setting, Value: float64(c.value), Want: fmt.Sprintf("0 to %d", c.most)}
		}
	}
	if o.Constant && o.Differences+o.SeasonalDifferences > 1 {
		return &SettingError{Model: "ARIMA", Setting: "constant", Value: 1, Want: "none with more than one difference"}
	}
	return nil
}

// name writes the model as R does, such as ARIMA(1,1,0)(0,1,1)[12] with drift.
func (o Orders) name(season int) string {
	s := fmt.Sprintf("ARIMA(%d,%d,%d)", o.AR, o.Differences, o.MA)
	if o.SeasonalAR+o.SeasonalDifferences+o.SeasonalMA > 0 {
		s += fmt.Sprintf("(%d,%d,%d)[%d]", o.SeasonalAR, o.SeasonalDifferences, o.SeasonalMA, season)
	}
	if o.Constant && o.Differences+o.SeasonalDifferences > 0 {
		return s + " with drift"
	}
	if o.Constant {
		return s + " with mean"
	}
	return s
}
