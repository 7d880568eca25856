package loyalty

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/told"
)

// Options configures a [Service]. Nil and zero fields mean the defaults.
type Options struct {
	// Programs are the rules, each from its From on. Where they differ from those
	// that the store keeps, the first call that changes something records them;
	// they hold for what is received from then on. Nil is what the store keeps,
	// the zero Program for an empty store. Where processes of different builds
	// share a store, leave it nil and call [Service.SetPrograms].
	Programs []Program
	// Category returns the category of a SKU for [Earning.Bonus].
	Category func(flywheel.SKU) string
	// Hold is how long [Service.Hold] keeps points; 30 minutes by default.
	Hold time.Duration
	// Now is the clock of operations without a time, of holds and of recorded
	// programs, time.Now by default. Entries of the log carry their own times.
	Now func() time.Time
	// Sink receives each change as [flywheel.EventPointsEarned],
	// [flywheel.EventPointsBurned], [flywheel.EventPointsReversed] and
	// [flywheel.EventTierChanged]; nil is nobody. It is the log that the service
	// consumes, so that a rebuild finds the operations there. Of the same database
	// it is part of the change; else it gets them right after COMMIT, and by
	// [Service.Deliver] what it refused then.
	Sink flywheel.Sink
	// Tx makes a change and its events one. The store itself is the default where
	// it is a Transactor.
	Tx flywheel.Transactor
}

// Service keeps the points of members. It is safe for concurrent use. As a
// [flywheel.Consumer] it earns on purchases and takes back on refunds and edits.
type Service struct {
	store      Store
	lists      ProgramStore
	configured []Program    // nil: what the store keeps
	base       atomic.Int64 // one more than the number of the list found first
	known      atomic.Pointer[calendar]
	category   func(flywheel.SKU) string
	hold       time.Duration
	now        func() time.Time
	teller     told.Teller
	tx         flywheel.Transactor
}

// New returns a service. A nil store is a fresh memory store. It does no I/O. The
// error is a [*ProgramError].
func New(store Store, opts *Options) (*Service, error) {
	if opts == nil {
		opts = &Options{}
	}
	if opts.Programs != nil {
		if _, err := compileList(opts.Programs); err != nil {
			return nil, err
		}
	}
	if opts.Hold < 0 {
		return nil, &flywheel.FieldError{Field: "hold", Err: fmt.Errorf("%v is negative: %w", opts.Hold, flywheel.ErrOutOfRange)}
	}
	if store == nil {
		store = NewMemory(nil)
	}
	s := &Service{
		store: store, configured: opts.Programs, category: opts.Category, hold: opts.Hold, now: opts.Now, tx: opts.Tx,
	}
	s.known.Store(&calendar{})
	if s.category == nil {
		s.category = func(flywheel.SKU) string { return "" }
	}
	if s.hold == 0 {
		s.hold = 30 * time.Minute
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.teller = told.New(store, opts.Sink)
	if s.tx == nil {
		s.tx = handle.Of(store)
	}
	if s.tx == nil {
		s.tx, _ = store.(flywheel.Transactor)
	}
	if s.lists, _ = store.(ProgramStore); s.lists == nil {
		s.lists = NewMemory(nil)
	}
	return s, nil
}

// Handle returns the database of the store, nil where it names none: the place of
// the cursor of this consumer.
func (s *Service) Handle() flywheel.Transactor {
	if own := handle.Of(s.store); own != nil {
		return own
	}
	return s.tx
}

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
	var receipt Receipt
	err := s.change(ctx, op.Member, op.At, needOf(op), func(t *turn) (events []flywheel.Event, save bool, err error) {
		if err := t.loadReversed(op); err != nil {
			return nil, false, err
		}
		var replayed bool
		receipt, replayed, err = t.ledger.apply(&t.account, op, false)
		if err != nil && receipt.Outcome.Refusal == "" {
			return nil, false, err
		}
		return receipt.events(), !replayed, nil
	})
	if err != nil {
		return Receipt{}, err
	}
	return receipt, receipt.err()
}

// Reward gives points to members that can be spent from an instant on, each once for a
// key, such as to both sides of a referral. One member who cannot get them does not hold
// up the others; called again with the same it gives what is missing.
func (s *Service) Reward(ctx context.Context, key string, points int64, from time.Time, members ...flywheel.CustomerID) error {
	var errs []error
	for _, member := range members {
		_, err := s.Apply(ctx, Operation{Member: member, Key: key, Kind: Earn, Points: points, At: s.now(), AvailableAt: stamp(from)})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Burn spends points: at most the spendable ones less the debt. It is
// [Service.Apply] of the most frequent change.
func (s *Service) Burn(ctx context.Context, member flywheel.CustomerID, key string, points int64) (Receipt, error) {
	return s.Apply(ctx, Operation{Member: member, Key: key, Kind: Burn, Points: points, Covered: true})
}

// Hold keeps points for an order that is not paid yet, for Options.Hold; see
// [Ledger.Hold]. Call it before the payment is authorized.
func (s *Service) Hold(ctx context.Context, member flywheel.CustomerID, key string, points int64) error {
	return s.HoldUntil(ctx, member, key, points, s.now().Add(s.hold))
}

// Commit spends the points of a hold; see [Ledger.CommitHold]. Call it in the
// transaction that records the order.
func (s *Service) Commit(ctx context.Context, member flywheel.CustomerID, key string) error {
	now := s.now()
	return s.change(ctx, member, now, Need{Keys: []string{key}}, func(t *turn) ([]flywheel.Event, bool, error) {
		if h := t.account.hold(key); h != nil && h.State == HoldOpen && len(h.From) == 0 {
			if err := t.load(Need{All: true}); err != nil {
				return nil, false, err
			}
		}
		receipt, replayed, err := t.ledger.commitHold(&t.account, key, now)
		if err != nil {
			return nil, false, err
		}
		return receipt.events(), !replayed, nil
	})
}

// Release gives the points of a hold back; see [Ledger.ReleaseHold].
func (s *Service) Release(ctx context.Context, member flywheel.CustomerID, key string) error {
	now := s.now()
	return s.change(ctx, member, now, Need{Keys: []string{key}}, func(t *turn) ([]flywheel.Event, bool, error) {
		if h := t.account.hold(key); h != nil && h.State == HoldOpen && len(h.From) > 0 {
			if err := t.load(Need{Keys: lotsOf(h.From)}); err != nil {
				return nil, false, err
			}
		}
		return nil, true, t.ledger.releaseHold(&t.account, key, now)
	})
}

// Settle applies to a member what time alone causes up to an instant, as
// [Service.Advance] does for all.
func (s *Service) Settle(ctx context.Context, member flywheel.CustomerID, at time.Time) error {
	return s.change(ctx, member, at, Need{}, func(t *turn) ([]flywheel.Event, bool, error) {
		if t.account.Version == 0 || !at.After(t.account.Settled) {
			return nil, false, nil
		}
		return t.ledger.advance(&t.account, at), true, nil
	})
}

// advance settles an account and returns the event of a lower tier.
func (l *Ledger) advance(a *Account, at time.Time) []flywheel.Event {
	at = at.UTC().Truncate(time.Microsecond)
	l.settle(a, at)
	if from, to := l.regrade(a, a.Settled); to != "" {
		return []flywheel.Event{tierChanged(a.Member, a.Settled.Format(time.RFC3339Nano), a.Settled, from, to)}
	}
	return nil
}

// Balance returns a member's points now; one never heard of has none.
func (s *Service) Balance(ctx context.Context, member flywheel.CustomerID) (Balance, error) {
	return s.BalanceAt(ctx, member, s.now())
}

// BalanceAt returns a member's points at an instant from the last change on,
// with the activations and expiries until then.
func (s *Service) BalanceAt(ctx context.Context, member flywheel.CustomerID, at time.Time) (Balance, error) {
	l, a, err := s.read(ctx, member, at, Need{})
	if err != nil {
		return Balance{}, err
	}
	return l.Balance(a, at), nil
}

// Lots returns the lots that hold points at an instant from the last change on,
// oldest first. Its cost grows with their number.
func (s *Service) Lots(ctx context.Context, member flywheel.CustomerID, at time.Time) ([]Lot, error) {
	l, a, err := s.read(ctx, member, at, Need{All: true})
	if err != nil {
		return nil, err
	}
	return l.OpenLots(a, at), nil
}

// Order returns what is known of one order of a member.
func (s *Service) Order(ctx context.Context, member flywheel.CustomerID, ref string) (Order, error) {
	a, err := s.store.Account(ctx, member, Need{Orders: []string{ref}})
	if err == nil && len(a.Orders) == 0 {
		err = fmt.Errorf("loyalty: order %q of %s: %w", ref, member, flywheel.ErrNotFound)
	}
	if err != nil {
		return Order{}, err
	}
	return a.Orders[0], nil
}

// Standing returns a member's tier now.
func (s *Service) Standing(ctx context.Context, member flywheel.CustomerID) (Standing, error) {
	return s.StandingAt(ctx, member, s.now())
}

// StandingAt returns a member's tier at an instant from the last change on.
func (s *Service) StandingAt(ctx context.Context, member flywheel.CustomerID, at time.Time) (Standing, error) {
	l, a, err := s.read(ctx, member, at, Need{Activity: true})
	if err != nil {
		return Standing{}, err
	}
	return l.Standing(a.Activity, at), nil
}

// Receipts yields what a member's operations did, oldest first. Points of orders
// are not among them; see [Service.Order] and [Service.Entries].
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

// Forget removes everything that is kept of a customer, events that the Sink has
// not received yet included.
func (s *Service) Forget(ctx context.Context, c flywheel.CustomerID) error {
	return s.inTx(ctx, func(ctx context.Context) error {
		if err := s.teller.Forget(ctx, c); err != nil {
			return err
		}
		return s.store.Forget(ctx, c)
	})
}
