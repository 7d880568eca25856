package forecast

import "math"

// etsSearch finds the parameters of models of the family. It keeps its memory
// from one series to the next, and nothing is allocated while it searches.
type etsSearch struct {
	likelihood etsLikelihood
	minimizer  quasiNewton
	scale      float64
	values     []float64
	trend      []float64
	guesses    [3]Start // by season Absent, Additive, Multiplicative
	points     [3][]float64
	best       etsSolution
	related    etsSolution // of the form before, with the same error and season
}

// etsSolution is a form with its parameters and its state, scaled.
type etsSolution struct {
	form   etsForm
	params [4]float64
	start  Start
	loss   float64 // minus twice the log-likelihood
	score  float64 // the criterion
}

func (s *etsSolution) set(o *etsLikelihood, loss, score float64) {
	season := append(s.start.Season[:0], o.start.Season...)
	*s = etsSolution{o.form, [4]float64{o.alpha, o.beta, o.gamma, o.phi}, o.start, loss, score}
	s.start.Season = season
}

// prepare takes a series that is not constant.
func (e *etsSearch) prepare(values []float64, seasons int, m *ETS) {
	total := 0.0
	for _, y := range values {
		total += math.Abs(y) / float64(len(values))
	}
	e.scale = total
	e.values = resizeOver(e.values, len(values))
	for i, y := range values {
		e.values[i] = y / e.scale
	}
	o := &e.likelihood
	o.values, o.seasons = e.values, seasons
	n := len(values)
	o.p, o.b, o.s = resizeOver(o.p, n), resizeOver(o.b, n), resizeOver(o.s, n)
	o.e, o.mean = resizeOver(o.e, n), resizeOver(o.mean, n)
	o.season, o.adjoint = resizeOver(o.season, seasons), resizeOver(o.adjoint, seasons)
	o.given = [4]float64{m.Alpha, m.Beta, m.Gamma, m.Phi}
	o.startGiven = m.Start != nil
	if o.startGiven {
		o.start.Level, o.start.Trend = m.Start.Level/e.scale, m.Start.Trend/e.scale
		o.start.Season = o.start.Season[:0]
		for _, v := range m.Start.Season {
			if m.Season == Additive {
				v /= e.scale
			}
			o.start.Season = append(o.start.Season, v)
		}
	}
	e.best.score = math.Inf(1)
	e.related.form = etsForm{}
	for i, season := range [...]Form{Absent, Additive, Multiplicative} {
		if i == 0 || seasons > 1 {
			e.guess(&e.guesses[i], season)
		}
	}
}

// guess sets the state from which a search starts: the classical seasons, and a
// line through the first ten values, or two cycles, without them.
func (e *etsSearch) guess(g *Start, season Form) {
	o := &e.likelihood
	y, m := e.values, o.seasons
	adjusted := resizeOver(e.trend, len(y))
	e.trend = adjusted
	copy(adjusted, y)
	g.Season = g.Season[:0]
	if season != Absent {
		g.Season = append(g.Season, firstSeasons(y, m, season == Multiplicative)...)
		for i := range adjusted {
			if s := g.Season[i%m]; season == Multiplicative {
				adjusted[i] /= s
			} else {
				adjusted[i] -= s
			}
		}
	}
	first := 10
	if season != Absent {
		first = max(first, 2*m)
	}
	g.Level, g.Trend = line(adjusted[:min(first, len(y))])
	if season != Additive {
		unit := 0.0
		for i := 1; i < len(adjusted); i++ {
			unit += math.Abs(adjusted[i]-adjusted[i-1]) / float64(len(adjusted)-1)
		}
		o.unit = math.Max(unit, 1e-6)
	}
}

// firstSeasons returns the classical seasonal indices, or of a series shorter
// than two cycles the differences to its mean.
func firstSeasons(y []float64, m int, multiplicative bool) []float64 {
	var index []float64
	if len(y) >= 2*m {
		index = seasonalIndices(y, centredAverage(y, m), m/2, m, multiplicative)
	} else {
		index = make([]float64, m)
		mean := average(y[:min(m, len(y))])
		for i := range index {
			switch {
			case multiplicative:
				index[i] = 1
				if i < len(y) {
					index[i] = y[i] / mean
				}
			case i < len(y):
				index[i] = y[i] - mean
			}
		}
	}
	if multiplicative {
		for i, s := range index {
			index[i] = min(max(s, 0.01), 100)
		}
	}
	return index
}

// try fits one form and keeps it when its criterion is the best so far.
func (e *etsSearch) try(form etsForm, criterion Criterion) {
	o, n := &e.likelihood, len(e.values)
	k := form.parameters(o.seasons)
	penalty := criterion.of(0, n, k)
	if math.IsInf(penalty, 1) {
		return
	}
	o.form = form
	o.seasonUnit = o.unit
	loss := e.fit(e.best.score - penalty)
	if math.IsInf(loss, 1) {
		return
	}
	e.related.set(o, loss, loss+penalty)
	if loss+penalty < e.best.score {
		e.best.set(o, loss, loss+penalty)
	}
}

// fit leaves the best parameters in the likelihood and returns the loss.
// Beyond hopeless the form cannot win, and a rough answer will do.
func (e *etsSearch) fit(hopeless float64) float64 {
	o := &e.likelihood
	size := o.free()
	for i := range e.points {
		e.points[i] = resizeOver(e.points[i], size)
	}
	losses := [2]float64{math.Inf(1), math.Inf(1)}
	consider := func(shares [4]float64) {
		x := o.pack(e.points[2], shares)
		o.unpack(x)
		loss, _ := o.forward()
		switch {
		case loss < losses[0]:
			e.points[2], e.points[1], e.points[0] = e.points[1], e.points[0], x
			losses[1], losses[0] = losses[0], loss
		case loss < losses[1]:
			e.points[2], e.points[1] = e.points[1], x
			losses[1] = loss
		default:
			e.points[2] = x
		}
	}
	var guess Start
	switch o.form.season {
	case Absent:
		guess = e.guesses[0]
	case Additive:
		guess = e.guesses[1]
	default:
		guess = e.guesses[2]
	}
	own := o.start
	begin := func(s Start) {
		if o.startGiven {
			return
		}
		own.Level, own.Trend = s.Level, s.Trend
		if o.form.trend == Absent {
			own.Level += float64(s.Trend * 3)
			own.Trend = 0
		}
		own.Season = append(own.Season[:0], s.Season...)
		o.start = own
	}
	for _, alpha := range [...]float64{0.05, 0.3, 0.8} {
		for _, beta := range [...]float64{0.03, 0.3} {
			for _, gamma := range [...]float64{0.03, 0.3} {
				if (beta > 0.1 && !o.uses(1)) || (gamma > 0.1 && !o.uses(2)) {
					continue
				}
				begin(guess)
				consider([4]float64{alpha, beta, gamma, 0.8})
			}
		}
	}
	if r := &e.related; r.form.err == o.form.err && r.form.season == o.form.season && !o.startGiven {
		begin(r.start)
		if o.form.trend != Absent && r.form.trend == Absent {
			o.start.Trend = guess.Trend * 0.1
		}
		beta, gamma := 0.02, 0.02
		if r.form.trend != Absent {
			beta = inside(r.params[1] / r.params[0])
		}
		if o.uses(2) {
			gamma = inside(r.params[2] / (1 - r.params[0]))
		}
		consider([4]float64{inside(r.params[0]), beta, gamma, 0.95})
	}
	if size == 0 {
		return losses[0]
	}
	least := math.Inf(1)
	for i := range losses {
		if math.IsInf(losses[i], 1) {
			continue
		}
		losses[i] = e.minimizer.minimize(o, e.points[i], 2e-4, hopeless, 300)
		least = math.Min(least, losses[i])
	}
	if math.IsInf(least, 1) {
		return least
	}
	winner := e.points[0]
	if losses[1] < losses[0] {
		winner = e.points[1]
	}
	o.unpack(winner)
	return least
}

// inside keeps a share away from the bounds, where the gradient vanishes.
func inside(share float64) float64 { return min(max(share, 0.01), 0.99) }
