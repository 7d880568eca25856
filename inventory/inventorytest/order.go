package inventorytest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// unit returns units of sku, still to come when it is so called.
func unit(sku flywheel.SKU, location inventory.Location, quantity int64, later bool) fulfillment.Unit {
	return fulfillment.Unit{SKU: sku, Location: location, Quantity: quantity, Backordered: later}
}

// standing wants the balances of sku at a location: on hand, reserved, allocated and
// backordered.
func (e *env) standing(sku flywheel.SKU, location inventory.Location, want ...int64) {
	e.Helper()
	got := []int64{0, 0, 0, 0}
	for l, err := range e.Levels(e.Context(), sku, location) {
		e.OK(err)
		got = []int64{l.OnHand, l.Reserved, l.Allocated, l.Backordered}
	}
	if !slices.Equal(got, want) {
		e.Errorf("%s at %s: on hand, reserved, allocated, backordered are %v, want %v", sku, location, got, want)
	}
}

func (e *env) put(location inventory.Location, sku flywheel.SKU, quantity int64) {
	e.Helper()
	m := move(inventory.KindReceive, fmt.Sprintf("for %s at %s", sku, location), sku, quantity)
	m.Location = location
	e.post(m)
}

var orderChecks = []testCase{
	{Name: "order/life", Rule: "Units held at several places are allocated, shipped and called off part by part, and every balance is the sum of its ledger.", Check: func(e *env) {
		for way, store := range e.ways() {
			now := noon
			svc := e.service(store, &now)
			a, b := flywheel.SKU("a "+way), flywheel.SKU("b "+way)
			e.put(main, a, 5)
			e.put("west", a, 2)
			e.put("west", b, 1)
			e.OK(e.SetBackorder(e.Context(), b, inventory.EveryPlace, 3))
			units := []fulfillment.Unit{unit(a, main, 4, false), unit(a, "west", 2, false), unit(b, "west", 1, false), unit(b, main, 2, true)}
			e.OK(svc.Hold(e.Context(), way, units, now.Add(time.Hour)))
			e.standing(a, main, 5, 4, 0, 0)
			e.standing(a, "west", 2, 2, 0, 0)
			e.standing(b, "west", 1, 1, 0, 0)
			e.standing(b, main, 0, 0, 0, 2)
			e.standing(b, inventory.EveryPlace, 0, 0, 0, 2)
			e.OK(svc.Allocate(e.Context(), way))
			e.standing(a, main, 5, 0, 4, 0)
			e.standing(b, main, 0, 0, 0, 2)
			now = now.Add(2 * time.Hour)
			_, err := svc.ReleaseExpired(e.Context(), now)
			e.OK(err)
			e.standing(a, "west", 2, 0, 2, 0)
			e.OK(svc.Ship(e.Context(), way, "p1", []fulfillment.Unit{unit(a, main, 3, false)}))
			e.OK(svc.Ship(e.Context(), way, "p2", []fulfillment.Unit{unit(a, "west", 2, false), unit(b, "west", 1, false)}))
			e.OK(svc.Deallocate(e.Context(), way, "cancel", []fulfillment.Unit{unit(a, main, 1, false), unit(b, main, 1, true)}))
			e.standing(a, main, 2, 0, 0, 0)
			e.standing(a, "west", 0, 0, 0, 0)
			e.standing(b, main, 0, 0, 0, 1)
			e.standing(b, inventory.EveryPlace, 0, 0, 0, 1)
			e.put(main, b, 1)
			e.OK(svc.Ship(e.Context(), way, "p3", []fulfillment.Unit{unit(b, main, 1, true)}))
			e.standing(b, main, 0, 0, 0, 0)
			e.standing(b, inventory.EveryPlace, 0, 0, 0, 0)
			e.addsUp(a)
			e.addsUp(b)
			r, err := svc.Reservation(e.Context(), way)
			if e.OK(err); r.State != inventory.StateAllocated || len(r.Units) != 4 {
				e.Errorf("reservation %+v", r)
			}
		}
	}},
	{Name: "order/limit", Rule: "What is promised from what will come is bounded over all places and refs together, and given back by release, expiry and cancellation.", Check: func(e *env) {
		for way, store := range e.ways() {
			now := noon
			svc := e.service(store, &now)
			sku := flywheel.SKU("of " + way)
			e.OK(e.SetBackorder(e.Context(), sku, inventory.EveryPlace, 5))
			hold := func(ref string, location inventory.Location, n int64) error {
				return svc.Hold(e.Context(), way+ref, []fulfillment.Unit{unit(sku, location, n, true)}, now.Add(time.Hour))
			}
			e.OK(hold("1", main, 3))
			e.OK(hold("2", "west", 2))
			err := hold("3", "north", 1)
			if short, ok := errors.AsType[*inventory.ShortageError](err); !ok || short.Want != 1 || short.Have != 0 {
				e.Errorf("beyond the limit: %v", err)
			}
			e.standing(sku, "north", 0, 0, 0, 0)
			e.OK(svc.Release(e.Context(), way+"2"))
			e.OK(hold("3", "north", 2))
			e.OK(svc.Allocate(e.Context(), way+"3"))
			e.Matches(hold("4", main, 1), inventory.ErrOutOfStock)
			e.OK(svc.Deallocate(e.Context(), way+"3", "off", []fulfillment.Unit{unit(sku, "north", 1, true)}))
			e.OK(hold("4", main, 1))
			now = now.Add(time.Hour)
			e.OK(hold("5", main, 4)) // 1 and 4 have run out
			e.standing(sku, inventory.EveryPlace, 0, 0, 0, 5)
		}
	}},
	{Name: "order/limit-race", Rule: "Of many holds at once, at many places, as many win as the limit allows.", Check: func(e *env) {
		e.scenario(func(svc *inventory.Service, name string, seed *rand.Rand) {
			const buyers, limit = 24, 7
			sku := flywheel.SKU("sku " + name)
			e.OK(e.SetBackorder(e.Context(), sku, inventory.EveryPlace, limit))
			var won atomic.Int64
			places := seed.Perm(buyers)
			suite.Together(buyers, func(i int) {
				location := inventory.Location(fmt.Sprint(name, places[i]%3))
				err := svc.Hold(e.Context(), fmt.Sprint(name, " ", i), []fulfillment.Unit{unit(sku, location, 1, true)}, noon.Add(time.Hour))
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, inventory.ErrOutOfStock) {
					e.Errorf("%s: %v", name, err)
				}
			})
			if won.Load() != limit {
				e.Errorf("%s: %d won, the limit is %d", name, won.Load(), limit)
			}
			e.standing(sku, inventory.EveryPlace, 0, 0, 0, limit)
		})
	}},
	{Name: "order/backordered", Rule: "Units that were still to come leave when as many are on hand that nobody holds or was allocated.", Check: func(e *env) {
		for way, store := range e.ways() {
			now := noon
			svc := e.service(store, &now)
			sku := flywheel.SKU("of " + way)
			later := []fulfillment.Unit{unit(sku, main, 2, true)}
			e.OK(e.SetBackorder(e.Context(), sku, inventory.EveryPlace, 9))
			e.OK(svc.Hold(e.Context(), way+"1", later, now.Add(time.Hour)))
			e.Matches(svc.Ship(e.Context(), way+"1", "p", later), flywheel.ErrConflict) // not allocated
			e.OK(svc.Allocate(e.Context(), way+"1"))
			e.Matches(svc.Ship(e.Context(), way+"1", "p", later), inventory.ErrOutOfStock)
			e.put(main, sku, 1)
			e.Matches(svc.Ship(e.Context(), way+"1", "p", later), inventory.ErrOutOfStock)
			m := move(inventory.KindReceive, "more", sku, 4)
			e.post(m)
			e.OK(svc.Hold(e.Context(), way+"2", []fulfillment.Unit{unit(sku, main, 3, false)}, now.Add(time.Hour))) // 5 less 2
			e.Matches(svc.Hold(e.Context(), way+"3", []fulfillment.Unit{unit(sku, main, 1, false)}, now.Add(time.Hour)), inventory.ErrOutOfStock)
			e.standing(sku, main, 5, 3, 0, 2)
			e.OK(svc.Ship(e.Context(), way+"1", "p", later))
			e.standing(sku, main, 3, 3, 0, 0)
		}
	}},
	{Name: "order/repeated", Rule: "The same shipment or cancellation again changes nothing; other units under its key, and more than the order has left, are refused as flywheel.ErrConflict.", Check: func(e *env) {
		for way, store := range e.ways() {
			now := noon
			svc := e.service(store, &now)
			sku := flywheel.SKU("of " + way)
			e.put(main, sku, 9)
			three := []fulfillment.Unit{unit(sku, main, 3, false)}
			e.OK(svc.Hold(e.Context(), way, []fulfillment.Unit{unit(sku, main, 5, false)}, now.Add(time.Hour)))
			e.OK(svc.Allocate(e.Context(), way))
			e.OK(svc.Allocate(e.Context(), way))
			e.OK(svc.Hold(e.Context(), way, []fulfillment.Unit{unit(sku, main, 5, false)}, now.Add(time.Hour)))
			e.Matches(svc.Hold(e.Context(), way, three, now.Add(time.Hour)), flywheel.ErrConflict)
			e.Matches(svc.Release(e.Context(), way), flywheel.ErrConflict)
			for range 2 {
				e.OK(svc.Ship(e.Context(), way, "key", three))
				e.standing(sku, main, 6, 0, 2, 0)
			}
			e.Matches(svc.Ship(e.Context(), way, "key", []fulfillment.Unit{unit(sku, main, 2, false)}), flywheel.ErrKeyReused)
			_, isUnits := errors.AsType[*inventory.UnitsError](svc.Ship(e.Context(), way, "other", three))
			if !isUnits {
				e.Errorf("%s: more than is left is not refused", way)
			}
			e.Matches(svc.Ship(e.Context(), way, "other", []fulfillment.Unit{unit(sku, "west", 1, false)}), flywheel.ErrNotFound)
			e.Matches(svc.Ship(e.Context(), way+" none", "key", three), flywheel.ErrNotFound)
			for range 2 {
				e.OK(svc.Deallocate(e.Context(), way, "key", []fulfillment.Unit{unit(sku, main, 2, false)})) // a key of its own
				e.standing(sku, main, 6, 0, 0, 0)
			}
			e.Matches(svc.Deallocate(e.Context(), way, "last", []fulfillment.Unit{unit(sku, main, 1, false)}), flywheel.ErrConflict)
			e.addsUp(sku)
		}
	}},
	{Name: "order/ended", Rule: "A hold that ran out or was released is not allocated; its ref may hold anew.", Check: func(e *env) {
		for way, store := range e.ways() {
			now := noon
			svc := e.service(store, &now)
			sku := flywheel.SKU("of " + way)
			e.put(main, sku, 2)
			units := []fulfillment.Unit{unit(sku, main, 2, false)}
			e.Matches(svc.Allocate(e.Context(), way), flywheel.ErrNotFound)
			e.OK(svc.Hold(e.Context(), way, units, now.Add(time.Minute)))
			now = now.Add(time.Minute)
			e.Matches(svc.Allocate(e.Context(), way), flywheel.ErrExpired)
			e.Matches(svc.Hold(e.Context(), way, units, now), flywheel.ErrExpired)
			e.OK(svc.Hold(e.Context(), way, units, now.Add(time.Minute)))
			e.OK(svc.Release(e.Context(), way))
			e.Matches(svc.Allocate(e.Context(), way), flywheel.ErrConflict)
			e.standing(sku, main, 2, 0, 0, 0)
			e.OK(svc.Hold(e.Context(), way, units, now.Add(time.Minute)))
			e.OK(svc.Allocate(e.Context(), way))
			e.standing(sku, main, 2, 0, 2, 0)
		}
	}},
	{Name: "order/kit", Rule: "Kits that are still to come count towards the limit of the kit, and their parts wait where they are packed.", Check: func(e *env) {
		for way, store := range e.ways() {
			now := noon
			svc := e.service(store, &now)
			kit, part := flywheel.SKU("kit "+way), flywheel.SKU("part "+way)
			e.OK(e.SetBackorder(e.Context(), kit, inventory.EveryPlace, 2))
			units := func(n int64) []fulfillment.Unit {
				count, parts := unit(kit, main, n, true), unit(part, main, 3*n, true)
				count.Kit, parts.Kit = kit, kit
				return []fulfillment.Unit{parts, count}
			}
			e.Matches(svc.Hold(e.Context(), way, units(3), now.Add(time.Hour)), inventory.ErrOutOfStock)
			e.OK(svc.Hold(e.Context(), way, units(2), now.Add(time.Hour)))
			e.standing(kit, inventory.EveryPlace, 0, 0, 0, 2)
			e.standing(kit, main, 0, 0, 0, 0)
			e.standing(part, main, 0, 0, 0, 6)
			e.standing(part, inventory.EveryPlace, 0, 0, 0, 0)
			e.OK(svc.Allocate(e.Context(), way))
			e.put(main, part, 3)
			e.OK(svc.Ship(e.Context(), way, "p1", units(1)))
			e.standing(kit, inventory.EveryPlace, 0, 0, 0, 1)
			e.standing(part, main, 0, 0, 0, 3)
		}
	}},
	{Name: "order/crash-and-retry", Rule: "Hold, allocate, ship and call off, crashed before or after any call of the store and repeated, end as if nothing had been.", Check: func(e *env) {
		e.put(main, "a", 1000)
		e.put("west", "b", 1000)
		e.OK(e.SetBackorder(e.Context(), "b", inventory.EveryPlace, 10_000))
		left, waiting := int64(1000), int64(0)
		units := []fulfillment.Unit{unit("a", main, 2, false), unit("b", "west", 1, false), unit("b", main, 1, true)}
		life := func(svc *inventory.Service, ref string) error {
			err := svc.Hold(e.Context(), ref, units, noon.Add(time.Hour))
			if err == nil {
				err = svc.Allocate(e.Context(), ref)
			}
			if err == nil {
				err = svc.Ship(e.Context(), ref, "p1", []fulfillment.Unit{unit("a", main, 1, false), unit("b", "west", 1, false)})
			}
			if err == nil {
				err = svc.Deallocate(e.Context(), ref, "off", []fulfillment.Unit{unit("a", main, 1, false)})
			}
			return err
		}
		for way, store := range e.ways() {
			now := noon
			healthy := e.service(store, &now)
			e.everyCall(store, &now, func(svc *inventory.Service, name string) error {
				ref := way + name
				err := life(svc, ref)
				e.OK(life(healthy, ref))
				left, waiting = left-1, waiting+1
				e.standing("a", main, left, 0, 0, 0)
				e.standing("b", "west", left, 0, 0, 0)
				e.standing("b", main, 0, 0, 0, waiting)
				e.standing("b", inventory.EveryPlace, 0, 0, 0, waiting)
				return err
			})
		}
	}},
	{Name: "order/count", Rule: "A count sets what is on hand whatever is promised, once; a variance changes it.", Check: func(e *env) {
		e.put(main, "a", 5)
		e.post(move(inventory.KindReserve, "order", "a", 4))
		count := move(inventory.KindCount, "count", "a", 0)
		count.OnHand, count.OnHandAfter, count.Reason = 0, 3, "year's end"
		first := e.post(count)
		if first.OnHand != -2 || first.OnHandAfter != 3 {
			e.Errorf("count %+v", first)
		}
		e.standing("a", main, 3, 4, 0, 0)
		e.put("west", "a", 1)
		if again := e.post(count); again != first {
			e.Errorf("again %+v, first %+v", again, first)
		}
		count.OnHandAfter = 4
		e.refuse(count, flywheel.ErrConflict)
		count.Ref, count.OnHandAfter = "other", -1
		e.refuse(count, flywheel.ErrOutOfRange)
		e.post(move(inventory.KindVariance, "v", "a", -3))
		e.standing("a", main, 0, 4, 0, 0)
		e.addsUp("a")
	}},
}

var itemChecks = []testCase{
	{Name: "items/round-trip", Rule: "An item comes back as it was saved last; SKUs that were never saved are left out, and the order is that of the SKUs.", Check: itemized(func(e *env, items inventory.ItemStore) {
		var skus []flywheel.SKU
		for i, name := range names {
			sku := flywheel.SKU(name)
			skus = append(skus, sku, "not "+sku)
			e.OK(items.SaveItem(e.Context(), inventory.Item{SKU: sku, Untracked: true}))
			e.OK(items.SaveItem(e.Context(), inventory.Item{
				SKU: sku, Parts: []flywheel.Line{{SKU: "part " + sku, Quantity: int64(i + 1)}}, Policy: fulfillment.Preorder,
				Limit: inventory.Unlimited, Date: fulfillment.Date{Year: 2024, Month: 2, Day: 29}, Safety: int64(i),
			}))
		}
		got, err := items.Items(e.Context(), skus)
		e.OK(err)
		if len(got) != len(names) {
			e.Fatalf("%d items, want %d", len(got), len(names))
		}
		for i, item := range got {
			at := slices.Index(names, string(item.SKU))
			if i > 0 && got[i-1].SKU >= item.SKU {
				e.Errorf("%s is behind %s", item.SKU, got[i-1].SKU)
			}
			if at < 0 || item.Untracked || item.Limit != inventory.Unlimited || item.Date.Day != 29 || item.Safety != int64(at) ||
				len(item.Parts) != 1 || item.Parts[0].Quantity != int64(at+1) || item.Policy != fulfillment.Preorder {
				e.Errorf("item %+v", item)
			}
		}
		none, err := items.Items(e.Context(), nil)
		if e.OK(err); len(none) > 0 {
			e.Errorf("of no SKUs: %+v", none)
		}
	})},
	{Name: "items/levels-of", Rule: "LevelsOf returns what Levels does, of several SKUs at once.", Check: itemized(func(e *env, items inventory.ItemStore) {
		for _, sku := range []flywheel.SKU{"a", "b", "A", "c"} {
			e.put(main, sku, 3)
			e.put("west", sku, 4)
		}
		e.OK(e.SetBackorder(e.Context(), "a", inventory.EveryPlace, 2))
		got, err := items.LevelsOf(e.Context(), []flywheel.SKU{"b", "a", "none", "b"})
		e.OK(err)
		var want []inventory.Level
		for _, sku := range []flywheel.SKU{"a", "b"} {
			levels, err := suite.Collect(e.Levels(e.Context(), sku, ""))
			e.OK(err)
			want = append(want, levels...)
		}
		if !slices.Equal(got, want) || len(got) != 5 {
			e.Errorf("levels %+v, want %+v", got, want)
		}
	})},
	{Name: "items/document", Rule: "Document returns the movements of a ref in all ledgers, of all attempts, and of no other ref.", Check: itemized(func(e *env, items inventory.ItemStore) {
		now := noon
		svc := e.service(e.Store, &now)
		e.put(main, "a", 5)
		e.put("west", "b", 5)
		units := []fulfillment.Unit{unit("b", "west", 1, false), unit("a", main, 2, false)}
		for range 2 {
			e.OK(svc.Hold(e.Context(), "r", units, now.Add(time.Hour)))
			e.OK(svc.Release(e.Context(), "r"))
		}
		e.OK(svc.Hold(e.Context(), "r", units, now.Add(time.Hour)))
		e.OK(svc.Allocate(e.Context(), "r"))
		e.OK(svc.Ship(e.Context(), "r", "p1", units[:1]))
		e.OK(svc.Hold(e.Context(), "R", units, now.Add(time.Hour)))
		got, err := items.Document(e.Context(), "r")
		e.OK(err)
		var kinds []string
		for _, m := range got {
			if m.Ref != "r" {
				e.Errorf("movement %+v", m)
			}
			kinds = append(kinds, fmt.Sprint(m.SKU, m.Attempt, m.Kind, m.Key))
		}
		want := []string{"a1reserve", "a1release", "a2reserve", "a2release", "a3reserve", "a3allocate",
			"b1reserve", "b1release", "b2reserve", "b2release", "b3reserve", "b3allocate", "b3shipp1"}
		if !slices.Equal(kinds, want) {
			e.Errorf("document %q, want %q", kinds, want)
		}
	})},
	{Name: "items/rollback", Rule: "What a transaction that failed said of an item is as before.", Check: itemized(func(e *env, items inventory.ItemStore) {
		if e.tx == nil {
			e.Skip("the store has no transactions")
		}
		e.OK(items.SaveItem(e.Context(), inventory.Item{SKU: "a", Safety: 1}))
		err := e.tx.InTx(e.Context(), func(ctx context.Context) error {
			e.OK(items.SaveItem(ctx, inventory.Item{SKU: "a", Safety: 2}))
			e.OK(items.SaveItem(ctx, inventory.Item{SKU: "b", Safety: 2}))
			return errCrash
		})
		e.Matches(err, errCrash)
		got, err := items.Items(e.Context(), []flywheel.SKU{"a", "b"})
		if e.OK(err); len(got) != 1 || got[0].Safety != 1 {
			e.Errorf("items %+v", got)
		}
	})},
}
