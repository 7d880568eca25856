package flag_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/flag"
)

const checkout = `{
	"features": {
		"checkout": {"defaultValue": "old", "rules": [
			{"id": "staff", "condition": {"$savedGroup": {"id": "staff"}}, "force": "new"},
			{"key": "checkout-test", "condition": {"country": {"$in": ["DE", "AT"]}},
			 "variations": ["old", "one page", "express"], "weights": [0.34, 0.33, 0.33], "hashVersion": 2}
		]}
	},
	"savedGroups": {"staff": {"type": "list", "attributeKey": "id", "values": ["u7"]}}
}`

func Example() {
	set, err := flag.Parse([]byte(checkout), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, user := range []flag.User{
		{Attributes: map[string]any{"id": "u1", "country": "DE"}},
		{Attributes: map[string]any{"id": "u2", "country": "FR"}},
		{Attributes: map[string]any{"id": "u7", "country": "FR"}},
	} {
		r := set.Evaluate("checkout", &user)
		fmt.Printf("%s %s: %s\n", user.Attributes["id"], r.Source, r.Value)
	}
	// Output:
	// u1 experiment: one page
	// u2 defaultValue: old
	// u7 force: new
}

func ExampleSet_Trace() {
	set, _ := flag.Parse([]byte(checkout), nil)
	t := set.Trace("checkout", &flag.User{Attributes: map[string]any{"id": "u2", "country": "FR"}})
	for _, r := range t.Rules {
		fmt.Println(r.Feature, r.Rule, r.Reason)
	}
	fmt.Println(t.Result.Value, t.Assignments[0].In)
	// Output:
	// checkout 0 condition_not_met
	// checkout 1 condition_not_met
	// old false
}

func ExampleSet_Problems() {
	set, err := flag.Parse([]byte(`{"features": {
		"a": {"rules": [{"force": 1, "parentConditions": [{"id": "b", "condition": {"value": true}}]}]},
		"b": {"rules": [{"force": 1, "parentConditions": [{"id": "a", "condition": {"value": {"$later": 1}}}]}]}
	}}`), nil)
	fmt.Println(err)
	for _, p := range set.Problems() {
		fmt.Println(p)
	}
	fmt.Println(set.Evaluate("a", &flag.User{}).Source)
	// Output:
	// <nil>
	// flag: features.a: flag: cyclic prerequisites: invalid
	// flag: features.b: flag: cyclic prerequisites: invalid
	// flag: features.b.rules[0].parentConditions[0].condition: value.$later: $later: rule: unknown operator: invalid
	// cyclicPrerequisite
}

func ExampleService() {
	ctx := context.Background()
	exposures, _ := experiment.New(nil, nil)
	flags, err := flag.New(nil, &flag.Options{Recorder: exposures, Sticky: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := flags.Load(ctx, []byte(checkout)); err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		r, err := flags.Evaluate(ctx, "checkout", flag.User{Attributes: map[string]any{"id": "u1", "country": "DE"}})
		fmt.Println(r.Value, r.Assignment.Sticky, err)
	}
	seen, _ := exposures.Exposures(ctx, "checkout-test")
	fmt.Println(len(seen), seen[0].Unit, seen[0].Arm)
	// Output:
	// one page false <nil>
	// one page true <nil>
	// one page true <nil>
	// 1 u1 1
}

func ExampleSchedule() {
	set, _ := flag.Parse([]byte(`{"features": {"search": {"defaultValue": false, "rules": [{"force": true, "schedule": [
		{"at": "2026-03-01T00:00:00Z", "coverage": 0.1},
		{"at": "2026-03-08T00:00:00Z", "coverage": 0.5},
		{"at": "2026-03-15T00:00:00Z", "coverage": 1},
		{"at": "2026-06-01T00:00:00Z", "off": true}]}]}}}`), nil)
	for _, day := range []string{"2026-02-28", "2026-03-02", "2026-03-09", "2026-04-01", "2026-07-01"} {
		at, _ := time.Parse(time.DateOnly, day)
		on := 0
		for i := range 1000 {
			if set.Evaluate("search", &flag.User{Attributes: map[string]any{"id": fmt.Sprint("u", i)}, At: at}).On {
				on++
			}
		}
		fmt.Println(day, on)
	}
	// Output:
	// 2026-02-28 0
	// 2026-03-02 102
	// 2026-03-09 509
	// 2026-04-01 1000
	// 2026-07-01 0
}

func ExampleSet_Run() {
	set, _ := flag.Parse([]byte(checkout), nil)
	banner, err := set.Compile(flag.Experiment{
		Key: "banner", Variations: []json.RawMessage{[]byte(`"none"`), []byte(`"spring"`)},
		Condition: []byte(`{"$not": {"$savedGroup": {"id": "staff"}}}`), Hash: experiment.HashV2,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"u1", "u3", "u7"} {
		a := set.Run(banner, &flag.User{Attributes: map[string]any{"id": id}})
		fmt.Println(id, a.Value, a.In, a.Reason)
	}
	_, err = set.Compile(flag.Experiment{Key: "empty"})
	fmt.Println(err)
	// Output:
	// u1 none true assigned
	// u3 spring true assigned
	// u7 none false condition_not_met
	// flag: empty.variations: 0, want at least two: flag: malformed payload: invalid
}

// A user who is asked about several features is prepared once.
func ExampleSet_Prepare() {
	set, _ := flag.Parse([]byte(checkout), nil)
	user := set.Prepare(&flag.User{Attributes: map[string]any{"id": "u1", "country": "DE"}})
	for _, feature := range set.Features() {
		fmt.Println(feature, set.Evaluate(feature, user).Value)
	}
	// Output: checkout one page
}

func ExampleSet_Redirect() {
	set, _ := flag.Parse([]byte(`{"experiments": [{"key": "home", "persistQueryString": true,
		"urlPatterns": [{"type": "simple", "pattern": "https://shop.example/"}],
		"variations": [{}, {"urlRedirect": "https://shop.example/new"}], "weights": [0, 1]}]}`), nil)
	r, ok := set.Redirect(&flag.User{URL: "https://shop.example/?utm_source=mail", Attributes: map[string]any{"id": "u1"}})
	fmt.Println(r.URL, ok)
	// Output: https://shop.example/new?utm_source=mail true
}

func ExampleReduce() {
	out, err := flag.Reduce([]byte(checkout), map[string]any{"id": "u1"}, &flag.ReduceOptions{Exclude: flag.PayloadFilter{Tags: []string{"server"}}})
	fmt.Println(len(out) < len(checkout), err)
	set, _ := flag.Parse(out, nil)
	fmt.Println(set.Evaluate("checkout", &flag.User{Attributes: map[string]any{"id": "u1", "country": "DE"}}).Value)
	// Output:
	// true <nil>
	// one page
}

func ExampleDecrypt() {
	out, err := flag.Decrypt("m5ylFM6ndyOJA2OPadubkw==.Uu7ViqgKEt/dWvCyhI46q088PkAEJbnXKf3KPZjf9IEQQ+A8fojNoxw4wIbPX3aj", "Zvwv/+uhpFDznZ6SX28Yjg==")
	fmt.Println(string(out), err)
	// Output: {"feature":{"defaultValue":true}} <nil>
}

func ExampleNewSticky() {
	sticky := flag.NewSticky(flag.StickyDocument{
		Attribute: "id", Value: "u1", Assignments: map[string]string{"checkout-test__0": "2"},
	})
	set, _ := flag.Parse([]byte(`{"features": {"checkout": {"rules": [{"key": "checkout-test",
		"variations": ["a", "b", "c"], "meta": [{"key": "0"}, {"key": "1"}, {"key": "2"}], "weights": [1, 0, 0]}]}}}`), nil)
	r := set.Evaluate("checkout", &flag.User{Attributes: map[string]any{"id": "u1"}, Sticky: sticky})
	fmt.Println(r.Value, r.Assignment.Reason)
	// Output: c sticky_bucket
}
