package forecast

import (
	"math"
	"slices"
)

// Conformal gives a model intervals that hold without any law of its errors, as
// wide as its forecasts were wrong: the model is fitted to the beginning of the
// series and follows the rest with [Fit.Update], and the ranges ahead are those
// that would have held there with the frequency that is asked for (Vovk,
// Gammerman & Shafer, 2005; Lei, G'Sell, Rinaldo, Tibshirani & Wasserman, 2018,
// algorithm 2 with errors in units of the model's deviation). For each distance
// the half-width is the k-th smallest of m such errors, k = ⌈(m+1)·level⌉, and
// the largest where the level wants more errors than there are.
//
// It promises the level where errors to come are like those of the past, which
// is the more to be had, the more origins there are. Where the deviation of the
// model is zero errors count in units of the series. Paths and totals stay the
// model's.
//
// A series too short for it, with fewer than ten observations before the origins,
// gets the model's own intervals and [WarnShort].
type Conformal struct {
	Of Model // nil is [Auto]
	// Horizon is the greatest distance at which errors are measured; beyond it
	// the last applies. 0 is a season, and at least 6.
	Horizon int
	// Origins is the number of points in the past from which is forecast. 0 is
	// a third of the observations and at most 200.
	Origins int
}

const conformalLeast = 10 // observations before the first origin

// Fit implements [Model].
func (m Conformal) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. The cost is that of two fits and of a forecast from
// each origin.
func (m Conformal) FitTo(dst *Fit, s Series) error {
	if m.Of == nil {
		m.Of = Auto{}
	}
	if m.Horizon < 0 || m.Horizon > MaxHorizon {
		return &SettingError{Model: "Conformal", Setting: "horizon", Value: float64(m.Horizon), Want: "0 (for a season) to 10000"}
	}
	if m.Origins < 0 {
		return &SettingError{Model: "Conformal", Setting: "origins", Value: float64(m.Origins), Want: "0 (for a third of the observations) or more"}
	}
	if err := m.Of.FitTo(dst, s); err != nil {
		return err
	}
	n := len(s.Values)
	if m.Horizon == 0 {
		m.Horizon = max(s.season(), 6)
	}
	if m.Origins == 0 {
		m.Origins = min(n/3, 200)
	}
	m.Horizon = min(m.Horizon, (m.Origins+1)/2)
	if n-m.Origins < conformalLeast || m.Horizon == 0 {
		dst.warn(WarnShort)
		return nil
	}
	past := s
	past.Values = s.Values[:n-m.Origins]
	f, err := m.Of.Fit(past)
	if err != nil {
		return err
	}
	c := &conformal{absolute: dst.Sigma == 0, errors: make([][]float64, m.Horizon)}
	deviations := make([][]float64, m.Horizon)
	mean := make([]float64, m.Horizon)
	for t := n - m.Origins; t < n; t++ {
		ahead := mean[:min(m.Horizon, n-t)]
		f.process.mean(ahead)
		deviation := f.deviations(ahead)
		for h, v := range ahead {
			e := math.Abs(f.added.off(h, s.Values[t+h]) - v)
			c.errors[h], deviations[h] = append(c.errors[h], e), append(deviations[h], deviation[h])
			c.absolute = c.absolute || !(deviation[h] > 0) || math.IsInf(e/deviation[h], 1)
		}
		if err := f.Update(s.Values[t]); err != nil {
			return err
		}
	}
	for h, errors := range c.errors {
		for i := range errors {
			if !c.absolute {
				errors[i] /= deviations[h][i]
			}
		}
		slices.Sort(errors)
	}
	dst.shape = c
	return nil
}

// conformal has the errors of the past by distance.
type conformal struct {
	errors   [][]float64 // sorted
	absolute bool        // in units of the series, not of the deviation
}

func (c *conformal) quantiles(f *Fit, dst [][]float64, mean, probabilities []float64) {
	deviation := f.deviations(mean)
	for i, p := range probabilities {
		level := math.Abs(2*p - 1)
		for h, v := range mean {
			errors := c.errors[min(h, len(c.errors)-1)]
			rank := int(math.Ceil(float64(level*float64(len(errors)+1)) - 1e-9))
			half := 0.0
			if rank > 0 {
				half = errors[min(rank, len(errors))-1]
			}
			if !c.absolute {
				half *= deviation[h]
			}
			dst[i][h] = v + math.Copysign(half, p-0.5)
		}
	}
}
