package catalog

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// CategoryID identifies a category.
type CategoryID string

// Category is one node of the [Tree].
type Category struct {
	ID CategoryID `json:"id"`
	// Parent is the category above, empty at the top.
	Parent CategoryID `json:"parent,omitempty"`
	Name   string     `json:"name"`
	// Position orders categories with the same Parent, equal ones by ID.
	Position int `json:"position,omitempty"`
}

// Limits of a tree.
const (
	MaxTreeDepth      = 32
	MaxTreeCategories = 100_000
)

// Tree is all categories of a shop, as an immutable value: changes return another
// Tree. It is one aggregate with one version, because only the whole can tell
// whether a move would make a cycle. The zero value is the empty tree.
type Tree struct {
	version  int64
	byID     map[CategoryID]Category
	children map[CategoryID][]CategoryID // in order; the top below ""
}

// NewTree returns the tree of the given categories, in any order, as it was read
// from a store in the given version. Every Parent must be among them.
func NewTree(version int64, categories []Category) (Tree, error) {
	t := Tree{version: version, byID: make(map[CategoryID]Category, len(categories)), children: make(map[CategoryID][]CategoryID)}
	if len(categories) > MaxTreeCategories {
		return Tree{}, &CategoryError{Err: tooMany(len(categories), MaxTreeCategories, "categories")}
	}
	for _, c := range categories {
		if err := flywheel.CheckID(string(c.ID)); err != nil {
			return Tree{}, &CategoryError{c.ID, "id", err}
		}
		if c.Name == "" {
			return Tree{}, &CategoryError{c.ID, "name", fmt.Errorf("missing: %w", flywheel.ErrInvalid)}
		}
		if err := checkText(c.Name, MaxTitleBytes); err != nil {
			return Tree{}, &CategoryError{c.ID, "name", err}
		}
		if _, dup := t.byID[c.ID]; dup {
			return Tree{}, &CategoryError{c.ID, "id", fmt.Errorf("given twice: %w", flywheel.ErrInvalid)}
		}
		t.byID[c.ID] = c
		t.children[c.Parent] = append(t.children[c.Parent], c.ID)
	}
	for _, c := range categories {
		if _, ok := t.byID[c.Parent]; !ok && c.Parent != "" {
			return Tree{}, &CategoryError{c.ID, "parent", fmt.Errorf("category %q: %w", c.Parent, flywheel.ErrNotFound)}
		}
	}
	for _, siblings := range t.children {
		slices.SortFunc(siblings, func(a, b CategoryID) int {
			return cmp.Or(cmp.Compare(t.byID[a].Position, t.byID[b].Position), cmp.Compare(a, b))
		})
	}
	if err := t.checkShape(categories); err != nil {
		return Tree{}, err
	}
	return t, nil
}

// checkShape refuses cycles, which cannot be reached from the top, and depth.
func (t Tree) checkShape(categories []Category) error {
	reached := make(map[CategoryID]bool, len(categories))
	for depth, c := range t.All() {
		if depth >= MaxTreeDepth {
			return &CategoryError{c.ID, "parent", tooMany(depth+1, MaxTreeDepth, "levels")}
		}
		reached[c.ID] = true
	}
	for _, c := range categories {
		if !reached[c.ID] {
			return &CategoryError{c.ID, "parent", fmt.Errorf("%q is itself or below it: %w", c.Parent, ErrCycle)}
		}
	}
	return nil
}

// ErrCycle reports categories that would lie below themselves.
var ErrCycle = fmt.Errorf("cycle of categories: %w", flywheel.ErrInvalid)

// CategoryError names the category and the field that is wrong.
type CategoryError struct {
	Category CategoryID // as given, perhaps empty
	Field    string     // such as "parent"
	Err      error      // wraps a kind
}

func (e *CategoryError) Error() string {
	return fmt.Sprintf("catalog: category %q: %s: %v", e.Category, e.Field, e.Err)
}

// Unwrap returns the cause.
func (e *CategoryError) Unwrap() error { return e.Err }

// Version counts the changes that were saved; it is 0 before the first.
func (t Tree) Version() int64 { return t.version }

// Len returns the number of categories.
func (t Tree) Len() int { return len(t.byID) }

// Get returns the category with the given id, and whether there is one.
func (t Tree) Get(id CategoryID) (Category, bool) {
	c, ok := t.byID[id]
	return c, ok
}

// Children returns the categories directly below id, in order; those at the top
// for the empty id.
func (t Tree) Children(id CategoryID) []Category {
	out := make([]Category, len(t.children[id]))
	for i, child := range t.children[id] {
		out[i] = t.byID[child]
	}
	return out
}

// Path returns the categories from the top down to id, which is the last. It is
// empty when there is no such category.
func (t Tree) Path(id CategoryID) []Category {
	var path []Category
	for c, ok := t.byID[id]; ok; c, ok = t.byID[c.Parent] {
		path = append(path, c)
	}
	slices.Reverse(path)
	return path
}

// Descendants returns id and all categories below it, parents before children. It
// is empty when there is no such category.
func (t Tree) Descendants(id CategoryID) []CategoryID {
	if _, ok := t.byID[id]; !ok {
		return nil
	}
	out := []CategoryID{id}
	for i := 0; i < len(out); i++ {
		out = append(out, t.children[out[i]]...)
	}
	return out
}

// All yields every category with its depth, 0 at the top, in the order of a menu:
// each followed by those below it.
func (t Tree) All() iter.Seq2[int, Category] {
	return func(yield func(int, Category) bool) { t.walk("", 0, yield) }
}

func (t Tree) walk(below CategoryID, depth int, yield func(int, Category) bool) bool {
	for _, id := range t.children[below] {
		if !yield(depth, t.byID[id]) || !t.walk(id, depth+1, yield) {
			return false
		}
	}
	return true
}

// With returns the tree with the given categories added, or replaced where their
// ID is there. A category is moved by giving it another Parent.
func (t Tree) With(categories ...Category) (Tree, error) {
	given := make(map[CategoryID]bool, len(categories))
	for _, c := range categories {
		given[c.ID] = true
	}
	return NewTree(t.version, append(slices.Clone(categories), t.without(given)...))
}

// Move returns the tree with the category and all below it moved below parent, to
// the top when parent is empty. A parent that is the category itself or below it is
// refused with [ErrCycle].
func (t Tree) Move(id, parent CategoryID) (Tree, error) {
	c, ok := t.byID[id]
	if !ok {
		return Tree{}, missingCategory(id)
	}
	c.Parent = parent
	return t.With(c)
}

// Without returns the tree without the category, which must have none below it.
func (t Tree) Without(id CategoryID) (Tree, error) {
	if _, ok := t.byID[id]; !ok {
		return Tree{}, missingCategory(id)
	}
	if n := len(t.children[id]); n > 0 {
		return Tree{}, &CategoryError{id, "children", fmt.Errorf("%d categories are below it: %w", n, flywheel.ErrConflict)}
	}
	return NewTree(t.version, t.without(map[CategoryID]bool{id: true}))
}

// without returns the categories that are not in drop.
func (t Tree) without(drop map[CategoryID]bool) []Category {
	out := make([]Category, 0, len(t.byID))
	for _, c := range t.All() {
		if !drop[c.ID] {
			out = append(out, c)
		}
	}
	return out
}

func missingCategory(id CategoryID) error {
	return fmt.Errorf("catalog: category %q: %w", id, flywheel.ErrNotFound)
}
