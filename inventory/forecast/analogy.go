package forecast

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Analogy forecasts a new product from the launches of similar ones (Thomas,
// 1985; Green & Armstrong, 2007): from its first sales, or before there are any
// from what it is expected to sell; see [Analogy.Launch].
//
// The analogues are aligned at their launch and scaled to one level; their
// weighted mean at each age is the profile p, of mean 1. Levels and profile are
// found by turns, each level as the sales of its analogue over the profile at
// the same ages, so that histories may have any length. An age with less than a
// hundredth of the mean counts as one without sales. Beyond the longest the mean
// of the last three ages goes on.
//
// With sales y so far the level of the product is Σy/Σp. What that is worth the
// analogues tell: each in turn is left out, its level is estimated from as many
// of its first sales by the profile of the others, and compared with what it sold
// later. Its mean squared relative error M weighs the estimate against the given
// Total, whose relative deviation is u (as in credibility theory; Bühlmann, 1967):
//
//	level = (given/u² + Σy/Σp/M) / (1/u² + 1/M)
//
// Intervals have the deviation of that, 1/√(1/u² + 1/M) with an M that is larger by
// 2/m of itself, since m analogues may be too few to tell it; it is the same for all
// periods to come and does not shrink in their sum. And they have that of the single
// periods: Sigma, relative to the level, whose square is in proportion to the
// profile. It is that of the analogues when left out, which counts as twelve
// observations beside the errors of the product's own. With one analogue, which
// cannot tell how launches differ, u takes the place of both. Of simulated
// launches that differ in level, peak and rest, intervals of 80 % held 78 to 90 %
// of the next ten periods and 68 to 91 % of their sums: least with two analogues
// and ten sales, most with 30 and few.
//
// Parameters are "level", the mean sales per period over the ages of the
// profile, and "uncertainty", its relative deviation. The season of the year is
// in the analogues as they had it: take it out, or choose launches of the same
// time of the year.
type Analogy struct {
	Analogues []Analogue
	// Total is what the product is expected to sell in its first Periods periods;
	// 0 means that nobody knows.
	Total   float64
	Periods int
	// Uncertainty is the relative standard deviation of Total; 0 means 0.5. Firms
	// report that their forecasts of new products are off by 42 % on average (Kahn,
	// 2002).
	Uncertainty float64
}

// Analogue is a product whose launch is like that of another.
type Analogue struct {
	Name   string
	Values []float64 // sales since its launch, oldest first
	// Weight is how much it counts; see [Similarities]. Where all are 0, all count
	// alike.
	Weight float64
}

// ErrNoDemand is what a [SeriesError] wraps for an analogue that sold nothing, or
// too little to divide by.
var ErrNoDemand = fmt.Errorf("no demand: %w", flywheel.ErrInvalid)

// Fit implements [Model]. The series has what the product sold since its launch.
func (m Analogy) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n) for n sales of all analogues.
func (m Analogy) FitTo(dst *Fit, s Series) error {
	if err := s.checkDemand(); err != nil {
		return err
	}
	return m.fit(dst, s)
}

// Launch returns the fit of a product that was not sold yet, which Total says how
// much to expect of. [Fit.Update] takes in its sales as they come, with the same
// result as fitting to them.
func (m Analogy) Launch(id string) (*Fit, error) {
	if m.Total == 0 {
		return nil, &SettingError{Model: "Analogy", Setting: "total", Value: 0, Want: "above 0 before the first sale"}
	}
	f := new(Fit)
	if err := m.fit(f, Series{ID: id}); err != nil {
		return nil, err
	}
	return f, nil
}

func (m Analogy) fit(dst *Fit, s Series) error {
	if err := m.check(); err != nil {
		return err
	}
	dst.reset("Analogy", &s)
	l := reuse[launch](dst)
	*l = launch{}
	c := newCommon(m.Analogues)
	l.profile, l.sigma, l.misses, l.few = c.profile, c.sigma, c.misses, c.few
	if m.Uncertainty == 0 {
		m.Uncertainty = 0.5
	}
	square := float64(m.Uncertainty * m.Uncertainty)
	if c.alone {
		l.sigma = m.Uncertainty
		l.misses, l.few = []float64{square}, 1
	}
	if m.Total > 0 {
		sum := 0.0
		for t := range m.Periods {
			if t >= len(l.profile) {
				sum += float64(float64(m.Periods-t) * l.at(t))
				break
			}
			sum += l.at(t)
		}
		if sum == 0 {
			return &SettingError{Model: "Analogy", Setting: "periods", Value: float64(m.Periods), Want: "more: the analogues sold nothing in so many"}
		}
		l.given, l.precision = m.Total/sum, 1/square
	}
	l.learn()
	n := len(s.Values)
	skipped := min(n, 1)
	if l.precision > 0 {
		skipped = 0
	}
	fitted := dst.fitted(skipped, n-skipped)
	for t, y := range s.Values {
		mean := l.observe(y)
		if t >= skipped {
			fitted[t-skipped] = mean
		}
	}
	dst.Sigma = l.deviation()
	if l.level == 0 {
		dst.warn(WarnNoDemand)
	}
	l.describe(func(name string, value float64) { dst.parameter(name, value, true) })
	return nil
}

// analogueErrors is the number of observations that what the analogues tell of
// the deviation of single periods is worth.
const analogueErrors = 12

func (m *Analogy) check() error {
	bad := func(setting string, value float64, want string) error {
		return &SettingError{Model: "Analogy", Setting: setting, Value: value, Want: want}
	}
	switch {
	case len(m.Analogues) == 0:
		return bad("number of analogues", 0, "1 or more")
	case !(m.Total >= 0 && m.Total <= MaxMagnitude):
		return bad("total", m.Total, "0 (unknown) or above")
	case m.Total > 0 && m.Periods < 1:
		return bad("periods", float64(m.Periods), "those that the total is for")
	case m.Uncertainty != 0 && !(m.Uncertainty >= 0.001 && m.Uncertainty <= 100):
		return bad("uncertainty", m.Uncertainty, "0.001 to 100, or 0 for 0.5")
	}
	for _, a := range m.Analogues {
		s := Series{ID: a.Name, Values: a.Values}
		if err := s.checkDemand(); err != nil {
			return err
		}
		if average(a.Values) < leastLevel {
			return &SeriesError{Series: a.Name, Index: -1, Err: ErrNoDemand}
		}
		if !(a.Weight >= 0 && a.Weight <= MaxMagnitude) {
			return bad("weight of "+a.Name, a.Weight, "0 or more")
		}
	}
	return nil
}

// launch is the state of [Analogy].
type launch struct {
	profile   []float64
	sigma     float64   // relative deviation of a period of profile 1
	misses    []float64 // [n-1]: mean squared relative error of a level from n periods
	few       float64   // factor on misses for the uncertainty
	given     float64   // level
	precision float64   // of given: 1/u², 0 where it is not given

	age         int
	sales, sum  float64 // Σ y and Σ p
	squares     float64 // Σ y²/p
	counted     float64 // ages with a profile
	level       float64
	uncertainty float64 // relative deviation of level
}

// at is the profile in the t-th period from launch.
func (l *launch) at(t int) float64 {
	n := len(l.profile)
	if t < n {
		return l.profile[t]
	}
	return average(l.profile[max(0, n-3):])
}

// learn sets the level from what is known.
func (l *launch) learn() {
	if l.age == 0 {
		l.level, l.uncertainty = l.given, 1/math.Sqrt(l.precision)
		return
	}
	seen := l.sales / l.sum
	if l.sum == 0 { // before the profile begins
		seen = l.sales / float64(l.age)
	}
	told := 1 / l.misses[min(l.age, len(l.misses))-1]
	all := l.precision + told
	l.level = float64(l.precision/all*l.given) + float64(told/all*seen)
	l.uncertainty = 1 / math.Sqrt(l.precision+told/l.few)
}

func (l *launch) mean(dst []float64) {
	for h := range dst {
		dst[h] = l.level * l.at(l.age+h)
	}
}

func (l *launch) observe(y float64) float64 {
	p := l.at(l.age)
	mean := l.level * p
	l.age++
	l.sales += y
	l.sum += p
	if p > 0 {
		l.squares += float64(y * (y / p))
		l.counted++
	}
	l.learn()
	return mean
}

// deviation is that of single periods: of the analogues, and of the product
// about its own level.
func (l *launch) deviation() float64 {
	squares, n := float64(analogueErrors*l.sigma*l.sigma), float64(analogueErrors)
	if l.counted > 1 && l.sales > 0 && l.sum > 0 {
		// Σ (y - a·p)²/p over a², with a = Σy/Σp
		own := (float64(l.squares/l.sales*l.sum) - l.sales) / l.sales * l.sum
		if own = max(own, 0); own <= MaxMagnitude {
			squares += own
			n += l.counted - 1
		}
	}
	return math.Sqrt(squares / n)
}

func (l *launch) demanding() bool { return true }

func (l *launch) describe(set func(string, float64)) {
	set("level", l.level)
	set("uncertainty", l.uncertainty)
}

func (l *launch) weight(int) float64 { return 0 }

func (l *launch) scale(h int) float64 { return l.level * math.Sqrt(l.at(l.age+h-1)) }

func (l *launch) estimation(h int) float64 {
	return l.uncertainty * math.Sqrt(l.at(l.age+h-1)) / l.deviation()
}
