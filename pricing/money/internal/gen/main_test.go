package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// A CLDR of four currencies, as in supplemental/currencyData.json.
const sample = `{"supplemental": {"version": {"_cldrVersion": "1"}, "currencyData": {
	"fractions": {
		"DEFAULT": {"_rounding": "0", "_digits": "2"},
		"CHF": {"_rounding": "0", "_digits": "2", "_cashRounding": "5"},
		"HUF": {"_rounding": "0", "_digits": "0", "_cashRounding": "5"},
		"SEK": {"_rounding": "0", "_digits": "2", "_cashRounding": "0", "_cashDigits": "0"},
		"JPY": {"_rounding": "0", "_digits": "0"}
	},
	"region": {
		"CH": [{"CHF": {"_from": "1799-03-17"}}, {"OLD": {"_to": "1998-12-31"}}],
		"HU": [{"HUF": {}}], "ZZ": [{"XAU": {}}], "AQ": [{"XXX": {}}]
	}}}}`

func TestExponents(t *testing.T) {
	var data currencyData
	require.NoError(t, json.Unmarshal([]byte(sample), &data))
	for code, want := range map[string][2]int{"CHF": {2, 5}, "HUF": {2, 500}, "SEK": {2, 100}, "JPY": {0, 1}, "EUR": {2, 1}} {
		digits, cash, err := exponents(code, data.Supplemental.CurrencyData.Fractions)
		require.NoError(t, err)
		require.Equal(t, want, [2]int{digits, cash}, code)
	}
}

func TestTableNeedsItsCurrencies(t *testing.T) {
	var data currencyData
	require.NoError(t, json.Unmarshal([]byte(sample), &data))
	_, err := table(data)
	require.ErrorContains(t, err, "AUD is not in the table")
	for _, code := range common {
		data.Supplemental.CurrencyData.Region["TEST"] = append(data.Supplemental.CurrencyData.Region["TEST"],
			map[string]struct {
				To string `json:"_to"`
			}{code: {}})
	}
	source, err := table(data)
	require.NoError(t, err)
	require.Contains(t, string(source), "\tHUF = Currency{")
	require.Contains(t, string(source), `{"HUF", 2, 500},`)
	for _, code := range []string{"OLD", "XAU", "XXX"} {
		require.NotContains(t, string(source), code)
	}
}
