package search

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// Document is one product as it is searched.
type Document struct {
	// ID identifies the product. Putting another document of the same ID replaces
	// it.
	ID string
	// Text holds the searched texts by field, in the first locale.
	Text map[string]string
	// Locales holds the texts of further locales by locale, then by field.
	Locales map[string]map[string]string
	// Attributes are what is filtered, counted and sorted by: text, numbers of
	// any of Go's kinds, booleans, and lists of these ([]string, []float64, []any).
	// nil and empty lists are no value.
	Attributes map[string]any
	// Variants are what is bought. Each is judged as one record with the
	// document's attributes, its own before the document's. A document without
	// variants is one record itself.
	Variants []Variant
}

// Variant is one buyable form of a product.
type Variant struct {
	SKU        flywheel.SKU
	Attributes map[string]any
}

// check reports what is wrong with a document, by path.
func (d *Document) check(s *Settings) error {
	if d.ID == "" || len(d.ID) > 255 || !utf8.ValidString(d.ID) {
		return fieldError("id", flywheel.ErrInvalid, "an id has 1 to 255 bytes of UTF-8")
	}
	if len(d.Variants) > MaxVariants {
		return fieldError("variants", flywheel.ErrLimit, "%d variants", len(d.Variants))
	}
	for locale := range d.Locales {
		if !slices.ContainsFunc(s.Locales, func(l Locale) bool { return l.Code == locale }) {
			return fieldError("locales."+locale, flywheel.ErrNotFound, "unknown locale")
		}
	}
	if err := checkAttributes("attributes", d.Attributes); err != nil {
		return err
	}
	for i, v := range d.Variants {
		if len(v.SKU) > 255 {
			return fieldError(fmt.Sprintf("variants[%d].sku", i), flywheel.ErrLimit, "%d bytes", len(v.SKU))
		}
		if err := checkAttributes(fmt.Sprintf("variants[%d].attributes", i), v.Attributes); err != nil {
			return err
		}
	}
	return nil
}

func checkAttributes(path string, attributes map[string]any) error {
	if len(attributes) > MaxAttributes {
		return fieldError(path, flywheel.ErrLimit, "%d attributes", len(attributes))
	}
	for name, v := range attributes {
		if name == "" || strings.ContainsRune(name, 0) {
			return fieldError(path, flywheel.ErrInvalid, "attribute name %q", name)
		}
		vs, err := valuesOf(nil, v)
		if err != nil {
			return &flywheel.FieldError{Field: path + "." + name, Err: err}
		}
		if len(vs) > MaxValues {
			return fieldError(path+"."+name, flywheel.ErrLimit, "%d values", len(vs))
		}
	}
	return nil
}

// value is one attribute value: a number, a truth value or a text.
type value struct {
	kind valueKind
	num  float64
	text string
}

type valueKind uint8

// Values are ordered by kind, then within it.
const (
	numberValue valueKind = iota
	boolValue             // num is 0 or 1
	textValue
)

func (v value) less(o value) bool {
	if v.kind != o.kind {
		return v.kind < o.kind
	}
	if v.kind == textValue {
		return v.text < o.text
	}
	return v.num < o.num
}

// any returns the value as rules see it.
func (v value) any() any {
	switch v.kind {
	case numberValue:
		return v.num
	case boolValue:
		return v.num == 1
	}
	return v.text
}

// String returns the value as facets show it.
func (v value) String() string {
	switch v.kind {
	case numberValue:
		return formatNumber(v.num)
	case boolValue:
		if v.num == 1 {
			return "true"
		}
		return "false"
	}
	return v.text
}

// maxValueBytes is the longest text of an attribute.
const maxValueBytes = 32 << 10

// valuesOf appends the values of an attribute.
func valuesOf(dst []value, v any) ([]value, error) {
	number := func(f float64) ([]value, error) {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return dst, fmt.Errorf("search: %v is no value: %w", f, flywheel.ErrOutOfRange)
		}
		return append(dst, value{kind: numberValue, num: f + 0}), nil // + 0 makes −0 one value with 0
	}
	switch v := v.(type) {
	case nil:
		return dst, nil
	case string:
		if len(v) > maxValueBytes {
			return dst, fmt.Errorf("search: a value of %d bytes: %w", len(v), flywheel.ErrLimit)
		}
		return append(dst, value{kind: textValue, text: v}), nil
	case flywheel.SKU:
		return append(dst, value{kind: textValue, text: string(v)}), nil
	case bool:
		b := value{kind: boolValue}
		if v {
			b.num = 1
		}
		return append(dst, b), nil
	case float64:
		return number(v)
	case float32:
		return number(float64(v))
	case int:
		return number(float64(v))
	case int32:
		return number(float64(v))
	case int64:
		return number(float64(v))
	case uint32:
		return number(float64(v))
	case uint64:
		return number(float64(v))
	case []string:
		for _, e := range v {
			var err error
			if dst, err = valuesOf(dst, e); err != nil {
				return dst, err
			}
		}
		return dst, nil
	case []float64:
		for _, e := range v {
			var err error
			if dst, err = valuesOf(dst, e); err != nil {
				return dst, err
			}
		}
		return dst, nil
	case []any:
		for _, e := range v {
			if _, list := e.([]any); list {
				return dst, fmt.Errorf("search: a list within a list: %w", flywheel.ErrInvalid)
			}
			var err error
			if dst, err = valuesOf(dst, e); err != nil {
				return dst, err
			}
		}
		return dst, nil
	}
	return dst, fmt.Errorf("search: %T is no value: %w", v, flywheel.ErrInvalid)
}
