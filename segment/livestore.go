package segment

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/live"
)

// LiveState is what [Live] remembers of one alias: a customer, a device or an account.
type LiveState struct {
	// Alias is a customer or visitor as flywheel.PersonOf writes it, or "a:" and an
	// account.
	Alias flywheel.Person
	// Version counts the saves, zero for what is not stored.
	Version int64
	// Data is the state as package live codes it; nil where nothing is remembered.
	Data []byte
	// Due is when time alone may change a membership next; zero for never.
	Due time.Time
	// Segments are those of which the alias is a member, in order.
	Segments []string
	// Linked are the customers of a device in the order of their links, or the devices
	// to which a customer is linked. Save takes those of a device, where Relinked is set.
	Linked   []string
	Relinked bool
}

// LiveDefined are the definitions of a [Live] as a store keeps them.
type LiveDefined struct {
	// Version counts the changes, zero for none.
	Version int64
	// Definitions are in the order in which they were defined, and Configured the
	// LiveOptions.Segments that were applied last.
	Definitions, Configured []live.Definition
}

// LiveStore keeps the state of live segments by alias. Implementations are safe for
// concurrent use, honor ctx, and join the transaction carried by ctx. The slices of
// what is saved or loaded are never changed by anyone and may be shared.
type LiveStore interface {
	// Load returns the states of aliases in the order given; one that is not stored has
	// only Alias set, and perhaps Linked.
	Load(ctx context.Context, aliases ...flywheel.Person) ([]LiveState, error)
	// Save writes all states, each with its Version one higher, and removes those without
	// Data; or none: when a stored version is not the one given, the error matches
	// flywheel.ErrStale.
	Save(ctx context.Context, states ...LiveState) error
	// List yields all states, or those of the members of a segment where one is named,
	// without Linked, in the order in which they were stored first. An error is yielded
	// once, last.
	List(ctx context.Context, segment string) iter.Seq2[LiveState, error]
	// Due returns up to limit aliases that are due at now or before and for whom keep
	// reports true, in order of Due and Alias. In a transaction no other worker gets the
	// same ones.
	Due(ctx context.Context, now time.Time, limit int, keep func(flywheel.Person) bool) ([]flywheel.Person, error)
	// Clear removes all states; definitions stay.
	Clear(ctx context.Context) error
	// Definitions returns those of the Live of a name. While the transaction of ctx
	// lasts, nobody else changes them. When their version is the known one, nothing
	// else need be returned.
	Definitions(ctx context.Context, name string, known int64) (LiveDefined, error)
	// Define puts d in place of those whose version is one less; when the stored
	// version is another, the error matches flywheel.ErrStale.
	Define(ctx context.Context, name string, d LiveDefined) error
}
