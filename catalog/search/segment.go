package search

import (
	"encoding/binary"
	"unsafe"
)

// segment is an immutable part of an index: documents in order of id, numbered
// from 0, and their records, numbered in the same order.
type segment struct {
	n, recs int
	ids     strs
	skus    strs     // of records
	recAt   []uint32 // n + 1; nil where every document is one record
	recDoc  []uint32 // document of each record; nil as recAt
	ends    bitset   // last record of each document; nil as recAt
	texts   []*textIndex
	cols    map[string]*column
	names   []string // of columns, sorted
}

// records returns the range of records of a document.
func (s *segment) records(doc int) (from, to int) {
	if s.recAt == nil {
		return doc, doc + 1
	}
	return int(s.recAt[doc]), int(s.recAt[doc+1])
}

func (s *segment) docOf(rec int) int {
	if s.recDoc == nil {
		return rec
	}
	return int(s.recDoc[rec])
}

// find returns the number of a document.
func (s *segment) find(id string) (int, bool) { return s.ids.find(id) }

// textIndex is the inverted index of one locale.
type textIndex struct {
	fields int // of text, and one more for identifiers
	terms  strs
	sigs   []uint64 // which letters a term has and how many; 0 for terms without typos
	stems  strs
	stemOf []uint32 // of each term
	// The terms of stem i are stemList[stemAt[i]:stemAt[i+1]].
	stemAt, stemList []uint32
	df, stemDF       []uint32 // documents with the term, with a term of the stem
	postAt           []uint32
	post             []byte
	lens             []uint16 // words of each field of each document
	fwdAt            []uint32
	fwd              []byte // for each field: words in order, then terms without place; by rank
	byRank, rank     []uint32
	total            []uint64 // words of each field
}

// A posting is the distance to the document before, then one byte for each field
// that has the term: the highest bit says that another follows, three bits are the
// field, four how often (0: a number follows).

// postings walks the postings of one term.
type postings struct {
	b   []byte
	doc int32
}

func (t *textIndex) postings(term uint32) postings {
	return postings{b: t.post[t.postAt[term]:t.postAt[term+1]], doc: -1}
}

// next moves to the next document; done reports the end. The counts of its fields
// follow by field.
func (p *postings) next() bool {
	if len(p.b) == 0 {
		return false
	}
	d := uint32(p.b[0])
	i := 1
	if d >= 0x80 {
		d &= 0x7f
		for shift := 7; ; shift += 7 {
			c := p.b[i]
			i++
			d |= uint32(c&0x7f) << shift
			if c < 0x80 {
				break
			}
		}
	}
	p.doc += int32(d) + 1
	p.b = p.b[i:]
	return true
}

// field returns the next field of the document, how often it has the term, and
// whether another one follows.
func (p *postings) field() (f int, tf uint32, more bool) {
	h := p.b[0]
	p.b = p.b[1:]
	f, tf, more = int(h>>4&7), uint32(h&15), h >= 0x80
	if tf == 0 {
		v, n := binary.Uvarint(p.b)
		p.b = p.b[n:]
		tf = uint32(v)
	}
	return f, tf, more
}

// skip passes over the fields of the document.
func (p *postings) skip() {
	for {
		if _, _, more := p.field(); !more {
			return
		}
	}
}

// length returns the words of a field of a document.
func (t *textIndex) length(doc, field int) int {
	return int(t.lens[doc*t.fields+field])
}

// forward calls yield for each field of a document with its terms in order and
// those without place. The slices are valid until the next call.
func (t *textIndex) forward(doc int, buf []uint32, yield func(field int, ordered, extra []uint32)) []uint32 {
	b := t.fwd[t.fwdAt[doc]:t.fwdAt[doc+1]]
	read := func() int {
		v, n := binary.Uvarint(b)
		b = b[n:]
		return int(v)
	}
	for f := range t.fields {
		buf = buf[:0]
		n := read()
		for range n {
			buf = append(buf, t.byRank[read()])
		}
		m := read()
		for range m {
			buf = append(buf, t.byRank[read()])
		}
		yield(f, buf[:n], buf[n:])
	}
	return buf
}

// first appends the terms of the first field of a document, in order.
func (t *textIndex) first(doc int, dst []uint32) []uint32 {
	b := t.fwd[t.fwdAt[doc]:t.fwdAt[doc+1]]
	n, size := binary.Uvarint(b)
	b = b[size:]
	for range n {
		r := uint32(b[0])
		i := 1
		if r >= 0x80 {
			r &= 0x7f
			for shift := 7; ; shift += 7 {
				c := b[i]
				i++
				r |= uint32(c&0x7f) << shift
				if c < 0x80 {
					break
				}
			}
		}
		b = b[i:]
		dst = append(dst, t.byRank[r])
	}
	return dst
}

// bytes returns the size of what the index holds.
func (t *textIndex) bytes() int {
	return len(t.terms.data) + 4*len(t.terms.off) + 8*len(t.sigs) + len(t.stems.data) + 4*len(t.stems.off) +
		4*(len(t.stemOf)+len(t.stemAt)+len(t.stemList)+len(t.df)+len(t.stemDF)+len(t.postAt)+len(t.fwdAt)+len(t.byRank)+len(t.rank)) +
		len(t.post) + 2*len(t.lens) + len(t.fwd) + 8*len(t.total)
}

// bytes returns the size of what the segment holds, without what is made at need.
func (s *segment) bytes() int {
	n := len(s.ids.data) + 4*len(s.ids.off) + len(s.skus.data) + 4*len(s.skus.off) + 4*len(s.recAt) + 4*len(s.recDoc) + 8*len(s.ends)
	for _, t := range s.texts {
		n += t.bytes()
	}
	for _, c := range s.cols {
		n += c.bytes()
	}
	return n + int(unsafe.Sizeof(*s))
}
