package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
)

const (
	// eventOrdered reports that the shop ordered from its suppliers; lines
	// are what is to come. Deliveries are inventory's stock_received.
	eventOrdered = "purchase_order"
	// refOpening is the delivery that filled the shelves on the first day.
	refOpening = "opening"

	day  = 24 * time.Hour
	week = 7 * day
)

// supplier knows how long each delivery takes. Opening stock and lead times are
// not in the data, so they come from the seed: the same SKU and seed, the same
// answer.
type supplier struct{ seed uint64 }

// draw returns a number below n that depends on the seed, the SKU and the salt.
func (s supplier) draw(sku flywheel.SKU, salt, n uint64) uint64 {
	h := s.seed*0x9e3779b97f4a7c15 + salt // FNV-1a over the SKU, mixed at the end (Steele, Lea & Flood 2014)
	for i := 0; i < len(sku); i++ {
		h = (h ^ uint64(sku[i])) * 0x100000001b3
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return (h ^ h>>31) % n
}

// opening returns the units on the shelf when the year begins: 24 to 263.
func (s supplier) opening(sku flywheel.SKU) int64 { return 24 + int64(s.draw(sku, 1, 240)) }

// lead returns the days from order to delivery: 5 to 20.
func (s supplier) lead(sku flywheel.SKU) int { return 5 + int(s.draw(sku, 2, 16)) }

// shelf is one stock policy over the year: what it has, what it has on order
// and how well it served. Back orders are allowed: a negative stock is owed to
// customers. It is a model of its own, fed by events; the real stock is that of
// package inventory, and the two are compared at the end.
type shelf struct {
	name    string
	onHand  []int64
	onOrder []int64
	due     map[time.Time][]delivery

	demanded, filled int64 // units
	lines, short     int64 // order lines, and those not filled at once
	days             int64
	unitDays         float64 // units on hand, summed over days
	emptyDays        int64   // SKUs with nothing on hand at a day's end, summed
	ordered          int64   // units
	weeks            []shelfWeek
}

type delivery struct {
	sku      int32
	quantity int64
}

// shelfWeek is what a chart shows of one week.
type shelfWeek struct {
	onHand           int64
	demanded, filled int64
}

func newShelf(name string, n int) *shelf {
	return &shelf{name: name, onHand: make([]int64, n), onOrder: make([]int64, n), due: map[time.Time][]delivery{}}
}

// sell takes quantity, and counts what was there to fill it with.
func (s *shelf) sell(sku int32, quantity int64) {
	filled := min(quantity, max(0, s.onHand[sku]))
	s.onHand[sku] -= quantity
	s.demanded += quantity
	s.filled += filled
	s.lines++
	if filled < quantity {
		s.short++
	}
	w := &s.weeks[len(s.weeks)-1]
	w.demanded += quantity
	w.filled += filled
}

// order puts a delivery on its way.
func (s *shelf) order(sku int32, quantity int64, due time.Time) {
	s.onOrder[sku] += quantity
	s.ordered += quantity
	s.due[due] = append(s.due[due], delivery{sku, quantity})
}

// receive takes in what is due on date, in the order of the SKUs.
func (s *shelf) receive(date time.Time) []delivery {
	arrived := s.due[date]
	delete(s.due, date)
	slices.SortStableFunc(arrived, func(a, b delivery) int { return int(a.sku - b.sku) })
	for _, d := range arrived {
		s.onHand[d.sku] += d.quantity
		s.onOrder[d.sku] -= d.quantity
	}
	return arrived
}

// closeDay measures what is on the shelf in the evening.
func (s *shelf) closeDay() {
	var units int64
	for _, n := range s.onHand {
		if n > 0 {
			units += n
		} else {
			s.emptyDays++
		}
	}
	s.days++
	s.unitDays += float64(units)
	s.weeks[len(s.weeks)-1].onHand = units
}

func (s *shelf) fillRate() float64 { return ratio(float64(s.filled), float64(s.demanded)) }

// stockroom follows the event log and keeps two shelves: the planned one, whose
// orders are in the log, and the naive one, which orders every week what was
// sold in the week before. It also keeps the weekly demand that the planner
// sees. It learns from events only, so a new process rebuilds it from the log.
type stockroom struct {
	supplier supplier
	index    map[flywheel.SKU]int32
	skus     []flywheel.SKU
	planned  *shelf
	naive    *shelf
	first    time.Time   // the Monday of the week in which the year begins
	demand   [][]float64 // by SKU, one figure a week since the week of its first sale
	began    []int       // by SKU: the week of its first sale, -1 before
	outlooks []outlook   // by SKU, of the planner
}

func newStockroom(s supplier) *stockroom {
	return &stockroom{supplier: s, index: map[flywheel.SKU]int32{}, planned: newShelf("forecast and safety stock", 0), naive: newShelf("last week's sales", 0)}
}

// Publish implements flywheel.Sink.
func (r *stockroom) Publish(_ context.Context, events ...flywheel.Event) error {
	for i := range events {
		if err := r.take(&events[i]); err != nil {
			return fmt.Errorf("stockroom: event %q: %w", events[i].ID, err)
		}
	}
	return nil
}

func (r *stockroom) take(e *flywheel.Event) error {
	switch e.Name {
	case inventory.EventReceived:
		if e.Ref == refOpening {
			r.open(e)
		}
	case eventDayOpened:
		r.openDay(e.Time)
	case eventDayClosed:
		r.planned.closeDay()
		r.naive.closeDay()
	case eventOrdered:
		for _, l := range e.Lines {
			sku := r.index[l.SKU]
			r.planned.order(sku, l.Quantity, e.Time.AddDate(0, 0, r.supplier.lead(l.SKU)))
		}
	case flywheel.EventPurchase:
		for _, l := range e.Lines {
			if sku, ok := r.index[l.SKU]; ok {
				r.planned.sell(sku, l.Quantity)
				r.naive.sell(sku, l.Quantity)
				r.count(sku, r.weekOf(e.Time), l.Quantity)
			}
		}
	case flywheel.EventRefund:
		for _, l := range e.Lines {
			r.put(l.SKU, l.Quantity)
		}
	case inventory.EventAdjusted:
		sign := int64(1)
		if e.Properties["direction"] == "out" {
			sign = -1
		}
		for _, l := range e.Lines {
			r.put(l.SKU, sign*l.Quantity)
		}
	}
	return nil
}

// open fills both shelves on the first day.
func (r *stockroom) open(e *flywheel.Event) {
	n := len(e.Lines)
	r.planned, r.naive = newShelf(r.planned.name, n), newShelf(r.naive.name, n)
	r.demand, r.began, r.outlooks = make([][]float64, n), make([]int, n), make([]outlook, n)
	for i, l := range e.Lines {
		r.index[l.SKU] = int32(i)
		r.skus = append(r.skus, l.SKU)
		r.planned.onHand[i], r.naive.onHand[i] = l.Quantity, l.Quantity
		r.began[i] = -1
	}
	for _, s := range []*shelf{r.planned, r.naive} {
		s.weeks = append(s.weeks, shelfWeek{})
	}
	r.first = e.Time.Truncate(day)
	for r.first.Weekday() != time.Monday {
		r.first = r.first.Add(-day)
	}
}

// weekOf returns the number of the week, Monday to Sunday, that t is in.
func (r *stockroom) weekOf(t time.Time) int { return int(t.Sub(r.first) / week) }

// openDay begins a day: deliveries come in, and on a Monday the naive policy
// orders what was sold in the week before.
func (r *stockroom) openDay(date time.Time) {
	r.planned.receive(date)
	r.naive.receive(date)
	if date.Weekday() != time.Monday || !date.After(r.first) {
		return
	}
	for i := range r.demand {
		if h := r.history(i, date); len(h) > 0 && h[len(h)-1] > 0 {
			r.naive.order(int32(i), int64(h[len(h)-1]), date.AddDate(0, 0, r.supplier.lead(r.skus[i])))
		}
	}
	for _, s := range []*shelf{r.planned, r.naive} {
		s.weeks = append(s.weeks, shelfWeek{})
	}
}

func (r *stockroom) count(sku int32, week int, quantity int64) {
	if r.began[sku] < 0 {
		r.began[sku] = week
	}
	r.fill(int(sku), week+1)
	r.demand[sku][week-r.began[sku]] += float64(quantity)
}

// fill makes the demand of a SKU that has sold end before the given week.
func (r *stockroom) fill(sku, week int) {
	for r.began[sku]+len(r.demand[sku]) < week {
		r.demand[sku] = append(r.demand[sku], 0)
	}
}

// history returns the demand of a SKU in the complete weeks before the one of
// date, since the week of its first sale. The slice is valid until the next
// event.
func (r *stockroom) history(sku int, date time.Time) []float64 {
	now := r.weekOf(date)
	if r.began[sku] < 0 || r.began[sku] >= now {
		return nil
	}
	r.fill(sku, now)
	return r.demand[sku][:now-r.began[sku]]
}

// put changes what is on both shelves without a sale.
func (r *stockroom) put(name flywheel.SKU, quantity int64) {
	if sku, ok := r.index[name]; ok {
		r.planned.onHand[sku] += quantity
		r.naive.onHand[sku] += quantity
	}
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
