package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// normalQuantile returns the z that a standard normal variable exceeds with
// probability tail, 0 < tail < 1.
func normalQuantile(tail float64) float64 { return -mathext.NormalQuantile(tail) }

// studentQuantile returns the t that a Student t variable with df degrees of
// freedom exceeds with probability tail, 0 < tail < 1. It starts from the
// Cornish-Fisher expansion around the normal quantile (Abramowitz & Stegun,
// 1964, 26.7.5) and follows Newton's method on the log of the tail, which is
// concave and nearly straight in log t.
func studentQuantile(tail, df float64) float64 {
	if tail > 0.5 {
		return -studentQuantile(1-tail, df)
	}
	z := normalQuantile(tail)
	if math.IsInf(df, 1) || tail == 0.5 {
		return z
	}
	z2 := z * z
	t := z * (1 + (z2+1)/(4*df) + ((5*z2+16)*z2+3)/(96*df*df) +
		(((3*z2+19)*z2+17)*z2-15)/(384*df*df*df) +
		((((79*z2+776)*z2+1482)*z2-1920)*z2-945)/(92160*df*df*df*df))
	if df >= 500 && z2 < df/500 {
		return t // the next term is below the last digit
	}
	if df < 3 || !(t > 0) { // the expansion is of no use for heavy tails
		t = math.Pow(2*tail, -1/df)
	}
	logTail := math.Log(tail)
	logConstant := -0.5*math.Log(df) - logBetaHalf(df/2)
	for range 100 {
		_, logP := StudentTail(t, df)
		logDensity := logConstant - 0.5*(df+1)*math.Log1p(t*t/df)
		slope := -math.Exp(logDensity-logP) * t // d logP / d ln t
		step := (logTail - logP) / slope
		t *= math.Exp(max(-2, min(2, step)))
		if math.Abs(step) < 1e-14 {
			break
		}
	}
	return t
}
