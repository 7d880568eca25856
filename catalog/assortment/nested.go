package assortment

import (
	"fmt"
	"math"
	"slices"
)

// Nested is the nested logit model: a customer first chooses a nest, or nothing,
// then a product within it. With W the sum of the weights offered in nest k and g
// its dissimilarity, P(k) = Wᵍ/(v₀ + Σ Wᵍ) and P(i|k) = vᵢ/W. Products of a nest
// with g below 1 are closer substitutes of each other; with all g = 1 it is [MNL].
type Nested struct {
	// Weight are attraction weights e^utility, Nest the nest of each product from 0.
	Weight []float64
	Nest   []int
	// Dissimilarity has one number above 0 per nest.
	Dissimilarity []float64
	// NoPurchase is the weight v₀ of buying nothing.
	NoPurchase float64
}

func (m Nested) check() error {
	if len(m.Nest) != len(m.Weight) {
		return refuse("number of nests of products", len(m.Nest), ErrInput)
	}
	if err := all("weight", m.Weight, 0, 1e100); err != nil {
		return err
	}
	for i, k := range m.Nest {
		if k < 0 || k >= len(m.Dissimilarity) {
			return refuse(fmt.Sprintf("nest[%d]", i), k, ErrRange)
		}
	}
	for k, g := range m.Dissimilarity {
		if !(g > 0 && g <= 10) {
			return refuse(fmt.Sprintf("dissimilarity[%d]", k), g, ErrRange)
		}
	}
	if !(m.NoPurchase > 0 && m.NoPurchase <= 1e100) {
		return refuse("no purchase", m.NoPurchase, ErrRange)
	}
	return nil
}

// Choose returns the probabilities for an offer.
func (m Nested) Choose(offer []int) (Choice, error) {
	if err := m.check(); err != nil {
		return Choice{}, err
	}
	if err := checkOffer(offer, len(m.Weight)); err != nil {
		return Choice{}, err
	}
	w := make([]float64, len(m.Dissimilarity))
	for _, i := range offer {
		w[m.Nest[i]] += m.Weight[i]
	}
	total := m.NoPurchase
	for k, x := range w {
		if x > 0 {
			total += math.Pow(x, m.Dissimilarity[k])
		}
	}
	c := Choice{Buy: make([]float64, len(offer)), Nothing: m.NoPurchase / total}
	for j, i := range offer {
		if k := m.Nest[i]; w[k] > 0 {
			c.Buy[j] = math.Pow(w[k], m.Dissimilarity[k]-1) * m.Weight[i] / total
		}
	}
	return c, nil
}

// NestedProblem asks for the best offer under a [Nested] model.
type NestedProblem struct {
	Model Nested
	// Margin is what a sold unit of each product earns.
	Margin []float64
	// MaxProducts bounds the number of products; 0 is no bound.
	MaxProducts int
}

// largestNest bounds the nests that are enumerated, where theory does not help.
const largestNest = 8

// Solve returns the best offer. The best value z satisfies v₀·z = Σ over nests of
// max Wᵍ·(R - z), R being the mean margin of what is offered there, so that nests
// are decided one by one. For dissimilarities up to 1 the best part of a nest is a
// prefix by falling margin (Davis, Gallego and Topaloglu, 2014), with a bound on
// the number of products one of the sets that maximize Σ v·(r - u) for some u
// (Gallego and Topaloglu, 2014): exact for any number of products. A nest with a
// dissimilarity above 1 is searched by branch and bound: exact for some tens of
// products, and with its gap where a search is given up after two million steps.
func (p NestedProblem) Solve() (Offer, error) {
	if err := p.Model.check(); err != nil {
		return Offer{}, err
	}
	if len(p.Margin) != len(p.Model.Weight) {
		return Offer{}, refuse("number of margins", len(p.Margin), ErrInput)
	}
	if err := all("margin", p.Margin, -1e15, 1e15); err != nil {
		return Offer{}, err
	}
	if p.MaxProducts < 0 {
		return Offer{}, refuse("most products", p.MaxProducts, ErrRange)
	}
	if most := mostSearched; len(p.Margin) > most || p.MaxProducts > 0 && len(p.Margin) > most/25 {
		return Offer{}, refuse("number of products", len(p.Margin), ErrRange)
	}
	nests := make([]nestParts, len(p.Model.Dissimilarity))
	for k := range nests {
		nests[k].g = p.Model.Dissimilarity[k]
	}
	for i, k := range p.Model.Nest {
		if p.Model.Weight[i] > 0 {
			nests[k].items = append(nests[k].items, i)
		}
	}
	for k := range nests {
		nests[k].candidates(p)
	}
	z := 0.0
	var best []int
	bound := math.Inf(1)
	for range 200 {
		offer, excess := p.at(nests, z)
		bound = math.Min(bound, z+math.Max(0, excess-z*p.Model.NoPurchase)/p.Model.NoPurchase)
		next := p.value(offer)
		if !(next > z+1e-15*math.Abs(z)) {
			break
		}
		z, best = next, offer
	}
	o := Offer{Products: best, Value: z, Bound: bound}
	order := make([]int, len(p.Margin))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareFalling(p.Margin[a], p.Margin[b]) })
	for n := 1; n <= len(order) && (p.MaxProducts == 0 || n <= p.MaxProducts); n++ {
		o.Prefix = math.Max(o.Prefix, p.value(order[:n]))
	}
	o.close()
	return o, nil
}

func compareFalling(a, b float64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

func (p NestedProblem) value(offer []int) float64 {
	w, a := make([]float64, len(p.Model.Dissimilarity)), make([]float64, len(p.Model.Dissimilarity))
	for _, i := range offer {
		k := p.Model.Nest[i]
		w[k] += p.Model.Weight[i]
		a[k] += float64(p.Model.Weight[i] * p.Margin[i])
	}
	top, bottom := 0.0, p.Model.NoPurchase
	for k := range w {
		if w[k] > 0 {
			x := math.Pow(w[k], p.Model.Dissimilarity[k]-1)
			top += float64(x * a[k])
			bottom += float64(x * w[k])
		}
	}
	return top / bottom
}

// nestParts are the parts of a nest that can be best for some z.
type nestParts struct {
	g     float64
	items []int
	parts []nestPart
	// search says that the parts are searched for each z. open says that the search gave
	// up and better ones may exist; total is then the weight of all.
	search, open bool
	total        float64
}

type nestPart struct {
	products      []int
	weight, worth float64 // Σ v and Σ v·r
}

func (n *nestParts) candidates(p NestedProblem) {
	add := func(products []int) {
		part := nestPart{products: slices.Clone(products)}
		for _, i := range products {
			part.weight += p.Model.Weight[i]
			part.worth += float64(p.Model.Weight[i] * p.Margin[i])
		}
		n.parts = append(n.parts, part)
	}
	for _, i := range n.items {
		n.total += p.Model.Weight[i]
	}
	if n.g > 1 && len(n.items) > largestNest {
		n.search = true
		return
	}
	if n.g > 1 {
		var set []int
		for mask := 1; mask < 1<<len(n.items); mask++ {
			set = set[:0]
			for j, i := range n.items {
				if mask>>j&1 != 0 {
					set = append(set, i)
				}
			}
			if p.MaxProducts == 0 || len(set) <= p.MaxProducts {
				add(set)
			}
		}
		return
	}
	if p.MaxProducts == 0 || p.MaxProducts >= len(p.Margin) {
		slices.SortStableFunc(n.items, func(a, b int) int { return compareFalling(p.Margin[a], p.Margin[b]) })
		part := nestPart{}
		for k, i := range n.items {
			part.products = n.items[:k+1]
			part.weight += p.Model.Weight[i]
			part.worth += float64(p.Model.Weight[i] * p.Margin[i])
			n.parts = append(n.parts, part)
		}
		return
	}
	if len(n.items) == 0 {
		return
	}
	// The order of v·(r - u) changes only where two lines cross.
	var us []float64
	for x, i := range n.items {
		us = append(us, p.Margin[i])
		for _, j := range n.items[x+1:] {
			if d := p.Model.Weight[i] - p.Model.Weight[j]; d != 0 {
				us = append(us, (float64(p.Model.Weight[i]*p.Margin[i])-float64(p.Model.Weight[j]*p.Margin[j]))/d)
			}
		}
	}
	slices.Sort(us)
	us = slices.Compact(us)
	middles := []float64{us[0] - 1}
	for j := range len(us) - 1 {
		middles = append(middles, us[j]+(us[j+1]-us[j])/2)
	}
	seen := map[string]bool{}
	for _, u := range middles {
		order := slices.Clone(n.items)
		gain := func(i int) float64 { return p.Model.Weight[i] * (p.Margin[i] - u) }
		slices.SortStableFunc(order, func(a, b int) int { return compareFalling(gain(a), gain(b)) })
		for k := 1; k <= min(p.MaxProducts, len(order)) && gain(order[k-1]) > 0; k++ {
			set := slices.Clone(order[:k])
			slices.Sort(set)
			key := fmt.Sprint(set)
			if !seen[key] {
				seen[key] = true
				add(set)
			}
		}
	}
}

// at decides each nest for a given z and returns the offer with an upper bound of
// Σ Wᵍ·(R - z).
func (p NestedProblem) at(nests []nestParts, z float64) ([]int, float64) {
	worth := func(n *nestParts, part *nestPart) float64 {
		return math.Pow(part.weight, n.g-1) * (part.worth - z*part.weight)
	}
	// best[c] is the best total with at most c products; without a bound only best[0]
	// is used, for any number.
	limit := p.MaxProducts
	best := make([]float64, limit+1)
	offers := make([][]int, limit+1)
	extra := 0.0
	for k := range nests {
		n := &nests[k]
		if n.search {
			proved := false
			n.parts, proved = n.searched(&p, z)
			n.open = !proved
		}
		most := make([]float64, limit+1)
		chosen := make([]*nestPart, limit+1)
		for j := range n.parts {
			part := &n.parts[j]
			c := 0
			if limit > 0 {
				c = len(part.products)
			}
			w := worth(n, part)
			if w > most[c]+1e-13*math.Abs(most[c]) || w > 0 && math.Abs(w-most[c]) <= 1e-13*w && len(part.products) < len(chosen[c].products) {
				most[c], chosen[c] = w, part
			}
		}
		if n.open {
			// Wᵍ·(R - z) = Wᵍ⁻¹·Σ v(r-z) is at most that with all weight and all gains.
			gains := 0.0
			for _, i := range n.items {
				gains += math.Max(0, p.Model.Weight[i]*(p.Margin[i]-z))
			}
			extra += math.Max(0, math.Pow(n.total, n.g-1)*gains-slices.Max(most))
		}
		next, nextOffers := slices.Clone(best), slices.Clone(offers)
		for c := limit; c >= 0; c-- {
			for own := 0; own <= c; own++ {
				if chosen[own] == nil {
					continue
				}
				if v := best[c-own] + most[own]; v > next[c] {
					next[c] = v
					nextOffers[c] = slices.Concat(offers[c-own], chosen[own].products)
				}
			}
		}
		best, offers = next, nextOffers
	}
	return offers[limit], best[limit] + extra
}
