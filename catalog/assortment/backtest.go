package assortment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Origin is a moment at which a back-test decides, and the period by which it is
// judged.
type Origin struct {
	Cut, End time.Time
	// Since bounds the candidates: products sold from Since until Cut.
	Since time.Time
}

// Captured is how well a share of the candidates would have been chosen.
type Captured struct {
	// Fraction of the candidates that is kept, Kept their number.
	Fraction float64
	Kept     int
	// Share is the margin of the kept in the period over the best possible with so
	// many products.
	Share float64
	// Overlap is the share of the kept that are among the best.
	Overlap float64
	// Likely is the mean probability that the kept ones belong there, as [Decide]
	// gave it: near Overlap if the probabilities can be trusted.
	Likely float64
}

// BackTested is the result at one origin.
type BackTested struct {
	Origin     Origin
	Candidates int
	// Total is the margin of the candidates in the period, Silent how many of them
	// earned nothing in it.
	Total  float64
	Silent int
	// Spread is the deviation of the logarithm of what candidates with a positive
	// score and margin went on to earn per day around their score, less its mean: the
	// figure that [Decide] takes.
	Spread   float64
	Captured []Captured
}

// BackTest decides at each origin from the sales before its cut alone, and compares
// with the period after it. groups are given per origin, since names and
// categories have to be those known at the cut; nil is none. spread is that of
// [Decide].
func BackTest(merit Merit, sales []Sale, groups []map[flywheel.SKU][]string, origins []Origin, fractions []float64, spread float64) ([]BackTested, error) {
	if groups != nil && len(groups) != len(origins) {
		return nil, refuse("number of groups", len(groups), ErrInput)
	}
	for i, f := range fractions {
		if err := indexed("fractions", i, f, 0, 1); err != nil {
			return nil, err
		}
	}
	var results []BackTested
	for k, o := range origins {
		if !o.Cut.Before(o.End) || !o.Since.Before(o.Cut) {
			return nil, refuse(fmt.Sprintf("origins[%d]", k), o, ErrInput)
		}
		candidates, truth := map[flywheel.SKU]bool{}, map[flywheel.SKU]float64{}
		for _, s := range sales {
			if s.Margin > 0 && s.At.Before(o.Cut) && !s.At.Before(o.Since) {
				candidates[s.SKU] = true
			}
		}
		var past []Sale
		for _, s := range sales {
			switch {
			case !candidates[s.SKU]:
			case s.At.Before(o.Cut):
				past = append(past, s)
			case s.At.Before(o.End):
				truth[s.SKU] += s.Margin
			}
		}
		var own map[flywheel.SKU][]string
		if groups != nil {
			own = groups[k]
		}
		scores, err := merit.Score(past, own, o.Cut)
		if err != nil {
			return nil, fmt.Errorf("origins[%d]: %w", k, err)
		}
		r := BackTested{Origin: o, Candidates: len(candidates)}
		best := make([]Valued, 0, len(scores))
		days := o.End.Sub(o.Cut).Hours() / 24
		var errors []float64
		for _, s := range scores {
			v := truth[s.SKU]
			r.Total += v
			if v <= 0 {
				r.Silent++
			}
			best = append(best, Valued{s.SKU, v})
			if s.Value > 0 && v > 0 {
				errors = append(errors, math.Log(v/days/s.Value))
			}
		}
		r.Spread = deviation(errors)
		slices.SortFunc(best, func(a, b Valued) int {
			return cmp.Or(compareFalling(a.Value, b.Value), cmp.Compare(a.SKU, b.SKU))
		})
		for _, f := range fractions {
			c := Captured{Fraction: f, Kept: int(f * float64(len(scores)))}
			decisions, err := Decide(scores, c.Kept, spread)
			if err != nil {
				return nil, err
			}
			top, most := map[flywheel.SKU]bool{}, 0.0
			for _, b := range best[:c.Kept] {
				top[b.SKU] = true
				most += b.Value
			}
			got := 0.0
			for _, d := range decisions[:c.Kept] {
				got += truth[d.SKU]
				c.Likely += d.Probability / float64(c.Kept)
				if top[d.SKU] {
					c.Overlap += 1 / float64(c.Kept)
				}
			}
			if most > 0 {
				c.Share = got / most
			}
			r.Captured = append(r.Captured, c)
		}
		results = append(results, r)
	}
	return results, nil
}

func deviation(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	mean := 0.0
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	ss := 0.0
	for _, v := range x {
		ss += float64((v - mean) * (v - mean))
	}
	return math.Sqrt(ss / float64(len(x)-1))
}
