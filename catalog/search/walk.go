package search

import (
	"cmp"
	"math/bits"
	"slices"
)

// walk visits documents by which words of the query they have, those first that have
// them in the first field, and leaves out what cannot be among the best: what a set
// of words scores at most is known beforehand. It divides the documents by one word
// after another, the one that counts most first, as sets of bits, so that a word that
// most products have costs as little as a rare one.
type walk struct {
	f     *partFound
	sh    *shares
	b     *best
	order []int    // words as they divide
	rest  []uint32 // the words that follow each
	sets  []bitset // memory of each level
	few   int      // below this many documents are looked at one by one
	one   func(d int, title, any uint32)

	classes []class   // memory of each
	docs    []classed // likewise
}

func newWalk(e *execution, f *partFound, sh *shares, b *best, one func(d int, title, any uint32)) *walk {
	n := len(e.plan.words)
	w := &f.sc.x.walk
	*w = walk{f: f, sh: sh, b: b, few: 8 + len(f.docs)/10, one: one, order: w.order[:0], rest: w.rest[:0], sets: w.sets[:0], classes: w.classes, docs: w.docs}
	for i := range n {
		w.order = append(w.order, i)
		w.rest = append(w.rest, 0)
	}
	slices.SortStableFunc(w.order, func(x, y int) int { return cmp.Compare(f.sc.most[y], f.sc.most[x]) })
	w.rest = append(w.rest, 0)
	for i := n - 1; i >= 0; i-- {
		w.rest[i] = w.rest[i+1] | 1<<w.order[i]
	}
	for range 3 * n {
		w.sets = append(w.sets, e.mem.raw(len(f.docs)))
	}
	return w
}

// done forgets what was visited.
func (w *walk) done() {
	clear(w.sets)
	*w = walk{order: w.order, rest: w.rest, sets: w.sets, classes: w.classes, docs: w.docs}
}

// hopeless reports whether no document with these words, and perhaps those in rest,
// can be among the best.
func (w *walk) hopeless(title, any, rest uint32) bool {
	return w.b.full() && w.f.sc.reach(w.sh, title|rest, any|rest) < w.b.floor()
}

// from visits count documents that were divided by the words before level.
func (w *walk) from(level int, docs bitset, count int, title, any uint32) {
	if count == 0 || w.hopeless(title, any, w.rest[level]) {
		return
	}
	if level == len(w.order) || count <= w.few {
		w.each(level, docs, title, any)
		return
	}
	word := w.order[level]
	bit := uint32(1) << word
	in, all := w.f.sc.title[word][:len(docs)], w.f.sc.any[word][:len(docs)]
	first, other, none := w.sets[3*level], w.sets[3*level+1][:len(docs)], w.sets[3*level+2][:len(docs)]
	first = first[:len(docs)]
	firsts, others := 0, 0
	for i, d := range docs {
		x, y := d&in[i], d&all[i]
		first[i], other[i], none[i] = x, y&^x, d&^y
		firsts += bits.OnesCount64(x)
		others += bits.OnesCount64(y)
	}
	w.from(level+1, first, firsts, title|bit, any|bit)
	w.from(level+1, other, others-firsts, title, any|bit)
	w.from(level+1, none, count-others, title, any)
}

// each visits documents one by one, those first that can reach most.
func (w *walk) each(level int, docs bitset, title, any uint32) {
	if level == len(w.order) {
		w.alike(docs, title, any)
		return
	}
	w.classes, w.docs = w.classes[:0], w.docs[:0]
	for i, word := range docs {
		for ; word != 0; word &= word - 1 {
			d := i<<6 + trailing(word)
			t, a := w.f.sc.words(d)
			at := 0
			for at < len(w.classes) && (w.classes[at].title != t || w.classes[at].any != a) {
				at++
			}
			if at == len(w.classes) {
				w.classes = append(w.classes, class{title: t, any: a, reach: w.f.sc.reach(w.sh, t, a), first: -1, last: -1})
			}
			c := &w.classes[at]
			if c.last >= 0 {
				w.docs[c.last].next = int32(len(w.docs))
			} else {
				c.first = int32(len(w.docs))
			}
			c.last = int32(len(w.docs))
			w.docs = append(w.docs, classed{doc: int32(d), next: -1})
		}
	}
	slices.SortFunc(w.classes, func(x, y class) int { return cmp.Compare(y.reach, x.reach) })
	for i := range w.classes {
		c := &w.classes[i]
		for at := c.first; at >= 0; at = w.docs[at].next {
			if w.b.full() && c.reach < w.b.floor() {
				return
			}
			if next := w.docs[at].next; next >= 0 {
				w.f.sc.fetch(int(w.docs[next].doc))
			}
			w.one(int(w.docs[at].doc), c.title, c.any)
		}
	}
}

// alike visits documents with the same words.
func (w *walk) alike(docs bitset, title, any uint32) {
	top := w.f.sc.reach(w.sh, title, any)
	for i, word := range docs {
		for ; word != 0; word &= word - 1 {
			if w.b.full() && top < w.b.floor() {
				return
			}
			w.one(i<<6+trailing(word), title, any)
		}
	}
}

// class is the documents with the same words, in order.
type class struct {
	title, any  uint32
	reach       float64
	first, last int32 // of walk.docs; -1 for none
}

// classed is a document, and the next one of its class.
type classed struct{ doc, next int32 }
