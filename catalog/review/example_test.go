package review_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

// A buyer's review is verified by the log, approved, found helpful and summed up.
func Example() {
	ctx := context.Background()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	reviews, err := review.New(nil, &review.Options{Now: func() time.Time { return at }})
	if err != nil {
		log.Fatal(err)
	}
	err = reviews.Consume(ctx, []flywheel.Entry{{
		Position: 1, Received: at, Effective: at, Person: flywheel.PersonOf("anna", ""),
		Event: flywheel.Event{ID: "e1", Name: flywheel.EventPurchase, Time: at, Customer: "anna", Ref: "o-1", Lines: []flywheel.Line{{SKU: "shoe-42", Quantity: 1}}},
	}})
	if err != nil {
		log.Fatal(err)
	}
	p, err := reviews.Submit(ctx, review.Draft{
		Kind: review.Review, Product: "shoe", SKUs: []flywheel.SKU{"shoe-42", "shoe-43"}, Author: "anna", Name: "Anna",
		Rating: 4, Text: "Light, but they run small.",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Moderation.State, "verified:", p.Verified)
	if _, err = reviews.Claim(ctx, p.ID, "mod-1"); err != nil {
		log.Fatal(err)
	}
	if _, err = reviews.Decide(ctx, p.ID, "mod-1", moderation.Approved, ""); err != nil {
		log.Fatal(err)
	}
	up, down, err := reviews.Vote(ctx, p.ID, "ben", 1)
	fmt.Println(up, down, err)
	sums, err := reviews.Aggregates(ctx, false, "shoe")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sums[0].Ratings.RatingValue(), sums[0].Ratings.Count(), sums[0].Verified.Count())
	// Output:
	// pending verified: true
	// 1 0 <nil>
	// 4.0 1 1
}

func ExampleService_Page() {
	ctx := context.Background()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	reviews, err := review.New(review.NewMemory(nil), &review.Options{
		Moderation: moderation.Rules{AutoApproveTrust: 1},
		Trust:      func(context.Context, flywheel.CustomerID) (int, error) { return 1, nil },
		Now:        func() time.Time { at = at.Add(48 * time.Hour); return at },
	})
	if err != nil {
		log.Fatal(err)
	}
	for i, author := range []flywheel.CustomerID{"anna", "ben", "cleo"} {
		if _, err := reviews.Submit(ctx, review.Draft{Kind: review.Review, Product: "shoe", Author: author, Rating: 5 - i}); err != nil {
			log.Fatal(err)
		}
	}
	sort, err := review.ParseSort("lowest")
	if err != nil {
		log.Fatal(err)
	}
	f := review.Filter{Product: "shoe", Kind: review.Review, Visible: true, Sort: sort}
	page, err := reviews.Page(ctx, f, "", 2)
	for _, p := range page.Items {
		fmt.Println(p.Rating, p.Author)
	}
	fmt.Println(page.Next != "", err)
	// Output:
	// 3 cleo
	// 4 ben
	// true <nil>
}

func ExampleWilson() {
	lower, upper, err := review.Wilson(9, 10, 0.95)
	fmt.Printf("%.3f to %.3f, %v\n", lower, upper, err)
	fmt.Println(review.Helpfulness(9, 1) > review.Helpfulness(2, 0))
	// Output:
	// 0.596 to 0.982, <nil>
	// true
}

func ExampleHelpfulOrder() {
	posts := []review.Voted{{ID: "one of one", Up: 1}, {ID: "90 of 100", Up: 90, Down: 10}, {ID: "none"}}
	if err := review.HelpfulOrder(posts, 0.95); err != nil {
		log.Fatal(err)
	}
	for _, p := range posts {
		fmt.Println(p.ID)
	}
	// Output:
	// 90 of 100
	// one of one
	// none
}

func ExampleBayesianAverage() {
	one, err := review.BayesianAverage(1, 5, 10, 3.9)
	if err != nil {
		log.Fatal(err)
	}
	many, err := review.BayesianAverage(1000, 4.8, 10, 3.9)
	fmt.Printf("%.2f %.2f %v\n", one, many, err)
	// Output: 4.00 4.79 <nil>
}

func ExampleStarLowerBound() {
	_, one, err := review.StarLowerBound(review.Stars{4: 1}, 0.95)
	if err != nil {
		log.Fatal(err)
	}
	mean, many, err := review.StarLowerBound(review.Stars{10, 20, 30, 240, 700}, 0.95)
	fmt.Printf("%.2f; %.2f of mean %.2f, %v\n", one, many, mean, err)
	// Output: 2.23; 4.55 of mean 4.59, <nil>
}

func ExampleJeffreysLower() {
	lower, err := review.JeffreysLower(9, 10, 0.05)
	fmt.Printf("%.3f %v\n", lower, err)
	// Output: 0.669 <nil>
}

func ExampleDecay() {
	d, err := review.Decay([]review.Aged{{Rating: 5}, {Rating: 1, Age: 365 * 24 * time.Hour}}, 365*24*time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	var recent review.Decayed = d
	fmt.Printf("%.2f of %.1f ratings\n", recent.Mean, recent.EffectiveN)
	// Output: 3.67 of 1.8 ratings
}

func ExampleStars() {
	s := review.Stars{3, 1, 4, 1}
	fmt.Println(s.Add(5, 5), s.Count(), s.RatingValue(), s.Percent())
	// Output: true 14 3.3 [21 7 29 7 36]
}

func ExampleCount() {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	p := review.Post{Kind: review.Review, Rating: 5, Verified: true, CreatedAt: at, Moderation: moderation.Item{State: moderation.Approved}}
	var t review.Tally = review.Count(p, p)
	var m review.Month = review.MonthOf(at)
	fmt.Println(t.Ratings.Count(), t.Verified.Count(), m.Middle().Format(time.DateOnly))
	// Output: 2 2 2026-03-16
}

func ExampleAggregate_Decay() {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a := review.Aggregate{Product: "shoe", Months: []review.MonthTally{
		{Month: review.MonthOf(at.AddDate(-2, 0, 0)), Tally: review.Tally{Ratings: review.Stars{0: 10}}},
		{Month: review.MonthOf(at), Tally: review.Tally{Ratings: review.Stars{4: 10}}},
	}}
	d, err := a.Decay(at, 180*24*time.Hour)
	fmt.Printf("%.2f %v\n", d.Mean, err)
	// Output: 4.76 <nil>
}

func ExampleSimilarity() {
	alike, err := review.Similarity("Great shoes, very comfy and light!", "great shoes very comfy and light", 3)
	fmt.Println(alike, err)
	// Output: 1 <nil>
}

func ExampleBurstPValue() {
	p, err := review.BurstPValue(25, 12.5)
	fmt.Printf("%.4f %v\n", p, err)
	// Output: 0.0012 <nil>
}

func ExampleSignals() {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	p := review.Post{ID: "p", Kind: review.Review, Product: "shoe", Author: "anna", Rating: 5, Text: "I got this for free for my honest review", CreatedAt: at}
	for _, s := range review.Signals(&p, review.Around{}, at) {
		var signal review.Signal = s
		fmt.Println(signal.Kind, "-", signal.Reason)
	}
	// Output: undisclosed - the text says "got this for free" and no incentive is disclosed
}

func ExampleSummarize() {
	texts := []string{"True to size.", "The fit is perfect!", "They run small.", "Not expensive at all."}
	var posts []review.Post
	for i, text := range texts {
		posts = append(posts, review.Post{
			ID: fmt.Sprint(i), Kind: review.Review, Text: text, Moderation: moderation.Item{State: moderation.Approved},
		})
	}
	s, err := review.Summarize(posts, nil)
	if err != nil {
		log.Fatal(err)
	}
	var sum review.Summary = s
	var quote review.Quote = sum.Aspects[0].Quotes[2]
	fmt.Println(sum.Aspects[0].Text)
	fmt.Println(quote.Post, quote.Sentence)
	// Output:
	// 2 of the 3 reviews that mention the fit praise it (“True to size.”), 1 criticizes it (“They run small.”).
	// 2 They run small.
}

func ExampleMentions() {
	lexicon := review.English()
	lexicon.Aspects = append(lexicon.Aspects, review.Aspect{Name: "sole", Terms: []string{"sole"}, Bad: []string{"slippery"}})
	mentions, err := review.Mentions("The sole is slippery, but the price isn't bad.", lexicon)
	for _, m := range mentions {
		var mention review.Mention = m
		fmt.Println(mention.Aspect, mention.Positive)
	}
	fmt.Println(err)
	// Output:
	// price true
	// sole false
	// <nil>
}

func ExampleCheckLanguage() {
	fmt.Println(review.CheckLanguage("pt-BR"))
	fmt.Println(review.CheckLanguage("en' --"))
	// Output:
	// <nil>
	// language: not a language tag: invalid
}

func ExampleReadEvent() {
	e := flywheel.Event{Name: review.EventPostPublished, Ref: "p-1", Customer: "anna", Properties: map[string]any{
		review.PropertyProduct: "shoe", review.PropertyKind: "review", review.PropertyRating: 5.0, review.PropertyVerified: true,
	}}
	p, ok := review.ReadEvent(&e)
	var published review.Published = p
	fmt.Println(published.Product, published.Rating, published.Verified, published.Visible, ok)
	// Output: shoe 5 true true true
}

func ExamplePostError() {
	reviews, err := review.New(nil, nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = reviews.Get(context.Background(), "p-1")
	var missing *review.PostError
	fmt.Println(errors.As(err, &missing), errors.Is(err, flywheel.ErrNotFound), err)
	// Output: true true review: post "p-1": not found
}

func ExampleMemoryStore_Bought() {
	ctx := context.Background()
	store := review.NewMemory(nil)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	if err := store.Note(ctx, review.Purchase{Customer: "anna", SKU: "mug", Order: "o-1", Quantity: 2, At: at}); err != nil {
		log.Fatal(err)
	}
	bought, err := store.Bought(ctx, "anna", "mug")
	fmt.Println(bought[0].Order, bought[0].Quantity, err)
	// Output: o-1 2 <nil>
}

// A moderator passes a post on, another rejects it; its author edits it and appeals, and
// in the end takes it back.
func ExampleService_Appeal() {
	ctx := context.Background()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	reviews, err := review.New(nil, &review.Options{Now: func() time.Time { return at }})
	if err != nil {
		log.Fatal(err)
	}
	draft := review.Draft{Kind: review.Review, Product: "shoe", Author: "anna", Rating: 2, Text: "Too small."}
	p, err := reviews.Submit(ctx, draft)
	if err != nil {
		log.Fatal(err)
	}
	show := func(p review.Post, err error) {
		fmt.Println(p.Moderation.State, p.Visible(), err)
	}
	for _, step := range []func() (review.Post, error){
		func() (review.Post, error) { return reviews.Claim(ctx, p.ID, "mod-1") },
		func() (review.Post, error) { return reviews.Release(ctx, p.ID, "mod-1") },
		func() (review.Post, error) { return reviews.Claim(ctx, p.ID, "mod-2") },
		func() (review.Post, error) { return reviews.Decide(ctx, p.ID, "mod-2", moderation.Rejected, "rude") },
		func() (review.Post, error) { return reviews.Appeal(ctx, p.ID, "anna") },
		func() (review.Post, error) { return reviews.Claim(ctx, p.ID, "mod-3") },
		func() (review.Post, error) { return reviews.Decide(ctx, p.ID, "mod-3", moderation.Approved, "") },
		func() (review.Post, error) {
			draft.Text = "Too small for me."
			return reviews.Edit(ctx, p.ID, "anna", draft)
		},
	} {
		show(step())
	}
	fmt.Println(reviews.Withdraw(ctx, p.ID, "anna"))
	for p, err := range reviews.List(ctx, review.Filter{Product: "shoe", Kind: review.Review}) {
		fmt.Println("kept without its text:", p.Text == "", err)
	}
	fmt.Println(reviews.Forget(ctx, "anna"))
	// Output:
	// claimed false <nil>
	// pending false <nil>
	// claimed false <nil>
	// rejected false <nil>
	// pending false <nil>
	// claimed false <nil>
	// approved true <nil>
	// pending false <nil>
	// <nil>
	// kept without its text: true <nil>
	// <nil>
}
