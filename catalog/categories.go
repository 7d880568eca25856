package catalog

import (
	"cmp"
	"hash/maphash"
	"maps"
	"slices"
)

// CategoryID identifies a category.
type CategoryID string

// Category is a place in the tree in which customers find products. A product is
// in its categories and in all above them.
type Category struct {
	ID     CategoryID        `json:"id"`
	Name   map[Locale]string `json:"name"`
	Parent CategoryID        `json:"parent,omitempty"`
	// Position among its siblings; equal ones are ordered by ID.
	Position int `json:"position,omitempty"`
	// Attributes that products in it and below may have, and those that they need.
	Attributes []string               `json:"attributes,omitempty"`
	Required   map[string]Requirement `json:"required,omitempty"`
	// Google is the category of Google's product taxonomy.
	Google string `json:"google,omitempty"`
}

// node is a category in the tree. It is replaced, never changed.
type node struct {
	Category
	children []CategoryID // by position, then ID
}

// tree is all categories. It is immutable: an edit shares all but the nodes that it
// concerns and one shard of the map.
type tree struct {
	shards [256]map[CategoryID]*node
	roots  []CategoryID
}

var treeSeed = maphash.MakeSeed()

func shardOf(id CategoryID) uint8 { return uint8(maphash.String(treeSeed, string(id))) }

func (t *tree) get(id CategoryID) *node { return t.shards[shardOf(id)][id] }

// edit is a tree in the making: its shards are copied once.
type treeEdit struct {
	tree
	owned [256]bool
}

func (t *tree) edit() *treeEdit { return &treeEdit{tree: *t} }

func (e *treeEdit) set(id CategoryID, n *node) {
	i := shardOf(id)
	if !e.owned[i] {
		e.shards[i] = maps.Clone(e.shards[i])
		if e.shards[i] == nil {
			e.shards[i] = map[CategoryID]*node{}
		}
		e.owned[i] = true
	}
	if n == nil {
		delete(e.shards[i], id)
	} else {
		e.shards[i][id] = n
	}
}

// put enters a category in place of the one of its ID.
func (e *treeEdit) put(c Category) {
	var children []CategoryID
	if old := e.get(c.ID); old != nil {
		children = old.children
		e.unlink(old)
	}
	e.set(c.ID, &node{Category: c, children: children})
	e.link(c)
}

// remove takes out a category that has none below.
func (e *treeEdit) remove(id CategoryID) {
	if n := e.get(id); n != nil {
		e.unlink(n)
		e.set(id, nil)
	}
}

func (e *treeEdit) siblings(parent CategoryID, change func([]CategoryID) []CategoryID) {
	if parent == "" {
		e.roots = change(slices.Clone(e.roots))
		return
	}
	n := *e.get(parent)
	n.children = change(slices.Clone(n.children))
	e.set(parent, &n)
}

func (e *treeEdit) unlink(n *node) {
	if n.Parent != "" && e.get(n.Parent) == nil {
		return
	}
	e.siblings(n.Parent, func(list []CategoryID) []CategoryID {
		return slices.DeleteFunc(list, func(id CategoryID) bool { return id == n.ID })
	})
}

func (e *treeEdit) link(c Category) {
	if c.Parent != "" && e.get(c.Parent) == nil {
		return
	}
	e.siblings(c.Parent, func(list []CategoryID) []CategoryID {
		at, _ := slices.BinarySearchFunc(list, c, func(id CategoryID, c Category) int {
			return cmp.Or(cmp.Compare(e.get(id).Position, c.Position), cmp.Compare(id, c.ID))
		})
		return slices.Insert(list, at, c.ID)
	})
}

// newTree returns the tree of categories in any order.
func newTree(list []Category) *tree {
	e := new(tree).edit()
	byParent := map[CategoryID][]CategoryID{}
	byID := make(map[CategoryID]Category, len(list))
	for _, c := range list {
		byID[c.ID] = c
		byParent[c.Parent] = append(byParent[c.Parent], c.ID)
	}
	for parent := range byParent {
		slices.SortFunc(byParent[parent], func(a, b CategoryID) int {
			return cmp.Or(cmp.Compare(byID[a].Position, byID[b].Position), cmp.Compare(a, b))
		})
	}
	for _, c := range list {
		e.set(c.ID, &node{Category: c, children: byParent[c.ID]})
	}
	e.roots = byParent[""]
	return &e.tree
}

// path returns the categories from the top to id.
func (t *tree) path(id CategoryID) []*node {
	var list []*node
	for n := t.get(id); n != nil; n = t.get(n.Parent) {
		list = append(list, n)
	}
	slices.Reverse(list)
	return list
}

// below reports whether id is in the subtree of top.
func (t *tree) below(id, top CategoryID) bool {
	for n := t.get(id); n != nil; n = t.get(n.Parent) {
		if n.ID == top {
			return true
		}
	}
	return false
}

// walk calls fn for each category of a subtree, parents first, siblings in order;
// of the whole tree where top is empty.
func (t *tree) walk(top CategoryID, fn func(n *node, depth int)) {
	var visit func(ids []CategoryID, depth int)
	visit = func(ids []CategoryID, depth int) {
		for _, id := range ids {
			n := t.get(id)
			fn(n, depth)
			visit(n.children, depth+1)
		}
	}
	if top != "" {
		visit([]CategoryID{top}, 0)
		return
	}
	visit(t.roots, 0)
}

// withAbove returns the categories and all above them, each once, sorted.
func (t *tree) withAbove(ids []CategoryID) []CategoryID {
	var list []CategoryID
	for _, id := range ids {
		for n := t.get(id); n != nil; n = t.get(n.Parent) {
			list = append(list, n.ID)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
