package script

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// fails reports, once, a fault that the setup has for a call.
func (s *Shop) fails(participant, call string) error {
	at := participant + "." + call
	if !s.faults[at] {
		return nil
	}
	delete(s.faults, at)
	return fmt.Errorf("%s does not work: %w", at, flywheel.ErrConflict)
}

type formGoods struct {
	shop *Shop
	*inventory.Service
}

func (g formGoods) Hold(ctx context.Context, ref string, units []fulfillment.Unit, until time.Time) error {
	if err := g.shop.fails("stock", "hold"); err != nil {
		return err
	}
	return g.Service.Hold(ctx, ref, units, until)
}

func (g formGoods) Allocate(ctx context.Context, ref string) error {
	if err := g.shop.fails("stock", "commit"); err != nil {
		return err
	}
	return g.Service.Allocate(ctx, ref)
}

func (g formGoods) Release(ctx context.Context, ref string) error {
	if err := g.shop.fails("stock", "release"); err != nil {
		return err
	}
	return g.Service.Release(ctx, ref)
}

// formWarehouse is the stock as orders see it.
type formWarehouse struct{ *inventory.Service }

func (w formWarehouse) RestockAt(ctx context.Context, ref string, place fulfillment.Location, lines []flywheel.Line) error {
	return w.Service.At(place).Restock(ctx, ref, lines)
}

type formCodes struct {
	shop *Shop
	*coupon.Service
}

func (c formCodes) Hold(ctx context.Context, ref string, q coupon.Request, until time.Time) error {
	if err := c.shop.fails("coupon", "hold"); err != nil {
		return err
	}
	return c.Service.Hold(ctx, ref, q, until)
}

func (c formCodes) Commit(ctx context.Context, ref, code string) error {
	if err := c.shop.fails("coupon", "commit"); err != nil {
		return err
	}
	return c.Service.Commit(ctx, ref, code)
}

func (c formCodes) Release(ctx context.Context, ref, code string) error {
	if err := c.shop.fails("coupon", "release"); err != nil {
		return err
	}
	return c.Service.Release(ctx, ref, code)
}

type formBalance struct {
	shop *Shop
	name string
	checkout.Balance
}

// Handle implements flywheel.Stored.
func (b formBalance) Handle() flywheel.Transactor { return b.shop.DB }

func (b formBalance) Hold(ctx context.Context, account, ref string, amount money.Amount, until time.Time) error {
	if err := b.shop.fails(b.name, "hold"); err != nil {
		return err
	}
	return b.Balance.Hold(ctx, account, ref, amount, until)
}

func (b formBalance) Commit(ctx context.Context, account, ref string) error {
	if err := b.shop.fails(b.name, "commit"); err != nil {
		return err
	}
	return b.Balance.Commit(ctx, account, ref)
}

func (b formBalance) Release(ctx context.Context, account, ref string) error {
	if err := b.shop.fails(b.name, "release"); err != nil {
		return err
	}
	return b.Balance.Release(ctx, account, ref)
}

type formPoints struct {
	shop *Shop
	checkout.Points
}

// Handle implements flywheel.Stored.
func (p formPoints) Handle() flywheel.Transactor { return p.shop.DB }

func (p formPoints) HoldUntil(ctx context.Context, member flywheel.CustomerID, ref string, points int64, until time.Time) error {
	if err := p.shop.fails("points", "hold"); err != nil {
		return err
	}
	return p.Points.HoldUntil(ctx, member, ref, points, until)
}

func (p formPoints) Commit(ctx context.Context, member flywheel.CustomerID, ref string) error {
	if err := p.shop.fails("points", "commit"); err != nil {
		return err
	}
	return p.Points.Commit(ctx, member, ref)
}

func (p formPoints) Release(ctx context.Context, member flywheel.CustomerID, ref string) error {
	if err := p.shop.fails("points", "release"); err != nil {
		return err
	}
	return p.Points.Release(ctx, member, ref)
}
