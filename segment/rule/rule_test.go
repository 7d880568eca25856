package rule

import (
	"encoding/json"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

func TestStrictRefusals(t *testing.T) {
	schema, err := NewSchema(map[string]Type{
		"country": String, "age": Int, "spent": Number, "vip": Bool, "tags": List, "address": Object, "address.city": String, "free": Any,
	})
	require.NoError(t, err)
	longList := "[" + strings.Repeat("1,", 10_000) + "1]"
	tests := []struct {
		name, src, path string
		want            error
	}{
		{"no JSON", `{`, "", flywheel.ErrInvalid},
		{"no object", `[]`, "", ErrOperand},
		{"text behind", `{} {}`, "", flywheel.ErrInvalid},
		{"number out of range", `{"age": 1e999}`, "", flywheel.ErrInvalid},
		{"keys differing in case", `{"age": 1, "Age": 2}`, "Age", flywheel.ErrInvalid},
		{"unknown operator", `{"age": {"$where": "x"}}`, "age.$where", ErrOperator},
		{"unknown operator at the top", `{"$where": "x"}`, "$where", ErrOperator},
		{"unknown operator in $elemMatch", `{"tags": {"$elemMatch": {"$x": 1}}}`, "tags.$elemMatch.$x", ErrOperator},
		{"condition operator on a value", `{"country": {"$or": []}}`, "country.$or", ErrOperator},
		{"unknown attribute", `{"$and": [{}, {"secret": 1}]}`, "$and[1].secret", ErrAttribute},
		{"attribute within a scalar", `{"country.code": 1}`, "country.code", ErrAttribute},
		{"text for an int", `{"age": {"$gt": "20"}}`, "age.$gt", ErrOperand},
		{"fraction for an int", `{"age": 1.5}`, "age", ErrOperand},
		{"text for a number in a list", `{"spent": {"$in": [1, "2"]}}`, "spent.$in", ErrOperand},
		{"number for a bool", `{"vip": 1}`, "vip", ErrOperand},
		{"number for an object", `{"address": 1}`, "address", ErrOperand},
		{"pattern on a number", `{"age": {"$regex": "1"}}`, "age.$regex", ErrOperand},
		{"version on a number", `{"age": {"$vgt": "1.0"}}`, "age.$vgt", ErrOperand},
		{"pattern on a list", `{"tags": {"$regex": "a"}}`, "tags.$regex", ErrOperand},
		{"order of a list", `{"tags": {"$gt": 3}}`, "tags.$gt", ErrOperand},
		{"order of an object", `{"address": {"$lte": "a"}}`, "address.$lte", ErrOperand},
		{"a type that a number never has", `{"age": {"$type": "string"}}`, "age.$type", ErrOperand},
		{"a type that a list never has", `{"tags": {"$type": "object"}}`, "tags.$type", ErrOperand},
		{"an object for a list", `{"tags": {"a": true}}`, "tags", ErrOperand},
		{"size of a text", `{"country": {"$size": 1}}`, "country.$size", ErrOperand},
		{"size as a text", `{"tags": {"$size": "1"}}`, "tags.$size", ErrOperand},
		{"$eq of a list", `{"tags": {"$eq": []}}`, "tags.$eq", ErrOperand},
		{"order of a bool", `{"free": {"$gt": true}}`, "free.$gt", ErrOperand},
		{"$in of a scalar", `{"free": {"$in": 1}}`, "free.$in", ErrOperand},
		{"$all of a scalar", `{"tags": {"$all": 1}}`, "tags.$all", ErrOperand},
		{"$elemMatch of a scalar", `{"tags": {"$elemMatch": 1}}`, "tags.$elemMatch", ErrOperand},
		{"$exists of a text", `{"free": {"$exists": "yes"}}`, "free.$exists", ErrOperand},
		{"$type unknown", `{"free": {"$type": "date"}}`, "free.$type", ErrOperand},
		{"$and of an object", `{"$and": {}}`, "$and", ErrOperand},
		{"$not of null", `{"$not": null}`, "$not", ErrOperand},
		{"unknown group", `{"country": {"$inGroup": "g"}}`, "country.$inGroup", ErrGroup},
		{"group of a number", `{"country": {"$inGroup": 1}}`, "country.$inGroup", ErrOperand},
		{"malformed pattern", `{"country": {"$regex": "("}}`, "country.$regex", ErrPattern},
		{"lookahead", `{"country": {"$regexi": "a(?=b)"}}`, "country.$regexi", ErrPattern},
		{"long pattern", `{"country": {"$regex": "` + strings.Repeat("é", 1001) + `"}}`, "country.$regex", flywheel.ErrLimit},
		{"long list", `{"free": {"$in": ` + longList + `}}`, "free.$in", flywheel.ErrLimit},
		{"long $all", `{"tags": {"$all": ` + longList + `}}`, "tags.$all", flywheel.ErrLimit},
		{"deep $not", `{"free": ` + strings.Repeat(`{"$not":`, 65) + "1" + strings.Repeat("}", 65) + "}", "free" + strings.Repeat(".$not", 65), flywheel.ErrLimit},
		{"large", `{"free": "` + strings.Repeat("a", 1<<20) + `"}`, "", flywheel.ErrLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Compile([]byte(tt.src), &Options{Schema: schema})
			require.ErrorIs(t, err, tt.want)
			require.True(t, errors.Is(err, flywheel.ErrInvalid) != errors.Is(err, flywheel.ErrLimit), "one kind: %v", err)
			e, ok := errors.AsType[*Error](err)
			require.True(t, ok)
			require.Equal(t, tt.path, e.Path)
		})
	}
	accepted := []string{
		`{}`, `{"address.city": "Graz", "address.zip": 8010, "tags.0": "a"}`, `{"age": null}`, `{"age": {"$gt": 20.5}}`, `{"age": {"$in": [1, null]}}`,
		`{"tags": {"$size": {"$gt": 2}, "$all": ["a"], "$elemMatch": {"name": {"$regex": "^a"}}}}`,
		`{"country": {"$regex": "` + strings.Repeat("é", 1000) + `"}}`, `{"country": {"$vgte": "1.2"}}`,
	}
	for _, src := range accepted {
		_, err := Compile([]byte(src), &Options{Schema: schema})
		require.NoError(t, err, src)
	}
	_, err = Compile([]byte(`{"$groups": 1}`), nil)
	require.ErrorIs(t, err, ErrOperator)
	_, err = Compile([]byte(`{"a..b": 1}`), nil)
	require.ErrorIs(t, err, ErrAttribute)
	_, err = Compile([]byte(`{"`+strings.Repeat("a", 256)+`": 1}`), nil)
	require.ErrorIs(t, err, flywheel.ErrLimit)
}

// What GrowthBook's cases do not cover of its specification.
func TestLenient(t *testing.T) {
	tests := []struct {
		name, src, attrs string
		want             bool
	}{
		{"lists are equal to nothing under $eq", `{"x":{"$eq":[1]}}`, `{"x":[1]}`, false},
		{"and so $ne holds", `{"x":{"$ne":[1]}}`, `{"x":[1]}`, true},
		{"$in does not look into lists of lists", `{"x":{"$in":[1]}}`, `{"x":[[1]]}`, false},
		{"order by UTF-16 code units", `{"x":{"$lt":"\uffff"}}`, `{"x":"\ud83d\ude00"}`, true},
		{"order by UTF-16 code units, reversed", `{"x":{"$gt":"\ud83d\ude00"}}`, `{"x":"\uffff"}`, true},
		{"lookahead fails", `{"x":{"$regex":"a(?!b)"}}`, `{"x":"ac"}`, false},
		{"lookahead fails under $not too", `{"x":{"$not":{"$regex":"a(?!b)"}}}`, `{"x":"b"}`, false},
		{"$alli compares elements, not what is in them", `{"x":{"$alli":["a"]}}`, `{"x":[["A"]]}`, false},
		{"unknown in $elemMatch", `{"x":{"$elemMatch":{"$like":1}}}`, `{"x":[1]}`, false},
		{"unknown in a negated $elemMatch", `{"$not":{"x":{"$elemMatch":{"$like":1}}}}`, `{"x":[1]}`, false},
		{"negated $elemMatch of no list", `{"$not":{"x":{"$elemMatch":{"$like":1}}}}`, `{"x":1}`, true},
		{"unknown in a negated $all, another element decides", `{"x":{"$not":{"$all":[{"$like":1}, 5]}}}`, `{"x":[1]}`, true},
		{"$not of null", `{"$not":null}`, `{}`, false},
		{"$alli ignores case", `{"x":{"$alli":["STRASSE"]}}`, `{"x":["strasse"]}`, true},
		{"$alli folds beyond ASCII", `{"x":{"$alli":["ÉTÉ","k"]}}`, `{"x":["été","\u212a"]}`, true},
		{"index beyond the list", `{"x.3":null}`, `{"x":[1]}`, true},
		{"index written with a zero", `{"x.00":1}`, `{"x":[1]}`, false},
		{"empty name", `{"":1}`, `{"":1}`, true},
		{"empty name within", `{"x.":1}`, `{"x":{"":1}}`, true},
		{"$exists takes any operand", `{"x":{"$exists":0}}`, `{}`, true},
		{"keys that differ in case are two", `{"x":1,"X":2}`, `{"x":1,"X":2}`, true},
		{"version of no text", `{"x":{"$vne":[1]}}`, `{"x":"1"}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var attrs map[string]any
			require.NoError(t, json.Unmarshal([]byte(tt.attrs), &attrs))
			r, err := Compile([]byte(tt.src), &Options{Lenient: true})
			require.NoError(t, err)
			require.Equal(t, tt.want, r.Match(attrs))
			require.Equal(t, tt.want, r.Explain(attrs).Match)
		})
	}
}

type city string

func TestGoValues(t *testing.T) {
	number := 7
	attrs := map[string]any{
		"i": 5, "i8": int8(5), "u": uint(5), "f": float32(5), "n": json.Number("5"), "s": city("Graz"), "b": true,
		"list": []city{"Graz", "Linz"}, "texts": []string{"a"}, "ints": []int{1, 2}, "m": map[string]int{"a": 1}, "mm": map[city]string{"Graz": "x"},
		"typed": map[string]string{"d": "x"}, "deep": map[string]map[city]int{"a": {"Graz": 1}}, "at": time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600)),
		"p": &number, "nothing": (*int)(nil), "struct": struct{}{}, "bad": json.Number("x"),
	}
	holds := []string{
		`{"i":5,"i8":5,"u":5,"f":5,"n":5,"s":"Graz","b":true}`, `{"list":{"$all":["Linz"]}}`, `{"list.0":"Graz"}`, `{"texts":["a"]}`, `{"texts.0":"a"}`,
		`{"ints":{"$size":2}}`, `{"m.a":1}`, `{"m.b":null}`, `{"mm.Graz":"x"}`,
		`{"typed":{"d":"x"}}`, `{"$not":{"typed":{"d":"y"}}}`, `{"$not":{"typed":{"d":"x","e":"x"}}}`, `{"deep":{"a":{"Graz":1}}}`, `{"at":"2026-03-01T11:00:00.000000Z"}`, `{"at":{"$gte":"2026-03-01","$lt":"2026-03-02"}}`, `{"p":7}`, `{"nothing":null}`, `{"struct":{"$type":"object"}}`, `{"struct.x":null}`, `{"bad":"x"}`,
	}
	for _, src := range holds {
		require.True(t, MustCompile(src).Match(attrs), src)
	}
}

func TestZeroRuleMatchesEverything(t *testing.T) {
	var missing *Rule
	for _, r := range []*Rule{missing, {}, MustCompile(`{}`)} {
		require.True(t, r.Match(nil))
		require.True(t, r.Explain(nil).Match)
		require.Equal(t, Term{}, r.Explain(nil).Decisive())
		require.Equal(t, "{}", r.String())
		require.Empty(t, r.Paths())
	}
	schema, err := NewSchema(nil)
	require.NoError(t, err)
	require.True(t, missing.MatchRecord(schema.NewRecord()))
	require.True(t, missing.ExplainRecord(schema.NewRecord()).Match)
}

func TestRecord(t *testing.T) {
	schema, err := NewSchema(map[string]Type{"name": String, "address": Object, "address.city": String, "vip": Bool})
	require.NoError(t, err)
	r, err := Compile([]byte(`{"address.city": "Graz", "address.zip": 8010, "vip": true, "name": null}`), &Options{Schema: schema})
	require.NoError(t, err)
	record := schema.NewRecord()
	record.Load(map[string]any{"address": map[string]any{"city": "Graz", "zip": 8010}, "vip": true, "unknown": 1})
	require.True(t, r.MatchRecord(record))
	slot, ok := schema.Slot("name")
	require.True(t, ok)
	record.SetString(slot, "Ann")
	require.False(t, r.MatchRecord(record))
	require.Equal(t, `name null: no, is "Ann"`, r.ExplainRecord(record).Decisive().String())
	record.Set(slot, nil)
	require.True(t, r.MatchRecord(record))
	vip, _ := schema.Slot("vip")
	record.SetBool(vip, false)
	require.False(t, r.MatchRecord(record))
	record.Reset()
	require.False(t, r.MatchRecord(record))
	_, ok = schema.Slot("unknown")
	require.False(t, ok)
	require.Equal(t, map[string]Type{"name": String, "address": Object, "address.city": String, "vip": Bool}, schema.Attributes())
	require.Zero(t, testing.AllocsPerRun(100, func() { r.MatchRecord(record) }))
}

func TestMatchDoesNotAllocate(t *testing.T) {
	attrs := map[string]any{
		"tags": []any{"a", "b", nil}, "items": []any{map[string]any{"sku": "x", "n": 2.0}}, "version": "10.2.0-rc.1", "city": "graz", "name": "Ann Example",
	}
	r := MustCompile(`{"tags": {"$all": ["a", "b"], "$size": {"$lt": 5}}, "items": {"$elemMatch": {"sku": "x", "n": {"$gt": 1}}},
		"version": {"$vgt": "9.9.9"}, "city": {"$ini": ["GRAZ"]}, "name": {"$regex": "^Ann"}, "tags.1": "b", "items.0.n": 2}`)
	require.True(t, r.Match(attrs), "%v", r.Explain(attrs).Decisive())
	require.Zero(t, testing.AllocsPerRun(100, func() { r.Match(attrs) }))
}

func TestSchemaRefusals(t *testing.T) {
	for _, attributes := range []map[string]Type{{"": String}, {"a..b": String}, {"a.": Any}, {"a": Type(99)}, {" a": Any}} {
		_, err := NewSchema(attributes)
		require.ErrorIs(t, err, flywheel.ErrInvalid, "%v", attributes)
	}
	var typ Type
	for i := range Object + 1 {
		text, err := i.MarshalText()
		require.NoError(t, err)
		require.NoError(t, typ.UnmarshalText(text))
		require.Equal(t, i, typ)
	}
	require.ErrorIs(t, typ.UnmarshalText([]byte("date")), flywheel.ErrInvalid)
	_, err := Type(99).MarshalText()
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.Equal(t, "Type(99)", Type(99).String())
}

func TestLongSets(t *testing.T) {
	var long []string
	for i := range 100 {
		long = append(long, "City"+strconv.Itoa(i))
	}
	list, err := json.Marshal(long)
	require.NoError(t, err)
	exact := MustCompile(`{"x": {"$in": ` + string(list) + `}}`)
	folded := MustCompile(`{"x": {"$ini": ` + string(list) + `}}`)
	for text, want := range map[string][2]bool{"City7": {true, true}, "CITY99": {false, true}, "city100": {false, false}, "": {false, false}} {
		attrs := map[string]any{"x": text}
		require.Equal(t, want, [2]bool{exact.Match(attrs), folded.Match(attrs)}, text)
		require.Zero(t, testing.AllocsPerRun(10, func() { folded.Match(attrs) }))
	}
}

// Compiling and evaluating anything ends without a panic, strict is narrower
// than lenient, and Explain agrees with Match.
func FuzzRule(f *testing.F) {
	seeds := []string{
		`{}`, sixTerms, `{"a":{"$elemMatch":{"$not":{"$eq":1}}}}`, `{"$nor":[{"a.0":{"$size":{"$gt":1}}},{"a":[1,{"b":2}]}]}`,
		`{"a":{"$vgt":"1.2.3-rc","$regexi":"(a|b)+$","$type":"string"}}`, `{"$not":{"x":{"$nope":1}}}`, `{"a":{"$alli":["x",{"$gt":3}]}}`, `{"a":{"$in":[null,true,1,"x",[1]]}}`,
	}
	for _, s := range seeds {
		f.Add([]byte(s), []byte(`{"a":["x",1,null,{"b":2}],"x":"1.2.3"}`))
	}
	f.Fuzz(func(t *testing.T, src, subject []byte) {
		var attrs map[string]any
		_ = json.Unmarshal(subject, &attrs) // whatever could be read
		lenient, err := Compile(src, &Options{Lenient: true})
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("%q: untyped error %v", src, err)
			}
		} else if explained := lenient.Explain(attrs); explained.Match != lenient.Match(attrs) {
			t.Fatalf("%q over %q: Explain says %v", src, subject, explained)
		}
		strict, strictErr := Compile(src, nil)
		if strictErr != nil {
			return
		}
		if err != nil || strict.Match(attrs) != lenient.Match(attrs) {
			t.Fatalf("%q: strict accepts, lenient %v", src, err)
		}
		again, err := Compile([]byte(strict.String()), nil)
		if err != nil || again.String() != strict.String() || again.Match(attrs) != strict.Match(attrs) {
			t.Fatalf("%q: no round trip: %v", src, err)
		}
	})
}

// Patterns are bounded before they cost: by their size written out, one by one and
// together.
func TestPatternsAreBounded(t *testing.T) {
	many := `{"$or":[` + strings.Repeat(`{"a":{"$regex":"(a{1,900}){1,1}b"}},`, 20_000) + `{"b":1}]}`
	for name, lenient := range map[string]bool{"strict": false, "lenient": true} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Compile([]byte(many), &Options{Lenient: lenient})
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, flywheel.ErrLimit, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(48<<20), name)
	}
	_, err := Compile([]byte(`{"a":{"$regex":"((a{1,30}){1,30}){1,30}"}}`), nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	usual := `{"$or":[` + strings.Repeat(`{"a":{"$regex":"^/(shop|cart)/[a-z0-9-]{1,64}$"}},`, 100) + `{"b":1}]}`
	require.NoError(t, func() error { _, err := Compile([]byte(usual), nil); return err }())
}
