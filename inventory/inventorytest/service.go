package inventorytest

import (
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
)

// plain hides what a store offers beyond inventory.Store, so that the service
// works step by step.
type plain struct{ inventory.Store }

const stepByStep = "step by step"

// ways are the ways in which the service can use the store.
func (e *env) ways() map[string]inventory.Store {
	ways := map[string]inventory.Store{stepByStep: plain{e.Store}}
	if _, ok := e.Store.(inventory.BatchStore); ok {
		ways["at once"] = e.Store
	}
	return ways
}

func (e *env) service(store inventory.Store, now *time.Time) *inventory.Service {
	e.Helper()
	svc, err := inventory.New(store, &inventory.Options{Hold: time.Hour, Now: func() time.Time { return *now }})
	e.OK(err)
	return svc
}

func lines(pairs ...any) (all []flywheel.Line) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, flywheel.Line{SKU: flywheel.SKU(pairs[i].(string)), Quantity: int64(pairs[i+1].(int))})
	}
	return all
}

// errCrash is an error that a store reports where a process may as well have died.
var errCrash = errors.New("crashed here")

var serviceChecks = []testCase{
	{Name: "service/crash-and-retry", Rule: "A call that crashed before or after any call of the store, repeated, ends as if nothing had been.", Check: func(e *env) {
		e.crashes(func(svc *inventory.Service, ref string, now *time.Time) {
			e.OK(svc.Reserve(e.Context(), ref, order))
			e.OK(svc.Commit(e.Context(), ref))
		}, func(took int64) bool { return took == 1 })
	}},
	{Name: "service/crash-and-expire", Rule: "What a crash left behind is taken back as a whole when its time is over; what was being committed is completed.", Check: func(e *env) {
		e.crashes(func(svc *inventory.Service, ref string, now *time.Time) {
			*now = now.Add(2 * time.Hour)
			_, err := svc.ReleaseExpired(e.Context(), *now)
			e.OK(err)
			if due, err := e.Due(e.Context(), *now, 1); err != nil || len(due) > 0 {
				e.Fatalf("%s: still due: %+v, %v", ref, due, err)
			}
		}, func(took int64) bool { return took == 0 || took == 1 })
	}},
	{Name: "service/advance", Rule: "Many workers that let time pass take back what is due once, each, and leave nothing.", Check: func(e *env) {
		const refs = 12
		for way, store := range e.ways() {
			now := noon
			svc := e.service(store, &now)
			sku := "of " + way
			e.post(move(inventory.KindReceive, sku, flywheel.SKU(sku), refs))
			for i := range refs {
				e.OK(svc.Reserve(e.Context(), fmt.Sprint(way, " ", i), lines(sku, 1)))
			}
			more, err := svc.Advance(e.Context(), now.Add(time.Hour-time.Microsecond))
			if e.OK(err); more {
				e.Fatalf("%s: something was due too soon", way)
			}
			e.OK(errors.Join(suite.Parallel(4, func(int) error {
				for range 2 * refs {
					if more, err := svc.Advance(e.Context(), noon.Add(time.Hour)); err != nil || !more {
						return err
					}
				}
				return errors.New("there is always something due")
			})...))
			e.wantLevel(flywheel.SKU(sku), refs, 0)
			for i := range refs {
				r, err := svc.Reservation(e.Context(), fmt.Sprint(way, " ", i))
				if e.OK(err); r.State != inventory.StateExpired {
					e.Fatalf("%s is %s", r.Ref, r.State)
				}
			}
		}
	}},
	{Name: "service/crash-in-refusal", Rule: "A reservation that crashed while it was being refused holds nothing once its time is over, nor when it is repeated.", Check: func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 5))
		e.post(move(inventory.KindReceive, "x", "b", 5))
		for way, store := range e.ways() {
			now := noon
			healthy := e.service(store, &now)
			e.everyCall(store, &now, func(svc *inventory.Service, name string) error {
				ref := way + name
				err := svc.Reserve(e.Context(), ref, lines("a", 1, "b", 2, "c", 1))
				if err == nil {
					e.Fatalf("%s: nothing of c is there", ref)
				}
				again := healthy.Reserve(e.Context(), ref, lines("a", 1, "b", 2, "c", 1))
				e.Matches(again, inventory.ErrOutOfStock)
				e.wantLevel("a", 5, 0)
				e.wantLevel("b", 5, 0)
				if errors.Is(err, errCrash) {
					return err
				}
				return nil
			})
		}
	}},
}

var order = lines("b", 2, "a", 1, "c", 1)

// everyCall calls fn with a service whose store dies at its first call, at its
// second and so on, until it survives fn; once before the call's effect and once
// after. Name is another one each time.
func (e *env) everyCall(store inventory.Store, now *time.Time, fn func(svc *inventory.Service, name string) error) {
	for _, after := range []bool{false, true} {
		for at := 0; ; at++ {
			calls := 0
			svc := e.service(Failing(store, func(_ string, isAfter bool) error {
				if isAfter == after {
					calls++
				}
				if calls > at {
					return errCrash // and at every call from here on
				}
				return nil
			}), now)
			err := fn(svc, fmt.Sprintf(" at=%d after=%v", at, after))
			if err == nil {
				break
			}
			e.Matches(err, errCrash)
		}
	}
}

// crashes stops an order's Reserve and Commit at each call in turn, lets repair
// follow, and wants stock that is all there or all gone.
func (e *env) crashes(repair func(svc *inventory.Service, ref string, now *time.Time), right func(took int64) bool) {
	left := int64(1000)
	e.post(move(inventory.KindReceive, "x", "a", left))
	e.post(move(inventory.KindReceive, "x", "b", 2*left))
	e.post(move(inventory.KindReceive, "x", "c", left))
	for way, store := range e.ways() {
		now := noon
		healthy := e.service(store, &now)
		e.everyCall(store, &now, func(svc *inventory.Service, name string) error {
			ref := way + name
			err := svc.Reserve(e.Context(), ref, order)
			if err == nil {
				err = svc.Commit(e.Context(), ref)
			}
			repair(healthy, ref, &now)
			took := left - e.level("a").OnHand
			left -= took
			if !right(took) || err == nil && took != 1 {
				e.Fatalf("%s: %d orders left, error %v", ref, took, err)
			}
			e.wantLevel("a", left, 0)
			e.wantLevel("b", 2*left, 0)
			e.wantLevel("c", left, 0)
			return err
		})
	}
}
