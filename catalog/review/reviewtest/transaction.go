package reviewtest

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var transactionCases = []testCase{
	{Name: "transaction/commit", Transactions: true, Rule: "calls in one transaction see each other and are kept together", Check: func(w *world) error {
		err := w.tx.InTx(w.ctx, func(ctx context.Context) error {
			in := &world{w.Store, w.tx, ctx}
			return suite.First(in.save(sample("a")), in.update("a", func(p *review.Post) { p.Rating = 1 }), in.votes("a", "ben", 1, 1, 0),
				in.lists(review.Filter{Product: "shoe", Kind: review.Review}, "a"), in.Note(ctx, bought("anna", "s1", "o1", 1, 0)), in.has("anna", nil, bought("anna", "s1", "o1", 1, 0)))
		})
		p := with("a", func(p *review.Post) { p.Rating, p.Version, p.Up = 1, 2, 1 })
		return suite.First(err, w.expect(p), w.counts(p), w.has("anna", nil, bought("anna", "s1", "o1", 1, 0)))
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "an error or a panic of the transaction takes back every call in it", Check: func(w *world) error {
		before := []review.Post{sample("a"), with("b", func(p *review.Post) { p.Moderation.Reporters = []string{"anna"} })}
		kept := bought("anna", "s1", "o1", 1, 0)
		if err := suite.First(w.save(before...), w.votes("b", "ben", 1, 1, 0), w.Note(w.ctx, kept)); err != nil {
			return err
		}
		before[0].Version, before[1].Version, before[1].Up = 1, 1, 1
		for _, panics := range []bool{false, true} {
			err := suite.RollBack(w.ctx, w.tx, panics, func(ctx context.Context) error {
				in := &world{w.Store, w.tx, ctx}
				return suite.First(in.update("a", func(p *review.Post) { p.Rating = 1 }), in.save(sample("c")), in.votes("b", "ben", -1, 0, 1), in.votes("a", "anna", 1, 1, 0),
					in.Note(ctx, kept, bought("ben", "s1", "o1", 1, 0)), in.Forget(ctx, "anna"), in.Forget(ctx, "by-b"), in.Forget(ctx, "ben"), in.ForgetPurchases(ctx, "anna"), in.ClearPurchases(ctx))
			})
			if err := suite.First(err, w.expect(before[0]), w.expect(before[1]), w.counts(before...), w.has("anna", nil, kept), w.has("ben", nil),
				w.lists(review.Filter{Product: "shoe", Kind: review.Review}, "b", "a")); err != nil {
				return fmt.Errorf("after the rollback (panic %v): %w", panics, err)
			}
		}
		return w.votes("b", "ben", 1, 1, 0)
	}},
	{Name: "transaction/refusal-within", Transactions: true, Rule: "a refused call leaves the rest of the transaction as it is", Check: func(w *world) error {
		err := w.tx.InTx(w.ctx, func(ctx context.Context) error {
			in := &world{w.Store, w.tx, ctx}
			if err := in.save(sample("a")); err != nil {
				return err
			}
			_, stale := w.Save(ctx, sample("a"))
			_, twice := w.Save(ctx, with("b", func(p *review.Post) { p.Author = "by-a" }))
			_, _, missing := w.Vote(ctx, "x", "ben", 1)
			if stale == nil || twice == nil || missing == nil {
				return fmt.Errorf("a call is not refused: %v, %v, %v", stale, twice, missing)
			}
			return in.save(sample("c"))
		})
		return suite.First(err, w.lists(review.Filter{Product: "shoe", Kind: review.Review}, "c", "a"))
	}},
}
