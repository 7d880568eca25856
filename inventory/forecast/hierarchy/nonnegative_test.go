package hierarchy

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// No other figures without a negative one are nearer, and what needs no cut is left.
func TestNonNegativeIsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, figures, residuals := drawn(t)
		r, err := h.OLS()
		if rapid.Bool().Draw(t, "mint") {
			r, err = h.MinT(residuals)
		}
		require.NoError(t, err)
		free, err := r.Apply(figures)
		require.NoError(t, err)
		got, err := r.NonNegative().Apply(figures)
		require.NoError(t, err)
		require.False(t, slices.ContainsFunc(got, negative), "%v", got)
		sums, err := h.Sum(got[h.Len()-h.Bottom():])
		require.NoError(t, err)
		require.Equal(t, sums, got)
		if !slices.ContainsFunc(free, negative) {
			require.Equal(t, free, got)
		}
		// The conditions of Karush, Kuhn and Tucker, by small moves.
		a := r.normal.product()
		distance := func(b []float64) (d float64) {
			for i := range b {
				for j := range b {
					d += (b[i] - free[h.Len()-h.Bottom()+i]) * a.at(i, j) * (b[j] - free[h.Len()-h.Bottom()+j])
				}
			}
			return d
		}
		bottom := got[h.Len()-h.Bottom():]
		other := slices.Clone(bottom)
		for i := range other {
			other[i] = max(0, other[i]+rapid.Float64Range(-5, 5).Draw(t, "shift"))
		}
		require.LessOrEqual(t, distance(bottom), distance(other)*(1+1e-9)+1e-9)
	})
}
