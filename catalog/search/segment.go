package search

import (
	"sync"
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
	tails  []uint64 // see tailsOf
	stems  strs
	stemOf []uint32 // of each term
	// The terms of stem i are stemList[stemAt[i]:stemAt[i+1]].
	stemAt, stemList []uint32
	df, stemDF       []uint32 // documents with the term, with a term of the stem
	postAt           []uint32 // of each term in post
	post             []byte
	sets             bitset   // of frequent terms, each of as many words as documents need
	lens             []uint16 // words of each field of each document
	fwdAt            []uint32
	fwd              []uint16 // for each field: words in order, then terms without place; by rank, see units
	byRank, rank     []uint32
	total            []uint64 // words of each field

	sized  sizes    // see bySize
	signed struct { // see signs
		once  sync.Once
		table []uint8
	}
}

// Terms of the first field that are no words of a query, see signs.
const (
	linkSign = iota + 1
	breakSign
)

// signs returns which terms, by rank, are links of the language or the end of a part,
// as far as there are any.
func (t *textIndex) signs(links []string) []uint8 {
	t.signed.once.Do(func() {
		mark := func(term string, sign uint8) {
			if i, ok := t.terms.find(term); ok {
				if more := int(t.rank[i]) + 1 - len(t.signed.table); more > 0 {
					t.signed.table = append(t.signed.table, make([]uint8, more)...)
				}
				t.signed.table[t.rank[i]] = sign
			}
		}
		for _, l := range links {
			mark(l, linkSign)
		}
		mark(breakMark, breakSign)
	})
	return t.signed.table
}

// length returns the words of a field of a document.
func (t *textIndex) length(doc, field int) int {
	return int(t.lens[doc*t.fields+field])
}

// forward calls yield for each field of a document with its terms in order and
// those without place. The slices are valid until the next call.
func (t *textIndex) forward(doc int, buf []uint32, yield func(field int, ordered, extra []uint32)) []uint32 {
	t.ranks(doc, func(f int, ordered, extra []uint32) {
		for i, r := range ordered {
			ordered[i] = t.byRank[r]
		}
		for i, r := range extra {
			extra[i] = t.byRank[r]
		}
		yield(f, ordered, extra)
	}, &buf)
	return buf
}

// ranks is forward for terms by rank; buf is its memory.
func (t *textIndex) ranks(doc int, yield func(field int, ordered, extra []uint32), buf *[]uint32) {
	b := t.fwd[t.fwdAt[doc]:t.fwdAt[doc+1]]
	for f := range t.fields {
		all := (*buf)[:0]
		n, m := uint32(0), uint32(0)
		n, b = units(b)
		all, b = numbers(all, b, n)
		m, b = units(b)
		all, b = numbers(all, b, m)
		*buf = all
		yield(f, all[:n], all[n:])
	}
}

// firstRanks appends the terms of the first field of a document in order, by rank.
func (t *textIndex) firstRanks(doc int, dst []uint32) []uint32 {
	n, b := units(t.fwd[t.fwdAt[doc]:t.fwdAt[doc+1]])
	dst, _ = numbers(dst, b, n)
	return dst
}

// first appends the terms of the first field of a document, in order.
func (t *textIndex) first(doc int, dst []uint32) []uint32 {
	dst = t.firstRanks(doc, dst)
	for i, r := range dst {
		dst[i] = t.byRank[r]
	}
	return dst
}

// wide says that a number of the forward index does not fit into its unit: two units
// with it follow.
const wide = 1<<16 - 1

func appendUnits(dst []uint16, v uint32) []uint16 {
	if v < wide {
		return append(dst, uint16(v))
	}
	return append(dst, wide, uint16(v), uint16(v>>16))
}

// units reads one number of the forward index.
func units(b []uint16) (uint32, []uint16) {
	if b[0] != wide {
		return uint32(b[0]), b[1:]
	}
	return uint32(b[1]) | uint32(b[2])<<16, b[3:]
}

// numbers appends n numbers of the forward index.
func numbers(dst []uint32, b []uint16, n uint32) ([]uint32, []uint16) {
	for range n {
		var v uint32
		v, b = units(b)
		dst = append(dst, v)
	}
	return dst, b
}

// bytes returns the size of what the index holds.
func (t *textIndex) bytes() int {
	return len(t.terms.data) + 4*(len(t.terms.off)+len(t.terms.hash)+len(t.stems.hash)) + 8*(len(t.sigs)+len(t.tails)) + len(t.stems.data) + 4*len(t.stems.off) +
		4*(len(t.stemOf)+len(t.stemAt)+len(t.stemList)+len(t.df)+len(t.stemDF)+len(t.postAt)+len(t.fwdAt)+len(t.byRank)+len(t.rank)) +
		len(t.post) + 8*len(t.sets) + 2*len(t.lens) + 2*len(t.fwd) + 8*len(t.total)
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
