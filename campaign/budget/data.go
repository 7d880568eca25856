package budget

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Data are the weeks, or other equal periods, from which curves are fitted.
type Data struct {
	Response []float64 // of each period, of the whole shop
	Spend    []Series  // by channel
	// Controls are what else moves the response: prices, holidays, the calendar of
	// promotions (see [Calendar]). Their effects are linear.
	Controls []Series
	// Trend adds a straight trend, Season a yearly wave of Harmonics sines and
	// cosines: 52 for weeks, 0 for none; Harmonics 0 for 2.
	Trend     bool
	Season    int
	Harmonics int
}

// Series is a named series, one value per period.
type Series struct {
	Name   string
	Values []float64
}

// Promotion is an entry of a calendar: the periods from From to before To.
type Promotion struct {
	Name     string
	From, To int
	Strength float64 // such as the discount; 0 for 1
}

// Calendar makes a control of each name in a calendar of promotions over n
// periods, in the order in which they first appear. Overlapping ones of one name
// add up.
func Calendar(n int, promotions []Promotion) ([]Series, error) {
	if n < 1 || n > maxWeeks {
		return nil, refuse("n", fmt.Errorf("%d periods: %w", n, flywheel.ErrOutOfRange))
	}
	index := map[string]int{}
	var out []Series
	for i, p := range promotions {
		strength := p.Strength
		if strength == 0 {
			strength = 1
		}
		if p.Name == "" || p.From < 0 || p.To > n || p.From >= p.To || math.IsNaN(strength) || math.IsInf(strength, 0) {
			return nil, refuse(fmt.Sprintf("promotions[%d]", i), fmt.Errorf("%q from %d to %d of %d periods, strength %v: %w", p.Name, p.From, p.To, n, p.Strength, flywheel.ErrInvalid))
		}
		at, ok := index[p.Name]
		if !ok {
			at = len(out)
			index[p.Name] = at
			out = append(out, Series{p.Name, make([]float64, n)})
		}
		for t := p.From; t < p.To; t++ {
			out[at].Values[t] += strength
		}
	}
	return out, nil
}

const (
	maxWeeks    = 10_000
	maxFitted   = 50
	maxControls = 100
)

// DataError names the series that cannot be used. Its Field is such as
// "spend[1]".
type DataError struct {
	Name string // of the series
	flywheel.FieldError
}

func (e *DataError) Error() string { return fmt.Sprintf("budget: %s %q: %v", e.Field, e.Name, e.Err) }

// Unwrap returns the error about the field, which wraps the cause.
func (e *DataError) Unwrap() error { return &e.FieldError }

func (d *Data) check() error {
	n := len(d.Response)
	fail := func(field, name string, err error) error {
		return &DataError{name, flywheel.FieldError{Field: field, Err: err}}
	}
	if n > maxWeeks {
		return fail("response", "", fmt.Errorf("%d periods, at most %d: %w", n, maxWeeks, flywheel.ErrLimit))
	}
	if len(d.Spend) == 0 {
		return fail("spend", "", fmt.Errorf("none: %w", flywheel.ErrInvalid))
	}
	if len(d.Spend) > maxFitted || len(d.Controls) > maxControls {
		return fail("spend", "", fmt.Errorf("%d channels and %d controls, at most %d and %d: %w", len(d.Spend), len(d.Controls), maxFitted, maxControls, flywheel.ErrLimit))
	}
	if d.Season < 0 || d.Season == 1 || d.Harmonics < 0 || d.Season > 0 && 2*d.Harmonics > d.Season {
		return fail("season", "", fmt.Errorf("%d periods with %d harmonics: %w", d.Season, d.Harmonics, flywheel.ErrOutOfRange))
	}
	finite := func(field, name string, values []float64, least float64) error {
		if len(values) != n {
			return fail(field, name, fmt.Errorf("%d values for %d periods: %w", len(values), n, flywheel.ErrInvalid))
		}
		for t, v := range values {
			if !(v >= least && v <= 1e12) {
				return fail(field, name, fmt.Errorf("%v in period %d: %w", v, t, flywheel.ErrOutOfRange))
			}
		}
		return nil
	}
	if err := finite("response", "", d.Response, -1e12); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, s := range d.Spend {
		field := fmt.Sprintf("spend[%d]", i)
		if s.Name == "" || seen[s.Name] {
			return fail(field, s.Name, fmt.Errorf("no name, or twice: %w", flywheel.ErrInvalid))
		}
		seen[s.Name] = true
		if err := finite(field, s.Name, s.Values, 0); err != nil {
			return err
		}
		low, high := math.Inf(1), 0.0
		for _, v := range s.Values {
			low, high = min(low, v), max(high, v)
		}
		if !(high-low > 1e-9*high) {
			return fail(field, s.Name, fmt.Errorf("the spend never changes: what it brings cannot be told from the rest: %w", flywheel.ErrInvalid))
		}
	}
	for i, s := range d.Controls {
		if err := finite(fmt.Sprintf("controls[%d]", i), s.Name, s.Values, -1e12); err != nil {
			return err
		}
	}
	return nil
}

// base returns an orthonormal basis of all that is linear: level, trend, season
// and controls. What depends on what is there already is left out.
func (d *Data) base() [][]float64 {
	n := len(d.Response)
	var columns [][]float64
	add := func(f func(t int) float64) {
		c := make([]float64, n)
		for t := range c {
			c[t] = f(t)
		}
		columns = append(columns, c)
	}
	add(func(int) float64 { return 1 })
	if d.Trend {
		add(func(t int) float64 { return float64(t) - float64(n-1)/2 })
	}
	if d.Season > 0 {
		harmonics := d.Harmonics
		if harmonics == 0 {
			harmonics = min(2, d.Season/2)
		}
		for k := 1; k <= harmonics; k++ {
			add(func(t int) float64 { return math.Sin(2 * math.Pi * float64(k*t%d.Season) / float64(d.Season)) })
			add(func(t int) float64 { return math.Cos(2 * math.Pi * float64(k*t%d.Season) / float64(d.Season)) })
		}
	}
	for _, s := range d.Controls {
		add(func(t int) float64 { return s.Values[t] })
	}
	var basis [][]float64
	for _, c := range columns {
		before := dot(c, c)
		for range 2 { // twice is enough (Kahan and Parlett)
			project(c, basis)
		}
		length := dot(c, c)
		if !(length > 1e-16*before) {
			continue
		}
		scale := 1 / math.Sqrt(length)
		for t := range c {
			c[t] *= scale
		}
		basis = append(basis, c)
	}
	return basis
}

// project takes out of c what lies in the space of an orthonormal basis.
func project(c []float64, basis [][]float64) {
	for _, b := range basis {
		p := dot(c, b)
		for t := range c {
			c[t] -= float64(p * b[t])
		}
	}
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}
