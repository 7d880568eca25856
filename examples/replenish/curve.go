package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/inventory/replenish"
)

// point is the whole shop at one target.
type point struct {
	target   float64
	fillRate float64 // share of the demand met from stock, by value
	stock    float64 // value on hand, on average
	holding  float64 // costs per week
	ordering float64
	short    float64
}

func (p *point) cost() float64 { return p.holding + p.ordering + p.short }

var targets = []float64{0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995}

const (
	paths  = 40
	warmup = 26
	weeks  = 104
)

// simulate runs the shop at each target against the same customers, whose
// demand is made from that of the past. An item orders up to the least level
// that meets the target for it.
func simulate(plans []plan, s settings) ([]point, error) {
	curve := make([]point, len(targets))
	demand := 0.0
	short := make([]float64, len(targets))
	for i, p := range plans {
		drawn, err := replenish.Bootstrap(p.item.demand, paths, warmup+weeks, s.seed+uint64(i))
		if err != nil {
			return nil, fmt.Errorf("%s at %s: %w", p.sku, p.location, err)
		}
		most, sold := int64(1), 0.0
		for _, path := range drawn {
			total := int64(0)
			for t, d := range path {
				if total += d; t >= warmup {
					sold += float64(d)
				}
			}
			most = max(most, total)
		}
		sold /= paths * weeks
		demand += sold * p.cost
		costs := p.costs(s)
		run := replenish.Simulation{LeadTimes: []int{p.lead}, Review: review, Warmup: warmup, Costs: costs, Seed: s.seed}
		for k, target := range targets {
			level, outcome, err := run.Level(drawn, most, replenish.Target{FillRate: target})
			if unreachable, ok := errors.AsType[*replenish.UnreachableError](err); ok {
				level, outcome = most, unreachable.Best
			} else if err != nil {
				return nil, fmt.Errorf("%s at %s: %w", p.sku, p.location, err)
			}
			if p.pack > 1 {
				if outcome, err = run.Run(drawn, replenish.UpTo(level).InLots(replenish.Lot{Pack: p.pack})); err != nil {
					return nil, err
				}
			}
			at := &curve[k]
			at.target = target
			at.stock += outcome.Stock * p.cost
			at.holding += outcome.Stock * costs.Holding
			at.ordering += outcome.Orders * costs.Order
			at.short += outcome.Short * costs.Short
			short[k] += outcome.Short * p.cost
		}
	}
	for k := range curve {
		curve[k].fillRate = 1
		if demand > 0 {
			curve[k].fillRate = 1 - short[k]/demand
		}
	}
	return curve, nil
}

// cheapest returns the index of the point with the least cost.
func cheapest(curve []point) int {
	best, least := 0, math.Inf(1)
	for k := range curve {
		if c := curve[k].cost(); c < least {
			best, least = k, c
		}
	}
	return best
}
