package suppliertest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) supplier.Store { return supplier.NewMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with one method replaced.
type faulty struct {
	*supplier.MemoryStore
	saveSupplier func(ctx context.Context, s supplier.Supplier) (supplier.Supplier, error)
	suppliers    func(ctx context.Context) iter.Seq2[supplier.Supplier, error]
	order        func(ctx context.Context, id string) (supplier.Order, error)
	saveOrder    func(ctx context.Context, o supplier.Order) (supplier.Order, error)
	orders       func(ctx context.Context, f supplier.OrderFilter) iter.Seq2[supplier.Order, error]
	inTx         func(ctx context.Context, fn func(ctx context.Context) error) error
}

func (f *faulty) SaveSupplier(ctx context.Context, s supplier.Supplier) (supplier.Supplier, error) {
	if f.saveSupplier != nil {
		return f.saveSupplier(ctx, s)
	}
	return f.MemoryStore.SaveSupplier(ctx, s)
}

func (f *faulty) Suppliers(ctx context.Context) iter.Seq2[supplier.Supplier, error] {
	if f.suppliers != nil {
		return f.suppliers(ctx)
	}
	return f.MemoryStore.Suppliers(ctx)
}

func (f *faulty) Order(ctx context.Context, id string) (supplier.Order, error) {
	if f.order != nil {
		return f.order(ctx, id)
	}
	return f.MemoryStore.Order(ctx, id)
}

func (f *faulty) SaveOrder(ctx context.Context, o supplier.Order) (supplier.Order, error) {
	if f.saveOrder != nil {
		return f.saveOrder(ctx, o)
	}
	return f.MemoryStore.SaveOrder(ctx, o)
}

func (f *faulty) Orders(ctx context.Context, filter supplier.OrderFilter) iter.Seq2[supplier.Order, error] {
	if f.orders != nil {
		return f.orders(ctx, filter)
	}
	return f.MemoryStore.Orders(ctx, filter)
}

func (f *faulty) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if f.inTx != nil {
		return f.inTx(ctx, fn)
	}
	return f.MemoryStore.InTx(ctx, fn)
}

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	for _, c := range []struct {
		name, caughtBy string
		make           func(m *supplier.MemoryStore) *faulty
	}{
		{"a stale supplier is saved", "supplier/version", func(m *supplier.MemoryStore) *faulty {
			return &faulty{saveSupplier: func(ctx context.Context, s supplier.Supplier) (supplier.Supplier, error) {
				if before, err := m.Supplier(ctx, s.ID); err == nil {
					s.Version = before.Version
				}
				return m.SaveSupplier(ctx, s)
			}}
		}},
		{"the switching state of lots is lost", "supplier/version", func(m *supplier.MemoryStore) *faulty {
			return &faulty{saveSupplier: func(ctx context.Context, s supplier.Supplier) (supplier.Supplier, error) {
				s.Items = append([]supplier.Item(nil), s.Items...)
				for i := range s.Items {
					s.Items[i].Lots = supplier.History{}
				}
				return m.SaveSupplier(ctx, s)
			}}
		}},
		{"a stale order is saved", "order/version", func(m *supplier.MemoryStore) *faulty {
			return &faulty{saveOrder: func(ctx context.Context, o supplier.Order) (supplier.Order, error) {
				if before, err := m.Order(ctx, o.ID); err == nil {
					o.Version = before.Version
				}
				return m.SaveOrder(ctx, o)
			}}
		}},
		{"times come back in UTC", "order/documents", func(m *supplier.MemoryStore) *faulty {
			return &faulty{order: func(ctx context.Context, id string) (supplier.Order, error) {
				o, err := m.Order(ctx, id)
				for i := range o.Documents {
					o.Documents[i].At = o.Documents[i].At.UTC()
				}
				return o, err
			}}
		}},
		{"samples are lost", "order/documents", func(m *supplier.MemoryStore) *faulty {
			return &faulty{saveOrder: func(ctx context.Context, o supplier.Order) (supplier.Order, error) {
				o.Documents = append([]supplier.Document(nil), o.Documents...)
				for i := range o.Documents {
					o.Documents[i].Sample = nil
				}
				return m.SaveOrder(ctx, o)
			}}
		}},
		{"names are compared without their case", "orders/filter", func(m *supplier.MemoryStore) *faulty {
			return &faulty{orders: func(ctx context.Context, f supplier.OrderFilter) iter.Seq2[supplier.Order, error] {
				f.Supplier = strings.ToLower(f.Supplier)
				return m.Orders(ctx, f)
			}}
		}},
		{"an order placed at the upper bound is listed", "orders/filter", func(m *supplier.MemoryStore) *faulty {
			return &faulty{orders: func(ctx context.Context, f supplier.OrderFilter) iter.Seq2[supplier.Order, error] {
				if !f.Before.IsZero() {
					f.Before = f.Before.Add(time.Microsecond)
				}
				return m.Orders(ctx, f)
			}}
		}},
		{"what is behind is not known", "orders/filter", func(m *supplier.MemoryStore) *faulty {
			return &faulty{orders: func(ctx context.Context, f supplier.OrderFilter) iter.Seq2[supplier.Order, error] {
				f.Behind = false
				return m.Orders(ctx, f)
			}}
		}},
		{"a page is all", "orders/paging", func(m *supplier.MemoryStore) *faulty {
			return &faulty{orders: func(ctx context.Context, f supplier.OrderFilter) iter.Seq2[supplier.Order, error] {
				return func(yield func(supplier.Order, error) bool) {
					n := 0
					for o, err := range m.Orders(ctx, f) {
						if n++; n > 200 || !yield(o, err) {
							return
						}
					}
				}
			}}
		}},
		{"suppliers are not in order", "suppliers/list", func(m *supplier.MemoryStore) *faulty {
			return &faulty{suppliers: func(ctx context.Context) iter.Seq2[supplier.Supplier, error] {
				return func(yield func(supplier.Supplier, error) bool) {
					list, err := suite.Collect(m.Suppliers(ctx))
					if err != nil {
						yield(supplier.Supplier{}, err)
					}
					for i := range list {
						if !yield(list[len(list)-1-i], nil) {
							return
						}
					}
				}
			}}
		}},
		{"a canceled context is not heard", "context/canceled", func(m *supplier.MemoryStore) *faulty {
			return &faulty{saveOrder: func(ctx context.Context, o supplier.Order) (supplier.Order, error) {
				return m.SaveOrder(context.WithoutCancel(ctx), o)
			}}
		}},
		{"a transaction that fails is kept", "transaction/rollback", func(m *supplier.MemoryStore) *faulty {
			return &faulty{inTx: func(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() supplier.Store {
			m := supplier.NewMemory(nil)
			f := c.make(m)
			f.MemoryStore = m
			return f
		})
	}
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() supplier.Store {
		m := supplier.NewMemory(nil)
		_, err1 := m.SaveSupplier(ctx, company("acme"))
		_, err2 := m.SaveOrder(ctx, order("po", "acme", 0))
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		return m
	}
	suite.Fails(t, Failing, fresh, map[string]func(s supplier.Store) error{
		"Supplier":     func(s supplier.Store) error { return suite.Err(s.Supplier(ctx, "acme")) },
		"SaveSupplier": func(s supplier.Store) error { return suite.Err(s.SaveSupplier(ctx, company("bolt"))) },
		"Suppliers":    func(s supplier.Store) error { return suite.Err(suite.Collect(s.Suppliers(ctx))) },
		"Order":        func(s supplier.Store) error { return suite.Err(s.Order(ctx, "po")) },
		"SaveOrder":    func(s supplier.Store) error { return suite.Err(s.SaveOrder(ctx, order("q", "acme", 1))) },
		"Orders":       func(s supplier.Store) error { return suite.Err(suite.Collect(s.Orders(ctx, supplier.OrderFilter{}))) },
	}, func(s supplier.Store) (any, error) {
		suppliers, err1 := suite.Collect(s.Suppliers(ctx))
		orders, err2 := suite.Collect(s.Orders(ctx, supplier.OrderFilter{}))
		return fmt.Sprint(suppliers, orders), errors.Join(err1, err2)
	})
	if tx := Failing(fresh(), nil).(flywheel.Stored).Handle(); tx == nil {
		t.Error("a failing store names no database")
	}
}
