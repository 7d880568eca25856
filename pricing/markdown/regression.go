package markdown

import "math"

// least solves the least squares problem of design·x = y by Householder's
// reflections (Golub and Van Loan, 2013, algorithm 5.2.1). It returns x, the
// residuals' sum of squares, and the diagonal of R. A column that those before it
// explain has the coefficient 0 and the diagonal 0. design is by column; both
// arguments are overwritten.
func least(design [][]float64, y []float64) (x []float64, rest float64, diagonal []float64) {
	k, n := len(design), len(y)
	diagonal = make([]float64, k)
	rows := make([]int, k) // the row of R that a column ends in
	row := 0
	for j := range k {
		col := design[j]
		scale := 0.0
		for _, v := range col {
			scale += float64(v * v)
		}
		norm := 0.0
		for _, v := range col[min(row, n):] {
			norm += float64(v * v)
		}
		if row >= n || norm <= 1e-20*scale {
			rows[j] = -1
			continue
		}
		alpha := -math.Copysign(math.Sqrt(norm), col[row])
		v := append([]float64(nil), col[row:]...)
		v[0] -= alpha
		length := 0.0
		for _, a := range v {
			length += float64(a * a)
		}
		reflect := func(to []float64) {
			dot := 0.0
			for i, a := range v {
				dot += float64(a * to[row+i])
			}
			dot *= 2 / length
			for i, a := range v {
				to[row+i] -= float64(dot * a)
			}
		}
		for _, other := range design[j:] {
			reflect(other)
		}
		reflect(y)
		diagonal[j], rows[j] = design[j][row], row
		row++
	}
	for _, v := range y[row:] {
		rest += float64(v * v)
	}
	x = make([]float64, k)
	for j := k - 1; j >= 0; j-- {
		if rows[j] < 0 {
			continue
		}
		sum := y[rows[j]]
		for i := j + 1; i < k; i++ {
			sum -= float64(design[i][rows[j]] * x[i])
		}
		x[j] = sum / design[j][rows[j]]
	}
	return x, rest, diagonal
}
