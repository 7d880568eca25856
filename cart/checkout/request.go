package checkout

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Request asks for a cart to become an order.
type Request struct {
	// Key makes the request idempotent. It belongs to the cart's customer, or
	// visitor: others may use the same. A storefront and a webhook that
	// both may place a cart best use the cart's ID.
	Key string
	// Cart is the cart to order.
	Cart cart.ID
	// OrderID names the order; empty has one made.
	OrderID order.ID
	// Expect, when set, is the total that the customer saw. Another total
	// is refused with a [*PriceError].
	Expect money.Amount
	// Method is the gateway's token for the means of payment.
	Method string
	// At is the time of the order and its prices, by default the clock.
	At time.Time
	// Groups, TaxExempt and Attributes are those of cart.Terms: what the shop
	// knows of the customer. They are no part of the request's body.
	Groups     []string
	TaxExempt  bool
	Attributes map[string]any
}

func (r *Request) check() error {
	fail := func(field string, err error) error { return fmt.Errorf("checkout: %s: %w", field, err) }
	if err := flywheel.CheckID(r.Key); err != nil {
		return fail("key", err)
	}
	if err := flywheel.CheckID(string(r.Cart)); err != nil {
		return fail("cart", err)
	}
	if r.OrderID != "" {
		if err := flywheel.CheckID(string(r.OrderID)); err != nil {
			return fail("order id", err)
		}
	}
	if r.Method != "" {
		if err := flywheel.CheckID(r.Method); err != nil {
			return fail("method", err)
		}
	}
	return nil
}

// fingerprint stands for the body of the request: all that the shopper chooses.
func (r *Request) fingerprint() string {
	var b body
	b.text(string(r.Cart))
	b.text(string(r.OrderID))
	b.text(r.Method)
	b.amount(r.Expect)
	return b.digest()
}

// steps are the keys of what one try of a request does outside of the order
// store. They follow from the request and from what the cart holds: the same
// try again has the same keys, a try with another content has others.
func steps(o *order.Order, method string) (reservation, authorization string) {
	b := make(body, 0, 64+32*len(o.Lines))
	b.text(string(o.Customer))
	b.text(string(o.Visitor))
	b.text(o.Key)
	b.text(o.Fingerprint)
	for i := range o.Lines {
		b.text(string(o.Lines[i].SKU))
		b = binary.AppendVarint(b, o.Lines[i].Quantity)
	}
	reservation = "checkout-" + b.digest()
	b = append(b[:0], reservation...)
	b.amount(o.Total)
	b.text(method)
	return reservation, "authorize-" + b.digest()
}

// body collects the parts of what is hashed, each with its length.
type body []byte

func (b *body) text(s string) {
	*b = binary.AppendUvarint(*b, uint64(len(s)))
	*b = append(*b, s...)
}

func (b *body) amount(a money.Amount) {
	*b = binary.AppendVarint(*b, a.Minor())
	b.text(a.Currency().String())
}

// digest returns 128 bits of the SHA-256 of b as hexadecimal digits.
func (b body) digest() string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// ErrPrice reports that the total is not the one that the customer saw. The error
// is a [*PriceError].
var ErrPrice = fmt.Errorf("checkout: price changed: %w", flywheel.ErrConflict)

// PriceError tells the total that the customer saw and the one of now.
type PriceError struct {
	Cart          cart.ID
	Expected, Now money.Amount
}

func (e *PriceError) Error() string {
	return fmt.Sprintf("checkout: cart %q: the customer saw %v, it is %v now", e.Cart, e.Expected, e.Now)
}

// Unwrap returns [ErrPrice].
func (e *PriceError) Unwrap() error { return ErrPrice }

// seen checks that total is what the customer saw.
func (r *Request) seen(total money.Amount) error {
	if r.Expect != (money.Amount{}) && r.Expect != total {
		return &PriceError{Cart: r.Cart, Expected: r.Expect, Now: total}
	}
	return nil
}
