package forecast

import (
	"fmt"
	"slices"
)

// Carry returns the regressor with an effect that fades: each period keeps the
// given share, from 0 to below 1, of what the one before had, as with advertising
// (Broadbent, 1979). Of a [Pulse] it makes a change that wears off (Box & Tiao,
// 1975).
func (r Regressor) Carry(share float64) (Regressor, error) {
	if !(share >= 0 && share < 1) {
		return r, &SettingError{Model: "regressor " + r.Name, Setting: "share", Value: share, Want: "0 to below 1"}
	}
	r.Values = slices.Clone(r.Values)
	for t := 1; t < len(r.Values); t++ {
		r.Values[t] += float64(share * r.Values[t-1])
	}
	return r, nil
}

// LevelShift returns the regressor of a change that stays: 0 before the period
// at, counted from 0, and 1 from it on (Box & Tiao, 1975). Periods is the number
// of values. [Calendar.Index] finds the period of a date.
func LevelShift(name string, at, periods int) (Regressor, error) {
	r, err := intervention(name, at, periods)
	for t := at; err == nil && t < periods; t++ {
		r.Values[t] = 1
	}
	return r, err
}

// Pulse returns the regressor of what happened once: 1 in the period at, counted
// from 0, and 0 else.
func Pulse(name string, at, periods int) (Regressor, error) {
	r, err := intervention(name, at, periods)
	if err == nil {
		r.Values[at] = 1
	}
	return r, err
}

func intervention(name string, at, periods int) (Regressor, error) {
	if periods < 1 || periods > MaxPeriods {
		return Regressor{}, &SettingError{Model: "intervention " + name, Setting: "number of periods", Value: float64(periods), Want: fmt.Sprintf("1 to %d", MaxPeriods)}
	}
	if at < 0 || at >= periods {
		return Regressor{}, &SettingError{Model: "intervention " + name, Setting: "period", Value: float64(at), Want: fmt.Sprintf("0 to %d", periods-1)}
	}
	return Regressor{Name: name, Values: make([]float64, periods)}, nil
}
