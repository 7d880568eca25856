package inventory_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorytest"
)

func BenchmarkReserveCommit(b *testing.B) {
	for _, n := range []int{1, 30} {
		b.Run(fmt.Sprintf("store=memory/lines=%d", n), func(b *testing.B) {
			svc, err := inventory.New(nil, nil)
			if err != nil {
				b.Fatal(err)
			}
			inventorytest.BenchmarkReserveCommit(b, svc, n)
		})
	}
}

// BenchmarkYear posts the movements of a year of a shop: 20,000 orders of 27
// lines each out of 4,000 SKUs, reserved and committed, on backorder. It reports
// what a year costs and how much memory stays in use.
func BenchmarkYear(b *testing.B) {
	const orders, lines, skus = 20_000, 27, 4_000
	names := make([]flywheel.SKU, skus)
	for i := range names {
		names[i] = flywheel.SKU(fmt.Sprintf("sku-%04d", i))
	}
	refs := make([]string, orders)
	for i := range refs {
		refs[i] = fmt.Sprintf("order-%06d", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		ctx := context.Background()
		svc, err := inventory.New(nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, sku := range names {
			if err := svc.SetBackorder(ctx, sku, inventory.Unlimited); err != nil {
				b.Fatal(err)
			}
		}
		basket := make([]flywheel.Line, lines)
		for i, ref := range refs {
			for j := range basket {
				basket[j] = flywheel.Line{SKU: names[(i*31+j*(i%97+1))%skus], Quantity: int64(j%5 + 1)}
			}
			if err := svc.Reserve(ctx, ref, basket); err != nil {
				b.Fatal(err)
			}
			if err := svc.Commit(ctx, ref); err != nil {
				b.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-kept")
		runtime.KeepAlive(svc)
	}
}
