package payment

import (
	"context"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// OfflinePrefix begins the method of a charge that is paid outside of any gateway, such
// as "offline:invoice", "offline:cash" or "offline:transfer".
const OfflinePrefix = "offline:"

// IsOffline reports whether a method is one of [Offline].
func IsOffline(method string) bool { return strings.HasPrefix(method, OfflinePrefix) }

// Offline is a [Gateway] for money that moves outside of any gateway: by invoice, in
// cash, by bank transfer. A charge whose method begins with [OfflinePrefix] is granted
// at once, and its captures and refunds are taken as done: the order's papers say what
// somebody has to collect or to pay. All other charges go to Next.
//
// Offline keeps nothing: an authorization names its charge and amount. So it bounds no
// capture or refund, which orders do, and Void succeeds also after a capture. Who may
// pay so is decided by whoever takes the order: checkout.Sessions refuse such a token
// of a shopper.
type Offline struct{ Next Gateway }

var _ Gateway = Offline{}

// offlineID is how the authorizations of Offline begin.
const offlineID = "offline-charge:"

// Authorize implements [Gateway].
func (o Offline) Authorize(ctx context.Context, c Charge) (Authorization, error) {
	if !IsOffline(c.Method) {
		return o.Next.Authorize(ctx, c)
	}
	if c.Amount.Sign() <= 0 {
		return Authorization{}, &flywheel.FieldError{Field: "amount", Err: fmt.Errorf("payment: %v is not positive: %w", c.Amount, flywheel.ErrInvalid)}
	}
	return Authorization{ID: fmt.Sprintf("%s%d:%s:%s", offlineID, c.Amount.Minor(), c.Amount.Currency(), c.Key), Amount: c.Amount}, nil
}

// Find implements [Gateway].
func (o Offline) Find(ctx context.Context, authorization string) (Authorization, error) {
	rest, offline := strings.CutPrefix(authorization, offlineID)
	if !offline {
		return o.Next.Find(ctx, authorization)
	}
	var minor int64
	amount, rest, _ := strings.Cut(rest, ":")
	code, _, named := strings.Cut(rest, ":")
	currency, err := money.ParseCurrency(code)
	if n, bad := fmt.Sscanf(amount, "%d", &minor); n != 1 || bad != nil || err != nil || !named {
		return Authorization{}, fmt.Errorf("payment: authorization %q: %w", authorization, flywheel.ErrNotFound)
	}
	return Authorization{ID: authorization, Amount: money.New(minor, currency)}, nil
}

// Capture implements [Gateway].
func (o Offline) Capture(ctx context.Context, key, authorization string, amount money.Amount) error {
	return o.moved(authorization, func() error { return o.Next.Capture(ctx, key, authorization, amount) })
}

// Void implements [Gateway].
func (o Offline) Void(ctx context.Context, key, authorization string) error {
	return o.moved(authorization, func() error { return o.Next.Void(ctx, key, authorization) })
}

// Release implements [Gateway].
func (o Offline) Release(ctx context.Context, key, authorization string, amount money.Amount) error {
	return o.moved(authorization, func() error { return o.Next.Release(ctx, key, authorization, amount) })
}

// Refund implements [Gateway].
func (o Offline) Refund(ctx context.Context, key, authorization string, amount money.Amount) error {
	return o.moved(authorization, func() error { return o.Next.Refund(ctx, key, authorization, amount) })
}

// Abandon implements [Gateway].
func (o Offline) Abandon(ctx context.Context, c Charge) error {
	if IsOffline(c.Method) {
		return nil
	}
	return o.Next.Abandon(ctx, c)
}

func (o Offline) moved(authorization string, next func() error) error {
	if strings.HasPrefix(authorization, offlineID) {
		return nil
	}
	return next()
}
