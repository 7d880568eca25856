package stats

import (
	"fmt"
	"math"
	"slices"
)

// Quantile is what a comparison needs to know of one arm's quantile: where it
// lies and the order statistics around it that bound it with 95 % confidence.
// The bounds may be taken in a part of the observations, to spare a second pass
// over all.
type Quantile struct {
	// Observations is the number of values, such as page loads.
	Observations int64 `json:"observations"`
	// BoundsFrom is how many of them the bounds were taken from; 0 means all.
	BoundsFrom int64 `json:"bounds_from"`
	// Level is which quantile it is, such as 0.9.
	Level float64 `json:"level"`
	// Value, Lower and Upper are the quantile and its bounds.
	Value float64 `json:"value"`
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
	// Tied reports that the values from Lower to Upper are few different ones
	// that come often. How far the quantile of such steps varies, neither the
	// bounds nor a normal approximation can tell.
	Tied bool `json:"tied,omitempty"`
}

// QuantileOf returns the quantile of values, by linear interpolation (type 7 of
// Hyndman & Fan, 1996), with its bounds by the binomial distribution of ranks.
// values are left as they are. O(n log n).
func QuantileOf(values []float64, level float64) (Quantile, error) {
	q := Quantile{Observations: int64(len(values)), Level: level}
	if err := checkValues("values", values); err != nil {
		return Quantile{}, err
	}
	if !(level > 0 && level < 1) {
		return Quantile{}, refuse("level", level, ErrBeyond)
	}
	sorted := slices.Sorted(slices.Values(values))
	n := float64(len(sorted))
	q.Value = interpolate(sorted, level)
	half := normalQuantile(0.025) * math.Sqrt(n*level*(1-level))
	at := func(rank float64) float64 { return sorted[int(max(0, min(n-1, rank)))] }
	q.Lower, q.Upper = at(math.Floor(n*level-half)-1), at(math.Ceil(n*level+half)-1)
	q.Lower, q.Upper = min(q.Lower, q.Value), max(q.Upper, q.Value)
	q.Tied = tied(sorted, q.Lower, q.Upper)
	return q, nil
}

// fewValues is up to how many different values between the bounds of a quantile
// are steps, where a quarter of the values there repeat others. With as many, the
// steps add about a hundredth to the variance: s²/12 for steps of width s, where
// the bounds are 3.9 standard errors apart.
const fewValues = 10

func tied(sorted []float64, lower, upper float64) bool {
	from, _ := slices.BinarySearch(sorted, lower)
	different, all := 0, 0
	for i := from; i < len(sorted) && sorted[i] <= upper && different < fewValues; i++ {
		if i == from || sorted[i] != sorted[i-1] {
			different++
		}
		all++
	}
	return different < fewValues && 4*different < 3*all
}

// interpolate returns a quantile of sorted values by linear interpolation between
// the order statistics around (n-1)·level.
func interpolate(sorted []float64, level float64) float64 {
	at := level * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	share := at - float64(i)
	if i == len(sorted)-1 || share == 0 {
		return sorted[i]
	}
	return sorted[i] + float64(share*(sorted[i+1]-sorted[i]))
}

// checkValues refuses an empty list and what is no number.
func checkValues(what string, values []float64) error {
	switch len(values) {
	case 0:
		return refuse("number of "+what, 0, ErrEmptyArm)
	case 1:
		return refuse("number of "+what, 1, ErrTooFew)
	}
	for i, x := range values {
		if !finite(x) {
			return refuse(fmt.Sprintf("%s[%d]", what, i), x, ErrNotANumber)
		}
		if math.Abs(x) > mostValue {
			return refuse(fmt.Sprintf("%s[%d]", what, i), x, ErrBeyond)
		}
	}
	return nil
}

func (q Quantile) check() error {
	if q.Observations > mostCount {
		return refuse("observations", float64(q.Observations), ErrBeyond)
	}
	if q.BoundsFrom < 0 || q.BoundsFrom > q.Observations {
		return refuse("observations of the bounds", float64(q.BoundsFrom), ErrBeyond)
	}
	if !(q.Level > 0 && q.Level < 1) {
		return refuse("level", q.Level, ErrBeyond)
	}
	for _, x := range []struct {
		what  string
		value float64
	}{{"quantile", q.Value}, {"lower bound", q.Lower}, {"upper bound", q.Upper}} {
		if !finite(x.value) {
			return refuse(x.what, x.value, ErrNotANumber)
		}
		if math.Abs(x.value) > mostValue {
			return refuse(x.what, x.value, ErrBeyond)
		}
	}
	if q.Lower > q.Upper {
		return refuse("lower bound above the upper", q.Lower, ErrBeyond)
	}
	return nil
}

// Sample returns the quantile as if it were a mean of that many observations,
// for units that have one observation each. The variance is that of the bounds:
// (n*/n)·(n-1)·((upper-lower)/2z)². The error is an [*InputError]: it matches
// [ErrTooFew] where so few observations have no order statistics that bound the
// quantile, and [ErrTies] where it lies on ties; a share of values beyond a limit
// can then be compared instead.
func (q Quantile) Sample() (Sample, error) {
	if err := q.check(); err != nil {
		return Sample{}, err
	}
	from := float64(q.BoundsFrom)
	if q.BoundsFrom == 0 {
		from = float64(q.Observations)
	}
	n := float64(q.Observations)
	if half := normalQuantile(0.025) * math.Sqrt(from*q.Level*(1-q.Level)); from*q.Level-half < 1 || from*q.Level+half > from {
		return Sample{}, refuse("observations for a quantile of this level", from, ErrTooFew)
	}
	if q.Tied || q.Lower == q.Upper {
		return Sample{}, refuse("quantile", q.Value, ErrTies)
	}
	spread := (q.Upper - q.Lower) / (2 * normalQuantile(0.025))
	s := Sample{N: q.Observations, Mean: q.Value, Variance: from / n * (n - 1) * spread * spread}
	return s, s.check("quantile")
}

// ClusteredSample returns the quantile for units, the clusters, that have several
// observations: X of the [Pair] is how many of a unit's observations are at most
// the quantile, Y how many it has. The variance is the independent one times what
// clustering adds to that of the share X/Y. Deng, Knoblich & Lu (2018), section
// 4. The error is an [*InputError].
func (q Quantile) ClusteredSample(clusters Pair) (Sample, error) {
	s, err := q.Sample()
	if err != nil {
		return Sample{}, err
	}
	share, err := clusters.RatioSample()
	if err != nil {
		return Sample{}, err
	}
	independent := q.Level * (1 - q.Level) / float64(q.Observations)
	s.Variance *= share.Variance / float64(share.N) / independent
	return s, s.check("quantile")
}
