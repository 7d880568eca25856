package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
)

// hold runs the sale and prints what it did.
func (s *settings) hold(ctx context.Context, out io.Writer) error {
	shop, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer shop.Close()
	if s.units > 0 {
		if err := shop.Receive(ctx, s.sale+"-delivery", s.line(s.units)); err != nil {
			return err
		}
	}
	var res result
	if s.processes == 1 {
		res = s.here(ctx, shop)
	} else if res, err = s.beside(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d buyers wanted one of %d units: %d at once, %d processes (%d killed), store %s\n\n",
		s.buyers, s.units, s.atOnce, s.processes, res.killed, strings.SplitN(s.store, ":", 2)[0])
	s.print(out, &res)
	if s.compare {
		if err := s.printUpdate(ctx, out, shop, &res); err != nil {
			return err
		}
	}
	return s.check(ctx, out, shop, &res)
}

func (s *settings) line(units int64) []flywheel.Line {
	return []flywheel.Line{{SKU: flywheel.SKU(s.sale), Quantity: units}}
}

// print prints throughput and latencies.
func (s *settings) print(out io.Writer, res *result) {
	got, left := 0, 0
	took := make([]time.Duration, len(res.outcomes))
	for i, o := range res.outcomes {
		took[i] = o.Took
		if o.Got {
			got++
		}
		if o.Left {
			left++
		}
	}
	fmt.Fprintf(out, "got a unit     %8d\nwalked off     %8d\ncame too late  %8d\n", got, left, len(took)-got-left)
	fmt.Fprintf(out, "answered       %8.0f a second, in %v\n\n", float64(s.buyers)/res.took.Seconds(), res.took.Round(time.Millisecond))
	histogram(out, took)
}

// histogram prints how many waited how long, in doubling steps, and some quantiles.
func histogram(out io.Writer, took []time.Duration) {
	sorted := slices.Clone(took)
	slices.Sort(sorted)
	fmt.Fprintln(out, "waited for the answer about the hold")
	const width = 50
	var counts []int
	var bounds []time.Duration
	for bound, i := time.Microsecond, 0; i < len(sorted); bound *= 2 {
		n := 0
		for i+n < len(sorted) && sorted[i+n] < bound {
			n++
		}
		i += n
		if n > 0 || len(counts) > 0 {
			counts, bounds = append(counts, n), append(bounds, bound)
		}
	}
	most := slices.Max(counts)
	for i, n := range counts {
		fmt.Fprintf(out, "  < %-10v %8d %s\n", bounds[i], n, strings.Repeat("#", (n*width+most-1)/most))
	}
	at := func(q float64) time.Duration {
		return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Round(time.Microsecond)
	}
	fmt.Fprintf(out, "  half within %v, 95 %% within %v, 99 %% within %v, all within %v\n\n", at(0.5), at(0.95), at(0.99), at(1))
}

// printUpdate lets as many buyers run a hand-written UPDATE of one row, which takes a
// unit and keeps no record of whose it is.
func (s *settings) printUpdate(ctx context.Context, out io.Writer, shop *shop, res *result) error {
	if shop.pool == nil || strings.HasPrefix(s.store, "sqlite") {
		return errors.New("-compare: only PostgreSQL has many writers")
	}
	shop.pool.SetMaxOpenConns(s.connections * s.processes)
	shop.pool.SetMaxIdleConns(s.connections * s.processes)
	const table = "rush_by_hand"
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS " + table + " (sku TEXT PRIMARY KEY, n BIGINT NOT NULL)",
		"DELETE FROM " + table,
		"INSERT INTO " + table + " VALUES ('hot', 1000000000)",
	} {
		if _, err := shop.pool.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	const long = 3 * time.Second
	var n atomic.Int64
	errs := make([]error, s.atOnce)
	var all sync.WaitGroup
	begin := time.Now()
	for i := range errs {
		all.Go(func() {
			for errs[i] == nil && time.Since(begin) < long {
				_, errs[i] = shop.pool.ExecContext(ctx, "UPDATE "+table+" SET n = n - 1 WHERE sku = 'hot' AND n >= 1")
				n.Add(1)
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	byHand := float64(n.Load()) / time.Since(begin).Seconds()
	rate := float64(s.buyers) / res.took.Seconds()
	fmt.Fprintf(out, "a hand-written UPDATE of one row: %.0f a second with as many buyers and connections; the sale answered %.1f times as many\n\n", byHand, rate/byHand)
	return nil
}
