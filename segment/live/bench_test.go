package live_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/live"
)

var (
	persons = flag.Int("persons", 50_000, "persons of the live benchmarks")
	warm    = flag.Int("warm", 4, "events per person before the measurement begins")
	counted = flag.Int("counts", 20, "windowed counts of BenchmarkMemory")
)

// generator is the fixed workload of the speed targets: 20 event names, each in
// 20 of 100 segments; 50 segments of counts in windows from an hour to 90 days,
// 10 sequences, 10 sums or distinct counts in windows, 30 of the others.
type generator struct {
	*rand.Rand
	customers []flywheel.CustomerID
	names     [20]string
	now       time.Time
	step      time.Duration // mean time between two events of the shop
	i         uint64
	props     []map[string]any
}

// newGenerator spaces events so that a person has one about every 10 days.
func newGenerator(n int) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(14, 1)), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), step: 10 * 24 * time.Hour / time.Duration(n)}
	for i := range n {
		g.customers = append(g.customers, flywheel.CustomerID(fmt.Sprintf("customer-%07d", i)))
	}
	for i := range g.names {
		g.names[i] = fmt.Sprint("event_", i)
	}
	for i := range 10 {
		for j := range 10 {
			g.props = append(g.props, map[string]any{"category": fmt.Sprint("c", i), "channel": fmt.Sprint("h", j)})
		}
	}
	return g
}

func (g *generator) next(e *live.Entry) {
	g.i++
	g.now = g.now.Add(time.Duration(g.Int64N(2 * int64(g.step))))
	e.Position = g.i
	e.Name = g.names[g.IntN(20)]
	e.Customer = g.customers[g.IntN(len(g.customers))]
	e.Time, e.Received = g.now, g.now
	e.Properties = g.props[g.IntN(len(g.props))]
	e.Value = money.New(int64(100+g.IntN(10_000)), money.EUR)
}

// definitions returns the hundred segments. eager lowers the thresholds, so that
// about three memberships change with an event instead of one.
func (g *generator) definitions(eager bool) []live.Definition {
	windows := []string{"PT1H", "PT6H", "P1D", "P3D", "P7D", "P14D", "P30D", "P45D", "P60D", "P90D"}
	name := func(i int) string { return g.names[i%20] }
	var defs []live.Definition
	add := func(i int, leaves map[string]live.Leaf, rule string) {
		defs = append(defs, live.Definition{Name: fmt.Sprintf("segment_%02d", i), Leaves: leaves, Rule: json.RawMessage(rule)})
	}
	for i := range 100 {
		four := []string{name(i), name(i + 5), name(i + 10), name(i + 15)}
		window := windows[i/5%10]
		n := 3 + i%3
		if eager {
			n = 2 + i%3
		}
		switch {
		case i < 30:
			add(i, map[string]live.Leaf{"n": {Events: four, Window: window}}, fmt.Sprintf(`{"n": {"$gte": %d}}`, n))
		case i < 50:
			add(i, map[string]live.Leaf{"n": {Events: four[:2], Window: window}, "m": {Events: four[2:], Window: "P90D"}},
				fmt.Sprintf(`{"n": {"$gte": %d}, "m": {"$gte": 1}}`, n))
		case i < 60:
			add(i, map[string]live.Leaf{"s": {Agg: live.Sequence, Window: "P30D", Steps: []live.Step{{Events: four[:1]}, {Events: four[1:3], Within: "P7D"}, {Events: four[3:], Within: "P7D"}}}},
				`{"s": {"$gte": 1}}`)
		case i < 65:
			add(i, map[string]live.Leaf{"sum": {Events: four, Agg: live.Sum, Window: windows[5+i%5]}}, fmt.Sprintf(`{"sum": {"$gte": %d}}`, 150*n))
		case i < 70:
			add(i, map[string]live.Leaf{"d": {Events: four, Agg: live.Distinct, Of: "category", Window: windows[5+i%5]}}, fmt.Sprintf(`{"d": {"$gte": %d}}`, n+1))
		case i < 80:
			add(i, map[string]live.Leaf{"n": {Events: four, Where: json.RawMessage(fmt.Sprintf(`{"category": "c%d"}`, i%10))}}, fmt.Sprintf(`{"n": {"$gte": %d}}`, n-1))
		case i < 90:
			add(i, map[string]live.Leaf{"n": {Events: four}}, fmt.Sprintf(`{"n": {"$lt": %d}}`, n))
		default:
			add(i, map[string]live.Leaf{"n": {Events: four[:2]}, "m": {Events: four[2:]}}, fmt.Sprintf(`{"$or": [{"n": {"$gte": %d}}, {"m": 0}]}`, n))
		}
	}
	return defs
}

// touched is the mean number of leaves that an event may touch.
func touched(defs []live.Definition, names []string) float64 {
	n := 0
	for _, d := range defs {
		for _, l := range d.Leaves {
			events := slices.Clone(l.Events)
			for _, s := range l.Steps {
				events = append(events, s.Events...)
			}
			for _, name := range names {
				if slices.Contains(events, name) {
					n++
				}
			}
		}
	}
	return float64(n) / float64(len(names))
}

func warmed(b *testing.B, eager bool) (*generator, *live.Engine, float64) {
	g := newGenerator(*persons)
	e := live.New(nil)
	defs := g.definitions(eager)
	require.NoError(b, e.Define(g.now, nil, defs...))
	batch := make([]live.Entry, 1000)
	for range *warm * *persons / len(batch) {
		for i := range batch {
			g.next(&batch[i])
		}
		if err := e.FeedAll(batch); err != nil {
			b.Fatal(err)
		}
		e.Changes()
	}
	e.Changes()
	return g, e, touched(defs, g.names[:])
}

// BenchmarkFeed is events with everything that time brings about before each,
// the making of the events included. go test -run '^$' -bench Feed -persons 1000000 ./segment/live
func BenchmarkFeed(b *testing.B) {
	for _, eager := range []bool{false, true} {
		b.Run(fmt.Sprintf("eager=%t/persons=%d", eager, *persons), func(b *testing.B) {
			g, e, leaves := warmed(b, eager)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			batch := make([]live.Entry, 240)
			n, moves := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				if n%len(batch) == 0 {
					if n > 0 {
						if err := e.FeedAll(batch); err != nil {
							b.Fatal(err)
						}
					}
					moves += len(e.Changes())
					for i := range batch {
						g.next(&batch[i])
					}
				}
				n++
			}
			moves += len(e.Changes())
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(moves)/float64(n), "transitions/op")
			b.ReportMetric(leaves, "leaves/op")
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(before.HeapAlloc)/float64(*persons), "B/person")
		})
	}
}

// BenchmarkLatency measures the event that one in a hundred exceeds, and the longest.
func BenchmarkLatency(b *testing.B) {
	g, e, _ := warmed(b, false)
	var entry live.Entry
	var took []time.Duration
	for b.Loop() {
		g.next(&entry)
		start := time.Now()
		if err := e.Feed(&entry); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
		if len(took)%256 == 0 {
			e.Changes()
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
	b.ReportMetric(float64(took[len(took)-1].Nanoseconds()), "max-ns")
}

// BenchmarkWave is 100,000 exits at one instant, taken 256 at a time between events:
// the longest that an event waits.
func BenchmarkWave(b *testing.B) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	def := live.Definition{Name: "recent", Leaves: map[string]live.Leaf{"n": {Events: []string{"purchase"}, Window: "P30D"}}, Rule: json.RawMessage(`{"n": {"$gte": 1}}`)}
	worst := time.Duration(0)
	for b.Loop() {
		e := live.New(nil)
		require.NoError(b, e.Define(start, nil, def))
		for i := range 100_000 {
			entry := live.Entry{Event: flywheel.Event{Name: "purchase", Customer: flywheel.CustomerID(fmt.Sprint(i)), Time: start}, Received: start}
			require.NoError(b, e.Apply(&entry, start))
		}
		require.Len(b, e.Changes(), 100_000)
		now := start.Add(31 * 24 * time.Hour)
		exits := 0
		for i := 0; ; i++ {
			entry := live.Entry{Event: flywheel.Event{Name: "purchase", Customer: flywheel.CustomerID(fmt.Sprint(i)), Time: now}, Received: now}
			began := time.Now()
			require.NoError(b, e.Apply(&entry, now))
			done, err := e.Advance(now, 256)
			worst = max(worst, time.Since(began))
			require.NoError(b, err)
			exits += len(e.Changes())
			if done {
				break
			}
		}
		require.GreaterOrEqual(b, exits, 100_000)
	}
	b.ReportMetric(float64(worst.Microseconds()), "longest-µs")
}

// BenchmarkMemory is the bytes of a person and windowed count up to 5, all of them full: what an
// engine of twenty such counts takes for each, instants, index, bits and timers, and what it
// takes for a person by itself. Ten million persons fit with fewer counts:
// go test -run '^$' -bench Memory -benchtime 1x -persons 10000000 -counts 2 ./segment/live
func BenchmarkMemory(b *testing.B) {
	counts := *counted
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	customers := make([]flywheel.CustomerID, *persons)
	for i := range customers {
		customers[i] = flywheel.CustomerID(fmt.Sprintf("customer-%08d", i))
	}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	measure := func(counts int) float64 {
		before := heap()
		e := live.New(nil)
		var defs []live.Definition
		for i := range counts {
			defs = append(defs, live.Definition{Name: fmt.Sprint("s", i), Leaves: map[string]live.Leaf{"n": {Events: []string{fmt.Sprint("e", i)}, Window: "P90D"}}, Rule: json.RawMessage(`{"n": {"$gte": 5}}`)})
		}
		require.NoError(b, e.Define(start, nil, defs...))
		var entry live.Entry
		at := start
		for range 5 {
			for name := range max(1, counts) {
				entry.Name = fmt.Sprint("e", name)
				for i, c := range customers {
					if i%1024 == 0 {
						e.Changes()
					}
					at = at.Add(time.Millisecond)
					entry.Customer, entry.Time, entry.Received = c, at, at
					if err := e.Apply(&entry, at); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		after := heap()
		runtime.KeepAlive(e)
		return float64(after-before) / float64(len(customers))
	}
	for b.Loop() {
		alone, all := measure(0), measure(counts)
		b.ReportMetric(alone, "B/person")
		b.ReportMetric((all-alone)/float64(counts), "B/count")
	}
}
