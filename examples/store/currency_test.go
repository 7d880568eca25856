package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/loyalty"
)

// A visitor in the United States sees dollars everywhere, pays in them, and gets them back;
// whoever goes on in another country takes the cart along; the desk sums by currency.
func TestCurrencies(t *testing.T) {
	wheres(t, func(t *testing.T, where string) {
		shop := opened(t, where)
		b := visit(t, site(shop))
		for path, price := range map[string]string{"/en-us/": "$13.90", "/en-us/goods": "$13.90", "/en-us/goods/stoneware-mug": "$13.90", "/zh-cn/goods/stoneware-mug": "98.00", "/en/goods/stoneware-mug": "€11.90"} {
			body, _ := b.see(path)
			require.Contains(t, body, price, path)
		}
		body, at := b.press("/en/cart/add", "sku", "stoneware-mug-blue", "quantity", "2")
		require.Equal(t, "/en/cart", at)
		require.Contains(t, body, "€28.70")
		body, _ = b.see("/en-us/cart")
		require.Contains(t, body, "$27.80", "the goods")
		require.Contains(t, body, "$22.00", "delivery to America")
		require.Contains(t, body, "$49.80")
		require.Contains(t, body, ">$0.00<", "no tax")
		body, _ = b.see("/zh-cn/cart")
		require.Contains(t, body, "375.00", "196 and 179 yuan")

		address := []string{"email", "anna@example.com", "name", "Anna", "street", "5th Avenue 1", "postcode", "10001", "city", "New York", "country", "US"}
		body, _ = b.press("/en-us/checkout/address", append([]string{"postcode", "1"}, address...)...)
		require.Contains(t, body, "“1” is no ZIP code")
		b.press("/en-us/checkout/address", address...)
		b.press("/en-us/checkout/delivery", "option", "america")
		body, _ = b.press("/en-us/checkout/payment", "number", numbers["card-4242"], "expiry", "12/40")
		require.Contains(t, body, "$49.80")
		confirmation, at := b.order(body, "en-us")
		require.Regexp(t, `^/en-us/orders/`, at, confirmation)
		require.Contains(t, confirmation, "$49.80")
		b.order(b.review("en", "card-4242"), "en")

		require.NoError(t, shop.Wheel.Drain(t.Context()))
		health, err := shop.Wheel.Health(t.Context())
		require.NoError(t, err)
		for _, c := range health {
			require.Zero(t, c.Parked, c.Name)
		}
		keeper := again(t, b.base)
		keeper.press("/en/desk/login", "password", "secret word")
		today, _ := keeper.see("/en/desk")
		require.Contains(t, today, "€28.70, $49.80")
		require.Contains(t, today, "Sales by day in USD")
		desk, _ := keeper.press("/en/desk/orders/"+strings.TrimPrefix(at, "/en-us/orders/")+"/refund", "amount", "5.00", "reason", "late", "key", "k")
		require.Contains(t, desk, "$5.00", "back in dollars")
	})
}

// Points are worth the same in every currency, and are earned by the same worth.
func TestPointsInAnotherCurrency(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	b.join(shop, "anna@example.com", "")
	id := b.who(shop, "anna@example.com")
	_, err := shop.Points.Apply(t.Context(), loyalty.Operation{Member: id, Key: "present", Kind: loyalty.Earn, Points: 10, At: shop.Now(), AvailableAt: shop.Now()})
	require.NoError(t, err)
	b.press("/zh-cn/cart/add", "sku", "iron-pot-black")
	b.press("/zh-cn/checkout/address", "email", "anna@example.com", "name", "安娜", "street", "南京路 1", "postcode", "200001", "city", "上海", "country", "CN")
	b.press("/zh-cn/checkout/delivery", "option", "china")
	body, _ := b.press("/zh-cn/checkout/payment", "number", numbers["card-4242"], "expiry", "12/40", "points", "yes")
	require.Contains(t, body, "points (10)")
	require.Contains(t, body, "4.00", "ten points are four yuan")
	_, at := b.order(body, "zh-cn")
	require.Regexp(t, `^/zh-cn/orders/`, at)
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	balance, err := shop.Points.Balance(t.Context(), id)
	require.NoError(t, err)
	require.EqualValues(t, 153, balance.Pending, "an eighth of a point for each of 1,227 yuan")
}
