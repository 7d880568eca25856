package inventorytest

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
)

// Failing returns a store that does what s does and calls hook around each call
// with the name of the method, before its effect and after. An error of hook is
// returned in place of the answer: before, the call has no effect; after, the
// effect is there and only the answer is lost. It offers inventory.BatchStore
// when s does.
func Failing(s inventory.Store, hook func(call string, after bool) error) inventory.Store {
	f := failing{s, hook}
	if batch, ok := s.(inventory.BatchStore); ok {
		return failingBatch{f, batch}
	}
	return f
}

type failing struct {
	inventory.Store
	hook func(call string, after bool) error
}

func (f failing) around(call string, fn func() error) error {
	if err := f.hook(call, false); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	return f.hook(call, true)
}

func (f failing) SetBackorder(ctx context.Context, sku flywheel.SKU, location inventory.Location, limit int64) error {
	return f.around("SetBackorder", func() error { return f.Store.SetBackorder(ctx, sku, location, limit) })
}

func (f failing) Post(ctx context.Context, m inventory.Movement) (answer inventory.Movement, err error) {
	err = f.around("Post", func() error {
		answer, err = f.Store.Post(ctx, m)
		return err
	})
	return answer, err
}

func (f failing) Reservation(ctx context.Context, ref string) (r inventory.Reservation, err error) {
	err = f.around("Reservation", func() error {
		r, err = f.Store.Reservation(ctx, ref)
		return err
	})
	return r, err
}

func (f failing) SaveReservation(ctx context.Context, r inventory.Reservation) (saved inventory.Reservation, err error) {
	err = f.around("SaveReservation", func() error {
		saved, err = f.Store.SaveReservation(ctx, r)
		return err
	})
	return saved, err
}

func (f failing) Due(ctx context.Context, now time.Time, limit int) (due []inventory.Reservation, err error) {
	err = f.around("Due", func() error {
		due, err = f.Store.Due(ctx, now, limit)
		return err
	})
	return due, err
}

func (f failing) Levels(ctx context.Context, sku flywheel.SKU, location inventory.Location) iter.Seq2[inventory.Level, error] {
	return around(f, "Levels", f.Store.Levels(ctx, sku, location))
}

func (f failing) Ledger(ctx context.Context, sku flywheel.SKU, location inventory.Location, after int64) iter.Seq2[inventory.Movement, error] {
	return around(f, "Ledger", f.Store.Ledger(ctx, sku, location, after))
}

// around calls the hook before the first and after the last value.
func around[T any](f failing, call string, values iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if err := f.hook(call, false); err != nil {
			yield(zero, err)
			return
		}
		for v, err := range values {
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := f.hook(call, true); err != nil {
			yield(zero, err)
		}
	}
}

type failingBatch struct {
	failing
	batch inventory.BatchStore
}

func (f failingBatch) PostBatch(ctx context.Context, r *inventory.Reservation, movements []inventory.Movement) error {
	return f.around("PostBatch", func() error { return f.batch.PostBatch(ctx, r, movements) })
}
