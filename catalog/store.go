package catalog

import (
	"context"
	"fmt"
	"iter"

	"github.com/flywheel-go/flywheel"
)

// Store keeps products and the tree of categories. Implementations are safe for
// concurrent use, honour ctx and join the transaction that it carries (see
// [flywheel.Transactor]). Products go in and out as copies, with times in UTC to the
// microsecond; strings are kept byte for byte and compared that way.
type Store interface {
	// Get returns the products with the given IDs, in their order. When one is
	// missing the error matches [flywheel.ErrNotFound].
	Get(ctx context.Context, ids ...ID) ([]Product, error)
	// BySKU returns the product with the variant sku. When there is none the
	// error matches [flywheel.ErrNotFound].
	BySKU(ctx context.Context, sku flywheel.SKU) (Product, error)
	// Save writes all products or, when it reports an error, none. A product of
	// version 0 is created and must not exist; any other must be stored in the
	// same version, or the error matches [ErrStale], and [flywheel.ErrNotFound]
	// when it is not stored at all. An SKU belongs to one variant of one product,
	// or the error matches [ErrSKUTaken]; one call may pass an SKU from one
	// product to another. The products are returned in their new version, which
	// is one higher.
	Save(ctx context.Context, products ...Product) ([]Product, error)
	// List yields the products that match q, ordered by ID. An error is yielded
	// once, last.
	List(ctx context.Context, q Query) iter.Seq2[Product, error]
	// Tree returns the tree of categories, empty at first.
	Tree(ctx context.Context) (Tree, error)
	// SaveTree replaces the tree if the stored version equals t.Version, else the
	// error matches [ErrStale]. It returns the tree in its new version, which is
	// one higher.
	SaveTree(ctx context.Context, t Tree) (Tree, error)
}

// Query selects products of a [Store].
type Query struct {
	// Status of the products; any when it is empty.
	Status Status
	// Categories of which a product is in at least one, those below not being
	// looked at; any when there are none.
	Categories []CategoryID
	// After is the ID behind which to begin; at the first when it is empty.
	After ID
	// Limit is the largest number of products; all when it is 0.
	Limit int
}

// Errors of a Store. The typed errors below match them and carry the operands.
var (
	// ErrStale reports a change to a version that is not the stored one.
	ErrStale = fmt.Errorf("catalog: changed meanwhile: %w", flywheel.ErrConflict)
	// ErrSKUTaken reports an SKU that another variant has.
	ErrSKUTaken = fmt.Errorf("catalog: SKU taken: %w", flywheel.ErrConflict)
)

// StaleError tells which product was given in which version, and which one is
// stored. Product is empty for the tree of categories. It matches [ErrStale].
type StaleError struct {
	Product       ID
	Given, Stored int64
}

func (e *StaleError) Error() string {
	what := "the tree of categories"
	if e.Product != "" {
		what = fmt.Sprintf("product %q", e.Product)
	}
	return fmt.Sprintf("catalog: %s: version %d given, %d is stored", what, e.Given, e.Stored)
}

// Unwrap returns [ErrStale].
func (e *StaleError) Unwrap() error { return ErrStale }

// SKUTakenError tells which product wants an SKU and which one has it. It matches
// [ErrSKUTaken].
type SKUTakenError struct {
	SKU     flywheel.SKU
	Product ID // wants it
	Owner   ID // has it
}

func (e *SKUTakenError) Error() string {
	return fmt.Sprintf("catalog: product %q: SKU %q belongs to product %q", e.Product, e.SKU, e.Owner)
}

// Unwrap returns [ErrSKUTaken].
func (e *SKUTakenError) Unwrap() error { return ErrSKUTaken }

func missingProduct(id ID) error {
	return fmt.Errorf("catalog: product %q: %w", id, flywheel.ErrNotFound)
}
