package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Tree returns the tree of categories.
func (s *Service) Tree(ctx context.Context) (Tree, error) { return s.store.Tree(ctx) }

// PutCategories adds categories, or replaces those that are there, and returns the
// new tree. All are put or none. Each Parent is there already or among them.
func (s *Service) PutCategories(ctx context.Context, categories ...Category) (Tree, error) {
	return s.changeTree(ctx, func(_ context.Context, t Tree) (Tree, error) { return t.With(categories...) })
}

// MoveCategory moves a category and all below it below parent, to the top when
// parent is empty, and returns the new tree. A parent that is the category itself
// or below it is refused with [ErrCycle].
func (s *Service) MoveCategory(ctx context.Context, id, parent CategoryID) (Tree, error) {
	return s.changeTree(ctx, func(_ context.Context, t Tree) (Tree, error) { return t.Move(id, parent) })
}

// RemoveCategory removes a category that has none below it and no product in it,
// and returns the new tree.
func (s *Service) RemoveCategory(ctx context.Context, id CategoryID) (Tree, error) {
	return s.changeTree(ctx, func(ctx context.Context, t Tree) (Tree, error) {
		for p, err := range s.store.List(ctx, Query{Categories: []CategoryID{id}, Limit: 1}) {
			if err == nil {
				err = &CategoryError{id, "products", fmt.Errorf("product %q is in it: %w", p.ID, flywheel.ErrConflict)}
			}
			return Tree{}, err
		}
		return t.Without(id)
	})
}

// changeTree saves what change makes of the tree, and again from the start when
// someone else has saved meanwhile.
func (s *Service) changeTree(ctx context.Context, change func(context.Context, Tree) (Tree, error)) (t Tree, err error) {
	for {
		err = s.tx.InTx(ctx, func(ctx context.Context) error {
			if t, err = s.store.Tree(ctx); err != nil {
				return err
			}
			if t, err = change(ctx, t); err != nil {
				return err
			}
			t, err = s.store.SaveTree(ctx, t)
			return err
		})
		switch {
		case err == nil:
			return t, nil
		case !errors.Is(err, ErrStale):
			return Tree{}, err
		}
	}
}
