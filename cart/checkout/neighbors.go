package checkout

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Goods is what a session needs of an inventory: levels for the quote, and units that
// are held while a buyer pays. inventory.Service is one.
type Goods interface {
	// Available returns what can be had of the SKUs, and of the parts of kits.
	Available(ctx context.Context, skus []flywheel.SKU) (fulfillment.Stock, error)
	// Hold sets all units aside for ref until an instant, or nothing. The same ref
	// and units again have one effect. Less than asked for is a conflict.
	Hold(ctx context.Context, ref string, units []fulfillment.Unit, until time.Time) error
	// Allocate makes what is held for ref that of an order. Again it does nothing. A
	// hold that is gone reports an error matching flywheel.ErrExpired, ErrNotFound
	// or ErrConflict.
	Allocate(ctx context.Context, ref string) error
	// Release lets go what is held for ref; nothing held is no error.
	Release(ctx context.Context, ref string) error
}

// goodsIn are [Goods] that answer in memory that the quote brings.
type goodsIn interface {
	AvailableIn(ctx context.Context, memory *fulfillment.StockMemory, skus []flywheel.SKU) (fulfillment.Stock, error)
}

// Codes are discount codes with limits. coupon.Service is one.
type Codes interface {
	// Look reports whether a code can be used now, what others hold included, and
	// returns its campaign; a code that cannot be is a [*coupon.RefusedError]. What
	// q.Ref holds does not count.
	Look(ctx context.Context, q coupon.Request) (coupon.Campaign, error)
	// Check does the same for a code that somebody has just typed: who fails too often
	// is refused.
	Check(ctx context.Context, q coupon.Request) (coupon.Campaign, error)
	// Hold takes a use aside for ref, Commit makes it used, Release lets it go: each
	// once, however often it is called.
	Hold(ctx context.Context, ref string, q coupon.Request, until time.Time) error
	Commit(ctx context.Context, ref, code string) error
	Release(ctx context.Context, ref, code string) error
}

// Balance is money that is kept for somebody: a gift card, store credit.
type Balance interface {
	// Spendable returns what can be spent, less what is held. An unknown or ended
	// account reports an error of a kind, so does another currency.
	Spendable(ctx context.Context, account string, currency money.Currency) (money.Amount, error)
	// Hold sets an amount aside for ref until an instant, Commit takes it, Release
	// lets it go: each once, however often it is called.
	Hold(ctx context.Context, account, ref string, amount money.Amount, until time.Time) error
	Commit(ctx context.Context, account, ref string) error
	Release(ctx context.Context, account, ref string) error
}

// Points are what members of a loyalty program have. loyalty.Service is one.
type Points interface {
	Spendable(ctx context.Context, member flywheel.CustomerID) (int64, error)
	HoldUntil(ctx context.Context, member flywheel.CustomerID, ref string, points int64, until time.Time) error
	Commit(ctx context.Context, member flywheel.CustomerID, ref string) error
	Release(ctx context.Context, member flywheel.CustomerID, ref string) error
}

// PointRates say what a point is worth, in minor units of a currency at an instant: zero
// where points pay nothing. *loyalty.Service is one.
type PointRates interface {
	Worth(ctx context.Context, currency money.Currency, at time.Time) (money.Rate, error)
}
