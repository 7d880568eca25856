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
	score   []float64
	best    []float64 // of the word at hand
	any     []uint32  // words had
	title   []uint32  // words had in the first field
	touched []uint32
	word    []uint32 // documents touched by the word at hand
	mask    []uint32 // of terms, the words they stand for; for titles
	masked  []uint32
	seq     []uint32
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func grown[T any](s []T, n int) []T {
	if len(s) < n {
		return make([]T, n+n/8)
	}
	return s
}

func getScratch(docs, terms int) *scratch {
	x := scratches.Get().(*scratch)
	x.score, x.best = grown(x.score, docs), grown(x.best, docs)
	x.any, x.title = grown(x.any, docs), grown(x.title, docs)
	x.mask = grown(x.mask, terms)
	x.touched, x.word, x.masked = x.touched[:0], x.word[:0], x.masked[:0]
	return x
}

// release forgets what was found, at the cost of what was touched.
func (x *scratch) release() {
	for _, d := range x.touched {
		x.score[d], x.any[d], x.title[d] = 0, 0, 0
	}
	for _, t := range x.masked {
		x.mask[t] = 0
	}
	scratches.Put(x)
}

// scorer evaluates a plan over one segment.
type scorer struct {
	t     *textIndex
	norms *lazyNorms
	k1    float64
	key   int // the field of identifiers
	links []string
	x     *scratch
}

// counts reads the fields of a posting: the saturated weight, and whether the first
// field has the term. noKeys leaves identifiers out.
func (e *scorer) counts(p *postings, noKeys bool) (sat float64, title bool) {
	t := 0.0
	lens := e.t.lens[int(p.doc)*e.t.fields:]
	for {
		h := p.b[0]
		f, tf := int(h>>4&7), uint32(h&15)
		p.b = p.b[1:]
		if tf == 0 {
			v, n := binary.Uvarint(p.b)
			p.b = p.b[n:]
			tf = uint32(v)
		}
		if f != e.key || !noKeys {
			t += float64(float64(tf) * e.norms.at(f, int(lens[f])))
			title = title || f == 0 || f == e.key
		}
		if h < 0x80 {
			break
		}
	}
	if t == 0 {
		return 0, false
	}
	return float64((e.k1+1)*t) / (e.k1 + t), title
}

// way calls yield for each document that has it.
func (e *scorer) way(w *way, yield func(doc int32, sat float64, title bool)) {
	if len(w.terms) == 1 {
		term, ok := e.t.terms.find(w.terms[0])
		if !ok {
			return
		}
		p := e.t.postings(uint32(term))
		for p.next() {
			if sat, title := e.counts(&p, w.noKeys); sat > 0 {
				yield(p.doc, sat, title)
			}
		}
		return
	}
	e.phrase(w, yield)
}

// phrase yields the documents that have several terms, side by side unless they are
// unordered. It counts as a word that stands as often as the terms do.
func (e *scorer) phrase(w *way, yield func(doc int32, sat float64, title bool)) {
	ids := make([]uint32, len(w.terms))
	rare := 0
	for i, t := range w.terms {
		id, ok := e.t.terms.find(t)
		if !ok {
			return
		}
		ids[i] = uint32(id)
		if e.t.df[id] < e.t.df[ids[rare]] {
			rare = i
		}
	}
	others := make([]postings, 0, len(ids))
	for i, id := range ids {
		if i != rare {
			others = append(others, e.t.postings(id))
		}
	}
	var buf []uint32
next:
	for p := e.t.postings(ids[rare]); p.next(); {
		p.skip()
		for i := range others {
			o := &others[i]
			for o.doc < p.doc {
				if !o.next() {
					return
				}
				o.skip()
			}
			if o.doc != p.doc {
				continue next
			}
		}
		t, title := 0.0, false
		buf = e.t.forward(int(p.doc), buf, func(f int, ordered, extra []uint32) {
			n := 0
			if w.unordered {
				n = 1
				for _, id := range ids {
					if !slices.Contains(extra, id) && !slices.Contains(ordered, id) {
						n = 0
					}
				}
			} else {
				for i := 0; i+len(ids) <= len(ordered); i++ {
					if ordered[i] == ids[0] && slices.Equal(ordered[i:i+len(ids)], ids) {
						n++
					}
				}
			}
			if n > 0 {
				t += float64(float64(n) * e.norms.at(f, e.t.length(int(p.doc), f)))
				title = title || f == 0
			}
		})
		if t > 0 {
			yield(p.doc, float64((e.k1+1)*t)/(e.k1+t), title)
		}
	}
}

// run evaluates a plan: for each document with any way, the sum over words of the
// best way, and which words it has.
func (e *scorer) run(plan *textPlan) {
	x := e.x
	// Rare words first: where all are asked for, the others then look only at what
	// is left.
	before := uint32(0)
	for _, i := range plan.order {
		bit := uint32(1) << i
		var ways []*way
		for j := range plan.ways {
			if plan.ways[j].mask&bit != 0 {
				ways = append(ways, &plan.ways[j])
			}
		}
		need := uint32(0)
		if plan.all {
			need = before & plan.required
		}
		before |= bit
		if len(ways) == 1 && len(ways[0].terms) == 1 && bits.OnesCount32(ways[0].mask) == 1 {
			e.single(ways[0], bit, need)
			continue
		}
		x.word = x.word[:0]
		for _, w := range ways {
			value := w.value / float64(bits.OnesCount32(w.mask))
			take := func(doc int32, sat float64, title bool) {
				if need != 0 && x.any[doc]&need != need {
					return
				}
				v := float64(value * sat)
				if old := x.best[doc]; v > old {
					if old == 0 {
						x.word = append(x.word, uint32(doc))
					}
					x.best[doc] = v
				}
				if title {
					if x.any[doc] == 0 {
						x.touched = append(x.touched, uint32(doc))
						x.any[doc] |= bit
					}
					x.title[doc] |= bit
				}
			}
			e.way(w, take)
		}
		for _, d := range x.word {
			if x.any[d] == 0 {
				x.touched = append(x.touched, d)
			}
			x.any[d] |= bit
			x.score[d] += x.best[d]
			x.best[d] = 0
		}
	}
}

// single adds a word that can be had in one way only.
func (e *scorer) single(w *way, bit, before uint32) {
	term, ok := e.t.terms.find(w.terms[0])
	if !ok {
		return
	}
	x := e.x
	b := e.t.post[e.t.postAt[term]:e.t.postAt[term+1]]
	k1, value, fields, key := e.k1, w.value*(e.k1+1), e.t.fields, e.key
	any, title, score, lens, norms, stride := x.any, x.title, x.score, e.t.lens, e.norms.table, e.norms.stride
	touched := x.touched
	d, i := int32(-1), 0
	for i < len(b) {
		gap := int32(b[i])
		i++
		if gap >= 0x80 {
			gap &= 0x7f
			for shift := 7; ; shift += 7 {
				c := b[i]
				i++
				gap |= int32(c&0x7f) << shift
				if c < 0x80 {
					break
				}
			}
		}
		d += gap + 1
		if before != 0 && any[d]&before != before { // a word before is missing: nobody asks
			for {
				h := b[i]
				i++
				if h&15 == 0 {
					for b[i] >= 0x80 {
						i++
					}
					i++
				}
				if h < 0x80 {
					break
				}
			}
			continue
		}
		t, in := 0.0, uint32(0)
		row := lens[int(d)*fields : int(d)*fields+fields]
		for {
			h := b[i]
			i++
			f, tf := int(h>>4&7), uint64(h&15)
			if tf == 0 {
				var n int
				tf, n = binary.Uvarint(b[i:])
				i += n
			}
			if f != key || !w.noKeys {
				t += float64(float64(tf) * norms[f*stride+int(row[f])])
				if f == 0 || f == key {
					in = bit
				}
			}
			if h < 0x80 {
				break
			}
		}
		if t == 0 {
			continue
		}
		if any[d] == 0 {
			touched = append(touched, uint32(d))
		}
		any[d] |= bit
		title[d] |= in
		score[d] += float64(value*t) / (k1 + t)
	}
	x.touched = touched
}

// shares turns sets of words into their share of the query, squared and weighted.
type shares struct {
	plan         *textPlan
	title, any   float64
	titleT, anyT []float64 // by set of words, for short queries
	top          []float64 // what bonus can be at most, by set of words in the title
}

func newShares(plan *textPlan, r *Ranking) *shares {
	s := &shares{plan: plan, title: r.TitleShare, any: r.AnyShare}
	if n := len(plan.words); n <= 8 {
		s.titleT, s.anyT, s.top = make([]float64, 1<<n), make([]float64, 1<<n), make([]float64, 1<<n)
		for m := range s.titleT {
			share := s.share(uint32(m))
			s.titleT[m] = float64(r.TitleShare * share * share)
			s.anyT[m] = float64(r.AnyShare * share * share)
			if m != 0 {
				s.top[m] = r.most(plan, uint32(m))
			}
		}
	}
	return s
}

// share returns the part of the query that some of its words are.
func (s *shares) share(mask uint32) float64 {
	if s.plan.sum <= 0 {
		return 0
	}
	part := 0.0
	for i, w := range s.plan.idfs {
		if mask>>i&1 != 0 {
			part += w
		}
	}
	return part / s.plan.sum
}

// of returns what the words found add to the factor of a document.
func (s *shares) of(title, any uint32) float64 {
	if s.titleT != nil {
		return s.titleT[title] + s.anyT[any]
	}
	t, a := s.share(title), s.share(any)
	return float64(s.title*t*t) + float64(s.any*a*a)
}

// Marks of terms that are no words of the query, above those of MaxQueryWords.
const (
	linkBit  = 1 << 30
	breakBit = 1 << 31
)

// titles marks which terms of a segment stand for which words, for bonus.
func (e *scorer) titles(plan *textPlan) {
	x := e.x
	for i := range plan.ways {
		w := &plan.ways[i]
		if len(w.terms) != 1 {
			continue
		}
		if term, ok := e.t.terms.find(w.terms[0]); ok {
			if x.mask[term] == 0 {
				x.masked = append(x.masked, uint32(term))
			}
			x.mask[term] |= w.mask
		}
	}
	other := func(term string, bit uint32) {
		if i, ok := e.t.terms.find(term); ok && x.mask[i] == 0 {
			x.mask[i] = bit
			x.masked = append(x.masked, uint32(i))
		}
	}
	for _, link := range e.links {
		other(link, linkBit)
	}
	other(breakMark, breakBit)
}

// bonus returns what the order of words in the first field adds to the factor.
func (e *scorer) bonus(plan *textPlan, r *Ranking, doc int) float64 {
	x := e.x
	x.seq = e.t.first(doc, x.seq[:0])
	n := len(plan.words)
	for i, term := range x.seq {
		x.seq[i] = x.mask[term]
	}
	sum := 0.0
	if r.Phrase > 0 && phraseIn(x.seq, n) {
		sum += r.Phrase
	}
	if r.Nearby > 0 && n > 1 {
		pairs := 0
		for i := 0; i+1 < n; i++ {
			for j := 0; j+1 < len(x.seq); j++ {
				if x.seq[j]>>i&1 != 0 && x.seq[j+1]>>(i+1)&1 != 0 || x.seq[j]>>i&3 == 3 {
					pairs++
					break
				}
			}
		}
		sum += float64(r.Nearby*float64(pairs)) / float64(n-1)
	}
	if r.Ending > 0 {
		sum += float64(r.Ending * ending(x.seq, plan.head, r.Tail))
	}
	return sum
}

// most returns the most that bonus can be for a document with these words in its
// first field.
func (r *Ranking) most(plan *textPlan, title uint32) float64 {
	n := len(plan.words)
	sum := 0.0
	if title == uint32(1)<<n-1 {
		sum = r.Phrase
	}
	if n > 1 {
		pairs := bits.OnesCount32(title & (title >> 1))
		sum += float64(r.Nearby*float64(pairs)) / float64(n-1)
	}
	if title>>plan.head&1 != 0 {
		sum += r.Ending
	}
	return sum
}

// ending returns how near the head of the query stands to the end of a part of the
// title that is not behind a link: 1 for its last word, less for each word that
// follows, 0 from tail words on.
func ending(seq []uint32, head, tail int) float64 {
	best, gap := tail, 0
	for i := len(seq) - 1; i >= 0; i-- {
		switch m := seq[i]; {
		case m == breakBit, m == linkBit:
			gap = 0
		default:
			if m>>head&1 != 0 && gap < best && !behind(seq, i) {
				best = gap
			}
			gap++
		}
	}
	if tail <= 0 {
		return 0
	}
	return 1 - float64(best)/float64(tail)
}

// behind reports whether a link stands before i in the same part.
func behind(seq []uint32, i int) bool {
	for i--; i >= 0 && seq[i] != breakBit; i-- {
		if seq[i] == linkBit {
			return true
		}
	}
	return false
}

// phraseIn reports whether the n words stand in a row; one term may stand for
// several of them.
func phraseIn(seq []uint32, n int) bool {
	full := uint32(1)<<n - 1
	for i := range seq {
		next := 0
		for j := i; j < len(seq) && next < n; j++ {
			m := seq[j] & full
			if m>>next&1 == 0 {
				break
			}
			for next < n && m>>next&1 != 0 {
				next++
			}
		}
		if next == n {
			return true
		}
	}
	return false
}

func rounded(score float64) float64 { return math.Round(score*1e9) / 1e9 }
