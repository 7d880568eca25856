package inventory

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Store keeps levels, ledgers and reservations. Implementations are safe for
// concurrent use, honor ctx, return copies, and join the transaction carried by
// ctx (see flywheel.Transactor). Names are compared byte by byte, and listings
// are ordered so.
//
// Each method concerns one partition: an item (SKU and location) or a
// reservation; listings span them.
type Store interface {
	// Levels yields the levels of sku at location, ordered by SKU and location.
	// An empty sku or location stands for all. Items that nothing happened to
	// are left out. An error is yielded once, last.
	Levels(ctx context.Context, sku flywheel.SKU, location Location) iter.Seq2[Level, error]
	// SetBackorder sets how far Available of an item may go below zero.
	SetBackorder(ctx context.Context, sku flywheel.SKU, location Location, limit int64) error
	// Post appends m to the ledger of its item as [Level.Apply] says, check and
	// write in one. It returns the movement as it stands in the ledger, which
	// for a key that already exists is the earlier one.
	Post(ctx context.Context, m Movement) (Movement, error)
	// Ledger yields the movements of an item whose Seq is greater than after, in
	// order. An error is yielded once, last.
	Ledger(ctx context.Context, sku flywheel.SKU, location Location, after int64) iter.Seq2[Movement, error]
	// Reservation returns the reservation of ref. A missing one is an error
	// matching flywheel.ErrNotFound.
	Reservation(ctx context.Context, ref string) (Reservation, error)
	// SaveReservation writes r when the stored version is r.Version, 0 meaning
	// that there is none, and returns it with its new version. Otherwise the
	// error matches [ErrStale].
	SaveReservation(ctx context.Context, r Reservation) (Reservation, error)
	// Due returns up to limit reservations that are not final and whose Expires
	// is not after now, ordered by Expires and Ref. Within a transaction they are
	// claimed: another transaction gets others meanwhile, where the database can
	// tell.
	Due(ctx context.Context, now time.Time, limit int) ([]Reservation, error)
}

// BatchStore is what a Store offers in addition when all its partitions are in
// one database. [Service] finds it by assertion.
type BatchStore interface {
	// PostBatch saves r as SaveReservation does, unless r is nil, and posts each
	// of movements as Post does: all of it or nothing, in one operation that
	// takes its locks in the order of the items. It fills in r.Version and
	// movements; after an error these have no meaning.
	PostBatch(ctx context.Context, r *Reservation, movements []Movement) error
}
