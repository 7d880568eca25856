package rule

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/strictjson"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func TestReference(t *testing.T) {
	t.Run("growthbook", growthbookCases)
	t.Run("savedGroup", savedGroupCases)
	t.Run("pruneCondition", pruneCases)
	t.Run("abuse", abuseCases)
}

// growthbookCases runs GrowthBook's conformance suite: [name, condition,
// attributes, expected] or with a fifth element, the saved groups.
func growthbookCases(t *testing.T) {
	data := testkit.PublicReference(t, "experiment", "growthbook_cases.json")
	var suite struct {
		EvalCondition [][]json.RawMessage `json:"evalCondition"`
	}
	require.NoError(t, json.Unmarshal(data, &suite))
	require.True(t, testkit.Overridden() || len(suite.EvalCondition) == 583)
	for _, c := range suite.EvalCondition {
		var name string
		var attrs map[string]any
		var want bool
		var groups map[string][]any
		require.NoError(t, json.Unmarshal(c[0], &name))
		require.NoError(t, json.Unmarshal(c[2], &attrs))
		require.NoError(t, json.Unmarshal(c[3], &want))
		if len(c) > 4 {
			require.NoError(t, json.Unmarshal(c[4], &groups))
		}
		t.Run(name, func(t *testing.T) {
			r, err := Compile(c[1], &Options{Lenient: true, Groups: groups})
			require.NoError(t, err)
			require.Equal(t, want, r.Match(attrs), "%s over %s", c[1], c[2])
			require.Equal(t, want, r.Explain(attrs).Match, "Explain")

			types := map[string]Type{}
			for _, path := range r.Paths() {
				if head, _, _ := strings.Cut(path, "."); head != "" {
					types[head] = Any
				}
			}
			schema, err := NewSchema(types)
			require.NoError(t, err)
			record := schema.NewRecord()
			record.Load(attrs)
			require.Equal(t, want, r.MatchRecord(record), "record of another schema")
			r, err = Compile(c[1], &Options{Lenient: true, Groups: groups, Schema: schema})
			require.NoError(t, err)
			require.Equal(t, want, r.MatchRecord(record), "record of the rule's schema")
			require.Equal(t, want, r.ExplainRecord(record).Match, "ExplainRecord")

			again, err := Compile([]byte(r.String()), &Options{Lenient: true, Groups: groups})
			require.NoError(t, err)
			require.Equal(t, want, again.Match(attrs), "round trip")
		})
	}
}

// savedGroupCases runs the evalCondition parts of the suite's sections about
// saved groups: [name, condition, attributes, expected, groups].
func savedGroupCases(t *testing.T) {
	data := testkit.PublicReference(t, "experiment", "growthbook_cases.json")
	type section struct {
		EvalCondition [][]json.RawMessage `json:"evalCondition"`
	}
	var suite struct {
		V2     section `json:"savedGroupReferencesV2"`
		Remote section `json:"savedGroupReferencesRemote"`
	}
	require.NoError(t, json.Unmarshal(data, &suite))
	require.True(t, testkit.Overridden() || len(suite.V2.EvalCondition) == 56)
	require.True(t, testkit.Overridden() || len(suite.Remote.EvalCondition) == 15)
	for _, c := range append(suite.V2.EvalCondition, suite.Remote.EvalCondition...) {
		var name string
		var attrs map[string]any
		var want bool
		require.NoError(t, json.Unmarshal(c[0], &name))
		require.NoError(t, json.Unmarshal(c[2], &attrs))
		require.NoError(t, json.Unmarshal(c[3], &want))
		t.Run(name, func(t *testing.T) {
			groups, err := ParseGroups(c[4])
			require.NoError(t, err)
			r, err := Compile(c[1], &Options{Lenient: true, Saved: groups})
			require.NoError(t, err)
			require.Equal(t, want, r.Match(attrs), "%s over %s", c[1], c[2])
			require.Equal(t, want, r.Explain(attrs).Match, "Explain")

			// With everything known the pruned condition is decided the same,
			// or is left and evaluates the same.
			pruned, err := Prune(c[1], attrs, groups)
			require.NoError(t, err)
			if pruned.Decided {
				require.Equal(t, want, pruned.Match, "pruned")
				return
			}
			rest, err := Compile(pruned.Rest, &Options{Lenient: true, Saved: groups})
			require.NoError(t, err)
			require.Equal(t, want, rest.Match(attrs), "rest %s", pruned.Rest)
		})
	}
}

// pruneCases runs [name, condition, known attributes, expected] or with a fifth
// element, the saved groups.
func pruneCases(t *testing.T) {
	data := testkit.PublicReference(t, "experiment", "growthbook_cases.json")
	var suite struct {
		PruneCondition [][]json.RawMessage `json:"pruneCondition"`
	}
	require.NoError(t, json.Unmarshal(data, &suite))
	require.True(t, testkit.Overridden() || len(suite.PruneCondition) == 39)
	for _, c := range suite.PruneCondition {
		var name string
		var attrs map[string]any
		require.NoError(t, json.Unmarshal(c[0], &name))
		require.NoError(t, json.Unmarshal(c[2], &attrs))
		t.Run(name, func(t *testing.T) {
			var groups *Groups
			if len(c) > 4 {
				var err error
				groups, err = ParseGroups(c[4])
				require.NoError(t, err)
			}
			got, err := Prune(c[1], attrs, groups)
			require.NoError(t, err)
			var want bool
			if json.Unmarshal(c[3], &want) == nil {
				require.Equal(t, Pruned{Decided: true, Match: want}, got)
				return
			}
			require.False(t, got.Decided)
			require.JSONEq(t, string(c[3]), string(got.Rest))
		})
	}
}

type abuseCase struct {
	ID, Area string
	Input    struct {
		Text     *string         `json:"text"`
		Generate map[string]any  `json:"generate"`
		Pattern  json.RawMessage `json:"pattern"`
		Subject  json.RawMessage `json:"subject"`
		Rule     json.RawMessage `json:"rule"`
		Schema   map[string]Type `json:"schema"`
	}
	Expected struct {
		Result string   `json:"result"`
		Kind   string   `json:"kind"`
		Match  *bool    `json:"match"`
		MaxMS  *float64 `json:"max_ms"`
	}
}

// abuseCases runs what rules and the decoder behind them must refuse. Other
// areas of the file belong to other packages, and cart requests to cart.
func abuseCases(t *testing.T) {
	var cases []json.RawMessage
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "security", "abuse.json"), &cases))
	ran := 0
	for _, raw := range cases {
		var head struct{ ID, Area string }
		require.NoError(t, json.Unmarshal(raw, &head))
		if head.Area != "rule" && head.Area != "json_input" {
			continue
		}
		var c abuseCase
		require.NoError(t, json.Unmarshal(raw, &c))
		if _, lines := c.Input.Generate["lines"]; lines {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			match, err := runAbuse(t, c)
			if c.Expected.Result == "accepted" {
				require.NoError(t, err)
				if c.Expected.Match != nil {
					require.Equal(t, *c.Expected.Match, match)
				}
				return
			}
			require.Equal(t, "refused", c.Expected.Result)
			kinds := map[string]error{"invalid": flywheel.ErrInvalid, "limit": flywheel.ErrLimit}
			require.Contains(t, kinds, c.Expected.Kind)
			require.ErrorIs(t, err, kinds[c.Expected.Kind])
		})
	}
	require.NotZero(t, ran)
}

func runAbuse(t *testing.T, c abuseCase) (match bool, err error) {
	in := c.Input
	switch {
	case in.Text != nil:
		var request struct {
			SKU string `json:"sku"`
			Qty int64  `json:"qty"`
		}
		return false, strictjson.Decode([]byte(*in.Text), &request, nil)
	case in.Generate["nest_and"] != nil:
		n := int(in.Generate["nest_and"].(float64))
		src := strings.Repeat(`{"$and":[`, n) + `{"a":1}` + strings.Repeat(`]}`, n)
		_, err = Compile([]byte(src), nil)
		return false, err
	case in.Generate["repeat"] != nil:
		src := strings.Repeat(in.Generate["repeat"].(string), int(in.Generate["times"].(float64)))
		_, err = Compile([]byte(src), nil)
		return false, err
	case in.Pattern != nil:
		src, err := json.Marshal(map[string]any{"subject": map[string]any{"$regex": repeated(t, in.Pattern)}})
		require.NoError(t, err)
		r, err := Compile(src, nil)
		if err != nil {
			return false, err
		}
		subject := map[string]any{"subject": repeated(t, in.Subject)}
		start := time.Now()
		match = r.Match(subject)
		// Time is reported, not judged: a busy machine is no failure, and the
		// engine is linear by construction (no lookaround, no backreference).
		t.Logf("%v for %d bytes", time.Since(start), len(subject["subject"].(string)))
		return match, nil
	case in.Rule != nil:
		var schema *Schema
		if in.Schema != nil {
			schema, err = NewSchema(in.Schema)
			require.NoError(t, err)
		}
		_, err = Compile(in.Rule, &Options{Schema: schema})
		return false, err
	}
	t.Fatalf("input of a form this test does not know: %+v", in)
	return false, nil
}

// repeated reads a string or {"repeat": s, "times": n, "suffix": e}.
func repeated(t *testing.T, raw json.RawMessage) string {
	if raw == nil {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var r struct {
		Repeat string
		Times  int
		Suffix string
	}
	require.NoError(t, json.Unmarshal(raw, &r))
	return strings.Repeat(r.Repeat, r.Times) + r.Suffix
}
