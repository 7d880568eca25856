package segmenttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
)

var checks = []check{
	{name: "append/order", rule: "Read returns events in the order of Append, at positions 1, 2, 3, …", run: func(t tb, s segment.LogStore) {
		must(t, s.Append(t.Context(), event("b"), event("a")))
		must(t, s.Append(t.Context(), event("c")))
		wantIDs(t, t.Context(), s, "b", "a", "c")
	}},
	{name: "append/nothing", rule: "Append of no events does nothing", run: func(t tb, s segment.LogStore) {
		must(t, s.Append(t.Context()))
		wantIDs(t, t.Context(), s)
	}},
	{name: "append/body", rule: "an event comes back with every field as it was given", run: func(t tb, s segment.LogStore) {
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
	{name: "append/again", rule: "an event appended again is passed over", run: func(t tb, s segment.LogStore) {
		must(t, s.Append(t.Context(), full("a"), event("b")))
		must(t, s.Append(t.Context(), full("a")))
		must(t, s.Append(t.Context(), event("b"), event("c"), full("a"), event("c")))
		wantIDs(t, t.Context(), s, "a", "b", "c")
	}},
	{name: "append/conflict", rule: "an ID with another body is a conflict and nothing of the call remains", run: func(t tb, s segment.LogStore) {
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
	{name: "append/copies", rule: "the store keeps copies", run: func(t tb, s segment.LogStore) {
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
	{name: "append/many", rule: "one Append takes thousands of events", run: func(t tb, s segment.LogStore) {
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
	{name: "append/odd-ids", rule: "IDs that differ in case, accents or form are different", run: func(t tb, s segment.LogStore) {
		odd := []string{"a", "A", "é", "e\u0301", "ß", "ss", "%", "_", "'; DROP TABLE x; --", "😀", "a b", "1", "01"}
		for _, id := range odd {
			must(t, s.Append(t.Context(), event(id)))
		}
		wantIDs(t, t.Context(), s, odd...)
	}},
	{name: "append/concurrent-same", rule: "of N writers of one event one adds it and all succeed", run: func(t tb, s segment.LogStore) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := s.Append(t.Context(), event("a")); err != nil {
					t.Errorf("Append: %v", err)
				}
			})
		}
		wg.Wait()
		wantIDs(t, t.Context(), s, "a")
	}},
	{name: "read/page", rule: "Read returns at most limit entries after the position", run: func(t tb, s segment.LogStore) {
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
	{name: "read/while-appending", rule: "who follows by position while others append misses no event and sees none twice", run: func(t tb, s segment.LogStore) {
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
	{name: "cursor/unknown", rule: "the cursor of a consumer not known is zero", run: func(t tb, s segment.LogStore) {
		wantCursor(t, t.Context(), s, "nobody", 0)
	}},
	{name: "cursor/advance", rule: "Advance moves a cursor from where it stands, each consumer's own", run: func(t tb, s segment.LogStore) {
		must(t, s.Append(t.Context(), events("e", 9)...))
		must(t, s.Advance(t.Context(), "a", 0, 5))
		must(t, s.Advance(t.Context(), "A", 0, 2))
		must(t, s.Advance(t.Context(), "a", 5, 9))
		wantCursor(t, t.Context(), s, "a", 9)
		wantCursor(t, t.Context(), s, "A", 2)
	}},
	{name: "cursor/conflict", rule: "Advance from where the cursor does not stand is a conflict and changes nothing", run: func(t tb, s segment.LogStore) {
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
	{name: "cursor/concurrent", rule: "of N who advance from one position one succeeds", run: func(t tb, s segment.LogStore) {
		must(t, s.Append(t.Context(), events("e", 9)...))
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for range 8 {
			wg.Go(func() {
				err := s.Advance(t.Context(), "a", 0, 9)
				if err != nil && !errors.Is(err, flywheel.ErrConflict) {
					t.Errorf("Advance: %v", err)
				}
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					won++
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Fatalf("%d of 8 advanced the cursor", won)
		}
	}},
	{name: "ctx/cancelled", rule: "a call with a cancelled context reports it and changes nothing", run: func(t tb, s segment.LogStore) {
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
	{name: "tx/commit", transactions: true, rule: "calls in a transaction see each other and are committed with it", run: func(t tb, s segment.LogStore) {
		must(t, s.(flywheel.Transactor).InTx(t.Context(), func(ctx context.Context) error {
			must(t, s.Append(ctx, event("a"), event("b")))
			wantIDs(t, ctx, s, "a", "b")
			must(t, s.Advance(ctx, "c", 0, 2))
			wantCursor(t, ctx, s, "c", 2)
			return nil
		}))
		wantIDs(t, t.Context(), s, "a", "b")
		wantCursor(t, t.Context(), s, "c", 2)
	}},
	{name: "tx/rollback", transactions: true, rule: "a transaction that fails leaves nothing, positions included", run: func(t tb, s segment.LogStore) {
		boom := errors.New("boom")
		must(t, s.Append(t.Context(), event("a")))
		err := s.(flywheel.Transactor).InTx(t.Context(), func(ctx context.Context) error {
			must(t, s.Append(ctx, events("e", 1500)...))
			must(t, s.Advance(ctx, "c", 0, 1))
			if n := len(read(t, ctx, s)); n != 1501 {
				t.Fatalf("%d events within the transaction, want 1501", n)
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatalf("InTx returned %v, want the function's error", err)
		}
		wantCursor(t, t.Context(), s, "c", 0)
		must(t, s.Append(t.Context(), event("e-0000"), event("b")))
		wantIDs(t, t.Context(), s, "a", "e-0000", "b")
	}},
	{name: "tx/panic", transactions: true, rule: "a panic rolls back and goes on", run: func(t tb, s segment.LogStore) {
		func() {
			defer func() {
				if recover() != "boom" {
					t.Fatalf("the panic did not go on")
				}
			}()
			s.(flywheel.Transactor).InTx(t.Context(), func(ctx context.Context) error {
				must(t, s.Append(ctx, event("a")))
				panic("boom")
			})
		}()
		wantIDs(t, t.Context(), s)
		must(t, s.Append(t.Context(), event("a")))
	}},
	{name: "tx/failed-call", transactions: true, rule: "a failed call within a transaction leaves nothing behind and the transaction goes on", run: func(t tb, s segment.LogStore) {
		must(t, s.Append(t.Context(), event("a")))
		must(t, s.(flywheel.Transactor).InTx(t.Context(), func(ctx context.Context) error {
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
	{name: "tx/drain", transactions: true, rule: "a cursor and the changes of its consumer are one", run: func(t tb, s segment.LogStore) {
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

func wantCursor(t tb, ctx context.Context, s segment.LogStore, consumer string, want segment.Position) {
	t.Helper()
	got, err := s.Cursor(ctx, consumer)
	must(t, err)
	if got != want {
		t.Fatalf("cursor of %q is at %d, want %d", consumer, got, want)
	}
}
