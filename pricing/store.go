package pricing

import (
	"context"
	"iter"
	"time"
)

// Store keeps price lists and promotions. Implementations are safe for
// concurrent use, honor ctx, join the transaction carried by ctx (see
// [flywheel.Transactor]), keep times in UTC to the microsecond, compare IDs byte
// by byte, and share no memory with what they take and give. Every call is
// atomic on its own.
type Store interface {
	// Lists yields the price lists ordered by ID. An error is yielded once,
	// last. The caller may call the store while ranging and may stop early.
	Lists(ctx context.Context) iter.Seq2[List, error]
	// SaveList writes l and counts Version up when the stored version equals
	// l.Version, else it reports [ErrVersion]. Version 0 stands for a list
	// that is not there.
	SaveList(ctx context.Context, l List) (List, error)
	// DeleteList removes the list of that version, else it reports
	// [ErrVersion]; a missing list reports an error matching
	// [flywheel.ErrNotFound].
	DeleteList(ctx context.Context, id string, version int64) error

	// Promotions is Lists for promotions.
	Promotions(ctx context.Context) iter.Seq2[Promotion, error]
	// SavePromotion is SaveList for promotions.
	SavePromotion(ctx context.Context, p Promotion) (Promotion, error)
	// DeletePromotion is DeleteList for promotions.
	DeletePromotion(ctx context.Context, id string, version int64) error
}

// Stored returns a copy as stores keep it: with times in UTC to the microsecond.
func (l List) Stored() List {
	l = l.Clone()
	l.Starts, l.Ends = stored(l.Starts), stored(l.Ends)
	return l
}

// Stored returns a copy as stores keep it: with times in UTC to the microsecond.
func (p Promotion) Stored() Promotion {
	p = p.Clone()
	p.Starts, p.Ends = stored(p.Starts), stored(p.Ends)
	return p
}

func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
