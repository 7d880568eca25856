package supplier

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// spread is a quadrature rule for the standard deviation s of a normal sample of n,
// relative to the true one: equal steps of log s, whose density is proportional to
// e^(ν·(u - e^2u/2)) with ν = n - 1. Both that and the normal law that is averaged
// over it are entire functions that die away on both sides, so the error of equal
// steps falls exponentially (Trefethen and Weideman, 2014).
type spread struct {
	root       float64
	at, weight []float64 // s ascending
}

// certain is the deviation from which a normal probability is taken as 0 or 1.
const certain = 7.2

// fill makes s the rule for n units and constants k up to about the given size,
// for an error below 1e-11. It keeps the memory of the rule that s was.
func (s *spread) fill(n int, k float64) {
	nu := float64(n - 1)
	s.root = math.Sqrt(float64(n))
	// The step follows the widths of both laws in the frequency domain; the factor is
	// that at which the error was found to be 1e-12, whatever k.
	h := 0.84 * (1 - 1.15/s.root) / math.Sqrt(2*nu+float64(n)*k*k)
	// exponent is the logarithm of the density, 0 at the mode u = 0.
	exponent := func(u float64) float64 { return nu * (u - math.Expm1(2*u)/2) }
	const gone = -30
	low := -1
	for exponent(float64(low)*h) > gone {
		low *= 2
	}
	for high := low / 2; high-low > 1; { // the first step that counts lies in (low, high]
		if middle := low + (high-low)/2; exponent(float64(middle)*h) > gone {
			high = middle
		} else {
			low = middle
		}
	}
	s.at, s.weight = s.at[:0], s.weight[:0]
	total := 0.0
	for i := low; ; i++ {
		u := float64(i) * h
		e := exponent(u)
		if e <= gone && i > 0 {
			break
		}
		w := math.Exp(e)
		s.at, s.weight = append(s.at, math.Exp(u)), append(s.weight, w)
		total += w
	}
	for i := range s.weight {
		s.weight[i] /= total
	}
}

// accept returns E[Φ(√n·(z - k·s))] and, if asked for, its derivative by k.
func (s *spread) accept(z, k float64, derive bool) (p, slope float64) {
	for i, at := range s.at {
		u := s.root * (z - k*at)
		if u > certain {
			p += s.weight[i]
			continue
		}
		if u < -certain {
			if k > 0 {
				break // as do all that follow
			}
			continue
		}
		p += float64(s.weight[i] * normal.Lower(u))
		if derive {
			slope -= float64(s.weight[i] * normal.Density(u) * s.root * at)
		}
	}
	return math.Min(p, 1), slope
}

// solve returns the k at which lots with upper quantile z are accepted with
// probability target. In quantiles the probability is nearly a straight line in k,
// so that Newton's method needs two steps from a good start.
func (s *spread) solve(z, target, start float64) float64 {
	q := normal.Quantile(target)
	k, low, high := start, math.Inf(-1), math.Inf(1)
	for range 200 {
		p, slope := s.accept(z, k, true)
		if p > target {
			low = k
		} else {
			high = k
		}
		have := normal.Quantile(p)
		next := k - (have-q)*normal.Density(have)/slope
		if !(next > low && next < high) {
			switch {
			case next == k:
				return k
			case math.IsInf(low, -1):
				next = high - 1
			case math.IsInf(high, 1):
				next = low + 1
			default:
				next = low + (high-low)/2
			}
		}
		// The error is below the square of the last step.
		if math.Abs(next-k) <= 1e-6*math.Max(1, math.Abs(k)) {
			return next
		}
		k = next
	}
	return k
}

// nearK approximates the k at which lots with upper quantile z are accepted with
// the probability whose quantile is q, taking mean - k·s as normal.
func nearK(z, q float64, n int) float64 {
	m := float64(n)
	return z - q*math.Sqrt(1/m+z*z/(2*m))
}

// constants are the acceptability constants of a search for a plan with sigma
// unknown, by size.
type constants struct {
	producer, consumer RiskPoint
	zp, zc, za, zb     float64
	steep              float64 // the largest constant
	rule               spread
	off                float64 // how far the last solution was from its approximation
	seen               []sized
}

// sized is what a search knows of a size.
type sized struct {
	n         int
	strictest float64 // the largest k that the producer's point allows
	consumed  float64 // the probability at the consumer's point with it
}

// at looks at a size; again for nothing.
func (c *constants) at(n int) sized {
	for _, s := range c.seen {
		if s.n == n {
			return s
		}
	}
	c.rule.fill(n, c.steep)
	near := nearK(c.zp, c.za, n)
	s := sized{n: n, strictest: c.rule.solve(c.zp, c.producer.Accept, near+c.off)}
	c.off = s.strictest - near
	s.consumed, _ = c.rule.accept(c.zc, s.strictest, false)
	c.seen = append(c.seen, s)
	return s
}

// least returns the smallest k that meets the consumer's point.
func (c *constants) least(n int) float64 {
	c.rule.fill(n, c.steep)
	return c.rule.solve(c.zc, c.consumer.Accept, nearK(c.zc, -c.zb, n))
}
