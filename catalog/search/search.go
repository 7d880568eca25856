package search

import (
	"cmp"
	"math/bits"
	"slices"
)

// execution is one query over one snapshot.
type execution struct {
	v      *Snapshot
	c      *config
	q      *Query
	locale int
	plan   *textPlan // nil without text
	merch  merchandising
	cond   *condition
	chosen []choice
	parts  []partFound
	mem    *arena
	sets   map[int][]*counted // by the choice that is left out
}

// choice is the selected values of one field.
type choice struct {
	field  string
	values []value
	own    bool // the facet is counted without it
}

// partFound is what a query finds in one segment.
type partFound struct {
	wides []bitset // base and picks as records, at need
	base  set      // live, text, filter, not hidden
	picks []set    // of each choice
	all   set      // base and all choices
	docs  bitset
	count int
	sc    *scorer // while scores are needed

	looked       bool
	price, stock *column // see offered
}

// Search answers a query. O(products with its words), a bit each for frequent words,
// plus the words of the products that may be among the best, plus, for each facet, the
// products found or the values of the facet, whichever is less.
func (v *Snapshot) Search(q Query) (*Result, error) {
	c := v.c
	if err := q.check(c); err != nil {
		return nil, err
	}
	mem := arenas.Get().(*arena)
	defer mem.release()
	return mem.search(v, c, q)
}

// search answers a query that was checked.
func (a *arena) search(v *Snapshot, c *config, given Query) (*Result, error) {
	a.query = given
	q, e := &a.query, &a.exec
	*e = execution{v: v, c: c, q: q, locale: c.locale(q.Locale), mem: a}
	var err error
	if e.cond, err = parseFilter(q.Filter); err != nil {
		return nil, err
	}
	for field := range q.Select {
		vs, _ := valuesOf(nil, q.Select[field])
		if len(vs) > 0 {
			e.chosen = append(e.chosen, choice{field, vs, slices.Contains(q.Disjunctive, field)})
		}
	}
	slices.SortFunc(e.chosen, func(a, b choice) int { return cmp.Compare(a.field, b.field) })
	if q.Limit == 0 {
		q.Limit = 20
	}
	q.Limit = max(q.Limit, 0)
	return e.run(), nil
}

func (e *execution) run() *Result {
	r := &Result{}
	q := e.q
	match, relax := e.c.Match, e.c.Relax
	if q.Match != "" {
		match = q.Match
	}
	if q.Relax != RelaxNone {
		relax = q.Relax
	}
	if q.Text != "" {
		p := e.v.plan(e.c, e.locale, q.Text, match, e.mem)
		if len(p.words) > 0 {
			e.plan = p
		}
		if p.cut {
			r.Cut = append(r.Cut, "words")
		}
	}
	if len(e.c.rules) > 0 {
		e.merch = e.c.merchandise(e.locale, e.c.analyzers[e.locale].terms(q.Text))
	}
	e.find()
	if e.plan != nil && e.plan.all && e.plan.key == "" {
		r.Relaxed = e.relax(relax)
	}
	r.Total = e.total()
	if e.plan != nil {
		r.Suggestion = e.suggestion()
	}
	if q.Limit > 0 {
		e.rank(r)
	}
	e.release()
	for i := range q.Facets {
		r.Facets = append(r.Facets, e.facet(&q.Facets[i]))
	}
	return r
}

func (e *execution) total() (n int) {
	for i := range e.parts {
		n += e.parts[i].count
	}
	return n
}

// relax gives up words while nothing has all of them, and returns which.
func (e *execution) relax(how Relax) []string {
	if how == RelaxNone || e.total() > 0 {
		return nil
	}
	var words []string
	for i := range e.plan.words {
		words = append(words, e.plan.words[i].text)
	}
	dropped := uint32(0)
	if how == RelaxAny && e.total() == 0 && len(words) > 0 {
		e.plan.all = false
		e.find()
		return words
	}
	for how != RelaxNone && how != RelaxAny && e.total() == 0 && bits.OnesCount32(e.plan.required) > 1 {
		at := -1
		for i := range words {
			if e.plan.required>>i&1 == 0 {
				continue
			}
			switch how {
			case RelaxFirst:
				if at < 0 {
					at = i
				}
			case RelaxLast:
				at = i
			case RelaxFrequent:
				if at < 0 || e.plan.words[i].df > e.plan.words[at].df {
					at = i
				}
			}
		}
		e.plan.required &^= 1 << at
		dropped |= 1 << at
		e.find()
	}
	if e.total() == 0 {
		return nil
	}
	var out []string
	for i, w := range words {
		if dropped>>i&1 != 0 {
			out = append(out, w)
		}
	}
	return out
}

// find evaluates text, filter and choices in each segment.
func (e *execution) find() {
	if e.parts == nil {
		if cap(e.mem.parts) < len(e.v.parts) {
			e.mem.parts = make([]partFound, len(e.v.parts))
		}
		e.parts = e.mem.parts[:len(e.v.parts)]
	}
	for i := range e.v.parts {
		p, f := &e.v.parts[i], &e.parts[i]
		*f = partFound{sc: f.sc}
		f.base = p.seg.eval(e.cond, e.mem)
		f.picks = make([]set, len(e.chosen))
		for j, ch := range e.chosen {
			f.picks[j] = p.seg.selection(ch.field, ch.values, e.mem)
		}
		if e.plan != nil {
			f.base = f.base.and(e.text(p, f), e.mem)
		} else if p.alive != nil {
			f.base = f.base.and(set{docs: p.alive}, e.mem)
		}
		f.base = e.hidden(p, f.base)
		f.all = f.base
		for _, s := range f.picks {
			f.all = f.all.and(s, e.mem)
		}
		f.docs = p.seg.documents(f.all, e.mem)
		if f.docs == nil {
			f.count = p.seg.n
		} else {
			f.count = f.docs.count()
		}
	}
}

func (e *execution) hidden(p *part, s set) set {
	if len(e.merch.hide) == 0 {
		return s
	}
	var b bitset
	for id := range e.merch.hide {
		if d, ok := p.seg.find(id); ok {
			if b == nil {
				b = fullBitset(p.seg.n)
			}
			b.clear(d)
		}
	}
	return s.and(set{docs: b}, e.mem)
}

// text returns the live documents that have the words of the query, and those that
// are pinned.
func (e *execution) text(p *part, f *partFound) set {
	if f.sc == nil {
		f.sc = newScorer(e.plan, p.seg.texts[e.locale], p == &e.v.parts[0], e.v.normsOf(e.locale), e.c.Ranking, e.c.analyzers[e.locale].links, e.mem)
	}
	b := f.sc.matching(e.plan.all, e.plan.required, e.mem)
	if p.alive != nil {
		b.and(p.alive)
	}
	var recs bitset
	if e.plan.key != "" && p.seg.recAt != nil {
		recs = newBitset(p.seg.recs)
	}
	if e.plan.key != "" {
		b.each(func(d int) {
			if !p.seg.keyed(e.c, e.locale, d, e.plan.key, recs) {
				b.clear(d)
			}
		})
	}
	for _, pin := range e.merch.pins {
		if d, ok := p.seg.find(pin.ID); ok && p.has(d) {
			b.set(d)
			if recs != nil {
				recs.setRange(p.seg.records(d))
			}
		}
	}
	return set{docs: b, recs: recs}
}

func (e *execution) release() {
	for i := range e.parts {
		if f := &e.parts[i]; f.sc != nil {
			f.sc.x.release()
			f.sc = nil
		}
	}
}
