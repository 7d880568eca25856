package reviewtest

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// votes compares the votes of a post with what Vote answers and Get has.
func (w *world) votes(id string, voter flywheel.CustomerID, value int, up, down int64) error {
	gotUp, gotDown, err := w.Vote(w.ctx, id, voter, value)
	if err != nil {
		return err
	}
	p, err := w.Get(w.ctx, id)
	return suite.First(err, suite.Same(fmt.Sprintf("Vote %q %d", voter, value), [2]int64{gotUp, gotDown}, [2]int64{up, down}),
		suite.Same("votes of the post", [2]int64{p.Up, p.Down}, [2]int64{up, down}))
}

var countCases = []testCase{
	{Name: "vote/one-each", Rule: "a reader has one vote, which can be changed and taken back; the version stays", Check: func(w *world) error {
		if err := w.save(sample("a"), sample("b")); err != nil {
			return err
		}
		p, err := w.Get(w.ctx, "a")
		if err != nil {
			return err
		}
		if err := suite.First(w.votes("a", "ben", 1, 1, 0), w.votes("a", "ben", 1, 1, 0), w.votes("a", "Ben", -1, 1, 1), w.votes("a", "ben", -1, 0, 2),
			w.votes("a", "ben", 0, 0, 1), w.votes("a", "ben", 0, 0, 1), w.votes("b", "ben", 1, 1, 0), w.votes("a", "ben", 1, 1, 1)); err != nil {
			return err
		}
		p.Up, p.Down = 1, 1
		_, _, missing := w.Vote(w.ctx, "c", "ben", 1)
		return suite.First(w.expect(p), suite.Wrong("Vote on nothing", missing, flywheel.ErrNotFound))
	}},
	{Name: "vote/race", Rule: "parallel votes of many readers, each twice, all count once", Check: func(w *world) error {
		if err := w.save(sample("a")); err != nil {
			return err
		}
		const n = 12
		for _, err := range suite.Parallel(2*n, func(i int) error {
			_, _, err := w.Vote(w.ctx, "a", flywheel.CustomerID(fmt.Sprint(i%n)), 1-2*(i%n%3/2))
			return err
		}) {
			if err != nil {
				return err
			}
		}
		return w.votes("a", "0", 1, 2*n/3, n/3)
	}},
	{Name: "aggregates/follow", Rule: "the aggregates equal a recount after every change of state, stars, purchase, incentive, product and month", Check: func(w *world) error {
		stored := map[string]review.Post{}
		check := func(p review.Post) error {
			saved, err := w.Save(w.ctx, p)
			if err != nil {
				return err
			}
			stored[p.ID] = saved
			all := make([]review.Post, 0, len(stored))
			for _, s := range stored {
				all = append(all, s)
			}
			return w.counts(all...)
		}
		for _, p := range []review.Post{
			sample("a"), with("b", func(p *review.Post) { p.Rating, p.Verified = 1, false }), with("c", func(p *review.Post) { waiting(p, 1) }),
			with("d", func(p *review.Post) { p.CreatedAt = start.AddDate(0, -2, 0) }), with("e", func(p *review.Post) { p.Product = "hat" }),
			with("q", func(p *review.Post) { p.Kind, p.Rating = review.Question, 0 }), with("r", func(p *review.Post) { p.Kind, p.Rating, p.Parent = review.Answer, 0, "q" }),
		} {
			if err := check(p); err != nil {
				return err
			}
		}
		for _, change := range []func() review.Post{
			func() review.Post { p := stored["c"]; p.Moderation.State = moderation.Approved; return p },
			func() review.Post { p := stored["a"]; p.Rating = 2; return p },
			func() review.Post { p := stored["a"]; p.Verified, p.Order = false, ""; return p },
			func() review.Post { p := stored["b"]; p.Incentive = review.NoIncentive; return p },
			func() review.Post { p := stored["a"]; p.Moderation.State = moderation.Rejected; return p },
			func() review.Post { p := stored["d"]; p.CreatedAt = start; return p },
			func() review.Post { p := stored["e"]; p.Product = "shoe"; return p },
			func() review.Post { p := stored["q"]; p.Moderation.State = moderation.Pending; return p },
			func() review.Post { p := stored["c"]; p.Title = "only a word"; return p },
		} {
			if err := check(change()); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "aggregates/order", Rule: "Aggregates answers in the order of its products, with months where asked for", Check: func(w *world) error {
		if err := w.save(sample("a"), with("b", func(p *review.Post) { p.Product = "hat" })); err != nil {
			return err
		}
		list, err := w.Aggregates(w.ctx, false, "none", "hat", "shoe", "hat")
		if err != nil {
			return err
		}
		p := sample("a")
		of := func(product string) review.Aggregate {
			return review.Aggregate{Product: product, Tally: review.Count(p)}
		}
		none, err := w.Aggregates(w.ctx, true)
		return suite.First(err, suite.Same("Aggregates", list, []review.Aggregate{{Product: "none"}, of("hat"), of("shoe"), of("hat")}), suite.Same("Aggregates of nothing", len(none), 0))
	}},
	{Name: "aggregates/race", Rule: "parallel saves of many posts of one product all count", Check: func(w *world) error {
		const n = 10
		posts := make([]review.Post, n)
		for _, err := range suite.Parallel(n, func(i int) (err error) {
			posts[i], err = w.Save(w.ctx, with(fmt.Sprint(i), func(p *review.Post) { p.Rating = 1 + i%5 }))
			return err
		}) {
			if err != nil {
				return err
			}
		}
		return w.counts(posts...)
	}},
	{Name: "forget", Rule: "Forget erases the customer's posts, votes and reports, and nobody else's", Check: func(w *world) error {
		mine := with("a", func(p *review.Post) { p.Author = "anna" })
		other := with("b", func(p *review.Post) { p.Author, p.Moderation.Reporters = "Anna", []string{"anna", "ben"} })
		cleared := with("c", func(p *review.Post) { p.Moderation.Reporters = []string{"anna"} })
		if err := w.save(mine, other, cleared); err != nil {
			return err
		}
		if err := suite.First(w.update("c", func(p *review.Post) { p.Moderation.Reporters = nil }), w.votes("b", "anna", 1, 1, 0), w.votes("b", "ben", -1, 1, 1),
			w.votes("a", "ben", 1, 1, 0)); err != nil {
			return err
		}
		for range 2 { // again it changes nothing
			if err := suite.First(w.Forget(w.ctx, "anna"), w.Forget(w.ctx, "nobody"), w.Forget(w.ctx, "")); err != nil {
				return err
			}
			erased := mine
			erased.Version = 1
			erased = erased.Erased()
			erased.Up = 1
			other.Version, other.Up, other.Down, other.Moderation.Reporters = 2, 0, 1, []string{"ben"}
			cleared.Version, cleared.Moderation.Reporters = 2, nil
			if err := suite.First(w.expect(erased), w.expect(other), w.expect(cleared), w.counts(erased, other, cleared), w.lists(review.Filter{Author: "anna"}),
				w.lists(review.Filter{Product: "shoe", Kind: review.Review, Visible: true}, "c", "b")); err != nil {
				return err
			}
		}
		return w.save(with("n", func(p *review.Post) { p.Author = "anna" })) // nothing is known of a first review
	}},
}

// bought is a purchase some seconds after start.
func bought(customer, sku, order string, quantity int64, seconds int) review.Purchase {
	return review.Purchase{
		Customer: flywheel.CustomerID(customer), SKU: flywheel.SKU(sku), Order: order, Quantity: quantity, At: start.Add(time.Duration(seconds) * time.Second),
	}
}

// has compares what a customer bought of SKUs with want.
func (w *world) has(customer string, skus []flywheel.SKU, want ...review.Purchase) error {
	got, err := w.Bought(w.ctx, flywheel.CustomerID(customer), skus...)
	if err == nil && len(got) == 0 && len(want) == 0 {
		return nil
	}
	return suite.First(err, suite.Same(fmt.Sprintf("Bought %q %q", customer, skus), got, want))
}

var purchaseCases = []testCase{
	{Name: "purchases/sum", Rule: "quantities of one customer, SKU and order add up, the first time is kept, the order is that of time", Check: func(w *world) error {
		a, b := bought("anna", "s1", "o1", 2, 5), bought("anna", "s2", "o1", 1, 3)
		c := bought("ben", "s1", "o2", 1, 1)
		if err := suite.First(w.Note(w.ctx, a, b, c), w.Note(w.ctx, bought("anna", "s1", "o1", -1, 9), bought("anna", "s1", "o1", -3, 9)), w.Note(w.ctx)); err != nil {
			return err
		}
		a.Quantity = -2
		return suite.First(w.has("anna", nil, b, a), w.has("anna", []flywheel.SKU{"s1", "s3"}, a), w.has("ben", nil, c), w.has("Anna", nil), w.has("anna", []flywheel.SKU{"S1"}))
	}},
	{Name: "purchases/time", Rule: "times are kept in UTC to the microsecond", Check: func(w *world) error {
		p := bought("anna", "s1", "o1", 2, 5)
		p.At = time.Date(2011, 10, 30, 2, 30, 0, 999_999_999, time.FixedZone("", 2*3600))
		want := p
		want.At = time.Date(2011, 10, 30, 0, 30, 0, 999_999_000, time.UTC)
		return suite.First(w.Note(w.ctx, p), w.has("anna", nil, want))
	}},
	{Name: "purchases/forget", Rule: "ForgetPurchases removes those of a customer, ClearPurchases all", Check: func(w *world) error {
		a, b := bought("anna", "s1", "o1", 2, 5), bought("ben", "s2", "o1", 1, 3)
		return suite.First(w.Note(w.ctx, a, b), w.ForgetPurchases(w.ctx, "anna"), w.ForgetPurchases(w.ctx, "anna"), w.has("anna", nil), w.has("ben", nil, b),
			w.ClearPurchases(w.ctx), w.ClearPurchases(w.ctx), w.has("ben", nil), w.Note(w.ctx, a), w.has("anna", nil, a))
	}},
}
