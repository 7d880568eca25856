package forecast

import "math"

// arma is a stationary and invertible process
//
//	w(t) = Σ φ(j)·w(t-j) + ε(t) + Σ θ(j)·ε(t-j)
//
// with its filter. The state (Harvey, 1989, section 3.3) has as element i the
// part of w(t+i) that is known before t, so that its first is the forecast. The
// filter starts in the stationary distribution and its gain follows the
// recursions of Morf, Sidhu & Kailath (1974), which take O(r) a step for r
// states where Kalman's take O(r²), and give the same.
type arma struct {
	phi, theta []float64 // φ(j) and θ(j) at j-1, with the seasonal ones multiplied in

	reflections, levinson, previous []float64 // partial autocorrelations, and memory for them
	ofAR, ofMA, covariance, psi     []float64 // autocovariances of both parts and of the whole, effects of an error
	start                           []float64 // covariances of the first state with w
	state, unit                     []float64 // of w, and of a series of ones
	gain                            []float64 // the filter's, not divided by the variance
	recursion
	long []float64 // phi, as long as the state
}

// recursion is how variance and gain of a filter go on.
type recursion struct {
	variance float64
	step     []float64 // how the covariance moves
	change   float64
	steady   bool
}

// next moves variance and gain by a period, and reports false where the variance
// is lost to rounding. phi is as long as the state, step and gain are longer by a
// zero.
func (r *recursion) next(phi, gain []float64) bool {
	n := len(phi)
	step, variance, change := r.step[:n+1], r.variance, r.change
	gain = gain[:n]
	first := step[0]
	next := variance + float64(first*first*change)
	if !(next > 0) {
		return false
	}
	larger, ratio, shift := 0.0, first/variance, change*first
	for i, c := range phi {
		after, g := step[i+1], gain[i]
		moved := float64(c*first) + after
		at := moved - float64(g*ratio)
		step[i] = at
		gain[i] = g + float64(moved*shift)
		larger = max(larger, math.Abs(at))
	}
	change *= variance / next
	r.change, r.variance, r.steady = change, next, -change*larger*larger < 1e-15
	return true
}

// armaLikelihood is the sum of the squared standardised errors, the logarithm of
// the determinant, and the mean at which the sum is least.
type armaLikelihood struct{ squares, logDet, mean float64 }

// reflect puts the partial autocorrelations of an autoregression in
// reflections and reports whether it is stationary (Monahan, 1984).
func (a *arma) reflect(phi []float64) bool {
	p := len(phi)
	a.reflections = resizeOver(a.reflections, p)
	a.levinson, a.previous = append(a.levinson[:0], phi...), resizeOver(a.previous, p)
	for k := p; k > 0; k-- {
		r := a.levinson[k-1]
		if !(math.Abs(r) < 1) {
			return false
		}
		a.reflections[k-1] = r
		if r == 0 {
			continue
		}
		copy(a.previous, a.levinson[:k-1])
		for j := range k - 1 {
			a.levinson[j] = (a.previous[j] + float64(r*a.previous[k-2-j])) / (1 - r*r)
		}
	}
	return true
}

// autoregression fills dst with the coefficients that have the given partial
// autocorrelations (Durbin-Levinson), using memory of the same length.
func autoregression(dst, memory, partial []float64) {
	for k, r := range partial {
		copy(memory, dst[:k])
		for j := range k {
			dst[j] = memory[j] - float64(r*memory[k-1-j])
		}
		dst[k] = r
	}
}

// stationary fills start with the covariances of the state with w(t), for
// errors of variance 1.
func (a *arma) stationary() bool {
	p, q := len(a.phi), len(a.theta)
	if !a.reflect(a.phi) {
		return false
	}
	// Autocovariances of the autoregressive part alone, upwards from order 0.
	lags := p + q + 1
	a.ofAR = resizeOver(a.ofAR, lags)
	v := 1.0
	for _, r := range a.reflections[:p] {
		v /= 1 - r*r
	}
	a.ofAR[0] = v
	for k := 1; k <= p; k++ {
		r := a.reflections[k-1]
		sum := float64(r * v)
		for j := range k - 1 {
			sum += float64(a.levinson[j] * a.ofAR[k-1-j])
		}
		a.ofAR[k] = sum
		v *= 1 - r*r
		copy(a.previous, a.levinson[:k-1])
		for j := range k - 1 {
			a.levinson[j] = a.previous[j] - float64(r*a.previous[k-2-j])
		}
		a.levinson[k-1] = r
	}
	for k := p + 1; k < lags; k++ {
		sum := 0.0
		for j, c := range a.phi {
			sum += float64(c * a.ofAR[k-1-j])
		}
		a.ofAR[k] = sum
	}
	// Those of the whole, by the autocovariances of the moving average.
	at := func(j int) float64 { // θ with its leading one
		if j == 0 {
			return 1
		}
		return a.theta[j-1]
	}
	a.ofMA, a.psi = resize(a.ofMA, q+1), resize(a.psi, q+1)
	for i := range q + 1 {
		if t := at(i); t != 0 {
			for j := i; j <= q; j++ {
				a.ofMA[j-i] += float64(t * at(j))
			}
		}
		a.psi[i] = at(i)
		for j := 1; j <= min(i, p); j++ {
			a.psi[i] += float64(a.phi[j-1] * a.psi[i-j])
		}
	}
	a.covariance = resizeOver(a.covariance, p+1)
	for k := range a.covariance {
		sum := float64(a.ofMA[0] * a.ofAR[k])
		for l := 1; l <= q; l++ {
			if c := a.ofMA[l]; c != 0 {
				sum += float64(c * (a.ofAR[k+l] + a.ofAR[max(k-l, l-k)]))
			}
		}
		a.covariance[k] = sum
	}
	r := max(p, q+1)
	a.start = resize(a.start, r+1) // with a zero after the last
	a.start[0] = a.covariance[0]
	for i := 1; i < r; i++ {
		sum := 0.0
		for j := i + 1; j <= p; j++ {
			sum += float64(a.phi[j-1] * a.covariance[j-i])
		}
		for j := i; j <= q; j++ {
			sum += float64(at(j) * a.psi[j-i])
		}
		a.start[i] = sum
	}
	return a.start[0] > 0 && !math.IsInf(a.start[0], 1)
}

// begin sets the filter to the stationary distribution, and reports whether
// there is one.
func (a *arma) begin() bool {
	if !a.stationary() {
		return false
	}
	r := len(a.start) - 1
	// The states have a zero after the last, so that element i+1 exists; phi is
	// continued with zeros.
	a.long = resize(a.long, r)
	copy(a.long, a.phi)
	a.state, a.gain, a.step = resize(a.state, r+1), resize(a.gain, r+1), resize(a.step, r+1)
	a.variance, a.change, a.steady = a.start[0], -1/a.start[0], false
	for i, c := range a.long {
		a.gain[i] = float64(c*a.variance) + a.start[i+1]
		a.step[i] = a.gain[i]
	}
	return true
}

// advance moves a state by a period in which the error was weight times the
// variance.
func (a *arma) advance(state []float64, weight float64) {
	x, phi := state[0], a.long
	state, gain := state[:len(phi)+1], a.gain[:len(phi)+1]
	for i, c := range phi {
		state[i] = float64(c*x) + state[i+1] + float64(gain[i]*weight)
	}
}

// filter runs over w and reports whether it could. It takes the mean as given,
// or estimates how far the best one is from it. Where errors is not nil it receives w less its forecasts,
// for the given mean; afterwards state is what is known of the periods to come.
func (a *arma) filter(w, errors []float64, mean float64, estimate bool) (armaLikelihood, bool) {
	var l armaLikelihood
	if !a.begin() {
		return l, false
	}
	phi, state, gain := a.long, a.state, a.gain
	a.unit = resize(a.unit, len(state))
	unit := a.unit[:len(state)]
	determinant := 1.0
	var own, cross, units float64 // sums of squares and products of both errors
	for t, y := range w {
		x, u, variance := state[0], unit[0], a.variance
		e := y - mean - x
		if errors != nil {
			errors[t] = e
		}
		own += float64(e * e / variance)
		weight := e / variance
		if estimate {
			d := 1 - u
			cross += float64(e * d / variance)
			units += float64(d * d / variance)
			d /= variance
			for i, c := range phi {
				k := gain[i]
				state[i] = float64(c*x) + state[i+1] + float64(k*weight)
				unit[i] = float64(c*u) + unit[i+1] + float64(k*d)
			}
		} else {
			a.advance(state, weight)
		}
		if determinant *= variance; determinant > 1e150 {
			l.logDet += math.Log(determinant)
			determinant = 1
		}
		if !a.steady && !a.next(phi, gain) {
			return l, false
		}
	}
	l.logDet += math.Log(determinant)
	l.squares, l.mean = own, mean
	if estimate && units > 0 {
		l.mean = mean + cross/units
		l.squares = max(own-float64(cross/units*cross), 0)
	}
	return l, l.squares >= 0 && !math.IsInf(l.squares, 1)
}
