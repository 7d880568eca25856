package catalogtest

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var treeCases = []testCase{
	{Name: "tree/save", Rule: "the tree is empty at first, then as saved, in a version one higher", Check: func(ctx context.Context, s catalog.Store) error {
		if err := grown(ctx, s, 0, ""); err != nil {
			return err
		}
		tree, err := s.Tree(ctx)
		if err != nil {
			return err
		}
		for version, step := range []struct {
			add  catalog.Category
			want string
		}{
			{catalog.Category{ID: "a", Name: "A"}, "a"},
			{catalog.Category{ID: "c", Parent: "a", Name: " c'\t😀 "}, "a>c"},
			{catalog.Category{ID: "b", Parent: "a", Name: "B", Position: -1}, "a>b>c"},
			{catalog.Category{ID: "A", Name: "other"}, "A a>b>c"},
		} {
			if tree, err = tree.With(step.add); err != nil {
				return err
			}
			if tree, err = s.SaveTree(ctx, tree); err != nil {
				return err
			}
			if tree.Version() != int64(version+1) {
				return fmt.Errorf("SaveTree returns version %d, want %d", tree.Version(), version+1)
			}
			if err := grown(ctx, s, int64(version+1), step.want); err != nil {
				return err
			}
			got, err := s.Tree(ctx)
			if err != nil {
				return err
			}
			if c, _ := got.Get(step.add.ID); c != step.add {
				return fmt.Errorf("category %+v, want %+v", c, step.add)
			}
		}
		return nil
	}},
	{Name: "tree/stale-version", Rule: "a version other than the stored one is refused", Check: func(ctx context.Context, s catalog.Store) error {
		old, err := s.Tree(ctx)
		if err != nil {
			return err
		}
		if _, err := s.SaveTree(ctx, old); err != nil {
			return err
		}
		with, err := old.With(catalog.Category{ID: "a", Name: "A"})
		if err != nil {
			return err
		}
		_, err = s.SaveTree(ctx, with)
		if err := suite.Wrong("SaveTree", err, catalog.ErrStale); err != nil {
			return err
		}
		return grown(ctx, s, 1, "")
	}},
	{Name: "tree/concurrent", Rule: "of many writers of one version exactly one succeeds", Check: func(ctx context.Context, s catalog.Store) error {
		tree, err := s.Tree(ctx)
		if err != nil {
			return err
		}
		won, err := suite.Race(16, catalog.ErrStale, func(i int) error {
			with, err := tree.With(catalog.Category{ID: catalog.CategoryID(fmt.Sprint(i)), Name: "N"})
			if err == nil {
				_, err = s.SaveTree(ctx, with)
			}
			return err
		})
		if err != nil {
			return err
		}
		return grown(ctx, s, 1, fmt.Sprint(won))
	}},
}

// grown checks the version and the shape of the stored tree: names in the order of
// a menu, with ">" before those that are below another.
func grown(ctx context.Context, s catalog.Store, version int64, shape string) error {
	tree, err := s.Tree(ctx)
	if err != nil {
		return err
	}
	var got string
	for depth, c := range tree.All() {
		switch {
		case depth > 0:
			got += ">"
		case got != "":
			got += " "
		}
		got += string(c.ID)
	}
	if tree.Version() != version || got != shape {
		return fmt.Errorf("the tree is %q in version %d, want %q in version %d", got, tree.Version(), shape, version)
	}
	return nil
}
