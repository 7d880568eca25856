package inventorytest

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// tracked is a check of a service that tracks lots.
func tracked(run func(e *env, lots inventory.LotStore, svc *inventory.Service, now *time.Time)) check {
	return func(e *env) {
		lots, ok := e.Store.(inventory.LotStore)
		if !ok {
			e.Skip("the store offers no inventory.LotStore")
		}
		now := noon
		if e.tx == nil {
			e.Skip("the store has no transactions")
		}
		svc, err := inventory.New(e.Store, &inventory.Options{Hold: time.Hour, Now: func() time.Time { return now }, Lots: true, Tx: e.tx})
		e.OK(err)
		e.OK(svc.SetItem(e.Context(), inventory.Item{SKU: "milk", Tracking: inventory.ByLot}))
		e.OK(svc.SetItem(e.Context(), inventory.Item{SKU: "key", Tracking: inventory.BySerial}))
		run(e, lots, svc, &now)
	}
}

func day(n int) fulfillment.Date { return fulfillment.Date{Year: 2024, Month: 3, Day: n} }

func lot(sku flywheel.SKU, name string, expires int, quantity int64) inventory.LotLine {
	l := inventory.LotLine{SKU: sku, Lot: name, Quantity: quantity}
	if expires > 0 {
		l.Expires = day(expires)
	}
	return l
}

// wantLots wants the lots of which there are units, as they leave, and the level to be
// the sum of those that are not recalled.
func (e *env) wantLots(svc *inventory.Service, sku flywheel.SKU, want ...string) {
	e.Helper()
	lots, err := svc.Lots(e.Context(), sku)
	e.OK(err)
	var got []string
	sum := int64(0)
	for _, l := range lots {
		text := fmt.Sprint(l.Lot, " ", l.OnHand)
		if l.Recalled {
			text += " recalled"
		} else {
			sum += l.OnHand
		}
		got = append(got, text)
	}
	if !slices.Equal(got, want) {
		e.Errorf("lots of %s are %q, want %q", sku, got, want)
	}
	level, err := svc.Level(e.Context(), sku)
	if e.OK(err); level.OnHand != sum {
		e.Errorf("%d of %s are on hand, its lots have %d", level.OnHand, sku, sum)
	}
}

func (e *env) sell(svc *inventory.Service, ref string, sku flywheel.SKU, quantity int64) {
	e.Helper()
	units := []fulfillment.Unit{unit(sku, svc.Location(), quantity, false)}
	e.OK(svc.Hold(e.Context(), ref, units, noon.AddDate(1, 0, 0)))
	e.OK(svc.Allocate(e.Context(), ref))
	e.OK(svc.Ship(e.Context(), ref, "p1", units))
}

var lotChecks = []testCase{
	{Name: "lots/first-expired-first-out", Rule: "What leaves is of the lots that expire first, those that never do last; each movement takes its lots once.", Check: tracked(func(e *env, lots inventory.LotStore, svc *inventory.Service, _ *time.Time) {
		delivery := []inventory.LotLine{lot("milk", "late", 20, 5), lot("milk", "never", 0, 4), lot("milk", "early", 10, 3), lot("milk", "early too", 10, 2)}
		for range 2 {
			e.OK(svc.ReceiveLots(e.Context(), "d1", delivery))
		}
		e.wantLots(svc, "milk", "early 3", "early too 2", "late 5", "never 4")
		units := []fulfillment.Unit{unit("milk", main, 7, false)}
		e.OK(svc.Hold(e.Context(), "o1", units, noon.Add(time.Hour)))
		e.OK(svc.Allocate(e.Context(), "o1"))
		e.wantLots(svc, "milk", "early 3", "early too 2", "late 5", "never 4")
		for range 2 {
			e.OK(svc.Ship(e.Context(), "o1", "p1", []fulfillment.Unit{unit("milk", main, 4, false)}))
			e.wantLots(svc, "milk", "early too 1", "late 5", "never 4")
		}
		e.OK(svc.ShipLots(e.Context(), "o1", "p2", []fulfillment.Unit{unit("milk", main, 3, false)}, []inventory.LotLine{lot("milk", "never", 0, 2)}))
		e.wantLots(svc, "milk", "late 5", "never 2")
		e.OK(svc.Reserve(e.Context(), "o2", lines("milk", 1)))
		e.OK(svc.Commit(e.Context(), "o2"))
		e.OK(svc.Adjust(e.Context(), "a1", "spilled", "milk", -1))
		e.wantLots(svc, "milk", "late 3", "never 2")
		e.OK(svc.RestockLots(e.Context(), "r1", []inventory.LotLine{lot("milk", "early", 10, 1)}))
		e.OK(svc.Restock(e.Context(), "r2", lines("milk", 1)))
		e.wantLots(svc, "milk", "early 1", "late 3", " 1", "never 2")
		moves, err := lots.LotMovesOf(e.Context(), "o1")
		e.OK(err)
		var got []string
		for _, m := range moves {
			got = append(got, fmt.Sprint(m.Key, " ", m.Lot, " ", m.OnHand))
		}
		if want := []string{"p1 early -3", "p1 early too -1", "p2 never -2", "p2 early too -1"}; !slices.Equal(got, want) {
			e.Errorf("moves of o1 %q, want %q", got, want)
		}
	})},
	{Name: "lots/recall", Rule: "A recalled lot is not on hand and not sold, at all places, and the recall names the orders that got it, no others.", Check: tracked(func(e *env, _ inventory.LotStore, svc *inventory.Service, _ *time.Time) {
		west := svc.At("west")
		e.OK(svc.ReceiveLots(e.Context(), "d1", []inventory.LotLine{lot("milk", "bad", 10, 5), lot("milk", "good", 20, 5)}))
		e.OK(west.ReceiveLots(e.Context(), "d2", []inventory.LotLine{lot("milk", "bad", 10, 2)}))
		e.sell(svc, "o1", "milk", 3)
		e.sell(svc, "o2", "milk", 3)
		e.sell(west, "o3", "milk", 1)
		e.sell(svc, "o4", "milk", 1)
		for range 2 {
			affected, err := svc.Recall(e.Context(), "recall-1", "glass", "milk", "bad")
			e.OK(err)
			if want := []inventory.Affected{{Ref: "o1", Quantity: 3}, {Ref: "o2", Quantity: 2}, {Ref: "o3", Quantity: 1}}; !slices.Equal(affected, want) {
				e.Errorf("affected %+v, want %+v", affected, want)
			}
		}
		e.wantLots(svc, "milk", "good 3")
		e.wantLots(west, "milk", "bad 1 recalled")
		e.Matches(west.Reserve(e.Context(), "o5", lines("milk", 1)), inventory.ErrOutOfStock)
		e.Matches(west.RestockLots(e.Context(), "r1", []inventory.LotLine{lot("milk", "bad", 10, 1)}), flywheel.ErrConflict)
		e.Matches(svc.EndRecall(e.Context(), "recall-1", "glass", "milk", "bad"), flywheel.ErrKeyReused)
		e.OK(svc.EndRecall(e.Context(), "recall-1-over", "no glass", "milk", "bad"))
		e.wantLots(west, "milk", "bad 1")
		e.OK(west.Reserve(e.Context(), "o5", lines("milk", 1)))
	})},
	{Name: "lots/serials", Rule: "A serial number is one unit, on hand once, and has a history.", Check: tracked(func(e *env, _ inventory.LotStore, svc *inventory.Service, _ *time.Time) {
		e.OK(svc.ReceiveLots(e.Context(), "d1", []inventory.LotLine{lot("key", "B", 0, 1), lot("key", "A", 0, 1), lot("key", "C", 0, 1)}))
		e.Matches(svc.ReceiveLots(e.Context(), "d2", []inventory.LotLine{lot("key", "D", 0, 2)}), flywheel.ErrInvalid)
		e.Matches(svc.At("west").ReceiveLots(e.Context(), "d3", []inventory.LotLine{lot("key", "A", 0, 1)}), flywheel.ErrConflict)
		e.wantLots(svc, "key", "A 1", "B 1", "C 1")
		units := []fulfillment.Unit{unit("key", main, 2, false)}
		e.OK(svc.Hold(e.Context(), "o1", units, noon.Add(time.Hour)))
		e.OK(svc.Allocate(e.Context(), "o1"))
		e.Matches(svc.ShipLots(e.Context(), "o1", "p1", units, []inventory.LotLine{lot("key", "Z", 0, 1)}), inventory.ErrOutOfStock)
		e.OK(svc.ShipLots(e.Context(), "o1", "p1", units, []inventory.LotLine{lot("key", "C", 0, 1)}))
		e.wantLots(svc, "key", "B 1")
		e.OK(svc.At("west").RestockLots(e.Context(), "r1", []inventory.LotLine{lot("key", "C", 0, 1)}))
		history, err := svc.LotHistory(e.Context(), "key", "C")
		e.OK(err)
		var got []string
		for _, m := range history {
			got = append(got, fmt.Sprint(m.Kind, " ", m.Ref, " ", m.Location, " ", m.OnHand))
		}
		if want := []string{"receive d1 main 1", "ship o1 main -1", "restock r1 west 1"}; !slices.Equal(got, want) {
			e.Errorf("history %q, want %q", got, want)
		}
	})},
	{Name: "lots/purchase", Rule: "A purchase order's document names lots; what an inspection moves keeps its lot, and a repeated document names the same.", Check: tracked(func(e *env, lots inventory.LotStore, svc *inventory.Service, _ *time.Time) {
		quarantine := main.Quarantine()
		of := func(place inventory.Location, n int64, lot string, expires int) fulfillment.Unit {
			u := supply("milk", place, n)
			if u.Lot = lot; expires > 0 {
				u.Expires = day(expires)
			}
			return u
		}
		receipt := []fulfillment.Unit{of(quarantine, 6, "b", 9), of(quarantine, 4, "a", 5), of(quarantine, 2, "", 0)}
		inspection := []fulfillment.Unit{of(quarantine, -7, "", 0), of(main, 5, "", 0)}
		for range 2 {
			e.OK(svc.Supply(e.Context(), "po", "receipt", receipt))
			e.OK(svc.Supply(e.Context(), "po", "inspection", inspection))
			e.OK(svc.Supply(e.Context(), "po", "back", []fulfillment.Unit{of(main, -1, "b", 0)}))
		}
		for _, c := range []struct {
			place inventory.Location
			want  string
		}{{main, "a:4 "}, {quarantine, "b:3 :2 "}} {
			list, err := lots.Lots(e.Context(), "milk", c.place)
			got := ""
			for _, l := range list {
				got += fmt.Sprintf("%s:%d ", l.Lot, l.OnHand)
			}
			if e.OK(err); got != c.want {
				e.Errorf("lots at %s are %q, want %q", c.place, got, c.want)
			}
		}
		receipt[0].Lot = "c"
		e.Matches(svc.Supply(e.Context(), "po", "receipt", receipt), flywheel.ErrKeyReused)
		e.Matches(svc.Supply(e.Context(), "po", "x", []fulfillment.Unit{{SKU: "bread", Location: main, Quantity: 1, Lot: "a"}}), flywheel.ErrInvalid)
		e.Matches(svc.Supply(e.Context(), "po", "y", []fulfillment.Unit{{SKU: "milk", Location: main, Quantity: 1, Expires: day(3)}}), flywheel.ErrInvalid)
		e.Matches(svc.Hold(e.Context(), "o", []fulfillment.Unit{of(main, 1, "a", 0)}, noon.Add(time.Hour)), flywheel.ErrInvalid)
	})},
	{Name: "lots/write-off", Rule: "Lots whose last day is over are taken off the shelf, whatever is promised.", Check: tracked(func(e *env, _ inventory.LotStore, svc *inventory.Service, _ *time.Time) {
		e.OK(svc.ReceiveLots(e.Context(), "d1", []inventory.LotLine{lot("milk", "a", 10, 5), lot("milk", "b", 11, 5), lot("milk", "c", 0, 1)}))
		e.OK(svc.Reserve(e.Context(), "o1", lines("milk", 9)))
		for i := range 2 {
			more, err := svc.WriteOff(e.Context(), day(11))
			if e.OK(err); more != (i == 0) {
				e.Errorf("more is %v", more)
			}
			e.wantLots(svc, "milk", "b 5", "c 1")
		}
		level, err := svc.Level(e.Context(), "milk")
		if e.OK(err); level.Available() != -3 {
			e.Errorf("level %+v", level)
		}
	})},
	{Name: "lots/race", Rule: "Of many who take from the same lots at once each unit goes to one.", Check: tracked(func(e *env, lots inventory.LotStore, svc *inventory.Service, _ *time.Time) {
		const buyers = 12
		e.OK(svc.ReceiveLots(e.Context(), "d1", []inventory.LotLine{lot("milk", "a", 10, 5), lot("milk", "b", 11, 4), lot("milk", "c", 12, 1)}))
		var sold atomic.Int64
		suite.Together(buyers, func(i int) {
			ref := fmt.Sprint("o", i)
			err := svc.Reserve(e.Context(), ref, lines("milk", 1))
			if err == nil {
				err = svc.Commit(e.Context(), ref)
			}
			if err == nil {
				sold.Add(1)
			} else if !errors.Is(err, inventory.ErrOutOfStock) {
				e.Errorf("%s: %v", ref, err)
			}
		})
		if sold.Load() != 10 {
			e.Errorf("%d sold", sold.Load())
		}
		e.wantLots(svc, "milk")
		for name, had := range map[string]int64{"a": 5, "b": 4, "c": 1} {
			moves, err := lots.LotMoves(e.Context(), "milk", name)
			e.OK(err)
			for _, m := range moves[1:] {
				had += m.OnHand
			}
			if had != 0 {
				e.Errorf("of %s are %d left by its moves", name, had)
			}
		}
	})},
	{Name: "lots/crash-and-retry", Rule: "Goods with lots that come, travel, are sold and recalled, crashed before or after any call of the store and repeated, end as if nothing had been.", Check: tracked(func(e *env, lots inventory.LotStore, _ *inventory.Service, now *time.Time) {
		life := func(svc *inventory.Service, name string) error {
			sku, ref := flywheel.SKU("milk"+name), "o"+name
			units := []fulfillment.Unit{unit(sku, "west", 2, false)}
			for _, step := range []func() error{
				func() error { return svc.SetItem(e.Context(), inventory.Item{SKU: sku, Tracking: inventory.ByLot}) },
				func() error {
					return svc.ReceiveLots(e.Context(), "d"+name, []inventory.LotLine{lot(sku, "L", 10, 3), lot(sku, "M", 11, 2)})
				},
				func() error { return svc.Transfer(e.Context(), "t"+name, "west", day(4), lines(string(sku), 4)) },
				func() error { return svc.Arrive(e.Context(), "t"+name, "1", lines(string(sku), 4), nil) },
				func() error { return svc.Hold(e.Context(), ref, units, noon.Add(time.Hour)) },
				func() error { return svc.Allocate(e.Context(), ref) },
				func() error { return svc.Ship(e.Context(), ref, "p1", units) },
				func() error { return suite.Err(svc.Recall(e.Context(), "r"+name, "why", sku, "L")) },
			} {
				if err := step(); err != nil {
					return err
				}
			}
			return nil
		}
		service := func(store inventory.Store) *inventory.Service {
			svc, err := inventory.New(store, &inventory.Options{Tx: e.tx, Now: func() time.Time { return *now }, Lots: true})
			e.OK(err)
			return svc
		}
		healthy := service(e.Store)
		for _, after := range []bool{false, true} {
			for at := 0; ; at++ {
				name, calls := fmt.Sprint(" at=", at, " after=", after), 0
				err := life(service(Failing(e.Store, func(_ string, isAfter bool) error {
					if isAfter == after {
						calls++
					}
					if calls > at {
						return errCrash // and at every call from here on
					}
					return nil
				})), name)
				e.OK(life(healthy, name))
				sku := flywheel.SKU("milk" + name)
				e.wantLots(healthy, sku, "M 1")
				e.wantLots(healthy.At("west"), sku, "L 1 recalled", "M 1")
				moves, readErr := lots.LotMoves(e.Context(), sku, "L")
				if e.OK(readErr); len(moves) != 4 {
					e.Errorf("%s: moves of L are %+v", name, moves)
				}
				if err == nil {
					break
				}
				e.Matches(err, errCrash)
			}
		}
	})},
	{Name: "lots/rollback", Rule: "Lots of a movement that was refused, or rolled back, are as before.", Check: tracked(func(e *env, lots inventory.LotStore, svc *inventory.Service, _ *time.Time) {
		e.OK(svc.ReceiveLots(e.Context(), "d1", []inventory.LotLine{lot("milk", "a", 10, 2)}))
		e.Matches(svc.ReceiveLots(e.Context(), "d2", []inventory.LotLine{lot("milk", "b", 10, 1), lot("untracked", "x", 0, 1)}), flywheel.ErrInvalid)
		e.wantLots(svc, "milk", "a 2")
		e.standing("untracked", main, 0, 0, 0, 0)
		err := lots.PostLots(e.Context(), []inventory.LotMove{
			{SKU: "milk", Location: main, Lot: "a", Kind: inventory.KindShip, Ref: "x", OnHand: -1, At: noon},
			{SKU: "milk", Location: main, Lot: "b", Kind: inventory.KindShip, Ref: "x", OnHand: -1, At: noon},
		})
		e.Matches(err, inventory.ErrOutOfStock)
		e.wantLots(svc, "milk", "a 2")
		moves, err := lots.LotMovesOf(e.Context(), "x")
		if e.OK(err); len(moves) > 0 {
			e.Errorf("moves %+v", moves)
		}
	})},
}

func asShort(err error) (*inventory.ShortageError, bool) {
	return errors.AsType[*inventory.ShortageError](err)
}
