package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// RobustError is the kind of standard error of a regression that does not take
// the variance to be the same for all units.
type RobustError uint8

// Robust standard errors, by what is done to the residuals. MacKinnon & White
// (1985).
const (
	HC2 RobustError = iota // divided by √(1-leverage): unbiased under equal variances
	HC0                    // as they are. White (1980)
	HC1                    // times √(n/(n-k))
	HC3                    // divided by 1-leverage: close to the jackknife
)

// Regression estimates the effect of the treatment on raw data by least squares,
// adjusted for any number of covariates from before the exposure. The zero value
// is Lin's (2013) estimator, whose slopes are free in each arm: it never has more
// variance than the plain difference in large samples.
type Regression struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
	// CommonSlope gives both arms the same slopes: classic ANCOVA. Fisher (1932).
	CommonSlope bool
	Error       RobustError
}

// Estimate returns the effect of the treatment in units of the outcome, compared
// with Student's distribution. Each covariate has one value for each unit; a
// constant one, or one that the others determine, is refused as
// [ErrZeroVariance]. O(n·k²). The error is an [*InputError].
func (r Regression) Estimate(treated []bool, outcome []float64, covariates ...[]float64) (Effect, error) {
	alpha, err := alphaOr(r.Alpha, 0.05)
	if err != nil {
		return Effect{}, err
	}
	if err := r.check(treated, outcome, covariates); err != nil {
		return Effect{}, err
	}
	x, k := r.design(treated, covariates)
	n := len(outcome)
	if n <= k {
		return Effect{}, refuse("number of units", float64(n), ErrTooFew)
	}
	var qr mat.QR
	qr.Factorize(x)
	if condition := qr.Cond(); !(condition < 1e12) {
		return Effect{}, refuse("condition of the covariates", condition, ErrZeroVariance)
	}
	beta := mat.NewVecDense(k, nil)
	if err := qr.SolveVecTo(beta, false, mat.NewVecDense(n, outcome)); err != nil {
		return Effect{}, refuse("condition of the covariates", qr.Cond(), ErrZeroVariance)
	}
	// The effect is a linear form of the outcomes, whose weights are row 1 of the
	// pseudo-inverse; the leverages are the squared rows of the orthogonal factor.
	var upper, inverse mat.Dense
	qr.RTo(&upper)
	triangle := mat.NewTriDense(k, mat.Upper, nil)
	for i := range k {
		for j := i; j < k; j++ {
			triangle.SetTri(i, j, upper.At(i, j))
		}
	}
	identity := mat.NewDiagDense(k, nil)
	for i := range k {
		identity.SetDiag(i, 1)
	}
	if err := inverse.Solve(triangle, identity); err != nil {
		return Effect{}, refuse("condition of the covariates", qr.Cond(), ErrZeroVariance)
	}
	var rows mat.Dense
	rows.Mul(x, &inverse) // the orthogonal factor
	variance := 0.0
	for i := range n {
		fitted, leverage, weight := 0.0, 0.0, 0.0
		for j := range k {
			fitted += x.At(i, j) * beta.AtVec(j)
			leverage += rows.At(i, j) * rows.At(i, j)
			weight += inverse.At(1, j) * rows.At(i, j)
		}
		residual := outcome[i] - fitted
		free := max(1-leverage, 1e-12)
		square := residual * residual
		switch r.Error {
		case HC1:
			square *= float64(n) / float64(n-k)
		case HC2:
			square /= free
		case HC3:
			square /= free * free
		}
		variance += weight * weight * square
	}
	if !(variance > 0) || !finite(variance) {
		return Effect{}, refuse("variance of the residuals", variance, ErrZeroVariance)
	}
	df := float64(n - k)
	return student(alpha, df, 0, r.Alternative, Fieller).symmetric(beta.AtVec(1), math.Sqrt(variance), 0, df), nil
}

func (r Regression) check(treated []bool, outcome []float64, covariates [][]float64) error {
	if err := r.Alternative.check(); err != nil {
		return err
	}
	if r.Error > HC3 {
		return refuse("robust error", float64(r.Error), ErrBeyond)
	}
	if len(treated) != len(outcome) {
		return refuse("number of treated", float64(len(treated)), ErrShape)
	}
	if err := checkValues("outcome", outcome); err != nil {
		return err
	}
	for i, c := range covariates {
		name := fmt.Sprintf("covariates[%d]", i)
		if len(c) != len(outcome) {
			return refuse("number of "+name, float64(len(c)), ErrShape)
		}
		if err := checkValues(name, c); err != nil {
			return err
		}
		if spread(c) == 0 {
			return refuse(name+" variance", 0, ErrZeroVariance)
		}
	}
	count := 0
	for _, t := range treated {
		if t {
			count++
		}
	}
	if count == 0 || count == len(treated) {
		return refuse("treated units", float64(count), ErrEmptyArm)
	}
	return nil
}

// design returns the matrix of constant, treatment, centered covariates and,
// where slopes are free, their products with the treatment.
func (r Regression) design(treated []bool, covariates [][]float64) (x *mat.Dense, k int) {
	k = 2 + len(covariates)
	if !r.CommonSlope {
		k += len(covariates)
	}
	x = mat.NewDense(len(treated), k, nil)
	for i, t := range treated {
		x.Set(i, 0, 1)
		if t {
			x.Set(i, 1, 1)
		}
	}
	for c, values := range covariates {
		center := MomentsOf(values...).Mean
		for i, t := range treated {
			x.Set(i, 2+c, values[i]-center)
			if t && !r.CommonSlope {
				x.Set(i, 2+len(covariates)+c, values[i]-center)
			}
		}
	}
	return x, k
}
