package assortment

import (
	"container/heap"
	"fmt"
	"math"
	"slices"
)

// Mixture is the latent class model: customers are of several classes, each of
// which chooses by an [MNL] of its own.
type Mixture struct {
	Classes []MNL
	// Share is the share of each class, summing to 1.
	Share []float64
}

func (m Mixture) check() error {
	if len(m.Classes) == 0 {
		return refuse("classes", "none", ErrInput)
	}
	if len(m.Share) != len(m.Classes) {
		return refuse("number of shares", len(m.Share), ErrInput)
	}
	sum := 0.0
	for c, s := range m.Share {
		if err := indexed("share", c, s, 0, 1); err != nil {
			return err
		}
		sum += s
		if len(m.Classes[c].Utility) != len(m.Classes[0].Utility) {
			return refuse(fmt.Sprintf("number of utilities of classes[%d]", c), len(m.Classes[c].Utility), ErrInput)
		}
		if err := m.Classes[c].check(); err != nil {
			return err
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		return refuse("sum of shares", sum, ErrInput)
	}
	return nil
}

// Choose returns the probabilities for an offer.
func (m Mixture) Choose(offer []int) (Choice, error) {
	if err := m.check(); err != nil {
		return Choice{}, err
	}
	total := Choice{Buy: make([]float64, len(offer))}
	for c, class := range m.Classes {
		choice, err := class.Choose(offer)
		if err != nil {
			return Choice{}, err
		}
		for k, p := range choice.Buy {
			total.Buy[k] += float64(m.Share[c] * p)
		}
		total.Nothing += float64(m.Share[c] * choice.Nothing)
	}
	return total, nil
}

// MixtureProblem asks for the best offer under a [Mixture].
type MixtureProblem struct {
	Model Mixture
	// Margin is what a sold unit of each product earns.
	Margin []float64
	// MaxProducts bounds the number of products; 0 is no bound.
	MaxProducts int
}

// Solve returns the best offer. Under a mixture the best offer need not be in the
// order of the margins, and finding it is NP-hard (Bront, Méndez-Díaz and
// Vulcano, 2009). The search branches on products; a node is bounded by what each
// class would be offered on its own, and a product that would help, or hurt,
// every class whatever else is offered is decided at once. It is exact to some
// tens of products, often to hundreds; beyond it stops after a fixed amount of work
// with the gap that is then left. At most 5000 products.
func (p MixtureProblem) Solve() (Offer, error) {
	if err := p.Model.check(); err != nil {
		return Offer{}, err
	}
	n := len(p.Margin)
	if len(p.Model.Classes[0].Utility) != n {
		return Offer{}, refuse("number of margins", n, ErrInput)
	}
	if n > mostSearched {
		return Offer{}, refuse("number of products", n, ErrRange)
	}
	if err := all("margin", p.Margin, -1e15, 1e15); err != nil {
		return Offer{}, err
	}
	if p.MaxProducts < 0 {
		return Offer{}, refuse("most products", p.MaxProducts, ErrRange)
	}
	s := &mixtureSearch{MixtureProblem: p}
	for c, class := range p.Model.Classes {
		if math.IsInf(class.NoPurchase, -1) {
			return Offer{}, refuse(fmt.Sprintf("utility of no purchase of classes[%d]", c), class.NoPurchase, ErrRange)
		}
		v, v0 := class.weights()
		s.v, s.v0 = append(s.v, v), append(s.v0, v0)
	}
	s.order = make([]int, n)
	for i := range s.order {
		s.order[i] = i
	}
	slices.SortStableFunc(s.order, func(a, b int) int { return compareFalling(p.Margin[a], p.Margin[b]) })
	o := s.run()
	o.Prefix, _ = s.prefix()
	o.close()
	return o, nil
}

// mostSearched bounds the products of problems that are searched.
const mostSearched = 5000

// prefix returns the best value of a prefix by margin and its length.
func (s *mixtureSearch) prefix() (best float64, length int) {
	tops, bottoms := make([]float64, len(s.v)), slices.Clone(s.v0)
	for k, i := range s.order {
		if s.MaxProducts > 0 && k >= s.MaxProducts {
			break
		}
		total := 0.0
		for c, v := range s.v {
			tops[c] += float64(v[i] * s.Margin[i])
			bottoms[c] += v[i]
			total += s.Model.Share[c] * tops[c] / bottoms[c]
		}
		if total > best {
			best, length = total, k+1
		}
	}
	return best, length
}

type mixtureSearch struct {
	MixtureProblem
	v     [][]float64
	v0    []float64
	order []int // by falling margin
	best  float64
	offer []int
}

func (s *mixtureSearch) value(offer []int) float64 {
	total := 0.0
	for c, v := range s.v {
		top, bottom := 0.0, s.v0[c]
		for _, i := range offer {
			top += float64(v[i] * s.Margin[i])
			bottom += v[i]
		}
		total += s.Model.Share[c] * top / bottom
	}
	return total
}

// node is a part of the search: the products decided, 1 in and -1 out.
type node struct {
	decided []int8
	in      int
	bound   float64
	branch  int
}

type nodes []*node

func (h nodes) Len() int           { return len(h) }
func (h nodes) Less(a, b int) bool { return h[a].bound > h[b].bound }
func (h nodes) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }
func (h *nodes) Push(x any)        { *h = append(*h, x.(*node)) }
func (h *nodes) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// run is best first. Its work is counted in products looked at, so that an answer
// takes the same steps on every machine.
func (s *mixtureSearch) run() Offer {
	s.climb(nil)
	if v, k := s.prefix(); v > s.best {
		s.best, s.offer = v, slices.Clone(s.order[:k])
	}
	s.climb(s.offer)
	left := 60_000_000 / max(1, len(s.order)*len(s.v))
	root := &node{decided: make([]int8, len(s.order))}
	open := &nodes{}
	if s.look(root) {
		heap.Push(open, root)
	}
	for open.Len() > 0 && left > 0 {
		left--
		n := heap.Pop(open).(*node)
		if n.bound <= s.best*(1+1e-13) {
			*open = nil
			break
		}
		for _, side := range []int8{1, -1} {
			if side == 1 && s.MaxProducts > 0 && n.in >= s.MaxProducts {
				continue
			}
			child := &node{decided: slices.Clone(n.decided), in: n.in}
			child.decided[n.branch] = side
			if side == 1 {
				child.in++
			}
			if s.look(child) {
				heap.Push(open, child)
			}
		}
	}
	o := Offer{Products: s.offer, Value: s.best, Bound: s.best}
	if open.Len() > 0 {
		o.Bound = math.Max(s.best, (*open)[0].bound)
	}
	return o
}

// look bounds a node, decides what is certain there, and takes its offers as
// answers. It reports whether the node is worth a branch.
func (s *mixtureSearch) look(n *node) bool {
	type sums struct{ top, bottom float64 }
	classes := make([]sums, len(s.v))
	upper, lower := make([]float64, len(s.v)), make([]float64, len(s.v))
	for {
		for c, v := range s.v {
			t := sums{0, s.v0[c]}
			for i, d := range n.decided {
				if d > 0 {
					t.top += float64(v[i] * s.Margin[i])
					t.bottom += v[i]
				}
			}
			classes[c] = t
		}
		n.bound = 0
		for c, v := range s.v {
			up := classes[c]
			for _, i := range s.order {
				if n.decided[i] != 0 || v[i] == 0 {
					continue
				}
				if !(s.Margin[i]*up.bottom > up.top) {
					break
				}
				up.top += float64(v[i] * s.Margin[i])
				up.bottom += v[i]
			}
			down := classes[c]
			for k := len(s.order) - 1; k >= 0; k-- {
				i := s.order[k]
				if n.decided[i] != 0 || v[i] == 0 {
					continue
				}
				if !(s.Margin[i]*down.bottom < down.top) {
					break
				}
				down.top += float64(v[i] * s.Margin[i])
				down.bottom += v[i]
			}
			upper[c], lower[c] = up.top/up.bottom, down.top/down.bottom
			n.bound += float64(s.Model.Share[c] * upper[c])
		}
		if n.bound <= s.best*(1+1e-13) {
			return false
		}
		changed := false
		for i, d := range n.decided {
			if d != 0 {
				continue
			}
			helps, hurts := true, true
			for c, v := range s.v {
				if v[i] == 0 || s.Model.Share[c] == 0 {
					continue
				}
				helps = helps && s.Margin[i] >= upper[c]
				hurts = hurts && s.Margin[i] <= lower[c]
			}
			switch {
			case hurts: // also a product that nobody buys
				n.decided[i] = -1
				changed = true
			case helps && s.MaxProducts == 0:
				n.decided[i] = 1
				n.in++
				changed = true
			}
		}
		if !changed {
			break
		}
	}
	// Branch on the product whose decision moves the bound most.
	n.branch = -1
	most := -1.0
	for i, d := range n.decided {
		if d != 0 {
			continue
		}
		gain, loss := 0.0, 0.0
		for c, v := range s.v {
			x := s.Model.Share[c] * v[i] * (s.Margin[i] - upper[c]) / (classes[c].bottom + v[i])
			if x > 0 {
				gain += x
			} else {
				loss -= x
			}
		}
		if x := math.Min(gain, loss) + 1e-3*math.Max(gain, loss); x > most {
			most, n.branch = x, i
		}
	}
	var offer []int
	for i, d := range n.decided {
		if d > 0 {
			offer = append(offer, i)
		}
	}
	if s.MaxProducts == 0 || len(offer) <= s.MaxProducts {
		if v := s.value(offer); v > s.best*(1+1e-14) {
			s.best, s.offer = v, offer
		}
	}
	return n.branch >= 0
}

// climb improves an offer by the best addition, removal or exchange until there is
// none.
func (s *mixtureSearch) climb(start []int) {
	n := len(s.order)
	in := make([]bool, n)
	count := 0
	tops, bottoms := make([]float64, len(s.v)), slices.Clone(s.v0)
	move := func(i int, sign float64) {
		for c, v := range s.v {
			tops[c] += float64(sign * v[i] * s.Margin[i])
			bottoms[c] += float64(sign * v[i])
		}
		in[i] = sign > 0
		count += int(sign)
	}
	for _, i := range start {
		move(i, 1)
	}
	with := func(i, j int) float64 { // value after i and j, unless -1, are toggled
		total := 0.0
		for c, v := range s.v {
			top, bottom := tops[c], bottoms[c]
			for _, x := range [2]int{i, j} {
				if x < 0 {
					continue
				}
				sign := 1.0
				if in[x] {
					sign = -1
				}
				top += float64(sign * v[x] * s.Margin[x])
				bottom += float64(sign * v[x])
			}
			total += s.Model.Share[c] * top / bottom
		}
		return total
	}
	for range min(10*n, 100*work/max(1, n*len(s.v))) {
		now := with(-1, -1)
		best, a, b := now*(1+1e-12)+1e-300, -1, -1
		for i := range n {
			if in[i] || s.MaxProducts == 0 || count < s.MaxProducts {
				if v := with(i, -1); v > best {
					best, a, b = v, i, -1
				}
			}
		}
		if a < 0 && n <= 400 {
			for i := range n {
				for j := range n {
					if in[i] && !in[j] {
						if v := with(i, j); v > best {
							best, a, b = v, i, j
						}
					}
				}
			}
		}
		if a < 0 {
			break
		}
		for _, x := range [2]int{a, b} {
			if x >= 0 {
				if in[x] {
					move(x, -1)
				} else {
					move(x, 1)
				}
			}
		}
	}
	var offer []int
	for i, is := range in {
		if is {
			offer = append(offer, i)
		}
	}
	if v := s.value(offer); v > s.best {
		s.best, s.offer = v, offer
	}
}
