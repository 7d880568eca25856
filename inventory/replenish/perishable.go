package replenish

import (
	"cmp"
	"fmt"
	"slices"
)

// Batch is stock that can be sold for a number of further periods: 1 is until the end
// of this one.
type Batch struct {
	Units int64
	Life  int
}

// Outdated returns how many units of the batches are expected to pass their
// shelf life within a number of periods, when demand takes mean units per period,
// the oldest first (Broekmeulen & van Donselaar, 2009, equation 4). An order of
// a perishable item must replace them: see Item.Outdated. O(n log n).
func Outdated(batches []Batch, mean float64, periods int) (float64, error) {
	if err := within("demand mean", mean, MaxDemand); err != nil {
		return 0, err
	}
	if err := within("number of periods", float64(periods), MaxPeriods); err != nil {
		return 0, err
	}
	for i, b := range batches {
		if err := within(fmt.Sprintf("units of batch %d", i), float64(b.Units), MaxUnits); err != nil {
			return 0, err
		}
		if err := within(fmt.Sprintf("life of batch %d", i), float64(b.Life), MaxPeriods); err != nil {
			return 0, err
		}
	}
	oldest := slices.Clone(batches)
	slices.SortStableFunc(oldest, func(a, b Batch) int { return cmp.Compare(a.Life, b.Life) })
	stock, waste := 0.0, 0.0 // of the batches so far, up to the end of the life of the last
	for _, b := range oldest {
		if b.Life > periods {
			break
		}
		stock += float64(b.Units)
		waste = max(waste, stock-float64(mean*float64(b.Life)))
	}
	return waste, nil
}
