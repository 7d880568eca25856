package rfm

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// NTile ranks the customers from worst to best by each figure, equal ones by ID,
// and cuts the ranking into five parts whose sizes differ by at most one, the
// larger first: NTILE(5) of SQL.
type NTile struct{}

// Score implements [Method].
func (NTile) Score(inputs []Input) ([]Score, error) {
	if err := check(inputs); err != nil {
		return nil, err
	}
	scores := named(inputs)
	order := make([]int, len(inputs))
	for _, f := range figures {
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(i, j int) int {
			byFigure := cmp.Compare(f.of(&inputs[i]), f.of(&inputs[j]))
			if f.low {
				byFigure = -byFigure
			}
			return cmp.Or(byFigure, cmp.Compare(inputs[i].Customer, inputs[j].Customer))
		})
		size, larger := len(order)/5, len(order)%5
		rank := 0
		for score := range 5 {
			n := size
			if score < larger {
				n++
			}
			for range n {
				f.set(&scores[order[rank]], uint8(score+1))
				rank++
			}
		}
	}
	return scores, nil
}

// Edges are four ascending values that part each figure in five.
type Edges struct{ R, F, M [4]float64 }

// Quantile scores by edges at 20, 40, 60 and 80 % of the customers: 1 plus the
// number of edges below the value, and for recency 6 minus that.
type Quantile struct{}

// Edges returns the edges of inputs.
func (Quantile) Edges(inputs []Input) (Edges, error) {
	if err := check(inputs); err != nil {
		return Edges{}, err
	}
	var all [3][4]float64
	values := make([]int64, len(inputs))
	for k, f := range figures {
		for i := range inputs {
			values[i] = f.of(&inputs[i])
		}
		values = ascending(values)
		for q := range all[k] {
			all[k][q] = fifth(values, q+1)
		}
	}
	return Edges{all[0], all[1], all[2]}, nil
}

// ascending sorts values in place or into another slice: digit by digit where their range has few, in
// linear time.
func ascending(values []int64) []int64 {
	const digits, size = 11, 1 << 11
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	reach := uint64(high) - uint64(low)
	if len(values) < size || bits.Len64(reach) > 3*digits {
		slices.Sort(values)
		return values
	}
	to := make([]int64, len(values))
	for shift := 0; reach>>shift > 0; shift += digits {
		var at [size]int
		for _, v := range values {
			at[(uint64(v)-uint64(low))>>shift&(size-1)]++
		}
		sum := 0
		for d := range at {
			at[d], sum = sum, sum+at[d]
		}
		for _, v := range values {
			d := (uint64(v) - uint64(low)) >> shift & (size - 1)
			to[at[d]] = v
			at[d]++
		}
		values, to = to, values
	}
	return values
}

// fifth is the quantile k/5 of sorted values, between the two nearest ranks by
// linear interpolation (Hyndman and Fan, 1996, definition 7).
func fifth(sorted []int64, k int) float64 {
	at := (len(sorted) - 1) * k // in fifths of a rank
	low, rest := at/5, at%5
	if rest == 0 {
		return float64(sorted[low])
	}
	a, b := float64(sorted[low]), float64(sorted[low+1])
	return a + float64((b-a)*float64(rest))/5
}

// Score implements [Method].
func (q Quantile) Score(inputs []Input) ([]Score, error) {
	edges, err := q.Edges(inputs)
	if err != nil {
		return nil, err
	}
	scores := named(inputs)
	for k, cuts := range [3][4]float64{edges.R, edges.F, edges.M} {
		for i := range inputs {
			passed := 0
			for _, edge := range cuts {
				if edge < float64(figures[k].of(&inputs[i])) {
					passed++
				}
			}
			figures[k].set(&scores[i], place(passed, figures[k].low))
		}
	}
	return scores, nil
}

// place is the score after so many edges.
func place(passed int, low bool) uint8 {
	if low {
		return uint8(5 - passed)
	}
	return uint8(1 + passed)
}

// Fixed scores by four ascending cuts for each figure: 1 plus the number of cuts
// not above the value, and for recency 6 minus that. Monetary cuts are in minor
// units.
type Fixed struct{ R, F, M [4]int64 }

// Score implements [Method]. Cuts that do not ascend are refused.
func (x Fixed) Score(inputs []Input) ([]Score, error) {
	for k, cuts := range [3][4]int64{x.R, x.F, x.M} {
		for i := range 3 {
			if cuts[i] >= cuts[i+1] {
				return nil, fmt.Errorf("rfm: %c cuts %v do not ascend: %w", "RFM"[k], cuts, flywheel.ErrInvalid)
			}
		}
	}
	if err := check(inputs); err != nil {
		return nil, err
	}
	scores := named(inputs)
	for k, cuts := range [3][4]int64{x.R, x.F, x.M} {
		for i := range inputs {
			passed := 0
			for _, cut := range cuts {
				if cut <= figures[k].of(&inputs[i]) {
					passed++
				}
			}
			figures[k].set(&scores[i], place(passed, figures[k].low))
		}
	}
	return scores, nil
}
