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
	// onHand and reserved are the balances after the last entry.
	onHand, reserved int64
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
	documentKey
	reason, key string
}

// document finds the movements of one ref and attempt.
type document struct {
	postings []posting // in order
	notes    []uint32  // one for each reason and key
}

type documentKey struct {
	ref     string
	attempt int64
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
		l.OnHand, l.Reserved = st.onHand, st.reserved
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
		SKU: st.sku, Location: st.location, Kind: kinds[e.kind], Ref: n.ref, Attempt: n.attempt,
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

// batch is what the movements of one call share: most are of one document.
type batch struct {
	key documentKey
	doc *document // nil while there is none
	set bool
	n   int // movements
}

// document returns the document of m, or nil.
func (s *MemoryStore) document(b *batch, m *Movement) *document {
	if key := (documentKey{m.Ref, m.Attempt}); !b.set || b.key != key {
		*b = batch{key, s.documents[key], true, b.n}
	}
	return b.doc
}

// post appends *m as [Level.Apply] says and completes it. It returns the stock
// that has one entry more, nil when the movement was there.
func (s *MemoryStore) post(b *batch, m *Movement) (*stock, error) {
	st := s.find(m.SKU, m.Location)
	doc := s.document(b, m)
	level := Level{SKU: m.SKU, Location: m.Location}
	s.past = s.past[:0] // most movements are the first of their document and item
	if st != nil {
		level = st.level()
		s.past = s.earlier(s.past, doc, st)
	}
	answer, posted, err := level.Apply(*m, s.past)
	if err != nil {
		return nil, err
	}
	answer.At = answer.At.UTC().Truncate(time.Microsecond)
	*m = answer
	if !posted {
		return nil, nil
	}
	if st == nil {
		st = s.stock(m.SKU, m.Location)
	}
	if doc == nil {
		doc = &document{}
		s.documents[documentKey{strings.Clone(m.Ref), m.Attempt}] = doc
		b.doc = doc
	}
	if b.n > 1 { // room for all at once
		doc.postings, b.n = slices.Grow(doc.postings, b.n), 0
	}
	number, isNew := s.note(doc, m)
	doc.add(posting{st.number, uint32(len(st.ledger))})
	st.keepOrders(orderBalances{m.AllocatedAfter, m.BackorderedAfter})
	st.ledger = append(st.ledger, entry{
		at: m.At.UnixMicro(), onHand: m.OnHandAfter, reserved: m.ReservedAfter,
		note: number, kind: uint8(slices.Index(kinds[:], m.Kind)), newNote: isNew,
	})
	st.onHand, st.reserved = m.OnHandAfter, m.ReservedAfter
	return st, nil
}

// add puts p in its place.
func (d *document) add(p posting) {
	if n := len(d.postings); n == 0 || d.postings[n-1].compare(p) < 0 { // movements come in the order of SKUs, which is often that of numbers
		d.postings = append(d.postings, p)
		return
	}
	at, _ := slices.BinarySearchFunc(d.postings, p, posting.compare)
	d.postings = slices.Insert(d.postings, at, p)
}

// earlier appends the movements of the document in the ledger of st.
func (s *MemoryStore) earlier(to []Movement, doc *document, st *stock) []Movement {
	if doc == nil {
		return to
	}
	i, _ := slices.BinarySearchFunc(doc.postings, posting{stock: st.number}, posting.compare)
	for ; i < len(doc.postings) && doc.postings[i].stock == st.number; i++ {
		to = append(to, st.movement(s.notes, int(doc.postings[i].entry)))
	}
	return to
}

// note returns the number of the document's note with the movement's reason.
func (s *MemoryStore) note(doc *document, m *Movement) (number uint32, isNew bool) {
	for _, n := range doc.notes {
		if s.notes[n].reason == m.Reason && s.notes[n].key == m.Key {
			return n, false
		}
	}
	number = uint32(len(s.notes))
	ref := strings.Clone(m.Ref)
	s.notes = append(s.notes, note{documentKey{ref, m.Attempt}, strings.Clone(m.Reason), strings.Clone(m.Key)})
	doc.notes = append(doc.notes, number)
	return number, true
}

// unpost takes the last movement of st back, which is the newest of all.
func (s *MemoryStore) unpost(st *stock) {
	last := len(st.ledger) - 1
	e := st.ledger[last]
	st.ledger = st.ledger[:last]
	st.onHand, st.reserved = 0, 0
	if last > 0 {
		st.onHand, st.reserved = st.ledger[last-1].onHand, st.ledger[last-1].reserved
	}
	if n := len(st.orders); n > 0 {
		st.orders = st.orders[:n-1]
	}
	key := s.notes[e.note].documentKey
	doc := s.documents[key]
	if at, ok := slices.BinarySearchFunc(doc.postings, posting{st.number, uint32(last)}, posting.compare); ok {
		doc.postings = slices.Delete(doc.postings, at, at+1)
	}
	if e.newNote {
		s.notes = s.notes[:e.note]
		doc.notes = doc.notes[:len(doc.notes)-1]
	}
	if len(doc.postings) == 0 {
		delete(s.documents, key)
	}
}
