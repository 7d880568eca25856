package loyalty

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
)

// MemoryStore is the [Store] in memory. What a call costs does not grow with the
// lots, orders and receipts that it does not concern.
type MemoryStore struct {
	db      *flywheel.Memory
	members map[flywheel.CustomerID]*memoryMember
	dues    due.Heap[flywheel.CustomerID]
	lists   []Programs
}

// NewMemory returns an empty store in db, so that it shares the transactions of
// the other stores there; nil is a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{db: db, members: map[flywheel.CustomerID]*memoryMember{}}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor].
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Account implements [Store].
func (s *MemoryStore) Account(ctx context.Context, member flywheel.CustomerID, n Need) (a Account, err error) {
	err = s.db.View(ctx, func() error {
		a = Account{Member: member}
		if m, ok := s.members[member]; ok {
			a = m.account(n)
		}
		return nil
	})
	return a, err
}

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, a Account) error {
	if err := flywheel.CheckID(string(a.Member)); err != nil {
		return fmt.Errorf("loyalty: member: %w", err)
	}
	return s.db.Update(ctx, func(undo func(func())) error {
		m, known := s.members[a.Member]
		if !known {
			m = newMemoryMember()
		}
		if m.head.Version != a.Version {
			return fmt.Errorf("loyalty: account of %s is at version %d, not %d: %w", a.Member, m.head.Version, a.Version, flywheel.ErrStale)
		}
		before := s.dues.At(a.Member)
		undo(func() { s.dues.Set(a.Member, before) })
		m.save(a, undo)
		s.dues.Set(a.Member, m.due())
		if !known {
			put(s.members, a.Member, m, undo)
		}
		return nil
	})
}

// Forget implements [Store].
func (s *MemoryStore) Forget(ctx context.Context, member flywheel.CustomerID) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		m, ok := s.members[member]
		if !ok {
			return nil
		}
		before := s.dues.At(member)
		undo(func() {
			s.members[member] = m
			s.dues.Set(member, before)
		})
		delete(s.members, member)
		s.dues.Set(member, time.Time{})
		return nil
	})
}

// Due implements [Store].
func (s *MemoryStore) Due(ctx context.Context, at time.Time, limit int) (list []flywheel.CustomerID, err error) {
	err = s.db.View(ctx, func() error {
		list = s.dues.Claim(at, limit, nil)
		return nil
	})
	return list, err
}

// Programs implements [ProgramStore].
func (s *MemoryStore) Programs(ctx context.Context, after int64) (lists []Programs, err error) {
	err = s.db.View(ctx, func() error {
		for _, p := range s.lists[min(max(0, after), int64(len(s.lists))):] {
			p.Programs = slices.Clone(p.Programs)
			lists = append(lists, p)
		}
		return nil
	})
	return lists, err
}

// Record implements [ProgramStore].
func (s *MemoryStore) Record(ctx context.Context, p Programs) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		if p.Number != int64(len(s.lists))+1 {
			return fmt.Errorf("loyalty: list %d of programs after %d: %w", p.Number, len(s.lists), flywheel.ErrStale)
		}
		undo(func() { s.lists = s.lists[:p.Number-1] })
		p.Recorded, p.Programs = stamp(p.Recorded), slices.Clone(p.Programs)
		s.lists = append(s.lists, p)
		return nil
	})
}

// listed yields copies of what items returns for a member.
func listed[T any](ctx context.Context, db *flywheel.Memory, items func() []T, clone func(T) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var list []T
		err := db.View(ctx, func() error {
			list = slices.Clone(items())
			return nil
		})
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, item := range list {
			if !yield(clone(item), nil) {
				return
			}
		}
	}
}

// Receipts implements [Store].
func (s *MemoryStore) Receipts(ctx context.Context, member flywheel.CustomerID) iter.Seq2[Receipt, error] {
	return listed(ctx, s.db, func() []Receipt {
		if m, ok := s.members[member]; ok {
			return m.history
		}
		return nil
	}, Receipt.clone)
}

// Entries implements [Store].
func (s *MemoryStore) Entries(ctx context.Context, member flywheel.CustomerID) iter.Seq2[Entry, error] {
	return listed(ctx, s.db, func() []Entry {
		if m, ok := s.members[member]; ok {
			return m.entries
		}
		return nil
	}, func(e Entry) Entry { return e })
}

// Members implements [Store].
func (s *MemoryStore) Members(ctx context.Context) iter.Seq2[flywheel.CustomerID, error] {
	return listed(ctx, s.db, func() []flywheel.CustomerID {
		return slices.Sorted(maps.Keys(s.members))
	}, func(id flywheel.CustomerID) flywheel.CustomerID { return id })
}
