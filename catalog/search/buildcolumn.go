package search

import (
	"cmp"
	"slices"
)

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
