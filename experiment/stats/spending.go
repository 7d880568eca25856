package stats

import "math"

// Spending is how much of alpha a group-sequential design may have spent when the
// share t of the information is in: a function that rises from 0 at t = 0 to
// alpha at t = 1. Lan & DeMets (1983). A two-sided design spends half of alpha on
// each side.
type Spending func(t, alpha float64) float64

// SpendOBrienFleming spends almost nothing early, 2 - 2Φ(z_{α/2}/√t), so that the
// last look is nearly that of a fixed design: the recommended choice. Lan &
// DeMets (1983), α*1.
func SpendOBrienFleming(t, alpha float64) float64 {
	if t <= 0 {
		return 0
	}
	p, _ := NormalTail(normalQuantile(alpha/2) / math.Sqrt(t))
	return 2 * p
}

// SpendPocock spends evenly, α·ln(1 + (e-1)t): good for stopping early, dear in
// power at the last look. Lan & DeMets (1983), α*2.
func SpendPocock(t, alpha float64) float64 {
	return alpha * math.Log1p((math.E-1)*t)
}

// SpendPower returns the spending α·t^rho. Kim & DeMets (1987).
func SpendPower(rho float64) Spending {
	return func(t, alpha float64) float64 { return alpha * math.Pow(t, rho) }
}

// SpendGamma returns the spending α(1 - e^(-γt))/(1 - e^(-γ)), linear for γ = 0.
// Hwang, Shih & DeCani (1990).
func SpendGamma(gamma float64) Spending {
	return func(t, alpha float64) float64 {
		if gamma == 0 {
			return alpha * t
		}
		return alpha * math.Expm1(-gamma*t) / math.Expm1(-gamma)
	}
}

// WangTsiatis is the family of boundaries C·t^(Δ-1/2) with Δ as its value, for
// looks that are fixed beforehand. Wang & Tsiatis (1987).
type WangTsiatis float64

// Boundaries of the family of Wang & Tsiatis.
const (
	OBrienFleming WangTsiatis = 0   // z falls as 1/√t. O'Brien & Fleming (1979)
	Pocock        WangTsiatis = 0.5 // the same z at each look. Pocock (1977)
)

// Boundary is how a group-sequential design places its critical values: a
// [Spending] function or a member of the [WangTsiatis] family.
type Boundary interface {
	// boundaries returns the upper critical values of a design without effect.
	boundaries(g GroupSequential, information []float64, sides, alpha float64) ([]float64, error)
}

func (s Spending) boundaries(g GroupSequential, information []float64, sides, alpha float64) ([]float64, error) {
	z := make([]float64, len(information))
	walk := newWalk(information, 0)
	spent := 0.0
	for k, t := range information {
		target := sides * s(t, alpha/sides)
		if k == len(information)-1 {
			target = alpha
		}
		if !finite(target) || target < spent || target > alpha*(1+1e-12) {
			return nil, refuse("alpha spent", target, ErrBeyond)
		}
		z[k] = walk.solve((target - spent) / sides)
		walk.step(g.lower(z[k]), z[k])
		spent = target
	}
	return z, nil
}

func (w WangTsiatis) boundaries(g GroupSequential, information []float64, sides, alpha float64) ([]float64, error) {
	if !(w >= -1 && w <= 1) {
		return nil, refuse("Wang-Tsiatis delta", float64(w), ErrBeyond)
	}
	z := make([]float64, len(information))
	at := func(c float64) {
		for k, t := range information {
			z[k] = c * math.Pow(t, float64(w)-0.5)
		}
	}
	// At least what the last look alone would need, at most what Bonferroni would.
	least := normalQuantile(alpha / sides)
	most := normalQuantile(alpha/sides/float64(len(information))) / min(1, math.Pow(information[0], float64(w)-0.5))
	if len(information) == 1 {
		most = least
	}
	c := bracketed(least, most, func(c float64) float64 {
		at(c)
		walk := newWalk(information, 0)
		crossed := 0.0
		for _, bound := range z {
			up, _ := walk.step(g.lower(bound), bound)
			crossed += up
		}
		return math.Log(alpha) - math.Log(sides*crossed)
	})
	at(c)
	return z, nil
}
