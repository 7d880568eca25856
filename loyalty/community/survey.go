package community

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/internal/betadist"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// Interval is an interval of 95 % confidence.
type Interval struct{ Lower, Upper float64 }

// z95 is the normal quantile of 97.5 %.
var z95 = math.Sqrt2 * math.Erfinv(0.95)

// Answers counts how likely people are to recommend: 9 and 10 are promoters, 7 and 8
// passives, 0 to 6 detractors.
type Answers struct{ Promoters, Passives, Detractors int64 }

// Count sorts ratings of 0 to 10 into answers.
func Count(ratings []int) (a Answers, err error) {
	for i, r := range ratings {
		switch {
		case r < 0 || r > 10:
			return Answers{}, wrong(fmt.Sprintf("ratings[%d]", i), "%d is not from 0 to 10", r)
		case r >= 9:
			a.Promoters++
		case r >= 7:
			a.Passives++
		default:
			a.Detractors++
		}
	}
	return a, nil
}

// total returns the number of answers.
func (a Answers) total() (float64, error) {
	const most = 1 << 52
	if a.Promoters < 0 || a.Passives < 0 || a.Detractors < 0 || a.Promoters > most || a.Passives > most || a.Detractors > most {
		return 0, wrong("answers", "%d, %d, %d", a.Promoters, a.Passives, a.Detractors)
	}
	n := float64(a.Promoters + a.Passives + a.Detractors)
	if n == 0 {
		return 0, wrong("answers", "none")
	}
	return n, nil
}

// NPS is a net promoter score in points, -100 to 100.
type NPS struct {
	Score float64
	// StdError is the standard error of the score.
	StdError float64
	// Wald95 is Score ± 1.96 standard errors, Adjusted95 the same after three answers
	// more, which covers better with few: .75 promoters, 1.5 passives, .75 detractors.
	Wald95, Adjusted95 Interval
}

// NetPromoter returns the score of answers, p - d, with the variance
// p + d - (p - d)² per answer (Rocks, 2016, Interval estimation for the net promoter
// score). O(1).
func NetPromoter(a Answers) (NPS, error) {
	n, err := a.total()
	if err != nil {
		return NPS{}, err
	}
	score, se := netScore(float64(a.Promoters), float64(a.Detractors), n)
	center, adjusted := netScore(float64(a.Promoters)+0.75, float64(a.Detractors)+0.75, n+3)
	return NPS{score, se, around(score, z95*se), around(center, z95*adjusted)}, nil
}

func around(center, half float64) Interval { return Interval{center - half, center + half} }

// netScore returns the score and its standard error, in points.
func netScore(promoters, detractors, n float64) (score, se float64) {
	p, d := promoters/n, detractors/n
	variance := p + d - float64((p-d)*(p-d))
	return 100 * (p - d), 100 * math.Sqrt(variance/n)
}

// Comparison compares the scores of two groups.
type Comparison struct{ Difference, Z, PValue float64 }

// CompareNPS tests whether two groups have one score, in both directions, by the
// normal approximation with unpooled variances. Two groups of no variance are
// refused: nothing can be said of them.
func CompareNPS(a, b Answers) (Comparison, error) {
	na, err := a.total()
	if err != nil {
		return Comparison{}, err
	}
	nb, err := b.total()
	if err != nil {
		return Comparison{}, err
	}
	x, sx := netScore(float64(a.Promoters), float64(a.Detractors), na)
	y, sy := netScore(float64(b.Promoters), float64(b.Detractors), nb)
	se := math.Hypot(sx, sy)
	if se == 0 {
		return Comparison{}, wrong("answers", "both groups are of one mind")
	}
	z := (x - y) / se
	return Comparison{x - y, z, 2 * normal.Upper(math.Abs(z))}, nil
}

// Satisfaction is the share of the satisfied (CSAT).
type Satisfaction struct {
	Rate     float64
	Wilson95 Interval // score interval (Wilson, 1927)
	Mean     float64  // of the ratings
}

// Satisfied returns the share of ratings 1 to scale that are at least from.
func Satisfied(ratings []int, scale, from int) (Satisfaction, error) {
	mean, _, err := moments(ratings, scale)
	if err != nil {
		return Satisfaction{}, err
	}
	if from < 1 || from > scale {
		return Satisfaction{}, wrong("satisfied_from", "%d is not from 1 to %d", from, scale)
	}
	rate, n := shareFrom(ratings, from), float64(len(ratings))
	zz := float64(z95 * z95)
	center := (rate + zz/(2*n)) / (1 + zz/n)
	half := z95 / (1 + zz/n) * math.Sqrt(float64(rate*(1-rate))/n+zz/(4*n*n))
	return Satisfaction{rate, Interval{max(0, center-half), min(1, center+half)}, mean}, nil
}

// Effort is how easy it was (CES).
type Effort struct {
	Mean float64
	T95  Interval // by Student's t
	// ShareEasy is the share of the easy ratings, in the upper part of the scale: 5 and
	// up of 7.
	ShareEasy float64
}

// EffortScore returns the mean of ratings 1 to scale, of which there must be two.
func EffortScore(ratings []int, scale int) (Effort, error) {
	mean, variance, err := moments(ratings, scale)
	if err != nil {
		return Effort{}, err
	}
	n := float64(len(ratings))
	if n < 2 {
		return Effort{}, wrong("ratings", "%d are too few for an interval", len(ratings))
	}
	half := betadist.StudentQuantile(0.95, n-1) * math.Sqrt(variance/n)
	return Effort{mean, around(mean, half), shareFrom(ratings, scale/2+2)}, nil
}

func shareFrom(ratings []int, from int) float64 {
	n := 0
	for _, r := range ratings {
		if r >= from {
			n++
		}
	}
	return float64(n) / float64(len(ratings))
}

// moments returns the mean and the variance (divisor n - 1) of ratings.
func moments(ratings []int, scale int) (mean, variance float64, err error) {
	if scale < 2 || scale > 1000 {
		return 0, 0, wrong("scale", "%d is not from 2 to 1,000", scale)
	}
	if len(ratings) == 0 {
		return 0, 0, wrong("ratings", "none")
	}
	sum := 0
	for i, r := range ratings {
		if r < 1 || r > scale {
			return 0, 0, wrong(fmt.Sprintf("ratings[%d]", i), "%d is not from 1 to %d", r, scale)
		}
		sum += r
	}
	mean = float64(sum) / float64(len(ratings))
	for _, r := range ratings {
		d := float64(r) - mean
		variance += float64(d * d)
	}
	return mean, variance / max(1, float64(len(ratings)-1)), nil
}
