package forecast

// addition is what is put on the forecasts of a process: effects of regressors,
// which are known for some periods to come, and seasons, which repeat.
type addition struct {
	known  bool // future is all that is known, and ends the horizon
	future []float64
	cycles [][]float64 // each with the season of observation 0 first
	next   int         // the observation that comes next
}

func (a *addition) reset() {
	*a = addition{future: a.future[:0], cycles: a.cycles[:0]}
}

// at returns what belongs on the forecast h ≥ 0 periods after the next.
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

// to adds to the forecasts from the next period on.
func (a *addition) to(dst []float64) {
	if len(a.future)+len(a.cycles) == 0 {
		return
	}
	for h := range dst {
		dst[h] += a.at(h)
	}
}

// step goes on to the next period.
func (a *addition) step() {
	a.next++
	if a.known {
		a.future = a.future[1:]
	}
}
