package forecast

import (
	"math"
	"slices"
	"sync"
)

// Model is a forecasting method with its settings. The struct literal is the
// configuration, and the zero value estimates everything:
//
//	fit, err := forecast.SES{Alpha: 0.2}.Fit(series)
//
// Models are values without state and safe for concurrent use.
type Model interface {
	// Fit estimates what the settings leave open and runs the model over the
	// series, which it neither changes nor keeps.
	Fit(s Series) (*Fit, error)
	// FitTo is Fit into the memory of dst, for callers who fit many series and
	// need one at a time. After an error dst is of no use but can be fitted
	// again.
	FitTo(dst *Fit, s Series) error
}

// Fit is a model fitted to a series. It is not changed by forecasting, so that
// any number of goroutines may use it, until it is the dst of a FitTo.
type Fit struct {
	Series string // ID of the series
	Model  string // name of the model that was fitted
	// Parameters are the smoothing parameters and the initial state, given or
	// estimated, in the order in which the model's documentation names them.
	Parameters []Parameter
	// Fitted are the forecasts made one step ahead. The first Skipped
	// observations have none: Fitted[i] is for Values[Skipped+i].
	Fitted  []float64
	Skipped int
	// Sigma is the standard deviation of the one-step errors, corrected for
	// the number of parameters as each model documents.
	Sigma float64
	// Warnings say what makes the result shaky. Most fits have none.
	Warnings []Warning

	process    process
	shape      shaped   // nil where quantiles follow from process
	added      addition // what is put on the forecasts of process
	season     int      // of the series
	demand     bool     // no observation is negative
	errors     tally    // what Sigma comes from
	likelihood Likelihood
	workspace
}

// Parameter is one number of a fitted model.
type Parameter struct {
	Name      string // such as "alpha", "beta", "phi", "level", "trend"
	Value     float64
	Estimated bool // false where the settings gave it
	// Error is the standard error of the coefficient of a regressor; 0 for
	// other parameters, whose errors are not known.
	Error float64
}

// Parameter returns the value of the named parameter, and whether the model
// has one of this name.
func (f *Fit) Parameter(name string) (value float64, ok bool) {
	for _, p := range f.Parameters {
		if p.Name == name {
			return p.Value, true
		}
	}
	return 0, false
}

// Warning says in words why a result is shaky.
type Warning string

// The warnings that a fit can carry.
const (
	// WarnConstant: all observations are equal, so that nothing is known of
	// their variation and intervals have no width.
	WarnConstant Warning = "the series is constant: its variation is unknown and intervals have no width"
	// WarnNoDemand: all observations are zero.
	WarnNoDemand Warning = "the series has no demand: the forecast is zero"
	// WarnFewDemands: fewer than two demands give no interval between them.
	WarnFewDemands Warning = "the series has fewer than two demands: their rate is a guess"
	// WarnLaunch: the periods before were left out, since the item was not sold yet or
	// far more rarely.
	WarnLaunch Warning = "the demand begins later than the series: the periods before are left out"
	// WarnShort: there are no more errors than parameters, so that Sigma is the
	// root mean square of the errors without correction.
	WarnShort Warning = "the series is short: the error is measured on the observations that were fitted"
	// WarnNotPositive: a value of zero or less leaves only forms that add.
	WarnNotPositive Warning = "parts that multiply were replaced by parts that add: a value is zero or less"
	// WarnNoSeason: the series is too short or too uniform for its seasonal
	// pattern, and the model went on without.
	WarnNoSeason Warning = "the seasonal pattern is ignored: the series is too short for it or it is not significant"
	// WarnRegressors: the model has no use for the regressors of the series.
	WarnRegressors Warning = "the model leaves the regressors out"
	// WarnNoEffect: a regressor does not vary in the history, or says what
	// others say.
	WarnNoEffect Warning = "a regressor has no effect that could be told from the history: its coefficient is zero"
)

// Likelihood holds the information criteria of a model with a likelihood, in
// R's convention: exponential smoothing leaves out the constants that its forms
// share, [ARIMA] has the full Gaussian likelihood of the differenced series. So
// the criteria compare forms of one family, and ARIMA models of equal
// differences.
type Likelihood struct {
	LogLik, AIC, AICc, BIC float64
	// Parameters counts smoothing parameters and free initial states, or
	// coefficients and the constant, and the variance, given and estimated alike, so that criteria compare models.
	Parameters int
}

// Likelihood returns the information criteria. They exist for the exponential
// smoothing models and for ARIMA, when the fit is not perfect; AICc is +Inf where the series
// has hardly more observations than the model has parameters.
func (f *Fit) Likelihood() (Likelihood, bool) { return f.likelihood, f.likelihood.Parameters > 0 }

// reset prepares dst for a new result and keeps its memory.
func (f *Fit) reset(model string, s *Series) {
	f.Series, f.Model = s.ID, model
	f.Parameters = f.Parameters[:0]
	f.Fitted = f.Fitted[:0]
	f.Skipped, f.Sigma = 0, 0
	f.Warnings = f.Warnings[:0]
	f.likelihood = Likelihood{}
	f.shape, f.season, f.errors = nil, s.season(), tally{}
	f.demand = !slices.ContainsFunc(s.Values, func(y float64) bool { return y < 0 })
	f.added.reset()
	if len(s.Values) > 0 && s.constant() {
		f.warn(WarnConstant)
	}
	if len(s.Regressors) > 0 {
		f.warn(WarnRegressors)
	}
}

func (f *Fit) warn(w Warning) { f.Warnings = append(f.Warnings, w) }

func (f *Fit) parameter(name string, value float64, estimated bool) {
	f.Parameters = append(f.Parameters, Parameter{Name: name, Value: value, Estimated: estimated})
}

// fitted returns n places for the one-step forecasts.
func (f *Fit) fitted(skipped, n int) []float64 {
	f.Skipped = skipped
	f.Fitted = resize(f.Fitted, n)
	return f.Fitted
}

// measure sets Sigma from the errors of Fitted, dividing by their number less
// the given degrees of freedom.
func (f *Fit) measure(values []float64, degrees int) {
	sse := 0.0
	for i, m := range f.Fitted {
		e := values[f.Skipped+i] - m
		sse += float64(e * e)
	}
	f.setSigma(sse, len(f.Fitted), degrees)
}

// tally is a sum of squared errors, in units of Sigma, with their number and
// the degrees of freedom that Sigma leaves out.
type tally struct {
	squares    float64
	n, degrees int
}

// setSigma is measure for a known sum of squared errors.
func (f *Fit) setSigma(sse float64, n, degrees int) {
	f.errors = tally{sse, n, degrees}
	switch {
	case n == 0:
		f.Sigma = 0
		f.warn(WarnShort)
	case n <= degrees:
		f.Sigma = math.Sqrt(sse / float64(n))
		f.warn(WarnShort)
	default:
		f.Sigma = math.Sqrt(sse / float64(n-degrees))
	}
}

// setLikelihood sets the criteria for n observations with a sum of squared
// errors sse; logScale is the sum of log|mean| where errors are relative.
func (f *Fit) setLikelihood(sse, logScale float64, n, parameters int) {
	if sse <= 0 || math.IsInf(math.Log(sse), 0) {
		return
	}
	l := Likelihood{LogLik: -0.5*float64(n)*math.Log(sse) - logScale, Parameters: parameters}
	k := float64(parameters)
	l.AIC = float64(2*k) - float64(2*l.LogLik)
	l.AICc = math.Inf(1)
	if n > parameters+1 {
		l.AICc = l.AIC + 2*k*(k+1)/(float64(n)-k-1)
	}
	l.BIC = l.AIC + k*(math.Log(float64(n))-2)
	f.likelihood = l
}

// reuse returns the process of f when it has type P, else installs a new one.
func reuse[P any, Q interface {
	*P
	process
}](f *Fit) Q {
	if p, ok := f.process.(Q); ok {
		return p
	}
	p := Q(new(P))
	f.process = p
	return p
}

// resize returns n zero-filled places in the memory of s where it suffices.
func resize(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// workspace is memory that only estimating needs.
type workspace struct {
	scratch []float64
	trend   []float64 // of a decomposition
	misses  []float64 // of past forecasts, each as distance and size
	search  *etsSearch
	arima   *arimaSearch
}

// spare are the workspaces that nobody is using.
var spare = sync.Pool{New: func() any { return new(workspace) }}

// fit is what every model's Fit does. What it returns holds only what forecasts
// and updates need.
func fit(m Model, s Series) (*Fit, error) {
	w := spare.Get().(*workspace)
	f := &Fit{workspace: *w}
	err := m.FitTo(f, s)
	*w, f.workspace = f.workspace, workspace{}
	spare.Put(w)
	if err != nil {
		return nil, err
	}
	return f, nil
}
