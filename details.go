package flywheel

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
	"unique"
)

// Limits of [Details].
const (
	MaxDetails    = 20   // entries
	MaxDetailName = 100  // bytes
	MaxDetailText = 1000 // bytes
)

// Details are a few names with a text each, such as what a buyer asks of an item: the
// words of an engraving, a choice of ribbon. They never change, are compared with ==,
// and are JSON objects of strings. The zero value is none. Who writes such texts may
// be recognized by them: they are a customer's own and are forgotten with the customer.
type Details struct {
	// The JSON object, names in order; zero for none. A handle is a word, so that lines
	// without details are copied as fast as if they had none.
	text unique.Handle[string]
}

// NewDetails returns details. An entry without a text is left out. An error is a
// [FieldError] that names the entry: [ErrLimit] above [MaxDetails], [MaxDetailName] and
// [MaxDetailText], [ErrInvalid] for an empty name, text that is no UTF-8, and control
// characters other than line breaks in a text.
func NewDetails(entries map[string]string) (Details, error) {
	kept := make(map[string]string, len(entries))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		text := entries[name]
		if err := checkDetail(name, text); err != nil {
			return Details{}, &FieldError{Field: name, Err: err}
		}
		if text != "" {
			kept[name] = text
		}
	}
	if len(kept) > MaxDetails {
		return Details{}, fmt.Errorf("%d details, at most %d: %w", len(kept), MaxDetails, ErrLimit)
	}
	if len(kept) == 0 {
		return Details{}, nil
	}
	text, err := json.Marshal(kept) // sorts the names
	return Details{unique.Make(string(text))}, err
}

// MustDetails is [NewDetails] for entries that stand in the source. It panics where those
// are refused.
func MustDetails(entries map[string]string) Details {
	d, err := NewDetails(entries)
	if err != nil {
		panic(err)
	}
	return d
}

func checkDetail(name, text string) error {
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }
	switch {
	case name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("name %q: %w", name, ErrInvalid)
	case len(name) > MaxDetailName:
		return fmt.Errorf("a name of %d bytes, at most %d: %w", len(name), MaxDetailName, ErrLimit)
	case len(text) > MaxDetailText:
		return fmt.Errorf("a text of %d bytes, at most %d: %w", len(text), MaxDetailText, ErrLimit)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, control):
		return fmt.Errorf("a text with characters that are none: %w", ErrInvalid)
	}
	return nil
}

// IsZero reports whether there are none.
func (d Details) IsZero() bool { return d == Details{} }

// Map returns the entries, nil where there are none.
func (d Details) Map() (entries map[string]string) {
	if !d.IsZero() {
		_ = json.Unmarshal([]byte(d.text.Value()), &entries) // written by NewDetails
	}
	return entries
}

// All yields name and text of each entry, in order of the names.
func (d Details) All() iter.Seq2[string, string] {
	return func(yield func(name, text string) bool) {
		entries := d.Map()
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			if !yield(name, entries[name]) {
				return
			}
		}
	}
}

// String returns the entries for a person, such as "engraving: Anna, ribbon: red".
func (d Details) String() string {
	var all []string
	for name, text := range d.All() {
		all = append(all, name+": "+text)
	}
	return strings.Join(all, ", ")
}

// MarshalJSON writes an object of strings.
func (d Details) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("{}"), nil
	}
	return []byte(d.text.Value()), nil
}

// UnmarshalJSON reads an object of strings, with the errors of [NewDetails].
func (d *Details) UnmarshalJSON(data []byte) error {
	var entries map[string]string
	if err := json.Unmarshal(data, &entries); err != nil {
		return fmt.Errorf("details: %w: %w", ErrInvalid, err)
	}
	read, err := NewDetails(entries)
	if err == nil {
		*d = read
	}
	return err
}
