package rule

import (
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// value builds what stands for one value: an object of operators, all of which
// must hold, or a literal that it must equal.
func (b *builder) value(at place, x any) node {
	o, ok := x.(object)
	if !ok || !o.isOperators() {
		return b.equal(at, "", x)
	}
	if len(o) == 0 {
		return at.test(opAlways, "", o)
	}
	all := node{logic: logicAll}
	for _, m := range o {
		inner := at
		inner.source = join(at.source, m.key)
		all.children = append(all.children, b.operator(inner, m.key, m.value))
	}
	if len(all.children) == 1 {
		return all.children[0]
	}
	return all
}

func (b *builder) operator(at place, operator string, x any) node {
	switch operator {
	case "$eq":
		return b.strictEqual(at, operator, x)
	case "$ne":
		return invert(b.strictEqual(at, operator, x))
	case "$gt", "$gte", "$lt", "$lte":
		return b.order(at, operator, x)
	case "$in", "$ini":
		return b.in(at, operator, x)
	case "$nin", "$nini":
		return invert(b.in(at, operator, x))
	case "$inGroup":
		return b.group(at, operator, x)
	case "$notInGroup":
		return invert(b.group(at, operator, x))
	case "$exists":
		return b.exists(at, x)
	case "$type":
		return b.typ(at, x)
	case "$regex", "$regexi":
		return b.regex(at, operator, x)
	case "$veq", "$vgt", "$vgte", "$vlt", "$vlte":
		return b.version(at, operator, x)
	case "$vne":
		return invert(b.version(at, operator, x))
	case "$not", "$size", "$elemMatch", "$all", "$alli":
		defer b.leave()
		if !b.enter(at.source) {
			return node{logic: logicAll}
		}
		return b.nested(at, operator, x)
	case "$and", "$or", "$nor", "$savedGroup":
		// Known, but these stand on a condition, never on a value.
		return b.reject(at, opNever, operator, x, fmt.Errorf("%s stands on a condition, not on a value: %w", operator, ErrOperator))
	default:
		return b.reject(at, opUnsupported, operator, x, fmt.Errorf("%s: %w", operator, ErrOperator))
	}
}

// invert makes a test the negation of itself: $nin of $in.
func invert(n node) node {
	if n.test.op != opNever { // a malformed operand fails both ways
		n.inverted = true
	}
	return n
}

// equal is deep equality with a literal.
func (b *builder) equal(at place, operator string, x any) node {
	b.fits(at, x)
	n := at.test(opEqualDeep, operator, x)
	wanted := valueOf(plain(x))
	if b.strict && at.typ == List && (wanted.kind == kindBool || wanted.kind == kindNumber || wanted.kind == kindString) {
		// No list equals it; what is meant is that the list has it.
		n.test.op, n.test.set = opIn, newSet([]any{x}, false)
		return n
	}
	if b.strict && at.typ == List && wanted.kind == kindObject {
		b.refuse(at.source, fmt.Errorf("no list equals an object: %w", ErrOperand))
	}
	switch wanted.kind {
	case kindNull:
		n.test.op = opNull
	case kindBool:
		n.test.op, n.test.num = opEqualBool, wanted.num
	case kindNumber:
		n.test.op, n.test.num = opEqualNumber, wanted.num
	case kindString:
		n.test.op, n.test.str = opEqualString, wanted.str
	default:
		n.test.deep = wanted
	}
	return n
}

// strictEqual is equality under JavaScript's ===, by which lists and objects
// equal nothing.
func (b *builder) strictEqual(at place, operator string, x any) node {
	switch x.(type) {
	case object, []any:
		n := b.reject(at, opKind, operator, x, fmt.Errorf("%s never meets a list or an object; without an operator the literal is compared deeply: %w", operator, ErrOperand))
		n.test.num = math.MaxUint8 // a kind that nothing has, so that $ne holds
		return n
	}
	return b.equal(at, operator, x)
}

func (b *builder) order(at place, operator string, x any) node {
	b.scalar(at, operator)
	if _, number := x.(float64); !number || at.typ != Int { // a whole number may be more than a fraction
		b.fits(at, x)
	}
	ops := map[string][2]opcode{
		"$lt": {opLessString, opLessNumber}, "$lte": {opAtMostString, opAtMostNumber},
		"$gt": {opMoreString, opMoreNumber}, "$gte": {opAtLeastString, opAtLeastNumber},
	}[operator]
	switch x := x.(type) {
	case string:
		n := at.test(ops[0], operator, x)
		n.test.str = x
		return n
	case float64:
		n := at.test(ops[1], operator, x)
		n.test.num = x
		return n
	default: // only numbers and texts have an order
		return b.reject(at, opNever, operator, x, fmt.Errorf("%s takes a number or a text: %w", operator, ErrOperand))
	}
}

func (b *builder) in(at place, operator string, x any) node {
	list, ok := x.([]any)
	if !ok {
		return b.reject(at, opNever, operator, x, fmt.Errorf("%s takes a list: %w", operator, ErrOperand))
	}
	b.limitList(at, len(list))
	for _, wanted := range list {
		b.fits(at, wanted)
	}
	n := at.test(opIn, operator, x)
	n.test.set = newSet(list, operator == "$ini" || operator == "$nini")
	return n
}

func (b *builder) group(at place, operator string, x any) node {
	name, ok := x.(string)
	if !ok {
		return b.reject(at, opUnsupported, operator, x, fmt.Errorf("%s takes the name of a group: %w", operator, ErrOperand))
	}
	if b.saved != nil {
		return b.savedList(at, operator, name)
	}
	members, ok := b.groups[name]
	if !ok && b.strict {
		b.refuse(at.source, fmt.Errorf("%q: %w", name, ErrGroup))
	}
	n := at.test(opIn, operator, x) // an unknown group is empty
	n.test.set = newSet(members, false)
	return n
}

func (b *builder) exists(at place, x any) node {
	wanted, ok := x.(bool)
	if !ok {
		if b.strict {
			b.refuse(at.source, fmt.Errorf("$exists takes true or false: %w", ErrOperand))
		}
		wanted = truthy(x)
	}
	n := at.test(opNull, "$exists", x)
	n.inverted = wanted
	return n
}

// truthy is JavaScript's idea of true.
func truthy(x any) bool {
	switch x := x.(type) {
	case nil:
		return false
	case float64:
		return x != 0
	case string:
		return x != ""
	default:
		return true
	}
}

func (b *builder) typ(at place, x any) node {
	name, _ := x.(string)
	k, ok := kindNames[name]
	if !ok {
		op := opNever
		if _, text := x.(string); !text {
			op = opUnsupported
		}
		return b.reject(at, op, "$type", x, fmt.Errorf("%v is no type: %w", plain(x), ErrOperand))
	}
	if b.strict && !at.typ.mayBe(k) {
		b.refuse(at.source, fmt.Errorf("an attribute of type %v never has type %q: %w", at.typ, name, ErrOperand))
	}
	n := at.test(opKind, "$type", x)
	n.test.num = float64(k)
	return n
}

func (b *builder) regex(at place, operator string, x any) node {
	source, ok := x.(string)
	if !ok {
		return b.reject(at, opUnsupported, operator, x, fmt.Errorf("%s takes a text: %w", operator, ErrOperand))
	}
	b.scalar(at, operator)
	b.fits(at, x)
	if length := utf8.RuneCountInString(source); b.strict && length > maxPattern {
		b.refuse(at.source, fmt.Errorf("pattern of %d characters, at most %d: %w", length, maxPattern, flywheel.ErrLimit))
		return at.test(opUnsupported, operator, x)
	}
	if operator == "$regexi" {
		source = "(?i)" + source
	}
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return b.reject(at, opUnsupported, operator, x, fmt.Errorf("%w: %w", err, ErrPattern))
	}
	if b.patterns = min(b.patterns+patternSize(parsed), maxPatterns+1); b.patterns > maxPatterns {
		b.refuse(at.source, fmt.Errorf("the patterns of the rule are too large in all: %w", flywheel.ErrLimit))
		return at.test(opUnsupported, operator, x)
	}
	pattern, err := regexp.Compile(source)
	if err != nil {
		return b.reject(at, opUnsupported, operator, x, fmt.Errorf("%w: %w", err, ErrPattern))
	}
	n := at.test(opPattern, operator, x)
	n.test.pattern = pattern
	return n
}

// patternSize is about how many instructions a pattern compiles to, where repeats
// are written out.
func patternSize(re *syntax.Regexp) int {
	size := 1
	if re.Op == syntax.OpLiteral {
		size = len(re.Rune)
	}
	for _, sub := range re.Sub {
		size = min(size+patternSize(sub), maxPatterns+1)
	}
	if re.Op == syntax.OpRepeat {
		size = min(size*max(1, re.Min, re.Max), maxPatterns+1)
	}
	return size
}

func (b *builder) version(at place, operator string, x any) node {
	wanted := valueOf(plain(x))
	key, ok := versionKey(wanted)
	if b.strict && (wanted.kind != kindString || at.typ != Any && at.typ != String) {
		b.refuse(at.source, fmt.Errorf("%s compares texts: %w", operator, ErrOperand))
	}
	n := at.test(map[string]opcode{
		"$veq": opVersionEqual, "$vne": opVersionEqual, "$vlt": opVersionLess,
		"$vlte": opVersionAtMost, "$vgt": opVersionMore, "$vgte": opVersionAtLeast,
	}[operator], operator, x)
	n.test.str, n.test.wantNumber = key, wanted.kind == kindNumber
	if !ok { // comparable with nothing: fails, and $vne holds
		n.test.op, n.test.num = opKind, math.MaxUint8
	}
	return n
}
