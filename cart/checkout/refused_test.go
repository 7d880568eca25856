package checkout_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func engineWith(t testing.TB, percent int64) *pricing.Engine {
	e, err := pricing.Compile(pricing.Config{Taxes: []pricing.Tax{{Class: "standard", Rate: money.Percent(percent)}}})
	require.NoError(t, err)
	return e
}

// A request whose first try got no answer, and which is then refused, leaves neither
// stock nor an authorization: the stock was sold meanwhile, or the price is another.
func TestRefusedAfterNoAnswer(t *testing.T) {
	for _, c := range []struct {
		name    string
		between func(t *testing.T, stock *inventory.Service, carts *cart.Service)
		want    error
	}{
		{"stock is gone", func(t *testing.T, stock *inventory.Service, _ *cart.Service) {
			require.NoError(t, stock.Reserve(t.Context(), "another", []flywheel.Line{{SKU: "mug", Quantity: 1}}))
		}, inventory.ErrOutOfStock},
		{"price has changed", func(t *testing.T, _ *inventory.Service, carts *cart.Service) {
			require.NoError(t, carts.SetEngine(engineWith(t, 30)))
		}, checkout.ErrPrice},
	} {
		for _, fault := range []payment.Fault{payment.LostAnswer, payment.Timeout} {
			t.Run(name(c.name, " ", fault), func(t *testing.T) {
				ctx, at := t.Context(), now
				clock := func() time.Time { return at }
				gateway := new(payment.Memory)
				gateway.Intercept(payment.Sequence(fault))
				stock, err := inventory.New(nil, &inventory.Options{Now: clock})
				require.NoError(t, err)
				carts, err := cart.New(nil, &cart.Options{Now: clock, Engine: engineWith(t, 20)})
				require.NoError(t, err)
				orders, err := order.New(nil, &order.Options{Now: clock, Gateway: gateway})
				require.NoError(t, err)
				shop, err := checkout.New(carts, orders, &checkout.Options{Stock: stock, Now: clock})
				require.NoError(t, err)
				require.NoError(t, stock.Receive(ctx, "delivery", []flywheel.Line{{SKU: "mug", Quantity: 1}}))
				_, err = carts.Create(ctx, cart.Cart{ID: "c", Customer: "anna", Currency: money.EUR})
				require.NoError(t, err)
				_, err = carts.Add(ctx, "c", cart.Line{SKU: "mug", Quantity: 1, Agreed: money.PriceOf(eur(1000)), TaxClass: "standard"})
				require.NoError(t, err)

				r := checkout.Request{Key: "k", Cart: "c", Method: "card", Expect: eur(1200)}
				_, err = shop.Place(ctx, r)
				require.True(t, payment.Uncertain(err), "%v", err)
				at = at.Add(inventory.DefaultHold)
				c.between(t, stock, carts)
				for range 2 {
					_, err = shop.Place(ctx, r)
					require.ErrorIs(t, err, c.want)
					require.False(t, payment.Uncertain(err), "%v", err)
				}
				for _, p := range gateway.Payments() {
					require.True(t, p.Voided, "%+v", p)
				}
				level, err := stock.Level(ctx, "mug")
				require.NoError(t, err)
				require.EqualValues(t, 1, level.OnHand)
				require.LessOrEqual(t, level.Reserved, int64(1))
			})
		}
	}
}
