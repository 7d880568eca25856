package community_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flywheel-go/flywheel/loyalty/community"
)

// The last unit is held, its hold ends, another buyer gets it, and the late payment
// is refunded.
func Example() {
	at := time.Date(2026, 11, 11, 10, 0, 0, 0, time.UTC)
	sale, err := community.NewFlashSale(community.SaleRules{
		Windows: []community.Window{{Start: at, End: at.Add(time.Hour)}}, Stock: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = sale.Order("anna", "o-1", 1, at)
	fmt.Println("anna:", err)
	_, err = sale.Order("ben", "o-2", 1, at.Add(time.Minute))
	fmt.Println("ben:", err)
	_, err = sale.Order("ben", "o-2", 1, at.Add(5*time.Minute))
	fmt.Println("ben:", err)
	outcome, err := sale.Pay("o-1", at.Add(6*time.Minute))
	fmt.Println("anna:", outcome, err)
	// Output:
	// anna: <nil>
	// ben: community: refused: sold_out
	// ben: <nil>
	// anna: refund <nil>
}

func ExampleFlashSale_Units() {
	at := time.Date(2026, 11, 11, 10, 0, 0, 0, time.UTC)
	sale, err := community.NewFlashSale(community.SaleRules{Windows: []community.Window{{Start: at, End: at.Add(time.Hour)}}, Stock: 10, PerUser: 3, PerOrder: 3})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := sale.Order("anna", "o-1", 3, at); err != nil {
		log.Fatal(err)
	}
	o, ok := sale.Get("o-1")
	var order community.SaleOrder = o
	fmt.Println(order.State, ok)
	fmt.Println(sale.Units())
	// Output:
	// held true
	// 7 3 0
}

func ExampleGroupBuy() {
	at := time.Date(2026, 11, 11, 10, 0, 0, 0, time.UTC)
	b, err := community.NewGroupBuy(community.GroupRules{Size: 2})
	if err != nil {
		log.Fatal(err)
	}
	if err := b.Open("anna", "o-1", at); err != nil {
		log.Fatal(err)
	}
	what, id, err := b.Pay("o-1", at)
	fmt.Println(what, id, err)
	if err := b.Join("ben", "o-2", id, true, at.Add(time.Hour)); err != nil {
		log.Fatal(err)
	}
	what, id, err = b.Pay("o-2", at.Add(time.Hour))
	fmt.Println(what, id, err)
	g, _ := b.Group(id)
	o, _ := b.Order("o-1")
	var group community.Group = g
	var order community.GroupOrder = o
	fmt.Println(group.State, order.State)
	// Output:
	// opened g1 <nil>
	// succeeded g1 <nil>
	// succeeded confirmed
}

func ExampleBargain() {
	at := time.Date(2026, 11, 11, 10, 0, 0, 0, time.UTC)
	b, err := community.NewBargain(community.BargainRules{Start: 10000, Floor: 2000, Helps: 3})
	if err != nil {
		log.Fatal(err)
	}
	if err := b.Start("anna", "l-1", at); err != nil {
		log.Fatal(err)
	}
	for i, friend := range []string{"anna", "ben", "cleo"} {
		cut, err := b.Help("l-1", friend, []float64{0.5, 0.9, 0.1}[i], at.Add(time.Minute))
		fmt.Println(friend, cut, err)
	}
	l, ok := b.Launch("l-1", at.Add(time.Minute))
	var launch community.Launch = l
	fmt.Println(launch.State, launch.Price, ok)
	// Output:
	// anna 2666 <nil>
	// ben 4800 <nil>
	// cleo 534 <nil>
	// reached 2000 true
}

func ExampleShares() {
	at := time.Date(2026, 11, 11, 10, 0, 0, 0, time.UTC)
	s, err := community.NewShares(community.ShareRules{Window: 7 * 24 * time.Hour, Hops: 2})
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(s.Share("anna", "k1", ""), s.Share("ben", "k2", "k1")); err != nil {
		log.Fatal(err)
	}
	_, err = s.Visit("cleo", "k2", at)
	fmt.Println(s.Credit("cleo", at.Add(time.Hour)), err)
	// Output: [ben anna] <nil>
}

func ExampleRefusedError() {
	b, err := community.NewBargain(community.BargainRules{Start: 10000, Floor: 2000, Helps: 3})
	if err != nil {
		log.Fatal(err)
	}
	_, err = b.Order("l-1", "anna", time.Unix(0, 0))
	var refused *community.RefusedError
	fmt.Println(errors.As(err, &refused) && refused.Reason == community.Unknown)
	// Output: true
}

func ExampleNetPromoter() {
	a, err := community.Count([]int{10, 9, 9, 8, 7, 6, 10, 3, 0, 9})
	if err != nil {
		log.Fatal(err)
	}
	var n community.NPS
	n, err = community.NetPromoter(a)
	fmt.Printf("%.0f, %.0f to %.0f, %v\n", n.Score, n.Adjusted95.Lower, n.Adjusted95.Upper, err)
	// Output: 20, -30 to 61, <nil>
}

func ExampleCompareNPS() {
	c, err := community.CompareNPS(community.Answers{Promoters: 120, Passives: 60, Detractors: 20}, community.Answers{Promoters: 90, Passives: 70, Detractors: 40})
	var difference community.Comparison = c
	fmt.Printf("%.0f points, p = %.4f, %v\n", difference.Difference, difference.PValue, err)
	// Output: 25 points, p = 0.0005, <nil>
}

func ExampleSatisfied() {
	s, err := community.Satisfied([]int{5, 4, 4, 3, 5, 2}, 5, 4)
	var sat community.Satisfaction = s
	fmt.Printf("%.2f, at least %.2f, %v\n", sat.Rate, sat.Wilson95.Lower, err)
	// Output: 0.67, at least 0.30, <nil>
}

func ExampleEffortScore() {
	e, err := community.EffortScore([]int{7, 6, 6, 5, 7, 3}, 7)
	var effort community.Effort = e
	fmt.Printf("%.2f of 7, %.0f %% easy, %v\n", effort.Mean, 100*effort.ShareEasy, err)
	// Output: 5.67 of 7, 83 % easy, <nil>
}

func ExampleRake() {
	rows := []map[string]string{{"sex": "f"}, {"sex": "f"}, {"sex": "f"}, {"sex": "m"}}
	w, err := community.Rake(rows, map[string]map[string]float64{"sex": {"f": 50, "m": 50}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	var sample community.Weighted = w
	mean, err := sample.Mean([]float64{9, 9, 9, 5})
	fmt.Printf("%.2f, worth %.1f answers, %v\n", mean, sample.EffectiveN, err)
	// Output: 7.00, worth 3.0 answers, <nil>
}

func ExamplePostStratify() {
	s, err := community.PostStratify([]community.Stratum{{Population: 600, Responses: 30, Mean: 7}, {Population: 400, Responses: 60, Mean: 9}})
	var result community.Stratified = s
	fmt.Printf("%.2f instead of %.2f, %v\n", result.WeightedMean, result.UnweightedMean, err)
	// Output: 7.80 instead of 8.33, <nil>
}

func ExampleLeaderboard() {
	day := 24 * time.Hour
	board, err := community.Leaderboard([]community.Score{
		{User: "anna", Points: 100, Age: 30 * day}, {User: "ben", Points: 60}, {User: "cleo", Points: 60},
	}, 14*day)
	for _, s := range board {
		var place community.Standing = s
		fmt.Println(place.Rank, place.User)
	}
	fmt.Println(err)
	// Output:
	// 1 ben
	// 1 cleo
	// 3 anna
	// <nil>
}
