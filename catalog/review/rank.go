package review

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/betadist"
)

// outOfRange is a [*flywheel.FieldError] about a number.
func outOfRange(field, format string, args ...any) error {
	return &flywheel.FieldError{Field: field, Err: fmt.Errorf(format+": %w", append(args, flywheel.ErrOutOfRange)...)}
}

// critical returns the z of a two-sided interval: the normal quantile of
// 1 - (1 - confidence)/2.
func critical(confidence float64) (float64, error) {
	if !(confidence > 0 && confidence < 1) {
		return 0, outOfRange("confidence", "%v is not between 0 and 1", confidence)
	}
	return math.Sqrt2 * math.Erfinv(confidence), nil
}

func checkCounts(positive, total int64) error {
	if total < 0 {
		return outOfRange("total", "%d is negative", total)
	}
	if positive < 0 || positive > total {
		return outOfRange("positive", "%d is not from 0 to %d", positive, total)
	}
	return nil
}

// Wilson returns the two-sided score interval of a share, such as of helpful votes,
// without continuity correction (Wilson, 1927; Brown, Cai and DasGupta, 2001,
// equation 4). Without votes it is from 0 to 1; without successes the lower bound
// is exactly 0, with nothing else the upper exactly 1. O(1).
func Wilson(positive, total int64, confidence float64) (lower, upper float64, err error) {
	if err := checkCounts(positive, total); err != nil {
		return 0, 0, err
	}
	z, err := critical(confidence)
	if err != nil {
		return 0, 0, err
	}
	lower, upper = wilson(positive, total, z)
	return lower, upper, nil
}

func wilson(positive, total int64, z float64) (lower, upper float64) {
	if total == 0 {
		return 0, 1
	}
	n, p, zz := float64(total), float64(positive)/float64(total), float64(z*z)
	center := (p + zz/(2*n)) / (1 + zz/n)
	half := z / (1 + zz/n) * math.Sqrt(float64(p*(1-p))/n+zz/(4*n*n))
	lower, upper = max(0, center-half), min(1, center+half)
	if positive == 0 {
		lower = 0
	}
	if positive == total {
		upper = 1
	}
	return lower, upper
}

// z95 is the z of 95 %, by which posts are ordered.
var z95 = math.Sqrt2 * math.Erfinv(0.95)

// Helpfulness is the order of posts by votes: the lower bound of [Wilson] at 95 %,
// in parts of a billion. It is monotone in it, and the same on every machine and in
// every database.
func Helpfulness(up, down int64) int64 {
	lower, _ := wilson(up, up+down, z95)
	return int64(math.Round(lower * 1e9))
}

// Voted is a post as [HelpfulOrder] looks at it.
type Voted struct {
	ID       string
	Up, Down int64
	At       time.Time // when it was written
}

// HelpfulOrder sorts posts by the lower bound of [Wilson] at the confidence,
// descending, then the newest first, then by ID. So one vote of one does not beat
// ninety of a hundred. O(n log n).
func HelpfulOrder(posts []Voted, confidence float64) error {
	z, err := critical(confidence)
	if err != nil {
		return err
	}
	for i, p := range posts {
		if p.Up < 0 || p.Down < 0 || p.Up > math.MaxInt64-p.Down {
			return outOfRange(fmt.Sprintf("posts[%d]", i), "%d and %d votes", p.Up, p.Down)
		}
	}
	slices.SortFunc(posts, func(a, b Voted) int {
		x, _ := wilson(a.Up, a.Up+a.Down, z)
		y, _ := wilson(b.Up, b.Up+b.Down, z)
		return cmp.Or(cmp.Compare(y, x), b.At.Compare(a.At), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

// BayesianAverage pulls the mean of few ratings towards a prior mean, which counts
// as priorCount ratings: (count·mean + priorCount·priorMean)/(count + priorCount).
// Without any rating it is the prior mean.
func BayesianAverage(count int64, mean, priorCount, priorMean float64) (float64, error) {
	switch {
	case count < 0:
		return 0, outOfRange("count", "%d is negative", count)
	case !(priorCount >= 0) || math.IsInf(priorCount, 0):
		return 0, outOfRange("prior_count", "%v", priorCount)
	case math.IsNaN(mean) || math.IsInf(mean, 0):
		return 0, outOfRange("mean", "%v", mean)
	case math.IsNaN(priorMean) || math.IsInf(priorMean, 0):
		return 0, outOfRange("prior_mean", "%v", priorMean)
	case count == 0:
		return priorMean, nil
	}
	n := float64(count)
	return (float64(n*mean) + float64(priorCount*priorMean)) / (n + priorCount), nil
}

// Stars counts ratings: Stars[0] of one star to Stars[4] of five.
type Stars [5]int64

// maxCount bounds a count, so that sums of squares of stars stay exact.
const maxCount = 1 << 48

func (s Stars) check() error {
	for i, n := range s {
		if n < 0 || n > maxCount {
			return outOfRange(fmt.Sprintf("counts[%d]", i), "%d is not from 0 to %d", n, int64(maxCount))
		}
	}
	return nil
}

// StarLowerBound returns the mean of the Dirichlet posterior of a distribution of
// stars with one pseudo-rating each, and that mean minus z times its standard
// deviation (divisor N + 5 + 1), z as in [Wilson]. Products sorted by lower are
// sorted by what is known of them (Miller, 2014, Ranking Items With Star Ratings).
// O(1).
func StarLowerBound(counts Stars, confidence float64) (mean, lower float64, err error) {
	z, err := critical(confidence)
	if err != nil {
		return 0, 0, err
	}
	if err := counts.check(); err != nil {
		return 0, 0, err
	}
	total, sum, squares := 0.0, 0.0, 0.0
	for i, n := range counts {
		star, a := float64(i+1), float64(n)+1
		total += a
		sum += float64(star * a)
		squares += float64(star * star * a)
	}
	mean = sum / total
	variance := (squares/total - float64(mean*mean)) / (total + 1)
	return mean, mean - float64(z*math.Sqrt(variance)), nil
}

// JeffreysLower returns a quantile of the posterior of a share under Jeffreys's
// prior: of Beta(positive + 1/2, total - positive + 1/2). O(1).
func JeffreysLower(positive, total int64, quantile float64) (float64, error) {
	if err := checkCounts(positive, total); err != nil {
		return 0, err
	}
	if !(quantile > 0 && quantile < 1) {
		return 0, outOfRange("quantile", "%v is not between 0 and 1", quantile)
	}
	return betadist.Quantile(float64(positive)+0.5, float64(total-positive)+0.5, quantile), nil
}

// Aged is a rating and how long ago it was given.
type Aged struct {
	Rating int // 1 to 5
	Age    time.Duration
}

// Decayed is a mean in which old ratings count less.
type Decayed struct {
	Mean float64 `json:"mean"`
	// Weight is the sum of the weights, EffectiveN the number of equal ratings that
	// would know as much: (Σw)²/Σw² (Kish, 1965).
	Weight     float64 `json:"weight"`
	EffectiveN float64 `json:"effective_n"`
}

// Decay returns the mean of ratings with weights 2^(-age/halfLife). Without ratings
// it is zero. O(n).
func Decay(ratings []Aged, halfLife time.Duration) (Decayed, error) {
	if halfLife <= 0 {
		return Decayed{}, outOfRange("half_life", "%v is not positive", halfLife)
	}
	var d decaying
	for i, r := range ratings {
		if r.Rating < 1 || r.Rating > 5 {
			return Decayed{}, outOfRange(fmt.Sprintf("ratings[%d].rating", i), "%d is not from 1 to 5", r.Rating)
		}
		if r.Age < 0 {
			return Decayed{}, outOfRange(fmt.Sprintf("ratings[%d].age", i), "%v is negative", r.Age)
		}
		d.add(float64(r.Rating), 1, math.Exp2(-float64(r.Age)/float64(halfLife)))
	}
	return d.result(), nil
}

// decaying sums weighted ratings.
type decaying struct{ weight, squares, sum float64 }

// add adds n ratings of one weight.
func (d *decaying) add(rating, n, weight float64) {
	d.weight += float64(n * weight)
	d.squares += float64(n * weight * weight)
	d.sum += float64(n * weight * rating)
}

func (d *decaying) result() Decayed {
	if d.weight == 0 {
		return Decayed{}
	}
	return Decayed{d.sum / d.weight, d.weight, float64(d.weight*d.weight) / d.squares}
}
