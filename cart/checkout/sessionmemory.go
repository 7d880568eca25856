package checkout

import (
	"context"
	"fmt"
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
	keys     map[sessionKey]SessionID
	dues     due.Heap[SessionID]
}

type sessionKey struct{ owner, key string }

// NewMemory returns an empty store in db; nil stands for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{db: db, sessions: map[SessionID]*Session{}, open: map[cart.ID]SessionID{}, keys: map[sessionKey]SessionID{}}
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
	err := m.db.Update(ctx, func(undo func(func())) error {
		there, revision := m.sessions[s.ID], int64(0)
		if there != nil {
			revision = there.Revision
		}
		if s.Revision != revision {
			return ErrSessionStale
		}
		if other, taken := m.open[s.Cart]; s.Closed == "" && taken && other != s.ID {
			return ErrOpen
		}
		s.Revision++
		s = s.Normal()
		kept := s.Clone()
		undo(func() { m.put(s.ID, &kept, there) })
		m.put(s.ID, there, &kept)
		return nil
	})
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// put replaces a stored session by another; nil stands for none.
func (m *MemoryStore) put(id SessionID, before, after *Session) {
	if before != nil && m.open[before.Cart] == id {
		delete(m.open, before.Cart)
	}
	if after == nil {
		delete(m.sessions, id)
		m.dues.Set(id, time.Time{})
		return
	}
	m.sessions[id] = after
	if after.Closed == "" {
		m.open[after.Cart] = id
	}
	m.dues.Set(id, after.Due)
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

// ClaimKey implements [SessionStore].
func (m *MemoryStore) ClaimKey(ctx context.Context, owner, key string, of SessionID) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		k := sessionKey{owner, key}
		switch there, taken := m.keys[k]; {
		case taken && there != of:
			return ErrKeyTaken
		case !taken:
			undo(func() { delete(m.keys, k) })
			m.keys[k] = of
		}
		return nil
	})
}

// FreeKey implements [SessionStore].
func (m *MemoryStore) FreeKey(ctx context.Context, owner, key string, of SessionID) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		k := sessionKey{owner, key}
		if there, taken := m.keys[k]; taken && there == of {
			undo(func() { m.keys[k] = of })
			delete(m.keys, k)
		}
		return nil
	})
}

// Forget implements [SessionStore].
func (m *MemoryStore) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for id, there := range m.sessions {
			if there.Customer == customer {
				undo(func() { m.put(id, nil, there) })
				m.put(id, there, nil)
			}
		}
		owner := "customer/" + string(customer)
		for k, of := range m.keys {
			if k.owner == owner {
				undo(func() { m.keys[k] = of })
				delete(m.keys, k)
			}
		}
		return nil
	})
}
