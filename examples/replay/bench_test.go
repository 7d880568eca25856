package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/examples/replay/retail"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// BenchmarkReplay reports rows per second of a whole replay, reading and
// reporting included. The real file needs FLYWHEEL_DATA; see CONTRIBUTING.
func BenchmarkReplay(b *testing.B) {
	made := writeShop(b, retail.Shop{Customers: 150, Products: 120}, 1)
	bench := func(store func(b *testing.B) string, data func(b *testing.B) string) func(*testing.B) {
		return func(b *testing.B) {
			file := data(b)
			each, rows := lines(b, file), 0
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				where := store(b)
				b.StartTimer()
				require.NoError(b, run(b.Context(), []string{"-data", file, "-store", where}, io.Discard, io.Discard))
				rows += each
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		}
	}
	memory := func(*testing.B) string { return "memory" }
	small := func(*testing.B) string { return made }
	b.Run("store=memory/data=made", bench(memory, small))
	b.Run("store=sqlite/data=made", bench(func(b *testing.B) string { return "sqlite:" + filepath.Join(b.TempDir(), "shop.db") }, small))
	b.Run("store=postgres/data=made", bench(func(b *testing.B) string { return "postgres:" + pgtest.DSN(b) }, small))
	b.Run("store=memory/data=online-retail", bench(memory, func(b *testing.B) string {
		return testkit.Data(b, "store/online-retail/transactions.csv.gz")
	}))
}

// writeShop makes a file of a made-up shop.
func writeShop(tb testing.TB, shop retail.Shop, seed uint64) string {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "shop.csv")
	f, err := os.Create(name)
	require.NoError(tb, err)
	require.NoError(tb, retail.Synthesize(f, shop, seed))
	require.NoError(tb, f.Close())
	return name
}

// lines returns how many rows a file has.
func lines(tb testing.TB, name string) int {
	tb.Helper()
	book, _, err := input(name, 0, gbp)
	require.NoError(tb, err)
	return book.Rows
}
