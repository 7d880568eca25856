package inventory_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/inventorytest"
)

// within is a sink in the database of the stock, told within its transactions.
type within struct {
	flywheel.Stored
	hook func(call string, after bool) error
}

func (w within) Publish(_ context.Context, events ...flywheel.Event) error {
	if len(events) == 0 {
		return nil
	}
	return w.hook("Publish", false)
}

// No error of the store or of the log is swallowed, and each call that failed may be made again: in a life of everything
// that stock does.
func TestEveryFailure(t *testing.T) {
	unit := func(sku flywheel.SKU, n int64) []fulfillment.Unit {
		return []fulfillment.Unit{{SKU: sku, Location: inventory.DefaultLocation, Quantity: n}}
	}
	day := func(n int) fulfillment.Date { return fulfillment.Date{Year: 2026, Month: 3, Day: n} }
	milk := []flywheel.SKU{"milk", "cup"}
	testkit.EveryFailure(t, func(l *testkit.Life) func() string {
		ctx, memory := t.Context(), inventory.NewMemory(nil)
		now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
		s, err := inventory.New(inventorytest.Failing(memory, l.Hook), &inventory.Options{
			Lots: true, Alerts: true, Now: func() time.Time { return now }, Sink: within{memory, l.Hook},
		})
		if err != nil {
			t.Fatal(err)
		}
		shop := s.At("shop")
		l.Then("SetItem milk", func() error {
			return s.SetItem(ctx, inventory.Item{SKU: "milk", Tracking: inventory.ByLot, Low: 6})
		})
		l.Then("SetItem cup", func() error {
			return s.SetItem(ctx, inventory.Item{SKU: "cup", Policy: fulfillment.Backorder, Limit: 20, Low: 3})
		})
		l.Then("ReceiveLots", func() error {
			return s.ReceiveLots(ctx, "delivery", []inventory.LotLine{
				{SKU: "milk", Lot: "B", Expires: day(20), Quantity: 8}, {SKU: "milk", Lot: "A", Expires: day(10), Quantity: 5},
			})
		})
		l.Then("Receive", func() error { return s.Receive(ctx, "delivery-2", line("cup", 9)) })
		l.Then("SetBackorder", func() error { return s.SetBackorder(ctx, "cup", 4) })
		l.Then("Reserve", func() error { return s.Reserve(ctx, "o-1", append(line("milk", 2), line("cup", 1)...)) })
		l.Then("Commit", func() error { return s.Commit(ctx, "o-1") })
		l.Then("Reserve 2", func() error { return s.Reserve(ctx, "o-2", line("milk", 1)) })
		l.Then("Release", func() error { return s.Release(ctx, "o-2") })
		l.Then("Reserve 3", func() error { return s.Reserve(ctx, "o-3", line("cup", 1)) })
		l.Then("Hold", func() error {
			return s.Hold(ctx, "h-1", append(unit("milk", 3), unit("cup", 2)...), now.Add(time.Hour))
		})
		l.Then("Allocate", func() error { return s.Allocate(ctx, "h-1") })
		l.Then("Ready", func() error { return s.Ready(ctx, "h-1", unit("milk", 1)) })
		l.Then("ShipLots", func() error {
			return s.ShipLots(ctx, "h-1", "s-1", unit("milk", 1), []inventory.LotLine{{SKU: "milk", Lot: "B", Quantity: 1}})
		})
		l.Then("Ship", func() error { return s.Ship(ctx, "h-1", "s-2", unit("milk", 1)) })
		l.Then("Deallocate", func() error { return s.Deallocate(ctx, "h-1", "d-1", unit("cup", 1)) })
		l.Then("RestockLots", func() error {
			return s.RestockLots(ctx, "r-1", []inventory.LotLine{{SKU: "milk", Lot: "B", Quantity: 1}})
		})
		l.Then("Restock", func() error { return s.Restock(ctx, "r-2", line("cup", 1)) })
		l.Then("RestockAt", func() error { return s.RestockAt(ctx, "r-3", "shop", line("cup", 1)) })
		l.Then("Count", func() error { _, err := s.Count(ctx, "c-1", "count", "cup", 7); return err })
		l.Then("Adjust", func() error { return s.Adjust(ctx, "a-1", "damage", "milk", -1) })
		l.Then("ProposeCount", func() error {
			_, err := s.ProposeCount(ctx, "c-2", "count", append(line("milk", 8), line("cup", 6)...), 5)
			return err
		})
		l.Then("ProposeCount far", func() error {
			_, err := s.ProposeCount(ctx, "c-3", "count", line("cup", 2), 1)
			return err
		})
		l.Then("ApproveCount", func() error { return s.ApproveCount(ctx, "c-3", "ben") })
		l.Then("ProposeCount wrong", func() error {
			_, err := s.ProposeCount(ctx, "c-4", "count", line("cup", 20), 1)
			return err
		})
		l.Then("RejectCount", func() error { return s.RejectCount(ctx, "c-4", "ben") })
		l.Then("Expect", func() error { return s.Expect(ctx, "po-1", day(5), line("cup", 4)) })
		l.Then("Reschedule", func() error { return s.Reschedule(ctx, "po-1", day(6)) })
		l.Then("Arrive", func() error { return s.Arrive(ctx, "po-1", "k-1", line("cup", 1), nil) })
		l.Then("CloseIncoming", func() error { return s.CloseIncoming(ctx, "po-1") })
		l.Then("Transfer", func() error {
			return s.Transfer(ctx, "t-1", "shop", day(7), append(line("milk", 2), line("cup", 1)...))
		})
		l.Then("Arrive transfer", func() error { return s.Arrive(ctx, "t-1", "k-1", append(line("milk", 1), line("cup", 1)...), nil) })
		l.Then("Schedule", func() error {
			return s.Schedule(ctx, "po-2", 1, []fulfillment.Incoming{
				{SKU: "milk", Location: "main", Line: "0", Quantity: 8, Due: day(20)}, {SKU: "cup", Location: "main", Line: "1", Quantity: 2, Due: day(20)},
			})
		})
		l.Then("Supply", func() error {
			return s.Supply(ctx, "po-2", "receipt", []fulfillment.Unit{
				{SKU: "milk", Location: "main", Quantity: 3, Lot: "C", Expires: day(25)}, {SKU: "cup", Location: "main", Quantity: 1},
			})
		})
		l.Then("Supply back", func() error {
			return s.Supply(ctx, "po-2", "return", []fulfillment.Unit{{SKU: "milk", Location: "main", Quantity: -1, Lot: "C"}})
		})
		l.Then("Recall", func() error { _, err := s.Recall(ctx, "rc-1", "recall", "milk", "B"); return err })
		l.Then("EndRecall", func() error { return s.EndRecall(ctx, "rc-2", "fine", "milk", "B") })
		l.Then("WriteOff", func() error { _, err := s.WriteOff(ctx, day(11)); return err })
		l.Then("later", func() error { now = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC); return nil })
		l.Then("ReleaseExpired", func() error { _, err := s.ReleaseExpired(ctx, now); return err })
		l.Then("Level", func() error { _, err := s.Level(ctx, "cup"); return err })
		l.Then("LevelAt", func() error { _, err := s.LevelAt(ctx, "cup", now.AddDate(0, 0, -1)); return err })
		l.Then("Reservation", func() error { _, err := s.Reservation(ctx, "o-1"); return err })
		l.Then("Item", func() error { _, err := s.Item(ctx, "cup"); return err })
		l.Then("Available", func() error { _, err := s.Available(ctx, milk); return err })
		l.Then("Demand", func() error {
			_, err := s.Demand(ctx, "cup", now.AddDate(0, 0, -3), now, time.UTC)
			return err
		})
		l.Then("Incoming", func() error { _, err := s.Incoming(ctx, milk); return err })
		l.Then("OnOrder", func() error { _, err := s.OnOrder(ctx, milk); return err })
		l.Then("OpenPapers", func() error { _, err := s.OpenPapers(ctx, inventory.PaperIncoming, "", 10); return err })
		l.Then("Lots", func() error { _, err := s.Lots(ctx, "milk"); return err })
		l.Then("LotHistory", func() error { _, err := s.LotHistory(ctx, "milk", "B"); return err })
		l.Then("Positions", func() error { _, err := s.Positions(ctx, milk); return err })
		l.Then("Levels", func() error {
			for _, err := range s.Levels(ctx, "cup") {
				if err != nil {
					return err
				}
			}
			return nil
		})
		l.Then("Ledger", func() error {
			for _, err := range shop.Ledger(ctx, "cup", 0) {
				if err != nil {
					return err
				}
			}
			return nil
		})
		return func() string {
			var b strings.Builder
			for level, err := range memory.Levels(ctx, "", "") {
				fmt.Fprintln(&b, level, err)
			}
			for _, sku := range milk {
				for _, place := range []inventory.Location{"main", "shop"} {
					for m, err := range memory.Ledger(ctx, sku, place, 0) {
						fmt.Fprintln(&b, m, err)
					}
				}
			}
			lots, err := memory.Lots(ctx, "milk", "")
			fmt.Fprintln(&b, lots, err)
			for _, kind := range []inventory.PaperKind{inventory.PaperIncoming, inventory.PaperCount} {
				papers, err := memory.OpenPapers(ctx, kind, "", 100)
				fmt.Fprintln(&b, papers, err)
			}
			coming, err := memory.Incoming(ctx, milk)
			fmt.Fprintln(&b, coming, err)
			return b.String()
		}
	})
}
