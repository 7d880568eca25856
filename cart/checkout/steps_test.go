package checkout

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Whatever makes a try another one makes its keys others, so that neither the stock nor
// the gateway takes it for the one before; the same try has the same keys.
func TestStepsAreOfOneTry(t *testing.T) {
	try := func(edit func(o *order.Order)) *order.Order {
		o := &order.Order{
			Customer: "ann", Visitor: "browser", Key: "key", Fingerprint: "body", Total: money.New(1000, money.EUR),
			Lines: []order.Line{{SKU: "a", Quantity: 2}, {SKU: "b", Quantity: 1}},
		}
		edit(o)
		return o
	}
	reservation, authorization := steps(try(func(*order.Order) {}), "card")
	again, andAgain := steps(try(func(*order.Order) {}), "card")
	require.Equal(t, [2]string{reservation, authorization}, [2]string{again, andAgain})
	for name, edit := range map[string]func(o *order.Order){
		"customer":    func(o *order.Order) { o.Customer = "ben" },
		"visitor":     func(o *order.Order) { o.Visitor = "phone" },
		"key":         func(o *order.Order) { o.Key = "other" },
		"fingerprint": func(o *order.Order) { o.Fingerprint = "other" },
		"sku":         func(o *order.Order) { o.Lines[0].SKU = "c" },
		"quantity":    func(o *order.Order) { o.Lines[1].Quantity = 2 },
		"shifted":     func(o *order.Order) { o.Customer, o.Visitor = "annb", "rowser" },
	} {
		r, a := steps(try(edit), "card")
		require.NotEqual(t, reservation, r, name)
		require.NotEqual(t, authorization, a, name)
	}
	r, a := steps(try(func(o *order.Order) { o.Total = money.New(1001, money.EUR) }), "card")
	require.Equal(t, reservation, r)
	require.NotEqual(t, authorization, a, "another amount")
	r, a = steps(try(func(*order.Order) {}), "other card")
	require.Equal(t, reservation, r)
	require.NotEqual(t, authorization, a, "another card")
}
