package forecast

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Override is what a planner knows better than the model about one period: a
// promotion, a customer lost, a shop that opens. It says who changed the
// forecast, when and why, so that it can be judged by what happened; see
// [Adjusted.Outcomes].
type Override struct {
	Period int          // 1 for the first period after the last observation
	Kind   OverrideKind // what Value does to the forecast
	Value  float64
	Author string // required
	Reason string // required
	At     time.Time
}

// OverrideKind says what the value of an [Override] does to the forecast.
type OverrideKind uint8

// The kinds of an [Override].
const (
	Replace OverrideKind = iota // the value takes the forecast's place
	Shift                       // the value is added to the forecast
	Scale                       // the forecast is multiplied by the value, which is 0 or more
)

var overrideKinds = [...]string{"replace", "shift", "scale"}

// String returns the kind in lower case.
func (k OverrideKind) String() string {
	if int(k) < len(overrideKinds) {
		return overrideKinds[k]
	}
	return fmt.Sprintf("OverrideKind(%d)", uint8(k))
}

// MarshalText returns the kind in lower case.
func (k OverrideKind) MarshalText() ([]byte, error) {
	if int(k) >= len(overrideKinds) {
		return nil, fmt.Errorf("forecast: %v: %w", k, flywheel.ErrInvalid)
	}
	return []byte(k.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (k *OverrideKind) UnmarshalText(text []byte) error {
	i := slices.Index(overrideKinds[:], string(text))
	if i < 0 {
		return fmt.Errorf("forecast: %q is no kind of override: %w", text, flywheel.ErrInvalid)
	}
	*k = OverrideKind(i)
	return nil
}

// OverrideError names what is wrong with one override of a list.
type OverrideError struct {
	Index int    // position in the list
	Field string // such as "author"
	Want  string // what it must be, in words
}

func (e *OverrideError) Error() string {
	return fmt.Sprintf("forecast: override %d: %s must be %s: %v", e.Index, e.Field, e.Want, flywheel.ErrInvalid)
}

// Unwrap returns flywheel.ErrInvalid.
func (e *OverrideError) Unwrap() error { return flywheel.ErrInvalid }

// Adjusted is a forecast that planners have changed, with what it was before and
// each change.
type Adjusted struct {
	Forecast Forecast // with all overrides
	Original Forecast // of the model
	Changes  []Change // in the order in which they were made
}

// Change is what one override did.
type Change struct {
	Override      Override
	Before, After float64 // the mean of its period
}

// Adjust returns the forecast with the overrides, those made first before the
// others, and those of one time in the order of the list; of a period with
// several, each changes what the one before left. The forecast itself is not
// changed.
//
// Intervals follow the mean: replacing and shifting move them and leave their
// width, since who names another figure says nothing of how sure it is; scaling
// scales their width. An override without author, reason or time, of a period
// beyond the forecast, or without a finite result is an [*OverrideError], and
// none is applied.
func (f *Forecast) Adjust(overrides ...Override) (*Adjusted, error) {
	for _, v := range f.Intervals {
		if len(v.Lower) != len(f.Mean) || len(v.Upper) != len(f.Mean) {
			return nil, fmt.Errorf("forecast: an interval of %d and %d periods about a mean of %d: %w", len(v.Lower), len(v.Upper), len(f.Mean), flywheel.ErrInvalid)
		}
	}
	order := make([]int, len(overrides))
	for i, o := range overrides {
		if err := o.check(i, len(f.Mean)); err != nil {
			return nil, err
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return overrides[i].At.Compare(overrides[j].At) })
	a := &Adjusted{Forecast: f.clone(), Original: f.clone(), Changes: make([]Change, 0, len(overrides))}
	for _, i := range order {
		o := overrides[i]
		h := o.Period - 1
		before := a.Forecast.Mean[h]
		apply := func(v float64) float64 { return v + o.Value }
		switch o.Kind {
		case Replace:
			apply = func(v float64) float64 { return o.Value + (v - before) }
		case Scale:
			apply = func(v float64) float64 { return v * o.Value }
		}
		finite := func(v *float64) bool {
			*v = apply(*v)
			return math.Abs(*v) <= MaxMagnitude
		}
		ok := finite(&a.Forecast.Mean[h])
		for _, v := range a.Forecast.Intervals {
			ok = finite(&v.Lower[h]) && finite(&v.Upper[h]) && ok
		}
		if !ok {
			return nil, &OverrideError{i, "result", fmt.Sprintf("at most %g", float64(MaxMagnitude))}
		}
		a.Changes = append(a.Changes, Change{o, before, a.Forecast.Mean[h]})
	}
	return a, nil
}

func (o *Override) check(index, horizon int) error {
	switch {
	case o.Period < 1 || o.Period > horizon:
		return &OverrideError{index, "period", fmt.Sprintf("1 to %d", horizon)}
	case int(o.Kind) >= len(overrideKinds):
		return &OverrideError{index, "kind", "replace, shift or scale"}
	case !(math.Abs(o.Value) <= MaxMagnitude):
		return &OverrideError{index, "value", "a finite number"}
	case o.Kind == Scale && o.Value < 0:
		return &OverrideError{index, "value", "0 or more to scale by"}
	case strings.TrimSpace(o.Author) == "":
		return &OverrideError{index, "author", "named"}
	case strings.TrimSpace(o.Reason) == "":
		return &OverrideError{index, "reason", "given"}
	case o.At.IsZero():
		return &OverrideError{index, "time", "given"}
	}
	return nil
}

func (f *Forecast) clone() Forecast {
	c := Forecast{Mean: slices.Clone(f.Mean), Intervals: slices.Clone(f.Intervals)}
	for i := range c.Intervals {
		v := &c.Intervals[i]
		v.Lower, v.Upper = slices.Clone(v.Lower), slices.Clone(v.Upper)
	}
	return c
}

// Outcome is a change of a forecast and what came of it.
type Outcome struct {
	Change
	Actual float64 // what happened in its period
}

// Gain is by how much the change brought the forecast nearer to what happened:
// the absolute error before less that after.
func (o Outcome) Gain() float64 {
	return math.Abs(o.Actual-o.Before) - math.Abs(o.Actual-o.After)
}

// Outcomes returns the changes of the periods of which actual, from the first on,
// tells what happened. The gains of all changes of a period add up to that of the
// adjusted forecast over the original.
func (a *Adjusted) Outcomes(actual []float64) ([]Outcome, error) {
	if len(actual) > len(a.Forecast.Mean) {
		return nil, &SettingError{Model: "Outcomes", Setting: "number of actual values", Value: float64(len(actual)), Want: "at most that of the periods forecast"}
	}
	if len(actual) > 0 {
		if err := (&Series{ID: "actual", Values: actual}).check(); err != nil {
			return nil, err
		}
	}
	var outcomes []Outcome
	for _, c := range a.Changes {
		if c.Override.Period <= len(actual) {
			outcomes = append(outcomes, Outcome{c, actual[c.Override.Period-1]})
		}
	}
	return outcomes, nil
}

// OverrideReview tells what overrides were worth (Fildes & Goodwin, 2007;
// Fildes, Goodwin, Lawrence & Nikolopoulos, 2009, who found that small ones and
// those upward tend to do harm).
type OverrideReview struct {
	All OverrideGroup
	// Upward and Downward are those that raised and lowered the forecast.
	Upward, Downward OverrideGroup
	// BySize groups them by the change in relation to the forecast before, which
	// is the largest where that was zero: below 10 %, to 25 %, to 50 %, and more.
	BySize [4]OverrideGroup
	// ByAuthor and ByReason are in the order of their names.
	ByAuthor, ByReason []OverrideGroup
}

// OverrideGroup sums up some overrides.
type OverrideGroup struct {
	Name  string
	Count int
	// Improved and Worsened count those that brought the forecast nearer to
	// what happened and farther from it.
	Improved, Worsened int
	// Wrong counts those away from what happened: the forecast was raised where
	// it was too high already, or lowered where it was too low. Overshot counts
	// those that went in the right direction beyond it.
	Wrong, Overshot int
	// Gain is the sum of the gains, in units of demand, and MeanGain is their
	// mean. Negative: it would have been better to leave the forecast alone.
	Gain, MeanGain float64
	// Share is the gain in relation to the absolute errors before.
	Share Measure
	// Bias is the mean of the actual values less the forecasts after: negative
	// where planners hope for too much.
	Bias float64

	before, errors float64
}

var sizeNames = [4]string{"below 10 %", "10 to 25 %", "25 to 50 %", "50 % and more"}

// ReviewOverrides sums up the outcomes of any number of overrides, of one product
// or of many. Outcomes in different units should not be mixed: their gains add
// up. O(n log n).
func ReviewOverrides(outcomes []Outcome) (*OverrideReview, error) {
	r := &OverrideReview{All: OverrideGroup{Name: "all"}, Upward: OverrideGroup{Name: "upward"}, Downward: OverrideGroup{Name: "downward"}}
	for i, name := range sizeNames {
		r.BySize[i].Name = name
	}
	authors, reasons := map[string]*OverrideGroup{}, map[string]*OverrideGroup{}
	named := func(groups map[string]*OverrideGroup, name string) *OverrideGroup {
		g := groups[name]
		if g == nil {
			g = &OverrideGroup{Name: name}
			groups[name] = g
		}
		return g
	}
	for i, o := range outcomes {
		for _, v := range [3]float64{o.Before, o.After, o.Actual} {
			if !(math.Abs(v) <= MaxMagnitude) {
				return nil, &OverrideError{i, "outcome", "finite"}
			}
		}
		r.All.add(o)
		switch {
		case o.After > o.Before:
			r.Upward.add(o)
		case o.After < o.Before:
			r.Downward.add(o)
		}
		r.BySize[sizeOf(o)].add(o)
		named(authors, o.Override.Author).add(o)
		named(reasons, o.Override.Reason).add(o)
	}
	r.All.finish()
	r.Upward.finish()
	r.Downward.finish()
	for i := range r.BySize {
		r.BySize[i].finish()
	}
	sorted := func(groups map[string]*OverrideGroup) []OverrideGroup {
		list := make([]OverrideGroup, 0, len(groups))
		for _, g := range groups {
			g.finish()
			list = append(list, *g)
		}
		slices.SortFunc(list, func(a, b OverrideGroup) int { return cmp.Compare(a.Name, b.Name) })
		return list
	}
	r.ByAuthor, r.ByReason = sorted(authors), sorted(reasons)
	return r, nil
}

// sizeOf is the place of an outcome in BySize.
func sizeOf(o Outcome) int {
	change, before := math.Abs(o.After-o.Before), math.Abs(o.Before)
	for i, limit := range [3]float64{0.1, 0.25, 0.5} {
		if change < limit*before || change == 0 {
			return i
		}
	}
	return 3
}

func (g *OverrideGroup) add(o Outcome) {
	g.Count++
	gain := o.Gain()
	switch {
	case gain > 0:
		g.Improved++
	case gain < 0:
		g.Worsened++
	}
	moved, wanted := o.After-o.Before, o.Actual-o.Before
	switch {
	case moved == 0:
	case moved > 0 && wanted <= 0 || moved < 0 && wanted >= 0:
		g.Wrong++
	case math.Abs(moved) > math.Abs(wanted):
		g.Overshot++
	}
	g.Gain += gain
	g.before += math.Abs(wanted)
	g.errors += o.Actual - o.After
}

func (g *OverrideGroup) finish() {
	if g.Count > 0 {
		g.MeanGain, g.Bias = g.Gain/float64(g.Count), g.errors/float64(g.Count)
	}
	g.Share = ratio(g.Gain, g.before)
	g.before, g.errors = 0, 0
}
