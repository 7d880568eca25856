package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
)

func TestTreeRefusals(t *testing.T) {
	var deep []catalog.Category
	for i := range catalog.MaxTreeDepth + 1 {
		c := catalog.Category{ID: catalog.CategoryID(fmt.Sprint(i)), Name: "N"}
		if i > 0 {
			c.Parent = catalog.CategoryID(fmt.Sprint(i - 1))
		}
		deep = append(deep, c)
	}
	_, err := catalog.NewTree(0, deep[:catalog.MaxTreeDepth])
	require.NoError(t, err)
	for name, c := range map[string]struct {
		categories []catalog.Category
		field      string
		kind       error
	}{
		"no ID":          {[]catalog.Category{{Name: "A"}}, "id", flywheel.ErrInvalid},
		"no name":        {[]catalog.Category{{ID: "a"}}, "name", flywheel.ErrInvalid},
		"NUL in name":    {[]catalog.Category{{ID: "a", Name: "\x00"}}, "name", flywheel.ErrInvalid},
		"twice":          {[]catalog.Category{{ID: "a", Name: "A"}, {ID: "a", Name: "A"}}, "id", flywheel.ErrInvalid},
		"unknown parent": {[]catalog.Category{{ID: "a", Name: "A", Parent: "x"}}, "parent", flywheel.ErrNotFound},
		"own parent":     {[]catalog.Category{{ID: "a", Name: "A", Parent: "a"}}, "parent", catalog.ErrCycle},
		"cycle":          {[]catalog.Category{{ID: "a", Name: "A", Parent: "b"}, {ID: "b", Name: "B", Parent: "a"}}, "parent", catalog.ErrCycle},
		"too deep":       {deep, "parent", flywheel.ErrLimit},
		"too many":       {make([]catalog.Category, catalog.MaxTreeCategories+1), "", flywheel.ErrLimit},
	} {
		t.Run(name, func(t *testing.T) {
			tree, err := catalog.NewTree(7, c.categories)
			var wrong *catalog.CategoryError
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, c.field, wrong.Field)
			assert.ErrorIs(t, err, c.kind)
			assert.Equal(t, catalog.Tree{}, tree)
		})
	}
	_, err = catalog.Tree{}.Move("a", "")
	assert.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = catalog.Tree{}.Without("a")
	assert.ErrorIs(t, err, flywheel.ErrNotFound)
}

// A tree under random moves and removals must agree with a plain map of parents.
func TestTreeAgainstParents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tree catalog.Tree
		parents := map[catalog.CategoryID]catalog.CategoryID{}
		below := func(id, top catalog.CategoryID) bool { // id is top or below it
			for ; id != ""; id = parents[id] {
				if id == top {
					return true
				}
			}
			return false
		}
		ids := rapid.SampledFrom([]catalog.CategoryID{"a", "b", "c", "d", "e", "f"})
		parent := rapid.SampledFrom([]catalog.CategoryID{"", "a", "b", "c", "d", "e", "f"})
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				c := catalog.Category{ID: ids.Draw(t, "id"), Parent: parent.Draw(t, "parent"), Name: "N", Position: rapid.IntRange(0, 2).Draw(t, "position")}
				_, known := parents[c.Parent]
				next, err := tree.With(c)
				switch {
				case c.Parent == c.ID:
					require.ErrorIs(t, err, catalog.ErrCycle)
				case c.Parent != "" && !known:
					require.ErrorIs(t, err, flywheel.ErrNotFound)
				case below(c.Parent, c.ID):
					require.ErrorIs(t, err, catalog.ErrCycle)
				default:
					require.NoError(t, err)
					tree, parents[c.ID] = next, c.Parent
				}
			},
			"remove": func(t *rapid.T) {
				id := ids.Draw(t, "id")
				next, err := tree.Without(id)
				_, known := parents[id]
				hasChild := false
				for _, p := range parents {
					hasChild = hasChild || p == id
				}
				switch {
				case !known:
					require.ErrorIs(t, err, flywheel.ErrNotFound)
				case hasChild:
					require.ErrorIs(t, err, flywheel.ErrConflict)
				default:
					require.NoError(t, err)
					tree = next
					delete(parents, id)
				}
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(parents), tree.Len())
				var walked []catalog.CategoryID
				for depth, c := range tree.All() {
					walked = append(walked, c.ID)
					path := tree.Path(c.ID)
					require.Len(t, path, depth+1)
					require.Equal(t, c, path[depth])
					for i := 1; i < len(path); i++ {
						require.Equal(t, path[i-1].ID, parents[path[i].ID])
					}
				}
				require.Len(t, walked, len(parents), "each category once")
				for id := range parents {
					var want []catalog.CategoryID
					for other := range parents {
						if below(other, id) {
							want = append(want, other)
						}
					}
					got := tree.Descendants(id)
					require.ElementsMatch(t, want, got)
					require.Equal(t, id, got[0])
					children := tree.Children(id)
					require.True(t, slices.IsSortedFunc(children, func(a, b catalog.Category) int {
						if a.Position != b.Position {
							return a.Position - b.Position
						}
						return slices.Compare([]catalog.CategoryID{a.ID}, []catalog.CategoryID{b.ID})
					}))
				}
			},
		})
	})
}
