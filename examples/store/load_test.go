package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/examples/store/load"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A test binary that is started as the client of a run under load is that client.
func TestMain(m *testing.M) {
	if os.Getenv("STORE_LOAD_CLIENT") != "" {
		if err := run(context.Background(), os.Args[1:]); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Some seconds under load: the other process measures, and the books add up.
func TestLoad(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	file, err := os.Create(out)
	require.NoError(t, err)
	stdout := os.Stdout
	os.Stdout = file
	err = run(t.Context(), []string{"load", "-minutes", "0.05", "-rate", "10", "-shoppers", "40", "-speed", "400000"})
	os.Stdout = stdout
	file.Close()
	text, _ := os.ReadFile(out)
	require.NoError(t, err, string(text))
	require.Contains(t, string(text), "all add up")
	require.Regexp(t, `books: \d\d levels of stock, [1-9]\d* orders`, string(text))
	require.Equal(t, 1, strings.Count(string(text), "    10.0 "), string(text))
	t.Log("\n" + string(text))
	require.Error(t, run(t.Context(), []string{"load", "-rate", "0"}))
}

// Books that do not add up are found: money that moved behind the orders, a letter that went out
// twice, an order that nobody confirmed.
func TestBooks(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	b.order(b.review("en", "card-4242"), "en")
	require.NoError(t, shop.Wheel.Drain(t.Context()))
	check := func(sent map[string]load.Sending) string {
		var out strings.Builder
		if err := load.Check(t.Context(), shop, sent, &out); err != nil {
			require.ErrorIs(t, err, load.ErrBooks)
		}
		return out.String()
	}
	one := map[string]load.Sending{"a": {Times: 1, Confirms: true}}
	require.Contains(t, check(one), "14 levels of stock, 1 orders, 0 members, 1 letters: all add up")
	require.Contains(t, check(nil), "1 orders were confirmed by 0 letters")
	require.Contains(t, check(map[string]load.Sending{"a": {Times: 2, Confirms: true}}), "letter a went out 2 times")
	paid := shop.Scripted.Payments()[0]
	require.NoError(t, shop.Scripted.Refund(t.Context(), "by hand", paid.ID, money.New(100, money.EUR)))
	require.Contains(t, check(one), "gave back 1.00 EUR")
}
