package recommend

import (
	"cmp"
	"fmt"
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
	out := make([]Itemset, f.sets())
	for n := range out {
		set := f.set(n)
		out[n] = Itemset{Items: make([]flywheel.SKU, len(set)), Count: int64(f.count[n])}
		for i, item := range set {
			out[n].Items[i] = f.names[item]
		}
	}
	slices.SortFunc(out, func(a, b Itemset) int {
		return cmp.Or(cmp.Compare(len(a.Items), len(b.Items)), cmp.Compare(b.Count, a.Count), slices.Compare(a.Items, b.Items))
	})
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
	item, parent, count []int32
	same                []int32 // the next node of the same item, 0 for none
	child, sibling      []int32
	first               []int32 // by item: its first node
	total               []int32 // by item: groups
}

func (t *prefixTree) reset(items int) {
	t.item, t.parent, t.count = append(t.item[:0], -1), append(t.parent[:0], 0), append(t.count[:0], 0)
	t.same, t.child, t.sibling = append(t.same[:0], 0), append(t.child[:0], 0), append(t.sibling[:0], 0)
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
		next := t.child[at]
		for next != 0 && t.item[next] != item {
			next = t.sibling[next]
		}
		if next == 0 {
			next = int32(len(t.item))
			t.item, t.parent, t.count = append(t.item, item), append(t.parent, at), append(t.count, 0)
			t.child, t.sibling, t.same = append(t.child, 0), append(t.sibling, t.child[at]), append(t.same, t.first[item])
			t.child[at], t.first[item] = next, next
		}
		t.count[next] += count
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
	order := make([]int32, len(start)-1)
	for i := range order {
		order[i] = int32(i)
	}
	at := func(i int32) []int32 { return flat[start[i]:start[i+1]] }
	slices.SortFunc(order, func(a, b int32) int { return slices.Compare(at(a), at(b)) })
	t := m.tree(0, len(m.items))
	for _, i := range order {
		t.insert(at(i), 1)
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
	for node := t.first[item]; node != 0; node = t.same[node] {
		for up := t.parent[node]; up != 0; up = t.parent[up] {
			totals[t.item[up]] += t.count[node]
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
	for node := t.first[item]; node != 0; node = t.same[node] {
		m.tail = m.tail[:0]
		for up := t.parent[node]; up != 0; up = t.parent[up] {
			if totals[t.item[up]] >= 0 {
				m.tail = append(m.tail, t.item[up])
			}
		}
		slices.Reverse(m.tail)
		next.insert(m.tail, t.count[node])
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
