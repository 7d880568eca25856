package catalog

import (
	"encoding/json"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Collection is the live products of a channel that meet a rule, or are named, and
// are not excepted.
type Collection struct {
	ID string `json:"id"`
	// When is a condition of package segment/rule over id, type, status, vendor,
	// tags, categories (with all above), title, created_at, price (the lowest
	// price of a variant) and attributes.CODE of the product. Without it only what
	// is named is in the collection.
	When json.RawMessage `json:"when,omitempty"`
	// Include and Except name products by hand.
	Include []ID              `json:"include,omitempty"`
	Except  []ID              `json:"except,omitempty"`
	Name    map[Locale]string `json:"name,omitempty"`
}

// collection is a compiled definition.
type collection struct {
	Collection
	rule            *rule.Rule // nil: nobody by rule
	priced          bool       // the rule asks for the price
	include, except map[ID]bool
}

// productFacts are the attributes of a rule that every product has.
var productFacts = map[string]rule.Type{
	"id": rule.String, "type": rule.String, "status": rule.String, "vendor": rule.String, "title": rule.String,
	"created_at": rule.String, "tags": rule.List, "categories": rule.List, "price": rule.Number,
}

// ruleSchema returns what rules may ask for.
func ruleSchema(attributes map[string]*Attribute) (*rule.Schema, error) {
	m := make(map[string]rule.Type, len(productFacts)+len(attributes))
	for name, t := range productFacts {
		m[name] = t
	}
	for code, a := range attributes {
		if a.Scope == VariantScope {
			continue
		}
		t := rule.String
		switch a.Type {
		case IntegerAttribute:
			t = rule.Int
		case DecimalAttribute:
			t = rule.Number
		case BoolAttribute:
			t = rule.Bool
		}
		if a.Many {
			t = rule.List
		}
		m["attributes."+code] = t
	}
	return rule.NewSchema(m)
}

func (c Collection) compile(facts *rule.Schema, p problems) *collection {
	out := &collection{Collection: c, include: map[ID]bool{}, except: map[ID]bool{}}
	p.code("id", c.ID)
	for _, id := range c.Include {
		out.include[id] = true
	}
	for _, id := range c.Except {
		out.except[id] = true
	}
	out.Name = normalTexts(c.Name, p, "name")
	if len(c.When) == 0 || string(c.When) == "null" {
		return out
	}
	r, err := rule.Compile(c.When, &rule.Options{Schema: facts})
	if err != nil {
		p.wrap("when", err)
		return out
	}
	out.rule = r
	for _, path := range r.Paths() {
		out.priced = out.priced || path == "price"
	}
	return out
}

// matches reports whether a product with these facts is in the collection.
func (c *collection) matches(id ID, facts *rule.Record) bool {
	switch {
	case c.except[id]:
		return false
	case c.include[id]:
		return true
	}
	return c.rule != nil && c.rule.MatchRecord(facts)
}

// setFact enters a shown value of an attribute.
func (s *schema) setFact(r *rule.Record, a *Attribute, v any) {
	slot, ok := s.facts.Slot("attributes." + a.Code)
	if !ok {
		return
	}
	number := func(v any) any {
		if text, isText := v.(string); isText && a.Type == DecimalAttribute {
			if f, err := numberOf(text); err == nil {
				return f
			}
		}
		return v
	}
	switch v := v.(type) {
	case nil:
		r.Set(slot, nil)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = number(e)
		}
		r.Set(slot, list)
	default:
		r.Set(slot, number(v))
	}
}

// errNoRule reports a rule schema that cannot be made of the attributes' codes.
func errNoRule(err error) error {
	return fmt.Errorf("catalog: attributes by rule: %v: %w", err, flywheel.ErrInvalid)
}
