package reviewtest

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var saveCases = []testCase{
	{Name: "save/round-trip", Rule: "a saved post comes back whole, with its version", Check: func(w *world) error {
		got, err := w.Save(w.ctx, sample("a"))
		want := sample("a")
		want.Version = 1
		if err := suite.First(err, suite.Same("Save", got, want), w.expect(want)); err != nil {
			return err
		}
		bare := review.Post{ID: "q", Kind: review.Question, Product: "shoe", Author: "ben", Text: "Vegan?", CreatedAt: start, UpdatedAt: start, Moderation: moderation.Item{State: moderation.Rejected}}
		if err := w.save(bare); err != nil {
			return err
		}
		bare.Version = 1
		return w.expect(bare)
	}},
	{Name: "save/copy", Rule: "the store shares no memory with what it takes and gives", Check: func(w *world) error {
		p := sample("a")
		spoil := func(p review.Post) {
			p.SKUs[0], p.Media[0].Name, p.Signals[0].Reason, p.Signals[0].Posts[0], p.Moderation.Reporters[0] = "x", "x", "x", "x", "x"
		}
		saved, err := w.Save(w.ctx, p)
		if err != nil {
			return err
		}
		want := sample("a")
		want.Version = 1
		spoil(p)
		if err := w.expect(want); err != nil {
			return fmt.Errorf("after Save: %w", err)
		}
		spoil(saved.Clone())
		got, err := w.Get(w.ctx, "a")
		if err != nil {
			return err
		}
		spoil(got)
		for p, err := range w.List(w.ctx, review.Filter{Author: "by-a"}) {
			if err != nil {
				return err
			}
			spoil(p)
		}
		return w.expect(want)
	}},
	{Name: "save/stale-version", Rule: "Save refuses a version that is not the stored one", Check: func(w *world) error {
		if err := suite.First(w.save(sample("a")), w.update("a", func(p *review.Post) { p.Rating = 2 })); err != nil {
			return err
		}
		now, err := w.Get(w.ctx, "a")
		if err != nil {
			return err
		}
		for _, version := range []int64{0, 1, 3} {
			_, err := w.Save(w.ctx, with("a", func(p *review.Post) { p.Version = version }))
			if err := suite.Wrong(fmt.Sprintf("Save of version %d", version), err, review.ErrStale); err != nil {
				return err
			}
		}
		_, err = w.Save(w.ctx, with("b", func(p *review.Post) { p.Version = 1 }))
		return suite.First(suite.Wrong("Save of a post that is not there", err, review.ErrStale), w.expect(now), w.counts(now))
	}},
	{Name: "save/race", Rule: "of parallel saves of one version one succeeds, and counts once", Check: func(w *world) error {
		for version := range int64(2) {
			if _, err := suite.Race(8, review.ErrStale, func(i int) error {
				_, err := w.Save(w.ctx, with("a", func(p *review.Post) { p.Version, p.Rating = version, 1+i%5 }))
				return err
			}); err != nil {
				return err
			}
		}
		p, err := w.Get(w.ctx, "a")
		return suite.First(err, suite.Same("version", p.Version, int64(2)), w.counts(p))
	}},
	{Name: "save/one-review", Rule: "an author has one review of a product, and any number of questions", Check: func(w *world) error {
		by := func(id, author, product string, kind review.Kind) review.Post {
			return with(id, func(p *review.Post) { p.Author, p.Product, p.Kind = flywheel.CustomerID(author), product, kind })
		}
		if err := w.save(by("a", "anna", "shoe", review.Review), by("b", "anna", "hat", review.Review), by("c", "Anna", "shoe", review.Review),
			by("d", "", "shoe", review.Review), by("e", "", "shoe", review.Review), by("f", "anna", "shoe", review.Question), by("g", "anna", "shoe", review.Question)); err != nil {
			return err
		}
		_, err := w.Save(w.ctx, by("h", "anna", "shoe", review.Review))
		if err := suite.First(suite.Wrong("a second review", err, review.ErrReviewed), suite.Wrong("a second review", err, flywheel.ErrConflict)); err != nil {
			return err
		}
		_, err = w.Get(w.ctx, "h")
		return suite.Wrong("Get of what was refused", err, flywheel.ErrNotFound)
	}},
	{Name: "save/keeps-votes", Rule: "Save keeps the votes that are stored, whatever it is given", Check: func(w *world) error {
		if err := w.save(with("a", func(p *review.Post) { p.Up, p.Down = 7, 7 })); err != nil {
			return err
		}
		p, err := w.Get(w.ctx, "a")
		if err := suite.First(err, suite.Same("votes of a new post", [2]int64{p.Up, p.Down}, [2]int64{0, 0})); err != nil {
			return err
		}
		if _, _, err := w.Vote(w.ctx, "a", "ben", 1); err != nil {
			return err
		}
		saved, err := w.Save(w.ctx, p) // from before the vote
		if err := suite.First(err, suite.Same("votes after a save", [2]int64{saved.Up, saved.Down}, [2]int64{1, 0})); err != nil {
			return err
		}
		return w.expect(saved)
	}},
	{Name: "get/missing", Rule: "a missing post reports ErrNotFound", Check: func(w *world) error {
		_, err := w.Get(w.ctx, "a")
		return suite.Wrong("Get", err, flywheel.ErrNotFound)
	}},
	{Name: "time/microseconds", Rule: "times are kept in UTC to the microsecond, cut off and not rounded", Check: func(w *world) error {
		p := sample("a")
		odd := time.Date(2011, 10, 30, 2, 30, 0, 999_999_999, time.FixedZone("", 2*3600))
		p.CreatedAt, p.UpdatedAt, p.Moderation.Entered, p.Moderation.Due = odd, odd.Add(time.Hour), odd, odd
		got, err := w.Save(w.ctx, p)
		want := sample("a")
		want.Version, want.CreatedAt = 1, time.Date(2011, 10, 30, 0, 30, 0, 999_999_000, time.UTC)
		want.UpdatedAt, want.Moderation.Entered, want.Moderation.Due = want.CreatedAt.Add(time.Hour), want.CreatedAt, want.CreatedAt
		return suite.First(err, suite.Same("Save", got, want), w.expect(want))
	}},
	{Name: "text/odd", Rule: "texts are kept and compared byte by byte", Check: func(w *world) error {
		for _, text := range suite.OddTexts {
			p := with(text, func(p *review.Post) {
				p.Product, p.Author, p.Parent, p.Text, p.Language = text, flywheel.CustomerID(text), text, text, "en"
				p.Moderation.Reporters = []string{text}
			})
			if err := w.save(p); err != nil {
				return err
			}
			p.Version = 1
			if err := w.expect(p); err != nil {
				return err
			}
		}
		for _, text := range suite.OddTexts {
			if err := suite.First(w.lists(review.Filter{Product: text, Kind: review.Review}, text), w.lists(review.Filter{Author: flywheel.CustomerID(text)}, text),
				w.lists(review.Filter{Parent: text}, text)); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "context/canceled", Rule: "a call with a canceled context has no effect and reports the context's error", Check: func(w *world) error {
		if err := w.save(sample("a")); err != nil {
			return err
		}
		p, err := w.Get(w.ctx, "a")
		if err != nil {
			return err
		}
		over, cancel := context.WithCancel(w.ctx)
		cancel()
		_, getErr := w.Get(over, "a")
		_, saveErr := w.Save(over, p)
		_, _, voteErr := w.Vote(over, "a", "ben", 1)
		_, sumErr := w.Aggregates(over, false, "shoe")
		_, boughtErr := w.Bought(over, "ben")
		var listErr error
		n := 0
		for _, err := range w.List(over, review.Filter{Product: "shoe", Kind: review.Review}) {
			listErr = err
			n++
		}
		if n != 1 {
			return fmt.Errorf("List with a canceled context yielded %d times, want the error once", n)
		}
		for name, err := range map[string]error{
			"Get": getErr, "Save": saveErr, "Vote": voteErr, "Aggregates": sumErr, "Bought": boughtErr, "List": listErr,
			"Forget": w.Forget(over, "by-a"), "Note": w.Note(over, bought("ben", "shoe-42", "o", 1, 0)),
			"ForgetPurchases": w.ForgetPurchases(over, "ben"), "ClearPurchases": w.ClearPurchases(over),
		} {
			if err := suite.Wrong(name, err, context.Canceled); err != nil {
				return err
			}
		}
		return w.expect(p)
	}},
}
