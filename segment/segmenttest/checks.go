package segmenttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/segment"
)

var cases = []testCase{
	{Name: "append/order", Rule: "Read returns events in the order of Append, at positions 1, 2, 3, …", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context(), event("b"), event("a")))
		must(t, s.Append(t.Context(), event("c")))
		wantIDs(t, t.Context(), s, "b", "a", "c")
	}},
	{Name: "append/nothing", Rule: "Append of no events does nothing", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context()))
		wantIDs(t, t.Context(), s)
	}},
	{Name: "append/body", Rule: "an event comes back with every field as it was given", Check: func(t suite.T, s segment.LogStore) {
		want := full("a")
		must(t, s.Append(t.Context(), want))
		got := read(t, t.Context(), s)
		if len(got) != 1 || !segment.SameEvent(&got[0], &want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if got[0].Time.Location() != time.UTC || !got[0].Time.Equal(at) {
			t.Fatalf("time %v, want %v in UTC", got[0].Time, at)
		}
	}},
	{Name: "append/again", Rule: "an event appended again is passed over", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context(), full("a"), event("b")))
		must(t, s.Append(t.Context(), full("a")))
		must(t, s.Append(t.Context(), event("b"), event("c"), full("a"), event("c")))
		wantIDs(t, t.Context(), s, "a", "b", "c")
	}},
	{Name: "append/conflict", Rule: "an ID with another body is a conflict and nothing of the call remains", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context(), event("a")))
		for name, change := range otherBodies {
			other := event("a")
			change(&other)
			err := s.Append(t.Context(), event("new-"+name), other, event("later-"+name))
			if !errors.Is(err, flywheel.ErrConflict) {
				t.Fatalf("another %s: got %v, want ErrConflict", name, err)
			}
		}
		x, y := event("x"), event("x")
		y.Name = flywheel.EventRefund
		if err := s.Append(t.Context(), x, y); !errors.Is(err, flywheel.ErrConflict) {
			t.Fatalf("two bodies in one call: got %v, want ErrConflict", err)
		}
		wantIDs(t, t.Context(), s, "a")
	}},
	{Name: "append/copies", Rule: "the store keeps copies", Check: func(t suite.T, s segment.LogStore) {
		e, want := full("a"), full("a")
		must(t, s.Append(t.Context(), e, event("b")))
		e.Lines[0].Quantity = 99
		e.Properties["text"] = "changed"
		e.Properties["object"].(map[string]any)["k"] = "changed"
		e.Properties["list"].([]any)[0] = "changed"
		got := read(t, t.Context(), s)
		if !segment.SameEvent(&got[0], &want) {
			t.Fatalf("a change after Append reached the log: %+v", got[0])
		}
		_ = append(got[0].Lines, flywheel.Line{SKU: "intruder"})
		if b := event("b"); !segment.SameEvent(&read(t, t.Context(), s)[1], &b) {
			t.Fatalf("lines appended to one event reached the next")
		}
	}},
	{Name: "append/many", Rule: "one Append takes thousands of events", Check: func(t suite.T, s segment.LogStore) {
		want := events("e", 3001)
		must(t, s.Append(t.Context(), want...))
		must(t, s.Append(t.Context(), want[:1500]...))
		got := read(t, t.Context(), s)
		if len(got) != len(want) {
			t.Fatalf("%d events, want %d", len(got), len(want))
		}
		for i := range want {
			if got[i].ID != want[i].ID {
				t.Fatalf("event %d is %q, want %q", i, got[i].ID, want[i].ID)
			}
		}
	}},
	{Name: "append/odd-ids", Rule: "IDs that differ in case, accents or form are different", Check: func(t suite.T, s segment.LogStore) {
		odd := []string{"a", "A", "é", "e\u0301", "ß", "ss", "%", "_", "'; DROP TABLE x; --", "😀", "a b", "1", "01"}
		for _, id := range odd {
			must(t, s.Append(t.Context(), event(id)))
		}
		wantIDs(t, t.Context(), s, odd...)
	}},
	{Name: "append/concurrent-same", Rule: "of N writers of one event one adds it and all succeed", Check: func(t suite.T, s segment.LogStore) {
		for _, err := range suite.Parallel(8, func(int) error { return s.Append(t.Context(), event("a")) }) {
			must(t, err)
		}
		wantIDs(t, t.Context(), s, "a")
	}},
	{Name: "read/page", Rule: "Read returns at most limit entries after the position", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context(), events("e", 10)...))
		for _, c := range []struct {
			after      segment.Position
			limit, len int
		}{{0, 3, 3}, {3, 3, 3}, {8, 5, 2}, {10, 5, 0}, {99, 5, 0}, {0, 1, 1}, {0, 100, 10}} {
			page, err := s.Read(t.Context(), c.after, c.limit)
			must(t, err)
			if len(page) != c.len || c.len > 0 && page[0].Position != c.after+1 {
				t.Fatalf("Read(%d, %d) returned %d entries from %v", c.after, c.limit, len(page), page)
			}
		}
	}},
	{Name: "read/while-appending", Rule: "who follows by position while others append misses no event and sees none twice", Check: func(t suite.T, s segment.LogStore) {
		const writers, each = 4, 25
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					if err := s.Append(t.Context(), event(fmt.Sprintf("%d-%d", w, i))); err != nil {
						t.Errorf("Append: %v", err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		var last segment.Position
		next := map[byte]int{}
		for over := false; ; {
			page, err := s.Read(t.Context(), last, 5)
			must(t, err)
			for _, e := range page {
				if e.Position != last+1 {
					t.Fatalf("position %d follows %d", e.Position, last)
				}
				last = e.Position
				w := e.Event.ID[0]
				if want := fmt.Sprintf("%c-%d", w, next[w]); e.Event.ID != want {
					t.Fatalf("%q where %q was due: a writer's events are out of order", e.Event.ID, want)
				}
				next[w]++
			}
			if len(page) == 0 {
				if over {
					break
				}
				select {
				case <-done:
					over = true
				default:
				}
			}
		}
		if last != writers*each {
			t.Fatalf("followed %d events, want %d", last, writers*each)
		}
	}},
	{Name: "cursor/unknown", Rule: "the cursor of a consumer not known is zero", Check: func(t suite.T, s segment.LogStore) {
		wantCursor(t, t.Context(), s, "nobody", 0)
	}},
	{Name: "cursor/advance", Rule: "Advance moves a cursor from where it stands, each consumer's own", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context(), events("e", 9)...))
		must(t, s.Advance(t.Context(), "a", 0, 5))
		must(t, s.Advance(t.Context(), "A", 0, 2))
		must(t, s.Advance(t.Context(), "a", 5, 9))
		wantCursor(t, t.Context(), s, "a", 9)
		wantCursor(t, t.Context(), s, "A", 2)
	}},
	{Name: "cursor/conflict", Rule: "Advance from where the cursor does not stand is a conflict and changes nothing", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context(), events("e", 9)...))
		must(t, s.Advance(t.Context(), "a", 0, 5))
		for _, from := range []segment.Position{0, 4, 6} {
			if err := s.Advance(t.Context(), "a", from, 7); !errors.Is(err, flywheel.ErrConflict) {
				t.Fatalf("Advance from %d: got %v, want ErrConflict", from, err)
			}
		}
		if err := s.Advance(t.Context(), "new", 3, 7); !errors.Is(err, flywheel.ErrConflict) {
			t.Fatalf("Advance of an unknown consumer from 3: got %v, want ErrConflict", err)
		}
		wantCursor(t, t.Context(), s, "a", 5)
		wantCursor(t, t.Context(), s, "new", 0)
	}},
	{Name: "cursor/concurrent", Rule: "of N who advance from one position one succeeds", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context(), events("e", 9)...))
		_, err := suite.Race(8, flywheel.ErrConflict, func(int) error { return s.Advance(t.Context(), "a", 0, 9) })
		must(t, err)
	}},
	{Name: "ctx/cancelled", Rule: "a call with a cancelled context reports it and changes nothing", Check: func(t suite.T, s segment.LogStore) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, readErr := s.Read(ctx, 0, 5)
		_, cursorErr := s.Cursor(ctx, "a")
		for call, err := range map[string]error{"Append": s.Append(ctx, event("a")), "Append of nothing": s.Append(ctx),
			"Read": readErr, "Cursor": cursorErr, "Advance": s.Advance(ctx, "a", 0, 1)} {
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: got %v, want context.Canceled", call, err)
			}
		}
		wantIDs(t, t.Context(), s)
		wantCursor(t, t.Context(), s, "a", 0)
	}},
	{Name: "tx/commit", Transactions: true, Rule: "calls in a transaction see each other and are committed with it", Check: func(t suite.T, s segment.LogStore) {
		must(t, suite.Tx(s).InTx(t.Context(), func(ctx context.Context) error {
			must(t, s.Append(ctx, event("a"), event("b")))
			wantIDs(t, ctx, s, "a", "b")
			must(t, s.Advance(ctx, "c", 0, 2))
			wantCursor(t, ctx, s, "c", 2)
			return nil
		}))
		wantIDs(t, t.Context(), s, "a", "b")
		wantCursor(t, t.Context(), s, "c", 2)
	}},
	{Name: "tx/rollback", Transactions: true, Rule: "a transaction that fails leaves nothing, positions included", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context(), event("a")))
		must(t, suite.RollBack(t.Context(), suite.Tx(s), false, func(ctx context.Context) error {
			must(t, s.Append(ctx, events("e", 1500)...))
			must(t, s.Advance(ctx, "c", 0, 1))
			if n := len(read(t, ctx, s)); n != 1501 {
				t.Fatalf("%d events within the transaction, want 1501", n)
			}
			return nil
		}))
		wantCursor(t, t.Context(), s, "c", 0)
		must(t, s.Append(t.Context(), event("e-0000"), event("b")))
		wantIDs(t, t.Context(), s, "a", "e-0000", "b")
	}},
	{Name: "tx/panic", Transactions: true, Rule: "a panic rolls back and goes on", Check: func(t suite.T, s segment.LogStore) {
		must(t, suite.RollBack(t.Context(), suite.Tx(s), true, func(ctx context.Context) error {
			return s.Append(ctx, event("a"))
		}))
		wantIDs(t, t.Context(), s)
		must(t, s.Append(t.Context(), event("a")))
	}},
	{Name: "tx/failed-call", Transactions: true, Rule: "a failed call within a transaction leaves nothing behind and the transaction goes on", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context(), event("a")))
		must(t, suite.Tx(s).InTx(t.Context(), func(ctx context.Context) error {
			other := event("a")
			other.Name = flywheel.EventRefund
			if err := s.Append(ctx, event("b"), other); !errors.Is(err, flywheel.ErrConflict) {
				t.Fatalf("got %v, want ErrConflict", err)
			}
			if err := s.Advance(ctx, "c", 4, 5); !errors.Is(err, flywheel.ErrConflict) {
				t.Fatalf("got %v, want ErrConflict", err)
			}
			return s.Append(ctx, event("d"))
		}))
		wantIDs(t, t.Context(), s, "a", "d")
	}},
	{Name: "tx/drain", Transactions: true, Rule: "a cursor and the changes of its consumer are one", Check: func(t suite.T, s segment.LogStore) {
		log, err := segment.NewLog(s, &segment.LogOptions{Batch: 4})
		must(t, err)
		must(t, log.Publish(t.Context(), events("e", 10)...))
		fail := true
		sink := flywheel.SinkFunc(func(ctx context.Context, list ...flywheel.Event) error {
			if list[0].ID == "e-0004" && fail {
				must(t, s.Append(ctx, event("half")))
				fail = false
				return errors.New("boom")
			}
			if list[0].ID == "e-0004" {
				return s.Append(ctx, event("whole"))
			}
			return nil
		})
		if n, err := log.Drain(t.Context(), "c", sink); n != 4 || err == nil {
			t.Fatalf("Drain returned %d, %v; want 4 and the sink's error", n, err)
		}
		wantCursor(t, t.Context(), s, "c", 4)
		n, err := log.Drain(t.Context(), "c", sink)
		must(t, err)
		if n != 7 {
			t.Fatalf("delivered %d events, want the 6 left and the one they caused", n)
		}
		wantCursor(t, t.Context(), s, "c", 11)
		if list := read(t, t.Context(), s); list[len(list)-1].ID != "whole" {
			t.Fatalf("the last event is %q", list[len(list)-1].ID)
		}
	}},
}

// otherBodies are changes each of which makes an event another.
var otherBodies = map[string]func(e *flywheel.Event){
	"name":     func(e *flywheel.Event) { e.Name = flywheel.EventRefund },
	"time":     func(e *flywheel.Event) { e.Time = e.Time.Add(time.Microsecond) },
	"customer": func(e *flywheel.Event) { e.Customer = "C-a" },
	"visitor":  func(e *flywheel.Event) { e.Visitor = "v" },
	"session":  func(e *flywheel.Event) { e.Session = "s" },
	"ref":      func(e *flywheel.Event) { e.Ref = "r" },
	"lines":    func(e *flywheel.Event) { e.Lines = append(e.Lines, flywheel.Line{SKU: "x"}) },
	"amount":   func(e *flywheel.Event) { e.Lines[0].Amount = e.Value; e.Lines[0].Quantity = 7 },
	"value":    func(e *flywheel.Event) { e.Value, _ = e.Value.Neg() },
	"property": func(e *flywheel.Event) { e.Properties["channel"] = "shop" },
	"no-props": func(e *flywheel.Event) { e.Properties = nil },
}

func wantCursor(t suite.T, ctx context.Context, s segment.LogStore, consumer string, want segment.Position) {
	t.Helper()
	got, err := s.Cursor(ctx, consumer)
	must(t, err)
	if got != want {
		t.Fatalf("cursor of %q is at %d, want %d", consumer, got, want)
	}
}
