package predict

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Trees are fitted boosted trees.
type Trees struct {
	Names []string
	// Base is the log-odds of everybody.
	Base  float64
	trees [][]node
}

// node is a leaf where feature is negative. value is the mean step below it.
type node struct {
	feature     int
	at          float64 // <= goes left
	missingLeft bool
	left, right int
	value       float64
}

// bins are the cuts of a feature's histogram: value v falls in the first bin with cut >= v.
const maxBins = 128

func cuts(x [][]float64, j int) []float64 {
	values := make([]float64, 0, len(x))
	for _, row := range x {
		if !math.IsNaN(row[j]) {
			values = append(values, row[j])
		}
	}
	slices.Sort(values)
	distinct := slices.Compact(slices.Clone(values))
	if len(distinct) <= maxBins {
		return distinct
	}
	out := make([]float64, 0, maxBins)
	for b := 1; b <= maxBins; b++ {
		out = append(out, values[b*len(values)/maxBins-1])
	}
	return slices.Compact(out)
}

// booster grows trees on binned rows.
type booster struct {
	o      Options
	cuts   [][]float64
	binned [][]uint8 // by feature; 255 is missing
	g, h   []float64
}

const missing = 255

// FitTrees fits gradient-boosted trees to the logistic loss.
func FitTrees(x [][]float64, y []bool, opts *Options) (*Trees, error) {
	d, err := check(x, y)
	if err != nil {
		return nil, err
	}
	o, err := opts.filled(d)
	if err != nil {
		return nil, err
	}
	b := &booster{o: o, cuts: make([][]float64, d), binned: make([][]uint8, d), g: make([]float64, len(x)), h: make([]float64, len(x))}
	for j := range d {
		b.cuts[j] = cuts(x, j)
		b.binned[j] = make([]uint8, len(x))
		for i, row := range x {
			if math.IsNaN(row[j]) {
				b.binned[j][i] = missing
				continue
			}
			at, _ := slices.BinarySearch(b.cuts[j], row[j])
			b.binned[j][i] = uint8(min(at, len(b.cuts[j])-1))
		}
	}
	r := rand.New(rand.NewPCG(o.Seed, 0x7472656573))
	order := r.Perm(len(x))
	held := len(x) / 10
	if held < 50 {
		held = 0
	}
	out, in := order[:held], order[held:]
	slices.Sort(in)
	yes := 0.0
	for _, i := range in {
		if y[i] {
			yes++
		}
	}
	n := float64(len(in))
	t := &Trees{Names: o.Names, Base: logit((yes + 0.5) / (n + 1))}
	score := make([]float64, len(x))
	for i := range score {
		score[i] = t.Base
	}
	loss := func() float64 {
		sum := 0.0
		for _, i := range out {
			s := score[i]
			if y[i] {
				s = -s
			}
			sum += softplus(s)
		}
		return sum
	}
	best, bestAt := loss(), 0
	for len(t.trees) < o.Trees {
		for _, i := range in {
			p := sigmoid(score[i])
			b.g[i], b.h[i] = p, p*(1-p)
			if y[i] {
				b.g[i]--
			}
		}
		tree := b.grow(slices.Clone(in))
		if len(tree) == 1 {
			break
		}
		t.trees = append(t.trees, tree)
		for i, row := range x {
			score[i] += tree[descend(tree, row)].value
		}
		if held > 0 {
			if l := loss(); l < best {
				best, bestAt = l, len(t.trees)
			} else if len(t.trees)-bestAt >= 15 {
				break
			}
		}
	}
	if held > 0 {
		t.trees = t.trees[:bestAt]
	}
	return t, nil
}

func descend(tree []node, row []float64) int {
	at := 0
	for tree[at].feature >= 0 {
		at = tree[at].next(row)
	}
	return at
}

func (n *node) next(row []float64) int {
	v := row[n.feature]
	if v <= n.at || n.missingLeft && math.IsNaN(v) {
		return n.left
	}
	return n.right
}

// ridge keeps steps of small leaves small.
const ridge = 1.0

// open is a leaf that may be split.
type open struct {
	at    int
	rows  []int
	split split
}

type split struct {
	gain        float64
	feature     int
	bin         int
	missingLeft bool
}

// grow grows one tree, the leaf with the largest gain first.
func (b *booster) grow(rows []int) []node {
	tree := []node{{feature: -1, value: b.value(rows)}}
	leaves := []open{{0, rows, b.best(rows)}}
	for n := 1; n < b.o.Leaves; n++ {
		top := 0
		for i := range leaves {
			if leaves[i].split.gain > leaves[top].split.gain {
				top = i
			}
		}
		l := leaves[top]
		if l.split.gain <= 1e-9 {
			break
		}
		s := l.split
		bins := b.binned[s.feature]
		var left, right []int
		for _, i := range l.rows {
			if bins[i] != missing && int(bins[i]) <= s.bin || bins[i] == missing && s.missingLeft {
				left = append(left, i)
			} else {
				right = append(right, i)
			}
		}
		tree[l.at].feature, tree[l.at].at, tree[l.at].missingLeft = s.feature, b.cuts[s.feature][s.bin], s.missingLeft
		tree[l.at].left, tree[l.at].right = len(tree), len(tree)+1
		tree = append(tree, node{feature: -1, value: b.value(left)}, node{feature: -1, value: b.value(right)})
		leaves[top] = open{tree[l.at].left, left, b.best(left)}
		leaves = append(leaves, open{tree[l.at].right, right, b.best(right)})
	}
	return tree
}

func (b *booster) value(rows []int) float64 {
	g, h := 0.0, 0.0
	for _, i := range rows {
		g += b.g[i]
		h += b.h[i]
	}
	return -b.o.Rate * g / (h + ridge)
}

// best finds the split of rows with the largest second-order gain.
func (b *booster) best(rows []int) split {
	out := split{}
	if len(rows) < 2*b.o.MinLeaf {
		return out
	}
	g, h := 0.0, 0.0
	for _, i := range rows {
		g += b.g[i]
		h += b.h[i]
	}
	whole := g * g / (h + ridge)
	var gs, hs [256]float64
	var ns [256]int
	for j, bins := range b.binned {
		if len(b.cuts[j]) < 2 && len(b.cuts[j]) == 0 {
			continue
		}
		clear(gs[:])
		clear(hs[:])
		clear(ns[:])
		for _, i := range rows {
			k := bins[i]
			gs[k] += b.g[i]
			hs[k] += b.h[i]
			ns[k]++
		}
		for _, missingLeft := range [2]bool{true, false} {
			if missingLeft && ns[missing] == 0 {
				continue
			}
			lg, lh, ln := 0.0, 0.0, 0
			if missingLeft {
				lg, lh, ln = gs[missing], hs[missing], ns[missing]
			}
			for k := range b.cuts[j] {
				lg += gs[k]
				lh += hs[k]
				ln += ns[k]
				if ln < b.o.MinLeaf || len(rows)-ln < b.o.MinLeaf {
					continue
				}
				rg, rh := g-lg, h-lh
				if gain := lg*lg/(lh+ridge) + rg*rg/(rh+ridge) - whole; gain > out.gain {
					out = split{gain, j, k, missingLeft}
				}
			}
		}
	}
	return out
}

// Score is the log-odds of a row.
func (t *Trees) Score(row []float64) float64 {
	sum := t.Base
	for _, tree := range t.trees {
		sum += tree[descend(tree, row)].value
	}
	return sum
}

// Explain returns the base and what each feature adds to it: the changes of the mean step
// along the paths. Together they are the score.
func (t *Trees) Explain(row []float64) (base float64, contributions []Contribution) {
	base = t.Base
	for j, name := range t.Names {
		contributions = append(contributions, Contribution{name, row[j], 0})
	}
	for _, tree := range t.trees {
		base += tree[0].value
		for at := 0; tree[at].feature >= 0; {
			next := tree[at].next(row)
			contributions[tree[at].feature].Score += tree[next].value - tree[at].value
			at = next
		}
	}
	return base, contributions
}

// Size is the number of trees.
func (t *Trees) Size() int { return len(t.trees) }
