package campaign

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// plan is a checked journey with its jumps resolved. It is immutable.
type plan struct {
	Journey
	index map[string]int // of the steps by ID
	next  []jumps
}

// jumps are the steps that may follow one; end is behind the last.
type jumps struct{ yes, no int }

// newPlan checks a journey: every identifier, every jump, exactly one action a
// step, and no way round without a wait of a minute.
func newPlan(j Journey) (*plan, error) {
	fail := func(where string, err error) (*plan, error) {
		return nil, fmt.Errorf("campaign: journey %q: %s: %w", string(j.ID), where, err)
	}
	if err := flywheel.CheckID(string(j.ID)); err != nil {
		return fail("id", err)
	}
	if j.Version == 0 {
		j.Version = 1
	}
	if j.Version < 0 {
		return fail("version", flywheel.ErrOutOfRange)
	}
	if err := flywheel.CheckID(j.Trigger.Event); err != nil {
		return fail("trigger", err)
	}
	switch j.Reentry.Policy {
	case "":
		j.Reentry.Policy = WhenNotActive
	case Once, WhenNotActive, Restart, Parallel:
	default:
		return fail("reentry", fmt.Errorf("policy %q: %w", string(j.Reentry.Policy), flywheel.ErrInvalid))
	}
	if err := j.Reentry.Cooldown.validate(); err != nil {
		return fail("reentry", err)
	}
	for i, exit := range j.ExitOn {
		if err := flywheel.CheckID(exit.Event); err != nil {
			return fail(fmt.Sprintf("exit_on[%d]", i), err)
		}
	}
	if err := j.Late.validate(); err != nil {
		return fail("late", err)
	}
	j.Steps, j.ExitOn = slices.Clone(j.Steps), slices.Clone(j.ExitOn)
	p := &plan{Journey: j, index: make(map[string]int, len(j.Steps))}
	for i, step := range j.Steps {
		if err := flywheel.CheckID(step.ID); err != nil {
			return fail(fmt.Sprintf("steps[%d]", i), err)
		}
		if _, twice := p.index[step.ID]; twice {
			return fail("step "+step.ID, fmt.Errorf("twice: %w", flywheel.ErrInvalid))
		}
		p.index[step.ID] = i
	}
	for i, step := range j.Steps {
		if err := step.validate(); err != nil {
			return fail("step "+step.ID, err)
		}
		jump, err := step.jumps(p.index, i)
		if err != nil {
			return fail("step "+step.ID, err)
		}
		p.next = append(p.next, jump)
	}
	if at, ok := p.spin(); ok {
		return fail("step "+at, fmt.Errorf("leads back to itself without a wait of a minute: %w", flywheel.ErrInvalid))
	}
	return p, nil
}

func (s Step) validate() error {
	actions := 0
	for _, set := range [...]bool{s.Wait != nil, s.WaitEvent != nil, s.Condition != nil, s.Send != nil, s.Exit != ""} {
		if set {
			actions++
		}
	}
	if actions != 1 {
		return fmt.Errorf("%d actions, exactly one is needed: %w", actions, flywheel.ErrInvalid)
	}
	switch {
	case s.Wait != nil:
		return s.Wait.validate()
	case s.WaitEvent != nil:
		if err := flywheel.CheckID(s.WaitEvent.Event); err != nil {
			return err
		}
		return s.WaitEvent.validate()
	case s.Send != nil:
		if err := flywheel.CheckID(s.Send.Channel); err != nil {
			return fmt.Errorf("channel: %w", err)
		}
		if err := s.Send.Late.validate(); err != nil {
			return err
		}
		return s.Send.OnCap.validate()
	case s.Condition != nil && s.Condition.If == nil:
		return fmt.Errorf("condition without if: %w", flywheel.ErrInvalid)
	case s.Exit != "":
		return flywheel.CheckID(s.Exit)
	}
	return nil
}

func (w *WaitEvent) validate() error {
	for _, name := range w.Subject {
		if err := flywheel.CheckID(name); err != nil {
			return fmt.Errorf("subject: %w", err)
		}
	}
	if w.Limit != "" && len(w.Subject) == 0 {
		return fmt.Errorf("limit without subject: %w", flywheel.ErrInvalid)
	}
	return w.Timeout.validate()
}

func (w *Wait) validate() error {
	if err := w.Duration.validate(); err != nil {
		return err
	}
	if len(w.Weekdays) > 0 && w.Until.IsZero() {
		return fmt.Errorf("weekdays without until: %w", flywheel.ErrInvalid)
	}
	for _, day := range w.Weekdays {
		if day < 1 || day > 7 {
			return fmt.Errorf("weekday %d: %w", day, flywheel.ErrOutOfRange)
		}
	}
	return nil
}

// jumps resolves the names of the steps that follow step i.
func (s Step) jumps(index map[string]int, i int) (jumps, error) {
	var err error
	resolve := func(name string, otherwise int) int {
		if name == "" {
			return otherwise
		}
		to, ok := index[name]
		if !ok && err == nil {
			err = fmt.Errorf("leads to %q, which is no step: %w", name, flywheel.ErrInvalid)
		}
		return to
	}
	next := resolve(s.Next, i+1)
	j := jumps{next, next}
	switch {
	case s.WaitEvent != nil:
		j = jumps{resolve(s.WaitEvent.OnEvent, next), resolve(s.WaitEvent.OnTimeout, next)}
	case s.Condition != nil:
		j = jumps{resolve(s.Condition.Then, next), resolve(s.Condition.Else, next)}
	}
	return j, err
}

// spin finds a step from which one can come back to it without a wait of a minute
// at least.
func (p *plan) spin() (step string, found bool) {
	const (
		unseen = iota
		open
		done
	)
	state := make([]int, len(p.Steps))
	var visit func(i int) bool
	visit = func(i int) bool {
		if i >= len(p.Steps) || state[i] == done {
			return false
		}
		if state[i] == open {
			step = p.Steps[i].ID
			return true
		}
		state[i] = open
		if s := &p.Steps[i]; !s.takesTime() && (visit(p.next[i].yes) || visit(p.next[i].no)) {
			return true
		}
		state[i] = done
		return false
	}
	for i := range p.Steps {
		if visit(i) {
			return step, true
		}
	}
	return "", false
}

// takesTime reports whether a way round over s may be allowed: it takes a minute
// or more, or goes no further.
func (s Step) takesTime() bool {
	long := func(d Duration) bool { return d.local() || d.Time >= time.Minute }
	return s.Exit != "" || s.Wait != nil && long(s.Wait.Duration) || s.WaitEvent != nil && long(s.WaitEvent.Timeout)
}

// rules are all conditions of the plan.
func (p *plan) rules() []*rule.Rule {
	rules := []*rule.Rule{p.Trigger.When}
	for _, exit := range p.ExitOn {
		rules = append(rules, exit.When)
	}
	for _, step := range p.Steps {
		if step.WaitEvent != nil {
			rules = append(rules, step.WaitEvent.When)
		}
		if step.Condition != nil {
			rules = append(rules, step.Condition.If)
		}
	}
	return rules
}
