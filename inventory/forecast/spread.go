package forecast

import (
	"math"
	"slices"
)

// heavyTailed is a process whose errors are not normal.
type heavyTailed interface {
	// quantile of the standardised errors, of which those within one standard
	// deviation are as many as in the normal distribution.
	quantile(p float64) float64
}

// totalled is a relative process that knows how its periods go together.
type totalled interface {
	// total is the standard deviation of the sum of periods with the given
	// means and variances, each multiplied by its factor.
	total(mean, variance []float64, factor func(h int) float64) float64
}

// spread is how far the forecasts of [Auto] have been off. The errors in sample
// are too small, more so in a short series, further ahead and where the level
// has risen; by how much was measured on rolling origins within the training
// parts of the M3 competition. The standardised errors there follow Student's t
// with four degrees of freedom.
type spread struct {
	rms, mae float64 // of the errors in sample
	level    float64 // mean magnitude without season
	length   float64 // log(observations / 50)
	// reach is the root mean squared error in sample by distance, of forecasts
	// from each origin with the parameters of the whole series.
	reach []float64
	// A long series tells by itself: own is the weight of what it tells, from 0
	// to 1, width what its errors within one deviation reach in units of those
	// of a normal law, and tail the weight of Student's t against it.
	own, width, tail float64
	// A short series tells too little: brief is what its differences say, and briefly
	// the weight of that.
	brief   briefRanges
	briefly float64
	// near and far are the factors on the variance that errors out of sample tell, up
	// to reachMost ahead and beyond.
	near, far float64
}

// Between these numbers of observations what the series tells of its errors takes
// over from what other series told. Its origins are the last spreadOrigins.
const (
	spreadOwnFrom = 120
	spreadOwnTo   = 250
	spreadOrigins = 400
	// Below so many observations the differences of the series count too, at
	// combinedLeast with this weight.
	spreadShort = 40
	spreadBrief = 0.4
)

// tailAtOne is the quantile of Student's t with four degrees of freedom at Φ(1).
const tailAtOne = 1.141626629090954

// reachMost is the greatest distance at which errors are measured.
const reachMost = 24

// Exponents of the factors of the standard deviation, each as measured.
const (
	spreadBase     = 1.287 // where all factors are 1
	spreadGrowth   = 0.542
	spreadDistance = 0.106
	spreadLength   = -0.146
	spreadReach    = 0.361
	spreadEven     = 0.829 // of MAE over RMS: a few large errors come less often
	spreadLevel    = 0.5   // the variance is proportional to the level
	// Growth counts for more, and distance for less, in a long series.
	spreadGrowthLength   = 0.147
	spreadDistanceLength = -0.127
)

// measure sets what is known of the errors of a combination without season in y.
func (c *combination) measure(y, values []float64, f *Fit, start *smoothing) {
	s := &c.spread
	n := len(y)
	s.rms, s.mae, s.level = 0, 0, 0
	open, closes := 0.0, c.closes()
	for i, v := range f.Fitted {
		if closes && c.closed(f.Skipped+i) {
			continue
		}
		e := values[f.Skipped+i] - v
		s.rms += float64(e * e)
		s.mae += math.Abs(e)
		open++
	}
	s.rms, s.mae = math.Sqrt(s.rms/max(open, 1)), s.mae/max(open, 1)
	for _, v := range y {
		s.level += math.Abs(v) / float64(n)
	}
	s.brief, s.briefly = briefRanges{}, 0
	if n < spreadShort {
		if ranges, ok := briefly(y); ok {
			s.brief, s.briefly = ranges, float64(spreadBrief*float64(spreadShort-n))/(spreadShort-combinedLeast)
		}
	}
	s.length = math.Log(min(max(float64(n), 10), 150) / 50)

	// From each origin, the mean of the best ETS form and the dynamic theta.
	dynamic := c.dynamic
	dynamic.line, dynamic.level = thetaLine{dynamic: true, decay: 1}, dynamic.start
	weightForm, weightLast := 0.5, 0.0
	if c.judged { // all but ETS and what was a season ago are like the dynamic theta
		weightForm, weightLast = c.weights[byETS], c.weights[byLast]
	}
	season := len(c.last.values)
	var byForm, byTheta, squares [reachMost]float64
	var count [reachMost]int
	first := max(n/4, 4, n-spreadOrigins)
	f.misses = f.misses[:0]
	for t, v := range y {
		if horizon := min(reachMost, n-t); t >= first {
			dynamic.next = t
			start.mean(byForm[:horizon])
			dynamic.mean(byTheta[:horizon])
			for h := range horizon {
				if closes && c.closed(t+h) {
					continue
				}
				form := byForm[h]
				if c.adjusted {
					form = c.put(form, t+h)
				}
				var e float64
				if !c.judged {
					e = values[t+h] - (form+c.put(byTheta[h], t+h))/2
				} else {
					before := form
					if ago := t + h%season - season; ago >= 0 {
						before = values[ago]
					}
					e = values[t+h] - float64(weightForm*form) - float64(weightLast*before) - float64((1-weightForm-weightLast)*c.put(byTheta[h], t+h))
				}
				squares[h] += float64(e * e)
				count[h]++
				if n > spreadOwnFrom {
					f.misses = append(f.misses, float64(h), math.Abs(e))
				}
			}
		}
		if c.adjusted {
			start.observe(v)
		} else {
			start.observe(values[t])
		}
		dynamic.level += float64(dynamic.alpha * (v - dynamic.level))
		dynamic.line.observe(v, dynamic.alpha)
	}
	s.reach = s.reach[:0]
	for h := range squares {
		if count[h] < 3 {
			break
		}
		s.reach = append(s.reach, math.Sqrt(squares[h]/float64(count[h])))
	}
	c.measureOwn(f, n)
}

// measureOwn takes width and tail from the errors of a long series.
func (c *combination) measureOwn(f *Fit, n int) {
	s := &c.spread
	s.own, s.width, s.tail = 0, 1, 1
	errors := f.misses
	if n <= spreadOwnFrom || len(s.reach) == 0 {
		return
	}
	k := 0
	for i := 0; i < len(errors); i += 2 {
		if h := int(errors[i]); h < len(s.reach) && s.reach[h] > 0 {
			errors[k] = errors[i+1] / s.reach[h]
			k++
		}
	}
	if k == 0 {
		return
	}
	errors = errors[:k]
	slices.Sort(errors)
	one, two := quantileOfSorted(errors, normalOne), quantileOfSorted(errors, 0.95)
	if !(one > 0) {
		return
	}
	s.own = min(math.Log(float64(n)/spreadOwnFrom)/math.Log(float64(spreadOwnTo)/spreadOwnFrom), 1)
	// The parameters were chosen for these errors: the final prediction error of
	// Akaike (1969) is larger by (n+p)/(n-p) in variance.
	p := 3.0
	if seasons := max(len(c.cycle.index), len(c.rolling.season)); seasons > 0 {
		p += float64(seasons)
	}
	p = min(p, float64(n)/2)
	s.width = one * math.Sqrt((float64(n)+p)/(float64(n)-p))
	// Large errors are few in any series: a fifth of what others told is kept.
	s.tail = 0.2 + float64(0.8*min(max((two/one-normalTwo)/(tailTwo-normalTwo), 0), 1.5))
}

// Of the normal law: the share within one deviation, and the deviations within
// which 95 % lie; and these for Student's t with four degrees of freedom, in
// units of its own share.
const (
	normalOne = 0.6826894921370859
	normalTwo = 1.959963984540054
	tailTwo   = 2.7764451051977934 / tailAtOne
)

// variance fills dst with the variances of the periods ahead.
func (c *combination) variance(dst, mean []float64, _ float64) {
	s := &c.spread
	if s.rms == 0 {
		clear(dst)
		return
	}
	base := math.Log(spreadBase*s.rms) + spreadLength*s.length + spreadEven*math.Log(s.mae/s.rms)
	for i := range dst {
		dst[i] = 0
	}
	for i := range c.forms {
		growth := 1.0
		for h := range dst {
			if h > 0 {
				w := c.forms[i].weight(h)
				growth += float64(w * w)
			}
			dst[h] += float64(c.shares[i] * growth)
		}
	}
	reached := math.Log(c.reached(1))
	own, at := 0.0, 0.0 // growth at the greatest distance that was measured
	for h := range dst {
		growth := math.Log(min(dst[h], 1e6)) / 2
		distance := math.Log(float64(h + 1))
		if h < len(s.reach) {
			reached = math.Log(c.reached(h + 1))
		}
		deviation := base +
			float64((spreadGrowth+float64(spreadGrowthLength*s.length))*growth) +
			float64((spreadDistance+float64(spreadDistanceLength*s.length))*distance) +
			float64(spreadReach*reached)
		if s.own > 0 {
			if h < len(s.reach) {
				own, at = math.Log(max(s.width*s.reach[h], 1e-3*s.rms)), growth
			}
			deviation = float64((1-s.own)*deviation) + float64(s.own*(own+growth-at))
		}
		if s.briefly > 0 {
			deviation = float64((1-s.briefly)*deviation) + float64(s.briefly*math.Log(s.brief.deviation(h)))
		}
		scale := s.near
		if h >= reachMost {
			scale = s.far
		}
		dst[h] = scale * math.Exp(2*deviation) * c.levelFactor(mean[h])
	}
}

// reached is the error at a distance over that of the fitted values, within
// bounds.
func (c *combination) reached(h int) float64 {
	s := &c.spread
	if len(s.reach) == 0 {
		return 1
	}
	return min(max(s.reach[min(h, len(s.reach))-1]/s.rms, 0.1), 100)
}

// levelFactor is the factor on the variance of a forecast above or below the level
// of the series.
func (c *combination) levelFactor(mean float64) float64 {
	if c.spread.level == 0 {
		return 1
	}
	return math.Pow(min(max(math.Abs(mean)/c.spread.level, 0.05), 20), 2*spreadLevel)
}

// memory implements remembering.
func (c *combination) memory(mean, variance, scale, weight []float64) {
	for h, m := range mean {
		scale[h] = math.Sqrt(c.levelFactor(m))
	}
	remember(variance, scale, weight)
}

// remember fills weight with what an error moves the periods after it, taken
// from the growth of the variances, in units of the square of scale.
func remember(variance, scale, weight []float64) {
	growth := 1.0
	for h := range variance {
		weight[h] = 0
		if h > 0 && variance[0] > 0 {
			g := variance[h] / float64(scale[h]*scale[h]) / (variance[0] / float64(scale[0]*scale[0]))
			weight[h] = math.Sqrt(max(g-growth, 0))
			growth = max(growth, g)
		}
	}
}

func (c *combination) total(mean, variance []float64, factor func(int) float64) float64 {
	return totalOf(c, mean, variance, factor)
}

// totalOf is the deviation of the sum of periods whose errors move later ones.
func totalOf(p remembering, mean, variance []float64, factor func(int) float64) float64 {
	n := len(mean)
	buffer := make([]float64, 2*n)
	scale, weight := buffer[:n], buffer[n:]
	p.memory(mean, variance, scale, weight)
	first, sum := scale[0], 0.0
	for h := range scale {
		scale[h] *= factor(h)
	}
	for k := range n {
		moved := scale[k]
		for j := 1; k+j < n; j++ {
			moved += float64(scale[k+j] * weight[j])
		}
		sum += float64(moved * moved)
	}
	return math.Sqrt(variance[0]*sum) / first
}

// quantile is that of Student's t with four degrees of freedom, or between it and the
// normal law.
func (c *combination) quantile(p float64) float64 { return standardized(c.tail(), p) }

// tail is the weight of Student's t against the normal law.
func (c *combination) tail() float64 { return 1 + float64(c.spread.own*(c.spread.tail-1)) }

func (c *combination) weight(int) float64 { return 0 }

func (c *combination) estimation(int) float64 { return 0 }
