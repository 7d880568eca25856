package recommend

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flywheel-go/flywheel"
)

// Vectors are the items of a factor model, or embeddings, prepared to find those with
// the largest inner product with a query exactly and without looking at all of each:
// they are rotated so that the first numbers hold most of the length, and ordered by
// length, so that most are ruled out by a bound after a few numbers (Teflioudi and
// Gemulla 2015, LEMP; Li et al. 2017, FEXIPRO). A Vectors is immutable and safe for
// concurrent use. It holds each vector twice, in four bytes a number.
type Vectors struct {
	dim, head int
	n         int
	flat      []float32 // as given
	order     []int32   // by falling length
	heads     []float32 // rotated, the first numbers, in that order
	tail      []float32 // length of the rest, rounded up
	norm      []float32 // whole length, rounded up
	rotation  []float64 // dim × dim, rows are the new axes
}

// Factorized is a [Scorer] whose scores are inner products.
type Factorized interface {
	Scorer
	// Vector returns that of a history.
	Vector(h History) []float32
	// Vectors returns those of the items.
	Vectors() (*Vectors, error)
}

// Vector implements [Factorized].
func (f *factors) Vector(h History) []float32 {
	v := f.fold(h)
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

// Vectors implements [Factorized].
func (f *factors) Vectors() (*Vectors, error) {
	out := make([]float32, len(f.vector))
	for i, x := range f.vector {
		out[i] = float32(x)
	}
	return NewVectors(out, f.params.Factors)
}

// NewVectors prepares vectors of length dim, one after the other in flat, which must
// not be changed afterwards. It reports an error matching [flywheel.ErrInvalid] when
// the lengths do not fit or a number is none. O(n·dim²).
func NewVectors(flat []float32, dim int) (*Vectors, error) {
	if dim < 1 || len(flat)%dim != 0 || len(flat)/max(1, dim) > math.MaxInt32 {
		return nil, fmt.Errorf("recommend: %d numbers in vectors of length %d: %w", len(flat), dim, flywheel.ErrInvalid)
	}
	for i, x := range flat {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return nil, fmt.Errorf("recommend: vector %d: %v: %w", i/dim, x, flywheel.ErrInvalid)
		}
	}
	v := &Vectors{dim: dim, n: len(flat) / dim, flat: flat}
	v.rotate()
	return v, nil
}

// rotate finds the axes by falling energy, the eigenvectors of VᵀV, and lays the
// vectors out along them.
func (v *Vectors) rotate() {
	d := v.dim
	gram := mat.NewSymDense(d, nil)
	row := make([]float64, d)
	for n := range v.n {
		for i := range d {
			row[i] = float64(v.flat[n*d+i])
		}
		gram.SymRankOne(gram, 1, mat.NewVecDense(d, row))
	}
	v.rotation = make([]float64, d*d)
	var eigen mat.EigenSym
	energy := make([]float64, d)
	if eigen.Factorize(gram, true) {
		var axes mat.Dense
		eigen.VectorsTo(&axes)
		values := eigen.Values(nil) // ascending
		for i := range d {
			energy[i] = max(0, values[d-1-i])
			for j := range d {
				v.rotation[i*d+j] = axes.At(j, d-1-i)
			}
		}
	} else {
		for i := range d {
			v.rotation[i*d+i] = 1
		}
	}
	// Of a few sizes of head, the least that holds three quarters of the energy.
	v.head = d
	var sum, all float64
	for _, e := range energy {
		all += e
	}
	for i, e := range energy {
		if sum += e; (i+1)%4 == 0 && i+1 <= d/2 && sum >= 0.75*all {
			v.head = i + 1
			break
		}
	}
	if v.head == d {
		v.head = min(d, max(4, d/4/4*4))
	}
	norms := make([]float64, v.n)
	for n := range v.n {
		for _, x := range v.flat[n*d : (n+1)*d] {
			norms[n] += float64(x) * float64(x)
		}
		norms[n] = math.Sqrt(norms[n])
	}
	v.order = make([]int32, v.n)
	for i := range v.order {
		v.order[i] = int32(i)
	}
	slices.SortStableFunc(v.order, func(a, b int32) int {
		switch {
		case norms[a] > norms[b]:
			return -1
		case norms[a] < norms[b]:
			return 1
		}
		return 0
	})
	v.heads, v.tail, v.norm = make([]float32, v.n*v.head), make([]float32, v.n), make([]float32, v.n)
	parallel(v.n, func() []float64 { return make([]float64, d) }, func(at int, turned []float64) {
		item := int(v.order[at])
		v.turn(v.flat[item*d:(item+1)*d], turned)
		var rest float64
		for i, x := range turned {
			if i < v.head {
				v.heads[at*v.head+i] = float32(x)
			} else {
				rest += float64(x * x)
			}
		}
		v.tail[at] = float32(math.Sqrt(rest) * (1 + 1e-6))
		v.norm[at] = float32(norms[item] * (1 + 1e-6))
	})
}

// turn sets out to x along the new axes.
func (v *Vectors) turn(x []float32, out []float64) {
	for i := range out {
		var s float64
		axis := v.rotation[i*v.dim : (i+1)*v.dim]
		for j, a := range axis {
			s += float64(a * float64(x[j]))
		}
		out[i] = s
	}
}

// Len returns the number of vectors, Dim their length.
func (v *Vectors) Len() int { return v.n }

// Dim returns the length of the vectors.
func (v *Vectors) Dim() int { return v.dim }

// Of returns a vector, which must not be changed.
func (v *Vectors) Of(n int32) []float32 { return v.flat[int(n)*v.dim : (int(n)+1)*v.dim] }

// dot is the inner product as every search computes it.
func (v *Vectors) dot(q []float32, n int32) float64 {
	return float64(blas32.Implementation().Sdot(v.dim, q, 1, v.Of(n), 1))
}

// slack is how much a bound is widened for the rounding of products in four bytes.
const slack = 1e-5

// Top returns the k vectors with the largest inner product with q for which keep holds
// (nil keeps all), best first, equal ones by number: the same as looking at all. dst is
// appended to. A q of another length than Dim gives nothing.
func (v *Vectors) Top(dst []Recommended, q []float32, k int, keep func(int32) bool) []Recommended {
	if len(q) != v.dim || k < 1 {
		return dst
	}
	turned := make([]float64, v.dim)
	v.turn(q, turned)
	head := make([]float32, v.head)
	var rest, whole float64
	for i, x := range turned {
		whole += float64(x * x)
		if i < v.head {
			head[i] = float32(x)
		} else {
			rest += float64(x * x)
		}
	}
	size := math.Sqrt(whole) * (1 + 1e-6)
	qRest, qNorm, loose := float32(math.Sqrt(rest)*(1+1e-6)), float32(size), float32(size*slack)
	t := top{n: k, heap: make([]scored, 0, k)}
	least := float32(math.Inf(-1))
	impl := blas32.Implementation()
	for at, item := range v.order {
		reach := qNorm * v.norm[at]
		if reach < least {
			break // and so are all that follow
		}
		if len(t.heap) == k {
			part := impl.Sdot(v.head, head, 1, v.heads[at*v.head:(at+1)*v.head], 1)
			if part+qRest*v.tail[at]+loose*v.norm[at] < least {
				continue
			}
		}
		if keep != nil && !keep(item) {
			continue
		}
		if s := (scored{item, v.dot(q, item)}); t.accepts(s) {
			t.push(s)
			if len(t.heap) == k {
				least = float32(t.heap[0].score) - float32(math.Abs(t.heap[0].score))*1e-6
			}
		}
	}
	for _, s := range t.sorted() {
		dst = append(dst, Recommended{s.item, s.score})
	}
	return dst
}

// Scan is Top by looking at all: what Top and [HNSW] are measured against.
func (v *Vectors) Scan(dst []Recommended, q []float32, k int, keep func(int32) bool) []Recommended {
	if len(q) != v.dim || k < 1 {
		return dst
	}
	t := top{n: k, heap: make([]scored, 0, k)}
	for item := range int32(v.n) {
		if keep != nil && !keep(item) {
			continue
		}
		if s := (scored{item, v.dot(q, item)}); t.accepts(s) {
			t.push(s)
		}
	}
	for _, s := range t.sorted() {
		dst = append(dst, Recommended{s.item, s.score})
	}
	return dst
}
