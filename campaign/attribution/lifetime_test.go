package attribution_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
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

// A fitted model is a [attribution.Repeat] as it is.
func ExampleRepeat() {
	var model attribution.Repeat = clv.BG{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	u, err := attribution.Economics{Spend: 9_000, NewCustomers: 600, Margin: 0.4, Repeat: model, Horizon: 104, Order: 35}.Ratios()
	fmt.Printf("%.2f orders in two years, worth %.2f: %v to 1 %v\n", 1+model.New(104), u.LTV.Value, u.LTVPerCAC, err)
	// Output: 3.20 orders in two years, worth 44.84: 2.989 to 1 <nil>
}

type repeats float64

func (r repeats) New(float64) float64 { return float64(r) }

func TestRepeat(t *testing.T) {
	e := attribution.Economics{Spend: 100, NewCustomers: 10, Margin: 0.5, Repeat: repeats(3), Horizon: 12, Order: 20}
	u, err := e.Ratios()
	require.NoError(t, err)
	require.InDelta(t, 40, u.LTV.Value, 1e-12)
	require.InDelta(t, 4, u.LTVPerCAC.Value, 1e-12)
	for _, c := range []struct {
		change func(e *attribution.Economics)
		kind   error
	}{
		{func(e *attribution.Economics) { e.Repeat = nil }, flywheel.ErrInvalid},
		{func(e *attribution.Economics) { e.LTV = 3 }, flywheel.ErrInvalid},
		{func(e *attribution.Economics) { e.Repeat = repeats(math.NaN()) }, flywheel.ErrOutOfRange},
		{func(e *attribution.Economics) { e.Repeat = repeats(-1) }, flywheel.ErrOutOfRange},
		{func(e *attribution.Economics) { e.Horizon = math.Inf(1) }, flywheel.ErrOutOfRange},
	} {
		bad := e
		c.change(&bad)
		_, err := bad.Ratios()
		require.ErrorIs(t, err, c.kind)
	}
}
