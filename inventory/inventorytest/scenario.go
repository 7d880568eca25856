package inventorytest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
)

// scenarioChecks let buyers fight over stock through the service.
var scenarioChecks = []testCase{
	{Name: "scenario/many-buyers", Rule: "Of 1000 buyers at once of 100 units exactly 100 get one, and 900 are told that it is out of stock.", Check: func(e *env) {
		e.scenario(func(svc *inventory.Service, name string, seed *rand.Rand) {
			buyers, units := 1000, int64(100)
			if !e.thorough(name) {
				buyers = 200
			}
			sku := flywheel.SKU(name)
			e.OK(svc.Receive(e.Context(), name, []flywheel.Line{{SKU: sku, Quantity: units}}))
			var confirmed, short atomic.Int64
			turn := seed.Perm(buyers)
			suite.Together(buyers, func(i int) {
				ref := fmt.Sprintf("%s buyer %d", name, turn[i])
				err := svc.Reserve(e.Context(), ref, []flywheel.Line{{SKU: sku, Quantity: 1}})
				if err == nil {
					err = svc.Commit(e.Context(), ref)
				}
				switch {
				case err == nil:
					confirmed.Add(1)
				case errors.Is(err, inventory.ErrOutOfStock):
					short.Add(1)
				default:
					e.Errorf("%s: %v", ref, err)
				}
			})
			if confirmed.Load() != units || short.Load() != int64(buyers)-units {
				e.Errorf("%s: %d confirmed, %d out of stock", name, confirmed.Load(), short.Load())
			}
			e.wantLevel(sku, 0, 0)
		})
	}},
	{Name: "scenario/one-cart-twice", Rule: "Two lines of one cart that share an item are judged by their sum and refused as a whole.", Check: func(e *env) {
		e.scenario(func(svc *inventory.Service, name string, seed *rand.Rand) {
			last, other := flywheel.SKU(name+" last"), flywheel.SKU(name+" other")
			e.OK(svc.Receive(e.Context(), name, []flywheel.Line{{SKU: last, Quantity: 1}, {SKU: other, Quantity: 9}}))
			cart := []flywheel.Line{{SKU: last, Quantity: 1}, {SKU: other, Quantity: 2}, {SKU: last, Quantity: 1}}
			seed.Shuffle(len(cart), func(i, j int) { cart[i], cart[j] = cart[j], cart[i] })
			err := svc.Reserve(e.Context(), name, cart)
			if short, ok := errors.AsType[*inventory.ShortageError](err); !ok || short.SKU != last || short.Want != 2 || short.Have != 1 {
				e.Errorf("%s: %v", name, err)
			}
			e.wantLevel(last, 1, 0)
			e.wantLevel(other, 9, 0)
		})
	}},
	{Name: "scenario/opposite-order", Rule: "Baskets in opposite order do not block each other for ever, and each is reserved as a whole or not at all.", Check: func(e *env) {
		e.scenario(func(svc *inventory.Service, name string, seed *rand.Rand) {
			const buyers, items, units = 40, 6, 15
			var basket []flywheel.Line
			for i := range items {
				basket = append(basket, flywheel.Line{SKU: flywheel.SKU(fmt.Sprintf("%s %d", name, i)), Quantity: units})
			}
			e.OK(svc.Receive(e.Context(), name, basket))
			baskets := make([][]flywheel.Line, buyers)
			for i := range baskets {
				for j := range items {
					k := j
					if i%2 == 1 {
						k = items - 1 - j
					}
					if k == 0 || k == items-1 || seed.IntN(3) > 0 {
						baskets[i] = append(baskets[i], flywheel.Line{SKU: basket[k].SKU, Quantity: 1})
					}
				}
			}
			got := make([]bool, buyers)
			suite.Together(buyers, func(i int) {
				err := svc.Reserve(e.Context(), fmt.Sprintf("%s buyer %d", name, i), baskets[i])
				if got[i] = err == nil; err != nil && !errors.Is(err, inventory.ErrOutOfStock) {
					e.Errorf("%s, buyer %d: %v", name, i, err)
				}
			})
			reserved := map[flywheel.SKU]int64{}
			for i, ok := range got {
				for _, l := range baskets[i] {
					if ok {
						reserved[l.SKU]++
					}
				}
			}
			for _, l := range basket {
				e.wantLevel(l.SKU, units, reserved[l.SKU])
			}
			if reserved[basket[0].SKU] == 0 {
				e.Errorf("%s: nobody got anything", name)
			}
		})
	}},
	{Name: "scenario/expiry-races-commit", Rule: "Of expiry and commit at once exactly one wins, and on hand is the sum of the ledger at every instant.", Check: func(e *env) {
		e.scenario(func(svc *inventory.Service, name string, seed *rand.Rand) {
			const orders = 12
			a, b := flywheel.SKU(name+" a"), flywheel.SKU(name+" b")
			e.OK(svc.Receive(e.Context(), name, []flywheel.Line{{SKU: a, Quantity: orders}, {SKU: b, Quantity: 2 * orders}}))
			ref := func(i int) string { return fmt.Sprintf("%s order %d", name, i) }
			for i := range orders {
				e.OK(svc.Reserve(e.Context(), ref(i), []flywheel.Line{{SKU: b, Quantity: 2}, {SKU: a, Quantity: 1}}))
			}
			errs := make([]error, orders)
			finished := make(chan struct{})
			var watcher sync.WaitGroup
			watcher.Go(func() {
				for {
					select {
					case <-finished:
						return
					default:
						e.addsUp(a)
					}
				}
			})
			var released atomic.Int64
			turn := seed.Perm(orders)
			suite.Together(orders+2, func(i int) {
				if i < orders {
					errs[i] = svc.Commit(e.Context(), ref(turn[i]))
					return
				}
				n, err := svc.ReleaseExpired(e.Context(), noon.Add(2*time.Hour))
				if err != nil {
					e.Errorf("%s: release: %v", name, err)
				}
				released.Add(int64(n))
			})
			close(finished)
			watcher.Wait()
			committed := int64(0)
			for i, err := range errs {
				r, readErr := svc.Reservation(e.Context(), ref(turn[i]))
				e.OK(readErr)
				switch {
				case err == nil && r.State == inventory.StateCommitted:
					committed++
				case errors.Is(err, flywheel.ErrExpired) && r.State == inventory.StateExpired:
				default:
					e.Errorf("%s: commit answered %v and the reservation is %s", r.Ref, err, r.State)
				}
			}
			if released.Load() < orders-committed || released.Load() > orders {
				e.Errorf("%s: %d committed and %d released of %d", name, committed, released.Load(), orders)
			}
			e.wantLevel(a, orders-committed, 0)
			e.wantLevel(b, 2*(orders-committed), 0)
		})
	}},
}

// thorough reports whether the run called name uses the store as it is meant to
// be used. Working step by step is a sideshow, tried with less, where
// the store can work at once.
func (e *env) thorough(name string) bool {
	return len(e.ways()) == 1 || !strings.HasPrefix(name, stepByStep)
}

// scenario runs fn for each way and seed, each with a name of its own.
func (e *env) scenario(fn func(svc *inventory.Service, name string, seed *rand.Rand)) {
	now := noon
	for way, store := range e.ways() {
		seeds := e.seeds
		if !e.thorough(way) {
			seeds = 1
		}
		svc := e.service(store, &now)
		for seed := range seeds {
			fn(svc, fmt.Sprintf("%s %d", way, seed), rand.New(rand.NewPCG(uint64(seed), 0)))
		}
	}
}
