package search

import (
	"encoding/binary"
	"math/bits"
)

// The postings of a term say which documents have it, and which of them in the
// first field or as an identifier; how often is in the forward index. They have one
// of two forms:
//
//   - rare terms: for each document the distance to the one before, times two, plus
//     one if it has the term in the first field;
//   - frequent terms: the number, plus one, of the set of documents that have it,
//     then that of those that have it in the first field, or 0 and a list of these
//     as above.

// frequent reports whether a term that df of n documents have is kept as a set,
// which then takes at most four bytes for each.
func frequent(df, n int) bool { return n >= 256 && 32*df >= n }

// docIter walks the documents of one term in ascending order.
type docIter struct {
	b     []byte // of a rare term, what is left
	set   bitset // of a frequent one
	word  uint64
	at    int
	doc   int32
	first bool // of a rare term: in the first field
}

// postings returns the documents that have a term.
func (t *textIndex) postings(term uint32) docIter {
	any, _, _ := t.termSets(term)
	if any != nil {
		return docIter{set: any, word: any[0], doc: -1}
	}
	return docIter{b: t.post[t.postAt[term]:t.postAt[term+1]], doc: -1}
}

// next moves to the next document; false reports the end.
func (p *docIter) next() bool {
	if p.set != nil {
		for p.word == 0 {
			if p.at++; p.at >= len(p.set) {
				return false
			}
			p.word = p.set[p.at]
		}
		p.doc = int32(p.at<<6 + bits.TrailingZeros64(p.word))
		p.word &= p.word - 1
		return true
	}
	if len(p.b) == 0 {
		return false
	}
	v, b := number(p.b)
	p.b = b
	p.doc += int32(v>>1) + 1
	p.first = v&1 != 0
	return true
}

// termSets returns the sets of a frequent term: the documents that have it, those
// that have it in the first field, and where that is nil a list of these. All are
// nil for a rare term.
func (t *textIndex) termSets(term uint32) (any, first bitset, list []byte) {
	words := (t.docs() + 63) / 64
	if !frequent(int(t.df[term]), t.docs()) {
		return nil, nil, nil
	}
	b := t.post[t.postAt[term]:t.postAt[term+1]]
	i, b := number(b)
	any = t.sets[int(i-1)*words : int(i)*words : int(i)*words]
	i, b = number(b)
	if i > 0 {
		return any, t.sets[int(i-1)*words : int(i)*words : int(i)*words], nil
	}
	return any, nil, b
}

// docs returns how many documents the index has.
func (t *textIndex) docs() int { return len(t.fwdAt) - 1 }

// include adds the documents that have a term to any, and those that have it in the
// first field to first.
func (t *textIndex) include(term uint32, any, first bitset) {
	all, title, list := t.termSets(term)
	if all != nil {
		any.or(all)
		if title != nil {
			first.or(title)
			return
		}
		d := int32(-1)
		for len(list) > 0 {
			var v uint32
			v, list = number(list)
			d += int32(v>>1) + 1
			first[d>>6] |= 1 << (d & 63)
		}
		return
	}
	b := t.post[t.postAt[term]:t.postAt[term+1]]
	d := int32(-1)
	for i := 0; i < len(b); {
		v := uint32(b[i])
		i++
		if v >= 0x80 {
			v &= 0x7f
			for shift := 7; ; shift += 7 {
				c := b[i]
				i++
				v |= uint32(c&0x7f) << shift
				if c < 0x80 {
					break
				}
			}
		}
		d += int32(v>>1) + 1
		any[d>>6] |= 1 << (d & 63)
		first[d>>6] |= uint64(v&1) << (d & 63)
	}
}

// postingWriter makes the postings of all terms in two passes over the documents.
type postingWriter struct {
	n       int    // documents
	seen    []bool // terms of the document at hand
	first   []bool // those in its first field
	touched []uint32
	last    []int32 // document before, for each term
	lastOf  []int32 // the same for those in the first field
	size    []uint32
	sizeOf  []uint32 // of lists of the first field
	firsts  []uint32 // documents with the term in the first field
	at      []uint32 // where the next posting goes
	any     []bitset // of frequent terms
	title   []bitset
}

func newPostingWriter(terms, docs int) *postingWriter {
	w := &postingWriter{
		n: docs, seen: make([]bool, terms), first: make([]bool, terms), last: make([]int32, terms), lastOf: make([]int32, terms),
		size: make([]uint32, terms), sizeOf: make([]uint32, terms), firsts: make([]uint32, terms),
	}
	w.rewind()
	return w
}

func (w *postingWriter) rewind() {
	for i := range w.last {
		w.last[i], w.lastOf[i] = -1, -1
	}
}

// has notes a term of the document at hand.
func (w *postingWriter) has(term uint32, first bool) {
	if !w.seen[term] {
		w.seen[term] = true
		w.touched = append(w.touched, term)
	}
	w.first[term] = w.first[term] || first
}

func (w *postingWriter) done() {
	for _, term := range w.touched {
		w.seen[term], w.first[term] = false, false
	}
	w.touched = w.touched[:0]
}

// gap returns the distance to the document before as it is written.
func gap(last []int32, term uint32, doc int, first bool) uint64 {
	v := uint64(int32(doc)-last[term]-1) << 1
	if first {
		v |= 1
	}
	last[term] = int32(doc)
	return v
}

func numberSize(v uint64) uint32 { return uint32(bits.Len64(v|1)+6) / 7 }

// measure ends a document of the first pass.
func (w *postingWriter) measure(doc int) {
	for _, term := range w.touched {
		w.size[term] += numberSize(gap(w.last, term, doc, w.first[term]))
		if w.first[term] {
			w.firsts[term]++
			w.sizeOf[term] += numberSize(gap(w.lastOf, term, doc, true))
		}
	}
	w.done()
}

// plan lays the postings out.
func (w *postingWriter) plan(x *textIndex) {
	terms := len(w.size)
	words := (w.n + 63) / 64
	w.any, w.title = make([]bitset, terms), make([]bitset, terms)
	sets := uint32(0)
	head := make([][]byte, terms)
	for i := range terms {
		if !frequent(int(x.df[i]), w.n) {
			continue
		}
		sets++
		b := binary.AppendUvarint(nil, uint64(sets))
		if int(w.sizeOf[i]) >= 8*words/2 {
			sets++
			b = binary.AppendUvarint(b, uint64(sets))
			w.sizeOf[i] = 0
		} else {
			b = binary.AppendUvarint(b, 0)
		}
		head[i] = b
		w.size[i] = uint32(len(b)) + w.sizeOf[i]
	}
	x.postAt = make([]uint32, terms+1)
	for i, size := range w.size {
		x.postAt[i+1] = x.postAt[i] + size
	}
	x.post = make([]byte, x.postAt[terms])
	x.sets = make(bitset, int(sets)*words)
	w.at = append([]uint32{}, x.postAt[:terms]...)
	for i, b := range head {
		if b == nil {
			continue
		}
		w.at[i] += uint32(copy(x.post[w.at[i]:], b))
		of, rest := number(b)
		w.any[i] = x.sets[int(of-1)*words : int(of)*words]
		if of, _ = number(rest); of > 0 {
			w.title[i] = x.sets[int(of-1)*words : int(of)*words]
		}
	}
	w.rewind()
}

// write ends a document of the second pass.
func (w *postingWriter) write(x *textIndex, doc int) {
	for _, term := range w.touched {
		first := w.first[term]
		any := w.any[term]
		if any == nil {
			w.at[term] += uint32(binary.PutUvarint(x.post[w.at[term]:], gap(w.last, term, doc, first)))
			continue
		}
		any.set(doc)
		switch {
		case !first:
		case w.title[term] != nil:
			w.title[term].set(doc)
		default:
			w.at[term] += uint32(binary.PutUvarint(x.post[w.at[term]:], gap(w.lastOf, term, doc, true)))
		}
	}
	w.done()
}
