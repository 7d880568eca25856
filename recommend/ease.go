package recommend

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/flywheel-go/flywheel"
)

// EASE is the linear model whose weights between items have a closed form (Steck
// 2019, Embarrassingly Shallow Autoencoders): with P = (XᵀX + λI)⁻¹ the weight from
// item i to item j is −P_ij/P_jj, and 0 from an item to itself. One parameter, no
// iterations, and hard to beat.
//
// With fewer rows than items it inverts the rows' matrix instead (the dual form,
// K = XXᵀ + λI, P = (I − XᵀK⁻¹X)/λ); the result is the same up to rounding. Cost: half the
// cube of the smaller side, and 8 bytes for each pair of it while fitting.
type EASE struct {
	// Lambda is λ, how much weights are held down: 500. Larger for more data.
	Lambda float64
	// Dropout adds p/(1−p)·(XᵀX)_jj to the diagonal, as if each item of a history
	// were missing with probability p while learning (Steck 2020, EDLAE): 0, and
	// below 1.
	Dropout float64
	// RowPower divides each row of X by its length to this power before XᵀX, so
	// that those who chose much do not outweigh the others: 0.
	RowPower float64
	// Keep is how many weights are kept for each recommended item, the largest by
	// amount; 0 keeps all while items² ≤ 36 million, and 1,000 beyond.
	Keep int
	// MaxSide is the largest side that is inverted: 8,000, which takes 512 MB.
	// A Matrix with more rows and more items is an error matching
	// [flywheel.ErrLimit].
	MaxSide int
}

const maxDense = 6000

// String implements [Learner].
func (e EASE) String() string {
	s := fmt.Sprintf("EASE (lambda %g", orDefault(e.Lambda, 500))
	if e.Dropout > 0 {
		s += fmt.Sprintf(", dropout %g", e.Dropout)
	}
	if e.RowPower > 0 {
		s += fmt.Sprintf(", row power %g", e.RowPower)
	}
	return s + ")"
}

// Fit implements [Learner]. The Scorer is a [Contributor].
func (e EASE) Fit(m *Matrix) (Scorer, error) {
	switch {
	case !positive(e.Lambda):
		return nil, paramError("EASE", "Lambda", e.Lambda)
	case !(e.Dropout >= 0 && e.Dropout < 1):
		return nil, paramError("EASE", "Dropout", e.Dropout)
	case !positive(e.RowPower):
		return nil, paramError("EASE", "RowPower", e.RowPower)
	case e.Keep < 0:
		return nil, paramError("EASE", "Keep", e.Keep)
	case e.MaxSide < 0:
		return nil, paramError("EASE", "MaxSide", e.MaxSide)
	}
	e.Lambda, e.MaxSide = orDefault(e.Lambda, 500), orDefault(e.MaxSide, 8000)
	items, rows := m.items.Len(), len(m.actors)
	if items == 0 {
		return &dense{items: m.items}, nil
	}
	x := e.scaled(m)
	diagonal := e.diagonal(m, x)
	dual := rows < items
	if side := min(rows, items); side > e.MaxSide {
		return nil, tooLarge("EASE: the smaller of rows and items", side, e.MaxSide)
	}
	if dual {
		return e.dual(m, x, diagonal)
	}
	return e.primal(m, x, diagonal)
}

// scaled returns the values of the cells of m after RowPower.
func (e EASE) scaled(m *Matrix) []float64 {
	x := make([]float64, m.Len())
	for row := range m.actors {
		from, to := m.start[row], m.start[row+1]
		scale := 1.0
		if e.RowPower > 0 && to > from {
			// Half of the power on either factor of XᵀX.
			scale = math.Pow(float64(to-from), -e.RowPower/2)
		}
		for i := from; i < to; i++ {
			x[i] = float64(m.value(i) * scale)
		}
	}
	return x
}

// diagonal returns what is added to the diagonal of XᵀX.
func (e EASE) diagonal(m *Matrix, x []float64) []float64 {
	d := make([]float64, m.items.Len())
	for i, item := range m.item {
		d[item] += float64(x[i] * x[i])
	}
	for n := range d {
		d[n] = e.Lambda + float64(e.Dropout/(1-e.Dropout)*d[n])
	}
	return d
}

// invert replaces the upper triangle of the symmetric a by that of its inverse.
func invert(a []float64, n int) error {
	tri, ok := lapack64.Potrf(blas64.Symmetric{N: n, Stride: n, Data: a, Uplo: blas.Upper})
	if ok {
		_, ok = lapack64.Potri(tri)
	}
	if !ok {
		return fmt.Errorf("recommend: EASE: matrix of side %d is singular: lambda is too small: %w", n, flywheel.ErrOutOfRange)
	}
	return nil
}

// primal inverts the items' matrix.
func (e EASE) primal(m *Matrix, x, diagonal []float64) (Scorer, error) {
	n := m.items.Len()
	p := make([]float64, n*n)
	for row := range m.actors {
		from, to := m.start[row], m.start[row+1]
		for i := from; i < to; i++ {
			line := p[int(m.item[i])*n:]
			for j := from; j < to; j++ {
				if m.item[j] >= m.item[i] {
					line[m.item[j]] += float64(x[i] * x[j])
				}
			}
		}
	}
	for j := range n {
		p[j*n+j] += diagonal[j]
	}
	if err := invert(p, n); err != nil {
		return nil, err
	}
	w := &dense{items: m.items, weight: weightsOf(p, n)}
	if keep := e.keep(n); keep < n {
		return w.prune(keep), nil
	}
	return w, nil
}

// keep returns how many weights are kept for an item.
func (e EASE) keep(items int) int {
	switch {
	case e.Keep > 0:
		return min(e.Keep, items)
	case items <= maxDense:
		return items
	}
	return 1000
}

// dual inverts the rows' matrix. With D the diagonal that is added, P =
// D⁻¹ − D⁻¹Xᵀ(I + XD⁻¹Xᵀ)⁻¹XD⁻¹; for D = λI that is the form of the comment of EASE.
func (e EASE) dual(m *Matrix, x, diagonal []float64) (Scorer, error) {
	rows, n := len(m.actors), m.items.Len()
	cols := m.columns()
	k := make([]float64, rows*rows)
	for item := range n {
		from, to := cols.start[item], cols.start[item+1]
		for a := from; a < to; a++ {
			line, v := k[int(cols.row[a])*rows:], x[cols.cell[a]]/diagonal[item]
			for b := a; b < to; b++ { // rows ascend
				line[cols.row[b]] += float64(v * x[cols.cell[b]])
			}
		}
	}
	for r := range rows {
		k[r*rows+r]++
	}
	if err := invert(k, rows); err != nil {
		return nil, err
	}
	for r := range rows {
		for c := r + 1; c < rows; c++ {
			k[c*rows+r] = k[r*rows+c]
		}
	}
	keep := e.keep(n)
	if keep >= n {
		return e.dualDense(m, x, diagonal, k, cols), nil
	}
	g := newNeighborhood(m.items)
	type scratch struct {
		y, column []float64
		top       top
	}
	impl := blas64.Implementation()
	parallel(n, func() *scratch {
		return &scratch{y: make([]float64, rows), column: make([]float64, n)}
	}, func(j int, s *scratch) {
		clear(s.y)
		for at := cols.start[j]; at < cols.start[j+1]; at++ {
			r := int(cols.row[at])
			impl.Daxpy(rows, x[cols.cell[at]]/diagonal[j], k[r*rows:(r+1)*rows], 1, s.y, 1)
		}
		clear(s.column)
		for r, y := range s.y {
			for i := m.start[r]; i < m.start[r+1]; i++ {
				s.column[m.item[i]] -= float64(y * x[i])
			}
		}
		s.column[j]++ // column is now D·P of item j
		own := s.column[j] / diagonal[j]
		for i := range s.column {
			s.column[i] = -s.column[i] / diagonal[i] / own
		}
		s.column[j] = 0
		g.nearest[j] = strongest(s.column, keep, &s.top)
	})
	g.turn()
	return g, nil
}

// dualDense is the rest of dual where all weights are kept. k is the inverse. It needs
// rows·items numbers beside the items² of the weights, and works on whole lines of
// them, which is several times as fast as one column after the other.
func (e EASE) dualDense(m *Matrix, x, diagonal, k []float64, cols *columns) Scorer {
	rows, n := len(m.actors), m.items.Len()
	impl := blas64.Implementation()
	// y = K⁻¹XD⁻¹, row by row: each line of y is a sum over the cells of the columns.
	y := make([]float64, rows*n)
	const block = 32
	parallel((n+block-1)/block, func() []float64 { return make([]float64, block*rows) }, func(part int, t []float64) {
		from, to := part*block, min(n, (part+1)*block)
		clear(t)
		for j := from; j < to; j++ {
			line := t[(j-from)*rows : (j-from+1)*rows]
			for at := cols.start[j]; at < cols.start[j+1]; at++ {
				r := int(cols.row[at])
				impl.Daxpy(rows, x[cols.cell[at]]/diagonal[j], k[r*rows:(r+1)*rows], 1, line, 1)
			}
		}
		for r := range rows {
			out := y[r*n+from : r*n+to]
			for j := range out {
				out[j] = t[j*rows+r]
			}
		}
	})
	// Line i of D·P is that of I − Xᵀy; of it the part from i on, P being symmetric.
	p := make([]float64, n*n)
	parallel(n, func() struct{} { return struct{}{} }, func(i int, _ struct{}) {
		line := p[i*n+i : (i+1)*n]
		for at := cols.start[i]; at < cols.start[i+1]; at++ {
			r := int(cols.row[at])
			impl.Daxpy(n-i, -x[cols.cell[at]], y[r*n+i:(r+1)*n], 1, line, 1)
		}
		line[0]++
		for j := range line {
			line[j] /= diagonal[i]
		}
	})
	return &dense{m.items, weightsOf(p, n)}
}

// weightsOf turns the upper triangle of P into the weights −P_ij/P_jj, in p's memory.
func weightsOf(p []float64, n int) []float64 {
	d := make([]float64, n)
	for j := range n {
		d[j] = p[j*n+j]
	}
	const block = 64
	for bi := 0; bi < n; bi += block {
		for bj := bi; bj < n; bj += block {
			for i := bi; i < min(n, bi+block); i++ {
				for j := max(i, bj); j < min(n, bj+block); j++ {
					v := p[i*n+j]
					p[i*n+j], p[j*n+i] = -v/d[j], -v/d[i]
				}
			}
		}
	}
	for i := range n {
		p[i*n+i] = 0
	}
	return p
}

// strongest returns the keep weights that are largest by amount, largest first.
func strongest(column []float64, keep int, t *top) []scored {
	t.n = keep
	for i, v := range column {
		if s := (scored{int32(i), math.Abs(v)}); v != 0 && t.accepts(s) {
			t.push(s)
		}
	}
	out := t.take()
	for i := range out {
		out[i].score = column[out[i].item]
	}
	return out
}

// dense is a full matrix of weights from items of the history (its rows) to items
// that are recommended.
type dense struct {
	items  *Index
	weight []float64
}

// Index implements [Scorer].
func (w *dense) Index() *Index { return w.items }

// Score implements [Scorer].
func (w *dense) Score(h History, scores []float64) {
	clear(scores)
	n := len(scores)
	impl := blas64.Implementation()
	for _, p := range h {
		impl.Daxpy(n, p.Weight, w.weight[int(p.Item)*n:(int(p.Item)+1)*n], 1, scores, 1)
	}
}

// Contributions implements [Contributor].
func (w *dense) Contributions(h History, item int32, parts []float64) {
	for k, p := range h {
		parts[k] = float64(p.Weight * w.weight[int(p.Item)*w.items.Len()+int(item)])
	}
}

// prune keeps the keep strongest weights of each recommended item.
func (w *dense) prune(keep int) *neighborhood {
	n := w.items.Len()
	g := newNeighborhood(w.items)
	var t top
	column := make([]float64, n)
	for j := range n {
		for i := range n {
			column[i] = w.weight[i*n+j]
		}
		g.nearest[j] = strongest(column, keep, &t)
	}
	g.turn()
	return g
}
