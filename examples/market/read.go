package main

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"time"

	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/internal/table"
)

const (
	colDate = iota
	colValue
	colPromotion
	colPrice
	colOutOfStock
)

var columns = []table.Column{
	{Name: "date", Aliases: []string{"time", "timestamp", "day"}},
	{Name: "value", Aliases: []string{"sales", "units", "count"}},
	{Name: "promotion", Optional: true},
	{Name: "price", Optional: true},
	{Name: "out_of_stock", Optional: true},
}

func read(file string, spec table.Spec, messages io.Writer) (points []market.Point, err error) {
	r, err := table.Open(file, spec)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	bar := progress.New(messages, 0, "rows")
	defer bar.Clear()
	for r.Next() {
		bar.Add(1)
		var p market.Point
		if p.At, err = r.Time(colDate); err != nil {
			return nil, err
		}
		if p.Value, err = r.Number(colValue); err != nil {
			return nil, err
		}
		p.Promotion = r.Raw(colPromotion)
		if !r.Missing(colPrice) {
			if p.Price, err = r.NumberBetween(colPrice, 0, 1e12); err != nil {
				return nil, err
			}
		}
		if !r.Missing(colOutOfStock) {
			if p.OutOfStock, err = r.Bool(colOutOfStock); err != nil {
				return nil, err
			}
		}
		if k := len(points); k > 0 && !p.At.After(points[k-1].At) {
			return nil, r.Fail(colDate, market.ErrOrder)
		}
		points = append(points, p)
	}
	return points, r.Err()
}

// builtIn is a year of an item: weeks with weekends, two promotions, a price that
// goes up, an empty shelf, and what the shop did not do itself: a day on which
// something broke, a mention, and a competitor who arrives in autumn.
func builtIn() []market.Point {
	r := rand.New(rand.NewPCG(2026, 16))
	week := [7]float64{0.9, 0.85, 0.9, 1, 1.15, 1.4, 0.8}
	points := make([]market.Point, 365)
	level, price := 120.0, 24.90
	for d := range points {
		p := market.Point{At: time.Date(2025, 1, 6+d, 0, 0, 0, 0, time.UTC), Price: price}
		factor := 1.0
		switch {
		case d >= 84 && d < 89, d >= 250 && d < 256:
			p.Promotion = map[bool]string{true: "easter", false: "autumn sale"}[d < 100]
			factor = 1.8
		case d == 130:
			price, level = 27.90, 100
			p.Price = price
		case d >= 165 && d < 169:
			p.OutOfStock, factor = true, 0
		case d == 200:
			factor = 0.2 // checkout was broken
		case d == 225:
			factor = 2.2 // a mention
		case d == 300:
			level = 62 // a competitor
		}
		mean := level * week[d%7] * factor * math.Exp(0.1*r.NormFloat64()) * (1 + 0.08*math.Sin(float64(d)/58))
		p.Value = math.Max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))
		points[d] = p
	}
	return points
}
