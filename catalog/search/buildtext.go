package search

import (
	"cmp"
	"slices"
)

// build makes the inverted index; order is the documents by id.
func (t *textBuilder) build(order []uint32, fields int, a *analyzer) *textIndex {
	x := &textIndex{fields: fields, total: make([]uint64, fields)}
	byName := make([]uint32, len(t.names))
	for i := range byName {
		byName[i] = uint32(i)
	}
	slices.SortFunc(byName, func(p, q uint32) int { return cmp.Compare(t.names[p], t.names[q]) })
	final := make([]uint32, len(t.names))
	for i, id := range byName {
		final[id] = uint32(i)
		x.terms.add(t.names[id])
		x.sigs = append(x.sigs, signature(t.names[id]))
	}
	n := len(byName)
	x.terms.hashed()
	x.tails = tailsOf(&x.terms, x.sigs)
	x.stem(a)
	x.df = make([]uint32, n)
	x.stemDF = make([]uint32, x.stems.len())

	// How often terms occur decides their rank in the forward index.
	often := make([]uint32, n)
	t.each(order, final, func(_, _ int, ordered, extra []uint32) {
		for _, id := range ordered {
			often[final[id]]++
		}
		for _, id := range extra {
			often[final[id]]++
		}
	})
	x.byRank = make([]uint32, n)
	x.rank = make([]uint32, n)
	for i := range x.byRank {
		x.byRank[i] = uint32(i)
	}
	slices.SortFunc(x.byRank, func(p, q uint32) int { return cmp.Or(cmp.Compare(often[q], often[p]), cmp.Compare(p, q)) })
	for r, id := range x.byRank {
		x.rank[id] = uint32(r)
	}

	x.lens = make([]uint16, len(order)*fields)
	x.fwdAt = make([]uint32, 1, len(order)+1)
	parts := unmapped // the term that ends parts of titles, which is no word
	if i, ok := x.terms.find(breakMark); ok {
		parts = uint32(i)
	}
	w := newPostingWriter(n, len(order))
	stamp := make([]int32, x.stems.len())
	for pass := range 2 {
		if pass == 1 { // sizes are known now
			w.plan(x)
		}
		t.each(order, final, func(d, f int, ordered, extra []uint32) {
			if pass == 0 {
				words := len(ordered)
				for _, id := range ordered {
					if final[id] == parts {
						words--
					}
				}
				x.lens[d*fields+f] = uint16(words)
				x.total[f] += uint64(words)
				for _, list := range [2][]uint32{ordered, extra} {
					x.fwd = appendUnits(x.fwd, uint32(len(list)))
					for _, id := range list {
						x.fwd = appendUnits(x.fwd, x.rank[final[id]])
					}
				}
			}
			first := f == 0 || f == fields-1 // identifiers count as the first field
			for _, id := range ordered {
				if final[id] != parts {
					w.has(final[id], first)
				}
			}
			for _, id := range extra {
				w.has(final[id], first)
			}
			if f < fields-1 {
				return
			}
			if pass == 1 {
				w.write(x, d)
				return
			}
			x.fwdAt = append(x.fwdAt, uint32(len(x.fwd)))
			for _, term := range w.touched {
				x.df[term]++
				if s := x.stemOf[term]; stamp[s] != int32(d)+1 {
					stamp[s] = int32(d) + 1
					x.stemDF[s]++
				}
			}
			w.measure(d)
		})
	}
	x.fwd = slices.Clone(x.fwd)
	return x
}

// each calls yield for each field of each document, in order.
func (t *textBuilder) each(order, _ []uint32, yield func(doc, field int, ordered, extra []uint32)) {
	for d, o := range order {
		seq := t.seq[t.at[o]:]
		end := len(t.seq) - t.at[o]
		if int(o)+1 < len(t.at) {
			end = t.at[o+1] - t.at[o]
		}
		seq = seq[:end]
		for f := 0; len(seq) > 0; f++ {
			n := int(seq[0])
			m := int(seq[1+n])
			yield(d, f, seq[1:1+n], seq[2+n:2+n+m])
			seq = seq[2+n+m:]
		}
	}
}

// stem groups the terms by stem.
func (x *textIndex) stem(a *analyzer) {
	n := x.terms.len()
	stems := make([]string, n)
	byStem := make([]uint32, n)
	for i := range n {
		stems[i] = stemOf(a, x.terms.at(i))
		byStem[i] = uint32(i)
	}
	slices.SortFunc(byStem, func(p, q uint32) int { return cmp.Or(cmp.Compare(stems[p], stems[q]), cmp.Compare(p, q)) })
	x.stemOf = make([]uint32, n)
	x.stemList = byStem
	x.stemAt = []uint32{}
	for i, term := range byStem {
		if i == 0 || stems[term] != stems[byStem[i-1]] {
			x.stems.add(stems[term])
			x.stemAt = append(x.stemAt, uint32(i))
		}
		x.stemOf[term] = uint32(x.stems.len() - 1)
	}
	x.stemAt = append(x.stemAt, uint32(n))
	x.stems.hashed()
}

// stemOf returns the stem of a term; marked terms are their own.
func stemOf(a *analyzer, term string) string {
	if term != "" && term[0] < ' ' {
		return term
	}
	return a.stem(term)
}
