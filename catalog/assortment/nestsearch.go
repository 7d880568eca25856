package assortment

import (
	"math"
	"slices"
)

// nestSearch finds the part of a nest with a dissimilarity g above 1 that maximizes
// Wᵍ⁻¹·G, where W = Σ v is its weight and G = Σ v·(r - z) its gain, by branch and bound.
// Products with r < z lose gain and may still pay by their weight, so that no order of
// margins has the answer. The bound lets products be taken in part: for a given weight
// the least is lost in the order of margins, and along that order log(Wᵍ⁻¹·G) is concave.
type nestSearch struct {
	g       float64
	weight  []float64
	gain    []float64 // v·(r - z), in the order of margins
	limited bool
	nodes   int

	chosen, best []int
	value        float64
	v, w         []float64 // scratch
}

// mostNestNodes bounds a search.
const mostNestNodes = 2_000_000

// searched returns the best part for z, with a limit the best for each number of
// products, and whether all of them are proved.
func (n *nestParts) searched(p *NestedProblem, z float64) (parts []nestPart, proved bool) {
	items := slices.Clone(n.items)
	slices.SortStableFunc(items, func(a, b int) int { return compareFalling(p.Margin[a], p.Margin[b]) })
	s := &nestSearch{g: n.g, weight: make([]float64, len(items)), gain: make([]float64, len(items))}
	for j, i := range items {
		s.weight[j] = p.Model.Weight[i]
		s.gain[j] = p.Model.Weight[i] * (p.Margin[i] - z)
	}
	from, to := len(items), len(items)
	if p.MaxProducts > 0 && p.MaxProducts < len(items) {
		from, to, s.limited = 1, p.MaxProducts, true
	}
	for m := from; m <= to; m++ {
		s.best, s.value = nil, 0
		s.prefix(m)
		s.branch(0, m, 0, 0)
		part := nestPart{}
		for _, j := range s.best {
			i := items[j]
			part.products = append(part.products, i)
			part.weight += p.Model.Weight[i]
			part.worth += float64(p.Model.Weight[i] * p.Margin[i])
		}
		if len(part.products) > 0 {
			parts = append(parts, part)
		}
	}
	return parts, s.nodes < mostNestNodes
}

func (s *nestSearch) worth(weight, gain float64) float64 {
	if gain <= 0 {
		return 0
	}
	return math.Pow(weight, s.g-1) * gain
}

// prefix begins with the best of the first products.
func (s *nestSearch) prefix(m int) {
	weight, gain := 0.0, 0.0
	for j := range m {
		weight += s.weight[j]
		gain += s.gain[j]
		if v := s.worth(weight, gain); v > s.value {
			s.value = v
			s.best = s.best[:0]
			for k := range j + 1 {
				s.best = append(s.best, k)
			}
		}
	}
}

func (s *nestSearch) branch(j, room int, weight, gain float64) {
	if s.nodes++; s.nodes >= mostNestNodes {
		return
	}
	if v := s.worth(weight, gain); v > s.value*(1+1e-14) {
		s.value = v
		s.best = append(s.best[:0], s.chosen...)
	}
	if j == len(s.weight) || room == 0 || s.bound(j, room, weight, gain) <= s.value*(1+1e-13) {
		return
	}
	s.chosen = append(s.chosen, j)
	s.branch(j+1, room-1, weight+s.weight[j], gain+s.gain[j])
	s.chosen = s.chosen[:len(s.chosen)-1]
	if s.limited || s.gain[j] < 0 { // else it adds to both
		s.branch(j+1, room, weight, gain)
	}
}

// bound returns at least what the products from j on can make of a weight and a gain.
func (s *nestSearch) bound(j, room int, weight, gain float64) float64 {
	pair := math.Inf(1)
	if room < len(s.weight)-j {
		// No more than the largest weights and the largest gains.
		s.v, s.w = append(s.v[:0], s.gain[j:]...), append(s.w[:0], s.weight[j:]...)
		slices.Sort(s.v)
		slices.Sort(s.w)
		w, g := weight, gain
		for k := range room {
			w += s.w[len(s.w)-1-k]
			g += math.Max(0, s.v[len(s.v)-1-k])
		}
		pair = s.worth(w, g)
	}
	for ; j < len(s.weight); j++ {
		v, d := s.weight[j], s.gain[j]
		if d >= 0 {
			weight += v
			gain += d
			continue
		}
		if gain <= 0 {
			return 0
		}
		// The part t of the product at which (g-1)·log(W + t·v) + log(G + t·d) is largest.
		t := (-(s.g-1)*gain*v - weight*d) / (s.g * v * d)
		if t >= 1 {
			weight += v
			gain += d
			continue
		}
		if t > 0 {
			weight += t * v
			gain += t * d
		}
		break
	}
	return math.Min(pair, s.worth(weight, gain))
}
