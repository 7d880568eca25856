package replenish

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Learner finds how the level to order up to follows from the history of an
// item, by what levels would have cost in the histories of many. It is for items
// that sell now and then, in small or odd quantities, for which a single history
// says too little.
//
// A first level is a quantile of the item's law of demand, given its history and
// what all histories say about such laws (empirical Bayes). Regression trees
// correct it so that what the policy would have cost along the histories,
//
//	Σ over items and periods (h·(position - D)⁺ + b·(D - position)⁺)/item's mean,
//
// becomes least, where D is the demand of the protection interval. The trees are
// found by gradient boosting (Friedman, 2001), whose gradient is taken through the
// simulated stock (Glasserman & Tayur, 1995): the position stays high after a
// level that was too high until the demand has used it up, and a quantile, which
// is best period by period, does not know that. The level is the mean of this one
// and of a linear newsvendor (Ban & Rudin, 2019), a sum of weights times figures
// of the history, which errs differently.
type Learner struct {
	// Periods is how long an order must last: lead time and review.
	Periods int
	// Ratio is the critical ratio b/(b + h), as in [Newsvendor.Ratio].
	Ratio float64
	// FillRate is the share of units that must be met at once in the last third
	// of the histories, from 0, when the cost alone decides, to 0.999. Where the
	// cheapest levels serve less, units short are charged a price on top, the
	// same for every unit of every item, and the lowest price that reaches the
	// share is found (Everett, 1963).
	FillRate float64
	Seed     uint64
}

// Levels is what a [Learner] learned. It is not changed afterwards.
type Levels struct {
	periods  int
	ratio    float64
	laws     *laws
	price    float64 // of a unit short on top, as a multiple of what it costs, per mean demand of the item
	share    float64 // of the level that the laws advise
	trees    []tree
	linear   linear
	fillRate float64
}

const (
	maxWindows = 100_000 // moments that are learned from
	mostPrice  = 4096
)

// Learn learns from the histories of items, oldest period first. Histories may
// differ in length and end in the same period. The first third of a history, at
// least 4 periods, is only looked back at; those without demand there and those
// shorter than that and the protection interval are left out. A fill rate that
// cannot be reached gives the one of the highest price; see [Levels.FillRate].
// At most 100 µs for a period of an item and 250 with a fill rate; of some 100,000
// periods and more, items are left out evenly.
func (l Learner) Learn(histories [][]float64) (*Levels, error) {
	if err := l.check(histories); err != nil {
		return nil, err
	}
	b := l.booster(histories)
	if len(b.runs) == 0 {
		return nil, &SettingError{"number of histories that are long enough", 0, "at least one"}
	}
	best := b.boost(0)
	if best.fillRate >= l.FillRate {
		return best, nil
	}
	low, high := 0.0, 0.25
	for best = b.boost(high); best.fillRate < l.FillRate && high < mostPrice; best = b.boost(high) {
		low, high = high, 4*high
	}
	for range 3 {
		middle := math.Sqrt(math.Max(low, high/16) * high)
		if levels := b.boost(middle); levels.fillRate >= l.FillRate {
			best, high = levels, middle
		} else {
			low = middle
		}
	}
	return best, nil
}

func (l *Learner) check(histories [][]float64) error {
	if !(l.Periods > 0 && l.Periods <= 1000) {
		return &SettingError{"protection interval", float64(l.Periods), "1 to 1000"}
	}
	if !(l.Ratio > 0 && l.Ratio <= 0.9999) {
		return &SettingError{"critical ratio", l.Ratio, "above 0, to 0.9999"}
	}
	if err := within("fill rate", l.FillRate, 0.999); err != nil {
		return err
	}
	for i, h := range histories {
		if err := checkHistory(h); err != nil {
			return fmt.Errorf("replenish: history %d: %w", i, err)
		}
	}
	return nil
}

func checkHistory(history []float64) error {
	if len(history) > MaxPeriods {
		return fmt.Errorf("%d periods, at most 1e6: %w", len(history), flywheel.ErrLimit)
	}
	for t, y := range history {
		if !(y >= 0 && y <= MaxDemand) {
			return within(fmt.Sprintf("demand of period %d", t), y, MaxDemand)
		}
	}
	return nil
}

// booster collects the moments that are learned from.
func (l *Learner) booster(histories [][]float64) *booster {
	b := &booster{Learner: *l}
	first := func(h []float64) int { return max(len(h)/3, known) }
	var used [][]float64
	windows := 0
	for _, h := range histories {
		if f := first(h); f+l.Periods <= len(h) && meanOf(h[:f]) > 1e-9 {
			used = append(used, h)
			windows += len(h) - l.Periods - f + 1
		}
	}
	if len(used) == 0 {
		return b
	}
	b.laws = newLaws(used, l.Periods)
	every := (windows + maxWindows - 1) / maxWindows
	var scratch []float64
	for i := 0; i < len(used); i += every {
		h, belief := used[i], belief{laws: b.laws}
		mean := meanOf(h)
		r := run{demand: h, start: first(h), late: len(h) - max(len(h)/3, l.Periods), row: len(b.rows), weight: 1 / meanOf(h[:first(h)])}
		for now := r.start; now+l.Periods <= len(h); now++ {
			belief.see(h[:now])
			b.rows = append(b.rows, moment{})
			var w window
			w, scratch = newWindow(h, now, l.Periods, mean, l.Ratio, scratch)
			b.windows = append(b.windows, w)
			scratch = describe(h[:now], l.Periods, l.Ratio, &belief, &b.rows[len(b.rows)-1], scratch)
		}
		b.runs = append(b.runs, r)
		b.average += mean
	}
	b.average /= float64(len(b.runs))
	b.grower = newGrower(b.rows)
	b.scales = scaleWindows(b.windows)
	return b
}

// Level returns the level to order up to after a history, in whole units.
// O(n log n), at most 100 µs for 60 periods.
func (l *Levels) Level(history []float64) (int64, error) {
	if len(history) == 0 {
		return 0, &SettingError{"number of periods of history", 0, "at least one"}
	}
	if err := checkHistory(history); err != nil {
		return 0, err
	}
	b := belief{laws: l.laws}
	b.see(history)
	var m moment
	var plain [figures]float64
	scratch := figure(history, l.periods, l.ratio, &plain, nil)
	describe(history, l.periods, l.ratio, &b, &m, scratch)
	level := l.first(&m)
	for _, t := range l.trees {
		level += t.at(&m.features)
	}
	if level = math.Round(mix(level*m.scale, l.linear.at(&plain))); !(level <= MaxUnits) {
		return 0, &SettingError{"level", level, "at most 1e15"}
	}
	return int64(level), nil
}

// FillRate returns the share of units that the levels would have met at once in
// the last third of the histories that they were learned from.
func (l *Levels) FillRate() float64 { return l.fillRate }
