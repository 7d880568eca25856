package rerank

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Candidate is an item that could be shown.
type Candidate struct {
	SKU   flywheel.SKU
	Score float64
	// Group is shared by the variants of one thing; empty for an item on its own.
	Group string
	// Categories of the item, the main one first.
	Categories []string
	Brand      string
	Tags       []string
	// Price and Stock are amounts in the caller's unit; Margin is a share of the
	// price; Age is how many days it has been on sale. They matter to boosts only.
	Price, Stock, Margin, Age float64
	// Vector places the item for variety; nil where only categories do.
	Vector []float32
}

// Field names what a rule looks at.
type Field string

// The fields of a Candidate that caps count by.
const (
	ByCategory Field = "category" // each of Categories
	ByMain     Field = "main"     // the first of Categories
	ByBrand    Field = "brand"
	ByTag      Field = "tag" // each of Tags
)

// Cap is the most items of a list that share a value.
type Cap struct {
	By Field
	// Value is the one that is capped; empty for each value.
	Value string
	// Max is how many, at least 0.
	Max int
	// Soft caps give way when the list would be short otherwise.
	Soft bool
}

// Pin puts an item into a place, whatever its score.
type Pin struct {
	SKU  flywheel.SKU
	Slot int // from 1
}

// Slot keeps a place for candidates with a tag, such as "sponsored" or "new". It is
// given to others when none is left.
type Slot struct {
	Place int // from 1
	Tag   string
}

// Boost multiplies the score of candidates. Scores below 0 are divided, so that a
// factor above 1 always moves up.
type Boost struct {
	// Name says what it is for, in explanations.
	Name string
	// Of returns the factor, above 0; 1 leaves the score alone.
	Of func(*Candidate) float64
}

// Plan holds the rules of a list. The zero value shows the best ten.
type Plan struct {
	// Limit is the length of the list: 10.
	Limit int
	// Boosts are applied in order by Boosted.
	Boosts []Boost
	Pins   []Pin
	Slots  []Slot
	Caps   []Cap
	// Variants allows several items of one Group, though never side by side. Without
	// it the best of each Group is shown.
	Variants bool
	// Lambda weighs the score against variety, in (0, 1]: 0 and 1 stand for the
	// score alone, 0.7 for a good mix. Each place is given to the candidate with the most
	// Lambda·worth − (1 − Lambda)·redundancy (maximal marginal relevance: Carbonell and
	// Goldstein 1998). Worth is 1/(1 + rank/(0.6·Limit)), so that Lambda means the same
	// whatever the scores are like. Redundancy is how much of the candidate the places
	// before have already: the largest cosine of vectors; without a Vector the mean over
	// its Categories of 1 − 2^−(items that have it). What was chosen is then put into the
	// order of the score, unless Variants is set.
	Lambda float64
	// Target is the share that each category should have, summing to 1; nil for
	// none. Calibration, in [0, 1), is how much it counts beside the score.
	Target      map[string]float64
	Calibration float64
	// Pool is how many candidates Lambda and Target choose from: 5·Limit, at least 50.
	Pool int
	// Exposure holds how often an item was shown of late, MaxExposure how often it
	// may be: 0 for no end. Items at it come only when nothing else is left.
	Exposure    func(flywheel.SKU) int64
	MaxExposure int64
}

// PlanError names the rule of a [Plan] that is wrong. It matches
// [flywheel.ErrOutOfRange] or [flywheel.ErrInvalid].
type PlanError struct {
	Field string // such as "Pins[2].Slot"
	Err   error  // wraps a kind
}

func (e *PlanError) Error() string { return fmt.Sprintf("rerank: plan: %s: %v", e.Field, e.Err) }

// Unwrap returns the cause.
func (e *PlanError) Unwrap() error { return e.Err }

func outOfRange(field string, value any) error {
	return &PlanError{field, fmt.Errorf("%v: %w", value, flywheel.ErrOutOfRange)}
}

// Check reports the first thing that is wrong with p as a [*PlanError].
func (p *Plan) Check() error {
	switch {
	case p.Limit < 0:
		return outOfRange("Limit", p.Limit)
	case p.Pool < 0:
		return outOfRange("Pool", p.Pool)
	case !(p.Lambda >= 0 && p.Lambda <= 1):
		return outOfRange("Lambda", p.Lambda)
	case !(p.Calibration >= 0 && p.Calibration < 1):
		return outOfRange("Calibration", p.Calibration)
	case p.MaxExposure < 0:
		return outOfRange("MaxExposure", p.MaxExposure)
	}
	places := map[int]bool{}
	for n, pin := range p.Pins {
		field := fmt.Sprintf("Pins[%d].Slot", n)
		if pin.Slot < 1 || pin.Slot > p.limit() {
			return outOfRange(field, pin.Slot)
		}
		if places[pin.Slot] {
			return &PlanError{field, fmt.Errorf("%d is taken: %w", pin.Slot, flywheel.ErrInvalid)}
		}
		places[pin.Slot] = true
	}
	for n, s := range p.Slots {
		field := fmt.Sprintf("Slots[%d].Place", n)
		if s.Place < 1 || s.Place > p.limit() {
			return outOfRange(field, s.Place)
		}
		if places[s.Place] {
			return &PlanError{field, fmt.Errorf("%d is taken: %w", s.Place, flywheel.ErrInvalid)}
		}
		places[s.Place] = true
	}
	for n, c := range p.Caps {
		if c.Max < 0 {
			return outOfRange(fmt.Sprintf("Caps[%d].Max", n), c.Max)
		}
		switch c.By {
		case ByCategory, ByMain, ByBrand, ByTag:
		default:
			return &PlanError{fmt.Sprintf("Caps[%d].By", n), fmt.Errorf("%q is unknown: %w", c.By, flywheel.ErrInvalid)}
		}
	}
	for n, b := range p.Boosts {
		if b.Of == nil {
			return &PlanError{fmt.Sprintf("Boosts[%d].Of", n), fmt.Errorf("missing: %w", flywheel.ErrInvalid)}
		}
	}
	var sum float64
	for name, share := range p.Target {
		if !(share >= 0 && share <= 1) {
			return outOfRange("Target["+name+"]", share)
		}
		sum += share
	}
	if p.Target != nil && math.Abs(sum-1) > 1e-6 {
		return outOfRange("Target", sum)
	}
	return nil
}

func (p *Plan) limit() int {
	if p.Limit == 0 {
		return 10
	}
	return p.Limit
}

func (p *Plan) pool() int {
	if p.Pool == 0 {
		return max(50, 5*p.limit())
	}
	return max(p.Pool, p.limit())
}

// Boosted returns the score of c under the boosts of p. A factor that is no positive
// number counts as 1. Fill does not boost: whoever makes the scores does, once.
func (p *Plan) Boosted(c *Candidate) float64 {
	s := c.Score
	for _, b := range p.Boosts {
		s = boost(s, b.Of(c))
	}
	return s
}

func boost(score, factor float64) float64 {
	switch {
	case !(factor > 0) || math.IsInf(factor, 1):
		return score
	case score < 0:
		return score / factor
	}
	return score * factor
}

// Moved returns the names of the boosts whose factor for c is not 1.
func (p *Plan) Moved(c *Candidate) (names []string) {
	for _, b := range p.Boosts {
		if f := b.Of(c); f > 0 && f != 1 && !math.IsInf(f, 1) {
			names = append(names, b.Name)
		}
	}
	return names
}

// Margin returns the boost 1 + weight·margin.
func Margin(weight float64) Boost {
	return Boost{"margin", func(c *Candidate) float64 { return 1 + weight*c.Margin }}
}

// Fresh returns the boost 1 + weight·2^(−age/halfLife), both in days.
func Fresh(weight, halfLife float64) Boost {
	return Boost{"new", func(c *Candidate) float64 { return 1 + weight*math.Exp2(-max(0, c.Age)/halfLife) }}
}

// Stocked returns the boost for items of which much is there: 1 + weight·s/(s + half),
// s being the stock.
func Stocked(weight, half float64) Boost {
	return Boost{"in stock", func(c *Candidate) float64 { return 1 + weight*max(0, c.Stock)/(max(0, c.Stock)+half) }}
}

// Priced returns the boost for prices near one: 1 + weight·2^(−|ln(price/near)|/ln 2), so half of
// it at double or half the price.
func Priced(weight, near float64) Boost {
	return Boost{"price", func(c *Candidate) float64 {
		if !(c.Price > 0) || !(near > 0) {
			return 1
		}
		return 1 + weight*math.Exp2(-math.Abs(math.Log2(c.Price/near)))
	}}
}
