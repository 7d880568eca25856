package supplier

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"sync"

	"github.com/flywheel-go/flywheel/internal/normal"
)

var legendreNodes, legendreWeights = func() (x, w []float64) {
	x, w = make([]float64, 16), make([]float64, 16)
	quad.Legendre{}.FixedLocations(x, w, -1, 1)
	return x, w
}()

// ChartConstants are the constants of control charts for samples of N normal
// values: D2 and D3Sigma are mean and standard deviation of the range, C4 the
// mean of the standard deviation, each relative to sigma. The others are the
// usual factors made of them. They are exact to nine digits; most printed tables
// round D2 and D3Sigma to three.
type ChartConstants struct {
	N             int
	D2, D3Sigma   float64
	C4            float64
	A, A2, A3     float64
	B3, B4        float64
	B5, B6        float64
	D1, D2L       float64 // D1 and, as D2 is taken, D2L: limits of the range with sigma known
	D3, D4        float64 // limits of the range relative to its mean
	E2            float64
	secondMoments float64
}

const mostInSample = 1000

var constantsOf sync.Map // int → ChartConstants

// ConstantsFor returns the constants for samples of 2 to 1000 values. The first
// call for a size integrates the law of the range, in about a millisecond; later
// ones take nanoseconds. Safe for concurrent use.
func ConstantsFor(n int) (ChartConstants, error) {
	if n < 2 || n > mostInSample {
		return ChartConstants{}, refuse("sample size", n, ErrRange)
	}
	if c, ok := constantsOf.Load(n); ok {
		return c.(ChartConstants), nil
	}
	c := computeConstants(n)
	constantsOf.Store(n, c)
	return c, nil
}

func computeConstants(n int) ChartConstants {
	c := ChartConstants{N: n}
	m := float64(n)
	c.D2, c.secondMoments = rangeMoments(n)
	c.D3Sigma = math.Sqrt(c.secondMoments - float64(c.D2*c.D2))
	up, _ := math.Lgamma(m / 2)
	down, _ := math.Lgamma((m - 1) / 2)
	c.C4 = math.Sqrt(2/(m-1)) * math.Exp(up-down)
	root := math.Sqrt(m)
	s := math.Sqrt(1 - float64(c.C4*c.C4))
	c.A = 3 / root
	c.A2 = 3 / (c.D2 * root)
	c.A3 = 3 / (c.C4 * root)
	c.B3, c.B4 = math.Max(0, 1-3*s/c.C4), 1+3*s/c.C4
	c.B5, c.B6 = math.Max(0, c.C4-3*s), c.C4+3*s
	c.D1, c.D2L = math.Max(0, c.D2-3*c.D3Sigma), c.D2+3*c.D3Sigma
	c.D3, c.D4 = math.Max(0, 1-3*c.D3Sigma/c.D2), 1+3*c.D3Sigma/c.D2
	c.E2 = 3 / c.D2
	return c
}

// rangeMoments returns mean and second moment of the range of n standard normal
// values: E[R] = ∫ 1 - Φⁿ - (1-Φ)ⁿ dx and, with x < y, E[R²] = 2∬ 1 - Φ(y)ⁿ -
// (1-Φ(x))ⁿ + (Φ(y)-Φ(x))ⁿ dx dy (Tippett, 1925). Along x the integrands are
// smooth and vanish at both ends, so that the trapezoidal rule converges faster
// than any power of its step; along y - x Gauss's rule is used on panels.
func rangeMoments(n int) (mean, second float64) {
	const reach, step = 9.0, 0.1
	const points = int(2*reach/step) + 1
	m := float64(n)
	var lower, upper, upperN [points]float64
	for i := range points {
		x := float64(i)*step - reach
		lower[i], upper[i] = normal.Lower(x), normal.Upper(x)
		upperN[i] = math.Pow(upper[i], m)
		mean += float64(step * (1 - math.Pow(lower[i], m) - upperN[i]))
	}
	for panel := 0.0; panel < 18; panel += 1.5 {
		for j, node := range legendreNodes {
			r := panel + 0.75*(1+node)
			sum := 0.0
			for i := range points {
				y := float64(i)*step - reach + r
				above := normal.Upper(y)
				between := normal.Lower(y) - lower[i]
				if lower[i] > 0.5 {
					between = upper[i] - above
				}
				// 1 - Φ(y)ⁿ without cancellation far out
				sum += float64(-math.Expm1(m*math.Log1p(-above))) - upperN[i] + math.Pow(math.Max(0, between), m)
			}
			second += float64(2 * 0.75 * legendreWeights[j] * step * sum)
		}
	}
	return mean, second
}
