package catalog

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Store keeps a catalog as rows. It knows nothing of their meaning: a [Service]
// decides what is written. Implementations are safe for concurrent use, honor ctx
// and join the transaction that it carries (see [flywheel.Transactor]). Texts are
// kept byte for byte and ordered that way. What a Store returns is shared: nobody
// changes it.
type Store interface {
	// Heads returns those of the products that exist, in any order.
	Heads(ctx context.Context, ids ...ID) ([]*Head, error)
	// Variants returns the rows that q names, of one product by Place.
	Variants(ctx context.Context, q VariantQuery) ([]*VariantRow, error)
	// Slugs returns those of the slugs that exist, in any order.
	Slugs(ctx context.Context, keys ...SlugKey) ([]SlugRow, error)
	// Scan returns index entries in the order of Key and ID, of equal ones one.
	Scan(ctx context.Context, q Scan) ([]Entry, error)
	// Count returns how many products have an entry in a space of q. After and
	// Limit are not looked at.
	Count(ctx context.Context, q Scan) (int, error)
	// Definitions returns those written after a revision, in any order, and the
	// revision of the last write, 0 when there was none.
	Definitions(ctx context.Context, after int64) ([]Definition, int64, error)
	// Save writes a batch, all of it or nothing. It is refused with an error
	// matching flywheel.ErrStale when the revision of the definitions is not
	// b.Revision, when a head is not stored with b's Before, and when an SKU or a
	// slug that is written belongs to another product that b does not take it
	// from.
	Save(ctx context.Context, b *Batch) error
}

// Head is a product without its variants.
type Head struct {
	// Product has no Variants.
	Product Product
	// Variants is how many the product has.
	Variants int
	// Edits counts the changes of the product and of its variants.
	Edits int64
	// Source is nil where the product was not imported from a table.
	Source *Source
}

// VariantRow is a variant as a Store keeps it.
type VariantRow struct {
	Product ID
	// Place orders the variants of a product; places need not be adjacent.
	Place   int
	Variant Variant
}

// VariantQuery selects variants: all of Products, and those of SKUs.
type VariantQuery struct {
	Products []ID
	SKUs     []flywheel.SKU
	// Product and Combination select the variants of a product with a combination
	// of option values, joined by the unit separator U+001F.
	Product     ID
	Combination string
}

// SlugKey is a slug in its channel and locale.
type SlugKey struct {
	Channel Channel
	Locale  Locale
	Slug    string
}

// SlugRow is whose a slug is. A redirect leads to the product's present slug.
type SlugRow struct {
	SlugKey
	Product  ID
	Redirect bool
}

// Entry is one entry of the index: a product, or a variant of it that Key names,
// is found in Space, ordered by Key.
type Entry struct {
	Space, Key string
	ID         ID
	// From and Until bound the time in which the entry counts, in microseconds
	// since 1970: From <= t < Until.
	From, Until int64
}

// Scan selects entries of the index.
type Scan struct {
	// Spaces in which to look. With Prefix each stands for all that begin with it,
	// and the order is free: it is asked whether there is any.
	Spaces []string
	Prefix bool
	// AfterKey and AfterID are the entry behind which to begin; at the first where
	// both are empty.
	AfterKey string
	AfterID  ID
	// Limit is the largest number of entries; all where it is 0.
	Limit int
	// At leaves out what does not count at this time, in microseconds since 1970.
	// Timeless takes all.
	At       int64
	Timeless bool
	// Single promises that a product has no more than one entry in each space, so
	// that counting entries of one space counts products.
	Single bool
}

// Definition is a locale, channel, attribute, option set, type, category or
// collection: Body is its JSON, nil where it was removed.
type Definition struct {
	Kind, Code string
	Body       []byte
}

// Batch is what one change writes.
type Batch struct {
	// Revision of the definitions by which the change was decided.
	Revision int64
	// Definitions that are written, or removed. With any, or with Bump, the
	// revision becomes one higher, and others that save wait for the end of the
	// transaction.
	Definitions []Definition
	Bump        bool
	// Heads of all products that the change concerns.
	Heads []HeadChange
	// Removed variants, before Variants are written.
	Removed  []flywheel.SKU
	Variants []*VariantRow
	// Freed slugs, before Slugs are written.
	Freed []SlugKey
	Slugs []SlugRow
	// Drop and Add entries of the index.
	Drop, Add []Entry
}

// HeadChange is a head in its new form.
type HeadChange struct {
	Head *Head
	// Before is the number of edits that must be stored, 0 for a new product.
	Before int64
	// Touched reports that nothing but Edits and Variants has changed. Otherwise
	// Edits may also stay as they are stored: then only Source has changed.
	Touched bool
}

// StaleHead is the error of a Store that refuses a batch because a product has
// changed.
func StaleHead(id ID) error {
	return fmt.Errorf("catalog: product %q changed: %w", id, flywheel.ErrStale)
}

// StaleRevision is the error of a Store that refuses a batch because definitions
// have changed.
func StaleRevision(given, stored int64) error {
	return fmt.Errorf("catalog: definitions of revision %d given, %d is stored: %w", given, stored, flywheel.ErrStale)
}

// Taken is the error of a Store that refuses a batch because an SKU or a slug
// belongs to another product.
func Taken(what string) error {
	return fmt.Errorf("catalog: %q is taken: %w", what, flywheel.ErrStale)
}
