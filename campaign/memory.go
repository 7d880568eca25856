package campaign

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// MemoryStore is the [Store] that an engine starts with. Get and Save are
// O(log n) beside the copy of the contact.
type MemoryStore struct {
	db       *flywheel.Memory
	contacts map[flywheel.CustomerID]*stored
	due      dueHeap
}

// NewMemory returns an empty store in db, nil for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{db: db, contacts: map[flywheel.CustomerID]*stored{}}
}

// Get implements [Store].
func (s *MemoryStore) Get(ctx context.Context, id flywheel.CustomerID) (c Contact, err error) {
	err = s.db.View(ctx, func() error {
		found, ok := s.contacts[id]
		if !ok {
			return fmt.Errorf("campaign: contact %q: %w", string(id), flywheel.ErrNotFound)
		}
		c = found.contact.clone()
		return nil
	})
	return c, err
}

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, c Contact) (Contact, error) {
	if err := flywheel.CheckID(string(c.ID)); err != nil {
		return Contact{}, fmt.Errorf("campaign: contact: %w", err)
	}
	err := s.db.Update(ctx, func(undo func(func())) error {
		var version int64
		old, existed := s.contacts[c.ID]
		if existed {
			version = old.contact.Version
		}
		if version != c.Version {
			return fmt.Errorf("campaign: contact %q: version %d is not the stored %d: %w", string(c.ID), c.Version, version, flywheel.ErrConflict)
		}
		if existed {
			before := old.contact
			undo(func() { s.put(before) })
		} else {
			undo(func() { s.remove(c.ID) })
		}
		c.Version++
		s.put(c.clone())
		return nil
	})
	if err != nil {
		return Contact{}, err
	}
	return c, nil
}

func (s *MemoryStore) put(c Contact) {
	x, ok := s.contacts[c.ID]
	if !ok {
		x = &stored{place: notDue}
		s.contacts[c.ID] = x
	}
	x.contact = c
	s.due.set(x, c.Due())
}

func (s *MemoryStore) remove(id flywheel.CustomerID) {
	s.due.set(s.contacts[id], time.Time{})
	delete(s.contacts, id)
}

// Due implements [Store].
func (s *MemoryStore) Due(ctx context.Context, before time.Time) (id flywheel.CustomerID, err error) {
	err = s.db.View(ctx, func() error {
		if len(s.due) > 0 && s.due[0].due.Before(before) {
			id = s.due[0].contact.ID
		}
		return nil
	})
	return id, err
}

// List implements [Store].
func (s *MemoryStore) List(ctx context.Context) iter.Seq2[Contact, error] {
	return func(yield func(Contact, error) bool) {
		var all []Contact
		err := s.db.View(ctx, func() error {
			for _, id := range slices.Sorted(maps.Keys(s.contacts)) {
				all = append(all, s.contacts[id].contact.clone())
			}
			return nil
		})
		if err != nil {
			yield(Contact{}, err)
			return
		}
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Delete implements [Store].
func (s *MemoryStore) Delete(ctx context.Context, id flywheel.CustomerID) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		if old, ok := s.contacts[id]; ok {
			undo(func() { s.put(old.contact) })
			s.remove(id)
		}
		return nil
	})
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor] for the database of the store.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}
