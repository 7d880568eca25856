package market_test

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func day(n int) time.Time { return time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC) }

// Twelve weeks of sales, a promotion that is no news, and a fall that is.
func Example() {
	watch := must(market.Detector{}.Stream())
	week := []float64{40, 42, 41, 45, 52, 70, 30}
	for d := range 100 {
		p := market.Point{At: day(d), Value: week[d%7] + float64(d*7%5), Price: 20}
		if d >= 80 && d < 84 {
			p.Promotion, p.Value = "spring", 2*p.Value
		}
		if d >= 94 {
			p.Value *= 0.4
		}
		r := must(watch.Next(p))
		if r.Cause != market.NoCause {
			fmt.Println(d, r.Cause, r.Name)
		}
		if r.Change == market.Opened {
			i := r.Incident
			fmt.Printf("%d incident from %s: up %v, %.0f %%; look at %s\n", d, i.Start.Format(time.DateOnly), i.Up, 100*i.Change, i.LookAt[0])
		}
	}
	// Output:
	// 80 promotion spring
	// 81 promotion spring
	// 82 promotion spring
	// 83 promotion spring
	// 94 incident from 2026-04-05: up false, -59 %; look at tracking or import of that step
}

func ExampleComparison_Position() {
	eur := money.MustCurrency("EUR")
	own := market.Quote{Price: money.New(1949, eur), Shipping: money.New(50, eur)}
	c := market.Comparison{At: day(9), MaxAge: 48 * time.Hour}
	p := must(c.Position(own, []market.Quote{
		{Seller: "x", Price: money.New(1999, eur), InStock: true, Seen: day(9)},
		{Seller: "y", Price: money.New(1899, eur), Shipping: money.New(150, eur), InStock: true, Seen: day(8)},
		{Seller: "z", Price: money.New(1500, eur), InStock: true, Seen: day(1)},
	}))
	fmt.Printf("rank %d of %d, stale %d, %+.1f %% to the lowest\n", p.Rank, p.Of, p.Stale, 100**p.GapToLowest)
	// Output: rank 1 of 3, stale 1, +0.0 % to the lowest
}

func ExampleIndexOf() {
	x := must(market.IndexOf([]market.Priced{
		{SKU: "a", Own: 100, Competitors: []float64{110, 90}, Weight: 0.5},
		{SKU: "b", Own: 50, Competitors: []float64{45, 55, 50}, Weight: 0.3},
		{SKU: "c", Own: 20, Competitors: []float64{25}, Weight: 0.2},
		{SKU: "d", Own: 7},
	}, market.Median))
	fmt.Printf("Jevons %.1f, Carli %.1f, Dutot %.1f, unmatched %v\n", x.Jevons, x.Carli, x.Dutot, x.Unmatched)
	var first market.Ratio = x.Ratio[0]
	fmt.Println(first)
	// Output:
	// Jevons 95.6, Carli 96.0, Dutot 97.1, unmatched [d]
	// {a 1}
}

func ExampleMinimumPrice() {
	eur := money.MustCurrency("EUR")
	w := must(market.MinimumPrice{Minimum: money.New(10000, eur), OpenAfter: 2, CloseAfter: 2}.Watch())
	for d, cents := range []int64{10000, 9500, 9400, 9900, 10000, 10100} {
		v, change, _ := w.Next(day(d), money.New(cents, eur))
		switch change {
		case market.Opened:
			fmt.Println("opened", v.Opened.Format(time.DateOnly), "lowest", v.Lowest)
		case market.Closed:
			var rows []market.Evidence = v.Evidence
			fmt.Println("closed", v.Closed.Format(time.DateOnly), "readings", len(rows), "lost", v.Lost, market.MostEvidence)
		}
	}
	// Output:
	// opened 2026-01-03 lowest 94.00 EUR
	// closed 2026-01-06 readings 3 lost 6.00 EUR 1000
}

func ExampleESD() {
	values := []float64{10, 11, 10.5, 12, 11.2, 10.1, 40, 12.1, 10.9, -20, 10.2, 11.1, 10.7, 11.9, 10.3}
	fmt.Println(must(market.ESD{MaxOutliers: 4, Robust: true}.Test(values)).Outliers)
	fmt.Println(must(market.Hampel(values, 3, 3)), must(market.Tukey(values, 1.5)).Outliers)
	// Output:
	// [9 6]
	// [6 9] [6 9]
}

func ExampleSeasonal() {
	values := []float64{10, 20, 30, 11, 19, 31, 10, 45, 30, 9, 21, 30}
	left := must(market.Seasonal(values, 3))
	fmt.Println(left)
	// Output: [0 -0.5 0 1 -1.5 1 0 24.5 0 -1 0.5 0]
}

func ExampleMannKendall() {
	t := must(market.MannKendall([]float64{2, 4, 3, 5, 7, 6, 8, 9, 11, 10}))
	fmt.Printf("slope %.1f a step, tau %.2f, p %.4f\n", t.Slope, t.TauB, t.P)
	// Output: slope 1.0 a step, tau 0.87, p 0.0007
}

func ExampleFindBreakout() {
	b := must(market.FindBreakout(45, 7, 120, 28))
	fmt.Printf("%.2f times as often (%.2f to %.2f), p %.3f\n", *b.Ratio, b.Lower, *b.Upper, b.PUp)
	// Output: 1.50 times as often (1.04 to 2.13), p 0.015
}

func ExampleChanges_Find() {
	values := []float64{1.1, 0.9, 1.0, 1.2, 0.8, 3.1, 2.9, 3.0, 3.2, 2.8, 3.0, 0.9, 1.1, 1.0, 0.8}
	s := must(market.Changes{}.Find(values))
	fmt.Println(s.At)
	fmt.Println(must(market.Changes{Cost: market.NormalMean, Penalty: 1}.BinarySegmentation(values, 1)).At)
	// Output:
	// [5 11]
	// [5]
}

func ExampleBayesianChange() {
	s := must(market.BayesianChange{Hazard: 0.1, PriorVariance: 4, NoiseVariance: 0.25}.Stream())
	for _, x := range []float64{0.2, -0.1, 0.3, 0, 3.1, 2.8} {
		if err := s.Next(x); err != nil {
			panic(err)
		}
	}
	fmt.Printf("last change %d values ago, within three with probability %.2f\n", s.MostLikely(), s.ChangedWithin(3))
	// Output: last change 2 values ago, within three with probability 1.00
}

func ExamplePageHinkley() {
	s := must(market.PageHinkley{Delta: 0.05, Lambda: 3, MinObservations: 5}.Stream())
	for i := range 30 {
		x := 1.0
		if i >= 20 {
			x = 2
		}
		if s.Next(x) {
			fmt.Println("alarm at", i)
		}
	}
	// Output: alarm at 23
}

// A metric of which nothing is known, and a restart in its middle.
func ExampleDetector_Resume() {
	load := market.Detector{Scale: market.Unknown}
	s := must(load.Stream())
	for i := range 1000 {
		if i == 500 {
			s = must(load.Resume(must(s.Snapshot())))
		}
		x := float64(i * 7 % 11)
		if i == 900 {
			x = 60
		}
		r := must(s.Next(market.Point{At: day(0).Add(time.Duration(i) * time.Minute), Value: x}))
		if r.Change == market.Opened {
			fmt.Println(i, r.Incident.Shape, r.Incident.Up)
		}
	}
	// Output: 900 spike true
}

func ExampleGroupIncidents() {
	found := []market.Found{
		{SKU: "lamp", Incident: market.Incident{Start: day(10)}},
		{SKU: "vase", Incident: market.Incident{Start: day(10)}},
		{SKU: "rug", Incident: market.Incident{Start: day(11)}},
		{SKU: "cup", Incident: market.Incident{Start: day(11), Up: true, LookAt: []string{"one large order or a test order"}}},
	}
	for _, g := range must(market.GroupIncidents(found, 48*time.Hour)) {
		fmt.Println(g.Start.Format(time.DateOnly), len(g.Members), g.Up, g.LookAt[0])
	}
	// Output:
	// 2026-01-11 3 false tracking and import
	// 2026-01-12 1 true one large order or a test order
}

func ExampleInputError() {
	_, err := market.MannKendall([]float64{1})
	fmt.Println(err)
	// Output: number of values is 1: market: out of range: out of range
}
