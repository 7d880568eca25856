package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Rule says that groups which hold all items of If often hold Then as well.
type Rule struct {
	If   []flywheel.SKU // sorted; none only with RuleConfig.Empty
	Then flywheel.SKU
	// Both is the number of groups that hold all of it, IfCount of those that
	// hold If, ThenCount of those that hold Then, Groups of all.
	Both, IfCount, ThenCount, Groups int64
}

// Support returns Both / Groups: how common the whole is.
func (r Rule) Support() float64 { return float64(r.Both) / float64(r.Groups) }

// Confidence returns Both / IfCount: how often the rule holds.
func (r Rule) Confidence() float64 { return float64(r.Both) / float64(r.IfCount) }

// Lift returns Confidence · Groups / ThenCount: how many times more often than
// without looking at If.
func (r Rule) Lift() float64 {
	return float64(r.Both) * float64(r.Groups) / (float64(r.IfCount) * float64(r.ThenCount))
}

// String returns the rule in words.
func (r Rule) String() string {
	return fmt.Sprintf("%v => %s: %d of %d, lift %.4g", r.If, r.Then, r.Both, r.IfCount, r.Lift())
}

// RuleConfig says which rules [Rules] finds. Fields that are zero take the value
// that their comment gives.
type RuleConfig struct {
	Group Group // ByBasket
	// MinSupport is in how many groups all items of a rule must meet: 10. The
	// number of rules, and the time it takes, grows fast as it falls.
	MinSupport int
	// MinConfidence is the least Confidence: more than 0.
	MinConfidence float64
	// MaxItems is the most items of a rule, Then included: 10.
	MaxItems int
	// Empty adds the rules without a left side, whose confidence is the support of
	// the item: as R's arules does with minlen = 1.
	Empty bool
}

// Rules finds all association rules with one item on the right (Agrawal and
// Srikant 1994), by lift, highest first; equal ones by confidence, support, and
// then by SKUs. It is for people who want to look at what sells together, three
// items and more at a time; a [Model] needs none of it.
//
// The sets of items that occur often enough are those of [Itemsets].
func Rules(d *Dataset, cfg RuleConfig) ([]Rule, error) {
	if cfg.MinConfidence < 0 || cfg.MinConfidence > 1 || math.IsNaN(cfg.MinConfidence) {
		return nil, &ConfigError{"MinConfidence", cfg.MinConfidence}
	}
	if cfg.MaxItems == 1 && !cfg.Empty {
		return nil, &ConfigError{"MaxItems", cfg.MaxItems}
	}
	f, err := mineGroups(d, ItemsetConfig{Group: cfg.Group, MinSupport: cfg.MinSupport, MaxItems: cfg.MaxItems})
	if err != nil {
		return nil, err
	}
	return f.rules(cfg), nil
}

// rules returns the rules of the sets found.
func (f *found) rules(cfg RuleConfig) []Rule {
	counts := newCountTable(f)
	support := make([]int64, len(f.names))
	for n := range f.sets() {
		if set := f.set(n); len(set) == 1 {
			support[set[0]] = int64(f.count[n])
		}
	}
	var out []Rule
	for n := range f.sets() {
		set := f.set(n)
		if len(set) < 2 && !cfg.Empty {
			continue
		}
		hash := hashSet(set)
		for place, then := range set {
			r := Rule{Then: f.names[then], Both: int64(f.count[n]), Groups: f.groups, IfCount: f.groups, ThenCount: support[then]}
			if len(set) > 1 {
				r.IfCount = counts.without(set, place, hash-hashItem(then))
			}
			if r.Confidence() < cfg.MinConfidence {
				continue
			}
			for other, item := range set {
				if other != place {
					r.If = append(r.If, f.names[item])
				}
			}
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(b.Lift(), a.Lift()), cmp.Compare(b.Confidence(), a.Confidence()),
			cmp.Compare(b.Both, a.Both), slices.Compare(a.If, b.If), cmp.Compare(a.Then, b.Then))
	})
	return out
}

// hashItem is one item's part of the hash of a set, which is the sum of the parts,
// so that the hash without one item needs no second look at the others.
func hashItem(item int32) uint64 { return mix(uint64(item)) }

func hashSet(set []int32) (h uint64) {
	for _, item := range set {
		h += hashItem(item)
	}
	return h
}

// countTable finds the number of a set by its items: open addressing, each hit
// compared with the set itself.
type countTable struct {
	f     *found
	slots []int32 // 1 + number
}

func newCountTable(f *found) *countTable {
	size := 16
	for size < 2*f.sets() {
		size *= 2
	}
	t := &countTable{f, make([]int32, size)}
	for n := range f.sets() {
		at := hashSet(f.set(n)) & uint64(size-1)
		for t.slots[at] != 0 {
			at = (at + 1) & uint64(size-1)
		}
		t.slots[at] = int32(n + 1)
	}
	return t
}

// without returns the count of set without the item at place, given its hash.
func (t *countTable) without(set []int32, place int, hash uint64) int64 {
	mask := uint64(len(t.slots) - 1)
	for at := hash & mask; t.slots[at] != 0; at = (at + 1) & mask {
		n := int(t.slots[at] - 1)
		s := t.f.set(n)
		if len(s) == len(set)-1 && slices.Equal(s[:place], set[:place]) && slices.Equal(s[place:], set[place+1:]) {
			return int64(t.f.count[n])
		}
	}
	return 0 // cannot be: each part of a set that occurs often does so too
}
