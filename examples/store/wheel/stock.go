package wheel

import (
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/replenish"
)

// Goods are ordered once a week, each cluster on its weekday, and come a week later.
const (
	leadDays    = 7
	reviewDays  = 7
	holdingRate = 0.25 // of the cost of the goods, a year
)

// room is the stock: the service, and the days that the planner has seen.
type room struct {
	stock  *inventory.Service
	sold   [][]int64 // by good and day
	empty  [][]bool  // whether nothing was there in the evening
	coming []int64   // by good
	due    map[int][]arrival
	orders int
	wanted int64 // times that a good was opened, and how often it was there
	served int64
}

type arrival struct {
	ref   string
	lines []flywheel.Line
	goods []int
}

func newRoom(clock func() time.Time, goods []good, weekly []float64) (*room, error) {
	stock, err := inventory.New(nil, &inventory.Options{Now: clock})
	if err != nil {
		return nil, err
	}
	r := &room{stock: stock, coming: make([]int64, len(goods)), due: map[int][]arrival{}}
	r.sold, r.empty = make([][]int64, len(goods)), make([][]bool, len(goods))
	var lines []flywheel.Line
	for i := range goods {
		r.sold[i], r.empty[i] = make([]int64, days), make([]bool, days)
		goods[i].free = int64(math.Ceil(2.5*weekly[i])) + 1
		lines = append(lines, flywheel.Line{SKU: goods[i].sku, Quantity: goods[i].free})
	}
	return r, stock.Receive(ctx, "opening", lines)
}

// refresh asks the service what is available of a good, for the pages.
func (w *World) refresh(i int) error {
	level, err := w.room.stock.Level(ctx, w.goods[i].sku)
	w.goods[i].free = level.Available()
	return err
}

// receive puts what comes today on the shelf.
func (w *World) receive(day int) error {
	for _, a := range w.room.due[day] {
		if err := w.room.stock.Receive(ctx, a.ref, a.lines); err != nil {
			return err
		}
		for k, i := range a.goods {
			w.room.coming[i] -= a.lines[k].Quantity
			if err := w.refresh(i); err != nil {
				return err
			}
		}
	}
	delete(w.room.due, day)
	return nil
}

// review orders the goods of a cluster: by the plain rule what was sold in the last two weeks
// again, or by the better one what package replenish plans.
func (w *World) review(cluster, day int) error {
	r := w.room
	var held float64
	a := arrival{ref: fmt.Sprintf("po-%d-%d", cluster, day)}
	for i := cluster * perCluster; i < (cluster+1)*perCluster; i++ {
		g := &w.goods[i]
		level, err := r.stock.Level(ctx, g.sku)
		if err != nil {
			return err
		}
		held += float64(level.OnHand) * float64(g.cost) * holdingRate * reviewDays / 365
		n := int64(0)
		if w.has(Stock, cluster) {
			if n, err = w.plan(i, day, level.OnHand); err != nil {
				return err
			}
		} else {
			fortnight := int64(0)
			for d := max(0, day-leadDays-reviewDays); d < day; d++ {
				fortnight += r.sold[i][d]
			}
			n = max(fortnight, 1) - level.OnHand - r.coming[i]
		}
		if n > 0 {
			r.coming[i] += n
			a.lines = append(a.lines, flywheel.Line{SKU: g.sku, Quantity: n})
			a.goods = append(a.goods, i)
		}
	}
	if len(a.lines) > 0 {
		r.orders++
		r.due[day+leadDays] = append(r.due[day+leadDays], a)
	}
	w.sales.holding += int64(math.Round(held))
	return w.book(nil, cluster, -int64(math.Round(held)), fmt.Sprintf("hold-%d-%d", cluster, day))
}

// plan is the better rule: demand is what was sold a day on which there was something to sell,
// drawn towards that of the cluster, and the order covers lead time and review with the policy's
// service (replenish.Plan, negative binomial demand).
func (w *World) plan(i, day int, onHand int64) (int64, error) {
	const weeks = 6
	rate := func(i int) (units, open float64) {
		for d := max(0, day-7*weeks); d < day; d++ {
			units += float64(w.room.sold[i][d])
			if !w.room.empty[i][d] || w.room.sold[i][d] > 0 {
				open++
			}
		}
		return units, open
	}
	var all, allOpen float64
	first := w.goods[i].cluster * perCluster
	for j := first; j < first+perCluster; j++ {
		u, o := rate(j)
		all, allOpen = all+u, allOpen+o
	}
	units, open := rate(i)
	usual := all / max(allOpen, 1)
	mean := 7 * (units + float64(7*usual)) / (open + 7)
	order, err := replenish.Plan(replenish.Item{
		SKU: w.goods[i].sku, OnHand: onHand, OnOrder: w.room.coming[i],
		Demand:   replenish.Demand{Mean: mean, SD: math.Sqrt(1.4 * mean)},
		LeadTime: replenish.LeadTime{Mean: leadDays / 7},
	}, replenish.Policy{Review: reviewDays / 7, Service: w.policy.Service, Counts: true})
	return order.Quantity, err
}
