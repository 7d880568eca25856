package inventorytest

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of
// the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
//
// The result offers inventory.BatchStore when s does, and then inventory.ItemStore when
// s does.
func Failing(s inventory.Store, hook func(call string, after bool) error) inventory.Store {
	f := failing{s, hook}
	batch, ok := s.(inventory.BatchStore)
	if !ok {
		return f
	}
	if items, ok := s.(inventory.ItemStore); ok {
		return failingItems{failingBatch{f, batch}, items}
	}
	return failingBatch{f, batch}
}

type failing struct {
	inventory.Store
	hook suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f failing) Handle() flywheel.Transactor { return handle.Of(f.Store) }

func (f failing) SetBackorder(ctx context.Context, sku flywheel.SKU, location inventory.Location, limit int64) error {
	return suite.Do(f.hook, "SetBackorder", func() error { return f.Store.SetBackorder(ctx, sku, location, limit) })
}

func (f failing) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	return suite.Call(f.hook, "Post", func() (inventory.Movement, error) { return f.Store.Post(ctx, m) })
}

func (f failing) Reservation(ctx context.Context, ref string) (inventory.Reservation, error) {
	return suite.Call(f.hook, "Reservation", func() (inventory.Reservation, error) { return f.Store.Reservation(ctx, ref) })
}

func (f failing) SaveReservation(ctx context.Context, r inventory.Reservation) (inventory.Reservation, error) {
	return suite.Call(f.hook, "SaveReservation", func() (inventory.Reservation, error) { return f.Store.SaveReservation(ctx, r) })
}

func (f failing) Due(ctx context.Context, now time.Time, limit int) ([]inventory.Reservation, error) {
	return suite.Call(f.hook, "Due", func() ([]inventory.Reservation, error) { return f.Store.Due(ctx, now, limit) })
}

func (f failing) Levels(ctx context.Context, sku flywheel.SKU, location inventory.Location) iter.Seq2[inventory.Level, error] {
	return suite.Seq(f.hook, "Levels", f.Store.Levels(ctx, sku, location))
}

func (f failing) Ledger(ctx context.Context, sku flywheel.SKU, location inventory.Location, after int64) iter.Seq2[inventory.Movement, error] {
	return suite.Seq(f.hook, "Ledger", f.Store.Ledger(ctx, sku, location, after))
}

type failingBatch struct {
	failing
	batch inventory.BatchStore
}

func (f failingBatch) PostBatch(ctx context.Context, r *inventory.Reservation, movements []inventory.Movement) error {
	return suite.Do(f.hook, "PostBatch", func() error { return f.batch.PostBatch(ctx, r, movements) })
}

type failingItems struct {
	failingBatch
	items inventory.ItemStore
}

func (f failingItems) Items(ctx context.Context, skus []flywheel.SKU) ([]inventory.Item, error) {
	return suite.Call(f.hook, "Items", func() ([]inventory.Item, error) { return f.items.Items(ctx, skus) })
}

func (f failingItems) SaveItem(ctx context.Context, item inventory.Item) error {
	return suite.Do(f.hook, "SaveItem", func() error { return f.items.SaveItem(ctx, item) })
}

func (f failingItems) LevelsOf(ctx context.Context, skus []flywheel.SKU) ([]inventory.Level, error) {
	return suite.Call(f.hook, "LevelsOf", func() ([]inventory.Level, error) { return f.items.LevelsOf(ctx, skus) })
}

func (f failingItems) Document(ctx context.Context, ref string) ([]inventory.Movement, error) {
	return suite.Call(f.hook, "Document", func() ([]inventory.Movement, error) { return f.items.Document(ctx, ref) })
}
