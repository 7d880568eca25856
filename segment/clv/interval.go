package clv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/flywheel-go/flywheel"
)

// Interval is what a customer's purchases may come to.
type Interval struct {
	// Mean is the expected number, Low and High the bounds between which the number falls
	// with the level asked, in whole purchases.
	Mean, Low, High float64
}

// Interval predicts the number of purchases within t after T with the uncertainty of both the
// customer and the parameters: draws of the parameters from the normal approximation to their
// likelihood, of the customer's rates given the history, and of the purchases. The same
// seed gives the same bounds on every machine. O(draws · purchases).
func (f *Fit) Interval(h History, t, level float64, draws int, seed uint64) (Interval, error) {
	if err := h.check(); err != nil {
		return Interval{}, err
	}
	if !(t >= 0) || t > 1e6 || !(level > 0 && level < 1) || draws < 100 || draws > 1_000_000 {
		return Interval{}, fmt.Errorf("clv: %d draws over %v at level %v: %w", draws, t, level, flywheel.ErrOutOfRange)
	}
	src := rand.New(rand.NewPCG(seed, 0x636c76))
	params := f.Model.Params()
	var lower mat.TriDense
	uncertain := false
	if f.covariance != nil {
		var c mat.Cholesky
		if c.Factorize(f.covariance) {
			c.LTo(&lower)
			uncertain = true
		}
	}
	numbers := make([]float64, draws)
	sum := 0.0
	z := make([]float64, len(params))
	for i := range numbers {
		p := slices.Clone(params)
		if uncertain {
			for j := range z {
				z[j] = src.NormFloat64()
			}
			for j := range p {
				shift := 0.0
				for k := 0; k <= j; k++ {
					shift += lower.At(j, k) * z[k]
				}
				p[j] *= math.Exp(min(max(shift, -3), 3))
			}
		}
		numbers[i] = draw(f.Model, p, h, t, src)
		sum += numbers[i]
	}
	slices.Sort(numbers)
	at := func(q float64) float64 { return numbers[min(draws-1, int(q*float64(draws)))] }
	return Interval{f.Model.Expect(h, t), at((1 - level) / 2), at((1 + level) / 2)}, nil
}

// draw draws a customer given the history, and the purchases within t.
func draw(m Model, p []float64, h History, t float64, src *rand.Rand) float64 {
	var g geometric
	switch m.(type) {
	case BG:
		own := BG{p[0], p[1], p[2], p[3]}
		if src.Float64() >= own.Alive(h) {
			return 0
		}
		g = own.given(h)
	case MBG:
		own := MBG{p[0], p[1], p[2], p[3]}
		if src.Float64() >= own.Alive(h) {
			return 0
		}
		g = own.given(h)
	default:
		own := Pareto{p[0], p[1], p[2], p[3]}
		if src.Float64() >= own.Alive(h) {
			return 0
		}
		lambda := distuv.Gamma{Alpha: own.R + h.X, Beta: own.Alpha + h.T, Src: src}.Rand()
		mu := distuv.Gamma{Alpha: own.S, Beta: own.Beta + h.T, Src: src}.Rand()
		return distuv.Poisson{Lambda: max(1e-300, lambda*min(t, src.ExpFloat64()/max(mu, 1e-300))), Src: src}.Rand()
	}
	lambda := distuv.Gamma{Alpha: g.k, Beta: g.rate, Src: src}.Rand()
	defects := distuv.Beta{Alpha: g.a, Beta: g.b, Src: src}.Rand()
	n := 0.0
	for at := src.ExpFloat64() / max(lambda, 1e-300); at <= t && n < 1e6; at += src.ExpFloat64() / lambda {
		n++
		if src.Float64() < defects {
			break
		}
	}
	return n
}
