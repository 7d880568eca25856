package catalog

import (
	"fmt"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// AttributeType is what the values of an attribute are.
type AttributeType string

// The types of attributes.
const (
	TextAttribute      AttributeType = "text"
	IntegerAttribute   AttributeType = "integer"   // int64, as a number or a text
	DecimalAttribute   AttributeType = "decimal"   // a text, with a unit where the attribute has one
	BoolAttribute      AttributeType = "bool"      // true or false
	DateAttribute      AttributeType = "date"      // YYYY-MM-DD
	EnumAttribute      AttributeType = "enum"      // one of Values
	ReferenceAttribute AttributeType = "reference" // the ID of a product or a category
	RichAttribute      AttributeType = "rich"      // HTML of few elements
)

// Scope says whether a product or each of its variants has an attribute.
type Scope string

// The scopes of attributes.
const (
	ProductScope Scope = "product"
	VariantScope Scope = "variant"
)

// Attribute defines an attribute that types and categories may give to products.
type Attribute struct {
	Code string        `json:"code"`
	Type AttributeType `json:"type"`
	// Scope is ProductScope where it is empty.
	Scope Scope `json:"scope,omitempty"`
	// Localized values differ by locale, PerChannel values by channel, where "*"
	// stands for all channels; Many is a list.
	Localized  bool `json:"localised,omitempty"`
	PerChannel bool `json:"per_channel,omitempty"`
	Many       bool `json:"many,omitempty"`
	// Facet marks an attribute by which customers filter. The catalog filters by
	// any; search offers these.
	Facet bool `json:"facet,omitempty"`
	// Max length of a text in characters, no limit where it is 0; of a number its
	// highest value. Min is the lowest value of a number.
	Max Bound `json:"max,omitempty"`
	Min Bound `json:"min,omitempty"`
	// Unit of a decimal, one of mg g kg oz lb, mm cm m in ft, ml cl l.
	Unit string `json:"unit,omitempty"`
	// Scale is how many decimals are kept, 3 where it is nil.
	Scale *int `json:"scale,omitempty"`
	// Values of an enumeration.
	Values []string `json:"values,omitempty"`
	// Target of a reference, "product" or "category".
	Target string `json:"target,omitempty"`
	// Name shown to customers, by locale.
	Name map[Locale]string `json:"name,omitempty"`
}

func (a *Attribute) scale() int {
	if a.Scale == nil {
		return 3
	}
	return *a.Scale
}

// maxScale bounds the decimals of an attribute.
const maxScale = 18

// normalize returns the definition with defaults, or adds what is wrong.
func (a Attribute) normalize(p problems) Attribute {
	if a.Scope == "" {
		a.Scope = ProductScope
	}
	p.code("code", a.Code)
	switch a.Type {
	case TextAttribute, IntegerAttribute, DecimalAttribute, BoolAttribute, DateAttribute, RichAttribute:
	case EnumAttribute:
		if len(a.Values) == 0 {
			p.invalid("values", "an enumeration needs values")
		}
		seen := map[string]bool{}
		values := make([]string, len(a.Values))
		for i, v := range a.Values {
			values[i] = normalText(v)
			switch {
			case values[i] == "":
				p.invalid(fmt.Sprintf("values[%d]", i), "empty")
			case seen[values[i]]:
				p.invalid(fmt.Sprintf("values[%d]", i), "%q is there already", values[i])
			}
			seen[values[i]] = true
		}
		a.Values = values
	case ReferenceAttribute:
		if a.Target != "product" && a.Target != "category" {
			p.invalid("target", "%q is neither product nor category", a.Target)
		}
	default:
		p.invalid("type", "%q is unknown", a.Type)
	}
	if a.Scope != ProductScope && a.Scope != VariantScope {
		p.invalid("scope", "%q is unknown", a.Scope)
	}
	if _, known := units[a.Unit]; a.Unit != "" && (!known || a.Type != DecimalAttribute && a.Type != "") {
		p.invalid("unit", "%q is unknown", a.Unit)
	}
	if a.Scale != nil && (*a.Scale < 0 || *a.Scale > maxScale) {
		p.add("scale", flywheel.ErrOutOfRange, "%d decimals", *a.Scale)
	}
	a.Name = normalTexts(a.Name, p, "name")
	return a
}

// normalTexts returns texts by locale in normal form.
func normalTexts(texts map[Locale]string, p problems, path string) map[Locale]string {
	var out map[Locale]string
	for _, key := range sortedKeys(texts) {
		l, err := ParseLocale(string(key))
		if err != nil {
			p.invalid(path+"."+string(key), "no locale")
			continue
		}
		if text := normalText(texts[key]); text != "" {
			if out == nil {
				out = make(map[Locale]string, len(texts))
			}
			out[l] = text
		}
	}
	return out
}

// leaf returns one value of the attribute in normal form, nil for none.
func (a *Attribute) leaf(v any) (any, error) {
	text, isText := v.(string)
	if isText {
		if a.Type != RichAttribute {
			text = normalText(text)
		}
		if text == "" {
			return nil, nil
		}
	}
	wrong := fmt.Errorf("%T is no %s: %w", v, a.Type, flywheel.ErrInvalid)
	switch a.Type {
	case BoolAttribute:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, wrong
	case IntegerAttribute:
		n, ok := integerText(v)
		if !ok {
			return nil, wrong
		}
		i, err := strconv.ParseInt(n, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("beyond 64 bits: %w", flywheel.ErrOutOfRange)
		}
		return i, a.checkBounds(new(big.Rat).SetInt64(i))
	}
	if !isText {
		return nil, wrong
	}
	switch a.Type {
	case DecimalAttribute:
		normal, r, err := normalDecimal(text, a.Unit, a.scale())
		if err != nil {
			return nil, err
		}
		return normal, a.checkBounds(r)
	case DateAttribute:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, fmt.Errorf("%q is no date: %w", firstRunes(text, 40), flywheel.ErrInvalid)
		}
	case EnumAttribute:
		if !contains(a.Values, text) {
			return nil, fmt.Errorf("%q is none of the values: %w", firstRunes(text, 40), flywheel.ErrInvalid)
		}
	case RichAttribute:
		if text = richText(text); text == "" {
			return nil, nil
		}
	}
	if a.Type == TextAttribute || a.Type == RichAttribute {
		if most, err := strconv.Atoi(string(a.Max)); err == nil && utf8.RuneCountInString(text) > most {
			return nil, fmt.Errorf("more than %d characters: %w", most, flywheel.ErrLimit)
		}
	}
	return text, nil
}

// integerText returns the digits of an integer that is given as a JSON number or a
// text.
func integerText(v any) (string, bool) {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case int:
		s = strconv.Itoa(v)
	case int64:
		s = strconv.FormatInt(v, 10)
	case float64:
		s = strconv.FormatFloat(v, 'f', -1, 64)
	case fmt.Stringer: // json.Number
		s = v.String()
	default:
		return "", false
	}
	if len(s) > 1 && s[0] == '-' {
		return s, digits(s[1:])
	}
	return s, digits(s)
}
