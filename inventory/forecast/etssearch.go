package forecast

import "math"

// etsSearch finds the parameters of models of the family: of those with a season
// here, of the others in etsUnseasonal. It keeps its memory from one series to
// the next, and nothing is allocated while it searches.
type etsSearch struct {
	likelihood etsLikelihood
	unseasonal etsUnseasonal
	minimizer  quasiNewton
	scale      float64
	values     []float64
	trend      []float64 // the values without season
	average    []float64 // of the values, centered
	// Guesses of the state by season Additive, Multiplicative: from the
	// beginning, from the whole series for a level that hardly moves, and with
	// the seasons of the first three cycles, for seasons that move fast.
	guesses [2]struct{ early, whole, turning etsGuess }
	points  [etsStarts + 1][]float64
	best    etsSolution
	related etsSolution // of the form before, with the same error and season

	// For averages: the solutions of all forms, those whose criterion is within
	// margin of the best in earnest.
	margin float64
	all    []etsSolution
}

// Angles of the smoothing parameters from which a search starts, as shares of
// what lies between their bounds.
var (
	etsAlphas = [...]float64{angle(0.0002), angle(0.05), angle(0.2), angle(0.5), angle(0.85), angle(0.9998)}
	etsBetas  = [...]float64{usual: angle(0.03), angle(0.3), steady: angle(0.001)}
	etsGammas = [...]float64{usual: angle(0.03), angle(0.3), turning: angle(0.75)}
	etsPhi    = angle(0.8)
)

// Positions in etsBetas and etsGammas.
const (
	usual   = 0
	steady  = 2
	turning = 2
)

const (
	etsStarts  = len(etsAlphas) + 3 // and a fast season, a steady trend, the form before
	etsRefined = 9
)

// etsGuess is a state from which a search starts; flat is the level without a
// trend.
type etsGuess struct {
	Start
	flat float64
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
	for i := range e.points { // room for every form: they change places
		e.points[i] = resizeOver(e.points[i], 4+2+seasons)
	}
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
	e.unseasonal.prepare(e.values)
	e.best.score = math.Inf(1)
	// Some surfaces fall slowly at first: the choice of one form waits for them.
	e.minimizer.patience, e.minimizer.near = 20, 16
	e.margin, e.all = 0, e.all[:0]
	e.related.form = etsForm{}
	total = 0
	for i := 1; i < n; i++ {
		total += math.Abs(o.values[i]-o.values[i-1]) / float64(n-1)
	}
	o.unit = math.Max(total, 1e-6)
	if seasons < 2 {
		return
	}
	for i, season := range [...]Form{Additive, Multiplicative} {
		g := &e.guesses[i]
		first := max(10, 2*seasons)
		e.guess(&g.early, season, n, first)
		e.guess(&g.whole, season, n, n)
		e.guess(&g.turning, season, 3*seasons, first)
	}
}

// guess sets a state from which a search starts: the classical seasons of the
// first cycles, and a line through the first values without them.
func (e *etsSearch) guess(g *etsGuess, season Form, cycles, first int) {
	o := &e.likelihood
	y, m := e.values, o.seasons
	adjusted := resizeOver(e.trend, len(y))
	e.trend = adjusted
	copy(adjusted, y)
	g.Season = e.firstSeasons(g.Season[:0], y[:min(cycles, len(y))], season == Multiplicative)
	for i := range adjusted {
		if s := g.Season[i%m]; season == Multiplicative {
			adjusted[i] /= s
		} else {
			adjusted[i] -= s
		}
	}
	first = min(first, len(y))
	g.Level, g.Trend = line(adjusted[:first])
	g.flat = average(adjusted[:first])
}

// firstSeasons returns the classical seasonal indices, or of a series shorter
// than two cycles the differences to its mean, in the memory of dst.
func (e *etsSearch) firstSeasons(dst, y []float64, multiplicative bool) []float64 {
	m := e.likelihood.seasons
	index := resize(dst, m)
	if len(y) >= 2*m {
		e.average = centeredAverage(e.average, y, m)
		index = seasonalIndices(index, y, e.average, m/2, m, multiplicative)
	} else {
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
	hopeless := e.best.score + e.margin - penalty
	loss := 0.0
	if form.season == Absent {
		loss = e.unseasonal.fit(o, &e.related, hopeless)
	} else {
		loss = e.fit(hopeless)
	}
	if math.IsInf(loss, 1) {
		return
	}
	e.related.set(o, loss, loss+penalty)
	if e.margin > 0 {
		if len(e.all) < cap(e.all) {
			e.all = e.all[:len(e.all)+1]
		} else {
			e.all = append(e.all, etsSolution{})
		}
		e.all[len(e.all)-1].set(o, loss, loss+penalty)
	}
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
	// The best point of each alpha, and the last one for trials.
	var losses [etsStarts]float64
	for i := range losses {
		losses[i] = math.Inf(1)
	}
	consider := func(slot int, angles [4]float64) {
		trial := &e.points[etsStarts]
		x := o.pack(*trial, angles)
		if loss := o.value(x); loss < losses[slot] {
			losses[slot] = loss
			e.points[slot], x = x, e.points[slot]
		}
		*trial = x
	}
	guess := &e.guesses[0]
	if o.form.season == Multiplicative {
		guess = &e.guesses[1]
	}
	own := o.start
	begin := func(s *Start, flat float64) {
		if o.startGiven {
			return
		}
		own.Level, own.Trend = s.Level, s.Trend
		if o.form.trend == Absent {
			own.Level, own.Trend = flat, 0
		}
		own.Season = append(own.Season[:0], s.Season...)
		o.start = own
	}
	for slot, alpha := range etsAlphas {
		for i, beta := range etsBetas {
			for k, gamma := range etsGammas {
				if i != usual && !o.uses(1) {
					continue
				}
				g, slot := &guess.early, slot
				switch {
				case k == turning:
					g, slot = &guess.turning, len(etsAlphas)
				case i == steady:
					g, slot = &guess.whole, len(etsAlphas)+1
				case slot == 0:
					g = &guess.whole
				}
				begin(&g.Start, g.flat)
				consider(slot, [4]float64{alpha, beta, gamma, etsPhi})
			}
		}
	}
	if r := &e.related; r.form.err == o.form.err && r.form.season == o.form.season && !o.startGiven {
		begin(&r.start, r.start.Level)
		if o.form.trend != Absent && r.form.trend == Absent {
			o.start.Trend = guess.early.Trend * 0.1
		}
		beta, gamma := 0.02, inside(r.params[2]/(1-r.params[0]))
		if r.form.trend != Absent {
			beta = inside(r.params[1] / r.params[0])
		}
		consider(len(etsAlphas)+2, [4]float64{angle(inside(r.params[0])), angle(beta), angle(gamma), angle(0.95)})
	}
	if size == 0 {
		return losses[0]
	}
	// Refine the best of them: the surface has several valleys.
	least, winner := math.Inf(1), -1
	var done [etsStarts]bool
	for range etsRefined {
		at := -1
		for i, loss := range losses {
			if !done[i] && !math.IsInf(loss, 1) && (at < 0 || loss < losses[at]) {
				at = i
			}
		}
		if at < 0 {
			break
		}
		done[at] = true
		if loss := e.minimizer.minimize(o, e.points[at], 2e-4, math.Min(hopeless, least), 300); loss < least {
			least, winner = loss, at
		}
	}
	if winner >= 0 {
		o.unpack(e.points[winner])
	}
	return least
}

// inside keeps a share away from the bounds, where the gradient vanishes.
func inside(share float64) float64 { return min(max(share, 0.01), 0.99) }
