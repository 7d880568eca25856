package supplier_test

import (
	"math"
	"math/big"

	"github.com/flywheel-go/flywheel/inventory/supplier"
)

// The second methods by which the reference cases are computed again: exact
// rationals, enumeration, plain quadrature and scans.

// enumerated returns the probability to accept as a sum of exact rationals, or
// for Poisson of 200-bit floats.
func enumerated(s supplier.SinglePlan, fraction float64) float64 {
	sum := new(big.Float).SetPrec(200)
	for x := 0; x <= s.Accept; x++ {
		sum.Add(sum, exactly(s.Law, x, s.N, fraction, s.Lot, int(math.RoundToEven(float64(s.Lot)*fraction))))
	}
	v, _ := sum.Float64()
	return math.Min(v, 1)
}

func exactly(law supplier.Law, x, n int, fraction float64, lot, bad int) *big.Float {
	zero := new(big.Float).SetPrec(200)
	choose := func(n, k int) *big.Int { return new(big.Int).Binomial(int64(n), int64(k)) }
	switch law {
	case supplier.Hypergeometric:
		if x > bad || x > n || n-x > lot-bad {
			return zero
		}
		r := new(big.Rat).SetFrac(new(big.Int).Mul(choose(bad, x), choose(lot-bad, n-x)), choose(lot, n))
		return zero.SetRat(r)
	case supplier.Poisson:
		mean := float64(n) * fraction
		p := zero.SetFloat64(math.Exp(-mean))
		for i := 1; i <= x; i++ {
			p.Mul(p, new(big.Float).SetPrec(200).SetFloat64(mean))
			p.Quo(p, new(big.Float).SetPrec(200).SetInt64(int64(i)))
		}
		return p
	}
	if x > n {
		return zero
	}
	p := new(big.Float).SetPrec(200).SetFloat64(fraction)
	q := new(big.Float).SetPrec(200).Sub(new(big.Float).SetPrec(200).SetInt64(1), p)
	v := zero.SetInt(choose(n, x))
	for range x {
		v.Mul(v, p)
	}
	for range n - x {
		v.Mul(v, q)
	}
	return v
}

// enumeratedStages walks all paths of defectives through the stages.
func enumeratedStages(m supplier.MultiplePlan, fraction float64, stage, found, drawn int) (accept, units float64) {
	st := m.Stages[stage]
	units = float64(st.N)
	bad := int(math.RoundToEven(float64(m.Lot) * fraction))
	for x := 0; x <= st.N; x++ {
		v, _ := exactly(m.Law, x, st.N, fraction, m.Lot-drawn, bad-found).Float64()
		total := found + x
		switch {
		case total <= st.Accept || stage == len(m.Stages)-1 && total < st.Reject:
			accept += v
		case total < st.Reject:
			a, u := enumeratedStages(m, fraction, stage+1, total, drawn+st.N)
			accept += v * a
			units += v * u
		}
	}
	return accept, units
}

// scannedPlan tries one acceptance number and one size after the other.
func scannedPlan(producer, consumer supplier.RiskPoint, law supplier.Law, lot int) (n, c int) {
	at := func(n, c int, p float64) float64 {
		s := supplier.SinglePlan{N: n, Accept: c, Law: law, Lot: lot}
		v, err := s.AcceptAt(p)
		if err != nil {
			panic(err)
		}
		return v
	}
	n = 1
	for {
		switch {
		case at(n, c, consumer.Quality) > consumer.Accept:
			n++
		case at(n, c, producer.Quality) < producer.Accept:
			c++
		default:
			return n, c
		}
	}
}

// integratedVariables integrates over the sample's standard deviation with
// Simpson's rule on a fine grid.
func integratedVariables(v supplier.VariablesPlan, fraction float64) float64 {
	lower := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	z := math.Sqrt2 * math.Erfinv(1-2*fraction)
	root := math.Sqrt(float64(v.N))
	if v.SigmaKnown {
		return lower(root * (z - v.K))
	}
	df := float64(v.N - 1)
	sd := 1 / math.Sqrt(2*df)
	low, high := math.Max(1e-12, 1-11*sd), 1+11*sd
	const steps = 4000
	h := (high - low) / steps
	sum, total := 0.0, 0.0
	for i := range steps + 1 {
		s := low + float64(i)*h
		w := 2.0
		switch {
		case i == 0 || i == steps:
			w = 1
		case i%2 == 1:
			w = 4
		}
		d := w * math.Exp((df-1)*math.Log(s)-df*(s*s-1)/2)
		total += d
		sum += d * lower(root*(z-v.K*s))
	}
	return sum / total
}

// simpsonRange returns mean and deviation of the range of n normal values from
// the density of the range, by Simpson's rule in both directions.
func simpsonRange(n int) (mean, sd float64) {
	lower := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	density := func(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }
	simpson := func(a, b float64, steps int, f func(float64) float64) float64 {
		h := (b - a) / float64(steps)
		s := f(a) + f(b)
		for i := 1; i < steps; i++ {
			s += float64(2+2*(i%2)) * f(a+float64(i)*h)
		}
		return s * h / 3
	}
	beyond := func(r float64) float64 { // P(R > r)
		return 1 - float64(n)*simpson(-8, 8, 160, func(x float64) float64 {
			return density(x) * math.Pow(lower(x+r)-lower(x), float64(n-1))
		})
	}
	grid := make([]float64, 321)
	for i := range grid {
		grid[i] = beyond(float64(i) * 0.05)
	}
	weigh := func(f func(r float64) float64) float64 {
		s := 0.0
		for i, g := range grid {
			w := 2.0
			switch {
			case i == 0 || i == len(grid)-1:
				w = 1
			case i%2 == 1:
				w = 4
			}
			s += w * f(float64(i)*0.05) * g
		}
		return s * 0.05 / 3
	}
	mean = weigh(func(float64) float64 { return 1 })
	second := weigh(func(r float64) float64 { return 2 * r })
	return mean, math.Sqrt(second - mean*mean)
}

var westernElectric = map[string]supplier.Signals{
	"beyond_3": supplier.Beyond3, "two_of_three_beyond_2": supplier.TwoOfThreeBeyond2,
	"four_of_five_beyond_1": supplier.FourOfFiveBeyond1, "eight_one_side": supplier.EightOneSide,
}

// countedRule looks at the last points of z anew.
func countedRule(z []float64, name string) bool {
	side := func(window int, zone float64, need int) bool {
		last := z[len(z)-1]
		for _, sign := range []float64{1, -1} {
			if sign*last <= zone {
				continue
			}
			k := 0
			for _, x := range z[max(0, len(z)-window):] {
				if sign*x > zone {
					k++
				}
			}
			if k >= need {
				return true
			}
		}
		return false
	}
	switch name {
	case "beyond_3":
		return side(1, 3, 1)
	case "two_of_three_beyond_2":
		return side(3, 2, 2)
	case "four_of_five_beyond_1":
		return side(5, 1, 4)
	case "eight_one_side":
		return side(8, 0, 8)
	}
	panic(name)
}
