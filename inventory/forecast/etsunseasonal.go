package forecast

import "math"

// etsUnseasonal finds the parameters of the forms without season. Where the
// error is additive the forecasts are linear in the initial state, so that the
// best one has a closed form for each set of smoothing parameters: a search
// starts from a coarse grid of these alone, and the best valleys in it are
// refined by scoring.
type etsUnseasonal struct {
	values                    []float64
	relative, trended, damped bool    // the error is Multiplicative, and the trend
	beta                      float64 // where it is given, else 0
	etsScoring

	grids  [Damped + 1][]etsStart // by trend, as long as the series is the same
	starts []etsStart             // of a form
}

// etsStart is a point from which to search, with its loss.
type etsStart struct {
	at   etsPoint
	loss float64
	done bool // looked at, or not worth it
}

// The grid: rows of α, each with a β, as a share of what lies between its bounds,
// and φ.
var (
	unseasonalAlphas = [...]float64{0.0003, 0.015, 0.06, 0.2, 0.5, 0.85, 0.9998}
	unseasonalRows   = [...][]struct{ share, phi float64 }{
		Absent:   {{0, 1}},
		Additive: {{0.001, 1}, {0.08, 1}, {0.3, 1}, {0.95, 1}},
		Damped:   {{0.001, 0.97}, {0.001, 0.85}, {0.08, 0.95}, {0.95, 0.9}},
	}
)

// unseasonalRefined is how many starts are refined at most.
const unseasonalRefined = 6

// prepare takes the values of a series.
func (u *etsUnseasonal) prepare(values []float64) {
	u.values = values
	for i := range u.grids {
		u.grids[i] = u.grids[i][:0]
	}
}

// fit leaves the best parameters of the form in o and returns the loss. Beyond
// hopeless the form cannot win, and a rough answer will do. The search starts
// from the next simpler form with the same error too, if that is related.
func (u *etsUnseasonal) fit(o *etsLikelihood, related *etsSolution, hopeless float64) float64 {
	if form := o.form; form.trend == Damped && related.form != (etsForm{form.err, Additive, Absent}) {
		o.form.trend = Additive
		if loss := u.fit(o, related, math.Inf(1)); !math.IsInf(loss, 1) {
			related.set(o, loss, loss)
		}
		o.form = form
	}
	u.set(o)
	grid := u.grid(o)
	u.starts = append(u.starts[:0], grid...)
	if related.form.err == o.form.err && related.form.season == Absent {
		s := u.start(o, related.params[0], related.params[1]/related.params[0], phiHigh)
		if u.relative {
			s.at[atLevel], s.at[atTrend] = related.start.Level, related.start.Trend
		}
		u.starts = append(u.starts, s)
	}
	if u.relative {
		for i := range u.starts {
			s := &u.starts[i]
			if s.loss = u.relativeLoss(&s.at); math.IsInf(s.loss, 1) && !o.startGiven {
				s.at[atLevel], s.at[atTrend] = average(u.values), 0
				s.loss = u.relativeLoss(&s.at)
			}
		}
	}
	// Only valleys are worth it. With few parameters a valley is there for both
	// kinds of error, and the state of an additive one may hide the other's.
	for i := range grid {
		u.starts[i].done = !valley(u.starts, i) && (u.trended || !valley(grid, i))
	}
	var best *etsStart
	least := math.Inf(1)
	for range unseasonalRefined {
		var next *etsStart
		for i := range u.starts {
			if s := &u.starts[i]; !s.done && !math.IsInf(s.loss, 1) && (next == nil || s.loss < next.loss) {
				next = s
			}
		}
		if next == nil {
			break
		}
		next.done = true
		if u.minimize(next, math.Min(hopeless, least)); next.loss < least {
			best, least = next, next.loss
		}
	}
	if best == nil {
		return least
	}
	x := &best.at
	o.alpha, o.gamma, o.phi = x[atAlpha], 0, x[atPhi]
	o.beta, _ = u.betaOf(x)
	o.start.Level, o.start.Trend, o.start.Season = x[atLevel], x[atTrend], o.start.Season[:0]
	return least
}

// set takes the form of o and what is given.
func (u *etsUnseasonal) set(o *etsLikelihood) {
	u.relative = o.form.err == Multiplicative
	u.trended, u.damped = o.form.trend != Absent, o.form.trend == Damped
	u.beta = o.given[1]
	for i, parameter := range [...]int{atAlpha: 0, atShare: 1, atPhi: 3} {
		u.free[i] = o.given[parameter] == 0 && o.uses(parameter)
	}
	u.free[atLevel], u.free[atTrend] = !o.startGiven, !o.startGiven && u.trended
	u.low = etsPoint{atAlpha: math.Max(alphaLow, math.Min(u.beta, alphaHigh)), atPhi: phiLow}
	u.high = etsPoint{atAlpha: alphaHigh, atShare: 1, atPhi: phiHigh}
}

// grid returns the starts with the trend of o, for an additive error.
func (u *etsUnseasonal) grid(o *etsLikelihood) []etsStart {
	grid := u.grids[o.form.trend]
	if len(grid) > 0 {
		return grid
	}
	for _, row := range unseasonalRows[o.form.trend] {
		for _, alpha := range unseasonalAlphas {
			grid = append(grid, u.start(o, alpha, row.share, row.phi))
		}
	}
	u.grids[o.form.trend] = grid
	return grid
}

// valley reports whether no neighbor in the row of the grid is better.
func valley(grid []etsStart, i int) bool {
	const row = len(unseasonalAlphas)
	loss := grid[i].loss
	return (i%row == 0 || grid[i-1].loss >= loss) && (i%row == row-1 || grid[i+1].loss >= loss)
}

// start returns a point with the state and the loss of an additive error.
func (u *etsUnseasonal) start(o *etsLikelihood, alpha, share, phi float64) etsStart {
	x := etsPoint{math.Max(alpha, u.low[atAlpha]), share, 1, o.start.Level, o.start.Trend}
	if o.given[0] != 0 {
		x[atAlpha] = o.given[0]
	}
	if u.damped {
		if x[atPhi] = phi; o.given[3] != 0 {
			x[atPhi] = o.given[3]
		}
	}
	if !u.trended {
		x[atTrend] = 0
	}
	h := holtObjective{values: u.values}
	if o.startGiven {
		h.given.Start = &Start{Level: x[atLevel], Trend: x[atTrend]}
	}
	beta, _ := u.betaOf(&x)
	s := h.sums(x[atAlpha], beta, x[atPhi])
	sse := s.aa
	if !o.startGiven {
		level, trend, saved := s.solve()
		if !u.trended {
			level, trend, saved = s.au/s.uu, 0, s.au*s.au/s.uu
		}
		x[atLevel], x[atTrend] = u.values[0]+level, trend
		sse = math.Max(sse-saved, 0)
	}
	return etsStart{at: x, loss: logLoss(len(u.values), sse, 0)}
}

// betaOf returns β at a point, and by how much it changes with its share.
func (u *etsUnseasonal) betaOf(x *etsPoint) (beta, width float64) {
	if !u.trended || u.beta != 0 {
		return u.beta, 0
	}
	low := math.Min(alphaLow, x[atAlpha])
	width = x[atAlpha] - low
	return low + float64(width*x[atShare]), width
}

// relativeLoss is the loss at a point where errors are relative, +Inf where a
// mean is not positive.
func (u *etsUnseasonal) relativeLoss(x *etsPoint) float64 {
	alpha, phi, level, trend := x[atAlpha], x[atPhi], x[atLevel], x[atTrend]
	beta, _ := u.betaOf(x)
	sse, logs, product := 0.0, 0.0, 1.0
	for _, y := range u.values {
		trend *= phi
		level += trend
		if !(level > 1e-9) {
			return math.Inf(1)
		}
		if product *= level; product < 1e-200 || product > 1e200 {
			logs += math.Log(product)
			product = 1
		}
		e := y - level
		r := e / level
		sse += float64(r * r)
		level += float64(alpha * e)
		trend += float64(beta * e)
	}
	return logLoss(len(u.values), sse, logs+math.Log(product))
}

// slope fills s at x. The derivatives of level and trend by each parameter go
// forward with them.
func (u *etsUnseasonal) slope(x *etsPoint, s *etsSlope) {
	alpha, phi, level, trend := x[atAlpha], x[atPhi], x[atLevel], x[atTrend]
	beta, width := u.betaOf(x)
	keep := 1 - alpha
	relative, trended, damped := u.relative, u.trended, u.damped
	// Derivatives of level and trend by alpha, beta, phi, and both at first.
	var la, ba, lb, bb, lp, bp, bl, lt float64
	ll, bt := 1.0, 1.0
	sse, logs, product := 0.0, 0.0, 1.0
	*s = etsSlope{}
	var mean etsPoint
	g, h := &s.gradient, &s.curvature
	for _, y := range u.values {
		if trended {
			if damped {
				bp = float64(phi*bp) + trend
				lp += bp
				trend *= phi
				ba *= phi
				bb *= phi
				bl *= phi
				bt *= phi
			}
			level += trend
			la += ba
			lb += bb
			ll += bl
			lt += bt
		}
		e := y - level
		r, da, db, dp, dl, dt := e, la, lb, lp, ll, lt
		if relative {
			if !(level > 1e-9) {
				s.loss = math.Inf(1)
				return
			}
			if product *= level; product < 1e-200 || product > 1e200 {
				logs += math.Log(product)
				product = 1
			}
			inverse := 1 / level
			mean[atAlpha] += float64(da * inverse)
			mean[atShare] += float64(db * inverse)
			mean[atPhi] += float64(dp * inverse)
			mean[atLevel] += float64(dl * inverse)
			mean[atTrend] += float64(dt * inverse)
			r *= inverse
			inverse += float64(inverse * r)
			da *= inverse
			db *= inverse
			dp *= inverse
			dl *= inverse
			dt *= inverse
		}
		sse += float64(r * r)
		g[atAlpha] += float64(r * da)
		g[atLevel] += float64(r * dl)
		h[atAlpha][atAlpha] += float64(da * da)
		h[atLevel][atAlpha] += float64(dl * da)
		h[atLevel][atLevel] += float64(dl * dl)
		if trended {
			g[atShare] += float64(r * db)
			g[atTrend] += float64(r * dt)
			h[atShare][atAlpha] += float64(db * da)
			h[atShare][atShare] += float64(db * db)
			h[atLevel][atShare] += float64(dl * db)
			h[atTrend][atAlpha] += float64(dt * da)
			h[atTrend][atShare] += float64(dt * db)
			h[atTrend][atLevel] += float64(dt * dl)
			h[atTrend][atTrend] += float64(dt * dt)
			if damped {
				g[atPhi] += float64(r * dp)
				h[atPhi][atAlpha] += float64(dp * da)
				h[atPhi][atShare] += float64(dp * db)
				h[atPhi][atPhi] += float64(dp * dp)
				h[atLevel][atPhi] += float64(dl * dp)
				h[atTrend][atPhi] += float64(dt * dp)
				bp -= float64(beta * lp)
				lp *= keep
			}
			ba -= float64(beta * la)
			bb += e - float64(beta*lb)
			bl -= float64(beta * ll)
			bt -= float64(beta * lt)
			lb *= keep
			lt *= keep
			trend += float64(beta * e)
		}
		la = float64(keep*la) + e
		ll *= keep
		level += float64(alpha * e)
	}
	s.loss = logLoss(len(u.values), sse, logs+math.Log(product))
	// From beta to its share, which moves with alpha.
	share := 0.0
	if width > 0 {
		share = x[atShare]
	}
	h[atAlpha][atAlpha] += float64(share * (2*h[atShare][atAlpha] + float64(share*h[atShare][atShare])))
	h[atShare][atAlpha] = width * (h[atShare][atAlpha] + float64(share*h[atShare][atShare]))
	h[atShare][atShare] *= width * width
	for i := atPhi; i < pointSize; i++ {
		h[i][atAlpha] += float64(share * h[i][atShare])
		h[i][atShare] *= width
	}
	for _, v := range [...]*etsPoint{g, &mean} {
		v[atAlpha] += float64(share * v[atShare])
		v[atShare] *= width
	}
	s.finish(len(u.values), sse, &mean)
}
