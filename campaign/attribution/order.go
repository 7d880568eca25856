package attribution

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// OrderScore says how well a Markov model of an order tells those who convert
// from those who do not.
type OrderScore struct {
	Order int
	// AUC is the chance that of one who converts and one who does not, the first
	// ends in the state with the larger share of conversions; ties count half.
	AUC float64
	// Parameters is how many states the order could have without regard to their
	// sequence, (n+k-1 over k) for n channels and order k: the penalty.
	Parameters float64
	// Penalized is 1 - (1-AUC)(N-1)/(N-Parameters-1) for N persons, as adjusted
	// R² has it; it is at least 0.
	Penalized float64
}

// ChooseOrder scores the orders 1 to most and suggests the one with the largest
// penalized AUC, the lower of equal ones. The rule is that of choose_order in R's
// package ChannelAttribution, on exact instead of rounded scores. A set in which
// all convert or none does is an error that matches flywheel.ErrInvalid: nothing
// tells the orders apart.
func ChooseOrder(s *Set, most int) (suggested int, scores []OrderScore, err error) {
	if most < 1 || most > MaxOrder {
		return 0, nil, refuse("most", fmt.Errorf("%d is not from 1 to %d: %w", most, MaxOrder, flywheel.ErrOutOfRange))
	}
	if s.totals.conversions == 0 || s.totals.nulls == 0 {
		return 0, nil, fmt.Errorf("attribution: choosing an order needs persons who convert and persons who do not, there are %d and %d: %w", s.totals.conversions, s.totals.nulls, flywheel.ErrInvalid)
	}
	persons := float64(s.totals.conversions + s.totals.nulls)
	best := -1.0
	for order := 1; order <= most; order++ {
		score := OrderScore{Order: order, AUC: s.auc(order), Parameters: 1}
		for k := 1; k <= order; k++ {
			score.Parameters *= float64(len(s.channels)+k-1) / float64(k)
		}
		if free := persons - score.Parameters - 1; free > 0 {
			score.Penalized = max(1-(1-score.AUC)*(persons-1)/free, 0)
		}
		scores = append(scores, score)
		if score.Penalized > best {
			best, suggested = score.Penalized, order
		}
	}
	return suggested, scores, nil
}

// auc is the area under the ROC curve of the last state's share of conversions.
func (s *Set) auc(order int) float64 {
	type end struct{ conversions, nulls int64 }
	at := map[string]*end{}
	for i := range s.paths {
		p := &s.paths[i]
		key := bytesOf(p.channels[max(0, len(p.channels)-order):])
		e := at[key]
		if e == nil {
			e = &end{}
			at[key] = e
		}
		e.conversions += p.conversions
		e.nulls += p.nulls
	}
	ends := make([]end, 0, len(at))
	for _, e := range at {
		ends = append(ends, *e)
	}
	share := func(e end) float64 { return float64(e.conversions) / float64(e.conversions+e.nulls) }
	slices.SortFunc(ends, func(a, b end) int {
		return cmp.Or(cmp.Compare(share(a), share(b)), cmp.Compare(a.conversions, b.conversions), cmp.Compare(a.nulls, b.nulls))
	})
	var area, below float64
	for i := 0; i < len(ends); {
		var conversions, nulls float64
		j := i
		for ; j < len(ends) && share(ends[j]) == share(ends[i]); j++ {
			conversions += float64(ends[j].conversions)
			nulls += float64(ends[j].nulls)
		}
		area += float64(conversions * (below + nulls/2))
		below += nulls
		i = j
	}
	return area / float64(s.totals.conversions) / float64(s.totals.nulls)
}
