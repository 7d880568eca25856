package budget

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Fitting says which curves are fitted and how.
type Fitting struct {
	Form    Form        // of all channels; "" for Michaelis
	Adstock AdstockKind // of all channels: None, Geometric, WeibullCDF or WeibullPDF
	Level   float64     // of the intervals; 0 for 0.9
	Draws   int         // of each of two chains, after as many that adapt; 0 for 2000
	Seed    uint64
}

// Interval is an estimate with its limits.
type Interval struct{ Estimate, From, To float64 }

// ChannelFit is the fitted curve of a channel.
type ChannelFit struct {
	Name string
	// Curve is the response of a period to a spend that goes on at one pace;
	// Adstock is normalized, so that it spreads spend and adds none.
	Curve   Curve
	Adstock Adstock
	// Half, Exponent, Carry and Delay are the parameters with their limits: B and
	// S of the curve, and of the adstock Theta or the Shape, and the Scale. Those
	// that the forms lack are zero.
	Half, Exponent, Carry, Delay Interval
	// Contribution is what the channel brings in a mean period, Marginal what one
	// more unit of money a period brings at the mean spend.
	Contribution, Marginal Interval
	MeanSpend              float64
	// Inflation is how many times larger the variance of the contribution is than
	// it would be, did spend not move together with other channels and the base.
	Inflation float64
}

// Fit is what the data say about all channels.
type Fit struct {
	Channels  []ChannelFit
	Periods   int
	Sigma     float64     // standard deviation of what is left
	R2        float64     // share of the variance that is explained
	Base      float64     // of a mean period: response without any of the channels
	Fitted    []float64   // by period
	Brought   [][]float64 // contribution by channel and period
	Converged float64     // largest potential scale reduction of the two chains; near 1 when they agree
	Warnings  []string
}

// Fit fits carry-over and saturation of all channels at once.
//
// The model is response = base + controls + Σ contribution + noise, where the
// contribution of a channel is its curve at the adstocked spend; noise is normal
// with a constant variance. Level, trend, season, controls and the scales of the
// curves are integrated out; the others are drawn by a Metropolis sampler, a
// channel at a time, from their posterior under weak priors:
//
//	ln(B / mean spend)  normal, mean 0.4, deviation 0.8
//	logit Theta         normal, mean -0.4, deviation 1
//	ln S of a Hill      normal, mean ln 1.5, deviation 0.5
//	logit S of a Power  normal, mean 0, deviation 1
//	ln Shape, ln Scale  normal, means 0 and ln 2, deviations 0.5 and 0.7
//
// Scales are flat in the contribution and not negative. Limits are quantiles of
// the draws and estimates their medians; the scale of a curve is that of the median
// contribution. Where data say little, limits are those of the priors, and a warning
// says so.
//
// Jin, Wang, Sun, Chan and Koehler (2017), Bayesian methods for media mix modeling
// with carryover and shape effects, Google. The sampler takes O(draws · channels ·
// periods · (controls + channels)).
func (o Fitting) Fit(d Data) (*Fit, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	basis := d.base()
	n, c := len(d.Response), len(d.Spend)
	if free := n - len(basis) - c*(1+o.dimensions()); free < 8 {
		return nil, refuse("response", fmt.Errorf("%d periods for %d parameters: too few, at least %d are needed: %w", n, len(basis)+c*(1+o.dimensions()), n+8-free, flywheel.ErrInvalid))
	}
	m := newModel(&d, &o, basis)
	if !(m.yy > 1e-18*dot(d.Response, d.Response)) || m.yy == 0 {
		return nil, &DataError{"", flywheel.FieldError{Field: "response", Err: fmt.Errorf("nothing is left of it beside level, trend, season and controls: %w", flywheel.ErrInvalid)}}
	}
	chains := [2]*draws{m.sample(o.Seed, 0), m.sample(o.Seed, 1)}
	return m.summary(chains), nil
}

func (o *Fitting) check() error {
	if o.Form == "" {
		o.Form = Michaelis
	}
	if o.Level == 0 {
		o.Level = 0.9
	}
	if o.Draws == 0 {
		o.Draws = 2000
	}
	if !slices.Contains([]Form{Log, Exp, Power, Michaelis, Hill}, o.Form) {
		return refuse("form", fmt.Errorf("%q is unknown: %w", o.Form, flywheel.ErrInvalid))
	}
	if !slices.Contains([]AdstockKind{None, Geometric, WeibullCDF, WeibullPDF}, o.Adstock) {
		return refuse("adstock", fmt.Errorf("%q is unknown: %w", o.Adstock, flywheel.ErrInvalid))
	}
	if !(o.Level > 0 && o.Level < 1) || o.Draws < 100 || o.Draws > 1_000_000 {
		return refuse("draws", fmt.Errorf("%d at a level of %v: %w", o.Draws, o.Level, flywheel.ErrOutOfRange))
	}
	return nil
}

// dimensions is the number of drawn parameters of a channel.
func (o *Fitting) dimensions() int {
	n := 1
	if o.Form == Hill {
		n++
	}
	switch o.Adstock {
	case Geometric:
		n++
	case WeibullCDF, WeibullPDF:
		n += 2
	}
	return n
}

// prior is the normal law of a drawn parameter on its own scale.
type prior struct{ mean, deviation float64 }

func (o *Fitting) priors() []prior {
	var p []prior
	switch o.Form {
	case Power:
		p = append(p, prior{0, 1})
	case Hill:
		p = append(p, prior{0.4, 0.8}, prior{math.Log(1.5), 0.5})
	default:
		p = append(p, prior{0.4, 0.8})
	}
	switch o.Adstock {
	case Geometric:
		p = append(p, prior{-0.4, 1})
	case WeibullCDF, WeibullPDF:
		p = append(p, prior{0, 0.5}, prior{math.Log(2), 0.7})
	}
	return p
}

const weibullLength = 13 // periods of a Weibull adstock that is fitted

// shapes makes curve, with scale 1, and adstock of drawn parameters.
func (o *Fitting) shapes(eta []float64, meanSpend float64) (Curve, Adstock) {
	curve, stock := Curve{Form: o.Form, A: 1}, Adstock{Kind: o.Adstock, Normalized: true}
	k := 1
	switch o.Form {
	case Power:
		curve.S = min(max(1/(1+math.Exp(-eta[0])), 0.01), 1)
	case Hill:
		curve.B, curve.S = meanSpend*math.Exp(eta[0]), min(max(math.Exp(eta[1]), 0.05), 50)
		k = 2
	default:
		curve.B = meanSpend * math.Exp(eta[0])
	}
	switch o.Adstock {
	case Geometric:
		stock.Theta = min(1/(1+math.Exp(-eta[k])), 0.999)
	case WeibullCDF, WeibullPDF:
		stock.Shape, stock.Scale, stock.Length = min(max(math.Exp(eta[k]), 1e-3), 100), min(max(math.Exp(eta[k+1]), 1e-3), 1e3), weibullLength
	}
	return curve, stock
}

// Plan makes a plan for a period's budget of the fitted curves; channels that are
// worth nothing get a curve that brings nothing.
func (f *Fit) Plan(budget float64) Plan {
	p := Plan{Budget: budget}
	for i := range f.Channels {
		p.Channels = append(p.Channels, Channel{Name: f.Channels[i].Name, Curve: f.Channels[i].Curve})
	}
	return p
}
