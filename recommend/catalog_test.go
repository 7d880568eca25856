package recommend_test

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

var chartFile = flag.String("chart", "", "`file` of Markdown whose chart of cost against catalog size TestCatalogChart measures anew")

// catalog returns made-up choices: as many rows as items, each with 20 choices, of items
// whose popularity falls like a half bell.
func catalog(t testing.TB, items int) *recommend.Matrix {
	rng := rand.New(rand.NewPCG(uint64(items), 1))
	choices := make([]recommend.Choice, 0, items*20)
	for n := range items * 20 {
		item := int(math.Abs(rng.NormFloat64())*float64(items)/4) % items
		choices = append(choices, recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint(n / 20))}, Item: flywheel.SKU(fmt.Sprint(item)), At: monday.Add(time.Duration(n) * time.Second)})
	}
	m, err := recommend.NewMatrix(choices)
	require.NoError(t, err)
	return m.Binary()
}

// catalogModels are those whose cost is charted, with the most items of a run.
var catalogModels = []struct {
	name    string
	learner recommend.Learner
	most    int
}{
	{"item-kNN (k 50)", recommend.ItemKNN{Neighbors: 50}, 100_000},
	{"RP3beta (k 50)", recommend.RP3beta{Neighbors: 50}, 100_000},
	{"iALS (32 factors, 3 epochs)", recommend.IALS{Factors: 32, Epochs: 3}, 100_000},
	{"session-kNN", recommend.SessionKNN{}, 100_000},
	{"sequential rules", recommend.Sequential{}, 100_000},
	{"EASE", recommend.EASE{Keep: 100}, 3_000},
}

// What a model holds grows with the catalog and not with its square: the memory bound
// that the package states.
func TestCatalogMemoryIsBounded(t *testing.T) {
	size := func(l recommend.Learner, items int) float64 {
		s, err := l.Fit(catalog(t, items))
		require.NoError(t, err)
		data, err := recommend.Snapshot{Model: s}.Marshal(nil)
		require.NoError(t, err)
		return float64(len(data))
	}
	for _, c := range catalogModels[:5] {
		small, large := size(c.learner, 200), size(c.learner, 1000)
		require.Less(t, large, 8*small, "%s: five times the items, %.0f and %.0f bytes", c.name, small, large)
	}
}

// cost is one cell of the chart.
type cost struct {
	fit    time.Duration // CPU
	taken  uint64        // bytes, all that was allocated while fitting
	held   uint64        // bytes, what is left of it
	answer time.Duration // CPU of a list of ten, the median
}

func measured(t *testing.T, m *recommend.Matrix, l recommend.Learner) (c cost) {
	var before, after, kept runtime.MemStats
	for range 3 { // pools of the model before outlive two
		runtime.GC()
	}
	runtime.ReadMemStats(&before)
	start := processTime()
	s, err := l.Fit(m)
	require.NoError(t, err)
	c.fit = processTime() - start
	runtime.ReadMemStats(&after)
	c.taken = after.TotalAlloc - before.TotalAlloc
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&kept)
	c.held = max(kept.HeapAlloc, before.HeapAlloc) - before.HeapAlloc
	server := recommend.NewServer(s, nil)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var times []time.Duration
	for n := range 300 {
		h, _ := m.History(recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint(n))})
		start := cpuTime()
		answer, err := server.Answer(recommend.Query{Past: h, Plan: rerank.Plan{Limit: 10}})
		times = append(times, cpuTime()-start)
		require.NoError(t, err)
		require.Len(t, answer.Items, 10)
	}
	slices.Sort(times)
	c.answer = times[len(times)/2]
	return c
}

// TestCatalogChart measures what fitting and answering cost for catalogs of 1,000 to
// 100,000 items and writes the chart into a Markdown file, between the lines that mark
// its place.
func TestCatalogChart(t *testing.T) {
	if *chartFile == "" {
		t.Skip("set -chart to the file to measure the chart anew")
	}
	sizes := []int{1_000, 3_000, 10_000, 30_000, 100_000}
	costs := make([][]cost, len(catalogModels))
	for _, n := range sizes {
		m := catalog(t, n)
		for i, c := range catalogModels {
			if n <= c.most {
				costs[i] = append(costs[i], measured(t, m, c.learner))
				t.Logf("%d items, %s: %+v", n, c.name, costs[i][len(costs[i])-1])
			}
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "| model | items | fit, CPU | allocated while fitting | held by the model | list of ten, CPU |\n|---|---:|---:|---:|---:|---:|\n")
	for i, c := range catalogModels {
		for k, v := range costs[i] {
			fmt.Fprintf(&b, "| %s | %s | %s s | %s MB | %s MB | %s µs |\n", c.name, thousands(sizes[k]), digits(v.fit.Seconds()),
				digits(float64(v.taken)/1e6), digits(float64(v.held)/1e6), digits(float64(v.answer.Nanoseconds())/1e3))
		}
	}
	fmt.Fprintf(&b, "\nCPU seconds of fitting, a step of the bar for each doubling from a millisecond:\n\n```\n")
	for i, c := range catalogModels {
		for k, v := range costs[i] {
			steps := int(max(1, math.Round(2*math.Log2(v.fit.Seconds()/0.001))))
			fmt.Fprintf(&b, "%-28s %7s %s %.3g\n", c.name, thousands(sizes[k]), strings.Repeat("█", steps), v.fit.Seconds())
		}
	}
	fmt.Fprintf(&b, "```\n")
	text, err := os.ReadFile(*chartFile)
	require.NoError(t, err)
	const from, to = "<!-- chart: begin -->\n", "<!-- chart: end -->"
	head, rest, ok := strings.Cut(string(text), from)
	require.True(t, ok, "%s has no line %q", *chartFile, from)
	_, tail, ok := strings.Cut(rest, to)
	require.True(t, ok, "%s has no line %q", *chartFile, to)
	require.NoError(t, os.WriteFile(*chartFile, []byte(head+from+b.String()+to+tail), 0o644))
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// digits writes a number with three digits, larger ones in full.
func digits(x float64) string {
	if x >= 1000 {
		return thousands(int(math.Round(x)))
	}
	return fmt.Sprintf("%.3g", x)
}
