package clv_test

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/clv"
)

func day(n int) time.Time { return time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC) }

func Example() {
	// The parameters of a shop, and a customer who bought three times in 30 weeks.
	m := clv.BG{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	h := clv.History{X: 2, Recency: 30.43, T: 38.86}
	value := clv.GammaGamma{P: 6.25, Q: 3.74, V: 15.44}
	fmt.Printf("still a customer with %.0f %%, %.2f purchases in a year, %.2f each\n", 100*m.Alive(h), m.Expect(h, 52), value.Spend(h.X, 22.35))
	worth, err := clv.Value(m, value, h, 22.35, 12, 4.345, 0.01)
	fmt.Printf("%.2f in a year, discounted; %v\n", worth, err)
	// Output:
	// still a customer with 73 %, 1.56 purchases in a year, 24.66 each
	// 36.29 in a year, discounted; <nil>
}

func ExampleSummarize() {
	rows, err := clv.Summarize([]clv.Purchase{{"ann", day(0), 10}, {"ann", day(14), 20}, {"bob", day(7), 5}}, day(28))
	for _, r := range rows {
		fmt.Println(r.Customer, r.X, r.Recency, r.T, r.Value)
	}
	fmt.Println(err)
	// Output:
	// ann 1 2 4 20
	// bob 0 0 3 0
	// <nil>
}

func ExampleHistory_Purchased() {
	h := clv.History{X: 1, Recency: 2, T: 4}
	h, err := h.Purchased(6)
	fmt.Println(h, err)
	h, err = h.Aged(10)
	fmt.Println(h, err)
	// Output:
	// {2 6 6} <nil>
	// {2 6 10} <nil>
}

// shop makes a small shop in which most people buy once.
func shop() *clv.Tally {
	var t clv.Tally
	for i := range 400 {
		h := clv.History{T: 20 + float64(i%20)}
		if i%3 == 0 {
			h.X, h.Recency = float64(1+i%5), 5+float64(i%13)
		}
		if err := t.Add(h); err != nil {
			panic(err)
		}
	}
	return &t
}

func ExampleTally() {
	one, two := shop(), shop()
	one.Merge(two)
	fit, err := clv.FitMBG(one.Rows(), nil)
	fmt.Println(len(fit.Model.Params()), len(fit.StdErr), fit.Warnings, err)
	// Output: 4 4 [] <nil>
}

func ExampleFitBG() {
	var fit *clv.Fit
	fit, err := clv.FitBG(shop().Rows(), &clv.FitOptions{Start: []float64{1, 5, 1, 2}})
	fmt.Println(fit.Model.Name(), err)
	in, err := fit.Interval(clv.History{X: 3, Recency: 15, T: 20}, 20, 0.8, 1000, 1)
	fmt.Println(in.Low <= in.Mean && in.Mean <= in.High, err)
	// Output:
	// bg_nbd <nil>
	// true <nil>
}

func ExampleFitPareto() {
	rows := shop().Rows()
	for i := range rows { // those with a short recency are another kind
		rows[i].Covariates = []float64{0}
		if i%2 == 0 {
			rows[i].Covariates[0] = 1
		}
	}
	fit, err := clv.FitPareto(rows, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var m clv.Model
	m, err = fit.For([]float64{1})
	fmt.Println(m.Name(), len(fit.Purchase), len(fit.Defect), err)
	// Output: pareto_nbd 1 1 <nil>
}

func ExamplePareto() {
	m := clv.Pareto{R: 0.553, Alpha: 10.578, S: 0.606, Beta: 11.669}
	h := clv.History{X: 2, Recency: 30.43, T: 38.86}
	fmt.Printf("%.4f %.4f %.4f\n", m.Alive(h), m.Expect(h, 52), m.DERT(h, 0.0027))
	// Output: 0.8692 1.8508 6.4838
}

func ExampleMBG() {
	m := clv.MBG{R: 0.525, Alpha: 6.183, A: 0.891, B: 1.614}
	fmt.Printf("%.4f %.4f\n", m.New(39), m.Probability(0, 39))
	// Output: 1.1830 0.5825
}

func ExampleFitBGBB() {
	var o clv.Opportunities = clv.Opportunities{X: 2, Recency: 4, N: 6}
	fit, err := clv.FitBGBB([]clv.BGBBRow{{o, 10}, {clv.Opportunities{X: 0, Recency: 0, N: 6}, 40}, {clv.Opportunities{X: 5, Recency: 6, N: 6}, 20}, {clv.Opportunities{X: 1, Recency: 2, N: 6}, 15}, {clv.Opportunities{X: 3, Recency: 6, N: 6}, 12}})
	var m clv.BGBB = fit.Model
	fmt.Println(m.Alive(o) < 1, m.Expect(o, 6) > 0, m.DERT(o, 0.1) > m.Expect(o, 1), err)
	// Output: true true true <nil>
}

func ExampleFitGammaGamma() {
	fit, err := clv.FitGammaGamma([]clv.Row{{History: clv.History{X: 2}, Value: 10}, {History: clv.History{X: 5}, Value: 30}, {History: clv.History{X: 1}, Value: 22}, {History: clv.History{X: 3}, Value: 17}, {History: clv.History{X: 8}, Value: 12}})
	fmt.Println(fit.Model.P > 0, len(fit.StdErr), err)
	// Output: true 3 <nil>
}

// log makes the purchases of a year.
func log() []clv.Purchase {
	var log []clv.Purchase
	for i := range 300 {
		for d, n := i%90, 0; d < 364 && n <= i%7; d, n = d+11+i*7%50, n+1 {
			log = append(log, clv.Purchase{Customer: flywheel.CustomerID(fmt.Sprintf("c%03d", i)), At: day(d), Value: float64(10 + i%5)})
		}
	}
	return log
}

func ExampleChoose() {
	choice, err := clv.Choose(log(), day(270))
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := clv.Backtest(choice, log(), day(270), 13)
	if err != nil {
		fmt.Println(err)
		return
	}
	var group clv.Group = report.Frequency(0, 0)
	var first clv.Outcome = report.Customers[0]
	var score clv.Score = choice.Scores[0]
	fmt.Println(len(choice.Scores), len(choice.Fits), choice.Track(13) > 0, group.Customers > 0, first.Predicted >= 0, score.Name)
	// Output: 4 3 true true true combination
}

// Many customers at once.
func ExampleEstimates() {
	m := clv.BG{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	list, err := clv.Estimates(m, []clv.History{{X: 2, Recency: 30.43, T: 38.86}, {X: 0, T: 38.86}}, 39)
	for _, e := range list {
		fmt.Printf("%.4f %.4f\n", e.Alive, e.Expected)
	}
	fmt.Println(err)
	// Output:
	// 0.7266 1.2260
	// 1.0000 0.1951
	// <nil>
}
