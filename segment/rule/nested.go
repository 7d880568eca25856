package rule

import "fmt"

// nested builds the operators that hold conditions.
func (b *builder) nested(at place, operator string, x any) node {
	switch operator {
	case "$not":
		return not(b.value(at, x))
	case "$size":
		length := place{source: at.source, path: at.path + ".length", slot: noSlot, typ: Number}
		if at.self {
			length.path = "length"
		}
		b.listed(at)
		return node{logic: logicAll, children: []node{at.isList(operator, x), b.value(length, x)}}
	case "$elemMatch":
		return b.elemMatch(at, operator, x)
	default:
		return b.all(at, operator, x)
	}
}

func (at place) isList(operator string, wanted any) node {
	n := at.test(opKind, operator, wanted)
	n.test.num = float64(kindList)
	return n
}

// element builds what an element of the list at is tested for. No schema
// describes its attributes.
func (b *builder) element(at place, build func(*builder, place) node) *node {
	schema := b.schema
	b.schema = nil
	n := build(b, place{source: at.source, self: true, slot: noSlot})
	b.schema = schema
	return &n
}

func (b *builder) elemMatch(at place, operator string, x any) node {
	o, ok := x.(object)
	if !ok {
		return b.reject(at, opUnsupported, operator, x, fmt.Errorf("$elemMatch takes an object: %w", ErrOperand))
	}
	b.listed(at)
	n := at.test(opSomeElement, operator, x)
	n.test.skipNull = true
	n.element = b.element(at, func(b *builder, element place) node {
		if o.isOperators() && !o.hasLogic() {
			return b.value(element, o)
		}
		return b.condition(o, at.source)
	})
	return n
}

// hasLogic reports whether o is a condition although its keys are operators.
func (o object) hasLogic() bool {
	for _, m := range o {
		if m.key == "$and" || m.key == "$or" || m.key == "$nor" || m.key == "$savedGroup" {
			return true
		}
	}
	return false
}

// all is a list with, for each wanted value, an element that meets it.
func (b *builder) all(at place, operator string, x any) node {
	list, ok := x.([]any)
	if !ok {
		return b.reject(at, opUnsupported, operator, x, fmt.Errorf("%s takes a list: %w", operator, ErrOperand))
	}
	b.listed(at)
	b.limitList(at, len(list))
	n := node{logic: logicAll, children: []node{at.isList(operator, x)}}
	for _, wanted := range list {
		some := at.test(opSomeElement, operator, wanted)
		some.element = b.element(at, func(b *builder, element place) node {
			if _, text := wanted.(string); !text || operator == "$all" {
				return b.value(element, wanted)
			}
			text := element.test(opKind, operator, wanted)
			text.test.num = float64(kindString)
			same := element.test(opIn, operator, wanted)
			same.test.set = newSet([]any{wanted}, true)
			return node{logic: logicAll, children: []node{text, same}}
		})
		n.children = append(n.children, some)
	}
	return n
}
