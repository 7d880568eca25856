package forecast

import (
	"math"
	"slices"
)

// Fill returns the series with its missing observations, which are NaN,
// replaced, and how many there were. A gap gets the line between the
// observations on both sides; where the series has a season and two cycles or
// more, that line is drawn through the values without their season, the mean
// difference of its observations to the means of the complete cycles around
// them. At the ends the nearest observation is carried on. The given values are not
// changed. A series without any observation is refused as empty. O(n).
//
// Models refuse NaN rather than guess: fill where the observation was lost, and
// leave the period out of Values or clean it where there was no stock.
func Fill(s Series) (Series, int, error) {
	missing, err := s.checkGappy()
	if err != nil {
		return s, 0, err
	}
	if missing == 0 {
		return s, 0, nil
	}
	filled := slices.Clone(s.Values)
	m := s.season()
	index := make([]float64, m)
	if m > 1 && len(filled) >= 2*m {
		index = gappySeasons(s.Values, m)
	}
	last := -1
	for i := range filled {
		if math.IsNaN(s.Values[i]) {
			continue
		}
		bridge(filled, index, last, i)
		last = i
	}
	bridge(filled, index, last, len(filled))
	s.Values = filled
	return s, missing, nil
}

// bridge fills what lies between two observations, -1 and len(y) where there is
// none.
func bridge(y, index []float64, from, to int) {
	m := len(index)
	without := func(i int) float64 { return y[i] - index[i%m] }
	for i := from + 1; i < to; i++ {
		var level float64
		switch {
		case from < 0:
			level = without(to)
		case to == len(y):
			level = without(from)
		default:
			share := float64(i-from) / float64(to-from)
			level = float64((1-share)*without(from)) + float64(share*without(to))
		}
		y[i] = level + index[i%m]
	}
}

// gappySeasons is the mean difference of each season's observations to the mean
// of the cycle around them, where that is complete; zero where it never is.
func gappySeasons(y []float64, m int) []float64 {
	index, count := make([]float64, m), make([]float64, m)
	for i, v := range y {
		low := min(max(i-m/2, 0), len(y)-m)
		if mean := average(y[low : low+m]); !math.IsNaN(v) && !math.IsNaN(mean) {
			index[i%m] += v - mean
			count[i%m]++
		}
	}
	for k := range index {
		if count[k] > 0 {
			index[k] /= count[k]
		}
	}
	return index
}

// checkGappy is check for a series in which NaN stands for what is missing: it
// counts them.
func (s *Series) checkGappy() (missing int, err error) {
	for i, v := range s.Values {
		switch {
		case math.IsNaN(v):
			missing++
		case !(math.Abs(v) <= MaxMagnitude):
			err := ErrTooLarge
			if math.IsInf(v, 0) {
				err = ErrNotFinite
			}
			return 0, &SeriesError{Series: s.ID, Index: i, Value: v, Err: err}
		}
	}
	if err := s.checkSeason(); err != nil {
		return 0, err
	}
	if missing == len(s.Values) {
		return 0, &SeriesError{Series: s.ID, Index: -1, Err: ErrEmpty}
	}
	return missing, nil
}
