package recommend

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Case is one question with a known answer: what an actor chose, and what the
// same actor chose afterwards.
type Case struct {
	Actor Actor
	// History is what was chosen before, each item once.
	History []flywheel.SKU
	// Held is what was chosen then.
	Held []flywheel.SKU
}

// HoldOutLast takes the last purchase of every actor who has an earlier
// interaction out of d: it returns the others, to train on, and one Case for each
// purchase taken out, in the order of d. What the actor did after that purchase is
// taken out as well.
func (d *Dataset) HoldOutLast() (train *Dataset, cases []Case) {
	last := make([]int, len(d.actors.names)) // 1 + basket number of the last purchase
	seen := make([]int, len(d.actors.names)) // interactions before it
	for pass := range 2 {
		for n := range d.baskets {
			b := &d.baskets[n]
			if b.actor < 0 {
				continue
			}
			if pass == 0 && b.kind == Purchase && (last[b.actor] == 0 || !b.earlier(&d.baskets[last[b.actor]-1])) {
				last[b.actor] = n + 1
			}
			if pass == 1 && last[b.actor] > 0 && b.earlier(&d.baskets[last[b.actor]-1]) {
				seen[b.actor]++
			}
		}
	}
	histories := make(map[int32][]flywheel.SKU)
	train = d.where(func(n int, b *basket) bool {
		if b.actor < 0 || last[b.actor] == 0 || seen[b.actor] == 0 {
			return true
		}
		if !b.earlier(&d.baskets[last[b.actor]-1]) {
			return false
		}
		if !b.kind.Interest() {
			return true
		}
		for _, item := range d.lines[b.start:b.end] {
			histories[b.actor] = append(histories[b.actor], d.items.names[item])
		}
		return true
	})
	for n := range d.baskets {
		b := &d.baskets[n]
		if b.actor >= 0 && last[b.actor] == n+1 && seen[b.actor] > 0 {
			cases = append(cases, Case{Actor: d.actors.names[b.actor], History: distinct(histories[b.actor]), Held: d.interaction(n).Items})
		}
	}
	return train, cases
}

// earlier orders baskets by time. Baskets of the same instant are one visit.
func (b *basket) earlier(o *basket) bool { return b.at < o.at }

// Report is how well recommendations met the held-out items, as means over the
// cases. The ranked list of a case has at most K items.
type Report struct {
	K     int
	Cases int
	// HitRate is the share of cases with at least one hit.
	HitRate float64
	// Recall is hits / held-out items.
	Recall float64
	// MRR is 1 / rank of the first hit, 0 without one.
	MRR float64
	// NDCG is the sum of 1/log₂(rank+1) over the hits, relative to that of a
	// list which begins with as many held-out items as fit into it
	// (Järvelin and Kekäläinen 2002, with binary gains).
	NDCG float64
	// Coverage is the number of different items recommended in all.
	Coverage int
}

// Ranker recommends at most k items for a case, best first. It sees what c holds
// out and must not look at it.
type Ranker func(c Case, k int) []flywheel.SKU

// Evaluate asks rank for k items for each case. Cases that hold nothing out are
// skipped. An item that rank repeats counts once.
func Evaluate(cases []Case, k int, rank Ranker) (Report, error) {
	if k < 1 {
		return Report{}, fmt.Errorf("recommend: k = %d: %w", k, flywheel.ErrOutOfRange)
	}
	r := Report{K: k}
	shown := make(map[flywheel.SKU]struct{})
	held := make(map[flywheel.SKU]bool) // true until it is hit
	for _, c := range cases {
		if len(c.Held) == 0 {
			continue
		}
		clear(held)
		for _, sku := range c.Held {
			held[sku] = true
		}
		var hits int
		var gain, ideal, first float64
		list := rank(c, k)
		for i, sku := range list[:min(k, len(list))] {
			shown[sku] = struct{}{}
			if !held[sku] {
				continue
			}
			held[sku] = false
			hits++
			gain += 1 / math.Log2(float64(i+2))
			if first == 0 {
				first = 1 / float64(i+1)
			}
		}
		for i := range min(k, len(held)) {
			ideal += 1 / math.Log2(float64(i+2))
		}
		r.Cases++
		if hits > 0 {
			r.HitRate++
		}
		r.Recall += float64(hits) / float64(len(held))
		r.MRR += first
		r.NDCG += gain / ideal
	}
	r.Coverage = len(shown)
	if n := float64(r.Cases); n > 0 {
		r.HitRate /= n
		r.Recall /= n
		r.MRR /= n
		r.NDCG /= n
	}
	return r, nil
}

// Rank is a [Ranker]: it recommends what goes with the history, and nothing of
// it again.
func (m *Model) Rank(c Case, k int) []flywheel.SKU {
	list := m.Recommend(Request{Items: c.History, Limit: k})
	out := make([]flywheel.SKU, len(list))
	for i := range list {
		out[i] = list[i].SKU
	}
	return out
}

// RankPopular is the plain [Ranker] that others have to beat: the most popular
// items that are not in the history.
func (m *Model) RankPopular(c Case, k int) []flywheel.SKU {
	out := make([]flywheel.SKU, 0, k)
	for r := range m.Popular() {
		if len(out) == k {
			break
		}
		if !slices.Contains(c.History, r.SKU) {
			out = append(out, r.SKU)
		}
	}
	return out
}
