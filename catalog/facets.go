package catalog

import (
	"cmp"
	"slices"

	"github.com/flywheel-go/flywheel/segment/rule"
)

// facets counts values of fields: for each field the products that meet all others.
type facets struct {
	l      *listing
	fields []filter // to count
	counts []map[string]*FacetCount
}

func newFacets(l *listing) *facets {
	f := &facets{l: l, fields: make([]filter, len(l.q.Facets)), counts: make([]map[string]*FacetCount, len(l.q.Facets))}
	for i, name := range l.q.Facets {
		f.fields[i], _ = l.schema.filter(name, nil)
		f.counts[i] = map[string]*FacetCount{}
		for _, chosen := range l.fields {
			if chosen.name != name {
				continue
			}
			for n, v := range chosen.values { // stay with 0
				f.counts[i][v] = &FacetCount{Value: chosen.raw[n]}
			}
		}
	}
	return f
}

// values returns the shown values of a field, of a variant where it has one.
func (l *listing) values(p *Product, v *Variant, f *filter) []any {
	if f.option != "" {
		for i, set := range p.Options {
			if set == f.option && v != nil && i < len(v.Options) {
				return []any{v.Options[i]}
			}
		}
		return nil
	}
	values := p.Attributes
	if f.variant {
		if v == nil {
			return nil
		}
		values = v.Attributes
	}
	code := Channel("")
	if l.ch != nil {
		code = l.ch.Code
	}
	switch shown := l.schema.shownAttribute(p, values, f.attr.Code, code, l.chain).(type) {
	case nil:
		return nil
	case []any:
		return shown
	default:
		return []any{shown}
	}
}

func (l *listing) meets(p *Product, v *Variant, f *filter) bool {
	for _, value := range l.values(p, v, f) {
		if contains(f.values, termValue(value)) {
			return true
		}
	}
	return false
}

// count counts the values of a product and reports whether it meets all fields.
func (f *facets) count(p *shelved) bool {
	l, head := f.l, &p.head.Product
	missed := 0 // product fields that do not hold
	var miss string
	variantFields := 0
	for i := range l.fields {
		if l.fields[i].variant {
			variantFields++
		} else if !l.meets(head, nil, &l.fields[i]) {
			missed++
			miss = l.fields[i].name
		}
	}
	if missed > 1 || missed == 1 && len(f.fields) == 0 {
		return false
	}
	if len(f.fields) == 0 && variantFields == 0 {
		return true
	}
	seen := make([]map[string]any, len(f.fields))
	enter := func(i int, v *Variant) {
		for _, value := range l.values(head, v, &f.fields[i]) {
			if seen[i] == nil {
				seen[i] = map[string]any{}
			}
			seen[i][termValue(value)] = value
		}
	}
	whole := variantFields == 0 && missed == 0
	rows := p.visible(l.ch)
	for r := range max(len(rows), 1) {
		var v *Variant // nil: a product without variants
		if len(rows) > 0 {
			v = &rows[r].Variant
		}
		bad, only := 0, ""
		for i := range l.fields {
			if l.fields[i].variant && (v == nil || !l.meets(head, v, &l.fields[i])) {
				bad++
				only = l.fields[i].name
			}
		}
		if missed == 0 && bad == 0 {
			whole = true
		}
		for i := range f.fields {
			name := f.fields[i].name
			switch {
			case missed+bad == 0, missed+bad == 1 && (miss == name || bad == 1 && only == name):
				enter(i, v)
			}
		}
	}
	for i := range f.fields {
		for key, value := range seen[i] {
			c := f.counts[i][key]
			if c == nil {
				c = &FacetCount{Value: value}
				f.counts[i][key] = c
			}
			c.Products++
		}
	}
	return whole
}

// result writes the counts, most first, then by value. Beyond MaxFacetValues only
// chosen values are listed.
func (f *facets) result(into *Listed) {
	for i := range f.fields {
		name := f.fields[i].name
		list := make([]FacetCount, 0, len(f.counts[i]))
		for _, c := range f.counts[i] {
			list = append(list, *c)
		}
		slices.SortFunc(list, func(a, b FacetCount) int {
			return cmp.Or(cmp.Compare(b.Products, a.Products), compareValues(a.Value, b.Value))
		})
		if all := len(list); all > MaxFacetValues {
			kept := list[:MaxFacetValues:MaxFacetValues]
			for _, c := range list[MaxFacetValues:] {
				if f.l.chosen(name, c.Value) {
					kept = append(kept, c)
				}
			}
			list = kept
			if into.Unlisted == nil {
				into.Unlisted = map[string]int{}
			}
			into.Unlisted[name] = all - len(kept)
		}
		if into.Facets == nil {
			into.Facets = make(map[string][]FacetCount, len(f.fields))
		}
		into.Facets[name] = list
	}
}

// chosen reports whether Where asks for a value of a field.
func (l *listing) chosen(name string, value any) bool {
	for i := range l.fields {
		if l.fields[i].name == name && contains(l.fields[i].values, termValue(value)) {
			return true
		}
	}
	return false
}

func compareValues(a, b any) int {
	x, xok := a.(int64)
	y, yok := b.(int64)
	if xok && yok {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(termValue(a), termValue(b))
}

// factsOf returns the facts of a product that rules of collections ask for.
func (l *listing) facts(p *shelved, price float64, priced bool) *rule.Record {
	r := l.schema.facts.NewRecord()
	head := &p.head.Product
	text := func(path, v string) {
		if slot, ok := l.schema.facts.Slot(path); ok && v != "" {
			r.SetString(slot, v)
		}
	}
	list := func(path string, values []string) {
		if slot, ok := l.schema.facts.Slot(path); ok && len(values) > 0 {
			all := make([]any, len(values))
			for i, v := range values {
				all[i] = v
			}
			r.Set(slot, all)
		}
	}
	text("id", string(head.ID))
	text("type", head.Type)
	text("status", string(head.Status))
	text("vendor", head.Vendor)
	text("title", textTitle(head.Text, l.chain))
	text("created_at", timeText(head.CreatedAt))
	list("tags", head.Tags)
	list("categories", plainTexts(l.schema.tree.withAbove(head.Categories)))
	if slot, ok := l.schema.facts.Slot("price"); ok && priced {
		r.SetNumber(slot, price)
	}
	code := Channel("")
	if l.ch != nil {
		code = l.ch.Code
	}
	for a := range head.Attributes.All() {
		if v := l.schema.shownAttribute(head, head.Attributes, a, code, l.chain); v != nil {
			l.schema.setFact(r, l.schema.attributes[a], v)
		}
	}
	return r
}
