package catalog

import (
	"fmt"
	"maps"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// anyChannel stands for all channels.
const anyChannel = "*"

// valueCheck checks values of one product or variant.
type valueCheck struct {
	schema *schema
	self   ID // the product itself
	refs   *[]reference
	p      problems
}

// reference is a product that a value names.
type reference struct {
	path string
	id   ID
}

// attribute returns the values of one attribute in normal form, nil for none.
func (c *valueCheck) attribute(a *Attribute, v any) any {
	path := "attributes." + a.Code
	if v == nil {
		return nil
	}
	if !a.PerChannel {
		return c.locales(a, path, v)
	}
	channels, ok := asMap(v)
	if !ok {
		c.p.invalid(path, "not an object by channel")
		return nil
	}
	out := map[string]any{}
	for _, ch := range sortedKeys(channels) {
		if _, known := c.schema.channels[Channel(ch)]; !known && ch != anyChannel {
			c.p.notFound(path+"."+ch, "channel", ch)
			continue
		}
		if e := c.locales(a, path+"."+ch, channels[ch]); e != nil {
			out[ch] = e
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func (c *valueCheck) locales(a *Attribute, path string, v any) any {
	if v == nil {
		return nil
	}
	if !a.Localized {
		return c.values(a, path, v)
	}
	locales, ok := asMap(v)
	if !ok {
		c.p.invalid("attributes."+a.Code, "not an object by locale")
		return nil
	}
	out := map[string]any{}
	for _, key := range sortedKeys(locales) {
		l, err := ParseLocale(key)
		if err != nil {
			c.p.invalid(path+"."+key, "no locale")
			continue
		}
		e := c.values(a, path+"."+key, locales[key])
		if _, twice := out[string(l)]; twice && e != nil {
			c.p.invalid(path+"."+key, "locale %s is there already", l)
		} else if e != nil {
			out[string(l)] = e
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func (c *valueCheck) values(a *Attribute, path string, v any) any {
	if v == nil {
		return nil
	}
	if !a.Many {
		return c.value(a, path, v)
	}
	list, ok := asList(v)
	if !ok {
		c.p.invalid("attributes."+a.Code, "not a list")
		return nil
	}
	if len(list) > maxValues {
		c.p.add(path, flywheel.ErrLimit, "%d values, at most %d", len(list), maxValues)
		return nil
	}
	var out []any
	seen := make(map[any]bool, len(list))
	for i, e := range list {
		place := fmt.Sprintf("%s[%d]", path, i)
		before, refs := len(*c.p.list), len(*c.refs)
		e = c.value(a, place, e)
		switch {
		case e == nil:
		case seen[e]: // whatever else may be wrong with it
			*c.p.list, *c.refs = (*c.p.list)[:before], (*c.refs)[:refs]
			c.p.invalid(place, "repeated")
		default:
			seen[e] = true
			out = append(out, e)
		}
	}
	if out == nil {
		return nil
	}
	return out
}

// maxValues bounds a list of values.
const maxValues = 10_000

func (c *valueCheck) value(a *Attribute, path string, v any) any {
	if v == nil {
		return nil
	}
	normal, err := a.leaf(v)
	if err != nil {
		c.p.wrap(path, err)
		return nil
	}
	if a.Type == ReferenceAttribute && normal != nil {
		id := normal.(string)
		switch {
		case a.Target == "category":
			if _, known := c.schema.category(CategoryID(id)); !known {
				c.p.notFound(path, "category", id)
			}
		case ID(id) != c.self:
			*c.refs = append(*c.refs, reference{path: c.p.prefix + path, id: ID(id)})
		}
	}
	return normal
}

func asMap(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, true
	case map[string]string:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = e
		}
		return m, true
	case Attributes:
		return maps.Collect(v.All()), true
	}
	return nil, false
}

func asList(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case []string:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = e
		}
		return l, true
	}
	return nil, false
}

// shown returns the value that a channel, "" for none, shows in the first locale of
// the chain with one.
func (a *Attribute) shown(v any, channel Channel, locales []Locale) any {
	if !a.PerChannel {
		return a.inLocale(v, locales)
	}
	by, _ := v.(map[string]any)
	if channel != "" {
		if e := a.inLocale(by[string(channel)], locales); e != nil {
			return e
		}
	}
	return a.inLocale(by[anyChannel], locales)
}

func (a *Attribute) inLocale(v any, locales []Locale) any {
	if !a.Localized {
		return v
	}
	by, _ := v.(map[string]any)
	for _, l := range locales {
		if e := by[string(l)]; e != nil {
			return e
		}
	}
	return nil
}

// walk calls fn for each value below v, in order, with its slot.
func walk(v any, slot string, fn func(slot string, v any)) {
	if m, ok := v.(map[string]any); ok {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			walk(m[k], slot+"."+k, fn)
		}
		return
	}
	fn(slot, v)
}

// same reports whether two normal values are equal.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case []string:
		b, ok := b.([]string)
		return ok && slices.Equal(a, b)
	}
	switch b.(type) {
	case map[string]any, []any, []string:
		return false
	}
	return a == b
}
