package loyalty

import (
	"context"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Liability is what a program owes its members at one instant, in points.
type Liability struct {
	At time.Time `json:"at"`
	// Tiers are the sums by tier, in order of their name.
	Tiers []TierLiability `json:"tiers"`
	// Total sums them; its Tier is empty.
	Total TierLiability `json:"total"`
}

// TierLiability is what is owed to the members of one tier.
type TierLiability struct {
	Tier    string `json:"tier"`
	Members int64  `json:"members"`
	// Available can be spent now, net of what members owe; Pending later; Held is
	// set aside for orders under way.
	Available int64 `json:"available"`
	Pending   int64 `json:"pending"`
	Held      int64 `json:"held"`
}

// Points is all of them.
func (l TierLiability) Points() int64 { return l.Available + l.Pending + l.Held }

// Value is what the points are worth at the price of one point in minor units of a
// currency, rounded half up: an upper bound, since some are never spent (see
// [Deferral]). Where members owe more than they have it is negative.
func (l TierLiability) Value(point money.Rate, c money.Currency) (money.Amount, error) {
	return money.New(l.Points(), c).MulRate(point, money.HalfUp)
}

// Liability sums the balances of all members at an instant. It reads every account.
func (s *Service) Liability(ctx context.Context, at time.Time) (Liability, error) {
	l := Liability{At: at}
	tiers := map[string]*TierLiability{}
	for member, err := range s.Members(ctx) {
		if err != nil {
			return Liability{}, err
		}
		b, err := s.BalanceAt(ctx, member, at)
		if err != nil {
			return Liability{}, err
		}
		standing, err := s.StandingAt(ctx, member, at)
		if err != nil {
			return Liability{}, err
		}
		tier := tiers[standing.Tier]
		if tier == nil {
			tier = &TierLiability{Tier: standing.Tier}
			tiers[standing.Tier] = tier
		}
		for _, sum := range []*TierLiability{tier, &l.Total} {
			sum.Members++
			sum.Available += b.Available
			sum.Pending += b.Pending
			sum.Held += b.Held
		}
	}
	for _, tier := range tiers {
		l.Tiers = append(l.Tiers, *tier)
	}
	slices.SortFunc(l.Tiers, func(a, b TierLiability) int {
		if a.Tier < b.Tier {
			return -1
		}
		return 1
	})
	return l, nil
}
