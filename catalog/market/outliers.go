package market

import (
	"math"
	"slices"
)

// ESD is the generalized extreme studentized deviate test for up to MaxOutliers
// outliers in roughly normal values. Rosner (1983). It finds outliers that hide
// each other, which a test of the largest alone misses.
type ESD struct {
	MaxOutliers int
	// Alpha is the chance of any false outlier; 0 is 0.05.
	Alpha float64
	// Robust measures deviations from the median in units of 1.4826 × the median
	// absolute deviation, the hybrid form of Hochenbaum, Vallis and Kejariwal
	// (2017), which stands more outliers.
	Robust bool
}

// ESDResult is what the test found.
type ESDResult struct {
	// Statistics are the largest deviations, each after the removal of the one
	// before, and Critical what they are compared with.
	Statistics, Critical []float64
	// Outliers are indices in the order of removal: all up to the last statistic
	// that exceeds its critical value.
	Outliers []int
	// NoSpread says that the test stopped early because the values left did not
	// differ (Robust: more than half of them were equal).
	NoSpread bool
}

// Test runs the test on at least MaxOutliers + 2 values. O(k·n), Robust O(k·n log n)
// for k outliers.
func (e ESD) Test(values []float64) (ESDResult, error) {
	if e.Alpha == 0 {
		e.Alpha = 0.05
	}
	switch {
	case e.MaxOutliers < 1:
		return ESDResult{}, refuse("max outliers", e.MaxOutliers, ErrRange)
	case !(e.Alpha > 0 && e.Alpha < 1):
		return ESDResult{}, refuse("alpha", e.Alpha, ErrRange)
	}
	if err := checkSeries(values, e.MaxOutliers+2); err != nil {
		return ESDResult{}, err
	}
	left := slices.Clone(values)
	at := make([]int, len(values))
	for i := range at {
		at[i] = i
	}
	r := ESDResult{Outliers: []int{}}
	var removed []int
	n := float64(len(values))
	exceeds := 0
	for i := 1.0; i <= float64(e.MaxOutliers); i++ {
		center, scale := centerScale(left, e.Robust)
		if scale == 0 {
			r.NoSpread = true
			break
		}
		worst, most := 0, -1.0
		for j, x := range left {
			if d := math.Abs(x - center); d > most {
				most, worst = d, j
			}
		}
		df := n - i - 1
		t := studentUpper(e.Alpha/(2*(n-i+1)), df)
		critical := (n - i) * t / math.Sqrt((df+float64(t*t))*(n-i+1))
		r.Statistics, r.Critical = append(r.Statistics, most/scale), append(r.Critical, critical)
		removed = append(removed, at[worst])
		if most/scale > critical {
			exceeds = len(removed)
		}
		left, at = slices.Delete(left, worst, worst+1), slices.Delete(at, worst, worst+1)
	}
	r.Outliers = append(r.Outliers, removed[:exceeds]...)
	return r, nil
}

const madScale = 1.4826

func centerScale(values []float64, robust bool) (center, scale float64) {
	if robust {
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		center = middle(sorted)
		for i, x := range sorted {
			sorted[i] = math.Abs(x - center)
		}
		slices.Sort(sorted)
		return center, madScale * middle(sorted)
	}
	for _, x := range values {
		center += x
	}
	center /= float64(len(values))
	for _, x := range values {
		scale += float64((x - center) * (x - center))
	}
	return center, math.Sqrt(scale / float64(len(values)-1))
}

// Seasonal returns values less their median and less the median, at each phase of
// the period, of what is left: what [ESD] is to be run on where there is a season
// (the seasonal hybrid form without a trend). It wants two periods.
func Seasonal(values []float64, period int) ([]float64, error) {
	if period < 1 {
		return nil, refuse("period", period, ErrRange)
	}
	if err := checkSeries(values, 2*period); err != nil {
		return nil, err
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	center := middle(sorted)
	out := make([]float64, len(values))
	for i, x := range values {
		out[i] = x - center
	}
	for phase := range period {
		var same []float64
		for i := phase; i < len(out); i += period {
			same = append(same, out[i])
		}
		slices.Sort(same)
		m := middle(same)
		for i := phase; i < len(out); i += period {
			out[i] -= m
		}
	}
	return out, nil
}

// Hampel returns the indices of values that lie more than threshold × 1.4826 ×
// the median absolute deviation from the median of the window of half values on
// each side. At the ends the window is what there is. Hampel (1974).
// O(n·half·log half).
func Hampel(values []float64, half int, threshold float64) ([]int, error) {
	switch {
	case half < 1 || half > 1e6:
		return nil, refuse("half window", half, ErrRange)
	case !(threshold >= 0 && threshold <= 1e6):
		return nil, refuse("threshold", threshold, ErrRange)
	}
	if err := checkSeries(values, 1); err != nil {
		return nil, err
	}
	out := []int{}
	for i, x := range values {
		center, scale := centerScale(values[max(0, i-half):min(len(values), i+half+1)], true)
		if math.Abs(x-center) > threshold*scale {
			out = append(out, i)
		}
	}
	return out, nil
}

// Fences are Tukey's limits.
type Fences struct {
	// Q1 and Q3 are quartiles by linear interpolation (Hyndman and Fan, 1996,
	// definition 7).
	Q1, Q3, Lower, Upper float64
	// Outliers are the indices of values beyond a fence.
	Outliers []int
}

// Tukey returns the fences k interquartile ranges away from the quartiles; 1.5 is
// usual. Tukey (1977).
func Tukey(values []float64, k float64) (Fences, error) {
	if !(k >= 0 && k <= 1e6) {
		return Fences{}, refuse("k", k, ErrRange)
	}
	if err := checkSeries(values, 1); err != nil {
		return Fences{}, err
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	quantile := func(p float64) float64 {
		h := float64(len(sorted)-1) * p
		i := int(h)
		if i+1 >= len(sorted) {
			return sorted[len(sorted)-1]
		}
		return sorted[i] + float64((h-float64(i))*(sorted[i+1]-sorted[i]))
	}
	f := Fences{Q1: quantile(0.25), Q3: quantile(0.75), Outliers: []int{}}
	reach := k * (f.Q3 - f.Q1)
	f.Lower, f.Upper = f.Q1-reach, f.Q3+reach
	for i, x := range values {
		if x < f.Lower || x > f.Upper {
			f.Outliers = append(f.Outliers, i)
		}
	}
	return f, nil
}
