package clv

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// farthest bounds the logarithms of parameters.
const farthest = 16

type newtonResult struct {
	theta     []float64
	value     float64
	hessian   *mat.SymDense
	steps     int
	converged bool
}

// hessian is the symmetric second derivative by central differences of the gradient.
func hessian(theta []float64, f func(theta, g []float64) float64) *mat.SymDense {
	n := len(theta)
	h := mat.NewSymDense(n, nil)
	up, down := make([]float64, n), make([]float64, n)
	raw := make([]float64, n*n)
	at := slices.Clone(theta)
	for i := range n {
		step := 1e-4
		at[i] = theta[i] + step
		f(at, up)
		at[i] = theta[i] - step
		f(at, down)
		at[i] = theta[i]
		for j := range n {
			raw[i*n+j] = (up[j] - down[j]) / (2 * step)
		}
	}
	for i := range n {
		for j := i; j < n; j++ {
			h.SetSym(i, j, (raw[i*n+j]+raw[j*n+i])/2)
		}
	}
	return h
}

// forward is hessian by differences to one side of a point whose gradient is known: half the
// work, and good enough for the direction of a step.
func forward(theta, g []float64, f func(theta, g []float64) float64) *mat.SymDense {
	n := len(theta)
	raw, up := make([]float64, n*n), make([]float64, n)
	at := slices.Clone(theta)
	const step = 1e-5
	for i := range n {
		at[i] = theta[i] + step
		f(at, up)
		at[i] = theta[i]
		for j := range n {
			raw[i*n+j] = (up[j] - g[j]) / step
		}
	}
	h := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			h.SetSym(i, j, (raw[i*n+j]+raw[j*n+i])/2)
		}
	}
	return h
}

// newton maximizes f by Newton's method with a growing ridge where the second derivative
// is not negative definite or a step goes down (Levenberg and Marquardt).
func newton(theta []float64, f func(theta, g []float64) float64) *newtonResult {
	n := len(theta)
	g, next, ng := make([]float64, n), make([]float64, n), make([]float64, n)
	r := &newtonResult{theta: slices.Clone(theta)}
	r.value = f(r.theta, g)
	ridge := 1e-3
	flat := 0 // steps in a row that gained next to nothing
	for r.steps = 0; r.steps < 100 && flat < 4; r.steps++ {
		r.hessian = forward(r.theta, g, f)
		scale := 0.0
		for i := range n {
			scale = max(scale, math.Abs(r.hessian.At(i, i)))
		}
		moved, small := false, false
		for try := 0; try < 40; try++ {
			neg := mat.NewSymDense(n, nil)
			for i := range n {
				for j := i; j < n; j++ {
					neg.SetSym(i, j, -r.hessian.At(i, j))
				}
				neg.SetSym(i, i, neg.At(i, i)+ridge*(scale*1e-3+math.Abs(neg.At(i, i))))
			}
			var c mat.Cholesky
			if !c.Factorize(neg) {
				ridge = max(ridge*10, 1e-8)
				continue
			}
			step := mat.NewVecDense(n, nil)
			if c.SolveVecTo(step, mat.NewVecDense(n, slices.Clone(g))) != nil {
				ridge = max(ridge*10, 1e-8)
				continue
			}
			long, gain := 0.0, 0.0
			for i := range n {
				long = max(long, math.Abs(step.AtVec(i)))
			}
			shrink := min(1, 2/long)
			for i := range n {
				next[i] = min(max(r.theta[i]+shrink*step.AtVec(i), -farthest), farthest)
				gain += g[i] * (next[i] - r.theta[i])
			}
			value := f(next, ng)
			if value >= r.value-1e-12*math.Abs(r.value) && !math.IsNaN(value) {
				small = long < 1e-9 || gain < 1e-13*math.Abs(r.value) && long < 1e-6
				if flat++; value-r.value > 1e-9*math.Abs(r.value) {
					flat = 0
				}
				copy(r.theta, next)
				copy(g, ng)
				r.value = value
				ridge = ridge / 10
				if ridge < 1e-12 {
					ridge = 0
				}
				moved = true
				break
			}
			ridge = max(ridge*10, 1e-8)
		}
		if small {
			r.converged = true
			break
		}
		if !moved {
			break
		}
	}
	r.converged = r.converged || flat >= 4 // along a ridge, or at the end of a range
	return r
}

// information inverts the negative second derivative at the maximum.
func information(r *newtonResult, f func(theta, g []float64) float64) (*mat.SymDense, []float64) {
	n := len(r.theta)
	h := hessian(r.theta, f)
	neg := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			neg.SetSym(i, j, -h.At(i, j))
		}
	}
	se := make([]float64, n)
	var c mat.Cholesky
	cov := mat.NewSymDense(n, nil)
	if !c.Factorize(neg) || c.InverseTo(cov) != nil {
		for i := range se {
			se[i] = math.NaN()
		}
		return nil, se
	}
	for i := range se {
		se[i] = math.Sqrt(cov.At(i, i))
	}
	return cov, se
}
