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
	contacts map[flywheel.CustomerID]Contact
	due      dueIndex
}

// NewMemory returns an empty store in db, nil for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{db: db, contacts: map[flywheel.CustomerID]Contact{}, due: dueIndex{place: map[flywheel.CustomerID]int{}}}
}

// Get implements [Store].
func (s *MemoryStore) Get(ctx context.Context, id flywheel.CustomerID) (c Contact, err error) {
	err = s.db.View(ctx, func() error {
		found, ok := s.contacts[id]
		if !ok {
			return fmt.Errorf("campaign: contact %q: %w", string(id), flywheel.ErrNotFound)
		}
		c = found.clone()
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
		old, existed := s.contacts[c.ID]
		if old.Version != c.Version {
			return fmt.Errorf("campaign: contact %q: version %d is not the stored %d: %w", string(c.ID), c.Version, old.Version, flywheel.ErrConflict)
		}
		undo(func() {
			if existed {
				s.put(old)
			} else {
				s.remove(c.ID)
			}
		})
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
	s.contacts[c.ID] = c
	s.due.set(c.ID, c.Due())
}

func (s *MemoryStore) remove(id flywheel.CustomerID) {
	delete(s.contacts, id)
	s.due.set(id, time.Time{})
}

// Due implements [Store].
func (s *MemoryStore) Due(ctx context.Context, before time.Time) (id flywheel.CustomerID, err error) {
	err = s.db.View(ctx, func() error {
		if len(s.due.heap) > 0 && s.due.heap[0].at.Before(before) {
			id = s.due.heap[0].id
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
				all = append(all, s.contacts[id].clone())
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
			undo(func() { s.put(old) })
			s.remove(id)
		}
		return nil
	})
}

// InTx implements [flywheel.Transactor] for the database of the store.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}
