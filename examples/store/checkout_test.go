package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/data"
)

// What is typed wrong is said beside its field, about this value, and all that was typed stays.
func TestMistakesAtTheCheckout(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	b.press("/en/cart/add", "sku", "stoneware-mug-blue")
	body, _ := b.press("/en/checkout/address", "email", "anna", "name", "Anna", "street", "", "postcode", "1011", "city", "Berlin", "country", "DE")
	for _, said := range []string{"“anna” is no e-mail address", "“1011” is no postcode of Germany: those have five digits", "“Street and number” is empty", `value="Anna"`, `aria-invalid="true"`} {
		require.Contains(t, body, said)
	}
	german, _ := b.press("/de/checkout/address", "email", "anna@example.com", "name", "Anna", "street", "Torstraße 1", "postcode", "1011", "city", "Berlin", "country", "DE")
	require.Contains(t, german, "„1011“ ist keine deutsche Postleitzahl")
	body, _ = b.press("/en/checkout/address", "email", "anna@example.com", "name", "Anna", "street", "Torstraße 1", "postcode", "10115", "city", "Berlin", "country", "FR")
	require.Contains(t, body, "We do not deliver to “FR”.")

	// Another place than the table has: the buyer chooses.
	fields := []string{"email", "anna@example.com", "name", "Anna", "street", "Torstraße 1", "postcode", "D-10115", "city", "Brelin", "country", "DE"}
	body, _ = b.press("/en/checkout/address", fields...)
	require.Contains(t, body, "<b>10115 Berlin</b>")
	require.Contains(t, body, `value="Brelin"`)
	body, _ = b.press("/en/checkout/address", append(fields, "sure", "better")...)
	require.Contains(t, body, "10115 Berlin, DE")
	body, _ = b.press("/en/checkout/address", append(fields, "sure", "typed")...)
	require.Contains(t, body, "10115 Brelin, DE")

	b.press("/en/checkout/delivery", "option", "standard")
	for _, c := range []struct{ number, expiry, said string }{
		{"4242 4242 4242 4243", "12/40", "One digit of this number is wrong"}, {"4242", "12/40", "This number has 4 digits; a card has 12 to 19."},
		{"4242x4242y42424242", "12/40", "digits only"}, {"4242 4242 4242 4242", "13/40", "“13/40” is no month and year"}, {"4242 4242 4242 4242", "01/20", "This card ended in 01/20."},
	} {
		body, _ = b.press("/en/checkout/payment", "number", c.number, "expiry", c.expiry, "giftcard", "half a code")
		require.Contains(t, body, c.said)
		require.Contains(t, body, `value="`+c.number+`"`, "the card survives the mistake")
		require.Contains(t, body, `value="`+c.expiry+`"`)
		require.Contains(t, body, `value="half a code"`)
	}
	body, _ = b.press("/en/checkout/payment", "number", "4242 4242 4242 4242", "expiry", "12/40")
	require.Contains(t, body, "•••• 4242, 12/40")
	require.NotContains(t, body, "4242 4242 4242", "the number is nowhere any more")
	body, _ = b.see("/en/checkout?step=Payment")
	require.Contains(t, body, "Use this card")
	body, _ = b.press("/en/checkout/payment", "keep", "yes", "number", "")
	require.Contains(t, body, "•••• 4242, 12/40")
	_, at := b.order(body, "en")
	require.Regexp(t, `^/en/orders/`, at)
	for p := range shop.Orders.List(t.Context(), order.Filter{}) {
		require.Equal(t, "card-4242", shop.Scripted.Payments()[0].Method, p.Number)
	}
}

// The cart has the whole cost: goods, delivery home with its date, tax; and says what was added.
func TestWholeCostInTheCart(t *testing.T) {
	b := visit(t, site(opened(t, "memory")))
	body, _ := b.press("/en/cart/add", "sku", "stoneware-mug-blue", "quantity", "2")
	for _, said := range []string{"28.70", "4.90", "arrives", `data-live="In the cart: Stoneware mug, Blue"`} {
		require.Contains(t, body, said)
	}
	body, _ = b.press("/en/cart/add", "sku", "iron-pot-black")
	require.Contains(t, body, "free", "dear goods travel for nothing")
	require.Contains(t, body, "152.80")
}

// Token and table by themselves.
func TestPlacesAndCards(t *testing.T) {
	is := order.Address{Postcode: "a-1010", City: "Wein", Country: "AT"}
	better, err := data.Places{}.Check(is)
	require.NoError(t, err)
	require.Equal(t, order.Address{Postcode: "1010", City: "Wien", Country: "AT"}, better)
	same, err := data.Places{}.Check(better)
	require.NoError(t, err)
	require.Equal(t, better, same)
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	for _, right := range []string{"11/26", "12/2026"} {
		_, err := data.Tokenize("4242-4242-4242-4242", right, now)
		require.NoError(t, err, right)
	}
	_, err = data.Tokenize("4242-4242-4242-4242", "10/26", now)
	require.Error(t, err)
}
