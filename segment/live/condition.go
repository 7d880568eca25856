package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel/segment/rule"
)

type exprOp uint8

const (
	opYes exprOp = iota
	opNo
	opAnd
	opOr
	opNot
	opTest
	opMember
)

// expr is a rule over tests and memberships.
type expr struct {
	op      exprOp
	kids    []*expr
	test    *test
	segment string
}

var (
	yes = &expr{op: opYes}
	no  = &expr{op: opNo}
)

func not(e *expr) *expr { return &expr{op: opNot, kids: []*expr{e}} }

func all(kids ...*expr) *expr { return &expr{op: opAnd, kids: kids} }

func anyOf(kids ...*expr) *expr { return &expr{op: opOr, kids: kids} }

// holds evaluates a rule of a group by what its tests came to last.
func (e *expr) holds() bool {
	switch e.op {
	case opYes:
		return true
	case opAnd:
		for _, k := range e.kids {
			if !k.holds() {
				return false
			}
		}
		return true
	case opOr:
		for _, k := range e.kids {
			if k.holds() {
				return true
			}
		}
		return false
	case opNot:
		return !e.kids[0].holds()
	case opTest:
		return e.test.now
	}
	return false
}

// walk visits the tests and memberships of a rule.
func (e *expr) walk(visit func(*expr)) {
	if e.op == opTest || e.op == opMember {
		visit(e)
	}
	for _, k := range e.kids {
		k.walk(visit)
	}
}

// operands makes expressions of comparisons of one leaf.
type operands interface {
	// compare is the value being op (ge, gt or eq) a number; exists whether
	// there is one.
	compare(op compareOp, x float64) (*expr, error)
	exists() (*expr, error)
	// other is any other operand of the rule language.
	other(source json.RawMessage) (*expr, error)
	// truth is the value itself, of a leaf that is true or false; else nil.
	truth() *expr
}

type compareOp uint8

const (
	opGE compareOp = iota
	opGT
	opEQ
	opExists
	opRule
)

// condition turns the source of a compiled rule into an expression. The rule
// package has checked it, so what is malformed is only what it allows and a
// leaf cannot answer.
func condition(src json.RawMessage, leaves map[string]operands) (*expr, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(src, &members); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	e := all()
	for _, name := range names {
		part, err := member(name, members[name], leaves)
		if err != nil {
			return nil, err
		}
		e.kids = append(e.kids, part)
	}
	if len(e.kids) == 1 {
		return e.kids[0], nil
	}
	return e, nil
}

func member(name string, src json.RawMessage, leaves map[string]operands) (*expr, error) {
	switch name {
	case "$not":
		e, err := condition(src, leaves)
		if err != nil {
			return nil, err
		}
		return not(e), nil
	case "$and", "$or", "$nor":
		var list []json.RawMessage
		if err := json.Unmarshal(src, &list); err != nil {
			return nil, err
		}
		e := all()
		if name != "$and" && len(list) > 0 {
			e = anyOf() // an empty $or holds
		}
		for _, part := range list {
			kid, err := condition(part, leaves)
			if err != nil {
				return nil, err
			}
			e.kids = append(e.kids, kid)
		}
		if name == "$nor" {
			return not(e), nil
		}
		return e, nil
	}
	leaf, ok := leaves[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, rule.ErrAttribute)
	}
	e, err := operand(leaf, src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return e, nil
}

// operand is what stands under the name of a leaf.
func operand(leaf operands, src json.RawMessage) (*expr, error) {
	src = bytes.TrimSpace(src)
	var operators map[string]json.RawMessage
	if src[0] == '{' {
		if err := json.Unmarshal(src, &operators); err != nil {
			return nil, err
		}
	}
	isOperators := len(operators) > 0
	for op := range operators {
		isOperators = isOperators && strings.HasPrefix(op, "$")
	}
	if !isOperators {
		return equal(leaf, src)
	}
	names := make([]string, 0, len(operators))
	for op := range operators {
		names = append(names, op)
	}
	slices.Sort(names)
	e := all()
	for _, op := range names {
		part, err := operate(leaf, op, operators[op])
		if err != nil {
			return nil, err
		}
		e.kids = append(e.kids, part)
	}
	if len(e.kids) == 1 {
		return e.kids[0], nil
	}
	return e, nil
}

func operate(leaf operands, op string, src json.RawMessage) (*expr, error) {
	number := func() (float64, bool) {
		var x *float64
		if json.Unmarshal(src, &x) != nil || x == nil {
			return 0, false
		}
		return *x, true
	}
	switch op {
	case "$eq":
		return equal(leaf, src)
	case "$ne":
		e, err := equal(leaf, src)
		if err != nil {
			return nil, err
		}
		return not(e), nil
	case "$in", "$nin":
		var list []json.RawMessage
		if err := json.Unmarshal(src, &list); err != nil {
			return nil, err
		}
		e := anyOf()
		for _, element := range list {
			kid, err := equal(leaf, element)
			if err != nil {
				return nil, err
			}
			e.kids = append(e.kids, kid)
		}
		if op == "$nin" {
			return not(e), nil
		}
		return e, nil
	case "$not":
		e, err := operand(leaf, src)
		if err != nil {
			return nil, err
		}
		return not(e), nil
	case "$exists":
		var want bool
		if err := json.Unmarshal(src, &want); err != nil {
			return nil, err
		}
		e, err := leaf.exists()
		if err != nil || want {
			return e, err
		}
		return not(e), nil
	case "$gt", "$gte", "$lt", "$lte":
		x, ok := number()
		if !ok {
			break
		}
		switch op {
		case "$gte":
			return leaf.compare(opGE, x)
		case "$gt":
			return leaf.compare(opGT, x)
		}
		below := opGE
		if op == "$lte" {
			below = opGT
		}
		more, err := leaf.compare(below, x)
		if err != nil {
			return nil, err
		}
		there, err := leaf.exists()
		if err != nil {
			return nil, err
		}
		if there.op == opYes {
			return not(more), nil
		}
		return all(there, not(more)), nil
	}
	return leaf.other(json.RawMessage(fmt.Sprintf("{%q:%s}", op, src)))
}

func equal(leaf operands, src json.RawMessage) (*expr, error) {
	src = bytes.TrimSpace(src)
	var literal any
	if err := json.Unmarshal(src, &literal); err != nil {
		return nil, err
	}
	switch x := literal.(type) {
	case float64:
		return leaf.compare(opEQ, x)
	case nil:
		e, err := leaf.exists()
		if err != nil {
			return nil, err
		}
		return not(e), nil
	case bool:
		if e := leaf.truth(); e != nil {
			if x {
				return e, nil
			}
			return not(e), nil
		}
	}
	return leaf.other(src)
}

// whole returns x as an int if it is one.
func whole(x float64) (int, bool) {
	return int(x), x == math.Trunc(x) && math.Abs(x) < 1e15
}

// instruction is a jump over one bit of a person.
type instruction struct {
	word    uint32
	mask    uint64
	yes, no int32
	ref     *expr
}

// program is a rule as jumps; addresses below first are the ends.
type program struct {
	entry int32
	code  []instruction
}

const (
	endYes int32 = iota
	endNo
	first
)

func compileProgram(e *expr) program {
	var p program
	p.entry = p.emit(e, endYes, endNo)
	return p
}

// emit appends the jumps of e and returns where to enter.
func (p *program) emit(e *expr, onYes, onNo int32) int32 {
	switch e.op {
	case opYes:
		return onYes
	case opNo:
		return onNo
	case opNot:
		return p.emit(e.kids[0], onNo, onYes)
	case opAnd:
		entry := onYes
		for _, k := range slices.Backward(e.kids) {
			entry = p.emit(k, entry, onNo)
		}
		return entry
	case opOr:
		entry := onNo
		for _, k := range slices.Backward(e.kids) {
			entry = p.emit(k, onYes, entry)
		}
		return entry
	}
	p.code = append(p.code, instruction{yes: onYes, no: onNo, ref: e})
	return first + int32(len(p.code)) - 1
}

// run evaluates the program over the bits of a person.
func (p *program) run(bits []uint64) bool {
	pc := p.entry
	for pc >= first {
		in := &p.code[pc-first]
		if bits[in.word]&in.mask != 0 {
			pc = in.yes
		} else {
			pc = in.no
		}
	}
	return pc == endYes
}
