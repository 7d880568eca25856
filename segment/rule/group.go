package rule

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// RemoteGroups is the attribute that lists the remote groups a subject is in.
// While it is no list, nothing is known of them, and a reference to a remote
// group fails under $not too.
const RemoteGroups = "__gb_remoteGroupIds"

// Groups are named sets of subjects, prepared once for all rules that name
// them. They are immutable and safe for concurrent use.
type Groups struct {
	byID map[string]group
}

// group is one of Groups.
type group struct {
	kind      groupKind
	attribute *string // the one that a list or a remote group is about
	list      *set    // groupList, nil where malformed
	condition any     // groupCondition, nil where malformed
}

type groupKind uint8

const (
	groupMalformed groupKind = iota
	groupLegacy              // a bare list, which $savedGroup does not resolve
	groupList
	groupCondition
	groupRemote
	groupUnknown // of a type from the future
)

// ParseGroups reads groups by name, in the form of GrowthBook's savedGroups:
//
//	{"vip":    {"type": "list", "attributeKey": "id", "values": ["u1", "u2"]},
//	 "german": {"type": "condition", "condition": {"country": "DE"}},
//	 "ring":   {"type": "remote", "attributeKey": "id"},
//	 "staff":  ["u7", "u8"]}
//
// A list holds those whose attribute is one of the values, a condition those
// who meet it, a remote group those whose attribute [RemoteGroups] has its
// name. A bare list has no attribute: only $inGroup and $notInGroup can name
// it. A group that is malformed holds nobody; one of a type that is not known
// here can neither be met nor, under $not, be missed. The error reports that
// src is no JSON object, or too large.
func ParseGroups(src []byte) (*Groups, error) {
	x, err := parseSource(src, &strictjson.Limits{Bytes: 64 << 20, CaseSensitive: true})
	if err != nil {
		return nil, &Error{Err: fmt.Errorf("rule: groups: %w", err)}
	}
	o, ok := x.(object)
	if !ok {
		return nil, &Error{Err: fmt.Errorf("rule: groups are an object: %w", ErrOperand)}
	}
	g := &Groups{byID: make(map[string]group, len(o))}
	for _, m := range o {
		g.byID[m.key] = newGroup(m.value)
	}
	return g, nil
}

// IDs returns the names of the groups, sorted.
func (g *Groups) IDs() []string {
	ids := make([]string, 0, len(g.byID))
	for id := range g.byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func newGroup(x any) group {
	switch x := x.(type) {
	case []any:
		return group{kind: groupLegacy, list: newSet(x, false)}
	case object:
		fields := plainMembers(x)
		var g group
		if attribute, ok := fields["attributeKey"].(string); ok {
			g.attribute = &attribute
		}
		switch fields["type"] {
		case "list":
			g.kind = groupList
			if values, ok := fields["values"].([]any); ok {
				g.list = newSet(values, false)
			}
		case "condition":
			g.kind = groupCondition
			if condition, ok := fields["condition"].(object); ok {
				g.condition = condition
			}
		case "remote":
			g.kind = groupRemote
		default:
			g.kind = groupUnknown
		}
		return g
	}
	return group{}
}

// plainMembers gives an object's members by key, as they are.
func plainMembers(o object) map[string]any {
	m := make(map[string]any, len(o))
	for _, member := range o {
		m[member.key] = member.value
	}
	return m
}

// reference is what stands under $savedGroup.
type reference struct {
	id        string
	attribute *string // in place of the group's own
}

func newReference(x any) (r reference, ok bool) {
	o, ok := x.(object)
	if !ok {
		return r, false
	}
	fields := plainMembers(o)
	if r.id, ok = fields["id"].(string); !ok {
		return r, false
	}
	if given, there := fields["attributeKey"]; there {
		attribute, ok := given.(string)
		if !ok {
			return r, false // another attribute would be another population
		}
		r.attribute = &attribute
	}
	return r, true
}

// maxExpanded bounds how many references one rule resolves: groups that name
// groups could otherwise multiply.
const maxExpanded = 10_000

// savedGroup builds a reference to a group.
func (b *builder) savedGroup(m member, source string) node {
	nobody := func(err error) node {
		return b.reject(place{source: source, slot: noSlot}, opNever, m.key, m.value, err)
	}
	r, ok := newReference(m.value)
	if !ok {
		return nobody(fmt.Errorf(`$savedGroup takes {"id": a name}: %w`, ErrOperand))
	}
	if b.expanded++; b.expanded > maxExpanded {
		b.refuse(source, fmt.Errorf("more than %d references to groups: %w", maxExpanded, flywheel.ErrLimit))
		return nobody(nil)
	}
	var g group
	if b.saved != nil {
		g, ok = b.saved.byID[r.id]
	}
	if b.saved == nil || !ok {
		return nobody(fmt.Errorf("%q: %w", r.id, ErrGroup))
	}
	switch g.kind {
	case groupList:
		attribute := g.attribute
		if r.attribute != nil {
			attribute = r.attribute
		}
		if attribute == nil || g.list == nil {
			return nobody(fmt.Errorf("%q is malformed: %w", r.id, ErrGroup))
		}
		n := b.at(*attribute, source).test(opIn, m.key, m.value)
		n.test.set = g.list
		return n
	case groupCondition:
		return b.conditionGroup(r.id, g, source, nobody)
	case groupRemote:
		if r.attribute != nil && (g.attribute == nil || *r.attribute != *g.attribute) {
			return nobody(fmt.Errorf("%q is about another attribute: %w", r.id, ErrGroup))
		}
		known := b.at(RemoteGroups, source)
		in := known.test(opIn, m.key, m.value)
		in.test.set = newSet([]any{r.id}, false)
		return node{logic: logicGuard, children: []node{known.isList(m.key, m.value), in}}
	case groupUnknown:
		return b.reject(place{source: source, slot: noSlot}, opUnsupported, m.key, m.value, fmt.Errorf("%q is of an unknown type: %w", r.id, ErrGroup))
	default:
		return nobody(fmt.Errorf("%q is malformed: %w", r.id, ErrGroup))
	}
}

// conditionGroup builds the group's condition in place of the reference. A
// group that leads back to itself holds nobody.
func (b *builder) conditionGroup(id string, g group, source string, nobody func(error) node) node {
	switch {
	case g.condition == nil:
		return nobody(fmt.Errorf("%q is malformed: %w", id, ErrGroup))
	case slices.Contains(b.open, id):
		return nobody(fmt.Errorf("%q leads back to itself: %w", id, ErrGroup))
	}
	defer b.leave()
	if !b.enter(source) {
		return node{logic: logicAll}
	}
	b.open = append(b.open, id)
	n := b.condition(g.condition, join(source, id))
	b.open = b.open[:len(b.open)-1]
	return n
}

// at is the place of an attribute that a group names.
func (b *builder) at(path, source string) place {
	at := place{source: source, path: path, slot: noSlot}
	if b.schema != nil {
		if slot, rest, ok := b.schema.resolve(path); ok && rest == "" {
			at.slot, at.typ = slot, b.schema.types[slot]
		}
	}
	return at
}

// savedList builds $inGroup and $notInGroup with saved groups: the attribute is
// the one that the operator stands on, and only lists can be asked.
func (b *builder) savedList(at place, operator, id string) node {
	g, ok := b.saved.byID[id]
	n := at.test(opIn, operator, id)
	switch {
	case !ok: // an absent group is empty
		n.test.set = newSet(nil, false)
		if b.strict {
			b.refuse(at.source, fmt.Errorf("%q: %w", id, ErrGroup))
		}
	case g.list != nil:
		n.test.set = g.list
	case g.kind == groupUnknown || g.kind == groupRemote:
		return b.reject(at, opUnsupported, operator, id, fmt.Errorf("%q is no list: %w", id, ErrGroup))
	default:
		return b.reject(at, opNever, operator, id, fmt.Errorf("%q is no list: %w", id, ErrGroup))
	}
	return n
}

// MarshalJSON writes o in its order.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}
