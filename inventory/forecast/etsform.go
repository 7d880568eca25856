package forecast

import "math"

// Form says how a part enters an exponential smoothing model.
type Form uint8

// The forms of error, trend and season.
const (
	Any            Form = iota // the model chooses
	Absent                     // there is none
	Additive                   // it is added
	Multiplicative             // it multiplies; an error is a share of the mean
	Damped                     // a trend that is added and fades
)

// etsForm is one model of the family.
type etsForm struct{ err, trend, season Form }

// etsForms are the models with which the choice is made, those of R's ets: an
// additive error with a multiplicative season has no variance.
var etsForms = [...]etsForm{
	{Additive, Absent, Absent}, {Additive, Additive, Absent}, {Additive, Damped, Absent},
	{Multiplicative, Absent, Absent}, {Multiplicative, Additive, Absent}, {Multiplicative, Damped, Absent},
	{Multiplicative, Absent, Multiplicative}, {Multiplicative, Additive, Multiplicative}, {Multiplicative, Damped, Multiplicative},
	{Additive, Absent, Additive}, {Additive, Additive, Additive}, {Additive, Damped, Additive},
	{Multiplicative, Absent, Additive}, {Multiplicative, Additive, Additive}, {Multiplicative, Damped, Additive},
}

// etsNames are the names of all forms, so that a fit allocates none.
var etsNames = func() (names [Damped + 1][Damped + 1][Damped + 1]string) {
	letter := [...]string{"Z", "N", "A", "M", "Ad"}
	for err := range names {
		for trend := range names[err] {
			for season := range names[err][trend] {
				names[err][trend][season] = "ETS(" + letter[err] + "," + letter[trend] + "," + letter[season] + ")"
			}
		}
	}
	return names
}()

// String writes the form as R does, such as ETS(M,Ad,M).
func (f etsForm) String() string { return etsNames[f.err][f.trend][f.season] }

// parameters counts smoothing parameters, free initial states and the variance.
func (f etsForm) parameters(seasons int) int {
	n := 3 // alpha, level, variance
	switch f.trend {
	case Additive:
		n += 2 // beta, trend
	case Damped:
		n += 3 // and phi
	}
	if f.season != Absent {
		n += 1 + seasons - 1 // gamma, and the seasons relative to their mean
	}
	return n
}

// Criterion is what the choice among models minimizes.
type Criterion uint8

// The information criteria. AICc, corrected for short series, is the default.
const (
	AICc Criterion = iota
	AIC
	BIC
)

// of returns the criterion for n observations and k parameters, where loss is
// minus twice the log-likelihood.
func (c Criterion) of(loss float64, n, k int) float64 {
	parameters := float64(k)
	switch c {
	case BIC:
		return loss + float64(parameters*math.Log(float64(n)))
	case AIC:
		return loss + 2*parameters
	}
	if n <= k+1 {
		return math.Inf(1)
	}
	return loss + 2*parameters + 2*parameters*(parameters+1)/(float64(n)-parameters-1)
}
