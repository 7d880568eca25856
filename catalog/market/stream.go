package market

import (
	"math"
	"slices"
	"time"
)

// Stream returns a detector that has seen nothing.
func (d Detector) Stream() (*Stream, error) {
	d, err := d.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Stream{rule: d, season: make([]float64, d.Season)}
	if d.Scale == Unknown {
		s.news = newNovelty(d.Memory)
	}
	return s, nil
}

// Stream is a [Detector] in progress. It belongs to one goroutine at a time.
// [Stream.Snapshot] keeps it across a restart.
type Stream struct {
	rule        Detector
	first, last time.Time
	step        int // of the last point
	seen        int
	warm        []warm

	level, sd float64 // in the scale of learning: logarithms for Counts
	season    []float64
	lastPrice float64
	uplift    float64 // of promotions, in the scale of learning
	uplifts   int     // points it was learned from

	sincePromo  int // points since the last promotion, large for none
	settling    int // points left in which a price change settles
	settleDir   float64
	settleMoves []float64
	learning    int // points left in which the level learns faster

	up, down     float64 // CUSUM
	upAt, downAt int     // when they left zero
	upTime       time.Time
	downTime     time.Time
	recent       []float64 // moves of the last points, oldest first
	open         *Incident
	quiet        int
	relevels     int

	news *novelty // of an Unknown metric
}

type warm struct {
	phase int
	move  float64 // transformed value
	value float64
}

const (
	levelRate    = 0.05
	fastRate     = 0.3
	seasonRate   = 0.08
	spreadRate   = 0.03
	settlePoints = 7
	afterPoints  = 7
	recentPoints = 60
	notice       = 2.0 // deviations from which a cause is named
)

// transform brings a value to the scale in which seasons and effects add.
func (s *Stream) transform(value float64) float64 {
	if s.rule.Scale == Level {
		return value
	}
	return math.Log(math.Max(value, 0.5))
}

func (s *Stream) expected(phase int, effect float64) float64 {
	x := s.level + s.season[phase] + effect
	if s.rule.Scale == Level {
		return x
	}
	return math.Exp(math.Min(x, 600))
}

// deviation returns the score of a value and its move: the difference in the scale
// of learning, without the harshness of logarithms near zero.
func (s *Stream) deviation(value, expected float64) (score, move float64) {
	if s.rule.Scale == Level {
		move = value - expected
		return move / s.sd, move
	}
	// The power 2/3 makes a count nearly symmetric (Anscombe, 1953); scaled so that
	// the move is about value/expected - 1. A Poisson variable adds its own variance.
	base, spread := s.spread(expected)
	move = 1.5 * (math.Cbrt((value+0.375)*(value+0.375)) - base) / base
	return move / spread, move
}

// spread returns the power 2/3 of what is expected and the deviation of a move.
func (s *Stream) spread(expected float64) (base, spread float64) {
	if s.rule.Scale == Level {
		return expected, s.sd
	}
	return math.Cbrt((expected + 0.375) * (expected + 0.375)), math.Sqrt(float64(s.sd*s.sd) + 1/(expected+0.375))
}

// Next takes a point. A value that is not finite or, for Counts, negative, and a
// time that is not after the last point's are errors that change nothing. O(1)
// after the warm-up, which ends with a sort.
func (s *Stream) Next(p Point) (Reading, error) {
	if !(p.Value >= -1e100 && p.Value <= 1e100) || s.rule.Scale == Counts && p.Value < 0 {
		return Reading{}, refuse("value at "+p.At.Format(time.RFC3339), p.Value, ErrRange)
	}
	if !(p.Price >= 0 && p.Price <= 1e100) {
		return Reading{}, refuse("price at "+p.At.Format(time.RFC3339), p.Price, ErrRange)
	}
	step := s.step + 1
	if s.seen == 0 {
		step = 0
	} else if !p.At.After(s.last) {
		return Reading{}, refuse("time", p.At, ErrOrder)
	}
	if s.rule.Step > 0 && s.seen > 0 {
		steps := p.At.Sub(s.first).Round(s.rule.Step) / s.rule.Step
		if step = int(steps); step <= s.step {
			return Reading{}, refuse("time", p.At, ErrOrder)
		}
	}
	if s.seen == 0 {
		s.first = p.At
		s.sincePromo = math.MaxInt32
	}
	s.last, s.step = p.At, step
	s.seen++
	if s.news != nil {
		return s.unknown(p), nil
	}
	phase := step % s.rule.Season
	if s.sd == 0 {
		s.warmUp(p, phase)
		return Reading{}, nil
	}
	return s.judge(p, phase), nil
}

func (s *Stream) warmUp(p Point, phase int) {
	priceMoved := s.lastPrice > 0 && p.Price > 0 && p.Price != s.lastPrice
	if p.Price > 0 {
		s.lastPrice = p.Price
	}
	if priceMoved {
		// What was before the change is of another level.
		s.warm = s.warm[:0]
	}
	if !p.OutOfStock && p.Promotion == "" {
		s.warm = append(s.warm, warm{phase, s.transform(p.Value), p.Value})
	}
	if len(s.warm) >= s.rule.Warmup*3/4 && s.seen >= s.rule.Warmup {
		s.begin()
	}
}

// begin fits level, season and spread by medians.
func (s *Stream) begin() {
	values := make([]float64, len(s.warm))
	for i, w := range s.warm {
		values[i] = w.move
	}
	s.level = medianOf(values)
	for range 2 {
		for phase := range s.season {
			var same []float64
			for _, w := range s.warm {
				if w.phase == phase {
					same = append(same, w.move-s.level)
				}
			}
			if len(same) > 0 {
				s.season[phase] = medianOf(same)
			}
		}
		for i, w := range s.warm {
			values[i] = w.move - s.season[w.phase]
		}
		s.level = medianOf(values)
	}
	s.sd = 1 // for deviation below
	for i, w := range s.warm {
		_, values[i] = s.deviation(w.value, s.expected(w.phase, 0))
		values[i] = math.Abs(values[i])
	}
	slices.Sort(values)
	// The season was fitted to the same values, which makes them look closer.
	freedom := float64(len(s.warm)) / math.Max(1, float64(len(s.warm)-s.rule.Season))
	s.sd = madScale * middle(values) * math.Sqrt(freedom)
	if s.rule.Scale == Counts {
		poisson := 1 / (math.Exp(s.level) + 0.375)
		s.sd = math.Sqrt(math.Max(s.sd*s.sd-poisson, 0.03*0.03))
	}
	if s.sd == 0 {
		s.sd = 1e-9 * math.Max(1, math.Abs(s.level)) // a constant series: any change is news
	}
	// The end of the warm-up counts most.
	for _, w := range s.warm[max(0, len(s.warm)-2*s.rule.Season):] {
		_, move := s.deviation(w.value, s.expected(w.phase, 0))
		s.level += levelRate * clip(move, 2*s.sd)
	}
	s.warm = nil
}

func medianOf(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return middle(sorted)
}

func clip(x, most float64) float64 { return math.Max(-most, math.Min(most, x)) }

func (s *Stream) judge(p Point, phase int) Reading {
	effect := 0.0
	if p.Promotion != "" && s.uplifts > 0 && !p.OutOfStock {
		effect = s.uplift
	}
	r := Reading{Ready: true, Expected: s.expected(phase, effect)}
	plain := s.expected(phase, 0)
	r.Plain = plain
	var move float64
	r.Score, move = s.deviation(p.Value, r.Expected)
	plainScore, plainMove := s.deviation(p.Value, plain)
	r.Lower, r.Upper = s.band(r.Expected)

	priceMoved := s.lastPrice > 0 && p.Price > 0 && p.Price != s.lastPrice
	if priceMoved {
		s.settling, s.settleDir = settlePoints, 1
		if p.Price > s.lastPrice {
			s.settleDir = -1
		}
		s.settleMoves = s.settleMoves[:0]
		s.up, s.down = 0, 0
	}
	if p.Price > 0 {
		s.lastPrice = p.Price
	}
	if p.Promotion != "" {
		s.sincePromo = 0
	} else if s.sincePromo < math.MaxInt32 {
		s.sincePromo++
	}

	switch {
	case p.OutOfStock:
		if plainScore < -notice || p.Value == 0 {
			r.Cause = OutOfStock
		} else if p.Promotion != "" && plainScore > notice {
			r.Cause, r.Name = Promotion, p.Promotion
		}
		if plainScore < s.rule.Threshold || r.Cause != NoCause {
			return s.hold(r) // neither judged nor learned from
		}
	case p.Promotion != "":
		if plainScore > notice {
			r.Cause, r.Name = Promotion, p.Promotion
		}
		if plainScore > -s.rule.Threshold {
			s.learnUplift(plainMove)
			return s.hold(r)
		}
	case s.settling > 0:
		s.settling--
		if plainScore*s.settleDir > notice {
			r.Cause = Price
		}
		if plainScore*s.settleDir > -s.rule.Threshold {
			s.settleMoves = append(s.settleMoves, plainMove)
			if s.settling == 0 && s.settle() {
				r.Cause = Price
			}
			return s.hold(r)
		}
	case s.sincePromo <= afterPoints && plainScore < 0 && plainScore > -2*s.rule.Threshold:
		if plainScore < -notice {
			r.Cause = AfterPromotion
			return s.hold(r)
		}
	}
	s.watch(&r, p, phase, move)
	return r
}

func (s *Stream) band(expected float64) (lower, upper float64) {
	if s.rule.Scale == Level {
		reach := s.rule.Threshold * s.sd
		return expected - reach, expected + reach
	}
	base, spread := s.spread(expected)
	reach := base / 1.5 * s.rule.Threshold * spread
	back := func(x float64) float64 { return math.Max(0, math.Pow(math.Max(0, x), 1.5)-0.375) }
	return back(base - reach), back(base + reach)
}

// hold returns a reading of a point that the shop's own doing explains or excludes.
// An open incident stays as it is.
func (s *Stream) hold(r Reading) Reading {
	if s.open != nil {
		i := *s.open
		r.Incident = &i
	}
	return r
}

func (s *Stream) learnUplift(move float64) {
	s.uplifts++
	rate := math.Max(0.15, 1/float64(s.uplifts))
	s.uplift += rate * (math.Max(0, move) - s.uplift)
}

// settle takes over the level to which a price change led, and reports whether the
// points together moved as far as one that would have been named.
func (s *Stream) settle() bool {
	if len(s.settleMoves) == 0 {
		return false
	}
	m := medianOf(s.settleMoves)
	_, spread := s.spread(s.expected(0, 0))
	// A median varies a quarter more than a mean.
	z := m / spread * math.Sqrt(float64(len(s.settleMoves))) / 1.25
	s.level += m
	s.learning = 10
	s.up, s.down = 0, 0
	return z*s.settleDir > notice
}

// watch judges an unexplained point, keeps the incident and learns.
func (s *Stream) watch(r *Reading, p Point, phase int, move float64) {
	z := r.Score
	s.recent = append(s.recent, move)
	if len(s.recent) > recentPoints {
		s.recent = s.recent[1:]
	}
	// One point is bounded, so that a spike after a slow day is no shift.
	step := clip(z, 3.3)
	if s.up == 0 {
		s.upAt, s.upTime = s.seen, p.At
	}
	if s.down == 0 {
		s.downAt, s.downTime = s.seen, p.At
	}
	s.up = math.Max(0, s.up+step-1)
	s.down = math.Max(0, s.down-step-1)
	spike := math.Abs(z) > s.rule.Threshold
	shiftUp, shiftDown := s.up > s.rule.Shift, s.down > s.rule.Shift
	alarm := spike || shiftUp || shiftDown
	switch {
	case alarm && s.open == nil:
		i := &Incident{Start: p.At, Detected: p.At, Up: z > 0}
		if shiftUp || shiftDown {
			i.Up = shiftUp
			i.Start = s.downTime
			if shiftUp {
				i.Start = s.upTime
			}
		}
		s.open, s.quiet, s.relevels = i, 0, 0
		r.Change = Opened
	case s.open != nil && math.Abs(z) < 2 && !alarm:
		s.quiet++
	case s.open != nil && (alarm || math.Abs(z) > 3):
		s.quiet = 0
	}
	if s.open != nil {
		i := s.open
		if s.quiet == 0 || r.Change == Opened {
			i.Points++
			change := move
			if s.rule.Scale == Counts && r.Expected > 0 {
				change = p.Value/r.Expected - 1
			}
			i.Change += (change - i.Change) / float64(i.Points)
			if math.Abs(z) > i.Peak {
				i.Peak = math.Abs(z)
			}
		}
		if shiftUp || shiftDown {
			s.relevel(shiftUp)
		}
		i.LookAt = s.lookAt(i)
		if s.quiet >= s.rule.Quiet {
			i.Closed = p.At
			r.Change = Closed
			s.open = nil
		}
		copied := *i
		copied.LookAt = slices.Clone(i.LookAt)
		r.Incident = &copied
	}
	s.learn(z, move, phase, spike)
}

// relevel moves the level to where the points since the shift began are.
func (s *Stream) relevel(up bool) {
	from := s.downAt
	if up {
		from = s.upAt
	}
	n := min(len(s.recent), s.seen-from+1)
	m := medianOf(s.recent[len(s.recent)-n:])
	s.level += m
	s.relevels++
	s.open.Shape = Shift
	if n > 10 || s.relevels >= 3 {
		s.open.Shape = Drift
	}
	s.up, s.down = 0, 0
	s.learning = max(s.learning, 8)
	for i := range s.recent {
		s.recent[i] -= m
	}
}

func (s *Stream) learn(z, move float64, phase int, spike bool) {
	_, spread := s.spread(s.expected(phase, 0))
	bounded := clip(move, 2*spread)
	rate := levelRate
	if s.learning > 0 {
		s.learning--
		rate = fastRate / (1 + 0.15*float64(10-min(10, s.learning)))
	}
	if spike {
		return
	}
	s.level += rate * bounded
	s.season[phase] += seasonRate * bounded
	// A season does not move the level.
	mean := 0.0
	for _, x := range s.season {
		mean += x
	}
	mean /= float64(len(s.season))
	for i := range s.season {
		s.season[i] -= mean
	}
	s.level += mean
	if math.Abs(z) < 3 {
		v := s.sd * s.sd
		target := bounded * bounded
		if s.rule.Scale == Counts {
			target -= 1 / (s.expected(phase, 0) + 0.375)
		}
		// Clipping at two deviations takes a fifth off the variance.
		v += spreadRate * (1.2*target - v)
		floor := 0.03 * 0.03
		if s.rule.Scale == Level {
			floor = 1e-18
		}
		s.sd = math.Sqrt(math.Max(v, floor))
	}
}

// lookAt says where to look first.
func (s *Stream) lookAt(i *Incident) []string {
	switch {
	case i.Shape == Spike && i.Up:
		return []string{"one large order or a test order", "mention or link from outside", "double counting"}
	case i.Shape == Spike:
		return []string{"tracking or import of that step", "checkout and payment", "availability"}
	case i.Up:
		return []string{"competitor out of stock or dearer", "new traffic source", "change of listing or ranking"}
	default:
		return []string{"competitor price and availability", "stock of the best variants", "change of listing, ranking or tracking"}
	}
}
