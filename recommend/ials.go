package recommend

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// IALS factorizes the matrix: each row and each item gets a vector, and the product
// of two says how much the one wants the other (Hu, Koren and Volinsky 2008). It
// minimizes Σ over cells of w·(1 − u·v)² + α·Σ over all pairs of (u·v)² + λ·Σ over
// vectors of (cells + α·other side)^ν·|vector|², the form of Rendle et al. (2022,
// Revisiting the Performance of iALS), by alternating least squares: with items
// fixed, each row is a small linear system, solved by a few steps of the conjugate
// gradient method (Takács, Pilászy and Tikk 2011).
//
// Rows are not kept: who has a history gets the exact half-step for it, at the fixed
// vectors of the items. So a new customer, and an event of a moment ago, count like
// the others. Cost of an epoch: cells·factors·steps.
type IALS struct {
	// Factors is the length of the vectors: 64.
	Factors int
	// Alpha is α, the weight of pairs that were not chosen: 0.3.
	Alpha float64
	// Lambda is λ: 0.01.
	Lambda float64
	// Power is ν, how regularization grows with the number of cells: 1.
	Power float64
	// Epochs: 12.
	Epochs int
	// Steps of the conjugate gradient method for each vector and epoch: 3.
	Steps int
	// Seed of the first vectors.
	Seed uint64
}

// String implements [Learner].
func (a IALS) String() string {
	a = a.withDefaults()
	return fmt.Sprintf("iALS (%d factors, alpha %g, lambda %g, nu %g, %d epochs)", a.Factors, a.Alpha, a.Lambda, a.Power, a.Epochs)
}

func (a IALS) withDefaults() IALS {
	a.Factors, a.Alpha, a.Lambda = orDefault(a.Factors, 64), orDefault(a.Alpha, 0.3), orDefault(a.Lambda, 0.01)
	a.Power, a.Epochs, a.Steps = orDefault(a.Power, 1), orDefault(a.Epochs, 12), orDefault(a.Steps, 3)
	return a
}

const maxFactors = 1024

// Fit implements [Learner].
func (a IALS) Fit(m *Matrix) (Scorer, error) { return a.FitEach(m, 0, nil) }

// FitEach implements [Iterative].
func (a IALS) FitEach(m *Matrix, every int, after func(epoch int, s Scorer) bool) (Scorer, error) {
	switch {
	case a.Factors < 0 || a.Factors > maxFactors:
		return nil, paramError("IALS", "Factors", a.Factors)
	case !positive(a.Alpha):
		return nil, paramError("IALS", "Alpha", a.Alpha)
	case !positive(a.Lambda):
		return nil, paramError("IALS", "Lambda", a.Lambda)
	case !positive(a.Power):
		return nil, paramError("IALS", "Power", a.Power)
	case a.Epochs < 0:
		return nil, paramError("IALS", "Epochs", a.Epochs)
	case a.Steps < 0:
		return nil, paramError("IALS", "Steps", a.Steps)
	}
	a = a.withDefaults()
	rows, items, d := len(m.actors), m.items.Len(), a.Factors
	f := &factors{items: m.items, params: a, rows: rows, vector: make([]float64, items*d)}
	user := make([]float64, rows*d)
	scale := 0.1 / math.Sqrt(float64(d))
	fillNormal(user, a.Seed, scale)
	fillNormal(f.vector, a.Seed+1, scale)
	cols := m.columns()
	for epoch := 1; epoch <= a.Epochs; epoch++ {
		a.half(user, f.vector, rows, items, func(n int) ([]int32, func(int) float64) {
			from := m.start[n]
			return m.row(int32(n)), func(k int) float64 { return m.value(from + k) }
		})
		a.half(f.vector, user, items, rows, func(n int) ([]int32, func(int) float64) {
			from := cols.start[n]
			return cols.rows(int32(n)), func(k int) float64 { return m.value(int(cols.cell[from+k])) }
		})
		if due(epoch, every, a.Epochs) {
			now := *f
			now.vector, now.gram = slices.Clone(f.vector), gramOf(f.vector, items, d)
			if after(epoch, &now) {
				return &now, nil
			}
		}
	}
	f.gram = gramOf(f.vector, items, d)
	return f, nil
}

// half improves every vector of one side, the others being fixed.
func (a IALS) half(own, other []float64, count, others int, cells func(n int) ([]int32, func(int) float64)) {
	d := a.Factors
	gram := gramOf(other, others, d)
	impl := blas64.Implementation()
	parallel(count, func() *solver { return newSolver(d) }, func(n int, s *solver) {
		x := own[n*d : (n+1)*d]
		with, weight := cells(n)
		if len(with) == 0 {
			clear(x)
			return
		}
		lambda := a.Lambda * math.Pow(float64(len(with))+float64(a.Alpha*float64(others)), a.Power)
		apply := func(p, out []float64) {
			impl.Dgemv(blas.NoTrans, d, d, a.Alpha, gram, d, p, 1, 0, out, 1)
			impl.Daxpy(d, lambda, p, 1, out, 1)
			for k, o := range with {
				v := other[int(o)*d : (int(o)+1)*d]
				impl.Daxpy(d, weight(k)*impl.Ddot(d, v, 1, p, 1), v, 1, out, 1)
			}
		}
		clear(s.b)
		for k, o := range with {
			impl.Daxpy(d, weight(k), other[int(o)*d:(int(o)+1)*d], 1, s.b, 1)
		}
		s.conjugate(apply, x, a.Steps)
	})
}

// solver is the scratch of one system.
type solver struct{ b, r, p, q []float64 }

func newSolver(d int) *solver {
	return &solver{make([]float64, d), make([]float64, d), make([]float64, d), make([]float64, d)}
}

// conjugate moves x by steps of the conjugate gradient method towards A·x = b.
func (s *solver) conjugate(apply func(p, out []float64), x []float64, steps int) {
	impl := blas64.Implementation()
	d := len(x)
	apply(x, s.q)
	for i := range s.r {
		s.r[i] = s.b[i] - s.q[i]
	}
	copy(s.p, s.r)
	rr := impl.Ddot(d, s.r, 1, s.r, 1)
	for range steps {
		if rr < 1e-24 {
			return
		}
		apply(s.p, s.q)
		step := rr / impl.Ddot(d, s.p, 1, s.q, 1)
		impl.Daxpy(d, step, s.p, 1, x, 1)
		impl.Daxpy(d, -step, s.q, 1, s.r, 1)
		next := impl.Ddot(d, s.r, 1, s.r, 1)
		scale := next / rr
		for i := range s.p {
			s.p[i] = s.r[i] + float64(scale*s.p[i])
		}
		rr = next
	}
}

// gramOf returns VᵀV of n vectors of length d.
func gramOf(v []float64, n, d int) []float64 {
	out := make([]float64, d*d)
	if n == 0 {
		return out
	}
	blas64.Implementation().Dsyrk(blas.Upper, blas.Trans, d, n, 1, v, d, 0, out, d)
	for i := range d {
		for j := range i {
			out[i*d+j] = out[j*d+i]
		}
	}
	return out
}

// fillNormal fills v with normal numbers of the given deviation, by a hash of
// seed and place.
func fillNormal(v []float64, seed uint64, deviation float64) {
	for i := range v {
		u := mix(seed*0x9e3779b97f4a7c15 + uint64(i))
		a, b := float64(u>>11+1)*0x1p-53, float64(mix(u)>>11)*0x1p-53
		v[i] = deviation * math.Sqrt(-2*math.Log(a)) * math.Cos(2*math.Pi*b)
	}
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// factors is what IALS learned.
type factors struct {
	items  *Index
	params IALS
	rows   int // of the Matrix, for the regularization of items
	vector []float64
	gram   []float64
}

// Index implements [Scorer].
func (f *factors) Index() *Index { return f.items }

// system sets a and b to the normal equations of h.
func (f *factors) system(h History, a, b []float64) {
	d := f.params.Factors
	impl := blas64.Implementation()
	for i, g := range f.gram {
		a[i] = float64(f.params.Alpha * g)
	}
	lambda := f.params.Lambda * math.Pow(float64(len(h))+float64(f.params.Alpha*float64(f.items.Len())), f.params.Power)
	for i := range d {
		a[i*d+i] += lambda
	}
	clear(b)
	for _, p := range h {
		v := f.vector[int(p.Item)*d : (int(p.Item)+1)*d]
		impl.Dsyr(blas.Upper, d, p.Weight, v, 1, a, d)
		impl.Daxpy(d, p.Weight, v, 1, b, 1)
	}
}

// fold returns the exact vector of h at the fixed vectors of the items.
func (f *factors) fold(h History) []float64 {
	d := f.params.Factors
	a, b := make([]float64, d*d), make([]float64, d)
	if len(h) == 0 {
		return b
	}
	f.system(h, a, b)
	cholesky(a, d)
	solveCholesky(a, d, b)
	return b
}

// Score implements [Scorer].
func (f *factors) Score(h History, scores []float64) {
	clear(scores)
	if len(h) == 0 {
		return
	}
	d := f.params.Factors
	blas64.Implementation().Dgemv(blas.NoTrans, len(scores), d, 1, f.vector, d, f.fold(h), 1, 0, scores, 1)
}

// Contributions implements [Contributor]: the half-step is linear in its right side,
// a sum over the history (Hu, Koren and Volinsky 2008, section 5).
func (f *factors) Contributions(h History, item int32, parts []float64) {
	if len(h) == 0 {
		return
	}
	d := f.params.Factors
	a, b := make([]float64, d*d), make([]float64, d)
	f.system(h, a, b)
	cholesky(a, d)
	copy(b, f.vector[int(item)*d:])
	solveCholesky(a, d, b)
	for k, p := range h {
		parts[k] = p.Weight * blas64.Implementation().Ddot(d, b, 1, f.vector[int(p.Item)*d:(int(p.Item)+1)*d], 1)
	}
}

// cholesky replaces the upper triangle of a by U with UᵀU = a.
func cholesky(a []float64, d int) {
	impl := blas64.Implementation()
	for k := range d {
		pivot := math.Sqrt(max(a[k*d+k], 1e-300))
		impl.Dscal(d-k, 1/pivot, a[k*d+k:], 1)
		for i := k + 1; i < d; i++ {
			impl.Daxpy(d-i, -a[k*d+i], a[k*d+i:], 1, a[i*d+i:], 1)
		}
	}
}

// solveCholesky replaces b by the solution of UᵀU·x = b.
func solveCholesky(u []float64, d int, b []float64) {
	impl := blas64.Implementation()
	impl.Dtrsv(blas.Upper, blas.Trans, blas.NonUnit, d, u, d, b, 1)
	impl.Dtrsv(blas.Upper, blas.NoTrans, blas.NonUnit, d, u, d, b, 1)
}
