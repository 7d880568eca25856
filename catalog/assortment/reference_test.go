package assortment_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/assortment"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func compare(t *testing.T, expect []byte, got map[string]any, tolerance float64) {
	t.Helper()
	testkit.Compare(t, expect, got, testkit.Tolerance{Relative: tolerance, Absolute: 1e-13})
}

// enumerate looks at all offers that allowed admits and returns the best, with
// the fewest products among equals.
func enumerate(n int, allowed func(offer []int) bool, value func(offer []int) float64) (best float64, offer []int) {
	offer = []int{}
	best = value(offer)
	for mask := 1; mask < 1<<n; mask++ {
		var set []int
		for i := range n {
			if mask>>i&1 != 0 {
				set = append(set, i)
			}
		}
		if allowed != nil && !allowed(set) {
			continue
		}
		v := value(set)
		if v > best+1e-12*math.Abs(best) || v > best-1e-12*math.Abs(best) && len(set) < len(offer) {
			best, offer = math.Max(v, best), set
		}
	}
	return best, offer
}

func expectedMargin(t testing.TB, model interface {
	Choose([]int) (assortment.Choice, error)
}, margin []float64) func(offer []int) float64 {
	return func(offer []int) float64 {
		c, err := model.Choose(offer)
		require.NoError(t, err)
		v := 0.0
		for k, i := range offer {
			v += c.Buy[k] * margin[i]
		}
		return v
	}
}

type problemInput struct {
	Margin      []float64 `json:"margin"`
	Weights     []float64 `json:"weights"`
	NoPurchase  float64   `json:"no_purchase"`
	MaxProducts int       `json:"max_products"`
	Space       []float64 `json:"space"`
	MaxSpace    float64   `json:"max_space"`
	Customers   float64   `json:"customers"`
	FixedCost   []float64 `json:"fixed_cost"`
}

func solve(t *testing.T, input []byte) (map[string]any, float64) {
	var in problemInput
	testkit.Strict(t, input, &in)
	model, err := assortment.FromWeights(in.Weights, in.NoPurchase)
	require.NoError(t, err)
	p := assortment.Problem{
		Model: model, Margin: in.Margin, MaxProducts: in.MaxProducts, Space: in.Space, MaxSpace: in.MaxSpace,
		FixedCost: in.FixedCost, Customers: in.Customers,
	}
	o, err := p.Solve()
	require.NoError(t, err)
	require.Zero(t, o.Gap)
	margin := expectedMargin(t, model, in.Margin)
	if len(in.Margin) <= 16 {
		best, offer := enumerate(len(in.Margin), func(offer []int) bool {
			space := 0.0
			for _, i := range offer {
				if in.Space != nil {
					space += in.Space[i]
				}
			}
			return (in.MaxProducts == 0 || len(offer) <= in.MaxProducts) && space <= in.MaxSpace
		}, func(offer []int) float64 {
			if in.FixedCost == nil {
				return margin(offer)
			}
			v := in.Customers * margin(offer)
			for _, i := range offer {
				v -= in.FixedCost[i]
			}
			return v
		})
		require.InDelta(t, best, o.Value, 1e-9*math.Abs(best))
		require.Equal(t, offer, o.Products)
	}
	out := map[string]any{"offer": o.Products, "value": o.Value}
	if in.MaxProducts > 0 || in.Space != nil {
		out["best_revenue_ordered"] = o.Prefix
	}
	return out, 1e-9
}

var kinds = map[string]func(t *testing.T, input []byte) (map[string]any, float64){
	"mnl_probability": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Weights    []float64 `json:"weights"`
			NoPurchase float64   `json:"no_purchase"`
			Utilities  []float64 `json:"utilities"`
			NoUtility  float64   `json:"no_purchase_utility"`
			Offer      []int     `json:"offer"`
		}
		testkit.Strict(t, input, &in)
		model := assortment.MNL{Utility: in.Utilities, NoPurchase: in.NoUtility}
		if in.Weights != nil {
			var err error
			model, err = assortment.FromWeights(in.Weights, in.NoPurchase)
			require.NoError(t, err)
		}
		c, err := model.Choose(in.Offer)
		require.NoError(t, err)
		// Ratios of any two products are those of their weights.
		for a, i := range in.Offer {
			for b, j := range in.Offer {
				if d := model.Utility[i] - model.Utility[j]; math.Abs(d) < 100 && c.Buy[b] > 0 {
					require.InEpsilon(t, math.Exp(d), c.Buy[a]/c.Buy[b], 1e-9)
				}
			}
		}
		return map[string]any{"prob": c.Buy, "no_purchase": c.Nothing}, 1e-9
	},
	"mnl_optimal": solve, "mnl_cardinality": solve, "mnl_fixed_cost": solve,
	"mnl_space": solve,
	"nested_logit": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Margin        []float64 `json:"margin"`
			Weights       []float64 `json:"weights"`
			Nest          []int     `json:"nest"`
			Dissimilarity []float64 `json:"dissimilarity"`
			NoPurchase    float64   `json:"no_purchase"`
			MaxProducts   int       `json:"max_products"`
		}
		testkit.Strict(t, input, &in)
		model := assortment.Nested{Weight: in.Weights, Nest: in.Nest, Dissimilarity: in.Dissimilarity, NoPurchase: in.NoPurchase}
		o, err := assortment.NestedProblem{Model: model, Margin: in.Margin, MaxProducts: in.MaxProducts}.Solve()
		require.NoError(t, err)
		value := expectedMargin(t, model, in.Margin)
		if len(in.Margin) <= 16 {
			best, offer := enumerate(len(in.Margin), func(offer []int) bool { return in.MaxProducts == 0 || len(offer) <= in.MaxProducts }, value)
			require.InEpsilon(t, best, o.Value, 1e-9)
			require.Equal(t, offer, o.Products)
		}
		everything := make([]int, len(in.Margin))
		for i := range everything {
			everything[i] = i
		}
		return map[string]any{"offer": o.Products, "value": o.Value, "value_of_all": value(everything)}, 1e-9
	},
	"latent_class": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Margin      []float64   `json:"margin"`
			Weights     [][]float64 `json:"weights_by_class"`
			Share       []float64   `json:"class_share"`
			NoPurchase  float64     `json:"no_purchase"`
			MaxProducts int         `json:"max_products"`
		}
		testkit.Strict(t, input, &in)
		model := assortment.Mixture{Share: in.Share}
		for _, w := range in.Weights {
			class, err := assortment.FromWeights(w, in.NoPurchase)
			require.NoError(t, err)
			model.Classes = append(model.Classes, class)
		}
		o, err := assortment.MixtureProblem{Model: model, Margin: in.Margin, MaxProducts: in.MaxProducts}.Solve()
		require.NoError(t, err)
		require.Zero(t, o.Gap)
		if len(in.Margin) <= 16 {
			best, _ := enumerate(len(in.Margin), func(offer []int) bool { return in.MaxProducts == 0 || len(offer) <= in.MaxProducts },
				expectedMargin(t, model, in.Margin))
			require.InEpsilon(t, best, o.Value, 1e-9)
		}
		return map[string]any{"offer": o.Products, "value": o.Value, "best_revenue_ordered": o.Prefix}, 1e-9
	},
	"substitution": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Demand []float64 `json:"demand"`
			Offer  []int     `json:"offer"`
			Rate   float64   `json:"substitution_rate"`
			Matrix string    `json:"matrix"`
		}
		testkit.Strict(t, input, &in)
		require.Equal(t, "proportional to demand of the other products, whether offered or not", in.Matrix)
		e, err := assortment.Substitution{Demand: in.Demand, Rate: in.Rate}.Under(in.Offer)
		require.NoError(t, err)
		// What is demanded is sold or lost.
		sum := e.Lost
		for _, d := range e.Demand {
			sum += d
		}
		for _, d := range in.Demand {
			sum -= d
		}
		require.InDelta(t, 0, sum, 1e-9)
		return map[string]any{"effective_demand": e.Demand, "lost": e.Lost}, 1e-9
	},
	"gmroi": func(t *testing.T, input []byte) (map[string]any, float64) {
		// The inventory is a mean or the points that it is the mean of.
		var in map[string]json.RawMessage
		testkit.Strict(t, input, &in)
		require.Len(t, in, 2)
		var margin float64
		testkit.Strict(t, in["gross_margin"], &margin)
		delete(in, "gross_margin")
		var inventory []float64
		for name, raw := range in {
			require.Contains(t, name, "inventory")
			if raw[0] == '[' {
				testkit.Strict(t, raw, &inventory)
				continue
			}
			inventory = make([]float64, 1)
			testkit.Strict(t, raw, &inventory[0])
		}
		v, err := assortment.GMROI(margin, inventory...)
		require.NoError(t, err)
		return map[string]any{"gmroi": v}, 1e-9
	},
	"sell_through": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Received float64 `json:"received"`
			Opening  float64 `json:"opening"`
			Sold     float64 `json:"sold"`
			Returned float64 `json:"returned_by_customers"`
			Basis    string  `json:"basis"`
		}
		testkit.Strict(t, input, &in)
		require.True(t, in.Basis == "received" || strings.HasPrefix(in.Basis, "received") && strings.Contains(in.Basis, "opening"), "basis %q is not known", in.Basis)
		v, err := assortment.Stock{Opening: in.Opening, Received: in.Received, Sold: in.Sold, Returned: in.Returned}.SellThrough(in.Basis != "received")
		require.NoError(t, err)
		return map[string]any{"rate": v}, 1e-9
	},
	"contribution_share": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Items []struct {
				SKU     flywheel.SKU `json:"sku"`
				Revenue float64      `json:"revenue"`
				Rate    float64      `json:"margin_rate"`
			} `json:"items"`
		}
		testkit.Strict(t, input, &in)
		var items []assortment.Item
		for _, i := range in.Items {
			items = append(items, assortment.Item{SKU: i.SKU, Revenue: i.Revenue, MarginRate: i.Rate})
		}
		cs, total, err := assortment.Contributions(items)
		require.NoError(t, err)
		margin, share, sum := map[flywheel.SKU]float64{}, map[flywheel.SKU]float64{}, 0.0
		for _, c := range cs {
			margin[c.SKU], share[c.SKU] = c.Margin, c.Share
			sum += c.Share
		}
		require.InDelta(t, 1, sum, 1e-12)
		return map[string]any{"contribution": margin, "share": share, "total": total}, 1e-9
	},
	"abc": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values map[flywheel.SKU]float64 `json:"values"`
			A      float64                  `json:"a"`
			B      float64                  `json:"b"`
		}
		testkit.Strict(t, input, &in)
		var values []assortment.Valued
		for sku, v := range in.Values {
			values = append(values, assortment.Valued{SKU: sku, Value: v})
		}
		classes, err := assortment.ABC(values, in.A, in.B)
		require.NoError(t, err)
		out := map[flywheel.SKU]string{}
		for sku, c := range classes {
			out[sku] = string(c)
		}
		return map[string]any{"class": out}, 1e-9
	},
	"cannibalisation": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			New           float64 `json:"new_units"`
			OldBefore     float64 `json:"old_before"`
			OldAfter      float64 `json:"old_after"`
			ControlBefore float64 `json:"control_before"`
			ControlAfter  float64 `json:"control_after"`
		}
		testkit.Strict(t, input, &in)
		c, err := assortment.Launch{
			NewUnits: in.New, OldBefore: in.OldBefore, OldAfter: in.OldAfter, ControlBefore: in.ControlBefore, ControlAfter: in.ControlAfter,
		}.Cannibalization()
		require.NoError(t, err)
		return map[string]any{"expected_old_after": c.ExpectedOld, "lost_old": c.LostOld, "rate": c.Rate, "incremental": c.Incremental}, 1e-9
	},
	"halo": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Baskets [][]flywheel.SKU         `json:"baskets"`
			Price   map[flywheel.SKU]float64 `json:"price"`
			SKU     flywheel.SKU             `json:"sku"`
		}
		testkit.Strict(t, input, &in)
		h, err := assortment.HaloOf(in.Baskets, in.Price, in.SKU)
		require.NoError(t, err)
		return map[string]any{
			"baskets_with": h.BasketsWith, "other_value_per_basket_with": h.With, "other_value_per_basket_without": h.Without, "halo_per_basket": h.Halo,
		}, 1e-9
	},
	"mnl_mle": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Observations []struct {
				Offer      []int     `json:"offer"`
				Sales      []float64 `json:"sales"`
				NoPurchase float64   `json:"no_purchase"`
			} `json:"observations"`
			Products  int     `json:"products"`
			NoUtility float64 `json:"no_purchase_utility"`
		}
		testkit.Strict(t, input, &in)
		var obs []assortment.Observation
		for _, o := range in.Observations {
			obs = append(obs, assortment.Observation{Offer: o.Offer, Sales: o.Sales, NoPurchase: o.NoPurchase})
		}
		fit, err := assortment.FitMNL(obs, in.Products, in.NoUtility)
		require.NoError(t, err)
		checkMaximum(t, fit, obs)
		return map[string]any{"utility": fit.Model.Utility, "std_error": fit.StdErr, "log_likelihood": fit.LogLikelihood}, 1e-7
	},
}

// logLikelihood of observations, straight from the probabilities.
func logLikelihood(t *testing.T, model interface {
	Choose([]int) (assortment.Choice, error)
}, obs []assortment.Observation) float64 {
	l := 0.0
	for _, o := range obs {
		c, err := model.Choose(o.Offer)
		require.NoError(t, err)
		l += o.NoPurchase * math.Log(c.Nothing)
		for j, s := range o.Sales {
			l += s * math.Log(c.Buy[j])
		}
	}
	return l
}

// checkMaximum finds no better point around, and the standard errors again from
// second differences of the likelihood.
func checkMaximum(t *testing.T, fit assortment.MNLFit, obs []assortment.Observation) {
	at := func(d []float64) float64 {
		m := fit.Model
		m.Utility = slices.Clone(m.Utility)
		for i, x := range d {
			m.Utility[i] += x
		}
		return logLikelihood(t, m, obs)
	}
	n := len(fit.Model.Utility)
	top := at(nil)
	require.InEpsilon(t, top, fit.LogLikelihood, 1e-12)
	const h = 1e-3
	shift := func(i int, x float64, j int, y float64) float64 {
		d := make([]float64, n)
		d[i] += x
		d[j] += y
		return at(d)
	}
	hessian := make([][]float64, n)
	for i := range n {
		require.Less(t, shift(i, h, i, 0), top)
		require.Less(t, shift(i, -h, i, 0), top)
		hessian[i] = make([]float64, n)
		for j := range n {
			hessian[i][j] = -(shift(i, h, j, h) - shift(i, h, j, -h) - shift(i, -h, j, h) + shift(i, -h, j, -h)) / (4 * h * h)
		}
	}
	inverse := invert(hessian)
	for i := range n {
		require.InEpsilon(t, math.Sqrt(inverse[i][i]), fit.StdErr[i], 1e-4)
	}
}

// invert is Gauss and Jordan's elimination.
func invert(a [][]float64) [][]float64 {
	n := len(a)
	m := make([][]float64, n)
	for i := range m {
		m[i] = append(slices.Clone(a[i]), make([]float64, n)...)
		m[i][n+i] = 1
	}
	for c := range n {
		p := c
		for r := c; r < n; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[p][c]) {
				p = r
			}
		}
		m[c], m[p] = m[p], m[c]
		for k := 2*n - 1; k >= c; k-- {
			m[c][k] /= m[c][c]
		}
		for r := range n {
			if r == c {
				continue
			}
			f := m[r][c]
			for k := range 2 * n {
				m[r][k] -= f * m[c][k]
			}
		}
	}
	for i := range m {
		m[i] = m[i][n:]
	}
	return m
}

// TestReference runs the cases of the area assortment.
func TestReference(t *testing.T) {
	var file struct {
		Schema string         `json:"schema"`
		Rules  string         `json:"rules"`
		Cases  []testkit.Case `json:"cases"`
	}
	testkit.Strict(t, testkit.Reference(t, "assortment", "cases.json"), &file)
	require.Equal(t, "assortment/cases/v1", file.Schema)
	for _, c := range file.Cases {
		t.Run(c.ID+"/"+c.Kind, func(t *testing.T) {
			run, ok := kinds[c.Kind]
			require.True(t, ok, "kind %q is not known", c.Kind)
			got, tolerance := run(t, c.Input)
			compare(t, c.Expect, got, tolerance)
		})
	}
}
