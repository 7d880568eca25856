package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// outcome is what became of a buyer.
type outcome struct {
	Buyer int
	// Got is a unit of an order, Left one that was held and given back.
	Got, Left bool
	// Took is from asking to the answer, repetitions included.
	Took time.Duration
	Err  string
}

// fault is what goes wrong with a buyer.
type fault int

const (
	none  fault = iota
	twice       // the button is pressed twice at once
	lost        // the answer does not arrive, and the buyer asks again
	leave       // the unit is held, and the buyer walks off
)

func (s *settings) fault(buyer int) (fault, *rand.Rand) {
	r := rand.New(rand.NewPCG(s.seed, uint64(buyer)))
	if r.Float64() >= s.faults {
		return none, r
	}
	return fault(1 + r.IntN(3)), r
}

func (s *settings) ref(buyer int) string { return fmt.Sprintf("%s-buyer-%d", s.sale, buyer) }

// buy lets one buyer hold a unit and order it.
func (s *settings) buy(ctx context.Context, stock *inventory.Service, buyer int) outcome {
	wrong, r := s.fault(buyer)
	ref := s.ref(buyer)
	units := []fulfillment.Unit{{SKU: flywheel.SKU(s.sale), Location: stock.Location(), Quantity: 1}}
	until := time.Now().Add(time.Hour)
	hold := func(ctx context.Context) error { return stock.Hold(ctx, ref, units, until) }
	begin := time.Now()
	var err error
	switch wrong {
	case twice:
		var other sync.WaitGroup
		other.Go(func() { _ = hold(ctx) })
		err = hold(ctx)
		other.Wait()
		if errors.Is(err, inventory.ErrOutOfStock) {
			err = hold(ctx) // the other press may have got the unit
		}
	case lost:
		for range 3 {
			short, cancel := context.WithTimeout(ctx, time.Duration(r.IntN(3000))*time.Microsecond)
			_ = hold(short)
			cancel()
		}
		err = hold(ctx)
	default:
		err = hold(ctx)
	}
	o := outcome{Buyer: buyer, Took: time.Since(begin)}
	switch {
	case errors.Is(err, inventory.ErrOutOfStock):
		return o
	case err == nil && wrong == leave:
		o.Left = true
		err = stock.Release(ctx, ref)
	case err == nil:
		o.Got = true
		err = stock.Allocate(ctx, ref)
	}
	if err != nil {
		o.Err = err.Error()
	}
	return o
}

// serve lets buyers in, so many at a time, and passes what became of each to report,
// one after the other.
func (s *settings) serve(ctx context.Context, stock *inventory.Service, buyers []int, atOnce int, report func(outcome)) {
	var next atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	for range min(atOnce, len(buyers)) {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(buyers) {
					return
				}
				o := s.buy(ctx, stock, buyers[i])
				mu.Lock()
				report(o)
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

// mine are the buyers of a process.
func (s *settings) mine(part int) (buyers []int) {
	for b := part - 1; b < s.buyers; b += s.processes {
		buyers = append(buyers, b)
	}
	return buyers
}
