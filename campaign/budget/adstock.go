package budget

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Adstock carries spend over into later periods: an advertisement is remembered
// for a while.
type Adstock struct {
	Kind AdstockKind `json:"kind"`
	// Theta is the share of a Geometric that is left after a period, from 0 to
	// below 1.
	Theta float64 `json:"theta,omitempty"`
	// Shape and Scale are of the Weibull kinds, in periods, above 0.
	Shape float64 `json:"shape,omitempty"`
	Scale float64 `json:"scale,omitempty"`
	// Length is the number of periods in which spend acts, its own included; 0
	// for all.
	Length int `json:"length,omitempty"`
	// Normalized divides the weights by their sum, so that carry-over moves
	// spend and adds none.
	Normalized bool `json:"normalized,omitempty"`
}

// AdstockKind is the law of the weights of past spend.
type AdstockKind string

// The kinds, with the weight of spend i periods ago.
const (
	None       AdstockKind = ""            // 1 for i = 0
	Geometric  AdstockKind = "geometric"   // Theta^i
	WeibullCDF AdstockKind = "weibull_cdf" // the product of e^(-(k/Scale)^Shape) for k from 1 to i
	WeibullPDF AdstockKind = "weibull_pdf" // the Weibull density at i+1, scaled to 0 to 1 over the length
)

// maxLength bounds the weights that are kept where Length is 0.
const maxLength = 10_000

// Check reports what is wrong with an adstock, or nil.
func (a Adstock) Check() error {
	fail := func(field string, v float64) error {
		return refuse(field, fmt.Errorf("%v in an adstock of the kind %q: %w", v, a.Kind, flywheel.ErrOutOfRange))
	}
	if a.Length < 0 || a.Length > maxLength {
		return fail("length", float64(a.Length))
	}
	switch a.Kind {
	case None:
	case Geometric:
		if !(a.Theta >= 0 && a.Theta < 1) {
			return fail("theta", a.Theta)
		}
	case WeibullCDF, WeibullPDF:
		if !(a.Shape >= 1e-4 && a.Shape <= 1e3) {
			return fail("shape", a.Shape)
		}
		if !(a.Scale >= 1e-4 && a.Scale <= 1e6) {
			return fail("scale", a.Scale)
		}
	default:
		return refuse("kind", fmt.Errorf("%q is unknown: %w", a.Kind, flywheel.ErrInvalid))
	}
	return nil
}

// Weights returns the weights of the n latest periods, the present one first:
// those within the length, else zero.
func (a Adstock) Weights(n int) ([]float64, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	if n < 0 || n > 10_000_000 {
		return nil, refuse("n", fmt.Errorf("%d periods: %w", n, flywheel.ErrOutOfRange))
	}
	return a.weights(n), nil
}

func (a Adstock) weights(n int) []float64 {
	length := a.Length
	if length == 0 || a.Kind == None {
		length = n
	}
	// Scaling needs all weights, also those beyond n.
	w := make([]float64, max(length, n))
	product := 1.0
	for i := range length {
		switch a.Kind {
		case None:
			w[i] = 0
			if i == 0 {
				w[i] = 1
			}
		case Geometric:
			w[i] = product
			product *= a.Theta
		case WeibullCDF:
			if i > 0 {
				product *= math.Exp(-math.Pow(float64(i)/a.Scale, a.Shape))
			}
			w[i] = product
		case WeibullPDF:
			z := float64(i+1) / a.Scale
			w[i] = a.Shape / a.Scale * math.Pow(z, a.Shape-1) * math.Exp(-math.Pow(z, a.Shape))
		}
	}
	if a.Kind == WeibullPDF && length > 0 {
		low, high := w[0], w[0]
		for _, v := range w[:length] {
			low, high = min(low, v), max(high, v)
		}
		for i := range length {
			if high > low {
				w[i] = (w[i] - low) / (high - low)
			} else {
				w[i] = 1 // all alike: nothing to scale by
			}
		}
	}
	if a.Normalized {
		sum := 0.0
		for _, v := range w[:length] {
			sum += v
		}
		if a.Kind == Geometric && a.Length == 0 {
			sum = 1 / (1 - a.Theta) // of all that is to come
		}
		for i := range length {
			w[i] /= sum
		}
	}
	return w[:n]
}

// Apply returns the spend of each period with what is carried over from those
// before. A negative or infinite spend is an error that matches
// flywheel.ErrOutOfRange. O(n) for Geometric without a length, else O(n·length).
func (a Adstock) Apply(spend []float64) ([]float64, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	for t, v := range spend {
		if !(v >= 0 && v <= maxMoney) {
			return nil, refuse(fmt.Sprintf("spend[%d]", t), fmt.Errorf("%v: %w", v, flywheel.ErrOutOfRange))
		}
	}
	out := make([]float64, len(spend))
	a.apply(spend, out)
	return out, nil
}

func (a Adstock) apply(spend, out []float64) {
	if a.Kind == Geometric && a.Length == 0 {
		scale := 1.0
		if a.Normalized {
			scale = 1 - a.Theta
		}
		carried := 0.0
		for t, v := range spend {
			carried = v + float64(a.Theta*carried)
			out[t] = carried * scale
		}
		return
	}
	w := a.weights(len(spend))
	n := len(w)
	for n > 0 && w[n-1] == 0 {
		n--
	}
	for t := range spend {
		sum := 0.0
		for i := range min(t+1, n) {
			sum += float64(w[i] * spend[t-i])
		}
		out[t] = sum
	}
}

// Steady returns what a constant spend of one per period amounts to after all its
// carry-over: the sum of the weights.
func (a Adstock) Steady() (float64, error) {
	if err := a.Check(); err != nil {
		return 0, err
	}
	return a.steady(), nil
}

func (a Adstock) steady() float64 {
	if a.Normalized || a.Kind == None {
		return 1
	}
	if a.Kind == Geometric && a.Length == 0 {
		return 1 / (1 - a.Theta)
	}
	length := a.Length
	if length == 0 {
		length = 520
	}
	sum := 0.0
	for _, v := range a.weights(length) {
		sum += v
	}
	return sum
}
