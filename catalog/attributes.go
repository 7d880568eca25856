package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"unique"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/jsonread"
)

// Attributes are values by the code of their attribute. A value is a text, an
// integer or a bool; of a list attribute a []any of them; of a localized one a
// map[string]any by locale; of one per channel such a map by channel, "*" for all,
// with the locales within. Stored values are in normal form: int64, decimals as
// "350 g".
//
// They are kept in slots without gaps in the order of their codes, 24 bytes each beside
// the value, and a code once for all products. Get takes O(log n). A copy may share
// values, which are not to be changed, but Set on one changes no other. The zero value
// has none.
type Attributes struct{ slots []slot }

// slot is a value and its code.
type slot struct {
	code  unique.Handle[string]
	value any
}

// NewAttributes returns attributes with the values by code, those that are nil left
// out.
func NewAttributes(values map[string]any) Attributes {
	if len(values) == 0 {
		return Attributes{}
	}
	slots := make([]slot, 0, len(values))
	for _, code := range sortedKeys(values) {
		if v := values[code]; v != nil {
			slots = append(slots, slot{unique.Make(code), v})
		}
	}
	return Attributes{slots}
}

// Len returns how many values there are.
func (a Attributes) Len() int { return len(a.slots) }

// IsZero reports whether there is no value.
func (a Attributes) IsZero() bool { return len(a.slots) == 0 }

func (a Attributes) find(code string) (int, bool) {
	return slices.BinarySearchFunc(a.slots, code, func(s slot, code string) int { return strings.Compare(s.code.Value(), code) })
}

// Get returns the value of an attribute, nil where there is none.
func (a Attributes) Get(code string) any {
	if i, there := a.find(code); there {
		return a.slots[i].value
	}
	return nil
}

// Set gives an attribute a value, nil for none. It takes O(n).
func (a *Attributes) Set(code string, value any) {
	i, there := a.find(code)
	switch {
	case there && value == nil:
		a.slots = slices.Concat(a.slots[:i], a.slots[i+1:])
	case there:
		a.slots = slices.Clone(a.slots)
		a.slots[i].value = value
	case value != nil:
		a.slots = slices.Concat(a.slots[:i], []slot{{unique.Make(code), value}}, a.slots[i:])
	}
}

// All returns the codes, in their order, and the values.
func (a Attributes) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, s := range a.slots {
			if !yield(s.code.Value(), s.value) {
				return
			}
		}
	}
}

// MarshalJSON implements [encoding/json.Marshaler]: an object by code.
func (a Attributes) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // what encodes the product does, where it is to be
	err := e.Encode(maps.Collect(a.All()))
	return out.Bytes(), err
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]: integers keep their 64
// bits.
func (a *Attributes) UnmarshalJSON(data []byte) error {
	m, err := plainObject(data)
	if err == nil {
		*a = NewAttributes(m)
	}
	return err
}

// plainObject reads a JSON object, nil of null. Integers are int64, other numbers stay
// as they were written.
func plainObject(data []byte) (map[string]any, error) {
	r := jsonread.New(string(data))
	v := r.Value()
	if m, ok := v.(map[string]any); r.Done() && (ok || v == nil) {
		return m, nil
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("catalog: no JSON object: %w", flywheel.ErrInvalid)
}

// clone returns a deep copy.
func (a Attributes) clone() Attributes {
	slots := slices.Clone(a.slots)
	for i := range slots {
		slots[i].value = cloneAny(slots[i].value)
	}
	return Attributes{slots}
}

func cloneAny(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = cloneAny(e)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = cloneAny(e)
		}
		return l
	}
	return v
}
