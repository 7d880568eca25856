package attribution_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/campaign/attribution"
	"github.com/flywheel-go/flywheel/campaign/utm"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// pathData reads the 10,000 public paths.
func pathData(tb testing.TB) []attribution.Path {
	tb.Helper()
	r, err := table.Open(testkit.Data(tb, "attribution/path_data.csv"), table.Spec{Columns: []table.Column{
		{Name: "path"}, {Name: "total_conversions"}, {Name: "total_conversion_value"}, {Name: "total_null"},
	}, Decimal: '.'})
	require.NoError(tb, err)
	defer func() { require.NoError(tb, r.Close()) }()
	var paths []attribution.Path
	for r.Next() {
		var p attribution.Path
		for name := range strings.SplitSeq(r.Raw(0), " > ") {
			p.Channels = append(p.Channels, utm.ChannelGroup(strings.Clone(name)))
		}
		p.Conversions, err = r.Int(1, 0, math.MaxInt64)
		require.NoError(tb, err)
		p.Value, err = r.Number(2)
		require.NoError(tb, err)
		p.Nulls, err = r.Int(3, 0, math.MaxInt64)
		require.NoError(tb, err)
		paths = append(paths, p)
	}
	require.NoError(tb, r.Err())
	return paths
}

func pathSet(tb testing.TB) *attribution.Set {
	tb.Helper()
	s, err := attribution.NewSet(pathData(tb))
	require.NoError(tb, err)
	return s
}

func TestReference(t *testing.T) {
	t.Run("attribution", func(t *testing.T) {
		var file map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(testkit.Reference(t, "attribution", "goldens_attribution.json"), &file))
		s := pathSet(t)
		for name, raw := range file {
			t.Run(name, func(t *testing.T) { golden(t, s, name, raw) })
		}
	})
	t.Run("measurement", measurement)
	t.Run("stream", stream)
}

func golden(t *testing.T, s *attribution.Set, name string, raw json.RawMessage) {
	decode := func(v any) { require.NoError(t, json.Unmarshal(raw, v)) }
	rules := map[string]attribution.Rule{
		"first": attribution.First{}, "last": attribution.Last{}, "linear": attribution.Linear{},
		"position_40_20_40": attribution.UShaped{}, "u_40_20_40": attribution.UShaped{},
		"position_decay": attribution.PositionDecay{}, "position_decay_2": attribution.PositionDecay{},
		"last_non_direct": attribution.LastNonDirect{},
	}
	base := name
	if strings.HasPrefix(name, "position_decay") {
		base = "position_decay"
	}
	if rule, ok := rules[base]; ok {
		var want struct{ Conversions, Value map[string]float64 }
		if err := json.Unmarshal(raw, &want); err != nil || want.Conversions == nil {
			decode(&want.Conversions) // the conversions alone
		}
		require.NotEmpty(t, want.Conversions)
		got, err := attribution.ByRule(rule).Credit(s)
		require.NoError(t, err)
		compare(t, got, want.Conversions, want.Value, 1e-9)
		compare(t, got, asMap(ruleByHand(pathData(t), rule)), nil, 1e-9)
		return
	}
	kind, rest, _ := strings.Cut(name, "_")
	switch {
	case kind == "markov":
		var want struct {
			States      int
			Probability float64            `json:"conversion_probability"`
			Removal     map[string]float64 `json:"removal"`
			Value       map[string]float64 `json:"removal_value"`
			Conversions map[string]float64
			Values      map[string]float64 `json:"value"`
		}
		decode(&want)
		order, converting := orderOf(t, rest)
		got, err := attribution.Markov{Order: order, ConvertingOnly: converting}.Solve(s)
		require.NoError(t, err)
		require.Equal(t, want.States, got.States)
		require.InEpsilon(t, want.Probability, got.Probability, 1e-12)
		require.Len(t, got.Removals, len(want.Removal))
		for _, r := range got.Removals {
			require.InDelta(t, want.Removal[string(r.Channel)], r.Conversions, 1e-11, r.Channel)
			require.InDelta(t, want.Value[string(r.Channel)], r.Value, 1e-11, r.Channel)
		}
		compare(t, &got.Result, want.Conversions, want.Values, 1e-9)
		hand := newHandChain(pathData(t), order, converting)
		all := hand.converts("")
		require.InEpsilon(t, all, got.Probability, 1e-11)
		for _, r := range got.Removals {
			require.InDelta(t, 1-hand.converts(r.Channel)/all, r.Conversions, 1e-10, r.Channel)
		}
	case kind == "transition":
		var want map[string]float64
		decode(&want)
		order, converting := orderOf(t, rest)
		got, err := attribution.Markov{Order: order, ConvertingOnly: converting}.Transitions(s)
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for _, g := range got {
			require.InDelta(t, want[transition(g)], g.Probability, 1e-14, transition(g))
		}
	case name == "shapley_conversions":
		var want map[string]float64
		decode(&want)
		got, err := attribution.Shapley{}.Solve(s)
		require.NoError(t, err)
		compare(t, &got.Result, want, nil, 1e-9)
		compare(t, &got.Result, asMap(shapleyByHand(t, s, func(c, _ float64) float64 { return c })), nil, 1e-9)
	case name == "shapley_conversion_rate" || name == "shapley_conversion_rates" || name == "shapley_rate":
		var want map[string]float64
		decode(&want)
		got, err := attribution.Shapley{Rate: true}.Solve(s)
		require.NoError(t, err)
		for i, c := range s.Channels() {
			require.InDelta(t, want[string(c)], got.Rates[i], 1e-11)
		}
	case name == "shapley_conversion_rate_total":
		var want float64
		decode(&want)
		got, err := attribution.Shapley{Rate: true}.Solve(s)
		require.NoError(t, err)
		sum := 0.0
		for _, v := range got.Rates {
			sum += v
		}
		require.InEpsilon(t, want, sum, 1e-12)
		hand := shapleyByHand(t, s, func(c, n float64) float64 {
			if c+n == 0 {
				return 0
			}
			return c / (c + n)
		})
		for i, c := range s.Channels() {
			require.InDelta(t, hand[c], got.Rates[i], 1e-11)
		}
	case name == "totals":
		var want struct {
			Paths       int
			Conversions float64
			Value       float64
			Null        float64
			Channels    []utm.ChannelGroup
		}
		decode(&want)
		conversions, nulls, value := s.Totals()
		require.Len(t, pathData(t), want.Paths)
		require.InDelta(t, want.Conversions, conversions, 0)
		require.InDelta(t, want.Null, nulls, 0)
		require.InEpsilon(t, want.Value, value, 1e-12)
		slices.Sort(want.Channels)
		require.Equal(t, want.Channels, s.Channels())
	case name == "peer_choose_order":
		var want struct {
			Order          []int
			AUC, Penalized []float64
			PenalizedAUC   []float64 `json:"penalized_auc"`
			Suggested      int
		}
		decode(&want)
		suggested, scores, err := attribution.ChooseOrder(s, slices.Max(want.Order))
		require.NoError(t, err)
		require.Equal(t, want.Suggested, suggested)
		for i, order := range want.Order {
			// The peer rounds its scores before it draws the curve.
			require.InDelta(t, want.AUC[i], scores[order-1].AUC, 2e-4)
			require.InDelta(t, want.PenalizedAUC[i], scores[order-1].Penalized, 2e-4)
		}
	default:
		t.Fatalf("unknown section %s", name)
	}
}

func orderOf(t *testing.T, rest string) (order int, converting bool) {
	digits, form, ok := strings.Cut(rest, "_")
	require.True(t, ok && len(digits) == 1 && digits >= "1" && digits <= "9", rest)
	require.Contains(t, []string{"null", "nonull"}, form)
	return int(digits[0] - '0'), form == "nonull"
}

func transition(g attribution.Transition) string {
	join := func(channels []utm.ChannelGroup) string {
		var names []string
		for _, c := range channels {
			names = append(names, string(c))
		}
		return strings.Join(names, ",")
	}
	from, to := "(start)", join(g.To)
	if g.From != nil {
		from = join(g.From)
	}
	if g.Conversion {
		to = "(conversion)"
	}
	if g.Null {
		to = "(null)"
	}
	return from + " > " + to
}

func compare(t *testing.T, got *attribution.Result, conversions, values map[string]float64, tolerance float64) {
	t.Helper()
	require.Len(t, got.Credits, len(conversions))
	for _, c := range got.Credits {
		want, ok := conversions[string(c.Channel)]
		require.True(t, ok, c.Channel)
		require.InDelta(t, want, c.Conversions, tolerance*max(1, want), c.Channel)
		if values != nil {
			require.InDelta(t, values[string(c.Channel)], c.Value, tolerance*max(1, values[string(c.Channel)]), c.Channel)
		}
	}
}
