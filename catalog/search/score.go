package search

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"sync"
)

// scratch is the memory of one query over one segment, kept for the next.
type scratch struct {
	mark   []uint16 // of terms by place, see placeOf: their slot
	marked []uint32 // places that have one
	slots  []slot
	uses   []use
	seq    []uint32 // see addPhrase
	seen   []uint16 // slots of the document at hand
	here   []uint16 // those in the field at hand
	best   [MaxQueryWords]float64
	sets   []bitset
	scorer scorer
	walk   walk
}

// slot is a term that a plan asks for.
type slot struct {
	mask  uint32 // the words it stands for
	count uint32 // how often the field at hand has it
	met   bool   // the document at hand has it
	uses  int32  // the first of what it is used for, plus one
	t     float64
}

// use is one word that a term stands for.
type use struct {
	word  int
	value float64
	next  int32 // plus one
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func getScratch(terms int) *scratch {
	x := scratches.Get().(*scratch)
	if len(x.mark) <= terms { // one place is that of wide
		x.mark = make([]uint16, max(1<<16, terms+terms/8+1))
		x.mark[wide] = wideSlot
	}
	x.marked, x.uses = x.marked[:0], x.uses[:0]
	x.slots = append(x.slots[:0], slot{}) // of terms that are not asked for
	return x
}

// wideSlot is at the place of wide, where no term is.
const wideSlot = 1<<16 - 1

// placeOf returns where a term is marked: units of the forward index are places, a
// rank that does not fit into one is behind them.
func placeOf(rank uint32) uint32 {
	if rank < wide {
		return rank
	}
	return rank + 1
}

// release forgets what was marked.
func (x *scratch) release() {
	for _, at := range x.marked {
		x.mark[at] = 0
	}
	clear(x.sets)
	clear(x.scorer.phrase)
	x.scorer = scorer{phrase: x.scorer.phrase[:0]}
	scratches.Put(x)
}

// scorer evaluates a plan over one segment: first which documents have which words,
// by sets, then what the few that may be among the best score.
type scorer struct {
	plan   *textPlan
	t      *textIndex
	norms  *lazyNorms
	rank   *Ranking
	x      *scratch
	signs  []uint8
	narrow bool     // all ranks fit into a unit
	any    []bitset // of each word: the documents that have it in some way
	title  []bitset // and those that have it so in the first field
	phrase []phraseFound
	most   []float64 // of each word: the most that it can add to a score
	sums   []float64 // of most by set of words, for short queries

	fetched uint16 // see fetch
}

// phraseFound is the documents that have a way of several terms.
type phraseFound struct {
	way  *way
	docs []uint32
	sats []float64
}

// newScorer finds the documents of each word. O(postings) at a bit each, or
// O(documents/64) for a frequent term.
// first says that t is of the first segment.
func newScorer(plan *textPlan, t *textIndex, first bool, norms *lazyNorms, rank *Ranking, links []string, a *arena) *scorer {
	n := len(plan.words)
	x := getScratch(t.terms.len())
	if cap(x.sets) < 2*n {
		x.sets = make([]bitset, 2*n)
	}
	e := &x.scorer
	*e = scorer{plan: plan, t: t, norms: norms, rank: rank, x: x, signs: t.signs(links), narrow: t.terms.len() <= wide, any: x.sets[:n:n], title: x.sets[n : 2*n], most: a.floats(n), phrase: e.phrase[:0]}
	for i := range n {
		e.any[i], e.title[i] = a.bits(t.docs()), a.bits(t.docs())
		e.most[i] = 0
	}
	for i := range plan.ways {
		w := &plan.ways[i]
		value := w.value / float64(bits.OnesCount32(w.mask))
		if w.terms != nil {
			e.addPhrase(w, value, a)
			continue
		}
		term := int(w.place) - 1
		if term < 0 || !first {
			var ok bool
			if term, ok = t.terms.find(w.term); !ok {
				continue
			}
		}
		at := e.slot(t.rank[term])
		e.x.slots[at].mask |= w.mask
		for m := w.mask; m != 0; m &= m - 1 {
			word := bits.TrailingZeros32(m)
			e.x.uses = append(e.x.uses, use{word, value, e.x.slots[at].uses})
			e.x.slots[at].uses = int32(len(e.x.uses))
			t.include(uint32(term), e.any[word], e.title[word])
			e.most[word] = max(e.most[word], value*(rank.K1+1))
		}
	}
	if n <= tabled {
		e.sums = a.floats(1 << n)
		for m := range e.sums {
			e.sums[m] = e.sum(uint32(m))
		}
	}
	return e
}

// slot returns the slot of a term by rank.
func (e *scorer) slot(rank uint32) uint16 {
	x, at := e.x, placeOf(rank)
	if x.mark[at] == 0 {
		x.mark[at] = uint16(len(x.slots))
		x.slots = append(x.slots, slot{})
		x.marked = append(x.marked, at)
	}
	return x.mark[at]
}

// addPhrase finds the documents that have several terms, side by side unless they are
// unordered. It counts as a word that stands as often as the terms do.
func (e *scorer) addPhrase(w *way, value float64, a *arena) {
	found := phraseFound{way: w}
	var few [4]uint32
	ranks := few[:0]
	all, one, first := a.bits(e.t.docs()), a.raw(len(e.any[0])), a.raw(len(e.any[0])) // first is not asked for
	for i, text := range w.terms {
		id, ok := e.t.terms.find(text)
		if !ok {
			return
		}
		ranks = append(ranks, e.t.rank[id])
		if i == 0 {
			e.t.include(uint32(id), all, first)
			continue
		}
		clear(one)
		e.t.include(uint32(id), one, first)
		all.and(one)
	}
	seq := e.x.seq
	defer func() { e.x.seq = seq }()
	all.each(func(doc int) {
		t, first := 0.0, false
		if e.narrow && !w.unordered {
			b := e.t.fwd[e.t.fwdAt[doc]:e.t.fwdAt[doc+1]]
			for f := range e.t.fields {
				ordered := b[1 : 1+int(b[0])]
				b = b[1+len(ordered):]
				b = b[1+int(b[0]):]
				if n := rows(ordered, ranks); n > 0 {
					t += float64(float64(n) * e.norms.at(f, e.t.length(doc, f)))
					first = first || f == 0
				}
			}
		} else {
			e.t.ranks(doc, func(f int, ordered, extra []uint32) {
				n := 0
				if w.unordered {
					n = 1
					for _, r := range ranks {
						if !slices.Contains(extra, r) && !slices.Contains(ordered, r) {
							n = 0
						}
					}
				} else {
					for i := 0; i+len(ranks) <= len(ordered); i++ {
						if ordered[i] == ranks[0] && slices.Equal(ordered[i:i+len(ranks)], ranks) {
							n++
						}
					}
				}
				if n > 0 {
					t += float64(float64(n) * e.norms.at(f, e.t.length(doc, f)))
					first = first || f == 0
				}
			}, &seq)
		}
		if t == 0 {
			return
		}
		found.docs = append(found.docs, uint32(doc))
		found.sats = append(found.sats, e.saturated(t))
		for m := w.mask; m != 0; m &= m - 1 {
			word := bits.TrailingZeros32(m)
			e.any[word].set(doc)
			if first {
				e.title[word].set(doc)
			}
		}
	})
	if len(found.docs) == 0 {
		return
	}
	e.phrase = append(e.phrase, found)
	for m := w.mask; m != 0; m &= m - 1 {
		word := bits.TrailingZeros32(m)
		e.most[word] = max(e.most[word], value*(e.rank.K1+1))
	}
}

// rows counts how often terms stand side by side in a field.
func rows(field []uint16, ranks []uint32) (n int) {
	first := uint16(ranks[0])
	last := len(field) - len(ranks)
next:
	for i := 0; i <= last; i++ {
		if field[i] != first {
			continue
		}
		for j, r := range ranks[1:] {
			if uint32(field[i+1+j]) != r {
				continue next
			}
		}
		n++
	}
	return n
}

func (e *scorer) saturated(t float64) float64 {
	return float64((e.rank.K1+1)*t) / (e.rank.K1 + t)
}

func (e *scorer) sum(words uint32) (sum float64) {
	for m := words; m != 0; m &= m - 1 {
		sum += e.most[bits.TrailingZeros32(m)]
	}
	return sum
}

// atMost returns a bound of what documents with these words score before factors.
func (e *scorer) atMost(words uint32) float64 {
	if e.sums != nil {
		return e.sums[words]
	}
	return e.sum(words)
}

// reach returns a bound of what documents score that have these words in the first
// field, and these at all.
func (e *scorer) reach(sh *shares, title, any uint32) float64 {
	return e.atMost(any) * (1 + sh.of(title, any) + sh.highest(e.rank, title))
}

// fetch asks memory for a document that is scored soon.
func (e *scorer) fetch(doc int) { e.fetched += e.t.fwd[e.t.fwdAt[doc]] }

// words returns which words a document has in its first field, and at all.
func (e *scorer) words(doc int) (title, any uint32) {
	w, b := doc>>6, uint(doc&63)
	for i := range e.any {
		any |= uint32(e.any[i][w]>>b&1) << i
		title |= uint32(e.title[i][w]>>b&1) << i
	}
	return title, any
}

// terms counts the terms of a list that the plan asks for. Most are not asked for, so
// eight are looked at together.
func (e *scorer) terms(b []uint16) []uint16 {
	x := e.x
	low := (*[1 << 16]uint16)(x.mark)
	n, b := units(b)
	i, end := 0, int(n)
	for i < end {
		for ; i+8 <= end && i+8 <= len(b); i += 8 {
			c := (*[8]uint16)(b[i:])
			if low[c[0]]|low[c[1]]|low[c[2]]|low[c[3]]|low[c[4]]|low[c[5]]|low[c[6]]|low[c[7]] != 0 {
				break
			}
		}
		for last := min(i+8, end); i < last; i++ {
			switch at := low[b[i]]; at {
			case 0:
			case wideSlot:
				r := uint32(b[i+1]) | uint32(b[i+2])<<16
				if at = x.mark[placeOf(r)]; at != 0 {
					x.count(at)
				}
				i, end = i+2, end+2
			default:
				x.count(at)
			}
		}
	}
	return b[i:]
}

// count notes that the field at hand has a term.
func (x *scratch) count(at uint16) {
	s := &x.slots[at]
	if s.count == 0 {
		x.here = append(x.here, at)
	}
	s.count++
}

// weigh adds what the field at hand counts to its terms.
func (e *scorer) weigh(norm float64) {
	x := e.x
	for _, at := range x.here {
		s := &x.slots[at]
		s.t += float64(float64(s.count) * norm)
		s.count = 0
		if !s.met {
			s.met = true
			x.seen = append(x.seen, at)
		}
	}
	x.here = x.here[:0]
}

// score returns what a document scores with these words: the sum over words of the
// best way, and what the order of words in the first field adds to the factor. It
// gives up, and reports false, where that cannot reach floor. O(words of the document).
func (e *scorer) score(doc int, title, any uint32, sh *shares, floor float64) (base, extra float64, ok bool) {
	x := e.x
	x.seen = x.seen[:0]
	b := e.t.fwd[e.t.fwdAt[doc]:e.t.fwdAt[doc+1]]
	lens := e.t.lens[doc*e.t.fields : (doc+1)*e.t.fields]
	for f := range lens {
		if f == 0 {
			b, extra = e.first(b, title)
		} else if b[0] == 0 { // an empty list, as are most of those without a place
			b = b[1:]
		} else {
			b = e.terms(b)
		}
		if b[0] == 0 { // those without a place
			b = b[1:]
		} else {
			b = e.terms(b)
		}
		if len(x.here) > 0 {
			e.weigh(e.norms.at(f, int(lens[f])))
		}
		if f == 0 && floor > 0 && e.atMost(any)*(1+sh.of(title, any)+extra) < floor {
			e.forget()
			return 0, 0, false
		}
	}
	for _, at := range x.seen {
		s := &x.slots[at]
		sat := e.saturated(s.t)
		for u := s.uses; u > 0; u = x.uses[u-1].next {
			v := &x.uses[u-1]
			x.best[v.word] = max(x.best[v.word], float64(v.value*sat))
		}
	}
	for i := range e.phrase {
		p := &e.phrase[i]
		j, found := slices.BinarySearch(p.docs, uint32(doc))
		if !found {
			continue
		}
		v := p.way.value / float64(bits.OnesCount32(p.way.mask))
		for m := p.way.mask; m != 0; m &= m - 1 {
			word := bits.TrailingZeros32(m)
			x.best[word] = max(x.best[word], float64(v*p.sats[j]))
		}
	}
	for _, i := range e.plan.order {
		base += x.best[i]
		x.best[i] = 0
	}
	e.forget()
	return base, extra, true
}

// forget ends a document.
func (e *scorer) forget() {
	for _, at := range e.x.seen {
		s := &e.x.slots[at]
		s.t, s.met = 0, false
	}
}

// termOf returns what one way gives a document: its saturated weight, 0 where the
// document does not have it.
func (e *scorer) termOf(w *way, doc int) float64 {
	if w.terms != nil {
		for i := range e.phrase {
			if e.phrase[i].way == w {
				if j, ok := slices.BinarySearch(e.phrase[i].docs, uint32(doc)); ok {
					return e.phrase[i].sats[j]
				}
			}
		}
		return 0
	}
	term, ok := e.t.terms.find(w.term)
	if !ok {
		return 0
	}
	rank, t := e.t.rank[term], 0.0
	var buf []uint32
	e.t.ranks(doc, func(f int, ordered, extra []uint32) {
		n := 0
		for _, r := range ordered {
			if r == rank {
				n++
			}
		}
		for _, r := range extra {
			if r == rank {
				n++
			}
		}
		if n > 0 {
			t += float64(float64(n) * e.norms.at(f, e.t.length(doc, f)))
		}
	}, &buf)
	if t == 0 {
		return 0
	}
	return e.saturated(t)
}

// matching returns the documents with the words that are asked for: all of required,
// or any of them.
func (e *scorer) matching(all bool, required uint32, a *arena) bitset {
	var b bitset
	for m := required; m != 0; m &= m - 1 {
		w := e.any[bits.TrailingZeros32(m)]
		switch {
		case b == nil:
			b = a.copied(w)
		case all:
			b.and(w)
		default:
			b.or(w)
		}
	}
	if b == nil {
		b = a.bits(e.t.docs())
	}
	return b
}

// rounded returns a score, which is at least 0, to nine decimals.
func rounded(score float64) float64 {
	v := score * 1e9
	if !(v >= 0 && v < 1<<52) { // whole, or no number
		return math.Round(v) / 1e9
	}
	whole := float64(int64(v))
	if v-whole >= 0.5 {
		whole++
	}
	return whole / 1e9
}

// number reads one number.
func number(b []byte) (uint32, []byte) {
	v := uint32(b[0])
	if v < 0x80 {
		return v, b[1:]
	}
	w, n := binary.Uvarint(b)
	return uint32(w), b[n:]
}
