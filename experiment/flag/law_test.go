package flag

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// conditions draws a condition over the attributes a, b and c, with groups.
func conditions(t *rapid.T, depth int) string {
	attribute := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "attribute")
	leaves := []string{
		fmt.Sprintf(`{%q: %d}`, attribute, rapid.IntRange(0, 2).Draw(t, "wanted")),
		fmt.Sprintf(`{%q: {"$in": [0, %d]}}`, attribute, rapid.IntRange(0, 2).Draw(t, "wanted")),
		fmt.Sprintf(`{%q: {"$gt": 0, "$exists": true}}`, attribute),
		fmt.Sprintf(`{%q: {"$later": 0}}`, attribute),
		`{"$savedGroup": {"id": "list"}}`, `{"$savedGroup": {"id": "both"}}`, `{"$savedGroup": {"id": "gone"}}`,
		`{"b": {"$notInGroup": "list"}}`, `{}`,
	}
	if depth == 0 {
		return rapid.SampledFrom(leaves).Draw(t, "leaf")
	}
	one, other := conditions(t, depth-1), conditions(t, depth-1)
	return rapid.SampledFrom([]string{
		one, fmt.Sprintf(`{"$and": [%s, %s]}`, one, other), fmt.Sprintf(`{"$or": [%s, %s]}`, one, other),
		fmt.Sprintf(`{"$nor": [%s, %s]}`, one, other), fmt.Sprintf(`{"$not": %s}`, one),
	}).Draw(t, "logic")
}

// payloads draws features that lead to each other.
func payloads(t *rapid.T) string {
	var features []string
	for i := range 4 {
		var rules []string
		for j := range rapid.IntRange(0, 3).Draw(t, "rules") {
			parent := ""
			if rapid.Bool().Draw(t, "parent") {
				parent = fmt.Sprintf(`, "parentConditions": [{"id": "f%d", "condition": {"value": {"$gte": 1}}, "gate": %v}]`,
					rapid.IntRange(0, 4).Draw(t, "of"), rapid.Bool().Draw(t, "gate"))
			}
			what := rapid.SampledFrom([]string{
				fmt.Sprintf(`"force": %d`, j), `"force": 1, "coverage": 0.5`,
				`"variations": [1, 2, 3], "hashVersion": 2`, fmt.Sprintf(`"variations": [0, 1], "weights": [0.2, 0.8], "key": "e%d"`, i),
				`"contextualVariations": [1, 2], "contextualBanditRef": "bandit"`,
			}).Draw(t, "what")
			rules = append(rules, fmt.Sprintf(`{"condition": %s, %s%s}`, conditions(t, rapid.IntRange(0, 2).Draw(t, "depth")), what, parent))
		}
		features = append(features, fmt.Sprintf(`"f%d": {"defaultValue": %d, "rules": [%s]}`, i, i%2, strings.Join(rules, ",")))
	}
	return fmt.Sprintf(`{"features": {%s}, "savedGroups": {"list": {"type": "list", "attributeKey": "a", "values": [0, 1]},
		"both": {"type": "condition", "condition": {"$or": [{"$savedGroup": {"id": "list"}}, %s]}}},
		"contextualBandits": {"bandit": {"contexts": [{"leafId": 1, "condition": %s, "weights": [1, 0]}, {"leafId": 2, "weights": [0, 1]}]}}}`,
		strings.Join(features, ","), rapid.SampledFrom([]string{`{"b": 1}`, `{"c": {"$gt": 0}}`}).Draw(t, "group"), conditions(t, 1))
}

// A reduced payload evaluates as the whole for everybody who agrees with what
// was known.
func TestReduceKeepsEveryAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := payloads(t)
		whole, err := Parse([]byte(src), nil)
		require.NoError(t, err)
		attributes, known := map[string]any{}, map[string]any{}
		for _, name := range []string{"a", "b", "c"} {
			if rapid.Bool().Draw(t, "has") {
				attributes[name] = float64(rapid.IntRange(0, 2).Draw(t, name))
			}
			if rapid.Bool().Draw(t, "known") {
				known[name] = attributes[name] // nil where it is known to be missing
			}
		}
		out, err := Reduce([]byte(src), known, nil)
		require.NoError(t, err)
		reduced, err := Parse(out, nil)
		require.NoError(t, err)
		for i := range 5 {
			attributes["id"] = fmt.Sprint("u", i)
			u := &User{Attributes: attributes}
			for _, id := range whole.Features() {
				want, got := whole.Evaluate(id, u), reduced.Evaluate(id, u)
				if want.Value != got.Value || want.Source != got.Source {
					t.Fatalf("%s of user %v: %v %v, reduced %v %v\n%s\n%s", id, attributes, want.Value, want.Source, got.Value, got.Source, src, out)
				}
			}
		}
	})
}

// A payload can be replaced while features are evaluated; each evaluation sees
// one payload.
func TestLoadWhileEvaluating(t *testing.T) {
	ctx := t.Context()
	s, err := New(nil, nil)
	require.NoError(t, err)
	payload := func(n int) []byte {
		return fmt.Appendf(nil, `{"features": {"a": {"defaultValue": %d}, "b": {"rules": [{"force": %d, "parentConditions": [{"id": "a", "condition": {"value": %d}}]}]}}}`, n, n, n)
	}
	require.NoError(t, s.Load(ctx, payload(0)))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				set := s.Set()
				a, b := set.Evaluate("a", &User{}), set.Evaluate("b", &User{})
				if a.Value != b.Value {
					t.Errorf("a is %v and b %v", a.Value, b.Value)
				}
			}
		})
	}
	for n := range 50 {
		require.NoError(t, s.Load(ctx, payload(n)))
	}
	wg.Wait()
}

// Definitions are written as they are read.
func TestDefinitionsKeepTheirForm(t *testing.T) {
	src := `{"id": "r", "force": null, "range": [0, 0.5], "key": "k", "namespace": ["n", 0.1, 0.9], "filters": [{"seed": "s", "ranges": [[0, 1]]}]}`
	var r Rule
	require.NoError(t, json.Unmarshal([]byte(src), &r))
	out, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, src, string(out))
	for _, broken := range []string{`{"namespace": ["n", 0]}`, `{"namespace": [1, 0, 1]}`, `{"namespace": {}}`} {
		require.Error(t, json.Unmarshal([]byte(broken), &r), broken)
	}
}
