package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Itemset is a set of items that were chosen together in Count groups.
type Itemset struct {
	Items []flywheel.SKU // sorted
	Count int64
}

// ItemsetConfig says which sets [Itemsets] finds. Fields that are zero take the value
// that their comment gives.
type ItemsetConfig struct {
	Group Group // ByBasket
	// MinSupport is in how many groups a set must occur: 10. The number of sets,
	// and the time it takes, grows fast as it falls.
	MinSupport int
	// MaxItems is the most items of a set: 10.
	MaxItems int
}

const maxItemsets = 5_000_000

// Itemsets finds all sets of items that occur together in at least MinSupport groups:
// by size, then by count, most first, then by items. It grows them from a tree of the
// groups' common beginnings (Han, Pei and Yin 2000, FP-growth). More than five million
// sets are an error matching [flywheel.ErrLimit].
func Itemsets(d *Dataset, cfg ItemsetConfig) ([]Itemset, error) {
	f, err := mineGroups(d, cfg)
	if err != nil {
		return nil, err
	}
	// Item numbers follow the order of SKUs, so that sets are compared by numbers.
	type keyed struct {
		key uint64 // size, then falling count
		n   int32
	}
	order := make([]keyed, f.sets())
	for n := range order {
		order[n] = keyed{uint64(len(f.set(n)))<<32 | uint64(math.MaxInt32-f.count[n]), int32(n)}
	}
	slices.SortFunc(order, func(a, b keyed) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return slices.Compare(f.set(int(a.n)), f.set(int(b.n)))
	})
	out := make([]Itemset, f.sets())
	items := make([]flywheel.SKU, 0, len(f.flat))
	for place, k := range order {
		from := len(items)
		for _, item := range f.set(int(k.n)) {
			items = append(items, f.names[item])
		}
		out[place] = Itemset{Items: items[from:len(items):len(items)], Count: int64(f.count[k.n])}
	}
	return out, nil
}

// found are sets of items by number, one after the other.
type found struct {
	names  []flywheel.SKU
	groups int64
	start  []int32
	flat   []int32 // items of a set ascending
	count  []int32
}

func (f *found) sets() int { return len(f.count) }

func (f *found) set(n int) []int32 { return f.flat[f.start[n]:f.start[n+1]] }

// mineGroups finds the sets of d.
func mineGroups(d *Dataset, cfg ItemsetConfig) (*found, error) {
	switch {
	case cfg.Group > ByActor:
		return nil, &ConfigError{"Group", cfg.Group}
	case cfg.MinSupport < 0:
		return nil, &ConfigError{"MinSupport", cfg.MinSupport}
	case cfg.MaxItems < 0:
		return nil, &ConfigError{"MaxItems", cfg.MaxItems}
	}
	names, rank := sortedItems(d)
	g := group(d, rank, Config{Group: cfg.Group}.withDefaults())
	m := &growth{min: int32(orDefault(cfg.MinSupport, 10)), max: orDefault(cfg.MaxItems, 10),
		out: &found{names: names, groups: int64(len(g.start) - 1), start: []int32{0}}}
	if err := m.mine(g, len(names)); err != nil {
		return nil, err
	}
	return m.out, nil
}

// growth is FP-growth. Items are numbered by falling frequency while it works.
type growth struct {
	min   int32
	max   int
	items []int32 // the item of a frequency number
	out   *found
	set   []int32
	trees []*prefixTree // by depth, for the next one of that depth
	tail  []int32
}

// prefixTree holds groups by their beginnings: each node is an item below another,
// with the number of groups that go through it.
type prefixTree struct {
	nodes []prefixNode // the root first
	first []int32      // by item: its first node
	total []int32      // by item: groups
}

// prefixNode names other nodes by their places, 0 for none.
type prefixNode struct {
	item, parent, count int32
	same                int32 // the next node of the same item
	child, sibling      int32
}

func (t *prefixTree) reset(items int) {
	t.nodes = append(t.nodes[:0], prefixNode{item: -1})
	if cap(t.first) < items {
		t.first, t.total = make([]int32, items), make([]int32, items)
	}
	t.first, t.total = t.first[:items], t.total[:items]
	clear(t.first)
	clear(t.total)
}

// insert adds count groups with items ascending.
func (t *prefixTree) insert(items []int32, count int32) {
	at := int32(0)
	for _, item := range items {
		t.total[item] += count
		next := t.nodes[at].child
		for next != 0 && t.nodes[next].item != item {
			next = t.nodes[next].sibling
		}
		if next == 0 {
			next = int32(len(t.nodes))
			t.nodes = append(t.nodes, prefixNode{item: item, parent: at, sibling: t.nodes[at].child, same: t.first[item]})
			t.nodes[at].child, t.first[item] = next, next
		}
		t.nodes[next].count += count
		at = next
	}
}

func (m *growth) mine(g *sets, items int) error {
	support := make([]int32, items)
	for _, item := range g.flat {
		support[item]++
	}
	for item, n := range support {
		if n >= m.min {
			m.items = append(m.items, int32(item))
		}
	}
	slices.SortFunc(m.items, func(a, b int32) int {
		return cmp.Or(cmp.Compare(support[b], support[a]), cmp.Compare(a, b))
	})
	number := make([]int32, items)
	for i := range number {
		number[i] = -1
	}
	for n, item := range m.items {
		number[item] = int32(n)
	}
	// Groups in order, so that those with the same beginning come together and the
	// child looked for is the one added last.
	flat, start := make([]int32, 0, len(g.flat)), []int{0}
	for n := range int32(len(g.start) - 1) {
		for _, item := range g.at(n) {
			if number[item] >= 0 {
				flat = append(flat, number[item])
			}
		}
		slices.Sort(flat[start[len(start)-1]:])
		start = append(start, len(flat))
	}
	at := func(i int32) []int32 { return flat[start[i]:start[i+1]] }
	type keyed struct {
		key uint64 // the first items, where numbers are short
		n   int32
	}
	order := make([]keyed, len(start)-1)
	for i := range order {
		order[i].n = int32(i)
		if len(m.items) < math.MaxUint16 {
			for place, item := range at(int32(i))[:min(4, start[i+1]-start[i])] {
				order[i].key |= uint64(item+1) << (48 - 16*place)
			}
		}
	}
	slices.SortFunc(order, func(a, b keyed) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return slices.Compare(at(a.n), at(b.n))
	})
	t := m.tree(0, len(m.items))
	for _, o := range order {
		t.insert(at(o.n), 1)
	}
	return m.grow(t, 0)
}

func (m *growth) tree(depth, items int) *prefixTree {
	if depth == len(m.trees) {
		m.trees = append(m.trees, &prefixTree{})
	}
	m.trees[depth].reset(items)
	return m.trees[depth]
}

// grow emits each item of t joined to the current set, and what grows on it.
func (m *growth) grow(t *prefixTree, depth int) error {
	for item := int32(len(t.first)) - 1; item >= 0; item-- {
		if t.total[item] < m.min {
			continue
		}
		m.set = append(m.set, item)
		if err := m.emit(t.total[item]); err != nil {
			return err
		}
		if len(m.set) < m.max && item > 0 {
			if err := m.below(t, item, depth); err != nil {
				return err
			}
		}
		m.set = m.set[:len(m.set)-1]
	}
	return nil
}

// below grows on the groups of t that hold item.
func (m *growth) below(t *prefixTree, item int32, depth int) error {
	next := m.tree(depth+1, int(item))
	totals := next.total // used for the counts first
	nodes := t.nodes
	for node := t.first[item]; node != 0; node = nodes[node].same {
		count := nodes[node].count
		for up := nodes[node].parent; up != 0; up = nodes[up].parent {
			totals[nodes[up].item] += count
		}
	}
	often := 0
	for i, n := range totals {
		if n < m.min {
			totals[i] = -1
			continue
		}
		totals[i] = 0
		often++
	}
	if often == 0 {
		return nil
	}
	for node := t.first[item]; node != 0; node = nodes[node].same {
		m.tail = m.tail[:0]
		for up := nodes[node].parent; up != 0; up = nodes[up].parent {
			if i := nodes[up].item; totals[i] >= 0 {
				m.tail = append(m.tail, i)
			}
		}
		slices.Reverse(m.tail)
		next.insert(m.tail, nodes[node].count)
	}
	return m.grow(next, depth+1)
}

// emit adds the current set.
func (m *growth) emit(count int32) error {
	f := m.out
	if f.sets() == maxItemsets {
		return fmt.Errorf("recommend: more than %d sets of items occur %d times: %w", maxItemsets, m.min, flywheel.ErrLimit)
	}
	from := len(f.flat)
	for _, item := range m.set {
		f.flat = append(f.flat, m.items[item])
	}
	slices.Sort(f.flat[from:])
	f.start = append(f.start, int32(len(f.flat)))
	f.count = append(f.count, count)
	return nil
}
