package catalog

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// Limits of a product. They keep one product a page that can be shown, and the
// IDs of its events within [flywheel.MaxIDBytes].
const (
	MaxIDBytes          = 200
	MaxTitleBytes       = 500
	MaxDescriptionBytes = 64 << 10
	MaxCategories       = 100
	MaxAttributes       = 250
	MaxAttributeBytes   = 4 << 10 // of one string
	MaxAttributeValues  = 250     // of one list
	MaxAxes             = 8
	MaxAxisValues       = 250
	MaxVariants         = 2048
)

// FieldError names the product and the field that is wrong.
type FieldError struct {
	Product ID     // as given, perhaps empty
	Field   string // such as "variants[3].options[1]"; after PutAll "products[17].title"
	Err     error  // wraps a kind
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("catalog: product %q: %s: %v", e.Product, e.Field, e.Err)
}

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Err }

// Validate reports the first thing that is wrong with p on its own as a
// [*FieldError], or nil. Whether its categories exist and its SKUs are free is for
// the Service and the Store to say.
func (p *Product) Validate() error {
	if field, err := p.check(); err != nil {
		return &FieldError{Product: p.ID, Field: field, Err: err}
	}
	return nil
}

func (p *Product) check() (field string, err error) {
	if err := flywheel.CheckID(string(p.ID)); err != nil {
		return "id", err
	}
	if len(p.ID) > MaxIDBytes {
		return "id", tooMany(len(p.ID), MaxIDBytes, "bytes")
	}
	if strings.TrimSpace(p.Title) == "" {
		return "title", fmt.Errorf("missing: %w", flywheel.ErrInvalid)
	}
	if err := checkText(p.Title, MaxTitleBytes); err != nil {
		return "title", err
	}
	if err := checkText(p.Description, MaxDescriptionBytes); err != nil {
		return "description", err
	}
	if !p.Status.known() {
		return "status", fmt.Errorf("%q is unknown: %w", p.Status, flywheel.ErrInvalid)
	}
	if p.Version < 0 {
		return "version", fmt.Errorf("%d is negative: %w", p.Version, flywheel.ErrOutOfRange)
	}
	if field, err := checkNames("categories", p.Categories, MaxCategories); err != nil {
		return field, err
	}
	if field, err := checkAttributes("attributes", p.Attributes); err != nil {
		return field, err
	}
	if field, err := p.checkAxes(); err != nil {
		return field, err
	}
	return p.checkVariants()
}

func (p *Product) checkAxes() (field string, err error) {
	if len(p.Axes) > MaxAxes {
		return "axes", tooMany(len(p.Axes), MaxAxes, "axes")
	}
	for i, axis := range p.Axes {
		at := fmt.Sprintf("axes[%d]", i)
		if err := flywheel.CheckID(axis.Name); err != nil {
			return at + ".name", err
		}
		for j := range i {
			if p.Axes[j].Name == axis.Name {
				return at + ".name", repeated(axis.Name, fmt.Sprintf("axes[%d]", j))
			}
		}
		if len(axis.Values) == 0 {
			return at + ".values", fmt.Errorf("none: %w", flywheel.ErrInvalid)
		}
		if field, err := checkNames(at+".values", axis.Values, MaxAxisValues); err != nil {
			return field, err
		}
	}
	return "", nil
}

func (p *Product) checkVariants() (field string, err error) {
	switch {
	case len(p.Variants) > MaxVariants:
		return "variants", tooMany(len(p.Variants), MaxVariants, "variants")
	case len(p.Variants) == 0 && p.Status == Active:
		return "variants", fmt.Errorf("none, and an active product needs one: %w", flywheel.ErrInvalid)
	}
	skus := make(map[flywheel.SKU]int, len(p.Variants))
	combinations := make(map[string]int, len(p.Variants))
	for i, v := range p.Variants {
		if err := flywheel.CheckID(string(v.SKU)); err != nil {
			return fmt.Sprintf("variants[%d].sku", i), err
		}
		if j, dup := skus[v.SKU]; dup {
			return fmt.Sprintf("variants[%d].sku", i), repeated(string(v.SKU), fmt.Sprintf("variants[%d]", j))
		}
		skus[v.SKU] = i
		if len(v.Options) != len(p.Axes) {
			return fmt.Sprintf("variants[%d].options", i), fmt.Errorf("%d for %d axes: %w", len(v.Options), len(p.Axes), flywheel.ErrInvalid)
		}
		for n, option := range v.Options {
			if !slices.Contains(p.Axes[n].Values, option) {
				return fmt.Sprintf("variants[%d].options[%d]", i, n), fmt.Errorf("%q is no value of axis %q: %w", option, p.Axes[n].Name, flywheel.ErrInvalid)
			}
		}
		combination := strings.Join(v.Options, "\x00") // no value of an axis holds this byte
		if j, dup := combinations[combination]; dup {
			return fmt.Sprintf("variants[%d].options", i), repeated(strings.Join(v.Options, ", "), fmt.Sprintf("variants[%d]", j))
		}
		combinations[combination] = i
		if field, err := checkAttributes(fmt.Sprintf("variants[%d].attributes", i), v.Attributes); err != nil {
			return field, err
		}
	}
	return "", nil
}

// checkNames checks a list of distinct identifiers.
func checkNames[S ~string](field string, names []S, limit int) (string, error) {
	if len(names) > limit {
		return field, tooMany(len(names), limit, "values")
	}
	for i, name := range names {
		if err := flywheel.CheckID(string(name)); err != nil {
			return fmt.Sprintf("%s[%d]", field, i), err
		}
		if j := slices.Index(names, name); j < i {
			return fmt.Sprintf("%s[%d]", field, i), repeated(string(name), fmt.Sprintf("%s[%d]", field, j))
		}
	}
	return "", nil
}

// checkAttributes reports the first wrong attribute in the order of their names.
func checkAttributes(field string, attributes map[string]any) (at string, err error) {
	if len(attributes) > MaxAttributes {
		return field, tooMany(len(attributes), MaxAttributes, "attributes")
	}
	for name, value := range attributes {
		wrong := flywheel.CheckID(name)
		if wrong == nil {
			wrong = checkValue(value)
		}
		if here := field + "." + name; wrong != nil && (err == nil || here < at) {
			at, err = here, wrong
		}
	}
	return at, err
}

func checkValue(value any) error {
	list, ok := value.([]any)
	if !ok {
		return checkScalar(value)
	}
	if len(list) > MaxAttributeValues {
		return tooMany(len(list), MaxAttributeValues, "values")
	}
	for i, v := range list {
		if err := checkScalar(v); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

func checkScalar(value any) error {
	switch v := value.(type) {
	case bool:
		return nil
	case string:
		return checkText(v, MaxAttributeBytes)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%v is no number: %w", v, flywheel.ErrInvalid)
		}
		return nil
	}
	return fmt.Errorf("%T is no attribute value: %w", value, flywheel.ErrInvalid)
}

// checkText refuses what no database keeps as it is: broken UTF-8 and NUL.
func checkText(s string, limit int) error {
	switch {
	case len(s) > limit:
		return tooMany(len(s), limit, "bytes")
	case !utf8.ValidString(s):
		return fmt.Errorf("not UTF-8: %w", flywheel.ErrInvalid)
	case strings.IndexByte(s, 0) >= 0:
		return fmt.Errorf("holds a NUL: %w", flywheel.ErrInvalid)
	}
	return nil
}

func tooMany(have, limit int, what string) error {
	return fmt.Errorf("%d %s, at most %d: %w", have, what, limit, flywheel.ErrLimit)
}

func repeated(what, where string) error {
	return fmt.Errorf("%q is at %s already: %w", what, where, flywheel.ErrInvalid)
}
