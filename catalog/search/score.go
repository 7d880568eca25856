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
	mask    []uint32 // of terms by rank, the words they stand for; for titles
	masked  []uint32
	seq     []uint32
	docs    []uint32 // of a way
	sats    []float64
	ways    []*way
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

// decode reads the postings of a term into x.docs and x.sats: documents, with the
// highest bit set where the first field has the term, and saturated weights. noKeys
// leaves identifiers out; documents that lack one of the words in need are passed
// over.
func (e *scorer) decode(term uint32, noKeys bool, need uint32) {
	x := e.x
	b := e.t.post[e.t.postAt[term]:e.t.postAt[term+1]]
	n := int(e.t.df[term])
	if cap(x.docs) < n || cap(x.sats) < n {
		x.docs, x.sats = make([]uint32, n+n/4), make([]float64, n+n/4)
	}
	docs, sats := x.docs[:n], x.sats[:n]
	k1, fields, key := e.k1, e.t.fields, e.key
	any, lens, norms, stride := x.any, e.t.lens, e.norms.table, e.norms.stride
	d, i, out := int32(-1), 0, 0
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
		if need != 0 && any[d]&need != need {
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
		t, doc := 0.0, uint32(d)
		row := lens[int(d)*fields : int(d)*fields+fields]
		for {
			h := b[i]
			i++
			f, tf := int(h>>4&7), uint64(h&15)
			if tf == 0 {
				var size int
				tf, size = binary.Uvarint(b[i:])
				i += size
			}
			if f != key || !noKeys {
				t += float64(float64(tf) * norms[f*stride+int(row[f])])
				if f == 0 || f == key {
					doc |= titleBit
				}
			}
			if h < 0x80 {
				break
			}
		}
		if t > 0 {
			docs[out], sats[out] = doc, float64((k1+1)*t)/(k1+t)
			out++
		}
	}
	x.docs, x.sats = docs[:out], sats[:out]
}

// titleBit marks documents that have a word in the first field.
const titleBit = 1 << 31

// way reads the documents that have it, as decode does.
func (e *scorer) way(w *way, need uint32) {
	if len(w.terms) > 1 {
		e.phrase(w, need)
		return
	}
	term, ok := e.t.terms.find(w.terms[0])
	if !ok {
		e.x.docs, e.x.sats = e.x.docs[:0], e.x.sats[:0]
		return
	}
	e.decode(uint32(term), w.noKeys, need)
}

// phrase reads the documents that have several terms, side by side unless they are
// unordered. It counts as a word that stands as often as the terms do.
func (e *scorer) phrase(w *way, need uint32) {
	x := e.x
	x.docs, x.sats = x.docs[:0], x.sats[:0]
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
	ranks := make([]uint32, len(ids))
	for i, id := range ids {
		ranks[i] = e.t.rank[id]
	}
next:
	for p := e.t.postings(ids[rare]); p.next(); {
		p.skip()
		if need != 0 && x.any[p.doc]&need != need {
			continue
		}
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
		t, doc := 0.0, uint32(p.doc)
		e.t.ranks(int(p.doc), func(f int, ordered, extra []uint32) {
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
				t += float64(float64(n) * e.norms.at(f, e.t.length(int(p.doc), f)))
				if f == 0 {
					doc |= titleBit
				}
			}
		}, &x.seq)
		if t > 0 {
			x.docs, x.sats = append(x.docs, doc), append(x.sats, float64((e.k1+1)*t)/(e.k1+t))
		}
	}
}

// run evaluates a plan: for each document with any way, the sum over words of the
// best way, and which words it has.
func (e *scorer) run(plan *textPlan) {
	x := e.x
	before := uint32(0)
	for _, i := range plan.order {
		bit := uint32(1) << i
		need := uint32(0)
		if plan.all { // rare words came first, the others look only at what is left
			need = before & plan.required
		}
		before |= bit
		x.ways = x.ways[:0]
		for j := range plan.ways {
			if plan.ways[j].mask&bit != 0 {
				x.ways = append(x.ways, &plan.ways[j])
			}
		}
		if len(x.ways) == 1 {
			e.single(x.ways[0], bit, need)
			continue
		}
		x.word = x.word[:0]
		for _, w := range x.ways {
			value := w.value / float64(bits.OnesCount32(w.mask))
			e.way(w, need)
			best, title, sats := x.best, x.title, x.sats
			for j, d := range x.docs {
				doc := d &^ titleBit
				v := float64(value * sats[j])
				if old := best[doc]; v > old {
					if old == 0 {
						x.word = append(x.word, doc)
					}
					best[doc] = v
				}
				if d >= titleBit {
					title[doc] |= bit
				}
			}
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
func (e *scorer) single(w *way, bit, need uint32) {
	x := e.x
	value := w.value / float64(bits.OnesCount32(w.mask))
	e.way(w, need)
	any, title, score, sats, touched := x.any, x.title, x.score, x.sats, x.touched
	if len(touched) == 0 { // the first word: nothing is there yet
		if cap(touched) < len(x.docs) {
			touched = make([]uint32, 0, len(x.docs)+len(x.docs)/4)
		}
		touched = touched[:len(x.docs)]
		for j, d := range x.docs {
			doc := d &^ titleBit
			touched[j] = doc
			any[doc] = bit
			title[doc] = bit & -(d >> 31)
			score[doc] = float64(value * sats[j])
		}
		x.touched = touched
		return
	}
	for j, d := range x.docs {
		doc := d &^ titleBit
		if any[doc] == 0 {
			touched = append(touched, doc)
		}
		any[doc] |= bit
		score[doc] += float64(value * sats[j])
		if d >= titleBit {
			title[doc] |= bit
		}
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

func newShares(plan *textPlan, r *Ranking, a *arena) *shares {
	s := &shares{plan: plan, title: r.TitleShare, any: r.AnyShare}
	if n := len(plan.words); n <= 8 {
		s.titleT, s.anyT, s.top = a.floats(1<<n), a.floats(1<<n), a.floats(1<<n)
		s.top[0] = 0
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
			r := e.t.rank[term]
			if x.mask[r] == 0 {
				x.masked = append(x.masked, r)
			}
			x.mask[r] |= w.mask
		}
	}
	links, part := e.t.marks(e.links)
	for _, r := range links {
		if x.mask[r] == 0 {
			x.mask[r] = linkBit
			x.masked = append(x.masked, r)
		}
	}
	if part >= 0 {
		x.mask[part] = breakBit
		x.masked = append(x.masked, uint32(part))
	}
}

// bonus returns what the order of words in the first field adds to the factor.
func (e *scorer) bonus(plan *textPlan, r *Ranking, doc int) float64 {
	x := e.x
	x.seq = e.t.firstRanks(doc, x.seq[:0])
	n := len(plan.words)
	for i, r := range x.seq {
		x.seq[i] = x.mask[r]
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
