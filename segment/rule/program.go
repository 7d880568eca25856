package rule

import (
	"math"
	"regexp"
)

// A rule is compiled to a list of tests with two jumps each: where to go when
// the test holds and where when it does not. $and, $or and $not leave no trace
// but the jumps, evaluation is one loop without a stack, and the test made last
// is the one that decided.
//
// The logic has three values: what cannot be evaluated (an unknown operator in
// a lenient rule) is neither true nor false, and stays so under $not. Pushing
// every negation down to the tests (De Morgan holds for Kleene's three values)
// makes it two-valued: a negated test swaps its jumps, and one that cannot be
// evaluated goes the way of "no" under either sign.

// Addresses below first are the ends of evaluation.
const (
	yes   int32 = iota // the zero program holds
	no                 //
	first              // the address of code[0]
)

type program struct {
	entry int32
	code  []test
}

type opcode uint8

const (
	opNever       opcode = iota // does not hold
	opUnsupported               // neither holds nor does not
	opAlways                    // an empty condition
	opNull
	opKind // the kind is num
	opEqualString
	opEqualNumber
	opEqualBool
	opEqualDeep
	opLessString // a text before str
	opAtMostString
	opMoreString
	opAtLeastString
	opLessNumber
	opAtMostNumber
	opMoreNumber
	opAtLeastNumber
	opVersionEqual
	opVersionLess
	opVersionAtMost
	opVersionMore
	opVersionAtLeast
	opIn
	opPattern
	opSomeElement  // an element for which sub holds
	opEveryElement // no list, or sub holds for all elements
)

// test is one step: load a value, compare, jump.
type test struct {
	op         opcode
	skipNull   bool // opSomeElement and opEveryElement leave out null elements
	wantNumber bool // versions: numbers are compared with numbers only
	slot       Slot // in a record of the rule's schema, or noSlot
	yes, no    int32
	num        float64
	str        string
	*operand
}

const noSlot Slot = -1

// operand is the part of a test that few operators need, and what Explain tells.
type operand struct {
	path     string // from the root of the scope
	self     bool   // the root itself: an element that is no object
	plain    bool   // the path is a single key
	set      *set
	pattern  *regexp.Regexp
	deep     value
	sub      *program
	operator string
	wanted   any  // as parsed
	negated  bool // under an odd number of negations
	flipped  bool // that the test holds speaks against the rule
}

// scope is what a program is run over: a record, or a root value (a map of
// attributes, an element of a list).
type scope struct {
	record *Record
	mine   bool // the record is of the rule's own schema, so that slots fit
	root   value
}

func (s *scope) load(t *test) value {
	switch {
	case t.self:
		return s.root
	case s.record != nil:
		return s.record.walk(t.path)
	case t.plain:
		if m, ok := s.root.ref.(map[string]any); ok {
			return valueOf(m[t.path])
		}
		return s.root.walk(t.path)
	default:
		return s.root.walk(t.path)
	}
}

func (p *program) run(s *scope) bool {
	pc := p.entry
	var loaded value
	for pc >= first {
		t := &p.code[pc-first]
		v := &loaded
		if s.mine && t.slot != noSlot {
			v = &s.record.values[t.slot]
		} else {
			loaded = s.load(t)
		}
		if t.holds(v) {
			pc = t.yes
		} else {
			pc = t.no
		}
	}
	return pc == yes
}

func (t *test) holds(v *value) bool {
	switch t.op {
	case opAlways:
		return true
	case opNull:
		return v.kind == kindNull
	case opKind:
		return v.kind == kind(t.num)
	case opEqualString:
		return v.kind == kindString && v.str == t.str
	case opEqualNumber:
		return v.kind == kindNumber && v.num == t.num
	case opEqualBool:
		return v.kind == kindBool && v.num == t.num
	case opEqualDeep:
		return v.equal(t.deep)
	case opLessString:
		return v.kind == kindString && compareText(v.str, t.str) < 0
	case opAtMostString:
		return v.kind == kindString && compareText(v.str, t.str) <= 0
	case opMoreString:
		return v.kind == kindString && compareText(v.str, t.str) > 0
	case opAtLeastString:
		return v.kind == kindString && compareText(v.str, t.str) >= 0
	case opLessNumber:
		return v.kind == kindNumber && v.num < t.num
	case opAtMostNumber:
		return v.kind == kindNumber && v.num <= t.num
	case opMoreNumber:
		return v.kind == kindNumber && v.num > t.num
	case opAtLeastNumber:
		return v.kind == kindNumber && v.num >= t.num
	case opIn:
		return t.set.has(v)
	case opPattern:
		return v.kind == kindString && t.pattern.MatchString(v.str)
	case opVersionEqual, opVersionLess, opVersionAtMost, opVersionMore, opVersionAtLeast:
		return t.version(v)
	case opSomeElement:
		return v.kind == kindList && t.someElement(v, true)
	case opEveryElement:
		return v.kind != kindList || !t.someElement(v, false)
	default:
		return false
	}
}

func (t *test) version(v *value) bool {
	wanted := kindString
	if t.wantNumber {
		wanted = kindNumber
	}
	if v.kind != wanted || math.IsNaN(v.num) {
		return false
	}
	order := compareVersion(v, t.str)
	switch t.op {
	case opVersionEqual:
		return order == 0
	case opVersionLess:
		return order < 0
	case opVersionAtMost:
		return order <= 0
	case opVersionMore:
		return order > 0
	default:
		return order >= 0
	}
}

// someElement reports whether sub gives want for an element of the list v.
func (t *test) someElement(v *value, want bool) bool {
	for i := range v.length() {
		s := scope{root: v.at(i)}
		if t.skipNull && s.root.kind == kindNull {
			continue
		}
		if t.sub.run(&s) == want {
			return true
		}
	}
	return false
}
