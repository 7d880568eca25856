package page

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/forecast"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/replenish"
)

// demandWeeks is how much of the past a forecast looks at.
const demandWeeks = 26

// outlook is the demand of an item by day, and what is expected of it. The days on which it
// was sold out tell nothing and are left out.
func (s *Shop) outlook(r *web.Request, sku flywheel.SKU) ([]float64, *forecast.Fit, error) {
	now := s.Now().In(zone)
	days, err := s.Stock.Demand(r.Context(), sku, now.AddDate(0, 0, -7*demandWeeks), now.AddDate(0, 0, 1), zone)
	if err != nil {
		return nil, nil, err
	}
	known := slices.DeleteFunc(slices.Clone(days), math.IsNaN)
	if len(known) > 7 { // today is not over; only what is new cannot do without it
		days, known = days[:len(days)-1], known[:len(known)-1]
	}
	if len(known) == 0 {
		return days, nil, nil
	}
	fit, err := forecast.Auto{}.Fit(forecast.Series{ID: string(sku), Values: known, Season: 7})
	return days, fit, err
}

// plan is what to order of an item now, and why.
func (s *Shop) plan(level inventory.Level, onOrder int64, fit *forecast.Fit, lead replenish.LeadTime) (replenish.Order, error) {
	horizon := data.LeadDays + data.ReviewDays
	mean, sd, err := fit.Total(horizon)
	if err != nil {
		return replenish.Order{}, err
	}
	return replenish.Plan(replenish.Item{
		SKU: level.SKU, OnHand: level.Available(), OnOrder: onOrder, Backordered: level.Backordered,
		Demand: replenish.Spread(mean, sd, float64(horizon)), LeadTime: lead, Lot: data.Lots,
	}, replenish.Policy{Review: data.ReviewDays, FillRate: data.FillRate, Counts: true})
}

// replenishment is what to order of each item.
func (s *Shop) replenishment(r *web.Request) (web.Answer, error) {
	var levels []inventory.Level
	var skus []flywheel.SKU
	for l, err := range s.Stock.Levels(r.Context(), "") {
		if err != nil {
			return web.Answer{}, err
		}
		if l.Location == fulfillment.DefaultLocation {
			levels, skus = append(levels, l), append(skus, l.SKU)
		}
	}
	onOrder, err := s.Stock.OnOrder(r.Context(), skus)
	if err != nil {
		return web.Answer{}, err
	}
	leads, err := s.leads(r)
	if err != nil {
		return web.Answer{}, err
	}
	t := table{ID: "plan", Title: "What to order", Empty: "There is nothing to plan.", Columns: []string{"SKU", "Available", "On order", "Order", "Why", "Purchase order"}}
	for _, l := range levels {
		row := []cell{link(string(l.SKU), r.At("/desk/replenish/"+string(l.SKU))), number(l.Available()), number(onOrder[l.SKU])}
		_, fit, err := s.outlook(r, l.SKU)
		if err != nil || fit == nil {
			t.Rows = append(t.Rows, append(row, text(""), text("nothing is known of its demand yet"), text("")))
			continue
		}
		o, err := s.plan(l, onOrder[l.SKU], fit, leads[l.SKU])
		if err != nil {
			return web.Answer{}, err
		}
		row = append(row, number(o.Quantity), cell{Text: "figures", Why: []string{o.Explanation.String()}})
		if o.Quantity > 0 {
			row = append(row, button(fmt.Sprintf("Order %d", o.Quantity), r.At("/desk/replenish"), "sku", string(l.SKU), "quantity", decimal(o.Quantity), "number", orderNumber(s.Now(), l)))
		} else {
			row = append(row, text("enough"))
		}
		t.Rows = append(t.Rows, row)
	}
	orders, err := s.purchases(r)
	if err != nil {
		return web.Answer{}, err
	}
	scores, err := s.scores(r)
	if err != nil {
		return web.Answer{}, err
	}
	return s.board(r, board{
		Title: "Replenishment", Note: fmt.Sprintf("For %.0f %% of demand from the shelf, looked at every %d days, with the lead times that suppliers state and their orders show.", data.FillRate*100, data.ReviewDays),
		Tables: []table{t, orders, scores},
	})
}

// orderNumber is the same for one day and one state of the stock, so that an order that is
// pressed twice is placed once.
func orderNumber(now time.Time, l inventory.Level) string {
	return fmt.Sprintf("po-%s-%s-%d", l.SKU, now.In(zone).Format("20060102"), l.Seq)
}

// fan is the demand of one item with its forecast.
func (s *Shop) fan(r *web.Request) (web.Answer, error) {
	sku := flywheel.SKU(r.PathValue("sku"))
	if _, _, err := s.Products.BySKU(r.Context(), sku); err != nil {
		return web.Answer{}, err
	}
	days, fit, err := s.outlook(r, sku)
	if err != nil {
		return web.Answer{}, err
	}
	b := board{Title: "Demand of " + string(sku), Links: []cell{link("Replenishment", r.At("/desk/replenish")), link("Movements", r.At("/desk/stock/"+string(sku)))}}
	if fit == nil {
		b.Note = "Nothing is known of its demand yet."
		return s.board(r, b)
	}
	const ahead = 28
	expected, err := fit.Forecast(ahead, 0.8, 0.95)
	if err != nil {
		return web.Answer{}, err
	}
	expected.Clamp(0, math.Inf(1))
	shown := days[max(0, len(days)-8*7):]
	first := s.Now().In(zone).AddDate(0, 0, -len(shown))
	labels := make([]string, len(shown)+ahead)
	for i := range labels {
		labels[i] = first.AddDate(0, 0, i).Format("2 Jan")
	}
	later := func(values []float64) []float64 {
		return append(slices.Repeat([]float64{math.NaN()}, len(shown)), values...)
	}
	b.Note = fmt.Sprintf("%d days by %s; gaps are days without stock.", len(days), fit.Model)
	b.Charts = []chart.Figure{chart.Lines("Units a day, with the range of 80 and of 95 in 100 days to come", labels,
		chart.Series{Name: "sold", Values: shown},
		chart.Series{Name: "expected, 80 %", Values: later(expected.Mean), Lower: later(expected.Intervals[0].Lower), Upper: later(expected.Intervals[0].Upper)},
		chart.Series{Name: "95 %", Values: later(expected.Mean), Lower: later(expected.Intervals[1].Lower), Upper: later(expected.Intervals[1].Upper)})}
	for _, w := range fit.Warnings {
		b.Note += " " + string(w) + "."
	}
	return s.board(r, b)
}
