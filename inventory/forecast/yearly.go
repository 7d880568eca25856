package forecast

import (
	"math"
	"slices"
)

const (
	// yearlyFrom is the number of years of days from which on a curve of the year is
	// drawn, and yearlySmooth the number of weeks on each side that a place of it is the mean of.
	yearlyFrom   = 2
	yearlySmooth = 2
	// yearlyPrior is its weight before a series is looked at.
	yearlyPrior = 2
)

// fitYearly fits a level as fitSteady does, after a curve of the year was taken out of y, which
// has no week: the mean over the years of the logarithms, smoothed over some weeks, less
// the line through each year. It is for days of at least yearlyFrom years, of which a season
// of single days could not be told from chance. It reports false where there is no such
// curve. O(n).
func (p *theta) fitYearly(y []float64, season int, fitted []float64) bool {
	year := longerSeason(season)
	years := len(y) / max(year, 1)
	if season > 7 || year == 0 || years < yearlyFrom || slices.ContainsFunc(y, func(v float64) bool { return !(v > 0) }) {
		return false
	}
	n := len(y)
	sums := make([]float64, n+1) // of logarithms
	for t, v := range y {
		sums[t+1] = sums[t] + math.Log(v)
	}
	mean := func(from, to int) float64 { return (sums[to] - sums[from]) / float64(to-from) }
	p.index = resize(p.index, year)
	reach := yearlySmooth * season
	// The slope is that between the means of the first and the last year.
	slope := 0.0
	if last := n - year; last > n-years*year {
		slope = (mean(last, n) - mean(n-years*year, n-(years-1)*year)) / float64((years-1)*year)
	}
	for j := range years {
		from := n - (j+1)*year
		level := mean(from, from+year)
		for k := range year {
			t := from + k
			smooth := mean(max(t-reach, 0), min(t+reach+1, n))
			middle := float64(k) - float64(year-1)/2
			p.index[t%year] += (smooth - level - float64(slope*middle)) / float64(years)
		}
	}
	for k, v := range p.index {
		p.index[k] = math.Exp(v)
	}
	p.multiplicative = true
	level := make([]float64, n)
	for t, v := range y {
		level[t] = v / p.index[t%year]
	}
	p.fitSteady(level, season, fitted)
	for t := range fitted {
		fitted[t] *= p.index[t%year]
	}
	return true
}
