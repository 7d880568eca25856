package forecast

import "math"

// etsLikelihood is minus twice the log-likelihood of a model with a season as a
// function of smoothing parameters and initial state,
//
//	n·log Σ r(t)² + 2·Σ log μ(t)   (the last for relative errors r = e/μ),
//
// with its gradient by the adjoint recursion: one pass forward, one back, O(n)
// whatever the number of parameters.
//
// A point is first the angles of the smoothing parameters that are estimated: a
// parameter between low and high is low + (high-low)·sin², so that a minimum at
// a bound is like one inside; then level, trend and seasons in steps of a size
// that moves the errors by about one.
type etsLikelihood struct {
	form    etsForm
	values  []float64 // scaled to a mean magnitude of one
	seasons int       // 1 without

	given              [4]float64 // alpha, beta, gamma, phi; 0 where estimated
	alpha, beta, gamma float64
	phi                float64
	sines              [4]float64 // of the angles that gave them
	start              Start      // scaled; fixed where startGiven
	startGiven         bool

	unit       float64 // step of the level
	seasonUnit float64 // step of a season

	// Per observation: level with trend, trend before, season, error, mean.
	p, b, s, e, mean []float64
	season, adjoint  []float64
	sse              float64 // of the last run
}

func (o *etsLikelihood) free() int {
	n := o.angles()
	if !o.startGiven {
		n += 1 + o.seasons
		if o.form.trend != Absent {
			n++
		}
	}
	return n
}

// angles counts the smoothing parameters that are estimated.
func (o *etsLikelihood) angles() int {
	n := 0
	for i, v := range o.given {
		if v == 0 && o.uses(i) {
			n++
		}
	}
	return n
}

// uses reports whether a form with a season has the parameter alpha, beta, gamma
// or phi.
func (o *etsLikelihood) uses(parameter int) bool {
	switch parameter {
	case 1:
		return o.form.trend != Absent
	case 3:
		return o.form.trend == Damped
	}
	return true
}

// bounds of the smoothing parameters, those of R's ets: the usual region.
func (o *etsLikelihood) bounds(parameter int) (low, high float64) {
	switch parameter {
	case 0:
		low, high = alphaLow, alphaHigh
		low = math.Max(low, math.Min(o.given[1], high))
		if o.given[2] != 0 {
			high = math.Max(low, math.Min(high, 1-o.given[2]))
		}
	case 1:
		high = o.alpha
		low = math.Min(alphaLow, high)
	case 2:
		low = alphaLow
		high = math.Max(low, 1-o.alpha)
	case 3:
		low, high = phiLow, phiHigh
	}
	return low, high
}

// unpack sets parameters and start from a point, and turns from the angles.
func (o *etsLikelihood) unpack(x []float64) {
	at := 0
	o.alpha, o.beta, o.gamma, o.phi = 0, 0, 0, 1
	for i, v := range [4]*float64{&o.alpha, &o.beta, &o.gamma, &o.phi} {
		switch {
		case !o.uses(i):
		case o.given[i] != 0:
			*v = o.given[i]
		default:
			sine := math.Sin(x[at])
			o.sines[i] = sine
			low, high := o.bounds(i)
			*v = low + float64((high-low)*(sine*sine))
			at++
		}
	}
	if o.startGiven {
		return
	}
	o.start.Level, o.start.Trend = x[at]*o.unit, 0
	at++
	if o.form.trend != Absent {
		o.start.Trend = x[at] * o.unit
		at++
	}
	o.start.Season = o.start.Season[:0]
	for _, v := range x[at:] {
		o.start.Season = append(o.start.Season, v*o.seasonUnit)
	}
}

// angle is that of a parameter which is the given share of the way from its
// lower to its upper bound.
func angle(share float64) float64 { return math.Asin(math.Sqrt(share)) }

// pack is the point of the angles of the estimated smoothing parameters and of
// the start.
func (o *etsLikelihood) pack(x []float64, angles [4]float64) []float64 {
	x = x[:0]
	for i, v := range angles {
		if o.uses(i) && o.given[i] == 0 {
			x = append(x, v)
		}
	}
	if o.startGiven {
		return x
	}
	x = append(x, o.start.Level/o.unit)
	if o.form.trend != Absent {
		x = append(x, o.start.Trend/o.unit)
	}
	for _, v := range o.start.Season {
		x = append(x, v/o.seasonUnit)
	}
	return x
}

// perfect is the mean square of relative errors below which a fit counts as
// perfect: it bounds the likelihood.
const perfect = 1e-18

// forward runs the model and returns minus twice the log-likelihood, +Inf where
// a mean that must be positive is not. What a form lacks is branched around, as
// each operation on the level delays the next observation.
func (o *etsLikelihood) forward() float64 {
	n := len(o.values)
	values := o.values[:n]
	alpha, beta, gamma, phi := o.alpha, o.beta, o.gamma, o.phi
	level, trend, sse := o.start.Level, o.start.Trend, 0.0
	trended, fades := o.form.trend != Absent, phi != 1
	p, b, s, e, mean := o.p[:n], o.b[:n], o.s[:n], o.e[:n], o.mean[:n]
	season, k := o.season[:o.seasons], 0
	copy(season, o.start.Season)
	switch o.form.season {
	case Additive:
		for t, y := range values {
			if trended {
				b[t] = trend
				if fades {
					trend *= phi
				}
				level += trend
			}
			m := level + season[k]
			r := y - m
			e[t], mean[t] = r, m
			sse += float64(r * r)
			level += float64(alpha * r)
			if trended {
				trend += float64(beta * r)
			}
			season[k] += float64(gamma * r)
			if k++; k == len(season) {
				k = 0
			}
		}
	default:
		for t, y := range values {
			if trended {
				b[t] = trend
				if fades {
					trend *= phi
				}
				level += trend
			}
			x := season[k]
			if !(level > 0 && x > 0) {
				return math.Inf(1)
			}
			m := float64(level * x)
			r := y - m
			p[t], s[t], e[t], mean[t] = level, x, r, m
			season[k] += float64(gamma * r / level)
			r /= x
			level += float64(alpha * r)
			if trended {
				trend += float64(beta * r)
			}
			if k++; k == len(season) {
				k = 0
			}
		}
	}
	logs := 0.0
	if o.form.err == Multiplicative {
		product := 1.0
		sse = 0
		for t, m := range mean {
			if !(m > 1e-9) {
				return math.Inf(1)
			}
			r := e[t] / m
			sse += float64(r * r)
			if product *= m; product < 1e-200 || product > 1e200 {
				logs += math.Log(product)
				product = 1
			}
		}
		logs += math.Log(product)
	}
	o.sse = sse
	return logLoss(n, sse, logs)
}

// logLoss is minus twice the log-likelihood, where logs is the sum of the
// logarithms of the means if errors are relative to them.
func logLoss(n int, sse, logs float64) float64 {
	loss := 2*logs + float64(float64(n)*math.Log(sse+float64(perfect*float64(n))))
	if math.IsNaN(loss) {
		return math.Inf(1)
	}
	return loss
}

// value implements objective.
func (o *etsLikelihood) value(x []float64) float64 {
	o.unpack(x)
	return o.forward()
}

// slope implements objective. L, B and S are the derivatives of the loss by the
// state after observation t.
func (o *etsLikelihood) slope(x, gradient []float64, _ float64) {
	n := len(o.values)
	scale := 2 * float64(n) / (o.sse + float64(perfect*float64(n)))
	alpha, beta, gamma, phi := o.alpha, o.beta, o.gamma, o.phi
	additive, trended, fades := o.form.err == Additive, o.form.trend != Absent, phi != 1
	var L, B, da, db, dg, dp float64
	p, b, s, e, mean := o.p[:n], o.b[:n], o.s[:n], o.e[:n], o.mean[:n]
	seasons, k := o.adjoint[:o.seasons], n%o.seasons
	clear(seasons)
	for t := n - 1; t >= 0; t-- {
		r := e[t]
		direct, byMean := 0.0, 0.0
		if additive {
			direct = scale * r
		} else {
			inverse := 1 / mean[t]
			byMean = float64((2 - float64(scale*(r*inverse)*(float64(r*inverse)+1))) * inverse)
		}
		switch o.form.season {
		case Additive:
			if k--; k < 0 {
				k = len(seasons) - 1
			}
			S := seasons[k]
			da += float64(L * r)
			dg += float64(S * r)
			by := float64(alpha * L)
			if trended {
				db += float64(B * r)
				by += float64(beta * B)
			}
			dm := byMean - (by + float64(gamma*S) + direct)
			L += dm
			seasons[k] = S + dm
		default:
			if k--; k < 0 {
				k = len(seasons) - 1
			}
			S, x, level := seasons[k], s[t], p[t]
			u, w := r/x, r/level
			du, dw := float64(alpha*L), float64(gamma*S)
			da += float64(L * u)
			if trended {
				du += float64(beta * B)
				db += float64(B * u)
			}
			dg += float64(S * w)
			de := du/x + dw/level + direct
			dm := byMean - de
			L += float64(dm*x) - dw*w/level
			seasons[k] = S + float64(dm*level) - du*u/x
		}
		if trended {
			B += L
			if fades {
				dp += float64(B * b[t])
				B *= phi
			}
		}
	}
	o.chain(x, gradient, [4]float64{da, db, dg, dp}, L, B, seasons)
}

// chain turns derivatives by parameters and state into those by the point.
func (o *etsLikelihood) chain(x, gradient []float64, by [4]float64, level, trend float64, seasons []float64) {
	// The bounds of beta and gamma move with alpha.
	shares := [4]float64{}
	for i := range shares {
		if o.uses(i) && o.given[i] == 0 {
			shares[i] = o.sines[i] * o.sines[i]
		}
	}
	if o.uses(1) && o.given[1] == 0 && o.alpha > alphaLow {
		by[0] += float64(by[1] * shares[1])
	}
	if o.uses(2) && o.given[2] == 0 && 1-o.alpha > alphaLow {
		by[0] -= float64(by[2] * shares[2])
	}
	at := 0
	for i := range shares {
		if o.uses(i) && o.given[i] == 0 {
			low, high := o.bounds(i)
			gradient[at] = by[i] * (high - low) * math.Sin(2*x[at])
			at++
		}
	}
	if o.startGiven {
		return
	}
	gradient[at] = level * o.unit
	at++
	if o.form.trend != Absent {
		gradient[at] = trend * o.unit
		at++
	}
	for _, v := range seasons {
		gradient[at] = v * o.seasonUnit
		at++
	}
}
