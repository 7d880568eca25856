package flag

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/internal/unittext"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// suite is GrowthBook's conformance suite, spec 0.12.0. Its cases are
// positional: the name first, but for hash and getEqualWeights. Conditions
// (evalCondition, pruneCondition) are tested in segment/rule.
type suite struct {
	Hash                       [][]json.RawMessage `json:"hash"`
	GetBucketRange             [][]json.RawMessage `json:"getBucketRange"`
	ChooseVariation            [][]json.RawMessage `json:"chooseVariation"`
	GetEqualWeights            [][]json.RawMessage `json:"getEqualWeights"`
	InNamespace                [][]json.RawMessage `json:"inNamespace"`
	Feature                    [][]json.RawMessage `json:"feature"`
	Run                        [][]json.RawMessage `json:"run"`
	GetQueryStringOverride     [][]json.RawMessage `json:"getQueryStringOverride"`
	URLRedirect                [][]json.RawMessage `json:"urlRedirect"`
	StickyBucket               [][]json.RawMessage `json:"stickyBucket"`
	Decrypt                    [][]json.RawMessage `json:"decrypt"`
	ContextualBandit           [][]json.RawMessage `json:"contextualBandit"`
	ReducePayload              [][]json.RawMessage `json:"reducePayload"`
	SavedGroupReferencesV2     groupSection        `json:"savedGroupReferencesV2"`
	SavedGroupReferencesRemote groupSection        `json:"savedGroupReferencesRemote"`
}

type groupSection struct {
	Feature [][]json.RawMessage `json:"feature"`
	Run     [][]json.RawMessage `json:"run"`
}

func TestReference(t *testing.T) {
	data := testkit.PublicReference(t, "experiment", "growthbook_cases.json")
	var s suite
	require.NoError(t, json.Unmarshal(data, &s))
	for _, section := range []struct {
		name  string
		cases [][]json.RawMessage
		count int
		run   func(t *testing.T, c []json.RawMessage)
	}{
		{"hash", s.Hash, 27, hashCase},
		{"getBucketRange", s.GetBucketRange, 13, rangeCase},
		{"chooseVariation", s.ChooseVariation, 13, chooseCase},
		{"getEqualWeights", s.GetEqualWeights, 6, equalCase},
		{"inNamespace", s.InNamespace, 16, namespaceCase},
		{"feature", s.Feature, 61, featureCase},
		{"run", s.Run, 88, runCase},
		{"getQueryStringOverride", s.GetQueryStringOverride, 16, overrideCase},
		{"urlRedirect", s.URLRedirect, 4, redirectCase},
		{"stickyBucket", s.StickyBucket, 13, stickyCase},
		{"decrypt", s.Decrypt, 10, decryptCase},
		{"contextualBandit", s.ContextualBandit, 35, featureCase},
		{"reducePayload", s.ReducePayload, 29, reduceCase},
		{"savedGroupReferencesV2/feature", s.SavedGroupReferencesV2.Feature, 4, featureCase},
		{"savedGroupReferencesV2/run", s.SavedGroupReferencesV2.Run, 4, runCase},
		{"savedGroupReferencesRemote/feature", s.SavedGroupReferencesRemote.Feature, 3, featureCase},
	} {
		t.Run(section.name, func(t *testing.T) {
			require.True(t, testkit.Overridden() || len(section.cases) == section.count, "%d cases", len(section.cases))
			for i, c := range section.cases {
				name := fmt.Sprintf("%03d", i)
				var text string
				if json.Unmarshal(c[0], &text) == nil {
					name += " " + text
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					section.run(t, c)
				})
			}
		})
	}
}

// read decodes the elements of a case from the given one on.
func read(t *testing.T, c []json.RawMessage, from int, into ...any) {
	t.Helper()
	require.Len(t, c, from+len(into))
	for i, v := range into {
		require.NoError(t, json.Unmarshal(c[from+i], v), "element %d: %s", from+i, c[from+i])
	}
}

func hashCase(t *testing.T, c []json.RawMessage) {
	var seed, unit string
	var version experiment.HashVersion
	var want *float64
	read(t, c, 0, &seed, &unit, &version, &want)
	h := newHasher(seed, version, experiment.HashV1)
	require.Equal(t, want == nil, h.unknown)
	if want != nil {
		require.Equal(t, *want, h.Bucket(unit))
		require.Equal(t, *want, experiment.Bucket(seed, unit, version))
	}
}

func rangeCase(t *testing.T, c []json.RawMessage) {
	var in []json.RawMessage
	var want []experiment.Range
	read(t, c, 1, &in, &want)
	var n int
	var coverage float64
	var weights []float64
	read(t, in, 0, &n, &coverage, &weights)
	got := ranges(n, coverage, weights)
	require.Len(t, got, len(want))
	for i := range want {
		for end := range want[i] { // the cases are rounded
			require.InDelta(t, want[i][end], got[i][end], 1e-6)
		}
	}
}

func chooseCase(t *testing.T, c []json.RawMessage) {
	var bucket float64
	var ranges []experiment.Range
	var want int
	read(t, c, 1, &bucket, &ranges, &want)
	require.Equal(t, want, experiment.Choose(bucket, ranges))
}

func equalCase(t *testing.T, c []json.RawMessage) {
	var n int
	var want []float64
	read(t, c, 0, &n, &want)
	got := equalWeights(n)
	require.Len(t, got, len(want))
	for i := range want { // the cases are rounded
		require.InDelta(t, want[i], got[i], 1e-8)
	}
}

func namespaceCase(t *testing.T, c []json.RawMessage) {
	var unit string
	var n Namespace
	var want bool
	read(t, c, 1, &unit, &n, &want)
	x := (&compiler{set: &Set{}}).experiment("x", Experiment{Key: "x", Namespace: &n})
	require.Equal(t, want, x.layer.Holds(x.namespace.Bucket(unit)))
}

// world is the context of a case.
type world struct {
	Features    json.RawMessage `json:"features,omitempty"`
	Groups      json.RawMessage `json:"savedGroups,omitempty"`
	Bandits     json.RawMessage `json:"contextualBandits,omitempty"`
	Experiments json.RawMessage `json:"experiments,omitempty"`

	Attributes map[string]any `json:"attributes"`
	URL        string         `json:"url"`
	Forced     map[string]int `json:"forcedVariations"`
	QA         bool           `json:"qaMode"`
	Enabled    *bool          `json:"enabled"`
	Remote     *[]any         `json:"remoteGroupIds"`
	// No library needs this one: the cases give it empty.
	StickyDocs map[string]any `json:"stickyBucketAssignmentDocs"`
}

func readWorld(t *testing.T, raw json.RawMessage) (*Set, *User) {
	t.Helper()
	var w world
	require.NoError(t, json.Unmarshal(raw, &w))
	set, err := Parse(raw, nil)
	require.NoError(t, err)
	u := &User{Attributes: w.Attributes, URL: w.URL, Forced: w.Forced, QA: w.QA, Off: w.Enabled != nil && !*w.Enabled}
	if w.Remote != nil {
		u = u.WithRemoteGroups(*w.Remote)
	}
	return set, u
}

// requireAgree compares a result with what a case tells of it: what the case
// does not tell is missing or zero.
func requireAgree(t *testing.T, want json.RawMessage, got any) {
	t.Helper()
	var w, g map[string]any
	require.NoError(t, json.Unmarshal(want, &w))
	out, err := json.Marshal(got)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(out, &g))
	for key, value := range w {
		if object, ok := value.(map[string]any); ok && (key == "experiment" || key == "experimentResult") {
			raw, err := json.Marshal(object)
			require.NoError(t, err)
			requireAgree(t, raw, g[key])
			continue
		}
		if f, ok := value.(float64); ok && key == "hashValue" {
			value = unittext.Of(f) // what is hashed is a text
		}
		require.Equal(t, value, g[key], "%s in %s", key, out)
	}
	for _, key := range []string{"leafId", "variationWeights", "banditVersion", "contextualBandit", "bucket", "experiment", "name", "passthrough"} {
		if _, told := w[key]; !told {
			require.NotContains(t, g, key, "%s", out)
		}
	}
}

func featureCase(t *testing.T, c []json.RawMessage) {
	set, user := readWorld(t, c[1])
	var id string
	var want json.RawMessage
	read(t, c, 2, &id, &want)
	got := set.Evaluate(id, user)
	requireAgree(t, want, got)
	require.Equal(t, got, set.Trace(id, user).Result, "traced")
	require.Equal(t, got, set.Evaluate(id, set.Prepare(user)), "prepared")
}

func runCase(t *testing.T, c []json.RawMessage) {
	set, user := readWorld(t, c[1])
	var def Experiment
	var value any
	var in, hash bool
	read(t, c, 2, &def, &value, &in, &hash)
	k := compiler{set: &Set{features: set.features}, groups: set.groups, paths: map[string]rule.Type{}}
	compiled := k.experiment(def.Key, def)
	got := set.Run(&Compiled{compiled}, user)
	require.Equal(t, value, got.Value)
	require.Equal(t, in, got.In)
	require.Equal(t, hash, got.Hash)
	require.NotEmpty(t, got.Reason)
}

func overrideCase(t *testing.T, c []json.RawMessage) {
	var key, page string
	var variations int
	var want *int
	read(t, c, 1, &key, &page, &variations, &want)
	got, ok := queryOverride(key, page, variations)
	require.Equal(t, want != nil, ok)
	if ok {
		require.Equal(t, *want, got)
	}
}

func redirectCase(t *testing.T, c []json.RawMessage) {
	set, user := readWorld(t, c[1])
	var want []struct {
		In       bool   `json:"inExperiment"`
		Redirect string `json:"urlRedirect"`
		URL      string `json:"urlWithParams"`
	}
	read(t, c, 2, &want)
	require.Len(t, want, 1)
	got, ok := set.Redirect(user)
	require.True(t, ok)
	require.Equal(t, want[0].URL, got.URL)
	require.Equal(t, want[0].In, got.Assignment.In)
	require.Equal(t, want[0].Redirect, got.Assignment.Value.(map[string]any)["urlRedirect"])
}

func stickyCase(t *testing.T, c []json.RawMessage) {
	set, user := readWorld(t, c[1])
	var documents []StickyDocument
	var id string
	var want json.RawMessage
	var after map[string]StickyDocument
	read(t, c, 2, &documents, &id, &want, &after)
	// A store is asked for the user's own documents.
	user.Sticky = NewSticky()
	for _, d := range documents {
		if user.Attributes[d.Attribute] == d.Value {
			user.Sticky = NewSticky(append(user.Sticky.Documents(), d)...)
		}
	}
	before := user.Sticky.Documents()
	got := set.Evaluate(id, user)
	if string(want) == "null" {
		require.False(t, got.Assignment.In)
		require.Equal(t, DefaultValue, got.Source)
	} else {
		requireAgree(t, want, got.Assignment)
	}
	kept := map[string]StickyDocument{}
	for _, d := range user.Sticky.Documents() {
		kept[d.Attribute+"||"+d.Value] = d
	}
	require.Equal(t, after, kept)
	changed := maps.Clone(kept)
	for _, d := range before {
		if len(d.Assignments) == len(kept[d.Attribute+"||"+d.Value].Assignments) {
			delete(changed, d.Attribute+"||"+d.Value)
		}
	}
	require.Len(t, user.Sticky.Changed(), len(changed))
}

func decryptCase(t *testing.T, c []json.RawMessage) {
	var encrypted, key string
	var want *string
	read(t, c, 1, &encrypted, &key, &want)
	got, err := Decrypt(encrypted, key)
	if want == nil {
		require.ErrorIs(t, err, ErrKey)
		return
	}
	require.NoError(t, err)
	require.Equal(t, *want, string(got))
}

func reduceCase(t *testing.T, c []json.RawMessage) {
	var in struct {
		Payload       json.RawMessage
		Attributes    map[string]any
		Global        map[string]any `json:"globalAttributes"`
		Include       PayloadFilter
		Exclude       PayloadFilter
		Prerequisites string
	}
	var want json.RawMessage
	read(t, c, 1, &in, &want)
	known := map[string]any{}
	maps.Copy(known, in.Global)
	maps.Copy(known, in.Attributes)
	got, err := Reduce(in.Payload, known, &ReduceOptions{
		Include: in.Include, Exclude: in.Exclude, DropPrerequisites: in.Prerequisites == "filter",
	})
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
	again, err := Reduce(got, known, nil)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(again), "reducing what is reduced")
}
