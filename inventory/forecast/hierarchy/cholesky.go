package hierarchy

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// square is a square matrix by rows.
type square struct {
	n int
	v []float64
}

func newSquare(n int) *square { return &square{n, make([]float64, n*n)} }

func (s *square) at(i, j int) float64     { return s.v[i*s.n+j] }
func (s *square) set(i, j int, v float64) { s.v[i*s.n+j] = v }
func (s *square) add(i, j int, v float64) { s.v[i*s.n+j] += v }

// cholesky is the lower triangle L of a symmetric matrix L·Lᵀ.
type cholesky struct{ l *square }

// factor takes s over. O(n³).
func (s *square) factor() (*cholesky, error) {
	for i := range s.n {
		row := s.v[i*s.n : i*s.n+i+1]
		for j := range row {
			other := s.v[j*s.n : j*s.n+j]
			sum := row[j]
			for k, v := range other {
				sum -= float64(row[k] * v)
			}
			if j < i {
				row[j] = sum / s.at(j, j)
				continue
			}
			if !(sum > 0 && sum < math.MaxFloat64) {
				return nil, fmt.Errorf("hierarchy: the covariance of series %d with those before is singular: give more residuals or use WLS: %w", i, flywheel.ErrInvalid)
			}
			row[i] = math.Sqrt(sum)
		}
	}
	return &cholesky{s}, nil
}

// solve replaces b by the x of L·Lᵀ·x = b. O(n²).
func (c *cholesky) solve(b []float64) []float64 {
	for i := range b {
		row := c.l.v[i*c.l.n : i*c.l.n+i]
		for k, v := range row {
			b[i] -= float64(v * b[k])
		}
		b[i] /= c.l.at(i, i)
	}
	for i := len(b) - 1; i >= 0; i-- {
		b[i] /= c.l.at(i, i)
		row := c.l.v[i*c.l.n : i*c.l.n+i]
		for k, v := range row {
			b[k] -= float64(v * b[i])
		}
	}
	return b
}
