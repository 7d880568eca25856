package recommend_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// percentiles reports the median, the 99th percentile and the largest of durations, in
// CPU time of the thread. The goroutine was locked to its thread before.
func percentiles(b *testing.B, times []time.Duration) (p99 float64) {
	runtime.UnlockOSThread()
	slices.Sort(times)
	at := func(q float64) float64 { return float64(times[int(q*float64(len(times)-1))].Nanoseconds()) }
	b.ReportMetric(at(0.5), "p50-ns")
	b.ReportMetric(at(0.99), "p99-ns")
	b.ReportMetric(at(1), "max-ns")
	return at(0.99)
}

// reportCPU reports the CPU time of the process for each of n operations since start.
func reportCPU(b *testing.B, start time.Duration) {
	b.ReportMetric(float64((processTime()-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// BenchmarkFit trains on P1 with one processor.
func BenchmarkFit(b *testing.B) {
	m, _ := matrices(b, "time")
	for _, l := range []recommend.Learner{
		recommend.ItemKNN{}, recommend.UserKNN{}, recommend.RP3beta{}, recommend.EASE{Lambda: 100},
		recommend.IALS{Factors: 32, Epochs: 12}, recommend.SLIM{}, recommend.BPR{}, recommend.CoOccurrence{},
	} {
		b.Run(fmt.Sprintf("model=%v", l), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			b.ReportAllocs()
			start := processTime()
			for b.Loop() {
				_, err := l.Fit(m)
				require.NoError(b, err)
			}
			reportCPU(b, start)
		})
	}
}

// BenchmarkItemsets mines the two sets of baskets.
func BenchmarkItemsets(b *testing.B) {
	for _, c := range []struct {
		name    string
		data    func() *recommend.Dataset
		support int
	}{{"groceries/support=0.1%", func() *recommend.Dataset { return groceries(b) }, 10}, {"retail/support=0.1%", func() *recommend.Dataset { return retail(b) }, 89}} {
		b.Run("data="+c.name, func(b *testing.B) {
			d := c.data()
			b.ReportAllocs()
			start := processTime()
			for b.Loop() {
				_, err := recommend.Itemsets(d, recommend.ItemsetConfig{MinSupport: c.support})
				require.NoError(b, err)
			}
			reportCPU(b, start)
		})
	}
}

// genres returns the items of MovieLens with their genres as categories.
func genres(b testing.TB, index *recommend.Index) *recommend.Items {
	var items []recommend.Item
	for _, r := range table(b, "ml100k_items.tsv.gz")[1:] {
		if _, ok := index.Number(flywheel.SKU(r[0])); ok {
			items = append(items, recommend.Item{SKU: flywheel.SKU(r[0]), Categories: splitComma(r[3])})
		}
	}
	c, err := recommend.NewItems(items)
	require.NoError(b, err)
	return c
}

// BenchmarkAnswer serves the top ten of P1's customers with the seen filter, one
// predicate and a cap by main category.
func BenchmarkAnswer(b *testing.B) {
	m, _ := matrices(b, "time")
	items := genres(b, m.Index())
	var histories []recommend.History
	for _, who := range actorsOf(m) {
		h, _ := m.History(who)
		histories = append(histories, h)
	}
	for _, l := range []recommend.Learner{
		recommend.Recent{Of: recommend.ItemKNN{Neighbors: 50}, HalfLife: 10},
		recommend.Recent{Of: recommend.EASE{Lambda: 200}, HalfLife: 10},
		recommend.IALS{Factors: 32},
	} {
		model, err := l.Fit(m)
		require.NoError(b, err)
		server := recommend.NewServer(model, items)
		query := func(n int) recommend.Query {
			return recommend.Query{Past: histories[n%len(histories)], Keep: func(it *recommend.Item) bool { return !it.Withdrawn && it.Stock == 0 },
				Plan: rerank.Plan{Limit: 10, Caps: []rerank.Cap{{By: rerank.ByMain, Max: 3}}}}
		}
		var steady float64
		for _, swapping := range []bool{false, true} {
			b.Run(fmt.Sprintf("model=%v/swapping=%v", l, swapping), func(b *testing.B) {
				stop := make(chan struct{})
				done := make(chan struct{})
				go func() {
					defer close(done)
					for swapping {
						select {
						case <-stop:
							return
						case <-time.After(10 * time.Millisecond):
							server.Swap(model, items)
						}
					}
				}()
				b.ReportAllocs()
				runtime.LockOSThread()
				var times []time.Duration
				n := 0
				for b.Loop() {
					start := cpuTime()
					answer, err := server.Answer(query(n))
					times = append(times, cpuTime()-start)
					n++
					if err != nil || len(answer.Items) != 10 {
						b.Fatal(err, answer.Short)
					}
				}
				close(stop)
				<-done
				if p99 := percentiles(b, times); swapping {
					b.ReportMetric(p99/steady, "p99-of-steady")
				} else {
					steady = p99
				}
			})
		}
	}
}

// BenchmarkSessionTop asks for 20 items after every prefix of P5's test sessions.
func BenchmarkSessionTop(b *testing.B) {
	m, err := recommend.SessionMatrix(serenade(b, "train"))
	require.NoError(b, err)
	model, err := recommend.SessionKNN{}.Live(m)
	require.NoError(b, err)
	var questions []recommend.History
	for _, s := range serenade(b, "test") {
		for p := 1; p < len(s.Items); p++ {
			if h, unknown := m.Index().HistoryOf(s.Items[:p]...); unknown == 0 {
				questions = append(questions, h)
			}
		}
	}
	var dst []recommend.Recommended
	b.ReportAllocs()
	runtime.LockOSThread()
	var times []time.Duration
	n := 0
	for b.Loop() {
		h := questions[n%len(questions)]
		start := cpuTime()
		dst = model.Top(dst[:0], h, h[len(h)-1:], 20)
		times = append(times, cpuTime()-start)
		n++
	}
	percentiles(b, times)
}

// BenchmarkVisible is how long an event takes until an answer would see it.
func BenchmarkVisible(b *testing.B) {
	m, _ := matrices(b, "time")
	m = m.Binary()
	for _, l := range []recommend.Learner{recommend.CoOccurrence{}, recommend.IALS{Factors: 32}} {
		b.Run(fmt.Sprintf("model=%v", l), func(b *testing.B) {
			s, err := l.Fit(m)
			require.NoError(b, err)
			o, err := recommend.NewOverlay(m, s)
			require.NoError(b, err)
			f, factors := s.(recommend.Factorized)
			b.ReportAllocs()
			runtime.LockOSThread()
			var times []time.Duration
			n := 0
			for b.Loop() {
				c := recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint(n / 40))}, Item: m.Index().SKU(int32(n * 7 % m.Index().Len()))}
				start := cpuTime()
				if _, err := o.Add(c); err != nil {
					b.Fatal(err)
				}
				if factors {
					f.Vector(o.History(c.Actor))
				}
				times = append(times, cpuTime()-start)
				n++
			}
			percentiles(b, times)
		})
	}
	b.Run("model=session", func(b *testing.B) {
		sessions := serenade(b, "train")
		first, err := recommend.SessionMatrix(sessions)
		require.NoError(b, err)
		model, err := recommend.SessionKNN{}.Live(first)
		require.NoError(b, err)
		b.ReportAllocs()
		runtime.LockOSThread()
		var times []time.Duration
		for b.Loop() {
			s := sessions[len(times)%len(sessions)]
			s.At = slices.Repeat([]time.Time{monday}, len(s.Items))
			start := cpuTime()
			if _, err := model.Add(s); err != nil {
				b.Fatal(err)
			}
			times = append(times, cpuTime()-start)
		}
		percentiles(b, times)
	})
	b.Run("model=trend", func(b *testing.B) {
		trend, err := recommend.NewTrend(m.Index(), time.Hour)
		require.NoError(b, err)
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			_, err = trend.Add(m.Index().SKU(int32(n%m.Index().Len())), monday.Add(time.Duration(n)*time.Second), 1)
			n++
		}
		require.NoError(b, err)
	})
}

// grown returns the vectors of an iALS model of 64 factors that was trained on made-up
// choices of 100,000 items: each of 40,000 rows has three tastes of 200, each taste a
// Zipf law of its own over the items; and the vectors of 500 rows that it has not seen.
func grown(b testing.TB) (*recommend.Vectors, [][]float32) {
	const items, rows, tastes = 100_000, 40_000, 200
	rng := rand.New(rand.NewPCG(11, 12))
	zipf := rand.NewZipf(rng, 1.1, 20, items-1)
	row := func() (out []int) {
		for range 3 {
			taste := rng.IntN(tastes)
			for range 12 {
				out = append(out, int(mixed(uint64(taste)*1_000_003+zipf.Uint64())%items))
			}
		}
		return out
	}
	var choices []recommend.Choice
	for n := range rows {
		for _, item := range row() {
			choices = append(choices, recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint(n))}, Item: flywheel.SKU(fmt.Sprint(item))})
		}
	}
	for item := range items { // every item once, so that all are there
		choices = append(choices, recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint(rng.IntN(rows)))}, Item: flywheel.SKU(fmt.Sprint(item))})
	}
	m, err := recommend.NewMatrix(choices)
	require.NoError(b, err)
	s, err := recommend.IALS{Factors: 64, Epochs: 4, Alpha: 0.02}.Fit(m.Binary())
	require.NoError(b, err)
	f := s.(recommend.Factorized)
	v, err := f.Vectors()
	require.NoError(b, err)
	var queries [][]float32
	for range 500 {
		var h recommend.History
		for _, item := range row() {
			n, _ := m.Index().Number(flywheel.SKU(fmt.Sprint(item)))
			h = append(h, recommend.Past{Item: n, Weight: 1})
		}
		queries = append(queries, f.Vector(h))
	}
	return v, queries
}

func mixed(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// BenchmarkVectors finds the top ten of 100,000 vectors of 64 numbers: those of a
// trained model and random ones.
func BenchmarkVectors(b *testing.B) {
	random := func() (*recommend.Vectors, [][]float32) {
		rng := rand.New(rand.NewPCG(5, 6))
		flat := make([]float32, 100_000*64)
		for i := range flat {
			flat[i] = float32(rng.NormFloat64())
		}
		v, err := recommend.NewVectors(flat, 64)
		require.NoError(b, err)
		queries := make([][]float32, 500)
		for n := range queries {
			queries[n] = make([]float32, 64)
			for i := range queries[n] {
				queries[n][i] = float32(rng.NormFloat64())
			}
		}
		return v, queries
	}
	for _, data := range []struct {
		name string
		make func() (*recommend.Vectors, [][]float32)
	}{{"trained", func() (*recommend.Vectors, [][]float32) { return grown(b) }}, {"random", random}} {
		b.Run("vectors="+data.name, func(b *testing.B) {
			v, queries := data.make()
			report := map[string]float64{"scan": 1, "exact": 1}
			var plain float64
			run := func(name string, top func(dst []recommended, q []float32) []recommended) {
				b.Run("search="+name, func(b *testing.B) {
					b.ReportAllocs()
					runtime.LockOSThread()
					var times []time.Duration
					var dst []recommended
					n := 0
					for b.Loop() {
						start := cpuTime()
						dst = top(dst[:0], queries[n%len(queries)])
						times = append(times, cpuTime()-start)
						n++
					}
					p99 := percentiles(b, times)
					if name == "scan" {
						plain = p99
					}
					b.ReportMetric(p99/plain, "p99-of-scan")
					b.ReportMetric(report[name], "recall@10")
				})
			}
			run("scan", func(dst []recommended, q []float32) []recommended { return v.Scan(dst, q, 10, nil) })
			run("exact", func(dst []recommended, q []float32) []recommended { return v.Top(dst, q, 10, nil) })
			h, err := recommend.NewHNSW(v, recommend.HNSWConfig{})
			require.NoError(b, err)
			report["hnsw"] = h.Recall(queries, 10)
			run("hnsw", func(dst []recommended, q []float32) []recommended { return h.Top(dst, q, 10, nil) })
		})
	}
}

type recommended = recommend.Recommended
