package market

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
)

// ErrStale reports that a watch was changed by somebody else since it was read.
var ErrStale = fmt.Errorf("market: changed meanwhile: %w", flywheel.ErrStale)

// ErrUnknown reports a watch that is not there.
var ErrUnknown = fmt.Errorf("market: unknown: %w", flywheel.ErrNotFound)

// Store keeps watches and their incidents. Implementations are safe for concurrent use,
// honor ctx, return copies, compare texts byte by byte, and join the transaction carried
// by ctx (see flywheel.Transactor). Times come back as instants in UTC to the
// microsecond.
type Store interface {
	// Watch returns a watch. A missing one is an error matching [ErrUnknown].
	Watch(ctx context.Context, id string) (Watched, error)
	// SaveWatch writes w if the stored version is w.Version, 0 meaning that there is
	// none, and returns it with its new version; otherwise the error matches
	// [ErrStale]. With it, in one, it writes the incident v, unless that is nil, in
	// the place of the one of this watch with the same FirstSeen.
	SaveWatch(ctx context.Context, w Watched, v *Violation) (Watched, error)
	// Watches yields all watches by their IDs. An error is yielded once, last.
	Watches(ctx context.Context) iter.Seq2[Watched, error]
	// Breaches yields the incidents that the filter selects, by (Opened, Watch), as
	// Watches does.
	Breaches(ctx context.Context, f BreachFilter) iter.Seq2[Breach, error]
}

// BreachFilter selects incidents; the zero filter is all of them.
type BreachFilter struct {
	// Watch names one; "" is all.
	Watch string
	// Since is the least Opened; zero is no bound.
	Since time.Time
	// Open selects those that are not closed.
	Open bool
}

// Selects reports whether the filter selects an incident; it is for authors of stores.
func (f BreachFilter) Selects(b *Breach) bool {
	return (f.Watch == "" || f.Watch == b.Watch) && !b.Opened.Before(f.Since.UTC().Truncate(time.Microsecond)) && (!f.Open || b.Closed.IsZero())
}

// Stored returns the watch in the form in which it is kept: times in UTC to the
// microsecond.
func (w Watched) Stored() Watched {
	w.State.Last = stored(w.State.Last)
	w.State.Current = w.State.Current.Stored()
	return w
}

// Stored returns the incident in the form in which it is kept. It shares nothing with v.
func (v Violation) Stored() Violation {
	v.FirstSeen, v.Opened, v.Closed = stored(v.FirstSeen), stored(v.Opened), stored(v.Closed)
	evidence := v.Evidence
	v.Evidence = nil
	for _, e := range evidence {
		v.Evidence = append(v.Evidence, Evidence{stored(e.At), e.Price})
	}
	return v
}

func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
