package forecast

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Series is what was observed, oldest first and at equal distances in time.
type Series struct {
	// ID names the series in errors; it may be empty.
	ID string
	// Values are the observations. A day on which the item was out of stock
	// shows no demand and must not be entered as a zero.
	Values []float64
	// Season is the number of observations in a cycle: 12 for months, 4 for
	// quarters, 7 for days with a weekly pattern. 0 and 1 mean none.
	Season int
	// Regressors are what is known to move the demand, such as prices,
	// promotions and holidays, for the periods observed and those to come.
	// [ARIMA], [Auto] and [Regression] use them; other models leave them out,
	// with a [Warning].
	Regressors []Regressor
}

// Regressor is a known influence on a series.
type Regressor struct {
	Name string // such as "price"
	// Values has one figure per observation of the series, and after them one
	// for each period to come: no forecast reaches further.
	Values []float64
}

const (
	// MaxMagnitude bounds the observations: their squares must be finite.
	MaxMagnitude = 1e100
	// MaxHorizon is the longest horizon of a forecast.
	MaxHorizon = 10_000
	// MaxSeason is the longest seasonal cycle.
	MaxSeason = 10_000
)

// What can be wrong with a series. Each comes inside a [SeriesError] and wraps
// an error kind of package flywheel.
var (
	ErrEmpty     = fmt.Errorf("no observations: %w", flywheel.ErrInvalid)
	ErrNotFinite = fmt.Errorf("not a finite number: %w", flywheel.ErrInvalid)
	ErrNegative  = fmt.Errorf("negative demand: %w", flywheel.ErrInvalid)
	ErrShort     = fmt.Errorf("shorter than two cycles and one period: %w", flywheel.ErrInvalid)
	// ErrNoLogarithm and ErrFactors refuse effects that multiply.
	ErrNoLogarithm = fmt.Errorf("effects cannot multiply where values are negative or more than half are zero: %w", flywheel.ErrInvalid)
	ErrFactors     = fmt.Errorf("regressors would multiply a period out of proportion to the history: %w", flywheel.ErrOutOfRange)
	ErrTooLarge    = fmt.Errorf("magnitude above %g: %w", float64(MaxMagnitude), flywheel.ErrOutOfRange)
)

// SeriesError names the series and the observation that a model cannot take.
type SeriesError struct {
	Series string  // Series.ID
	Index  int     // position in Values, -1 where no single one is at fault
	Value  float64 // the observation, 0 where there is none
	Err    error   // one of the Err variables
}

func (e *SeriesError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("forecast: series %q: %v", e.Series, e.Err)
	}
	return fmt.Sprintf("forecast: series %q: observation %d is %g: %v", e.Series, e.Index, e.Value, e.Err)
}

// Unwrap returns the cause.
func (e *SeriesError) Unwrap() error { return e.Err }

// SettingError names a setting outside its range.
type SettingError struct {
	Model   string // the model or function
	Setting string // such as "alpha" or "horizon"
	Value   float64
	Want    string // the range in words
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("forecast: %s: %s is %g, want %s", e.Model, e.Setting, e.Value, e.Want)
}

// Unwrap returns flywheel.ErrOutOfRange.
func (e *SettingError) Unwrap() error { return flywheel.ErrOutOfRange }

// check reports the first thing wrong with s.
func (s *Series) check() error {
	if len(s.Values) == 0 {
		return &SeriesError{Series: s.ID, Index: -1, Err: ErrEmpty}
	}
	for i, y := range s.Values {
		if !(math.Abs(y) <= MaxMagnitude) {
			err := ErrTooLarge
			if math.IsNaN(y) || math.IsInf(y, 0) {
				err = ErrNotFinite
			}
			return &SeriesError{Series: s.ID, Index: i, Value: y, Err: err}
		}
	}
	return s.checkSeason()
}

// checkRegressors reports the first thing wrong with the regressors, and returns
// for how many periods to come they are known.
func (s *Series) checkRegressors() (ahead int, err error) {
	for i, r := range s.Regressors {
		if i == 0 {
			ahead = len(r.Values) - len(s.Values)
		}
		if len(r.Values) < len(s.Values) || len(r.Values) != len(s.Values)+ahead {
			return 0, &SettingError{Model: "series " + s.ID, Setting: "number of values of regressor " + r.Name, Value: float64(len(r.Values)), Want: "one per observation and per period to come, as many as the other regressors have"}
		}
		for t, v := range r.Values {
			if !(math.Abs(v) <= MaxMagnitude) {
				return 0, &SettingError{Model: "series " + s.ID, Setting: fmt.Sprintf("regressor %s at %d", r.Name, t), Value: v, Want: "a finite number, at most 1e100"}
			}
		}
	}
	return ahead, nil
}

func (s *Series) checkSeason() error {
	if s.Season < 0 || s.Season > MaxSeason {
		return &SettingError{Model: "series", Setting: "season", Value: float64(s.Season), Want: "0 to 10000"}
	}
	return nil
}

// checkDemand is check for models of demand, which is never negative.
func (s *Series) checkDemand() error {
	if err := s.check(); err != nil {
		return err
	}
	for i, y := range s.Values {
		if y < 0 {
			return &SeriesError{Series: s.ID, Index: i, Value: y, Err: ErrNegative}
		}
	}
	return nil
}

// season returns the length of the cycle, 1 where there is none.
func (s *Series) season() int { return max(s.Season, 1) }

// constant reports whether all observations are the same.
func (s *Series) constant() bool {
	for _, y := range s.Values[1:] {
		if y != s.Values[0] {
			return false
		}
	}
	return true
}

// checkSetting reports a smoothing parameter outside (0, 1]. Zero is accepted:
// it asks for an estimate.
func checkSetting(model, setting string, value float64) error {
	if !(value >= 0 && value <= 1) {
		return &SettingError{Model: model, Setting: setting, Value: value, Want: "0 (to estimate it) or above, to 1"}
	}
	return nil
}
