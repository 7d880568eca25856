package live

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/told"
)

// Promoter takes the prices of events, as documents of package pricing.
// *pricing.Service is one.
type Promoter interface {
	// PutPromotion saves a promotion in place of the one with its ID.
	PutPromotion(ctx context.Context, document []byte) error
}

// Reserver holds stock for a name: all lines or none. The same call again changes
// nothing. *inventory.Service is one.
type Reserver interface {
	Reserve(ctx context.Context, ref string, lines []flywheel.Line) error
}

// Releaser gives back what is held for a name. *inventory.Service is one.
type Releaser interface {
	Release(ctx context.Context, ref string) error
}

// Stock is where quotas are held. *inventory.Service is one.
type Stock interface {
	Reserver
	Releaser
}

// Options are the neighbors of a [Service].
type Options struct {
	// Promotions takes the prices; without it, events with prices are refused.
	Promotions Promoter
	// Stock holds the quotas, for longer than an event; without it, events with quotas
	// are refused.
	Stock Stock
	// Now is the clock, by default time.Now.
	Now func() time.Time
	// NewID names events without an ID, by default by a UUIDv7.
	NewID func() string
	// Sink learns of [EventStarted] and [EventEnded], by default nobody.
	Sink flywheel.Sink
	// Tx makes a change of several parts one, by default the database of the events.
	Tx flywheel.Transactor
}

// The events of a [Service]: Ref is the live event.
const (
	EventStarted = "live_started"
	EventEnded   = "live_ended"
)

// Service runs live events. It is safe for concurrent use.
type Service struct {
	store  Store
	opts   Options
	teller told.Teller
}

// New returns a service on store; nil stands for a fresh memory store, nil options
// for the defaults.
func New(store Store, opts *Options) (*Service, error) {
	s := &Service{store: store}
	if opts != nil {
		s.opts = *opts
	}
	if s.store == nil {
		s.store = NewMemory(nil)
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	if s.opts.NewID == nil {
		s.opts.NewID = newid.New
	}
	s.opts.Tx = handle.Tx(s.opts.Tx, s.store)
	s.teller = told.New(s.store, s.opts.Sink)
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Deliver publishes to the Sink what it did not accept before. A runner calls it.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

func (s *Service) inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.opts.Tx == nil {
		return fn(ctx)
	}
	return s.opts.Tx.InTx(ctx, fn)
}

// Get returns an event.
func (s *Service) Get(ctx context.Context, id string) (Event, error) { return s.store.Get(ctx, id) }

// Upcoming returns at most limit events that have not ended by plan, the next first.
func (s *Service) Upcoming(ctx context.Context, limit int) ([]Event, error) {
	if limit < 1 || limit > 1000 {
		return nil, fmt.Errorf("live: %w", &flywheel.FieldError{Field: "limit", Err: fmt.Errorf("%d is not from 1 to 1,000: %w", limit, flywheel.ErrInvalid)})
	}
	return s.store.List(ctx, s.opts.Now(), limit)
}

// Sold returns the units claimed of each slot.
func (s *Service) Sold(ctx context.Context, id string) (map[string]int64, error) {
	return s.store.Sold(ctx, id)
}

// Schedule stores an event that has not started, or changes its plan: of e it takes
// everything but State, StartedAt, EndedAt and Marks. Version must be the stored one.
func (s *Service) Schedule(ctx context.Context, e Event) (Event, error) {
	if e.ID == "" {
		e.ID = s.opts.NewID()
	}
	if err := e.check(); err != nil {
		return Event{}, err
	}
	for i, slot := range e.Slots {
		if slot.Quota > 0 && s.opts.Stock == nil {
			return Event{}, fmt.Errorf("live: %w", &flywheel.FieldError{Field: fmt.Sprintf("slots[%d].quota", i), Err: fmt.Errorf("no Stock holds it: %w", flywheel.ErrInvalid)})
		}
		if (!slot.Price.Currency().IsZero() || !slot.Percent.IsZero()) && s.opts.Promotions == nil {
			return Event{}, fmt.Errorf("live: %w", &flywheel.FieldError{Field: fmt.Sprintf("slots[%d].price", i), Err: fmt.Errorf("no Promotions take it: %w", flywheel.ErrInvalid)})
		}
	}
	var saved Event
	err := s.inTx(ctx, func(ctx context.Context) error {
		there, err := s.store.Get(ctx, e.ID)
		switch {
		case err == nil && there.State != Scheduled:
			return &EventError{e.ID, ErrState}
		case err != nil && !errors.Is(err, flywheel.ErrNotFound):
			return err
		}
		e.State, e.StartedAt, e.EndedAt, e.Marks = Scheduled, time.Time{}, time.Time{}, nil
		saved, err = s.store.Save(ctx, e)
		return err
	})
	return saved, err
}

// maxTries bounds how often a change begins again. Each time somebody else's change
// went through.
const maxTries = 100

// change loads an event, changes it, and saves it; when somebody else saved
// meanwhile it begins again.
func (s *Service) change(ctx context.Context, id string, fn func(ctx context.Context, e *Event, now time.Time) error) (e Event, err error) {
	for range maxTries {
		err = s.inTx(ctx, func(ctx context.Context) error {
			if e, err = s.store.Get(ctx, id); err != nil {
				return err
			}
			if err := fn(ctx, &e, s.opts.Now()); err != nil {
				return err
			}
			e, err = s.store.Save(ctx, e)
			return err
		})
		if !errors.Is(err, ErrStale) {
			break
		}
	}
	if err != nil {
		return Event{}, err
	}
	return e, nil
}

// Start begins an event: its quotas are held, or none and the error of the stock, and
// its prices hold from now on. Started again it stays as it is.
func (s *Service) Start(ctx context.Context, id string) (Event, error) {
	return s.change(ctx, id, func(ctx context.Context, e *Event, now time.Time) error {
		if e.State == Live {
			return nil
		}
		if e.State != Scheduled || !now.Before(e.Ends) {
			return &EventError{id, ErrState}
		}
		e.State, e.StartedAt = Live, now
		var held []string
		for _, slot := range e.Slots {
			if slot.Quota == 0 {
				continue
			}
			ref := QuotaRef(id, slot.ID)
			if err := s.opts.Stock.Reserve(ctx, ref, []flywheel.Line{{SKU: slot.SKUs[0], Quantity: slot.Quota}}); err != nil {
				for _, ref := range held { // where the stock is in another database
					err = errors.Join(err, s.opts.Stock.Release(ctx, ref))
				}
				return &EventError{id, fmt.Errorf("quota of slot %q: %w", slot.ID, err)}
			}
			held = append(held, ref)
		}
		if err := s.promote(ctx, e); err != nil {
			return err
		}
		return s.teller.Tell(ctx, e.told(EventStarted, now))
	})
}

func (e *Event) told(name string, at time.Time) flywheel.Event {
	return flywheel.Event{ID: eventid.Of(name, e.ID, strconv.FormatInt(e.Version, 10)), Name: name, Time: at.UTC().Truncate(time.Microsecond), Ref: e.ID}
}

func (s *Service) promote(ctx context.Context, e *Event) error {
	documents, err := e.Promotions()
	if err != nil {
		return err
	}
	for _, d := range documents {
		if err := s.opts.Promotions.PutPromotion(ctx, d); err != nil {
			return &EventError{e.ID, err}
		}
	}
	return nil
}

// Show marks that a slot is shown from now on.
func (s *Service) Show(ctx context.Context, id, slot string) (Event, error) {
	return s.change(ctx, id, func(_ context.Context, e *Event, now time.Time) error {
		if e.State != Live {
			return &EventError{id, ErrState}
		}
		if _, ok := e.Slot(slot); !ok {
			return &EventError{id, fmt.Errorf("slot %.40q: %w", slot, flywheel.ErrNotFound)}
		}
		if len(e.Marks) == MaxMarks {
			return &EventError{id, fmt.Errorf("%d marks: %w", MaxMarks, flywheel.ErrLimit)}
		}
		e.Marks = append(e.Marks, Mark{max(0, now.Sub(e.StartedAt)), slot})
		return nil
	})
}

// Claim gives units of a slot's quota to an order of a live event, and reserves them
// under the order's name, so that a checkout commits or releases them as any other.
// It returns how many of the slot are claimed in all. The same call again changes
// nothing. Beyond the quota it is [ErrSoldOut].
func (s *Service) Claim(ctx context.Context, id, slot, ref string, quantity int64) (sold int64, err error) {
	if err := flywheel.CheckID(ref); err != nil {
		return 0, fmt.Errorf("live: %w", &flywheel.FieldError{Field: "ref", Err: err})
	}
	if quantity < 1 || quantity > maxQuota {
		return 0, fmt.Errorf("live: %w", &flywheel.FieldError{Field: "quantity", Err: fmt.Errorf("%d: %w", quantity, flywheel.ErrOutOfRange)})
	}
	err = s.inTx(ctx, func(ctx context.Context) error {
		e, err := s.store.Get(ctx, id)
		if err != nil {
			return err
		}
		of, ok := e.Slot(slot)
		switch {
		case !ok:
			return &EventError{id, fmt.Errorf("slot %.40q: %w", slot, flywheel.ErrNotFound)}
		case e.State != Live || !s.opts.Now().Before(e.Ends):
			return &EventError{id, ErrState}
		}
		var added bool
		if sold, added, err = s.store.Claim(ctx, Claim{id, slot, ref, quantity}, of.Quota); err != nil || !added || of.Quota == 0 {
			return err
		}
		if err := s.move(ctx, &e, of, of.Quota-sold+quantity, ref, quantity); err != nil {
			if _, _, undo := s.store.Unclaim(ctx, id, slot, ref); undo != nil {
				err = errors.Join(err, undo)
			}
			return &EventError{id, err}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return sold, nil
}

// move takes units from the reservation of a quota, which has held so many, and
// reserves them for an order.
func (s *Service) move(ctx context.Context, e *Event, slot Slot, held int64, ref string, quantity int64) error {
	line := func(n int64) []flywheel.Line { return []flywheel.Line{{SKU: slot.SKUs[0], Quantity: n}} }
	quota := QuotaRef(e.ID, slot.ID)
	if err := s.opts.Stock.Release(ctx, quota); err != nil {
		return err
	}
	if err := s.opts.Stock.Reserve(ctx, ref, line(quantity)); err != nil {
		return errors.Join(err, s.opts.Stock.Reserve(ctx, quota, line(held)))
	}
	if held > quantity {
		return s.opts.Stock.Reserve(ctx, quota, line(held-quantity))
	}
	return nil
}

// Unclaim gives the units of an order back to the quota, while the event is live,
// after the order's reservation was released.
func (s *Service) Unclaim(ctx context.Context, id, slot, ref string) error {
	return s.inTx(ctx, func(ctx context.Context) error {
		e, err := s.store.Get(ctx, id)
		if err != nil {
			return err
		}
		sold, removed, err := s.store.Unclaim(ctx, id, slot, ref)
		of, ok := e.Slot(slot)
		if err != nil || !ok || removed.Quantity == 0 || of.Quota == 0 || e.State != Live {
			return err
		}
		quota := QuotaRef(id, slot)
		if of.Quota-sold > removed.Quantity {
			if err := s.opts.Stock.Release(ctx, quota); err != nil {
				return &EventError{id, err}
			}
		}
		if err := s.opts.Stock.Reserve(ctx, quota, []flywheel.Line{{SKU: of.SKUs[0], Quantity: of.Quota - sold}}); err != nil {
			return &EventError{id, err}
		}
		return nil
	})
}

// End ends a live event: what is left of its quotas is free, and its prices hold no
// longer. Ended again it stays as it is.
func (s *Service) End(ctx context.Context, id string) (Event, error) {
	return s.change(ctx, id, func(ctx context.Context, e *Event, now time.Time) error {
		if e.State == Ended {
			return nil
		}
		if e.State != Live {
			return &EventError{id, ErrState}
		}
		return s.end(ctx, e, now)
	})
}

func (s *Service) end(ctx context.Context, e *Event, at time.Time) error {
	e.State, e.EndedAt = Ended, at
	sold, err := s.store.Sold(ctx, e.ID)
	if err != nil {
		return err
	}
	for _, slot := range e.Slots {
		if slot.Quota <= sold[slot.ID] {
			continue // nothing is held
		}
		if err := s.opts.Stock.Release(ctx, QuotaRef(e.ID, slot.ID)); err != nil && !errors.Is(err, flywheel.ErrNotFound) {
			return &EventError{e.ID, err}
		}
	}
	if err := s.promote(ctx, e); err != nil {
		return err
	}
	return s.teller.Tell(ctx, e.told(EventEnded, at))
}

// Cancel calls off an event that has not started.
func (s *Service) Cancel(ctx context.Context, id string) (Event, error) {
	return s.change(ctx, id, func(_ context.Context, e *Event, _ time.Time) error {
		if e.State != Scheduled && e.State != Canceled {
			return &EventError{id, ErrState}
		}
		e.State = Canceled
		return nil
	})
}

// Advance does what time alone made due at or before an instant of the trusted clock:
// live events end at the end of their plan, and those that were never started are
// canceled. It does a small batch and reports whether it did anything.
func (s *Service) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context) error {
		more = false
		events, err := s.store.Due(ctx, now, due.Batch)
		if err != nil {
			return err
		}
		for i := range events {
			e := &events[i]
			if e.State == Live {
				err = s.end(ctx, e, e.Ends)
			} else {
				e.State = Canceled
			}
			if err == nil {
				_, err = s.store.Save(ctx, *e)
			}
			if err != nil && !errors.Is(err, ErrStale) {
				return err
			}
			more, err = true, nil
		}
		return nil
	})
	return more && err == nil, err
}
