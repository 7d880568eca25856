package reviewtest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Store is what is tested: the two stores of a service in one.
type Store interface {
	review.Store
	review.PurchaseStore
}

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(w *world) error

var contract = suite.Suite[Store, check]{
	Cases: slices.Concat(saveCases, listCases, countCases, purchaseCases, transactionCases),
	Call: func(t suite.T, check check, s Store, tx flywheel.Transactor) error {
		return check(&world{s, tx, t.Context()})
	},
}

// world is what a check works on.
type world struct {
	Store
	tx  flywheel.Transactor
	ctx context.Context
}

// start is a moment with microseconds.
var start = time.Date(2024, 11, 29, 8, 26, 0, 123456000, time.UTC)

// sample returns a visible review that is not stored yet, with every field set.
func sample(id string) review.Post {
	return review.Post{
		ID: id, Kind: review.Review, Product: "shoe", SKUs: []flywheel.SKU{"shoe-42", "shoe-43"}, Author: flywheel.CustomerID("by-" + id), Name: "Anna",
		Rating: 4, Title: "Good", Text: "Light, and true to size.", Language: "en", Media: []review.Media{{Name: "a.jpg", Alt: "on my feet"}},
		Incentive: review.Points, Verified: true, Order: "o-1",
		Moderation: moderation.Item{
			Author: "by-" + id, State: moderation.Approved, Entered: start, Due: start.Add(time.Hour), Reporters: []string{"reader-1"},
			Appeals: 1, Moderator: "mod", Decided: start.Add(time.Minute), Late: true,
		},
		Signals:     []review.Signal{{Kind: review.Repeated, Reason: "as another", Posts: []string{"p-9"}}},
		Note:        "fine",
		Fingerprint: "f-" + id, CreatedAt: start, UpdatedAt: start.Add(time.Second),
	}
}

// with returns a sample that is changed.
func with(id string, change func(p *review.Post)) review.Post {
	p := sample(id)
	change(&p)
	return p
}

// waiting makes a post wait for moderation until some seconds after start.
func waiting(p *review.Post, seconds int) {
	p.Moderation = moderation.Item{Author: string(p.Author), State: moderation.Pending, Entered: start, Due: start.Add(time.Duration(seconds) * time.Second)}
}

// save stores posts.
func (w *world) save(posts ...review.Post) error {
	for _, p := range posts {
		if _, err := w.Save(w.ctx, p); err != nil {
			return fmt.Errorf("Save %q: %w", p.ID, err)
		}
	}
	return nil
}

// update changes a stored post.
func (w *world) update(id string, change func(p *review.Post)) error {
	p, err := w.Get(w.ctx, id)
	if err != nil {
		return err
	}
	change(&p)
	return w.save(p)
}

// expect compares the stored post with want.
func (w *world) expect(want review.Post) error {
	got, err := w.Get(w.ctx, want.ID)
	return suite.First(err, suite.Same("Get "+want.ID, got, want))
}

// lists compares the IDs of a listing with want.
func (w *world) lists(f review.Filter, want ...string) error {
	got := []string{}
	for p, err := range w.List(w.ctx, f) {
		if err != nil {
			return fmt.Errorf("List %+v: %w", f, err)
		}
		got = append(got, p.ID)
	}
	if len(want) == 0 {
		want = []string{}
	}
	return suite.Same(fmt.Sprintf("List %+v", f), got, want)
}

// counts compares the aggregates of the products of posts with a recount of those
// posts from nothing.
func (w *world) counts(posts ...review.Post) error {
	byProduct := map[string][]review.Post{"shoe": nil}
	for _, p := range posts {
		byProduct[p.Product] = append(byProduct[p.Product], p)
	}
	for product, of := range byProduct {
		list, err := w.Aggregates(w.ctx, true, product)
		if err != nil {
			return err
		}
		want := review.Aggregate{Product: product, Tally: review.Count(of...)}
		months := map[review.Month]review.Tally{}
		for i := range of {
			month, tally := of[i].Contributions()
			sum := months[month]
			sum.Add(tally)
			months[month] = sum
		}
		for m, tally := range months {
			if !tally.IsZero() {
				want.Months = append(want.Months, review.MonthTally{Month: m, Tally: tally})
			}
		}
		slices.SortFunc(want.Months, func(a, b review.MonthTally) int { return int(a.Month - b.Month) })
		if err := suite.Same("Aggregates of "+product, list, []review.Aggregate{want}); err != nil {
			return err
		}
	}
	return nil
}
