package fulfillment_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// slowAllocation decides unit by unit and looks at every subset of the places. It
// follows the words of the rules and shares no code with the package.
type slowAllocation struct {
	places []fulfillment.Place
	items  []fulfillment.Item
	stock  fulfillment.Stock
}

// order returns the items as they are filled: kits, then the others.
func (s *slowAllocation) order() (indexes []int) {
	for _, kits := range []bool{true, false} {
		for i, item := range s.items {
			if (len(s.stock[item.SKU].Parts) > 0) == kits {
				indexes = append(indexes, i)
			}
		}
	}
	return indexes
}

// fill returns units by item and place, filling up to most of each item.
func (s *slowAllocation) fill(places []fulfillment.Place, most []int64) map[int]map[fulfillment.Location]int64 {
	shelf := map[string]int64{}
	for sku, supply := range s.stock {
		for location, n := range supply.Free {
			shelf[string(sku)+"@"+string(location)] = n
		}
	}
	got := map[int]map[fulfillment.Location]int64{}
	for _, i := range s.order() {
		got[i] = map[fulfillment.Location]int64{}
		left := most[i]
		for _, p := range places {
			for left > 0 {
				needs := map[flywheel.SKU]int64{s.items[i].SKU: 1}
				if parts := s.stock[s.items[i].SKU].Parts; len(parts) > 0 {
					needs = map[flywheel.SKU]int64{}
					for _, l := range parts {
						needs[l.SKU] += l.Quantity
					}
				}
				enough := true
				for sku, n := range needs {
					if !s.stock[sku].Untracked && shelf[string(sku)+"@"+string(p.ID)] < n {
						enough = false
					}
				}
				if !enough {
					break
				}
				for sku, n := range needs {
					if !s.stock[sku].Untracked {
						shelf[string(sku)+"@"+string(p.ID)] -= n
					}
				}
				got[i][p.ID]++
				left--
			}
		}
	}
	return got
}

func total(units map[fulfillment.Location]int64) (n int64) {
	for _, u := range units {
		n += u
	}
	return n
}

// result writes the allocation down: what comes from where, what is promised, and
// what is short.
func (s *slowAllocation) result() string {
	places := slices.Clone(s.places)
	slices.SortFunc(places, func(a, b fulfillment.Place) int {
		if a.Priority != b.Priority {
			return a.Priority - b.Priority
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	most := make([]int64, len(s.items))
	for i, item := range s.items {
		if s.stock[item.SKU].Policy != fulfillment.Preorder {
			most[i] = item.Quantity
		}
	}
	for i, units := range s.fill(places, most) {
		most[i] = total(units)
	}
	var best []fulfillment.Place
	found := false
	for mask := range 1 << len(places) {
		var set []fulfillment.Place
		for k, p := range places {
			if mask>>k&1 == 1 {
				set = append(set, p)
			}
		}
		full := true
		for i, units := range s.fill(set, most) {
			full = full && total(units) == most[i]
		}
		if full && (!found || len(set) < len(best) || len(set) == len(best) && before(set, best)) {
			best, found = set, true
		}
	}
	var lines []string
	room := map[flywheel.SKU]int64{}
	for sku, supply := range s.stock {
		room[sku] = supply.Room
	}
	got := s.fill(best, most)
	for _, i := range s.order() {
		item, had := s.items[i], got[i]
		for location, n := range had {
			if n > 0 {
				lines = append(lines, fmt.Sprintf("%s: %d at %s", item.Line, n, location))
			}
		}
		missing := item.Quantity - total(had)
		can := int64(0)
		if s.stock[item.SKU].Policy != fulfillment.NoPolicy {
			can = room[item.SKU]
		}
		if promised := min(missing, can); promised > 0 {
			room[item.SKU] -= promised
			lines = append(lines, fmt.Sprintf("%s: %d later at %s", item.Line, promised, places[0].ID))
		}
		if missing > can {
			lines = append(lines, fmt.Sprintf("%s: %d of %d", item.Line, total(had)+can, item.Quantity))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// before compares sets of one size by sorted priorities, then sorted IDs.
func before(a, b []fulfillment.Place) bool {
	keys := func(set []fulfillment.Place) (priorities []int, ids []string) {
		for _, p := range set {
			priorities, ids = append(priorities, p.Priority), append(ids, string(p.ID))
		}
		slices.Sort(priorities)
		slices.Sort(ids)
		return priorities, ids
	}
	pa, ia := keys(a)
	pb, ib := keys(b)
	if c := slices.Compare(pa, pb); c != 0 {
		return c < 0
	}
	return slices.Compare(ia, ib) < 0
}

// written writes an allocation as slowAllocation does.
func written(a *fulfillment.Allocation) string {
	var lines []string
	for _, p := range a.Pieces {
		later := ""
		if p.Backordered {
			later = "later "
		}
		lines = append(lines, fmt.Sprintf("%s: %d %sat %s", p.Line, p.Quantity, later, p.Location))
	}
	for _, s := range a.Short {
		lines = append(lines, fmt.Sprintf("%s: %d of %d", s.Line, s.Have, s.Want))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// randomOrder makes a small shop and an order.
func randomOrder(r *rand.Rand) slowAllocation {
	var s slowAllocation
	for i := range 1 + r.IntN(5) {
		s.places = append(s.places, fulfillment.Place{ID: fulfillment.Location("abcde"[i : i+1]), Priority: r.IntN(3)})
	}
	r.Shuffle(len(s.places), func(i, j int) { s.places[i], s.places[j] = s.places[j], s.places[i] })
	s.stock = fulfillment.Stock{}
	for i := range 4 {
		supply := fulfillment.Supply{Free: map[fulfillment.Location]int64{}}
		for _, p := range s.places {
			if r.IntN(3) > 0 {
				supply.Free[p.ID] = r.Int64N(5)
			}
		}
		switch r.IntN(6) {
		case 0:
			supply.Policy, supply.Room = fulfillment.Backorder, r.Int64N(4)
		case 1:
			supply.Policy, supply.Room = fulfillment.Preorder, r.Int64N(8)
		case 2:
			if r.IntN(3) == 0 {
				supply.Untracked = true
			}
		}
		s.stock[flywheel.SKU(fmt.Sprint("S", i))] = supply
	}
	for i := range 2 {
		kit := fulfillment.Supply{}
		for _, part := range r.Perm(4)[:1+r.IntN(2)] {
			kit.Parts = append(kit.Parts, flywheel.Line{SKU: flywheel.SKU(fmt.Sprint("S", part)), Quantity: 1 + r.Int64N(2)})
		}
		if r.IntN(4) == 0 {
			kit.Policy, kit.Room = fulfillment.Backorder, r.Int64N(3)
		}
		s.stock[flywheel.SKU(fmt.Sprint("K", i))] = kit
	}
	skus := []string{"S0", "S1", "S2", "S3", "K0", "K1"}
	for i, at := range r.Perm(len(skus))[:1+r.IntN(4)] {
		s.items = append(s.items, fulfillment.Item{Line: fmt.Sprint(i + 1), SKU: flywheel.SKU(skus[at]), Quantity: 1 + r.Int64N(6)})
	}
	return s
}

func TestAllocateAsExhaustively(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(1500) {
		s := randomOrder(rand.New(rand.NewPCG(seed, 1)))
		network, err := fulfillment.New(fulfillment.Config{Places: s.places})
		require.NoError(t, err)
		got, err := network.Allocate(s.items, s.stock, "")
		require.NoError(t, err)
		require.Equal(t, s.result(), written(&got), "seed %d: %+v of %+v", seed, s.items, s.stock)
		units, err := got.Units()
		require.NoError(t, err)
		for _, u := range units {
			if !u.Backordered {
				require.LessOrEqual(t, u.Quantity, s.stock[u.SKU].Free[u.Location], "seed %d", seed)
			}
		}
		from := map[fulfillment.Location]bool{}
		for _, p := range got.Pieces {
			from[p.Location] = true
			if p.Backordered {
				kinds["later"]++
			}
			if len(p.Parts) > 0 {
				kinds["kit"]++
			}
		}
		kinds[fmt.Sprint(len(from), " places")]++
		if len(got.Short) > 0 {
			kinds["short"]++
		}
	}
	for _, kind := range []string{"later", "kit", "short", "1 places", "2 places", "3 places"} {
		require.Greater(t, kinds[kind], 20, "%s in %v", kind, kinds)
	}
}
