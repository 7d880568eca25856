package catalog

import (
	"encoding/json"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Attributes are a map by code: whatever is set, read, copied and written as JSON.
func TestAttributesAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codes := []string{"a", "b", "c", "specs.origin", "ß", "z"}
		model := map[string]any{}
		var values Attributes
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			before, kept := values, maps.Clone(model)
			code := rapid.SampledFrom(codes).Draw(t, "code")
			if rapid.IntRange(0, 3).Draw(t, "clear") == 0 {
				values.Set(code, nil)
				delete(model, code)
			} else {
				v := drawn(t, "value")
				values.Set(code, v)
				model[code] = v
			}
			require.Equal(t, kept, maps.Collect(before.All()), "a copy of before")
		}
		require.Equal(t, model, maps.Collect(values.All()))
		require.Equal(t, slices.Sorted(maps.Keys(model)), slices.Collect(firsts(values)))
		require.Equal(t, len(model), values.Len())
		require.Equal(t, len(model) == 0, values.IsZero())
		for _, code := range codes {
			require.Equal(t, model[code], values.Get(code))
		}
		require.Equal(t, model, maps.Collect(NewAttributes(model).All()))

		want, err := json.Marshal(model)
		require.NoError(t, err)
		got, err := json.Marshal(values)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
		var again Attributes
		require.NoError(t, json.Unmarshal(got, &again))
		require.True(t, same(model, maps.Collect(again.All())))
	})
}

func firsts(a Attributes) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for code := range a.All() {
			if !yield(code) {
				return
			}
		}
	}
}

// The JSON of attributes is an object without gaps; null and an empty one are none.
func TestAttributesInJSON(t *testing.T) {
	for text, want := range map[string]map[string]any{
		`null`: {}, `{}`: {}, `{"a":null}`: {},
		`{"b":9007199254740993,"a":1.50,"c":{"en":["<x>",true]}}`: {"a": json.Number("1.50"), "b": int64(9007199254740993), "c": map[string]any{"en": []any{"<x>", true}}},
	} {
		var got Attributes
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.Equal(t, want, maps.Collect(got.All()), text)
	}
	for _, text := range []string{`[]`, `7`, `"x"`, `{"a":}`} {
		var got Attributes
		require.Error(t, json.Unmarshal([]byte(text), &got), text)
	}
	out, err := json.Marshal(Variant{SKU: "s"})
	require.NoError(t, err)
	require.Equal(t, `{"sku":"s"}`, string(out))
	_, err = json.Marshal(NewAttributes(map[string]any{"a": func() {}}))
	require.Error(t, err)
}

// BenchmarkAttributes reports what the values of a variant with three attributes keep
// in memory, in slots and, beside it, in a map of its own.
func BenchmarkAttributes(b *testing.B) {
	const variants = 100_000
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	values := func(i int) map[string]any {
		return map[string]any{"fit": "slim", "length": int64(i % 200), "fabric": []string{"Wool", "Linen", "Cotton"}[i%3]}
	}
	measure := func(b *testing.B, keep func(i int) any) {
		for b.Loop() {
			kept := make([]any, variants)
			before := heap()
			for i := range kept {
				kept[i] = keep(i)
			}
			b.ReportMetric(float64(heap()-before)/variants, "bytes/variant")
			runtime.KeepAlive(kept)
		}
	}
	b.Run("form=slots", func(b *testing.B) { measure(b, func(i int) any { a := NewAttributes(values(i)); return &a }) })
	b.Run("form=map", func(b *testing.B) { measure(b, func(i int) any { m := values(i); return &m }) })
	a := NewAttributes(values(1))
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if a.Get("length") == nil {
				b.Fatal("none")
			}
		}
	})
}
