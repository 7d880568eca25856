package segment_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// goldenEvents is goldens_events.json as far as profiles and live segments can
// answer it: sessions, funnels, the heatmap and attribution are other packages'.
type goldenEvents struct {
	Identity    map[string]int            `json:"identity"`
	AtEnd       map[string]goldenSet      `json:"segments_at_end"`
	EveryFive   map[string]map[string]int `json:"segment_counts_every_5_days"`
	Traits      map[string]goldenTraits   `json:"computed_traits"`
	Transitions json.RawMessage           `json:"S01_transitions_total"`
	Sessions    json.RawMessage           `json:"sessions_gap30m"`
	Ordered7d   json.RawMessage           `json:"funnel_ordered_7d"`
	Ordered1h   json.RawMessage           `json:"funnel_ordered_1h"`
	Adjacent    json.RawMessage           `json:"funnel_strict_adjacent"`
	Heatmap     json.RawMessage           `json:"heatmap_20x20"`
	Attributed  json.RawMessage           `json:"stream_attribution_30d"`
}

type goldenSet struct {
	Count  int      `json:"count"`
	SHA256 string   `json:"sha256_sorted_ids"`
	First  []string `json:"first5"`
}

type goldenTraits struct {
	Events     float64  `json:"events"`
	Orders     float64  `json:"orders"`
	Revenue    float64  `json:"revenue"`
	MaxOrder   float64  `json:"max_order"`
	FirstSeen  int64    `json:"first_seen"`
	LastSeen   int64    `json:"last_seen"`
	First      string   `json:"first_source"`
	Last       string   `json:"last_source"`
	Category   string   `json:"top_category"`
	Categories []string `json:"categories"`
	Products   float64  `json:"distinct_products"`
}

// goldenRules are the reference's segments in terms of profiles; those without a
// rule ask for sequences, windows or samples, which profiles do not keep.
var goldenRules = map[string]string{
	"S01": "", "S03": "", "S04": "", "S10": "", "S11": "", "S13": "", "S14": "", "S16": "", "S17": "", "S18": "",
	"S02": `{"days_since_last_purchase": {"$lt": 30}, "refunds": 0}`,
	"S05": `{"days_since_first_seen": {"$lt": 10}}`,
	"S06": `{"days_since_last_purchase": {"$gte": 15, "$lt": 45}}`,
	"S07": `{"revenue": {"$gte": 200}}`,
	"S08": `{"viewed_categories": {"$gte": 4}}`,
	"S12": `{"days_since_first_purchase": {"$lt": 7}}`,
	"S15": `{"days_since_last_seen": {"$gte": 30, "$lt": 60}}`,
}

// recorded reads events.csv.gz: one event per row, each of the person that the
// device's links, also later ones, lead to.
func recorded(t testing.TB) []flywheel.Event {
	file, err := os.Open(testkit.Data(t, "segment/events.csv.gz"))
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(unzipped).ReadAll()
	require.NoError(t, err)
	require.Equal(t, "seq,ts,anon_id,user_id,event,product,category,value,utm_source,utm_medium,utm_campaign,x,y", strings.Join(rows[0], ","))
	rows = rows[1:]
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		require.NoError(t, err)
		return n
	}
	slices.SortStableFunc(rows, func(a, b []string) int { return int(number(a[1]) - number(b[1])) })
	users := map[string]string{} // by device
	for _, row := range rows {
		if device, user := row[2], row[3]; user != "" && users[device] == "" {
			users[device] = user
		}
	}
	names := map[string]string{"view": flywheel.EventViewItem, "checkout": flywheel.EventBeginCheckout}
	events := make([]flywheel.Event, len(rows))
	for i, row := range rows {
		person := row[3]
		if person == "" {
			person = users[row[2]]
		}
		if person == "" {
			person = row[2]
		}
		e := flywheel.Event{ID: row[0], Time: time.Unix(number(row[1]), 0), Customer: flywheel.CustomerID(person), Name: row[4], Properties: map[string]any{}}
		if name, ok := names[e.Name]; ok {
			e.Name = name
		}
		for property, column := range map[string]int{"product": 5, "category": 6, "source": 8} {
			if row[column] != "" {
				e.Properties[property] = row[column]
			}
		}
		if row[7] != "" {
			value, err := strconv.ParseFloat(row[7], 64)
			require.NoError(t, err)
			e.Value = money.New(int64(math.Round(value*100)), money.EUR)
		}
		events[i] = e
	}
	return events
}

func TestReference(t *testing.T) {
	var want goldenEvents
	decoder := json.NewDecoder(bytes.NewReader(testkit.Reference(t, "segment", "goldens_events.json")))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&want))

	var definitions []segment.Definition
	ruleOf := func(name string) string {
		source, known := goldenRules[name[:3]]
		require.True(t, known, "a segment that this test does not know: %s", name)
		return source
	}
	for name := range want.AtEnd {
		if source := ruleOf(name); source != "" {
			definitions = append(definitions, segment.Definition{Name: name, Rule: json.RawMessage(source)})
		}
	}
	view := []string{flywheel.EventViewItem}
	profiles := newWorld(t, &segment.ProfileOptions{Segments: definitions, Traits: []segment.Trait{
		{Name: "max_order", Kind: segment.Max, Events: []string{flywheel.EventPurchase}},
		{Name: "first_source", Kind: segment.First, Property: "source"},
		{Name: "last_source", Kind: segment.Last, Property: "source"},
		{Name: "top_category", Kind: segment.MostFrequent, Events: view, Property: "category"},
		{Name: "categories", Kind: segment.Values, Events: view, Property: "category"},
		{Name: "viewed_categories", Kind: segment.Distinct, Events: view, Property: "category"},
		{Name: "distinct_products", Kind: segment.Distinct, Property: "product"},
	}})
	events := recorded(t)
	require.Len(t, events, want.Identity["rows"])

	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	next := 0
	for d := 5; d <= 60; d += 5 {
		now := start.AddDate(0, 0, d)
		first := next
		for next < len(events) && !events[next].Time.After(now) {
			next++
		}
		for batch := range slices.Chunk(events[first:next], 500) {
			profiles.publish(t, batch...)
		}
		profiles.pass(t, now)
		for name, count := range want.EveryFive[strconv.Itoa(d)] {
			if ruleOf(name) == "" {
				continue
			}
			t.Run(fmt.Sprintf("day=%d/%s", d, name), func(t *testing.T) {
				require.Len(t, members(t, profiles.Profiles, name), count)
			})
		}
	}
	require.Equal(t, len(events), next)
	for name, set := range want.AtEnd {
		if ruleOf(name) == "" {
			continue
		}
		t.Run("end/"+name, func(t *testing.T) {
			var ids []string
			for _, id := range members(t, profiles.Profiles, name) {
				ids = append(ids, string(id))
			}
			slices.Sort(ids)
			require.Len(t, ids, set.Count)
			require.Equal(t, set.First, ids[:len(set.First)])
			require.Equal(t, set.SHA256, fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(ids, "\n")))))
		})
	}
	for person, c := range want.Traits {
		t.Run("traits/"+person, func(t *testing.T) {
			profile, err := profiles.Get(t.Context(), flywheel.CustomerID(person))
			require.NoError(t, err)
			got := profiles.Attributes(&profile, start)
			if c.MaxOrder == 0 {
				require.Nil(t, got["max_order"])
				got["max_order"] = 0.0
			}
			var categories []string
			for _, value := range got["categories"].([]any) {
				categories = append(categories, value.(string))
			}
			require.Equal(t, c, goldenTraits{got["events"].(float64), got["orders"].(float64), got["revenue"].(float64), got["max_order"].(float64),
				profile.FirstSeen.Unix(), profile.LastSeen.Unix(), got["first_source"].(string), got["last_source"].(string),
				got["top_category"].(string), categories, got["distinct_products"].(float64)})
		})
	}
}
