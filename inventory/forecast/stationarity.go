package forecast

import "math"

// Autocorrelations returns those of lags 1 to most: how alike values are that
// many periods apart. They are zero for a constant series. O(n·most).
func Autocorrelations(s Series, most int) ([]float64, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if most < 1 || most >= len(s.Values) {
		return nil, &SettingError{Model: "Autocorrelations", Setting: "most", Value: float64(most), Want: "1 to less than the number of observations"}
	}
	mean := average(s.Values)
	correlations := make([]float64, most)
	total := 0.0
	for _, v := range s.Values {
		total += float64((v - mean) * (v - mean))
	}
	if total == 0 {
		return correlations, nil
	}
	for lag := 1; lag <= most; lag++ {
		sum := 0.0
		for t := lag; t < len(s.Values); t++ {
			sum += float64((s.Values[t] - mean) * (s.Values[t-lag] - mean))
		}
		correlations[lag-1] = sum / total
	}
	return correlations, nil
}

// Differences returns how often a series wants to be differenced before its
// level stays: the fewest for which the test of Kwiatkowski, Phillips, Schmidt
// & Shin (1992) does not reject a level at 5 %, at most two, as R's
// forecast::ndiffs.
func Differences(s Series) (int, error) {
	if err := s.check(); err != nil {
		return 0, err
	}
	y := append([]float64(nil), s.Values...)
	for d := range 2 {
		of := Series{Values: y}
		if len(y) < 3 || of.constant() || kpss(y) <= 0.463 {
			return d, nil
		}
		for t := range y[1:] {
			y[t] = y[t+1] - y[t]
		}
		y = y[:len(y)-1]
	}
	return 2, nil
}

// kpss is the statistic with Bartlett weights over 3·√n/13 lags.
func kpss(y []float64) float64 {
	n := len(y)
	mean := average(y)
	sum, squares, total := 0.0, 0.0, 0.0
	for _, v := range y {
		sum += v - mean
		squares += float64(sum * sum)
		total += float64((v - mean) * (v - mean))
	}
	lags := int(3 * math.Sqrt(float64(n)) / 13)
	for lag := 1; lag <= lags; lag++ {
		product := 0.0
		for t := lag; t < n; t++ {
			product += float64((y[t] - mean) * (y[t-lag] - mean))
		}
		total += float64(2 * (1 - float64(lag)/float64(lags+1)) * product)
	}
	return squares / float64(n) / total
}

// SeasonalDifferences returns 1 where the series wants to be differenced over
// its season, else 0: where the strength of the season in its [MSTL] is above
// 0.64, as R's forecast::nsdiffs. A series of two cycles or less wants none.
func SeasonalDifferences(s Series) (int, error) {
	if err := s.check(); err != nil {
		return 0, err
	}
	if s.Season < 2 || len(s.Values) <= 2*s.Season || s.constant() {
		return 0, nil
	}
	d, err := MSTL(s)
	if err != nil {
		return 0, err
	}
	if d.Strength(0) > 0.64 {
		return 1, nil
	}
	return 0, nil
}
