package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

type base struct {
	Note string `json:"note"`
}

type line struct {
	SKU string `json:"sku"`
	Qty int64  `json:"qty"`
}

type document struct {
	base
	Line    line            `json:"line"`
	Lines   []*line         `json:"lines"`
	ByName  map[string]line `json:"by_name"`
	Free    any             `json:"free"`
	Raw     json.RawMessage `json:"raw"`
	Plain   bool
	Ignored string `json:"-"`
}

func TestDecode(t *testing.T) {
	tests := []struct {
		name, text, path string
		kind             error // nil: accepted
	}{
		{"empty object", `{}`, "", nil},
		{"all fields", `{"note":"n","line":{"sku":"A","qty":1},"lines":[{"sku":"B"}],"by_name":{"x":{"sku":"C"}},"free":{"a":[1,{"b":null}]},"raw":{"any":1},"Plain":true}`, "", nil},
		{"surrounding space", " \n{\"line\":{}}\t ", "", nil},
		{"empty", ``, "", flywheel.ErrInvalid},
		{"key twice", `{"line":{"sku":"A","qty":1,"qty":-5}}`, "line.qty", flywheel.ErrInvalid},
		{"key twice, written with an escape", `{"line":{"qty":1,"\u0071ty":-5}}`, "line.qty", flywheel.ErrInvalid},
		{"key of another case", `{"line":{"SKU":"A"}}`, "line.SKU", flywheel.ErrInvalid},
		{"keys that differ in case", `{"free":{"a":1,"A":2}}`, "free.A", flywheel.ErrInvalid},
		{"keys that fold together", `{"free":{"k":1,"\u212a":2}}`, "free.\u212a", flywheel.ErrInvalid},
		{"unknown field", `{"lines":[{"sku":"A"},{"sku":"B","is_admin":true}]}`, "lines[1].is_admin", flywheel.ErrInvalid},
		{"unknown field in a map's value", `{"by_name":{"x":{"admin":1}}}`, "by_name.x.admin", flywheel.ErrInvalid},
		{"key twice in a raw message", `{"raw":{"a":{"b":1,"b":2}}}`, "raw.a.b", flywheel.ErrInvalid},
		{"ignored field", `{"Ignored":"x"}`, "Ignored", flywheel.ErrInvalid},
		{"text behind", `{} {}`, "", flywheel.ErrInvalid},
		{"bracket behind", `{}]`, "", flywheel.ErrInvalid},
		{"cut off", `{"line":{"sku":`, "line.sku", flywheel.ErrInvalid},
		{"no JSON", `{"line":{sku:1}}`, "line", flywheel.ErrInvalid},
		{"beyond int64", `{"line":{"qty":9223372036854775808}}`, "line.qty", flywheel.ErrInvalid},
		{"fraction as a count", `{"line":{"qty":1.5}}`, "line.qty", flywheel.ErrInvalid},
		{"not UTF-8", "{\"note\":\"\xff\"}", "", flywheel.ErrInvalid},
		{"too deep", strings.Repeat("[", 100000), strings.Repeat("[0]", 256), flywheel.ErrLimit},
		{"deep in a free field", `{"free":` + strings.Repeat("[", 256) + strings.Repeat("]", 256) + `}`, "free" + strings.Repeat("[0]", 255), flywheel.ErrLimit},
		{"deepest", `{"free":` + strings.Repeat("[", 255) + strings.Repeat("]", 255) + `}`, "", nil},
		{"too large", `"` + strings.Repeat("a", 1<<20) + `"`, "", flywheel.ErrLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d document
			err := Decode([]byte(tt.text), &d, nil)
			if tt.kind == nil {
				require.NoError(t, err)
				var plain document
				require.NoError(t, json.Unmarshal([]byte(tt.text), &plain))
				require.Equal(t, plain, d)
				return
			}
			require.ErrorIs(t, err, tt.kind)
			e, ok := errors.AsType[*Error](err)
			require.True(t, ok)
			require.Equal(t, tt.path, e.Path)
			require.Contains(t, err.Error(), "offset")
		})
	}
}

func TestLimits(t *testing.T) {
	var v any
	require.ErrorIs(t, Decode([]byte(`[1,2,3]`), &v, &Limits{Members: 2}), flywheel.ErrLimit)
	require.ErrorIs(t, Decode([]byte(`{"a":1,"b":2,"c":3}`), &v, &Limits{Members: 2}), flywheel.ErrLimit)
	require.ErrorIs(t, Decode([]byte(`[[1]]`), &v, &Limits{Depth: 1}), flywheel.ErrLimit)
	require.ErrorIs(t, Decode([]byte(`[1]`), &v, &Limits{Bytes: 2}), flywheel.ErrLimit)
	require.Nil(t, v)
	require.NoError(t, Decode([]byte(`{"a":1,"A":2}`), &v, &Limits{CaseSensitive: true}))
	require.Equal(t, map[string]any{"a": 1.0, "A": 2.0}, v)

	var l line
	require.ErrorIs(t, Decode([]byte(`{"Sku":"A"}`), &l, &Limits{CaseSensitive: true}), flywheel.ErrInvalid)
	require.ErrorIs(t, Decode([]byte(`{}`), l, nil), flywheel.ErrInvalid)
	require.ErrorIs(t, Decode([]byte(`{}`), nil, nil), flywheel.ErrInvalid)
}

type tagged struct {
	base `json:"base"`
	Deep *base
	*line
}

func TestFieldsFollowEncodingJSON(t *testing.T) {
	var got []string
	for name := range fieldsOf(reflect.TypeFor[tagged]()) {
		got = append(got, name)
	}
	// json ignores the unexported embedded struct with a name, and promotes the
	// fields of the other.
	require.ElementsMatch(t, []string{"Deep", "sku", "qty"}, got)
}

// Whatever Decode accepts is valid JSON that encoding/json reads the same way.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{}`, `{"line":{"sku":"A","qty":1}}`, `{"a":1,"a":2}`, `[1,[2]]`, `{"free":{"A":1,"a":2}}`, `1 2`, `"\ud800"`, `{"a":1}}`, `[1,]`, `{"a" 1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want document
		if err := Decode(data, &got, nil); err != nil {
			if !errors.Is(err, flywheel.ErrInvalid) && !errors.Is(err, flywheel.ErrLimit) {
				t.Fatalf("%q: error of no kind: %v", data, err)
			}
		} else if err := json.Unmarshal(data, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: accepted, json says %v", data, err)
		}
		if Check(data, nil) == nil && !json.Valid(data) {
			t.Fatalf("%q: accepted, but no JSON", data)
		}
	})
}

// What is refused costs little: memory within 16 MiB for a document of 1 MiB, of
// whatever shape.
func TestRefusalsAreCheap(t *testing.T) {
	fill := func(open, element, end string) string {
		n := (1<<20 - len(open) - len(end)) / len(element)
		return open + strings.Repeat(element, n) + end
	}
	var keys strings.Builder
	for i := 0; keys.Len() < 1<<20-20; i++ {
		fmt.Fprintf(&keys, `"%x":1,`, i)
	}
	for name, document := range map[string]string{
		"flat array":       fill("[", "1,", "x]"),
		"flat objects":     fill("[", `{"a":1},`, "x]"),
		"empty arrays":     fill("[", "[],", "x]"),
		"texts":            fill("[", `"\\u0041",`, "x]"),
		"many keys":        "{" + keys.String() + "x}",
		"one long text":    `"` + strings.Repeat("a", 1<<20-2),
		"deep":             strings.Repeat("[", 1<<20),
		"escaped keys":     fill("{", `"\\u0041":1,`, "}"),
		"spaces":           strings.Repeat(" ", 1<<20),
		"behind the value": "1" + strings.Repeat(" ", 1<<19) + "2",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			require.Error(t, Check([]byte(document), nil))
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(17<<20))
		})
	}
}

// FuzzCheck: what is accepted is JSON, what is refused has a place within the text,
// and documents without objects are accepted just when they are JSON.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":"\u00e9"}]}`, `[1,2`, `{"a":1,"A":2}`, "[1]x", `"\ud800"`, "[-0.5e+3, true ,null]", `{"a" :1 , "b":{} }`, "[1,]", `{"a"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := Check(data, nil)
		if err == nil {
			require.True(t, json.Valid(data))
			return
		}
		wrong, ok := errors.AsType[*Error](err)
		require.True(t, ok)
		require.GreaterOrEqual(t, wrong.Offset, int64(0))
		require.LessOrEqual(t, wrong.Offset, int64(len(data)))
		if json.Valid(data) && utf8.Valid(data) && !bytes.ContainsRune(data, '{') && bytes.Count(data, []byte("[")) < 256 && len(data) <= 1<<20 {
			t.Fatalf("%q is refused: %v", data, err)
		}
	})
}
