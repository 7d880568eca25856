package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/flywheel-go/flywheel/catalog"
)

var treeCases = []testCase{
	{name: "tree/save", rule: "the tree is empty at first, then as saved, in a version one higher", check: func(ctx context.Context, s catalog.Store) error {
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
	{name: "tree/stale-version", rule: "a version other than the stored one is refused", check: func(ctx context.Context, s catalog.Store) error {
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
		if err := wantKind("SaveTree", err, catalog.ErrStale); err != nil {
			return err
		}
		return grown(ctx, s, 1, "")
	}},
	{name: "tree/concurrent", rule: "of many writers of one version exactly one succeeds", check: func(ctx context.Context, s catalog.Store) error {
		tree, err := s.Tree(ctx)
		if err != nil {
			return err
		}
		var wait sync.WaitGroup
		errs := make([]error, 16)
		for i := range errs {
			wait.Go(func() {
				with, err := tree.With(catalog.Category{ID: catalog.CategoryID(fmt.Sprint(i)), Name: "N"})
				if err == nil {
					_, err = s.SaveTree(ctx, with)
				}
				errs[i] = err
			})
		}
		wait.Wait()
		won := -1
		for i, err := range errs {
			switch {
			case err == nil && won >= 0:
				return fmt.Errorf("writers %d and %d both succeed", won, i)
			case err == nil:
				won = i
			case !errors.Is(err, catalog.ErrStale):
				return fmt.Errorf("writer %d: %w", i, err)
			}
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
