package supplier

import "fmt"

// Criterion turns one figure into points from 0 to 1.
type Criterion struct {
	Name   string
	Weight float64
	// Worst and Best are the figures worth 0 and 1 points; what lies between is
	// linear, what lies beyond is cut. Best may be the smaller one.
	Worst, Best float64
	// Veto, unless nil, is the figure beyond which, on Worst's side, a supplier is
	// refused whatever else it does.
	Veto *float64
}

// Points are what one criterion gave.
type Points struct {
	Criterion string
	// Value is the figure, nil if there was none.
	Value *float64
	// Points are 0 to 1; a figure that is missing has none.
	Points float64
	// Share is the contribution to the score: weight·points / sum of weights.
	Share float64
	Veto  bool
}

// Rating is a score that says how it came about.
type Rating struct {
	// Score is 0 to 1. A criterion without a figure counts as 0 points, so that
	// no data is never perfect.
	Score float64
	// Known is the share of the weights for which there was a figure.
	Known  float64
	Vetoed bool
	Parts  []Points
}

// Rate scores figures against criteria. values has one figure per criterion, nil
// for none.
func Rate(criteria []Criterion, values []*float64) (Rating, error) {
	if len(criteria) == 0 {
		return Rating{}, refuse("criteria", "none", ErrInput)
	}
	if len(values) != len(criteria) {
		return Rating{}, refuse("number of values", len(values), ErrInput)
	}
	total := 0.0
	for i, c := range criteria {
		name := func(what string) string { return fmt.Sprintf("criteria[%d] %s", i, what) }
		if !(c.Weight >= 0 && c.Weight <= 1e9) {
			return Rating{}, refuse(name("weight"), c.Weight, ErrRange)
		}
		if err := finite(name("worst"), c.Worst); err != nil {
			return Rating{}, err
		}
		if err := finite(name("best"), c.Best); err != nil {
			return Rating{}, err
		}
		if c.Best == c.Worst {
			return Rating{}, refuse(name("best"), c.Best, ErrInput)
		}
		if c.Veto != nil {
			if err := finite(name("veto"), *c.Veto); err != nil {
				return Rating{}, err
			}
		}
		total += c.Weight
	}
	if total == 0 {
		return Rating{}, refuse("weights", "all zero", ErrInput)
	}
	var r Rating
	for i, c := range criteria {
		p := Points{Criterion: c.Name, Value: values[i]}
		if v := values[i]; v != nil {
			if err := finite(fmt.Sprintf("values[%d]", i), *v); err != nil {
				return Rating{}, err
			}
			p.Points = min(1, max(0, (*v-c.Worst)/(c.Best-c.Worst)))
			p.Share = c.Weight * p.Points / total
			r.Known += c.Weight / total
			if c.Veto != nil {
				p.Veto = c.Best > c.Worst && *v < *c.Veto || c.Best < c.Worst && *v > *c.Veto
				r.Vetoed = r.Vetoed || p.Veto
			}
		}
		r.Score += p.Share
		r.Parts = append(r.Parts, p)
	}
	return r, nil
}
