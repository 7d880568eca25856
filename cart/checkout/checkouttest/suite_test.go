package checkouttest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) checkout.SessionStore { return checkout.NewMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with some of its methods replaced.
type faulty struct {
	*checkout.MemoryStore
	session func(ctx context.Context, id checkout.SessionID) (checkout.Session, error)
	open    func(ctx context.Context, of cart.ID) (checkout.Session, error)
	save    func(ctx context.Context, s checkout.Session) (checkout.Session, error)
	holder  func(ctx context.Context, owner, key string) (checkout.SessionID, error)
	due     func(ctx context.Context, at time.Time, limit int) ([]checkout.Session, error)
	pending func(ctx context.Context, after checkout.SessionID, limit int) ([]checkout.Session, error)
	forget  func(ctx context.Context, customer flywheel.CustomerID) error
}

func (f *faulty) Session(ctx context.Context, id checkout.SessionID) (checkout.Session, error) {
	if f.session != nil {
		return f.session(ctx, id)
	}
	return f.MemoryStore.Session(ctx, id)
}

func (f *faulty) OpenSession(ctx context.Context, of cart.ID) (checkout.Session, error) {
	if f.open != nil {
		return f.open(ctx, of)
	}
	return f.MemoryStore.OpenSession(ctx, of)
}

func (f *faulty) SaveSession(ctx context.Context, s checkout.Session) (checkout.Session, error) {
	if f.save != nil {
		return f.save(ctx, s)
	}
	return f.MemoryStore.SaveSession(ctx, s)
}

func (f *faulty) KeyHolder(ctx context.Context, owner, key string) (checkout.SessionID, error) {
	if f.holder != nil {
		return f.holder(ctx, owner, key)
	}
	return f.MemoryStore.KeyHolder(ctx, owner, key)
}

func (f *faulty) DueSessions(ctx context.Context, at time.Time, limit int) ([]checkout.Session, error) {
	if f.due != nil {
		return f.due(ctx, at, limit)
	}
	return f.MemoryStore.DueSessions(ctx, at, limit)
}

func (f *faulty) PendingSessions(ctx context.Context, after checkout.SessionID, limit int) ([]checkout.Session, error) {
	if f.pending != nil {
		return f.pending(ctx, after, limit)
	}
	return f.MemoryStore.PendingSessions(ctx, after, limit)
}

func (f *faulty) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if f.forget != nil {
		return f.forget(ctx, customer)
	}
	return f.MemoryStore.Forget(ctx, customer)
}

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	for _, c := range []struct {
		name, caughtBy string
		spoil          func(f *faulty, m *checkout.MemoryStore)
	}{
		{"forgets the try", "save/whole", func(f *faulty, m *checkout.MemoryStore) {
			f.save = func(ctx context.Context, s checkout.Session) (checkout.Session, error) {
				s.Try = nil
				return m.SaveSession(ctx, s)
			}
		}},
		{"does not count", "save/whole", func(f *faulty, m *checkout.MemoryStore) {
			f.save = func(ctx context.Context, s checkout.Session) (checkout.Session, error) {
				saved, err := m.SaveSession(ctx, s)
				saved.Revision = 1
				return saved, err
			}
		}},
		{"overwrites what is newer", "save/stale-revision", func(f *faulty, m *checkout.MemoryStore) {
			f.save = func(ctx context.Context, s checkout.Session) (checkout.Session, error) {
				if there, err := m.Session(ctx, s.ID); err == nil {
					s.Revision = there.Revision
				}
				return m.SaveSession(ctx, s)
			}
		}},
		{"adds what has a revision", "save/stale-revision", func(f *faulty, m *checkout.MemoryStore) {
			f.save = func(ctx context.Context, s checkout.Session) (checkout.Session, error) {
				if _, err := m.Session(ctx, s.ID); err != nil {
					s.Revision = 0
				}
				return m.SaveSession(ctx, s)
			}
		}},
		{"opens a second session", "save/one-open", func(f *faulty, m *checkout.MemoryStore) {
			f.save = func(ctx context.Context, s checkout.Session) (checkout.Session, error) {
				saved, err := m.SaveSession(ctx, s)
				if err == checkout.ErrOpen {
					return s, nil
				}
				return saved, err
			}
		}},
		{"takes a key twice", "save/key", func(f *faulty, m *checkout.MemoryStore) {
			f.save = func(ctx context.Context, s checkout.Session) (checkout.Session, error) {
				saved, err := m.SaveSession(ctx, s)
				if err == checkout.ErrKeyTaken {
					return s, nil
				}
				return saved, err
			}
		}},
		{"mixes up owners", "save/key", func(f *faulty, m *checkout.MemoryStore) {
			f.save = func(ctx context.Context, s checkout.Session) (checkout.Session, error) {
				s.Claim.Owner = "all"
				return m.SaveSession(ctx, s)
			}
			f.holder = func(ctx context.Context, _, key string) (checkout.SessionID, error) {
				return m.KeyHolder(ctx, "all", key)
			}
		}},
		{"finds closed sessions", "find/missing", func(f *faulty, m *checkout.MemoryStore) {
			f.open = func(ctx context.Context, of cart.ID) (checkout.Session, error) {
				s, err := m.OpenSession(ctx, of)
				if err != nil {
					return s, nil
				}
				return s, err
			}
		}},
		{"folds case", "find/texts", func(f *faulty, m *checkout.MemoryStore) {
			f.open = func(ctx context.Context, of cart.ID) (checkout.Session, error) {
				if s, err := m.OpenSession(ctx, cart.ID(strings.ToLower(string(of)))); err == nil {
					return s, nil
				}
				return m.OpenSession(ctx, of)
			}
		}},
		{"returns what is not due", "find/due", func(f *faulty, m *checkout.MemoryStore) {
			f.due = func(ctx context.Context, at time.Time, limit int) ([]checkout.Session, error) {
				return m.DueSessions(ctx, at.Add(time.Hour), limit)
			}
		}},
		{"ignores the limit", "find/due", func(f *faulty, m *checkout.MemoryStore) {
			f.due = func(ctx context.Context, at time.Time, _ int) ([]checkout.Session, error) {
				return m.DueSessions(ctx, at, 99)
			}
		}},
		{"begins at the first again", "find/pending", func(f *faulty, m *checkout.MemoryStore) {
			f.pending = func(ctx context.Context, _ checkout.SessionID, limit int) ([]checkout.Session, error) {
				return m.PendingSessions(ctx, "", limit)
			}
		}},
		{"forgets nobody", "find/forget", func(f *faulty, m *checkout.MemoryStore) {
			f.forget = func(context.Context, flywheel.CustomerID) error { return nil }
		}},
		{"forgets another with anybody", "find/forget", func(f *faulty, m *checkout.MemoryStore) {
			f.forget = func(ctx context.Context, c flywheel.CustomerID) error {
				_ = m.Forget(ctx, "ben")
				return m.Forget(ctx, c)
			}
		}},
		{"goes on after the end of ctx", "find/canceled", func(f *faulty, m *checkout.MemoryStore) {
			f.session = func(ctx context.Context, id checkout.SessionID) (checkout.Session, error) {
				return m.Session(context.WithoutCancel(ctx), id)
			}
		}},
		{"saves outside of the transaction", "transaction/rollback", func(f *faulty, m *checkout.MemoryStore) {
			outside := checkout.NewMemory(nil)
			f.save = func(ctx context.Context, s checkout.Session) (checkout.Session, error) {
				return outside.SaveSession(context.Background(), s)
			}
			f.session = func(ctx context.Context, id checkout.SessionID) (checkout.Session, error) {
				return outside.Session(context.Background(), id)
			}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() checkout.SessionStore {
			m := checkout.NewMemory(nil)
			f := &faulty{MemoryStore: m}
			c.spoil(f, m)
			return f
		})
	}
}

func TestFailing(t *testing.T) {
	fresh := func() checkout.SessionStore {
		m := checkout.NewMemory(nil)
		require.NoError(t, (&world{SessionStore: m}).save(sample("s")))
		return m
	}
	suite.Fails(t, Failing, fresh, map[string]func(s checkout.SessionStore) error{
		"Session":         func(s checkout.SessionStore) error { return suite.Err(s.Session(ctx, "s")) },
		"OpenSession":     func(s checkout.SessionStore) error { return suite.Err(s.OpenSession(ctx, "cart-s")) },
		"SaveSession":     func(s checkout.SessionStore) error { return suite.Err(s.SaveSession(ctx, sample("t"))) },
		"KeyHolder":       func(s checkout.SessionStore) error { return suite.Err(s.KeyHolder(ctx, "customer/anna", "key-s")) },
		"DueSessions":     func(s checkout.SessionStore) error { return suite.Err(s.DueSessions(ctx, start, 1)) },
		"PendingSessions": func(s checkout.SessionStore) error { return suite.Err(s.PendingSessions(ctx, "", 1)) },
		"Forget":          func(s checkout.SessionStore) error { return s.Forget(ctx, "anna") },
	}, func(s checkout.SessionStore) (any, error) { return s.PendingSessions(ctx, "", 9) })
}
