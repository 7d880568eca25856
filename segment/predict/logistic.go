package predict

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Logistic is a fitted logistic regression.
type Logistic struct {
	Names []string
	// Mean and SD standardize the features; Weights are of standardized features.
	Mean, SD, Weights []float64
	// Base is the log-odds of a row of means.
	Base float64
}

// FitLogistic fits logistic regression with a ridge on the standardized weights.
func FitLogistic(x [][]float64, y []bool, opts *Options) (*Logistic, error) {
	d, err := check(x, y)
	if err != nil {
		return nil, err
	}
	o, err := opts.filled(d)
	if err != nil {
		return nil, err
	}
	m := &Logistic{Names: o.Names, Mean: make([]float64, d), SD: make([]float64, d), Weights: make([]float64, d)}
	for j := range d {
		n, sum := 0.0, 0.0
		for _, row := range x {
			if !math.IsNaN(row[j]) {
				n++
				sum += row[j]
			}
		}
		if n > 0 {
			m.Mean[j] = sum / n
		}
		for _, row := range x {
			if !math.IsNaN(row[j]) {
				m.SD[j] += (row[j] - m.Mean[j]) * (row[j] - m.Mean[j]) / n
			}
		}
		m.SD[j] = math.Sqrt(m.SD[j])
	}
	z := make([]float64, d+1)
	w := make([]float64, d+1)
	h := make([]float64, (d+1)*(d+1))
	g := make([]float64, d+1)
	loss := func(w []float64) float64 {
		sum := 0.0
		for i, row := range x {
			s := w[d] + m.dot(w, row)
			if y[i] {
				s = -s
			}
			sum += softplus(s)
		}
		for _, v := range w[:d] {
			sum += o.Ridge / 2 * v * v
		}
		return sum
	}
	at := loss(w)
	for range 50 {
		clear(h)
		clear(g)
		for i, row := range x {
			m.standard(row, z)
			z[d] = 1
			p := sigmoid(w[d] + m.dot(w, row))
			e := p
			if y[i] {
				e--
			}
			for a, za := range z {
				g[a] += e * za
				if v := p * (1 - p) * za; v != 0 {
					for b := a; b <= d; b++ {
						h[a*(d+1)+b] += v * z[b]
					}
				}
			}
		}
		for j := range d {
			g[j] += o.Ridge * w[j]
			h[j*(d+1)+j] += o.Ridge
		}
		h[(d+1)*(d+1)-1] += 1e-9
		var c mat.Cholesky
		if !c.Factorize(mat.NewSymDense(d+1, h)) {
			break
		}
		step := mat.NewVecDense(d+1, nil)
		if c.SolveVecTo(step, mat.NewVecDense(d+1, g)) != nil {
			break
		}
		scale, moved := 1.0, false
		next := make([]float64, d+1)
		for range 30 {
			for j := range next {
				next[j] = w[j] - scale*step.AtVec(j)
			}
			if v := loss(next); v <= at {
				moved = at-v > 1e-10*math.Abs(at)
				copy(w, next)
				at = v
				break
			}
			scale /= 2
		}
		if !moved {
			break
		}
	}
	copy(m.Weights, w[:d])
	m.Base = w[d]
	return m, nil
}

// standard standardizes a row; what is missing or constant is 0.
func (m *Logistic) standard(row, z []float64) {
	for j := range m.Mean {
		z[j] = 0
		if m.SD[j] > 0 && !math.IsNaN(row[j]) {
			z[j] = (row[j] - m.Mean[j]) / m.SD[j]
		}
	}
}

func (m *Logistic) dot(w, row []float64) float64 {
	sum := 0.0
	for j := range m.Mean {
		if m.SD[j] > 0 && !math.IsNaN(row[j]) {
			sum += w[j] * (row[j] - m.Mean[j]) / m.SD[j]
		}
	}
	return sum
}

// Score is the log-odds of a row.
func (m *Logistic) Score(row []float64) float64 { return m.Base + m.dot(m.Weights, row) }

// Explain returns the base and what each feature adds to it.
func (m *Logistic) Explain(row []float64) (base float64, contributions []Contribution) {
	z := make([]float64, len(m.Mean))
	m.standard(row, z)
	for j, name := range m.Names {
		contributions = append(contributions, Contribution{name, row[j], m.Weights[j] * z[j]})
	}
	return m.Base, contributions
}

func softplus(x float64) float64 {
	if x > 40 {
		return x
	}
	return math.Log1p(math.Exp(x))
}
