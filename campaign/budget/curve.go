package budget

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Form is the shape of a response curve.
type Form string

// The forms, as the response to a spend x.
const (
	Log       Form = "log"       // A·ln(1 + x/B)
	Exp       Form = "exp"       // A·(1 - e^(-x/B))
	Power     Form = "power"     // A·x^S with 0 < S ≤ 1
	Michaelis Form = "michaelis" // A·x/(B + x)
	Hill      Form = "hill"      // A·x^S/(B^S + x^S); an S where S > 1
)

// Curve is the response of a channel to its spend in one period: conversions,
// revenue, or margin. It rises from zero at zero.
type Curve struct {
	Form Form    `json:"form"`
	A    float64 `json:"a"`           // scale of the response, 0 or more
	B    float64 `json:"b,omitempty"` // scale of the spend, above 0; not of Power
	S    float64 `json:"s,omitempty"` // exponent of Power and Hill
}

// Check reports what is wrong with a curve, or nil.
func (c Curve) Check() error {
	fail := func(field string, v float64) error {
		return refuse(field, fmt.Errorf("%v in a curve of the form %q: %w", v, c.Form, flywheel.ErrOutOfRange))
	}
	if !(c.A >= 0 && c.A <= 1e15) {
		return fail("a", c.A)
	}
	switch c.Form {
	case Log, Exp, Michaelis:
	case Power:
		if !(c.S >= 0.01 && c.S <= 1) {
			return fail("s", c.S)
		}
		return nil
	case Hill:
		if !(c.S >= 0.05 && c.S <= 50) {
			return fail("s", c.S)
		}
	default:
		return refuse("form", fmt.Errorf("%q is unknown: %w", c.Form, flywheel.ErrInvalid))
	}
	if !(c.B >= 1e-9 && c.B <= 1e15) {
		return fail("b", c.B)
	}
	return nil
}

// Response returns what a spend brings; 0 for a spend of 0 or less.
func (c Curve) Response(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	switch c.Form {
	case Log:
		return c.A * math.Log1p(x/c.B)
	case Exp:
		return -c.A * math.Expm1(-x/c.B)
	case Power:
		return c.A * math.Pow(x, c.S)
	case Michaelis:
		return c.A * (x / (c.B + x))
	default:
		won, _ := c.hill(x)
		return c.A * won
	}
}

// hill returns the response of a Hill curve per A at a spend x > 0, and what is
// left of it to gain; of both a part that is next to nothing keeps its digits.
func (c Curve) hill(x float64) (won, left float64) {
	if ratio := math.Pow(c.B/x, c.S); ratio <= 1 {
		return 1 / (1 + ratio), ratio / (1 + ratio)
	}
	ratio := math.Pow(x/c.B, c.S)
	return ratio / (1 + ratio), 1 / (1 + ratio)
}

// Marginal returns what the next unit of money brings at a spend of x ≥ 0. It is
// infinite at 0 for a Power and a Hill with S below 1.
func (c Curve) Marginal(x float64) float64 {
	x = max(x, 0)
	if c.A == 0 {
		return 0
	}
	switch c.Form {
	case Log:
		return c.A / (c.B + x)
	case Exp:
		return c.A / c.B * math.Exp(-x/c.B)
	case Power:
		if c.S == 1 {
			return c.A
		}
		return c.A * c.S * math.Pow(x, c.S-1)
	case Michaelis:
		share := c.B / (c.B + x)
		return c.A / c.B * share * share
	}
	if x == 0 {
		switch {
		case c.S > 1:
			return 0
		case c.S == 1:
			return c.A / c.B
		}
		return math.Inf(1)
	}
	won, left := c.hill(x)
	return c.A * c.S * won * left / x
}

// Inflection returns the spend below which the curve is convex and above which it
// is concave: 0 for all but a Hill with S above 1.
func (c Curve) Inflection() float64 {
	if c.Form != Hill || c.S <= 1 {
		return 0
	}
	return c.B * math.Pow((c.S-1)/(c.S+1), 1/c.S)
}

// spendAt returns the spend beyond the inflection at which the marginal response
// falls to lambda > 0: 0 or the inflection where it is lower everywhere beyond.
func (c Curve) spendAt(lambda float64) float64 {
	if c.A == 0 {
		return 0
	}
	switch c.Form {
	case Log:
		return max(c.A/lambda-c.B, 0)
	case Exp:
		return max(c.B*math.Log(c.A/(c.B*lambda)), 0)
	case Power:
		if c.S == 1 {
			if lambda < c.A {
				return math.Inf(1)
			}
			return 0
		}
		return math.Pow(lambda/(c.A*c.S), 1/(c.S-1))
	case Michaelis:
		return max(math.Sqrt(c.A*c.B/lambda)-c.B, 0)
	}
	// With y = ln(x/B), the logarithm of the marginal response is concave in y and
	// falls beyond the inflection; its asymptote lies above it, so that Newton's
	// method from the root of the asymptote comes down to the root and never
	// passes it.
	scale := math.Log(c.A*c.S/c.B) - math.Log(lambda)
	low := math.Inf(-1)
	if from := c.Inflection(); from > 0 {
		if low = math.Log(from / c.B); c.Marginal(from) <= lambda {
			return from
		}
	} else if c.S == 1 && scale <= 0 {
		return 0
	}
	y := scale / (c.S + 1)
	for range 100 {
		// w = e^(Sy)/(1+e^(Sy)); the marginal response is A·S/B·e^(-y)·w(1-w).
		e := math.Exp(-math.Abs(c.S * y))
		var logw, log1w float64 // ln w, ln(1-w)
		w := 1 / (1 + e)
		if y >= 0 {
			logw = -math.Log1p(e)
			log1w = -c.S*y + logw
		} else {
			w = e / (1 + e)
			log1w = -math.Log1p(e)
			logw = c.S*y + log1w
		}
		value := scale - y + logw + log1w
		slope := -1 + c.S*(1-2*w)
		if !(slope < 0) {
			break
		}
		next := max(y-value/slope, low)
		if math.Abs(next-y) <= 1e-15*max(1, math.Abs(y)) {
			y = next
			break
		}
		y = next
	}
	return c.B * math.Exp(y)
}
