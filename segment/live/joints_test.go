package live_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/live"
)

// TestJoints runs the segment families of joints/cases.json over the engine alone:
// what the cases expect of journeys, points and recommendations is for the
// driver that has those; it is left out here by name.
func TestJoints(t *testing.T) {
	var file struct {
		Cases []struct {
			ID       string          `json:"id"`
			Family   string          `json:"family"`
			Setup    json.RawMessage `json:"setup"`
			Steps    []joint         `json:"steps"`
			Expected map[string]any  `json:"expected"`
		} `json:"cases"`
	}
	require.NoError(t, json.Unmarshal(testkit.ReferenceOf(t, ".", "joints", "cases.json"), &file))
	for _, c := range file.Cases {
		if !slices.Contains([]string{"S1", "S2", "S3", "S4"}, c.Family) {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			var setup struct {
				Start    time.Time `json:"start"`
				Skew     string    `json:"skew"`
				Identity string    `json:"identity"`
				Segments []jointed `json:"segments"`
				Journeys any       `json:"journeys"`
			}
			strict(t, c.Setup, &setup)
			opts := &live.Options{Latest: setup.Identity == "latest"}
			if setup.Skew != "" {
				d, err := caltime.ParseDuration(setup.Skew)
				require.NoError(t, err)
				opts.Skew = d.Elapsed
			}
			w := &jointWorld{e: live.New(opts), opts: opts}
			for _, s := range setup.Segments {
				require.NoError(t, w.e.Define(setup.Start, nil, s.definition()))
			}
			for _, s := range c.Steps {
				w.step(t, s)
			}
			w.check(t, c.Expected, c.Steps[len(c.Steps)-1].At)
		})
	}
}

type jointed struct {
	Name   string                     `json:"name"`
	Leaves map[string]json.RawMessage `json:"leaves"`
	Rule   json.RawMessage            `json:"rule"`
}

func (j jointed) definition() live.Definition {
	src, err := json.Marshal(j)
	if err != nil {
		panic(err)
	}
	d, err := live.ParseDefinition(src)
	if err != nil {
		panic(err)
	}
	return d
}

type joint struct {
	At       time.Time        `json:"at"`
	Do       string           `json:"do"`
	Every    string           `json:"every"`
	Until    time.Time        `json:"until"`
	Events   []map[string]any `json:"events"`
	Expected map[string]any   `json:"expected"`
	Expect   string           `json:"expect"`
	Segment  json.RawMessage  `json:"segment"`
	Visitor  string           `json:"visitor"`
	Customer string           `json:"customer"`
}

func strict(t *testing.T, src []byte, v any) {
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(v))
}

type jointWorld struct {
	e    *live.Engine
	opts *live.Options
	log  []live.Entry
	told []live.Transition
}

func (w *jointWorld) step(t *testing.T, s joint) {
	t.Helper()
	require.Empty(t, s.Expect)
	advance := func(at time.Time) {
		_, err := w.e.Advance(at, -1)
		require.NoError(t, err)
		w.told = append(w.told, w.e.Changes()...)
	}
	switch s.Do {
	case "publish":
		for _, event := range s.Events {
			times := 1
			if n, ok := event["times"].(float64); ok {
				times = int(n)
			}
			for n := range times {
				entry := jointEvent(t, event, n, s.At)
				entry.Position = uint64(len(w.log) + 1)
				require.NoError(t, w.e.Apply(&entry, s.At))
				w.log = append(w.log, entry)
			}
		}
	case "advance", "check":
		if s.Every != "" {
			d, err := caltime.ParseDuration(s.Every)
			require.NoError(t, err)
			for at := s.At; !at.After(s.Until); at = d.AddTo(at, time.UTC) {
				advance(at)
			}
		}
	case "define":
		var d jointed
		strict(t, s.Segment, &d)
		require.NoError(t, w.e.Define(s.At, slices.Values(w.log), d.definition()))
	case "retire":
		var name string
		require.NoError(t, json.Unmarshal(s.Segment, &name))
		require.NoError(t, w.e.Retire(name, s.At))
	case "unlink":
		require.NoError(t, w.e.Unlink(flywheel.VisitorID(s.Visitor), flywheel.CustomerID(s.Customer), s.At))
	case "forget":
		w.e.Forget(flywheel.CustomerID(s.Customer))
	case "restart", "rebuild":
		e, err := live.Restore(w.e.Snapshot(), w.opts)
		require.NoError(t, err)
		w.e = e
		return
	case "workers", "provider", "consent", "launch", "pause", "resume", "cancel":
	default:
		require.Fail(t, "a step that this driver does not know", s.Do)
	}
	advance(s.At)
	if s.Do == "check" {
		w.check(t, s.Expected, s.At)
	}
}

func jointEvent(t *testing.T, event map[string]any, n int, at time.Time) live.Entry {
	entry := live.Entry{Received: at, Event: flywheel.Event{Time: at, Properties: map[string]any{}}}
	var value, currency string
	for key, x := range event {
		text, _ := x.(string)
		text = strings.ReplaceAll(text, "{n}", strconv.Itoa(n))
		switch key {
		case "id":
			entry.ID = text
		case "name":
			entry.Name = text
		case "customer":
			entry.Customer = flywheel.CustomerID(text)
		case "visitor":
			entry.Visitor = flywheel.VisitorID(text)
		case "ref":
			entry.Ref = text
		case "value":
			value = text
		case "currency":
			currency = text
		case "time":
			claimed, err := time.Parse(time.RFC3339, text)
			require.NoError(t, err)
			entry.Time = claimed
		case "skus":
			for _, sku := range x.([]any) {
				entry.Lines = append(entry.Lines, flywheel.Line{SKU: flywheel.SKU(sku.(string)), Quantity: 1})
			}
		case "times", "poison", "stumble":
		default:
			entry.Properties[key] = x
		}
	}
	if value != "" {
		require.NoError(t, json.Unmarshal([]byte(fmt.Sprintf(`{"amount":%q,"currency":%q}`, value, currency)), &entry.Value))
	}
	return entry
}

func (w *jointWorld) check(t *testing.T, expected map[string]any, at time.Time) {
	t.Helper()
	for key, want := range expected {
		switch key {
		case "members":
			for segment, list := range want.(map[string]any) {
				members, err := w.e.Members(segment)
				require.NoError(t, err)
				ids := []any{}
				for id := range members {
					ids = append(ids, id)
				}
				require.ElementsMatch(t, list, ids, "%s at %v", segment, at)
			}
		case "member_count":
			for segment, n := range want.(map[string]any) {
				size, err := w.e.Size(segment)
				require.NoError(t, err)
				require.EqualValues(t, n, size, "%s at %v", segment, at)
			}
		case "transitions":
			causes := map[bool]int{}
			for _, x := range want.([]any) {
				_, has := x.(map[string]any)["cause"]
				causes[has]++
			}
			var got []any
			for _, x := range w.told {
				m := map[string]any{"segment": x.Segment, "customer": x.Member, "change": map[bool]string{true: "enter", false: "exit"}[x.Enter], "at": x.At.Format(time.RFC3339)}
				if causes[true] > 0 {
					m["cause"] = string(x.Cause)
				}
				got = append(got, m)
			}
			require.ElementsMatch(t, want, got)
		case "transition_count":
			for segment, n := range want.(map[string]any) {
				got := map[string]any{"enter": 0.0, "exit": 0.0}
				for _, x := range w.told {
					if x.Segment == segment {
						change := map[bool]string{true: "enter", false: "exit"}[x.Enter]
						got[change] = got[change].(float64) + 1
					}
				}
				require.Equal(t, n, got, segment)
			}
		case "messages", "message_count", "points", "pending", "history", "items", "active_runs", "skips", "provider_calls", "accepted", "parked", "mentions":
		default:
			require.Fail(t, "an observation that this driver does not know", key)
		}
	}
}
