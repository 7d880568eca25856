package search_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// refCase is a case of conformance.json and search_variants.json.
type refCase struct {
	ID       string          `json:"id"`
	Kind     string          `json:"kind"`
	Settings refSettings     `json:"settings"`
	Docs     json.RawMessage `json:"docs"`
	Query    refQuery        `json:"query"`
	Want     refWant         `json:"want"`
	Note     string          `json:"note"`
}

type refSettings struct {
	OneTypo     int               `json:"one_typo_min"`
	TwoTypos    int               `json:"two_typo_min"`
	FirstLetter *bool             `json:"first_letter_counts_double"`
	Prefix      bool              `json:"prefix_last"`
	Match       string            `json:"match"`
	Relax       any               `json:"relax"`
	Synonyms    []json.RawMessage `json:"synonyms"`
	Rules       []refRule         `json:"rules"`
	Boost       []struct {
		Field string `json:"field"`
		Order string `json:"order"`
	} `json:"boost"`
	StopWords  []string `json:"stop_words"`
	Language   string   `json:"language"`
	Fields     []string `json:"fields"`
	Exact      []string `json:"exact_fields"`
	Pinyin     bool     `json:"pinyin"`
	Dictionary bool     `json:"dictionary"`
}

type refRule struct {
	When struct {
		Query string `json:"query"`
		Is    string `json:"is"`
	} `json:"when"`
	Pin []struct {
		ID       string `json:"id"`
		Position int    `json:"position"`
	} `json:"pin"`
	Hide []json.RawMessage `json:"hide"`
}

type refQuery struct {
	Text        string            `json:"q"`
	Filter      json.RawMessage   `json:"filter"`
	Select      map[string][]any  `json:"select"`
	Disjunctive []string          `json:"disjunctive"`
	Facets      []json.RawMessage `json:"facets"`
	Sort        []string          `json:"sort"`
	Group       string            `json:"group"`
	FacetQuery  *refFacetQuery    `json:"facet_query"`
	Limit       int               `json:"limit"`
	Offset      int               `json:"offset"`
}

type refFacetQuery struct {
	Field string `json:"field"`
	Facet string `json:"facet"`
	Text  string `json:"q"`
	Query string `json:"query"`
	Limit int    `json:"limit"`
}

type refWant struct {
	IDs        *[]string                     `json:"ids"`
	Order      []string                      `json:"order"`
	First      string                        `json:"first"`
	Before     [][2]string                   `json:"before"`
	Includes   []string                      `json:"includes"`
	Not        []string                      `json:"not"`
	Excludes   []string                      `json:"excludes"`
	Positions  map[string]int                `json:"positions"`
	Total      *int                          `json:"total"`
	Facets     map[string][][]any            `json:"facets"`
	FacetOther map[string]map[string]int     `json:"facet_other"`
	FacetVals  any                           `json:"facet_values"`
	Stats      map[string]map[string]float64 `json:"stats"`
	Relaxed    any                           `json:"relaxed"`
	Suggestion *string                       `json:"suggestion"`
	Variants   map[string][]string           `json:"variants"`
	Show       map[string]string             `json:"show"`
	Price      map[string]map[string]any     `json:"price"`
	Groups     [][]string                    `json:"groups"`
	GroupTotal *int                          `json:"group_total"`
	GroupPrice [][]any                       `json:"group_price"`
}

func TestReference(t *testing.T) {
	t.Run("conformance", func(t *testing.T) {
		var file struct {
			Cases []refCase `json:"cases"`
		}
		testkit.Strict(t, testkit.Reference(t, "search", "conformance.json"), &file)
		require.NotEmpty(t, file.Cases)
		for _, c := range file.Cases {
			t.Run(c.ID, func(t *testing.T) { c.run(t, nil) })
		}
	})
	t.Run("variants", func(t *testing.T) {
		var file struct {
			Sets  map[string]json.RawMessage `json:"sets"`
			Cases []refCase                  `json:"cases"`
		}
		testkit.Strict(t, testkit.Reference(t, "catalog", "search_variants.json"), &file)
		require.NotEmpty(t, file.Cases)
		for _, c := range file.Cases {
			t.Run(c.ID, func(t *testing.T) { c.run(t, file.Sets) })
		}
	})
	t.Run("bm25", referenceBM25)
}

func (s *refSettings) settings(t *testing.T) search.Settings {
	out := search.Settings{
		Prefix: s.Prefix, Match: search.Match(s.Match), StopWords: s.StopWords, Exact: s.Exact, Pinyin: s.Pinyin, Dictionary: s.Dictionary,
		Typos:   search.Typos{One: s.OneTypo, Two: s.TwoTypos, FirstLetterSingle: s.FirstLetter != nil && !*s.FirstLetter},
		Locales: []search.Locale{{Code: "en", Language: s.Language}},
		Relax:   refRelax(t, s.Relax),
	}
	fields := s.Fields
	if fields == nil {
		fields = []string{"title"}
	}
	for _, f := range fields {
		if !slices.Contains(s.Exact, f) {
			out.Fields = append(out.Fields, search.Field{Name: f})
		}
	}
	for _, raw := range s.Synonyms {
		if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
			var words []string
			testkit.Strict(t, raw, &words)
			out.Synonyms = append(out.Synonyms, search.Synonym{Words: words})
			continue
		}
		var way struct {
			From string   `json:"from"`
			To   []string `json:"to"`
		}
		testkit.Strict(t, raw, &way)
		out.Synonyms = append(out.Synonyms, search.Synonym{From: way.From, To: way.To})
	}
	for _, r := range s.Rules {
		is, ok := map[string]string{
			"exact": search.QueryIs, "is": search.QueryIs, "contains": search.QueryContains, "starts": search.QueryStarts,
			"starts_with": search.QueryStarts, "prefix": search.QueryStarts, "ends": search.QueryEnds, "ends_with": search.QueryEnds, "always": search.QueryAlways,
		}[r.When.Is]
		require.True(t, ok, "unknown comparison %q", r.When.Is)
		rule := search.Rule{Query: r.When.Query, Is: is}
		for _, raw := range r.Hide {
			var h struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(raw, &h.ID) != nil {
				testkit.Strict(t, raw, &h)
			}
			rule.Hide = append(rule.Hide, h.ID)
		}
		for _, p := range r.Pin {
			rule.Pin = append(rule.Pin, search.Pin{ID: p.ID, Position: p.Position})
		}
		out.Rules = append(out.Rules, rule)
	}
	for _, b := range s.Boost {
		out.TieBreaks = append(out.TieBreaks, search.Order{Field: b.Field, Desc: b.Order == "desc"})
	}
	return out
}

// refRelax reads the ways of relaxing under the names that engines give them.
func refRelax(t *testing.T, v any) search.Relax {
	switch v {
	case nil, "", "none", false:
		return search.RelaxNone
	case "any", "all_optional", "optional", "or", true:
		return search.RelaxAny
	case "last", "drop_last", "last_words", "remove_last":
		return search.RelaxLast
	case "first", "drop_first", "first_words", "remove_first":
		return search.RelaxFirst
	case "frequent", "frequency", "drop_frequent":
		return search.RelaxFrequent
	}
	require.Fail(t, "unknown way of relaxing", "%v", v)
	return ""
}

// refDocuments reads products as flat objects.
func refDocuments(t *testing.T, raw json.RawMessage, fields []search.Field, exact []string) []search.Document {
	var flat []map[string]any
	require.NoError(t, json.Unmarshal(raw, &flat))
	var docs []search.Document
	for _, f := range flat {
		d := search.Document{ID: f["id"].(string), Text: map[string]string{}, Attributes: map[string]any{}}
		variants, _ := f["variants"].([]any)
		for k, v := range f {
			if k == "id" || k == "variants" {
				continue
			}
			d.Attributes[k] = v
			for _, field := range fields {
				if field.Name == k {
					d.Text[k] = fmt.Sprint(v)
				}
			}
		}
		for _, v := range variants {
			attributes := v.(map[string]any)
			sku, _ := attributes["sku"].(string)
			d.Variants = append(d.Variants, search.Variant{SKU: flywheel.SKU(sku), Attributes: attributes})
		}
		docs = append(docs, d)
	}
	return docs
}

func (c *refCase) run(t *testing.T, sets map[string]json.RawMessage) {
	require.Contains(t, []string{"typo", "prefix", "rank", "facet", "synonym", "cjk", "text", "variants"}, c.Kind)
	settings := c.Settings.settings(t)
	raw := c.Docs
	if sets != nil {
		var name string
		if json.Unmarshal(c.Docs, &name) == nil {
			raw = sets[name]
			require.NotNil(t, raw, name)
		}
	}
	docs := refDocuments(t, raw, settings.Fields, settings.Exact)
	index, err := search.New(settings)
	require.NoError(t, err)
	require.NoError(t, index.Put(docs...))
	c.ask(t, index)
	// The same documents put one by one, over others that are gone, answer alike.
	live, err := search.New(settings)
	require.NoError(t, err)
	for i, d := range docs {
		other := docs[(i+1)%len(docs)]
		other.ID = d.ID
		require.NoError(t, live.Put(other))
	}
	for _, d := range docs {
		require.NoError(t, live.Put(d))
	}
	c.ask(t, live)
}

func (c *refCase) ask(t *testing.T, index *search.Index) {
	q := search.Query{
		Text: c.Query.Text, Filter: c.Query.Filter, Select: c.Query.Select, Disjunctive: c.Query.Disjunctive, Group: c.Query.Group,
		Limit: c.Query.Limit, Offset: c.Query.Offset,
	}
	if q.Limit == 0 {
		q.Limit = 1000
	}
	for _, raw := range c.Query.Facets {
		var f struct {
			Field  string   `json:"field"`
			Limit  int      `json:"limit"`
			Ranges []string `json:"ranges"`
		}
		if json.Unmarshal(raw, &f.Field) != nil {
			testkit.Strict(t, raw, &f)
		}
		q.Facets = append(q.Facets, search.Facet{Field: f.Field, Limit: f.Limit, Ranges: f.Ranges, Rest: true})
	}
	if f := c.Query.FacetQuery; f != nil {
		q.Facets = append(q.Facets, search.Facet{Field: f.Field + f.Facet, Text: f.Text + f.Query, Limit: f.Limit})
	}
	for _, s := range c.Query.Sort {
		field, order, ok := strings.Cut(s, ":")
		require.True(t, ok && (order == "asc" || order == "desc"), s)
		q.Sort = append(q.Sort, search.Order{Field: field, Desc: order == "desc"})
	}
	r, err := index.Search(q)
	require.NoError(t, err)
	c.Want.check(t, r, c.Query.FacetQuery != nil)
}

func (w *refWant) check(t *testing.T, r *search.Result, facetQuery bool) {
	var ids []string
	at := map[string]int{}
	hits := map[string]search.Hit{}
	for i, h := range r.Hits {
		if _, seen := at[h.ID]; !seen {
			at[h.ID] = i
			ids = append(ids, h.ID)
			hits[h.ID] = h
		}
	}
	if w.IDs != nil {
		require.ElementsMatch(t, *w.IDs, ids)
	}
	if w.Order != nil {
		require.Equal(t, w.Order, ids)
	}
	if w.First != "" {
		require.NotEmpty(t, ids)
		require.Equal(t, w.First, ids[0])
	}
	for _, b := range w.Before {
		require.Contains(t, at, b[0])
		require.Contains(t, at, b[1])
		require.Less(t, at[b[0]], at[b[1]], "%v", b)
	}
	require.Subset(t, ids, w.Includes)
	for _, id := range slices.Concat(w.Not, w.Excludes) {
		require.NotContains(t, ids, id)
	}
	for id, p := range w.Positions {
		require.Contains(t, at, id)
		require.Equal(t, p, at[id]+1, id)
	}
	if w.Total != nil {
		require.Equal(t, *w.Total, r.Total)
	}
	facets := map[string]search.FacetResult{}
	for _, f := range r.Facets {
		facets[f.Field] = f
	}
	for field, want := range w.Facets {
		for _, v := range want { // numbers and truth values as they are shown
			switch x := v[0].(type) {
			case float64:
				v[0] = strconv.FormatFloat(x, 'f', -1, 64)
			case bool:
				v[0] = strconv.FormatBool(x)
			}
		}
		require.Equal(t, want, refValues(facets[field].Values), field)
	}
	for field, want := range w.FacetOther {
		other := facets[field].Other
		for k, n := range want {
			got, ok := map[string]int{"values": other.Values, "count": other.Count, "products": other.Products}[k]
			require.True(t, ok, k)
			require.Equal(t, n, got, "%s.%s", field, k)
		}
	}
	if w.FacetVals != nil {
		require.True(t, facetQuery && len(r.Facets) > 0)
		got := r.Facets[len(r.Facets)-1]
		switch want := w.FacetVals.(type) {
		case map[string]any:
			for field, v := range want {
				require.Equal(t, field, got.Field)
				refFacetValues(t, v, got.Values)
			}
		default:
			refFacetValues(t, want, got.Values)
		}
	}
	for field, want := range w.Stats {
		st := facets[field].Stats
		require.NotNil(t, st, field)
		for k, v := range want {
			got, ok := map[string]float64{"min": st.Min, "max": st.Max, "sum": st.Sum, "count": float64(st.Count)}[k]
			require.True(t, ok, k)
			require.Equal(t, v, got, "%s.%s", field, k)
		}
	}
	switch want := w.Relaxed.(type) {
	case nil:
	case bool:
		require.Equal(t, want, len(r.Relaxed) > 0)
	case []any:
		var words []any
		for _, x := range r.Relaxed {
			words = append(words, x)
		}
		require.Equal(t, want, words)
	default:
		require.Fail(t, "unknown form of relaxed", "%v", want)
	}
	if w.Suggestion != nil {
		require.Equal(t, *w.Suggestion, r.Suggestion)
	}
	w.checkVariants(t, r, hits)
}

func refValues(values []search.FacetValue) [][]any {
	all := [][]any{}
	for _, v := range values {
		all = append(all, []any{v.Value, float64(v.Count)})
	}
	return all
}

// refFacetValues compares values, with counts where the case has them.
func refFacetValues(t *testing.T, want any, got []search.FacetValue) {
	list, ok := want.([]any)
	require.True(t, ok, "%v", want)
	require.Len(t, got, len(list))
	for i, w := range list {
		switch w := w.(type) {
		case string:
			require.Equal(t, w, got[i].Value)
		case []any:
			require.Equal(t, w, []any{got[i].Value, float64(got[i].Count)})
		default:
			require.Fail(t, "unknown form of a facet value", "%v", w)
		}
	}
}

func (w *refWant) checkVariants(t *testing.T, r *search.Result, hits map[string]search.Hit) {
	for id, want := range w.Variants {
		var got []string
		for _, s := range hits[id].Variants {
			got = append(got, string(s))
		}
		require.Equal(t, want, got, id)
	}
	for id, want := range w.Show {
		require.Equal(t, want, string(hits[id].Show), id)
	}
	for id, want := range w.Price {
		p := hits[id].Price
		require.True(t, p.Known, id)
		for k, v := range want {
			got, ok := map[string]any{"from": p.From, "to": p.To, "sold_out": p.SoldOut}[k]
			require.True(t, ok, k)
			require.Equal(t, v, got, "%s.%s", id, k)
		}
	}
	if w.Groups != nil {
		var got [][]string
		for _, h := range r.Hits {
			got = append(got, []string{h.ID, h.Group})
		}
		require.Equal(t, w.Groups, got)
	}
	if w.GroupTotal != nil {
		require.Equal(t, *w.GroupTotal, r.Groups)
	}
	if w.GroupPrice != nil {
		var got [][]any
		for _, h := range r.Hits {
			got = append(got, []any{h.ID, h.Group, h.Price.From})
		}
		require.Equal(t, w.GroupPrice, got)
	}
}

// referenceBM25 compares the exact scores of the plain formula.
func referenceBM25(t *testing.T) {
	var file struct {
		What   string  `json:"what"`
		N      int     `json:"N"`
		AvgLen float64 `json:"avg_len"`
		Terms  int     `json:"terms"`
		Cases  []struct {
			QID     int          `json:"qid"`
			Query   string       `json:"query"`
			Matches int          `json:"matches"`
			Top     [][2]float64 `json:"top10"`
		} `json:"cases"`
	}
	testkit.Strict(t, testkit.Reference(t, "search", "bm25_exact.json"), &file)
	ranking := search.BM25(1.2, 0.75)
	index, err := search.New(search.Settings{
		Analysis: search.AnalyzeASCII, Fields: []search.Field{{Name: "text"}}, Typos: search.Typos{Off: true}, Ranking: &ranking,
	})
	require.NoError(t, err)
	var docs []search.Document
	for _, p := range products(t) {
		docs = append(docs, search.Document{ID: fmt.Sprintf("%06d", p.ID), Text: map[string]string{"text": p.Title + " " + p.Description}})
	}
	require.NoError(t, index.Put(docs...))
	require.Equal(t, file.N, index.Snapshot().Len())
	for _, c := range file.Cases {
		t.Run(fmt.Sprint(c.QID), func(t *testing.T) {
			r, err := index.Search(search.Query{Text: c.Query, Limit: 10})
			require.NoError(t, err)
			require.Equal(t, c.Matches, r.Total)
			require.Len(t, r.Hits, len(c.Top))
			for i, want := range c.Top {
				require.Equal(t, fmt.Sprintf("%06d", int(want[0])), r.Hits[i].ID, "place %d", i+1)
				require.InDelta(t, want[1], r.Hits[i].Score, 1e-6)
			}
		})
	}
}
