package live_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/live"
)

var worlds = flag.Int("worlds", 0, "random worlds of TestRandomWorlds; 0 is a few")

// maker makes random definitions and events.
type maker struct {
	*rand.Rand
	start time.Time
}

func pick[T any](m *maker, list ...T) T { return list[m.IntN(len(list))] }

func (m *maker) span() string { return pick(m, "PT1H", "PT6H", "P1D", "P2D", "P3D", "P7D", "P1DT1H") }

func (m *maker) where() json.RawMessage {
	return json.RawMessage(pick(m, "", "", "", `{"p": "x"}`, `{"p": "y"}`, `{"q": {"$gte": 2}}`, `{"p": "x", "q": {"$lt": 3}}`, `{"value": {"$gt": 2}}`, `{"$or": [{"p": "z"}, {"name": "b"}]}`))
}

func (m *maker) names() []string {
	return pick(m, []string{"a"}, []string{"b"}, []string{"a", "b"}, []string{"c", "d", "a"}, nil)
}

// window sets window and until.
func (m *maker) window(l *live.Leaf) {
	spans := []string{"PT1H", "PT6H", "P1D", "P1DT1H", "P2D", "P3D", "P7D"}
	switch m.IntN(6) {
	case 0:
	case 1:
		i := m.IntN(len(spans) - 1)
		l.Until, l.Window = spans[i], spans[i+1+m.IntN(len(spans)-i-1)]
	case 2:
		l.Until = pick(m, spans...)
	case 3:
		l.Calendar = true
		l.Window = pick(m, "P1D", "P3D")
		if m.IntN(2) == 0 {
			l.Window, l.Until = "P3D", pick(m, "P1D", "P2D")
		}
	default:
		l.Window = pick(m, spans...)
	}
	if m.IntN(8) == 0 {
		l.From = m.start.Add(time.Duration(m.IntN(5)) * 24 * time.Hour)
		l.Before = l.From.Add(time.Duration(1+m.IntN(5)) * 24 * time.Hour)
	}
}

func (m *maker) number(top int) string {
	n := m.IntN(top + 1)
	return pick(m, fmt.Sprintf(`{"$gte": %d}`, n), fmt.Sprintf(`{"$gt": %d}`, n), fmt.Sprintf(`{"$lt": %d}`, n), fmt.Sprintf(`{"$lte": %d}`, n),
		fmt.Sprint(n), fmt.Sprintf(`{"$ne": %d}`, n), fmt.Sprintf(`{"$in": [%d, %d]}`, n, n+1), fmt.Sprintf(`{"$gte": %d, "$lte": %d}`, n, n+2),
		fmt.Sprintf(`{"$not": {"$gte": %d}}`, n))
}

// leaf returns a leaf and a condition on it. Groups nest once.
func (m *maker) leaf(segments []string, grouped bool) (live.Leaf, string) {
	l := live.Leaf{Events: m.names(), Where: m.where()}
	kinds := []live.Aggregate{live.Count, live.Count, live.Count, live.Count, live.Sum, live.Mean, live.Min, live.Max, live.Distinct, live.MostFrequent,
		live.First, live.Last, live.Periods, live.Started, live.Stopped, live.Resumed, live.Sequence, live.Sequence, live.Groups, "segment", "sample", "attribute"}
	if grouped {
		kinds = kinds[:16]
	}
	switch l.Agg = pick(m, kinds...); l.Agg {
	case live.Count:
		m.window(&l)
		if m.IntN(10) == 0 {
			return l, m.number(20)
		}
		return l, m.number(4)
	case live.Sum, live.Mean, live.Min, live.Max:
		m.window(&l)
		l.Of = pick(m, "", "q")
		return l, m.number(8)
	case live.Distinct:
		m.window(&l)
		l.Of = "p"
		return l, m.number(3)
	case live.MostFrequent, live.First, live.Last:
		m.window(&l)
		l.Of = "p"
		return l, pick(m, `"x"`, `{"$in": ["y", "z"]}`, `{"$regex": "^x"}`, `null`, `{"$exists": true}`, `{"$ne": "z"}`, `{"$gte": "y"}`)
	case live.Periods:
		l.Every = pick(m, "PT6H", "P1D")
		l.Window = pick(m, "P1D", "P3D", "P7D")
		return l, m.number(4)
	case live.Started, live.Stopped:
		for l.Window == "" && l.Until == "" {
			m.window(&l)
		}
		return l, pick(m, "true", "false")
	case live.Resumed:
		l.Window, l.Gap = m.span(), m.span()
		return l, pick(m, "true", "false")
	case live.Sequence:
		l.Events, l.Where = nil, nil
		n := 1 + m.IntN(4)
		for i := range n {
			step := live.Step{Events: m.names(), Where: m.where()}
			if i > 0 && m.IntN(3) > 0 {
				step.Within = m.span()
			}
			l.Steps = append(l.Steps, step)
		}
		if m.IntN(2) == 0 {
			l.Steps = append(l.Steps, live.Step{Events: m.names(), Where: m.where(), Within: m.span(), Not: true})
		}
		if m.IntN(3) == 0 {
			l.Same = []string{"p"}
		}
		m.window(&l)
		l.Calendar, l.From, l.Before = false, time.Time{}, time.Time{}
		return l, m.number(2)
	case live.Groups:
		l.By, l.Leaves = "p", map[string]live.Leaf{}
		var conditions string
		for i := range 1 + m.IntN(2) {
			inner, c := m.leaf(nil, true)
			name := fmt.Sprint("g", i)
			l.Leaves[name] = inner
			if conditions != "" {
				conditions += ","
			}
			conditions += fmt.Sprintf("%q:%s", name, c)
		}
		l.Rule = json.RawMessage("{" + conditions + "}")
		return l, m.number(2)
	case "segment":
		if len(segments) > 0 {
			return live.Leaf{Segment: pick(m, segments...)}, pick(m, "true", "false")
		}
	case "sample":
		return live.Leaf{Sample: pick(m, "s", "t")}, pick(m, `{"$lt": 5000}`, `{"$gte": 3000}`)
	case "attribute":
		return live.Leaf{Attribute: pick(m, "score", "tier")}, pick(m, `{"$gte": 0.5}`, `"gold"`, `{"$exists": false}`, `{"$ne": "gold"}`)
	}
	return live.Leaf{Events: []string{"a"}}, `{"$gte": 1}`
}

func (m *maker) definition(name string, segments []string) live.Definition {
	d := live.Definition{Name: name, Leaves: map[string]live.Leaf{}}
	parts := make([]string, 1+m.IntN(3))
	for i := range parts {
		leaf := fmt.Sprint("l", i)
		l, c := m.leaf(segments, false)
		d.Leaves[leaf] = l
		parts[i] = fmt.Sprintf("{%q:%s}", leaf, c)
		if m.IntN(4) == 0 {
			parts[i] = fmt.Sprintf(`{"$not":%s}`, parts[i])
		}
	}
	all := parts[0]
	for _, p := range parts[1:] {
		all = fmt.Sprintf(`{%q:[%s,%s]}`, pick(m, "$and", "$or", "$nor"), all, p)
	}
	d.Rule = json.RawMessage(all)
	return d
}

func (m *maker) event(i int, now time.Time) live.Entry {
	e := live.Entry{Position: uint64(i + 1), Event: flywheel.Event{ID: fmt.Sprint("e", i), Name: pick(m, "a", "a", "b", "c", "d"), Time: now, Properties: map[string]any{}}}
	if m.IntN(4) > 0 {
		e.Properties["p"] = pick(m, "x", "y", "z")
	}
	if m.IntN(3) > 0 {
		e.Properties["q"] = float64(m.IntN(5))
	}
	if m.IntN(3) > 0 {
		e.Value = money.New(int64(m.IntN(600)), pick(m, money.EUR, money.USD))
	}
	switch m.IntN(6) {
	case 0, 1, 2:
		e.Customer = flywheel.CustomerID(pick(m, "c1", "c2", "c3"))
	case 3, 4:
		e.Visitor = flywheel.VisitorID(pick(m, "v1", "v2", "v3"))
	default:
		e.Customer, e.Visitor = flywheel.CustomerID(pick(m, "c1", "c2", "c3")), flywheel.VisitorID(pick(m, "v1", "v2", "v3"))
	}
	switch m.IntN(12) {
	case 0:
		e.Time = now.Add(-time.Duration(m.IntN(100)) * time.Hour)
	case 1:
		e.Time = now.Add(time.Duration(m.IntN(100)) * time.Hour)
	}
	return e
}

// TestRandomWorlds compares the engine with the slow recount: random definitions
// over random events, late and early ones, of shared devices, with links taken
// back, edits, retirements, attributes, zones and restarts in between; after every step,
// and at every instant between the steps at which time may change something.
func TestRandomWorlds(t *testing.T) {
	n := *worlds
	if n == 0 {
		n = testkit.Often(100, 5)
	}
	for seed := range n {
		if !t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { randomWorld(t, uint64(seed)) }) {
			return
		}
	}
}

func randomWorld(t *testing.T, seed uint64) {
	m := &maker{rand.New(rand.NewPCG(seed, 14)), time.Date(2025, 3, 5, 9, 0, 0, 0, time.UTC)}
	opts := &live.Options{Latest: m.IntN(3) == 0, Anonymous: m.IntN(3) == 0}
	e := live.New(opts)
	s := &slow{latest: opts.Latest, anonymous: opts.Anonymous, zone: map[string]*time.Location{}, attrs: map[string]map[string]any{"score": {}, "tier": {}}, defs: map[string]live.Definition{}}
	now := m.start
	var history []live.Entry
	define := func() {
		name := fmt.Sprint("s", m.IntN(6))
		var others []string // of lower names, so that there is no cycle
		for i := range 6 {
			if other := fmt.Sprint("s", i); other < name && s.defs[other].Name != "" {
				others = append(others, other)
			}
		}
		d := m.definition(name, others)
		require.NoError(t, e.Define(now, slices.Values(history), d), "%+v", d)
		s.defs[name] = d
	}
	for range 3 {
		define()
	}
	compare := func(at time.Time, what string) {
		t.Helper()
		persons := s.persons()
		for name, d := range s.defs {
			var want []string
			for person, events := range persons {
				if s.member(name, person, events, at) {
					want = append(want, person)
				}
			}
			members, err := e.Members(name)
			require.NoError(t, err)
			got := slices.Sorted(members)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				src, _ := json.Marshal(d)
				for person, events := range persons {
					why, err := e.Explain(name, person, at)
					require.NoError(t, err)
					for _, term := range why.Terms {
						l := d.Leaves[term.Leaf]
						t.Logf("%s %s: %v, want %v", person, term.Leaf, term, s.leaf(&l, person, events, at))
					}
				}
				require.Equal(t, want, got, "%s of seed %d at %v: %s\n%s", name, seed, at, what, src)
			}
			size, err := e.Size(name)
			require.NoError(t, err)
			require.Equal(t, len(want), size)
		}
	}
	steps := 60
	for i := range steps {
		until := now.Add(time.Duration(m.IntN(3)*m.IntN(600)) * time.Minute)
		for _, at := range s.instants() {
			if at.After(now) && at.Before(until) {
				_, err := e.Advance(at, -1)
				require.NoError(t, err)
				for _, x := range e.Changes() {
					require.True(t, x.At.Equal(at) && x.Cause == live.CauseTime, "%+v noticed at %v", x, at)
				}
				compare(at, "time")
			}
		}
		now = until
		var err error
		if m.IntN(2) == 0 { // else what is due comes after the event, but for the event's customer
			_, err = e.Advance(now.Add(-time.Microsecond), -1)
			require.NoError(t, err)
		}
		what := "event"
		switch k := m.IntN(20); {
		case k == 0:
			what = "define"
			define()
		case k == 1 && len(s.defs) > 1:
			what = "retire"
			for _, name := range []string{"s5", "s4", "s3"} {
				if _, ok := s.defs[name]; ok && e.Retire(name, now) == nil {
					delete(s.defs, name)
					break
				}
			}
		case k == 2:
			what = "unlink"
			v, c := flywheel.VisitorID(pick(m, "v1", "v2", "v3")), flywheel.CustomerID(pick(m, "c1", "c2", "c3"))
			require.NoError(t, e.Unlink(v, c, now))
			s.unlink(v, c)
		case k == 3:
			what = "attribute"
			c := pick(m, "c1", "c2", "c3")
			if m.IntN(2) == 0 {
				x := m.Float64()
				require.NoError(t, e.Set(flywheel.CustomerID(c), "score", x, now))
				s.attrs["score"][c] = x
			} else {
				require.NoError(t, e.Set(flywheel.CustomerID(c), "tier", "gold", now))
				s.attrs["tier"][c] = "gold"
			}
		case k == 5:
			what = "restart"
			if m.IntN(2) == 0 {
				what = "parts"
				e = carried(t, e, opts, now)
				break
			}
			snapshot := e.Snapshot()
			restored, err := live.Restore(snapshot, opts)
			require.NoError(t, err)
			again, err := live.Restore(restored.Snapshot(), opts)
			require.NoError(t, err)
			require.True(t, bytes.Equal(restored.Snapshot(), again.Snapshot()))
			e = again
		case k == 4:
			what = "zone"
			c := pick(m, "c1", "c2", "c3")
			zone, err := time.LoadLocation(pick(m, "America/New_York", "Asia/Kathmandu", "UTC"))
			require.NoError(t, err)
			require.NoError(t, e.SetZone(flywheel.CustomerID(c), zone, now))
			s.zone[c] = zone
		default:
			entry := m.event(i, now)
			entry.Received = now
			require.NoError(t, e.Apply(&entry, now))
			s.add(entry, now, 5*time.Minute)
			history = append(history, entry)
		}
		_, err = e.Advance(now, -1)
		require.NoError(t, err)
		compare(now, what)
		e.Changes()
	}
}
