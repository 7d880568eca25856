package replenish

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// maxPathPeriods bounds the periods of all paths together.
const maxPathPeriods = 100_000_000

func checkPaths(paths, periods int) error {
	if paths <= 0 || periods <= 0 || paths > maxPathPeriods/periods {
		return &SettingError{"number of paths and periods", float64(paths) * float64(periods), "each above 0, at most 1e8 in all"}
	}
	return nil
}

// Sample returns paths of independent demands of the same law, in whole units
// and none below zero. The seed fixes them.
func Sample(demand Distribution, paths, periods int, seed uint64) ([][]int64, error) {
	if err := checkPaths(paths, periods); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	drawn := make([][]int64, paths)
	for i := range drawn {
		drawn[i] = make([]int64, periods)
		for t := range drawn[i] {
			p := rng.Float64()
			if p == 0 {
				p = 0x1p-54
			}
			units := math.Round(demand.Quantile(p))
			if !(units <= MaxUnits) {
				return nil, &SettingError{"demand", units, "a distribution with finite figures"}
			}
			drawn[i][t] = int64(math.Max(units, 0))
		}
	}
	return drawn, nil
}

// Bootstrap returns paths made from the history of an item that does not sell in
// every period (Willemain, Smart & Schwarz, 2004): whether a period sells
// follows from whether the one before did, as often as in the history, and a
// sale is one of the history, jittered by a normal draw times its root, so that
// sizes that were not seen yet can occur. The first period follows the last one
// of the history. The seed fixes the paths.
func Bootstrap(history []float64, paths, periods int, seed uint64) ([][]int64, error) {
	if err := checkPaths(paths, periods); err != nil {
		return nil, err
	}
	if len(history) == 0 {
		return nil, &SettingError{"number of periods of history", 0, "at least one"}
	}
	var sizes []float64
	// after counts the periods after one without and one with a sale, and how
	// many of them sold. Half a period each way stands for what was not seen.
	after, sold := [2]float64{1, 1}, [2]float64{0.5, 0.5}
	before := 0
	for t, y := range history {
		if err := within(fmt.Sprintf("demand of period %d of the history", t), y, MaxDemand); err != nil {
			return nil, err
		}
		sells := 0
		if y > 0 {
			sizes = append(sizes, y)
			sells = 1
		}
		if t > 0 {
			after[before]++
			sold[before] += float64(sells)
		}
		before = sells
	}
	drawn := make([][]int64, paths)
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range drawn {
		drawn[i] = make([]int64, periods)
		state := before
		for t := range drawn[i] {
			p := sold[state] / after[state]
			if state = 0; len(sizes) == 0 || rng.Float64() >= p {
				continue
			}
			state = 1
			size := sizes[rng.IntN(len(sizes))]
			jittered := 1 + math.Floor(size+float64(rng.NormFloat64()*math.Sqrt(size)))
			if jittered <= 0 {
				jittered = math.Max(math.Round(size), 1)
			}
			drawn[i][t] = int64(jittered)
		}
	}
	return drawn, nil
}

// Totals returns the law of the total demand of the first periods of the paths:
// what an order that must last for them is up against.
func Totals(paths [][]int64, periods int) (*Counts, error) {
	if !(periods > 0 && len(paths) > 0) {
		return nil, &SettingError{"number of paths and periods", 0, "at least one of each"}
	}
	var weights []float64
	for i, path := range paths {
		if len(path) < periods {
			return nil, &SettingError{fmt.Sprintf("periods of path %d", i), float64(len(path)), fmt.Sprintf("at least %d", periods)}
		}
		total := 0.0
		for _, d := range path[:periods] {
			total += float64(d)
		}
		if err := within(fmt.Sprintf("total of path %d", i), total, MaxCounts-1); err != nil {
			return nil, err
		}
		for len(weights) <= int(total) {
			weights = append(weights, 0)
		}
		weights[int(total)]++
	}
	return newCounts(0, weights), nil
}
