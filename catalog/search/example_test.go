package search_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// tees is a small assortment.
func tees() []search.Document {
	tee := func(id, title, brand string, variants ...search.Variant) search.Document {
		return search.Document{
			ID: id, Text: map[string]string{"title": title},
			Attributes: map[string]any{"brand": brand, "cat": "Clothing > Tees"}, Variants: variants,
		}
	}
	v := func(sku, color, size string, price, stock int) search.Variant {
		return search.Variant{SKU: flywheel.SKU(sku), Attributes: map[string]any{"color": color, "size": size, "price": price, "stock": stock}}
	}
	return []search.Document{
		tee("basic", "Basic cotton tee", "Nord", v("B1", "red", "S", 1990, 3), v("B2", "red", "M", 1990, 0), v("B3", "blue", "M", 2190, 5)),
		tee("slim", "Slim striped tee", "Sud", v("S1", "red", "L", 2990, 2), v("S2", "green", "S", 2490, 1)),
		tee("kids", "Kids tee with stripes", "Nord", v("K1", "blue", "S", 990, 0)),
	}
}

func Example() {
	index, err := search.New(search.Settings{})
	if err != nil {
		panic(err)
	}
	if err := index.Put(tees()...); err != nil {
		panic(err)
	}
	found, err := index.Search(search.Query{
		Text:        "stripd tee", // mistyped
		Select:      map[string][]any{"color": {"red", "blue"}},
		Disjunctive: []string{"color"},
		Facets:      []search.Facet{{Field: "color"}, {Field: "brand"}},
	})
	if err != nil {
		panic(err)
	}
	for _, h := range found.Hits {
		fmt.Println(h.ID, h.Show, h.Price.From, h.Price.SoldOut)
	}
	for _, f := range found.Facets {
		fmt.Println(f.Field, f.Values)
	}
	// Output:
	// slim S1 2990 false
	// kids K1 990 true
	// basic B1 1990 false
	// color [{blue 2 true} {red 2 true} {green 1 false}]
	// brand [{Nord 2 false} {Sud 1 false}]
}

// One variant must meet the whole filter: there is a red one and an M, but the red M
// is sold out.
func ExampleQuery() {
	index, _ := search.New(search.Settings{})
	_ = index.Put(tees()...)
	for _, filter := range []string{`{"color": "red", "size": "M"}`, `{"color": "red", "size": "M", "stock": {"$gt": 0}}`, `{"cat": "Clothing", "price": {"$lt": 2000}}`} {
		found, err := index.Search(search.Query{Filter: json.RawMessage(filter), Sort: []search.Order{{Field: "price"}}})
		if err != nil {
			panic(err)
		}
		fmt.Print(found.Total)
		for _, h := range found.Hits {
			fmt.Print(" ", h.ID, h.Variants)
		}
		fmt.Println()
	}
	// Output:
	// 1 basic[B2]
	// 0
	// 2 kids[K1] basic[B1]
}

func ExampleSettings() {
	index, err := search.New(search.Settings{
		Locales:  []search.Locale{{Code: "de"}, {Code: "en", Fallback: "de"}},
		Fields:   []search.Field{{Name: "title"}, {Name: "brand", Weight: 1.5}},
		Exact:    []string{"sku"},
		Synonyms: []search.Synonym{{Words: []string{"Sneaker", "Turnschuhe"}}, {From: "Schuhe", To: []string{"Stiefel"}}},
		Rules: []search.Rule{{
			Query: "schuhe", Is: search.QueryIs, Pin: []search.Pin{{ID: "b", Position: 1}}, Hide: []string{"c"},
		}},
		Match: search.MatchAll, Relax: search.RelaxLast, Prefix: true,
		Typos: search.Typos{One: 4, Two: 8},
		Roles: search.Roles{Price: "cents"},
	})
	if err != nil {
		panic(err)
	}
	_ = index.Put(
		search.Document{ID: "a", Text: map[string]string{"title": "Turnschuhe"}, Locales: map[string]map[string]string{"en": {"title": "Trainers"}}},
		search.Document{ID: "b", Text: map[string]string{"title": "Stiefel"}, Attributes: map[string]any{"sku": "ST-4711/B"}},
		search.Document{ID: "c", Text: map[string]string{"title": "Schuhe und Schuhcreme"}},
		search.Document{ID: "d", Text: map[string]string{"title": "Schuh aus Leder"}},
	)
	for _, q := range []search.Query{{Text: "sneaker"}, {Text: "schuhe"}, {Text: "st4711b"}, {Text: "trainer", Locale: "en"}, {Text: "leder schuh rot"}} {
		found, _ := index.Search(q)
		fmt.Print(q.Text, ":")
		for _, h := range found.Hits {
			fmt.Print(" ", h.ID)
		}
		fmt.Println(" ", found.Relaxed)
	}
	// Output:
	// sneaker: a  []
	// schuhe: b d  []
	// st4711b: b  []
	// trainer: a  []
	// leder schuh rot: d  [rot]
}

// What the shop wants beside relevance is a plan, applied once to the best results.
func ExampleSettings_plan() {
	index, _ := search.New(search.Settings{Plan: &rerank.Plan{
		Boosts: []rerank.Boost{{Name: "in stock", Of: func(c *rerank.Candidate) float64 { return 1 + min(c.Stock, 1) }}},
		Caps:   []rerank.Cap{{By: rerank.ByBrand, Max: 1}},
	}})
	_ = index.Put(tees()...)
	found, _ := index.Search(search.Query{Text: "tee", Explain: true})
	for _, h := range found.Hits {
		fmt.Println(h.ID, h.Why.Rules)
	}
	// Output:
	// basic [in stock]
	// slim [in stock]
}

func ExampleRanking() {
	ranking := search.DefaultRanking()
	ranking.Title = 8 // titles count more
	plain := search.BM25(1.2, 0.75)
	for _, r := range []*search.Ranking{&ranking, &plain} {
		index, err := search.New(search.Settings{Ranking: r})
		if err != nil {
			panic(err)
		}
		_ = index.Put(tees()...)
		found, _ := index.Search(search.Query{Text: "striped tee", Explain: true, Limit: 1})
		why := found.Hits[0].Why
		fmt.Printf("%s %.2f = %.2f x (1 + %.2f)\n", found.Hits[0].ID, found.Hits[0].Score, why.Text, why.Bonus)
		for _, w := range why.Words {
			fmt.Printf("  %s: %s, %s\n", w.Word, w.Term, w.Way)
		}
	}
	// Output:
	// slim 5.93 = 0.73 x (1 + 7.10)
	//   striped: striped, word
	//   tee: tee, word
	// slim 0.63 = 0.63 x (1 + 0.00)
	//   striped: striped, word
	//   tee: tee, word
}

func ExampleSnapshot_Complete() {
	index, _ := search.New(search.Settings{})
	_ = index.Put(tees()...)
	for _, typed := range []string{"s", "striped t", "cottn"} {
		completions, err := index.Snapshot().Complete("en", typed, 5)
		fmt.Println(completions, err)
	}
	// Output:
	// [{slim 1} {striped 1} {stripes 1}] <nil>
	// [{striped tee 1}] <nil>
	// [{cotton 1}] <nil>
}

func ExampleFacet() {
	index, _ := search.New(search.Settings{})
	_ = index.Put(tees()...)
	found, _ := index.Search(search.Query{Limit: -1, Facets: []search.Facet{
		{Field: "price", Ranges: []string{"..2000", "2000.."}},
		{Field: "price"},
		{Field: "cat", Under: "Clothing"},
		{Field: "color", Limit: 1, Rest: true},
		{Field: "brand", Text: "no"},
	}})
	for _, f := range found.Facets {
		fmt.Print(f.Field, f.Values, f.Other)
		if f.Stats != nil {
			fmt.Print(*f.Stats)
		}
		fmt.Println()
	}
	// Output:
	// price[{..2000 2 false} {2000.. 2 false}] {0 0 0}
	// price[{1990 1 false} {2190 1 false} {2490 1 false} {2990 1 false} {990 1 false}] {0 0 0}{990 2990 10650 3}
	// cat[{Clothing > Tees 3 false}] {0 0 0}
	// color[{blue 2 false}] {2 3 2}
	// brand[{Nord 2 false}] {0 0 0}
}

// A snapshot file is used where it lies.
func ExampleOpenFile() {
	index, _ := search.New(search.Settings{})
	_ = index.Put(tees()...)
	dir, err := os.MkdirTemp("", "search")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "tees.search")
	if err := index.Snapshot().WriteFile(name); err != nil {
		panic(err)
	}
	opened, err := search.OpenFile(name, search.Settings{})
	if err != nil {
		panic(err)
	}
	found, _ := opened.Search(search.Query{Text: "tee"})
	fmt.Println(found.Total)

	data, _ := index.Snapshot().AppendTo(nil)
	_, err = search.Open(data[:len(data)-1], search.Settings{})
	fmt.Println(errors.Is(err, search.ErrCorrupt), errors.Is(err, flywheel.ErrInvalid))
	// Output:
	// 3
	// true true
}

// assortment is a catalog as a source of documents.
type assortment map[string]search.Document

func (a assortment) Documents(_ context.Context, ids []string) (docs []search.Document, err error) {
	for _, id := range ids {
		if d, ok := a[id]; ok {
			docs = append(docs, d)
		}
	}
	return docs, nil
}

// The events of the catalog keep the index up to date.
func ExampleFollower() {
	index, _ := search.New(search.Settings{})
	catalog := assortment{}
	for _, d := range tees() {
		catalog[d.ID] = d
	}
	var engine search.Engine = search.Local{Index: index}
	var follower flywheel.Consumer = &search.Follower{
		Engine: engine, Source: catalog,
		Product: func(e flywheel.Entry) (string, bool) {
			id, ok := e.Event.Properties["product"].(string)
			return id, ok
		},
	}
	changed := func(id string) flywheel.Entry {
		return flywheel.Entry{Event: flywheel.Event{Name: "product_changed", Properties: map[string]any{"product": id}}}
	}
	ctx := context.Background()
	fmt.Println(follower.Consume(ctx, []flywheel.Entry{changed("basic"), changed("slim"), changed("basic")}))
	delete(catalog, "slim")
	fmt.Println(follower.Consume(ctx, []flywheel.Entry{changed("slim")}))
	found, err := engine.Search(ctx, search.Query{Text: "tee"})
	fmt.Println(found.Total, found.Hits[0].ID, err)
	// Output:
	// <nil>
	// <nil>
	// 1 basic <nil>
}

func ExampleLog() {
	index, _ := search.New(search.Settings{})
	_ = index.Put(tees()...)
	log := new(search.Log)
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, text := range []string{"Tee", "tee", "umbrella", "tee "} {
		found, _ := index.Search(search.Query{Text: text})
		log.Searched(text, found, at)
	}
	_ = log.Clicked("tee", 2, at)
	for _, by := range []search.LogOrder{search.ByFrequency, search.ByEmpty, search.ByIgnored} {
		report, _ := log.Report(by, 1)
		fmt.Println(by, report)
	}
	// Output:
	// frequency ["tee": 3 searches, 0 empty, 1 clicks at 2.0]
	// empty ["umbrella": 1 searches, 1 empty, 0 clicks at 0.0]
	// ignored ["tee": 3 searches, 0 empty, 1 clicks at 2.0]
}

// A rule from a merchant pins what does not match the words, and hides what misleads.
func ExampleRule() {
	index, _ := search.New(search.Settings{})
	_ = index.Put(tees()...)
	s := index.Settings()
	s.Rules = []search.Rule{{Query: "gift", Is: search.QueryContains, Pin: []search.Pin{{ID: "slim", Position: 1}}}}
	fmt.Println(index.Configure(s))
	found, _ := index.Search(search.Query{Text: "gift cotton"})
	for _, h := range found.Hits {
		fmt.Println(h.ID, h.Pinned)
	}
	s.Fields = []search.Field{{Name: "name"}}
	fmt.Println(errors.Is(index.Configure(s), flywheel.ErrConflict))
	// Output:
	// <nil>
	// slim true
	// basic false
	// true
}

// The parts of a result, as a page would show them.
func ExampleResult() {
	index, _ := search.New(search.Settings{})
	_ = index.Put(tees()...)
	var found *search.Result
	found, _ = index.Search(search.Query{Text: "tee", Limit: 1, Facets: []search.Facet{{Field: "size", Limit: 1, Rest: true}, {Field: "price"}}})
	card := func(h search.Hit, p search.PriceRange) string {
		return fmt.Sprintf("%s %v from %v to %v", h.ID, h.Variants, p.From, p.To)
	}
	side := func(f search.FacetResult, first search.FacetValue, other search.FacetOther, st *search.FacetStats) string {
		if st != nil {
			return fmt.Sprintf("%s %v to %v in %d products", f.Field, st.Min, st.Max, st.Count)
		}
		return fmt.Sprintf("%s %s (%d), %d more in %d products", f.Field, first.Value, first.Count, other.Values, other.Products)
	}
	fmt.Println(found.Total, card(found.Hits[0], found.Hits[0].Price))
	for _, f := range found.Facets {
		fmt.Println(side(f, f.Values[0], f.Other, f.Stats))
	}
	// Output:
	// 3 basic [B1 B2 B3] from 1990 to 2190
	// size S (3), 2 more in 2 products
	// price 990 to 2990 in 3 products
}
