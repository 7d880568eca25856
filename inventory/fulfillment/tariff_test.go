package fulfillment_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func rated(minor int64, c money.Currency) []fulfillment.Rate {
	return []fulfillment.Rate{{Price: money.New(minor, c)}}
}

func shipsTo(tariffs ...fulfillment.Tariff) fulfillment.Config {
	free := money.New(10000, money.EUR)
	return fulfillment.Config{Places: []fulfillment.Place{{ID: fulfillment.DefaultLocation, Country: "DE"}}, Options: []fulfillment.Option{{
		ID: "post", Type: fulfillment.Shipping, Zones: []string{"DE", "US"}, Rates: rated(490, money.EUR), FreeFrom: &free, Tariffs: tariffs, Days: [2]int{1, 2},
	}}}
}

// An order is charged in the currency of its goods; one that there are no charges in is refused.
func TestTariffs(t *testing.T) {
	free := money.New(12000, money.USD)
	n, err := fulfillment.New(shipsTo(fulfillment.Tariff{Rates: rated(590, money.USD), FreeFrom: &free}, fulfillment.Tariff{Rates: rated(700, money.JPY)}))
	require.NoError(t, err)
	require.True(t, n.ByValue())
	charge := func(value money.Amount) (money.Amount, error) {
		offers, err := n.Offers(fulfillment.Request{
			Items: []fulfillment.Item{{Line: "1", SKU: "mug", Quantity: 1, Weight: 400}}, Stock: fulfillment.Stock{"mug": {Free: map[fulfillment.Location]int64{fulfillment.DefaultLocation: 9}}},
			Address: fulfillment.Address{Country: "US"}, Value: value, At: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC),
		})
		if err != nil {
			return money.Amount{}, err
		}
		require.Len(t, offers, 1)
		return offers[0].Charge, nil
	}
	for value, want := range map[money.Amount]money.Amount{
		{}: money.New(490, money.EUR), money.New(0, money.EUR): money.New(490, money.EUR), money.New(9999, money.EUR): money.New(490, money.EUR), money.New(10000, money.EUR): money.New(0, money.EUR),
		money.New(0, money.USD): money.New(590, money.USD), money.New(11999, money.USD): money.New(590, money.USD), money.New(12000, money.USD): money.New(0, money.USD),
		money.New(9_000_000, money.JPY): money.New(700, money.JPY),
	} {
		got, err := charge(value)
		require.NoError(t, err, value)
		require.Equal(t, want, got, value)
	}
	_, err = charge(money.New(1, money.GBP))
	require.ErrorIs(t, err, fulfillment.ErrInput)

	euros := money.New(1, money.EUR)
	for name, wrong := range map[string]fulfillment.Tariff{
		"no rate": {}, "twice": {Rates: rated(1, money.EUR)}, "two currencies": {Rates: append(rated(1, money.USD), rated(1, money.EUR)...)},
		"free in another": {Rates: rated(1, money.USD), FreeFrom: &euros}, "below zero": {Rates: rated(-1, money.USD)},
	} {
		_, err := fulfillment.New(shipsTo(wrong))
		require.Error(t, err, name)
		require.Contains(t, fmt.Sprint(err), "tariffs[0]", name)
	}
}

// One option that is charged in two currencies.
func ExampleTariff() {
	n, err := fulfillment.New(fulfillment.Config{Places: []fulfillment.Place{{ID: fulfillment.DefaultLocation, Country: "DE"}}, Options: []fulfillment.Option{{
		ID: "post", Type: fulfillment.Shipping, Zones: []string{"US"}, Days: [2]int{3, 5},
		Rates:   []fulfillment.Rate{{Price: money.New(1490, money.EUR)}},
		Tariffs: []fulfillment.Tariff{{Rates: []fulfillment.Rate{{Price: money.New(1600, money.USD)}}}},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	offers, err := n.Offers(fulfillment.Request{
		Items: []fulfillment.Item{{Line: "1", SKU: "mug", Quantity: 1}}, Stock: fulfillment.Stock{"mug": {Free: map[fulfillment.Location]int64{fulfillment.DefaultLocation: 9}}},
		Address: fulfillment.Address{Country: "US"}, Value: money.New(2400, money.USD), At: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC),
	})
	fmt.Println(offers[0].Charge, err)
	// Output: 16.00 USD <nil>
}
