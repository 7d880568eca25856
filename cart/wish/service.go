package wish

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/told"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// EventMet reports that a watch was met: Customer or Visitor is the owner, Lines hold
// the SKU, Value is what it costs now of [CheaperThan], property "kind" is the [Kind].
const EventMet = "watch_met"

// PropertyKind is the kind of an [EventMet].
const PropertyKind = "kind"

// EventStockBack is inventory's event of a SKU that is there again.
const EventStockBack = "stock_back"

// Options configure a [Service]; nil and zero fields are the defaults.
type Options struct {
	// Prices tells what SKUs cost now; one that it leaves out has no price. Nil meets no
	// watch of [CheaperThan].
	Prices func(ctx context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]money.Amount, error)
	// Sink receives [EventMet]; nil is nobody.
	Sink flywheel.Sink
	// Tx makes a change and its event one; by default the database of the store.
	Tx flywheel.Transactor
	// Now is the clock, time.Now by default.
	Now func() time.Time
	// NewToken makes the token of a shared list, by default of 128 random bits.
	NewToken func() string
}

// Service keeps lists. It is a flywheel.Consumer and safe for concurrent use.
type Service struct {
	store  Store
	opts   Options
	teller told.Teller
}

// batch is how many watches are looked at in one transaction.
const batch = 256

// attempts is how often a list that others change is loaded and changed again.
const attempts = 20

// New returns a service on store; nil stands for a fresh memory store.
func New(store Store, opts *Options) (*Service, error) {
	if store == nil {
		store = NewMemory(nil)
	}
	s := &Service{store: store}
	if opts != nil {
		s.opts = *opts
	}
	s.opts.Tx = handle.Tx(s.opts.Tx, store)
	s.teller = told.New(store, s.opts.Sink)
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	if s.opts.NewToken == nil {
		s.opts.NewToken = func() string {
			b := make([]byte, 16)
			rand.Read(b) //nolint:errcheck // never fails
			return base64.RawURLEncoding.EncodeToString(b)
		}
	}
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Name is that of the consumer.
func (s *Service) Name() string { return "wish.Service" }

// Deliver publishes to the Sink what it did not accept before. A runner calls it.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

// allowed refuses the list of another, and of nobody.
func allowed(ctx context.Context, owner flywheel.Person) error {
	if owner.Customer() == "" && owner.Visitor() == "" || !flywheel.Allowed(ctx, owner.Customer(), owner.Visitor()) {
		return errNoList
	}
	return nil
}

// Of returns the list of an owner, an empty one where there is none.
func (s *Service) Of(ctx context.Context, owner flywheel.Person) (List, error) {
	if err := allowed(ctx, owner); err != nil {
		return List{}, err
	}
	return s.store.Get(ctx, owner)
}

// Add puts an item on the list; one of the same SKU and kind is replaced in its place.
func (s *Service) Add(ctx context.Context, owner flywheel.Person, it Item) (List, error) {
	if err := it.check(); err != nil {
		return List{}, err
	}
	it.At = s.opts.Now().UTC().Truncate(time.Microsecond)
	return s.change(ctx, owner, func(l *List) error { return l.add(it) })
}

func (l *List) add(it Item) error {
	if i := l.find(it.SKU, it.Kind); i >= 0 {
		l.Items[i] = it
		return nil
	}
	if len(l.Items) == MaxItems {
		return fmt.Errorf("wish: %w", &flywheel.FieldError{Field: "items", Err: fmt.Errorf("at most %d: %w", MaxItems, flywheel.ErrLimit)})
	}
	l.Items = append(l.Items, it)
	return nil
}

// Remove takes an item off the list. One that is not there is no error.
func (s *Service) Remove(ctx context.Context, owner flywheel.Person, sku flywheel.SKU, k Kind) (List, error) {
	return s.change(ctx, owner, func(l *List) error {
		if i := l.find(sku, k); i >= 0 {
			l.Items = slices.Delete(l.Items, i, i+1)
		}
		return nil
	})
}

// Share returns the list with a token by which others see it; again with the same.
func (s *Service) Share(ctx context.Context, owner flywheel.Person) (List, error) {
	return s.change(ctx, owner, func(l *List) error {
		if l.Token == "" {
			l.Token = s.opts.NewToken()
		}
		return flywheel.CheckID(l.Token)
	})
}

// Hide shares the list no longer; shared again it has another token.
func (s *Service) Hide(ctx context.Context, owner flywheel.Person) (List, error) {
	return s.change(ctx, owner, func(l *List) error {
		l.Token = ""
		return nil
	})
}

// Shared returns the wished items of a shared list, and nothing of whose it is.
func (s *Service) Shared(ctx context.Context, token string) ([]Item, error) {
	if flywheel.CheckID(token) != nil {
		return nil, errNoList
	}
	l, err := s.store.ByToken(ctx, token)
	if err != nil {
		return nil, err
	}
	return l.Of(Wished), nil
}

// Login moves what a guest wished on a device to the customer who signs in there. What
// is beyond [MaxItems] is left out. It is idempotent.
func (s *Service) Login(ctx context.Context, device flywheel.VisitorID, customer flywheel.CustomerID) (List, error) {
	guest, owner := flywheel.PersonOf("", device), flywheel.PersonOf(customer, "")
	if a, known := flywheel.ActorOf(ctx); known && (a.Customer != customer || a.Visitor != device) || device == "" || customer == "" {
		return List{}, errNoList
	}
	var merged List
	err := s.again(func() error {
		return s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
			from, err := s.store.Get(ctx, guest)
			if err != nil {
				return err
			}
			if merged, err = s.store.Get(ctx, owner); err != nil || len(from.Items) == 0 {
				return err
			}
			for _, it := range from.Items {
				if merged.find(it.SKU, it.Kind) < 0 && len(merged.Items) < MaxItems {
					merged.Items = append(merged.Items, it)
				}
			}
			if merged, err = s.store.Save(ctx, merged); err != nil {
				return err
			}
			return s.store.Forget(ctx, guest)
		})
	})
	if err != nil {
		return List{}, err
	}
	return merged, nil
}

// Forget removes the list of a customer.
func (s *Service) Forget(ctx context.Context, c flywheel.CustomerID) error {
	return s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.teller.Forget(ctx, c); err != nil {
			return err
		}
		return s.store.Forget(ctx, flywheel.PersonOf(c, ""))
	})
}

// change loads a list, changes it and saves it.
func (s *Service) change(ctx context.Context, owner flywheel.Person, fn func(l *List) error) (saved List, err error) {
	if err := allowed(ctx, owner); err != nil {
		return List{}, err
	}
	err = s.again(func() error {
		l, err := s.store.Get(ctx, owner)
		if err != nil {
			return err
		}
		if err := fn(&l); err != nil {
			return err
		}
		saved, err = s.store.Save(ctx, l)
		return err
	})
	if err != nil {
		return List{}, err
	}
	return saved, nil
}

func (s *Service) again(fn func() error) (err error) {
	for range attempts {
		if err = fn(); !errors.Is(err, ErrStale) {
			return err
		}
	}
	return err
}

// Consume implements flywheel.Consumer: a SKU that is back meets the watches of it. A
// rebuild of the consumer tells nothing.
func (s *Service) Consume(ctx context.Context, entries []flywheel.Entry) error {
	if cursor.Replaying(ctx) {
		return nil
	}
	for i := range entries {
		e := &entries[i]
		if e.Event.Name != EventStockBack {
			continue
		}
		for _, line := range e.Event.Lines {
			if err := s.back(ctx, e, line.SKU); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) back(ctx context.Context, e *flywheel.Entry, sku flywheel.SKU) error {
	for after := (Watch{}); ; {
		watches, err := s.store.Watches(ctx, BackInStock, sku, after, batch)
		if err != nil {
			return err
		}
		for _, w := range watches {
			if err := s.meet(ctx, w, BackInStock, e.Event.ID, e.Effective, func(it Item) (money.Amount, bool) { return money.Amount{}, !it.At.After(e.Received) }); err != nil {
				return err
			}
			after = w
		}
		if len(watches) < batch {
			return nil
		}
	}
}

// Advance meets the watches whose price has fallen below what was said. Each call looks
// at all watched prices, [Options].Prices being asked for 256 SKUs at a time.
func (s *Service) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	if s.opts.Prices == nil {
		return false, nil
	}
	for after := (Watch{}); ; {
		watches, err := s.store.Watches(ctx, CheaperThan, "", after, batch)
		if err != nil || len(watches) == 0 {
			return false, err
		}
		var skus []flywheel.SKU
		for _, w := range watches {
			if len(skus) == 0 || skus[len(skus)-1] != w.SKU {
				skus = append(skus, w.SKU)
			}
		}
		prices, err := s.opts.Prices(ctx, skus...)
		if err != nil {
			return false, err
		}
		for _, w := range watches {
			price, known := prices[w.SKU]
			if known {
				cheaper := func(it Item) (money.Amount, bool) {
					return price, price.Currency() == it.Price.Currency() && price.Minor() < it.Price.Minor()
				}
				if err := s.meet(ctx, w, CheaperThan, price.String(), now, cheaper); err != nil {
					return false, err
				}
			}
			after = w
		}
		if len(watches) < batch {
			return false, nil
		}
	}
}

// meet removes a watch and reports that it was met, if it still is.
func (s *Service) meet(ctx context.Context, w Watch, k Kind, cause string, at time.Time, met func(it Item) (money.Amount, bool)) error {
	return s.again(func() error {
		return s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
			l, err := s.store.Get(ctx, w.Owner)
			if err != nil {
				return err
			}
			i := l.find(w.SKU, k)
			if i < 0 {
				return nil
			}
			it := l.Items[i]
			value, ok := met(it)
			if !ok {
				return nil
			}
			l.Items = slices.Delete(l.Items, i, i+1)
			if _, err := s.store.Save(ctx, l); err != nil {
				return err
			}
			return s.teller.Tell(ctx, flywheel.Event{
				ID:   eventid.Of(EventMet, string(w.Owner), string(w.SKU), string(k), cause, it.At.Format(time.RFC3339Nano)),
				Name: EventMet, Time: at, Customer: w.Owner.Customer(), Visitor: w.Owner.Visitor(), Value: value,
				Lines: []flywheel.Line{{SKU: w.SKU}}, Properties: map[string]any{PropertyKind: string(k)},
			})
		})
	})
}
