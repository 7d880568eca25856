package recommend

import (
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/blas/blas32"
)

// HNSW finds vectors with a large inner product approximately, by walking a graph in
// which each is linked to near ones (Malkov and Yashunin 2018, Hierarchical Navigable
// Small World). Inner products are turned into distances by one more number for each
// vector, √(longest² − length²), and 0 for queries (Bachrach et al. 2014). It is
// immutable and safe for concurrent use; the same vectors give the same graph.
type HNSW struct {
	v     *Vectors
	m     int
	ef    int
	extra []float32
	level []int8
	links [][]int32 // by level and vector: links[l] has 1 + room for each
	entry int32
	pool  sync.Pool
}

// HNSWConfig says how the graph is built. Fields that are zero take the value that
// their comment gives.
type HNSWConfig struct {
	// Links of each vector, twice as many at the bottom: 16.
	Links int
	// Build is how many candidates are looked at for them: 120.
	Build int
	// Search is how many are looked at for an answer: 100. More find more.
	Search int
	// Seed of the levels.
	Seed uint64
}

// NewHNSW builds the graph. O(n·log n·Build·Dim), some 20 seconds for 100,000 vectors
// of 64 numbers.
func NewHNSW(v *Vectors, cfg HNSWConfig) (*HNSW, error) {
	switch {
	case cfg.Links < 0 || cfg.Links == 1 || cfg.Links > 256:
		return nil, paramError("HNSWConfig", "Links", cfg.Links)
	case cfg.Build < 0:
		return nil, paramError("HNSWConfig", "Build", cfg.Build)
	case cfg.Search < 0:
		return nil, paramError("HNSWConfig", "Search", cfg.Search)
	}
	h := &HNSW{v: v, m: orDefault(cfg.Links, 16), ef: orDefault(cfg.Build, 120), entry: -1}
	h.extra, h.level = make([]float32, v.n), make([]int8, v.n)
	var longest float64
	squares := make([]float64, v.n)
	for n := range v.n {
		for _, x := range v.Of(int32(n)) {
			squares[n] += float64(x) * float64(x)
		}
		longest = max(longest, squares[n])
	}
	scale := 1 / math.Log(float64(h.m))
	most := 0
	for n := range v.n {
		h.extra[n] = float32(math.Sqrt(longest - squares[n]))
		u := float64(mix(cfg.Seed^mix(uint64(n)))>>11+1) * 0x1p-53
		h.level[n] = int8(min(20, math.Floor(-math.Log(u)*scale)))
		most = max(most, int(h.level[n]))
	}
	h.links = make([][]int32, most+1)
	h.links[0] = make([]int32, v.n*h.room(0))
	for l := 1; l <= most; l++ {
		h.links[l] = make([]int32, v.n*h.room(l)) // few are that high; memory of 4·(Links+1) each
	}
	for _, n := range v.order { // longest first
		h.insert(n)
	}
	h.ef = orDefault(cfg.Search, 100)
	return h, nil
}

// room is the space for the links of one vector: their number, then they.
func (h *HNSW) room(level int) int {
	if level == 0 {
		return 2*h.m + 1
	}
	return h.m + 1
}

func (h *HNSW) linked(n int32, level int) []int32 {
	at := int(n) * h.room(level)
	list := h.links[level][at : at+h.room(level)]
	return list[1 : 1+list[0]]
}

func (h *HNSW) setLinks(n int32, level int, to []int32) {
	at := int(n) * h.room(level)
	h.links[level][at] = int32(len(to))
	copy(h.links[level][at+1:], to)
}

// near is minus the squared distance up to a constant: the inner product, with the
// extra number, so that larger is nearer.
func (h *HNSW) near(q []float32, extra float32, n int32) float64 {
	return float64(blas32.Implementation().Sdot(h.v.dim, q, 1, h.v.Of(n), 1) + extra*h.extra[n])
}

// walk is the scratch of one search.
type walk struct {
	seen  []uint32 // by vector: the round in which it was seen
	round uint32
	open  []scored // a heap, nearest first
	found top
}

func (h *HNSW) scratch() *walk {
	w, _ := h.pool.Get().(*walk)
	if w == nil {
		w = &walk{seen: make([]uint32, h.v.n)}
	}
	if w.round++; w.round == 0 {
		clear(w.seen)
		w.round = 1
	}
	w.open = w.open[:0]
	return w
}

// descend walks from the entry to the nearest vector of a level.
func (h *HNSW) descend(q []float32, extra float32, to int) int32 {
	at := h.entry
	best := h.near(q, extra, at)
	for level := int(h.level[h.entry]); level > to; level-- {
		for moved := true; moved; {
			moved = false
			for _, n := range h.linked(at, level) {
				if d := h.near(q, extra, n); d > best {
					at, best, moved = n, d, true
				}
			}
		}
	}
	return at
}

// search returns the ef nearest vectors of a level, nearest first, in w's memory. With
// keep only those for which it holds are found, though all are walked through.
func (h *HNSW) search(w *walk, q []float32, extra float32, from int32, level, ef int, keep func(int32) bool) []scored {
	w.found.n, w.found.heap = ef, w.found.heap[:0]
	start := scored{from, h.near(q, extra, from)}
	w.seen[from] = w.round
	w.open = append(w.open, start)
	if keep == nil || keep(from) {
		w.found.push(start)
	}
	for len(w.open) > 0 {
		c := w.pop()
		if len(w.found.heap) == ef && c.score < w.found.heap[0].score {
			break
		}
		for _, n := range h.linked(c.item, level) {
			if w.seen[n] == w.round {
				continue
			}
			w.seen[n] = w.round
			s := scored{n, h.near(q, extra, n)}
			if len(w.found.heap) < ef || s.score > w.found.heap[0].score {
				w.add(s)
				if (keep == nil || keep(n)) && w.found.accepts(s) {
					w.found.push(s)
				}
			}
		}
	}
	return w.found.sorted()
}

// add and pop keep open as a heap with the nearest at the root.
func (w *walk) add(s scored) {
	w.open = append(w.open, s)
	o := w.open
	for i := len(o) - 1; i > 0; {
		parent := (i - 1) / 2
		if !o[i].before(o[parent]) {
			break
		}
		o[i], o[parent] = o[parent], o[i]
		i = parent
	}
}

func (w *walk) pop() scored {
	o := w.open
	best := o[0]
	last := len(o) - 1
	o[0] = o[last]
	o = o[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(o) {
			break
		}
		if r := child + 1; r < len(o) && o[r].before(o[child]) {
			child = r
		}
		if !o[child].before(o[i]) {
			break
		}
		o[i], o[child] = o[child], o[i]
		i = child
	}
	w.open = o
	return best
}

// insert links a vector to those that are there.
func (h *HNSW) insert(n int32) {
	if h.entry < 0 {
		h.entry = n
		return
	}
	q, extra := h.v.Of(n), h.extra[n]
	level := min(int(h.level[n]), int(h.level[h.entry]))
	at := h.descend(q, extra, level)
	for l := level; l >= 0; l-- {
		w := h.scratch()
		list := h.search(w, q, extra, at, l, h.ef, nil)
		at = list[0].item
		h.setLinks(n, l, h.spread(n, list, h.m))
		h.pool.Put(w)
		for _, o := range h.linked(n, l) {
			h.link(o, n, l)
		}
	}
	if h.level[n] > h.level[h.entry] {
		h.entry = n
	}
}

// spread picks links that lead in different directions: one that is nearer to another
// link than to n itself is left out (the paper's heuristic), and those left out fill
// up what room is left.
func (h *HNSW) spread(n int32, list []scored, most int) []int32 {
	out := make([]int32, 0, most)
	var rest []int32
	for _, c := range list {
		if len(out) == most {
			break
		}
		if c.item == n {
			continue
		}
		far := true
		for _, o := range out {
			// Distances² are 2·longest² − 2·near.
			if h.near(h.v.Of(c.item), h.extra[c.item], o) > c.score {
				far = false
				break
			}
		}
		if far {
			out = append(out, c.item)
		} else {
			rest = append(rest, c.item)
		}
	}
	for _, item := range rest {
		if len(out) == most {
			break
		}
		out = append(out, item)
	}
	return out
}

// link adds a link from o to n, and keeps the best of them.
func (h *HNSW) link(o, n int32, level int) {
	list := h.linked(o, level)
	if slices.Contains(list, n) {
		return
	}
	if room := h.room(level) - 1; len(list) == room {
		q, extra := h.v.Of(o), h.extra[o]
		all := make([]scored, 0, room+1)
		for _, item := range append(slices.Clone(list), n) {
			all = append(all, scored{item, h.near(q, extra, item)})
		}
		slices.SortFunc(all, func(a, b scored) int {
			if a.before(b) {
				return -1
			}
			return 1
		})
		h.setLinks(o, level, h.spread(o, all, room))
		return
	}
	h.setLinks(o, level, append(slices.Clone(list), n))
}

// Top returns k vectors with a large inner product with q for which keep holds, best
// first. It looks at as many candidates as HNSWConfig.Search said, k at least; when it
// finds fewer than k it looks at all vectors, so that a filter does not make an answer
// short.
func (h *HNSW) Top(dst []Recommended, q []float32, k int, keep func(int32) bool) []Recommended {
	if len(q) != h.v.dim || k < 1 || h.entry < 0 {
		return dst
	}
	w := h.scratch()
	defer h.pool.Put(w)
	list := h.search(w, q, 0, h.descend(q, 0, 0), 0, max(h.ef, k), keep)
	if len(list) < min(k, h.v.n) {
		return h.v.Top(dst, q, k, keep)
	}
	for _, s := range list[:min(k, len(list))] {
		dst = append(dst, Recommended{s.item, h.v.dot(q, s.item)})
	}
	return dst
}

// Recall returns which share of the exact best k of each query Top finds, on average:
// the report without which an approximate index is a guess.
func (h *HNSW) Recall(queries [][]float32, k int) float64 {
	shares := make([]float64, len(queries))
	parallel(len(queries), func() struct{} { return struct{}{} }, func(n int, _ struct{}) {
		want, got := h.v.Top(nil, queries[n], k, nil), h.Top(nil, queries[n], k, nil)
		for _, g := range got {
			if slices.ContainsFunc(want, func(w Recommended) bool { return w.Item == g.Item }) {
				shares[n]++
			}
		}
		shares[n] /= float64(max(1, len(want)))
	})
	return sum(shares) / float64(max(1, len(queries)))
}
