package loyalty

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// MemoryStore is the [Store] in memory.
type MemoryStore struct {
	db      *flywheel.Memory
	members map[flywheel.CustomerID]*memoryMember
}

// memoryMember is what is kept of one member.
type memoryMember struct {
	head     Account // without lots, receipts and entries
	open     []Lot   // with points, in order of Sequence; replaced, never changed
	empty    map[string]Lot
	receipts map[string]int // index of the key in history
	history  []Receipt
	entries  []Entry
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
func (s *MemoryStore) Account(ctx context.Context, member flywheel.CustomerID, keys ...string) (a Account, err error) {
	a.Member = member
	err = s.db.View(ctx, func() error {
		m, ok := s.members[member]
		if !ok {
			return nil
		}
		a = m.head
		a.Activity = slices.Clone(m.head.Activity)
		a.Lots = slices.Clone(m.open)
		for _, key := range keys {
			if i, ok := m.receipts[key]; ok && a.receipt(key) == nil {
				a.Receipts = append(a.Receipts, m.history[i].clone())
			}
		}
		if len(m.empty) > 0 {
			for _, lot := range m.empty {
				if slices.Contains(keys, lot.ID) || lot.Origin != "" && slices.Contains(keys, lot.Origin) {
					a.Lots = append(a.Lots, lot)
				}
			}
			slices.SortFunc(a.Lots, bySequence)
		}
		return nil
	})
	return a, err
}

func bySequence(x, y Lot) int { return cmp.Compare(x.Sequence, y.Sequence) }

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, a Account) error {
	if err := flywheel.CheckID(string(a.Member)); err != nil {
		return fmt.Errorf("loyalty: member: %w", err)
	}
	if !slices.IsSortedFunc(a.Lots, bySequence) {
		a.Lots = slices.Clone(a.Lots)
		slices.SortFunc(a.Lots, bySequence)
	}
	return s.db.Update(ctx, func(undo func(func())) error {
		m, known := s.members[a.Member]
		if !known {
			m = &memoryMember{receipts: map[string]int{}}
		}
		if m.head.Version != a.Version {
			return fmt.Errorf("%w: %s is at version %d, not %d", ErrStale, a.Member, m.head.Version, a.Version)
		}
		m.save(a, undo)
		if !known {
			s.members[a.Member] = m
			undo(func() { delete(s.members, a.Member) })
		}
		return nil
	})
}

func (m *memoryMember) save(a Account, undo func(func())) {
	head, open, receipts, entries := m.head, m.open, len(m.history), len(m.entries)
	opened := open
	var replaced []Receipt
	var emptied, refilled []Lot
	undo(func() {
		for _, lot := range emptied {
			delete(m.empty, lot.ID)
		}
		for _, lot := range refilled {
			m.empty[lot.ID] = lot
		}
		for _, r := range m.history[receipts:] {
			delete(m.receipts, r.Key)
		}
		m.history = m.history[:receipts]
		for _, r := range replaced {
			m.history[m.receipts[r.Key]] = r
		}
		m.head, m.open, m.entries = head, opened, m.entries[:entries]
	})
	next := make([]Lot, 0, len(a.Lots))
	for _, lot := range a.Lots {
		// Lots that a does not hold stay.
		for len(open) > 0 && open[0].Sequence < lot.Sequence {
			next = append(next, open[0])
			open = open[1:]
		}
		if len(open) > 0 && open[0].Sequence == lot.Sequence {
			open = open[1:]
		}
		if old, ok := m.empty[lot.ID]; ok {
			refilled = append(refilled, old)
			delete(m.empty, lot.ID)
		}
		if lot.Left > 0 {
			next = append(next, lot.normal())
			continue
		}
		if m.empty == nil {
			m.empty = map[string]Lot{}
		}
		m.empty[lot.ID] = lot.normal()
		emptied = append(emptied, lot)
	}
	m.open = append(next, open...)
	for _, r := range a.Receipts {
		if i, ok := m.receipts[r.Key]; ok {
			replaced = append(replaced, m.history[i])
			m.history[i] = r.normal()
			continue
		}
		m.receipts[r.Key] = len(m.history)
		m.history = append(m.history, r.normal())
	}
	for _, e := range a.Entries {
		e.At = stamp(e.At)
		m.entries = append(m.entries, e)
	}
	m.head = a
	m.head.Version++
	m.head.Settled = stamp(a.Settled)
	m.head.Activity = make([]Activity, len(a.Activity))
	for i, x := range a.Activity {
		m.head.Activity[i] = Activity{At: stamp(x.At), Amount: x.Amount, Reverses: stamp(x.Reverses)}
	}
	if len(a.Activity) == 0 {
		m.head.Activity = nil
	}
	m.head.Lots, m.head.Receipts, m.head.Entries = nil, nil, nil
}

// clone returns a receipt that shares no memory with r.
func (r Receipt) clone() Receipt {
	r.Outcome.From = slices.Clone(r.Outcome.From)
	r.Outcome.To = slices.Clone(r.Outcome.To)
	return r
}

// stamp returns a time as stores keep it.
func stamp(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// normal returns a lot as stores keep it.
func (l Lot) normal() Lot {
	l.Earned, l.Available, l.Expires = stamp(l.Earned), stamp(l.Available), stamp(l.Expires)
	return l
}

// normal returns a receipt as stores keep it, sharing no memory with r.
func (r Receipt) normal() Receipt {
	r = r.clone()
	r.At, r.AvailableAt, r.ExpiresAt = stamp(r.At), stamp(r.AvailableAt), stamp(r.ExpiresAt)
	for i := range r.Outcome.To {
		r.Outcome.To[i].Expires = stamp(r.Outcome.To[i].Expires)
	}
	return r
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
