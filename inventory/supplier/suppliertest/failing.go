package suppliertest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of the hook
// is returned in place of the answer: before, nothing has happened; after, the effect is
// there and only the answer is lost.
func Failing(s supplier.Store, hook func(call string, after bool) error) supplier.Store {
	return failing{s, hook}
}

type failing struct {
	store supplier.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f failing) Supplier(ctx context.Context, id string) (supplier.Supplier, error) {
	return suite.Call(f.hook, "Supplier", func() (supplier.Supplier, error) { return f.store.Supplier(ctx, id) })
}

func (f failing) SaveSupplier(ctx context.Context, s supplier.Supplier) (supplier.Supplier, error) {
	return suite.Call(f.hook, "SaveSupplier", func() (supplier.Supplier, error) { return f.store.SaveSupplier(ctx, s) })
}

func (f failing) Suppliers(ctx context.Context) iter.Seq2[supplier.Supplier, error] {
	return suite.Seq(f.hook, "Suppliers", f.store.Suppliers(ctx))
}

func (f failing) Order(ctx context.Context, id string) (supplier.Order, error) {
	return suite.Call(f.hook, "Order", func() (supplier.Order, error) { return f.store.Order(ctx, id) })
}

func (f failing) SaveOrder(ctx context.Context, o supplier.Order) (supplier.Order, error) {
	return suite.Call(f.hook, "SaveOrder", func() (supplier.Order, error) { return f.store.SaveOrder(ctx, o) })
}

func (f failing) Orders(ctx context.Context, filter supplier.OrderFilter) iter.Seq2[supplier.Order, error] {
	return suite.Seq(f.hook, "Orders", f.store.Orders(ctx, filter))
}
