package stats

import "slices"

// Winsorize pulls extreme values in to two quantiles of all values together. A
// few huge orders then no longer hide the effect on the others; the price is
// that the capped mean is another metric than the mean. Dixon (1960).
type Winsorize struct {
	// Lower and Upper are the quantiles, such as 0 and 0.99. The zero value of
	// Upper means 1.
	Lower, Upper float64
	// NonZero takes the quantiles of the values that are not zero: where most
	// units buy nothing, those of all values are zero and would leave nothing.
	NonZero bool
}

// Caps are the bounds that values are pulled in to.
type Caps struct {
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
}

// Caps returns the bounds, the quantiles of the values of all arms together:
// bounds by arm would hide a difference in the tail and bias the test. The error
// is an [*InputError]; it matches [ErrZeroVariance] where the bounds are equal
// although the values differ, so that all of them would become one.
func (w Winsorize) Caps(arms ...[]float64) (Caps, error) {
	if w.Upper == 0 {
		w.Upper = 1
	}
	if !(w.Lower >= 0 && w.Lower <= 1) {
		return Caps{}, refuse("lower quantile", w.Lower, ErrBeyond)
	}
	if !(w.Upper >= w.Lower && w.Upper <= 1) {
		return Caps{}, refuse("upper quantile", w.Upper, ErrBeyond)
	}
	values := slices.Concat(arms...)
	if err := checkValues("values", values); err != nil {
		return Caps{}, err
	}
	slices.Sort(values)
	varied := values[0] != values[len(values)-1]
	if w.NonZero {
		values = slices.DeleteFunc(values, func(x float64) bool { return x == 0 })
		if len(values) == 0 {
			return Caps{}, nil
		}
	}
	c := Caps{Lower: interpolate(values, w.Lower), Upper: interpolate(values, w.Upper)}
	if w.NonZero {
		c.Lower, c.Upper = min(c.Lower, 0), max(c.Upper, 0) // zeros stay
	}
	if varied && c.Lower == c.Upper {
		return Caps{}, refuse("caps", c.Upper, ErrZeroVariance)
	}
	return c, nil
}

// Apply returns x pulled in to the caps.
func (c Caps) Apply(x float64) float64 { return max(c.Lower, min(c.Upper, x)) }

// Moments returns the moments of the values pulled in to the caps.
func (c Caps) Moments(values []float64) Moments {
	var m Moments
	for _, x := range values {
		m.Add(c.Apply(x))
	}
	return m
}
