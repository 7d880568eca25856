package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// Pruned is what is left of a condition when some attributes are known.
type Pruned struct {
	// Decided reports that the known attributes decide; Match then says how.
	Decided, Match bool
	// Rest is the condition without what is decided, nil when all is.
	Rest []byte
}

// Prune evaluates a condition as far as the known attributes decide it. An
// attribute that known does not have is unknown, and so is a dotted path, of
// which known may have a part only; one that is there as nil is known to be
// missing. For everyone who agrees with known, the rest matches exactly where
// the whole does.
//
// What cannot be evaluated here stays as written: an operator or a type of
// group that is not known may be known where the rest is read, and a malformed
// $and, $or, $nor or $not keeps the whole condition. The error reports that
// src is no JSON object, or too large or too deep.
func Prune(src []byte, known map[string]any, groups *Groups) (Pruned, error) {
	x, err := parseSource(src, &strictjson.Limits{Bytes: 64 << 20, CaseSensitive: true})
	if err != nil {
		return Pruned{}, &Error{Err: fmt.Errorf("rule: %w", err)}
	}
	o, ok := x.(object)
	if !ok {
		return Pruned{}, &Error{Err: fmt.Errorf("a rule is an object: %w", ErrOperand)}
	}
	if groups == nil {
		groups = &Groups{}
	}
	p := pruner{known: known, groups: groups}
	left, err := p.condition(o)
	switch {
	case errors.Is(err, errAsWritten):
		left = o
	case err != nil:
		return Pruned{}, err
	}
	if match, decided := left.(outcome); decided {
		return Pruned{Decided: true, Match: bool(match)}, nil
	}
	rest, err := json.Marshal(left)
	if err != nil {
		return Pruned{}, &Error{Err: fmt.Errorf("rule: %w: %w", err, ErrOperand)}
	}
	return Pruned{Rest: rest}, nil
}

// outcome is how a decided part of a condition came out. Its own type keeps it
// apart from a truth value that the condition asks for.
type outcome bool

// errAsWritten reports a condition of which no part can be decided.
var errAsWritten = errors.New("malformed")

type pruner struct {
	known    map[string]any
	groups   *Groups
	open     []string
	depth    int
	expanded int
}

// condition returns whether o holds as a outcome, or what is left of it.
func (p *pruner) condition(o object) (any, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, errAsWritten
	}
	defer func() { p.depth-- }()
	var rest object
	var malformed error
	failed := false
	for _, m := range o {
		left, err := p.member(m)
		if err != nil {
			malformed = err
			continue
		}
		if match, decided := left.(outcome); decided {
			failed = failed || !bool(match)
			continue
		}
		rest = append(rest, member{m.key, left})
	}
	switch {
	case failed:
		return outcome(false), nil
	case malformed != nil:
		return nil, malformed
	case len(rest) == 0:
		return outcome(true), nil
	default:
		return rest, nil
	}
}

// member prunes one entry of a condition.
func (p *pruner) member(m member) (any, error) {
	var left any
	var err error
	switch m.key {
	case "$and", "$or", "$nor":
		left, err = p.list(m)
	case "$not":
		o, ok := m.value.(object)
		if !ok {
			return nil, errAsWritten
		}
		left, err = p.condition(o)
	case "$savedGroup":
		left = p.savedGroup(m)
	default:
		left = p.attribute(m)
	}
	if match, decided := left.(outcome); decided && (m.key == "$not" || m.key == "$nor") {
		left = !match
	}
	return left, err
}

// list prunes what stands under $and, $or and $nor, the latter as $or.
func (p *pruner) list(m member) (any, error) {
	list, ok := m.value.([]any)
	if !ok {
		return nil, errAsWritten
	}
	rest := []any{}
	decisive := outcome(m.key != "$and") // what one member can decide
	for _, x := range list {
		o, ok := x.(object)
		if !ok {
			return nil, errAsWritten
		}
		left, err := p.condition(o)
		if err != nil {
			return nil, err
		}
		match, decided := left.(outcome)
		switch {
		case !decided:
			rest = append(rest, left)
		case match == decisive:
			return decisive, nil
		}
	}
	if len(rest) > 0 {
		return rest, nil
	}
	return !decisive || outcome(len(list) == 0), nil // an empty $or holds
}

func (p *pruner) knows(attribute string) bool {
	_, ok := p.known[attribute]
	return ok && !strings.Contains(attribute, ".")
}

// attribute decides an attribute's entry, or leaves it.
func (p *pruner) attribute(m member) any {
	if !p.knows(m.key) {
		return m.value
	}
	if match, decided := p.evaluate(object{m}); decided {
		return match
	}
	return m.value
}

// evaluate gives the three values of a condition over the known attributes:
// what holds neither as it is nor negated cannot be evaluated here.
func (p *pruner) evaluate(o object) (match outcome, decided bool) {
	holds := func(negated bool) bool {
		b := builder{saved: p.groups, open: slices.Clone(p.open)}
		n := b.condition(o, "")
		if b.err != nil {
			return false
		}
		var program program
		program.entry = program.emit(&n, negated, yes, no)
		return program.run(&scope{root: value{kind: kindObject, ref: p.known}})
	}
	if holds(false) {
		return true, true
	}
	return outcome(false), holds(true)
}

// savedGroup decides a reference to a group, or leaves it: a group is not
// written out in its place.
func (p *pruner) savedGroup(m member) any {
	r, ok := newReference(m.value)
	if !ok || slices.Contains(p.open, r.id) {
		return outcome(false)
	}
	if p.expanded++; p.expanded > maxExpanded {
		return m.value
	}
	g, ok := p.groups.byID[r.id]
	if !ok {
		return outcome(false)
	}
	switch g.kind {
	case groupUnknown:
		return m.value
	case groupList:
		attribute := r.attribute
		if attribute == nil {
			attribute = g.attribute
		}
		if attribute != nil && g.list != nil && !p.knows(*attribute) {
			return m.value
		}
	case groupRemote:
		if !p.knows(RemoteGroups) {
			return m.value
		}
	case groupCondition:
		o, ok := g.condition.(object)
		if !ok {
			return outcome(false)
		}
		p.open = append(p.open, r.id)
		left, err := p.condition(o)
		p.open = p.open[:len(p.open)-1]
		if match, decided := left.(outcome); err == nil && decided {
			return match
		}
		return m.value
	}
	if match, decided := p.evaluate(object{m}); decided {
		return match
	}
	return m.value
}
