package experiment

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// bucketed reports whether the arms say themselves which buckets are theirs.
func (e *Experiment) bucketed() bool {
	return slices.ContainsFunc(e.Arms, func(a Arm) bool { return len(a.Buckets) > 0 })
}

// ranges returns the buckets that take part, and the arm of each.
func (e *Experiment) ranges() (ranges []Range, owners []int) {
	if !e.bucketed() {
		coverage := 1.0
		if e.Coverage != nil {
			coverage = *e.Coverage
		}
		ranges = Ranges(coverage, e.Weights())
		for i := range ranges {
			owners = append(owners, i)
		}
		return ranges, owners
	}
	for i, a := range e.Arms {
		for _, r := range a.Buckets {
			ranges, owners = append(ranges, r), append(owners, i)
		}
	}
	return ranges, owners
}

// checkBuckets refuses ranges that are none or that overlap.
func (e *Experiment) checkBuckets() error {
	if !e.bucketed() {
		return nil
	}
	ranges, _ := e.ranges()
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Compare(a[0], b[0]) })
	for i, r := range ranges {
		switch {
		case !share(r[0]) || !share(r[1]) || r[0] >= r[1]:
			return fmt.Errorf("buckets [%v, %v) are no range: %w", r[0], r[1], flywheel.ErrOutOfRange)
		case i > 0 && ranges[i-1][1] > r[0]:
			return fmt.Errorf("buckets [%v, %v) belong to two arms: %w", r[0], ranges[i-1][1], flywheel.ErrInvalid)
		}
	}
	return nil
}

// Reweigh returns e with other weights and another coverage, by which the fewest
// units possible change arms: an arm that shrinks gives up some of its buckets,
// one that grows takes free ones, and everybody else stays. (With weights alone
// the borders between all arms would shift.) The counts of units from before
// still show the old weights, so a reading starts over. The error is a
// [*DefinitionError].
func (e Experiment) Reweigh(coverage float64, weights []float64) (Experiment, error) {
	if err := e.Validate(); err != nil {
		return Experiment{}, err
	}
	e = e.clone()
	fail := func(field string, err error) (Experiment, error) {
		return Experiment{}, &DefinitionError{Experiment: e.ID, Field: field, Err: err}
	}
	sum := 0.0
	for _, w := range weights {
		if !share(w) {
			return fail("weights", fmt.Errorf("%v is no share: %w", w, flywheel.ErrOutOfRange))
		}
		sum += w
	}
	switch {
	case len(weights) != len(e.Arms):
		return fail("weights", fmt.Errorf("%d for %d arms: %w", len(weights), len(e.Arms), flywheel.ErrInvalid))
	case math.Abs(sum-1) > 0.01:
		return fail("weights", fmt.Errorf("sum to %v: %w", sum, flywheel.ErrInvalid))
	case !share(coverage):
		return fail("coverage", fmt.Errorf("%v is no share: %w", coverage, flywheel.ErrOutOfRange))
	}
	steps := 10_000
	if e.Hash == HashV1 {
		steps = 1_000
	}
	owner := e.owners(steps)
	want := apportion(int(math.Round(coverage*float64(steps))), weights, sum)
	have := make([]int, len(e.Arms))
	for _, arm := range owner {
		if arm != free {
			have[arm]++
		}
	}
	for bucket := steps - 1; bucket >= 0; bucket-- {
		if arm := owner[bucket]; arm != free && have[arm] > want[arm] {
			owner[bucket] = free
			have[arm]--
		}
	}
	for bucket, arm := 0, 0; arm < len(want); {
		switch {
		case have[arm] == want[arm]:
			arm++
			continue
		case owner[bucket] == free:
			owner[bucket] = arm
			have[arm]++
		}
		bucket++
	}
	e.Coverage = &coverage
	for arm := range e.Arms {
		e.Arms[arm].Weight = weights[arm]
		e.Arms[arm].Buckets = parts(owner, arm)
	}
	return e, nil
}

const free = -1

// owners gives the arm of each bucket.
func (e *Experiment) owners(steps int) []int {
	ranges, arms := e.ranges()
	owner := make([]int, steps)
	for bucket := range owner {
		owner[bucket] = free
		if i := Choose(float64(bucket)/float64(steps), ranges); i >= 0 {
			owner[bucket] = arms[i]
		}
	}
	return owner
}

// apportion shares total by the largest remainder, ties to the earlier arm.
func apportion(total int, weights []float64, sum float64) []int {
	want, order := make([]int, len(weights)), make([]int, len(weights))
	remainder := make([]float64, len(weights))
	left := total
	for i, w := range weights {
		exact := float64(total) * (w / sum)
		want[i] = int(exact)
		remainder[i], order[i] = exact-float64(want[i]), i
		left -= want[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(remainder[b], remainder[a]) })
	for _, i := range order[:max(0, left)] {
		want[i]++
	}
	return want
}

// parts joins an arm's buckets to ranges, whose bounds are buckets themselves.
func parts(owner []int, arm int) (ranges []Range) {
	steps := float64(len(owner))
	for bucket := 0; bucket < len(owner); bucket++ {
		if owner[bucket] != arm {
			continue
		}
		start := bucket
		for bucket < len(owner) && owner[bucket] == arm {
			bucket++
		}
		ranges = append(ranges, Range{float64(start) / steps, float64(bucket) / steps})
	}
	return ranges
}
