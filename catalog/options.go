package catalog

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// OptionSet is an option that products share, such as color, with the values that
// it can have in the order in which they are shown.
type OptionSet struct {
	Code   string            `json:"code"`
	Name   map[Locale]string `json:"name,omitempty"`
	Values []OptionValue     `json:"values"`
}

// OptionValue is one value of an option set. Without a name its code is shown.
type OptionValue struct {
	Code string            `json:"code"`
	Name map[Locale]string `json:"name,omitempty"`
}

// optionSet is a compiled definition.
type optionSet struct {
	OptionSet
	at map[string]int // place of a value
}

func (o OptionSet) compile(p problems) *optionSet {
	c := &optionSet{OptionSet: o, at: make(map[string]int, len(o.Values))}
	p.code("code", o.Code)
	if len(o.Values) > maxValues {
		p.add("values", flywheel.ErrLimit, "%d values, at most %d", len(o.Values), maxValues)
	}
	c.Name = normalTexts(o.Name, p, "name")
	c.Values = make([]OptionValue, len(o.Values))
	for i, v := range o.Values {
		p := p.in(fmt.Sprintf("values[%d].", i))
		if p.code("code", v.Code); c.has(v.Code) {
			p.invalid("code", "%q is there already", v.Code)
		}
		c.at[v.Code] = i
		c.Values[i] = OptionValue{Code: v.Code, Name: normalTexts(v.Name, p, "name")}
	}
	return c
}

func (o *optionSet) has(code string) bool {
	_, there := o.at[code]
	return there
}

// textIn returns the text of the first locale that has one, else the other.
func textIn(texts map[Locale]string, locales []Locale, other string) string {
	for _, l := range locales {
		if t := texts[l]; t != "" {
			return t
		}
	}
	return other
}

// valueName returns the name of a value that is shown.
func (o *optionSet) valueName(code string, locales []Locale) string {
	if i, ok := o.at[code]; ok {
		return textIn(o.Values[i].Name, locales, code)
	}
	return code
}

// Combinations returns a variant for each combination of the values of option
// sets, the first option slowest, and at most count of them where count is
// positive. In the pattern of the SKU {0}, {1} stand for the codes of the values.
func Combinations(sets []OptionSet, pattern string, count int) []Variant {
	total := 1
	for _, s := range sets {
		if len(s.Values) == 0 {
			return nil
		}
		if total > MaxVariants*len(s.Values) { // more than any product may have
			break
		}
		total *= len(s.Values)
	}
	if count > 0 {
		total = min(total, count)
	}
	out := make([]Variant, 0, min(total, MaxVariants+1))
	at := make([]int, len(sets))
	for len(out) < total && len(out) <= MaxVariants {
		v := Variant{Options: make([]string, len(sets))}
		pairs := make([]string, 0, 2*len(sets))
		for i, s := range sets {
			v.Options[i] = s.Values[at[i]].Code
			pairs = append(pairs, fmt.Sprintf("{%d}", i), v.Options[i])
		}
		v.SKU = flywheel.SKU(strings.NewReplacer(pairs...).Replace(pattern))
		out = append(out, v)
		i := len(sets) - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < len(sets[i].Values) {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			break
		}
	}
	return out
}
