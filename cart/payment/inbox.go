package payment

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// ErrBusy reports a notice that another call is applying at this moment. Whoever
// delivers it delivers it again.
var ErrBusy = fmt.Errorf("payment: the notice is being applied: %w", flywheel.ErrConflict)

// Inbox applies each notice once, however often and from however many processes it
// is delivered. It is safe for concurrent use.
type Inbox struct {
	store NoticeStore
	now   func() time.Time
	lease time.Duration
}

// InboxOptions configure an [Inbox]; nil and zero fields are the defaults.
type InboxOptions struct {
	// Now is the clock, time.Now by default.
	Now func() time.Time
	// Lease is for how long a call that applies a notice keeps others from it, should
	// it die: five minutes by default.
	Lease time.Duration
}

// NewInbox returns an inbox on store, a new [NoticeMemory] when it is nil.
func NewInbox(store NoticeStore, opts *InboxOptions) (*Inbox, error) {
	i := &Inbox{store: store, now: time.Now, lease: 5 * time.Minute}
	if store == nil {
		i.store = NewNoticeMemory(nil)
	}
	if opts != nil {
		if opts.Lease < 0 {
			return nil, &flywheel.FieldError{Field: "lease", Err: fmt.Errorf("payment: %v is negative: %w", opts.Lease, flywheel.ErrOutOfRange)}
		}
		i.lease = cmp.Or(opts.Lease, i.lease)
		if opts.Now != nil {
			i.now = opts.Now
		}
	}
	return i, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (i *Inbox) Handle() flywheel.Transactor { return handle.Of(i.store) }

// Once calls apply unless a notice of that ID was applied before, and remembers it
// when apply returns nil; after an error it is as if it had not come. apply runs
// outside of a transaction and may call the gateway. It runs again only where an
// earlier call died half-way, after its lease; so it should have keys of its own, of
// which the notice's ID is one. first reports whether apply was called. A notice that
// another call applies at this moment is [ErrBusy].
func (i *Inbox) Once(ctx context.Context, n Notice, apply func(ctx context.Context) error) (first bool, err error) {
	if err := n.Check(); err != nil {
		return false, err
	}
	now := i.now()
	claimed, err := i.store.Claim(ctx, n, now, now.Add(i.lease))
	if err != nil || !claimed {
		return false, err
	}
	done := false
	defer func() {
		if !done { // it failed or panicked
			if gone := i.store.Settle(context.WithoutCancel(ctx), n.ID, false, i.now()); gone != nil && err != nil {
				err = fmt.Errorf("%w (and settle: %v)", err, gone)
			}
		}
	}()
	if err := apply(ctx); err != nil {
		return true, err
	}
	done = true
	return true, i.store.Settle(ctx, n.ID, true, i.now())
}

// Notices yields what was applied from an instant on, by when it came and its ID. An
// error is yielded once, last.
func (i *Inbox) Notices(ctx context.Context, from time.Time) iter.Seq2[Received, error] {
	return i.store.Notices(ctx, from)
}

// Trim forgets what was applied before an instant, up to limit notices, and returns
// how many. A gateway repeats notices for some days: keep as many.
func (i *Inbox) Trim(ctx context.Context, before time.Time, limit int) (int, error) {
	return i.store.Trim(ctx, before, limit)
}

// Received is a notice that was applied.
type Received struct {
	Notice
	Received time.Time `json:"received"`
}

// NoticeStore remembers notices. Implementations are safe for concurrent use, honor
// ctx, keep times in UTC to the microsecond, and join the transaction carried by ctx
// (see flywheel.Transactor).
type NoticeStore interface {
	// Claim remembers a notice as being applied until an instant, and reports true,
	// unless one of its ID was applied: false. One that is being applied, now before
	// its instant, is [ErrBusy]; after it, it is claimed again.
	Claim(ctx context.Context, n Notice, now, until time.Time) (bool, error)
	// Settle marks a claimed notice as applied at an instant, or forgets it. One that
	// is not there, or was applied, stays as it is.
	Settle(ctx context.Context, id string, applied bool, at time.Time) error
	// Notices yields what was applied at or after an instant, by (Received, ID). An
	// error is yielded once, last. Whoever ranges over it may call the store or stop.
	Notices(ctx context.Context, from time.Time) iter.Seq2[Received, error]
	// Trim forgets up to limit notices that were applied before an instant, the
	// oldest first, and returns how many.
	Trim(ctx context.Context, before time.Time, limit int) (int, error)
}

// NoticeMemory is the [NoticeStore] that a program starts with.
type NoticeMemory struct {
	db      *flywheel.Memory
	notices map[string]keptNotice
}

type keptNotice struct {
	notice  Notice
	until   time.Time // while it is being applied
	applied time.Time // zero while it is
}

// NewNoticeMemory returns an empty store in db, whose transactions it joins, or in a
// database of its own when db is nil.
func NewNoticeMemory(db *flywheel.Memory) *NoticeMemory {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &NoticeMemory{db: db, notices: map[string]keptNotice{}}
}

var _ NoticeStore = (*NoticeMemory)(nil)

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *NoticeMemory) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the store's database.
func (s *NoticeMemory) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Claim implements [NoticeStore].
func (s *NoticeMemory) Claim(ctx context.Context, n Notice, now, until time.Time) (claimed bool, err error) {
	n.At = stored(n.At)
	err = s.db.Update(ctx, func(undo func(func())) error {
		before, known := s.notices[n.ID]
		switch {
		case known && !before.applied.IsZero():
			return nil
		case known && stored(now).Before(before.until):
			return fmt.Errorf("%q: %w", n.ID, ErrBusy)
		}
		claimed = true
		memstore.Set(s.notices, n.ID, keptNotice{notice: n, until: stored(until)}, undo)
		return nil
	})
	return claimed && err == nil, err
}

// Settle implements [NoticeStore].
func (s *NoticeMemory) Settle(ctx context.Context, id string, applied bool, at time.Time) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		k, known := s.notices[id]
		if !known || !k.applied.IsZero() {
			return nil
		}
		if applied {
			k.applied, k.until = stored(at), time.Time{}
			memstore.Set(s.notices, id, k, undo)
			return nil
		}
		undo(func() { s.notices[id] = k })
		delete(s.notices, id)
		return nil
	})
}

// Notices implements [NoticeStore].
func (s *NoticeMemory) Notices(ctx context.Context, from time.Time) iter.Seq2[Received, error] {
	return func(yield func(Received, error) bool) {
		list, err := s.applied(ctx, func(at time.Time) bool { return !at.Before(from) })
		if err != nil {
			yield(Received{}, err)
			return
		}
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// applied returns what was applied at some times, in order.
func (s *NoticeMemory) applied(ctx context.Context, when func(time.Time) bool) (list []Received, err error) {
	err = s.db.View(ctx, func() error {
		for _, k := range s.notices {
			if !k.applied.IsZero() && when(k.applied) {
				list = append(list, Received{k.notice, k.applied})
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Received) int { return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.ID, b.ID)) })
	return list, err
}

// Trim implements [NoticeStore].
func (s *NoticeMemory) Trim(ctx context.Context, before time.Time, limit int) (n int, err error) {
	list, err := s.applied(ctx, func(at time.Time) bool { return at.Before(before) })
	if err != nil {
		return 0, err
	}
	err = s.db.Update(ctx, func(undo func(func())) error {
		n = 0
		for _, r := range list[:min(limit, len(list))] {
			k, known := s.notices[r.ID]
			if !known {
				continue
			}
			n++
			undo(func() { s.notices[r.ID] = k })
			delete(s.notices, r.ID)
		}
		return nil
	})
	return n, err
}
