package jsonread_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/jsonread"
)

// plain is the value of a JSON text by encoding/json.
func plain(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return integers(v), err
}

func integers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n
		}
	case []any:
		for i := range v {
			v[i] = integers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = integers(v[k])
		}
	}
	return v
}

// Whatever is JSON is read as encoding/json reads it, and its text is found; whatever
// is not ends.
func FuzzReader(f *testing.F) {
	for _, text := range []string{
		`null`, ` true `, `-0`, `1e400`, `9223372036854775808`, `""`, `"a\"\\\/\b\f\n\r\tä\u00e4\ud83d\ude00\ud83dx\ud83d\u0041\u0000"`, `[]`, `{}`, `[[[]],{"a":{}}]`,
		`{"a":1,"b":[1.50,"x",null,false],"a":{"ü":"<p>\u003c"}}`, ` { "k" : [ 1 , 2 ] } `, `{"a"`, `[1,`, `"\u12`, `"\`, `{"a":}`, `}`, `tru`, `{]`, `,`, "\"\x01\"", `[1}`,
		strings.Repeat("[", 20_000),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, raw := jsonread.New(text), jsonread.New(text)
		got, rest := r.Value(), raw.Raw()
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return
		}
		want, err := plain(text)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Done() || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %#v, not %#v", text, got, want)
		}
		if trimmed := string(bytes.Trim([]byte(text), " \t\r\n")); !raw.Done() || rest != trimmed {
			t.Fatalf("%q: %q", text, rest)
		}
	})
}

// What is expected and not there is noticed at the end.
func TestUnexpected(t *testing.T) {
	for text, read := range map[string]func(r *jsonread.Reader){
		`"x"`:      func(r *jsonread.Reader) { r.Int() },
		`1.5`:      func(r *jsonread.Reader) { r.Int() },
		`7`:        func(r *jsonread.Reader) { r.Text() },
		`tree`:     func(r *jsonread.Reader) { r.Bool() },
		`nil`:      func(r *jsonread.Reader) { r.Null() },
		`[1`:       func(r *jsonread.Reader) { r.Raw() },
		`1]`:       func(r *jsonread.Reader) { r.Int() },
		`{"a" 1}`:  func(r *jsonread.Reader) { r.Value() },
		`[`:        func(r *jsonread.Reader) { r.Open('{') },
		"\"a\nb\"": func(r *jsonread.Reader) { r.Text() },
		`"a\x"`:    func(r *jsonread.Reader) { r.Text() },
		``:         func(r *jsonread.Reader) { r.Value() },
	} {
		r := jsonread.New(text)
		read(&r)
		require.False(t, r.Done(), text)
	}
	r := jsonread.New(` {"a" : [true, null, -7], "b": "c" } `)
	for r.Open('{'); r.More(); {
		switch r.Key() {
		case "a":
			r.Open('[')
			require.True(t, r.More() && r.Bool() && r.More() && r.Null() && r.More() && r.Int() == -7 && !r.More())
		case "b":
			require.False(t, r.Null())
			require.Equal(t, "c", r.Text())
		}
	}
	require.True(t, r.Done())
}

func BenchmarkReader(b *testing.B) {
	text := `{"id":"p000001","type":"goods","status":"active","text":{"en":{"title":"Thing 1","description":"\u003cp\u003eA thing of wool\u003c/p\u003e"}},"attributes":{"fabric":"Wool","length":70}}`
	b.Run("by=jsonread", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := jsonread.New(text)
			if r.Value() == nil || !r.Done() {
				b.Fatal("not read")
			}
		}
	})
	b.Run("by=encoding_json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := plain(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func ExampleReader() {
	r := jsonread.New(`{"sku":"tea","tags":["green","loose"],"weight":250}`)
	var sku string
	var tags []string
	for r.Open('{'); r.More(); {
		switch r.Key() {
		case "sku":
			sku = r.Text()
		case "tags":
			for r.Open('['); r.More(); {
				tags = append(tags, r.Text())
			}
		default:
			r.Raw()
		}
	}
	fmt.Println(sku, tags, r.Done())
	// Output: tea [green loose] true
}
