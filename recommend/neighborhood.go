package recommend

// neighborhood is a sparse matrix from items of the history to items that are
// recommended: what item-kNN, RP3beta, SLIM and pruned EASE have learned.
type neighborhood struct {
	items   *Index
	nearest [][]scored // by recommended item: what counts for it
	speaks  [][]scored // by item of the history: what it speaks for, by item
}

func newNeighborhood(items *Index) *neighborhood {
	return &neighborhood{items: items, nearest: make([][]scored, items.Len())}
}

// turn sets speaks from nearest.
func (g *neighborhood) turn() { g.speaks = turned(g.nearest) }

// turned returns the transpose of lists.
func turned(lists [][]scored) [][]scored {
	counts := make([]int, len(lists))
	total := 0
	for _, list := range lists {
		total += len(list)
		for _, n := range list {
			counts[n.item]++
		}
	}
	flat := make([]scored, total)
	out := make([][]scored, len(lists))
	for item, n := range counts {
		out[item], flat = flat[:0:n], flat[n:]
	}
	for item, list := range lists {
		for _, n := range list {
			out[n.item] = append(out[n.item], scored{int32(item), n.score})
		}
	}
	return out
}

// Index implements [Scorer].
func (g *neighborhood) Index() *Index { return g.items }

// Score implements [Scorer].
func (g *neighborhood) Score(h History, scores []float64) {
	clear(scores)
	for _, p := range h {
		for _, n := range g.speaks[p.Item] {
			scores[n.item] += float64(p.Weight * n.score)
		}
	}
}

// Contributions implements [Contributor].
func (g *neighborhood) Contributions(h History, item int32, parts []float64) {
	for k, p := range h {
		parts[k] = 0
		for _, n := range g.nearest[item] {
			if n.item == p.Item {
				parts[k] = float64(p.Weight * n.score)
				break
			}
		}
	}
}
