package search

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"
)

// builder collects documents and makes a segment of them.
type builder struct {
	s         *Settings
	analyzers []*analyzer
	docs      []builtDoc
	skus      []string // of all records, in order of documents as added
	texts     []*textBuilder
	cols      map[string]*colBuilder
	toks      tokens
	values    []value
}

type builtDoc struct {
	id       string
	from, to int // records
}

// textBuilder collects the terms of one locale.
type textBuilder struct {
	ids   map[string]uint32
	names []string
	// seq holds for each document and field: how many words, these, how many
	// further terms, these.
	seq []uint32
	at  []int // of each document in seq
}

// colBuilder collects one attribute.
type colBuilder struct {
	codes  map[value]uint32
	values []value
	rows   []row
	perRec bool
}

// row is one value of a document, or of one of its records.
type row struct {
	doc  uint32
	rec  int32 // within the document; −1 for the document itself
	code uint32
}

func newBuilder(s *Settings, analyzers []*analyzer) *builder {
	b := &builder{s: s, analyzers: analyzers, cols: map[string]*colBuilder{}}
	for range s.Locales {
		b.texts = append(b.texts, &textBuilder{ids: map[string]uint32{}})
	}
	return b
}

func (t *textBuilder) id(term []byte) uint32 {
	if id, ok := t.ids[string(term)]; ok {
		return id
	}
	id := uint32(len(t.names))
	name := string(term)
	t.names = append(t.names, name)
	t.ids[name] = id
	return id
}

func (b *builder) col(name string) *colBuilder {
	c := b.cols[name]
	if c == nil {
		c = &colBuilder{codes: map[value]uint32{}}
		b.cols[name] = c
	}
	return c
}

func (c *colBuilder) code(v value) uint32 {
	code, ok := c.codes[v]
	if !ok {
		if v.kind == textValue {
			v.text = strings.Clone(v.text)
		}
		code = uint32(len(c.values))
		c.values = append(c.values, v)
		c.codes[v] = code
	}
	return code
}

// add takes a checked document.
func (b *builder) add(d *Document) {
	doc := builtDoc{id: d.ID, from: len(b.skus)}
	number := uint32(len(b.docs))
	sku := func(attributes map[string]any) string {
		s, _ := attributes["sku"].(string)
		return s
	}
	if len(d.Variants) == 0 {
		b.skus = append(b.skus, sku(d.Attributes))
	}
	for name, v := range d.Attributes {
		b.attribute(number, -1, name, v)
	}
	for i, v := range d.Variants {
		s := string(v.SKU)
		if s == "" {
			s = sku(v.Attributes)
		}
		b.skus = append(b.skus, s)
		for name, a := range v.Attributes {
			b.attribute(number, int32(i), name, a)
		}
	}
	doc.to = len(b.skus)
	for i := range b.s.Locales {
		b.text(i, d, b.skus[doc.from:doc.to])
	}
	b.docs = append(b.docs, doc)
}

// attribute adds the values of one attribute, with the levels above hierarchical
// ones.
func (b *builder) attribute(doc uint32, rec int32, name string, v any) {
	if name == "sku" {
		return // records have it
	}
	b.values, _ = valuesOf(b.values[:0], v)
	if len(b.values) == 0 {
		if rec >= 0 && v == nil {
			return
		}
		b.col(name) // the attribute is known, though empty here
		return
	}
	c := b.col(name)
	c.perRec = c.perRec || rec >= 0
	from := len(c.rows)
	add := func(v value) {
		code := c.code(v)
		for _, r := range c.rows[from:] {
			if r.code == code {
				return
			}
		}
		c.rows = append(c.rows, row{doc, rec, code})
	}
	for _, v := range b.values {
		if v.kind == textValue {
			for i := 0; ; {
				j := strings.Index(v.text[i:], b.s.Separator)
				if j < 0 {
					break
				}
				add(value{kind: textValue, text: v.text[:i+j]})
				i += j + len(b.s.Separator)
			}
		}
		add(v)
	}
}

// texts of a document in a locale, or in what it falls back to.
func (d *Document) textIn(s *Settings, locale int, field string) string {
	for {
		l := s.Locales[locale]
		text := d.Locales[l.Code][field]
		if text == "" && locale == 0 {
			text = d.Text[field]
		}
		if text != "" || l.Fallback == "" {
			return text
		}
		locale = slices.IndexFunc(s.Locales, func(o Locale) bool { return o.Code == l.Fallback })
	}
}

// text adds the terms of a document in one locale.
func (b *builder) text(locale int, d *Document, skus []string) {
	t, a := b.texts[locale], b.analyzers[locale]
	t.at = append(t.at, len(t.seq))
	for i, f := range b.s.Fields {
		b.toks.reset()
		b.toks.breaks = i == 0
		if text := d.textIn(b.s, locale, f.Name); text != "" && !slices.Contains(b.s.Exact, f.Name) {
			a.words(&b.toks, text)
		}
		t.seq = append(t.seq, uint32(b.toks.len()))
		for i := range b.toks.len() {
			t.seq = append(t.seq, t.id(b.toks.at(i)))
		}
		t.seq = append(t.seq, uint32(len(b.toks.extras)))
		for i := range b.toks.extras {
			t.seq = append(t.seq, t.id(b.toks.extraAt(i)))
		}
	}
	// Identifiers are a field of their own, without order.
	t.seq = append(t.seq, 0, 0)
	count := len(t.seq) - 1
	add := func(term string) {
		t.seq = append(t.seq, t.id([]byte(term)))
		t.seq[count]++
	}
	for _, name := range b.s.Exact {
		if name == "sku" {
			for _, s := range skus {
				keyParts(s, add)
			}
		}
		if text := d.textIn(b.s, locale, name); text != "" {
			keyParts(text, add)
		}
		for _, attributes := range d.attributeMaps() {
			vs, _ := valuesOf(nil, attributes[name])
			for _, v := range vs {
				if name != "sku" {
					keyParts(v.String(), add)
				}
			}
		}
	}
}

func (d *Document) attributeMaps() []map[string]any {
	all := []map[string]any{d.Attributes}
	for i := range d.Variants {
		all = append(all, d.Variants[i].Attributes)
	}
	return all
}

// take adds a document of a segment as it is stored there.
func (b *builder) take(s *segment, maps *takeMaps, doc int) {
	from, to := s.records(doc)
	number := uint32(len(b.docs))
	out := builtDoc{id: strings.Clone(s.ids.at(doc)), from: len(b.skus)}
	for r := from; r < to; r++ {
		b.skus = append(b.skus, strings.Clone(s.skus.at(r)))
	}
	out.to = len(b.skus)
	b.docs = append(b.docs, out)
	for i, t := range s.texts {
		to, names := b.texts[i], maps.terms[i]
		to.at = append(to.at, len(to.seq))
		put := func(term uint32) {
			if names[term] == unmapped {
				names[term] = to.id([]byte(t.terms.at(int(term))))
			}
			to.seq = append(to.seq, names[term])
		}
		maps.buf = t.forward(doc, maps.buf, func(_ int, ordered, extra []uint32) {
			to.seq = append(to.seq, uint32(len(ordered)))
			for _, term := range ordered {
				put(term)
			}
			to.seq = append(to.seq, uint32(len(extra)))
			for _, term := range extra {
				put(term)
			}
		})
	}
	for i, name := range s.names {
		c, codes := s.cols[name], maps.codes[i]
		into := b.col(name)
		put := func(unit int, rec int32) {
			maps.buf = c.raw.of(unit, maps.buf[:0])
			for _, code := range maps.buf {
				if codes[code] == unmapped {
					codes[code] = into.code(c.value(code))
				}
				into.rows = append(into.rows, row{number, rec, codes[code]})
				into.perRec = into.perRec || rec >= 0
			}
		}
		if c.perDoc {
			put(doc, -1)
			continue
		}
		for r := from; r < to; r++ {
			put(r, int32(r-from))
		}
	}
}

const unmapped uint32 = math.MaxUint32

// takeMaps are the numbers of a segment's terms and values in a builder.
type takeMaps struct {
	terms, codes [][]uint32
	buf          []uint32
}

func newTakeMaps(s *segment) *takeMaps {
	m := new(takeMaps)
	fresh := func(n int) []uint32 {
		list := make([]uint32, n)
		for i := range list {
			list[i] = unmapped
		}
		return list
	}
	for _, t := range s.texts {
		m.terms = append(m.terms, fresh(t.terms.len()))
	}
	for _, name := range s.names {
		m.codes = append(m.codes, fresh(s.cols[name].card()+1))
	}
	return m
}

// build makes the segment.
func (b *builder) build() *segment {
	order := make([]uint32, len(b.docs)) // documents as added, by id
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int { return cmp.Compare(b.docs[x].id, b.docs[y].id) })
	s := &segment{n: len(b.docs), recs: len(b.skus), cols: map[string]*column{}}
	for _, o := range order {
		s.ids.add(b.docs[o].id)
		for r := b.docs[o].from; r < b.docs[o].to; r++ {
			s.skus.add(b.skus[r])
		}
	}
	if s.recs != s.n {
		s.recAt = make([]uint32, 1, s.n+1)
		s.recDoc = make([]uint32, 0, s.recs)
		s.ends = newBitset(s.recs)
		for i, o := range order {
			for range b.docs[o].to - b.docs[o].from {
				s.recDoc = append(s.recDoc, uint32(i))
			}
			s.recAt = append(s.recAt, uint32(len(s.recDoc)))
			s.ends.set(len(s.recDoc) - 1)
		}
	}
	place := make([]uint32, len(order)) // of documents as added
	for i, o := range order {
		place[o] = uint32(i)
	}
	for name := range b.cols {
		s.names = append(s.names, name)
	}
	slices.Sort(s.names)
	for _, name := range s.names {
		s.cols[name] = b.cols[name].build(name, s, place)
	}
	s.hidePrices(b.s.Roles)
	for i, t := range b.texts {
		s.texts = append(s.texts, t.build(order, len(b.s.Fields)+1, b.analyzers[i]))
	}
	return s
}

// build makes a column; place is the number of each document as added.
func (c *colBuilder) build(name string, s *segment, place []uint32) *column {
	col := &column{name: name, perDoc: !c.perRec || s.recAt == nil}
	byValue := make([]uint32, len(c.values))
	for i := range byValue {
		byValue[i] = uint32(i)
	}
	slices.SortFunc(byValue, func(x, y uint32) int {
		if c.values[x].less(c.values[y]) {
			return -1
		}
		return 1
	})
	final := make([]uint32, len(c.values))
	for i, v := range byValue {
		final[v] = uint32(i) + 1
		switch x := c.values[v]; x.kind {
		case numberValue:
			col.nums = append(col.nums, x.num)
		case boolValue:
			col.bools = append(col.bools, x.num == 1)
		default:
			col.texts.add(x.text)
		}
	}
	for i := range c.rows {
		r := &c.rows[i]
		r.doc, r.code = place[r.doc], final[r.code]
	}
	slices.SortFunc(c.rows, func(x, y row) int {
		return cmp.Or(cmp.Compare(x.doc, y.doc), cmp.Compare(x.rec, y.rec), cmp.Compare(x.code, y.code))
	})
	c.rows = slices.Compact(c.rows)
	card := col.card()
	byDoc := codeLists{units: s.n}
	byRec := codeLists{units: s.recs}
	var distinct []uint32
	for i := 0; i < len(c.rows); {
		doc, j := c.rows[i].doc, i
		for j < len(c.rows) && c.rows[j].doc == doc {
			j++
		}
		rows := c.rows[i:j]
		distinct = distinct[:0]
		own := 0 // rows of the document itself come first
		for own < len(rows) && rows[own].rec < 0 {
			own++
		}
		if col.perDoc {
			if own < len(rows) { // the only variant's own values stand before the document's
				rows = rows[own:]
			}
			for _, r := range rows {
				distinct = append(distinct, r.code)
			}
		} else {
			from, to := s.records(int(doc))
			k := own
			for rec := from; rec < to; rec++ {
				mine := k
				for k < len(rows) && int(rows[k].rec) == rec-from {
					k++
				}
				list := rows[mine:k]
				if len(list) == 0 {
					list = rows[:own]
				}
				for _, r := range list {
					byRec.add(rec, r.code)
					distinct = append(distinct, r.code)
				}
			}
		}
		slices.Sort(distinct)
		for _, code := range slices.Compact(distinct) {
			byDoc.add(int(doc), code)
		}
		i = j
	}
	col.byDoc = byDoc.codes(card)
	col.codes = col.byDoc
	if !col.perDoc {
		col.codes = byRec.codes(card)
	}
	col.raw = col.codes
	return col
}

// codeLists collects codes of units in ascending order of units.
type codeLists struct {
	units       int
	unit, codeL []uint32
}

func (l *codeLists) add(unit int, code uint32) {
	l.unit = append(l.unit, uint32(unit))
	l.codeL = append(l.codeL, code)
}

func (l *codeLists) codes(card int) codes {
	single := true
	for i := 1; i < len(l.unit); i++ {
		if l.unit[i] == l.unit[i-1] {
			single = false
			break
		}
	}
	if single {
		list := make([]uint32, l.units)
		for i, u := range l.unit {
			list[u] = l.codeL[i]
		}
		return newCodes(l.units, nil, list, card)
	}
	at := make([]uint32, l.units+1)
	for _, u := range l.unit {
		at[u+1]++
	}
	for i := range l.units {
		at[i+1] += at[i]
	}
	return newCodes(l.units, at, l.codeL, card)
}

// hidePrices takes the price of a record out of stock away from filters while
// another record of its document is in stock.
func (s *segment) hidePrices(roles Roles) {
	price, stock := s.cols[roles.Price], s.cols[roles.Stock]
	if price == nil || stock == nil || s.recAt == nil || stock.perDoc {
		return
	}
	hidden := newBitset(s.recs)
	any := false
	for doc := range s.n {
		from, to := s.records(doc)
		in := 0
		for r := from; r < to; r++ {
			if s.inStock(stock, doc, r) {
				in++
			}
		}
		if in == 0 || in == to-from {
			continue
		}
		any = true
		for r := from; r < to; r++ {
			if !s.inStock(stock, doc, r) {
				hidden.set(r)
			}
		}
	}
	if !any {
		return
	}
	raw, shown := codeLists{units: s.recs}, codeLists{units: s.recs}
	byDoc := codeLists{units: s.n}
	var buf, distinct []uint32
	for doc := range s.n {
		from, to := s.records(doc)
		distinct = distinct[:0]
		for r := from; r < to; r++ {
			unit := r
			if price.perDoc {
				unit = doc
			}
			buf = price.raw.of(unit, buf[:0])
			for _, code := range buf {
				raw.add(r, code)
				if !hidden.has(r) {
					shown.add(r, code)
					distinct = append(distinct, code)
				}
			}
		}
		slices.Sort(distinct)
		for _, code := range slices.Compact(distinct) {
			byDoc.add(doc, code)
		}
	}
	price.perDoc = false
	price.raw, price.codes, price.byDoc = raw.codes(price.card()), shown.codes(price.card()), byDoc.codes(price.card())
}

// inStock reports whether a record may be bought: its stock is above 0, or it has
// none.
func (s *segment) inStock(stock *column, doc, rec int) bool {
	if stock == nil {
		return true
	}
	unit := rec
	if stock.perDoc {
		unit = doc
	}
	var few [4]uint32
	list := stock.raw.of(unit, few[:0])
	return len(list) == 0 || stock.value(list[0]).num > 0
}

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
	size := make([]uint32, n+1)
	last := make([]int32, n)
	for i := range last {
		last[i] = -1
	}
	parts := unmapped // the term that ends parts of titles, which is no word
	if i, ok := x.terms.find(breakMark); ok {
		parts = uint32(i)
	}
	w := postingWriter{fields: fields, counts: make([]uint16, n*fields), stamp: make([]int32, x.stems.len())}
	for pass := range 2 {
		if pass == 1 { // sizes are known now
			x.postAt = make([]uint32, n+1)
			for i := range n {
				x.postAt[i+1] = x.postAt[i] + size[i]
				size[i], last[i] = x.postAt[i], -1
			}
			x.post = make([]byte, x.postAt[n])
		}
		doc := -1
		t.each(order, final, func(d, f int, ordered, extra []uint32) {
			if d != doc {
				doc = d
			}
			if pass == 0 {
				words := len(ordered)
				for _, id := range ordered {
					if final[id] == parts {
						words--
					}
				}
				x.lens[d*fields+f] = uint16(words)
				x.total[f] += uint64(words)
				x.fwd = binary.AppendUvarint(x.fwd, uint64(len(ordered)))
				for _, id := range ordered {
					x.fwd = binary.AppendUvarint(x.fwd, uint64(x.rank[final[id]]))
				}
				x.fwd = binary.AppendUvarint(x.fwd, uint64(len(extra)))
				for _, id := range extra {
					x.fwd = binary.AppendUvarint(x.fwd, uint64(x.rank[final[id]]))
				}
			}
			for _, id := range ordered {
				if final[id] != parts {
					w.count(final[id], f)
				}
			}
			for _, id := range extra {
				w.count(final[id], f)
			}
			if f < fields-1 {
				return
			}
			if pass == 0 {
				x.fwdAt = append(x.fwdAt, uint32(len(x.fwd)))
			}
			for _, term := range w.touched {
				w.buf = w.encode(w.buf[:0], term, uint32(int32(d)-last[term]-1))
				last[term] = int32(d)
				if pass == 0 {
					size[term] += uint32(len(w.buf))
					x.df[term]++
					if s := x.stemOf[term]; w.stamp[s] != int32(d)+1 {
						w.stamp[s] = int32(d) + 1
						x.stemDF[s]++
					}
				} else {
					size[term] += uint32(copy(x.post[size[term]:], w.buf))
				}
			}
			w.touched = w.touched[:0]
		})
	}
	x.fwd = slices.Clip(x.fwd)
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
}

// stemOf returns the stem of a term; marked terms are their own.
func stemOf(a *analyzer, term string) string {
	if term != "" && term[0] < ' ' {
		return term
	}
	return a.stem(term)
}

// postingWriter counts the terms of one document by field.
type postingWriter struct {
	fields  int
	counts  []uint16
	touched []uint32
	stamp   []int32
	buf     []byte
}

func (w *postingWriter) count(term uint32, field int) {
	at := int(term) * w.fields
	row := w.counts[at : at+w.fields]
	for _, c := range row {
		if c != 0 {
			row[field] = min(row[field]+1, MaxFieldWords)
			return
		}
	}
	row[field] = 1
	w.touched = append(w.touched, term)
}

// encode appends a posting and forgets the counts.
func (w *postingWriter) encode(b []byte, term uint32, gap uint32) []byte {
	b = binary.AppendUvarint(b, uint64(gap))
	at := int(term) * w.fields
	row := w.counts[at : at+w.fields]
	last := 0
	for f, c := range row {
		if c != 0 {
			last = f
		}
	}
	for f, c := range row {
		if c == 0 {
			continue
		}
		h := byte(f << 4)
		if f < last {
			h |= 0x80
		}
		if c < 16 {
			b = append(b, h|byte(c))
		} else {
			b = binary.AppendUvarint(append(b, h), uint64(c))
		}
		row[f] = 0
	}
	return b
}
