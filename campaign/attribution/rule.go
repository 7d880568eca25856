package attribution

import (
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

// Touch is one contact with a channel.
type Touch struct {
	Channel utm.ChannelGroup `json:"channel"`
	At      time.Time        `json:"at,omitzero"` // zero where times are not known
	View    bool             `json:"view,omitempty"`
	// Milestone marks the touch that made a visitor known, for [WShaped].
	Milestone bool   `json:"milestone,omitempty"`
	Event     string `json:"event,omitempty"` // id of the event
}

// Rule splits a conversion among the touches of its path.
type Rule interface {
	// Split sets w[i] to the share of touches[i]; there is at least one. Shares
	// are relative: the caller divides them by their sum.
	Split(w []float64, touches []Touch, conversion time.Time)
}

// First credits the first touch.
type First struct{}

// Split gives all to the first touch.
func (First) Split(w []float64, _ []Touch, _ time.Time) {
	clear(w)
	w[0] = 1
}

// Last credits the last touch.
type Last struct{}

// Split gives all to the last touch.
func (Last) Split(w []float64, _ []Touch, _ time.Time) {
	clear(w)
	w[len(w)-1] = 1
}

// LastNonDirect credits the last touch that is not of the direct channel, else
// the last.
type LastNonDirect struct {
	Direct utm.ChannelGroup // "" for utm.DirectChannel
}

// Split gives all to one touch.
func (r LastNonDirect) Split(w []float64, touches []Touch, _ time.Time) {
	direct := r.Direct
	if direct == "" {
		direct = utm.DirectChannel
	}
	clear(w)
	for i := len(touches) - 1; i >= 0; i-- {
		if touches[i].Channel != direct {
			w[i] = 1
			return
		}
	}
	w[len(w)-1] = 1
}

// Linear credits all touches alike.
type Linear struct{}

// Split gives each touch the same.
func (Linear) Split(w []float64, _ []Touch, _ time.Time) {
	for i := range w {
		w[i] = 1
	}
}

// UShaped credits the first and the last touch with a share each and the others
// with the rest; of two touches each gets half. The zero value is 40, 20, 40 %.
type UShaped struct{ First, Last float64 }

// Split gives by position.
func (r UShaped) Split(w []float64, _ []Touch, _ time.Time) {
	first, last := r.First, r.Last
	if first == 0 && last == 0 {
		first, last = 0.4, 0.4
	}
	n := len(w)
	switch {
	case n == 1:
		w[0] = 1
	case n == 2:
		w[0], w[1] = 0.5, 0.5
	default:
		for i := range w {
			w[i] = (1 - first - last) / float64(n-2)
		}
		w[0], w[n-1] = first, last
	}
}

func (r UShaped) check() error {
	if !(r.First >= 0 && r.Last >= 0 && r.First+r.Last <= 1) {
		return refuse("first", fmt.Errorf("shares of %v and %v: %w", r.First, r.Last, flywheel.ErrOutOfRange))
	}
	return nil
}

// WShaped credits the first touch, the milestone and the last with 30 % each and
// the others with 10 %. The milestone is the first touch marked as one, else the
// middle, the later of two. Where two of the three are one touch, it gets both
// shares; where there are no others, the three share in proportion.
type WShaped struct{}

// Split gives by position.
func (WShaped) Split(w []float64, touches []Touch, _ time.Time) {
	n := len(w)
	middle := n / 2
	for i := range touches {
		if touches[i].Milestone {
			middle = i
			break
		}
	}
	clear(w)
	w[0] += 0.3
	w[middle] += 0.3
	w[n-1] += 0.3
	others := 0
	for i := range w {
		if w[i] == 0 {
			others++
		}
	}
	for i := range w {
		if w[i] == 0 {
			w[i] = 0.1 / float64(others)
		}
	}
}

// TimeDecay halves the weight of a touch with each HalfLife between it and the
// conversion. The zero value has 7 days. It needs times: a [Set] has none.
type TimeDecay struct{ HalfLife time.Duration }

// Split gives 2^(-age/HalfLife).
func (r TimeDecay) Split(w []float64, touches []Touch, conversion time.Time) {
	half := r.HalfLife
	if half == 0 {
		half = 7 * 24 * time.Hour
	}
	// Relative to the last touch, so that old paths do not underflow.
	last := touches[len(touches)-1].At
	for i := range touches {
		w[i] = math.Exp2(-last.Sub(touches[i].At).Seconds() / half.Seconds())
	}
}

func (r TimeDecay) check() error {
	if r.HalfLife < 0 {
		return refuse("halfLife", fmt.Errorf("%v: %w", r.HalfLife, flywheel.ErrOutOfRange))
	}
	return nil
}

// PositionDecay divides the weight by Factor with each touch back from the last.
// The zero value has 2.
type PositionDecay struct{ Factor float64 }

// Split gives Factor^(i-(n-1)).
func (r PositionDecay) Split(w []float64, _ []Touch, _ time.Time) {
	factor := r.Factor
	if factor == 0 {
		factor = 2
	}
	for i := range w {
		w[i] = math.Pow(factor, float64(i-(len(w)-1)))
	}
}

func (r PositionDecay) check() error {
	if !(r.Factor >= 0 && (r.Factor == 0 || r.Factor >= 1) && r.Factor <= 1e6) {
		return refuse("factor", fmt.Errorf("%v is not from 1 to 1e6: %w", r.Factor, flywheel.ErrOutOfRange))
	}
	return nil
}

// Custom is a rule of one's own.
type Custom func(w []float64, touches []Touch, conversion time.Time)

// Split calls the function.
func (r Custom) Split(w []float64, touches []Touch, conversion time.Time) {
	r(w, touches, conversion)
}

// split runs a rule and divides by the sum. A rule that gives a share that is
// negative or no number, or none at all, is an error that matches
// flywheel.ErrInvalid.
func split(r Rule, w []float64, touches []Touch, conversion time.Time) error {
	r.Split(w, touches, conversion)
	sum := 0.0
	for i, v := range w {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("attribution: the rule gives touch %d of %d the share %v: %w", i+1, len(w), v, flywheel.ErrInvalid)
		}
		sum += v
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		return fmt.Errorf("attribution: the rule gives %d touches %v in all: %w", len(w), sum, flywheel.ErrInvalid)
	}
	for i := range w {
		w[i] /= sum
	}
	return nil
}

func checkRule(r Rule) error {
	if r == nil {
		return refuse("rule", fmt.Errorf("none: %w", flywheel.ErrInvalid))
	}
	if c, ok := r.(interface{ check() error }); ok {
		return c.check()
	}
	return nil
}

// ByRule is the model that splits each conversion by a rule.
func ByRule(r Rule) Model { return byRule{r} }

type byRule struct{ rule Rule }

func (m byRule) Credit(s *Set) (*Result, error) {
	if err := checkRule(m.rule); err != nil {
		return nil, err
	}
	if _, ok := m.rule.(TimeDecay); ok {
		return nil, fmt.Errorf("attribution: time decay needs the times of touches, which counted paths have not; credit journeys instead: %w", flywheel.ErrInvalid)
	}
	r := s.empty()
	if s.totals.conversions == 0 {
		r.Warnings = append(r.Warnings, noConversions)
	}
	var w []float64
	var touches []Touch
	for i := range s.paths {
		p := &s.paths[i]
		if p.conversions == 0 {
			continue
		}
		w, touches = grow(w, len(p.channels)), touches[:0]
		for _, c := range p.channels {
			touches = append(touches, Touch{Channel: s.channels[c]})
		}
		if err := split(m.rule, w, touches, time.Time{}); err != nil {
			return nil, err
		}
		for j, c := range p.channels {
			r.Credits[c].Conversions += float64(w[j] * float64(p.conversions))
			r.Credits[c].Value += float64(w[j] * p.value)
		}
	}
	return r, nil
}

func grow(w []float64, n int) []float64 {
	if cap(w) < n {
		return make([]float64, n, 2*n)
	}
	return w[:n]
}

// Shares returns the share of each touch of a path by a rule. They sum to one.
func Shares(r Rule, touches []Touch, conversion time.Time) ([]float64, error) {
	if err := checkRule(r); err != nil {
		return nil, err
	}
	if len(touches) == 0 {
		return nil, fmt.Errorf("attribution: no touches: %w", flywheel.ErrInvalid)
	}
	w := make([]float64, len(touches))
	return w, split(r, w, touches, conversion)
}

// PathCredit is how the conversions of one path are shared among its touches.
type PathCredit struct {
	Path   Path
	Shares []float64 // of each touch; they sum to one
}

// CreditPaths shares the conversions of each path that has some by a rule, in the
// order of [Set.Paths]. Times are not known there, so that the rule must not need
// them.
func CreditPaths(r Rule, s *Set) ([]PathCredit, error) {
	if _, err := ByRule(r).Credit(s); err != nil {
		return nil, err
	}
	var out []PathCredit
	var touches []Touch
	for i := range s.paths {
		if s.paths[i].conversions == 0 {
			continue
		}
		p := PathCredit{Path: s.path(i), Shares: make([]float64, len(s.paths[i].channels))}
		touches = touches[:0]
		for _, c := range p.Path.Channels {
			touches = append(touches, Touch{Channel: c})
		}
		if err := split(r, p.Shares, touches, time.Time{}); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}
