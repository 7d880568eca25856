package checkout

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/internal/due"
)

// MemoryStore is a [SessionStore] in memory.
type MemoryStore struct {
	db       *flywheel.Memory
	sessions map[SessionID]*Session // a stored session is never changed, only replaced
	open     map[cart.ID]SessionID
	keys     map[Claim]SessionID
	pending  map[SessionID]bool
	dues     due.Heap[SessionID]
}

// NewMemory returns an empty store in db; nil stands for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{
		db: db, sessions: map[SessionID]*Session{}, open: map[cart.ID]SessionID{}, keys: map[Claim]SessionID{}, pending: map[SessionID]bool{},
	}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (m *MemoryStore) Handle() flywheel.Transactor { return m.db }

// InTx implements [flywheel.Transactor] with the store's database.
func (m *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return m.db.InTx(ctx, fn)
}

// Session implements [SessionStore].
func (m *MemoryStore) Session(ctx context.Context, id SessionID) (s Session, err error) {
	err = m.db.View(ctx, func() error {
		there, known := m.sessions[id]
		if !known {
			return fmt.Errorf("checkout: session %q: %w", id, flywheel.ErrNotFound)
		}
		s = there.Clone()
		return nil
	})
	return s, err
}

// shared is Session without a copy of its own: for Sessions, which replaces the parts of
// a session and changes none of them, and copies what it hands out.
func (m *MemoryStore) shared(ctx context.Context, id SessionID) (s Session, err error) {
	err = m.db.View(ctx, func() error {
		there, known := m.sessions[id]
		if !known {
			return fmt.Errorf("checkout: session %q: %w", id, flywheel.ErrNotFound)
		}
		s = *there
		return nil
	})
	s.Loose = slices.Clip(s.Loose)
	return s, err
}

// OpenSession implements [SessionStore].
func (m *MemoryStore) OpenSession(ctx context.Context, of cart.ID) (s Session, err error) {
	err = m.db.View(ctx, func() error {
		id, known := m.open[of]
		if !known {
			return fmt.Errorf("checkout: open session of cart %q: %w", of, flywheel.ErrNotFound)
		}
		s = m.sessions[id].Clone()
		return nil
	})
	return s, err
}

// SaveSession implements [SessionStore].
func (m *MemoryStore) SaveSession(ctx context.Context, s Session) (Session, error) {
	return m.save(ctx, s, false)
}

// save is SaveSession, of a session whose order, and what that needs, nobody else changes
// or hands out if these are the store's to keep.
func (m *MemoryStore) save(ctx context.Context, s Session, tryKept bool) (Session, error) {
	s = s.Normal()
	kept := new(Session)
	*kept = s
	err := m.db.Update(ctx, func(undo func(func())) error {
		there, revision := m.sessions[kept.ID], int64(0)
		if there != nil {
			revision = there.Revision
		}
		if kept.Revision != revision {
			return ErrSessionStale
		}
		if other, taken := m.open[kept.Cart]; kept.Closed == "" && taken && other != kept.ID {
			return ErrOpen
		}
		if kept.Claim != (Claim{}) {
			if other, taken := m.keys[kept.Claim]; taken && other != kept.ID {
				return ErrKeyTaken
			}
		}
		kept.Revision++
		kept.own(there, tryKept)
		undo(func() { m.put(kept.ID, kept, there) })
		m.put(kept.ID, there, kept)
		return nil
	})
	if err != nil {
		return Session{}, err
	}
	s.Revision++
	return s, nil
}

// put replaces a stored session by another; nil stands for none.
func (m *MemoryStore) put(id SessionID, before, after *Session) {
	was, is := indexOf(before), indexOf(after)
	if was.open != is.open {
		if was.open != "" && m.open[was.open] == id {
			delete(m.open, was.open)
		}
		if is.open != "" {
			m.open[is.open] = id
		}
	}
	if was.claim != is.claim {
		if was.claim != (Claim{}) && m.keys[was.claim] == id {
			delete(m.keys, was.claim)
		}
		if is.claim != (Claim{}) {
			m.keys[is.claim] = id
		}
	}
	if was.pending != is.pending {
		if delete(m.pending, id); is.pending {
			m.pending[id] = true
		}
	}
	if !was.due.Equal(is.due) {
		m.dues.Set(id, is.due)
	}
	if after == nil {
		delete(m.sessions, id)
	} else {
		m.sessions[id] = after
	}
}

// index is what a session is found by.
type index struct {
	open    cart.ID
	claim   Claim
	pending bool
	due     time.Time
}

func indexOf(s *Session) (i index) {
	if s == nil {
		return i
	}
	if s.Closed == "" {
		i.open = s.Cart
	}
	i.claim, i.pending, i.due = s.Claim, s.Pending(), s.Due
	return i
}

// DueSessions implements [SessionStore].
func (m *MemoryStore) DueSessions(ctx context.Context, at time.Time, limit int) (list []Session, err error) {
	err = m.db.View(ctx, func() error {
		for _, id := range m.dues.Claim(at, limit, nil) {
			list = append(list, m.sessions[id].Clone())
		}
		return nil
	})
	return list, err
}

// KeyHolder implements [SessionStore].
func (m *MemoryStore) KeyHolder(ctx context.Context, owner, key string) (id SessionID, err error) {
	err = m.db.View(ctx, func() error {
		var taken bool
		if id, taken = m.keys[Claim{owner, key}]; !taken {
			return fmt.Errorf("checkout: key %q: %w", key, flywheel.ErrNotFound)
		}
		return nil
	})
	return id, err
}

// PendingSessions implements [SessionStore].
func (m *MemoryStore) PendingSessions(ctx context.Context, after SessionID, limit int) (list []Session, err error) {
	err = m.db.View(ctx, func() error {
		for id := range m.pending {
			if id > after {
				list = append(list, m.sessions[id].Clone())
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Session) int { return cmp.Compare(a.ID, b.ID) })
	return list[:min(limit, len(list))], err
}

// Forget implements [SessionStore].
func (m *MemoryStore) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for id, there := range m.sessions {
			if customer != "" && there.Customer == customer {
				undo(func() { m.put(id, nil, there) })
				m.put(id, there, nil)
			}
		}
		return nil
	})
}
