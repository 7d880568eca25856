package supplier

import (
	"fmt"
	"math"
	"slices"
)

// randomIndex is Saaty's mean consistency index of random matrices by size
// (Saaty, 1980; 11 to 15 from the same source).
var randomIndex = [...]float64{0, 0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59}

// Comparison is the result of [AHP].
type Comparison struct {
	// Weights are the principal eigenvector, summing to 1.
	Weights []float64
	// LambdaMax is the eigenvalue, ConsistencyIndex (λ - n)/(n - 1) and
	// ConsistencyRatio that over the index of random matrices.
	LambdaMax, ConsistencyIndex, ConsistencyRatio float64
	// Acceptable says that the ratio is at most 0.10. Beyond, the judgments
	// contradict each other too much for the weights to mean anything.
	Acceptable bool
}

// AHP turns pairwise judgments into weights: matrix[i][j] says how many times as
// important i is as j, and matrix[j][i] is its inverse (to a percent, since 1/3
// is often written as 0.33). Up to 15 criteria. Saaty (1980), The Analytic
// Hierarchy Process.
func AHP(matrix [][]float64) (Comparison, error) {
	n := len(matrix)
	if n < 1 || n >= len(randomIndex) {
		return Comparison{}, refuse("number of criteria", n, ErrRange)
	}
	for i, row := range matrix {
		if len(row) != n {
			return Comparison{}, refuse(fmt.Sprintf("length of matrix[%d]", i), len(row), ErrInput)
		}
	}
	for i, row := range matrix {
		for j, a := range row {
			place := func() string { return fmt.Sprintf("matrix[%d][%d]", i, j) }
			if !(a >= 1e-6 && a <= 1e6) {
				return Comparison{}, refuse(place(), a, ErrRange)
			}
			if math.Abs(a*matrix[j][i]-1) > 0.0101 {
				return Comparison{}, refuse(place(), a, ErrInput)
			}
		}
	}
	// All entries are positive, so that the power method converges to the
	// principal eigenvector (Perron).
	w := slices.Repeat([]float64{1 / float64(n)}, n)
	next := make([]float64, n)
	for range 100_000 {
		sum := 0.0
		for i, row := range matrix {
			next[i] = 0
			for j, a := range row {
				next[i] += float64(a * w[j])
			}
			sum += next[i]
		}
		change := 0.0
		for i := range next {
			next[i] /= sum
			change = math.Max(change, math.Abs(next[i]-w[i])/next[i])
		}
		copy(w, next)
		if change < 1e-15 {
			break
		}
	}
	c := Comparison{Weights: w}
	for i, row := range matrix {
		v := 0.0
		for j, a := range row {
			v += float64(a * w[j])
		}
		c.LambdaMax += v / w[i] / float64(n)
	}
	if n > 1 {
		c.ConsistencyIndex = (c.LambdaMax - float64(n)) / float64(n-1)
	}
	if ri := randomIndex[n]; ri > 0 {
		c.ConsistencyRatio = c.ConsistencyIndex / ri
	}
	c.Acceptable = c.ConsistencyRatio <= 0.10
	return c, nil
}

func checkTable(matrix [][]float64, least float64) error {
	if len(matrix) == 0 || len(matrix[0]) == 0 {
		return refuse("matrix", "empty", ErrInput)
	}
	for i, row := range matrix {
		if len(row) != len(matrix[0]) {
			return refuse(fmt.Sprintf("length of matrix[%d]", i), len(row), ErrInput)
		}
		for j, x := range row {
			if !(x >= least && x <= 1e100) {
				return refuse(fmt.Sprintf("matrix[%d][%d]", i, j), x, ErrRange)
			}
		}
	}
	return nil
}

// EntropyWeights weighs criteria by how much they tell alternatives apart: one
// minus the entropy of its column, normalized; matrix has a row per alternative
// and no negative number. A column without differences has weight 0; where no
// column has any, all weigh the same. Hwang and Yoon (1981).
//
// Such weights say nothing about importance, and they change when an alternative
// is added: see [Ranking.Reversals].
func EntropyWeights(matrix [][]float64) ([]float64, error) {
	if err := checkTable(matrix, 0); err != nil {
		return nil, err
	}
	criteria := len(matrix[0])
	w := make([]float64, criteria)
	if len(matrix) == 1 {
		return slices.Repeat([]float64{1 / float64(criteria)}, criteria), nil
	}
	total := 0.0
	for j := range w {
		sum := 0.0
		for _, row := range matrix {
			sum += row[j]
		}
		if sum == 0 {
			continue
		}
		h := 0.0
		for _, row := range matrix {
			if p := row[j] / sum; p > 0 {
				h -= float64(p * math.Log(p))
			}
		}
		w[j] = 1 - h/math.Log(float64(len(matrix)))
		if w[j] < 1e-12 {
			w[j] = 0
		}
		total += w[j]
	}
	for j := range w {
		if total == 0 {
			w[j] = 1 / float64(criteria)
		} else {
			w[j] /= total
		}
	}
	return w, nil
}

// Ranking is the result of [TOPSIS].
type Ranking struct {
	// Weights are those used, summing to 1.
	Weights []float64
	// Closeness of each alternative to the ideal, 0 to 1; 0.5 where all are alike.
	Closeness []float64
	// Order are the alternatives, best first; ties by index.
	Order []int
	// Reversals are pairs whose order depends on whether a third alternative takes
	// part: a warning that the ranking is not a measurement.
	Reversals []Reversal
}

// Reversal says that without alternative Removed, Worse ranks above Better.
type Reversal struct {
	Removed, Better, Worse int
}

// TOPSIS ranks alternatives by their distances to the best and the worst value of
// each criterion, after vector normalization. matrix has a row per alternative;
// benefit says where more is better; nil weights are [EntropyWeights]. Hwang and
// Yoon (1981). O(alternatives²·criteria) with the check for rank reversal.
func TOPSIS(matrix [][]float64, benefit []bool, weights []float64) (Ranking, error) {
	if err := checkTable(matrix, -1e100); err != nil {
		return Ranking{}, err
	}
	criteria := len(matrix[0])
	if len(benefit) != criteria {
		return Ranking{}, refuse("number of directions", len(benefit), ErrInput)
	}
	if weights != nil {
		if len(weights) != criteria {
			return Ranking{}, refuse("number of weights", len(weights), ErrInput)
		}
		sum := 0.0
		for j, w := range weights {
			if err := indexed("weights", j, w, 0, 1e100); err != nil {
				return Ranking{}, err
			}
			sum += w
		}
		if sum == 0 {
			return Ranking{}, refuse("weights", "all zero", ErrInput)
		}
		weights = slices.Clone(weights)
		if math.Abs(sum-1) > 1e-12 {
			for j := range weights {
				weights[j] /= sum
			}
		}
	} else if err := checkTable(matrix, 0); err != nil {
		return Ranking{}, err
	}
	r, err := rank(matrix, benefit, weights)
	if err != nil {
		return Ranking{}, err
	}
	if len(matrix) < 3 {
		return r, nil
	}
	for removed := range matrix {
		rest := slices.Concat(matrix[:removed], matrix[removed+1:])
		without, err := rank(rest, benefit, weights)
		if err != nil {
			return Ranking{}, err
		}
		at := func(i int) float64 {
			if i > removed {
				i--
			}
			return without.Closeness[i]
		}
		for a, better := range r.Order {
			for _, worse := range r.Order[a+1:] {
				if better != removed && worse != removed && r.Closeness[better] > r.Closeness[worse]+1e-12 && at(worse) > at(better)+1e-12 {
					r.Reversals = append(r.Reversals, Reversal{removed, better, worse})
				}
			}
		}
	}
	return r, nil
}

func rank(matrix [][]float64, benefit []bool, weights []float64) (Ranking, error) {
	if weights == nil {
		var err error
		if weights, err = EntropyWeights(matrix); err != nil {
			return Ranking{}, err
		}
	}
	n := len(matrix)
	toBest, toWorst := make([]float64, n), make([]float64, n)
	column := make([]float64, n)
	for j, w := range weights {
		norm := 0.0
		for _, row := range matrix {
			norm = math.Hypot(norm, row[j])
		}
		if norm == 0 {
			continue
		}
		for i, row := range matrix {
			column[i] = w * row[j] / norm
		}
		best, worst := slices.Max(column), slices.Min(column)
		if !benefit[j] {
			best, worst = worst, best
		}
		for i, v := range column {
			toBest[i] += float64((v - best) * (v - best))
			toWorst[i] += float64((v - worst) * (v - worst))
		}
	}
	r := Ranking{Weights: weights}
	for i := range n {
		up, down := math.Sqrt(toBest[i]), math.Sqrt(toWorst[i])
		c := 0.5
		if up+down > 0 {
			c = down / (up + down)
		}
		r.Closeness = append(r.Closeness, c)
		r.Order = append(r.Order, i)
	}
	slices.SortStableFunc(r.Order, func(a, b int) int {
		switch {
		case r.Closeness[a] > r.Closeness[b]:
			return -1
		case r.Closeness[a] < r.Closeness[b]:
			return 1
		}
		return 0
	})
	return r, nil
}
