package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/inventory/forecast"
	"github.com/flywheel-go/flywheel/inventory/replenish"
)

// plan is what is decided for an item.
type plan struct {
	item
	demand   replenish.Demand // per week, over the weeks that an order must last
	schedule replenish.Schedule
	quantity int64 // to order now, after the budget
	excess   replenish.Excess
}

// review is the weeks between two plans.
const review = 1

// errUnplanned says that some items have no plan; the others were planned.
var errUnplanned = errors.New("no plan")

// planAll forecasts and plans each item, and shares the budget. An item that cannot be
// planned, such as one that was never sold, stops no other: the error names each.
func planAll(items []item, s settings) ([]plan, error) {
	plans := make([]plan, 0, len(items))
	var unplanned error
	for _, it := range items {
		p, err := planOne(it, s)
		if err != nil {
			unplanned = errors.Join(unplanned, fmt.Errorf("%s at %s: %w: %w", it.sku, it.location, errUnplanned, err))
			continue
		}
		plans = append(plans, p)
	}
	if s.budget > 0 && len(plans) > 0 {
		if err := share(plans, s); err != nil {
			return nil, err
		}
	}
	return plans, cmp.Or(judge(plans), unplanned)
}

func planOne(it item, s settings) (plan, error) {
	season := 0
	if len(it.demand) >= 2*52 {
		season = 52
	}
	fit, err := forecast.Auto{}.Fit(forecast.Series{ID: string(it.sku), Values: it.demand, Season: season})
	if err != nil {
		return plan{}, err
	}
	protection := it.lead + review
	over, err := fit.TotalDemand(protection)
	if err != nil {
		return plan{}, err
	}
	p := plan{item: it, demand: replenish.Spread(over.Mean, over.SD, float64(protection))}
	ahead, err := fit.Forecast(s.weeks)
	if err != nil {
		return plan{}, err
	}
	o := replenish.Outlook{
		Item: replenish.Item{
			SKU: it.sku, OnHand: it.onHand, OnOrder: it.onOrder,
			LeadTime: replenish.LeadTime{Mean: float64(it.lead)}, Lot: replenish.Lot{Pack: it.pack}, Protected: over,
		},
		Location: it.location,
		Arrivals: make([]int64, min(it.lead+1, s.weeks)),
		Costs:    it.costs(s),
	}
	if it.lead > 0 {
		if o.Lead, err = fit.TotalDemand(it.lead); err != nil {
			return plan{}, err
		}
	}
	// What is on order is taken to be halfway here.
	o.Arrivals[min((it.lead+1)/2, len(o.Arrivals)-1)] = it.onOrder
	for _, mean := range ahead.Mean {
		o.Forecast = append(o.Forecast, replenish.Demand{Mean: math.Max(mean, 0), SD: p.demand.SD})
	}
	if p.schedule, err = replenish.Project(o, policy(s.fillRate)); err != nil {
		return plan{}, err
	}
	p.quantity = p.schedule.Steps[0].Order
	return p, nil
}

func policy(fillRate float64) replenish.Policy {
	return replenish.Policy{Review: review, FillRate: fillRate, Counts: true}
}

func (it *item) costs(s settings) replenish.Costs {
	return replenish.Costs{Order: s.ordering, Holding: s.holding * it.cost, Short: s.margin * it.cost}
}

// share cuts the orders to the budget.
func share(plans []plan, s settings) error {
	claims := make([]replenish.Claim, len(plans))
	for i, p := range plans {
		why := p.schedule.Steps[0].Why
		claims[i] = replenish.Claim{
			SKU: p.sku, Position: why.Position, Want: p.quantity, Lot: replenish.Lot{Pack: p.pack},
			Demand: replenish.Demand{Mean: why.Expected, SD: why.Deviation},
			Value:  s.margin * p.cost, Uses: []float64{p.cost},
		}
	}
	quantities, err := replenish.Share(claims, []float64{s.budget})
	for i, q := range quantities {
		plans[i].quantity = q
	}
	return err
}

// judge finds what is too much.
func judge(plans []plan) error {
	stock := make([]replenish.Stock, len(plans))
	for i, p := range plans {
		idle := 0
		for t := len(p.item.demand) - 1; t >= 0 && p.item.demand[t] == 0; t-- {
			idle++
		}
		stock[i] = replenish.Stock{SKU: p.sku, Location: p.location, OnHand: p.onHand, Demand: p.demand, Idle: idle, Cost: p.cost}
	}
	found, err := replenish.FindExcess(stock, replenish.ExcessRule{Cover: 26, Dead: 52})
	for i, e := range found {
		plans[i].excess = e
	}
	return err
}
