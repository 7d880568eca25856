package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

func writePlan(w io.Writer, plans []plan, s settings) {
	fmt.Fprintf(w, "What to order now, for a fill rate of %.1f %% over the next %d weeks\n\n", 100*s.fillRate, s.weeks)
	fmt.Fprintf(w, "%-14s %-10s %8s %8s %5s %8s %8s %8s %8s %7s %7s  %s\n",
		"sku", "location", "on hand", "on order", "lead", "demand", "level", "order", "value", "fill", "risk", "note")
	total, cost := 0.0, 0.0
	for _, p := range plans {
		why := p.schedule.Steps[0].Why
		value := float64(p.quantity) * p.cost
		total += value
		cost += p.schedule.Cost
		fmt.Fprintf(w, "%-14s %-10s %8d %8d %5d %8.1f %8.1f %8s %8.2f %6.1f%% %6.1f%%  %s\n",
			p.sku, p.location, p.onHand, p.onOrder, p.lead, p.item.weekly(), why.Level, units(p.quantity), value,
			100*p.schedule.FillRate, 100*p.schedule.Risk, p.note())
	}
	fmt.Fprintf(w, "\nOrders of %.2f in all", total)
	if s.budget > 0 {
		fmt.Fprintf(w, " of a budget of %.2f", s.budget)
	}
	fmt.Fprintf(w, "; expected cost of holding, ordering and shortage over %d weeks: %.2f.\n", s.weeks, cost)
	fmt.Fprintln(w, "demand is the mean of the last 13 weeks, level what the stock on hand and on order is lifted to,")
	fmt.Fprintln(w, "fill the share of the demand that will be met, risk the highest risk of a week without stock.")
	fmt.Fprintln(w, "\nWhy:")
	for _, p := range plans {
		if p.quantity > 0 {
			fmt.Fprintf(w, "  %s at %s: %s\n", p.sku, p.location, p.schedule.Steps[0].Why)
		}
	}
}

// weekly returns the mean demand of the last quarter.
func (it *item) weekly() float64 {
	recent := it.demand[max(len(it.demand)-13, 0):]
	sum := 0.0
	for _, y := range recent {
		sum += y
	}
	return sum / float64(len(recent))
}

func units(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// note says what a planner should look at.
func (p *plan) note() string {
	var notes []string
	if wanted := p.schedule.Steps[0].Order; p.quantity < wanted {
		notes = append(notes, fmt.Sprintf("budget: %d wanted", wanted))
	}
	switch e := p.excess; {
	case e.Dead:
		notes = append(notes, fmt.Sprintf("dead: %.2f tied up", e.Cost))
	case e.Units > 0 && p.quantity == 0:
		notes = append(notes, fmt.Sprintf("excess: %d units, %.2f", e.Units, e.Cost))
	}
	for _, next := range p.schedule.Steps[1:] {
		if p.quantity == 0 && next.Order > 0 {
			notes = append(notes, fmt.Sprintf("next: %d in week %d", next.Order, next.Period))
			break
		}
	}
	return strings.Join(notes, "; ")
}

// width is the longest bar of the curve.
const width = 40

func writeCurve(w io.Writer, curve []point) {
	fmt.Fprintf(w, "\nService against cost: %d years simulated per item, cost per week\n\n", paths*weeks/52)
	fmt.Fprintf(w, "%7s %7s %10s %9s %9s %9s %9s\n", "target", "fill", "stock", "holding", "ordering", "short", "cost")
	most := 0.0
	for k := range curve {
		most = math.Max(most, curve[k].cost())
	}
	best := cheapest(curve)
	for k, p := range curve {
		mark := ""
		if k == best {
			mark = " cheapest"
		}
		bar := strings.Repeat("#", int(math.Round(width*p.cost()/math.Max(most, 1e-9))))
		fmt.Fprintf(w, "%6.1f%% %6.1f%% %10.2f %9.2f %9.2f %9.2f %9.2f %s%s\n",
			100*p.target, 100*p.fillRate, p.stock, p.holding, p.ordering, p.short, p.cost(), bar, mark)
	}
}
