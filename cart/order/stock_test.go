package order_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// caseStock is a small stock with what an order needs of one.
type caseStock struct {
	mu    sync.Mutex
	s     caseSetup
	shelf map[place]int64 // on the shelf, whoever it belongs to
	taken map[place]int64 // held or allocated
	later map[place]int64 // promised from what will come
	refs  map[string][]fulfillment.Unit
	state map[string]string
	keys  map[string]bool
	moved map[string]map[place]int64 // of what is allocated, by ref
}

type place struct {
	sku flywheel.SKU
	at  fulfillment.Location
}

func newCaseStock(s caseSetup) *caseStock {
	c := &caseStock{s: s, shelf: map[place]int64{}, taken: map[place]int64{}, later: map[place]int64{}, refs: map[string][]fulfillment.Unit{}, state: map[string]string{}, keys: map[string]bool{}, moved: map[string]map[place]int64{}}
	for sku, item := range s.Items {
		for at, n := range item.Stock {
			c.shelf[place{flywheel.SKU(sku), fulfillment.Location(at)}] = n
		}
	}
	return c
}

func (c *caseStock) supply() fulfillment.Stock {
	c.mu.Lock()
	defer c.mu.Unlock()
	stock := fulfillment.Stock{}
	for sku, item := range c.s.Items {
		s := fulfillment.Supply{Free: map[fulfillment.Location]int64{}, Untracked: item.Stock == nil && item.Parts == nil && item.Backorder == nil && item.Preorder == nil}
		for part, n := range item.Parts {
			s.Parts = append(s.Parts, flywheel.Line{SKU: flywheel.SKU(part), Quantity: n})
		}
		for at := range c.s.Locations {
			p := place{flywheel.SKU(sku), fulfillment.Location(at)}
			s.Free[p.at] = max(0, c.shelf[p]-c.taken[p]-c.later[p])
		}
		stock[flywheel.SKU(sku)] = s
	}
	return stock
}

func (c *caseStock) Hold(_ context.Context, ref string, units []fulfillment.Unit, _ time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state[ref] != "" {
		return nil
	}
	for _, u := range units {
		p := place{u.SKU, u.Location}
		if c.shelf[p]-c.taken[p]-c.later[p] < u.Quantity {
			return fmt.Errorf("short of %v: %w", p, flywheel.ErrConflict)
		}
	}
	for _, u := range units {
		c.taken[place{u.SKU, u.Location}] += u.Quantity
	}
	c.refs[ref], c.state[ref] = units, "held"
	return nil
}

func (c *caseStock) Allocate(_ context.Context, ref string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state[ref] == "" {
		return fmt.Errorf("no hold %q: %w", ref, flywheel.ErrNotFound)
	}
	c.state[ref] = "allocated"
	return nil
}

func (c *caseStock) Release(_ context.Context, ref string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state[ref] == "held" {
		for _, u := range c.refs[ref] {
			c.taken[place{u.SKU, u.Location}] -= u.Quantity
		}
		delete(c.state, ref)
	}
	return nil
}

// move changes allocated units once for each key.
func (c *caseStock) move(ref, key string, units []fulfillment.Unit, ship bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys[key] {
		return nil
	}
	for _, u := range units {
		if c.state[ref] != "allocated" || c.taken[place{u.SKU, u.Location}] < u.Quantity {
			return fmt.Errorf("%v is not allocated for %q: %w", u, ref, flywheel.ErrConflict)
		}
	}
	for _, u := range units {
		p := place{u.SKU, u.Location}
		if c.moved[ref] == nil {
			c.moved[ref] = map[place]int64{}
		}
		c.moved[ref][p] += u.Quantity
		c.taken[p] -= u.Quantity
		if ship {
			c.shelf[place{u.SKU, u.Location}] -= u.Quantity
		}
	}
	c.keys[key] = true
	return nil
}

func (c *caseStock) Ship(_ context.Context, ref, key string, units []fulfillment.Unit) error {
	return c.move(ref, key, units, true)
}

func (c *caseStock) Deallocate(_ context.Context, ref, key string, units []fulfillment.Unit) error {
	return c.move(ref, key, units, false)
}

func (c *caseStock) RestockAt(_ context.Context, ref string, at fulfillment.Location, lines []flywheel.Line) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys[ref] {
		return nil
	}
	c.keys[ref] = true
	for _, l := range lines {
		c.shelf[place{l.SKU, at}] += l.Quantity
	}
	return nil
}

// looks returns the stock of all that any step has touched, as the cases have it: items
// of the case's setup are compared where they are expected.
func (c *caseStock) looks() map[string]map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	looks := map[string]map[string]int64{}
	touched := map[flywheel.SKU]bool{}
	for _, units := range c.refs {
		for _, u := range units {
			touched[u.SKU] = true
		}
	}
	for p := range c.shelf {
		if !touched[p.sku] {
			continue
		}
		look := map[string]int64{}
		if free := c.shelf[p] - c.taken[p]; free > 0 {
			look["available"] = free
		}
		if c.taken[p] > 0 {
			look["allocated"] = c.taken[p]
		}
		looks[string(p.sku)+"@"+string(p.at)] = look
	}
	return looks
}

type caseCredit struct{ b caseBalances }

func (c caseCredit) Grant(_ context.Context, account, key string, amount money.Amount, _ string) error {
	return c.b.once("credit "+account, key, amount.Minor())
}
