package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// node is a part of a rule before it becomes jumps.
type node struct {
	logic    logic
	children []node // logicAll, logicAny; one for logicNot, two for logicGuard
	test     test   // logicTest
	inverted bool   // the test's operator is the negation of its opcode
	element  *node  // opSomeElement: what an element is tested for
}

type logic uint8

const (
	logicTest logic = iota
	logicAll
	logicAny
	logicNot
	logicGuard // children[0], whatever the sign, and then children[1]
)

func not(n node) node { return node{logic: logicNot, children: []node{n}} }

// emit appends the tests of n and returns where to enter. A part is emitted
// behind what follows it, so that its targets are known.
func (p *program) emit(n *node, negated bool, onYes, onNo int32) int32 {
	switch n.logic {
	case logicNot:
		return p.emit(&n.children[0], !negated, onYes, onNo)
	case logicTest:
		return p.emitTest(n, negated, onYes, onNo)
	case logicGuard:
		return p.emit(&n.children[0], false, p.emit(&n.children[1], negated, onYes, onNo), onNo)
	}
	entry := onYes
	conjunction := (n.logic == logicAll) != negated
	if !conjunction {
		entry = onNo
	}
	for i := range slices.Backward(n.children) {
		if conjunction {
			entry = p.emit(&n.children[i], negated, entry, onNo)
		} else {
			entry = p.emit(&n.children[i], negated, onYes, entry)
		}
	}
	return entry
}

func (p *program) emitTest(n *node, negated bool, onYes, onNo int32) int32 {
	t := n.test
	operand := *t.operand
	operand.negated = negated
	operand.plain = !operand.self && !strings.Contains(operand.path, ".")
	t.operand = &operand
	t.yes, t.no = onYes, onNo
	switch {
	case t.op == opUnsupported:
		t.yes = onNo
	case t.op == opSomeElement:
		operand.sub = &program{}
		operand.sub.entry = operand.sub.emit(n.element, negated, yes, no)
		if negated {
			t.op = opEveryElement
		}
	case negated != n.inverted:
		operand.flipped = true
		t.yes, t.no = onNo, onYes
	}
	p.code = append(p.code, t)
	return first + int32(len(p.code)) - 1
}

// builder turns a rule's source into nodes. The first thing that a strict rule
// is refused for is kept in err; building goes on with a node in its place.
type builder struct {
	strict bool
	schema *Schema // nil within an element, and where none is given
	groups map[string][]any
	saved  *Groups
	depth  int
	err    error

	open     []string // the condition groups being built, for cycles
	patterns int      // about how many instructions its patterns compile to
	expanded int      // how many references to groups have been built
}

// Limits of strict rules. The depth holds for lenient rules too.
const (
	maxDepth   = 64
	maxPattern = 1000
	// maxPatterns bounds the patterns of one rule together, also of a lenient
	// one: RE2 takes about half a kilobyte and a microsecond for each instruction.
	maxPatterns = 20_000
	maxList     = 10_000
)

func (b *builder) refuse(path string, err error) {
	if b.err == nil {
		b.err = &Error{Path: path, Err: err}
	}
}

// reject refuses a strict rule; in a lenient one the part gets the meaning op.
func (b *builder) reject(at place, op opcode, operator string, wanted any, err error) node {
	if b.strict {
		b.refuse(at.source, err)
	}
	return at.test(op, operator, wanted)
}

// enter counts a level of conditions.
func (b *builder) enter(source string) bool {
	b.depth++
	if b.depth > maxDepth {
		b.refuse(source, fmt.Errorf("conditions nested deeper than %d: %w", maxDepth, flywheel.ErrLimit))
		return false
	}
	return true
}

func (b *builder) leave() { b.depth-- }

// place is where the builder is: in the source, and at which attribute.
type place struct {
	source string // "$and[1].age.$gt"
	path   string // "age"
	self   bool   // the element itself
	slot   Slot
	typ    Type
}

func (at place) test(op opcode, operator string, wanted any) node {
	return node{test: test{
		op: op, slot: at.slot,
		operand: &operand{path: at.path, self: at.self, operator: operator, wanted: wanted},
	}}
}

func join(source, key string) string {
	if source == "" {
		return key
	}
	return source + "." + key
}

// condition builds what stands for a subject: attributes and logic.
func (b *builder) condition(x any, source string) node {
	if b.err != nil { // it is refused already
		return node{}
	}
	o, ok := x.(object)
	if !ok {
		return b.reject(place{source: source, slot: noSlot}, opUnsupported, "", x, fmt.Errorf("a condition is an object: %w", ErrOperand))
	}
	if len(o) == 0 {
		return place{slot: noSlot}.test(opAlways, "", o)
	}
	all := node{logic: logicAll}
	for _, m := range o {
		source := join(source, m.key)
		switch m.key {
		case "$and", "$or", "$nor":
			all.children = append(all.children, b.conditions(m, source))
		case "$not":
			if b.enter(source) {
				all.children = append(all.children, not(b.condition(m.value, source)))
			}
			b.leave()
		case "$savedGroup":
			all.children = append(all.children, b.savedGroup(m, source))
		default:
			all.children = append(all.children, b.attribute(m, source))
		}
	}
	if len(all.children) == 1 {
		return all.children[0]
	}
	return all
}

// conditions builds the list of $and, $or or $nor.
func (b *builder) conditions(m member, source string) node {
	defer b.leave()
	if !b.enter(source) {
		return node{logic: logicAll}
	}
	list, ok := m.value.([]any)
	if !ok {
		return b.reject(place{source: source, slot: noSlot}, opUnsupported, m.key, m.value, fmt.Errorf("%s takes a list: %w", m.key, ErrOperand))
	}
	if b.strict && len(list) > maxList {
		b.refuse(source, fmt.Errorf("%d conditions, at most %d: %w", len(list), maxList, flywheel.ErrLimit))
	}
	n := node{logic: logicAny}
	if m.key == "$and" {
		n.logic = logicAll
	}
	if len(list) == 0 {
		n = place{slot: noSlot}.test(opAlways, m.key, list) // an empty $or holds, as an empty $and does
	}
	for i, x := range list {
		n.children = append(n.children, b.condition(x, source+"["+strconv.Itoa(i)+"]"))
	}
	if m.key == "$nor" {
		return not(n)
	}
	return n
}

// attribute builds what stands under the name of an attribute.
func (b *builder) attribute(m member, source string) node {
	at := place{source: source, path: m.key, slot: noSlot}
	known := false
	if b.schema != nil {
		slot, rest, ok := b.schema.resolve(m.key)
		if ok && rest == "" {
			at.slot, at.typ, known = slot, b.schema.types[slot], true
		} else if ok {
			t := b.schema.types[slot]
			known = t == Object || t == List || t == Any
		}
	}
	if b.strict && !known {
		switch {
		case strings.HasPrefix(m.key, "$"):
			b.refuse(source, fmt.Errorf("%s: %w", m.key, ErrOperator))
		case b.schema != nil:
			b.refuse(source, fmt.Errorf("%s: %w", m.key, ErrAttribute))
		default:
			if err := checkPath(m.key); err != nil {
				b.refuse(source, err)
			}
		}
	}
	return b.value(at, m.value)
}
