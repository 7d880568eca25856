package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/told"
)

// Options of a [Service]; nil stands for the zero value.
type Options struct {
	Now   func() time.Time // time.Now
	NewID func() string    // a UUIDv7, which grows with time
	// Sink is told what changed, see the Event constants; by default nobody. A
	// log in the database of the store is told in the transaction of the change,
	// any other sink after it, see [Service.Deliver].
	Sink flywheel.Sink
	// Tx makes a change and what is told of it one: the database of the store.
	Tx flywheel.Transactor
}

// Service manages products and categories. It is safe for concurrent use.
type Service struct {
	store  Store
	now    func() time.Time
	newID  func() string
	teller told.Teller
	tx     flywheel.Transactor
}

// New returns a Service over store, or over a fresh memory store when store is
// nil.
func New(store Store, opts *Options) (*Service, error) {
	if store == nil {
		store = NewMemory(nil)
	}
	if opts == nil {
		opts = &Options{}
	}
	s := &Service{store: store, now: opts.Now, newID: opts.NewID, teller: told.New(store, opts.Sink), tx: handle.Tx(opts.Tx, store)}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = newid.New
	}
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Deliver tells the Sink what it did not take when it was told, as far as that is
// to be tried again at now, and reports whether there was anything. A sink outside
// the store's database needs it: a runner calls it, or a program now and then.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

// Get returns the product with the given id.
func (s *Service) Get(ctx context.Context, id ID) (Product, error) {
	list, err := s.store.Get(ctx, id)
	if err != nil {
		return Product{}, err
	}
	return list[0], nil
}

// BySKU returns the product that sku belongs to, and its variant.
func (s *Service) BySKU(ctx context.Context, sku flywheel.SKU) (Product, Variant, error) {
	p, err := s.store.BySKU(ctx, sku)
	if err != nil {
		return Product{}, Variant{}, err
	}
	v, _ := p.Variant(sku)
	return p, v, nil
}

// Put creates p when its Version is 0, with a new ID where it has none, as a
// draft where it has no status; else it replaces the stored product, which must
// have that version. It returns the product as stored. A product that is stored
// with the same content already stays as it is, and no event tells of it.
//
// The times of p are not looked at.
func (s *Service) Put(ctx context.Context, p Product) (Product, error) {
	list, err := s.put(ctx, []Product{p}, func(int) string { return "" })
	if err != nil {
		return Product{}, err
	}
	return list[0], nil
}

// PutAll is Put for many products at once: all are put, or none and an error that
// names the place.
func (s *Service) PutAll(ctx context.Context, products []Product) ([]Product, error) {
	return s.put(ctx, products, func(i int) string { return fmt.Sprintf("products[%d].", i) })
}

// SetStatus changes the status of a product, whatever its version.
func (s *Service) SetStatus(ctx context.Context, id ID, status Status) (Product, error) {
	for {
		p, err := s.Get(ctx, id)
		if err != nil {
			return Product{}, err
		}
		p.Status = status
		if p, err = s.Put(ctx, p); !errors.Is(err, ErrStale) {
			return p, err
		}
	}
}

func (s *Service) put(ctx context.Context, products []Product, place func(i int) string) (out []Product, err error) {
	now := normalTime(s.now())
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		out = make([]Product, len(products))
		copy(out, products)
		for i := range out {
			if p := &out[i]; p.Version == 0 {
				if p.ID == "" {
					p.ID = ID(s.newID())
				}
				if p.Status == "" {
					p.Status = Draft
				}
			}
		}
		stored, err := s.stored(ctx, out)
		if err != nil {
			return err
		}
		tree, err := s.store.Tree(ctx)
		if err != nil {
			return err
		}
		changed := make([]Product, 0, len(out))
		at := make([]int, 0, len(out)) // where in out
		for i := range out {
			p, old := &out[i], stored[out[i].ID]
			if err := s.check(p, old, tree, place(i)); err != nil {
				return err
			}
			p.CreatedAt, p.UpdatedAt = now, now
			if old != nil {
				if p.CreatedAt = old.CreatedAt; p.SameContent(old) {
					*p = *old
					continue
				}
			}
			changed, at = append(changed, *p), append(at, i)
		}
		if len(changed) == 0 {
			return nil
		}
		if changed, err = s.store.Save(ctx, changed...); err != nil {
			return err
		}
		events := make([]flywheel.Event, len(changed))
		for n, i := range at {
			out[i] = changed[n]
			events[n] = changeEvent(&changed[n], stored[changed[n].ID])
		}
		return s.teller.Tell(ctx, events...)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// stored returns the stored products of those that are not new.
func (s *Service) stored(ctx context.Context, products []Product) (map[ID]*Product, error) {
	var ids []ID
	for i := range products {
		if products[i].Version != 0 {
			ids = append(ids, products[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := s.store.Get(ctx, ids...)
	if err != nil {
		return nil, err
	}
	byID := make(map[ID]*Product, len(list))
	for i := range list {
		byID[list[i].ID] = &list[i]
	}
	return byID, nil
}

// check reports what forbids to put p in the place of old, which is nil for a new
// product.
func (s *Service) check(p, old *Product, tree Tree, place string) error {
	if field, err := p.check(); err != nil {
		return &FieldError{Product: p.ID, Field: place + field, Err: err}
	}
	var from Status
	if old != nil {
		if old.Version != p.Version {
			return &StaleError{Product: p.ID, Given: p.Version, Stored: old.Version}
		}
		from = old.Status
	}
	if !from.CanBecome(p.Status) {
		return &TransitionError{Product: p.ID, From: from, To: p.Status}
	}
	for i, id := range p.Categories {
		if _, ok := tree.Get(id); !ok {
			return &FieldError{Product: p.ID, Field: fmt.Sprintf("%scategories[%d]", place, i), Err: fmt.Errorf("category %q: %w", id, flywheel.ErrNotFound)}
		}
	}
	return nil
}
