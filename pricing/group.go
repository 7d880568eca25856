package pricing

import (
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Group is a set of promotions that are decided together: those that name it,
// and those of the groups within it.
type Group struct {
	ID string `json:"id"`
	// Within names the group that this one is part of.
	Within string `json:"within,omitempty"`
	// Pick says how many of its promotions apply.
	Pick Pick `json:"pick,omitzero"`
	// NotWith names promotions and groups that no promotion of this group goes
	// together with, in both directions: two lanes are two groups of which one
	// names the other.
	NotWith []string `json:"not_with,omitempty"`
}

// Pick says how many promotions of a [Group] apply.
type Pick uint8

// The picks.
const (
	One      Pick = iota // at most one: the first, or with [BestOf] the best
	All                  // any number
	LineBest             // each line takes the one that saves most on it; they are chosen, or refused, together
)

var picks = []string{"one", "all", "line_best"}

// String returns the name, such as "line_best".
func (p Pick) String() string { return enumString(picks, uint8(p)) }

// MarshalText returns the name.
func (p Pick) MarshalText() ([]byte, error) { return enumText(picks, uint8(p)) }

// UnmarshalText reads a name.
func (p *Pick) UnmarshalText(text []byte) error {
	v, err := enumValue(picks, text)
	if err == nil {
		*p = Pick(v)
	}
	return err
}

// Strategy says how promotions that could apply are combined.
type Strategy uint8

// The strategies.
const (
	// InOrder applies each promotion, by priority, that goes together with
	// those applied before.
	InOrder Strategy = iota
	// BestOf applies, by priority, those promotions that together take off the
	// most: of equal combinations an exclusive promotion alone, then the one
	// with the earlier promotions. Up to 20 candidates that is proven; beyond,
	// [Quote.Gap] tells how much more the best combination could take off at
	// most.
	BestOf
)

var strategies = []string{"in_order", "best_of"}

// String returns the name, such as "best_of".
func (s Strategy) String() string { return enumString(strategies, uint8(s)) }

// MarshalText returns the name.
func (s Strategy) MarshalText() ([]byte, error) { return enumText(strategies, uint8(s)) }

// UnmarshalText reads a name.
func (s *Strategy) UnmarshalText(text []byte) error {
	v, err := enumValue(strategies, text)
	if err == nil {
		*s = Strategy(v)
	}
	return err
}

// group is a compiled [Group].
type group struct {
	id      string
	parent  int32 // -1 for none
	pick    Pick
	notWith []string
}

// compileGroups checks the groups and adds one for each name that only
// promotions know.
func (e *Engine) compileGroups(groups []Group, promotions []Promotion) (map[string]int32, error) {
	index := make(map[string]int32, len(groups))
	for i, g := range groups {
		if err := flywheel.CheckID(g.ID); err != nil {
			return nil, field(err, "groups[%d].id", i)
		}
		if _, there := index[g.ID]; there {
			return nil, field(invalid("%q twice", g.ID), "groups[%d].id", i)
		}
		if g.Pick > LineBest {
			return nil, field(invalid("%s", g.Pick), "groups[%d].pick", i)
		}
		index[g.ID] = int32(i)
		e.groups = append(e.groups, group{g.ID, -1, g.Pick, slices.Clone(g.NotWith)})
	}
	for i, g := range groups {
		if g.Within == "" {
			continue
		}
		parent, there := index[g.Within]
		if !there {
			return nil, field(invalid("no group %q", g.Within), "groups[%d].within", i)
		}
		if groups[parent].Pick == LineBest {
			return nil, field(invalid("%q is decided line by line", g.Within), "groups[%d].within", i)
		}
		e.groups[i].parent = parent
	}
	for i := range groups {
		steps := 0
		for at := int32(i); at >= 0; at = e.groups[at].parent {
			if steps++; steps > len(groups) {
				return nil, field(invalid("%q is within itself", groups[i].ID), "groups[%d].within", i)
			}
		}
	}
	for i := range promotions {
		name := promotions[i].Group
		if _, there := index[name]; !there && name != "" {
			index[name] = int32(len(e.groups))
			e.groups = append(e.groups, group{id: name, parent: -1})
		}
	}
	return index, nil
}

// compileConflicts finds for each promotion the groups of which one applies and
// the promotions that it does not go with.
func (e *Engine) compileConflicts(groups []Group, promotions []Promotion, order []int, index map[string]int32) error {
	byID := make(map[string]int32, len(order))
	members := make([][]int32, len(e.groups)) // with those of the groups within
	for at, i := range order {
		p := &e.promotions[at]
		p.clique = -1
		byID[promotions[i].ID] = int32(at)
		if promotions[i].Group == "" {
			continue
		}
		for g := index[promotions[i].Group]; g >= 0; g = e.groups[g].parent {
			members[g] = append(members[g], int32(at))
			if e.groups[g].pick == One {
				p.oneOf = append(p.oneOf, g)
				p.clique = g // in the end the outermost
			}
		}
	}
	refuse := func(from []int32, names []string, place string, i int) error {
		for k, name := range names {
			var against []int32
			if g, there := index[name]; there {
				against = members[g]
			}
			if at, there := byID[name]; there {
				if g, there := index[promotions[order[at]].Group]; there && e.groups[g].pick == LineBest {
					return field(invalid("%q is decided line by line: name its group", name), "%s[%d].not_with[%d]", place, i, k)
				}
				against = append(slices.Clip(against), at)
			} else if _, there := index[name]; !there {
				return field(invalid("neither a promotion nor a group: %q", name), "%s[%d].not_with[%d]", place, i, k)
			}
			for _, a := range from {
				for _, b := range against {
					if a == b {
						return field(invalid("%q names itself", name), "%s[%d].not_with[%d]", place, i, k)
					}
					e.promotions[a].notWith = append(e.promotions[a].notWith, b)
					e.promotions[b].notWith = append(e.promotions[b].notWith, a)
				}
			}
		}
		return nil
	}
	for at, i := range order {
		if err := refuse([]int32{int32(at)}, promotions[i].NotWith, "promotions", i); err != nil {
			return err
		}
	}
	for i := range groups {
		if err := refuse(members[i], groups[i].NotWith, "groups", i); err != nil {
			return err
		}
	}
	for i := range e.promotions {
		p := &e.promotions[i]
		slices.Sort(p.notWith)
		p.notWith = slices.Compact(p.notWith)
	}
	return nil
}
