package inventory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// stock is the ledger of one item in memory. Balances and deltas are read from
// its entries.
type stock struct {
	sku       flywheel.SKU
	location  Location
	number    uint32
	backorder int64
	ledger    []entry
	// orders are the balances of the entries from ordersFrom on that most items do
	// not have: none until the first is not zero.
	orders     []orderBalances
	ordersFrom int
}

// orderBalances are what is allocated and backordered after an entry.
type orderBalances struct{ allocated, backordered int64 }

// entry is a movement without what others of its item or document share: its
// deltas are the difference to the balances of the entry before.
type entry struct {
	at               int64 // microseconds since 1970
	onHand, reserved int64 // after
	note             uint32
	kind             uint8 // in kinds
	newNote          bool  // the note came with this entry
}

// note is what the movements of one document have in common.
type note struct {
	of          *document
	reason, key string
}

// document finds the movements of one ref and attempt.
type document struct {
	ref      string // never changed, like attempt
	attempt  int64
	postings []posting // in order
	notes    []uint32  // one for each reason and key
	posting  [2]posting
	note     [1]uint32
}

// document returns the one of an attempt, nil for none.
func (b *bearer) document(attempt int64) *document {
	if b == nil {
		return nil
	}
	if b.first.attempt == attempt && len(b.first.postings) > 0 {
		return &b.first
	}
	for _, d := range b.others {
		if d.attempt == attempt {
			return d
		}
	}
	return nil
}

// begin makes the document of an attempt.
func (b *bearer) begin(attempt int64) *document {
	d := &b.first
	if d.ref != "" { // it is there, or was and somebody may still read its notes
		d = new(document)
		b.others = append(b.others, d)
	}
	d.ref, d.attempt = b.ref, attempt
	d.postings, d.notes = d.posting[:0], d.note[:0]
	return d
}

// posting is the place of a movement.
type posting struct{ stock, entry uint32 }

func (p posting) compare(q posting) int {
	return cmp.Or(cmp.Compare(p.stock, q.stock), cmp.Compare(p.entry, q.entry))
}

var kinds = [...]Kind{KindReceive, KindRestock, KindAdjust, KindReserve, KindCommit, KindRelease, KindExpire, KindAllocate, KindShip, KindDeallocate, KindCount, KindVariance, KindTransferOut, KindTransferIn}

func (st *stock) untouched() bool { return len(st.ledger) == 0 && st.backorder == 0 }

func (st *stock) level() Level {
	l := Level{SKU: st.sku, Location: st.location, Backorder: st.backorder, Seq: int64(len(st.ledger))}
	if l.Seq > 0 {
		last := &st.ledger[l.Seq-1]
		l.OnHand, l.Reserved = last.onHand, last.reserved
		o := st.after(len(st.ledger) - 1)
		l.Allocated, l.Backordered = o.allocated, o.backordered
	}
	return l
}

// after returns the balances of orders after entry i.
func (st *stock) after(i int) orderBalances {
	if i < st.ordersFrom || len(st.orders) == 0 {
		return orderBalances{}
	}
	return st.orders[i-st.ordersFrom]
}

// keepOrders appends the balances of orders of an entry that is about to be appended.
func (st *stock) keepOrders(o orderBalances) {
	if len(st.orders) == 0 {
		if o == (orderBalances{}) {
			return
		}
		st.ordersFrom = len(st.ledger)
	}
	st.orders = append(st.orders, o)
}

// movement writes entry i out.
func (st *stock) movement(notes []note, i int) Movement {
	e := &st.ledger[i]
	n := &notes[e.note]
	m := Movement{
		SKU: st.sku, Location: st.location, Kind: kinds[e.kind], Ref: n.of.ref, Attempt: n.of.attempt,
		OnHand: e.onHand, Reserved: e.reserved, Reason: n.reason, Key: n.key, At: time.UnixMicro(e.at).UTC(),
		Seq: int64(i) + 1, OnHandAfter: e.onHand, ReservedAfter: e.reserved,
	}
	if i >= st.ordersFrom && len(st.orders) > 0 {
		o := st.after(i)
		m.AllocatedAfter, m.BackorderedAfter = o.allocated, o.backordered
		before := st.after(i - 1)
		m.Allocated, m.Backordered = o.allocated-before.allocated, o.backordered-before.backordered
	}
	if i > 0 {
		m.OnHand -= st.ledger[i-1].onHand
		m.Reserved -= st.ledger[i-1].reserved
	}
	return m
}

// post appends *m as [Level.Apply] says and completes it, unless it was there.
func (b *batch) post(m *Movement) error {
	s := b.store
	st := s.find(m.SKU, m.Location)
	doc := b.of(m.Ref).document(m.Attempt)
	level := Level{SKU: m.SKU, Location: m.Location}
	b.earlier = b.earlier[:0] // most movements are the first of their document and item
	if st != nil {
		level = st.level()
		b.earlier = s.earlier(doc, st, b.earlier)
	}
	answer, posted, err := level.Apply(*m, b.earlier)
	if err != nil {
		return err
	}
	answer.At = answer.At.UTC().Truncate(time.Microsecond)
	*m = answer
	if !posted {
		return nil
	}
	if st == nil {
		st = s.stock(m.SKU, m.Location)
	}
	if doc == nil {
		doc = b.made(m.Ref).begin(m.Attempt)
	}
	number, isNew := s.note(doc, m)
	p := posting{st.number, uint32(len(st.ledger))}
	at := len(doc.postings)
	if at > 0 && doc.postings[at-1].compare(p) > 0 {
		at, _ = slices.BinarySearchFunc(doc.postings, p, posting.compare)
	}
	if at == len(doc.postings) {
		doc.postings = append(doc.postings, p)
	} else {
		doc.postings = slices.Insert(doc.postings, at, p)
	}
	st.keepOrders(orderBalances{m.AllocatedAfter, m.BackorderedAfter})
	st.ledger = append(st.ledger, entry{
		at: m.At.UnixMicro(), onHand: m.OnHandAfter, reserved: m.ReservedAfter,
		note: number, kind: uint8(slices.Index(kinds[:], m.Kind)), newNote: isNew,
	})
	b.posted = append(b.posted, st)
	return nil
}

// earlier appends the movements of the document in the ledger of st.
func (s *MemoryStore) earlier(doc *document, st *stock, earlier []Movement) []Movement {
	if doc == nil {
		return earlier
	}
	i, _ := slices.BinarySearchFunc(doc.postings, posting{stock: st.number}, posting.compare)
	for ; i < len(doc.postings) && doc.postings[i].stock == st.number; i++ {
		earlier = append(earlier, st.movement(s.notes, int(doc.postings[i].entry)))
	}
	return earlier
}

// note returns the number of the document's note with the movement's reason.
func (s *MemoryStore) note(doc *document, m *Movement) (number uint32, isNew bool) {
	for _, n := range doc.notes {
		if s.notes[n].reason == m.Reason && s.notes[n].key == m.Key {
			return n, false
		}
	}
	number = uint32(len(s.notes))
	s.notes = append(s.notes, note{doc, strings.Clone(m.Reason), strings.Clone(m.Key)})
	doc.notes = append(doc.notes, number)
	return number, true
}

// unpost takes the last movement of st back, which is the newest of all.
func (s *MemoryStore) unpost(st *stock) {
	last := len(st.ledger) - 1
	e := st.ledger[last]
	st.ledger = st.ledger[:last]
	if n := len(st.orders); n > 0 {
		st.orders = st.orders[:n-1]
	}
	doc := s.notes[e.note].of
	if at, ok := slices.BinarySearchFunc(doc.postings, posting{st.number, uint32(last)}, posting.compare); ok {
		doc.postings = slices.Delete(doc.postings, at, at+1)
	}
	if e.newNote {
		s.notes = s.notes[:e.note]
		doc.notes = doc.notes[:len(doc.notes)-1]
	}
	if len(doc.postings) > 0 {
		return
	}
	b := s.refs[doc.ref]
	b.others = slices.DeleteFunc(b.others, func(d *document) bool { return d == doc })
	s.drop(b)
}
