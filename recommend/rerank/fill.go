package rerank

import (
	"fmt"
	"math"
	"slices"

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
	f := &filling{plan: p, next: next, items: make([]Placed, p.limit()), taken: make([]bool, p.limit())}
	for _, pin := range p.Pins {
		if pinned == nil {
			break
		}
		if c, ok := pinned(pin.SKU); ok && !f.has(pin.SKU) && !f.clashes(&c, pin.Slot-1) {
			f.put(pin.Slot-1, c, "pinned")
		}
	}
	for _, s := range p.Slots {
		if f.taken[s.Place-1] {
			continue
		}
		if c, ok := f.withTag(s); ok {
			f.put(s.Place-1, c, s.Tag)
		}
	}
	for place := range f.items {
		if f.taken[place] {
			continue
		}
		c, why, ok := f.choose(place)
		if !ok {
			break
		}
		f.put(place, c, why)
	}
	return f.list()
}

// filling is one list in the making.
type filling struct {
	plan    *Plan
	next    func() (Candidate, bool)
	items   []Placed
	taken   []bool
	count   int
	waiting []Candidate // pulled and not placed, in order
	ended   bool
	pulled  int
	soft    bool // soft caps give way
	tired   bool // exposed items may come
	similar []float64
	shares  map[string]float64
}

func (f *filling) has(sku flywheel.SKU) bool {
	for i := range f.items {
		if f.taken[i] && f.items[i].SKU == sku {
			return true
		}
	}
	return false
}

func (f *filling) put(place int, c Candidate, why string) {
	f.items[place], f.taken[place] = Placed{c, why}, true
	f.count++
	if f.shares != nil {
		f.share(&c)
	}
	for i := range f.waiting {
		if i < len(f.similar) {
			f.similar[i] = max(f.similar[i], alike(&f.waiting[i], &c))
		}
	}
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
	f.pulled++
	f.waiting = append(f.waiting, c)
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

// withTag takes the best candidate with a tag among the pool.
func (f *filling) withTag(s Slot) (Candidate, bool) {
	for i := 0; ; i++ {
		if i == len(f.waiting) && !f.pull() {
			return Candidate{}, false
		}
		if slices.Contains(f.waiting[i].Tags, s.Tag) && f.allows(&f.waiting[i], s.Place-1) {
			return f.take(i), true
		}
	}
}

// take removes a waiting candidate.
func (f *filling) take(i int) Candidate {
	c := f.waiting[i]
	f.waiting = slices.Delete(f.waiting, i, i+1)
	if i < len(f.similar) {
		f.similar = slices.Delete(f.similar, i, i+1)
	}
	return c
}

// choose takes the candidate for a place. When the rules allow none, first exposed
// items come, then soft caps give way.
func (f *filling) choose(place int) (c Candidate, why string, ok bool) {
	for {
		if f.plan.diverse() {
			c, why, ok = f.varied(place)
		} else {
			c, ok = f.first(place)
		}
		switch {
		case ok:
			return c, why, true
		case !f.tired && f.plan.MaxExposure > 0:
			f.tired = true
		case !f.soft && slices.ContainsFunc(f.plan.Caps, func(k Cap) bool { return k.Soft }):
			f.soft = true
		default:
			return c, "", false
		}
	}
}

// first takes the best that the rules allow.
func (f *filling) first(place int) (Candidate, bool) {
	for i := 0; ; i++ {
		if i == len(f.waiting) && !f.pull() {
			return Candidate{}, false
		}
		if f.allows(&f.waiting[i], place) {
			return f.take(i), true
		}
	}
}

func (p *Plan) diverse() bool {
	return p.Lambda > 0 && p.Lambda < 1 || p.Target != nil && p.Calibration > 0
}

// varied takes the one of the pool that is best by score and variety.
func (f *filling) varied(place int) (Candidate, string, bool) {
	for f.pulled < f.plan.pool() && f.pull() {
	}
	f.prepare()
	low, high := math.Inf(1), math.Inf(-1)
	for i := range f.waiting {
		low, high = min(low, f.waiting[i].Score), max(high, f.waiting[i].Score)
	}
	for i := range f.items {
		if f.taken[i] && f.items[i].Why == "" {
			high = max(high, f.items[i].Score)
		}
	}
	lambda := f.plan.Lambda
	if lambda == 0 {
		lambda = 1
	}
	best, at, by := math.Inf(-1), -1, -1
	for i := range f.waiting {
		if !f.allows(&f.waiting[i], place) {
			continue
		}
		if by < 0 {
			by = i // the best by score alone
		}
		worth := 1.0
		if high > low {
			worth = (f.waiting[i].Score - low) / (high - low)
		}
		worth = float64(lambda*worth) - float64((1-lambda)*f.similar[i])
		if f.shares != nil {
			worth = float64((1-f.plan.Calibration)*worth) - float64(f.plan.Calibration*f.distance(&f.waiting[i]))
		}
		if worth > best {
			best, at = worth, i
		}
	}
	if at < 0 {
		c, ok := f.first(place) // beyond the pool
		return c, "", ok
	}
	why := ""
	if at != by {
		why = "variety"
	}
	return f.take(at), why, true
}

// prepare sets what variety is measured by for candidates that were just pulled.
func (f *filling) prepare() {
	if f.plan.Target != nil && f.shares == nil {
		f.shares = make(map[string]float64)
		for i := range f.items {
			if f.taken[i] {
				f.share(&f.items[i].Candidate)
			}
		}
	}
	for i := len(f.similar); i < len(f.waiting); i++ {
		var s float64
		for n := range f.items {
			if f.taken[n] {
				s = max(s, alike(&f.waiting[i], &f.items[n].Candidate))
			}
		}
		f.similar = append(f.similar, s)
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
func (f *filling) list() List {
	l := List{Items: make([]Placed, 0, f.count)}
	for i := range f.items {
		if !f.taken[i] {
			continue
		}
		it := f.items[i]
		if n := len(l.Items); n > 0 && f.plan.Variants && it.Group != "" && l.Items[n-1].Group == it.Group {
			continue // a gap was closed and would bring two variants together
		}
		l.Items = append(l.Items, it)
	}
	if short := len(f.items) - len(l.Items); short > 0 {
		left := "no candidates were left"
		if len(f.waiting) > 0 {
			left = fmt.Sprintf("%d candidates were left, and caps or variants kept them out", len(f.waiting))
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
