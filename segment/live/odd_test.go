package live_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/live"
)

// TestOddDefinitions: every refusal is a *DefinitionError of a kind, names the place, and
// leaves the engine as it was.
func TestOddDefinitions(t *testing.T) {
	hundred := strings.TrimSuffix(strings.Repeat(`{"events": ["a"]},`, 100), ",")
	for what, c := range map[string]struct {
		leaf, rule string
		kind       error
		path       string
	}{
		"unknown operator":       {`{}`, `{"n": {"$near": 1}}`, flywheel.ErrInvalid, "rule"},
		"unknown leaf":           {`{}`, `{"m": 1}`, flywheel.ErrInvalid, "rule"},
		"never met":              {`{}`, `{"n": {"$gte": "five"}}`, flywheel.ErrInvalid, "rule"},
		"no window":              {`{"window": "PT0S"}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.window"},
		"thousand years":         {`{"window": "P365000D"}`, `{"n": 1}`, flywheel.ErrOutOfRange, "leaves.n.window"},
		"months":                 {`{"window": "P1M"}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.window"},
		"until after window":     {`{"window": "P1D", "until": "P2D"}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.until"},
		"calendar of hours":      {`{"window": "PT5H", "calendar": true}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.window"},
		"hundred steps":          {`{"agg": "sequence", "steps": [` + hundred + `]}`, `{"n": 1}`, flywheel.ErrLimit, "leaves.n.steps[31]"},
		"not in the middle":      {`{"agg": "sequence", "steps": [{"events": ["a"]}, {"events": ["b"], "not": true, "within": "P1D"}, {"events": ["c"]}]}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.steps[1]"},
		"unknown aggregate":      {`{"agg": "median"}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.agg"},
		"distinct of nothing":    {`{"agg": "distinct"}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.of"},
		"odd condition":          {`{"where": {"p": {"$gtt": 1}}}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.events"},
		"a million times":        {`{}`, `{"n": {"$gte": 1000000}}`, flywheel.ErrOutOfRange, "rule"},
		"a cycle of itself":      {`{"segment": "x"}`, `{"n": true}`, flywheel.ErrInvalid, "leaves"},
		"a segment of nowhere":   {`{"segment": "y"}`, `{"n": true}`, flywheel.ErrNotFound, "leaves"},
		"both":                   {`{"segment": "y", "window": "P1D"}`, `{"n": true}`, flywheel.ErrInvalid, "leaves.n.segment"},
		"backwards":              {`{"from": "2026-02-01T00:00:00Z", "before": "2026-01-01T00:00:00Z"}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.events"},
		"groups of groups":       {`{"agg": "groups", "by": "p", "leaves": {"m": {"agg": "groups", "by": "q", "leaves": {}, "rule": {}}}, "rule": {"m": 1}}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.leaves.m.agg"},
		"an empty name":          {`{"events": [""]}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.events"},
		"periods that do not go": {`{"agg": "periods", "every": "P2D", "window": "P3D"}`, `{"n": 1}`, flywheel.ErrInvalid, "leaves.n.every"},
	} {
		e := live.New(nil)
		before := e.Snapshot()
		d, err := live.ParseDefinition([]byte(`{"name": "x", "leaves": {"n": ` + c.leaf + `}, "rule": ` + c.rule + `}`))
		require.NoError(t, err, what)
		at := time.UnixMicro(0)
		err = e.Define(at, nil, d)
		var wrong *live.DefinitionError
		require.True(t, errors.As(err, &wrong), "%s: %v", what, err)
		require.Equal(t, c.path, wrong.Path, "%s: %v", what, err)
		require.ErrorIs(t, err, c.kind, what)
		require.True(t, bytes.Equal(before, e.Snapshot()), what)
		_, err = e.Try(at, nil, d)
		require.Error(t, err, what)
	}
	e := live.New(nil)
	chain := func(name, of string) live.Definition {
		return live.Definition{Name: name, Leaves: map[string]live.Leaf{"s": {Segment: of}}, Rule: json.RawMessage(`{"s": true}`)}
	}
	base := live.Definition{Name: "a", Leaves: map[string]live.Leaf{"n": {}}, Rule: json.RawMessage(`{"n": 1}`)}
	require.NoError(t, e.Define(noon, nil, base, chain("b", "a"), chain("c", "b")))
	require.ErrorContains(t, e.Define(noon, nil, chain("a", "c")), "cycle")
	require.ErrorIs(t, e.Retire("a", noon), flywheel.ErrConflict)
	require.ErrorIs(t, e.Retire("z", noon), flywheel.ErrNotFound)
	account := base
	account.Level = live.Account
	require.ErrorIs(t, e.Define(noon, nil, account), flywheel.ErrConflict)
	account.Level = "team"
	require.ErrorIs(t, e.Define(noon, nil, account), flywheel.ErrInvalid)
}

// TestOddEvents: events that say nothing are refused and change nothing; those of the future, of 1970,
// and with numbers that are none are taken for what they are.
func TestOddEvents(t *testing.T) {
	e := live.New(nil)
	require.NoError(t, e.Define(noon, nil, golden(t)...))
	before := e.Snapshot()
	long := strings.Repeat("x", 300)
	for what, entry := range map[string]live.Entry{
		"no name":  {Event: flywheel.Event{Time: noon, Customer: "a"}},
		"no time":  {Event: flywheel.Event{Name: "view", Customer: "a"}},
		"long id":  {Event: flywheel.Event{Name: "view", Customer: flywheel.CustomerID(long), Time: noon}},
		"year 1e5": {Event: flywheel.Event{Name: "view", Customer: "a", Time: time.Unix(1e13, 0)}},
	} {
		require.Error(t, e.Apply(&entry, noon), what)
		require.Error(t, e.Feed(&entry), what)
		require.True(t, bytes.Equal(before, e.Snapshot()), what)
	}
	require.Error(t, e.Apply(&live.Entry{Event: flywheel.Event{Name: "view", Customer: "a", Time: noon}}, time.Unix(-5, 0)))
	for i, at := range []time.Time{time.Unix(0, 0), noon.AddDate(100, 0, 0), noon.AddDate(-300, 0, 0), noon} {
		entry := live.Entry{Position: uint64(i), Received: noon, Event: flywheel.Event{Name: "purchase", Customer: "a", Time: at, Properties: map[string]any{"value": math.NaN(), "product": math.NaN(), "category": []any{"x", map[string]any{}}}}}
		require.NoError(t, e.Apply(&entry, noon))
	}
	_, err := e.Advance(noon.AddDate(50, 0, 0), -1)
	require.NoError(t, err)
	in, err := e.Has("S02", "a")
	require.NoError(t, err)
	require.False(t, in, "a purchase of the future counts from its receipt")
	for _, x := range []any{math.NaN(), math.Inf(1), []string{"a"}, struct{}{}} {
		require.ErrorIs(t, e.Set("a", "score", x, noon), flywheel.ErrInvalid)
	}
	_, err = e.Explain("nowhere", "a", noon)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	why, err := e.Explain("S01", "nobody", noon)
	require.NoError(t, err)
	require.False(t, why.In)
	snapshot := e.Snapshot()
	for _, cut := range []int{0, 5, 20, len(snapshot) / 2, len(snapshot) - 1} {
		_, err := live.Restore(snapshot[:cut], nil)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	_, err = live.Restore(snapshot, &live.Options{Anonymous: true})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// TestOneCustomerWithEverything: the work per event does not grow with what a
// customer has done already. Were it to, this would take minutes.
func TestOneCustomerWithEverything(t *testing.T) {
	e := live.New(nil)
	require.NoError(t, e.Define(noon, nil, golden(t)...))
	names := []string{"view", "add_to_cart", "checkout", "purchase", "view"}
	n := testkit.Often(200_000, 20_000)
	for i := range n {
		entry := live.Entry{Position: uint64(i), Event: flywheel.Event{Name: names[i%5], Customer: "a", Time: noon.Add(time.Duration(i) * 11 * time.Second),
			Properties: map[string]any{"product": fmt.Sprint(i % 5000), "category": fmt.Sprint(i % 7), "channel": "Paid Search"}}}
		require.NoError(t, e.Feed(&entry))
		e.Changes()
	}
	require.True(t, slices.Contains(slices.Collect(e.Of("a")), "S01"))
}

// TestAccounts: an account is in while the events of all its people together are enough.
func TestAccounts(t *testing.T) {
	d, err := live.ParseDefinition([]byte(`{"name": "busy", "level": "account", "leaves": {"n": {"events": ["order"], "window": "P7D"}}, "rule": {"n": {"$gte": 3}}}`))
	require.NoError(t, err)
	var log []live.Entry
	e := live.New(nil)
	for i := range 3 {
		entry := live.Entry{Account: "acme", Event: flywheel.Event{Name: "order", Customer: flywheel.CustomerID(fmt.Sprint("c", i)), Time: noon.Add(time.Duration(i) * time.Hour)}}
		log = append(log, entry)
		require.NoError(t, e.Feed(&entry))
	}
	require.NoError(t, e.Define(noon.Add(3*time.Hour), slices.Values(log), d))
	in, err := e.Has("busy", "acme")
	require.NoError(t, err)
	require.True(t, in)
	require.NoError(t, e.SetAccount("acme", "plan", "pro", noon.Add(4*time.Hour)))
	_, err = e.Advance(noon.AddDate(0, 0, 8), -1)
	require.NoError(t, err)
	changes := e.Changes()
	require.Len(t, changes, 2)
	require.Equal(t, live.Transition{Segment: "busy", Level: live.Account, Member: "acme", At: noon.AddDate(0, 0, 7), Cause: live.CauseTime}, changes[1])
}
