package live

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
)

var (
	// ErrStale reports a save of an event that somebody else saved meanwhile. It
	// matches [flywheel.ErrStale].
	ErrStale = fmt.Errorf("live: %w", flywheel.ErrStale)
	// ErrSoldOut reports a claim beyond the quota. It matches [flywheel.ErrConflict].
	ErrSoldOut = fmt.Errorf("live: the quota is used up: %w", flywheel.ErrConflict)
	// ErrState reports a call that the state of the event does not allow. It matches
	// [flywheel.ErrConflict].
	ErrState = fmt.Errorf("live: not in this state: %w", flywheel.ErrConflict)
)

// EventError names the event that a call is about. It matches what Err matches.
type EventError struct {
	Event string // its ID
	Err   error  // wraps a kind
}

func (e *EventError) Error() string { return fmt.Sprintf("live: event %q: %v", e.Event, e.Err) }

// Unwrap returns the cause.
func (e *EventError) Unwrap() error { return e.Err }

// Claim is units of a slot that an order has.
type Claim struct {
	Event, Slot string
	Ref         string // the order
	Quantity    int64
}

// Store keeps events and claims. Implementations are safe for concurrent use, honor
// ctx, join the transaction carried by ctx (see [flywheel.Transactor]), keep times in
// UTC to the microsecond, compare texts byte by byte, and share no memory with what
// they take and give. Every call is atomic on its own.
type Store interface {
	// Get returns the event, or an error matching [flywheel.ErrNotFound].
	Get(ctx context.Context, id string) (Event, error)
	// Save writes e and counts Version up when the stored version equals e.Version; an
	// event that is not stored has version 0. Else it reports [ErrStale].
	Save(ctx context.Context, e Event) (Event, error)
	// List returns at most limit events that end after an instant, by (Starts, ID).
	List(ctx context.Context, after time.Time, limit int) ([]Event, error)
	// Due returns at most limit events whose Due is at or before an instant, those due
	// first first, then by ID. Within a transaction they are claimed.
	Due(ctx context.Context, at time.Time, limit int) ([]Event, error)
	// Claim notes a claim unless the units of the slot would be more than most (0: any
	// number), which is [ErrSoldOut]. It returns the units of the slot, and whether the
	// claim is new: the same claim again changes nothing, and another of the same ref
	// and slot is an error matching [flywheel.ErrKeyReused].
	Claim(ctx context.Context, c Claim, most int64) (sold int64, added bool, err error)
	// Unclaim removes a claim and returns the units of the slot. One that is not there
	// is no error.
	Unclaim(ctx context.Context, event, slot, ref string) (sold int64, removed Claim, err error)
	// Sold returns the units of each slot of an event that has any.
	Sold(ctx context.Context, event string) (map[string]int64, error)
}

// MemoryStore is a [Store] in memory.
type MemoryStore struct {
	db     *flywheel.Memory
	events map[string]*Event // a stored event is never changed, only replaced
	dues   due.Heap[string]
	claims map[claimKey]Claim
	sold   map[slotKey]int64
}

type slotKey struct{ event, slot string }

type claimKey struct{ event, slot, ref string }

var _ Store = (*MemoryStore)(nil)

// NewMemory returns an empty store in db; nil stands for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{db: db, events: map[string]*Event{}, claims: map[claimKey]Claim{}, sold: map[slotKey]int64{}}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor] with the store's database.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Get implements [Store].
func (s *MemoryStore) Get(ctx context.Context, id string) (e Event, err error) {
	err = s.db.View(ctx, func() error {
		there := s.events[id]
		if there == nil {
			return &EventError{id, flywheel.ErrNotFound}
		}
		e = there.Clone()
		return nil
	})
	return e, err
}

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, e Event) (Event, error) {
	e = e.Normal()
	err := s.db.Update(ctx, func(undo func(func())) error {
		there, version := s.events[e.ID], int64(0)
		if there != nil {
			version = there.Version
		}
		if e.Version != version {
			return &EventError{e.ID, ErrStale}
		}
		e.Version++
		kept := e.Clone()
		undo(func() { s.put(e.ID, there) })
		s.put(e.ID, &kept)
		return nil
	})
	if err != nil {
		return Event{}, err
	}
	return e, nil
}

func (s *MemoryStore) put(id string, e *Event) {
	if e == nil {
		delete(s.events, id)
		s.dues.Set(id, time.Time{})
		return
	}
	s.events[id] = e
	s.dues.Set(id, e.Due())
}

// List implements [Store].
func (s *MemoryStore) List(ctx context.Context, after time.Time, limit int) (list []Event, err error) {
	err = s.db.View(ctx, func() error {
		for _, e := range s.events {
			if e.Ends.After(after) {
				list = append(list, *e)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Event) int { return cmp.Or(a.Starts.Compare(b.Starts), cmp.Compare(a.ID, b.ID)) })
	list = list[:min(limit, len(list))]
	for i := range list {
		list[i] = list[i].Clone()
	}
	return list, err
}

// Due implements [Store].
func (s *MemoryStore) Due(ctx context.Context, at time.Time, limit int) (list []Event, err error) {
	err = s.db.View(ctx, func() error {
		for _, id := range s.dues.Claim(at, limit, nil) {
			list = append(list, s.events[id].Clone())
		}
		return nil
	})
	return list, err
}

// Claim implements [Store].
func (s *MemoryStore) Claim(ctx context.Context, c Claim, most int64) (sold int64, added bool, err error) {
	err = s.db.Update(ctx, func(undo func(func())) error {
		key, slot := claimKey{c.Event, c.Slot, c.Ref}, slotKey{c.Event, c.Slot}
		if there, known := s.claims[key]; known {
			if there != c {
				return &EventError{c.Event, flywheel.ErrKeyReused}
			}
			sold = s.sold[slot]
			return nil
		}
		if most > 0 && s.sold[slot]+c.Quantity > most {
			return &EventError{c.Event, ErrSoldOut}
		}
		undo(func() {
			delete(s.claims, key)
			s.add(slot, -c.Quantity)
		})
		s.claims[key] = c
		sold, added = s.add(slot, c.Quantity), true
		return nil
	})
	return sold, added, err
}

func (s *MemoryStore) add(slot slotKey, n int64) int64 {
	s.sold[slot] += n
	left := s.sold[slot]
	if left == 0 {
		delete(s.sold, slot)
	}
	return left
}

// Unclaim implements [Store].
func (s *MemoryStore) Unclaim(ctx context.Context, event, slot, ref string) (sold int64, removed Claim, err error) {
	err = s.db.Update(ctx, func(undo func(func())) error {
		key, of := claimKey{event, slot, ref}, slotKey{event, slot}
		there, known := s.claims[key]
		if sold = s.sold[of]; !known {
			return nil
		}
		undo(func() {
			s.claims[key] = there
			s.add(of, there.Quantity)
		})
		delete(s.claims, key)
		sold, removed = s.add(of, -there.Quantity), there
		return nil
	})
	return sold, removed, err
}

// Sold implements [Store].
func (s *MemoryStore) Sold(ctx context.Context, event string) (map[string]int64, error) {
	all := map[string]int64{}
	err := s.db.View(ctx, func() error {
		for k, n := range s.sold {
			if k.event == event {
				all[k.slot] = n
			}
		}
		return nil
	})
	return all, err
}
