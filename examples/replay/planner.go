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
)

// plan decides what to order on a Monday morning, from what is on hand now and
// the complete weeks before: for each SKU that ever sold, a model that suits
// its kind of demand, what is expected until the order after the next arrives,
// and a safety stock. It returns the order lines by SKU. The SKUs are shared
// among the processors; the result does not depend on how many there are.
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
			var fit forecast.Fit
			for i := w; i < len(quantities) && failed[w] == nil; i += workers {
				item := replenish.Item{SKU: room.skus[i], OnHand: onHand[i], OnOrder: room.planned.onOrder[i]}
				quantities[i], failed[w] = quantity(&fit, item, histories[i], room.supplier.lead(room.skus[i]))
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
func quantity(fit *forecast.Fit, item replenish.Item, history []float64, lead int) (int64, error) {
	if len(history) == 0 {
		return 0, nil // it has never sold
	}
	series := forecast.Series{ID: string(item.SKU), Values: tamed(history)}
	model, err := forecast.Select(series)
	if err != nil {
		return 0, err
	}
	if err := model.FitTo(fit, series); err != nil {
		return 0, err
	}
	// The order must last until the next one could arrive.
	protected := float64(lead)/7 + 1
	weeks := int(math.Ceil(protected))
	mean, sd, err := fit.Total(weeks)
	if err != nil {
		return 0, err
	}
	item.Demand = replenish.Spread(max(0, mean), sd, float64(weeks))
	item.LeadTime = replenish.LeadTime{Mean: protected - 1}
	order, err := replenish.Plan(item, replenish.Policy{Review: 1, Service: service, Counts: true})
	return order.Quantity, err
}

// tamed returns the history with no week above what is usual.
func tamed(history []float64) []float64 {
	others := float64(len(history) - 1)
	if others < 2 {
		return history // too little to tell
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
	limit := max(mean+float64(usual*math.Sqrt(max(variance, 0))), 12)
	if most <= limit {
		return history
	}
	low := slices.Clone(history)
	for i := range low {
		low[i] = min(low[i], limit)
	}
	return low
}
