package supplier_test

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func day(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// From a plan to a score: an order, a late partial receipt, an invoice that is too
// high.
func Example() {
	eur := money.MustCurrency("EUR")
	acme := supplier.Supplier{
		ID: "acme", Currency: eur, Approval: supplier.Approved, Terms: supplier.Terms{Lead: supplier.LeadLaw{Mean: 9, SD: 2}},
		Items: []supplier.Item{{SKU: "lamp", Price: money.MustPrice("12.50", eur), Pack: 10, Inspect: true}},
	}
	order := must(acme.Draft("po-7", day(1), []supplier.Want{{SKU: "lamp", Quantity: 95}}))
	for _, d := range []supplier.Document{
		{ID: "send", Kind: supplier.Send, At: day(1)},
		{ID: "receipt-1", Kind: supplier.Receipt, At: day(9), Lines: []supplier.DocumentLine{{Quantity: 60}}},
		{ID: "inspection-1", Kind: supplier.Inspect, At: day(10), Lines: []supplier.DocumentLine{{Quantity: 60, Rejected: 3}}},
		{ID: "invoice-1", Kind: supplier.Invoice, At: day(11), Lines: []supplier.DocumentLine{{Quantity: 60, Price: money.MustPrice("13.00", eur)}}},
	} {
		var moves []supplier.Movement
		var err error
		order, moves, err = order.Apply(d)
		fmt.Println(d.ID, order.State, moves, err)
	}
	fmt.Println("to come:", order.Incoming()[0].Quantity)
	line := must(order.Match(supplier.Tolerance{Price: 0.01}))[0]
	var issues supplier.Issue = line.Issues
	fmt.Println("pay", line.Payable, "dispute", line.Dispute, issues == supplier.NotReceived|supplier.PriceAbove)
	card := must(supplier.Score(order.Scored(), supplier.ScoreRules{}))
	fmt.Printf("in full %.0f %%, fill rate %.0f %%, %.0f ppm\n", 100**card.InFull, 100**card.FillRate, *card.DefectPPM)
	// Output:
	// send sent [] <nil>
	// receipt-1 partly received [{lamp  60 true 0  }] <nil>
	// inspection-1 partly received [{lamp  -60 true 0  } {lamp  57 false 0  }] <nil>
	// invoice-1 partly received [] <nil>
	// to come: 40
	// pay 712.50 EUR dispute 67.50 EUR true
	// in full 0 %, fill rate 60 %, 50000 ppm
}

func ExampleScheme_Plan() {
	level := must(supplier.ParseLevel("II"))
	severity := must(supplier.ParseSeverity("normal"))
	for _, sampling := range []supplier.Sampling{supplier.Single, supplier.Double} {
		p := must(supplier.Scheme{Level: level, AQL: 1.0, Sampling: sampling}.Plan(1000, severity))
		var stages []supplier.Stage = p.Stages
		fmt.Println(p.PlanLetter, stages)
		out := must(p.Plan(supplier.Binomial, 0).At(0.05))
		fmt.Printf("lots with 5 %% bad: accepted %.3f, %.1f inspected\n", out.Accept, out.SampleNumber)
	}
	// Output:
	// J [{80 2 3}]
	// lots with 5 % bad: accepted 0.231, 80.0 inspected
	// J [{50 0 3} {50 3 4}]
	// lots with 5 % bad: accepted 0.259, 73.2 inspected
}

func ExampleHistory() {
	scheme := supplier.Scheme{AQL: 1.0}
	var h supplier.History
	for _, bad := range []int{1, 4, 0, 3} {
		lot := must(scheme.Inspect(1000, h.Severity, []int{bad}))
		var change supplier.Change
		h, change, _ = h.After(lot, supplier.Circumstances{Steady: true})
		fmt.Println(bad, lot.Accepted, h.Severity, change == supplier.ToTightened)
	}
	// Output:
	// 1 true normal false
	// 4 false normal false
	// 0 true normal false
	// 3 false tightened true
}

func ExampleFindPlan() {
	law := must(supplier.ParseLaw("binomial"))
	producer, consumer := supplier.RiskPoint{Quality: 0.01, Accept: 0.95}, supplier.RiskPoint{Quality: 0.05, Accept: 0.10}
	plan := must(supplier.FindPlan(producer, consumer, law, 0))
	fmt.Println(plan.N, plan.Accept)
	plan.Lot = 2000
	out := must(plan.Outgoing(0.03))
	limit, at, _ := plan.AOQL()
	fmt.Printf("AOQ %.4f, ATI %.0f, worst %.4f at %.3f\n", out.AOQ, out.ATI, limit, at)
	// Output:
	// 132 3
	// AOQ 0.0123, ATI 1181, worst 0.0137 at 0.022
}

func ExampleFindVariablesPlan() {
	producer, consumer := supplier.RiskPoint{Quality: 0.01, Accept: 0.95}, supplier.RiskPoint{Quality: 0.05, Accept: 0.10}
	r := must(supplier.FindVariablesPlan(producer, consumer, true))
	fmt.Printf("measure %d, k from %.4f to %.4f\n", r.N, r.KMin, r.KMax)
	lower := 9.3
	plan := supplier.VariablesPlan{N: 5, K: 1.5}
	m := must(plan.Judge([]float64{10.2, 9.8, 10.5, 10.1, 9.9}, supplier.Limits{Lower: &lower}, 0))
	fmt.Printf("%.2f deviations inside: %v\n", *m.Lower, m.Accept)
	// Output:
	// measure 19, k from 1.9389 to 1.9490
	// 2.92 deviations inside: true
}

func ExampleXBarR() {
	groups := [][]float64{{5.1, 4.9, 5.0}, {5.0, 5.2, 5.1}, {4.8, 5.0, 4.9}, {5.1, 5.0, 5.0}, {5.9, 5.8, 6.0}}
	r := must(supplier.XBarR(groups))
	s := must(supplier.XBarS(groups))
	c := must(supplier.ConstantsFor(3))
	fmt.Printf("limits %.3f to %.3f and %.3f to %.3f, out %v %v, d2 %.4f\n", r.Mean.Lower, r.Mean.Upper, s.Mean.Lower, s.Mean.Upper, r.Out, s.Out, c.D2)
	i := must(supplier.Individuals([]float64{12.1, 11.8, 12.4, 12.0, 12.3, 11.9, 15.1}))
	fmt.Printf("individuals: sigma %.3f, ranges out %v\n", i.Sigma, i.RangeOut)
	// Output:
	// limits 5.002 to 5.371 and 5.008 to 5.366, out [0 2 4] [0 2 4], d2 1.6926
	// individuals: sigma 0.768, ranges out [6]
}

func ExamplePChart() {
	p := must(supplier.PChart([]float64{12, 15, 8, 10, 30}, []float64{500, 520, 480, 500, 510}))
	fmt.Printf("center %.4f, out %v\n", p.Center, p.Out)
	fmt.Println(must(supplier.NPChart([]float64{2, 3, 1, 12}, 50)).Out, must(supplier.CChart([]float64{3, 5, 4, 20})).Out,
		must(supplier.UChart([]float64{3, 5, 40}, []float64{10, 10, 20})).Out)
	defectives, sizes := []float64{5100, 4800, 5300, 4700, 5200}, []float64{100000, 100000, 100000, 100000, 100000}
	fmt.Println(must(supplier.PChart(defectives, sizes)).Out, must(supplier.LaneyP(defectives, sizes)).Out, must(supplier.LaneyU(defectives, sizes)).Out)
	// Output:
	// center 0.0299, out [4]
	// [3] [3] [2]
	// [1 2 3] [] []
}

func ExampleMonitor() {
	m := must(supplier.NewMonitor(10, 0.5, supplier.WesternElectric))
	for i, x := range []float64{10.1, 11.2, 9.9, 11.3, 12.0} {
		if s := m.Next(x); s != 0 {
			fmt.Println(i, s&supplier.Beyond3 != 0, s&supplier.TwoOfThreeBeyond2 != 0)
		}
	}
	fmt.Println(must(supplier.RunRules([]float64{0.1, 3.5}, supplier.Beyond3)))
	// Output:
	// 3 false true
	// 4 true true
	// [0 1]
}

func ExampleEWMA() {
	small := []float64{10.6, 10.4, 10.7, 10.5, 10.6, 10.8} // half a deviation too high
	e := must(supplier.EWMA{Target: 10, Sigma: 1, Lambda: 0.3}.Stream())
	c := must(supplier.CUSUM{Target: 10, Sigma: 1, K: 0.25, H: 1.5}.Stream())
	for _, x := range small {
		z, band, out := e.Next(x)
		up, _, signal := c.Next(x)
		fmt.Printf("%.2f of %.2f %v, sum %.2f %v\n", z, band.Upper, out, up, signal)
	}
	c.Reset()
	// Output:
	// 10.18 of 10.90 false, sum 0.35 false
	// 10.25 of 11.10 false, sum 0.50 false
	// 10.38 of 11.18 false, sum 0.95 false
	// 10.42 of 11.22 false, sum 1.20 false
	// 10.47 of 11.24 false, sum 1.55 true
	// 10.57 of 11.25 false, sum 2.10 true
}

func ExampleProcess_Capability() {
	low, high := 73.95, 74.05
	c := must(supplier.Process{Mean: 74.001, Sigma: 0.0098, N: 125, Lower: &low, Upper: &high}.Capability())
	var i supplier.Interval = *c.CpkInterval
	fmt.Printf("Cp %.2f, Cpk %.2f (%.2f to %.2f), %.2f ppm\n", *c.Cp, *c.Cpk, i.Lower, i.Upper, c.PPM)
	// Output: Cp 1.70, Cpk 1.67 (1.45 to 1.88), 0.38 ppm
}

func ExampleScore() {
	card := must(supplier.Score([]supplier.ScoredLine{
		{Ordered: 100, OrderedOn: day(1), Promised: day(10), Receipts: []supplier.Delivery{{Date: day(9), Quantity: 100, Rejected: 2}}},
		{Ordered: 50, OrderedOn: day(2), Promised: day(12), Receipts: []supplier.Delivery{{Date: day(14), Quantity: 50}}},
	}, supplier.ScoreRules{GraceDays: 1}))
	fmt.Printf("on time %.2f, OTIF %.2f, %.0f ppm\n", *card.OnTime, *card.OTIF, *card.DefectPPM)
	// Output: on time 0.50, OTIF 0.50, 13333 ppm
}

func ExampleShrink() {
	pool := supplier.Prior{Mean: 0.9, Strength: 20}
	small := must(supplier.Shrink(3, 3, pool, 0.95))
	large := must(supplier.Shrink(291, 300, pool, 0.95))
	fmt.Printf("3 of 3: %.3f (%.2f to %.2f); 291 of 300: %.3f\n", small.Estimate, small.Wilson.Lower, small.Wilson.Upper, large.Estimate)
	fmt.Println(must(supplier.ShrinkMean(5, 2, 4.1, 10)))
	// Output:
	// 3 of 3: 0.913 (0.44 to 1.00); 291 of 300: 0.966
	// 4.25
}

func ExampleEstimateLeadTime() {
	f := func(x float64) *float64 { return &x }
	pool := supplier.LeadTime{N: 400, Mean: f(12), SD: f(4)}
	e := must(supplier.EstimateLeadTime(supplier.LeadTime{N: 5, Mean: f(20), SD: f(2)}, pool, 10))
	fmt.Printf("%.1f days, deviation %.1f\n", e.Mean, e.SD)
	// Output: 14.7 days, deviation 5.1
}

func ExampleAHP() {
	c := must(supplier.AHP([][]float64{{1, 3, 5}, {1. / 3, 1, 2}, {1. / 5, 1. / 2, 1}}))
	fmt.Printf("%.3f, consistent: %v\n", c.Weights, c.Acceptable)
	// Output: [0.648 0.230 0.122], consistent: true
}

func ExampleTOPSIS() {
	// OTIF, lead time in days, defects in ppm
	suppliers := [][]float64{{0.97, 12, 320}, {0.92, 9, 150}, {0.99, 18, 80}}
	r := must(supplier.TOPSIS(suppliers, []bool{true, false, false}, []float64{0.5, 0.2, 0.3}))
	var reversals []supplier.Reversal = r.Reversals
	fmt.Printf("%v %.2f, order depends on others: %v\n", r.Order, r.Closeness, len(reversals) > 0)
	fmt.Printf("%.3f\n", must(supplier.EntropyWeights(suppliers)))
	// Output:
	// [2 1 0] [0.21 0.72 0.72], order depends on others: false
	// [0.002 0.214 0.783]
}

func ExampleRate() {
	otif, least := 0.96, 0.8
	r := must(supplier.Rate([]supplier.Criterion{
		{Name: "OTIF", Weight: 3, Worst: 0.7, Best: 1, Veto: &least},
		{Name: "defects", Weight: 2, Worst: 5000, Best: 0},
	}, []*float64{&otif, nil}))
	fmt.Printf("%.2f, known %.0f %%, vetoed %v\n", r.Score, 100*r.Known, r.Vetoed)
	var part supplier.Points = r.Parts[0]
	fmt.Printf("%s %.2f\n", part.Criterion, part.Points)
	// Output:
	// 0.52, known 60 %, vetoed false
	// OTIF 0.87
}

func ExampleShipment_Landed() {
	usd, eur := money.MustCurrency("USD"), money.MustCurrency("EUR")
	exchange := must(money.NewExchange(eur, money.Quotation{Currency: usd, Rate: must(money.ParseRate("1.25")), From: day(1)}))
	costs := must(supplier.Shipment{
		Lines: []supplier.LandedLine{
			{SKU: "lamp", Quantity: 100, Goods: money.New(100000, usd), Duty: must(money.ParseRate("0.05")), Weight: 300},
			{SKU: "bulb", Quantity: 400, Goods: money.New(40000, usd), Weight: 100},
		},
		Dutiable: []supplier.Charge{{Name: "freight", Amount: money.New(20000, usd), By: supplier.ByWeight}},
		At:       day(2),
	}.Landed(exchange))
	for _, c := range costs {
		fmt.Println(c.SKU, c.Goods, c.Charges, c.Duty, c.Total, c.Unit)
	}
	// Output:
	// lamp 800.00 EUR 120.00 EUR 46.00 EUR 966.00 EUR 9.66 EUR
	// bulb 320.00 EUR 40.00 EUR 0.00 EUR 360.00 EUR 0.90 EUR
}

func ExampleAging() {
	eur := money.MustCurrency("EUR")
	aged := must(supplier.Aging([]supplier.Holding{
		{SKU: "lamp", Supplier: "acme", Quantity: 10, Cost: money.New(12500, eur), Received: day(1).AddDate(0, -1, 0), LastSold: day(1)},
		{SKU: "vase", Supplier: "acme", Quantity: 4, Cost: money.New(8000, eur), Received: day(1).AddDate(-1, 0, 0)},
	}, day(2), []int{30, 90}, 180))
	fmt.Println(aged[0].Cost, aged[0].Units, "dead:", aged[0].DeadCost)
	// Output: [125.00 EUR 0.00 EUR 80.00 EUR] [10 0 4] dead: 80.00 EUR
}

func ExampleTotals() {
	usd := money.MustCurrency("USD")
	o := supplier.Order{ID: "1", Supplier: "a", Currency: usd, Placed: day(1), Lines: []supplier.Line{
		{SKU: "bolt", Ordered: 1000, Price: money.MustPrice("0.0125", usd), Promised: day(9)},
	}}
	fmt.Println(supplier.Totals{}.Add(o).Value)
	// Output: 12.5
}

func ExampleInputError() {
	_, err := supplier.PChart([]float64{3, 7}, []float64{10, 5})
	fmt.Println(err)
	_, err = supplier.FindPlan(supplier.RiskPoint{Quality: 0.05, Accept: 0.95}, supplier.RiskPoint{Quality: 0.01, Accept: 0.1}, supplier.Binomial, 0)
	fmt.Println(err)
	// Output:
	// defectives[1] is 7: supplier: out of range: out of range
	// consumer quality is 0.01: supplier: no such plan: not found
}
