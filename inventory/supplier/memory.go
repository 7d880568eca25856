package supplier

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryStore is the [Store] that a program starts with. It is safe for concurrent use.
type MemoryStore struct {
	db        *flywheel.Memory
	suppliers map[string]Supplier
	orders    map[string]Order
}

// NewMemory returns an empty store in db, whose transactions it joins, or in a
// database of its own when db is nil.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{db: db, suppliers: map[string]Supplier{}, orders: map[string]Order{}}
}

var _ Store = (*MemoryStore)(nil)

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the store's database.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// clone returns a copy that shares nothing with s.
func (s Supplier) clone() Supplier {
	s.Items = slices.Clone(s.Items)
	return s
}

// clone returns a copy that shares nothing with o.
func (o Order) clone() Order {
	o.Lines, o.Documents = slices.Clone(o.Lines), slices.Clone(o.Documents)
	for i := range o.Documents {
		d := &o.Documents[i]
		d.Lines = slices.Clone(d.Lines)
		for k := range d.Lines {
			d.Lines[k].Lots = slices.Clone(d.Lines[k].Lots)
		}
		if d.Sample != nil {
			sample := *d.Sample
			sample.Found = slices.Clone(sample.Found)
			d.Sample = &sample
		}
	}
	return o
}

// Supplier implements [Store].
func (s *MemoryStore) Supplier(ctx context.Context, id string) (found Supplier, err error) {
	err = s.db.View(ctx, func() error {
		stored, ok := s.suppliers[id]
		if !ok {
			return refuse("supplier", id, ErrUnknown)
		}
		found = stored.clone()
		return nil
	})
	return found, err
}

// SaveSupplier implements [Store].
func (s *MemoryStore) SaveSupplier(ctx context.Context, sup Supplier) (Supplier, error) {
	err := s.db.Update(ctx, func(undo func(func())) error {
		if s.suppliers[sup.ID].Version != sup.Version {
			return refuse("version of supplier "+sup.ID, sup.Version, ErrStale)
		}
		sup.Version++
		memstore.Set(s.suppliers, sup.ID, sup.clone(), undo)
		return nil
	})
	return sup, err
}

// Suppliers implements [Store].
func (s *MemoryStore) Suppliers(ctx context.Context) iter.Seq2[Supplier, error] {
	return func(yield func(Supplier, error) bool) {
		var list []Supplier
		err := s.db.View(ctx, func() error {
			for _, id := range slices.Sorted(maps.Keys(s.suppliers)) {
				list = append(list, s.suppliers[id].clone())
			}
			return nil
		})
		memstore.Yield(yield, list, err)
	}
}

// Order implements [Store].
func (s *MemoryStore) Order(ctx context.Context, id string) (found Order, err error) {
	err = s.db.View(ctx, func() error {
		stored, ok := s.orders[id]
		if !ok {
			return refuse("order", id, ErrUnknown)
		}
		found = stored.clone()
		return nil
	})
	return found, err
}

// SaveOrder implements [Store].
func (s *MemoryStore) SaveOrder(ctx context.Context, o Order) (Order, error) {
	err := s.db.Update(ctx, func(undo func(func())) error {
		if before := s.orders[o.ID]; before.Version != o.Version {
			return refuse("version of order "+o.ID, o.Version, ErrStale)
		}
		o.Version++
		memstore.Set(s.orders, o.ID, o.clone(), undo)
		return nil
	})
	return o, err
}

// Orders implements [Store]. It looks at all orders.
func (s *MemoryStore) Orders(ctx context.Context, f OrderFilter) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		var list []Order
		err := s.db.View(ctx, func() error {
			for _, o := range s.orders {
				if f.Selects(&o) {
					list = append(list, o.clone())
				}
			}
			return nil
		})
		slices.SortFunc(list, func(a, b Order) int {
			return cmp.Or(a.Placed.Truncate(time.Microsecond).Compare(b.Placed.Truncate(time.Microsecond)), cmp.Compare(a.ID, b.ID))
		})
		memstore.Yield(yield, list, err)
	}
}
