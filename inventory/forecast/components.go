package forecast

// Components are the parts of a forecast, period by period; they add up to its
// means.
type Components struct {
	Level      []float64 // where the series stands now
	Trend      []float64 // what it will have risen or fallen
	Season     []float64 // what the season adds; of one that multiplies, its effect on level and trend
	Regressors []float64 // the effects of prices, promotions, holidays
}

// composed is a process with a level and a trend.
type composed interface {
	process
	// compose fills level and trend for the periods ahead; the season is what is
	// missing from the mean.
	compose(level, trend []float64)
}

// Components says what the forecasts of the next horizon periods are made of. A
// model without parts, such as [ARIMA], has all in its level.
func (f *Fit) Components(horizon int) (*Components, error) {
	if err := f.checkHorizon(horizon); err != nil {
		return nil, err
	}
	buffer := make([]float64, 4*horizon)
	part := func(i int) []float64 { return buffer[i*horizon : (i+1)*horizon : (i+1)*horizon] }
	c := &Components{part(0), part(1), part(2), part(3)}
	mean := c.Season
	f.process.mean(mean)
	if p, ok := f.process.(composed); ok {
		p.compose(c.Level, c.Trend)
	} else {
		copy(c.Level, mean)
	}
	for h, of := range mean {
		c.Season[h] -= c.Level[h] + c.Trend[h]
		for _, cycle := range f.added.cycles {
			c.Season[h] += cycle[(f.added.next+h)%len(cycle)]
		}
		if h < len(f.added.future) {
			c.Regressors[h] = f.added.future[h]
		}
		c.Regressors[h] += float64((f.added.factor(h) - 1) * of)
	}
	for _, values := range [][]float64{c.Level, c.Trend, c.Season, c.Regressors} {
		if err := f.checkFinite(values); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// rising fills level with the first value and trend with what path rises above
// it.
func rising(level, trend, path []float64, first float64) {
	for h, v := range path {
		level[h], trend[h] = first, v-first
	}
}

func (s *smoothing) compose(level, trend []float64) {
	without := *s
	without.season = nil
	without.mean(trend)
	rising(level, trend, trend, s.level)
}

func (w *walk) compose(level, trend []float64) {
	last := average(w.last)
	for h := range level {
		level[h], trend[h] = last, float64(w.slope*float64(h+1))
	}
}

func (p *theta) compose(level, trend []float64) {
	for h := range level {
		level[h], trend[h] = p.level, p.lag+float64(p.drift*float64(h))
	}
}

func (p *optimizedTheta) compose(level, trend []float64) {
	without := *p
	without.cycle = cycle{}
	without.mean(trend)
	rising(level, trend, trend, p.level)
}

func (p *complexSmoothing) compose(level, trend []float64) {
	without := *p
	without.cycle = cycle{}
	without.mean(trend)
	rising(level, trend, trend, p.level)
}

func (w *winters) compose(level, trend []float64) {
	for h := range level {
		level[h], trend[h] = w.level, float64(float64(h+1)*w.trend)
	}
}

func (c *combination) compose(level, trend []float64) {
	n := len(level)
	l, t := make([]float64, n), make([]float64, n)
	add := func(p composed, weight float64, unlog func(float64) float64) {
		p.compose(l, t)
		for h := range l {
			first, all := unlog(l[h]), unlog(l[h]+t[h])
			level[h] += float64(weight * first)
			trend[h] += float64(weight * (all - first))
		}
	}
	plain := func(v float64) float64 { return v }
	for i := range c.forms {
		add(&c.forms[i], c.weights[byETS]*c.shares[i], plain)
	}
	add(&c.dynamic, c.weights[byDynamic], plain)
	add(&c.theta, c.weights[byTheta], c.unlog)
	add(&c.risen, c.weights[byRisen], c.unlog)
	add(&c.complex, c.weights[byComplex], plain)
}
