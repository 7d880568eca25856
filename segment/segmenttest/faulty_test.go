package segmenttest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/segment"
)

// memory is a right store to do wrong things with.
type memory struct{ *segment.MemoryLog }

type (
	noConflict   struct{ memory } // keeps the first body and says nothing
	twice        struct{ memory } // takes an event again as another
	notAtomic    struct{ memory } // adds the events before the one that is refused
	dropsLast    struct{ memory } // of a large batch
	foldsCase    struct{ memory } // as a case-insensitive collation does
	wholeSeconds struct{ memory } // as a column without fractions does
	noCopy       struct {         // keeps the caller's memory
		memory
		*callers
	}
	overLimit     struct{ memory } // one more than asked for
	skips         struct{ memory } // what arrived between two reads, as a bare sequence does
	inclusive     struct{ memory } // starts at the position instead of after it
	blindAdvance  struct{ memory } // whatever the cursor is at
	oneCursor     struct{ memory } // for all consumers
	backToFirst   struct{ memory } // treats an unknown consumer as one at from
	deaf          struct{ memory } // ignores ctx
	noTransaction struct{ memory } // InTx only calls fn
	outside       struct{ memory } // the cursor does not join the transaction
	commitsPanic  struct{ memory } // swallows a panic
)

// callers is memory of callers that noCopy holds on to.
type callers struct {
	mu     sync.Mutex
	events []flywheel.Event
}

func (s noConflict) Append(ctx context.Context, events ...flywheel.Event) error {
	if err := s.memory.Append(ctx, events...); !errors.Is(err, flywheel.ErrConflict) {
		return err
	}
	return nil
}

func (s twice) Append(ctx context.Context, events ...flywheel.Event) error {
	n := 0
	for e := range s.entries(ctx) {
		_ = e
		n++
	}
	for i := range events {
		if err := s.memory.Append(ctx, events[i]); err != nil {
			return err
		}
	}
	if m := s.count(ctx); m == n && len(events) > 0 {
		events[0].ID += "-again"
		return s.memory.Append(ctx, events[0])
	}
	return nil
}

func (m memory) entries(ctx context.Context) map[string]bool {
	all, _ := m.MemoryLog.Read(ctx, 0, 1<<20)
	ids := map[string]bool{}
	for _, e := range all {
		ids[e.Event.ID] = true
	}
	return ids
}

func (m memory) count(ctx context.Context) int { return len(m.entries(ctx)) }

func (s notAtomic) Append(ctx context.Context, events ...flywheel.Event) error {
	for i := range events {
		if err := s.memory.Append(ctx, events[i]); err != nil {
			return err
		}
	}
	return s.memory.Append(ctx)
}

func (s dropsLast) Append(ctx context.Context, events ...flywheel.Event) error {
	return s.memory.Append(ctx, events[:min(len(events), 3000)]...)
}

func (s foldsCase) Append(ctx context.Context, events ...flywheel.Event) error {
	known := map[string]bool{}
	for id := range s.entries(ctx) {
		known[strings.ToLower(id)] = true
	}
	var kept []flywheel.Event
	for _, e := range events {
		if !known[strings.ToLower(e.ID)] || s.entries(ctx)[e.ID] {
			kept = append(kept, e)
		}
	}
	return s.memory.Append(ctx, kept...)
}

func (s wholeSeconds) Append(ctx context.Context, events ...flywheel.Event) error {
	for i := range events {
		events[i].Time = events[i].Time.Truncate(time.Second)
	}
	return s.memory.Append(ctx, events...)
}

func (s noCopy) Append(ctx context.Context, events ...flywheel.Event) error {
	if err := s.memory.Append(ctx, events...); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, events...)
	return nil
}

func (s noCopy) Read(ctx context.Context, after segment.Position, limit int) ([]segment.Entry, error) {
	page, err := s.memory.Read(ctx, after, limit)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range page {
		for _, e := range s.events {
			if e.ID == page[i].Event.ID {
				page[i].Event.Lines = e.Lines
			}
		}
	}
	return page, err
}

func (s overLimit) Read(ctx context.Context, after segment.Position, limit int) ([]segment.Entry, error) {
	return s.memory.Read(ctx, after, limit+1)
}

func (s skips) Read(ctx context.Context, after segment.Position, limit int) ([]segment.Entry, error) {
	page, err := s.memory.Read(ctx, after, limit)
	if len(page) > 1 && after > 0 {
		page = page[1:]
	}
	return page, err
}

func (s inclusive) Read(ctx context.Context, after segment.Position, limit int) ([]segment.Entry, error) {
	return s.memory.Read(ctx, max(after-1, 0), limit)
}

func (s blindAdvance) Advance(ctx context.Context, consumer string, _, to segment.Position) error {
	at, err := s.memory.Cursor(ctx, consumer)
	if err != nil {
		return err
	}
	return s.memory.Advance(ctx, consumer, at, to)
}

func (s oneCursor) Cursor(ctx context.Context, _ string) (segment.Position, error) {
	return s.memory.Cursor(ctx, "all")
}

func (s oneCursor) Advance(ctx context.Context, _ string, from, to segment.Position) error {
	return s.memory.Advance(ctx, "all", from, to)
}

func (s backToFirst) Advance(ctx context.Context, consumer string, from, to segment.Position) error {
	if at, err := s.memory.Cursor(ctx, consumer); err == nil && at == 0 {
		from = 0
	}
	return s.memory.Advance(ctx, consumer, from, to)
}

func (s deaf) Append(ctx context.Context, events ...flywheel.Event) error {
	return s.memory.Append(context.WithoutCancel(ctx), events...)
}

func (s noTransaction) InTx(ctx context.Context, fn func(context.Context) error) error {
	return fn(ctx)
}

func (s outside) InTx(ctx context.Context, fn func(context.Context) error) error {
	moved := map[string]segment.Position{}
	err := s.memory.InTx(context.WithValue(ctx, movedKey{}, moved), fn)
	if err == nil {
		return nil
	}
	for consumer, to := range moved {
		at, _ := s.memory.Cursor(ctx, consumer)
		s.memory.Advance(ctx, consumer, at, to)
	}
	return err
}

type movedKey struct{}

func (s outside) Advance(ctx context.Context, consumer string, from, to segment.Position) error {
	err := s.memory.Advance(ctx, consumer, from, to)
	if moved, ok := ctx.Value(movedKey{}).(map[string]segment.Position); ok && err == nil {
		moved[consumer] = to
	}
	return err
}

func (s commitsPanic) InTx(ctx context.Context, fn func(context.Context) error) error {
	return s.memory.InTx(ctx, func(ctx context.Context) error {
		defer func() { recover() }()
		return fn(ctx)
	})
}

// TestFaultyStores shows that the suite bites: each store does one thing wrong,
// and the check made for it fails.
func TestFaultyStores(t *testing.T) {
	fresh := func() memory { return memory{segment.NewMemoryLog(nil)} }
	if caught := contract.Broken(t.Context(), func() segment.LogStore { return fresh() }); len(caught) > 0 {
		t.Fatalf("a right store fails %v", caught)
	}
	for name, c := range map[string]struct {
		fresh func() segment.LogStore
		by    string
	}{
		"no conflict":     {func() segment.LogStore { return noConflict{fresh()} }, "append/conflict"},
		"twice":           {func() segment.LogStore { return twice{fresh()} }, "append/again"},
		"not atomic":      {func() segment.LogStore { return notAtomic{fresh()} }, "append/conflict"},
		"drops the last":  {func() segment.LogStore { return dropsLast{fresh()} }, "append/many"},
		"folds case":      {func() segment.LogStore { return foldsCase{fresh()} }, "append/odd-ids"},
		"whole seconds":   {func() segment.LogStore { return wholeSeconds{fresh()} }, "append/body"},
		"no copy":         {func() segment.LogStore { return noCopy{fresh(), &callers{}} }, "append/copies"},
		"over the limit":  {func() segment.LogStore { return overLimit{fresh()} }, "read/page"},
		"skips":           {func() segment.LogStore { return skips{fresh()} }, "append/many"},
		"inclusive":       {func() segment.LogStore { return inclusive{fresh()} }, "read/page"},
		"blind advance":   {func() segment.LogStore { return blindAdvance{fresh()} }, "cursor/conflict"},
		"one cursor":      {func() segment.LogStore { return oneCursor{fresh()} }, "cursor/advance"},
		"back to first":   {func() segment.LogStore { return backToFirst{fresh()} }, "cursor/conflict"},
		"deaf":            {func() segment.LogStore { return deaf{fresh()} }, "ctx/cancelled"},
		"no transaction":  {func() segment.LogStore { return noTransaction{fresh()} }, "tx/rollback"},
		"outside":         {func() segment.LogStore { return outside{fresh()} }, "tx/rollback"},
		"swallows panics": {func() segment.LogStore { return commitsPanic{fresh()} }, "tx/panic"},
	} {
		contract.Bites(t, name, c.by, c.fresh)
	}
}

// TestFailing stops at every call, before and after its effect.
func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() segment.LogStore { return segment.NewMemoryLog(nil) }
	suite.Fails(t, Failing, fresh, map[string]func(s segment.LogStore) error{
		"Append":  func(s segment.LogStore) error { return s.Append(ctx, event("a")) },
		"Read":    func(s segment.LogStore) error { return suite.Err(s.Read(ctx, 0, 1)) },
		"Cursor":  func(s segment.LogStore) error { return suite.Err(s.Cursor(ctx, "c")) },
		"Advance": func(s segment.LogStore) error { return s.Advance(ctx, "c", 0, 1) },
	}, func(s segment.LogStore) (any, error) {
		page, err := s.Read(ctx, 0, 9)
		at, cursorErr := s.Cursor(ctx, "c")
		return []any{page, at}, errors.Join(err, cursorErr)
	})
	pass := func(string, bool) error { return nil }
	Run(t, func(*testing.T) segment.LogStore { return Failing(segment.NewMemoryLog(nil), pass) }, Features{Transactions: true})
	if _, ok := Failing(struct{ segment.LogStore }{segment.NewMemoryLog(nil)}, pass).(flywheel.Transactor); ok {
		t.Error("a store without transactions got some")
	}
}
