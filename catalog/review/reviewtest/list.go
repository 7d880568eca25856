package reviewtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// shelf saves reviews of one product, of several times, stars and votes, three of
// them of one instant.
func (w *world) shelf() (posts []review.Post, err error) {
	for i, p := range []struct {
		id       string
		at       int
		rating   int
		up, down int
	}{
		{"e", 0, 5, 0, 0}, {"b", 2, 3, 3, 0}, {"d", 2, 3, 3, 0}, {"a", 2, 1, 2, 2}, {"c", 1, 5, 9, 1}, {"f", 3, 4, 0, 2}, {"g", 4, 2, 1, 0},
	} {
		post := with(p.id, func(x *review.Post) { x.CreatedAt, x.Rating = start.Add(time.Duration(p.at)*time.Second), p.rating })
		if i == 5 {
			post.Moderation.State = moderation.Rejected
		}
		if i == 6 {
			post.Verified, post.Language = false, "de"
		}
		if err := w.save(post); err != nil {
			return nil, err
		}
		for v := range p.up + p.down {
			value := 1
			if v >= p.up {
				value = -1
			}
			if _, _, err := w.Vote(w.ctx, p.id, flywheel.CustomerID(fmt.Sprintf("voter-%d", v)), value); err != nil {
				return nil, err
			}
		}
		stored, err := w.Get(w.ctx, p.id)
		if err != nil {
			return nil, err
		}
		posts = append(posts, stored)
	}
	return posts, nil
}

var listCases = []testCase{
	{Name: "list/orders", Rule: "each order is total, goes on behind any position, and stops at its limit", Check: func(w *world) error {
		posts, err := w.shelf()
		if err != nil {
			return err
		}
		orders := map[review.Sort][]string{
			"": {"g", "f", "d", "b", "a", "c", "e"}, review.Newest: {"g", "f", "d", "b", "a", "c", "e"}, review.Oldest: {"e", "c", "a", "b", "d", "f", "g"},
			review.Helpful: {"c", "d", "b", "g", "a", "f", "e"}, review.Highest: {"c", "e", "f", "d", "b", "g", "a"}, review.Lowest: {"a", "g", "b", "d", "f", "e", "c"},
		}
		for sort, want := range orders {
			f := review.Filter{Product: "shoe", Kind: review.Review, Sort: sort}
			if err := w.lists(f, want...); err != nil {
				return err
			}
			for i, id := range want {
				at := slices.IndexFunc(posts, func(p review.Post) bool { return p.ID == id })
				f.After = posts[at].Position(sort)
				f.Limit = 2
				if err := w.lists(f, want[i+1:min(i+3, len(want))]...); err != nil {
					return err
				}
			}
		}
		return nil
	}},
	{Name: "list/filters", Rule: "each field of the filter keeps what matches it", Check: func(w *world) error {
		if _, err := w.shelf(); err != nil {
			return err
		}
		of := func(f review.Filter) review.Filter { f.Product, f.Kind = "shoe", review.Review; return f }
		if err := w.save(
			with("q", func(p *review.Post) { p.Kind = review.Question; p.Rating = 0 }),
			with("r", func(p *review.Post) { p.Kind, p.Parent = review.Answer, "q"; p.Rating = 0 }),
			with("s", func(p *review.Post) { p.Product, p.Author = "hat", "by-a" }),
		); err != nil {
			return err
		}
		return suite.First(
			w.lists(of(review.Filter{Visible: true, Limit: 2}), "g", "d"),
			w.lists(of(review.Filter{Rating: 3}), "d", "b"),
			w.lists(of(review.Filter{Language: "de"}), "g"),
			w.lists(of(review.Filter{Verified: true, Rating: 2})),
			w.lists(of(review.Filter{Verified: true, Limit: 1}), "f"),
			w.lists(review.Filter{Product: "shoe", Kind: review.Question}, "q"),
			w.lists(review.Filter{Parent: "q"}, "r"),
			w.lists(review.Filter{Author: "by-a"}, "a", "s"),
			w.lists(review.Filter{Author: "by-a", Product: "hat"}, "s"),
			w.lists(review.Filter{Product: "none", Kind: review.Review}),
		)
	}},
	{Name: "list/refused", Rule: "a filter that no index serves, or that is none, is ErrInvalid or ErrOutOfRange", Check: func(w *world) error {
		for _, f := range []review.Filter{{}, {Kind: review.Review}, {Product: "shoe"}, {Author: "a", Sort: "price; DROP TABLE stock"}, {Author: "a", Language: "en' THEN 1"}, {Author: "a", Kind: "poem"}} {
			if err := suite.Wrong(fmt.Sprintf("List %+v", f), onlyError(w, f), flywheel.ErrInvalid); err != nil {
				return err
			}
		}
		return suite.First(suite.Wrong("List with a negative limit", onlyError(w, review.Filter{Author: "a", Limit: -1}), flywheel.ErrOutOfRange),
			suite.Wrong("List of six stars", onlyError(w, review.Filter{Author: "a", Rating: 6}), flywheel.ErrOutOfRange))
	}},
	{Name: "list/waiting", Rule: "Waiting lists what is pending or claimed, by the time it is due", Check: func(w *world) error {
		of := func(id string, seconds int, state moderation.State) review.Post {
			return with(id, func(p *review.Post) {
				waiting(p, seconds)
				if p.Moderation.State = state; state == moderation.Claimed {
					p.Moderation.Claimant, p.Moderation.Until = "mod", start.Add(time.Hour)
				}
			})
		}
		if err := w.save(of("a", 9, moderation.Pending), of("b", 3, moderation.Claimed), of("c", 3, moderation.Pending), of("d", 1, moderation.Approved), of("e", 1, moderation.Rejected)); err != nil {
			return err
		}
		all := review.Filter{Sort: review.Waiting}
		if err := suite.First(w.lists(all, "b", "c", "a"), w.update("b", func(p *review.Post) { p.Moderation.State = moderation.Approved }), w.lists(all, "c", "a")); err != nil {
			return err
		}
		all.Limit = 1
		return w.lists(all, "c")
	}},
	{Name: "list/within", Rule: "the caller may call the store while ranging, and stop", Check: func(w *world) error {
		if _, err := w.shelf(); err != nil {
			return err
		}
		n := 0
		for p, err := range w.List(w.ctx, review.Filter{Product: "shoe", Kind: review.Review}) {
			if err != nil {
				return err
			}
			if err := w.update(p.ID, func(p *review.Post) { p.Note = "seen" }); err != nil {
				return err
			}
			if n++; n == 3 {
				break
			}
		}
		return suite.Same("posts seen", n, 3)
	}},
}

func onlyError(w *world, f review.Filter) (err error) {
	for _, err = range w.List(w.ctx, f) {
		if err != nil {
			return err
		}
	}
	return err
}
