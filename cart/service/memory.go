package service

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/keyedhash"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryStore is the [Store] that a program starts with. It is safe for concurrent
// use.
type MemoryStore struct {
	db      *flywheel.Memory
	secret  []byte
	tickets map[ID]*kept
	dues    due.Heap[ID]
}

// kept is replaced with each change, never changed.
type kept struct {
	ticket  Ticket
	entries []Entry
}

// NewMemory returns an empty store in db, whose transactions it joins, or in a
// database of its own when db is nil.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{db: db, secret: keyedhash.NewSecret(), tickets: map[ID]*kept{}}
}

var _ Store = (*MemoryStore)(nil)

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the store's database.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Get implements [Store].
func (s *MemoryStore) Get(ctx context.Context, id ID) (t Ticket, err error) {
	err = s.db.View(ctx, func() error {
		there := s.tickets[id]
		if there == nil {
			return fmt.Errorf("service: ticket %q: %w", id, flywheel.ErrNotFound)
		}
		t = there.ticket.Clone()
		return nil
	})
	return t, err
}

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, t Ticket, entries ...Entry) (Ticket, error) {
	t = t.Normal()
	err := s.db.Update(ctx, func(undo func(func())) error {
		there := s.tickets[t.ID]
		if there == nil && t.Version != 0 || there != nil && there.ticket.Version != t.Version {
			return fmt.Errorf("service: ticket %q is not at version %d: %w", t.ID, t.Version, ErrStale)
		}
		next := &kept{}
		if there != nil {
			next.entries = slices.Clip(there.entries)
		}
		for _, e := range entries {
			if e.Key != "" && slices.ContainsFunc(next.entries, func(o Entry) bool { return o.Key == e.Key }) {
				return fmt.Errorf("service: ticket %q: key %q: %w", t.ID, e.Key, ErrRepeated)
			}
			e.At = e.At.UTC().Truncate(time.Microsecond)
			next.entries = append(next.entries, e)
		}
		t.Version++
		next.ticket = t.Clone()
		s.put(t.ID, next, undo)
		return nil
	})
	if err != nil {
		return Ticket{}, err
	}
	return t, nil
}

func (s *MemoryStore) put(id ID, next *kept, undo func(func())) {
	before := s.tickets[id]
	undo(func() {
		if before == nil {
			delete(s.tickets, id)
			s.dues.Set(id, time.Time{})
			return
		}
		s.tickets[id] = before
		s.dues.Set(id, before.ticket.Due)
	})
	s.tickets[id] = next
	s.dues.Set(id, next.ticket.Due)
}

// Entries implements [Store].
func (s *MemoryStore) Entries(ctx context.Context, id ID) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var list []Entry
		err := s.db.View(ctx, func() error {
			if there := s.tickets[id]; there != nil {
				list = there.entries
			}
			return nil
		})
		memstore.Yield(yield, list, err)
	}
}

// List implements [Store].
func (s *MemoryStore) List(ctx context.Context, f Filter) iter.Seq2[Ticket, error] {
	return func(yield func(Ticket, error) bool) {
		var list []Ticket
		err := s.db.View(ctx, func() error {
			for _, there := range s.tickets {
				if f.Matches(&there.ticket) && (f.After == Position{} || f.After.before(&there.ticket)) {
					list = append(list, there.ticket.Clone())
				}
			}
			return nil
		})
		slices.SortFunc(list, func(a, b Ticket) int { return cmp.Or(a.Opened.Compare(b.Opened), cmp.Compare(a.ID, b.ID)) })
		if f.Limit > 0 && len(list) > f.Limit {
			list = list[:f.Limit]
		}
		memstore.Yield(yield, list, err)
	}
}

// before reports whether a ticket comes behind a position.
func (p Position) before(t *Ticket) bool {
	return cmp.Or(p.Opened.Compare(t.Opened), cmp.Compare(p.ID, t.ID)) < 0
}

// Due implements [Store].
func (s *MemoryStore) Due(ctx context.Context, at time.Time, limit int) (list []Ticket, err error) {
	err = s.db.View(ctx, func() error {
		for _, id := range s.dues.Claim(at, limit, nil) {
			list = append(list, s.tickets[id].ticket.Clone())
		}
		return nil
	})
	return list, err
}

// Forget implements [Store].
func (s *MemoryStore) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if customer == "" {
		return ctx.Err()
	}
	return s.db.Update(ctx, func(undo func(func())) error {
		hash := flywheel.CustomerID(keyedhash.Of(s.secret, string(customer)))
		for id, there := range s.tickets {
			if there.ticket.Customer != customer {
				continue
			}
			next := &kept{ticket: there.ticket.Erased(hash), entries: slices.Clone(there.entries)}
			next.ticket.Version++
			for i := range next.entries {
				next.entries[i].Text = ""
			}
			s.put(id, next, undo)
		}
		return nil
	})
}
