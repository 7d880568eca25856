package attribution_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/campaign/attribution"
	"github.com/flywheel-go/flywheel/segment/clv"
)

// The lifetime value of a new customer by a model of repeat purchases, in weeks,
// against what it cost to win one.
func ExampleEconomics_lifetimeValue() {
	// Parameters as fitted to the CDNOW sample (Fader, Hardie and Lee, 2005).
	model := clv.BG{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	spend := clv.GammaGamma{P: 6.25, Q: 3.74, V: 15.44}
	value, err := clv.Value(model, spend, clv.History{}, 0, 104, 1, 0.0027)
	if err != nil {
		fmt.Println(err)
		return
	}
	const margin, first = 0.4, 35 // of the first order, which came with the customer
	u, err := attribution.Economics{Spend: 9_000, NewCustomers: 600, Margin: margin, LTV: margin * (first + value)}.Ratios()
	fmt.Printf("a customer is worth %.2f and costs %v: %v to 1 %v\n", u.LTV.Value, u.CAC, u.LTVPerCAC, err)
	// Output: a customer is worth 41.89 and costs 15: 2.793 to 1 <nil>
}
