package search

// counted is a set of one segment that facets are counted over.
type counted struct {
	v    *Snapshot
	at   int // the part
	p    *part
	set  set
	docs bitset // nil: all documents of the segment
	n    int    // documents
	list []uint32
	recs bitset // records of the set; nil where only documents decide
	own  bool   // recs was made
	mem  *arena
	f    *partFound
	skip int
}

// counted returns the set without the choice skip; −1 skips none.
func (e *execution) counted(i, skip int) *counted {
	f, p := &e.parts[i], &e.v.parts[i]
	s := f.all
	if skip >= 0 {
		s = f.base
		for j, pick := range f.picks {
			if j != skip {
				s = s.and(pick, e.mem)
			}
		}
	}
	c := &counted{v: e.v, at: i, p: p, set: s, mem: e.mem, f: f, skip: skip}
	if skip < 0 {
		c.docs, c.n = f.docs, f.count
		return c
	}
	c.docs = p.seg.documents(s, e.mem)
	c.n = p.seg.n
	if c.docs != nil {
		c.n = c.docs.count()
	}
	return c
}

// documents returns the documents as a list.
func (c *counted) documents() []uint32 {
	if c.list == nil {
		c.list = c.mem.list(c.n)
		if c.docs == nil {
			for d := range c.p.seg.n {
				c.list = append(c.list, uint32(d))
			}
		} else {
			c.list = c.docs.list(c.list)
		}
	}
	return c.list
}

// records returns the records of the set, nil where only documents decide.
func (c *counted) records() bitset {
	if c.set.recs == nil {
		return nil
	}
	if !c.own {
		c.own = true
		c.recs = c.f.wide(c.p.seg, &c.f.base, -1, c.mem)
		for j := range c.f.picks {
			if j != c.skip {
				c.recs = c.mem.both(c.recs, c.f.wide(c.p.seg, &c.f.picks[j], j, c.mem))
			}
		}
	}
	return c.recs
}

// wide returns a set of the query as records, made once: that of a choice, or the
// base at −1. nil is all records.
func (f *partFound) wide(s *segment, x *set, at int, a *arena) bitset {
	if x.docs == nil {
		return x.recs
	}
	if f.wides == nil {
		f.wides = make([]bitset, len(f.picks)+1)
	}
	if f.wides[at+1] == nil {
		f.wides[at+1] = s.expanded(*x, a)
	}
	return f.wides[at+1]
}

// counts returns how many documents have each code.
func (c *counted) counts(col *column) []uint32 {
	card := col.card()
	if col.perDoc || c.set.recs == nil {
		return c.byDocument(col, card)
	}
	out := c.mem.numbers(card + 1)
	recs := c.records()
	sets := col.recSets()
	words := len(recs)
	if sets != nil && card*words < 4*c.n {
		for code := 1; code <= card; code++ {
			out[code] = uint32(countGroups(recs, sets[code], c.p.seg.ends))
		}
		return out
	}
	last := c.mem.numbers(card + 1)
	switch {
	case col.codes.c8 != nil:
		tallyGroups(out, last, recs, c.p.seg.recDoc, col.codes.at, col.codes.c8)
	case col.codes.c16 != nil:
		tallyGroups(out, last, recs, c.p.seg.recDoc, col.codes.at, col.codes.c16)
	default:
		tallyGroups(out, last, recs, c.p.seg.recDoc, col.codes.at, col.codes.c32)
	}
	return out
}

// tallyGroups counts each code once for each document; last is the document, plus
// one, that each code was counted for.
func tallyGroups[T uint8 | uint16 | uint32](out, last []uint32, recs bitset, recDoc, at []uint32, list []T) {
	if len(list) == 0 {
		return
	}
	for w, word := range recs {
		for ; word != 0; word &= word - 1 {
			r := w<<6 + trailing(word)
			d := recDoc[r] + 1
			if at == nil {
				if code := list[r]; last[code] != d {
					last[code] = d
					out[code]++
				}
				continue
			}
			for _, code := range list[at[r]:at[r+1]] {
				if last[code] != d {
					last[code] = d
					out[code]++
				}
			}
		}
	}
}

// byDocument counts where the document alone decides.
func (c *counted) byDocument(col *column, card int) []uint32 {
	out := c.mem.numbers(card + 1)
	sets := col.docSets()
	words := (c.p.seg.n + 63) / 64
	switch {
	case c.docs == nil:
		return c.v.staticCounts(c.at, col)
	case sets != nil && card*words < 2*c.n:
		for code := 1; code <= card; code++ {
			out[code] = uint32(c.docs.countAnd(sets[code]))
		}
	case col.byDoc.c8 != nil:
		tally(out, c.documents(), col.byDoc.at, col.byDoc.c8)
	case col.byDoc.c16 != nil:
		tally(out, c.documents(), col.byDoc.at, col.byDoc.c16)
	default:
		tally(out, c.documents(), col.byDoc.at, col.byDoc.c32)
	}
	return out
}

func tally[T uint8 | uint16 | uint32](out []uint32, docs, at []uint32, list []T) {
	if len(list) == 0 {
		return
	}
	if at == nil {
		for _, d := range docs {
			out[list[d]]++
		}
		return
	}
	for _, d := range docs {
		for _, code := range list[at[d]:at[d+1]] {
			out[code]++
		}
	}
}

// within returns how many documents have a code in [from, to).
func (c *counted) within(col *column, from, to uint32) int {
	if from >= to {
		return 0
	}
	if col.perDoc || c.set.recs == nil {
		of := col.rangeSet(from, to, false)
		if c.docs == nil {
			return of.count()
		}
		return c.docs.countAnd(of)
	}
	return countGroups(c.records(), col.rangeSet(from, to, true), c.p.seg.ends)
}

// having returns how many documents have one of the wanted codes.
func (c *counted) having(col *column, wanted []bool) int {
	if col.perDoc || c.set.recs == nil {
		of := col.byDoc.where(wanted)
		if c.docs == nil {
			return of.count()
		}
		return c.docs.countAnd(of)
	}
	return countGroups(c.records(), col.codes.where(wanted), c.p.seg.ends)
}

// stats sums up the numbers of the records.
func (c *counted) stats(col *column) (st FacetStats) {
	numbers := uint32(len(col.nums))
	if col.perDoc && col.byDoc.at == nil && numbers <= 1<<12 { // one number a document: from the counts
		for code, n := range c.counts(col)[:numbers+1] {
			if n == 0 || code == 0 {
				continue
			}
			v := col.nums[code-1]
			if st.Count == 0 {
				st.Min = v
			}
			st.Max = v
			st.Sum += float64(float64(n) * v)
			st.Count += int(n)
		}
		return st
	}
	var few [16]uint32
	low, high := numbers+1, uint32(0)
	recs := c.records()
	for _, d := range c.documents() {
		from, to := c.p.seg.records(int(d))
		any := false
		for r := from; r < to; r++ {
			if recs != nil && !recs.has(r) {
				continue
			}
			unit := r
			if col.perDoc {
				unit = int(d)
			}
			for _, code := range col.codes.of(unit, few[:0]) {
				if code <= numbers {
					low, high = min(low, code), max(high, code)
					st.Sum += col.nums[code-1]
					any = true
				}
			}
		}
		if any {
			st.Count++
		}
	}
	if st.Count > 0 {
		st.Min, st.Max = col.nums[low-1], col.nums[high-1]
	}
	return st
}
