package recommend

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Trend counts choices of which each halves with every half-life of its age, without
// ever going through what it has counted: ages are taken from a fixed instant, as
// powers of two that are added up exactly aligned (Cormode et al. 2009, forward decay).
// The same choices in the same order give the same bits, in one go or one by one. It is
// safe for concurrent use.
type Trend struct {
	items    *Index
	halfLife float64 // microseconds
	mu       sync.RWMutex
	sums     []scaled
}

// scaled is m·2^e, with m in [0.5, 1) or 0.
type scaled struct {
	m float64
	e int64
}

// add returns s + o.
func (s scaled) add(o scaled) scaled {
	if s.e < o.e {
		s, o = o, s
	}
	if o.m == 0 {
		return s
	}
	if s.m == 0 {
		return o
	}
	m, e := s.m, s.e
	if d := s.e - o.e; d < 1100 {
		m += math.Ldexp(o.m, -int(d))
	}
	frac, exp := math.Frexp(m)
	return scaled{frac, e + int64(exp)}
}

// NewTrend returns a Trend without choices. halfLife is at least a microsecond.
func NewTrend(items *Index, halfLife time.Duration) (*Trend, error) {
	if halfLife < time.Microsecond {
		return nil, paramError("Trend", "HalfLife", halfLife)
	}
	return &Trend{items: items, halfLife: float64(halfLife.Microseconds()), sums: make([]scaled, items.Len())}, nil
}

// Add counts a choice. Items that are not in the Index are passed over and reported
// as not counted. Times may come in any order, and lie in the future: a choice counts
// as if it were as old as it says. O(1).
func (t *Trend) Add(sku flywheel.SKU, at time.Time, weight float64) (counted bool, err error) {
	if !positive(weight) || at.IsZero() {
		return false, &ChoiceError{Field: "weight or at", Err: fmt.Errorf("%v at %v: %w", weight, at, flywheel.ErrOutOfRange)}
	}
	item, ok := t.items.Number(sku)
	if !ok || weight == 0 {
		return false, nil
	}
	age := float64(at.UnixMicro()) / t.halfLife
	whole := math.Floor(age)
	m, e := math.Frexp(float64(weight * math.Exp2(age-whole)))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sums[item] = t.sums[item].add(scaled{m, int64(whole) + int64(e)})
	return true, nil
}

// Index implements [Scorer].
func (t *Trend) Index() *Index { return t.items }

// Score implements [Scorer]: counts relative to the largest, so the best has between
// 0.5 and 1.
func (t *Trend) Score(_ History, scores []float64) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	most := int64(math.MinInt64)
	for _, s := range t.sums {
		if s.m > 0 {
			most = max(most, s.e)
		}
	}
	for i, s := range t.sums {
		scores[i] = 0
		if d := most - s.e; s.m > 0 && d < 1100 {
			scores[i] = math.Ldexp(s.m, -int(d))
		}
	}
}
