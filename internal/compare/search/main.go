package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/shop"
)

// rounds is how often each query is asked; the least processor time counts, on a
// shared machine.
const rounds = 20

func main() {
	million := flag.Bool("million", false, "state 1,000,000 products instead of comparing")
	n := flag.Int("products", 100_000, "size of the generated assortment, 0 for the graded queries only")
	flag.Parse()
	run := func() error { return compare(*n) }
	if *million {
		run = func() error { return facets(1_000_000) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func compare(n int) error {
	runtime.GOMAXPROCS(1) // one processor for each engine, background work included
	dir := dataFolder()
	items, err := readItems(dir)
	if err != nil {
		return err
	}
	queries, err := readGraded(dir)
	if err != nil {
		return err
	}
	fmt.Printf("Graded queries (%d over %d products), one processor:\n\n", len(queries), len(items))
	var clean, typo []string
	for _, q := range queries {
		clean = append(clean, q.text)
		if q.typo != "" {
			typo = append(typo, q.typo)
		}
	}
	engines := func() []*engine { return []*engine{ours(), theirs("bm25", 0), theirs("tf-idf", 0), theirs("bm25", 1)} }
	if err := table(engines(), items, clean, typo, queries); err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	items, clean, typo = nil, nil, nil
	shop.Assortment(n, 1, func(p *shop.Product) { items = append(items, item{p.ID, p.Title, p.Description}) })
	for _, q := range shop.Queries(220, 3) {
		if q.Text != "" {
			clean = append(clean, q.Text)
		}
		if q.Typo != "" && q.Typo != q.Text {
			typo = append(typo, q.Typo)
		}
	}
	fmt.Printf("\nGenerated assortment (%d products):\n\n", n)
	if err := table([]*engine{ours(), theirs("bm25", 0), theirs("bm25", 1)}, items, clean, typo, nil); err != nil {
		return err
	}
	fmt.Println()
	return facets(n)
}

// table prints a row for each engine, Flywheel first.
func table(engines []*engine, items []item, clean, typo []string, queries []graded) error {
	fmt.Println("| engine | NDCG@10 | mistyped | kept | build s | times | query µs | times | mistyped µs | times |")
	fmt.Println("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	var first [3]float64
	for i, e := range engines {
		runtime.GC()
		start := cpu()
		if err := e.build(items); err != nil {
			return err
		}
		took := [3]float64{(cpu() - start).Seconds()}
		var err error
		for j, texts := range [][]string{clean, typo} {
			if took[j+1], err = meanTime(e, texts); err != nil {
				return err
			}
		}
		quality := "| | |"
		if queries != nil {
			if quality, err = relevance(e, queries); err != nil {
				return err
			}
		}
		if i == 0 {
			first = took
		}
		fmt.Printf("| %s %s %.2f | %.1f | %.0f | %.1f | %.0f | %.1f |\n", e.name, "| "+quality, took[0], took[0]/first[0], took[1], took[1]/first[1], took[2], took[2]/first[2])
		e.closed()
	}
	return nil
}

// repeats is how often a text is asked between two looks at the clock of the processor,
// which takes about a microsecond itself.
const repeats = 8

// meanTime returns the mean over texts of the least microseconds that each took.
func meanTime(e *engine, texts []string) (float64, error) {
	sum := 0.0
	for _, text := range texts {
		least := time.Hour
		for range rounds {
			start := cpu()
			for range repeats {
				if _, err := e.ask(text); err != nil {
					return 0, err
				}
			}
			least = min(least, (cpu()-start)/repeats)
		}
		sum += float64(least.Nanoseconds()) / 1000
	}
	return sum / float64(len(texts)), nil
}

func relevance(e *engine, queries []graded) (string, error) {
	var clean, same, typo float64
	n := 0
	for _, q := range queries {
		ids, err := e.ask(q.text)
		if err != nil {
			return "", err
		}
		c := ndcg10(ids, q.grades)
		clean += c
		if q.typo == "" {
			continue
		}
		if ids, err = e.ask(q.typo); err != nil {
			return "", err
		}
		same += c
		typo += ndcg10(ids, q.grades)
		n++
	}
	return fmt.Sprintf("%.4f | %.4f | %.1f %% |", clean/float64(len(queries)), typo/float64(n), 100*typo/same), nil
}

// facets answers the facets' workload and prints what it took.
func facets(n int) error {
	runtime.GOMAXPROCS(1)
	index, err := search.New(search.Settings{})
	if err != nil {
		return err
	}
	docs := make([]search.Document, 0, n)
	shop.Assortment(n, 1, func(p *shop.Product) { docs = append(docs, document(p)) })
	start := cpu()
	if err := index.Put(docs...); err != nil {
		return err
	}
	built := cpu() - start
	docs = nil
	queries := shop.Queries(1000, 1)
	var took []time.Duration
	for i := range queries {
		q := question(&queries[i])
		least := time.Hour
		for range rounds {
			start := cpu()
			if _, err := index.Search(q); err != nil {
				return err
			}
			least = min(least, cpu()-start)
		}
		took = append(took, least)
	}
	slices.Sort(took)
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	at := func(p int) int64 { return took[len(took)*p/100].Microseconds() }
	fmt.Printf("Ten disjunctive facets, %d products, 1,000 queries, one in ten without text: p50 %d µs, p95 %d µs, p99 %d µs; built in %.2f s; live heap %.1f MiB\n",
		n, at(50), at(95), at(99), built.Seconds(), float64(mem.HeapAlloc)/(1<<20))
	file, err := os.CreateTemp("", "search")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_ = file.Close()
	if err := index.Snapshot().WriteFile(file.Name()); err != nil {
		return err
	}
	least := time.Hour
	size := int64(0)
	for range rounds {
		start := time.Now()
		opened, err := search.OpenFile(file.Name(), search.Settings{})
		if err != nil {
			return err
		}
		least = min(least, time.Since(start))
		if opened.Snapshot().Len() != n {
			return fmt.Errorf("opened %d products of %d", opened.Snapshot().Len(), n)
		}
		info, err := os.Stat(file.Name())
		if err != nil {
			return err
		}
		size = info.Size()
	}
	fmt.Printf("Snapshot file of %.1f MiB opened in %.1f ms\n", float64(size)/(1<<20), float64(least.Microseconds())/1000)
	runtime.KeepAlive(index)
	return nil
}

func document(p *shop.Product) search.Document {
	d := search.Document{ID: p.ID, Text: map[string]string{"title": p.Title, "description": p.Description}, Attributes: p.Attributes}
	for _, v := range p.Variants {
		d.Variants = append(d.Variants, search.Variant{SKU: flywheel.SKU(v.SKU), Attributes: v.Attributes})
	}
	return d
}

// question asks for ten disjunctive facets.
func question(q *shop.Query) search.Query {
	out := search.Query{Text: q.Text, Disjunctive: shop.Facets, Match: search.MatchAll, Select: map[string][]any{}}
	for field, values := range q.Select {
		for _, v := range values {
			out.Select[field] = append(out.Select[field], v)
		}
	}
	for _, f := range shop.Facets {
		facet := search.Facet{Field: f, Limit: 20}
		if strings.EqualFold(f, "price") {
			facet.Ranges = shop.PriceRanges
		}
		out.Facets = append(out.Facets, facet)
	}
	return out
}
