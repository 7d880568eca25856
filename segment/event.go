package segment

import (
	"slices"

	"github.com/flywheel-go/flywheel"
)

// SameEvent reports whether a and b are one fact told twice: all fields equal,
// times to the instant, properties as JSON values. It is for authors of a
// [LogStore].
func SameEvent(a, b *flywheel.Event) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Time.Equal(b.Time) &&
		a.Customer == b.Customer && a.Visitor == b.Visitor && a.Session == b.Session && a.Ref == b.Ref &&
		a.Value == b.Value && slices.Equal(a.Lines, b.Lines) && sameObject(a.Properties, b.Properties)
}

func sameObject(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		w, ok := b[k]
		if !ok || !sameValue(v, w) {
			return false
		}
	}
	return true
}

func sameValue(v, w any) bool {
	switch v := v.(type) {
	case []any:
		w, ok := w.([]any)
		return ok && slices.EqualFunc(v, w, sameValue)
	case map[string]any:
		w, ok := w.(map[string]any)
		return ok && sameObject(v, w)
	}
	switch w.(type) {
	case []any, map[string]any:
		return false
	}
	return v == w
}

// cloneValue copies a JSON value deeply.
func cloneValue(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, x := range v {
			list[i] = cloneValue(x)
		}
		return list
	case map[string]any:
		return cloneObject(v)
	}
	return v
}

func cloneObject(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	object := make(map[string]any, len(m))
	for k, v := range m {
		object[k] = cloneValue(v)
	}
	return object
}
