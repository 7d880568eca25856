package search_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// crowd makes n documents of few words, of which some are in most documents and some
// in few.
func crowd(seed uint64, n int) []search.Document {
	r := rand.New(rand.NewPCG(seed, 9))
	text := func(most int) string {
		var words []string
		for range r.IntN(most + 1) {
			at := r.IntN(len(someWords))
			if r.IntN(3) > 0 {
				at = r.IntN(1 + at/2)
			}
			words = append(words, someWords[at])
		}
		return strings.Join(words, [...]string{" ", " - ", ", "}[r.IntN(3)])
	}
	docs := make([]search.Document, n)
	for i := range docs {
		docs[i] = search.Document{
			ID: fmt.Sprintf("d%03d", i), Text: map[string]string{"title": text(6), "description": text(20)},
			Attributes: map[string]any{"color": someColors[r.IntN(3)], "sold": r.IntN(4)},
		}
	}
	return docs
}

// The first results are the same whether only they are asked for, where most
// products are left out without being looked at, or all of them, where none is.
func TestFirstOfAll(t *testing.T) {
	testkit.Checks(t, 60, 15)
	rapid.Check(t, func(rt *rapid.T) {
		s := liveSettings()
		if rapid.Bool().Draw(rt, "plain") {
			r := search.BM25(rapid.Float64Range(0.1, 3).Draw(rt, "k1"), rapid.Float64Range(0, 1).Draw(rt, "b"))
			s.Ranking = &r
		}
		if rapid.Bool().Draw(rt, "ties") {
			s.TieBreaks = []search.Order{{Field: "sold", Desc: true}}
		}
		index, err := search.New(s)
		require.NoError(t, err)
		n := rapid.SampledFrom([]int{30, 255, 256, 700}).Draw(rt, "documents")
		docs := crowd(rapid.Uint64().Draw(rt, "seed"), n)
		later := rapid.IntRange(0, n/2).Draw(rt, "later")
		require.NoError(t, index.Put(docs[later:]...))
		require.NoError(t, index.Put(docs[:later]...))
		for range rapid.IntRange(0, 5).Draw(rt, "deleted") {
			index.Delete(docs[rapid.IntRange(0, n-1).Draw(rt, "gone")].ID)
		}
		for range 5 {
			q := drawQuery(rt)
			q.Text = strings.Join(rapid.SliceOfN(rapid.SampledFrom(append(someWords, "shrit", "iphnoe", "sh")), 1, 11).Draw(rt, "words"), " ")
			q.Sort, q.Facets, q.Limit = nil, nil, 1000
			all, err := index.Search(q)
			require.NoError(t, err)
			q.Limit = rapid.IntRange(1, 12).Draw(rt, "limit")
			q.Offset = rapid.IntRange(0, 3).Draw(rt, "offset")
			some, err := index.Search(q)
			require.NoError(t, err)
			require.Equal(t, all.Total, some.Total)
			require.Equal(t, all.Groups, some.Groups)
			from := min(q.Offset, len(all.Hits))
			want := all.Hits[from:min(from+q.Limit, len(all.Hits))]
			require.Len(t, some.Hits, len(want))
			for i := range want {
				require.Equal(t, want[i].ID, some.Hits[i].ID, "%q", q.Text)
				require.Equal(t, want[i].Score, some.Hits[i].Score)
				require.Equal(t, want[i].Group, some.Hits[i].Group)
			}
		}
	})
}
