package inventory

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryStore is the [Store] that a program starts with. It offers [BatchStore]
// too. A movement is an entry of 32 bytes and its place in an index of 8. It is
// safe for concurrent use.
type MemoryStore struct {
	db       *flywheel.Memory
	skus     map[flywheel.SKU][]*stock // of each SKU, by location
	stocks   []*stock                  // by number
	notes    []note                    // by number; what a slot holds never changes
	refs     map[string]*bearer
	due      dueHeap // the reservations that are not final
	items    map[flywheel.SKU]Item
	lots     *lots
	papers   map[paperKey]Paper
	incoming incomingBySKU
}

// NewMemory returns an empty store in db, whose transactions it joins, or in a
// database of its own when db is nil.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{
		db:       db,
		skus:     map[flywheel.SKU][]*stock{},
		refs:     map[string]*bearer{},
		items:    map[flywheel.SKU]Item{},
		lots:     newLots(),
		papers:   map[paperKey]Paper{},
		incoming: incomingBySKU{},
	}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

var (
	_ Store      = (*MemoryStore)(nil)
	_ BatchStore = (*MemoryStore)(nil)
)

// Levels implements [Store].
func (s *MemoryStore) Levels(ctx context.Context, sku flywheel.SKU, location Location) iter.Seq2[Level, error] {
	return func(yield func(Level, error) bool) {
		var levels []Level
		err := s.db.View(ctx, func() error {
			stocks := s.stocks
			if sku != "" {
				stocks = s.skus[sku]
			}
			if sku != "" && location != "" {
				stocks = nil
				if st := s.find(sku, location); st != nil {
					stocks = []*stock{st}
				}
			}
			levels = make([]Level, 0, len(stocks))
			for _, st := range stocks {
				if (location == "" || st.location == location) && !st.untouched() {
					levels = append(levels, st.level())
				}
			}
			return nil
		})
		slices.SortFunc(levels, func(a, b Level) int {
			return cmp.Or(cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Location, b.Location))
		})
		memstore.Yield(yield, levels, err)
	}
}

// SetBackorder implements [Store].
func (s *MemoryStore) SetBackorder(ctx context.Context, sku flywheel.SKU, location Location, limit int64) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		st := s.stock(sku, location)
		before := st.backorder
		undo(func() { st.backorder = before })
		st.backorder = limit
		return nil
	})
}

// Post implements [Store].
func (s *MemoryStore) Post(ctx context.Context, m Movement) (Movement, error) {
	ms := []Movement{m}
	err := s.PostBatch(ctx, nil, ms)
	if err != nil {
		return Movement{}, err
	}
	return ms[0], nil
}

// PostBatch implements [BatchStore].
func (s *MemoryStore) PostBatch(ctx context.Context, r *Reservation, movements []Movement) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		b := batch{store: s}
		if r != nil {
			b.bearer = s.refs[r.Ref]
			if b.bearer.version() != r.Version {
				return stale(r)
			}
		}
		undo(b.takeBack)
		b.posted = b.few[:0]
		if len(movements) > len(b.few) {
			b.posted = make([]*stock, 0, len(movements))
		}
		for i := range movements {
			if err := b.post(&movements[i]); err != nil {
				return err
			}
		}
		if r != nil {
			r.Version++
			b.keep(r)
		}
		return nil
	})
}

// batch is one PostBatch, and what takes it back.
type batch struct {
	store  *MemoryStore
	bearer *bearer  // of the movement, or the reservation, that was looked at last
	posted []*stock // those that have an entry more, in order
	few    [2]*stock
	kept   *bearer // whose reservation was kept
	before held    // what it was
	fresh  bool    // it was not there
	// earlier are the movements of the document and item at hand.
	earlier []Movement
}

// takeBack undoes the batch, the newest change first.
func (b *batch) takeBack() {
	if b.kept != nil {
		b.store.unkeep(b.kept, &b.before, b.fresh)
	}
	for i := len(b.posted) - 1; i >= 0; i-- {
		b.store.unpost(b.posted[i])
	}
}

// of returns who bears a ref, nil for nobody.
func (b *batch) of(ref string) *bearer {
	if b.bearer == nil || b.bearer.ref != ref {
		b.bearer = b.store.refs[ref]
	}
	return b.bearer
}

// made returns who bears a ref, made when nobody does.
func (b *batch) made(ref string) *bearer {
	if b.of(ref) == nil {
		b.bearer = b.store.bear(ref)
	}
	return b.bearer
}

// Ledger implements [Store].
func (s *MemoryStore) Ledger(ctx context.Context, sku flywheel.SKU, location Location, after int64) iter.Seq2[Movement, error] {
	return func(yield func(Movement, error) bool) {
		// What a transaction that ended wrote stays as it is, so the slices
		// themselves are the snapshot.
		var st stock
		var notes []note
		err := s.db.View(ctx, func() error {
			if found := s.find(sku, location); found != nil {
				st, notes = *found, s.notes
			}
			return nil
		})
		if err != nil {
			yield(Movement{}, err)
			return
		}
		for i := max(after, 0); i < int64(len(st.ledger)); i++ {
			if !yield(st.movement(notes, int(i)), nil) {
				return
			}
		}
	}
}

// Reservation implements [Store].
func (s *MemoryStore) Reservation(ctx context.Context, ref string) (r Reservation, err error) {
	err = s.db.View(ctx, func() error {
		b := s.refs[ref]
		if b == nil || !b.reserved {
			return refused(flywheel.ErrNotFound, "reservation %q", ref)
		}
		r = s.reservation(&b.held)
		return nil
	})
	return r, err
}

// SaveReservation implements [Store].
func (s *MemoryStore) SaveReservation(ctx context.Context, r Reservation) (Reservation, error) {
	if err := s.PostBatch(ctx, &r, nil); err != nil {
		return Reservation{}, err
	}
	return s.Reservation(ctx, r.Ref)
}

// Due implements [Store].
func (s *MemoryStore) Due(ctx context.Context, now time.Time, limit int) (due []Reservation, err error) {
	err = s.db.View(ctx, func() error {
		for _, h := range s.due.until(now.UnixMicro(), limit) {
			due = append(due, s.reservation(h))
		}
		return nil
	})
	return due, err
}

func stale(r *Reservation) error {
	return refused(ErrStale, "reservation %q is not at version %d", r.Ref, r.Version)
}

// find returns the stock of an item, nil when there is none.
func (s *MemoryStore) find(sku flywheel.SKU, location Location) *stock {
	stocks := s.skus[sku]
	if len(stocks) == 1 && stocks[0].location == location {
		return stocks[0]
	}
	if i, ok := slices.BinarySearchFunc(stocks, location, byLocation); ok {
		return stocks[i]
	}
	return nil
}

// stock returns the stock of an item, made when there is none.
func (s *MemoryStore) stock(sku flywheel.SKU, location Location) *stock {
	stocks := s.skus[sku]
	i, ok := slices.BinarySearchFunc(stocks, location, byLocation)
	if ok {
		return stocks[i]
	}
	st := &stock{
		sku:      flywheel.SKU(strings.Clone(string(sku))),
		location: Location(strings.Clone(string(location))),
		number:   uint32(len(s.stocks)),
	}
	s.stocks = append(s.stocks, st)
	s.skus[st.sku] = slices.Insert(stocks, i, st)
	return st
}

func byLocation(st *stock, location Location) int { return cmp.Compare(st.location, location) }
