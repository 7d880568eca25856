package review_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/catalog/review/reviewtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// shop is a service with a clock and what it told.
type shop struct {
	*review.Service
	now   time.Time
	told  []flywheel.Event
	trust int
	ids   int
}

func newShop(t testing.TB, store review.Store) *shop {
	s := &shop{now: noon}
	var err error
	s.Service, err = review.New(store, &review.Options{
		Moderation: moderation.Rules{AutoApproveTrust: 50, ReportLimit: 2},
		Trust:      func(context.Context, flywheel.CustomerID) (int, error) { return s.trust, nil },
		Now:        func() time.Time { return s.now },
		NewID:      func() string { s.ids++; return fmt.Sprintf("p-%d", s.ids) },
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			s.told = append(s.told, events...)
			return nil
		}),
	})
	require.NoError(t, err)
	return s
}

func draft(author string, rating int) review.Draft {
	return review.Draft{Kind: review.Review, Product: "shoe", Author: flywheel.CustomerID(author), Rating: rating, Text: "Fine by " + author}
}

func entry(n int, name, customer, order string, lines ...flywheel.Line) flywheel.Entry {
	at := noon.Add(time.Duration(n) * time.Second)
	return flywheel.Entry{
		Position: flywheel.Position(n), Received: at, Effective: at, Person: flywheel.PersonOf(flywheel.CustomerID(customer), ""),
		Event: flywheel.Event{ID: fmt.Sprint("e", n), Name: name, Time: at, Customer: flywheel.CustomerID(customer), Ref: order, Lines: lines},
	}
}

func (s *shop) ratings(t testing.TB) review.Tally {
	list, err := s.Aggregates(t.Context(), false, "shoe")
	require.NoError(t, err)
	return list[0].Tally
}

// A review waits, is approved, edited, reported, appealed and withdrawn, and the
// aggregates and the events follow.
func TestLife(t *testing.T) {
	ctx := t.Context()
	s := newShop(t, nil)
	p, err := s.Submit(ctx, draft("anna", 4))
	require.NoError(t, err)
	require.Equal(t, moderation.Pending, p.Moderation.State)
	require.True(t, s.ratings(t).IsZero())
	require.Empty(t, s.told)

	_, _, err = s.Vote(ctx, p.ID, "ben", 1)
	require.ErrorIs(t, err, flywheel.ErrNotFound, "an invisible post is as one that is not there")
	_, err = s.Report(ctx, p.ID, "ben")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, hidden := s.Edit(ctx, p.ID, "ben", draft("ben", 1))
	_, missing := s.Edit(ctx, "p-9", "ben", draft("ben", 1))
	require.Equal(t, strings.ReplaceAll(missing.Error(), "p-9", p.ID), hidden.Error())

	_, err = s.Claim(ctx, p.ID, "anna")
	require.ErrorIs(t, err, flywheel.ErrForbidden)
	_, err = s.Claim(ctx, p.ID, "mod")
	require.NoError(t, err)
	_, err = s.Release(ctx, p.ID, "mod")
	require.NoError(t, err)
	_, err = s.Claim(ctx, p.ID, "mod")
	require.NoError(t, err)
	p, err = s.Decide(ctx, p.ID, "mod", moderation.Approved, "")
	require.NoError(t, err)
	require.Equal(t, review.Stars{3: 1}, s.ratings(t).Ratings)
	require.Len(t, s.told, 1)
	told, ok := review.ReadEvent(&s.told[0])
	require.True(t, ok)
	require.Equal(t, review.Published{Post: p.ID, Product: "shoe", Kind: review.Review, Author: "anna", Rating: 4, Visible: true}, told)

	_, err = s.Edit(ctx, p.ID, "ben", draft("ben", 1))
	require.ErrorIs(t, err, flywheel.ErrForbidden, "a visible one is known to all")
	_, err = s.Edit(ctx, p.ID, "anna", draft("anna", 7))
	var field *flywheel.FieldError
	require.ErrorAs(t, err, &field)
	p, err = s.Edit(ctx, p.ID, "anna", draft("anna", 2))
	require.NoError(t, err)
	require.False(t, p.Visible())
	require.True(t, s.ratings(t).IsZero())
	require.Equal(t, review.EventPostHidden, s.told[1].Name)
	_, err = s.Claim(ctx, p.ID, "mod")
	require.NoError(t, err)
	p, err = s.Decide(ctx, p.ID, "mod", moderation.Rejected, "off <b>topic</b>")
	require.NoError(t, err)
	require.Equal(t, "off topic", p.Note)
	_, err = s.Appeal(ctx, p.ID, "anna")
	require.NoError(t, err)
	_, err = s.Claim(ctx, p.ID, "mod-2")
	require.NoError(t, err)
	p, err = s.Decide(ctx, p.ID, "mod-2", moderation.Approved, "")
	require.NoError(t, err)
	require.Equal(t, review.Stars{1: 1}, s.ratings(t).Ratings)

	up, down, err := s.Vote(ctx, p.ID, "ben", 1)
	require.NoError(t, err)
	require.Equal(t, [2]int64{1, 0}, [2]int64{up, down})
	_, _, err = s.Vote(ctx, p.ID, "anna", 1)
	require.ErrorIs(t, err, flywheel.ErrForbidden)
	_, _, err = s.Vote(ctx, p.ID, "ben", 2)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	for i, reader := range []flywheel.CustomerID{"ben", "ben", "cleo"} {
		outcome, err := s.Report(ctx, p.ID, reader)
		require.NoError(t, err)
		require.Equal(t, []moderation.Outcome{moderation.Noted, moderation.Duplicate, moderation.Hidden}[i], outcome)
	}
	require.True(t, s.ratings(t).IsZero())

	require.ErrorIs(t, s.Withdraw(ctx, p.ID, "ben"), flywheel.ErrNotFound)
	require.NoError(t, s.Withdraw(ctx, p.ID, "anna"))
	p, err = s.Get(ctx, p.ID)
	require.NoError(t, err)
	require.Empty(t, p.Text+string(p.Author)+p.Title)
	_, err = s.Submit(ctx, draft("anna", 5))
	require.NoError(t, err, "after that another review may follow")
}

// The same draft again is the same post; another under its ID is refused.
func TestSubmitAgain(t *testing.T) {
	ctx := t.Context()
	s := newShop(t, nil)
	d := draft("anna", 4)
	d.ID = "own"
	first, err := s.Submit(ctx, d)
	require.NoError(t, err)
	s.now = s.now.Add(time.Hour)
	again, err := s.Submit(ctx, d)
	require.NoError(t, err)
	require.Equal(t, first, again)
	d.Rating = 1
	_, err = s.Submit(ctx, d)
	require.ErrorIs(t, err, flywheel.ErrKeyReused)
	d.ID = ""
	_, err = s.Submit(ctx, d)
	require.ErrorIs(t, err, review.ErrReviewed)
}

func TestQuestions(t *testing.T) {
	ctx := t.Context()
	s := newShop(t, nil)
	s.trust = 60
	q, err := s.Submit(ctx, review.Draft{Kind: review.Question, Product: "shoe", Author: "anna", Text: "Is it vegan?"})
	require.NoError(t, err)
	a, err := s.Submit(ctx, review.Draft{Kind: review.Answer, Parent: q.ID, Author: "shop", Text: "Yes, all of it.", Official: true})
	require.NoError(t, err)
	require.Equal(t, "shoe", a.Product)
	require.True(t, a.Official)
	_, err = s.Submit(ctx, review.Draft{Kind: review.Answer, Parent: a.ID, Author: "ben", Text: "An answer to an answer"})
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	tally := s.ratings(t)
	require.Equal(t, [2]int64{1, 1}, [2]int64{tally.Questions, tally.Answers})
	page, err := s.Page(ctx, review.Filter{Parent: q.ID, Visible: true}, "", 10)
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
}

func TestBadDrafts(t *testing.T) {
	ctx := t.Context()
	s := newShop(t, nil)
	long := strings.Repeat("x", 10_001)
	for name, c := range map[string]struct {
		field string
		kind  error
		d     func(d *review.Draft)
	}{
		"no author":       {"author", flywheel.ErrInvalid, func(d *review.Draft) { d.Author = "" }},
		"no product":      {"product", flywheel.ErrInvalid, func(d *review.Draft) { d.Product = "" }},
		"bad product":     {"product", flywheel.ErrInvalid, func(d *review.Draft) { d.Product = "a\x00b" }},
		"long id":         {"id", flywheel.ErrLimit, func(d *review.Draft) { d.ID = long }},
		"no kind":         {"kind", flywheel.ErrInvalid, func(d *review.Draft) { d.Kind = "" }},
		"no stars":        {"rating", flywheel.ErrOutOfRange, func(d *review.Draft) { d.Rating = 0 }},
		"six stars":       {"rating", flywheel.ErrOutOfRange, func(d *review.Draft) { d.Rating = 6 }},
		"question, stars": {"kind", flywheel.ErrInvalid, func(d *review.Draft) { d.Kind = review.Question }},
		"official":        {"official", flywheel.ErrInvalid, func(d *review.Draft) { d.Official = true }},
		"parent":          {"parent", flywheel.ErrInvalid, func(d *review.Draft) { d.Parent = "q" }},
		"long text":       {"text", flywheel.ErrLimit, func(d *review.Draft) { d.Text = long }},
		"long title":      {"title", flywheel.ErrLimit, func(d *review.Draft) { d.Title = long }},
		"long name":       {"name", flywheel.ErrLimit, func(d *review.Draft) { d.Name = long }},
		"language":        {"language", flywheel.ErrInvalid, func(d *review.Draft) { d.Language = "en' --" }},
		"incentive":       {"incentive", flywheel.ErrInvalid, func(d *review.Draft) { d.Incentive = "bribe" }},
		"media":           {"media[1].name", flywheel.ErrInvalid, func(d *review.Draft) { d.Media = []review.Media{{Name: "a.jpg"}, {Name: "../b.jpg"}} }},
		"much media":      {"media", flywheel.ErrLimit, func(d *review.Draft) { d.Media = make([]review.Media, 21) }},
		"a SKU":           {"skus[0]", flywheel.ErrInvalid, func(d *review.Draft) { d.SKUs = []flywheel.SKU{" "} }},
		"SKUs":            {"skus", flywheel.ErrLimit, func(d *review.Draft) { d.SKUs = make([]flywheel.SKU, 3000) }},
		"empty question": {"text", flywheel.ErrInvalid, func(d *review.Draft) {
			*d = review.Draft{Kind: review.Question, Product: "shoe", Author: "a", Text: " "}
		}},
		"only markup": {"text", flywheel.ErrInvalid, func(d *review.Draft) {
			*d = review.Draft{Kind: review.Question, Product: "shoe", Author: "a", Text: "<b></b>"}
		}},
		"answer, product": {"product", flywheel.ErrInvalid, func(d *review.Draft) {
			*d = review.Draft{Kind: review.Answer, Product: "shoe", Parent: "q", Author: "a", Text: "b"}
		}},
		"answer, question": {"parent", flywheel.ErrInvalid, func(d *review.Draft) { *d = review.Draft{Kind: review.Answer, Author: "a", Text: "b"} }},
	} {
		d := draft("anna", 4)
		c.d(&d)
		_, err := s.Submit(ctx, d)
		var field *flywheel.FieldError
		require.ErrorAs(t, err, &field, name)
		require.Equal(t, c.field, field.Field, name)
		require.ErrorIs(t, err, c.kind, name)
	}
	for p, err := range s.List(ctx, review.Filter{Sort: review.Waiting}) {
		t.Errorf("a refused draft left %v, %v", p, err)
	}
	_, err := review.New(nil, &review.Options{MaxText: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = review.New(nil, &review.Options{Moderation: moderation.Rules{SLA: -1}})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = review.New(struct{ review.Store }{}, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = s.Decide(ctx, "p-1", "mod", moderation.Approved, long)
	require.ErrorIs(t, err, flywheel.ErrLimit)
}

// Reviews are verified by the log, in whatever order purchase, review and refund
// come.
func TestVerified(t *testing.T) {
	ctx := t.Context()
	s := newShop(t, nil)
	s.trust = 60
	line := func(sku string, n int64) flywheel.Line { return flywheel.Line{SKU: flywheel.SKU(sku), Quantity: n} }
	require.NoError(t, s.Consume(ctx, []flywheel.Entry{
		entry(1, flywheel.EventPurchase, "anna", "o-1", line("shoe-42", 1), line("hat", 1)),
		entry(2, flywheel.EventPurchase, "", "o-2", line("shoe-42", 1)),
		entry(3, flywheel.EventViewItem, "ben", "", line("shoe-42", 1)),
	}))
	of := func(author string) review.Draft {
		d := draft(author, 5)
		d.SKUs = []flywheel.SKU{"shoe-42", "shoe-43"}
		return d
	}
	a, err := s.Submit(ctx, of("anna"))
	require.NoError(t, err)
	require.True(t, a.Verified)
	require.Equal(t, "o-1", a.Order)
	b, err := s.Submit(ctx, of("ben"))
	require.NoError(t, err)
	require.False(t, b.Verified)
	require.Equal(t, int64(1), s.ratings(t).Verified.Count())

	require.NoError(t, s.Consume(ctx, []flywheel.Entry{entry(4, flywheel.EventPurchase, "ben", "", line("shoe-43", 2))}))
	b, err = s.Get(ctx, b.ID)
	require.NoError(t, err)
	require.True(t, b.Verified)
	require.Equal(t, "e4", b.Order, "an order without a Ref is called as its event")
	require.NoError(t, s.Consume(ctx, []flywheel.Entry{entry(5, flywheel.EventRefund, "ben", "e4", line("shoe-43", 1))}))
	b, err = s.Get(ctx, b.ID)
	require.NoError(t, err)
	require.True(t, b.Verified, "one is kept")
	require.NoError(t, s.Consume(ctx, []flywheel.Entry{entry(6, flywheel.EventRefund, "ben", "e4", line("shoe-43", 1)), entry(7, flywheel.EventRefund, "anna", "", line("shoe-42", 1))}))
	b, err = s.Get(ctx, b.ID)
	require.NoError(t, err)
	require.False(t, b.Verified)
	require.Equal(t, review.Returned, b.Signals[0].Kind)
	require.Equal(t, int64(1), s.ratings(t).Verified.Count())

	err = s.Consume(ctx, []flywheel.Entry{entry(8, flywheel.EventPurchase, "anna", "o-9", line("shoe-42", math.MaxInt64))})
	var culprit *flywheel.EntryError
	require.ErrorAs(t, err, &culprit)
	require.Equal(t, flywheel.Position(8), culprit.Position)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// The service takes its turns in the runner of package segment, and a rebuild ends
// where it began.
func TestRunner(t *testing.T) {
	ctx := t.Context()
	db := new(flywheel.Memory)
	clock := noon
	now := func() time.Time { return clock }
	log, err := segment.NewLog(segment.NewMemoryLog(db), &segment.LogOptions{Now: now})
	require.NoError(t, err)
	reviews, err := review.New(review.NewMemory(db), &review.Options{Now: now, Sink: log, Moderation: moderation.Rules{AutoApproveTrust: 1},
		Trust: func(context.Context, flywheel.CustomerID) (int, error) { return 1, nil }})
	require.NoError(t, err)
	runner, err := segment.NewRunner(log, &segment.RunnerOptions{Now: now}, reviews)
	require.NoError(t, err)
	p, err := reviews.Submit(ctx, draft("anna", 5))
	require.NoError(t, err)
	require.NoError(t, log.Publish(ctx, flywheel.Event{ID: "buy", Name: flywheel.EventPurchase, Time: clock, Customer: "anna", Ref: "o", Lines: []flywheel.Line{{SKU: "shoe", Quantity: 1}}}))
	require.NoError(t, runner.Drain(ctx))
	want, err := reviews.Get(ctx, p.ID)
	require.NoError(t, err)
	require.True(t, want.Verified)
	require.NoError(t, runner.Rebuild(ctx, reviews.Name()))
	require.NoError(t, runner.Drain(ctx))
	got, err := reviews.Get(ctx, p.ID)
	require.NoError(t, err)
	require.Equal(t, want, got)
	events := 0
	for e, err := range log.Entries(ctx, segment.Query{}) {
		require.NoError(t, err)
		if _, ok := review.ReadEvent(&e.Event); ok {
			events++
		}
	}
	require.Equal(t, 1, events)
}

func TestSignals(t *testing.T) {
	at := noon
	kinds := func(p review.Post, around review.Around) (list []review.SignalKind) {
		for _, s := range review.Signals(&p, around, at) {
			require.NotEmpty(t, s.Reason)
			list = append(list, s.Kind)
		}
		return list
	}
	of := func(id, author string, hoursAgo, rating int, text string) review.Post {
		return review.Post{
			ID: id, Kind: review.Review, Product: "shoe", Author: flywheel.CustomerID(author), Rating: rating, Text: text,
			CreatedAt: at.Add(-time.Duration(hoursAgo) * time.Hour),
		}
	}
	p := of("p", "anna", 0, 4, "Light, true to size and really comfortable on long walks")
	require.Empty(t, kinds(p, review.Around{}))

	var calm, storm, steady []review.Post
	for i := range 12 {
		calm = append(calm, of(fmt.Sprint("c", i), fmt.Sprint("u", i), 24*(i+2), 4, ""))
		storm = append(storm, of(fmt.Sprint("s", i), fmt.Sprint("u", i), i, 5, ""))
	}
	for i := range 120 { // six a day
		steady = append(steady, of(fmt.Sprint("t", i), fmt.Sprint("u", i), 4*i, 5, ""))
	}
	require.Empty(t, kinds(p, review.Around{Product: calm}))
	require.Equal(t, []review.SignalKind{review.Burst}, kinds(p, review.Around{Product: storm}))
	require.Equal(t, []review.SignalKind{review.Burst}, kinds(p, review.Around{Product: append(storm, calm...)}))
	require.Empty(t, kinds(p, review.Around{Product: steady}))

	copied := of("q", "ben", 900, 4, "Light, true to size and really comfortable on long walks!!")
	require.Equal(t, []review.SignalKind{review.Repeated}, kinds(p, review.Around{Product: []review.Post{copied}}))
	require.Equal(t, []string{"q"}, review.Signals(&p, review.Around{Product: []review.Post{copied}}, at)[0].Posts)
	short := of("p", "anna", 0, 4, "Great shoes")
	require.Empty(t, kinds(short, review.Around{Product: []review.Post{of("q", "ben", 900, 4, "Great shoes")}}), "short texts are alike by chance")

	var hurried, voice []review.Post
	for i := range 6 {
		hurried = append(hurried, of(fmt.Sprint("h", i), "anna", i, 3, ""))
		voice = append(voice, of(fmt.Sprint("v", i), "anna", 100*(i+1), 5, ""))
	}
	require.Equal(t, []review.SignalKind{review.Hurried}, kinds(p, review.Around{Author: hurried}))
	p.Rating = 5
	require.Equal(t, []review.SignalKind{review.OneVoice}, kinds(p, review.Around{Author: voice}))
	require.Empty(t, kinds(p, review.Around{Author: append(voice, of("w", "anna", 900, 4, ""))}))

	p.Text = "I received this product for free in exchange for an honest review"
	require.Equal(t, []review.SignalKind{review.Undisclosed}, kinds(p, review.Around{}))
	p.Incentive = review.FreeProduct
	require.Empty(t, kinds(p, review.Around{}))
	for _, text := range []string{"write to me at a.b@example.com", "see https://example.com", "WhatsApp me", "call +49 151 1234 5678", "www.example.com"} {
		p.Text = text
		require.Equal(t, []review.SignalKind{review.Contact}, kinds(p, review.Around{}), text)
	}
	p.Text = "The 10-20 minute walk in size 42.5 for $120 was fine"
	require.Empty(t, kinds(p, review.Around{}))
	require.Equal(t, []review.SignalKind{review.Deceptive}, kinds(p, review.Around{Findings: []moderation.Finding{{Kind: moderation.LookAlike, Count: 2}}}))
}

// A flagged review waits for a moderator however much its author is trusted.
func TestFlaggedWaits(t *testing.T) {
	s := newShop(t, nil)
	s.trust = 100
	d := draft("anna", 5)
	d.Text = "Buy at раypal.example"
	p, err := s.Submit(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, "Buy at paypal.example", p.Text)
	require.Equal(t, moderation.Pending, p.Moderation.State)
	require.Equal(t, review.Deceptive, p.Signals[0].Kind)
}

func TestPages(t *testing.T) {
	ctx := t.Context()
	s := newShop(t, nil)
	s.trust = 60
	for i := range 25 {
		s.now = s.now.Add(30 * time.Hour)
		_, err := s.Submit(ctx, draft(fmt.Sprint("u", i), 1+i%5))
		require.NoError(t, err)
	}
	for _, sort := range []review.Sort{"", review.Oldest, review.Helpful, review.Highest, review.Lowest} {
		seen, cursor := map[string]bool{}, ""
		for {
			page, err := s.Page(ctx, review.Filter{Product: "shoe", Kind: review.Review, Sort: sort}, cursor, 7)
			require.NoError(t, err)
			for _, p := range page.Items {
				require.False(t, seen[p.ID])
				seen[p.ID] = true
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		require.Len(t, seen, 25)
	}
	for _, cursor := range []string{"x", "e30", strings.Repeat("a", 2000)} {
		_, err := s.Page(ctx, review.Filter{Product: "shoe", Kind: review.Review}, cursor, 7)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	for _, limit := range []int{0, -1, 1001} {
		_, err := s.Page(ctx, review.Filter{Product: "shoe", Kind: review.Review}, "", limit)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
}

func TestForget(t *testing.T) {
	ctx := t.Context()
	s := newShop(t, nil)
	s.trust = 60
	require.NoError(t, s.Consume(ctx, []flywheel.Entry{entry(1, flywheel.EventPurchase, "anna", "o-1", flywheel.Line{SKU: "shoe", Quantity: 1})}))
	p, err := s.Submit(ctx, draft("anna", 5))
	require.NoError(t, err)
	_, err = s.Submit(ctx, draft("ben", 1))
	require.NoError(t, err)
	require.NoError(t, s.Forget(ctx, "anna"))
	require.NoError(t, s.Forget(ctx, "anna"))
	require.Equal(t, review.Stars{0: 1}, s.ratings(t).Ratings)
	erased, err := s.Get(ctx, p.ID)
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%+v", erased), "anna")
	again, err := s.Submit(ctx, draft("anna", 4))
	require.NoError(t, err)
	require.False(t, again.Verified, "the purchase is forgotten, too")
	require.ErrorIs(t, s.Forget(ctx, ""), flywheel.ErrInvalid)
}

// A lost answer or a failed call of the store leaves nothing half done.
func TestStoreFails(t *testing.T) {
	ctx := t.Context()
	for _, call := range []string{"Save", "Get", "List", "Bought"} {
		for _, after := range []bool{false, true} {
			failing := true
			lost := errors.New("lost")
			store := reviewtest.Failing(review.NewMemory(nil), func(c string, a bool) error {
				if failing && c == call && a == after {
					return lost
				}
				return nil
			})
			s := newShop(t, store)
			s.trust = 60
			d := draft("anna", 4)
			d.ID = "own"
			_, err := s.Submit(ctx, d)
			if call != "Get" || !after { // Get of what is not there has no answer to lose
				require.ErrorIs(t, err, lost)
				require.True(t, s.ratings(t).IsZero())
				require.Empty(t, s.told)
			}
			failing = false
			_, err = s.Submit(ctx, d)
			require.NoError(t, err)
			require.Equal(t, int64(1), s.ratings(t).Ratings.Count())
		}
	}
}

// TestRecount makes edits of all kinds and compares the aggregates with a count of
// all posts from nothing, now and then. The million runs in memory.
func TestRecount(t *testing.T) {
	ctx := t.Context()
	store := review.NewMemory(nil)
	random := rand.New(rand.NewPCG(1, 2))
	const products, posts = 50, 3000
	stored := make([]review.Post, posts)
	edits := testkit.Often(1_000_000, 30_000)
	for n := range edits {
		i := random.IntN(posts)
		p := &stored[i]
		if p.Version == 0 {
			*p = review.Post{
				ID: fmt.Sprint(i), Kind: []review.Kind{review.Review, review.Review, review.Review, review.Question, review.Answer}[i%5],
				Product: fmt.Sprint(i % products), Rating: 1 + i%5,
				CreatedAt: noon.AddDate(0, -random.IntN(30), 0), UpdatedAt: noon, Moderation: moderation.Item{State: moderation.Pending},
			}
			if p.Kind != review.Review {
				p.Rating = 0
			}
		}
		switch random.IntN(6) {
		case 0, 1:
			p.Moderation.State = moderation.Approved
		case 2:
			p.Moderation.State = moderation.Rejected
		case 3:
			if p.Kind == review.Review {
				p.Rating = 1 + random.IntN(5)
			}
		case 4:
			p.Verified = !p.Verified
		case 5:
			p.Incentive = []review.Incentive{review.NoIncentive, review.Points}[random.IntN(2)]
		}
		var err error
		if *p, err = store.Save(ctx, *p); err != nil {
			t.Fatal(err)
		}
		if n%(edits/20) != 0 && n != edits-1 {
			continue
		}
		byProduct := make([][]review.Post, products)
		for _, p := range stored {
			if p.Version > 0 {
				byProduct[mustAtoi(p.Product)] = append(byProduct[mustAtoi(p.Product)], p)
			}
		}
		for k, of := range byProduct {
			list, err := store.Aggregates(ctx, true, fmt.Sprint(k))
			require.NoError(t, err)
			require.Equal(t, review.Count(of...), list[0].Tally, "after %d edits", n+1)
			var months review.Tally
			for _, m := range list[0].Months {
				months.Add(m.Tally)
			}
			require.Equal(t, list[0].Tally, months)
		}
	}
}

func mustAtoi(s string) (n int) {
	if _, err := fmt.Sscan(s, &n); err != nil {
		panic(err)
	}
	return n
}
