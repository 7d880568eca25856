package flag

import (
	"encoding/json"
	"maps"
	"slices"
)

// MarshalJSON writes the condition.
func (u undecided) MarshalJSON() ([]byte, error) { return json.Marshal(u.condition) }

// keepGroups keeps the saved groups whose names appear anywhere in what is
// kept, with their conditions reduced. Looking for names rather than for
// operators finds those of operators that are not known here.
func (r *reducer) keepGroups(items []any) map[string]any {
	kept := map[string]any{}
	if len(r.rawGroups) == 0 {
		return kept
	}
	items = plain(items)
	asWritten, cyclic := r.asWritten(items), r.cyclic()
	var keep func(id string)
	keep = func(id string) {
		if _, done := kept[id]; done {
			return
		}
		group := r.rawGroups[id]
		object, _ := group.(map[string]any)
		condition, _ := object["condition"].(map[string]any)
		if object["type"] == "condition" && condition != nil && !asWritten[id] && !cyclic[id] {
			if left, ok := r.left(condition).(undecided); ok {
				object = maps.Clone(object)
				object["condition"] = plain([]any{left})[0]
				group = object
			}
		}
		kept[id] = group
		if refers(group) {
			r.names(group, keep)
		}
	}
	r.names(items, keep)
	return kept
}

// plain turns what has been pruned into plain JSON values.
func plain(items []any) []any {
	var out []any
	_ = json.Unmarshal(mustMarshal(items), &out) // its own output
	return out
}

// refers reports whether a group can name other groups: a list holds values.
func refers(group any) bool {
	object, ok := group.(map[string]any)
	return ok && object["type"] != "list"
}

// names calls found with each text in x that is a group's name.
func (r *reducer) names(x any, found func(id string)) {
	switch x := x.(type) {
	case string:
		if _, ok := r.rawGroups[x]; ok {
			found(x)
		}
	case []any:
		for _, element := range x {
			r.names(element, found)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			r.names(x[key], found)
		}
	}
}

// asWritten finds the groups that are asked about something else than the user:
// an element under $elemMatch, the value of a prerequisite.
func (r *reducer) asWritten(items []any) map[string]bool {
	fixed, seen := map[string]bool{}, map[string]bool{}
	var mark func(x any, user bool)
	mark = func(x any, user bool) {
		switch x := x.(type) {
		case string:
			group, ok := r.rawGroups[x]
			if !ok || fixed[x] || user && seen[x] {
				return
			}
			if user {
				seen[x] = true
			} else {
				fixed[x] = true
			}
			if refers(group) {
				mark(group, user)
			}
		case []any:
			for _, element := range x {
				mark(element, user)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(x)) {
				mark(x[key], user && key != "$elemMatch" && key != "parentConditions")
			}
		}
	}
	mark(items, true)
	return fixed
}

// cyclic finds the groups that lead back to themselves, whose meaning depends
// on where evaluation enters the cycle: the strongly connected components of
// more than one group, and groups that name themselves (R. Tarjan, 1972).
func (r *reducer) cyclic() map[string]bool {
	cyclic := map[string]bool{}
	order, low, open := map[string]int{}, map[string]int{}, map[string]bool{}
	var stack []string
	var visit func(id string)
	visit = func(id string) {
		order[id] = len(order)
		low[id] = order[id]
		stack, open[id] = append(stack, id), true
		if refers(r.rawGroups[id]) {
			r.names(r.rawGroups[id], func(next string) {
				switch {
				case next == id:
					cyclic[id] = true
				case open[next]:
					low[id] = min(low[id], order[next])
				default:
					if _, seen := order[next]; !seen {
						visit(next)
						low[id] = min(low[id], low[next])
					}
				}
			})
		}
		if low[id] != order[id] {
			return
		}
		at := slices.Index(stack, id)
		for _, member := range stack[at:] {
			open[member] = false
			cyclic[member] = cyclic[member] || len(stack)-at > 1
		}
		stack = stack[:at]
	}
	for _, id := range slices.Sorted(maps.Keys(r.rawGroups)) {
		if _, seen := order[id]; !seen {
			visit(id)
		}
	}
	return cyclic
}
