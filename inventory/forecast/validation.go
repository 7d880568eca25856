package forecast

import "math"

// In a series of that many observations, with that many cycles before its last part, the
// methods of [Auto] are judged by how they forecast its last part, from the part before.
const (
	validatedFrom   = 200
	validatedCycles = 4
	// validatedOrigins is the number of origins, and validatedMost how far ahead of
	// each is looked.
	validatedOrigins = 12
	validatedMost    = 336
	// validatedPower is the power of the mean absolute error by which a method counts
	// less: 2 would be right for errors without correlation (Bates & Granger, 1969),
	// those of methods that know the same are alike.
	validatedPower = 12
	// What is simpler is kept unless the other is better by so much.
	validatedMargin = 0.92
)

// verdict is how the methods have forecast the last part of a series.
type verdict struct {
	weights [combined]float64
	season  int
	ahead   int
	mean    float64 // absolute error
	near    float64 // mean squared error up to reachMost ahead
	far     float64 // and beyond
}

// validate returns the season, and the weights of the methods, with which the last part
// of a long series is forecast best, nil where it is too short to say. The
// season is that of the series or, where hours have a week and days a year, the longer
// one. Means of several origins, after which the methods go on without being estimated
// again, are compared (Tashman, 2000).
func validate(s *Series) (best *verdict) {
	season := s.season()
	n := len(s.Values)
	if n < validatedFrom || n < validatedCycles*season || season == 1 {
		return nil
	}
	candidates := []int{season}
	if longer := longerSeason(season); longer > 0 && n >= validatedCycles*longer {
		candidates = append(candidates, longer)
	}
	// All are judged by the same periods, a whole cycle of the longest where there is room.
	ahead := min(validatedMost, max(2*season, candidates[len(candidates)-1]), n/4)
	if firstOrigin(n, ahead) < validatedCycles*season {
		return nil // the season could not be estimated as well as from the whole series
	}
	for _, candidate := range candidates {
		v := judge(s, candidate, ahead)
		if best == nil || v.mean < validatedMargin*best.mean {
			best = &v
		}
	}
	return best
}

// longerSeason returns the season that may be above one: the week of hours and parts of
// them, and the year of days, in whole weeks; 0 for none.
func longerSeason(season int) int {
	switch {
	case season == 7 || season == 5:
		return 52 * season
	case season >= 20 && season <= 288 && season != 52:
		return 7 * season
	}
	return 0
}

// firstOrigin is the length of the part that the methods are fitted to, before the origins
// from which so far ahead is looked.
func firstOrigin(n, ahead int) int { return n - ahead - max(ahead/2, n/6) }

// judge weighs the methods, with a season, by their errors up to so far ahead in the
// last part of the series.
func judge(s *Series, season, ahead int) verdict {
	of := verdict{season: season, ahead: ahead}
	weights := &of.weights
	n := len(s.Values)
	first := firstOrigin(n, ahead)
	past := Series{Values: s.Values[:first], Season: season}
	c := combination{asks: true}
	var memory Fit
	c.fitMembers(&memory, &past)
	step := max(1, (n-ahead-first)/(validatedOrigins-1))
	var all [][]float64 // by origin and method: the forecasts
	var errors [combined]float64
	buffer := make([]float64, ahead)
	origins := 0
	for at := first; ; at += step {
		horizon := min(ahead, n-at)
		for method := range errors {
			forecast := make([]float64, horizon)
			c.meanOf(method, buffer[:horizon], forecast, 1)
			all = append(all, forecast)
			if method == byYear && !c.yearly {
				errors[method] = math.Inf(1)
				continue
			}
			for h, v := range forecast {
				errors[method] += math.Abs(s.Values[at+h] - v)
			}
		}
		origins++
		if at+step+ahead > n {
			break
		}
		for _, y := range s.Values[at : at+step] {
			c.observe(y)
		}
	}
	least := math.Inf(1)
	for _, e := range errors {
		least = min(least, e)
	}
	total := 0.0
	for method, e := range errors {
		prior := combinedPrior[method]
		switch method {
		case byLast:
			prior = lastPrior
		case bySteady:
			prior = steadyPrior
		case byYear:
			prior = yearlyPrior
		}
		switch {
		case e == least || least > 0:
			weights[method] = prior * math.Exp(validatedPower*math.Log(math.Max(least, 1e-300)/math.Max(e, 1e-300)))
		default:
			weights[method] = 0
		}
		total += weights[method]
	}
	for method := range weights {
		weights[method] /= total
	}
	count, close := 0, 0
	for k := range origins {
		at := first + k*step
		for h := range all[k*combined] {
			v := 0.0
			for method, w := range weights {
				v += float64(w * all[k*combined+method][h])
			}
			e := s.Values[at+h] - v
			of.mean += math.Abs(e)
			if h < reachMost {
				of.near += float64(e * e)
				close++
			} else {
				of.far += float64(e * e)
			}
			count++
		}
	}
	of.mean /= float64(count)
	of.near /= float64(close)
	if count > close {
		of.far /= float64(count - close)
	}
	return of
}

// widen scales the spread by what the errors out of sample were in units of it: near
// by, where errors from many origins were measured, only up.
func (c *combination) widen(v *verdict) {
	c.spread.near, c.spread.far = 1, 1
	if v == nil {
		return
	}
	mean, variance := make([]float64, v.ahead), make([]float64, v.ahead)
	c.mean(mean)
	c.variance(variance, mean, 0)
	close := min(reachMost, v.ahead)
	scale := func(square float64, told []float64) float64 {
		ratio := square / average(told)
		switch {
		case !(ratio > 0) || math.IsInf(ratio, 0):
			return 1
		case ratio < 1: // a few origins may have been lucky
			return max(math.Pow(ratio, validatedTrust), validatedLeast)
		}
		return min(math.Pow(ratio, validatedWider), validatedWidest)
	}
	near, far := scale(v.near, variance[:close]), 1.0
	if v.ahead > close {
		far = scale(v.far, variance[close:])
	}
	c.spread.near, c.spread.far = near, far
}

const (
	// Powers of the ratio of the variances below one and above: a few origins may have
	// been lucky or not, and what was estimated from less of the series errs more.
	validatedTrust  = 0.6
	validatedWider  = 0.6
	validatedLeast  = 0.4
	validatedWidest = 9
)

// lastPrior and steadyPrior are the weights, before a series is looked at, of what was a
// season ago and of the level for means of cycles.
const (
	lastPrior   = 0.5
	steadyPrior = 2
)

// steadyAlphas are those that fitSteady weighs.
var steadyAlphas = [...]float64{0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6}

// fitSteady fits a smoothed level without drift by the errors of the mean of the next two
// seasons, instead of those of the next period: estimating for the distance that counts is better
// where the model is not the truth (Cox, 1961; Taieb & Atiya, 2016). The means overlap, so
// that they tell little; the alphas are averaged, in logarithms, with the likelihood of as many
// errors as lie beside each other. It fills fitted. O(n).
func (p *theta) fitSteady(y []float64, season int, fitted []float64) {
	n := len(y)
	ahead := max(1, min(2*season, n/8))
	first := min(season, n)
	start := average(y[:first])
	var squares [len(steadyAlphas)]float64
	least := math.Inf(1)
	for k, alpha := range steadyAlphas {
		level, sum := start, 0.0
		for t, v := range y {
			// The sum of what follows, of the mean of which level is the forecast.
			if t == 0 {
				for _, next := range y[:ahead] {
					sum += next
				}
			} else if t+ahead <= n {
				sum += y[t+ahead-1] - y[t-1]
			}
			if t >= first && t+ahead <= n {
				e := sum/float64(ahead) - level
				squares[k] += float64(e * e)
			}
			level += float64(alpha * (v - level))
		}
		least = min(least, squares[k])
	}
	total, logarithm := 0.0, 0.0
	for k, alpha := range steadyAlphas {
		w := 1.0
		if squares[k] > least {
			w = math.Exp(-float64(n) / float64(2*ahead) * math.Log(squares[k]/math.Max(least, 1e-300)))
		}
		total += w
		logarithm += float64(w * math.Log(alpha))
	}
	p.alpha = math.Exp(logarithm / total)
	p.level, p.drift, p.lag = start, 0, 0
	for t, v := range y {
		fitted[t] = p.level
		p.level += float64(p.alpha * (v - p.level))
	}
}

// repeated are the observations of the last season.
type repeated struct {
	values []float64 // of the season, by place
	next   int       // number of observations
}

func (r *repeated) fit(values []float64, season int) {
	r.values, r.next = resize(r.values, season), len(values)
	for i := max(0, len(values)-season); i < len(values); i++ {
		r.values[i%season] = values[i]
	}
}

// ahead returns the forecast of a period to come, 0 for the next one.
func (r *repeated) ahead(h int) float64 { return r.values[(r.next+h)%len(r.values)] }

func (r *repeated) observe(y float64) float64 {
	v := r.ahead(0)
	r.values[r.next%len(r.values)] = y
	r.next++
	return v
}
