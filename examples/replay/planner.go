package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/forecast"
	"github.com/flywheel-go/flywheel/inventory/replenish"
)

const (
	// service is the probability that the shop wants to get through a cycle
	// without a stock-out.
	service = 0.95
	// usual is how many deviations above the mean of the other weeks the best
	// week of a SKU counts for; what is beyond is a single order of a dealer,
	// met when it comes but not expected again.
	usual = 6
	// growth is the part by which a history grows before a model is fitted to it
	// anew; until then the model goes on with each week.
	growth = 8
)

// outlook is what the planner expects of a SKU.
type outlook struct {
	fit   *forecast.Fit
	weeks int     // that it has seen
	limit float64 // to what a week counts
}

// follow brings the outlook up to a history. The weeks at which models are fitted
// depend on nothing but its length, so that an outlook which starts over from a
// longer history comes to the same.
func (o *outlook) follow(sku flywheel.SKU, history []float64) error {
	due := 1
	for next := 2; next <= len(history); next = due + max(1, due/growth) {
		due = next
	}
	if o.weeks < due {
		o.weeks, o.limit = due, usualLimit(history[:due])
		series := forecast.Series{ID: string(sku), Values: make([]float64, due)}
		for i, y := range history[:due] {
			series.Values[i] = min(y, o.limit)
		}
		var err error
		if o.fit, err = (forecast.Auto{}).Fit(series); err != nil {
			return err
		}
	}
	for ; o.weeks < len(history); o.weeks++ {
		if err := o.fit.Update(min(history[o.weeks], o.limit)); err != nil {
			return err
		}
	}
	return nil
}

// plan decides what to order on a Monday morning, from what is on hand now and
// the complete weeks before: for each SKU that ever sold, what forecast.Auto
// expects until the order after the next arrives, and a safety stock. It returns
// the order lines by SKU. The SKUs are shared among the processors; the result
// does not depend on how many there are.
func plan(ctx context.Context, room *stockroom, onHand []int64, date time.Time) ([]flywheel.Line, error) {
	histories := make([][]float64, len(room.skus))
	for i := range histories {
		histories[i] = room.history(i, date)
	}
	quantities := make([]int64, len(room.skus))
	workers := runtime.GOMAXPROCS(0)
	failed := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(quantities) && failed[w] == nil; i += workers {
				item := replenish.Item{SKU: room.skus[i], OnHand: onHand[i], OnOrder: room.planned.onOrder[i]}
				quantities[i], failed[w] = quantity(&room.outlooks[i], item, histories[i], room.supplier.lead(room.skus[i]))
			}
		})
	}
	wg.Wait()
	if err := errors.Join(append(failed, ctx.Err())...); err != nil {
		return nil, fmt.Errorf("plan of %s: %w", date.Format(time.DateOnly), err)
	}
	var lines []flywheel.Line
	for i, n := range quantities {
		if n > 0 {
			lines = append(lines, flywheel.Line{SKU: room.skus[i], Quantity: n})
		}
	}
	return lines, nil
}

// quantity returns what to order of one item.
func quantity(o *outlook, item replenish.Item, history []float64, lead int) (int64, error) {
	// The week of its first sale is in the history because it sold: counting it
	// would take for usual what was chosen for being above it.
	if len(history) < 2 {
		return 0, nil
	}
	if err := o.follow(item.SKU, history[1:]); err != nil {
		return 0, err
	}
	// The order must last until the next one could arrive.
	protected := float64(lead)/7 + 1
	weeks := int(math.Ceil(protected))
	mean, sd, err := o.fit.Total(weeks)
	if err != nil {
		return 0, err
	}
	item.Demand = replenish.Spread(max(0, mean), sd, float64(weeks))
	item.LeadTime = replenish.LeadTime{Mean: protected - 1}
	order, err := replenish.Plan(item, replenish.Policy{Review: 1, Service: service, Counts: true})
	return order.Quantity, err
}

// usualLimit returns what a week of the history counts for at most.
func usualLimit(history []float64) float64 {
	others := float64(len(history) - 1)
	if others < 2 {
		return math.Inf(1) // too little to tell
	}
	most := slices.Max(history)
	mean := -most / others
	for _, y := range history {
		mean += y / others
	}
	variance := -float64((most-mean)*(most-mean)) / others
	for _, y := range history {
		variance += float64((y-mean)*(y-mean)) / others
	}
	// A dozen is usual for any SKU.
	return max(mean+float64(usual*math.Sqrt(max(variance, 0))), 12)
}
