package recommend

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Again recommends what the history holds, by ln(1 + weight): for shops in which the same
// is bought again, in a [Blend] with models that know the rest.
type Again struct{}

// String implements [Learner].
func (Again) String() string { return "again" }

// Fit implements [Learner].
func (Again) Fit(m *Matrix) (Scorer, error) { return &again{m.items}, nil }

type again struct{ items *Index }

// Index implements [Scorer].
func (a *again) Index() *Index { return a.items }

// Score implements [Scorer].
func (a *again) Score(h History, scores []float64) {
	clear(scores)
	for _, p := range h {
		scores[p.Item] = math.Log1p(max(0, p.Weight))
	}
}

// Due is an item that a customer buys again and again.
type Due struct {
	SKU flywheel.SKU
	// Bought is how often, Interval the median time between two purchases (for one
	// purchase alone, of all customers), Last the latest.
	Bought   int
	Interval time.Duration
	Last     time.Time
	// Score is highest when the interval has just passed: ratio·2^(1−ratio) at
	// ratio = age/interval, times ln(1 + Bought).
	Score float64
}

// BuyAgain returns at most n items that the customer of facts is likely to need again at
// an instant, likeliest first. Items bought once count by the interval of everyone, if
// intervals has one (see [Intervals]), and are left out otherwise; so are items that were
// disliked since. The rule is one of thumb: most things that are bought again are bought
// at a pace.
func BuyAgain(facts []Interaction, intervals map[flywheel.SKU]time.Duration, at time.Time, n int) []Due {
	times, disliked := purchases(facts, at)
	var out []Due
	for sku, list := range times {
		last := list[len(list)-1]
		if disliked[sku].After(last) {
			continue
		}
		d := Due{SKU: sku, Bought: len(list), Last: last, Interval: intervals[sku]}
		if own := median(gaps(list)); own > 0 {
			d.Interval = own
		}
		if d.Interval <= 0 {
			continue
		}
		ratio := float64(at.Sub(last)) / float64(d.Interval)
		d.Score = float64(ratio*math.Exp2(1-ratio)) * math.Log1p(float64(d.Bought))
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Due) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), compareSKU(a.SKU, b.SKU))
	})
	return out[:min(max(0, n), len(out))]
}

// purchases returns when each item was bought up to an instant, oldest first, each day
// once, and when it was last disliked.
func purchases(facts []Interaction, until time.Time) (times map[flywheel.SKU][]time.Time, disliked map[flywheel.SKU]time.Time) {
	times, disliked = make(map[flywheel.SKU][]time.Time), make(map[flywheel.SKU]time.Time)
	for _, f := range facts {
		if f.At.After(until) {
			continue
		}
		for _, sku := range f.Items {
			switch f.Kind {
			case Purchase:
				times[sku] = append(times[sku], f.At)
			case Dislike:
				if f.At.After(disliked[sku]) {
					disliked[sku] = f.At
				}
			}
		}
	}
	for sku, list := range times {
		slices.SortFunc(list, time.Time.Compare)
		times[sku] = slices.CompactFunc(list, func(a, b time.Time) bool { return b.Sub(a).Abs() < 24*time.Hour })
	}
	return times, disliked
}

func gaps(times []time.Time) (out []time.Duration) {
	for i := 1; i < len(times); i++ {
		out = append(out, times[i].Sub(times[i-1]))
	}
	return out
}

// median returns the lower median, 0 of nothing. It sorts.
func median(d []time.Duration) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[(len(d)-1)/2]
}

// Intervals returns the median time between two purchases of an item by the same actor,
// for items that at least five such pairs are known of.
func (d *Dataset) Intervals() map[flywheel.SKU]time.Duration {
	type key struct{ actor, item int32 }
	last := make(map[key]int64)
	all := make(map[int32][]time.Duration)
	order := make([]int32, len(d.baskets))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(d.baskets[a].at, d.baskets[b].at) })
	for _, n := range order {
		b := &d.baskets[n]
		if b.kind != Purchase || b.actor < 0 {
			continue
		}
		for _, item := range d.lines[b.start:b.end] {
			k := key{b.actor, item}
			if before, ok := last[k]; ok {
				gap := time.Duration(b.at-before) * time.Microsecond
				if gap < 24*time.Hour {
					continue
				}
				all[item] = append(all[item], gap)
			}
			last[k] = b.at
		}
	}
	out := make(map[flywheel.SKU]time.Duration)
	for item, list := range all {
		if len(list) >= 5 {
			out[d.items.names[item]] = median(list)
		}
	}
	return out
}

// RecentlyViewed returns at most n items that the customer of facts looked at, latest
// first, without those bought after the look.
func RecentlyViewed(facts []Interaction, n int) []flywheel.SKU {
	viewed, bought := make(map[flywheel.SKU]time.Time), make(map[flywheel.SKU]time.Time)
	for _, f := range facts {
		into := viewed
		switch f.Kind {
		case View:
		case Purchase:
			into = bought
		default:
			continue
		}
		for _, sku := range f.Items {
			if f.At.After(into[sku]) {
				into[sku] = f.At
			}
		}
	}
	out := make([]flywheel.SKU, 0, len(viewed))
	for sku, at := range viewed {
		if !bought[sku].After(at) {
			out = append(out, sku)
		}
	}
	slices.SortFunc(out, func(a, b flywheel.SKU) int {
		return cmp.Or(viewed[b].Compare(viewed[a]), compareSKU(a, b))
	})
	return out[:min(max(0, n), len(out))]
}

// NewArrivals returns at most n items that may be shown at an instant and have been
// published, latest first.
func (c *Items) NewArrivals(at time.Time, n int) []flywheel.SKU {
	var list []*Item
	for i := range c.items {
		if it := &c.items[i]; !it.From.IsZero() && it.Shown(at) {
			list = append(list, it)
		}
	}
	slices.SortFunc(list, func(a, b *Item) int {
		return cmp.Or(b.From.Compare(a.From), compareSKU(a.SKU, b.SKU))
	})
	out := make([]flywheel.SKU, min(max(0, n), len(list)))
	for i := range out {
		out[i] = list[i].SKU
	}
	return out
}
