package rule

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// kind is the JSON type of a value. A missing attribute is null.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindList
	kindObject
)

// kindNames are the operands of $type.
var kindNames = map[string]kind{
	"null": kindNull, "boolean": kindBool, "number": kindNumber,
	"string": kindString, "array": kindList, "object": kindObject,
}

// value is an attribute made ready for comparison. Lists and objects are kept
// as they came and opened when a term looks inside.
type value struct {
	kind kind
	num  float64 // kindNumber; kindBool as 0 and 1
	str  string  // kindString
	ref  any     // kindList and kindObject
}

func numberValue(f float64) value { return value{kind: kindNumber, num: f} }

func stringValue(s string) value { return value{kind: kindString, str: s} }

func boolValue(b bool) value {
	if b {
		return value{kind: kindBool, num: 1}
	}
	return value{kind: kindBool}
}

// timeForm is the text of a time.Time, which orders as times do.
const timeForm = "2006-01-02T15:04:05.000000Z"

// valueOf takes what encoding/json gives, Go's own basic kinds, slices and maps
// of those, and a time.Time as text in [timeForm]. It does not allocate for JSON
// values.
func valueOf(x any) value {
	switch x := x.(type) {
	case nil:
		return value{}
	case string:
		return stringValue(x)
	case float64:
		return numberValue(x)
	case bool:
		return boolValue(x)
	case int:
		return numberValue(float64(x))
	case int64:
		return numberValue(float64(x))
	case []any, []string:
		return value{kind: kindList, ref: x}
	case map[string]any:
		return value{kind: kindObject, ref: x}
	case time.Time:
		return stringValue(x.UTC().Format(timeForm))
	case json.Number:
		f, err := x.Float64()
		if err != nil {
			return stringValue(x.String())
		}
		return numberValue(f)
	}
	switch v := reflect.ValueOf(x); v.Kind() {
	case reflect.String:
		return stringValue(v.String())
	case reflect.Bool:
		return boolValue(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return numberValue(float64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return numberValue(float64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		return numberValue(v.Float())
	case reflect.Slice, reflect.Array:
		return value{kind: kindList, ref: x}
	case reflect.Pointer:
		if v.IsNil() {
			return value{}
		}
		return valueOf(v.Elem().Interface())
	default:
		return value{kind: kindObject, ref: x}
	}
}

// plain gives the value back in the form that encoding/json has for it.
func (v value) plain() any {
	switch v.kind {
	case kindBool:
		return v.num != 0
	case kindNumber:
		return v.num
	case kindString:
		return v.str
	default:
		return v.ref
	}
}

// length is the number of elements of a list.
func (v value) length() int {
	switch list := v.ref.(type) {
	case []any:
		return len(list)
	case []string:
		return len(list)
	default:
		return reflect.ValueOf(list).Len()
	}
}

// at is an element of a list.
func (v value) at(i int) value {
	switch list := v.ref.(type) {
	case []any:
		return valueOf(list[i])
	case []string:
		return stringValue(list[i])
	default:
		return valueOf(reflect.ValueOf(list).Index(i).Interface())
	}
}

// member is what an object has under key, null for nothing.
func (v value) member(key string) value {
	if m, ok := v.ref.(map[string]any); ok {
		return valueOf(m[key])
	}
	m := reflect.ValueOf(v.ref)
	if !isObject(m) {
		return value{}
	}
	found := m.MapIndex(reflect.ValueOf(key).Convert(m.Type().Key()))
	if !found.IsValid() {
		return value{}
	}
	return valueOf(found.Interface())
}

// walk follows a dotted path: keys of objects, indexes of lists and a list's
// "length". What is not there is null.
func (v value) walk(path string) value {
	for more := true; more; {
		var part string
		part, path, more = strings.Cut(path, ".")
		switch v.kind {
		case kindObject:
			v = v.member(part)
		case kindList:
			v = v.element(part)
		default:
			return value{}
		}
	}
	return v
}

// element is what a list has under a part of a path.
func (v value) element(part string) value {
	if part == "length" {
		return numberValue(float64(v.length()))
	}
	i, err := strconv.Atoi(part)
	if err != nil || i < 0 || i >= v.length() || strconv.Itoa(i) != part {
		return value{}
	}
	return v.at(i)
}

// equal compares deeply and with strict types: 1 is not "1" and not true.
func (v value) equal(w value) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case kindNull:
		return true
	case kindString:
		return v.str == w.str
	case kindList:
		n := v.length()
		if n != w.length() {
			return false
		}
		for i := range n {
			if !v.at(i).equal(w.at(i)) {
				return false
			}
		}
		return true
	case kindObject:
		return v.equalObject(w)
	default:
		return v.num == w.num
	}
}

// equalObject compares objects. A literal of a rule is a map[string]any, an
// attribute may be any map with keys of text; other Go values equal nothing.
func (v value) equalObject(w value) bool {
	a, aok := v.ref.(map[string]any)
	b, bok := w.ref.(map[string]any)
	switch {
	case aok && bok:
		if len(a) != len(b) {
			return false
		}
		for key, x := range a {
			y, ok := b[key]
			if !ok || !valueOf(x).equal(valueOf(y)) {
				return false
			}
		}
		return true
	}
	m, n := reflect.ValueOf(v.ref), reflect.ValueOf(w.ref)
	if !isObject(m) || !isObject(n) || m.Len() != n.Len() {
		return false
	}
	for entries := m.MapRange(); entries.Next(); {
		other := n.MapIndex(entries.Key().Convert(n.Type().Key()))
		if !other.IsValid() || !valueOf(entries.Value().Interface()).equal(valueOf(other.Interface())) {
			return false
		}
	}
	return true
}

// isObject reports whether v is a map with keys of text.
func isObject(v reflect.Value) bool {
	return v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String
}

// compareText orders strings by UTF-16 code units, as JavaScript does. It is
// the order of the bytes but where a character beyond U+FFFF meets one in
// U+E000..U+FFFF.
func compareText(a, b string) int {
	n := min(len(a), len(b))
	i := 0
	for i < n && a[i] == b[i] {
		i++
	}
	if i == n {
		return len(a) - len(b)
	}
	if a[i] >= 0xee && b[i] >= 0xee && (a[i] >= 0xf0) != (b[i] >= 0xf0) {
		return int(b[i]) - int(a[i])
	}
	return int(a[i]) - int(b[i])
}
