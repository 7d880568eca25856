package search_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// titled returns documents with these titles, a, b, c, ….
func titled(titles ...string) []search.Document {
	var docs []search.Document
	for i, title := range titles {
		docs = append(docs, search.Document{ID: string(rune('a' + i)), Text: map[string]string{"title": title}})
	}
	return docs
}

func found(t *testing.T, index *search.Index, q search.Query) (string, *search.Result) {
	t.Helper()
	r, err := index.Search(q)
	require.NoError(t, err)
	var ids []string
	for _, h := range r.Hits {
		ids = append(ids, h.ID)
	}
	return strings.Join(ids, " "), r
}

// When nothing has all words, words are given up as the settings say, and the result
// says which; unknown words are suggested in their closest form.
func TestNothingFound(t *testing.T) {
	index, err := search.New(search.Settings{Match: search.MatchAll})
	require.NoError(t, err)
	require.NoError(t, index.Put(titled("red wool scarf", "red cotton shirt", "blue cotton shirt", "headphones")...))
	for _, c := range []struct {
		relax   search.Relax
		text    string
		ids     string
		relaxed []string
	}{
		{search.RelaxNone, "red silk scarf", "", nil},
		{search.RelaxNone, "red scarf", "a", nil},
		{search.RelaxLast, "red scarf silk", "a", []string{"silk"}},
		{search.RelaxLast, "silk scarf", "", nil},
		{search.RelaxFirst, "silk red scarf", "a", []string{"silk"}},
		{search.RelaxFrequent, "wool cotton scarf", "a", []string{"cotton"}},
		{search.RelaxAny, "wool headphones", "d a", []string{"wool", "headphones"}},
	} {
		ids, r := found(t, index, search.Query{Text: c.text, Relax: c.relax})
		require.ElementsMatch(t, strings.Fields(c.ids), strings.Fields(ids), "%s %q", c.relax, c.text)
		require.Equal(t, c.relaxed, r.Relaxed, "%s %q", c.relax, c.text)
	}
	_, r := found(t, index, search.Query{Text: "blue headfones"})
	require.Equal(t, "blue headphones", r.Suggestion)
	_, r = found(t, index, search.Query{Text: "blue shirt"})
	require.Empty(t, r.Suggestion)
}

// Pages behind the window of the plan follow by relevance, and no product is on two.
func TestPages(t *testing.T) {
	last := rerank.Boost{Name: "last", Of: func(c *rerank.Candidate) float64 { return float64(c.SKU[0]) }}
	index, err := search.New(search.Settings{
		Window: 3, Plan: &rerank.Plan{Boosts: []rerank.Boost{last}},
		Rules: []search.Rule{{Query: "mug", Is: search.QueryIs, Pin: []search.Pin{{ID: "f", Position: 2}}}},
	})
	require.NoError(t, err)
	require.NoError(t, index.Put(titled("mug", "mug", "mug", "mug", "mug", "mug")...))
	all, r := found(t, index, search.Query{Text: "mug"})
	require.Equal(t, 6, r.Total)
	require.Equal(t, "c f b a d e", all)
	plain, _ := found(t, index, search.Query{Text: "mug mug"})
	require.Equal(t, "c b a d e f", plain)
	var pages []string
	for at := range 6 {
		page, _ := found(t, index, search.Query{Text: "mug mug", Offset: at, Limit: 1, Plan: &rerank.Plan{}})
		pages = append(pages, page)
	}
	require.Equal(t, "a b c d e f", strings.Join(pages, " "))
}

// Each locale has words of its own; a document without text falls back.
func TestLocales(t *testing.T) {
	index, err := search.New(search.Settings{Locales: []search.Locale{{Code: "en"}, {Code: "de"}, {Code: "de-AT", Fallback: "de"}}})
	require.NoError(t, err)
	require.NoError(t, index.Put(search.Document{
		ID: "a", Text: map[string]string{"title": "red lamp"},
		Locales: map[string]map[string]string{"de": {"title": "rote Lampen"}},
	}))
	for _, c := range []struct{ locale, text, ids string }{
		{"", "lamps", "a"}, {"en", "lampe", "a"}, {"de", "lampe", "a"}, {"de", "red", ""}, {"de-AT", "rote", "a"},
	} {
		ids, _ := found(t, index, search.Query{Text: c.text, Locale: c.locale})
		require.Equal(t, c.ids, ids, "%s %q", c.locale, c.text)
	}
}

// With the dictionary a Chinese query is asked word by word.
func TestDictionary(t *testing.T) {
	for _, dictionary := range []bool{false, true} {
		index, err := search.New(search.Settings{Match: search.MatchAll, Dictionary: dictionary})
		require.NoError(t, err)
		require.NoError(t, index.Put(titled("手机 苹果", "苹果手机")...))
		ids, _ := found(t, index, search.Query{Text: "苹果手机"})
		require.Equal(t, map[bool]string{false: "b", true: "b a"}[dictionary], ids)
	}
}

// Only what sells by title is a shirt; what is for it, with it or made after it comes
// behind.
func TestWhatTheTitleIs(t *testing.T) {
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	require.NoError(t, index.Put(titled("Case for phone", "Phone with case, black", "Phone case")...))
	ids, _ := found(t, index, search.Query{Text: "case"})
	require.Equal(t, "b", ids[len(ids)-1:])
	ids, _ = found(t, index, search.Query{Text: "phone"})
	require.Equal(t, "b", ids[:1])
	ids, _ = found(t, index, search.Query{Text: "case for phone"})
	require.Equal(t, "a", ids[:1])
}

// A large segment takes other ways to count than a small one: the numbers are those
// of a recount.
func TestCountsAreRecounts(t *testing.T) {
	index := shopIndex(t, 3000)
	for _, color := range []string{"black", "white", "navy"} {
		for _, size := range []string{"M", "XL", ""} {
			q := search.Query{Select: map[string][]any{"color": {color, "red"}}, Disjunctive: []string{"color", "size"}, Limit: -1, Facets: []search.Facet{{Field: "color"}, {Field: "size"}, {Field: "brand"}, {Field: "price", Ranges: []string{"..2000", "2000.."}}}}
			if size != "" {
				q.Select["size"] = []any{size}
			}
			r, err := index.Search(q)
			require.NoError(t, err)
			for _, f := range r.Facets {
				for _, v := range f.Values {
					one := search.Query{Select: map[string][]any{}, Limit: -1}
					for field, values := range q.Select {
						one.Select[field] = values
					}
					one.Select[f.Field] = []any{v.Value}
					counted, err := index.Search(one)
					require.NoError(t, err)
					require.Equal(t, counted.Total, v.Count, fmt.Sprintf("%s %s, %s %s", color, size, f.Field, v.Value))
				}
			}
		}
	}
}
