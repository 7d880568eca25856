package assortment_test

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/assortment"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Utilities from three weeks of offers and sales, then the best two products.
func Example() {
	fit := must(assortment.FitMNL([]assortment.Observation{
		{Offer: []int{0, 1, 2}, Sales: []float64{40, 30, 10}, NoPurchase: 20},
		{Offer: []int{0, 2}, Sales: []float64{55, 20}, NoPurchase: 25},
		{Offer: []int{1, 2}, Sales: []float64{50, 22}, NoPurchase: 28},
	}, 3, 0))
	fmt.Printf("utilities %.2f, errors %.2f\n", fit.Model.Utility, fit.StdErr)
	offer := must(assortment.Problem{Model: fit.Model, Margin: []float64{3, 4, 12}, MaxProducts: 2}.Solve())
	fmt.Printf("offer %v earns %.2f a customer, gap %g\n", offer.Products, offer.Value, offer.Gap)
	// Output:
	// utilities [0.78 0.53 -0.34], errors [0.17 0.17 0.18]
	// offer [2] earns 4.99 a customer, gap 0
}

func ExampleMNL() {
	m := must(assortment.FromWeights([]float64{2, 1, 1}, 1))
	var c assortment.Choice = must(m.Choose([]int{0, 2}))
	fmt.Println(c.Buy, c.Nothing)
	// Output: [0.5 0.25] 0.25
}

func ExampleNestedProblem() {
	p := assortment.NestedProblem{
		Model:  assortment.Nested{Weight: []float64{1, 1.5, 2, 0.7}, Nest: []int{0, 0, 0, 1}, Dissimilarity: []float64{0.5, 0.8}, NoPurchase: 1},
		Margin: []float64{12, 10, 8, 11},
	}
	var o assortment.Offer = must(p.Solve())
	fmt.Printf("%v %.3f\n", o.Products, o.Value)
	// Output: [0 1 3] 7.605
}

func ExampleMixtureProblem() {
	a, b := must(assortment.FromWeights([]float64{5, 20, 1}, 1)), must(assortment.FromWeights([]float64{0.2, 10, 10}, 1))
	p := assortment.MixtureProblem{
		Model:  assortment.Mixture{Classes: []assortment.MNL{a, b}, Share: []float64{0.5, 0.5}},
		Margin: []float64{8, 4, 3},
	}
	o := must(p.Solve())
	fmt.Printf("%v earns %.2f; by order of margin at most %.2f\n", o.Products, o.Value, o.Prefix)
	// Output: [0 2] earns 4.48; by order of margin at most 4.16
}

func ExampleFitNested() {
	nested := assortment.Nested{Weight: []float64{1, 0.5, 2}, Nest: []int{0, 0, 0}, Dissimilarity: []float64{0.5}, NoPurchase: 1}
	var obs []assortment.Observation
	for _, offer := range [][]int{{0, 1, 2}, {0, 1}, {1, 2}, {0, 2}, {0}, {2}} {
		o := assortment.Observation{Offer: offer}
		c := must(nested.Choose(offer))
		for _, p := range c.Buy {
			o.Sales = append(o.Sales, 10000*p)
		}
		o.NoPurchase = 10000 * c.Nothing
		obs = append(obs, o)
	}
	fit := must(assortment.FitNested(obs, nested.Nest))
	fmt.Printf("weights %.2f, dissimilarity %.2f\n", fit.Model.Weight, fit.Model.Dissimilarity)
	mixture := must(assortment.FitMixture(obs, 3, 1, 0))
	fmt.Printf("as one class, shares %.0f, worse by %v\n", mixture.Model.Share, fit.LogLikelihood > mixture.LogLikelihood)
	// Output:
	// weights [1.00 0.50 2.00], dissimilarity [0.50]
	// as one class, shares [1], worse by true
}

func ExampleSubstitution() {
	e := must(assortment.Substitution{Demand: []float64{100, 60, 40, 20}, Rate: 0.6}.Under([]int{0, 1}))
	fmt.Printf("%.1f, lost %.1f of 220\n", e.Demand, e.Lost)
	// Output: [119.3 71.6 0.0 0.0], lost 29.1 of 220
}

func ExampleLaunch() {
	c := must(assortment.Launch{NewUnits: 400, OldBefore: 1000, OldAfter: 850, ControlBefore: 2000, ControlAfter: 2100}.Cannibalization())
	fmt.Println(c.LostOld, c.Rate, c.Incremental)
	// Output: 200 0.5 200
}

func ExampleGMROI() {
	fmt.Println(must(assortment.GMROI(125000, 40000, 60000)))
	fmt.Println(must(assortment.Stock{Received: 500, Sold: 350, Returned: 10}.SellThrough(false)))
	cs, total, _ := assortment.Contributions([]assortment.Item{{SKU: "a", Revenue: 500, MarginRate: 0.2}, {SKU: "b", Revenue: 300, MarginRate: 0.5}})
	fmt.Println(cs, total)
	classes := must(assortment.ABC([]assortment.Valued{{SKU: "a", Value: 100}, {SKU: "b", Value: 150}, {SKU: "c", Value: 20}}, 0.8, 0.95))
	var class assortment.Class = classes["c"]
	fmt.Println(string(class))
	// Output:
	// 2.5
	// 0.68
	// [{a 100 0.4} {b 150 0.6}] 250
	// B
}

func ExampleHaloOf() {
	h := must(assortment.HaloOf([][]flywheel.SKU{{"m", "a"}, {"m"}, {"a"}}, map[flywheel.SKU]float64{"m": 5, "a": 3}, "m"))
	fmt.Println(*h.With, *h.Without, *h.Halo)
	// Output: 1.5 3 -1.5
}

func ExampleDecide() {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var sales []assortment.Sale
	for d := range 60 {
		sales = append(sales,
			assortment.Sale{SKU: "lamp", At: at.AddDate(0, 0, -1-d), Margin: 20, Customer: fmt.Sprint("c", d)},
			assortment.Sale{SKU: "vase", At: at.AddDate(0, 0, -1-d), Margin: 25, Customer: "one"},
			assortment.Sale{SKU: "rug", At: at.AddDate(0, 0, -1-d), Margin: float64(d) / 5, Customer: fmt.Sprint("c", d%7)},
		)
	}
	scores := must(assortment.Merit{}.Score(sales, map[flywheel.SKU][]string{"lamp": {"light"}, "vase": {"deco"}, "rug": {"deco"}}, at))
	for _, d := range must(assortment.Decide(scores, 1, 0)) {
		var r assortment.Reason = d.Reasons[1]
		fmt.Printf("%s keep %v (%.2f), %s %.1f\n", d.SKU, d.Keep, d.Probability, r.Name, r.Value)
	}
	// Output:
	// lamp keep true (0.57), customers 51.9
	// vase keep false (0.57), customers 1.0
	// rug keep false (0.90), customers 7.0
}

func ExampleBackTest() {
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	var sales []assortment.Sale
	for d := range 180 {
		for i := range 10 {
			sales = append(sales, assortment.Sale{SKU: flywheel.SKU(rune('a' + i)), At: start.AddDate(0, 0, d), Margin: float64(1 + (i*7+d)%13), Customer: fmt.Sprint(d % 5)})
		}
	}
	origin := assortment.Origin{Since: start, Cut: start.AddDate(0, 0, 90), End: start.AddDate(0, 0, 180)}
	var r assortment.BackTested = must(assortment.BackTest(assortment.Merit{}, sales, nil, []assortment.Origin{origin}, []float64{0.3}, 0))[0]
	var c assortment.Captured = r.Captured[0]
	fmt.Printf("%d of %d kept, %.2f of the best possible\n", c.Kept, r.Candidates, c.Share)
	// Output: 3 of 10 kept, 0.99 of the best possible
}

func ExampleInputError() {
	_, err := assortment.FitMNL([]assortment.Observation{{Offer: []int{0, 1}, Sales: []float64{3, 0}, NoPurchase: 5}}, 2, 0)
	fmt.Println(err)
	// Output: product 1 is never sold: assortment: cannot be estimated from these data: invalid
}
