package credit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/keyedhash"
	"github.com/flywheel-go/flywheel/internal/memstore"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// MemoryStore is the [Store] that a program starts with. It is safe for concurrent
// use.
type MemoryStore struct {
	db       *flywheel.Memory
	secret   []byte
	accounts map[string]*account
}

// account is replaced with each change, its maps are not: they have undo.
type account struct {
	spendable map[money.Currency]int64
	moves     map[string]Move
	open      map[string]bool // keys of open holds
}

// NewMemory returns an empty store in db, whose transactions it joins, or in a
// database of its own when db is nil.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{db: db, secret: keyedhash.NewSecret(), accounts: map[string]*account{}}
}

var _ Store = (*MemoryStore)(nil)

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the store's database.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// find returns an account under its name or its forgotten one, nil for none.
func (s *MemoryStore) find(name string) *account {
	return s.accounts[s.kept(name)]
}

// kept is the name under which an account is kept.
func (s *MemoryStore) kept(name string) string {
	if s.accounts[name] == nil {
		if hash := keyedhash.Of(s.secret, name); s.accounts[hash] != nil {
			return hash
		}
	}
	return name
}

// Balance implements [Store].
func (s *MemoryStore) Balance(ctx context.Context, name string, currency money.Currency, at time.Time) (b Balance, err error) {
	err = s.db.View(ctx, func() error {
		a := s.find(name)
		if a == nil {
			return missing(name)
		}
		spendable, ok := a.spendable[currency]
		if !ok {
			return missing(name)
		}
		held := int64(0)
		for key := range a.open {
			m := a.moves[key]
			switch {
			case m.Amount.Currency() != currency:
			case at.Before(m.Until):
				held += m.Amount.Minor()
			default:
				spendable += m.Amount.Minor()
			}
		}
		b = Balance{Spendable: money.New(spendable, currency), Held: money.New(held, currency)}
		return nil
	})
	return b, err
}

func missing(name string) error {
	return fmt.Errorf("credit: account %q: %w", name, flywheel.ErrNotFound)
}

// errNothing ends a call that has nothing to change.
var errNothing = errors.New("credit: nothing new")

// Apply implements [Store].
func (s *MemoryStore) Apply(ctx context.Context, m Move) (Move, error) {
	m = m.Stored()
	err := s.db.Update(ctx, func(undo func(func())) error {
		name := s.kept(m.Account)
		m.Account = name
		a := s.accounts[name]
		if a == nil {
			if m.Kind != Grant {
				return missing(name)
			}
			a = &account{spendable: map[money.Currency]int64{}, moves: map[string]Move{}, open: map[string]bool{}}
			undo(func() { delete(s.accounts, name) })
			s.accounts[name] = a
		}
		currency := m.Amount.Currency()
		before, there := a.spendable[currency]
		if !there && m.Kind != Grant {
			return missing(name)
		}
		spendable := before
		for key := range a.open {
			if h := a.moves[key]; h.Amount.Currency() == currency && !m.At.Before(h.Until) {
				spendable += h.Amount.Minor()
				h.State, h.Settled = Expired, m.At
				a.put(h, undo)
			}
		}
		c, err := Decide(m, a.at(m.Key), a.at(m.Of), spendable)
		if err != nil {
			return err
		}
		if m = c.Move; c.Nothing {
			return errNothing // also of what has expired: nothing is changed
		}
		a.put(c.Move, undo)
		if c.Of != nil {
			a.put(*c.Of, undo)
		}
		a.set(currency, c.Spendable, undo)
		return nil
	})
	if err != nil && !errors.Is(err, errNothing) {
		return Move{}, err
	}
	return m, nil
}

func (a *account) at(key string) *Move {
	if m, ok := a.moves[key]; ok {
		return &m
	}
	return nil
}

// put writes a move and its place among the open holds.
func (a *account) put(m Move, undo func(func())) {
	before, had := a.moves[m.Key]
	undo(func() {
		if had {
			a.write(before)
		} else {
			delete(a.moves, m.Key)
			delete(a.open, m.Key)
		}
	})
	a.write(m)
}

func (a *account) write(m Move) {
	a.moves[m.Key] = m
	if m.Kind == Hold && m.State == Open {
		a.open[m.Key] = true
	} else {
		delete(a.open, m.Key)
	}
}

func (a *account) set(currency money.Currency, spendable int64, undo func(func())) {
	memstore.Set(a.spendable, currency, spendable, undo)
}

// Commit implements [Store].
func (s *MemoryStore) Commit(ctx context.Context, account, key string, at time.Time) (Move, error) {
	return s.settle(ctx, account, key, true, at)
}

// Release implements [Store].
func (s *MemoryStore) Release(ctx context.Context, account, key string, at time.Time) (Move, error) {
	return s.settle(ctx, account, key, false, at)
}

func (s *MemoryStore) settle(ctx context.Context, name, key string, commit bool, at time.Time) (after Move, err error) {
	err = s.db.Update(ctx, func(undo func(func())) error {
		m, err := s.move(name, key)
		if err != nil {
			return err
		}
		var give, nothing bool
		if after, give, nothing, err = Settle(m, commit, at.UTC().Truncate(time.Microsecond)); err != nil || nothing {
			return err
		}
		a := s.find(name)
		a.put(after, undo)
		if give {
			currency := after.Amount.Currency()
			a.set(currency, a.spendable[currency]+after.Amount.Minor(), undo)
		}
		return nil
	})
	if err != nil {
		return Move{}, err
	}
	return after, nil
}

func (s *MemoryStore) move(name, key string) (Move, error) {
	if a := s.find(name); a != nil {
		if m, ok := a.moves[key]; ok {
			return m, nil
		}
	}
	return Move{}, fmt.Errorf("credit: %q of account %q: %w", key, name, flywheel.ErrNotFound)
}

// Move implements [Store].
func (s *MemoryStore) Move(ctx context.Context, account, key string) (m Move, err error) {
	err = s.db.View(ctx, func() error {
		m, err = s.move(account, key)
		return err
	})
	return m, err
}

// Moves implements [Store].
func (s *MemoryStore) Moves(ctx context.Context, name string) iter.Seq2[Move, error] {
	return func(yield func(Move, error) bool) {
		var list []Move
		err := s.db.View(ctx, func() error {
			if a := s.find(name); a != nil {
				for _, m := range a.moves {
					list = append(list, m)
				}
			}
			return nil
		})
		slices.SortFunc(list, func(a, b Move) int { return cmp.Compare(a.Key, b.Key) })
		memstore.Yield(yield, list, err)
	}
}

// Forget implements [Store].
func (s *MemoryStore) Forget(ctx context.Context, name string) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		a := s.accounts[name]
		if a == nil {
			return nil
		}
		hash := keyedhash.Of(s.secret, name)
		for _, m := range a.moves {
			m.Account, m.Reason = hash, ""
			a.put(m, undo)
		}
		undo(func() {
			delete(s.accounts, hash)
			s.accounts[name] = a
		})
		delete(s.accounts, name)
		s.accounts[hash] = a
		return nil
	})
}
