package funnel_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/funnel"
	"github.com/flywheel-go/flywheel/segment/live"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func did(minutes int, who, name string) funnel.Event {
	return funnel.Event{Who: who, Name: name, At: noon.Add(time.Duration(minutes) * time.Minute), Order: uint64(minutes)}
}

var few = []funnel.Event{did(0, "ann", "view"), did(5, "ann", "cart"), did(9, "ann", "buy"), did(0, "bob", "view"), did(90, "bob", "view"), did(91, "bob", "cart")}

func steps(names ...string) []funnel.Step {
	var s []funnel.Step
	for _, n := range names {
		s = append(s, funnel.Step{Names: []string{n}})
	}
	return s
}

func Example() {
	result, err := funnel.Run(few, funnel.Funnel{Steps: steps("view", "cart", "buy"), Window: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Counts, result.Rate(), result.Median())
	// Output: [2 2 1] 0.5 9m0s
}

func ExampleFunnel() {
	exclude := []funnel.Exclusion{{Names: []string{"cart"}, After: 0}}
	var mode funnel.Mode = funnel.Ordered
	result, err := funnel.Run(few, funnel.Funnel{Steps: steps("view", "buy"), Mode: mode, Exclude: exclude, Breakdown: true})
	var all *funnel.Result = result
	fmt.Println(all.Counts, all.ByLabel[""].Counts, err)
	// Output: [2 0] [2 0] <nil>
}

func ExampleSessions() {
	sessions, err := funnel.Sessions(few, funnel.SessionOptions{Gap: 30 * time.Minute})
	for _, s := range sessions {
		fmt.Println(s.Who, len(s.Events), s.Duration())
	}
	fmt.Println(err)
	// Output:
	// ann 3 9m0s
	// bob 1 0s
	// bob 2 1m0s
	// <nil>
}

func ExamplePaths() {
	sessions, _ := funnel.Sessions(few, funnel.SessionOptions{Gap: 30 * time.Minute})
	paths, _ := funnel.Paths(few, sessions, "view", 2)
	for _, p := range paths {
		fmt.Println(p.Names, p.Count)
	}
	edges, _ := funnel.Edges(few, sessions)
	fmt.Println(edges[0].From, edges[0].To, edges[0].Count)
	// Output:
	// [view cart] 2
	// [view] 1
	// view cart 2
}

// recorded reads events.csv.gz, by person as the library resolves it, and by device.
func recorded(t testing.TB) (byPerson, byDevice []funnel.Event, rows [][]string) {
	file, err := os.Open(testkit.Data(t, "segment/events.csv.gz"))
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	rows, err = csv.NewReader(unzipped).ReadAll()
	require.NoError(t, err)
	rows = rows[1:]
	slices.SortStableFunc(rows, func(a, b []string) int {
		x, err := strconv.Atoi(a[1])
		require.NoError(t, err)
		y, err := strconv.Atoi(b[1])
		require.NoError(t, err)
		return x - y
	})
	links := live.New(nil)
	at := func(row []string) time.Time {
		ts, err := strconv.ParseInt(row[1], 10, 64)
		require.NoError(t, err)
		return time.Unix(ts, 0)
	}
	for _, row := range rows {
		entry := live.Entry{Event: flywheel.Event{ID: row[0], Name: row[4], Time: at(row), Visitor: flywheel.VisitorID(row[2]), Customer: flywheel.CustomerID(row[3])}}
		require.NoError(t, links.Apply(&entry, entry.Time))
	}
	for _, row := range rows {
		order, err := strconv.ParseUint(row[0], 10, 64)
		require.NoError(t, err)
		e := funnel.Event{Who: row[2], Name: row[4], At: at(row), Order: order, Label: row[5]}
		if row[8] != "" {
			e.Campaign = strings.Join(row[8:11], "|")
		}
		byDevice = append(byDevice, e)
		if owner, ok := links.Owner(flywheel.VisitorID(row[2])); row[3] != "" {
			e.Who = row[3]
		} else if ok {
			e.Who = string(owner)
		}
		byPerson = append(byPerson, e)
	}
	return byPerson, byDevice, rows
}

func TestReference(t *testing.T) {
	var sections map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "segment", "goldens_events.json"), &sections))
	byPerson, byDevice, _ := recorded(t)
	for name, raw := range sections {
		switch {
		case strings.HasPrefix(name, "sessions_"):
			t.Run(name, func(t *testing.T) { goldenSessions(t, raw, byDevice, strings.Contains(name, "campaign")) })
		case strings.HasPrefix(name, "funnel_"):
			t.Run(name, func(t *testing.T) { goldenFunnel(t, raw, byPerson, name) })
		}
	}
}

func goldenSessions(t *testing.T, raw json.RawMessage, events []funnel.Event, campaign bool) {
	var want struct {
		Sessions int     `json:"sessions"`
		Single   *int    `json:"single_event_sessions"`
		Duration float64 `json:"mean_duration_s"`
		Events   float64 `json:"mean_events"`
		Max      int     `json:"max_events"`
		Purchase *int    `json:"sessions_with_purchase"`
		Entry    [][]any `json:"entry_product_top5"`
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&want))
	sessions, err := funnel.Sessions(events, funnel.SessionOptions{Gap: 30 * time.Minute, Campaign: campaign})
	require.NoError(t, err)
	require.Len(t, sessions, want.Sessions)
	single, longest, purchases, seconds := 0, 0, 0, 0.0
	entries := map[string]int{}
	for _, s := range sessions {
		if len(s.Events) == 1 {
			single++
		}
		longest = max(longest, len(s.Events))
		seconds += s.Duration().Seconds()
		if slices.ContainsFunc(s.Events, func(i int) bool { return events[i].Name == "purchase" }) {
			purchases++
		}
		entries[events[s.Events[0]].Label]++
	}
	if want.Single != nil {
		require.Equal(t, *want.Single, single)
	}
	if want.Duration != 0 {
		require.InEpsilon(t, want.Duration, seconds/float64(len(sessions)), 1e-12)
	}
	if want.Events != 0 {
		require.InEpsilon(t, want.Events, float64(len(events))/float64(len(sessions)), 1e-12)
	}
	if want.Max != 0 {
		require.Equal(t, want.Max, longest)
	}
	if want.Purchase != nil {
		require.Equal(t, *want.Purchase, purchases)
	}
	for _, e := range want.Entry {
		require.EqualValues(t, e[1], entries[e[0].(string)], e[0])
	}
}

func goldenFunnel(t *testing.T, raw json.RawMessage, events []funnel.Event, name string) {
	var want struct {
		Steps      []string `json:"steps"`
		Counts     []int    `json:"counts"`
		Median     float64  `json:"median_time_first_conversion_s"`
		Converters int      `json:"converters"`
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&want))
	f := funnel.Funnel{Steps: steps(want.Steps...)}
	switch rest := strings.TrimPrefix(name, "funnel_"); {
	case strings.HasPrefix(rest, "strict"):
		f.Mode = funnel.Strict
	case strings.HasPrefix(rest, "ordered_"):
		text := strings.TrimPrefix(rest, "ordered_")
		if days, ok := strings.CutSuffix(text, "d"); ok {
			n, err := strconv.Atoi(days)
			require.NoError(t, err)
			text = strconv.Itoa(24*n) + "h"
		}
		window, err := time.ParseDuration(text)
		require.NoError(t, err)
		f.Window = window
	default:
		require.Fail(t, "a funnel that this test does not know")
	}
	r, err := funnel.Run(events, f)
	require.NoError(t, err)
	require.Equal(t, want.Counts, r.Counts)
	if want.Converters != 0 {
		require.Len(t, r.Times, want.Converters)
		require.Equal(t, want.Median, r.Median().Seconds())
	}
}

// TestAgainstTrying compares ordered funnels with trying every start and every chain.
func TestAgainstTrying(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 300 {
		var events []funnel.Event
		for i := range 1 + r.IntN(14) {
			events = append(events, funnel.Event{Who: "p", Name: string(rune('a' + r.IntN(4))), At: noon.Add(time.Duration(r.IntN(20)) * time.Minute), Order: uint64(i)})
		}
		f := funnel.Funnel{Steps: steps("a", "b", "c")[:1+r.IntN(3)], Window: time.Duration(1+r.IntN(12)) * time.Minute}
		if len(f.Steps) > 1 && r.IntN(2) == 0 {
			f.Exclude = []funnel.Exclusion{{Names: []string{"d"}, After: r.IntN(len(f.Steps) - 1)}}
		}
		result, err := funnel.Run(events, f)
		require.NoError(t, err)
		slices.SortFunc(events, func(a, b funnel.Event) int {
			if c := a.At.Compare(b.At); c != 0 {
				return c
			}
			return int(a.Order) - int(b.Order)
		})
		deepest := 0
		var try func(last, step int, start time.Time)
		try = func(last, step int, start time.Time) {
			deepest = max(deepest, step)
			if step == len(f.Steps) {
				return
			}
			for i := last + 1; i < len(events); i++ {
				if len(f.Exclude) > 0 && f.Exclude[0].After == step-1 && events[i].Name == "d" {
					return
				}
				if events[i].Name == f.Steps[step].Names[0] && events[i].At.Sub(start) <= f.Window {
					try(i, step+1, start)
				}
			}
		}
		for i := range events {
			if events[i].Name == "a" {
				try(i, 1, events[i].At)
			}
		}
		depth := 0
		for _, n := range result.Counts {
			depth += n
		}
		require.Equal(t, deepest, depth, "%v %v", f, events)
	}
}

func TestModesAndEnds(t *testing.T) {
	r, err := funnel.Run([]funnel.Event{did(0, "a", "buy"), did(3, "a", "view"), did(99, "b", "buy")}, funnel.Funnel{Steps: steps("view", "buy"), Mode: funnel.AnyOrder, Window: 5 * time.Minute})
	require.NoError(t, err)
	require.Equal(t, []int{2, 1}, r.Counts)
	require.Equal(t, 3*time.Minute, r.Median())
	late := []funnel.Event{did(11*60+50, "a", "view"), did(12*60+10, "a", "view"), {Who: "a", Name: "view", At: noon.Add(12*time.Hour + 11*time.Minute), Campaign: "x"}}
	for n, opts := range map[int]funnel.SessionOptions{1: {Gap: time.Hour}, 2: {Gap: time.Hour, Midnight: time.UTC}, 3: {Gap: time.Hour, Midnight: time.UTC, Campaign: true}} {
		s, err := funnel.Sessions(late, opts)
		require.NoError(t, err)
		require.Len(t, s, n)
	}
	for what, f := range map[string]funnel.Funnel{"none": {}, "nameless": {Steps: []funnel.Step{{}}}, "negative": {Steps: steps("a"), Window: -1}, "mode": {Steps: steps("a"), Mode: 9},
		"exclusion": {Steps: steps("a", "b"), Exclude: []funnel.Exclusion{{Names: []string{"x"}, After: 1}}}, "strict": {Steps: steps("a", "b"), Mode: funnel.Strict, Exclude: []funnel.Exclusion{{Names: []string{"x"}}}},
		"hundred": {Steps: make([]funnel.Step, 100)}} {
		_, err := funnel.Run(few, f)
		require.Error(t, err, what)
	}
	_, err = funnel.Run([]funnel.Event{{}}, funnel.Funnel{Steps: steps("a")})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = funnel.Sessions(few, funnel.SessionOptions{})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = funnel.Paths(few, []funnel.Session{{Events: []int{99}}}, "", 3)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = funnel.Paths(few, nil, "", 0)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}
