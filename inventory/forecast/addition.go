package forecast

// addition is what is put on the forecasts of a process: effects of regressors, which
// are known for some periods to come and add up or multiply, and seasons, which repeat.
type addition struct {
	known   bool // future or factors are all that is known, and end the horizon
	future  []float64
	factors []float64   // from observation 0 on; none where effects add up
	cycles  [][]float64 // each with the season of observation 0 first
	next    int         // the observation that comes next
}

func (a *addition) reset() {
	*a = addition{future: a.future[:0], factors: a.factors[:0], cycles: a.cycles[:0]}
}

// ahead returns for how many periods to come the effects are known.
func (a *addition) ahead() int {
	if len(a.factors) > 0 {
		return len(a.factors) - a.next
	}
	return len(a.future)
}

// factor returns what the forecast h periods after the next is multiplied by; h may be
// negative, for an observation.
func (a *addition) factor(h int) float64 {
	if at := a.next + h; len(a.factors) > 0 && at >= 0 && at < len(a.factors) {
		return a.factors[at]
	}
	return 1
}

// at returns what is added on the forecast h ≥ 0 periods after the next.
func (a *addition) at(h int) float64 {
	sum := 0.0
	if h < len(a.future) {
		sum = a.future[h]
	}
	for _, c := range a.cycles {
		sum += c[(a.next+h)%len(c)]
	}
	return sum
}

// on puts the effects of the period h on a value of the process, and off takes them from
// one of the series.
func (a *addition) on(h int, v float64) float64  { return float64(v*a.factor(h)) + a.at(h) }
func (a *addition) off(h int, v float64) float64 { return (v - a.at(h)) / a.factor(h) }

// to puts the effects on the forecasts from the next period on.
func (a *addition) to(dst []float64) {
	if len(a.future)+len(a.cycles)+len(a.factors) == 0 {
		return
	}
	for h, v := range dst {
		dst[h] = a.on(h, v)
	}
}

// step goes on to the next period.
func (a *addition) step() {
	a.next++
	if a.known && len(a.factors) == 0 {
		a.future = a.future[1:]
	}
}
