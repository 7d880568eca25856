package joints_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/segment"
)

// check compares what can be observed.
func (w *world) check(raw json.RawMessage) {
	t, ctx := w.t, w.t.Context()
	t.Helper()
	var want map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &want))
	for key, x := range want {
		same := func(got any) {
			t.Helper()
			data, err := json.Marshal(got)
			require.NoError(t, err)
			require.JSONEq(t, sorted(string(x)), sorted(string(data)), "%s at %v: %s (%s)", key, w.now, w.c.Title, short(w.c.Why))
		}
		switch key {
		case "messages":
			list := []any{}
			for _, d := range w.first {
				list = append(list, map[string]string{"customer": d.customer, "template": d.template, "at": d.at.Format(time.RFC3339)})
			}
			same(list)
		case "message_count":
			got := map[string]int{}
			for name := range keys(w, x) {
				got[name] = 0
			}
			for _, d := range w.first {
				got[d.template]++
			}
			same(got)
		case "provider_calls":
			same(w.calls)
		case "accepted":
			same(w.accepted)
		case "skips":
			same(append([]map[string]string{}, w.skips...))
		case "active_runs":
			got := map[string]int64{}
			for id := range keys(w, x) {
				got[id] = 0
			}
			report, err := w.journeys.Report(ctx)
			require.NoError(t, err)
			for _, tally := range report {
				if _, asked := got[string(tally.Journey)]; asked {
					got[string(tally.Journey)] += tally.Active
				}
			}
			same(got)
		case "members":
			got := map[string][]flywheel.CustomerID{}
			for name := range keys(w, x) {
				got[name] = w.members(name)
			}
			same(got)
		case "member_count":
			got := map[string]int{}
			for name := range keys(w, x) {
				got[name] = len(w.members(name))
			}
			same(got)
		case "transitions":
			w.transitions(x)
		case "transition_count":
			got := map[string]map[string]int{}
			for name := range keys(w, x) {
				got[name] = map[string]int{"enter": 0, "exit": 0}
			}
			for _, e := range w.told {
				if counts := got[e.Properties["segment"].(string)]; counts != nil {
					counts[changeOf(e)]++
				}
			}
			same(got)
		case "points", "pending":
			got := map[string]int64{}
			for customer := range keys(w, x) {
				b, err := w.points.BalanceAt(ctx, flywheel.CustomerID(customer), w.now)
				require.NoError(t, err)
				if got[customer] = b.Available; key == "pending" {
					got[customer] = b.Pending
				}
			}
			same(got)
		case "parked":
			got := []any{}
			for short, name := range names {
				list, err := w.runner.Parked(ctx, name)
				require.NoError(t, err)
				for _, p := range list {
					if p.Retry.IsZero() {
						got = append(got, map[string]string{"consumer": short, "event": p.Event})
					}
				}
			}
			same(got)
		case "items":
			got := map[string]int{}
			for sku := range keys(w, x) {
				got[sku] = 0
			}
			for _, in := range w.learned() {
				for _, sku := range in.Items {
					if _, asked := got[string(sku)]; asked && in.Kind == recommend.Purchase {
						got[string(sku)]++
					}
				}
			}
			same(got)
		case "history":
			got := map[string][]string{}
			for customer := range keys(w, x) {
				got[customer] = w.history(flywheel.CustomerID(customer))
			}
			same(got)
		case "mentions":
			got := map[string]int{}
			for id := range keys(w, x) {
				got[id] = w.mentions(id)
			}
			same(got)
		default:
			t.Fatalf("an observation %q is not known", key)
		}
	}
}

// keys returns the names that an object asks for.
func keys(w *world, x json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	require.NoError(w.t, json.Unmarshal(x, &m))
	return m
}

// sorted puts the lists of a JSON text in an order that says nothing.
func sorted(text string) string {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	data, _ := json.Marshal(sortLists(v))
	return string(data)
}

func sortLists(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = sortLists(v[i])
		}
		slices.SortFunc(v, func(a, b any) int {
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			return slices.Compare(x, y)
		})
		return v
	case map[string]any:
		for k := range v {
			v[k] = sortLists(v[k])
		}
	}
	return v
}

func (w *world) members(name string) []flywheel.CustomerID {
	m, err := w.keeper.Members(w.t.Context(), name)
	require.NoError(w.t, err)
	return append([]flywheel.CustomerID{}, slices.Collect(m.All())...)
}

func changeOf(e flywheel.Event) string {
	if e.Name == segment.EventEntered {
		return "enter"
	}
	return "exit"
}

func (w *world) transitions(x json.RawMessage) {
	var want []map[string]string
	strict(w.t, x, &want)
	withCause := slices.ContainsFunc(want, func(m map[string]string) bool { return m["cause"] != "" })
	got := []map[string]string{}
	for _, e := range w.told {
		m := map[string]string{"segment": e.Properties["segment"].(string), "customer": string(e.Customer), "change": changeOf(e), "at": e.Time.Format(time.RFC3339)}
		if withCause {
			m["cause"] = e.Properties["cause"].(string)
		}
		got = append(got, m)
	}
	require.ElementsMatch(w.t, want, got, "transitions at %v: %s (%s)", w.now, w.c.Title, w.c.Why)
}

// learned returns what recommend has recorded.
func (w *world) learned() []recommend.Interaction {
	d, err := w.recommend.Dataset(w.t.Context())
	require.NoError(w.t, err)
	return slices.Collect(d.All())
}

// history returns what recommend knows that a person was interested in: the facts
// of the entries that are the person's by the links known now.
func (w *world) history(customer flywheel.CustomerID) []string {
	list := []string{}
	entries, err := w.log.Of(w.t.Context(), customer)
	require.NoError(w.t, err)
	for _, e := range entries {
		actor := recommend.Actor{Customer: e.Event.Customer, Visitor: e.Event.Visitor}
		for _, in := range w.learned() {
			if in.Kind > recommend.Purchase || in.Actor != actor && in.Actor != (recommend.Actor{Customer: actor.Customer}) || !in.At.Equal(e.Effective) {
				continue
			}
			for _, sku := range in.Items {
				mentioned := slices.ContainsFunc(e.Event.Lines, func(l flywheel.Line) bool { return l.SKU == sku })
				if mentioned && !slices.Contains(list, string(sku)) {
					list = append(list, string(sku))
				}
			}
		}
	}
	return list
}

// mentions counts the entries of the log in which an id can be read.
func (w *world) mentions(id string) (n int) {
	read := regexp.MustCompile(`\b` + regexp.QuoteMeta(id) + `\b`)
	var after flywheel.Position
	for {
		page, err := w.log.Read(w.t.Context(), after, 100)
		require.NoError(w.t, err)
		if len(page) == 0 {
			return n
		}
		for _, e := range page {
			text, err := json.Marshal(e)
			require.NoError(w.t, err)
			if read.Match(text) {
				n++
			}
			after = e.Position
		}
	}
}
