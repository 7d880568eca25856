package search_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/search"
)

var testTime = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// Whatever is typed and filtered by, the answer is one or a typed error.
func FuzzSearch(f *testing.F) {
	index, err := search.New(liveSettings())
	require.NoError(f, err)
	require.NoError(f, index.Put(tees()...))
	for _, text := range []string{"tee", "red tee s1", "手机 shouji", "ｶﾒﾗ", "a\x00b \xff", "'''", "- - -", "t-shirt's", strings.Repeat("ab ", 50)} {
		f.Add(text, `{"color": "red"}`, "1..2")
	}
	f.Add("", `{"$nor": [{"price": {"$gt": 1}}, {"sku": {"$in": ["B1"]}}]}`, "..")
	f.Fuzz(func(t *testing.T, text, filter, span string) {
		r, err := index.Search(search.Query{
			Text: text, Filter: json.RawMessage(filter), Select: map[string][]any{"price": {span}},
			Facets: []search.Facet{{Field: "color"}, {Field: "price"}}, Explain: true,
		})
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(r.Hits), 3)
		_, err = index.Snapshot().Complete("", text, 5)
		require.NoError(t, err)
	})
}

// Long and hostile input is cut, and the answer says so.
func TestHostileInput(t *testing.T) {
	index, err := search.New(liveSettings())
	require.NoError(t, err)
	long := strings.Repeat("word ", 2_000_000) // 10 MB
	require.NoError(t, index.Put(append(tees(), search.Document{ID: "long", Text: map[string]string{"title": "long", "description": long}})...))
	r, err := index.Search(search.Query{Text: strings.Repeat("tee ", 10_000)})
	require.NoError(t, err)
	require.Equal(t, []string{"words"}, r.Cut)
	require.Equal(t, 3, r.Total)
	for _, text := range []string{
		strings.Repeat("a", 60_000), strings.Repeat("手", 20_000), strings.Repeat("ab'", 20_000), strings.Repeat("\u0301", 30_000), "\u202etee\u202c",
		strings.Repeat("()[],;", 10_000), strings.Repeat("shou", 16_000), strings.Repeat("1,000", 13_000),
	} {
		_, err := index.Search(search.Query{Text: text})
		require.NoError(t, err)
	}
	r, err = index.Search(search.Query{Filter: json.RawMessage(`{"color": {"$regex": "^(r+)+$"}}`)})
	require.NoError(t, err)
	require.Zero(t, r.Total) // red has an e and a d
}
