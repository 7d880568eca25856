package forecast

import "sync/atomic"

// integrated is the future of an ARIMA model.
type integrated struct {
	phi       []float64 // of the differenced series
	known     []float64 // what is known of its next periods, less level
	level     float64   // its mean
	integrate []float64 // y(t) = w(t) + Σ integrate(j)·y(t-j), at j-1
	last      []float64 // as many last observations
	psi       []float64 // the effect of a unit error, from lag 0
	theta     []float64
	full      []float64 // phi and integrate multiplied
	long      []float64 // phi, as long as the state
	gain      []float64 // of the filter that goes on
	recursion
	longer atomic.Pointer[[]float64]
}

// set takes over the state of a fitted process, whose series was divided by
// scale.
func (p *integrated) set(a *arma, o Orders, season int, mean, scale float64, values []float64) {
	p.phi = append(p.phi[:0], a.phi...)
	p.theta = append(p.theta[:0], a.theta...)
	p.known = append(p.known[:0], a.state...)
	for i := range p.known {
		p.known[i] *= scale
	}
	p.level = mean * scale
	p.long, p.gain = append(p.long[:0], a.long...), append(p.gain[:0], a.gain...)
	p.recursion = recursion{a.variance, append(p.step[:0], a.step...), a.change, a.steady}
	lost := o.lost(season)
	p.integrate = p.integrate[:0]
	for range o.SeasonalDifferences {
		p.integrate = undifference(p.integrate, season)
	}
	for range o.Differences {
		p.integrate = undifference(p.integrate, 1)
	}
	p.last = append(p.last[:0], values[len(values)-lost:]...)
	// 1 - full = (1 - phi)·(1 - integrate)
	p.full = resize(p.full, len(p.phi)+lost)
	copy(p.full, p.phi)
	for i, c := range p.integrate {
		if c == 0 {
			continue
		}
		p.full[i] += c
		for j, f := range p.phi {
			p.full[i+1+j] -= float64(c * f)
		}
	}
	p.psi = p.extend(p.psi[:0], max(64, 2*season))
	p.longer.Store(nil)
}

// undifference multiplies 1 - Σ c(j)·B^j by 1 - B^lag, in place.
func undifference(c []float64, lag int) []float64 {
	n := len(c)
	for range lag {
		c = append(c, 0)
	}
	for j := n - 1; j >= 0; j-- {
		c[j+lag] -= c[j]
	}
	c[lag-1]++
	return c
}

// extend appends to the effects of a unit error until there are n.
func (p *integrated) extend(psi []float64, n int) []float64 {
	for j := len(psi); j < n; j++ {
		sum := 0.0
		switch {
		case j == 0:
			sum = 1
		case j <= len(p.theta):
			sum = p.theta[j-1]
		}
		for i := range min(j, len(p.full)) {
			sum += float64(p.full[i] * psi[j-1-i])
		}
		psi = append(psi, sum)
	}
	return psi
}

func (p *integrated) mean(dst []float64) {
	for h := range dst {
		sum := 0.0
		if h < len(p.known) {
			sum = p.known[h]
		}
		for j := range min(h, len(p.phi)) {
			sum += float64(p.phi[j] * dst[h-1-j])
		}
		dst[h] = sum
	}
	n := len(p.last)
	for h := range dst {
		sum := dst[h] + p.level
		for j, c := range p.integrate {
			if c == 0 {
				continue
			}
			if j < h {
				sum += float64(c * dst[h-1-j])
			} else {
				sum += float64(c * p.last[n+h-1-j])
			}
		}
		dst[h] = sum
	}
}

// observe goes on with the filter.
func (p *integrated) observe(y float64) float64 {
	x, n := p.known[0], len(p.last)
	mean := x + p.level
	for j, c := range p.integrate {
		mean += float64(c * p.last[n-1-j])
	}
	weight := (y - mean) / p.variance
	for i, c := range p.long {
		p.known[i] = float64(c*x) + p.known[i+1] + float64(p.gain[i]*weight)
	}
	if !p.steady {
		p.steady = !p.next(p.long, p.gain)
	}
	if n > 0 {
		copy(p.last, p.last[1:])
		p.last[n-1] = y
	}
	return mean
}

// weight takes lags that are rarely asked for from a longer table, which is
// made when it is first needed and then shared.
func (p *integrated) weight(lag int) float64 {
	psi := p.psi
	if lag >= len(psi) {
		if longer := p.longer.Load(); longer != nil {
			psi = *longer
		}
	}
	if lag >= len(psi) {
		psi = p.extend(append([]float64(nil), psi...), 2*lag)
		p.longer.Store(&psi)
	}
	return psi[lag]
}

func (p *integrated) estimation(int) float64 { return 0 }

func (p *integrated) scale(int) float64 { return 1 }
