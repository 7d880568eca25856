package credit

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Options configure a [Service]; nil and zero fields are the defaults.
type Options struct {
	// Now is the clock, time.Now by default.
	Now func() time.Time
}

// Service keeps the store credit of customers. It is safe for concurrent use, and
// fits payment.Balance: an account is named as its customer. Calls that are made for an
// actor (flywheel.WithActor) answer for another's account as if it were not there.
type Service struct {
	store Store
	now   func() time.Time
}

// New returns a service on store, a new [MemoryStore] when it is nil. It does no
// I/O.
func New(store Store, opts *Options) (*Service, error) {
	s := &Service{store: store, now: time.Now}
	if store == nil {
		s.store = NewMemory(nil)
	}
	if opts != nil && opts.Now != nil {
		s.now = opts.Now
	}
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Grant adds an amount to an account, and opens it where it is not there. The key
// makes it once.
func (s *Service) Grant(ctx context.Context, account, key string, amount money.Amount, reason string) error {
	return s.apply(ctx, Move{Account: account, Key: key, Kind: Grant, Amount: amount, Reason: reason})
}

// Spendable implements payment.Balance. An account that was never granted anything
// in the currency is an error matching flywheel.ErrNotFound.
func (s *Service) Spendable(ctx context.Context, account string, currency money.Currency) (money.Amount, error) {
	b, err := s.Balance(ctx, account, currency)
	return b.Spendable, err
}

// Held implements payment.Balance.
func (s *Service) Held(ctx context.Context, account string, currency money.Currency) (money.Amount, error) {
	b, err := s.Balance(ctx, account, currency)
	return b.Held, err
}

// Balance returns what an account has now in a currency.
func (s *Service) Balance(ctx context.Context, account string, currency money.Currency) (Balance, error) {
	if !own(ctx, account) {
		return Balance{}, missing(account)
	}
	b, err := s.store.Balance(ctx, account, currency, s.now())
	if errors.Is(err, flywheel.ErrNotFound) {
		return Balance{}, missing(account)
	}
	return b, err
}

// own reports whether calls of ctx may see an account.
func own(ctx context.Context, account string) bool {
	return flywheel.Allowed(ctx, flywheel.CustomerID(account), "")
}

// Hold implements payment.Balance: it takes an amount aside until a time. More than
// is spendable is an [*InsufficientError].
func (s *Service) Hold(ctx context.Context, account, ref string, amount money.Amount, until time.Time) error {
	return s.apply(ctx, Move{Account: account, Key: ref, Kind: Hold, Amount: amount, Until: until})
}

// Commit implements payment.Balance: it spends what is held. Call it in the
// transaction that records the order, of which it is one statement.
func (s *Service) Commit(ctx context.Context, account, ref string) error {
	if !own(ctx, account) {
		return missing(account)
	}
	_, err := s.store.Commit(ctx, account, ref, s.now())
	return err
}

// Release implements payment.Balance: it gives back what is held.
func (s *Service) Release(ctx context.Context, account, ref string) error {
	if !own(ctx, account) {
		return nil // as of one that is not there
	}
	_, err := s.store.Release(ctx, account, ref, s.now())
	if errors.Is(err, flywheel.ErrNotFound) {
		return nil
	}
	return err
}

// GiveBack implements payment.Balance: it returns a part of what a hold has spent.
// More than is left of it matches [ErrExceeds].
func (s *Service) GiveBack(ctx context.Context, account, key, ref string, amount money.Amount) error {
	return s.apply(ctx, Move{Account: account, Key: key, Kind: Return, Amount: amount, Of: ref})
}

// Moves yields the moves of an account by their keys. An error is yielded once,
// last.
func (s *Service) Moves(ctx context.Context, account string) iter.Seq2[Move, error] {
	if !own(ctx, account) {
		return func(func(Move, error) bool) {} // as of one that is not there
	}
	return s.store.Moves(ctx, account)
}

// Forget blanks what says whose an account is; see [Store].
func (s *Service) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return s.store.Forget(ctx, string(customer))
}

func (s *Service) apply(ctx context.Context, m Move) error {
	m.At = s.now()
	m = m.Stored()
	if err := m.Check(); err != nil {
		return err
	}
	if !own(ctx, m.Account) {
		return missing(m.Account)
	}
	_, err := s.store.Apply(ctx, m)
	if m.Kind == Hold && errors.Is(err, flywheel.ErrNotFound) {
		return missing(m.Account)
	}
	return err
}
