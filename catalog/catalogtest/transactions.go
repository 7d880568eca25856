package catalogtest

import (
	"context"
	"errors"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var transactionCases = []testCase{
	{Name: "tx/rollback", Rule: "what a transaction did is gone when it fails or panics, and was visible within", Transactions: true, Check: func(ctx context.Context, s catalog.Store) error {
		before, err := save(ctx, s, product("b"))
		if err != nil {
			return err
		}
		for _, panics := range []bool{false, true} {
			err := suite.RollBack(ctx, suite.Tx(s), panics, func(ctx context.Context) error {
				tree, err := s.Tree(ctx)
				if err != nil {
					return err
				}
				if tree, err = tree.With(catalog.Category{ID: "c", Name: "C"}); err != nil {
					return err
				}
				if _, err := s.SaveTree(ctx, tree); err != nil {
					return err
				}
				change := before[0].Clone()
				change.Title, change.Variants = "Changed", change.Variants[:1]
				saved, err := save(ctx, s, product("a"), change, product("c"))
				if err != nil {
					return err
				}
				saved[0].Title = "Changed again"
				if _, err := save(ctx, s, saved[0]); err != nil {
					return err
				}
				if err := listed(ctx, s, catalog.Query{}, "a", "b", "c"); err != nil {
					return err
				}
				return grown(ctx, s, 1, "c")
			})
			if err != nil {
				return err
			}
			if err := errors.Join(stored(ctx, s, before...), absent(ctx, s, "a"), absent(ctx, s, "c"),
				listed(ctx, s, catalog.Query{}, "b"), grown(ctx, s, 0, "")); err != nil {
				return err
			}
			if _, err := s.BySKU(ctx, "b/M"); err != nil {
				return err
			}
		}
		_, err = save(ctx, s, product("a"), product("c"))
		return errors.Join(err, listed(ctx, s, catalog.Query{}, "a", "b", "c"))
	}},
	{Name: "tx/refusal-within", Rule: "a call that is refused within a transaction takes back only itself", Transactions: true, Check: func(ctx context.Context, s catalog.Store) error {
		var saved []catalog.Product
		if err := suite.Tx(s).InTx(ctx, func(ctx context.Context) (err error) {
			if saved, err = save(ctx, s, product("a")); err != nil {
				return err
			}
			_, err = s.Save(ctx, product("b"), product("a"))
			return suite.Wrong("Save", err, catalog.ErrStale)
		}); err != nil {
			return err
		}
		return errors.Join(stored(ctx, s, saved...), absent(ctx, s, "b"))
	}},
}
