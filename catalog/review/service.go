package review

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/told"
)

// Options configure a [Service]. The zero value is ready: every post is looked at
// by a moderator.
type Options struct {
	// Moderation are the rules of moderation.
	Moderation moderation.Rules
	// Trust is how much an author is trusted, see moderation.Rules; by default not at
	// all.
	Trust func(ctx context.Context, author flywheel.CustomerID) (int, error)
	// Purchases keeps what the log says of purchases, by default the store.
	Purchases PurchaseStore
	// MaxText is the longest text in characters, by default DefaultMaxText.
	MaxText int
	// Now is the clock, by default time.Now.
	Now func() time.Time
	// NewID names posts, by default by a UUIDv7.
	NewID func() string
	// Sink learns of posts that are published and hidden, by default nobody. A log in
	// the database of the store receives events in the transaction of the change, any
	// other after it, see [Service.Deliver].
	Sink flywheel.Sink
	// Tx makes a change and its event one, by default the database of the store.
	Tx flywheel.Transactor
}

// Service keeps the reviews and questions of a shop. It is a [flywheel.Consumer]
// and safe for concurrent use.
type Service struct {
	store     Store
	purchases PurchaseStore
	machine   *moderation.Machine
	opts      Options
	teller    told.Teller
}

var _ flywheel.Consumer = (*Service)(nil)

// New returns a service on store; nil stands for a fresh memory store, nil options
// for the defaults.
func New(store Store, opts *Options) (*Service, error) {
	s := &Service{store: store}
	if opts != nil {
		s.opts = *opts
	}
	if s.store == nil {
		s.store = NewMemory(nil)
	}
	if s.purchases = s.opts.Purchases; s.purchases == nil {
		purchases, ok := s.store.(PurchaseStore)
		if !ok {
			return nil, fmt.Errorf("review: %T keeps no purchases and Options name no other: %w", s.store, flywheel.ErrInvalid)
		}
		s.purchases = purchases
	}
	if s.opts.MaxText < 0 {
		return nil, fmt.Errorf("review: MaxText %d: %w", s.opts.MaxText, flywheel.ErrOutOfRange)
	}
	if s.opts.MaxText == 0 {
		s.opts.MaxText = DefaultMaxText
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	if s.opts.NewID == nil {
		s.opts.NewID = newid.New
	}
	s.opts.Tx = handle.Tx(s.opts.Tx, s.store)
	s.teller = told.New(s.store, s.opts.Sink)
	var err error
	if s.machine, err = moderation.New(s.opts.Moderation); err != nil {
		return nil, fmt.Errorf("review: %w", err)
	}
	return s, nil
}

// Name returns the name of the consumer.
func (s *Service) Name() string { return "review.Service" }

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Deliver publishes to the Sink what it did not accept before. A runner calls it.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

// inTx runs fn in a transaction where there is one to have.
func (s *Service) inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.opts.Tx == nil {
		return fn(ctx)
	}
	return s.opts.Tx.InTx(ctx, fn)
}

// aroundLimit is how many posts a new one is compared with.
const aroundLimit = 200

// Submit adds a post: its texts cleaned, verified by what the log knows of its
// author, with the signals that were found, and approved or waiting by the rules of
// moderation. The same draft under the same ID again returns the post as it is now;
// another draft under it is [ErrKeyReused]. A second review of a product is
// [ErrReviewed]; the first can be edited.
func (s *Service) Submit(ctx context.Context, d Draft) (p Post, err error) {
	if err := d.check(s.opts.MaxText); err != nil {
		return Post{}, fmt.Errorf("review: %w", err)
	}
	key, id := d.fingerprint(), d.ID
	if id == "" {
		id = s.opts.NewID()
	}
	trust := 0
	if s.opts.Trust != nil {
		if trust, err = s.opts.Trust(ctx, d.Author); err != nil {
			return Post{}, fmt.Errorf("review: trust in %q: %w", d.Author, err)
		}
	}
	err = s.inTx(ctx, func(ctx context.Context) error {
		if d.ID != "" {
			there, err := s.store.Get(ctx, d.ID)
			if err == nil && there.Fingerprint != key {
				return &PostError{d.ID, ErrKeyReused}
			}
			if err == nil {
				p = there
				return nil
			}
			if !errors.Is(err, flywheel.ErrNotFound) {
				return err
			}
		}
		now := s.opts.Now()
		fresh := Post{
			ID: id, Kind: d.Kind, Product: d.Product, SKUs: d.SKUs, Parent: d.Parent, Author: d.Author,
			Official: d.Official, Fingerprint: key, CreatedAt: now, UpdatedAt: now,
		}
		if d.Kind == Answer {
			question, err := s.store.Get(ctx, d.Parent)
			if err != nil || question.Kind != Question || !question.Visible() {
				return errors.Join(err, notFound(d.Parent))
			}
			fresh.Product = question.Product
		}
		fresh = fresh.Clone()
		if err := s.content(ctx, &fresh, &d, now); err != nil {
			return err
		}
		if fresh.Moderation, err = s.machine.Submit(moderation.Submission{
			Author: string(d.Author), Trust: trust, Flagged: len(fresh.Signals) > 0,
		}, now); err != nil {
			return err
		}
		p, err = s.save(ctx, fresh, false)
		return err
	})
	if err != nil {
		return Post{}, err
	}
	return p, nil
}

// content writes a draft's content into p and finds out about it.
func (s *Service) content(ctx context.Context, p *Post, d *Draft, now time.Time) error {
	around := Around{Findings: d.write(p)}
	if p.Kind != Review && p.Text == "" {
		return field("text", fmt.Errorf("nothing to read: %w", flywheel.ErrInvalid))
	}
	if p.Kind == Review {
		if err := s.verify(ctx, p); err != nil {
			return err
		}
	}
	for _, look := range []struct {
		list *[]Post
		f    Filter
	}{
		{&around.Product, Filter{Product: p.Product, Kind: Review, Limit: aroundLimit}},
		{&around.Author, Filter{Author: p.Author, Limit: aroundLimit}},
	} {
		for o, err := range s.store.List(ctx, look.f) {
			if err != nil {
				return err
			}
			*look.list = append(*look.list, o)
		}
	}
	p.Signals = Signals(p, around, now)
	return nil
}

// verify sets whether the author has bought what the review is about.
func (s *Service) verify(ctx context.Context, p *Post) error {
	purchases, err := s.purchases.Bought(ctx, p.Author, p.skus()...)
	if err != nil {
		return err
	}
	p.Verified, p.Order = false, ""
	for _, b := range purchases {
		if b.Quantity > 0 {
			p.Verified, p.Order = true, b.Order
			break
		}
	}
	return nil
}

// save stores p and reports whether readers see it now and did not before, or
// the other way around. It is called in a transaction.
func (s *Service) save(ctx context.Context, p Post, wasVisible bool) (Post, error) {
	saved, err := s.store.Save(ctx, p)
	if err != nil || saved.Visible() == wasVisible {
		return saved, err
	}
	return saved, s.teller.Tell(ctx, saved.event())
}

// maxTries bounds how often a change begins again. Each time somebody else's change
// went through.
const maxTries = 100

// change loads a post, changes it, and saves it; when somebody else saved meanwhile
// it begins again. Where fn returns false nothing is saved.
func (s *Service) change(ctx context.Context, id string, fn func(ctx context.Context, p *Post, now time.Time) (bool, error)) (p Post, err error) {
	for range maxTries {
		err = s.inTx(ctx, func(ctx context.Context) error {
			if p, err = s.store.Get(ctx, id); err != nil {
				return err
			}
			visible := p.Visible()
			now := s.opts.Now()
			save, err := fn(ctx, &p, now)
			if err != nil || !save {
				return err
			}
			p.UpdatedAt = now
			p, err = s.save(ctx, p, visible)
			return err
		})
		if !errors.Is(err, ErrStale) {
			break
		}
	}
	if err != nil {
		return Post{}, err
	}
	return p, nil
}

// Get returns a post, whatever its state; readers are shown it only if
// [Post.Visible].
func (s *Service) Get(ctx context.Context, id string) (Post, error) { return s.store.Get(ctx, id) }

// List yields the posts that match f in the order of f.Sort.
func (s *Service) List(ctx context.Context, f Filter) iter.Seq2[Post, error] {
	return s.store.List(ctx, f)
}

// MaxPage is the most posts of a page.
const MaxPage = 1000

// Page returns at most limit posts, 1 to [MaxPage], behind a cursor that the page
// before gave, or "" for the first.
func (s *Service) Page(ctx context.Context, f Filter, cursor string, limit int) (flywheel.Page[Post], error) {
	var page flywheel.Page[Post]
	if limit < 1 || limit > MaxPage {
		return page, fmt.Errorf("review: %w", field("limit", fmt.Errorf("%d is not from 1 to %d: %w", limit, MaxPage, flywheel.ErrInvalid)))
	}
	if cursor != "" {
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if len(cursor) > 1024 || err != nil || json.Unmarshal(text, &f.After) != nil || flywheel.CheckID(f.After.ID) != nil {
			return page, fmt.Errorf("review: %w", field("cursor", fmt.Errorf("not one of a page: %w", flywheel.ErrInvalid)))
		}
	}
	f.Limit = limit + 1
	for p, err := range s.store.List(ctx, f) {
		if err != nil {
			return flywheel.Page[Post]{}, err
		}
		page.Items = append(page.Items, p)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		text, err := json.Marshal(page.Items[limit-1].Position(f.Sort))
		if err != nil {
			return flywheel.Page[Post]{}, err
		}
		page.Next = base64.RawURLEncoding.EncodeToString(text)
	}
	return page, nil
}

// Aggregates returns the aggregates of products, in that order, with months where
// asked for. They are kept up to date with each change, not computed.
func (s *Service) Aggregates(ctx context.Context, months bool, products ...string) ([]Aggregate, error) {
	return s.store.Aggregates(ctx, months, products...)
}

// summarized is how many reviews a summary reads.
const summarized = 1000

// Summary is [Summarize] of the thousand most helpful visible reviews of a product.
func (s *Service) Summary(ctx context.Context, product string) (Summary, error) {
	var posts []Post
	for p, err := range s.store.List(ctx, Filter{Product: product, Kind: Review, Visible: true, Sort: Helpful, Limit: summarized}) {
		if err != nil {
			return Summary{}, err
		}
		posts = append(posts, p)
	}
	return Summarize(posts, nil)
}

// Forget erases a customer: the texts become empty and invisible and their ratings
// count no longer; votes and reports of the customer are as if they had never been;
// the purchases and what the Sink has not received yet are removed.
func (s *Service) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return fmt.Errorf("review: %w", field("customer", err))
	}
	return s.inTx(ctx, func(ctx context.Context) error {
		if err := s.teller.Forget(ctx, customer); err != nil {
			return err
		}
		if err := s.purchases.ForgetPurchases(ctx, customer); err != nil {
			return err
		}
		return s.store.Forget(ctx, customer)
	})
}
