package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/crowd"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/page"
)

// Simulated shoppers live on the pages for weeks: they buy, open accounts, give back and review,
// and the clerk keeps up; no page fails, nothing is parked and no shelf goes below zero.
func TestCrowd(t *testing.T) {
	s, err := open(t.Context(), "memory")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.close()) })
	var mu sync.Mutex
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	shop, err := newShop(t.Context(), s, clock, outside{})
	require.NoError(t, err)
	shop.Accounts.Rounds = 1000
	site := page.New(shop, "secret word", slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	end := now.AddDate(0, 0, 34)
	var turned time.Time
	var log bytes.Buffer
	c := &crowd.Crowd{
		Store: site, Shoppers: 22, Seed: 3, Now: clock, Speed: 1, Desk: "secret word", Workers: 1, Log: slog.New(slog.NewTextHandler(&log, nil)),
		// Time jumps to what comes next, and the wheel turns in between.
		Wait: func(ctx context.Context, until time.Time) {
			mu.Lock()
			if until.After(now) {
				now = until
			}
			over := now.After(end)
			mu.Unlock()
			if over {
				cancel()
				return
			}
			if until.Sub(turned) > 2*time.Hour {
				turned = until
				require.NoError(t, shop.Wheel.Drain(ctx))
			}
		},
		Letters: letters(shop),
	}
	require.NoError(t, c.Run(ctx))
	counts := c.Counts()
	t.Logf("%+v", counts)
	require.Zero(t, counts.Failures, log.String())
	for what, n := range map[string]int64{
		"visits": counts.Visits, "carts": counts.Carts, "orders": counts.Orders, "accounts": counts.Accounts, "reviews": counts.Reviews,
	} {
		require.Positive(t, n, what)
	}
	health, err := shop.Wheel.Health(t.Context())
	require.NoError(t, err)
	for _, h := range health {
		require.Zero(t, h.Parked, h.Name)
	}
	for i := range data.Goods {
		for _, sku := range data.Goods[i].SKUs() {
			if data.Goods[i].Digital {
				continue
			}
			level, err := shop.Stock.Level(t.Context(), sku)
			require.NoError(t, err)
			require.GreaterOrEqual(t, level.Available(), int64(0), string(sku))
		}
	}
}

// Two policies are compared without a store.
func TestPolicies(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	a, b := file("a.json", `{"recommendations":true,"points":"1"}`), file("b.json", `{"recommendations":true,"stock":true}`)
	require.NoError(t, run(t.Context(), []string{"-policy", a, "-policy", b, "-worlds", "2", "-shoppers", "20"}))
	require.ErrorIs(t, run(t.Context(), []string{"-policy", a}), flywheel.ErrInvalid)
	require.Error(t, run(t.Context(), []string{"-policy", file("c.json", `{"stok":true}`), "-policy", a}))
	require.Error(t, run(t.Context(), []string{"-policy", filepath.Join(dir, "none.json")}))
	require.ErrorIs(t, run(t.Context(), []string{"-store", "memory", "-speed", "0"}), flywheel.ErrOutOfRange)
	require.Error(t, run(t.Context(), []string{"wheel", "-seeds", "0"}))
}
