package inventory_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// BenchmarkHotItem reserves units of one item that everybody wants, from as many
// goroutines as the benchmark is given processors.
func BenchmarkHotItem(b *testing.B) {
	b.Run("verb=reserve", func(b *testing.B) {
		stock := hotItem(b)
		hot(b, func(ref string) error {
			return stock.Reserve(b.Context(), ref, []flywheel.Line{{SKU: "hot", Quantity: 1}})
		})
	})
	b.Run("verb=hold", func(b *testing.B) {
		stock, until := hotItem(b), time.Now().Add(time.Hour)
		hot(b, func(ref string) error {
			return stock.Hold(b.Context(), ref, []fulfillment.Unit{{SKU: "hot", Location: inventory.DefaultLocation, Quantity: 1}}, until)
		})
	})
}

func hotItem(b *testing.B) *inventory.Service {
	stock, err := inventory.New(nil, &inventory.Options{Hold: time.Hour})
	if err == nil {
		err = stock.Receive(b.Context(), "delivery", []flywheel.Line{{SKU: "hot", Quantity: 1 << 40}})
	}
	if err != nil {
		b.Fatal(err)
	}
	return stock
}

func hot(b *testing.B, reserve func(ref string) error) {
	var n atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := reserve(fmt.Sprint("buyer-", n.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reservations/s")
}
