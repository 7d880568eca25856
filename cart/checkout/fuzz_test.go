package checkout_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// FuzzStops stops up to four processes one after another, each in the middle of placing
// the same order, as TestStopPlaceAnywhere stops one; the next one finishes it.
func FuzzStops(f *testing.F) {
	engine, err := pricing.Compile(pricing.Config{Taxes: []pricing.Tax{{Class: "standard", Rate: money.Percent(20)}}})
	require.NoError(f, err)
	f.Add([]byte{}, true, true)
	f.Add([]byte{3, 17, 9, 4}, true, false)
	f.Add([]byte{30, 12, 5}, false, true)
	f.Add([]byte{14, 14, 14, 14}, false, false)
	f.Fuzz(func(t *testing.T, stops []byte, withTx, dies bool) {
		db := new(flywheel.Memory)
		w := &world{
			carts: cart.NewMemory(db), orders: order.NewMemory(db), stock: inventory.NewMemory(db),
			events: segment.NewMemoryLog(db), tx: db, gateway: new(payment.Memory), engine: engine, stride: 1,
		}
		w.open(t, noHook, withTx).fill(t, "c")
		for _, at := range stops[:min(len(stops), 4)] {
			stop := &stopper{at: int(at), dies: dies}
			_, err := w.open(t, stop.hook, withTx).Place(t.Context(), request("c"))
			if dies && stop.stopped != "" {
				require.Error(t, err)
			}
		}
		clean := w.open(t, noHook, withTx)
		first, err := clean.Place(t.Context(), request("c"))
		require.NoError(t, err)
		require.Equal(t, first, w.checkSale(t, clean, "c"))
		checkEvents(t, w)
	})
}
