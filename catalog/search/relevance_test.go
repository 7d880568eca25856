package search_test

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// product is one of the public relevance set.
type product struct {
	ID          int    `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// graded is one query of the set with the grades of its products.
type graded struct {
	id         int
	text, typo string
	grades     map[string]int
}

// publicFile returns a file of the relevance set: that of the override folder where
// there is one.
func publicFile(t testing.TB, name string) []byte {
	if dir := os.Getenv("FLYWHEEL_REFERENCE"); dir != "" {
		if data, err := os.ReadFile(filepath.Join(dir, "search", name)); err == nil {
			return data
		}
	}
	data, err := os.ReadFile(testkit.Data(t, "search/"+name))
	require.NoError(t, err)
	return data
}

// products returns the public products.
func products(t testing.TB) []product {
	z, err := gzip.NewReader(bytes.NewReader(publicFile(t, "products.jsonl.gz")))
	require.NoError(t, err)
	var all []product
	for d := json.NewDecoder(bufio.NewReader(z)); d.More(); {
		var p product
		require.NoError(t, d.Decode(&p))
		all = append(all, p)
	}
	return all
}

func table(t testing.TB, name string) [][]string {
	var rows [][]string
	for line := range strings.Lines(string(publicFile(t, name))) {
		rows = append(rows, strings.Split(strings.TrimRight(line, "\r\n"), "\t"))
	}
	require.Greater(t, len(rows), 1)
	return rows[1:]
}

// queries returns the graded queries.
func queries(t testing.TB) []graded {
	by := map[int]*graded{}
	for _, row := range table(t, "queries.tsv") {
		id, err := strconv.Atoi(row[0])
		require.NoError(t, err)
		g := &graded{id: id, text: row[1], grades: map[string]int{}}
		if len(row) > 2 {
			g.typo = row[2]
		}
		by[id] = g
	}
	for _, row := range table(t, "qrels.tsv") {
		id, err := strconv.Atoi(row[0])
		require.NoError(t, err)
		product, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		grade, err := strconv.Atoi(row[2])
		require.NoError(t, err)
		if by[id] != nil {
			by[id].grades[productID(product)] = grade
		}
	}
	var all []graded
	for _, g := range by {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b graded) int { return cmp.Compare(a.id, b.id) })
	return all
}

func productID(id int) string { return fmt.Sprintf("%06d", id) }

// relevanceIndex returns the products with the default settings.
func relevanceIndex(t testing.TB) *search.Index {
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	var docs []search.Document
	for _, p := range products(t) {
		docs = append(docs, search.Document{ID: productID(p.ID), Text: map[string]string{"title": p.Title, "description": p.Description}})
	}
	require.NoError(t, index.Put(docs...))
	return index
}

// ndcg10 is the measure of the reference page: gain 2^grade − 1, discount
// log2(rank + 1), an unjudged product gains 0, the ideal order is of all judged
// products.
func ndcg10(ids []string, grades map[string]int) float64 {
	gain := func(g int) float64 { return math.Exp2(float64(g)) - 1 }
	sum := 0.0
	for i, id := range ids[:min(10, len(ids))] {
		sum += gain(grades[id]) / math.Log2(float64(i+2))
	}
	var ideal []int
	for _, g := range grades {
		ideal = append(ideal, g)
	}
	slices.SortFunc(ideal, func(a, b int) int { return b - a })
	most := 0.0
	for i, g := range ideal[:min(10, len(ideal))] {
		most += gain(g) / math.Log2(float64(i+2))
	}
	if most == 0 {
		return 0
	}
	return sum / most
}

// measure returns the measure of each query, by the text that of returns; queries
// without one are left out.
func measure(t testing.TB, index *search.Index, all []graded, of func(*graded) string) map[int]float64 {
	out := map[int]float64{}
	for i := range all {
		text := of(&all[i])
		if text == "" {
			continue
		}
		r, err := index.Search(search.Query{Text: text, Limit: 10})
		require.NoError(t, err)
		var ids []string
		for _, h := range r.Hits {
			ids = append(ids, h.ID)
		}
		out[all[i].id] = ndcg10(ids, all[i].grades)
	}
	return out
}

func mean(m map[int]float64) float64 {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	sum := 0.0
	for _, k := range keys {
		sum += m[k]
	}
	return sum / float64(len(m))
}

// The default ranking finds what people graded as right, better than the engines of
// the reference page, and keeps it when a word is mistyped.
func TestRelevance(t *testing.T) {
	all := queries(t)
	index := relevanceIndex(t)
	clean := measure(t, index, all, func(g *graded) string { return g.text })
	mistyped := measure(t, index, all, func(g *graded) string { return g.typo })
	same := map[int]float64{}
	for id := range mistyped {
		same[id] = clean[id]
	}
	t.Logf("NDCG@10 %.4f over %d queries; mistyped %.4f of %.4f, %.1f %% kept", mean(clean), len(clean), mean(mistyped), mean(same), 100*mean(mistyped)/mean(same))
	require.GreaterOrEqual(t, mean(clean), 0.785)
	require.GreaterOrEqual(t, mean(mistyped)/mean(same), 0.97)
}
