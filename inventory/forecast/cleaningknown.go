package forecast

import (
	"math"
	"slices"
)

// cleanKnown is Clean of a series whose regressors say when demand was moved and by
// what: their effects are taken out, the rest is cleaned, and they are put back on
// what was corrected. What turns out to be an outlier does not count for the effects,
// which are estimated once more without.
func (c Cleaning) cleanKnown(s Series, availability []float64) (Series, []Correction, error) {
	if _, err := s.checkRegressors(); err != nil {
		return s, nil, err
	}
	rest := Series{ID: s.ID, Season: s.Season, Values: make([]float64, len(s.Values))}
	counts := make([]bool, len(s.Values)) // of the effects
	for i, y := range s.Values {
		counts[i] = !math.IsNaN(y) && (availability == nil || i < len(availability) && availability[i] == 1)
	}
	for round := 0; ; round++ {
		e := knownEffects(&s, counts)
		for i, y := range s.Values {
			rest.Values[i] = e.off(y, i)
		}
		clean, corrections, err := c.Clean(rest, availability)
		if err != nil {
			return s, nil, err
		}
		news := false
		for _, x := range corrections {
			if x.Cause == Outlying && counts[x.Index] {
				counts[x.Index], news = false, true
			}
		}
		if news && round < 2 {
			continue
		}
		values := slices.Clone(s.Values)
		for k := range corrections {
			x := &corrections[k]
			x.Was, x.Is = values[x.Index], e.on(clean.Values[x.Index], x.Index)
			if x.Cause == OutOfStock || x.Cause == PartlyOutOfStock {
				x.Is = max(x.Is, x.Was)
			}
			if !(math.Abs(x.Is) <= MaxMagnitude) {
				return s, nil, &SeriesError{Series: s.ID, Index: x.Index, Value: x.Was, Err: ErrTooLarge}
			}
			values[x.Index] = x.Is
		}
		s.Values = values
		return s, corrections, nil
	}
}

// knownEffects estimates what the regressors do from the observations that count. The
// level and the season around each observation are taken out of both sides by a
// smoother that is linear in them, so that the coefficients are those of a partially
// linear model (Robinson, 1988, Econometrica 56, 931-954). The effects multiply a
// demand, of which zeros say nothing, and add to what can be negative. Where there are
// fewer than four observations for each regressor, or a factor is out of all
// proportion, nothing is known.
func knownEffects(s *Series, counts []bool) effects {
	n := len(s.Values)
	e := effects{sizes: make([]float64, n)}
	e.multiply = !slices.ContainsFunc(s.Values, func(y float64) bool { return y < 0 }) // NaN is not
	z := make([]float64, n)
	used := 0
	for i, y := range s.Values {
		switch {
		case !counts[i] || e.multiply && y == 0:
			z[i] = math.NaN()
			continue
		case e.multiply:
			y = math.Log(y)
		}
		z[i] = y
		used++
	}
	none := func() effects {
		for i := range e.sizes {
			e.sizes[i] = float64(boolOf(e.multiply))
		}
		return e
	}
	k := len(s.Regressors)
	if used < 4*(k+1) {
		return none()
	}
	sides := [][]float64{apartFromLevel(z, z, s.season())}
	for _, r := range s.Regressors {
		sides = append(sides, apartFromLevel(r.Values[:n], z, s.season()))
	}
	coefficients := leastSquaresOf(sides[1:], sides[0])
	for j, r := range s.Regressors {
		for t := range n {
			e.sizes[t] += float64(coefficients[j] * r.Values[t])
		}
	}
	if !e.multiply {
		return e
	}
	for t := range e.sizes {
		e.sizes[t] = math.Exp(e.sizes[t])
		if !(e.sizes[t] > 1/mostFactor && e.sizes[t] < mostFactor) {
			return none()
		}
	}
	return e
}

func boolOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// apartFromLevel returns values without the mean of those around them, in a season to
// either side or six observations, and then without the mean of their place in the
// season; only where z is known, and zero elsewhere.
func apartFromLevel(values, z []float64, season int) []float64 {
	n := len(values)
	sums, known := make([]float64, n+1), make([]int, n+1)
	for i, v := range values {
		sums[i+1], known[i+1] = sums[i], known[i]
		if !math.IsNaN(z[i]) {
			sums[i+1] += v
			known[i+1]++
		}
	}
	apart := make([]float64, n)
	width := max(6, season)
	for i, v := range values {
		if !math.IsNaN(z[i]) {
			low, high := max(0, i-width), min(n, i+width+1)
			apart[i] = v - (sums[high]-sums[low])/float64(known[high]-known[low])
		}
	}
	if season == 1 || n < 2*season {
		return apart
	}
	mean, count := make([]float64, season), make([]float64, season)
	for i, v := range apart {
		if !math.IsNaN(z[i]) {
			mean[i%season] += v
			count[i%season]++
		}
	}
	for i := range apart {
		if !math.IsNaN(z[i]) {
			apart[i] -= mean[i%season] / count[i%season]
		}
	}
	return apart
}

// leastSquaresOf returns the coefficients of a regression of y on columns by a
// Cholesky decomposition; a column that the others explain has none.
func leastSquaresOf(columns [][]float64, y []float64) []float64 {
	k := len(columns)
	lower, right := make([]float64, k*k), make([]float64, k)
	dot := func(a, b []float64) (sum float64) {
		for i := range a {
			sum += float64(a[i] * b[i])
		}
		return sum
	}
	coefficients := make([]float64, k)
	free := make([]bool, k)
	for j := range k {
		pivot := dot(columns[j], columns[j])
		least := 1e-8 * pivot
		right[j] = dot(columns[j], y)
		for i := range j {
			if !free[i] {
				continue
			}
			v := dot(columns[j], columns[i])
			for m := range i {
				v -= float64(lower[j*k+m] * lower[i*k+m])
			}
			lower[j*k+i] = v / lower[i*k+i]
			pivot -= float64(lower[j*k+i] * lower[j*k+i])
			right[j] -= float64(lower[j*k+i] * right[i])
		}
		if free[j] = pivot > least && pivot > 0; !free[j] {
			clear(lower[j*k : j*k+k])
			right[j] = 0
			continue
		}
		lower[j*k+j] = math.Sqrt(pivot)
		right[j] /= lower[j*k+j]
	}
	for j := k - 1; j >= 0; j-- {
		if !free[j] {
			continue
		}
		v := right[j]
		for i := j + 1; i < k; i++ {
			if free[i] {
				v -= float64(lower[i*k+j] * coefficients[i])
			}
		}
		coefficients[j] = v / lower[j*k+j]
	}
	return coefficients
}
