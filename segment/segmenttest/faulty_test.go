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
	overLimit       struct{ memory } // one more than asked for
	skips           struct{ memory } // what arrived between two reads, as a bare sequence does
	inclusive       struct{ memory } // starts at the position instead of after it
	numbersWhenRead struct{ memory }
	arrivalOrder    struct{ memory } // whoever told it
	believesWriter  struct{ memory } // and its clock
	alwaysFirst     struct{ memory } // whatever identity says
	neverUnlinks    struct{ memory }
	onlyVisitors    struct{ memory } // nameless entries that were nobody's
	everybody       struct{ memory } // not the person asked for
	keepsLinks      struct{ memory } // of whom is erased
	erasesFirst     struct{ memory } // what comes before an unknown position
	deaf            struct{ memory } // ignores ctx
	noTransaction   struct{ memory } // InTx only calls fn
	commitsPanic    struct{ memory } // swallows a panic
)

// callers is memory of callers that noCopy holds on to.
type callers struct {
	mu     sync.Mutex
	events []flywheel.Event
}

func (s noConflict) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	if err := s.memory.Append(ctx, told, teller, events...); !errors.Is(err, flywheel.ErrConflict) {
		return err
	}
	return nil
}

func (s twice) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	n := 0
	for e := range s.entries(ctx) {
		_ = e
		n++
	}
	for i := range events {
		if err := s.memory.Append(ctx, told, teller, events[i]); err != nil {
			return err
		}
	}
	if m := s.count(ctx); m == n && len(events) > 0 {
		events[0].ID += "-again"
		return s.memory.Append(ctx, told, teller, events[0])
	}
	return nil
}

func (m memory) entries(ctx context.Context) map[string]bool {
	m.Number(ctx, segment.Numbering{Now: at, Identity: segment.FirstLinked})
	all, _ := m.MemoryLog.Read(ctx, segment.Query{Limit: 1 << 20})
	ids := map[string]bool{}
	for _, e := range all {
		ids[e.Event.ID] = true
	}
	return ids
}

func (m memory) count(ctx context.Context) int { return len(m.entries(ctx)) }

func (s notAtomic) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	for i := range events {
		if err := s.memory.Append(ctx, told, teller, events[i]); err != nil {
			return err
		}
	}
	return s.memory.Append(ctx, told, teller)
}

func (s dropsLast) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	return s.memory.Append(ctx, told, teller, events[:min(len(events), 3000)]...)
}

func (s foldsCase) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
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
	return s.memory.Append(ctx, told, teller, kept...)
}

func (s wholeSeconds) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	for i := range events {
		events[i].Time = events[i].Time.Truncate(time.Second)
	}
	return s.memory.Append(ctx, told, teller, events...)
}

func (s noCopy) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	if err := s.memory.Append(ctx, told, teller, events...); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, events...)
	return nil
}

func (s noCopy) Read(ctx context.Context, q segment.Query) ([]flywheel.Entry, error) {
	page, err := s.memory.Read(ctx, q)
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

func (s overLimit) Read(ctx context.Context, q segment.Query) ([]flywheel.Entry, error) {
	q.Limit++
	return s.memory.Read(ctx, q)
}

func (s skips) Read(ctx context.Context, q segment.Query) ([]flywheel.Entry, error) {
	page, err := s.memory.Read(ctx, q)
	if len(page) > 1 && q.After > 0 {
		page = page[1:]
	}
	return page, err
}

func (s inclusive) Read(ctx context.Context, q segment.Query) ([]flywheel.Entry, error) {
	q.After = max(q.After-1, 0)
	return s.memory.Read(ctx, q)
}

func (s numbersWhenRead) Read(ctx context.Context, q segment.Query) ([]flywheel.Entry, error) {
	s.memory.Number(ctx, segment.Numbering{Now: at, Identity: segment.FirstLinked})
	return s.memory.Read(ctx, q)
}

func (s arrivalOrder) Append(ctx context.Context, told time.Time, _ string, events ...flywheel.Event) error {
	return s.memory.Append(ctx, told, "", events...)
}

func (s believesWriter) Number(ctx context.Context, n segment.Numbering) (int, error) {
	n.Now = n.Now.AddDate(1, 0, 0)
	return s.memory.Number(ctx, n)
}

func (s alwaysFirst) Number(ctx context.Context, n segment.Numbering) (int, error) {
	n.Identity = segment.FirstLinked
	return s.memory.Number(ctx, n)
}

func (s neverUnlinks) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	for i := range events {
		if events[i].Name == segment.EventUnlinked {
			events[i].Visitor = "other"
		}
	}
	return s.memory.Append(ctx, told, teller, events...)
}

func (s onlyVisitors) Read(ctx context.Context, q segment.Query) ([]flywheel.Entry, error) {
	if q.Visitor != "" {
		q.Person = flywheel.PersonOf("", q.Visitor)
	}
	return s.memory.Read(ctx, q)
}

func (s everybody) Read(ctx context.Context, q segment.Query) ([]flywheel.Entry, error) {
	q.Person = ""
	return s.memory.Read(ctx, q)
}

func (s keepsLinks) Erase(ctx context.Context, _ flywheel.CustomerID, at ...flywheel.Position) error {
	return s.memory.Erase(ctx, "", at...)
}

func (s erasesFirst) Erase(ctx context.Context, c flywheel.CustomerID, at ...flywheel.Position) error {
	for _, p := range at {
		if err := s.memory.Erase(ctx, c, p); err != nil {
			return err
		}
	}
	return nil
}

func (s deaf) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	return s.memory.Append(context.WithoutCancel(ctx), told, teller, events...)
}

func (s noTransaction) InTx(ctx context.Context, fn func(context.Context) error) error {
	return fn(ctx)
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
		"no conflict":             {func() segment.LogStore { return noConflict{fresh()} }, "append/conflict"},
		"twice":                   {func() segment.LogStore { return twice{fresh()} }, "append/again"},
		"not atomic":              {func() segment.LogStore { return notAtomic{fresh()} }, "append/conflict"},
		"drops the last":          {func() segment.LogStore { return dropsLast{fresh()} }, "append/many"},
		"folds case":              {func() segment.LogStore { return foldsCase{fresh()} }, "append/odd-ids"},
		"whole seconds":           {func() segment.LogStore { return wholeSeconds{fresh()} }, "append/body"},
		"no copy":                 {func() segment.LogStore { return noCopy{fresh(), &callers{}} }, "append/copies"},
		"over the limit":          {func() segment.LogStore { return overLimit{fresh()} }, "read/page"},
		"skips":                   {func() segment.LogStore { return skips{fresh()} }, "append/many"},
		"inclusive":               {func() segment.LogStore { return inclusive{fresh()} }, "read/page"},
		"numbers when read":       {func() segment.LogStore { return numbersWhenRead{fresh()} }, "number/reading"},
		"arrival order":           {func() segment.LogStore { return arrivalOrder{fresh()} }, "number/order"},
		"believes the writer":     {func() segment.LogStore { return believesWriter{fresh()} }, "number/received"},
		"always first":            {func() segment.LogStore { return alwaysFirst{fresh()} }, "person/latest"},
		"never unlinks":           {func() segment.LogStore { return neverUnlinks{fresh()} }, "person/links"},
		"only visitors":           {func() segment.LogStore { return onlyVisitors{fresh()} }, "read/visitor"},
		"everybody":               {func() segment.LogStore { return everybody{fresh()} }, "read/person"},
		"keeps links":             {func() segment.LogStore { return keepsLinks{fresh()} }, "erase/blank"},
		"erases what comes first": {func() segment.LogStore { return erasesFirst{fresh()} }, "erase/unknown"},
		"deaf":                    {func() segment.LogStore { return deaf{fresh()} }, "ctx/cancelled"},
		"no transaction":          {func() segment.LogStore { return noTransaction{fresh()} }, "tx/rollback"},
		"swallows panics":         {func() segment.LogStore { return commitsPanic{fresh()} }, "tx/panic"},
	} {
		contract.Bites(t, name, c.by, c.fresh)
	}
}

// TestFailing stops at every call, before and after its effect.
func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() segment.LogStore {
		s := segment.NewMemoryLog(nil)
		if err := errors.Join(add(ctx, s, of("a", "c-a", "v", at)), suite.Err(s.Number(ctx, segment.Numbering{Now: at, Identity: segment.FirstLinked})),
			add(ctx, s, event("waits"))); err != nil {
			t.Fatal(err)
		}
		return s
	}
	suite.Fails(t, Failing, fresh, map[string]func(s segment.LogStore) error{
		"Append": func(s segment.LogStore) error { return add(ctx, s, event("b")) },
		"Number": func(s segment.LogStore) error {
			return suite.Err(s.Number(ctx, segment.Numbering{Now: at, Identity: segment.FirstLinked}))
		},
		"Read":  func(s segment.LogStore) error { return suite.Err(s.Read(ctx, segment.Query{Limit: 1})) },
		"Last":  func(s segment.LogStore) error { _, _, err := s.Last(ctx); return err },
		"Links": func(s segment.LogStore) error { return suite.Err(s.Links(ctx, "v", "")) },
		"Erase": func(s segment.LogStore) error { return s.Erase(ctx, "c-a", 1) },
	}, func(s segment.LogStore) (any, error) {
		last, _, err := s.Last(ctx)
		_, numberErr := s.Number(ctx, segment.Numbering{Now: at, Identity: segment.FirstLinked})
		page, readErr := s.Read(ctx, segment.Query{Limit: 9})
		links, linksErr := s.Links(ctx, "v", "")
		names := make([]string, len(page))
		for i := range page {
			names[i] = page[i].Event.Name
		}
		return []any{last, names, links}, errors.Join(err, numberErr, readErr, linksErr)
	})
	pass := func(string, bool) error { return nil }
	Run(t, func(*testing.T) segment.LogStore { return Failing(segment.NewMemoryLog(nil), pass) }, Features{Transactions: true})
	if _, ok := Failing(struct{ segment.LogStore }{segment.NewMemoryLog(nil)}, pass).(flywheel.Transactor); ok {
		t.Error("a store without transactions got some")
	}
}
