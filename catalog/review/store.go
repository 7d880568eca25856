package review

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"regexp"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

// Store keeps posts, votes and the aggregates of products. Implementations are safe
// for concurrent use, honor ctx, join the transaction carried by ctx (see
// [flywheel.Transactor]), keep times in UTC to the microsecond, compare texts byte
// by byte, and share no memory with what they take and give. Every call is atomic
// on its own. Each call is about one post, one product or one customer.
type Store interface {
	// Get returns the post, or an error matching [flywheel.ErrNotFound].
	Get(ctx context.Context, id string) (Post, error)
	// Save writes p and counts Version up when the stored version equals p.Version; a
	// post that is not stored has version 0. Else it reports [ErrStale]. A new review
	// of a product that the author has reviewed is [ErrReviewed]. The aggregates
	// change with the post. Of Up and Down the stored ones are kept.
	Save(ctx context.Context, p Post) (Post, error)
	// List yields the posts that match f in the order of f.Sort. An error is yielded
	// once, last. The caller may call the store while ranging and may stop early.
	List(ctx context.Context, f Filter) iter.Seq2[Post, error]
	// Vote sets what a reader thinks of a post: 1 helpful, -1 not, 0 nothing, in place
	// of the vote before, and returns the counts. A post that is not there is an error
	// matching [flywheel.ErrNotFound].
	Vote(ctx context.Context, id string, voter flywheel.CustomerID, value int) (up, down int64, err error)
	// Aggregates returns the aggregate of each product, in that order, with its
	// months where asked for. A product without posts has zero.
	Aggregates(ctx context.Context, months bool, products ...string) ([]Aggregate, error)
	// Forget erases a customer: the own posts become [Post.Erased], which counts
	// nowhere, and votes and reports of the customer as if they had never been.
	Forget(ctx context.Context, customer flywheel.CustomerID) error
}

// PurchaseStore keeps who bought what. The rules of [Store] hold.
type PurchaseStore interface {
	// Note adds the quantities of purchases to what is known of their customer, SKU
	// and order. The time of the first is kept.
	Note(ctx context.Context, purchases ...Purchase) error
	// Bought returns what a customer bought of the SKUs, by time and order; without
	// SKUs of any.
	Bought(ctx context.Context, customer flywheel.CustomerID, skus ...flywheel.SKU) ([]Purchase, error)
	// ForgetPurchases removes those of a customer.
	ForgetPurchases(ctx context.Context, customer flywheel.CustomerID) error
	// ClearPurchases removes all.
	ClearPurchases(ctx context.Context) error
}

// Purchase is how much of a SKU a customer has from an order.
type Purchase struct {
	Customer flywheel.CustomerID
	SKU      flywheel.SKU
	Order    string
	Quantity int64 // less what was refunded; perhaps negative until the purchase comes
	At       time.Time
}

// Sort is an order of posts.
type Sort string

// The orders. Ties are broken by the time of writing and the ID, in the same
// direction.
const (
	Newest  Sort = "newest" // the default
	Oldest  Sort = "oldest"
	Helpful Sort = "helpful" // by [Helpfulness]
	Highest Sort = "highest" // by rating
	Lowest  Sort = "lowest"
	// Waiting lists what is to be moderated, what is due first first.
	Waiting Sort = "waiting"
)

// ParseSort reads the name of an order; "" is Newest.
func ParseSort(name string) (Sort, error) {
	switch s := Sort(name); s {
	case "":
		return Newest, nil
	case Newest, Oldest, Helpful, Highest, Lowest, Waiting:
		return s, nil
	}
	if len(name) > 40 {
		name = name[:40]
	}
	return "", field("sort", fmt.Errorf("%q is none of the orders: %w", name, flywheel.ErrInvalid))
}

// Descends reports whether the order goes from high to low.
func (s Sort) Descends() bool { return s == "" || s == Newest || s == Helpful || s == Highest }

var languageTag = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,4}$`)

// CheckLanguage reports whether a text has the form of a BCP 47 language tag.
func CheckLanguage(tag string) error {
	if len(tag) > 40 || !languageTag.MatchString(tag) {
		return field("language", fmt.Errorf("not a language tag: %w", flywheel.ErrInvalid))
	}
	return nil
}

// Filter says which posts to list. Product and Kind, Parent, or Author are needed,
// unless Sort is Waiting: every listing comes from an index.
type Filter struct {
	Product string
	Kind    Kind
	Parent  string
	Author  flywheel.CustomerID
	// Visible keeps what readers see.
	Visible bool
	// Rating, when not 0, keeps reviews of so many stars.
	Rating   int
	Verified bool
	Language string
	Sort     Sort
	// After, when set, begins behind that position of the order.
	After Position
	// Limit, when positive, is the largest number of posts.
	Limit int
}

// Check reports what is wrong with f as a [*flywheel.FieldError].
func (f *Filter) Check() error {
	if _, err := ParseSort(string(f.Sort)); err != nil {
		return err
	}
	if f.Language != "" {
		if err := CheckLanguage(f.Language); err != nil {
			return err
		}
	}
	switch {
	case f.Kind != "" && f.Kind != Review && f.Kind != Question && f.Kind != Answer:
		return field("kind", fmt.Errorf("%.40q: %w", f.Kind, flywheel.ErrInvalid))
	case f.Rating < 0 || f.Rating > 5:
		return outOfRange("rating", "%d is not from 0 to 5", f.Rating)
	case f.Limit < 0:
		return outOfRange("limit", "%d is negative", f.Limit)
	case f.Product == "" && f.Parent == "" && f.Author == "" && f.Sort != Waiting:
		return field("product", fmt.Errorf("neither product, parent nor author: %w", flywheel.ErrInvalid))
	case f.Product != "" && f.Kind == "" && f.Parent == "" && f.Author == "" && f.Sort != Waiting:
		return field("kind", fmt.Errorf("missing beside a product: %w", flywheel.ErrInvalid))
	}
	return nil
}

// Match reports whether f keeps p; Sort, After and Limit are not looked at, except
// that Waiting keeps what waits for moderation.
func (f *Filter) Match(p *Post) bool {
	switch {
	case f.Product != "" && p.Product != f.Product,
		f.Kind != "" && p.Kind != f.Kind,
		f.Parent != "" && p.Parent != f.Parent,
		f.Author != "" && p.Author != f.Author,
		f.Visible && !p.Visible(),
		f.Rating != 0 && p.Rating != f.Rating,
		f.Verified && !p.Verified,
		f.Language != "" && p.Language != f.Language,
		f.Sort == Waiting && !p.Waits():
		return false
	}
	return true
}

// Waits reports whether the post waits for moderation.
func (p *Post) Waits() bool {
	return p.Moderation.State == moderation.Pending || p.Moderation.State == moderation.Claimed
}

// Position is a place in an order. The zero value is before all.
type Position struct {
	// Key is what the order looks at first: the helpfulness, the rating, or 0.
	Key int64 `json:"k,omitempty"`
	// At is the time of writing, or when it is due.
	At time.Time `json:"t"`
	ID string    `json:"i"`
}

// IsZero reports whether p is before all posts.
func (p Position) IsZero() bool { return p.ID == "" }

// Position returns where p stands in an order.
func (p *Post) Position(s Sort) Position {
	at := Position{At: p.CreatedAt, ID: p.ID}
	switch s {
	case Helpful:
		at.Key = Helpfulness(p.Up, p.Down)
	case Highest, Lowest:
		at.Key = int64(p.Rating)
	case Waiting:
		at.At = p.Moderation.Due
	}
	return at
}

// Compare orders positions of one order, the first first.
func (p Position) Compare(q Position, s Sort) int {
	c := cmp.Or(cmp.Compare(p.Key, q.Key), p.At.Compare(q.At), cmp.Compare(p.ID, q.ID))
	if s.Descends() {
		return -c
	}
	return c
}
