package stats

import "math"

// noncentralStudentTail returns the probability that (Z + drift)/√(V/df) exceeds
// t >= 0, for standard normal Z and chi-square V: the expectation of
// Φ(drift - t·√(V/df)) over V, integrated over the logarithm of V.
func noncentralStudentTail(t, df, drift float64) float64 {
	chi := Gamma{Shape: df / 2, Rate: df / 2} // V/df
	center, scale := chi.center()
	scale = min(scale, 1)
	var points []float64
	for _, reach := range []float64{-48, -24, -12, -6, -3, -1, 0, 1, 3, 6, 12} {
		points = append(points, center+reach*scale)
	}
	if t > 0 && drift > 0 { // where Φ turns
		turn := 2 * math.Log(drift/t)
		if turn > points[0] && turn < center+12*scale {
			points = append(points, turn)
		}
	}
	return integrate(points, 1, func(u float64, into []float64) {
		p, _ := NormalTail(t*math.Exp(u/2) - drift)
		into[0] = p * math.Exp(chi.logDensity(u))
	})[0]
}

// noncentralChiSquareTail returns the probability that a chi-square variable with
// df degrees of freedom and the given noncentrality exceeds x: a mixture of
// central ones with Poisson weights, from the most probable outwards. Ding (1992).
func noncentralChiSquareTail(x, df, noncentrality float64) float64 {
	half := noncentrality / 2
	if half == 0 {
		p, _ := ChiSquareTail(x, df)
		return p
	}
	mode := math.Floor(half)
	weight := func(j float64) float64 {
		g, _ := math.Lgamma(j + 1)
		return math.Exp(j*math.Log(half) - half - g)
	}
	total, covered := 0.0, 0.0
	add := func(j float64) bool {
		w := weight(j)
		p, _ := ChiSquareTail(x, df+2*j)
		total += float64(w * p)
		covered += w
		return w > 1e-18 && covered < 1-1e-16
	}
	for j := mode; add(j); j++ {
	}
	for j := mode - 1; j >= 0 && add(j); j-- {
	}
	return min(1, total)
}
