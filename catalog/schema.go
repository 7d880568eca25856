package catalog

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// The kinds of definitions that a store keeps.
const (
	kindLocale     = "locale"
	kindChannel    = "channel"
	kindAttribute  = "attribute"
	kindOptions    = "options"
	kindType       = "type"
	kindCategory   = "category"
	kindCollection = "collection"
	kindBundles    = "bundles" // see bundleState
)

// schema is all definitions, compiled. It is immutable: an edit shares what it does
// not change.
type schema struct {
	revision    int64
	fallbacks   map[Locale]Locale
	locales     map[Locale]LocaleDef
	channels    map[Channel]*channel
	attributes  map[string]*Attribute
	options     map[string]*optionSet
	types       map[string]*ProductType
	tree        *tree
	collections map[string]*collection
	facts       *rule.Schema
	allowed     map[string]map[string]bool // attributes of a type and all above it
	bundles     bundleState
}

func emptySchema() *schema {
	s := &schema{
		fallbacks: map[Locale]Locale{}, locales: map[Locale]LocaleDef{}, channels: map[Channel]*channel{}, attributes: map[string]*Attribute{},
		options: map[string]*optionSet{}, types: map[string]*ProductType{}, tree: &tree{}, collections: map[string]*collection{},
		allowed: map[string]map[string]bool{},
	}
	s.facts, _ = ruleSchema(nil)
	return s
}

// apply returns the schema with definitions written or removed.
func (s *schema) apply(revision int64, defs []Definition) (*schema, error) {
	next := *s
	next.revision = revision
	var edit *treeEdit
	var fresh []Category
	rules := false
	for _, d := range defs {
		var err error
		switch d.Kind {
		case kindLocale:
			err = define(&next.locales, Locale(d.Code), d.Body, func(l LocaleDef) LocaleDef { return l })
			next.fallbacks = maps.Clone(next.fallbacks)
			delete(next.fallbacks, Locale(d.Code))
			if f := next.locales[Locale(d.Code)].Fallback; f != "" {
				next.fallbacks[Locale(d.Code)] = f
			}
		case kindChannel:
			err = define(&next.channels, Channel(d.Code), d.Body, func(c ChannelDef) *channel { return c.compile(newProblems()) })
		case kindAttribute:
			err = define(&next.attributes, d.Code, d.Body, func(a Attribute) *Attribute { return &a })
			rules = true
		case kindOptions:
			err = define(&next.options, d.Code, d.Body, func(o OptionSet) *optionSet { return o.compile(newProblems()) })
		case kindType:
			err = define(&next.types, d.Code, d.Body, func(t ProductType) *ProductType { return &t })
			next.allowed = nil
		case kindCategory:
			var c Category
			if d.Body != nil {
				err = json.Unmarshal(d.Body, &c)
			}
			switch {
			case err != nil:
			case s.revision == 0 && d.Body != nil: // all at once, see newTree
				fresh = append(fresh, c)
			case d.Body == nil:
				edit = cmpOrEdit(edit, s.tree)
				edit.remove(CategoryID(d.Code))
			default:
				edit = cmpOrEdit(edit, s.tree)
				edit.put(c)
			}
		case kindCollection:
			rules = true
		case kindBundles:
			next.bundles = bundleState{}
			err = json.Unmarshal(d.Body, &next.bundles)
		default:
			err = fmt.Errorf("kind unknown: %w", flywheel.ErrInvalid)
		}
		if err != nil {
			return nil, fmt.Errorf("catalog: definition %s %q: %w", d.Kind, d.Code, err)
		}
	}
	if edit != nil {
		next.tree = &edit.tree
	}
	if fresh != nil {
		next.tree = newTree(fresh)
	}
	if next.allowed == nil {
		next.allowed = make(map[string]map[string]bool, len(next.types))
		for code := range next.types {
			m := map[string]bool{}
			for _, t := range next.typeChain(code) {
				for _, a := range t.Attributes {
					m[a] = true
				}
			}
			next.allowed[code] = m
		}
	}
	if rules {
		if err := next.compileRules(s, defs); err != nil {
			return nil, err
		}
	}
	return &next, nil
}

func cmpOrEdit(e *treeEdit, t *tree) *treeEdit {
	if e == nil {
		return t.edit()
	}
	return e
}

// define enters one definition in a copy of the map.
func define[K comparable, D, V any](m *map[K]V, code K, body []byte, compile func(D) V) error {
	next := maps.Clone(*m)
	if body == nil {
		delete(next, code)
	} else {
		var d D
		if err := json.Unmarshal(body, &d); err != nil {
			return err
		}
		next[code] = compile(d)
	}
	*m = next
	return nil
}

// compileRules compiles collections again whose attributes may have changed, and
// enters those that were defined.
func (s *schema) compileRules(before *schema, defs []Definition) error {
	facts, err := ruleSchema(s.attributes)
	if err != nil {
		return errNoRule(err)
	}
	s.facts = facts
	collections := make(map[string]*collection, len(s.collections))
	for id, c := range before.collections {
		collections[id] = c.Collection.compile(facts, newProblems())
	}
	for _, d := range defs {
		if d.Kind != kindCollection {
			continue
		}
		if err := define(&collections, d.Code, d.Body, func(c Collection) *collection { return c.compile(facts, newProblems()) }); err != nil {
			return err
		}
	}
	s.collections = collections
	return nil
}

// chain returns the locales in which a text is looked for; c may be nil.
func (s *schema) chain(c *channel, l Locale) []Locale {
	if c == nil {
		return chain(s.fallbacks, l, "")
	}
	if l == "" {
		l = c.DefaultLocale
	}
	return chain(s.fallbacks, l, c.DefaultLocale)
}

func (s *schema) category(id CategoryID) (*node, bool) {
	n := s.tree.get(id)
	return n, n != nil
}

// has reports whether a product may have an attribute.
func (s *schema) has(p *Product, code string) bool {
	if s.allowed[p.Type][code] {
		return true
	}
	for _, id := range p.Categories {
		for n := s.tree.get(id); n != nil; n = s.tree.get(n.Parent) {
			if contains(n.Attributes, code) {
				return true
			}
		}
	}
	return false
}

// required returns the requirements of a product's type and categories.
func (s *schema) required(p *Product) []map[string]Requirement {
	var list []map[string]Requirement
	for _, t := range s.typeChain(p.Type) {
		if len(t.Required) > 0 {
			list = append(list, t.Required)
		}
	}
	for _, id := range p.Categories {
		for n := s.tree.get(id); n != nil; n = s.tree.get(n.Parent) {
			if len(n.Required) > 0 {
				list = append(list, n.Required)
			}
		}
	}
	return list
}

// shownAttribute returns the value of an attribute that is shown, nil where the
// product may not have it.
func (s *schema) shownAttribute(p *Product, values Attributes, code string, ch Channel, locales []Locale) any {
	v := values.Get(code)
	a := s.attributes[code]
	if v == nil || a == nil || !s.has(p, code) {
		return nil
	}
	return a.shown(v, ch, locales)
}
