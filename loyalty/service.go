package loyalty

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Options configures a [Service]. Nil and zero fields mean the defaults.
type Options struct {
	// Program is the rules; the zero Program by default.
	Program Program
	// Category returns the category of a SKU for [Earning.Bonus].
	Category func(flywheel.SKU) string
	// Now is the clock of operations without a time, time.Now by default.
	// Events carry their own time.
	Now func() time.Time
	// Sink is told of each change as [flywheel.EventPointsEarned],
	// [flywheel.EventPointsBurned], [flywheel.EventPointsReversed] and
	// [flywheel.EventTierChanged]; [flywheel.Discard] by default.
	Sink flywheel.Sink
	// Tx makes a change and telling of it one. The store itself is the default
	// where it is a Transactor; without one a change whose telling fails is
	// told when it is repeated with the same key.
	Tx flywheel.Transactor
}

// Service keeps the points of members. It is safe for concurrent use. As a
// [flywheel.Sink] it earns on purchases and takes back on refunds, driven by the
// time of the events alone.
type Service struct {
	ledger   *Ledger
	store    Store
	category func(flywheel.SKU) string
	now      func() time.Time
	sink     flywheel.Sink
	tx       flywheel.Transactor
}

// New returns a service. A nil store is a fresh memory store. The error is a
// [*ProgramError].
func New(store Store, opts *Options) (*Service, error) {
	if opts == nil {
		opts = &Options{}
	}
	ledger, err := NewLedger(opts.Program)
	if err != nil {
		return nil, err
	}
	if store == nil {
		store = NewMemory(nil)
	}
	s := &Service{ledger: ledger, store: store, category: opts.Category, now: opts.Now, sink: opts.Sink, tx: opts.Tx}
	if s.category == nil {
		s.category = func(flywheel.SKU) string { return "" }
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.sink == nil {
		s.sink = flywheel.Discard
	}
	if s.tx == nil {
		s.tx, _ = store.(flywheel.Transactor)
	}
	return s, nil
}

// Ledger returns the compiled program.
func (s *Service) Ledger() *Ledger { return s.ledger }

// Apply makes one change and returns its receipt. A repeated key answers with
// the receipt, or the refusal, of the first time; see [Ledger.Apply] for the
// errors. A zero At is now.
func (s *Service) Apply(ctx context.Context, op Operation) (Receipt, error) {
	if op.At.IsZero() {
		op.At = s.now()
	}
	if err := op.validate(); err != nil {
		return Receipt{}, err
	}
	return s.change(ctx, op.Member, op.Key, op.Of, func(*Account) (Operation, bool, error) { return op, true, nil })
}

// Burn spends points. It is [Service.Apply] of the most frequent change.
func (s *Service) Burn(ctx context.Context, member flywheel.CustomerID, key string, points int64) (Receipt, error) {
	return s.Apply(ctx, Operation{Member: member, Key: key, Kind: Burn, Points: points})
}

// attempts is how often a change is computed anew on an account that others
// change at the same time.
const attempts = 100

// change loads an account with what key and of name, decides the operation,
// applies and saves it and tells of it. decide reports false when there is
// nothing to do.
func (s *Service) change(
	ctx context.Context, member flywheel.CustomerID, key, of string,
	decide func(a *Account) (Operation, bool, error),
) (receipt Receipt, err error) {
	for range attempts {
		var refusal error
		err = s.inTx(ctx, func(ctx context.Context) error {
			a, err := s.load(ctx, member, key, of)
			if err != nil {
				return err
			}
			op, ok, err := decide(&a)
			if err != nil || !ok {
				return err
			}
			var replayed bool
			receipt, replayed, err = s.ledger.apply(&a, op)
			if err != nil && receipt.Outcome.Refusal == "" {
				return err
			}
			refusal = err
			if !replayed {
				if err := s.store.Save(ctx, a); err != nil {
					return err
				}
			}
			return s.sink.Publish(ctx, receipt.events()...)
		})
		if err == nil {
			return receipt, refusal
		}
		if !errors.Is(err, ErrStale) {
			return Receipt{}, err
		}
	}
	return Receipt{}, err
}

// load reads an account with everything that an operation of key, reversing of,
// concerns.
func (s *Service) load(ctx context.Context, member flywheel.CustomerID, key, of string) (Account, error) {
	keys := make([]string, 0, 2)
	keys = append(keys, key)
	if of != "" {
		keys = append(keys, of)
	}
	a, err := s.store.Account(ctx, member, keys...)
	if err != nil || of == "" {
		return a, err
	}
	burn := a.receipt(of)
	if burn == nil || burn.Kind != Burn {
		return a, nil
	}
	// The lots that it took from, and those that have given them back since.
	for _, part := range burn.Outcome.From {
		keys = append(keys, part.Lot, strings.TrimRight(part.Lot, "'"))
	}
	return s.store.Account(ctx, member, keys...)
}

// Advance applies to a member what time alone brings about up to an instant:
// activations, expiries and a lower tier. Balances and standings need no
// Advance; it books what is due and tells of the tier, for instance every night
// for all [Service.Members]. Without a transactor a tier whose telling fails is
// not told again.
func (s *Service) Advance(ctx context.Context, member flywheel.CustomerID, at time.Time) error {
	at = at.UTC().Truncate(time.Microsecond)
	var err error
	for range attempts {
		err = s.inTx(ctx, func(ctx context.Context) error {
			a, err := s.store.Account(ctx, member)
			if err != nil || a.Version == 0 || !at.After(a.Settled) {
				return err
			}
			s.ledger.settle(&a, at)
			from, to := s.ledger.regrade(&a, at)
			if len(a.Entries) == 0 && to == "" {
				return nil
			}
			if err := s.store.Save(ctx, a); err != nil || to == "" {
				return err
			}
			return s.sink.Publish(ctx, tierChanged(member, at.Format(time.RFC3339Nano), at, from, to))
		})
		if !errors.Is(err, ErrStale) {
			break
		}
	}
	return err
}

func (s *Service) inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.tx == nil {
		return fn(ctx)
	}
	return s.tx.InTx(ctx, fn)
}

// Balance returns a member's points now; one never heard of has none.
func (s *Service) Balance(ctx context.Context, member flywheel.CustomerID) (Balance, error) {
	return s.BalanceAt(ctx, member, s.now())
}

// BalanceAt returns a member's points at an instant from the last change on,
// with the activations and expiries until then.
func (s *Service) BalanceAt(ctx context.Context, member flywheel.CustomerID, at time.Time) (Balance, error) {
	a, err := s.store.Account(ctx, member)
	if err != nil {
		return Balance{}, err
	}
	return s.ledger.Balance(a, at), nil
}

// Standing returns a member's tier now.
func (s *Service) Standing(ctx context.Context, member flywheel.CustomerID) (Standing, error) {
	return s.StandingAt(ctx, member, s.now())
}

// StandingAt returns a member's tier at an instant from the last change on.
func (s *Service) StandingAt(ctx context.Context, member flywheel.CustomerID, at time.Time) (Standing, error) {
	a, err := s.store.Account(ctx, member)
	if err != nil {
		return Standing{}, err
	}
	return s.ledger.Standing(a.Activity, at), nil
}

// Receipts yields what a member's operations did, oldest first.
func (s *Service) Receipts(ctx context.Context, member flywheel.CustomerID) iter.Seq2[Receipt, error] {
	return s.store.Receipts(ctx, member)
}

// Entries yields a member's bookings, oldest first. What is due but has not been
// settled yet is not among them; see [Service.Advance].
func (s *Service) Entries(ctx context.Context, member flywheel.CustomerID) iter.Seq2[Entry, error] {
	return s.store.Entries(ctx, member)
}

// Members yields all members, ordered.
func (s *Service) Members(ctx context.Context) iter.Seq2[flywheel.CustomerID, error] {
	return s.store.Members(ctx)
}
