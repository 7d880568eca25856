// Package crowd lets simulated shoppers use the store as people do: through its pages.
//
// Each shopper of package shopper gets a browser of its own, with cookies and an address, and
// comes when its visits are planned, in the time of the shop, which may run faster than the one on
// the wall. It opens the home page, searches, looks at goods, fills a cart, checks out with a card
// that may ask the bank or be declined, opens an account, comes back because a letter reminded it,
// gives back what disappointed it and reviews what it bought. A clerk at the desk ships, delivers,
// takes back and fills shelves, if there is a password. What is not on a page nobody here knows.
package crowd

import (
	"container/heap"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel/examples/store/shopper"
)

// Letter is a message as it lies in somebody's mailbox.
type Letter struct {
	ID, Subject, Text string
	At                time.Time
}

// Crowd is a number of shoppers, and perhaps a clerk.
type Crowd struct {
	// Store is what they visit.
	Store http.Handler
	// Shoppers is how many there are, Seed what they are drawn from.
	Shoppers int
	Seed     uint64
	// Now is the shop's clock, which runs Speed times as fast as the wall's.
	Now   func() time.Time
	Speed float64
	// Wait waits until an instant of that clock or the end of ctx; nil waits by the wall's clock.
	Wait func(ctx context.Context, until time.Time)
	// Letters returns what was written to an address, the newest first; nil is no post.
	Letters func(to string) []Letter
	// Desk is the password of the clerk; nobody works at the desk where it is empty.
	Desk string
	// Workers is how many visits go on at once; 4 when it is 0.
	Workers int
	Log     *slog.Logger // slog's default when nil

	counts tally
	clerk  *clerk
}

// Counts is what has happened so far.
type Counts struct {
	Visits, Pages, Carts, Orders, Returns, Reviews, Accounts, Failures int64
}

type tally struct {
	visits, pages, carts, orders, returns, reviews, accounts, failures atomic.Int64
}

// Counts may be called at any time.
func (c *Crowd) Counts() Counts {
	t := &c.counts
	return Counts{t.visits.Load(), t.pages.Load(), t.carts.Load(), t.orders.Load(), t.returns.Load(), t.reviews.Load(), t.accounts.Load(), t.failures.Load()}
}

// cycle is how long a plan of visits lasts; then it begins again.
const cycle = 28 * 24 * time.Hour

// Run lets them shop until ctx ends, and returns nil then. A page that fails is logged and counted,
// and its visit ends.
func (c *Crowd) Run(ctx context.Context) error {
	if c.Store == nil || c.Shoppers < 1 || c.Shoppers > 1_000_000 || !(c.Speed > 0) || c.Now == nil {
		return fmt.Errorf("crowd: %d shoppers at speed %v: out of range", c.Shoppers, c.Speed)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Workers == 0 {
		c.Workers = 4
	}
	if c.Wait == nil {
		c.Wait = c.wait
	}
	if c.Desk != "" {
		c.clerk = newClerk(c)
	}
	begin := c.Now()
	var wg sync.WaitGroup
	for w := range c.Workers {
		wg.Go(func() { c.work(ctx, w, begin) })
	}
	wg.Wait()
	return nil
}

// task is something that will happen.
type task struct {
	at     time.Time
	order  int // of those at one instant
	do     func(ctx context.Context) error
	repeat time.Duration
}

type agenda struct {
	tasks []*task
	n     int
}

func (a *agenda) Len() int { return len(a.tasks) }
func (a *agenda) Less(i, j int) bool {
	x, y := a.tasks[i], a.tasks[j]
	return x.at.Before(y.at) || x.at.Equal(y.at) && x.order < y.order
}
func (a *agenda) Swap(i, j int) { a.tasks[i], a.tasks[j] = a.tasks[j], a.tasks[i] }
func (a *agenda) Push(x any)    { a.tasks = append(a.tasks, x.(*task)) }
func (a *agenda) Pop() any {
	last := a.tasks[len(a.tasks)-1]
	a.tasks = a.tasks[:len(a.tasks)-1]
	return last
}

// plan adds a task.
func (a *agenda) plan(at time.Time, repeat time.Duration, do func(ctx context.Context) error) {
	a.n++
	heap.Push(a, &task{at: at, order: a.n, do: do, repeat: repeat})
}

// work is the life of every Workers-th shopper, one after the other.
func (c *Crowd) work(ctx context.Context, worker int, begin time.Time) {
	all := &agenda{}
	words := shopper.NewLexicon()
	for n := worker; n < c.Shoppers; n += c.Workers {
		g := newGuest(c, n, words, all)
		// They come spread over a plan's time.
		first := begin.Add(time.Duration(float64(cycle) * float64(n) / float64(c.Shoppers)))
		for v, after := range g.s.Visits {
			round := 0
			at := first.Add(after)
			if at.Sub(begin) >= cycle { // nobody waits a cycle for the first ones
				at = at.Add(-cycle)
			}
			all.plan(at, cycle, func(ctx context.Context) error {
				round++
				return g.visit(ctx, 100*round+v, shopper.Planned)
			})
		}
		if g.member && c.Letters != nil {
			all.plan(first, 6*time.Hour, g.post)
		}
	}
	if worker == 0 && c.clerk != nil {
		all.plan(begin.Add(time.Hour), 6*time.Hour, c.clerk.round)
	}
	for len(all.tasks) > 0 {
		next := all.tasks[0]
		c.Wait(ctx, next.at)
		if ctx.Err() != nil {
			return
		}
		heap.Pop(all)
		if err := next.do(ctx); err != nil && ctx.Err() == nil {
			c.counts.failures.Add(1)
			c.Log.Error("a shopper could not go on", "error", err)
		}
		if next.repeat > 0 {
			// A shop that is slower than its clock is not visited twice at once.
			at := next.at.Add(next.repeat)
			if now := c.Now(); at.Before(now) {
				at = now
			}
			all.plan(at, next.repeat, next.do)
		}
	}
}

func (c *Crowd) wait(ctx context.Context, until time.Time) {
	timer := time.NewTimer(time.Duration(float64(until.Sub(c.Now())) / c.Speed))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
