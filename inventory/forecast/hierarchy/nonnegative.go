package hierarchy

import "slices"

// NonNegative returns the map to the coherent figures without a negative one that are
// nearest to the given ones by the measure of r: sales below zero cannot be planned. Of a
// weighted map it is the non-negative least squares solution (Wickramasuriya, Turlach &
// Hyndman, 2020); of others the bottom figures are cut at zero. Where r gives no negative
// figure the answer is that of r. Apply is O(b³) for b bottom series, times the number of
// exchanges, which are few. Deviations are those of r.
func (r *Reconciler) NonNegative() *Reconciler {
	cut := *r
	cut.bottom = func(all []float64) []float64 {
		bottom := r.bottom(all)
		if !slices.ContainsFunc(bottom, negative) {
			return bottom
		}
		if r.normal != nil {
			bottom = r.normal.nonNegative(bottom)
		}
		for i, v := range bottom {
			bottom[i] = max(v, 0)
		}
		return bottom
	}
	return &cut
}

func negative(v float64) bool { return v < 0 }

// nonNegative returns the x ≥ 0 with the least (x-free)ᵀ·L·Lᵀ·(x-free), by block principal
// pivoting (Júdice & Pires, 1994; Kim & Park, 2011, algorithm 1): what is negative goes
// to the bound, and what the bound holds against its gradient goes free, until nothing is.
func (c *cholesky) nonNegative(free []float64) []float64 {
	n := len(free)
	a := c.product()
	goal := make([]float64, n) // a·free
	for i := range n {
		for j, v := range free {
			goal[i] += float64(a.at(i, j) * v)
		}
	}
	bound := make([]bool, n)
	x, best, tries := slices.Clone(free), n+1, 3
	for {
		gradient := make([]float64, n)
		var wrong []int
		for i := range n {
			if !bound[i] {
				if x[i] < 0 {
					wrong = append(wrong, i)
				}
				continue
			}
			for j, v := range x {
				gradient[i] += float64(a.at(i, j) * v)
			}
			if gradient[i]-goal[i] < -1e-12*a.at(i, i) {
				wrong = append(wrong, i)
			}
		}
		switch {
		case len(wrong) == 0:
			return x
		case len(wrong) < best:
			best, tries = len(wrong), 3
		case tries > 0:
			tries--
		default: // the rule that cannot cycle: the last one alone
			wrong = wrong[len(wrong)-1:]
		}
		for _, i := range wrong {
			bound[i] = !bound[i]
		}
		if x = a.solveFree(bound, goal); x == nil {
			return free
		}
	}
}

// product returns L·Lᵀ.
func (c *cholesky) product() *square {
	n := c.l.n
	a := newSquare(n)
	for i := range n {
		for j := range i + 1 {
			sum := 0.0
			for k := range j + 1 {
				sum += float64(c.l.at(i, k) * c.l.at(j, k))
			}
			a.set(i, j, sum)
			a.set(j, i, sum)
		}
	}
	return a
}

// solveFree solves s·x = goal for the x that are not bound, with zero for those that
// are. A part of a positive definite matrix is one; nil where rounding says otherwise.
func (s *square) solveFree(bound []bool, goal []float64) []float64 {
	var at []int
	for i, b := range bound {
		if !b {
			at = append(at, i)
		}
	}
	part, b := newSquare(len(at)), make([]float64, len(at))
	for i, k := range at {
		b[i] = goal[k]
		for j, l := range at {
			part.set(i, j, s.at(k, l))
		}
	}
	factor, err := part.factor()
	if err != nil {
		return nil
	}
	x := make([]float64, len(bound))
	for i, v := range factor.solve(b) {
		x[at[i]] = v
	}
	return x
}
