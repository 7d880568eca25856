package recommend

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Rule says that groups which hold all items of If often hold Then as well.
type Rule struct {
	If   []flywheel.SKU // sorted, at least one
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
}

const maxItemsets = 5_000_000

// Rules finds all association rules with one item on the right (Agrawal and
// Srikant 1994), by lift, highest first; equal ones by confidence, support, and
// then by SKUs. It is for people who want to look at what sells together, three
// items and more at a time; a [Model] needs none of it.
//
// Sets of items that occur often enough are found depth first, by intersecting the
// lists of the groups that hold them (Zaki 2000, Eclat). More than five million such
// sets are an error matching [flywheel.ErrLimit].
func Rules(d *Dataset, cfg RuleConfig) ([]Rule, error) {
	switch {
	case cfg.Group > ByActor:
		return nil, &ConfigError{"Group", cfg.Group}
	case cfg.MinSupport < 0:
		return nil, &ConfigError{"MinSupport", cfg.MinSupport}
	case cfg.MinConfidence < 0 || cfg.MinConfidence > 1 || math.IsNaN(cfg.MinConfidence):
		return nil, &ConfigError{"MinConfidence", cfg.MinConfidence}
	case cfg.MaxItems < 0 || cfg.MaxItems == 1:
		return nil, &ConfigError{"MaxItems", cfg.MaxItems}
	}
	if cfg.MinSupport == 0 {
		cfg.MinSupport = 10
	}
	if cfg.MaxItems == 0 {
		cfg.MaxItems = 10
	}
	names, rank := sortedItems(d)
	g := group(d, rank, Config{Group: cfg.Group}.withDefaults())
	m := miner{min: cfg.MinSupport, max: cfg.MaxItems, counts: make(map[string]int64)}
	if err := m.mine(g, len(names)); err != nil {
		return nil, err
	}
	return m.rules(names, int64(len(g.start)-1), cfg.MinConfidence), nil
}

// miner finds the sets of items that occur in at least min groups.
type miner struct {
	min, max int
	sets     [][]int32        // items ascending
	counts   map[string]int64 // by key of the set
	key      []byte
	common   []int32 // scratch of intersect
}

// candidate is an item that may join a set, with the groups that hold both.
type candidate struct {
	item   int32
	groups []int32
}

func (m *miner) mine(g *sets, items int) error {
	holders := g.inverted(items)
	c := counter{counts: make([]int32, items)}
	for item := range int32(items) {
		groups := holders.at(item)
		if len(groups) < m.min {
			continue
		}
		// Counting all pairs of the item at once spares intersecting those that
		// come to nothing.
		c.count(item, groups, g)
		slices.Sort(c.touched)
		var joins []candidate
		for _, other := range c.touched {
			if other > item && int(c.counts[other]) >= m.min {
				joins = append(joins, candidate{other, m.intersect(groups, holders.at(other))})
			}
		}
		c.reset()
		if err := m.extend(nil, candidate{item, groups}, joins); err != nil {
			return err
		}
	}
	return nil
}

// extend records prefix with c, and goes on with those that may join both.
func (m *miner) extend(prefix []int32, c candidate, joins []candidate) error {
	set := append(slices.Clip(prefix), c.item)
	if len(m.sets) == maxItemsets {
		return fmt.Errorf("recommend: more than %d sets of items occur %d times: %w", maxItemsets, m.min, flywheel.ErrLimit)
	}
	m.sets = append(m.sets, set)
	m.counts[string(m.keyOf(set, -1))] = int64(len(c.groups))
	if len(set) == m.max {
		return nil
	}
	for i, join := range joins {
		var next []candidate
		for _, other := range joins[i+1:] {
			if both := m.intersect(join.groups, other.groups); both != nil {
				next = append(next, candidate{other.item, both})
			}
		}
		if err := m.extend(set, join, next); err != nil {
			return err
		}
	}
	return nil
}

// intersect returns what two ascending lists have in common, nil when that is less
// than the support asked for.
func (m *miner) intersect(a, b []int32) []int32 {
	m.common = m.common[:0]
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			m.common = append(m.common, a[0])
			a, b = a[1:], b[1:]
		}
		if len(m.common)+min(len(a), len(b)) < m.min {
			return nil
		}
	}
	return slices.Clone(m.common)
}

// keyOf returns the key of set without the item at place drop.
func (m *miner) keyOf(set []int32, drop int) []byte {
	m.key = m.key[:0]
	for place, item := range set {
		if place != drop {
			m.key = binary.BigEndian.AppendUint32(m.key, uint32(item))
		}
	}
	return m.key
}

func (m *miner) rules(names []flywheel.SKU, groups int64, minConfidence float64) []Rule {
	var out []Rule
	for _, set := range m.sets {
		if len(set) < 2 {
			continue
		}
		both := m.counts[string(m.keyOf(set, -1))]
		for place, then := range set {
			r := Rule{Then: names[then], Both: both, Groups: groups,
				IfCount: m.counts[string(m.keyOf(set, place))], ThenCount: m.counts[string(m.keyOf([]int32{then}, -1))]}
			if r.Confidence() < minConfidence {
				continue
			}
			for other, item := range set {
				if other != place {
					r.If = append(r.If, names[item])
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
