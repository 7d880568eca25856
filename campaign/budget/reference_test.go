package budget_test

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/campaign/budget"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func strict(t *testing.T, raw json.RawMessage, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(v))
}

func TestReference(t *testing.T) {
	var file map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "attribution", "goldens_measurement.json"), &file))
	for name, raw := range file {
		t.Run(name, func(t *testing.T) {
			switch name {
			case "budget":
				allocations(t, raw)
			case "adstock":
				adstocks(t, raw)
			case "incrementality", "unit_economics": // run by campaign/attribution
			case "channel_group": // run by campaign/utm
			default:
				t.Fatalf("unknown section %s", name)
			}
		})
	}
}

type allocationCase struct {
	Name       string      `json:"name"`
	Response   string      `json:"response"`
	Params     [][]float64 `json:"params"`
	Budget     float64     `json:"budget"`
	Lower      []float64   `json:"lower"`
	Upper      []*float64  `json:"upper"`
	Lambda     *float64    `json:"lambda_marginal"`
	Allocation []float64   `json:"allocation"`
	Total      *float64    `json:"total_response"`
	Spent      *float64    `json:"spent"`
	Grid       []int       `json:"integer_grid_optimum"`
	GridTotal  *float64    `json:"integer_grid_total"`
	Continuous *float64    `json:"continuous_total"`
	At         []float64   `json:"continuous_allocation"`
	Traps      []any       `json:"local_optima_seen"`
}

func (c *allocationCase) plan(t *testing.T) budget.Plan {
	form, _, _ := strings.Cut(c.Response, " ")
	p := budget.Plan{Budget: c.Budget}
	for i, params := range c.Params {
		curve := budget.Curve{Form: budget.Form(form), A: params[0]}
		switch curve.Form {
		case budget.Log, budget.Exp, budget.Michaelis:
			require.Len(t, params, 2)
			curve.B = params[1]
		case budget.Power:
			require.Len(t, params, 2)
			curve.S = params[1]
		case budget.Hill:
			require.Len(t, params, 3)
			curve.B, curve.S = params[1], params[2]
		default:
			t.Fatalf("unknown response %s", c.Response)
		}
		ch := budget.Channel{Name: strconv.Itoa(i), Curve: curve}
		if c.Lower != nil {
			ch.Low = c.Lower[i]
		}
		if c.Upper != nil && c.Upper[i] != nil {
			ch.High = *c.Upper[i]
			require.Positive(t, ch.High, "a channel that gets nothing is left out")
		}
		p.Channels = append(p.Channels, ch)
	}
	return p
}

func allocations(t *testing.T, raw json.RawMessage) {
	var cases []allocationCase
	strict(t, raw, &cases)
	require.NotEmpty(t, cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			p := c.plan(t)
			a, err := budget.Allocate(p)
			require.NoError(t, err)
			require.LessOrEqual(t, a.Gap, 1e-8)
			near := func(want *float64, got, tolerance float64, what string) {
				if want != nil {
					require.InDelta(t, *want, got, tolerance*max(1, math.Abs(*want)), what)
				}
			}
			near(c.Total, a.Response, 1e-8, "response")
			near(c.Continuous, a.Response, 1e-8, "response")
			near(c.Lambda, a.Marginal, 1e-8, "marginal")
			near(c.Spent, a.Spent, 1e-8, "spent")
			for i, want := range c.Allocation {
				near(&want, a.Spend[0][i], 1e-8, "channel "+strconv.Itoa(i))
			}
			for i, want := range c.At { // found by a search over a flat top: totals agree to 1e-8, spends to their root
				require.InDelta(t, want, a.Spend[0][i], 1e-4*max(1, c.Budget))
			}
			if c.GridTotal != nil {
				require.GreaterOrEqual(t, a.Response, *c.GridTotal*(1-1e-12))
			}
			// The second method: dynamic programming on 600 steps.
			best := dynamic(p, 600)
			require.GreaterOrEqual(t, a.Response, best*(1-1e-12))
			require.InEpsilon(t, best, a.Response, 5e-3)
		})
	}
}

// dynamic is the best allocation on a grid, by dynamic programming: what is left
// beside the lows is parted in equal steps.
func dynamic(p budget.Plan, steps int) float64 {
	left := p.Budget
	for _, c := range p.Channels {
		left -= c.Low
	}
	unit := max(left, 0) / float64(steps)
	best := make([]float64, steps+1)
	for i := range p.Channels {
		c := &p.Channels[i]
		brings := make([]float64, steps+1)
		for own := range brings {
			x := c.Low + float64(own)*unit
			if c.High > 0 {
				x = min(x, c.High)
			}
			brings[own] = math.Inf(-1)
			if x == 0 || x >= c.Minimum*(1-1e-12) {
				brings[own] = c.Curve.Response(x)
			}
		}
		next := make([]float64, steps+1)
		for total := range next {
			next[total] = math.Inf(-1)
			for own := 0; own <= total; own++ {
				next[total] = max(next[total], best[total-own]+brings[own])
			}
		}
		best = next
	}
	return slices.Max(best)
}

var (
	geometricName = regexp.MustCompile(`^geometric_theta_(\d+(?:_\d+)?)(?:_(unnormalised|normalised))?(?:_lmax_(\d+))?(?:_(unnormalised|normalised))?$`)
	weibullName   = regexp.MustCompile(`^weibull_(cdf|pdf)_shape_(\d+(?:_\d+)?)_scale_(\d+(?:_\d+)?)_len_?(\d+)(?:_(normalised))?$`)
)

func decimal(t *testing.T, text string) float64 {
	v, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", "."), 64)
	require.NoError(t, err)
	return v
}

func adstocks(t *testing.T, raw json.RawMessage) {
	var cases map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &cases))
	var input []float64
	require.NoError(t, json.Unmarshal(cases["input"], &input))
	for name, value := range cases {
		if name == "input" || name == "rules" {
			continue
		}
		var a budget.Adstock
		var want struct {
			Weights []float64 `json:"weights"`
			Out     []float64 `json:"out"`
		}
		if m := geometricName.FindStringSubmatch(name); m != nil {
			a = budget.Adstock{Kind: budget.Geometric, Theta: decimal(t, m[1]), Normalized: m[2] == "normalised" || m[4] == "normalised"}
			if m[3] != "" {
				a.Length = int(decimal(t, m[3]))
			}
			require.NoError(t, json.Unmarshal(value, &want.Out))
		} else if m := weibullName.FindStringSubmatch(name); m != nil {
			a = budget.Adstock{Kind: budget.AdstockKind("weibull_" + m[1]), Shape: decimal(t, m[2]), Scale: decimal(t, m[3]), Length: int(decimal(t, m[4])), Normalized: m[5] != ""}
			strict(t, value, &want)
		} else {
			t.Fatalf("unknown adstock %s", name)
		}
		got, err := a.Apply(input)
		require.NoError(t, err)
		require.InDeltaSlice(t, want.Out, got, 1e-8, name)
		if want.Weights != nil {
			w, err := a.Weights(len(want.Weights))
			require.NoError(t, err)
			require.InDeltaSlice(t, want.Weights, w, 1e-12, name)
		}
		require.InDeltaSlice(t, byHand(a, input), got, 1e-9, "the second method of "+name)
	}
}

// byHand sums the rule of an adstock spend by spend, forward.
func byHand(a budget.Adstock, input []float64) []float64 {
	length := a.Length
	if length == 0 {
		length = len(input)
	}
	w := make([]float64, length)
	low, high, sum := math.Inf(1), math.Inf(-1), 0.0
	for i := range w {
		switch a.Kind {
		case budget.Geometric:
			w[i] = math.Pow(a.Theta, float64(i))
		case budget.WeibullCDF:
			exponent := 0.0
			for k := 1; k <= i; k++ {
				exponent += math.Pow(float64(k)/a.Scale, a.Shape)
			}
			w[i] = math.Exp(-exponent)
		case budget.WeibullPDF:
			cdf := func(x float64) float64 { return -math.Expm1(-math.Pow(x/a.Scale, a.Shape)) }
			const h = 1e-5
			w[i] = (cdf(float64(i+1)+h) - cdf(float64(i+1)-h)) / (2 * h)
		}
		low, high, sum = min(low, w[i]), max(high, w[i]), sum+w[i]
	}
	out := make([]float64, len(input))
	for t, x := range input {
		for i := range w {
			v := w[i]
			if a.Kind == budget.WeibullPDF {
				v = (v - low) / (high - low)
			}
			if a.Normalized {
				v /= sum
			}
			if t+i < len(out) {
				out[t+i] += v * x
			}
		}
	}
	return out
}
