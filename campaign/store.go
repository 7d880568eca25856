package campaign

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
)

// State is a contact with its active runs, and the entries that were asked for.
type State struct {
	Contact Contact
	Runs    []Run   // in the order of (Entered, Position, Journey, ID)
	Entries []Entry // in the order of (Journey, Key)
}

// Change is what became of a contact.
type Change struct {
	Contact Contact // saved by its version
	Runs    []Run   // begun or changed
	Ended   []string
	Entries []Entry
}

// Ask says which contacts to load.
type Ask struct {
	Contacts []flywheel.Person // each once
	// Keys are the entries to load of a contact.
	Keys map[flywheel.Person][]EntryKey
	// Lock keeps others from the contacts until the transaction ends, where the
	// database can. With Skip, contacts that another has locked are left out of the
	// answer.
	Lock, Skip bool
}

// Query says which runs to find: those that are due, those that wait for a subject,
// or those that have not heard of an act. Exactly one of Due, Subjects and Acts is
// set.
type Query struct {
	// Due finds runs due at or before it, in the order of (Due, ID).
	Due time.Time
	// Subjects finds runs with one of these, behind After, in the order of (Entered,
	// Position, ID).
	Subjects []string
	After    Found
	// Acts finds runs of Journey that have heard of less, in the order of ID.
	Acts    int64
	Journey ID
	// Without and Only leave journeys out of Due, and all others.
	Without, Only []ID
	// Held persons are left out; nil is nobody.
	Held func(flywheel.Person) bool
	// Limit is how many runs to find at most, at least 1.
	Limit int
}

// Found is a run that was found.
type Found struct {
	Run      string
	Contact  flywheel.Person
	Entered  time.Time
	Position flywheel.Position
}

// Store keeps contacts, runs and what operators did. Implementations are safe for
// concurrent use, honor ctx, and join the transaction of ctx in the database that
// Handle names. The engine makes each change in such a transaction.
type Store interface {
	flywheel.Stored
	// Load returns copies of contacts, those that do not exist with the zero
	// version, in the order asked for.
	Load(ctx context.Context, ask Ask) ([]State, error)
	// Save writes changes if each contact's stored version is that of the change, 0
	// for one that does not exist, else it reports [flywheel.ErrStale] and writes
	// nothing. It raises the versions by one and keeps nothing of the caller's
	// memory.
	Save(ctx context.Context, changes ...Change) error
	// Find finds runs. Where the database can, those that are due are locked until
	// the transaction ends, and those that another has locked are left out.
	Find(ctx context.Context, q Query) ([]Found, error)
	// Acts returns the acts behind a number, in order.
	Acts(ctx context.Context, after int64) ([]Act, error)
	// Record writes an act: with the number behind the last one as a new one, with
	// a known number in its place. Any other number is [flywheel.ErrStale].
	Record(ctx context.Context, a Act) error
	// List yields all contacts with their runs, ordered by ID. An error is yielded
	// once, last.
	List(ctx context.Context) iter.Seq2[State, error]
	// Delete removes contacts with their runs and entries, all of them when none is
	// named. One that does not exist is no error.
	Delete(ctx context.Context, contacts ...flywheel.Person) error
}
