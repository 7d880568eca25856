package community

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Weighted is a sample whose members count differently.
type Weighted struct {
	Weights []float64
	// DesignEffect is n·Σw²/(Σw)², how many times the variance grows by the weights,
	// and EffectiveN the sample size divided by it (Kish, 1965).
	DesignEffect, EffectiveN float64
	// Steps is how many rounds it took to converge.
	Steps int
}

// Mean returns the weighted mean of values, one for each weight.
func (w *Weighted) Mean(values []float64) (float64, error) {
	if len(values) != len(w.Weights) {
		return 0, wrong("values", "%d for %d weights", len(values), len(w.Weights))
	}
	sum, total := 0.0, 0.0
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, wrong(fmt.Sprintf("values[%d]", i), "%v", v)
		}
		sum += float64(w.Weights[i] * v)
		total += w.Weights[i]
	}
	return sum / total, nil
}

// ErrNoConvergence reports margins that no weights of the sample can meet together.
var ErrNoConvergence = fmt.Errorf("community: raking does not converge: %w", flywheel.ErrInvalid)

// The bounds of raking.
const (
	rakeSteps     = 10_000
	rakePrecision = 1e-12
)

// Rake returns weights of the rows of a sample such that for each variable of
// margins the weights of each category sum to its total in the population: by
// iterative proportional fitting from base weights, nil for equal ones (Deming and
// Stephan, 1940). Every category needs a row, every row a category of each
// variable, and the totals of all variables must be equal. Where no weights do the
// error is [ErrNoConvergence]. O(steps·rows·variables).
func Rake(rows []map[string]string, margins map[string]map[string]float64, base []float64) (Weighted, error) {
	if len(rows) == 0 {
		return Weighted{}, wrong("rows", "none")
	}
	if len(margins) == 0 {
		return Weighted{}, wrong("margins", "none")
	}
	if base != nil && len(base) != len(rows) {
		return Weighted{}, wrong("base_weights", "%d for %d rows", len(base), len(rows))
	}
	w := Weighted{Weights: make([]float64, len(rows))}
	for i := range rows {
		w.Weights[i] = 1
		if base != nil {
			if w.Weights[i] = base[i]; !(base[i] > 0) || math.IsInf(base[i], 0) {
				return Weighted{}, wrong(fmt.Sprintf("base_weights[%d]", i), "%v is not positive", base[i])
			}
		}
	}
	variables, err := cells(rows, margins)
	if err != nil {
		return Weighted{}, err
	}
	for w.Steps = 1; w.Steps <= rakeSteps; w.Steps++ {
		worst := 0.0
		for _, v := range variables {
			worst = max(worst, v.fit(w.Weights))
		}
		if worst <= rakePrecision {
			w.describe()
			return w, nil
		}
	}
	return Weighted{}, ErrNoConvergence
}

// variable is a margin over the rows.
type variable struct {
	of     []int     // category of each row
	totals []float64 // of each category
	sums   []float64
}

// fit scales the weights to the totals and returns the largest relative change.
func (v *variable) fit(weights []float64) (worst float64) {
	clear(v.sums)
	for i, c := range v.of {
		v.sums[c] += weights[i]
	}
	for c, sum := range v.sums {
		v.sums[c] = v.totals[c] / sum
		worst = max(worst, math.Abs(v.sums[c]-1))
	}
	for i, c := range v.of {
		weights[i] *= v.sums[c]
	}
	return worst
}

// cells finds the category of each row in each variable.
func cells(rows []map[string]string, margins map[string]map[string]float64) (variables []*variable, err error) {
	first := math.NaN()
	for _, name := range slices.Sorted(maps.Keys(margins)) {
		categories := slices.Sorted(maps.Keys(margins[name]))
		v := &variable{sums: make([]float64, len(categories))}
		total := 0.0
		for _, c := range categories {
			t := margins[name][c]
			if !(t > 0) || math.IsInf(t, 0) {
				return nil, wrong("margins."+name+"."+c, "%v is not positive", t)
			}
			v.totals = append(v.totals, t)
			total += t
		}
		if math.IsNaN(first) {
			first = total
		}
		if math.Abs(total-first) > 1e-9*first {
			return nil, fmt.Errorf("community: %w", &flywheel.FieldError{Field: "margins." + name, Err: fmt.Errorf("the total %v is not %v as before: %w", total, first, flywheel.ErrInvalid)})
		}
		seen := make([]bool, len(categories))
		for i, row := range rows {
			c, known := slices.BinarySearch(categories, row[name])
			if !known {
				return nil, fmt.Errorf("community: %w", &flywheel.FieldError{
					Field: fmt.Sprintf("rows[%d].%s", i, name), Err: fmt.Errorf("%.40q has no margin: %w", row[name], flywheel.ErrInvalid),
				})
			}
			seen[c] = true
			v.of = append(v.of, c)
		}
		if c := slices.Index(seen, false); c >= 0 {
			return nil, fmt.Errorf("community: %w", &flywheel.FieldError{
				Field: "margins." + name + "." + categories[c], Err: fmt.Errorf("no row has it: %w", flywheel.ErrInvalid),
			})
		}
		variables = append(variables, v)
	}
	return variables, nil
}

func (w *Weighted) describe() {
	sum, squares := 0.0, 0.0
	for _, x := range w.Weights {
		sum += x
		squares += float64(x * x)
	}
	w.DesignEffect = float64(len(w.Weights)) * squares / float64(sum*sum)
	w.EffectiveN = float64(len(w.Weights)) / w.DesignEffect
}

// Stratum is a part of a population and what was asked of it.
type Stratum struct {
	Population float64 // its size
	Responses  int64
	Mean       float64 // of the answers
}

// Stratified is a result by strata.
type Stratified struct {
	// Weights are population by response, in the order of the strata.
	Weights                      []float64
	WeightedMean, UnweightedMean float64
	DesignEffect, EffectiveN     float64
}

// PostStratify weights the answers of each stratum by its size in the population
// (Holt and Smith, 1979). Each needs an answer: merge it with another where it has
// none.
func PostStratify(strata []Stratum) (Stratified, error) {
	if len(strata) == 0 {
		return Stratified{}, wrong("strata", "none")
	}
	var s Stratified
	n, population, sum, plain, weights, squares := 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
	for i, st := range strata {
		field := fmt.Sprintf("strata[%d]", i)
		switch {
		case !(st.Population > 0) || math.IsInf(st.Population, 0):
			return Stratified{}, wrong(field+".population", "%v is not positive", st.Population)
		case st.Responses < 1:
			return Stratified{}, wrong(field+".responses", "%d is not positive", st.Responses)
		case math.IsNaN(st.Mean) || math.IsInf(st.Mean, 0):
			return Stratified{}, wrong(field+".mean", "%v", st.Mean)
		}
		r := float64(st.Responses)
		w := st.Population / r
		s.Weights = append(s.Weights, w)
		n += r
		population += st.Population
		sum += float64(st.Population * st.Mean)
		plain += float64(r * st.Mean)
		weights += float64(r * w)
		squares += float64(r * w * w)
	}
	s.WeightedMean, s.UnweightedMean = sum/population, plain/n
	s.DesignEffect = n * squares / float64(weights*weights)
	s.EffectiveN = n / s.DesignEffect
	return s, nil
}
