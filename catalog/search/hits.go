package search

import (
	"math/bits"
	"strings"

	"github.com/flywheel-go/flywheel"
)

func trailing(w uint64) int { return bits.TrailingZeros64(w) }

// price returns the prices of the matching records of a document, of one group
// where a group's column is given.
func (e *execution) price(p *part, f *partFound, d int, group *column, code uint32) PriceRange {
	s := p.seg
	price, stock := e.offered(p, f)
	var in, all PriceRange
	sold := true
	from, to := s.records(d)
	var few [16]uint32
	for r := from; r < to; r++ {
		if !e.matches(p, f, r, group, code) {
			continue
		}
		there := s.inStock(stock, d, r)
		sold = sold && !there
		if price == nil {
			continue
		}
		unit := r
		if price.perDoc {
			unit = d
		}
		for _, c := range price.raw.of(unit, few[:0]) {
			v := price.value(c)
			if v.kind != numberValue {
				continue
			}
			all.include(v.num)
			if there {
				in.include(v.num)
			}
		}
	}
	if in.Known {
		all = in
	}
	all.SoldOut = sold
	return all
}

// offered returns the columns of price and stock, nil where there are none.
func (e *execution) offered(p *part, f *partFound) (price, stock *column) {
	if !f.looked {
		f.looked = true
		f.price, f.stock = p.seg.cols[e.c.Roles.Price], p.seg.cols[e.c.Roles.Stock]
	}
	return f.price, f.stock
}

func (r *PriceRange) include(v float64) {
	if !r.Known {
		r.From, r.To, r.Known = v, v, true
	}
	r.From, r.To = min(r.From, v), max(r.To, v)
}

// matches reports whether a record meets filter and choices, and is of the group.
func (e *execution) matches(p *part, f *partFound, r int, group *column, code uint32) bool {
	if f.all.recs != nil && !f.all.recs.has(r) {
		return false
	}
	if group == nil {
		return true
	}
	unit := r
	if group.perDoc {
		unit = p.seg.docOf(r)
	}
	var few [16]uint32
	for _, c := range group.codes.of(unit, few[:0]) {
		if c == code {
			return true
		}
	}
	return false
}

// describe fills in a product of the page.
func (e *execution) describe(h *Hit, r *ranked) {
	p, f := &e.v.parts[r.part], &e.parts[r.part]
	s := p.seg
	h.Score, h.Pinned, h.part, h.doc = r.score, r.pinned, int(r.part), int(r.doc)
	var group *column
	if r.group != 0 {
		group = s.cols[e.q.Group]
		h.Group = group.value(r.group).String()
	}
	price, stock := e.offered(p, f)
	if price == nil && stock == nil && len(s.skus.data) == 0 { // nothing is sold
		e.explain(h, r)
		return
	}
	h.Price = e.price(p, f, int(r.doc), group, r.group)
	from, to := s.records(int(r.doc))
	show, shown, low := -1, false, 0.0
	var few [16]uint32
	for rec := from; rec < to; rec++ {
		if !e.matches(p, f, rec, group, r.group) {
			continue
		}
		if sku := s.skus.at(rec); sku != "" {
			h.Variants = append(h.Variants, flywheel.SKU(strings.Clone(sku)))
		}
		there := s.inStock(stock, int(r.doc), rec)
		cost := 0.0
		if price != nil {
			unit := rec
			if price.perDoc {
				unit = int(r.doc)
			}
			for i, c := range price.raw.of(unit, few[:0]) {
				if v := price.value(c).num; i == 0 || v < cost {
					cost = v
				}
			}
		}
		if show < 0 || there && !shown || there == shown && cost < low {
			show, shown, low = rec, there, cost
		}
	}
	if show >= 0 {
		h.Show = flywheel.SKU(strings.Clone(s.skus.at(show)))
	}
	e.explain(h, r)
}

func (e *execution) explain(h *Hit, r *ranked) {
	if e.q.Explain {
		h.Why = e.why(r)
	}
}

// why explains the score of a product.
func (e *execution) why(r *ranked) *Why {
	w := &Why{Rules: r.why()}
	f := &e.parts[r.part]
	if f.sc == nil {
		return w
	}
	title, any := f.sc.words(int(r.doc))
	sh := newShares(e.plan, e.c.Ranking, e.mem)
	w.Text, _, _ = f.sc.score(int(r.doc), title, any, sh, 0)
	w.Title, w.Any = sh.share(title), sh.share(any)
	w.Bonus = sh.of(title, any) + r.bonus
	for i, word := range e.plan.words {
		m := WordMatch{Word: word.text, Title: title>>i&1 != 0}
		for j := range e.plan.ways {
			way := &e.plan.ways[j]
			if way.mask>>i&1 == 0 {
				continue
			}
			if v := way.value * f.sc.termOf(way, int(r.doc)) / float64(bits.OnesCount32(way.mask)); v > m.Score {
				m.Term, m.Way, m.Score = strings.Trim(way.text(), soundMark+keyMark), way.kind, v
			}
		}
		w.Words = append(w.Words, m)
	}
	return w
}
