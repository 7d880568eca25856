package inventorytest

import (
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
)

// BenchmarkReserveCommit measures an order of so many lines from Reserve to
// Commit on a store that nobody else uses, so that stores can be compared.
func BenchmarkReserveCommit(b *testing.B, svc *inventory.Service, lines int) {
	b.Helper()
	order := make([]flywheel.Line, lines)
	for i := range order {
		order[i] = flywheel.Line{SKU: flywheel.SKU(fmt.Sprintf("sku-%03d", i)), Quantity: int64(i%3 + 1)}
		if err := svc.SetBackorder(b.Context(), order[i].SKU, inventory.Unlimited); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		ref := fmt.Sprintf("order-%d", n)
		if err := svc.Reserve(b.Context(), ref, order); err != nil {
			b.Fatal(err)
		}
		if err := svc.Commit(b.Context(), ref); err != nil {
			b.Fatal(err)
		}
	}
}
