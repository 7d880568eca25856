package forecast

import "math"

// combination is what Auto forecasts with: the weighted mean of five methods
// that err in different ways. Means of methods beat the methods (Bates &
// Granger, 1969; Makridakis, Spiliotis & Assimakopoulos, 2020).
type combination struct {
	cycle                    // season of all but ETS
	forms   []smoothing      // the ETS forms by their Akaike weights
	shares  []float64        // of forms
	dynamic optimizedTheta   // of the series
	theta   theta            // of its logarithm
	risen   optimizedTheta   // dynamic, of its logarithm
	complex complexSmoothing // of the series
	last    repeated         // what was a season ago
	steady  theta            // of the series, without drift, for means of cycles ahead
	year    theta            // the same without a curve of the year
	yearly  bool             // whether there is such a curve
	judged  bool             // weights are of errors out of sample
	asks    bool             // or will be

	weights  [combined]float64
	logs     bool    // false where values of zero or less forbid logarithms
	adjusted bool    // the ETS forms are without season too
	low      float64 // bounds of a logarithm
	high     float64
	spread   spread
	rolling  smoothing // the best ETS form, for the errors in sample
}

// The methods, by their position in combination.weights.
const (
	byETS = iota
	byDynamic
	byTheta
	byRisen
	byComplex
	byLast // this and those below only where it was validated
	bySteady
	byYear
	combined
)

// combinedPrior are the weights before a series is looked at, chosen on the
// training parts of the M3 competition.
var combinedPrior = [combined]float64{byETS: 1.5, byDynamic: 1, byTheta: 0.5, byRisen: 0.5, byComplex: 0.5}

const (
	// combinedLeast is the number of observations below which there is too
	// little to combine.
	combinedLeast = 10
	// Errors in sample say little about methods in a short series, and less
	// where seasons were estimated: they count from this many on, without
	// season, with the likelihood of one observation in combinedDamping.
	combinedTrusted = 40
	combinedDamping = 3
	// etsMargin is the distance to the best form's AICc beyond which a form
	// need not be estimated well: its weight is 5 %.
	etsMargin = 6
	// etsShareLeast is the weight below which a form is left out.
	etsShareLeast = 1e-3
)

// fit fits all methods to a series that is not constant and fills dst. Weights that
// were validated are given.
func (c *combination) fit(dst *Fit, s *Series, validated *verdict) {
	c.judged, c.asks = validated != nil, validated != nil
	y := c.fitMembers(dst, s)
	if c.judged {
		c.weights = validated.weights
	} else {
		c.weigh(dst, s)
	}
	n := len(s.Values)
	fitted := dst.fitted(thetaSkipped, n-thetaSkipped)
	for method, w := range c.weights {
		if w == 0 {
			continue
		}
		for i, v := range dst.column(method, n)[thetaSkipped:] {
			fitted[i] += float64(w * v)
		}
	}
	c.measure(y, s.Values, dst, &c.rolling)
	c.widen(validated)
}

// columns are the methods, and the series without season with and without logarithms.
const columns = combined + 2

// column returns the i-th column of the scratch memory of n places each: of
// a combination the fitted values of its methods.
func (f *Fit) column(i, n int) []float64 { return f.scratch[:columns*n][i*n : (i+1)*n] }

// fitMembers fits all methods and returns the series without its season. Their fitted
// values are in the columns of dst.
func (c *combination) fitMembers(dst *Fit, s *Series) (y []float64) {
	n := len(s.Values)
	if need := columns * n; cap(dst.scratch) < need {
		dst.scratch = make([]float64, need)
	}
	y, logs := dst.column(combined, n), dst.column(combined+1, n)
	copy(y, s.Values)
	c.cycle.take(dst, y, s.season())
	c.logs = true
	for i, v := range y {
		if c.logs = c.logs && v > 0; !c.logs {
			break
		}
		logs[i] = math.Log(v)
	}
	if !c.logs {
		copy(logs, y)
	}
	c.low, c.high = logs[0], logs[0]
	for _, v := range logs {
		c.low, c.high = min(c.low, v), max(c.high, v)
	}
	c.low, c.high = c.low-math.Ln10, c.high+math.Ln10

	c.average(dst, s, y, dst.column(byETS, n))
	c.dynamic.fit(y, true, 0, dst.column(byDynamic, n))
	c.theta.fit(logs, 0, dst.column(byTheta, n))
	c.risen.fit(logs, true, 0, dst.column(byRisen, n))
	c.complex.fit(y, dst.column(byComplex, n))
	c.theta.next, c.dynamic.next, c.risen.next, c.complex.next = n, n, n, n

	for method := byDynamic; method < byLast; method++ {
		fitted := dst.column(method, n)
		for i, v := range fitted {
			if method == byTheta || method == byRisen {
				v = c.unlog(v)
			}
			fitted[i] = c.put(v, i)
		}
	}
	last := dst.column(byLast, n)
	copy(last, dst.column(byETS, n)) // until there was a season
	if season := s.season(); season < n {
		copy(last[season:], s.Values)
	}
	c.last.fit(s.Values, s.season())
	if c.asks {
		c.steady.fitSteady(y, s.season(), dst.column(bySteady, n))
		if c.yearly = c.year.fitYearly(y, s.season(), dst.column(byYear, n)); !c.yearly {
			copy(dst.column(byYear, n), dst.column(bySteady, n))
		}
		c.steady.next, c.year.next = n, n
		for method := bySteady; method <= byYear; method++ {
			for i, v := range dst.column(method, n) {
				dst.column(method, n)[i] = c.put(v, i)
			}
		}
	}
	return y
}

// unlog takes back the logarithm, and keeps what grows exponentially within ten
// times what was seen.
func (c *combination) unlog(v float64) float64 {
	if !c.logs {
		return v
	}
	return math.Exp(min(max(v, c.low), c.high))
}

// average fits the ETS family, weighs its forms by exp(-ΔAICc/2) (Burnham &
// Anderson, 2002; Kolassa, 2011) and fills fitted. Seasons that are too long
// for it, or have closed places, are taken out first.
func (c *combination) average(dst *Fit, s *Series, adjusted, fitted []float64) {
	if dst.search == nil {
		dst.search = new(etsSearch)
	}
	e := dst.search
	values, seasons := s.Values, s.season()
	c.adjusted = seasons > MaxSmoothedSeason || len(values) <= seasons || c.closes()
	if c.adjusted {
		values, seasons = adjusted, 1
	}
	m := ETS{}
	of := Series{Values: values, Season: seasons}
	e.prepare(values, seasons, &m)
	e.margin = etsMargin
	e.minimizer.patience, e.minimizer.near = 10, 0 // in an average a form more or less counts for little
	m.simplify(dst, &of)
	for _, form := range etsForms {
		if m.allows(form) {
			e.try(form, AICc)
		}
	}
	total := 0.0
	for i := range e.all {
		if share := math.Exp((e.best.score - e.all[i].score) / 2); share >= etsShareLeast {
			total += share
		}
	}
	c.forms, c.shares = c.forms[:0], c.shares[:0]
	clear(fitted)
	for i := range e.all {
		share := math.Exp((e.best.score-e.all[i].score)/2) / total
		if share*total < etsShareLeast {
			continue
		}
		state := c.form()
		e.all[i].state(state, e.scale)
		c.shares = append(c.shares, share)
		for t, y := range values {
			fitted[t] += float64(share * state.observe(y))
		}
	}
	e.best.state(&c.rolling, e.scale)
	if c.adjusted {
		for i, v := range fitted {
			fitted[i] = c.put(v, i)
		}
	}
}

// form returns one more place in forms, with its memory.
func (c *combination) form() *smoothing {
	if len(c.forms) < cap(c.forms) {
		c.forms = c.forms[:len(c.forms)+1]
	} else {
		c.forms = append(c.forms, smoothing{})
	}
	return &c.forms[len(c.forms)-1]
}

// weigh sets the weights of the methods from their errors in sample.
func (c *combination) weigh(dst *Fit, s *Series) {
	n := len(s.Values)
	trust := 0.0
	if s.season() == 1 {
		trust = max(0, float64(n-combinedTrusted)) / (2 * combinedDamping)
	}
	var squares [byLast]float64
	least := math.Inf(1)
	for method := range squares {
		sum := 0.0
		for i, v := range dst.column(method, n) {
			if e := s.Values[i] - v; i >= thetaSkipped {
				sum += float64(e * e)
			}
		}
		squares[method] = sum
		least = min(least, sum)
	}
	total := 0.0
	c.weights = [combined]float64{}
	for method := range squares {
		w := combinedPrior[method]
		if trust > 0 && squares[method] > least {
			w *= math.Exp(-trust * math.Log(squares[method]/max(least, 1e-300)))
		}
		c.weights[method] = w
		total += w
	}
	for method := range c.weights {
		c.weights[method] /= total
	}
}

func (c *combination) mean(dst []float64) {
	var few [64]float64
	buffer := resizeOver(few[:], len(dst))
	clear(dst)
	for method, w := range c.weights {
		if w == 0 {
			continue
		}
		c.meanOf(method, buffer, dst, w)
	}
}

// meanOf adds the forecasts of a method to dst, w times. It writes over buffer.
func (c *combination) meanOf(method int, buffer, dst []float64, w float64) {
	switch method {
	case byETS:
		for i := range c.forms {
			c.forms[i].mean(buffer)
			share := w * c.shares[i]
			for h, v := range buffer {
				if c.adjusted {
					v = c.put(v, c.next+h)
				}
				dst[h] += float64(share * v)
			}
		}
		return
	case byDynamic:
		c.dynamic.mean(buffer)
	case byTheta:
		c.theta.mean(buffer)
	case byRisen:
		c.risen.mean(buffer)
	case byComplex:
		c.complex.mean(buffer)
	case bySteady:
		c.steady.mean(buffer)
	case byYear:
		c.year.mean(buffer)
	case byLast:
		for h := range dst {
			dst[h] += float64(w * c.last.ahead(h))
		}
		return
	}
	for h, v := range buffer {
		if method == byTheta || method == byRisen {
			v = c.unlog(v)
		}
		dst[h] += float64(w * c.put(v, c.next+h))
	}
}

// next is what a process expects of the next period.
func next(p process) float64 {
	var one [1]float64
	p.mean(one[:])
	return one[0]
}

func (c *combination) observe(y float64) float64 {
	inner, closed := c.without(y, c.next, 0), c.closed(c.next) // of all but ETS
	log := inner
	if c.logs {
		log = c.high
		if inner < math.Exp(c.high) {
			log = max(math.Log(max(inner, 0)), c.low)
		}
	}
	forms := 0.0
	for i := range c.forms {
		v := y
		if c.adjusted {
			v = inner
		}
		if closed {
			v = next(&c.forms[i])
		}
		v = c.forms[i].observe(v)
		if c.adjusted {
			v = c.put(v, c.next)
		}
		forms += float64(c.shares[i] * v)
	}
	mean := float64(c.weights[byETS]*forms) + float64(c.weights[byLast]*c.last.observe(y))
	for method := byDynamic; method < combined; method++ {
		if method == byLast || method == bySteady && !c.asks || method == byYear && !c.yearly {
			continue
		}
		var p process
		v := inner
		switch method {
		case byDynamic:
			p = &c.dynamic
		case byTheta:
			p, v = &c.theta, log
		case byRisen:
			p, v = &c.risen, log
		case byComplex:
			p = &c.complex
		case bySteady:
			p = &c.steady
		case byYear:
			p = &c.year
		}
		if closed {
			v = next(p)
		}
		v = p.observe(v)
		if method == byTheta || method == byRisen {
			v = c.unlog(v)
		}
		mean += float64(c.weights[method] * c.put(v, c.next))
	}
	c.next++
	return mean
}
