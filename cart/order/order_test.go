package order_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

// sale returns an order of lines {quantity, net, tax}.
func sale(id string, lines ...[3]int64) order.Order {
	o := order.Order{
		ID: order.ID(id), Key: "key of " + id, Customer: "c", Currency: money.EUR, Status: order.Placed,
		PlacedAt: time.Date(2011, 1, 2, 3, 4, 5, 0, time.UTC), Booked: true,
	}
	var net, tax int64
	for i, l := range lines {
		o.Lines = append(o.Lines, order.Line{
			ID: lineID(i), SKU: flywheel.SKU("sku-" + lineID(i)), Quantity: l[0],
			Subtotal: eur(l[1]), Discount: eur(0), Net: eur(l[1]), Tax: eur(l[2]), Total: eur(l[1] + l[2]),
		})
		net, tax = net+l[1], tax+l[2]
	}
	o.Subtotal, o.Discount, o.Net, o.Tax, o.Total = eur(net), eur(0), eur(net), eur(tax), eur(net+tax)
	return o
}

// lineID returns a, b, …, z, a1, b1, …
func lineID(i int) string {
	id := string(rune('a' + i%26))
	if i >= 26 {
		id += fmt.Sprint(i / 26)
	}
	return id
}

// The cases refd-01 to refd-03 of the reference data: net and tax are split over
// units by largest remainder at order time, returns consume units in order.
func TestValidate(t *testing.T) {
	for _, c := range []struct {
		field string
		kind  error
		edit  func(o *order.Order)
	}{
		{"id", flywheel.ErrInvalid, func(o *order.Order) { o.ID = "" }},
		{"key", flywheel.ErrLimit, func(o *order.Order) { o.Key = strings.Repeat("k", 256) }},
		{"cart", flywheel.ErrInvalid, func(o *order.Order) { o.Cart = " x" }},
		{"customer", flywheel.ErrInvalid, func(o *order.Order) { o.Customer = "" }},
		{"visitor", flywheel.ErrInvalid, func(o *order.Order) { o.Visitor = "\x00" }},
		{"session", flywheel.ErrInvalid, func(o *order.Order) { o.Session = "\xff" }},
		{"coupons[0]", flywheel.ErrInvalid, func(o *order.Order) { o.Coupons = []string{"\n"} }},
		{"currency", flywheel.ErrInvalid, func(o *order.Order) { o.Currency = money.Currency{} }},
		{"lines", flywheel.ErrInvalid, func(o *order.Order) { o.Lines = nil }},
		{"placed_at", flywheel.ErrInvalid, func(o *order.Order) { o.PlacedAt = time.Time{} }},
		{"status", flywheel.ErrInvalid, func(o *order.Order) { o.Status = order.Paid }},
		{"returns", flywheel.ErrInvalid, func(o *order.Order) { o.Returns = make([]order.Return, 1) }},
		{"lines[1].id", flywheel.ErrInvalid, func(o *order.Order) { o.Lines[1].ID = "a" }},
		{"lines[0].sku", flywheel.ErrInvalid, func(o *order.Order) { o.Lines[0].SKU = "" }},
		{"lines[0].quantity", flywheel.ErrOutOfRange, func(o *order.Order) { o.Lines[0].Quantity = 0 }},
		{"lines[0].returned", flywheel.ErrInvalid, func(o *order.Order) { o.Lines[0].Returned = 1 }},
		{"lines[0].net", flywheel.ErrInvalid, func(o *order.Order) { o.Lines[0].Net = money.New(1000, money.USD) }},
		{"lines[0].tax", flywheel.ErrOutOfRange, func(o *order.Order) { o.Lines[0].Tax = eur(-1) }},
		{"lines[0].total", flywheel.ErrInvalid, func(o *order.Order) { o.Lines[0].Total = eur(1) }},
		{"lines[1].subtotal", flywheel.ErrOutOfRange, func(o *order.Order) {
			o.Lines[0].Subtotal, o.Lines[1].Subtotal = eur(math.MaxInt64), eur(1)
		}},
		{"total", flywheel.ErrInvalid, func(o *order.Order) { o.Total = eur(1) }},
		{"payment.authorized", flywheel.ErrInvalid, func(o *order.Order) {
			o.Payment = order.Payment{Authorization: "a", Authorized: eur(1)}
		}},
	} {
		t.Run(c.field, func(t *testing.T) {
			o := sale("o", [3]int64{1, 1000, 200}, [3]int64{2, 500, 100})
			require.NoError(t, o.Validate())
			c.edit(&o)
			err := o.Validate()
			var f *order.FieldError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, c.field, f.Field)
			assert.ErrorIs(t, err, c.kind)
		})
	}
}

func TestValidateFindsRepeatedLineInLongOrder(t *testing.T) {
	lines := make([][3]int64, 200)
	for i := range lines {
		lines[i] = [3]int64{1, 100, 0}
	}
	o := sale("o", lines...)
	require.NoError(t, o.Validate())
	o.Lines[150].ID = o.Lines[3].ID
	var f *order.FieldError
	require.ErrorAs(t, o.Validate(), &f)
	require.Equal(t, "lines[150].id", f.Field)
}
