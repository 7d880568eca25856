package inventorytest

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of
// the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
//
// The result offers inventory.BatchStore when s does, then inventory.ItemStore when s
// does, and then inventory.LotStore and inventory.PaperStore when s offers both.
func Failing(s inventory.Store, hook func(call string, after bool) error) inventory.Store {
	f := failing{s, hook}
	batch, ok := s.(inventory.BatchStore)
	if !ok {
		return f
	}
	items, ok := s.(inventory.ItemStore)
	if !ok {
		return failingBatch{f, batch}
	}
	withItems := failingItems{failingBatch{f, batch}, items}
	if whole, ok := s.(lotsAndPapers); ok {
		return failingLots{withItems, whole}
	}
	return withItems
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

type lotsAndPapers interface {
	inventory.LotStore
	inventory.PaperStore
}

type failingLots struct {
	failingItems
	whole lotsAndPapers
}

func (f failingLots) Lots(ctx context.Context, sku flywheel.SKU, location inventory.Location) ([]inventory.Lot, error) {
	return suite.Call(f.hook, "Lots", func() ([]inventory.Lot, error) { return f.whole.Lots(ctx, sku, location) })
}

func (f failingLots) ExpiredLots(ctx context.Context, day fulfillment.Date, limit int) ([]inventory.Lot, error) {
	return suite.Call(f.hook, "ExpiredLots", func() ([]inventory.Lot, error) { return f.whole.ExpiredLots(ctx, day, limit) })
}

func (f failingLots) PostLots(ctx context.Context, moves []inventory.LotMove) error {
	return suite.Do(f.hook, "PostLots", func() error { return f.whole.PostLots(ctx, moves) })
}

func (f failingLots) LotMoves(ctx context.Context, sku flywheel.SKU, lot string) ([]inventory.LotMove, error) {
	return suite.Call(f.hook, "LotMoves", func() ([]inventory.LotMove, error) { return f.whole.LotMoves(ctx, sku, lot) })
}

func (f failingLots) LotMovesOf(ctx context.Context, ref string) ([]inventory.LotMove, error) {
	return suite.Call(f.hook, "LotMovesOf", func() ([]inventory.LotMove, error) { return f.whole.LotMovesOf(ctx, ref) })
}

func (f failingLots) RecallLot(ctx context.Context, sku flywheel.SKU, lot string, recalled bool) error {
	return suite.Do(f.hook, "RecallLot", func() error { return f.whole.RecallLot(ctx, sku, lot, recalled) })
}

func (f failingLots) IsRecalled(ctx context.Context, sku flywheel.SKU, lot string) (bool, error) {
	return suite.Call(f.hook, "IsRecalled", func() (bool, error) { return f.whole.IsRecalled(ctx, sku, lot) })
}

func (f failingLots) Paper(ctx context.Context, kind inventory.PaperKind, ref string) (inventory.Paper, error) {
	return suite.Call(f.hook, "Paper", func() (inventory.Paper, error) { return f.whole.Paper(ctx, kind, ref) })
}

func (f failingLots) SavePaper(ctx context.Context, p inventory.Paper) (inventory.Paper, error) {
	return suite.Call(f.hook, "SavePaper", func() (inventory.Paper, error) { return f.whole.SavePaper(ctx, p) })
}

func (f failingLots) OpenPapers(ctx context.Context, kind inventory.PaperKind, after string, limit int) ([]inventory.Paper, error) {
	return suite.Call(f.hook, "OpenPapers", func() ([]inventory.Paper, error) { return f.whole.OpenPapers(ctx, kind, after, limit) })
}

func (f failingLots) Incoming(ctx context.Context, skus []flywheel.SKU) ([]inventory.Incoming, error) {
	return suite.Call(f.hook, "Incoming", func() ([]inventory.Incoming, error) { return f.whole.Incoming(ctx, skus) })
}
