package inventorytest

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// row is what a line of a purchase order expects at main, due on a day of March and at
// most late days later.
func row(sku flywheel.SKU, line string, quantity int64, on, late int) fulfillment.Incoming {
	return fulfillment.Incoming{SKU: sku, Location: main, Line: line, Due: day(on), Earliest: day(on - 1), Latest: day(on + late), Quantity: quantity}
}

// supply is a unit that comes or leaves.
func supply(sku flywheel.SKU, place inventory.Location, quantity int64) fulfillment.Unit {
	return fulfillment.Unit{SKU: sku, Location: place, Quantity: quantity}
}

var purchaseChecks = []testCase{
	{Name: "purchase/schedule", Rule: "A purchase order expects its lines with their ranges, several of one SKU too; a later version replaces them, an earlier or equal one changes nothing.", Check: papered(func(e *env, papers inventory.PaperStore, svc *inventory.Service, _ *time.Time) {
		skus := []flywheel.SKU{"a", "b"}
		want := func(quantities ...int64) {
			e.Helper()
			list, err := papers.Incoming(e.Context(), skus)
			e.OK(err)
			var got []int64
			for _, in := range list {
				got = append(got, in.Quantity)
			}
			if !slices.Equal(got, quantities) {
				e.Errorf("expected %v, want %v", list, quantities)
			}
		}
		rows := []fulfillment.Incoming{row("a", "2", 30, 9, 2), row("a", "1", 20, 9, 0), row("b", "3", 5, 4, 1)}
		for range 2 {
			e.OK(svc.Schedule(e.Context(), "po", 1, rows))
		}
		list, err := papers.Incoming(e.Context(), skus)
		second := rows[0]
		second.Ref = "po"
		if e.OK(err); len(list) != 3 || list[1] != second {
			e.Errorf("incoming %+v, want %+v second", list, second)
		}
		e.OK(svc.Expect(e.Context(), "po", day(1), lines("a", 7))) // another paper of that name
		want(7, 20, 30, 5)
		e.OK(svc.Schedule(e.Context(), "po", 3, rows[1:2]))
		e.OK(svc.Schedule(e.Context(), "po", 2, rows))
		e.OK(svc.Schedule(e.Context(), "po", 3, rows))
		want(7, 20)
		e.OK(svc.CloseIncoming(e.Context(), "po"))
		want(20)
		e.OK(svc.Schedule(e.Context(), "po", 4, nil))
		want()
		e.Matches(svc.Schedule(e.Context(), "po", 5, append(rows, rows[0])), flywheel.ErrInvalid)
		e.Matches(svc.Schedule(e.Context(), "po", 0, rows), flywheel.ErrOutOfRange)
		for i, err := range suite.Parallel(8, func(i int) error {
			return svc.Schedule(e.Context(), "race", int64(i+1), []fulfillment.Incoming{row("a", "1", int64(i+1), 9, 0)})
		}) {
			if err != nil {
				e.Errorf("version %d: %v", i+1, err)
			}
		}
		want(8)
	})},
	{Name: "purchase/supply", Rule: "A document of a purchase order moves stock once, all of it or nothing.", Check: papered(func(e *env, _ inventory.PaperStore, svc *inventory.Service, _ *time.Time) {
		quarantine := main.Quarantine()
		receipt := []fulfillment.Unit{supply("b", quarantine, 10), supply("a", main, 4), supply("a", main, 1)}
		inspection := []fulfillment.Unit{supply("b", quarantine, -6), supply("b", main, 5)}
		for range 2 {
			e.OK(svc.Supply(e.Context(), "po", "receipt", receipt))
			e.OK(svc.Supply(e.Context(), "po", "inspection", inspection))
			e.standing("a", main, 5, 0, 0, 0)
			e.standing("b", quarantine, 4, 0, 0, 0)
			e.standing("b", main, 5, 0, 0, 0)
		}
		e.Matches(svc.Supply(e.Context(), "po", "receipt", receipt[:2]), flywheel.ErrKeyReused)
		e.Matches(svc.Supply(e.Context(), "po", "inspection", receipt), flywheel.ErrKeyReused)
		err := svc.Supply(e.Context(), "po", "more", []fulfillment.Unit{supply("b", main, 5), supply("b", quarantine, -5)})
		if _, isShort := asShort(err); !isShort {
			e.Errorf("5 of 4 left quarantine: %v", err)
		}
		e.standing("b", main, 5, 0, 0, 0)
		stock, err := svc.Available(e.Context(), []flywheel.SKU{"b"})
		if e.OK(err); len(stock["b"].Free) != 1 || stock["b"].Free[main] != 5 {
			e.Errorf("stock in quarantine is for sale: %v", stock)
		}
	})},
	{Name: "purchase/promise", Rule: "What is sold before it is there is promised when enough has come that others were not promised.", Check: papered(func(e *env, _ inventory.PaperStore, svc *inventory.Service, now *time.Time) {
		e.OK(svc.SetItem(e.Context(), inventory.Item{SKU: "a", Policy: fulfillment.Backorder, Limit: 100}))
		e.OK(svc.Schedule(e.Context(), "po-2", 1, []fulfillment.Incoming{row("a", "1", 10, 20, 3)}))
		e.OK(svc.Schedule(e.Context(), "po-1", 1, []fulfillment.Incoming{row("a", "1", 4, 9, 2)}))
		e.OK(svc.Receive(e.Context(), "d", lines("a", 3)))
		e.OK(svc.Hold(e.Context(), "o", []fulfillment.Unit{unit("a", main, 1, false), unit("a", main, 3, true)}, now.Add(time.Hour)))
		stock, err := svc.Available(e.Context(), []flywheel.SKU{"a"})
		e.OK(err)
		if got, want := fmt.Sprint(stock["a"].Coming), fmt.Sprint([]fulfillment.Arrival{{Date: day(11), Quantity: 1}, {Date: day(23), Quantity: 10}}); got != want {
			e.Errorf("coming %s, want %s", got, want)
		}
		positions, err := svc.Positions(e.Context(), []flywheel.SKU{"none", "a"})
		e.OK(err)
		if got, want := fmt.Sprint(positions), fmt.Sprint([]fulfillment.Position{
			{SKU: "a", Location: main, OnHand: 3, Promised: 1, OnOrder: 14, Backordered: 3}, {SKU: "none", Location: main},
		}); got != want {
			e.Errorf("positions %s, want %s", got, want)
		}
	})},
}
