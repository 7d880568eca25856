package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/flywheel-go/flywheel"
)

// What is wrong with an observation that counts no units, or too many.
var (
	ErrNotWhole     = fmt.Errorf("not a whole number of units: %w", flywheel.ErrInvalid)
	ErrTooManyUnits = fmt.Errorf("more than %d units: %w", MaxCount, flywheel.ErrOutOfRange)
)

// MaxCount bounds the observations of [Counts].
const MaxCount = 1_000_000

// Counts forecasts a demand in whole units by a law of counts: a share ω of the
// periods has no demand whatever, and in the others it is negative binomial with
// a variance of D times the mean, Poisson where D is 1. The mean μ of all
// periods follows the series (Snyder, Ord & Beaumont, 2012, equations 3 to 5),
//
//	μ(t+1) = (1 - φ - α)·m + φ·μ(t) + α·y(t)
//
// and is constant (α = φ = 0), returns to its average m (φ + α < 1), or moves as
// the level of [SES] does (φ = 1 - α). What the settings leave open is chosen by
// AICc and estimated by maximum likelihood. Quantiles and intervals are those of
// the law, whole and never below zero; the law some periods ahead has the mean
// and the variance that the recursion implies, and its share of periods without
// demand. Fit.Paths draws from the recursion itself.
//
// Parameters are "alpha", "phi", "dispersion" (D), "zeros" (ω), "average" (m) and
// the last "mean" μ. Sigma is the root mean square of the one-step errors.
// Observations are whole numbers up to [MaxCount].
type Counts struct {
	Dynamics Dynamics
	Law      CountLaw
}

// Dynamics says how the mean of [Counts] moves.
type Dynamics uint8

// The dynamics.
const (
	AnyDynamics Dynamics = iota // the model chooses
	Static                      // the mean is constant
	Reverting                   // it returns to its average
	Wandering                   // it follows the series as a level
)

// CountLaw is a law of [Counts].
type CountLaw uint8

// The laws.
const (
	AnyLaw           CountLaw = iota // the model chooses
	NegativeBinomial                 // negative binomial, with Poisson as its limit
	ZeroInflated                     // Poisson with more zeros
)

// Fit implements [Model].
func (m Counts) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n), with some 200 passes for each form that is
// tried.
func (m Counts) FitTo(dst *Fit, s Series) error {
	if m.Dynamics > Wandering {
		return &SettingError{Model: "Counts", Setting: "dynamics", Value: float64(m.Dynamics), Want: "AnyDynamics, Static, Reverting or Wandering"}
	}
	if m.Law > ZeroInflated {
		return &SettingError{Model: "Counts", Setting: "law", Value: float64(m.Law), Want: "AnyLaw, NegativeBinomial or ZeroInflated"}
	}
	if err := s.checkDemand(); err != nil {
		return err
	}
	for i, y := range s.Values {
		if y != math.Trunc(y) || y > MaxCount {
			err := ErrNotWhole
			if y > MaxCount {
				err = ErrTooManyUnits
			}
			return &SeriesError{Series: s.ID, Index: i, Value: y, Err: err}
		}
	}
	dst.reset("Counts", &s)
	demands := 0
	for _, y := range s.Values {
		if y > 0 {
			demands++
		}
	}
	dst.warnFew(demands)
	search := countSearch{values: s.Values, average: average(s.Values)}
	var best counts
	var chosen countForm
	score, least := math.Inf(1), math.Inf(1)
	for _, form := range countForms { // the fewest parameters first
		if m.Dynamics != AnyDynamics && m.Dynamics != form.dynamics || m.Law != AnyLaw && m.Law != form.law {
			continue
		}
		c, loss, k := search.estimate(form)
		at := AICc.of(loss, len(s.Values), k)
		if at < score || chosen.dynamics == AnyDynamics {
			best, score, least, chosen = c, at, loss, form
		}
	}
	p := reuse[counts](dst)
	*p = best
	fitted := dst.fitted(0, len(s.Values))
	for i, y := range s.Values {
		fitted[i] = p.observe(y)
	}
	dst.Model = chosen.String()
	dst.parameter("alpha", p.alpha, chosen.dynamics != Static)
	dst.parameter("phi", p.phi, chosen.dynamics == Reverting)
	dst.parameter("dispersion", p.dispersion, chosen.law == NegativeBinomial)
	dst.parameter("zeros", p.zeros, chosen.law == ZeroInflated)
	dst.parameter("average", p.average, true)
	dst.parameter("mean", p.mu, true)
	dst.measure(s.Values, 0)
	if demands > 0 {
		k, n := chosen.parameters(), len(s.Values)
		dst.likelihood = Likelihood{
			LogLik: -least / 2, Parameters: k,
			AIC: AIC.of(least, n, k), AICc: AICc.of(least, n, k), BIC: BIC.of(least, n, k),
		}
	}
	dst.shape = p
	return nil
}

// countForm is one of the forms of [Counts].
type countForm struct {
	dynamics Dynamics
	law      CountLaw
}

var countForms = [...]countForm{
	{Static, NegativeBinomial}, {Static, ZeroInflated},
	{Wandering, NegativeBinomial}, {Wandering, ZeroInflated},
	{Reverting, NegativeBinomial}, {Reverting, ZeroInflated},
}

// parameters counts them: the law has one beside the mean; a mean that wanders
// has its rate and its start, one that returns its average and two rates.
func (f countForm) parameters() int {
	return map[Dynamics]int{Static: 2, Wandering: 3, Reverting: 4}[f.dynamics]
}

// String names the form, such as "Counts(wandering, negative binomial)".
func (f countForm) String() string {
	dynamics := map[Dynamics]string{Static: "static", Wandering: "wandering", Reverting: "reverting"}[f.dynamics]
	law := map[CountLaw]string{NegativeBinomial: "negative binomial", ZeroInflated: "zero-inflated"}[f.law]
	return "Counts(" + dynamics + ", " + law + ")"
}

// countSearch estimates the forms of one series.
type countSearch struct {
	values  []float64
	average float64
}

// estimate returns the model of a form with the largest likelihood, before its
// first observation, minus twice its logarithm, and the number of parameters.
func (s *countSearch) estimate(form countForm) (counts, float64, int) {
	model := func(at [3]float64) counts {
		c := counts{dispersion: 1, average: s.average, mu: s.average}
		switch form.law {
		case NegativeBinomial: // from 1 to 1001, half way at 2
			c.dispersion = 1 + at[0]/(1.001-at[0])
		case ZeroInflated:
			c.zeros = 0.99 * at[0]
		}
		switch form.dynamics {
		case Wandering: // from a start between nothing and three times the average
			c.alpha = 0.99 * at[1]
			c.phi = 1 - c.alpha
			c.mu = s.average * max(3*at[2], 0.01)
		case Reverting:
			persistence := 0.99 * at[1]
			c.alpha = persistence * at[2]
			c.phi = persistence - c.alpha
		}
		return c
	}
	objective := func(at [3]float64) float64 {
		c := model(at)
		return c.loss(s.values)
	}
	size := 1
	starts := [][3]float64{{0.3}, {0.02}, {0.7}}
	if form.dynamics != Static {
		size = 3
		starts = [][3]float64{{0.3, 0.1, 0.33}, {0.5, 0.9, 0.1}, {0.1, 0.3, 0.33}}
	}
	point, least := starts[0], math.Inf(1)
	for _, start := range starts {
		if at, value := minimizeUnitCube(start, objective(start), size, objective); value < least {
			point, least = at, value
		}
	}
	return model(point), least, form.parameters()
}

// counts is the state of [Counts].
type counts struct {
	alpha, phi        float64
	dispersion, zeros float64
	average, mu       float64
}

// leastMean keeps a law from excluding what may come.
const leastMean = 1e-6

func (c *counts) observe(y float64) float64 {
	mean := c.mu
	c.mu = float64((1-c.phi-c.alpha)*c.average) + float64(c.phi*mean) + float64(c.alpha*y)
	return mean
}

// loss is minus twice the log-likelihood.
func (c counts) loss(values []float64) float64 {
	sum := 0.0
	for _, y := range values {
		mean := max(c.observe(y), leastMean)
		sum += countLaw{mean, c.dispersion * mean, c.zeros}.inflated().log(y)
	}
	return -2 * sum
}

func (c *counts) mean(dst []float64) {
	mu := c.mu
	for h := range dst {
		dst[h] = mu
		mu = float64((1-c.phi-c.alpha)*c.average) + float64((c.phi+c.alpha)*mu)
	}
}

// variance is that of each period: of the law about its mean, and of the mean
// about what is expected of it.
func (c *counts) variance(dst, mean []float64, _ float64) {
	moved, persistence := 0.0, c.phi+c.alpha
	for h, m := range mean {
		own := c.ownVariance(m, moved)
		dst[h] = own + moved
		moved = float64(persistence*persistence*moved) + float64(c.alpha*c.alpha*own)
	}
}

// ownVariance is the mean variance of a period about its mean, which has itself
// the given mean and variance.
func (c *counts) ownVariance(mean, variance float64) float64 {
	// With a share 1-ω of Poisson periods of mean μ/(1-ω) it is μ + ω/(1-ω)·μ².
	return float64(c.dispersion*mean) + c.zeros/(1-c.zeros)*(variance+float64(mean*mean))
}

// total is the deviation of the sum of the periods.
func (c *counts) total(mean, _ []float64, factor func(int) float64) float64 {
	moved, persistence, sum := 0.0, c.phi+c.alpha, 0.0
	for h, m := range mean {
		own := c.ownVariance(m, moved)
		moved = float64(persistence*persistence*moved) + float64(c.alpha*c.alpha*own)
		// A unit more adds alpha to the next period, and less to each after it.
		shift, add := factor(h), c.alpha
		for k := range len(mean) - 1 - h {
			shift += float64(add * factor(h+1+k))
			add *= persistence
		}
		sum += float64(own * shift * shift)
	}
	return math.Sqrt(sum)
}

func (c *counts) quantiles(_ *Fit, dst [][]float64, mean, probabilities []float64) {
	variance := make([]float64, len(mean))
	c.variance(variance, mean, 0)
	for h, m := range mean {
		law := countLaw{m, variance[h], c.zeros}.inflated()
		for i, p := range probabilities {
			dst[i][h] = law.quantile(p)
		}
	}
}

func (c *counts) simulate(path []float64, random *rand.Rand) {
	run := *c
	for h := range path {
		mean := max(run.mu, 0)
		path[h] = countLaw{mean, run.dispersion*mean + run.zeros/(1-run.zeros)*mean*mean, run.zeros}.inflated().quantile(random.Float64())
		run.observe(path[h])
	}
}

func (c *counts) compose(level, trend []float64) {
	c.mean(trend)
	rising(level, trend, trend, c.mu)
}

func (c *counts) describe(set func(string, float64)) { set("mean", c.mu) }

func (c *counts) demanding() bool { return true }

func (c *counts) weight(lag int) float64 { return c.alpha * math.Pow(c.phi+c.alpha, float64(lag-1)) }

func (c *counts) estimation(int) float64 { return 0 }

func (c *counts) scale(int) float64 { return 1 }
