package flag

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/experimenttest"
)

// targeted three-way experiment, the benchmark's and the allocation test's.
const threeWay = `{"features": {"checkout": {"defaultValue": "a", "rules": [{
	"key": "checkout-test", "hashVersion": 2, "condition": {"country": {"$in": ["DE", "AT"]}, "orders": {"$gte": 3}},
	"variations": ["a", "b", "c"], "weights": [0.34, 0.33, 0.33]}]}}}`

func parse(tb testing.TB, src string) *Set {
	tb.Helper()
	set, err := Parse([]byte(src), nil)
	require.NoError(tb, err)
	return set
}

func person(id string) *User {
	return &User{Attributes: map[string]any{"id": id, "country": "DE", "orders": 7.0}}
}

func TestEvaluateAllocatesNothing(t *testing.T) {
	set, u := parse(t, threeWay), person("u1")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if !set.Evaluate("checkout", u).Assignment.In {
			t.Fatal("not in the experiment")
		}
	}))
	set = parse(t, `{"features": {"gate": {"defaultValue": true}, "f": {"rules": [{"force": 1,
		"parentConditions": [{"id": "gate", "condition": {"value": true}}], "coverage": 1}]}}}`)
	require.Zero(t, testing.AllocsPerRun(100, func() { set.Evaluate("f", u) }), "with a prerequisite")
	u.Sticky = NewSticky(StickyDocument{Attribute: "id", Value: "u1", Assignments: map[string]string{"checkout-test__0": "2"}})
	set = parse(t, threeWay)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if set.Evaluate("checkout", u).Assignment.Reason != StickyBucket {
			t.Fatal("not bound")
		}
	}), "with a sticky bucket")
}

// Raising a coverage, by the payload or by a schedule, moves nobody from one
// variation to another.
func TestRampMovesNobody(outer *testing.T) {
	rapid.Check(outer, func(t *rapid.T) {
		low := rapid.Float64Range(0, 1).Draw(t, "low")
		high := rapid.Float64Range(low, 1).Draw(t, "high")
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		src := fmt.Sprintf(`{"features": {"f": {"rules": [{"key": "e", "variations": [0, 1, 2], "weights": [0.5, 0.2, 0.3],
			"schedule": [{"at": "2026-01-01T00:00:00Z", "coverage": %v}, {"at": "2026-01-02T00:00:00Z", "coverage": %v}]}]}}}`, low, high)
		fixed := parse(outer, fmt.Sprintf(`{"features": {"f": {"rules": [{"key": "e", "variations": [0, 1, 2], "weights": [0.5, 0.2, 0.3], "coverage": %v}]}}}`, high))
		set := parse(outer, src)
		for i := range 50 {
			u := person(fmt.Sprint(i))
			u.At = start
			before := set.Evaluate("f", u).Assignment
			u.At = start.AddDate(0, 0, 1)
			after := set.Evaluate("f", u).Assignment
			if before.In && (!after.In || before.Variation != after.Variation) {
				t.Fatalf("user %d moved: %+v, %+v", i, before, after)
			}
			if same := fixed.Evaluate("f", u).Assignment; same.In != after.In || same.Variation != after.Variation {
				t.Fatalf("user %d: schedule %+v, payload %+v", i, after, same)
			}
		}
	})
}

// A holdout keeps its users out of what asks it, counts them, and nobody else.
func TestHoldout(t *testing.T) {
	set := parse(t, `{"features": {
		"$holdout:h": {"defaultValue": "genpop", "rules": [{"key": "holdout", "coverage": 0.2, "hashVersion": 2,
			"variations": ["holdoutcontrol", "holdouttreatment"], "weights": [0.5, 0.5]}]},
		"f": {"defaultValue": "off", "rules": [
			{"id": "held", "force": "off", "parentConditions": [{"id": "$holdout:h", "condition": {"value": "holdoutcontrol"}}]},
			{"id": "on", "force": "on"}]}}}`)
	held := 0
	for i := range 2000 {
		trace := set.Trace("f", person(fmt.Sprint("u", i)))
		require.Len(t, trace.Assignments, 1)
		a := trace.Assignments[0]
		require.Equal(t, a.In && a.Variation == 0, trace.Result.RuleID == "held")
		if trace.Result.RuleID == "held" {
			held++
		}
	}
	require.InDelta(t, 200, held, 60) // 2000 users, a tenth: ± 4.5 standard errors
}

func TestTesterOverrides(t *testing.T) {
	set := parse(t, threeWay)
	u := person("u1")
	u.Forced = map[string]int{"checkout-test": 2}
	a := set.Evaluate("checkout", u).Assignment
	require.Equal(t, "2", a.Key)
	require.False(t, a.Counted())
	require.Equal(t, ForcedForUser, a.Reason)

	u.URL = "https://shop.example/cart?checkout-test=1"
	a = set.Evaluate("checkout", u).Assignment
	require.Equal(t, "1", a.Key)
	require.Equal(t, ForcedByURL, a.Reason)

	u = person("u1")
	u.QA = true
	require.Equal(t, DefaultValue, set.Evaluate("checkout", u).Source)
	require.Equal(t, KeptOutForQA, set.Trace("checkout", u).Rules[0].Reason)
}

func TestParseRefuses(t *testing.T) {
	for name, src := range map[string]string{
		"no JSON": `{`, "a list": `[]`, "a key twice": `{"features": {}, "features": {}}`, "features no object": `{"features": 3}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(src), nil)
			require.ErrorIs(t, err, ErrPayload)
			require.ErrorIs(t, err, flywheel.ErrInvalid)
			_, err = Reduce([]byte(src), nil, nil)
			if name != "features no object" { // nothing to keep of it
				require.ErrorIs(t, err, ErrPayload)
			}
		})
	}
	_, err := Parse([]byte(`{"encryptedFeatures": "x.y"}`), &ParseOptions{Key: "AAAAAAAAAAAAAAAAAAAAAA=="})
	require.ErrorIs(t, err, ErrKey)
}

// What is wrong shows nothing and is told; strict reading refuses it.
func TestProblems(t *testing.T) {
	for name, c := range map[string]struct{ rule, path string }{
		"unknown operator":     {`{"force": 1, "condition": {"a": {"$later": 1}}}`, "condition"},
		"unknown group":        {`{"force": 1, "condition": {"$savedGroup": {"id": "gone"}}}`, "condition"},
		"rule no object":       {`3`, ""},
		"weights do not sum":   {`{"variations": [1, 2], "weights": [0.5, 0.6]}`, "weights"},
		"negative weight":      {`{"variations": [1, 2], "weights": [1.5, -0.5]}`, "weights"},
		"one variation":        {`{"variations": [1]}`, "variations"},
		"coverage":             {`{"variations": [1, 2], "coverage": 2}`, "coverage"},
		"hash of the future":   {`{"variations": [1, 2], "hashVersion": 9}`, "hashVersion"},
		"unknown prerequisite": {`{"force": 1, "parentConditions": [{"id": "gone", "condition": {"value": true}}]}`, "parentConditions[0]"},
		"unknown bandit":       {`{"contextualVariations": [1, 2], "contextualBanditRef": "gone"}`, ""},
		"steps out of order":   {`{"force": 1, "schedule": [{"at": "2026-02-01T00:00:00Z"}, {"at": "2026-01-01T00:00:00Z"}]}`, "schedule[1].at"},
		"no value":             {`{"id": "x"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			src := fmt.Sprintf(`{"features": {"f": {"defaultValue": 0, "rules": [%s]}}}`, c.rule)
			set := parse(t, src)
			require.Len(t, set.Problems(), 1)
			require.Equal(t, strings.TrimSuffix("features.f.rules[0]."+c.path, "."), set.Problems()[0].Path)
			_, err := Parse([]byte(src), &ParseOptions{Strict: true})
			_, typed := errors.AsType[*Problem](err)
			require.True(t, typed, "%v", err)
		})
	}
}

// Prerequisites that fan out again and again end all the same.
func TestFanningPrerequisitesEnd(t *testing.T) {
	var features []string
	for i := range 40 {
		rule := fmt.Sprintf(`{"force": true, "parentConditions": [{"id": "f%d", "condition": {"value": false}}]}`, i+1)
		features = append(features, fmt.Sprintf(`"f%d": {"defaultValue": true, "rules": [%s, %s]}`, i, rule, rule))
	}
	set := parse(t, `{"features": {`+strings.Join(append(features, `"f40": {"defaultValue": true}`), ",")+`}}`)
	require.Empty(t, set.Problems())
	require.Equal(t, CyclicPrerequisite, set.Evaluate("f0", person("u")).Source)
}

func TestServiceRecordsOnceAndKeepsBuckets(t *testing.T) {
	ctx := t.Context()
	store := experiment.NewMemory(nil)
	exposures, err := experiment.New(store, nil)
	require.NoError(t, err)
	s, err := New(store, &Options{Recorder: exposures, Sticky: true})
	require.NoError(t, err)
	require.ErrorIs(t, s.Refresh(ctx), flywheel.ErrNotFound)
	require.NoError(t, s.Load(ctx, []byte(threeWay)))
	first, err := s.Evaluate(ctx, "checkout", *person("u1"))
	require.NoError(t, err)
	require.True(t, first.Assignment.In)

	// All weight on another variation: whoever is bound stays.
	other := strings.Replace(threeWay, "[0.34, 0.33, 0.33]", fmt.Sprint("[", []string{"0, 0, 1", "1, 0, 0", "1, 0, 0"}[first.Assignment.Variation], "]"), 1)
	require.NoError(t, s.Load(ctx, []byte(other)))
	again, err := s.Evaluate(ctx, "checkout", *person("u1"))
	require.NoError(t, err)
	require.Equal(t, first.Value, again.Value)
	require.True(t, again.Assignment.Sticky)

	list, err := exposures.Exposures(ctx, "checkout-test")
	require.NoError(t, err)
	require.Len(t, list, 1)

	// Another process finds the payload in the store.
	t2, err := New(store, nil)
	require.NoError(t, err)
	require.NoError(t, t2.Refresh(ctx))
	require.Equal(t, []string{"checkout"}, t2.Set().Features())

	// A payload that is refused changes nothing.
	require.ErrorIs(t, s.Load(ctx, []byte(`{`)), ErrPayload)
	require.Equal(t, []string{"checkout"}, s.Set().Features())
}

func TestServiceTellsPropensities(t *testing.T) {
	ctx := t.Context()
	exposures, err := experiment.New(nil, nil)
	require.NoError(t, err)
	s, err := New(nil, &Options{Recorder: exposures})
	require.NoError(t, err)
	require.NoError(t, s.Load(ctx, []byte(`{"features": {"f": {"rules": [{"key": "cb", "contextualVariations": ["a", "b"],
		"contextualBanditRef": "b"}]}}, "contextualBandits": {"b": {"banditVersion": 2, "contexts": [
		{"leafId": 4, "condition": {"country": "DE"}, "weights": [0.25, 0.75]}]}}}`)))
	r, err := s.Evaluate(ctx, "f", *person("u1"))
	require.NoError(t, err)
	list, err := exposures.Exposures(ctx, "cb")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "leaf 4", list[0].Group)
	require.Equal(t, []float64{0.25, 0.75}[r.Assignment.Variation], list[0].Propensity)
}

func TestServiceSurvivesItsStore(t *testing.T) {
	lost := errors.New("lost")
	fail := false
	store := experimenttest.Failing(experiment.NewMemory(nil), func(string, bool) error {
		if fail {
			return lost
		}
		return nil
	})
	s, err := New(store, &Options{Sticky: true})
	require.NoError(t, err)
	require.NoError(t, s.Load(context.Background(), []byte(threeWay)))
	fail = true
	r, err := s.Evaluate(t.Context(), "checkout", *person("u1"))
	require.ErrorIs(t, err, lost)
	require.True(t, r.Assignment.In)
	require.ErrorIs(t, s.Load(t.Context(), []byte(threeWay)), lost)
}

func FuzzParse(f *testing.F) {
	for _, src := range []string{
		threeWay, `{"features": {"f": {"rules": [{"force": null}, {"variations": [1, {}], "namespace": ["n", 0, 0.5], "ranges": [[0, 1]]}]}}}`,
		`{"features": {"f": {"rules": [{"contextualVariations": [1, 2], "contextualBanditRef": "b", "filters": [{"ranges": [[0, 1]]}]}]}}, "contextualBandits": {"b": {"contexts": [{"leafId": 1, "weights": [1, 0]}, 3]}}}`,
		`{"features": {"f": {"rules": [{"parentConditions": [{"id": "f"}]}]}}, "savedGroups": {"g": null}, "experiments": [{"key": "e", "variations": [{}, {"urlRedirect": "/x?y"}], "urlPatterns": [{"pattern": "*.example/*"}], "force": 7}]}`,
	} {
		f.Add([]byte(src), []byte(`{"id": "u1", "country": "DE", "orders": 4}`))
	}
	f.Fuzz(func(t *testing.T, src, subject []byte) {
		set, err := Parse(src, nil)
		if err != nil {
			if _, ok := errors.AsType[*Problem](err); !ok {
				t.Fatalf("%q: untyped error %v", src, err)
			}
			return
		}
		u := &User{URL: "https://a.example/x?e=1", Sticky: NewSticky(), At: time.Unix(1e9, 0)}
		_ = json.Unmarshal(subject, &u.Attributes)
		if _, err := Parse(src, &ParseOptions{Strict: true}); (err == nil) != (len(set.Problems()) == 0) {
			t.Fatalf("%q: strict says %v, problems are %v", src, err, set.Problems())
		}
		for _, id := range append(set.Features(), "none") {
			traced := set.Trace(id, u).Result
			if again := set.Evaluate(id, u); again.Source != traced.Source || again.Assignment.Variation != traced.Assignment.Variation {
				t.Fatalf("%q: %q: %+v, then %+v", src, id, traced, again)
			}
		}
		set.Redirect(u)
		if reduced, err := Reduce(src, u.Attributes, nil); err == nil {
			if _, err := Parse(reduced, nil); err != nil {
				t.Fatalf("%q reduces to %q: %v", src, reduced, err)
			}
		}
	})
}

func BenchmarkEvaluate(b *testing.B) {
	set := parse(b, threeWay)
	b.Run("goroutines=1", func(b *testing.B) {
		u := person("u1")
		b.ReportAllocs()
		for b.Loop() {
			set.Evaluate("checkout", u)
		}
	})
	b.Run("prepared", func(b *testing.B) {
		u := set.Prepare(person("u1"))
		b.ReportAllocs()
		for b.Loop() {
			set.Evaluate("checkout", u)
		}
	})
	b.Run("goroutines=all", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			u := person("u1")
			for pb.Next() {
				set.Evaluate("checkout", u)
			}
		})
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse([]byte(threeWay), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// Identifiers are hashed digit by digit, whatever their Go type: two that a
// float64 cannot tell apart are two units.
func TestUnitsOfAnyKind(t *testing.T) {
	set := parse(t, `{"features":{"f":{"defaultValue":0,"rules":[{"variations":[1,2]}]}}}`)
	for want, id := range map[string]any{
		"1234567890123456789": int64(1234567890123456789), "1234567890123456790": uint64(1234567890123456790),
		"7": int8(7), "8": uint16(8), "9": int32(9), "10": json.Number("10"), "2.5": json.Number("2.50"), "0.5": float32(0.5),
		"1234567890123456791": json.Number("1234567890123456791"), "": int64(0),
	} {
		r := set.Evaluate("f", &User{Attributes: map[string]any{"id": id}})
		require.Equal(t, want != "", r.Assignment.In, "%T", id)
		if r.Assignment.In {
			require.Equal(t, want, r.Assignment.Unit, "%T", id)
		}
	}
}

// A share written as a percentage is noted, and nobody gets the value; so is a
// range that ends before it begins.
func TestSharesThatAreNone(t *testing.T) {
	set := parse(t, `{"features":{
		"a":{"defaultValue":"off","rules":[{"force":"on","coverage":50}]},
		"b":{"defaultValue":"off","rules":[{"force":"on","range":[0.6,0.4]}]},
		"c":{"defaultValue":"off","rules":[{"force":"on","coverage":0}]}}}`)
	require.Len(t, set.Problems(), 2)
	for i := range 100 {
		for _, key := range []string{"a", "b", "c"} {
			r := set.Evaluate(key, &User{Attributes: map[string]any{"id": fmt.Sprint(i)}})
			require.Equal(t, "off", r.Value)
		}
	}
}
