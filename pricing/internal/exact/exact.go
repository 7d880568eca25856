// Package exact computes slowly, with rationals, what packages money and pricing
// compute fast, for tests to compare. It shares no code with them.
package exact

import (
	"math/big"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Round returns x as a whole number.
func Round(x *big.Rat, mode money.Rounding) *big.Int {
	floor := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean; the denominator is positive
	rest := new(big.Rat).Sub(x, new(big.Rat).SetInt(floor))
	if rest.Sign() == 0 {
		return floor
	}
	next := new(big.Int).Add(floor, big.NewInt(1))
	toZero, fromZero := floor, next
	if x.Sign() < 0 {
		toZero, fromZero = next, floor
	}
	half := rest.Cmp(big.NewRat(1, 2))
	nearest := floor
	if half > 0 {
		nearest = next
	}
	switch mode {
	case money.Floor:
		return floor
	case money.Ceiling:
		return next
	case money.Down:
		return toZero
	case money.Up:
		return fromZero
	case money.HalfUp:
		if half == 0 {
			return fromZero
		}
	case money.HalfDown:
		if half == 0 {
			return toZero
		}
	case money.HalfEven:
		if half == 0 && floor.Bit(0) == 1 {
			return next
		}
	}
	return nearest
}

// Share returns the shares of amount by weights, at least one of which is
// positive: the quotas cut to whole numbers, and for each unit that is left
// over the largest remainder, the first of equals.
func Share(amount *big.Int, weights []*big.Int) []*big.Int {
	total := new(big.Int)
	for _, w := range weights {
		total.Add(total, w)
	}
	magnitude := new(big.Int).Abs(amount)
	left := new(big.Int).Set(magnitude)
	parts, rest := make([]*big.Int, len(weights)), make([]*big.Int, len(weights))
	for i, w := range weights {
		parts[i], rest[i] = new(big.Int).QuoRem(new(big.Int).Mul(magnitude, w), total, new(big.Int))
		left.Sub(left, parts[i])
	}
	for ; left.Sign() > 0; left.Sub(left, big.NewInt(1)) {
		best := 0
		for i := range rest {
			if rest[i].Cmp(rest[best]) > 0 {
				best = i
			}
		}
		parts[best].Add(parts[best], big.NewInt(1))
		rest[best] = big.NewInt(-1)
	}
	if amount.Sign() < 0 {
		for _, p := range parts {
			p.Neg(p)
		}
	}
	return parts
}

// Ints returns whole numbers as big ones.
func Ints(from []int64) []*big.Int {
	to := make([]*big.Int, len(from))
	for i, n := range from {
		to[i] = big.NewInt(n)
	}
	return to
}
