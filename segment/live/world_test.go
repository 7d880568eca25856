package live_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/live"
)

var (
	worldDefinitions = flag.Int("definitions", 25, "random definitions of TestOneWorld")
	worldEvents      = flag.Int("events", 0, "events of TestOneWorld; 0 is a few")
	worldSeed        = flag.Uint64("seed", 1, "seed of TestOneWorld")
)

// household is three customers with three devices that they share, and all that happened to them.
type household struct {
	slow
	name   string
	events int
}

// TestOneWorld is many definitions and events in one engine, with edits, retirements and restarts in
// between, each event and each expiry compared with the slow recount: before and after an
// event for those who share its devices, in some of the segments and every tenth time in all,
// and at the instant of every change and just before it. -definitions 1000 -events 100000 is
// the long form.
func TestOneWorld(t *testing.T) {
	if *worldEvents == 0 {
		*worldEvents = testkit.Often(500, 120)
	}
	m := &maker{rand.New(rand.NewPCG(*worldSeed, 77)), time.Date(2025, 3, 5, 9, 0, 0, 0, time.UTC)}
	opts := &live.Options{Latest: *worldSeed%2 == 0}
	e := live.New(opts)
	defs := map[string]live.Definition{}
	var names []string
	var history []live.Entry
	now := m.start
	define := func(name string) {
		var others []string
		for range 3 {
			if other := fmt.Sprintf("s%04d", m.IntN(*worldDefinitions)); other < name && defs[other].Name != "" {
				others = append(others, other)
			}
		}
		d := m.definition(name, others)
		require.NoError(t, e.Define(now, slices.Values(history), d), "%+v", d)
		if defs[name].Name == "" {
			names = append(names, name)
		}
		defs[name] = d
	}
	for i := range *worldDefinitions {
		define(fmt.Sprintf("s%04d", i))
	}
	households := make([]*household, max(1, *worldEvents/100))
	for i := range households {
		households[i] = &household{slow: slow{latest: opts.Latest, zone: map[string]*time.Location{}, attrs: map[string]map[string]any{"score": {}, "tier": {}}, defs: defs}, name: fmt.Sprintf("h%d-", i)}
	}
	compared, changes := 0, 0
	compare := func(h *household, some []string, at time.Time, what string) {
		t.Helper()
		persons := h.persons()
		for person, events := range persons {
			for _, name := range some {
				compared++
				got, err := e.Has(name, person)
				require.NoError(t, err)
				if want := h.member(name, person, events, at); want != got {
					why, err := e.Explain(name, person, at)
					require.NoError(t, err)
					src, _ := json.Marshal(defs[name])
					t.Fatalf("%s of %s is %t, want %t, at %v, %s, event %d: %+v\n%s", person, name, got, want, at, what, len(history), why, src)
				}
			}
		}
	}
	// look takes the changes and looks at each by itself.
	look := func() {
		t.Helper()
		list := slices.Clone(e.Changes())
		for _, c := range list {
			if c.Cause != live.CauseTime {
				continue
			}
			i := 0
			_, err := fmt.Sscanf(c.Member, "h%d-", &i)
			require.NoError(t, err)
			h := households[i]
			changes++
			events := h.persons()[c.Member]
			for _, at := range []time.Time{c.At.Add(-time.Microsecond), c.At} {
				if want := h.member(c.Segment, c.Member, events, at); want != (c.Enter == at.Equal(c.At)) {
					src, _ := json.Marshal(defs[c.Segment])
					t.Fatalf("%+v: at %v it is %t\n%s", c, at, want, src)
				}
			}
		}
	}
	step := int64(60*24*time.Hour) / int64(max(*worldEvents, 2000))
	for i := range *worldEvents {
		now = now.Add(time.Duration(m.Int64N(2*step)) / time.Microsecond * time.Microsecond)
		_, err := e.Advance(now.Add(-time.Microsecond), -1)
		require.NoError(t, err)
		look()
		h := households[m.IntN(len(households))]
		h.events++
		some := names
		if h.events%10 != 0 && len(names) > 20 {
			some = nil
			for range max(10, len(names)/20) {
				some = append(some, names[m.IntN(len(names))])
			}
		}
		compare(h, some, now.Add(-time.Microsecond), "before")
		switch k := m.IntN(*worldEvents); {
		case k < 12 && m.IntN(3) == 0:
			define(names[m.IntN(len(names))])
		case k < 12 && m.IntN(2) == 0:
			if name := names[m.IntN(len(names))]; e.Retire(name, now) == nil {
				delete(defs, name)
				names = slices.DeleteFunc(names, func(n string) bool { return n == name })
			}
		case k < 6:
			e = carried(t, e, opts, now)
		case k < 12:
			e, err = live.Restore(e.Snapshot(), opts)
			require.NoError(t, err)
		case k%50 == 49:
			v, c := flywheel.VisitorID(h.name+pick(m, "v1", "v2", "v3")), flywheel.CustomerID(h.name+pick(m, "c1", "c2", "c3"))
			require.NoError(t, e.Unlink(v, c, now))
			h.unlink(v, c)
		default:
			entry := m.event(i, now)
			entry.Received = now
			if entry.Customer != "" {
				entry.Customer = flywheel.CustomerID(h.name) + entry.Customer
			}
			if entry.Visitor != "" {
				entry.Visitor = flywheel.VisitorID(h.name) + entry.Visitor
			}
			require.NoError(t, e.Apply(&entry, now))
			h.add(entry, now, 5*time.Minute)
			history = append(history, entry)
		}
		_, err = e.Advance(now, -1)
		require.NoError(t, err)
		e.Changes()
		some = slices.DeleteFunc(slices.Clone(some), func(name string) bool { return defs[name].Name == "" })
		compare(h, some, now, "after")
		if i%1000 == 999 {
			t.Logf("%d events, %d memberships and %d changes by time compared", i+1, compared, changes)
		}
	}
	require.Greater(t, compared, *worldEvents)
}
