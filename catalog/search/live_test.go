package search_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

var (
	someWords  = strings.Fields("red blue tee tees shirt shirts t-shirt tshirt cotton wool striped stripes phone phones iphone case 16gb 16 gb café cafe 手机 智能手机 for with the")
	someColors = []string{"red", "blue", "green"}
	someSizes  = []string{"S", "M", "L"}
	someCats   = []string{"Clothing", "Clothing > Tees", "Clothing > Shirts", "Phones"}
)

// drawDocument makes a document of few words and values, so that they collide.
func drawDocument(t *rapid.T, id string) search.Document {
	words := func(label string, most int) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(someWords), 0, most).Draw(t, label), rapid.SampledFrom([]string{" ", " - ", ", "}).Draw(t, label+" separator"))
	}
	d := search.Document{
		ID: id, Text: map[string]string{"title": words("title", 5), "description": words("description", 8)},
		Attributes: map[string]any{
			"cat": rapid.SliceOfN(rapid.SampledFrom(someCats), 0, 2).Draw(t, "cat"), "sold": rapid.IntRange(0, 3).Draw(t, "sold"),
			"new": rapid.Bool().Draw(t, "new"), "color": rapid.SampledFrom(someColors).Draw(t, "own color"),
		},
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "variants") {
		v := search.Variant{SKU: flywheel.SKU(fmt.Sprintf("%s-%d", id, i)), Attributes: map[string]any{
			"size": rapid.SampledFrom(someSizes).Draw(t, "size"), "price": rapid.IntRange(1, 4).Draw(t, "price") * 500,
		}}
		if rapid.Bool().Draw(t, "has color") {
			v.Attributes["color"] = rapid.SampledFrom(someColors).Draw(t, "color")
		}
		if rapid.Bool().Draw(t, "has stock") {
			v.Attributes["stock"] = rapid.IntRange(0, 1).Draw(t, "stock")
		}
		d.Variants = append(d.Variants, v)
	}
	return d
}

func drawQuery(t *rapid.T) search.Query {
	q := search.Query{
		Text:        strings.Join(rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(someWords), "shrit", "iphnoe", "sh", "d1-0", "tees")), 0, 3).Draw(t, "text"), " "),
		Disjunctive: []string{"color"},
		Facets:      []search.Facet{{Field: "color"}, {Field: "size"}, {Field: "cat", Limit: 2, Rest: true}, {Field: "price"}, {Field: "price", Ranges: []string{"..1000", "1000.."}}, {Field: "new"}},
		Match:       rapid.SampledFrom([]search.Match{search.MatchAny, search.MatchAll}).Draw(t, "match"),
		Relax:       rapid.SampledFrom([]search.Relax{search.RelaxNone, search.RelaxAny, search.RelaxLast, search.RelaxFrequent}).Draw(t, "relax"),
		Limit:       50, Explain: true,
	}
	if rapid.Bool().Draw(t, "chooses") {
		q.Select = map[string][]any{"color": {rapid.SampledFrom(someColors).Draw(t, "chosen")}, "price": {"500..1500"}}
	}
	if f := rapid.SampledFrom([]string{"", `{"size": "M"}`, `{"stock": {"$gt": 0}}`, `{"$not": {"color": "red"}}`, `{"$or": [{"size": "S"}, {"sold": {"$gte": 2}}], "cat": "Clothing"}`}).Draw(t, "filter"); f != "" {
		q.Filter = json.RawMessage(f)
	}
	if rapid.Bool().Draw(t, "sorts") {
		q.Sort = []search.Order{{Field: rapid.SampledFrom([]string{"price", "sold", "size"}).Draw(t, "sort"), Desc: rapid.Bool().Draw(t, "descending")}}
	}
	if rapid.IntRange(0, 3).Draw(t, "groups") == 0 {
		q.Group = "color"
	}
	return q
}

func liveSettings() search.Settings {
	return search.Settings{
		Exact: []string{"sku"}, Prefix: true, Pinyin: true,
		Synonyms: []search.Synonym{{Words: []string{"phone", "手机"}}, {From: "tee", To: []string{"t shirt"}}},
		Rules:    []search.Rule{{Query: "tee", Is: search.QueryContains, Pin: []search.Pin{{ID: "d1", Position: 2}}, Hide: []string{"d2"}}},
	}
}

// answer is a result as text, without what only says where a hit is stored.
func answer(t testing.TB, index *search.Index, q search.Query) string {
	r, err := index.Search(q)
	require.NoError(t, err)
	data, err := json.Marshal(r)
	require.NoError(t, err)
	return string(data)
}

// An index that was edited answers as one that is built from the same documents, and
// as one that was written and opened.
func TestEditedIsRebuilt(t *testing.T) {
	testkit.Checks(t, 300, 40)
	rapid.Check(t, func(rt *rapid.T) {
		live, err := search.New(liveSettings())
		require.NoError(t, err)
		now := map[string]search.Document{}
		for range rapid.IntRange(1, 12).Draw(rt, "edits") {
			var put []search.Document
			var remove []string
			for range rapid.IntRange(1, 4).Draw(rt, "size") {
				id := fmt.Sprintf("d%d", rapid.IntRange(0, 9).Draw(rt, "id"))
				if rapid.IntRange(0, 3).Draw(rt, "removes") == 0 {
					remove = append(remove, id)
					continue
				}
				put = append(put, drawDocument(rt, id))
			}
			require.NoError(t, live.Change(put, remove))
			for _, id := range remove {
				delete(now, id)
			}
			for _, d := range put {
				now[d.ID] = d
			}
		}
		var docs []search.Document
		for _, d := range now {
			docs = append(docs, d)
		}
		rebuilt, err := search.New(liveSettings())
		require.NoError(t, err)
		require.NoError(t, rebuilt.Put(docs...))
		require.Equal(t, rebuilt.Snapshot().IDs(), live.Snapshot().IDs())
		data, err := live.Snapshot().AppendTo(nil)
		require.NoError(t, err)
		opened, err := search.Open(data, liveSettings())
		require.NoError(t, err)
		for range 4 {
			q := drawQuery(rt)
			want := answer(t, rebuilt, q)
			require.Equal(t, want, answer(t, live, q), "%+v", q)
			require.Equal(t, want, answer(t, opened, q), "%+v", q)
		}
		typed := rapid.SampledFrom([]string{"s", "t", "red s", "phnoe", "16"}).Draw(rt, "typed")
		want, err := rebuilt.Snapshot().Complete("", typed, 10)
		require.NoError(t, err)
		got, err := live.Snapshot().Complete("", typed, 10)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

// Readers see each change whole while writers go on.
func TestSnapshotReads(t *testing.T) {
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	pair := func(color string) []search.Document {
		return []search.Document{
			{ID: "a", Text: map[string]string{"title": "mug"}, Attributes: map[string]any{"color": color}},
			{ID: "b", Text: map[string]string{"title": "mug"}, Attributes: map[string]any{"color": color}},
		}
	}
	require.NoError(t, index.Put(pair("red")...))
	before := index.Snapshot()
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			for range 200 {
				r, err := index.Search(search.Query{Text: "mug", Facets: []search.Facet{{Field: "color"}}})
				if err != nil || r.Total != 2 || len(r.Facets[0].Values) != 1 || r.Facets[0].Values[0].Count != 2 {
					t.Errorf("%+v %v", r, err)
					return
				}
			}
		})
	}
	for i := range 200 {
		require.NoError(t, index.Put(pair(someColors[i%3])...))
	}
	wait.Wait()
	r, err := before.Search(search.Query{Facets: []search.Facet{{Field: "color"}}})
	require.NoError(t, err)
	require.Equal(t, "red", r.Facets[0].Values[0].Value)
}

// Damaged snapshots are refused, wherever the damage is.
func TestOpenDamaged(t *testing.T) {
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	require.NoError(t, index.Put(tees()...))
	data, err := index.Snapshot().AppendTo(nil)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		damaged := slices.Clone(data)
		if r.IntN(2) == 0 {
			damaged = damaged[:r.IntN(len(data))]
		} else {
			damaged[r.IntN(len(data))] ^= byte(1 + r.IntN(255))
		}
		_, err := search.Open(damaged, search.Settings{})
		require.ErrorIs(t, err, search.ErrCorrupt)
	}
	_, err = search.Open(data, search.Settings{Exact: []string{"sku"}})
	require.ErrorIs(t, err, flywheel.ErrConflict)
	_, err = search.OpenFile(filepath.Join(t.TempDir(), "none"), search.Settings{})
	require.ErrorIs(t, err, os.ErrNotExist)
	// Data that does not lie at a multiple of 8 is read all the same.
	shifted := append(make([]byte, 1, len(data)+1), data...)[1:]
	opened, err := search.Open(shifted, search.Settings{})
	require.NoError(t, err)
	q := search.Query{Text: "tee", Facets: []search.Facet{{Field: "color"}}}
	require.Equal(t, answer(t, index, q), answer(t, opened, q))
}

// What is refused names the field and changes nothing.
func TestRefused(t *testing.T) {
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	require.NoError(t, index.Put(tees()...))
	field := func(err error, kind error, path string) {
		t.Helper()
		require.ErrorIs(t, err, kind)
		f, ok := errors.AsType[*flywheel.FieldError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, path, f.Field)
	}
	good := search.Document{ID: "new", Text: map[string]string{"title": "new"}}
	field(index.Put(good, search.Document{}), flywheel.ErrInvalid, "documents[1].id")
	field(index.Put(good, search.Document{ID: "x", Attributes: map[string]any{"a": struct{}{}}}), flywheel.ErrInvalid, "documents[1].attributes.a")
	field(index.Put(search.Document{ID: "x", Attributes: map[string]any{"a": []any{[]any{1}}}}), flywheel.ErrInvalid, "documents[0].attributes.a")
	field(index.Put(search.Document{ID: "x", Variants: []search.Variant{{}, {Attributes: map[string]any{"a": strings.Repeat("x", 1<<16)}}}}), flywheel.ErrLimit, "documents[0].variants[1].attributes.a")
	field(index.Put(search.Document{ID: "x", Locales: map[string]map[string]string{"fr": nil}}), flywheel.ErrNotFound, "documents[0].locales.fr")
	require.Equal(t, 3, index.Snapshot().Len())

	ask := func(q search.Query) error {
		_, err := index.Search(q)
		return err
	}
	field(ask(search.Query{Text: strings.Repeat("x", 1<<17)}), flywheel.ErrLimit, "text")
	field(ask(search.Query{Limit: 20000}), flywheel.ErrOutOfRange, "limit")
	field(ask(search.Query{Offset: -1}), flywheel.ErrOutOfRange, "limit")
	field(ask(search.Query{Locale: "xx"}), flywheel.ErrNotFound, "locale")
	field(ask(search.Query{Match: "some"}), flywheel.ErrInvalid, "match")
	field(ask(search.Query{Relax: "some"}), flywheel.ErrInvalid, "relax")
	field(ask(search.Query{Facets: []search.Facet{{}}}), flywheel.ErrInvalid, "facets[0]")
	field(ask(search.Query{Facets: []search.Facet{{Field: "price", Ranges: []string{"1-2"}}}}), flywheel.ErrInvalid, "facets[0].ranges[0]")
	field(ask(search.Query{Sort: []search.Order{{}}}), flywheel.ErrInvalid, "sort[0].field")
	field(ask(search.Query{Select: map[string][]any{"a": {func() {}}}}), flywheel.ErrInvalid, "select.a")
	require.ErrorIs(t, ask(search.Query{Filter: json.RawMessage(`{"color": {"$regex": "("}}`)}), flywheel.ErrInvalid)
	require.ErrorIs(t, ask(search.Query{Filter: json.RawMessage(`{"color": {"$near": 1}}`)}), flywheel.ErrInvalid)
	require.ErrorIs(t, ask(search.Query{Filter: json.RawMessage(`{`)}), flywheel.ErrInvalid)
	require.ErrorIs(t, ask(search.Query{Filter: json.RawMessage(`{"$savedGroup": {"id": "vip"}}`)}), flywheel.ErrInvalid)
	_, err = index.Snapshot().Complete("xx", "a", 1)
	field(err, flywheel.ErrNotFound, "locale")
	field(new(search.Log).Clicked("a", 0, testTime), flywheel.ErrOutOfRange, "position")

	refuse := func(s search.Settings, kind error, path string) {
		t.Helper()
		_, err := search.New(s)
		field(err, kind, path)
	}
	refuse(search.Settings{Locales: []search.Locale{{}}}, flywheel.ErrInvalid, "locales[0].code")
	refuse(search.Settings{Locales: []search.Locale{{Code: "en", Language: "xx"}}}, flywheel.ErrInvalid, "locales[0].language")
	refuse(search.Settings{Locales: []search.Locale{{Code: "en", Fallback: "de"}, {Code: "de", Fallback: "en"}}}, flywheel.ErrInvalid, "locales[0].fallback")
	refuse(search.Settings{Fields: []search.Field{{Name: "a"}, {Name: "a"}}}, flywheel.ErrInvalid, "fields[1].name")
	refuse(search.Settings{Fields: []search.Field{{Name: "a", Weight: -1}}}, flywheel.ErrOutOfRange, "fields[0].weight")
	refuse(search.Settings{Ranking: &search.Ranking{}}, flywheel.ErrOutOfRange, "ranking.k1")
	refuse(search.Settings{Typos: search.Typos{One: 9, Two: 5}}, flywheel.ErrOutOfRange, "typos")
	refuse(search.Settings{Synonyms: []search.Synonym{{From: "a"}}}, flywheel.ErrInvalid, "synonyms[0]")
	refuse(search.Settings{Rules: []search.Rule{{Is: "like"}}}, flywheel.ErrInvalid, "rules[0]")
	refuse(search.Settings{Analysis: "thai"}, flywheel.ErrInvalid, "analysis")
}
