package flag

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
)

// schedule checks the steps; one that is malformed leaves the rule off.
func (c *compiler) schedule(path string, steps Schedule) Schedule {
	for i, s := range steps {
		path := fmt.Sprintf("%s.schedule[%d]", path, i)
		ok := true
		if i > 0 && !steps[i-1].At.Before(s.At) {
			c.problem(path+".at", fmt.Errorf("not after the step before: %w", flywheel.ErrInvalid))
			ok = false
		}
		if s.Coverage != nil && !(*s.Coverage >= 0 && *s.Coverage <= 1) {
			c.problem(path+".coverage", fmt.Errorf("%v is no share: %w", *s.Coverage, flywheel.ErrOutOfRange))
			ok = false
		}
		if !ok {
			return Schedule{{Off: true}}
		}
	}
	return steps
}

// at returns whether a rule is on, and the coverage in place of its own, nil
// where that stays.
func (s Schedule) at(t time.Time) (on bool, coverage *float64) {
	if len(s) == 0 {
		return true, nil
	}
	on = false
	for i := range s {
		if s[i].At.After(t) {
			break
		}
		on = !s[i].Off
		if s[i].Coverage != nil {
			coverage = s[i].Coverage
		}
	}
	return on, coverage
}

// rampedTo chooses the variation where coverage stands in place of the
// experiment's own. The ranges start where they start at any coverage, so a
// ramp moves nobody between variations.
func (x *compiled) rampedTo(coverage, bucket float64) int {
	for i, full := range x.full {
		if (experiment.Range{full[0], full[0] + float64(coverage*(full[1]-full[0]))}).Holds(bucket) {
			return i
		}
	}
	return -1
}
