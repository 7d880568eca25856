package funnel

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Mode is how steps must follow each other.
type Mode uint8

// The modes of funnels.
const (
	Ordered  Mode = iota // each step after the one before, anything in between
	Strict               // the steps are consecutive events of the person
	AnyOrder             // all steps within the window, in whatever order
)

// Step is one step: any event of the names, with any of the labels where there are some.
type Step struct {
	Names  []string
	Labels []string
}

func (s *Step) takes(e *Event) bool {
	return slices.Contains(s.Names, e.Name) && (len(s.Labels) == 0 || slices.Contains(s.Labels, e.Label))
}

// Exclusion ends a way: an event of Names between step After and the one after it (counted from
// 0) throws back whoever is there. It applies to ordered funnels.
type Exclusion struct {
	Names []string
	After int
}

// Funnel describes a way.
type Funnel struct {
	Steps []Step
	Mode  Mode
	// Window is how long after its start a way must be complete at most; 0 is any
	// time.
	Window time.Duration
	// Exclude are events that must not happen on the way.
	Exclude []Exclusion
	// Breakdown also counts by the label of the event that started the deepest way.
	Breakdown bool
}

// maxSteps bounds the steps of a funnel.
const maxSteps = 64

func (f *Funnel) check() error {
	switch {
	case len(f.Steps) == 0 || len(f.Steps) > maxSteps:
		return fmt.Errorf("funnel: %d steps, 1 to %d: %w", len(f.Steps), maxSteps, flywheel.ErrInvalid)
	case f.Window < 0:
		return fmt.Errorf("funnel: a window of %v: %w", f.Window, flywheel.ErrOutOfRange)
	case f.Mode > AnyOrder:
		return fmt.Errorf("funnel: mode %d: %w", f.Mode, flywheel.ErrInvalid)
	case len(f.Exclude) > 0 && f.Mode != Ordered:
		return fmt.Errorf("funnel: exclusions are for ordered funnels: %w", flywheel.ErrInvalid)
	}
	for i, s := range f.Steps {
		if len(s.Names) == 0 {
			return fmt.Errorf("funnel: step %d has no names: %w", i, flywheel.ErrInvalid)
		}
	}
	for i, x := range f.Exclude {
		if x.After < 0 || x.After >= len(f.Steps)-1 || len(x.Names) == 0 {
			return fmt.Errorf("funnel: exclusion %d after step %d: %w", i, x.After, flywheel.ErrInvalid)
		}
	}
	return nil
}

// Result is how many people got how far.
type Result struct {
	// Counts are the people who came to each step.
	Counts []int
	// Times are how long everybody who came to the end took, ascending.
	Times []time.Duration
	// ByLabel are the results of the people by the label of their start.
	ByLabel map[string]*Result
}

// Rate is the part of those at the first step who came to the last; NaN for nobody.
func (r *Result) Rate() float64 {
	if r.Counts[0] == 0 {
		return math.NaN()
	}
	return float64(r.Counts[len(r.Counts)-1]) / float64(r.Counts[0])
}

// Median is the median time to convert, the mean of the middle two for an even number;
// 0 when nobody did.
func (r *Result) Median() time.Duration {
	n := len(r.Times)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return r.Times[n/2]
	}
	return (r.Times[n/2-1] + r.Times[n/2]) / 2
}

func (r *Result) add(depth int, took time.Duration) {
	for i := range depth {
		r.Counts[i]++
	}
	if depth == len(r.Counts) {
		r.Times = append(r.Times, took)
	}
}

// Run counts how far everybody got.
func Run(events []Event, f Funnel) (*Result, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	places, err := ordered(events)
	if err != nil {
		return nil, err
	}
	out := &Result{Counts: make([]int, len(f.Steps))}
	if f.Breakdown {
		out.ByLabel = map[string]*Result{}
	}
	w := walker{f: &f, events: events, starts: make([]start, len(f.Steps))}
	each(events, places, func(own []int) {
		w.walk(own)
		out.add(w.depth, w.took)
		if f.Breakdown && w.depth > 0 {
			of := out.ByLabel[w.label]
			if of == nil {
				of = &Result{Counts: make([]int, len(f.Steps))}
				out.ByLabel[w.label] = of
			}
			of.add(w.depth, w.took)
		}
	})
	slices.Sort(out.Times)
	for _, r := range out.ByLabel {
		slices.Sort(r.Times)
	}
	return out, nil
}

// start is the latest start of a way to a step that is not too long ago.
type start struct {
	at    time.Time
	label string
	set   bool
}

// walker follows one person after the other.
type walker struct {
	f      *Funnel
	events []Event
	starts []start
	depth  int
	took   time.Duration
	label  string
}

func (w *walker) walk(own []int) {
	clear(w.starts)
	w.depth, w.took, w.label = 0, 0, ""
	at := 0 // strict: the next step
	for _, place := range own {
		e := &w.events[place]
		switch w.f.Mode {
		case Ordered:
			w.ordered(e)
		case Strict:
			at = w.strict(e, at)
		case AnyOrder:
			w.any(e)
		}
	}
}

// reach notes that a way from a start came to a step.
func (w *walker) reach(step int, from start, e *Event) {
	if step+1 <= w.depth {
		return
	}
	w.depth, w.label = step+1, from.label
	if w.depth == len(w.f.Steps) {
		w.took = e.At.Sub(from.at)
	}
}

func (w *walker) within(from start, e *Event) bool {
	return from.set && (w.f.Window == 0 || e.At.Sub(from.at) <= w.f.Window)
}

// ordered keeps for each step the latest start of a way to it, which leaves
// the most time for the rest.
func (w *walker) ordered(e *Event) {
	for _, x := range w.f.Exclude {
		if slices.Contains(x.Names, e.Name) {
			w.starts[x.After].set = false
		}
	}
	for i := len(w.f.Steps) - 1; i >= 0; i-- {
		if !w.f.Steps[i].takes(e) {
			continue
		}
		if i == 0 {
			w.starts[0] = start{e.At, e.Label, true}
		} else {
			before := w.starts[i-1]
			if !w.within(before, e) {
				continue
			}
			if !w.starts[i].set || before.at.After(w.starts[i].at) {
				w.starts[i] = before
			}
			w.reach(i, before, e)
			continue
		}
		w.reach(0, w.starts[0], e)
	}
}

// strict returns the step that must come next.
func (w *walker) strict(e *Event, next int) int {
	if next > 0 && next < len(w.f.Steps) && w.f.Steps[next].takes(e) && w.within(w.starts[0], e) {
		w.reach(next, w.starts[0], e)
		return next + 1
	}
	if w.f.Steps[0].takes(e) {
		w.starts[0] = start{e.At, e.Label, true}
		w.reach(0, w.starts[0], e)
		return 1
	}
	return 0
}

// any keeps the latest event of each step.
func (w *walker) any(e *Event) {
	for i := range w.f.Steps {
		if w.f.Steps[i].takes(e) {
			w.starts[i] = start{e.At, e.Label, true}
		}
	}
	n := 0
	first := start{at: e.At, label: e.Label}
	for _, s := range w.starts {
		if w.within(s, e) {
			n++
			if s.at.Before(first.at) {
				first = s
			}
		}
	}
	if n > 0 {
		w.reach(n-1, first, e)
	}
}
