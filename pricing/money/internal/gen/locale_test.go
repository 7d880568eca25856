package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePattern(t *testing.T) {
	for text, want := range map[string]pattern{
		"¤#,##0.00":                  {"¤", "", "-¤", "", 3, 3},
		"#,##,##0.00\u00a0¤":         {"", "\u00a0¤", "-", "\u00a0¤", 3, 2},
		"¤#,##0.00;(¤#,##0.00)":      {"¤", "", "(¤", ")", 3, 3},
		"¤\u00a0#,##0.00;¤-#,##0.00": {"¤\u00a0", "", "¤-", "", 3, 3},
		"¤0.00":                      {"¤", "", "-¤", "", 0, 0},
	} {
		got, err := parsePattern(text)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "¤", "'x'0", "0;", "0%"} {
		_, err := parsePattern(text)
		require.Error(t, err, text)
	}
}

func TestEncode(t *testing.T) {
	base := map[string]string{"EUR": "€", "USD": "US$"}
	require.Equal(t, `{"EURUSD", []string{"€", "US$"}}`, encode(base, nil))
	require.Equal(t, `{"USD", []string{"$"}}`, encode(map[string]string{"EUR": "€", "USD": "$"}, base))
	require.Equal(t, `{"EURUSD", []string{"EUR", "USD"}}`, encode(nil, base), "codes stand where the base has symbols")
	require.Equal(t, `{}`, encode(base, base))
}

func TestDistinct(t *testing.T) {
	var d distinct[string]
	require.Equal(t, []int{0, 1, 0}, []int{d.index("a"), d.index("b"), d.index("a")})
	require.Equal(t, []string{"a", "b"}, d.list)
}
