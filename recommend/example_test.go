package recommend_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// bought returns the event of a purchase, n hours after monday.
func bought(n int, who flywheel.CustomerID, skus ...flywheel.SKU) flywheel.Event {
	e := flywheel.Event{ID: fmt.Sprintf("purchase:%d", n), Name: flywheel.EventPurchase,
		Time: monday.Add(time.Duration(n) * time.Hour), Customer: who}
	for _, sku := range skus {
		e.Lines = append(e.Lines, flywheel.Line{SKU: sku, Quantity: 1})
	}
	return e
}

// week is what a small shop sold.
func week() []flywheel.Event {
	return []flywheel.Event{
		bought(0, "ann", "TEA", "MILK", "BREAD"),
		bought(1, "bob", "TEA", "MILK"),
		bought(2, "cyd", "TEA", "MILK", "EGGS"),
		bought(3, "dan", "BREAD", "EGGS"),
		bought(4, "eve", "BREAD", "BUTTER"),
		bought(5, "fay", "BREAD", "BUTTER", "EGGS"),
		bought(6, "gil", "TEA"),
	}
}

func Example() {
	ctx := context.Background()
	shop, err := recommend.New(nil, nil)
	if err != nil {
		panic(err)
	}
	if err := shop.Publish(ctx, week()...); err != nil {
		panic(err)
	}
	if _, err := shop.Train(ctx); err != nil {
		panic(err)
	}
	list, err := shop.Recommend(ctx, recommend.Actor{Customer: "gil"}, recommend.Request{Limit: 2})
	if err != nil {
		panic(err)
	}
	for _, r := range list {
		fmt.Printf("%s: %v\n", r.SKU, r.Reason)
	}
	// Output:
	// MILK: bought together with TEA in 3 of 4 baskets, LLR 5.062
	// BREAD: trending: 3.975 by weight and recency
}

func ExampleModel_Recommend() {
	var d recommend.Dataset
	for _, e := range week() {
		in := recommend.Interaction{Kind: recommend.Purchase, At: e.Time}
		for _, line := range e.Lines {
			in.Items = append(in.Items, line.SKU)
		}
		if err := d.Add(in); err != nil {
			panic(err)
		}
	}
	m, err := recommend.Train(&d, recommend.Config{Measure: recommend.Cosine})
	if err != nil {
		panic(err)
	}
	soldOut := map[flywheel.SKU]bool{"BUTTER": true}
	for _, r := range m.Recommend(recommend.Request{
		Items: []flywheel.SKU{"BREAD"},
		Keep:  func(sku flywheel.SKU) bool { return !soldOut[sku] },
		Limit: 1,
	}) {
		fmt.Printf("%s: %v\n", r.SKU, r.Reason)
	}
	// Output:
	// EGGS: bought together with BREAD in 2 of 4 baskets, cosine 0.5774
}

func ExampleModel_Related() {
	shop, _ := recommend.New(nil, nil)
	_ = shop.Publish(context.Background(), week()...)
	m, _ := shop.Train(context.Background())
	for r := range m.Related("BREAD") {
		fmt.Printf("%s %d of %d\n", r.SKU, r.Reason.Both, r.Reason.Of)
	}
	// Output:
	// BUTTER 2 of 4
	// EGGS 2 of 4
}

func ExampleModel_Trending() {
	shop, _ := recommend.New(nil, &recommend.Options{Config: recommend.Config{HalfLife: time.Hour}})
	_ = shop.Publish(context.Background(), week()...)
	m, _ := shop.Train(context.Background())
	for r := range m.Trending() {
		fmt.Printf("%s %.4f\n", r.SKU, r.Score)
	}
	// Output:
	// TEA 1.1094
	// BREAD 0.8906
	// BUTTER 0.7500
	// EGGS 0.6875
	// MILK 0.1094
}

func ExampleEvaluate() {
	d := &recommend.Dataset{}
	for n, basket := range [][]flywheel.SKU{
		{"TEA", "MILK"}, {"TEA", "MILK"}, {"BREAD", "EGGS"}, {"BREAD", "EGGS"}, {"BREAD"},
	} {
		_ = d.Add(recommend.Interaction{Kind: recommend.Purchase, At: monday.Add(time.Duration(n) * time.Hour), Items: basket})
	}
	ann := recommend.Actor{Customer: "ann"}
	_ = d.Add(recommend.Interaction{Kind: recommend.Purchase, At: monday, Actor: ann, Items: []flywheel.SKU{"TEA"}})
	_ = d.Add(recommend.Interaction{Kind: recommend.Purchase, At: monday.AddDate(0, 0, 7), Actor: ann, Items: []flywheel.SKU{"MILK"}})

	train, cases := d.HoldOutLast()
	m, err := recommend.Train(train, recommend.Config{})
	if err != nil {
		panic(err)
	}
	for _, rank := range []recommend.Ranker{m.Rank, m.RankPopular} {
		report, err := recommend.Evaluate(cases, 1, rank)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%d case, hit rate at %d: %.0f%%\n", report.Cases, report.K, 100*report.HitRate)
	}
	// Output:
	// 1 case, hit rate at 1: 100%
	// 1 case, hit rate at 1: 0%
}

func ExampleLogLikelihoodRatio() {
	fmt.Printf("%.2f\n", recommend.LogLikelihoodRatio(10, 0, 0, 10))   // always together
	fmt.Printf("%.2f\n", recommend.LogLikelihoodRatio(10, 10, 10, 10)) // as by chance
	// Output:
	// 27.73
	// 0.00
}
