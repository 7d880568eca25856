package live_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/live"
)

// goldenEvents is goldens_events.json as far as it is about live segments;
// sessions and funnels are package funnel's, the heat map package heatmap's,
// attribution campaign/attribution's.
type goldenEvents struct {
	Identity    map[string]int            `json:"identity"`
	AtEnd       map[string]goldenSet      `json:"segments_at_end"`
	EveryFive   map[string]map[string]int `json:"segment_counts_every_5_days"`
	Transitions json.RawMessage           `json:"S01_transitions_total"`
	Traits      json.RawMessage           `json:"computed_traits"`
	Sessions    json.RawMessage           `json:"sessions_gap30m"`
	Campaign    json.RawMessage           `json:"sessions_campaign"`
	Ordered7d   json.RawMessage           `json:"funnel_ordered_7d"`
	Ordered1h   json.RawMessage           `json:"funnel_ordered_1h"`
	Ordered     json.RawMessage           `json:"funnel_ordered"`
	Adjacent    json.RawMessage           `json:"funnel_strict_adjacent"`
	Heatmap     json.RawMessage           `json:"heatmap_20x20"`
	Attributed  json.RawMessage           `json:"stream_attribution_30d"`
}

type goldenSet struct {
	Count  int      `json:"count"`
	SHA256 string   `json:"sha256_sorted_ids"`
	First  []string `json:"first5"`
}

// goldenSegments are the rules of the reference's README.
const goldenSegments = `{
"S01": {"leaves": {"n": {"events": ["view"], "window": "P7D"}}, "rule": {"n": {"$gte": 5}}},
"S02": {"leaves": {"p": {"events": ["purchase"], "window": "P30D"}, "r": {"events": ["refund"]}}, "rule": {"p": {"$gte": 1}, "r": 0}},
"S03": {"leaves": {"v": {"events": ["view"], "where": {"category": "shoes"}, "window": "P14D"}, "p": {"events": ["purchase"], "window": "P14D"}}, "rule": {"v": {"$gte": 2}, "p": 0}},
"S04": {"leaves": {"s": {"agg": "sequence", "steps": [{"events": ["view"]}, {"events": ["add_to_cart"], "within": "PT24H"}, {"events": ["checkout"], "within": "PT24H"}, {"events": ["purchase"], "within": "PT24H", "not": true}]}}, "rule": {"s": {"$gte": 1}}},
"S05": {"leaves": {"new": {"agg": "started", "window": "P10D"}}, "rule": {"new": true}},
"S06": {"leaves": {"gone": {"events": ["purchase"], "agg": "stopped", "window": "P45D", "until": "P15D"}}, "rule": {"gone": true}},
"S07": {"leaves": {"sum": {"events": ["purchase"], "agg": "sum", "window": "P60D"}}, "rule": {"sum": {"$gte": 200}}},
"S08": {"leaves": {"c": {"events": ["view"], "agg": "distinct", "of": "category"}}, "rule": {"c": {"$gte": 4}}},
"S09": {"leaves": {"n": {"events": ["purchase"]}, "mean": {"events": ["purchase"], "agg": "mean"}}, "rule": {"n": {"$gte": 2}, "mean": {"$gte": 80}}},
"S10": {"leaves": {"x": {"sample": "s10:"}}, "rule": {"x": {"$lt": 1000}}},
"S11": {"leaves": {"S01": {"segment": "S01"}, "S02": {"segment": "S02"}, "S03": {"segment": "S03"}}, "rule": {"$or": [{"S01": true}, {"S02": true}], "S03": false}},
"S12": {"leaves": {"new": {"events": ["purchase"], "agg": "started", "window": "P7D"}}, "rule": {"new": true}},
"S13": {"leaves": {"weeks": {"events": ["view"], "agg": "periods", "every": "P7D", "window": "P28D"}}, "rule": {"weeks": {"$gte": 3}}},
"S14": {"leaves": {"back": {"agg": "resumed", "window": "P7D", "gap": "P23D"}}, "rule": {"back": true}},
"S15": {"leaves": {"gone": {"agg": "stopped", "window": "P60D", "until": "P30D"}}, "rule": {"gone": true}},
"S16": {"leaves": {"touch": {"agg": "first", "of": "channel"}}, "rule": {"touch": {"$regex": "^Paid"}}},
"S17": {"leaves": {"twice": {"agg": "groups", "by": "product", "leaves": {"n": {"events": ["purchase"]}}, "rule": {"n": {"$gte": 2}}}}, "rule": {"twice": {"$gte": 1}}},
"S18": {"leaves": {"loved": {"agg": "groups", "by": "product", "leaves": {"v": {"events": ["view"], "window": "P7D"}, "p": {"events": ["purchase"]}}, "rule": {"v": {"$gte": 3}, "p": 0}}}, "rule": {"loved": {"$gte": 1}}}
}`

func golden(t testing.TB) []live.Definition {
	var byName map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(goldenSegments), &byName))
	var defs []live.Definition
	for name, src := range byName {
		d, err := live.ParseDefinition([]byte(`{"name": "` + name + `", ` + string(src[1:])))
		require.NoError(t, err)
		defs = append(defs, d)
	}
	slices.SortFunc(defs, func(a, b live.Definition) int { return strings.Compare(a.Name, b.Name) })
	return defs
}

func TestReference(t *testing.T) {
	var want goldenEvents
	decoder := json.NewDecoder(bytes.NewReader(testkit.Reference(t, "segment", "goldens_events.json")))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&want))

	entries := recorded(t)
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	e := live.New(&live.Options{Anonymous: true})
	defs := golden(t)
	require.NoError(t, e.Define(start, nil, defs...))
	known := map[string]bool{}
	for _, d := range defs {
		known[d.Name] = true
	}
	name := func(golden string) string {
		require.True(t, known[golden[:3]], "a segment that this test does not know: %s", golden)
		return golden[:3]
	}
	// "Identity: final links" means that also the counts of day 5 know who will log in on day 50.
	for _, entry := range entries {
		if entry.Customer != "" {
			require.NoError(t, e.Link(entry.Visitor, entry.Customer, entry.Time, start))
		}
	}
	next := 0
	var told []live.Transition
	for d := 5; d <= 60; d += 5 {
		now := start.AddDate(0, 0, d)
		for next < len(entries) && !entries[next].Time.After(now) {
			require.NoError(t, e.Feed(&entries[next]))
			next++
		}
		done, err := e.Advance(now, -1)
		require.NoError(t, err)
		require.True(t, done)
		told = append(told, e.Changes()...)
		for segment, count := range want.EveryFive[strconv.Itoa(d)] {
			t.Run(fmt.Sprintf("day=%d/%s", d, segment), func(t *testing.T) {
				size, err := e.Size(name(segment))
				require.NoError(t, err)
				require.Equal(t, count, size)
			})
		}
	}
	require.Equal(t, len(entries), next)
	for segment, set := range want.AtEnd {
		t.Run("end/"+segment, func(t *testing.T) {
			members, err := e.Members(name(segment))
			require.NoError(t, err)
			ids := slices.Sorted(members)
			require.Len(t, ids, set.Count)
			require.Equal(t, set.First, ids[:min(len(ids), len(set.First))])
			require.Equal(t, set.SHA256, fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(ids, "\n")))))
		})
	}
	if len(want.Transitions) > 0 {
		t.Run("S01_transitions_total", func(t *testing.T) {
			n := map[bool]int{}
			for _, x := range told {
				if x.Segment == "S01" {
					n[x.Enter]++
				}
			}
			var total int
			if json.Unmarshal(want.Transitions, &total) == nil {
				require.Equal(t, total, n[true]+n[false])
				return
			}
			var each map[string]int
			require.NoError(t, json.Unmarshal(want.Transitions, &each))
			for what, count := range each {
				require.Contains(t, []string{"enter", "exit"}, what)
				require.Equal(t, count, n[what == "enter"])
			}
		})
	}
	if want.Identity != nil {
		t.Run("identity", func(t *testing.T) { identity(t, want.Identity, entries) })
	}
}

// identity counts persons by engines whose only segment is everybody.
func identity(t *testing.T, want map[string]int, entries []live.Entry) {
	everybody := live.Definition{Name: "all", Leaves: map[string]live.Leaf{"n": {}}, Rule: json.RawMessage(`{"n": {"$gte": 1}}`)}
	size := func(anonymous bool) (int, *live.Engine) {
		e := live.New(&live.Options{Anonymous: anonymous})
		require.NoError(t, e.Define(entries[0].Time, nil, everybody))
		for i := range entries {
			require.NoError(t, e.Feed(&entries[i]))
		}
		n, err := e.Size("all")
		require.NoError(t, err)
		return n, e
	}
	persons, e := size(true)
	named, _ := size(false)
	devices, linked, users, conflicts, moved := map[flywheel.VisitorID]bool{}, map[flywheel.VisitorID]bool{}, map[string]int{}, 0, 0
	for _, entry := range entries {
		owner, ok := e.Owner(entry.Visitor)
		if !devices[entry.Visitor] && ok {
			linked[entry.Visitor] = true
			users[string(owner)]++
		}
		devices[entry.Visitor] = true
		if ok && entry.Customer == "" {
			moved++
		}
	}
	seen := map[[2]string]bool{}
	for _, entry := range entries {
		owner, _ := e.Owner(entry.Visitor)
		pair := [2]string{string(entry.Visitor), string(entry.Customer)}
		if entry.Customer != "" && owner != entry.Customer && !seen[pair] {
			seen[pair] = true
			conflicts++
		}
	}
	several := 0
	for _, n := range users {
		if n >= 2 {
			several++
		}
	}
	got := map[string]int{"rows": len(entries), "anon_ids": len(devices), "linked_anon_ids": len(linked), "persons": persons, "known_persons": named,
		"anonymous_persons": persons - named, "users_with_2plus_devices": several, "identify_conflicts": conflicts, "rows_reassigned_to_known": moved}
	for what, n := range want {
		require.Contains(t, got, what)
		require.Equal(t, n, got[what], what)
	}
}
