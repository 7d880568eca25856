package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Type is what an attribute holds.
type Type uint8

// The types of attributes. Their texts, as in JSON, are the lower-case names.
const (
	Any    Type = iota // not known; every operand is accepted
	String             // text, also dates and times in ISO 8601 form, which order as text
	Number             // any JSON number
	Int                // a whole number
	Bool               // true or false
	List               // a list of anything
	Object             // an object; rules may look inside by a dotted path
)

var typeNames = [...]string{Any: "any", String: "string", Number: "number", Int: "int", Bool: "bool", List: "list", Object: "object"}

// String returns the type's name.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// MarshalText returns the type's name.
func (t Type) MarshalText() ([]byte, error) {
	if int(t) >= len(typeNames) {
		return nil, fmt.Errorf("rule: %v: %w", t, flywheel.ErrInvalid)
	}
	return []byte(typeNames[t]), nil
}

// UnmarshalText reads a type's name.
func (t *Type) UnmarshalText(text []byte) error {
	i := slices.Index(typeNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("rule: type %q: %w", text, flywheel.ErrInvalid)
	}
	*t = Type(i)
	return nil
}

// Schema is the attributes that rules may ask for. It is immutable: make it
// once, compile rules with it, and give every [Record] the same one.
type Schema struct {
	names []string // sorted; the index is the Slot
	types []Type
	slots map[string]Slot
}

// Slot is the place of one attribute in the records of a [Schema].
type Slot int32

// NewSchema makes a schema of attributes by dotted path. A path is an
// identifier (see [flywheel.CheckID]) without empty parts.
func NewSchema(attributes map[string]Type) (*Schema, error) {
	s := &Schema{slots: make(map[string]Slot, len(attributes))}
	for path := range attributes {
		if err := checkPath(path); err != nil {
			return nil, err
		}
		s.names = append(s.names, path)
	}
	slices.Sort(s.names)
	for i, path := range s.names {
		if int(attributes[path]) >= len(typeNames) {
			return nil, fmt.Errorf("rule: attribute %q: %v: %w", path, attributes[path], flywheel.ErrInvalid)
		}
		s.types = append(s.types, attributes[path])
		s.slots[path] = Slot(i)
	}
	return s, nil
}

// checkPath reports whether path can name an attribute: an identifier without
// empty parts.
func checkPath(path string) error {
	if err := flywheel.CheckID(path); err != nil {
		return fmt.Errorf("rule: attribute: %w", err)
	}
	if slices.Contains(strings.Split(path, "."), "") {
		return fmt.Errorf("%q has an empty part: %w", path, ErrAttribute)
	}
	return nil
}

// Slot returns the place of an attribute.
func (s *Schema) Slot(path string) (Slot, bool) {
	slot, ok := s.slots[path]
	return slot, ok
}

// Attributes returns the attributes by path, as given to [NewSchema].
func (s *Schema) Attributes() map[string]Type {
	attributes := make(map[string]Type, len(s.names))
	for i, path := range s.names {
		attributes[path] = s.types[i]
	}
	return attributes
}

// resolve finds the attribute that path names, or the longest that it leads
// into; rest is the path within it.
func (s *Schema) resolve(path string) (slot Slot, rest string, ok bool) {
	if slot, ok := s.slots[path]; ok {
		return slot, "", true
	}
	for head := path; ; {
		i := strings.LastIndexByte(head, '.')
		if i < 0 {
			return noSlot, "", false
		}
		head = head[:i]
		if slot, ok := s.slots[head]; ok {
			return slot, path[i+1:], true
		}
	}
}

// Record is the attributes of one subject, prepared for many rules: each value
// in its slot, so that a term costs an index instead of map look-ups. A record
// may be reused for the next subject; it is not safe for concurrent writing.
type Record struct {
	schema *Schema
	values []value
}

// NewRecord returns a record in which every attribute is missing.
func (s *Schema) NewRecord() *Record {
	return &Record{schema: s, values: make([]value, len(s.names))}
}

// Load sets every attribute of the schema from attrs; one that attrs does not
// have is missing afterwards.
func (r *Record) Load(attrs map[string]any) {
	root := value{kind: kindObject, ref: attrs}
	for i, path := range r.schema.names {
		r.values[i] = root.walk(path)
	}
}

// Set sets one attribute to a JSON value, to one of Go's own basic kinds, or to
// nil for missing. The record keeps lists and maps without copying them.
func (r *Record) Set(slot Slot, v any) { r.values[slot] = valueOf(v) }

// SetString sets one attribute to a text, without the allocation of [Record.Set].
func (r *Record) SetString(slot Slot, s string) { r.values[slot] = stringValue(s) }

// SetNumber sets one attribute to a number, without the allocation of [Record.Set].
func (r *Record) SetNumber(slot Slot, f float64) { r.values[slot] = numberValue(f) }

// SetBool sets one attribute to a truth value.
func (r *Record) SetBool(slot Slot, b bool) { r.values[slot] = boolValue(b) }

// Reset makes every attribute missing.
func (r *Record) Reset() { clear(r.values) }

// walk finds what a dotted path names in the record.
func (r *Record) walk(path string) value {
	slot, rest, ok := r.schema.resolve(path)
	switch {
	case !ok:
		return value{}
	case rest == "":
		return r.values[slot]
	default:
		return r.values[slot].walk(rest)
	}
}
