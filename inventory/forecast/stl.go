package forecast

import (
	"math"
	"slices"
)

// Decomposition splits a series into parts that add up to it.
type Decomposition struct {
	Trend     []float64
	Seasonal  [][]float64 // one for each season asked for
	Remainder []float64
}

// STL splits the series into trend, season and remainder by local regression
// (Cleveland, Cleveland, McRae & Terpenning, 1990), as R's stats::stl does with
// its defaults. Window is the number of cycles, an odd number of 7 or more,
// over which the seasonal pattern may change; 0 keeps it the same in all
// cycles. The series must cover two cycles and more. O(n·window).
func STL(s Series, window int) (*Decomposition, error) {
	if err := checkSTL(s, s.Season); err != nil {
		return nil, err
	}
	if window != 0 && (window < 7 || window%2 == 0) {
		return nil, &SettingError{Model: "STL", Setting: "window", Value: float64(window), Want: "0, or an odd number of 7 or more"}
	}
	d := &Decomposition{Seasonal: make([][]float64, 1)}
	d.Trend, d.Seasonal[0] = stl(s.Values, s.Season, window)
	d.remain(s.Values)
	return d, nil
}

// MSTL is [STL] for several seasons, shortest first: each is found in what the
// others leave, twice over (Bandara, Hyndman & Bergmeir, 2021), with windows of
// 11, 15, 19, … cycles as in R's forecast::mstl. Without seasons it takes that
// of the series.
func MSTL(s Series, seasons ...int) (*Decomposition, error) {
	if len(seasons) == 0 {
		seasons = []int{s.Season}
	}
	for i, m := range seasons {
		if err := checkSTL(s, m); err != nil {
			return nil, err
		}
		if i > 0 && m <= seasons[i-1] {
			return nil, &SettingError{Model: "MSTL", Setting: "season", Value: float64(m), Want: "longer than the one before"}
		}
	}
	d := &Decomposition{Seasonal: make([][]float64, len(seasons))}
	rest := slices.Clone(s.Values)
	for range 2 {
		for i, m := range seasons {
			for t, v := range d.Seasonal[i] {
				rest[t] += v
			}
			d.Trend, d.Seasonal[i] = stl(rest, m, 11+4*i)
			for t, v := range d.Seasonal[i] {
				rest[t] -= v
			}
		}
	}
	d.remain(s.Values)
	return d, nil
}

func checkSTL(s Series, season int) error {
	if err := s.check(); err != nil {
		return err
	}
	if season < 2 || season > MaxSeason {
		return &SettingError{Model: "STL", Setting: "season", Value: float64(season), Want: "2 to 10000"}
	}
	if len(s.Values) <= 2*season {
		return &SeriesError{Series: s.ID, Index: -1, Err: ErrShort}
	}
	return nil
}

func (d *Decomposition) remain(values []float64) {
	d.Remainder = slices.Clone(values)
	for t := range d.Remainder {
		d.Remainder[t] -= d.Trend[t]
		for _, season := range d.Seasonal {
			d.Remainder[t] -= season[t]
		}
	}
}

// Strength is the share of the variance of season and remainder that is the
// season's, from 0 to 1 (Wang, Smith & Hyndman, 2006).
func (d *Decomposition) Strength(season int) float64 {
	both := slices.Clone(d.Remainder)
	for t, v := range d.Seasonal[season] {
		both[t] += v
	}
	all := variance(both)
	if all == 0 {
		return 0
	}
	return min(max(1-variance(d.Remainder)/all, 0), 1)
}

// variance is the sample variance.
func variance(values []float64) float64 {
	mean, sum := average(values), 0.0
	for _, v := range values {
		sum += float64((v - mean) * (v - mean))
	}
	return sum / float64(len(values)-1)
}

// stl runs the inner loop twice without weights for outliers. Window 0 is
// periodic.
func stl(y []float64, m, window int) (trend, season []float64) {
	n := len(y)
	periodic := window == 0
	if periodic {
		window = 10*n + 1
	}
	odd := func(x float64) int { k := int(math.Ceil(x)); return k + 1 - k%2 }
	trendWindow := odd(1.5 * float64(m) / (1 - 1.5/float64(window)))
	lowWindow := odd(float64(m))
	jump := func(window int) int { return (window + 9) / 10 }

	trend, season = make([]float64, n), make([]float64, n)
	detrended, low := make([]float64, n), make([]float64, n)
	cycles := make([]float64, n+2*m)
	part, smooth := make([]float64, n/m+1), make([]float64, n/m+3)
	for range 2 {
		for t, v := range y {
			detrended[t] = v - trend[t]
		}
		for j := range m { // smooth each season's values, one cycle beyond both ends
			part = part[:0]
			for t := j; t < n; t += m {
				part = append(part, detrended[t])
			}
			k := len(part)
			l := loess{y: part, window: window}
			smooth = smooth[:k+2]
			l.smooth(smooth[1:k+1], jump(window))
			smooth[0] = l.at(0, 1, min(window, k), smooth[1])
			smooth[k+1] = l.at(float64(k+1), max(1, k-window+1), k, smooth[k])
			for i, v := range smooth {
				cycles[i*m+j] = v
			}
		}
		filtered := movingAverage(movingAverage(movingAverage(cycles, m), m), 3)
		l := loess{y: filtered, window: lowWindow, linear: true}
		l.smooth(low, jump(lowWindow))
		for t := range season {
			season[t] = cycles[m+t] - low[t]
			detrended[t] = y[t] - season[t]
		}
		l = loess{y: detrended, window: trendWindow, linear: true}
		l.smooth(trend, jump(trendWindow))
	}
	if periodic {
		for j := range m {
			sum, count := 0.0, 0.0
			for t := j; t < n; t += m {
				sum += season[t]
				count++
			}
			for t := j; t < n; t += m {
				season[t] = sum / count
			}
		}
	}
	return trend, season
}

// movingAverage returns the means of length values in a row.
func movingAverage(y []float64, length int) []float64 {
	averages := make([]float64, len(y)-length+1)
	sum := 0.0
	for _, v := range y[:length] {
		sum += v
	}
	averages[0] = sum / float64(length)
	for i := 1; i < len(averages); i++ {
		sum += y[i+length-1] - y[i-1]
		averages[i] = sum / float64(length)
	}
	return averages
}
