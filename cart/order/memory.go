package order

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/keyedhash"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryStore is a [Store] in memory.
type MemoryStore struct {
	db        *flywheel.Memory
	byID      map[ID]*stored
	byKey     map[buyerKey]ID
	byCart    map[string]ID
	byNumber  map[string]ID
	series    map[string]int64 // the last number of each series of documents
	all       index
	pending   index
	customers map[flywheel.CustomerID]index
	terms     map[string]*term // see Order.Terms
	states    map[State]index  // of orders with a mode
	toShip    index
	secret    []byte
	scratch   []byte // of keep and listTerms
}

type buyerKey struct {
	buyer Buyer
	key   string
}

// NewMemory returns an empty store in db; nil stands for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{
		db: db, byID: map[ID]*stored{}, byKey: map[buyerKey]ID{}, byCart: map[string]ID{},
		byNumber: map[string]ID{}, series: map[string]int64{}, states: map[State]index{},
		terms: map[string]*term{}, customers: map[flywheel.CustomerID]index{}, secret: keyedhash.NewSecret(),
	}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor] with the store's database.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Insert implements [Store].
func (s *MemoryStore) Insert(ctx context.Context, o Order) (Order, error) {
	o = o.Normal()
	o.Version = 1
	err := s.db.Update(ctx, func(undo func(func())) error {
		key := buyerKey{o.Buyer(), o.Key}
		if id, ok := s.byKey[key]; ok {
			there := s.byID[id]
			if there.Fingerprint != o.Fingerprint {
				return ErrKeyReused
			}
			o = there.copy()
			return nil
		}
		if _, ok := s.byID[o.ID]; ok {
			return &DuplicateError{Field: "id", Existing: o.ID}
		}
		if id, ok := s.byCart[o.Cart]; ok {
			return &DuplicateError{Field: "cart", Existing: id}
		}
		if id, ok := s.byNumber[o.Number]; ok && o.Number != "" {
			return &DuplicateError{Field: "number", Existing: id}
		}
		kept := s.keep(o, nil)
		undo(func() { s.remove(kept, key) })
		s.add(kept, key)
		return nil
	})
	if err != nil {
		return Order{}, err
	}
	return o, nil
}

// keep returns o to be stored, in place of an earlier version if there is one. Most
// saves leave the lines as they are: versions share them.
func (s *MemoryStore) keep(o Order, earlier *stored) *stored {
	kept := &stored{}
	if earlier != nil && earlier.Position() == o.Position() {
		kept.place = earlier.place
	} else {
		kept.place = &place{Position: o.Position()}
	}
	var ok bool
	if s.scratch, ok = appendPacked(s.scratch[:0], &o); ok {
		if earlier != nil && earlier.packed == string(s.scratch) {
			kept.packed = earlier.packed
		} else {
			kept.packed = string(s.scratch)
		}
		o.Lines = nil
	} else if earlier != nil && earlier.packed == "" && slices.EqualFunc(o.Lines, earlier.Lines, Line.sameAs) {
		o.Lines = nil
		shared := slices.EqualFunc(o.Parcels, earlier.Parcels, Parcel.sameAs)
		if shared {
			o.Parcels = nil
		}
		kept.Order = o.Clone()
		kept.Lines = earlier.Lines
		if shared {
			kept.Parcels = earlier.Parcels
		}
		return kept
	}
	kept.Order = o.Clone()
	return kept
}

func (s *MemoryStore) add(o *stored, key buyerKey) {
	s.byID[o.ID] = o
	s.byKey[key] = o.ID
	if o.Cart != "" {
		s.byCart[o.Cart] = o.ID
	}
	if o.Number != "" {
		s.byNumber[o.Number] = o.ID
	}
	s.all.insert(o.place)
	if o.Customer != "" {
		of := s.customers[o.Customer]
		of.insert(o.place)
		s.customers[o.Customer] = of
	}
	if o.Pending() {
		s.pending.insert(o.place)
	}
	s.list(o)
}

// list adds an order with a mode to the indexes of what it is found by.
func (s *MemoryStore) list(o *stored) {
	if o.Mode == "" {
		return
	}
	s.listTerms(o)
	s.listState(o)
}

func (s *MemoryStore) listTerms(o *stored) {
	o.eachTerm(func(kind, text string) {
		s.scratch = append(append(s.scratch[:0], kind...), text...)
		t, known := s.terms[string(s.scratch)]
		if !known {
			t = &term{text: string(s.scratch)}
			s.terms[t.text] = t
		}
		if t.orders.insert(o.place) {
			o.place.terms = append(o.place.terms, t)
		}
	})
}

func (s *MemoryStore) listState(o *stored) {
	of := s.states[o.State()]
	of.insert(o.place)
	s.states[o.State()] = of
	if o.ToShip() {
		s.toShip.insert(o.place)
	}
}

func (s *MemoryStore) unlist(o *stored) {
	if o.Mode == "" {
		return
	}
	s.unlistTerms(o)
	s.unlistState(o)
}

func (s *MemoryStore) unlistTerms(o *stored) {
	for _, t := range o.place.terms {
		if t.orders.remove(o.place); len(t.orders) == 0 {
			delete(s.terms, t.text)
		}
	}
	o.place.terms = nil
}

func (s *MemoryStore) unlistState(o *stored) {
	of := s.states[o.State()]
	of.remove(o.place)
	s.states[o.State()] = of
	s.toShip.remove(o.place)
}

// relist is unlist of one version of an order and list of another, as far as these
// differ.
func (s *MemoryStore) relist(before, after *stored) {
	if before.Mode == "" || after.Mode == "" {
		s.unlist(before)
		s.list(after)
		return
	}
	if !before.foundAs(&after.Order) {
		s.unlistTerms(before)
		s.listTerms(after)
	}
	if before.State() != after.State() || before.ToShip() != after.ToShip() {
		s.unlistState(before)
		s.listState(after)
	}
}

func (s *MemoryStore) remove(o *stored, key buyerKey) {
	delete(s.byID, o.ID)
	delete(s.byKey, key)
	if o.Cart != "" {
		delete(s.byCart, o.Cart)
	}
	if o.Number != "" {
		delete(s.byNumber, o.Number)
	}
	s.all.remove(o.place)
	if o.Customer != "" {
		of := s.customers[o.Customer]
		of.remove(o.place)
		s.customers[o.Customer] = of
	}
	s.pending.remove(o.place)
	s.unlist(o)
}

// Get implements [Store].
func (s *MemoryStore) Get(ctx context.Context, id ID) (o Order, err error) {
	err = s.db.View(ctx, func() error {
		there, ok := s.byID[id]
		if !ok {
			return fmt.Errorf("order %q: %w", id, flywheel.ErrNotFound)
		}
		o = there.copy()
		return nil
	})
	return o, err
}

// errNoKey is the answer to most calls of ByKey: a request is nearly always new.
var errNoKey = fmt.Errorf("order: none with this key: %w", flywheel.ErrNotFound)

// ByKey implements [Store].
func (s *MemoryStore) ByKey(ctx context.Context, buyer Buyer, key string) (o Order, err error) {
	err = s.db.View(ctx, func() error {
		id, ok := s.byKey[buyerKey{buyer, key}]
		if !ok {
			return errNoKey
		}
		o = s.byID[id].copy()
		return nil
	})
	return o, err
}

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, o Order) (Order, error) {
	err := s.db.Update(ctx, func(undo func(func())) error {
		there, ok := s.byID[o.ID]
		if !ok {
			return fmt.Errorf("order %q: %w", o.ID, flywheel.ErrNotFound)
		}
		if there.Version != o.Version {
			return ErrStale
		}
		o.Key, o.Fingerprint, o.Cart = there.Key, there.Fingerprint, there.Cart
		o.Customer, o.Visitor, o.PlacedAt = there.Customer, there.Visitor, there.PlacedAt
		o.Number = there.Number
		o.Version++
		o.Documents = slices.Clone(o.Documents)
		s.number(&o, undo)
		o = o.Normal()
		kept := s.keep(o, there)
		undo(func() { s.put(there) })
		s.put(kept)
		return nil
	})
	if err != nil {
		return Order{}, err
	}
	return o, nil
}

// put replaces a stored order.
func (s *MemoryStore) put(o *stored) {
	there := s.byID[o.ID]
	s.relist(there, o)
	s.byID[o.ID] = o
	if o.Pending() == there.Pending() {
		return
	}
	if s.pending.remove(o.place); o.Pending() {
		s.pending.insert(o.place)
	}
}

// Forget implements [Store].
func (s *MemoryStore) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		for _, p := range slices.Clone(s.customers[customer]) {
			there := s.byID[p.ID]
			blank := there.copy().Erased(func(text string) string { return keyedhash.Of(s.secret, text) })
			blank.Version++
			erased := s.keep(blank, there)
			before, after := buyerKey{there.Buyer(), there.Key}, buyerKey{erased.Buyer(), erased.Key}
			undo(func() {
				s.remove(erased, after)
				s.add(there, before)
			})
			s.remove(there, before)
			s.add(erased, after)
		}
		return nil
	})
}

// List implements [Store].
func (s *MemoryStore) List(ctx context.Context, f Filter) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		var found []*stored
		err := s.db.View(ctx, func() error {
			positions := s.all
			terms, _ := f.Wanted()
			switch {
			case f.Number != "":
				positions = nil
				if id, ok := s.byNumber[f.Number]; ok {
					positions = index{s.byID[id].place}
				}
			case len(terms) > 0:
				positions = nil
				if t, known := s.terms[terms[0]]; known {
					positions = t.orders
				}
			case f.ToShip:
				positions = s.toShip
			case f.Pending:
				positions = s.pending
			case f.Customer != "":
				positions = s.customers[f.Customer]
			case f.State != "":
				positions = s.states[f.State]
			}
			for _, p := range positions[positions.after(f.After):] {
				if f.Limit > 0 && len(found) == f.Limit {
					break
				}
				if o := s.byID[p.ID]; f.Match(&o.Order) {
					found = append(found, o)
				}
			}
			return nil
		})
		if err != nil {
			yield(Order{}, err)
			return
		}
		for _, o := range found {
			if err := ctx.Err(); err != nil {
				yield(Order{}, err)
				return
			}
			if !yield(o.copy(), nil) {
				return
			}
		}
	}
}

// number gives documents without a number the next one of their series.
func (s *MemoryStore) number(o *Order, undo func(func())) {
	for i := range o.Documents {
		d := &o.Documents[i]
		if d.Number != 0 {
			continue
		}
		last, there := s.series[d.Series]
		if !there {
			last = d.First - 1
		}
		d.Number, d.First = last+1, 0
		memstore.Set(s.series, d.Series, d.Number, undo)
	}
}
