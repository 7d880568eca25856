package replenish

import "slices"

// tree is a regression tree on the features of a moment. Its first node is the
// root.
type tree []node

// node splits by feature <= cut, or is a leaf.
type node struct {
	feature     int
	cut         float64
	left, right int // right is 0 in a leaf
	value       float64
}

func (t tree) at(x *[features]float64) float64 {
	i := 0
	for t[i].right > 0 {
		if x[t[i].feature] <= t[i].cut {
			i = t[i].left
		} else {
			i = t[i].right
		}
	}
	return t[i].value
}

const (
	bins      = 48   // of a feature
	depth     = 3    // of a tree
	leastLeaf = 0.05 // curvature of a leaf, as a share of all
	shrinkage = 0.005
)

// grower grows trees on rows whose features are put into bins, so that a split
// is found in one pass over the rows (Ke et al., 2017).
type grower struct {
	cuts  [features][]float64
	bin   [features][]uint8 // of each row
	slope []float64         // of the cost, of each row
	curve []float64         // its second derivative
}

func newGrower(rows []moment) *grower {
	g := &grower{slope: make([]float64, len(rows)), curve: make([]float64, len(rows))}
	every := max(len(rows)/20_000, 1)
	var sorted []float64
	for f := range features {
		sorted = sorted[:0]
		for i := 0; i < len(rows); i += every {
			sorted = append(sorted, rows[i].features[f])
		}
		slices.Sort(sorted)
		for k := 1; k < bins; k++ {
			cut := sorted[k*len(sorted)/bins]
			if last := len(g.cuts[f]); (last == 0 || cut > g.cuts[f][last-1]) && cut < sorted[len(sorted)-1] {
				g.cuts[f] = append(g.cuts[f], cut)
			}
		}
		g.bin[f] = make([]uint8, len(rows))
		for i := range rows {
			b, _ := slices.BinarySearch(g.cuts[f], rows[i].features[f])
			g.bin[f][i] = uint8(b)
		}
	}
	return g
}

// grow returns the tree whose leaves are Newton steps down the slope (Friedman,
// 2001; Chen & Guestrin, 2016, eq. 5-7). rows are reordered.
func (g *grower) grow(rows []int32) tree {
	slope, curve := 0.0, 0.0
	for _, i := range rows {
		slope += g.slope[i]
		curve += g.curve[i]
	}
	s := split{grower: g, leastLeaf: leastLeaf * curve, shrinkage: shrinkage * curve}
	s.part(rows, slope, curve, depth)
	return s.tree
}

type split struct {
	*grower
	tree                 tree
	leastLeaf, shrinkage float64
}

// gain is what a Newton step saves, but for a factor of a half.
func (s *split) gain(slope, curve float64) float64 {
	return float64(slope*slope) / (curve + s.shrinkage)
}

// part adds the subtree of some rows, whose slopes and curvatures sum to slope
// and curve.
func (s *split) part(rows []int32, slope, curve float64, depth int) {
	me := len(s.tree)
	s.tree = append(s.tree, node{})
	if curve > 0 {
		s.tree[me].value = -slope / (curve + s.shrinkage)
	}
	if depth == 0 || curve < 2*s.leastLeaf {
		return
	}
	most, feature, bin := float64(1+1e-9)*s.gain(slope, curve), -1, 0
	var leftSlope, leftCurve float64
	for f := range features {
		var slopes, curves [bins]float64
		column := s.bin[f]
		for _, i := range rows {
			slopes[column[i]] += s.slope[i]
			curves[column[i]] += s.curve[i]
		}
		a, c := 0.0, 0.0
		for b := range s.cuts[f] {
			a += slopes[b]
			c += curves[b]
			if c < s.leastLeaf || curve-c < s.leastLeaf {
				continue
			}
			if gain := s.gain(a, c) + s.gain(slope-a, curve-c); gain > most {
				most, feature, bin, leftSlope, leftCurve = gain, f, b, a, c
			}
		}
	}
	if feature < 0 {
		return
	}
	column, k := s.bin[feature], 0
	for i, row := range rows {
		if int(column[row]) <= bin {
			rows[i], rows[k] = rows[k], row
			k++
		}
	}
	s.tree[me].feature, s.tree[me].cut = feature, s.cuts[feature][bin]
	s.tree[me].left = len(s.tree)
	s.part(rows[:k], leftSlope, leftCurve, depth-1)
	s.tree[me].right = len(s.tree)
	s.part(rows[k:], slope-leftSlope, curve-leftCurve, depth-1)
}
