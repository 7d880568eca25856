package campaign

import (
	"encoding/json"
	"maps"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// attribute is what an event has under a name of its Properties, or else under
// the name of one of its own fields.
func attribute(e *flywheel.Event, name string) any {
	if x, ok := e.Properties[name]; ok {
		return x
	}
	switch name {
	case "ref":
		return e.Ref
	case "session":
		return e.Session
	case "visitor":
		return string(e.Visitor)
	default:
		return nil
	}
}

// attributeText is an attribute as a key: texts as they are, anything else as
// JSON.
func attributeText(e *flywheel.Event, name string) string {
	x := attribute(e, name)
	if s, ok := x.(string); ok {
		return s
	}
	text, err := json.Marshal(x)
	if err != nil {
		return ""
	}
	return string(text)
}

// matches reports whether two events agree in all these attributes.
func matches(names []string, e, entry *flywheel.Event) bool {
	for _, name := range names {
		if attributeText(e, name) != attributeText(entry, name) {
			return false
		}
	}
	return true
}

// holds evaluates a rule over the contact, the event at hand and the entry.
func (t *turn) holds(r *rule.Rule, e, entry *flywheel.Event) bool {
	if r == nil {
		return true
	}
	attrs := make(map[string]any, len(t.attrs)+2)
	maps.Copy(attrs, t.attrs)
	attrs["event"] = eventAttributes(e)
	attrs["entry"] = attrs["event"]
	if entry != e {
		attrs["entry"] = eventAttributes(entry)
	}
	return r.Match(attrs)
}

// eventAttributes is an event as rules see it.
func eventAttributes(e *flywheel.Event) map[string]any {
	attrs := make(map[string]any, len(e.Properties)+8)
	var quantity int64
	skus := make([]string, len(e.Lines))
	for i, line := range e.Lines {
		skus[i] = string(line.SKU)
		quantity += line.Quantity
	}
	attrs["name"], attrs["ref"], attrs["session"], attrs["visitor"] = e.Name, e.Ref, e.Session, string(e.Visitor)
	attrs["value"], attrs["currency"] = e.Value.Minor(), e.Value.Currency().String()
	attrs["skus"], attrs["quantity"] = skus, quantity
	maps.Copy(attrs, e.Properties)
	return attrs
}
