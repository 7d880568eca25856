package recommend

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/flywheel-go/flywheel"
)

// Train builds a Model from what d holds. The Model does not refer to d.
//
// For each item it walks the groups that hold the item and counts their other
// items in an array with a counter for every item; no table of pairs exists. The
// cost is the sum of the squared group sizes, some 60 million increments for a
// year of a wholesaler with half a million invoice lines, spread over
// cfg.Workers. The Model's bytes do not depend on their number.
func Train(d *Dataset, cfg Config) (*Model, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if len(d.baskets) > math.MaxInt32 {
		return nil, fmt.Errorf("recommend: %d interactions: %w", len(d.baskets), flywheel.ErrLimit)
	}
	cfg = cfg.withDefaults()
	names, rank := sortedItems(d)
	m := &Model{config: cfg, items: names, numbers: make(map[flywheel.SKU]int32, len(names))}
	for n, name := range names {
		m.numbers[name] = int32(n)
	}
	m.setPopular(d, rank)
	g := group(d, rank, cfg)
	m.groups = int64(len(g.start) - 1)
	m.setRelated(g)
	m.setSpeaks()
	return m, nil
}

// sortedItems returns the items that occur in d in the order of their SKUs, and for
// each of d's items its place among these.
func sortedItems(d *Dataset) (names []flywheel.SKU, rank []int32) {
	occurs := make([]bool, len(d.items.names))
	for i := range d.baskets {
		if !d.baskets[i].kind.Interest() {
			continue
		}
		for _, item := range d.lines[d.baskets[i].start:d.baskets[i].end] {
			occurs[item] = true
		}
	}
	order := make([]int32, 0, len(occurs))
	for item, yes := range occurs {
		if yes {
			order = append(order, int32(item))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(d.items.names[a], d.items.names[b]) })
	names, rank = make([]flywheel.SKU, len(order)), make([]int32, len(occurs))
	for place, item := range order {
		names[place], rank[item] = d.items.names[item], int32(place)
	}
	return names, rank
}

// setPopular counts the interactions with each item, plainly and with their
// weight halved with every half-life before the newest.
func (m *Model) setPopular(d *Dataset, rank []int32) {
	counts := make([][Purchase + 1]int64, len(m.items))
	trend := make([]float64, len(m.items))
	newest := int64(math.MinInt64)
	for i := range d.baskets {
		if d.baskets[i].kind.Interest() {
			newest = max(newest, d.baskets[i].at)
		}
	}
	halfLife := float64(m.config.HalfLife.Microseconds())
	for i := range d.baskets {
		b := &d.baskets[i]
		if !b.kind.Interest() {
			continue
		}
		weight := float64(m.config.Weights.of(b.kind) * math.Exp2(-float64(newest-b.at)/halfLife))
		for _, item := range d.lines[b.start:b.end] {
			counts[rank[item]][b.kind]++
			trend[rank[item]] += weight
		}
	}
	m.popular = ranking(len(m.items), func(item int32) float64 {
		w, c := m.config.Weights, &counts[item]
		return float64(w.View*float64(c[View])) + float64(w.AddToCart*float64(c[AddToCart])) + float64(w.Purchase*float64(c[Purchase]))
	})
	m.trending = ranking(len(m.items), func(item int32) float64 { return trend[item] })
}

// ranking returns the items that are worth more than nothing, best first.
func ranking(items int, worth func(item int32) float64) []scored {
	t := top{n: items, heap: make([]scored, 0, items)}
	for item := range int32(items) {
		if s := (scored{item, worth(item)}); s.score > 0 {
			t.heap = append(t.heap, s)
		}
	}
	return t.sorted()
}

// sets is a list of sets of numbers: set n is flat[start[n]:start[n+1]].
type sets struct {
	start []int
	flat  []int32
}

func (s *sets) at(n int32) []int32 { return s.flat[s.start[n]:s.start[n+1]] }

// group collects the items that count as chosen together.
func group(d *Dataset, rank []int32, cfg Config) *sets {
	g := &sets{start: []int{0}, flat: make([]int32, 0, len(d.lines))}
	add := func(b *basket) {
		for _, item := range d.lines[b.start:b.end] {
			g.flat = append(g.flat, rank[item])
		}
	}
	if cfg.Group == ByBasket {
		for i := range d.baskets {
			if b := &d.baskets[i]; b.kind == Purchase {
				add(b)
				g.start = append(g.start, len(g.flat))
			}
		}
		return g
	}
	byActor := make([][]int32, len(d.actors.names)) // basket numbers
	for i := range d.baskets {
		if b := &d.baskets[i]; b.actor >= 0 && cfg.Weights.of(b.kind) > 0 {
			byActor[b.actor] = append(byActor[b.actor], int32(i))
		}
	}
	for _, baskets := range byActor {
		if len(baskets) == 0 {
			continue
		}
		from := len(g.flat)
		for _, i := range baskets {
			add(&d.baskets[i])
		}
		slices.Sort(g.flat[from:])
		g.flat = g.flat[:from+len(slices.Compact(g.flat[from:]))]
		g.start = append(g.start, len(g.flat))
	}
	return g
}

// inverted returns for each item the groups that hold it.
func (s *sets) inverted(items int) *sets {
	inv := &sets{start: make([]int, items+1), flat: make([]int32, len(s.flat))}
	for _, item := range s.flat {
		inv.start[item+1]++
	}
	for item := range items {
		inv.start[item+1] += inv.start[item]
	}
	next := slices.Clone(inv.start)
	for g := range int32(len(s.start) - 1) {
		for _, item := range s.at(g) {
			inv.flat[next[item]] = g
			next[item]++
		}
	}
	return inv
}

// neighbor is an item that is chosen together with another.
type neighbor struct {
	item     int32
	together int32 // groups that hold both
	score    float64
}

// setRelated finds the neighbors of every item.
func (m *Model) setRelated(g *sets) {
	items := len(m.items)
	holders := g.inverted(items)
	m.support = make([]int32, items)
	for item := range m.support {
		m.support[item] = int32(holders.start[item+1] - holders.start[item])
	}
	m.related = make([][]neighbor, items)
	score := newScorer(m.config.Measure, m.groups, m.support)

	workers := m.config.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int32
	var wait sync.WaitGroup
	for range min(workers, items) {
		wait.Go(func() {
			c := counter{counts: make([]int32, items)}
			for {
				item := next.Add(1) - 1
				if item >= int32(items) {
					return
				}
				c.count(item, holders.at(item), g)
				m.related[item] = m.best(item, &c, score)
				c.reset()
			}
		})
	}
	wait.Wait()
}

// counter counts in how many groups each item meets one item.
type counter struct {
	counts  []int32
	touched []int32 // items whose count is not 0
	top     top
}

func (c *counter) count(item int32, groups []int32, g *sets) {
	counts := c.counts
	for _, n := range groups {
		for _, other := range g.at(n) {
			if counts[other] == 0 {
				c.touched = append(c.touched, other)
			}
			counts[other]++
		}
	}
	counts[item] = 0
}

func (c *counter) reset() {
	for _, item := range c.touched {
		c.counts[item] = 0
	}
	c.touched = c.touched[:0]
}

// best returns the neighbors of item that the Config asks for, best first.
func (m *Model) best(item int32, c *counter, s *scorer) []neighbor {
	c.top.n = m.config.Neighbors
	for _, other := range c.touched {
		together := c.counts[other]
		if int(together) < m.config.MinSupport {
			continue // also the item itself, whose count is 0
		}
		v := scored{other, s.score(item, other, together)}
		if v.score > 0 && v.score >= m.config.MinScore && c.top.accepts(v) {
			c.top.push(v)
		}
	}
	kept := c.top.sorted()
	out := make([]neighbor, len(kept))
	for i, v := range kept {
		out[i] = neighbor{v.item, c.counts[v.item], v.score}
	}
	return out
}

// setSpeaks turns the neighborhoods around: an item speaks for those that count
// it among their nearest. Were it to speak for its own nearest instead, a few
// popular items, near to everything, would crowd the answers. Only an item that
// is among the nearest of none, a rare one, does that.
func (m *Model) setSpeaks() {
	m.speaks = make([][]neighbor, len(m.items))
	for item, nearest := range m.related {
		for _, n := range nearest {
			m.speaks[n.item] = append(m.speaks[n.item], neighbor{int32(item), n.together, n.score})
		}
	}
	for item := range m.speaks {
		if len(m.speaks[item]) == 0 {
			m.speaks[item] = m.related[item]
		}
	}
}
