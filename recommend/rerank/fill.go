package rerank

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/flywheel-go/flywheel"
)

// Placed is an item of a list.
type Placed struct {
	Candidate
	// Why names the rule that put it into its place; empty for the score.
	Why string
}

// List is what a [Plan] made.
type List struct {
	Items []Placed
	// Short says why there are fewer than the Limit; empty when there are not.
	Short string
}

// Fill makes a list of what next returns, best first, until the list is full or next
// reports false. pinned returns the candidates of p.Pins by SKU, those that may be
// shown; a pin that it does not know leaves its place to others. Both are asked for no
// more than is needed. p must have passed Check.
//
// Cost: one look at each candidate; with Lambda or Target, Pool·Limit comparisons.
func (p *Plan) Fill(next func() (Candidate, bool), pinned func(flywheel.SKU) (Candidate, bool)) List {
	return p.FillInto(nil, next, pinned)
}

// FillInto is Fill with a list in the memory of dst, for callers that fill many: the
// items of a list are valid until dst is used again.
func (p *Plan) FillInto(dst []Placed, next func() (Candidate, bool), pinned func(flywheel.SKU) (Candidate, bool)) List {
	f, _ := fillings.Get().(*filling)
	if f == nil {
		f = &filling{}
	}
	f.begin(p, next)
	defer f.end()
	for _, pin := range p.Pins {
		if pinned == nil {
			break
		}
		if c, ok := pinned(pin.SKU); ok && !f.has(pin.SKU) && !f.clashes(&c, pin.Slot-1) {
			f.put(pin.Slot-1, &c, "pinned", fixed)
		}
	}
	for _, s := range p.Slots {
		if f.taken[s.Place-1] {
			continue
		}
		if i := f.withTag(s); i >= 0 {
			f.take(s.Place-1, i, s.Tag, fixed)
		}
	}
	for place := range f.items {
		if f.taken[place] {
			continue
		}
		i, why := f.choose(place)
		if i < 0 {
			break
		}
		order := f.waiting[i].rank
		if f.soft || f.tired {
			order = fixed
		}
		f.take(place, i, why, order)
	}
	if p.diverse() && !p.Variants {
		f.settle()
	}
	return f.list(dst)
}

// fixed marks places that keep their items.
const fixed = -1

// fillings keeps the memory of lists that are done.
var fillings sync.Pool

// waiting is a candidate that was pulled.
type waiting struct {
	Candidate
	rank     int // in the order of next
	gone     bool
	from, to int     // its categories in filling.cats, where variety counts
	similar  float64 // to the placed item with the most similar vector
}

// filling is one list in the making.
type filling struct {
	plan    *Plan
	next    func() (Candidate, bool)
	items   []Placed
	taken   []bool
	order   []int // the rank of the item of a place, or fixed
	count   int
	waiting []waiting // pulled, in order
	ended   bool
	soft    bool // soft caps give way
	tired   bool // exposed items may come
	shares  map[string]float64

	names map[string]int // number of a category
	cats  []int          // of the candidates that wait
	fresh []float64      // by category: 2^−(items of the list that have it)
}

func (f *filling) begin(p *Plan, next func() (Candidate, bool)) {
	n := p.limit()
	f.plan, f.next = p, next
	f.items, f.taken, f.order = slices.Grow(f.items[:0], n)[:n], slices.Grow(f.taken[:0], n)[:n], slices.Grow(f.order[:0], n)[:n]
	clear(f.taken)
}

// end forgets the candidates and keeps the memory.
func (f *filling) end() {
	clear(f.items)
	clear(f.waiting)
	clear(f.names)
	*f = filling{items: f.items[:0], taken: f.taken[:0], order: f.order[:0], waiting: f.waiting[:0], names: f.names, cats: f.cats[:0], fresh: f.fresh[:0]}
	fillings.Put(f)
}

func (f *filling) has(sku flywheel.SKU) bool {
	for i := range f.items {
		if f.taken[i] && f.items[i].SKU == sku {
			return true
		}
	}
	return false
}

func (f *filling) put(place int, c *Candidate, why string, order int) {
	f.items[place], f.taken[place], f.order[place] = Placed{*c, why}, true, order
	f.count++
	if f.shares != nil {
		f.share(c)
	}
	if !f.plan.diverse() {
		return
	}
	for _, name := range c.Categories {
		f.fresh[f.category(name)] /= 2
	}
	for i := range f.waiting {
		if w := &f.waiting[i]; !w.gone {
			w.similar = max(w.similar, alike(&w.Candidate, c))
		}
	}
}

// category returns the number of a name.
func (f *filling) category(name string) int {
	n, ok := f.names[name]
	if !ok {
		if f.names == nil {
			f.names = make(map[string]int)
		}
		n = len(f.fresh)
		f.names[name] = n
		f.fresh = append(f.fresh, 1)
	}
	return n
}

// pull takes one more candidate from next.
func (f *filling) pull() bool {
	if f.ended {
		return false
	}
	c, ok := f.next()
	if !ok {
		f.ended = true
		return false
	}
	w := waiting{Candidate: c, rank: len(f.waiting), from: len(f.cats)}
	if f.plan.diverse() {
		for _, name := range c.Categories {
			f.cats = append(f.cats, f.category(name))
		}
		for i := range f.items {
			if f.taken[i] {
				w.similar = max(w.similar, alike(&c, &f.items[i].Candidate))
			}
		}
	}
	w.to = len(f.cats)
	f.waiting = append(f.waiting, w)
	return true
}

// allows reports whether the rules let c into a place.
func (f *filling) allows(c *Candidate, place int) bool {
	p := f.plan
	if p.MaxExposure > 0 && !f.tired && p.Exposure != nil && p.Exposure(c.SKU) >= p.MaxExposure {
		return false
	}
	for i := range f.items {
		if !f.taken[i] {
			continue
		}
		if f.items[i].SKU == c.SKU {
			return false
		}
	}
	if f.clashes(c, place) {
		return false
	}
	for n := range p.Caps {
		if k := &p.Caps[n]; !(k.Soft && f.soft) && f.capped(k, c) {
			return false
		}
	}
	return true
}

// clashes reports whether another variant of c is in the list or, where variants are
// allowed, beside the place.
func (f *filling) clashes(c *Candidate, place int) bool {
	if c.Group == "" {
		return false
	}
	for i := range f.items {
		if f.taken[i] && f.items[i].Group == c.Group && (!f.plan.Variants || i == place-1 || i == place+1) {
			return true
		}
	}
	return false
}

// capped reports whether c would pass k.
func (f *filling) capped(k *Cap, c *Candidate) bool {
	switch k.By {
	case ByBrand:
		return c.Brand != "" && f.full(k, c.Brand)
	case ByMain:
		return len(c.Categories) > 0 && f.full(k, c.Categories[0])
	case ByTag:
		return slices.ContainsFunc(c.Tags, func(v string) bool { return f.full(k, v) })
	}
	return slices.ContainsFunc(c.Categories, func(v string) bool { return f.full(k, v) })
}

// full reports whether the list has as many of value as k allows.
func (f *filling) full(k *Cap, value string) bool {
	if k.Value != "" && k.Value != value {
		return false
	}
	n := 0
	for i := range f.items {
		if !f.taken[i] {
			continue
		}
		o := &f.items[i].Candidate
		switch k.By {
		case ByBrand:
			n += count(o.Brand == value)
		case ByMain:
			n += count(len(o.Categories) > 0 && o.Categories[0] == value)
		case ByTag:
			n += count(slices.Contains(o.Tags, value))
		default:
			n += count(slices.Contains(o.Categories, value))
		}
	}
	return n >= k.Max
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// withTag returns the best candidate with a tag, -1 without one.
func (f *filling) withTag(s Slot) int {
	for i := 0; ; i++ {
		if i == len(f.waiting) && !f.pull() {
			return -1
		}
		if w := &f.waiting[i]; !w.gone && slices.Contains(w.Tags, s.Tag) && f.allows(&w.Candidate, s.Place-1) {
			return i
		}
	}
}

// take puts a candidate that waits into a place.
func (f *filling) take(place, i int, why string, order int) {
	w := &f.waiting[i]
	w.gone = true
	f.put(place, &w.Candidate, why, order)
}

// choose returns the candidate for a place, -1 without one. When the rules allow none,
// first exposed items come, then soft caps give way.
func (f *filling) choose(place int) (at int, why string) {
	for {
		if f.plan.diverse() {
			at, why = f.varied(place)
		} else {
			at = f.first(place)
		}
		switch {
		case at >= 0:
			return at, why
		case !f.tired && f.plan.MaxExposure > 0:
			f.tired = true
		case !f.soft && slices.ContainsFunc(f.plan.Caps, func(k Cap) bool { return k.Soft }):
			f.soft = true
		default:
			return -1, ""
		}
	}
}

// first returns the best that the rules allow.
func (f *filling) first(place int) int {
	for i := 0; ; i++ {
		if i == len(f.waiting) && !f.pull() {
			return -1
		}
		if w := &f.waiting[i]; !w.gone && f.allows(&w.Candidate, place) {
			return i
		}
	}
}

func (p *Plan) diverse() bool {
	return p.Lambda > 0 && p.Lambda < 1 || p.Target != nil && p.Calibration > 0
}

// steep is how fast worth falls with the rank, in lengths of the list: see Plan.Lambda.
const steep = 0.6

// varied returns the one of the pool that is best by rank and variety.
func (f *filling) varied(place int) (int, string) {
	for len(f.waiting) < f.plan.pool() && f.pull() {
	}
	if f.plan.Target != nil && f.shares == nil {
		f.shares = make(map[string]float64)
		for i := range f.items {
			if f.taken[i] {
				f.share(&f.items[i].Candidate)
			}
		}
	}
	lambda := f.plan.Lambda
	if lambda == 0 {
		lambda = 1
	}
	half := steep * float64(f.plan.limit())
	best, at, by := math.Inf(-1), -1, -1
	for i := range f.waiting {
		w := &f.waiting[i]
		if w.gone || !f.allows(&w.Candidate, place) {
			continue
		}
		if by < 0 {
			by = i // the best by score alone
		}
		worth := float64(lambda/(1+float64(w.rank)/half)) - float64((1-lambda)*f.redundant(w))
		if f.shares != nil {
			worth = float64((1-f.plan.Calibration)*worth) - float64(f.plan.Calibration*f.distance(&w.Candidate))
		}
		if worth > best {
			best, at = worth, i
		}
	}
	switch {
	case at < 0:
		return f.first(place), "" // beyond the pool
	case at != by:
		return at, "variety"
	}
	return at, ""
}

// redundant is how much of a candidate the list has already, from 0 to 1: by its vector
// where it has one, else by its categories.
func (f *filling) redundant(w *waiting) float64 {
	if len(w.Vector) > 0 || w.to == w.from {
		return w.similar
	}
	var fresh float64
	for _, n := range f.cats[w.from:w.to] {
		fresh += f.fresh[n]
	}
	return 1 - fresh/float64(w.to-w.from)
}

// settle orders what was chosen by score again: variety is of the list as a whole, and
// whoever reads its beginning only should find the best there. Pins, slots and what came
// because nothing else was left keep their places.
func (f *filling) settle() {
	for a := range f.items {
		if !f.taken[a] || f.order[a] == fixed {
			continue
		}
		least := a
		for b := a + 1; b < len(f.items); b++ {
			if f.taken[b] && f.order[b] != fixed && f.order[b] < f.order[least] {
				least = b
			}
		}
		f.items[a], f.items[least] = f.items[least], f.items[a]
		f.order[a], f.order[least] = f.order[least], f.order[a]
	}
}

// alike is how similar two candidates are, from 0 to 1: the cosine of their vectors
// where both have one, else the share of common categories (Jaccard).
func alike(a, b *Candidate) float64 {
	if len(a.Vector) > 0 && len(a.Vector) == len(b.Vector) {
		var dot, na, nb float64
		for i, x := range a.Vector {
			y := b.Vector[i]
			dot += float64(float64(x) * float64(y))
			na += float64(float64(x) * float64(x))
			nb += float64(float64(y) * float64(y))
		}
		if na == 0 || nb == 0 {
			return 0
		}
		return max(0, dot/math.Sqrt(na*nb))
	}
	common := 0
	for _, c := range a.Categories {
		common += count(slices.Contains(b.Categories, c))
	}
	if either := len(a.Categories) + len(b.Categories) - common; either > 0 {
		return float64(common) / float64(either)
	}
	return 0
}

// share adds c to the mix of the list.
func (f *filling) share(c *Candidate) {
	for _, name := range c.Categories {
		f.shares[name] += 1 / float64(len(c.Categories))
	}
}

// distance returns the Kullback-Leibler divergence of the target from the mix that
// the list would have with c, smoothed by a hundredth of the target.
func (f *filling) distance(c *Candidate) float64 {
	n := float64(f.count + 1)
	var d float64
	names := make([]string, 0, len(f.plan.Target))
	for name := range f.plan.Target {
		names = append(names, name)
	}
	slices.Sort(names) // sums do not depend on the order of a map
	for _, name := range names {
		want := f.plan.Target[name]
		if want == 0 {
			continue
		}
		have := f.shares[name]
		if slices.Contains(c.Categories, name) {
			have += 1 / float64(len(c.Categories))
		}
		d += float64(want * math.Log(want/(float64(0.99*have/n)+float64(0.01*want))))
	}
	return d
}

// list returns what was placed, without gaps.
func (f *filling) list(dst []Placed) List {
	if dst == nil {
		dst = make([]Placed, 0, f.count)
	}
	l := List{Items: dst[:0]}
	for i := range f.items {
		if !f.taken[i] {
			continue
		}
		it := &f.items[i]
		if n := len(l.Items); n > 0 && f.plan.Variants && it.Group != "" && l.Items[n-1].Group == it.Group {
			continue // a gap was closed and would bring two variants together
		}
		l.Items = append(l.Items, *it)
	}
	if short := len(f.items) - len(l.Items); short > 0 {
		left, kept := "no candidates were left", 0
		for i := range f.waiting {
			kept += count(!f.waiting[i].gone)
		}
		if kept > 0 {
			left = fmt.Sprintf("%d candidates were left, and caps or variants kept them out", kept)
		}
		l.Short = fmt.Sprintf("%d of %d places are filled: %s", len(l.Items), len(f.items), left)
	}
	return l
}

// Rank boosts, orders and fills: for callers that have all candidates at hand. Equal
// scores are ordered by SKU; candidates whose score is not a number are left out.
func (p *Plan) Rank(candidates []Candidate) (List, error) {
	if err := p.Check(); err != nil {
		return List{}, err
	}
	sorted := make([]Candidate, 0, len(candidates))
	for _, c := range candidates {
		if c.Score = p.Boosted(&c); !math.IsNaN(c.Score) {
			sorted = append(sorted, c)
		}
	}
	slices.SortStableFunc(sorted, func(a, b Candidate) int {
		switch {
		case a.Score > b.Score || a.Score == b.Score && a.SKU < b.SKU:
			return -1
		case a.Score < b.Score || a.Score == b.Score && a.SKU > b.SKU:
			return 1
		}
		return 0
	})
	at := 0
	next := func() (Candidate, bool) {
		if at == len(sorted) {
			return Candidate{}, false
		}
		at++
		return sorted[at-1], true
	}
	return p.Fill(next, func(sku flywheel.SKU) (Candidate, bool) {
		i := slices.IndexFunc(sorted, func(c Candidate) bool { return c.SKU == sku })
		if i < 0 {
			return Candidate{}, false
		}
		return sorted[i], true
	}), nil
}
