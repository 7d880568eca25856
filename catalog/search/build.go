package search

import (
	"cmp"
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
	add := func(v value) { c.rows = append(c.rows, row{doc, rec, c.code(v)}) } // repeated ones go when the column is made
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
