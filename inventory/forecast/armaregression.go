package forecast

import "math"

// influences are the regressors of an ARIMA model: their columns, differenced as
// the series is, and the coefficients that are best for the coefficients of the
// process, by generalized least squares: the filter that makes the errors of the
// series independent does the same to each column.
type influences struct {
	columns [][]float64 // scaled; the last is a series of ones where there is a constant
	scales  []float64   // powers of two that brought the columns near 1
	of      []int       // which regressor each column is of
	ones    []float64

	states [][]float64 // of the columns' filters
	sums   []float64   // products of the standardised columns, by rows
	cross  []float64   // and of these with the errors of the series
	values []float64   // the coefficients
	root   []float64   // memory of solve
}

// rowsPerRegressor is the number of observations that an influence needs: with fewer
// its coefficient tells the noise.
const rowsPerRegressor = 4

// prepare differences the regressors and leaves out those that do not vary or
// that others say already. It reports whether all are used.
func (in *influences) prepare(regressors []Regressor, n, season int, o Orders) bool {
	in.columns, in.scales, in.of = in.columns[:0], in.scales[:0], in.of[:0]
	var basis [][]float64
	independent := func(column []float64) bool {
		rest, before := append([]float64(nil), column...), 0.0
		for _, v := range column {
			before += float64(v * v)
		}
		for range 2 { // twice is enough (Giraud, Langou & Rozloznik, 2005)
			for _, b := range basis {
				dot := 0.0
				for i, v := range rest {
					dot += float64(v * b[i])
				}
				for i := range rest {
					rest[i] -= float64(dot * b[i])
				}
			}
		}
		after := 0.0
		for _, v := range rest {
			after += float64(v * v)
		}
		if !(after > 1e-14*before && before > 1e-20) {
			return false
		}
		root := math.Sqrt(after)
		for i := range rest {
			rest[i] /= root
		}
		basis = append(basis, rest)
		return true
	}
	rows := n - o.lost(season)
	in.ones = resize(in.ones, rows)
	for i := range in.ones {
		in.ones[i] = 1
	}
	if o.Differences+o.SeasonalDifferences < 2 {
		independent(in.ones)
	}
	for i, r := range regressors {
		c := append([]float64(nil), r.Values[:n]...)
		largest := 0.0
		for _, v := range r.Values { // what is to come counts too, so that no effect can be out of proportion
			largest = max(largest, math.Abs(v))
		}
		_, exponent := math.Frexp(largest)
		scale := math.Ldexp(1, exponent)
		for t := range c {
			c[t] /= scale
		}
		for range o.SeasonalDifferences {
			c = difference(c, season)
		}
		for range o.Differences {
			c = difference(c, 1)
		}
		if rowsPerRegressor*(len(in.columns)+1) <= rows && independent(c) {
			in.columns, in.scales, in.of = append(in.columns, c), append(in.scales, scale), append(in.of, i)
		}
	}
	return len(in.columns) == len(regressors)
}

// filterColumns runs the process over w and the columns, with a constant where asked
// for, and leaves the coefficients in in.values.
func (a *arma) filterColumns(in *influences, w []float64, constant bool) (armaLikelihood, bool) {
	var l armaLikelihood
	if !a.begin() {
		return l, false
	}
	columns := in.columns
	if constant {
		columns = append(columns[:len(columns):len(columns)], in.ones)
	}
	k, r := len(columns), len(a.long)
	for len(in.states) < k {
		in.states = append(in.states, nil)
	}
	for j := range k {
		in.states[j] = resize(in.states[j], r+1)
	}
	in.sums, in.cross, in.values = resize(in.sums, k*k), resize(in.cross, k), resize(in.values, k)
	errors := in.values // of the columns, until the end
	determinant := 1.0
	for t, y := range w {
		variance := a.variance
		e := y - a.state[0]
		l.squares += float64(e * e / variance)
		a.advance(a.state, e/variance)
		for j, c := range columns {
			d := c[t] - in.states[j][0]
			errors[j] = d
			a.advance(in.states[j], d/variance)
		}
		for i, d := range errors {
			d /= variance
			in.cross[i] += float64(d * e)
			for j, c := range errors[:i+1] {
				in.sums[i*k+j] += float64(d * c)
			}
		}
		if determinant *= variance; determinant > 1e150 {
			l.logDet += math.Log(determinant)
			determinant = 1
		}
		if !a.steady && !a.next(a.long, a.gain) {
			return l, false
		}
	}
	l.logDet += math.Log(determinant)
	if !in.solve(k) {
		return l, false
	}
	for j, c := range in.values {
		l.squares -= float64(c * in.cross[j])
	}
	l.squares = max(l.squares, 0)
	if constant {
		l.mean = in.values[k-1]
	}
	return l, !math.IsInf(l.squares, 1)
}

// solve finds the coefficients by Cholesky's decomposition, which it leaves in
// root.
func (in *influences) solve(k int) bool {
	in.root = resize(in.root, k*k)
	for i := range k {
		for j := range i + 1 {
			sum := in.sums[i*k+j]
			for m := range j {
				sum -= float64(in.root[i*k+m] * in.root[j*k+m])
			}
			if i != j {
				in.root[i*k+j] = sum / in.root[j*k+j]
				continue
			}
			if !(sum > 0) {
				return false
			}
			in.root[i*k+i] = math.Sqrt(sum)
		}
	}
	x := in.values
	for i := range k {
		x[i] = in.cross[i]
		for m := range i {
			x[i] -= float64(in.root[i*k+m] * x[m])
		}
		x[i] /= in.root[i*k+i]
	}
	for i := k - 1; i >= 0; i-- {
		for m := i + 1; m < k; m++ {
			x[i] -= float64(in.root[m*k+i] * x[m])
		}
		x[i] /= in.root[i*k+i]
	}
	return true
}

// deviation is the standard error of a coefficient in units of the errors': the
// root of the diagonal of the inverse of sums.
func (in *influences) deviation(at int) float64 {
	k := len(in.values)
	column, squares := make([]float64, k), 0.0
	for i := at; i < k; i++ {
		v := 0.0
		if i == at {
			v = 1
		}
		for m := at; m < i; m++ {
			v -= float64(in.root[i*k+m] * column[m])
		}
		column[i] = v / in.root[i*k+i]
		squares += float64(column[i] * column[i])
	}
	return math.Sqrt(squares)
}

// coefficientsOf fills values with the coefficients of the regressors in units
// of the series, and deviations with their standard errors in units of Sigma.
func (e *arimaSearch) coefficientsOf(values, deviations []float64) {
	for j, r := range e.of {
		values[r] = e.values[j] * e.scale / e.scales[j]
		deviations[r] = e.deviation(j) / e.scales[j]
	}
}
