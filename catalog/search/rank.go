package search

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// ranked is a product among the best.
type ranked struct {
	score, bonus float64
	part, doc    int32
	group        uint32 // code of the group's value; 0 where there are none
	seen         int32  // order of the group within the document
	pinned       bool
	more         *rankedMore
}

// rankedMore is what few results have.
type rankedMore struct {
	key []sortKey
	why []string
}

func (r *ranked) why() []string {
	if r.more == nil {
		return nil
	}
	return r.more.why
}

func (r *ranked) moved(why ...string) {
	if len(why) == 0 {
		return
	}
	more := rankedMore{}
	if r.more != nil {
		more = *r.more
	}
	more.why = append(slices.Clone(more.why), why...)
	r.more = &more
}

// sortKey is what a product is ordered by besides relevance.
type sortKey struct {
	value
	missing bool
}

// before reports whether a ranks before b.
func (e *execution) before(a, b *ranked, orders []Order) bool {
	if a.score != b.score {
		return a.score > b.score
	}
	for i, o := range orders {
		x, y := &a.more.key[i], &b.more.key[i]
		if x.missing != y.missing {
			return y.missing
		}
		if x.missing || x.value == y.value {
			continue
		}
		return x.less(y.value) != o.Desc
	}
	if a.part == b.part {
		if a.doc != b.doc {
			return a.doc < b.doc
		}
		return a.seen < b.seen
	}
	return e.id(a) < e.id(b)
}

func (e *execution) id(r *ranked) string { return e.v.parts[r.part].seg.ids.at(int(r.doc)) }

// best keeps the n that rank first, as a heap with the last of them at the root.
type best struct {
	e      *execution
	n      int
	orders []Order
	heap   []ranked
}

func (b *best) full() bool { return len(b.heap) == b.n }

// floor returns what a full heap asks of further products, less what rounding may
// cost.
func (b *best) floor() float64 {
	if b.n == 0 {
		return math.Inf(1)
	}
	return b.heap[0].score*(1-1e-12) - 2e-9
}

func (b *best) push(r ranked) {
	if len(b.heap) < b.n {
		b.heap = append(b.heap, r)
		for i := len(b.heap) - 1; i > 0; {
			up := (i - 1) / 2
			if !b.e.before(&b.heap[up], &b.heap[i], b.orders) {
				break
			}
			b.heap[up], b.heap[i] = b.heap[i], b.heap[up]
			i = up
		}
		return
	}
	if b.n == 0 || !b.e.before(&r, &b.heap[0], b.orders) {
		return
	}
	b.heap[0] = r
	b.sink(b.heap)
}

// sink moves the root of a heap to its place.
func (b *best) sink(h []ranked) {
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && b.e.before(&h[c], &h[c+1], b.orders) {
			c++
		}
		if !b.e.before(&h[i], &h[c], b.orders) {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

func (b *best) sorted() []ranked {
	h := b.heap
	for n := len(h) - 1; n > 0; n-- { // the last of those left goes behind them
		h[0], h[n] = h[n], h[0]
		b.sink(h[:n])
	}
	return h
}

// rank finds the hits of the page.
func (e *execution) rank(r *Result) {
	q := e.q
	need := q.Offset + q.Limit
	plan := q.Plan
	if plan == nil {
		plan = e.c.Plan
	}
	replan := len(q.Sort) == 0 && (plan != nil || q.Boost != nil)
	pins := e.merch.pins
	if len(q.Sort) > 0 {
		pins = nil
	}
	if replan {
		need = max(need, e.c.Window)
	}
	orders := q.Sort
	if len(orders) == 0 {
		orders = e.c.TieBreaks
	}
	b := &e.mem.best
	*b = best{e: e, n: need + len(pins), orders: orders, heap: b.heap[:0]}
	for i := range e.parts {
		r.Groups += e.collect(b, i)
	}
	list := b.sorted()
	if replan { // what is behind the window follows by relevance
		n := min(e.c.Window, len(list))
		first := e.replan(list[:n:n], pins, plan, min(q.Offset+q.Limit, e.c.Window+len(pins)))
		rest := slices.DeleteFunc(list[n:], func(r ranked) bool {
			return slices.ContainsFunc(first, func(f ranked) bool { return f.pinned && f.part == r.part && f.doc == r.doc })
		})
		list = append(first, rest...)
	} else if len(pins) > 0 {
		list = e.pin(list, pins)
	}
	list = list[min(q.Offset, len(list)):min(q.Offset+q.Limit, len(list))]
	if len(list) == 0 {
		return
	}
	size := 0
	for i := range list {
		size += len(e.id(&list[i]))
	}
	ids := make([]byte, 0, size) // all in one, apart from the index
	r.Hits = make([]Hit, len(list))
	for i := range list {
		at := len(ids)
		ids = append(ids, e.id(&list[i])...)
		h := &r.Hits[i]
		h.ID = unsafe.String(unsafe.SliceData(ids[at:]), len(ids)-at)
		e.describe(h, &list[i])
	}
}

// collect pushes the products of one segment, or their groups, and returns how many
// groups there are.
func (e *execution) collect(b *best, i int) (groups int) {
	f, p := &e.parts[i], &e.v.parts[i]
	var group *column
	if e.q.Group != "" {
		if group = p.seg.cols[e.q.Group]; group == nil {
			return 0
		}
	}
	relevance := e.plan != nil && len(e.q.Sort) == 0
	var sh *shares
	if relevance {
		sh = newShares(e.plan, e.c.Ranking, e.mem)
	}
	one := func(d int, title, any uint32) {
		x := ranked{part: int32(i), doc: int32(d)}
		if any != 0 {
			floor := 0.0
			if b.full() && group == nil {
				floor = b.floor()
			}
			base, extra, ok := f.sc.score(d, title, any, sh, floor)
			if !ok {
				return
			}
			score := base * (1 + sh.of(title, any) + extra)
			if score < floor {
				return
			}
			x.bonus, x.score = extra, rounded(score)
		}
		if len(b.orders) > 0 {
			x.more = &rankedMore{key: e.keys(b.orders, p, f, d)}
		}
		if group == nil {
			b.push(x)
			return
		}
		for j, code := range e.groups(p, f, group, d) {
			y := x
			y.group, y.seen = code, int32(j)
			groups++
			b.push(y)
		}
	}
	if relevance && group == nil {
		w := newWalk(e, f, sh, b, one)
		w.from(0, f.docs, f.count, 0, 0)
		w.done()
		return 0
	}
	// Documents are in order of id: without an order the first ones are the best.
	least := len(b.orders) == 0 && !relevance && group == nil
	pushed := 0
	each := func(d int) bool {
		if pushed++; least && pushed > b.n {
			return false
		}
		var title, any uint32
		if relevance {
			title, any = f.sc.words(d)
			if b.full() && f.sc.reach(sh, title, any) < b.floor() {
				groups += len(e.groups(p, f, group, d))
				return true
			}
		}
		one(d, title, any)
		return true
	}
	if f.docs == nil {
		for d := range p.seg.n {
			if !each(d) {
				break
			}
		}
		return groups
	}
	for w, word := range f.docs {
		for ; word != 0; word &= word - 1 {
			if !each(w<<6 + trailing(word)) {
				return groups
			}
		}
	}
	return groups
}

// keys returns what a document is sorted by: its lowest value where it ascends, its
// highest where it descends; of the price always the lowest one.
func (e *execution) keys(orders []Order, p *part, f *partFound, d int) []sortKey {
	keys := make([]sortKey, len(orders))
	for i, o := range orders {
		if o.Field == e.c.Roles.Price {
			r := e.price(p, f, d, nil, 0)
			keys[i] = sortKey{value{kind: numberValue, num: r.From}, !r.Known}
			continue
		}
		c := p.seg.cols[o.Field]
		if c == nil {
			keys[i].missing = true
			continue
		}
		code := uint32(0)
		e.codes(p, f, c, d, func(_ int, next uint32) {
			if code == 0 || next < code != o.Desc {
				code = next
			}
		})
		if keys[i].missing = code == 0; code != 0 {
			keys[i].value = c.value(code)
		}
	}
	return keys
}

// codes calls yield for each code of each matching record of a document.
func (e *execution) codes(p *part, f *partFound, c *column, d int, yield func(rec int, code uint32)) {
	from, to := p.seg.records(d)
	var few [16]uint32
	for r := from; r < to; r++ {
		if f.all.recs != nil && !f.all.recs.has(r) {
			continue
		}
		unit := r
		if c.perDoc {
			unit = d
		}
		for _, code := range c.codes.of(unit, few[:0]) {
			yield(r, code)
		}
		if c.perDoc {
			return
		}
	}
}

// groups returns the values of the matching records of a document, in order of
// first appearance; where the field is chosen only chosen ones.
func (e *execution) groups(p *part, f *partFound, c *column, d int) []uint32 {
	var codes []uint32
	i := slices.IndexFunc(e.chosen, func(ch choice) bool { return ch.field == c.name })
	e.codes(p, f, c, d, func(_ int, code uint32) {
		if slices.Contains(codes, code) || i >= 0 && !slices.Contains(e.chosen[i].values, c.value(code)) {
			return
		}
		codes = append(codes, code)
	})
	return codes
}

// pin puts pinned products into their places.
func (e *execution) pin(list []ranked, pins []Pin) []ranked {
	free := make([]ranked, 0, len(list))
	for _, r := range list {
		if !slices.ContainsFunc(pins, func(p Pin) bool { return p.ID == e.id(&r) }) {
			free = append(free, r)
		}
	}
	var out []ranked
	for _, p := range pins {
		r, ok := e.ranked(p.ID)
		if !ok {
			continue
		}
		for len(out) < p.Position-1 && len(free) > 0 {
			out, free = append(out, free[0]), free[1:]
		}
		out = append(out, r)
	}
	return append(out, free...)
}

// ranked returns a product by id if it was found.
func (e *execution) ranked(id string) (ranked, bool) {
	i, d, ok := e.v.find(id)
	if !ok || e.parts[i].docs != nil && !e.parts[i].docs.has(d) {
		return ranked{}, false
	}
	r := ranked{part: int32(i), doc: int32(d), pinned: true}
	if f := &e.parts[i]; f.sc != nil {
		sh := newShares(e.plan, e.c.Ranking, e.mem)
		title, any := f.sc.words(d)
		base, extra, _ := f.sc.score(d, title, any, sh, 0)
		r.bonus = extra
		r.score = rounded(base * (1 + sh.of(title, any) + extra))
	}
	return r, true
}

// replan orders the best by what the shop wants: boosts once, then the plan.
func (e *execution) replan(list []ranked, pins []Pin, given *rerank.Plan, length int) []ranked {
	plan := rerank.Plan{}
	if given != nil {
		plan = *given
	}
	plan.Limit = length
	plan.Pins = slices.Clone(plan.Pins)
	for _, p := range pins {
		plan.Pins = slices.DeleteFunc(plan.Pins, func(o rerank.Pin) bool { return o.Slot == p.Position || string(o.SKU) == p.ID })
		plan.Pins = append(plan.Pins, rerank.Pin{SKU: flywheel.SKU(p.ID), Slot: p.Position})
	}
	at := make(map[flywheel.SKU]int, len(list))
	candidates := make([]rerank.Candidate, len(list))
	for i := range list {
		c := e.candidate(&list[i])
		at[c.SKU] = i
		list[i].moved(plan.Moved(&c)...)
		c.Score = plan.Boosted(&c)
		if e.q.Boost != nil {
			if f := e.q.Boost(string(c.SKU)); f > 0 && !math.IsInf(f, 1) && f != 1 {
				c.Score *= f
				list[i].moved("customer")
			}
		}
		list[i].score = rounded(c.Score)
		candidates[i] = c
	}
	slices.SortStableFunc(candidates, func(a, b rerank.Candidate) int { return cmp.Compare(b.Score, a.Score) })
	next := 0
	out := plan.Fill(func() (rerank.Candidate, bool) {
		if next == len(candidates) {
			return rerank.Candidate{}, false
		}
		next++
		return candidates[next-1], true
	}, func(sku flywheel.SKU) (rerank.Candidate, bool) {
		r, ok := e.ranked(string(sku))
		if !ok {
			return rerank.Candidate{}, false
		}
		if _, there := at[sku]; !there {
			at[sku] = len(list)
			list = append(list, r)
		}
		return e.candidate(&r), true
	})
	final := make([]ranked, 0, len(out.Items))
	for _, p := range out.Items {
		r := list[at[p.SKU]]
		if p.Why != "" {
			r.moved(p.Why)
		}
		r.pinned = slices.ContainsFunc(plan.Pins, func(x rerank.Pin) bool { return x.SKU == p.SKU })
		final = append(final, r)
	}
	return final
}

// candidate describes a product to the plan.
func (e *execution) candidate(r *ranked) rerank.Candidate {
	p, f := &e.v.parts[r.part], &e.parts[r.part]
	c := rerank.Candidate{SKU: flywheel.SKU(strings.Clone(e.id(r))), Score: r.score}
	roles := e.c.Roles
	texts := func(name string) (all []string) {
		if col := p.seg.cols[name]; col != nil {
			e.codes(p, f, col, int(r.doc), func(_ int, code uint32) {
				if s := col.value(code).String(); !slices.Contains(all, s) {
					all = append(all, s)
				}
			})
		}
		return all
	}
	number := func(name string) (most float64) {
		if col := p.seg.cols[name]; col != nil {
			e.codes(p, f, col, int(r.doc), func(_ int, code uint32) { most = max(most, col.value(code).num) })
		}
		return most
	}
	c.Categories, c.Tags = texts(roles.Categories), texts(roles.Tags)
	if brands := texts(roles.Brand); len(brands) > 0 {
		c.Brand = brands[0]
	}
	c.Price = e.price(p, f, int(r.doc), nil, 0).From
	c.Stock, c.Margin, c.Age = number(roles.Stock), number(roles.Margin), number(roles.Age)
	return c
}
