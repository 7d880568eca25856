package inventory

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
)

// maxDemandDays is ten years.
const maxDemandDays = 3660

// Demand returns how many units of sku were sold or ordered on each calendar day of a
// zone, from that of one instant to the one before that of another, at the service's
// location: the units that left with a hold (committed) or became those of an order
// (allocated). Units that an order called off later, or that came back, were wanted
// all the same. A day of whose every instant nothing was available, and on which
// nothing was sold, tells nothing of demand: it is NaN, which forecast.Fill or the
// leaving out of such days deals with. At most 3,660 days. It costs a pass over the
// item's ledger.
func (s *Service) Demand(ctx context.Context, sku flywheel.SKU, from, to time.Time, zone *time.Location) ([]float64, error) {
	if err := checkID("sku", string(sku)); err != nil {
		return nil, err
	}
	if zone == nil || !from.Before(to) {
		return nil, fmt.Errorf("inventory: demand from %s to %s: %w", from.Format(time.RFC3339), to.Format(time.RFC3339), flywheel.ErrInvalid)
	}
	if to.Sub(from) > maxDemandDays*24*time.Hour {
		return nil, fmt.Errorf("inventory: demand of more than %d days: %w", maxDemandDays, flywheel.ErrLimit)
	}
	dayOf := func(t time.Time) int { // days since the first
		y, m, d := t.In(zone).Date()
		return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	}
	first := dayOf(from)
	n := dayOf(to) - first
	demand := make([]float64, n)
	stocked := make([]bool, n)
	free, since := int64(0), math.MinInt // available units, and from which day on
	mark := func(until int) {
		if free > 0 {
			for d := max(since, 0); d <= min(until, n-1); d++ {
				stocked[d] = true
			}
		}
	}
	for m, err := range s.store.Ledger(ctx, sku, s.location, 0) {
		if err != nil {
			return nil, err
		}
		d := dayOf(m.At) - first
		mark(d)
		free, since = m.OnHandAfter-m.ReservedAfter-m.AllocatedAfter, d
		if d < 0 || d >= n {
			continue
		}
		switch m.Kind {
		case KindCommit:
			demand[d] -= float64(m.OnHand)
		case KindAllocate:
			demand[d] += float64(m.Allocated + m.Backordered)
		}
	}
	mark(n - 1)
	for d := range demand {
		if !stocked[d] && demand[d] == 0 {
			demand[d] = math.NaN()
		}
	}
	return demand, nil
}
