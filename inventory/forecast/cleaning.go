package forecast

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Cleaning turns what was sold into what was wanted: it fills what is missing,
// estimates the demand of periods without stock, and replaces outliers. The zero
// value is ready. It says each thing that it changed, so that a planner can look
// at it.
//
// # What is known
//
// Where the series has regressors, such as promotions and prices, what they do is
// estimated from the periods in full stock, as factors of a demand, and taken out
// before anything is judged: a promotion is no outlier, and what was lost in one
// without stock is filled with it. The regressors stay with the series, for a model
// that uses them.
//
// # Stock-outs
//
// What is sold while there is no stock says nothing about demand, and what is
// sold in a period that ended without stock is a lower bound of it: a forecast
// from sales falls below demand, and the stock that is planned with it falls
// again (Wecker, 1978; Lau & Lau, 1996; Nahmias, 1994). With the share a of the
// period in stock, sales y in it, and the demand e that is expected of the whole
// period from those around it, demand is taken as
//
//	y + (1 - a)·(y + e)/(1 + a)
//
// The rate at which the rest of the period would have sold is a credibility mean
// (Bühlmann, 1967) of the one seen, y/a, and the one expected, e, weighed as if
// the rates of two periods differ as much as the sales of one rate. It is never
// below y, rises as sales do, and is y in full stock. That of a period without
// stock is e, or y where something was sold all the same.
//
// Here e is what [Fill] puts there when the period is missing, for demand that is
// intermittent (see [Classify]) the mean of the periods in stock: stock runs out
// after a demand, and the one before a gap is larger than others.
//
// # Outliers
//
// An observation is an outlier when none of its explanations comes near it.
// Without a season these are the medians of the three observations before it, of
// the three after it, and of both, and the lines that continue the medians before
// and after with their slope; at the ends also the only neighbor. So neither a
// trend nor a step of the level is an outlier. With a season and three cycles they
// are the observations one and two cycles away plus the median change of the three
// neighbors over that time, on either side; with two cycles it must be far from
// all of these. A series with a season that is shorter has no outliers, since a
// peak may come back, and neither has one of fewer than eight observations.
//
// Far is further than Fence interquartile ranges below the first quartile or above
// the third of the distances to the median explanation (Tukey, 1977), which takes
// the outlier's place. Values that are not negative are compared by their square
// roots, which have a variance that does not grow with the level when demand is
// counted (Bartlett, 1936). The last observation may be the first of a new level,
// and is left until the next tells.
//
// Of 30 to 150 independent observations, normal or lognormal, this finds an
// outlier in at most 4 of 100 series. Of 763 series of the M3 competition, in each
// of which one observation was multiplied by 3, 2, 0.4 or 0.2, it found 624, and
// called 89 others outliers; R's forecast::tsclean found 661 and called 1,194 others
// so. Spoiled like that, all 3,003 series are forecast by [Theta] with a mean sMAPE
// of 15.81, and cleaned of 14.01; as they are, of 12.79 and 12.83.
//
// Of intermittent demand only sizes can be outliers, and only large ones: those
// beyond the fence of the logarithms of all sizes and more than Factor times
// their median, which replaces them. Fewer than five demands have no outliers.
type Cleaning struct {
	// Fence is the distance of an outlier from the quartiles in interquartile
	// ranges; 0 means 2.5.
	Fence float64
	// Factor is how many times larger, or smaller, than usual an outlier is
	// where demand is intermittent or more than half of it is alike, so that
	// there is no interquartile range; 0 means 3.
	Factor float64
	// KeepOutliers leaves them as they are.
	KeepOutliers bool
	// IncludeLast has the last observation judged too.
	IncludeLast bool
}

// Cause says why an observation was corrected.
type Cause uint8

// The causes of a [Correction].
const (
	Missing          Cause = iota + 1 // there was no observation
	OutOfStock                        // there was no stock all the period
	PartlyOutOfStock                  // there was no stock for a part of it
	Outlying                          // nothing explains the observation
)

// String returns the cause in words.
func (c Cause) String() string {
	switch c {
	case Missing:
		return "missing"
	case OutOfStock:
		return "out of stock"
	case PartlyOutOfStock:
		return "partly out of stock"
	case Outlying:
		return "outlier"
	}
	return fmt.Sprintf("Cause(%d)", uint8(c))
}

// Correction is one observation that [Cleaning] changed.
type Correction struct {
	Index   int     // position in Values
	Was, Is float64 // before, NaN where it was missing, and after
	Cause   Cause
}

// ErrAvailability is what a [SeriesError] wraps for a share of time in stock that
// is none. Its Value is that share.
var ErrAvailability = fmt.Errorf("the share of time in stock is not between 0 and 1: %w", flywheel.ErrOutOfRange)

// Clean returns the series with the demand there would have been, and what it
// corrected, in the order of the observations. Availability is the share of each
// period in which the item was in stock, from 0 to 1; nil means always. The given
// values are not changed. A series of which nothing was observed is refused as
// empty. O(n).
func (c Cleaning) Clean(s Series, availability []float64) (Series, []Correction, error) {
	if err := c.setDefaults(); err != nil {
		return s, nil, err
	}
	if _, err := s.checkGappy(); err != nil {
		return s, nil, err
	}
	if availability != nil && len(availability) != len(s.Values) {
		return s, nil, &SettingError{Model: "Cleaning", Setting: "number of availabilities", Value: float64(len(availability)), Want: fmt.Sprintf("one for each of %d observations", len(s.Values))}
	}
	for i, a := range availability {
		if !(a >= 0 && a <= 1) {
			return s, nil, &SeriesError{Series: s.ID, Index: i, Value: a, Err: ErrAvailability}
		}
	}
	if len(s.Regressors) > 0 {
		return c.cleanKnown(s, availability)
	}
	inStock := func(i int) float64 {
		if availability == nil {
			return 1
		}
		return availability[i]
	}
	cause := make([]Cause, len(s.Values))
	seen := slices.Clone(s.Values) // NaN where nothing, or only a part, was seen
	for i, y := range s.Values {
		switch {
		case math.IsNaN(y):
			cause[i] = Missing
		case inStock(i) == 0:
			cause[i] = OutOfStock
		case inStock(i) < 1:
			cause[i] = PartlyOutOfStock
		default:
			continue
		}
		seen[i] = math.NaN()
	}
	present := observed(seen)
	if len(present.values) == 0 {
		if err := fillFromParts(s, seen, availability); err != nil {
			return s, nil, err
		}
	} else if !c.KeepOutliers {
		c.replaceOutliers(&present, s.season(), seen, cause)
	}

	expected := seen
	if rare(present.values) {
		mean := average(observed(seen).values)
		expected = slices.Clone(seen)
		for i, v := range expected {
			if math.IsNaN(v) {
				expected[i] = mean
			}
		}
	} else {
		filled, _, err := Fill(Series{ID: s.ID, Values: seen, Season: s.Season})
		if err != nil {
			return s, nil, err
		}
		expected = filled.Values
	}
	least := math.Inf(-1)
	if notNegative(present.values) {
		least = 0
	}
	values := slices.Clone(s.Values)
	var corrections []Correction
	for i, y := range s.Values {
		e := max(expected[i], least)
		switch cause[i] {
		case Missing, Outlying:
			values[i] = e
		case OutOfStock:
			values[i] = max(e, y)
		case PartlyOutOfStock:
			a := inStock(i)
			values[i] = y + max(0, float64((1-a)*(y+e)/(1+a)))
		default:
			continue
		}
		if !(math.Abs(values[i]) <= MaxMagnitude) {
			return s, nil, &SeriesError{Series: s.ID, Index: i, Value: y, Err: ErrTooLarge}
		}
		if values[i] != y { // so is NaN
			corrections = append(corrections, Correction{i, y, values[i], cause[i]})
		}
	}
	s.Values = values
	return s, corrections, nil
}

func (c *Cleaning) setDefaults() error {
	if !(c.Fence >= 0 && c.Fence <= MaxMagnitude) {
		return &SettingError{Model: "Cleaning", Setting: "fence", Value: c.Fence, Want: "above 0, or 0 for 2.5"}
	}
	if c.Factor != 0 && !(c.Factor > 1 && c.Factor <= MaxMagnitude) {
		return &SettingError{Model: "Cleaning", Setting: "factor", Value: c.Factor, Want: "above 1, or 0 for 3"}
	}
	if c.Fence == 0 {
		c.Fence = 2.5
	}
	if c.Factor == 0 {
		c.Factor = 3
	}
	return nil
}

// fillFromParts replaces all of seen by the rate of the periods that were in
// stock for a part: sales by time in stock.
func fillFromParts(s Series, seen, availability []float64) error {
	sales, time := 0.0, 0.0
	for i, y := range s.Values {
		if availability != nil && availability[i] > 0 && !math.IsNaN(y) {
			sales += y
			time += availability[i]
		}
	}
	if time == 0 {
		return &SeriesError{Series: s.ID, Index: -1, Err: ErrEmpty}
	}
	for i := range seen {
		seen[i] = sales / time
	}
	return nil
}

func notNegative(values []float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return v < 0 })
}

// rare reports whether values are those of an intermittent demand.
func rare(values []float64) bool {
	return len(values) > 0 && notNegative(values) && classify(values).Interval >= IntervalLimit
}

// gappy are the observations of a series with gaps.
type gappy struct {
	values []float64
	at     []int // their positions
}

func observed(values []float64) gappy {
	var g gappy
	for i, v := range values {
		if !math.IsNaN(v) {
			g.values, g.at = append(g.values, v), append(g.at, i)
		}
	}
	return g
}
