package forecast

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// DieboldMariano tests whether two forecasts of the same periods are equally
// accurate, from their errors at one horizon: d(t) = |a(t)|^power - |b(t)|^power
// has mean zero (Diebold & Mariano, 1995), with the correction for small samples
// of Harvey, Leybourne & Newbold (1997, equation 9) and the two-sided p-value of
// Student's t with n - 1 degrees of freedom, as R's forecast::dm.test. A
// negative statistic says that a has the smaller errors. Where the variance
// with the autocovariances of horizon-1 lags is not positive, it is that of
// horizon 1. Where it is zero both forecasts err alike: statistic 0, p-value 1.
func DieboldMariano(a, b []float64, horizon int, power float64) (statistic, p float64, err error) {
	if err := checkPairs(a, b); err != nil {
		return 0, 0, err
	}
	n := len(a)
	if n < 2 {
		return 0, 0, &SettingError{Model: "DieboldMariano", Setting: "number of errors", Value: float64(n), Want: "2 or more"}
	}
	if horizon < 1 || horizon >= n {
		return 0, 0, &SettingError{Model: "DieboldMariano", Setting: "horizon", Value: float64(horizon), Want: "1 to less than the number of errors"}
	}
	if !(power > 0 && power <= 2) {
		return 0, 0, &SettingError{Model: "DieboldMariano", Setting: "power", Value: power, Want: "above 0, to 2"}
	}
	scale := 0.0 // of the errors, so that no power overflows
	for i := range a {
		scale = max(scale, math.Abs(a[i]), math.Abs(b[i]))
	}
	if scale == 0 {
		return 0, 1, nil
	}
	d := make([]float64, n)
	for i := range d {
		d[i] = math.Pow(math.Abs(a[i])/scale, power) - math.Pow(math.Abs(b[i])/scale, power)
	}
	mean := average(d)
	covariance := func(lag int) float64 {
		sum := 0.0
		for t := lag; t < n; t++ {
			sum += float64((d[t] - mean) * (d[t-lag] - mean))
		}
		return sum / float64(n)
	}
	variance := covariance(0)
	whole := variance
	for lag := 1; lag < horizon; lag++ {
		whole += 2 * covariance(lag)
	}
	if whole > 0 {
		variance = whole
	} else {
		horizon = 1
	}
	if variance == 0 {
		if mean == 0 {
			return 0, 1, nil
		}
		return math.Copysign(math.MaxFloat64, mean), 0, nil
	}
	size, h := float64(n), float64(horizon)
	correction := math.Sqrt((size + 1 - 2*h + float64(h*(h-1))/size) / size)
	statistic = mean / math.Sqrt(variance/size) * correction
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: size - 1}
	return statistic, 2 * t.Survival(math.Abs(statistic)), nil
}
