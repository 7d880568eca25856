package forecast

import (
	"math"
	"slices"
)

const (
	// seasonTold is the share of the squared error of "there is a demand" that the
	// season must take away for it to decide when demand comes, and seasonPeriods the
	// number of periods below which it would too often do so by chance.
	seasonTold    = 0.5
	seasonPeriods = 20
	// regularLeast is the number of periods in a row with demand from which on a rare
	// demand may have become regular, and regularChance the probability of that many
	// in a row, at the rate of before, below which it has.
	regularLeast  = combinedLeast
	regularChance = 1e-3
	// returnsMost is the number of demands for each return: more negative values make
	// another kind of series.
	returnsMost = 5
)

// comesInSeason reports whether the season tells in which periods a demand comes, as
// with closed weekdays, shops that open five days, and goods for Christmas. Each cycle
// is predicted by the share of the other cycles that had a demand in the same place of
// the season: of C cycles, c of them with demand in a place, the squared errors sum to
// C·c·(C-c)/(C-1)². Where demand comes at random that is more than the squares about
// the mean share. O(n).
func comesInSeason(values []float64, season int) bool {
	cycles := len(values) / max(season, 1)
	if season < 2 || cycles < 2 || len(values) < seasonPeriods {
		return false
	}
	values = values[len(values)-cycles*season:]
	demands, left := 0, 0.0
	for place := range season {
		with := 0
		for i := place; i < len(values); i += season {
			if values[i] != 0 {
				with++
			}
		}
		demands += with
		left += float64(with*(cycles-with)) * float64(cycles) / float64((cycles-1)*(cycles-1))
	}
	n := float64(len(values))
	about := float64(demands) * (n - float64(demands)) / n
	return about > 0 && left <= (1-seasonTold)*about
}

// beginning returns the period in which the demand as it is now begins: the first
// demand, where the zeros before it are far more than lie between demands after it, so
// that the item was launched then; and the first of the periods that all have a demand,
// where the demand was rare before and so many in a row would not come by chance. It is
// 0 for a demand that was always so, whose season tells when it comes, or of which there
// were fewer than two. Values are not negative. O(n).
func beginning(values []float64, season int) int {
	first := slices.IndexFunc(values, func(y float64) bool { return y != 0 })
	if first < 0 {
		return 0
	}
	d := classify(values[first:])
	if d.Count < selectDemands || first == 0 && d.Interval < IntervalLimit || comesInSeason(values, season) {
		return 0
	}
	start := 0
	if float64(first) > selectIdle*max(d.Interval, 1) {
		start = first
	}
	regular := len(values)
	for regular > start && values[regular-1] != 0 {
		regular--
	}
	run, before := len(values)-regular, regular-start
	if run < regularLeast || before == 0 || d.Interval < IntervalLimit {
		return start
	}
	rate := float64(d.Count-run) / float64(before)
	if float64(run)*math.Log(rate) < math.Log(regularChance) {
		start = regular
	}
	return start
}

// netted returns the values with each return, a negative one, taken off the demands
// before it, the latest first, and whether that makes a demand of them: where returns
// are few, none is larger than what was sold before, and some periods have no demand,
// without which nothing says that the values are sales. The given values are not
// changed. O(n) for few returns.
func netted(values []float64) ([]float64, bool) {
	demands, returns, idle := 0, 0, 0
	for _, y := range values {
		switch {
		case y > 0:
			demands++
		case y < 0:
			returns++
		default:
			idle++
		}
	}
	if returns == 0 || idle == 0 || returns*returnsMost > demands {
		return values, returns == 0
	}
	net := slices.Clone(values)
	for i, y := range net {
		if y >= 0 {
			continue
		}
		net[i] = 0
		for j := i - 1; j >= 0 && y < 0; j-- {
			taken := min(net[j], -y)
			net[j] -= taken
			y += taken
		}
		if y < 0 {
			return values, false
		}
	}
	return net, true
}

// from returns the series without its first periods.
func (s Series) from(start int) Series {
	if start == 0 {
		return s
	}
	s.Values = s.Values[start:]
	if len(s.Regressors) > 0 {
		s.Regressors = slices.Clone(s.Regressors)
		for i := range s.Regressors {
			s.Regressors[i].Values = s.Regressors[i].Values[start:]
		}
	}
	return s
}
