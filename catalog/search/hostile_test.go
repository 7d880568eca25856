package search_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// refused checks that an error is about a field and of a kind.
func refused(t *testing.T, err error, field string, kind error) {
	t.Helper()
	var f *flywheel.FieldError
	require.ErrorAs(t, err, &f)
	require.Equal(t, field, f.Field)
	require.ErrorIs(t, err, kind)
}

// A query of 10,000 words is answered by its first thirty, and says so; a longer text
// is refused.
func TestQueryOfManyWords(t *testing.T) {
	index, err := search.New(search.Settings{Prefix: true, Exact: []string{"sku"}, Pinyin: true})
	require.NoError(t, err)
	require.NoError(t, index.Put(titled("red wool scarf", "blue shirt")...))
	for _, word := range []string{"scarf ", "a ", "手", "zhongguo ", "scraf ", "\u0301'", "x-1/2 "} {
		for _, match := range []search.Match{search.MatchAny, search.MatchAll} {
			r, err := index.Search(search.Query{Text: "red " + strings.Repeat(word, 60_000/len(word)), Match: match, Relax: search.RelaxLast, Explain: true})
			require.NoError(t, err)
			if word != "\u0301'" { // no word at all
				require.Contains(t, r.Cut, "words", "%q", word)
			}
		}
	}
	many := make([]string, 10_000)
	for i := range many {
		many[i] = fmt.Sprint("w", i)
	}
	many[3] = "scarf"
	ids, r := found(t, index, search.Query{Text: strings.Join(many, " ")})
	require.Equal(t, "a", ids)
	require.Equal(t, []string{"words"}, r.Cut)
	_, err = index.Search(search.Query{Text: strings.Repeat("word ", 20_000)})
	refused(t, err, "text", flywheel.ErrLimit)
	done, err := index.Snapshot().Complete("", strings.Repeat("red ", 10_000), 5)
	require.NoError(t, err)
	require.Empty(t, done)
}

// A description of 10 MB is searched by its first words.
func TestHugeDescription(t *testing.T) {
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	huge := "velvet " + strings.Repeat("x", 5<<20) + strings.Repeat(" yarn", 1<<20) + " unreached"
	require.NoError(t, index.Put(search.Document{ID: "a", Text: map[string]string{"title": "Scarf", "description": huge}}))
	for text, want := range map[string]string{"velvet": "a", "yarn": "a", "unreached": ""} {
		ids, _ := found(t, index, search.Query{Text: text})
		require.Equal(t, want, ids, text)
	}
}

// A million values of one facet are counted; the answer has a thousand of them and
// says how many it leaves out. A document has at most MaxValues.
func TestMillionFacetValues(t *testing.T) {
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	per := testkit.Often(5_000, 250)
	docs := make([]search.Document, 200)
	for i := range docs {
		values := make([]string, per)
		for j := range values {
			values[j] = fmt.Sprintf("v%07d", i*per+j)
		}
		docs[i] = search.Document{ID: fmt.Sprintf("d%03d", i), Text: map[string]string{"title": "thing"}, Attributes: map[string]any{"tag": values}}
	}
	require.NoError(t, index.Put(docs...))
	r, err := index.Search(search.Query{Text: "thing", Facets: []search.Facet{{Field: "tag", Limit: 1_000_000}}, Select: map[string][]any{"tag": {"v0000003"}}, Disjunctive: []string{"tag"}})
	require.NoError(t, err)
	require.Equal(t, 1, r.Total)
	f := r.Facets[0]
	require.LessOrEqual(t, len(f.Values), 1_000)
	require.Equal(t, 200*per, len(f.Values)+f.Other.Values)
	before := index.Snapshot()
	refused(t, index.Put(docs[0], search.Document{ID: "x", Attributes: map[string]any{"tag": make([]string, search.MaxValues+1)}}), "documents[1].attributes.tag", flywheel.ErrLimit)
	require.Same(t, before, index.Snapshot())
}

// Patterns that explode elsewhere are matched in linear time, and what is too large
// or too deep is refused.
func TestExplodingPatterns(t *testing.T) {
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	require.NoError(t, index.Put(search.Document{ID: "a", Text: map[string]string{"title": "x"}, Attributes: map[string]any{"code": strings.Repeat("a", 30_000) + "!"}}))
	for _, pattern := range []string{`^(a+)+$`, `^(a|aa)+$`, `^(a|a?)+$`, `(.*a){20}$`, `^(([a-z])+.)+[A-Z]([a-z])+$`} {
		filter, err := json.Marshal(map[string]any{"code": map[string]any{"$regex": pattern}})
		require.NoError(t, err)
		r, err := index.Search(search.Query{Filter: filter})
		require.NoError(t, err, pattern)
		require.Zero(t, r.Total, pattern)
	}
	for _, filter := range []string{
		`{"code": {"$regex": "((((((((((a{99}){99}){99}){99}){99}"}}`, `{"code": {"$regex": "(?<=a)b"}}`,
		`{"code": {"$regex": "` + strings.Repeat("a?", 2_000) + `"}}`, strings.Repeat(`{"$not":`, 10_000) + `{}` + strings.Repeat("}", 10_000), `{"code": `, `[]`, `{"code": {"$near": 1}}`,
	} {
		_, err := index.Search(search.Query{Filter: json.RawMessage(filter)})
		require.True(t, errors.Is(err, flywheel.ErrInvalid) || errors.Is(err, flywheel.ErrLimit), "%v: %s", err, filter[:min(60, len(filter))])
	}
}

// Numbers that are none, values of unknown types and names that cannot be are refused
// with their place, and nothing of the call is kept.
func TestHostileDocuments(t *testing.T) {
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	good := search.Document{ID: "good", Text: map[string]string{"title": "x"}}
	for field, c := range map[string]struct {
		doc  search.Document
		kind error
	}{
		"documents[1].attributes.price":             {search.Document{ID: "a", Attributes: map[string]any{"price": math.NaN()}}, flywheel.ErrOutOfRange},
		"documents[1].variants[0].attributes.price": {search.Document{ID: "a", Variants: []search.Variant{{Attributes: map[string]any{"price": math.Inf(1)}}}}, flywheel.ErrOutOfRange},
		"documents[1].attributes.of":                {search.Document{ID: "a", Attributes: map[string]any{"of": struct{}{}}}, flywheel.ErrInvalid},
		"documents[1].attributes.list":              {search.Document{ID: "a", Attributes: map[string]any{"list": []any{[]any{1}}}}, flywheel.ErrInvalid},
		"documents[1].attributes.text":              {search.Document{ID: "a", Attributes: map[string]any{"text": strings.Repeat("x", 1<<20)}}, flywheel.ErrLimit},
		"documents[1].variants":                     {search.Document{ID: "a", Variants: make([]search.Variant, search.MaxVariants+1)}, flywheel.ErrLimit},
	} {
		refused(t, index.Put(good, c.doc), field, c.kind)
		require.Zero(t, index.Snapshot().Len())
	}
}
