package search_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/search"
)

// Where there are more words than fit into a unit of the forward index, frequent and
// rare ones still count each for itself: what a product scores is the sum of what the
// explanation, which reads the index another way, gives its words.
func TestMoreWordsThanUnits(t *testing.T) {
	t.Parallel()
	const documents, each = 700, 100
	docs := make([]search.Document, documents)
	for i := range docs {
		words := []string{"common"}
		for j := range each {
			words = append(words, fmt.Sprintf("w%dx", i*each+j))
			if j%30 == i%30 {
				words = append(words, "common", fmt.Sprintf("some%d", i%7))
			}
		}
		docs[i] = search.Document{ID: fmt.Sprintf("d%04d", i), Text: map[string]string{"title": fmt.Sprint("Thing ", i), "description": strings.Join(words, " ")}}
	}
	ranking := search.BM25(1.2, 0.75)
	index, err := search.New(search.Settings{Ranking: &ranking, Typos: search.Typos{Off: true}})
	require.NoError(t, err)
	require.NoError(t, index.Put(docs...))
	for _, at := range []int{0, 1, 29, 65_000, 65_534, 65_535, 65_536, 65_537, 69_970, 69_999} {
		id := fmt.Sprintf("d%04d", at/each)
		q := search.Query{Text: fmt.Sprintf("common w%dx some%d", at, at/each%7), Match: search.MatchAll, Explain: true}
		r, err := index.Search(q)
		require.NoError(t, err)
		require.Len(t, r.Hits, 1, q.Text)
		require.Equal(t, id, r.Hits[0].ID)
		why, sum := r.Hits[0].Why, 0.0
		for _, w := range why.Words {
			require.Positive(t, w.Score, "%s: %s", q.Text, w.Word)
			sum += w.Score
		}
		require.InDelta(t, sum, why.Text, 1e-9, q.Text)
		// All products by one frequent word: the counts of each are its own.
		q = search.Query{Text: "common", Limit: documents, Explain: true}
		if at > 0 {
			continue
		}
		r, err = index.Search(q)
		require.NoError(t, err)
		require.Len(t, r.Hits, documents)
		for i := range r.Hits {
			require.Less(t, math.Abs(r.Hits[i].Why.Words[0].Score-r.Hits[i].Why.Text), 1e-9)
		}
	}
}
