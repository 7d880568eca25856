package campaign

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Store keeps contacts. Implementations are safe for concurrent use, honour
// ctx, and join the transaction carried by ctx (see [flywheel.Transactor]).
type Store interface {
	// Get returns a copy. A missing contact reports an error matching
	// [flywheel.ErrNotFound].
	Get(ctx context.Context, id flywheel.CustomerID) (Contact, error)
	// Save writes c if the stored version equals c.Version, which is 0 for a
	// contact that is not there yet, else it reports [flywheel.ErrConflict]. It
	// returns c with its new version, and keeps nothing of the caller's memory.
	Save(ctx context.Context, c Contact) (Contact, error)
	// Due returns the contact whose [Contact.Due] is earliest, the lesser ID
	// among equals, if that is before the given instant, and empty otherwise.
	Due(ctx context.Context, before time.Time) (flywheel.CustomerID, error)
	// List yields copies of all contacts ordered by ID. An error is yielded
	// once, last.
	List(ctx context.Context) iter.Seq2[Contact, error]
	// Delete forgets a contact; one that is not there is no error.
	Delete(ctx context.Context, id flywheel.CustomerID) error
}
