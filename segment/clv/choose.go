package clv

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Score is how a candidate did on the part that [Choose] held out.
type Score struct {
	Name      string
	MAE, RMSE float64
}

// Choice is the predictor that [Choose] found. It predicts numbers of purchases; what is
// asked of a probability model only is in Fits.
type Choice struct {
	// Name is the name of a model, or "combination".
	Name string
	// Fits are the fitted models by name, to all purchases until the end.
	Fits map[string]*Fit
	// Scores are the candidates on the held-out last third of time.
	Scores []Score

	models []Model
	single Model
	births []float64 // ages at the end, ascending
	counts []float64
	recent float64 // repeat purchases per week lately
	memory float64 // weeks in which what is recent wears off
	times  []float64
	less   []float64 // what is taken off, by times
}

// shrinkage is the part of the mean that the combination takes off every customer's
// number, not below zero: most customers will not come again, so that the numbers with the least
// absolute error lie below the means. What it adds in squared error at the frequent
// customers, the larger of two models takes back.
const shrinkage = 0.125

// Choose fits BG/NBD, MBG/NBD and Pareto/NBD to the purchases up to and including the
// day of end, and decides between them and a combination by what each, fitted to the
// first two thirds of time, predicted for the last: the least sum of MAE and RMSE
// relative to the Pareto/NBD's, where a single model must be better by 4 % to be taken. For
// a customer, the combination predicts the larger number of BG/NBD and Pareto/NBD, less an
// eighth of the mean. For all together ([Choice.Track]) it takes half of the
// Pareto/NBD's curve and half of what the last third of the weeks came to, which wears off
// over four times the time so far; equal weights are hard to beat (Clemen, 1989, Combining
// Forecasts, International Journal of Forecasting 5). The form of the combination was
// chosen on the CDNOW log; see the measurements in the README.
func Choose(purchases []Purchase, end time.Time) (*Choice, error) {
	rows, firsts, err := summarize(purchases, end)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("clv: no purchases by %v: %w", end, flywheel.ErrInvalid)
	}
	last := dayOf(end)
	weeks := int(last-slices.Min(firsts)) / 7
	if weeks < 6 {
		return nil, fmt.Errorf("clv: %d weeks are too few to hold some out: %w", weeks, flywheel.ErrInvalid)
	}
	out := weeks / 3
	split := end.AddDate(0, 0, -7*out)
	inner, err := combine(purchases, split, nil)
	if err != nil {
		return nil, fmt.Errorf("the first %d of %d weeks: %w", weeks-out, weeks, err)
	}
	c, err := combine(purchases, end, inner)
	if err != nil {
		return nil, err
	}
	candidates := []Predictor{inner}
	names := []string{"combination"}
	for _, m := range inner.models {
		candidates, names = append(candidates, m), append(names, m.Name())
	}
	for i, candidate := range candidates {
		b, err := Backtest(candidate, purchases, split, out)
		if err != nil {
			return nil, err
		}
		c.Scores = append(c.Scores, Score{names[i], b.MAE, b.RMSE})
	}
	pareto := c.Scores[len(c.Scores)-1]
	// A single model is taken only where it is clearly better: the held-out part is one draw.
	const clearly = 0.04
	best := 0
	relative := func(s Score) float64 { return s.MAE/pareto.MAE + s.RMSE/pareto.RMSE }
	for i := range c.Scores {
		handicap := 0.0
		if best == 0 {
			handicap = clearly
		}
		if relative(c.Scores[i]) < relative(c.Scores[best])-handicap {
			best = i
		}
	}
	c.Name = c.Scores[best].Name
	if best > 0 {
		c.single = c.models[best-1]
	}
	return c, nil
}

// combine fits the three models, beginning where those of fewer purchases ended.
func combine(purchases []Purchase, end time.Time, fewer *Choice) (*Choice, error) {
	rows, firsts, err := summarize(purchases, end)
	if err != nil {
		return nil, err
	}
	c := &Choice{Name: "combination", Fits: map[string]*Fit{}}
	for i, fit := range []func([]Row, *FitOptions) (*Fit, error){FitBG, FitMBG, FitPareto} {
		var opts *FitOptions
		if fewer != nil && len(fewer.Fits[fewer.models[i].Name()].Warnings) == 0 {
			opts = &FitOptions{Start: fewer.models[i].Params()}
		}
		f, err := fit(rows, opts)
		if err != nil {
			return nil, err
		}
		c.Fits[f.Model.Name()] = f
		c.models = append(c.models, f.Model)
	}
	last, origin := dayOf(end), slices.Min(firsts)
	ages := map[int64]float64{}
	for _, first := range firsts {
		ages[last-first]++
	}
	for age := int64(0); age <= last-origin; age++ {
		if n := ages[age]; n > 0 {
			c.births, c.counts = append(c.births, float64(age)/7), append(c.counts, n)
		}
	}
	c.memory = 4 * float64(last-origin+1) / 7
	third := max(1, float64(last-origin+1)/21)
	b, err := Backtest(c.models[2], purchases, end, 1)
	if err != nil {
		return nil, err
	}
	whole := int(last-origin+6) / 7
	n := 0.0
	for w := max(0, whole-int(third)); w < whole; w++ {
		c.recent += b.Weekly[w]
		n++
	}
	c.recent /= n
	unit := merged(rows)
	for t := 1.0; t < 1e4; t *= 1.5 {
		sum, total := 0.0, 0.0
		for i := range unit {
			sum += unit[i].weight() * c.larger(unit[i].History, t)
			total += unit[i].weight()
		}
		c.times = append(c.times, t)
		c.less = append(c.less, shrinkage*sum/total)
	}
	return c, nil
}

// larger is the larger number of BG/NBD and Pareto/NBD.
func (c *Choice) larger(h History, t float64) float64 {
	return max(c.models[0].Expect(h, t), c.models[2].Expect(h, t))
}

// level is what all customers together are expected to buy within t after the end.
func (c *Choice) level(t float64) float64 {
	curve := 0.0
	for i, age := range c.births {
		curve += c.counts[i] * (c.models[2].New(age+t) - c.models[2].New(age))
	}
	return (curve - c.recent*c.memory*math.Expm1(-t/c.memory)) / 2
}

// at interpolates in the logarithm of time.
func (c *Choice) at(values []float64, t float64) float64 {
	i, found := slices.BinarySearch(c.times, t)
	switch {
	case found:
		return values[i]
	case i == 0:
		return values[0]
	case i == len(values):
		return values[i-1]
	}
	w := math.Log(t/c.times[i-1]) / math.Log(c.times[i]/c.times[i-1])
	return values[i-1] + w*(values[i]-values[i-1])
}

// Expect predicts the purchases within t weeks after T.
func (c *Choice) Expect(h History, t float64) float64 {
	if c.single != nil {
		return c.single.Expect(h, t)
	}
	if t <= 0 {
		return 0
	}
	less := c.at(c.less, t)
	if t < c.times[0] {
		less *= t / c.times[0]
	}
	return max(0, c.larger(h, t)-less)
}

// Alive is the probability that the customer is still one: the mean of the models, or the
// chosen one's.
func (c *Choice) Alive(h History) float64 {
	if c.single != nil {
		return c.single.Alive(h)
	}
	sum := 0.0
	for _, m := range c.models {
		sum += m.Alive(h)
	}
	return sum / float64(len(c.models))
}

// New is the expected number of repeat purchases of a new customer within t weeks.
func (c *Choice) New(t float64) float64 {
	if c.single != nil {
		return c.single.New(t)
	}
	return c.models[2].New(t)
}

// Track is what all customers of the calibration together are expected to buy within t weeks
// after its end.
func (c *Choice) Track(t float64) float64 {
	if c.single == nil {
		return c.level(t)
	}
	sum := 0.0
	for i, age := range c.births {
		sum += c.counts[i] * (c.single.New(age+t) - c.single.New(age))
	}
	return sum
}
