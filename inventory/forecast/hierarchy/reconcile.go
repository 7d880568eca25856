package hierarchy

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Reconciler is a linear map from any figures of all series to coherent ones.
// Coherent figures are left as they are by the weighted maps.
type Reconciler struct {
	h *Hierarchy
	// bottom maps the figures of all series to those of the bottom ones.
	bottom func(all []float64) []float64
	// Shrinkage is the weight of the diagonal in the covariance of MinT, 0 to
	// 1, and 0 for other maps.
	Shrinkage float64

	normal     *cholesky // of SᵀW⁻¹S, in weighted maps
	covariance bool      // W is an estimate of the covariance of the errors
}

// Apply returns coherent figures.
func (r *Reconciler) Apply(figures []float64) ([]float64, error) {
	if err := r.h.check("figures", figures, r.h.Len()); err != nil {
		return nil, err
	}
	return r.h.sum(r.bottom(figures)), nil
}

// Deviations returns the standard deviations of the errors of the reconciled
// series, one step ahead, as far as the residuals tell the covariance: roots of
// the diagonal of S(SᵀW⁻¹S)⁻¹Sᵀ. Only the maps of WLS and MinT have them.
func (r *Reconciler) Deviations() ([]float64, error) {
	if !r.covariance {
		return nil, fmt.Errorf("hierarchy: no covariance of errors is known to this map: %w", flywheel.ErrInvalid)
	}
	deviations := make([]float64, r.h.Len())
	for k := range deviations {
		unit := make([]float64, r.h.Len())
		unit[k] = 1
		row := r.h.spread(unit) // the k-th row of S
		solved := r.normal.solve(slices.Clone(row))
		variance := 0.0
		for i, v := range row {
			variance += float64(v * solved[i])
		}
		deviations[k] = math.Sqrt(math.Max(variance, 0))
	}
	return deviations, nil
}

// BottomUp returns the map that keeps the bottom series and sums them.
func (h *Hierarchy) BottomUp() *Reconciler {
	return &Reconciler{h: h, bottom: func(all []float64) []float64 { return slices.Clone(all[len(h.sums):]) }}
}

// TopDown returns the map that keeps the first series, which must be the sum of
// all bottom ones, and splits it in proportion.
func (h *Hierarchy) TopDown(proportions []float64) (*Reconciler, error) {
	return h.MiddleOut([]int{0}, proportions)
}

// MiddleOut returns the map that keeps the given series, of which each bottom
// series must belong to exactly one, and splits each among its bottom series in
// proportion.
func (h *Hierarchy) MiddleOut(series []int, proportions []float64) (*Reconciler, error) {
	if err := h.check("proportions", proportions, h.bottom); err != nil {
		return nil, err
	}
	parent, share := make([]int, h.bottom), make([]float64, h.bottom)
	for i := range parent {
		parent[i] = -1
	}
	for _, k := range series {
		if k < 0 || k >= h.Len() {
			return nil, fmt.Errorf("hierarchy: series %d, want 0 to %d: %w", k, h.Len()-1, flywheel.ErrInvalid)
		}
		members := []int{k - len(h.sums)}
		if k < len(h.sums) {
			members = h.sums[k]
		}
		total := 0.0
		for _, i := range members {
			if parent[i] >= 0 {
				return nil, fmt.Errorf("hierarchy: bottom series %d belongs to series %d and %d: %w", i, parent[i], k, flywheel.ErrInvalid)
			}
			if proportions[i] < 0 {
				return nil, fmt.Errorf("hierarchy: proportion %d is %g: %w", i, proportions[i], flywheel.ErrOutOfRange)
			}
			parent[i] = k
			total += proportions[i]
		}
		for _, i := range members {
			share[i] = 1 / float64(len(members)) // nothing is known
			if total > 0 {
				share[i] = proportions[i] / total
			}
		}
	}
	for i, k := range parent {
		if k < 0 {
			return nil, fmt.Errorf("hierarchy: bottom series %d belongs to none of the series %v: %w", i, series, flywheel.ErrInvalid)
		}
	}
	return &Reconciler{h: h, bottom: func(all []float64) []float64 {
		bottom := make([]float64, h.bottom)
		for i, k := range parent {
			bottom[i] = share[i] * all[k]
		}
		return bottom
	}}, nil
}

// OLS returns the map to the coherent figures with the least sum of squared
// changes.
func (h *Hierarchy) OLS() (*Reconciler, error) {
	equal := make([]float64, h.Len())
	for i := range equal {
		equal[i] = 1
	}
	return h.weighted(equal)
}

// Structural returns the weighted map that takes the variance of each series as
// the number of its bottom series.
func (h *Hierarchy) Structural() (*Reconciler, error) {
	ones := make([]float64, h.bottom)
	for i := range ones {
		ones[i] = 1
	}
	return h.weighted(h.sum(ones))
}

// WLS returns the weighted map with the mean squared residuals of each series,
// as Names lists them, for variances.
func (h *Hierarchy) WLS(residuals [][]float64) (*Reconciler, error) {
	variances, err := h.variances(residuals)
	if err != nil {
		return nil, err
	}
	r, err := h.weighted(variances)
	if err != nil {
		return nil, err
	}
	r.covariance = true
	return r, nil
}

// weighted returns the map with a diagonal W.
func (h *Hierarchy) weighted(variances []float64) (*Reconciler, error) {
	m := h.bottom
	a := newSquare(m)
	for i := range m {
		a.set(i, i, 1/variances[len(h.sums)+i])
	}
	for k, members := range h.sums {
		for _, i := range members {
			for _, j := range members {
				a.add(i, j, 1/variances[k])
			}
		}
	}
	normal, err := a.factor()
	if err != nil {
		return nil, err
	}
	return &Reconciler{h: h, normal: normal, bottom: func(all []float64) []float64 {
		scaled := make([]float64, len(all))
		for k, v := range all {
			scaled[k] = v / variances[k]
		}
		return normal.solve(h.spread(scaled))
	}}, nil
}

// MinT returns the map with the least variance of the errors, given the
// residuals of each series, as Names lists them. Their covariance is shrunk
// towards its diagonal, by as much as its entries are uncertain (Schäfer &
// Strimmer, 2005).
func (h *Hierarchy) MinT(residuals [][]float64) (*Reconciler, error) {
	variances, err := h.variances(residuals)
	if err != nil {
		return nil, err
	}
	w, shrinkage := shrunk(residuals, variances)
	factor, err := w.factor()
	if err != nil {
		return nil, err
	}
	// SᵀW⁻¹S, column by column.
	m := h.bottom
	a := newSquare(m)
	for j := range m {
		unit := make([]float64, m)
		unit[j] = 1
		for i, v := range h.spread(factor.solve(h.sum(unit))) {
			a.set(i, j, v)
		}
	}
	normal, err := a.factor()
	if err != nil {
		return nil, err
	}
	return &Reconciler{h: h, normal: normal, covariance: true, Shrinkage: shrinkage, bottom: func(all []float64) []float64 {
		return normal.solve(h.spread(factor.solve(slices.Clone(all))))
	}}, nil
}

// variances returns the mean squared residuals. A series without errors gets a
// millionth of the mean, so that the weights stay finite.
func (h *Hierarchy) variances(residuals [][]float64) ([]float64, error) {
	if len(residuals) != h.Len() {
		return nil, fmt.Errorf("hierarchy: residuals of %d series, want %d: %w", len(residuals), h.Len(), flywheel.ErrInvalid)
	}
	n := len(residuals[0])
	if n < 2 {
		return nil, fmt.Errorf("hierarchy: %d residuals, want at least 2: %w", n, flywheel.ErrInvalid)
	}
	variances := make([]float64, len(residuals))
	mean := 0.0
	for k, r := range residuals {
		if err := h.check(fmt.Sprintf("residuals of series %d", k), r, n); err != nil {
			return nil, err
		}
		for _, v := range r {
			variances[k] += float64(v*v) / float64(n)
		}
		mean += variances[k] / float64(len(residuals))
	}
	if !(mean > 1e-200 && mean < 1e200) {
		return nil, fmt.Errorf("hierarchy: mean squared residual is %g: %w", mean, flywheel.ErrOutOfRange)
	}
	for k := range variances {
		variances[k] = math.Max(variances[k], 1e-6*mean)
	}
	return variances, nil
}

// shrunk returns λ·diag(W) + (1 - λ)·W for the covariance W of residuals that
// are not centered, and λ = Σ Var(rᵢⱼ)/Σ rᵢⱼ² over the correlations.
func shrunk(residuals [][]float64, variances []float64) (w *square, shrinkage float64) {
	n := float64(len(residuals[0]))
	w = newSquare(len(residuals))
	uncertain, squares := 0.0, 0.0
	for i, a := range residuals {
		w.set(i, i, variances[i])
		for j, b := range residuals[:i] {
			scale := math.Sqrt(variances[i]) * math.Sqrt(variances[j])
			sum, sumSquares := 0.0, 0.0
			for t := range a {
				product := a[t] / scale * b[t]
				sum += product
				sumSquares += float64(product * product)
			}
			uncertain += (sumSquares - float64(sum*sum)/n) / (n * (n - 1))
			squares += float64(sum / n * (sum / n))
			w.set(i, j, sum/n*scale)
		}
	}
	shrinkage = 1
	if squares > 0 {
		shrinkage = math.Min(math.Max(uncertain/squares, 0), 1)
	}
	for i := range residuals {
		for j := range i {
			v := (1 - shrinkage) * w.at(i, j)
			w.set(i, j, v)
			w.set(j, i, v)
		}
	}
	return w, shrinkage
}
