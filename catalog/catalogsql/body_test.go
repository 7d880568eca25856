package catalogsql

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog"
)

// fill sets a value and all below it to something that is not empty.
func fill(v reflect.Value) {
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.Date(2010, 12, 1, 8, 26, 0, 123456000, time.UTC)
		return
	case *catalog.Attributes:
		*at = catalog.NewAttributes(map[string]any{"a": int64(7), "b": map[string]any{"*": []any{"<x>", true}}, "c": json.Number("1.50")})
		return
	case *catalog.Fields:
		*at = catalog.Fields{"title": "<b>Späti</b>\u2028\n"}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("<b>\"Grüße\" & 😀</b>\t")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 << 60)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	default:
		panic(fmt.Sprint("a field of kind ", v.Kind()))
	}
}

// Whatever field a head or a variant has, today or later, comes back: each alone, and
// all together.
func TestEveryFieldComesBack(t *testing.T) {
	check := func(t *testing.T, head headBody, variant catalog.Variant) {
		text, err := body(head)
		require.NoError(t, err)
		require.NotContains(t, text, `\u003c`)
		var h catalog.Head
		require.NoError(t, readHead(text, &h))
		require.Equal(t, head, headBody{h.Product, h.Source})
		text, err = body(variant)
		require.NoError(t, err)
		var v catalog.Variant
		require.NoError(t, readVariant(text, &v))
		require.Equal(t, variant, v)
	}
	var head headBody
	var variant catalog.Variant
	check(t, head, variant)
	fill(reflect.ValueOf(&head).Elem())
	fill(reflect.ValueOf(&variant).Elem())
	check(t, head, variant)
	for i := range reflect.TypeFor[catalog.Product]().NumField() {
		var one headBody
		fill(reflect.ValueOf(&one.Product).Elem().Field(i))
		check(t, one, catalog.Variant{})
	}
	for i := range reflect.TypeFor[catalog.Variant]().NumField() {
		var one catalog.Variant
		fill(reflect.ValueOf(&one).Elem().Field(i))
		check(t, headBody{}, one)
	}
	check(t, headBody{Product: catalog.Product{Listings: map[catalog.Channel]*catalog.Listing{"a": nil, "b": {}, "c": {Variants: nil}}}}, catalog.Variant{})
}

// repeats reports whether an object of the next value has a key twice, of which
// encoding/json makes one of both and nobody writes it.
func repeats(d *json.Decoder) (twice bool) {
	d.UseNumber()
	open, _ := d.Token()
	seen := map[string]bool{}
	for open == json.Delim('{') && d.More() {
		key, _ := d.Token()
		name := strings.ToLower(fmt.Sprint(key))
		twice = twice || seen[name]
		seen[name] = true
		twice = repeats(d) || twice
	}
	for open == json.Delim('[') && d.More() {
		twice = repeats(d) || twice
	}
	if open == json.Delim('[') || open == json.Delim('{') {
		_, _ = d.Token()
	}
	return twice
}

// A body is read as encoding/json reads it, also one that an older version or a hand
// wrote.
func FuzzBody(f *testing.F) {
	var head headBody
	var variant catalog.Variant
	fill(reflect.ValueOf(&head).Elem())
	fill(reflect.ValueOf(&variant).Elem())
	for _, v := range []any{head, variant, catalog.Product{ID: "a", Attributes: catalog.NewAttributes(map[string]any{"x": "<"})}} {
		text, err := json.Marshal(v) // with escapes, as earlier versions did
		require.NoError(f, err)
		f.Add(string(text))
	}
	for _, text := range []string{`null`, `[]`, `{"ID":"a","Text":{"en":{"Title":"x"}}}`, `{"id":7}`, `{"text":{"en":{"title":"a"}},"text":{"de":{"title":"b"}}}`,
		`{"attributes":null,"attributes":{"a":null}}`, `{"media":[{"role":null,"alt":{"en":7}}]}`, `{"listings":{"web":{"position":1.5}}}`, `{"created_at":"yesterday"}`,
		`{"sku":"a","weight_grams":null,"taxable":"yes"}`, `{"tags":["a",null]}`, `{"version":9223372036854775808}`, `{"source":{"hash":"a"},"id":"b"} `} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var h catalog.Head
		var v catalog.Variant
		headErr, variantErr := readHead(text, &h), readVariant(text, &v)
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) || repeats(json.NewDecoder(strings.NewReader(text))) {
			return
		}
		var wantHead headBody
		var wantVariant catalog.Variant
		same := func(what string, got, want any, err, wantErr error) {
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("%s %q: %v, not %v", what, text, err, wantErr)
			}
			if err == nil && !reflect.DeepEqual(got, want) {
				t.Fatalf("%s %q: %#v, not %#v", what, text, got, want)
			}
		}
		wantErr := json.Unmarshal([]byte(text), &wantHead)
		same("head", headBody{h.Product, h.Source}, wantHead, headErr, wantErr)
		wantErr = json.Unmarshal([]byte(text), &wantVariant)
		same("variant", v, wantVariant, variantErr, wantErr)
	})
}
