package search

import (
	"math"
	"slices"
	"sync"
)

// Snapshot is an index as it was at one moment. It is immutable and safe for
// concurrent use; what is put into the index later does not change it.
type Snapshot struct {
	c     *config
	parts []part
	n     int // live documents
	norms []lazyNorms
}

// part is a segment and which of its documents are live.
type part struct {
	seg   *segment
	alive bitset // nil: all
	live  int
	dead  []deadCounts // by locale; nil while alive is
}

// deadCounts is what deleted documents contribute to a segment's numbers.
type deadCounts struct {
	df, stemDF []uint32
	total      []uint64
}

func newSnapshot(c *config, parts []part) *Snapshot {
	v := &Snapshot{c: c, parts: parts, norms: make([]lazyNorms, len(c.Locales))}
	for i := range parts {
		v.n += parts[i].live
	}
	return v
}

// Len returns how many documents there are. O(1).
func (v *Snapshot) Len() int { return v.n }

// Bytes returns the memory that the index holds, without what queries make at
// need.
func (v *Snapshot) Bytes() (n int) {
	for i := range v.parts {
		p := &v.parts[i]
		n += p.seg.bytes() + 8*len(p.alive)
		for _, d := range p.dead {
			n += 4 * (len(d.df) + len(d.stemDF))
		}
	}
	return n
}

// Has reports whether a document is there.
func (v *Snapshot) Has(id string) bool {
	_, _, ok := v.find(id)
	return ok
}

func (v *Snapshot) find(id string) (part, doc int, ok bool) {
	for i := range v.parts {
		p := &v.parts[i]
		if doc, ok := p.seg.find(id); ok && p.has(doc) {
			return i, doc, true
		}
	}
	return 0, 0, false
}

// IDs returns the ids of all documents, sorted.
func (v *Snapshot) IDs() []string {
	var all []string
	for i := range v.parts {
		p := &v.parts[i]
		for d := range p.seg.n {
			if p.has(d) {
				all = append(all, p.seg.ids.at(d))
			}
		}
	}
	slices.Sort(all)
	return all
}

func (p *part) has(doc int) bool { return p.alive == nil || p.alive.has(doc) }

// gone returns how many deleted documents have a term.
func (p *part) gone(locale, term int) int {
	if p.dead == nil {
		return 0
	}
	return int(p.dead[locale].df[term])
}

// df returns how many documents have a term.
func (v *Snapshot) df(locale int, term string) (n int) {
	for i := range v.parts {
		p := &v.parts[i]
		t := p.seg.texts[locale]
		if j, ok := t.terms.find(term); ok {
			n += int(t.df[j]) - p.gone(locale, j)
		}
	}
	return n
}

// stemDF returns how many documents have a word of a stem.
func (v *Snapshot) stemDF(locale int, stem string) (n int) {
	for i := range v.parts {
		p := &v.parts[i]
		t := p.seg.texts[locale]
		if j, ok := t.stems.find(stem); ok {
			n += int(t.stemDF[j])
			if p.dead != nil {
				n -= int(p.dead[locale].stemDF[j])
			}
		}
	}
	return n
}

// forms calls yield for each word of a stem that documents have, sorted.
func (v *Snapshot) forms(locale int, stem string, yield func(term string)) {
	var few [8]string
	all := few[:0]
	for i := range v.parts {
		p := &v.parts[i]
		t := p.seg.texts[locale]
		j, ok := t.stems.find(stem)
		if !ok {
			continue
		}
		for _, term := range t.stemList[t.stemAt[j]:t.stemAt[j+1]] {
			if int(t.df[term]) > p.gone(locale, int(term)) {
				all = append(all, t.terms.at(int(term)))
			}
		}
	}
	slices.Sort(all)
	for _, term := range slices.Compact(all) {
		yield(term)
	}
}

// isKey reports whether a whole identifier, not a part of one, has this key.
func (v *Snapshot) isKey(c *config, locale int, k string) bool {
	for i := range v.parts {
		p := &v.parts[i]
		t := p.seg.texts[locale]
		j, ok := t.terms.find(keyMark + k)
		if !ok {
			continue
		}
		for it := t.postings(uint32(j)); it.next(); {
			if p.has(int(it.doc)) && p.seg.keyed(c, locale, int(it.doc), k, nil) {
				return true
			}
		}
	}
	return false
}

// keyed reports whether a record of a document has an identifier with this key, and
// sets those that do.
func (s *segment) keyed(c *config, _, doc int, k string, recs bitset) bool {
	from, to := s.records(doc)
	found := false
	hit := func(r int) {
		found = true
		if recs != nil {
			recs.set(r)
		}
	}
	var buf []uint32
	for _, name := range c.Exact {
		if name == "sku" {
			for r := from; r < to; r++ {
				if key(s.skus.at(r)) == k {
					hit(r)
				}
			}
		}
		col := s.cols[name]
		if col == nil {
			continue
		}
		for r := from; r < to; r++ {
			unit := r
			if col.perDoc {
				unit = doc
			}
			buf = col.raw.of(unit, buf[:0])
			for _, code := range buf {
				if key(col.value(code).String()) == k {
					hit(r)
				}
			}
		}
	}
	return found
}

// lazyNorms holds what a word in a field of each length counts.
type lazyNorms struct {
	once   sync.Once
	stride int
	table  []float64 // by field, then length
}

func (l *lazyNorms) at(field, length int) float64 { return l.table[field*l.stride+length] }

// normsOf returns weight / (1 − b + b·length/mean) by field and length.
func (v *Snapshot) normsOf(locale int) *lazyNorms {
	l := &v.norms[locale]
	l.once.Do(func() {
		fields := len(v.c.Fields) + 1
		total, longest := make([]uint64, fields), make([]int, fields)
		for i := range v.parts {
			p := &v.parts[i]
			t := p.seg.texts[locale]
			for f := range fields {
				total[f] += t.total[f]
				if p.dead != nil {
					total[f] -= p.dead[locale].total[f]
				}
			}
			for at, n := range t.lens {
				longest[at%fields] = max(longest[at%fields], int(n))
			}
		}
		l.stride = slices.Max(longest) + 1
		l.table = make([]float64, fields*l.stride)
		for f := range fields {
			weight, b := v.c.Ranking.Title, v.c.Ranking.TitleLength
			if f < len(v.c.Fields) {
				field := v.c.Fields[f]
				if f > 0 {
					weight, b = 1, v.c.Ranking.Length
				}
				if field.Weight > 0 {
					weight = field.Weight
				}
				if field.Length != nil {
					b = *field.Length
				}
			} else {
				b = 0
			}
			mean := math.Max(float64(total[f])/math.Max(float64(v.n), 1), 1e-9)
			row := l.table[f*l.stride : (f+1)*l.stride]
			for n := range row {
				row[n] = weight / (1 - b + float64(b*float64(n))/mean)
			}
		}
	})
	return l
}

// staticCounts returns how many documents of a segment without deletions have each
// code, made once.
func (v *Snapshot) staticCounts(at int, col *column) []uint32 {
	col.static.once.Do(func() {
		c := &counted{v: v, at: at, p: &part{seg: v.parts[at].seg}, n: v.parts[at].seg.n, mem: new(arena)}
		out := make([]uint32, col.card()+1)
		all := c.documents()
		switch {
		case col.byDoc.c8 != nil:
			tally(out, all, col.byDoc.at, col.byDoc.c8)
		case col.byDoc.c16 != nil:
			tally(out, all, col.byDoc.at, col.byDoc.c16)
		default:
			tally(out, all, col.byDoc.at, col.byDoc.c32)
		}
		col.static.counts = out
	})
	return col.static.counts
}
