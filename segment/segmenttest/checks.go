package segmenttest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/segment"
)

var cases = []testCase{
	{Name: "append/order", Rule: "Read returns events in the order of Append, at positions 1, 2, 3, …", Check: func(t suite.T, s segment.LogStore) {
		must(t, add(t.Context(), s, event("b"), event("a")))
		must(t, add(t.Context(), s, event("c")))
		wantIDs(t, t.Context(), s, "b", "a", "c")
	}},
	{Name: "append/nothing", Rule: "Append of no events does nothing", Check: func(t suite.T, s segment.LogStore) {
		must(t, add(t.Context(), s))
		wantIDs(t, t.Context(), s)
	}},
	{Name: "append/body", Rule: "an event comes back with every field as it was given", Check: func(t suite.T, s segment.LogStore) {
		want := full("a")
		must(t, add(t.Context(), s, want))
		got := read(t, t.Context(), s)
		if len(got) != 1 || !segment.SameEvent(&got[0], &want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if got[0].Time.Location() != time.UTC || !got[0].Time.Equal(at) {
			t.Fatalf("time %v, want %v in UTC", got[0].Time, at)
		}
	}},
	{Name: "append/again", Rule: "an event appended again is passed over", Check: func(t suite.T, s segment.LogStore) {
		must(t, add(t.Context(), s, full("a"), event("b")))
		must(t, add(t.Context(), s, full("a")))
		must(t, add(t.Context(), s, event("b"), event("c"), full("a"), event("c")))
		wantIDs(t, t.Context(), s, "a", "b", "c")
	}},
	{Name: "append/conflict", Rule: "an ID with another body is a conflict and nothing of the call remains", Check: func(t suite.T, s segment.LogStore) {
		must(t, add(t.Context(), s, event("a")))
		for name, change := range otherBodies {
			other := event("a")
			change(&other)
			err := add(t.Context(), s, event("new-"+name), other, event("later-"+name))
			if !errors.Is(err, flywheel.ErrConflict) {
				t.Fatalf("another %s: got %v, want ErrConflict", name, err)
			}
		}
		x, y := event("x"), event("x")
		y.Name = flywheel.EventRefund
		if err := add(t.Context(), s, x, y); !errors.Is(err, flywheel.ErrConflict) {
			t.Fatalf("two bodies in one call: got %v, want ErrConflict", err)
		}
		wantIDs(t, t.Context(), s, "a")
	}},
	{Name: "append/copies", Rule: "the store keeps copies", Check: func(t suite.T, s segment.LogStore) {
		e, want := full("a"), full("a")
		must(t, add(t.Context(), s, e, event("b")))
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
		must(t, add(t.Context(), s, want...))
		must(t, add(t.Context(), s, want[:1500]...))
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
			must(t, add(t.Context(), s, event(id)))
		}
		wantIDs(t, t.Context(), s, odd...)
	}},
	{Name: "append/concurrent-same", Rule: "of N writers of one event one adds it and all succeed", Check: func(t suite.T, s segment.LogStore) {
		for _, err := range suite.Parallel(8, func(int) error { return add(t.Context(), s, event("a")) }) {
			must(t, err)
		}
		wantIDs(t, t.Context(), s, "a")
	}},
	{Name: "read/page", Rule: "Read returns at most limit entries after the position", Check: func(t suite.T, s segment.LogStore) {
		must(t, add(t.Context(), s, events("e", 10)...))
		number(t, t.Context(), s, at)
		for _, c := range []struct {
			after      flywheel.Position
			limit, len int
		}{{0, 3, 3}, {3, 3, 3}, {8, 5, 2}, {10, 5, 0}, {99, 5, 0}, {0, 1, 1}, {0, 100, 10}} {
			page, err := s.Read(t.Context(), segment.Query{After: c.after, Limit: c.limit})
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
					if err := add(t.Context(), s, event(fmt.Sprintf("%d-%d", w, i))); err != nil {
						t.Errorf("Append: %v", err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		var last flywheel.Position
		next := map[byte]int{}
		for over := false; ; {
			number(t, t.Context(), s, at)
			page, err := s.Read(t.Context(), segment.Query{After: last, Limit: 5})
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
	{Name: "number/order", Rule: "what nobody's turn told comes first, then what consumers told, by name and arrival", Check: func(t suite.T, s segment.LogStore) {
		must(t, s.Append(t.Context(), at, "b", event("1"), event("2")))
		must(t, s.Append(t.Context(), at, "a", event("3")))
		must(t, s.Append(t.Context(), at, "", event("4")))
		wantIDs(t, t.Context(), s, "4", "3", "1", "2")
	}},
	{Name: "number/reading", Rule: "reading gives no places", Check: func(t suite.T, s segment.LogStore) {
		must(t, add(t.Context(), s, event("a")))
		if page, err := s.Read(t.Context(), segment.Query{Limit: 9}); err != nil || len(page) != 0 {
			t.Fatalf("read %v, %v before numbering", page, err)
		}
		last, _, err := s.Last(t.Context())
		must(t, err)
		if last != 0 {
			t.Fatalf("last position %d before numbering", last)
		}
		if n := number(t, t.Context(), s, at); n != 1 {
			t.Fatalf("numbered %d, want 1", n)
		}
		if n := number(t, t.Context(), s, at); n != 0 {
			t.Fatalf("numbered %d again", n)
		}
	}},
	{Name: "number/received", Rule: "received is max(previous, min(writer's clock, numberer's clock)) to the microsecond", Check: func(t suite.T, s segment.LogStore) {
		for i, c := range []struct{ told, now, want time.Duration }{
			{0, time.Hour, 0}, {time.Minute, time.Hour, time.Minute}, {time.Second, time.Hour, time.Minute},
			{24 * time.Hour, 2*time.Hour + time.Microsecond, 2*time.Hour + time.Microsecond}, {3 * time.Hour, time.Hour, 2*time.Hour + time.Microsecond},
		} {
			must(t, s.Append(t.Context(), at.Add(c.told), "", event(fmt.Sprint(i))))
			number(t, t.Context(), s, at.Add(c.now))
			page, err := s.Read(t.Context(), segment.Query{After: flywheel.Position(i), Limit: 1})
			must(t, err)
			last, received, err := s.Last(t.Context())
			must(t, err)
			if want := at.Add(c.want); len(page) != 1 || !page[0].Received.Equal(want) || !received.Equal(want) || last != flywheel.Position(i+1) {
				t.Fatalf("case %d: received %v, last %d at %v, want %v", i, page, last, received, want)
			}
		}
	}},
	{Name: "person/links", Rule: "person is the customer, else the visitor's customer at that place, else the visitor", Check: func(t suite.T, s segment.LogStore) {
		nameless := func(id string) flywheel.Event { return of(id, "", "d1", at) }
		must(t, add(t.Context(), s, nameless("1"), of("2", "ann", "d1", at), nameless("3"), of("4", "bob", "d1", at.Add(time.Second)), nameless("5")))
		number(t, t.Context(), s, at)
		gone := of("6", "ann", "d1", at)
		gone.Name = segment.EventUnlinked
		must(t, add(t.Context(), s, gone, nameless("7"), of("8", "", "", at)))
		wantPersons(t, s, segment.FirstLinked, "v:d1", "c:ann", "c:ann", "c:bob", "c:ann", "c:ann", "c:bob", "")
		links, err := s.Links(t.Context(), "d1", "")
		must(t, err)
		if len(links) != 1 || links[0].Customer != "bob" || !links[0].From.Equal(at.Add(time.Second)) || links[0].Position != 4 {
			t.Fatalf("links %v, want bob's", links)
		}
		if links, err = s.Links(t.Context(), "", "bob"); err != nil || len(links) != 1 || links[0].Visitor != "d1" {
			t.Fatalf("links of bob %v, %v", links, err)
		}
	}},
	{Name: "person/latest", Rule: "with latest the last link at or before the event counts, else the first", Check: func(t suite.T, s segment.LogStore) {
		minute := func(m int) time.Time { return at.Add(time.Duration(m) * time.Minute) }
		must(t, add(t.Context(), s, of("1", "ann", "d1", minute(10)), of("2", "bob", "d1", minute(20)), of("3", "ann", "d1", minute(30)), of("4", "ann", "d1", minute(31)),
			of("5", "", "d1", minute(5)), of("6", "", "d1", minute(10)), of("7", "", "d1", minute(20)), of("8", "", "d1", minute(29)), of("9", "", "d1", minute(40))))
		numberAs(t, t.Context(), s, minute(60), segment.LatestLinked)
		wantPersons(t, s, segment.LatestLinked, "c:ann", "c:bob", "c:ann", "c:ann", "c:ann", "c:ann", "c:bob", "c:bob", "c:ann")
		links, err := s.Links(t.Context(), "d1", "")
		must(t, err)
		if len(links) != 4 {
			t.Fatalf("%d links, want 4: one told late may come between the last two", len(links))
		}
	}},
	{Name: "person/latest-late", Rule: "with latest a link told late holds up to the next of anybody", Check: func(t suite.T, s segment.LogStore) {
		minute := func(m int) time.Time { return at.Add(time.Duration(m) * time.Minute) }
		must(t, add(t.Context(), s, of("1", "ann", "d1", minute(10)), of("2", "ann", "d1", minute(30)), of("3", "bob", "d1", minute(20)),
			of("4", "", "d1", minute(15)), of("5", "", "d1", minute(25)), of("6", "", "d1", minute(30))))
		numberAs(t, t.Context(), s, minute(60), segment.LatestLinked)
		wantPersons(t, s, segment.LatestLinked, "c:ann", "c:ann", "c:bob", "c:ann", "c:bob", "c:ann")
	}},
	{Name: "read/person", Rule: "Read finds the entries of a person, of a name, and up to a position", Check: func(t suite.T, s segment.LogStore) {
		refund := of("4", "ann", "", at)
		refund.Name = flywheel.EventRefund
		must(t, add(t.Context(), s, of("1", "ann", "", at), of("2", "bob", "", at), of("3", "ann", "", at), refund, of("5", "ann", "", at)))
		number(t, t.Context(), s, at)
		for want, q := range map[string]segment.Query{
			"1 3 4 5": {Person: "c:ann", Limit: 9}, "3 4": {Person: "c:ann", After: 1, To: 4, Limit: 9}, "1 3": {Person: "c:ann", Limit: 2},
			"1 2 3 5": {Name: flywheel.EventPurchase, Limit: 9}, "4": {Name: flywheel.EventRefund, Person: "c:ann", Limit: 9}, "": {Person: "c:cid", Limit: 9},
			"2 3 ": {After: 1, To: 3, Limit: 9},
		} {
			page, err := s.Read(t.Context(), q)
			must(t, err)
			var got []string
			for _, e := range page {
				got = append(got, e.Event.ID)
			}
			if strings.Join(got, " ") != strings.TrimSpace(want) {
				t.Fatalf("Read(%+v) found %v, want %s", q, got, want)
			}
		}
	}},
	{Name: "read/visitor", Rule: "Read finds the nameless entries of a visitor, whoever's they are", Check: func(t suite.T, s segment.LogStore) {
		gone := of("4", "ann", "d1", at)
		gone.Name = segment.EventUnlinked
		must(t, add(t.Context(), s, of("1", "", "d1", at), of("2", "ann", "d1", at), of("3", "", "d1", at), gone, of("5", "", "d2", at), of("6", "", "", at), of("7", "", "d1", at)))
		number(t, t.Context(), s, at)
		for want, q := range map[string]segment.Query{"1 3 7": {Visitor: "d1", Limit: 9}, "3": {Visitor: "d1", After: 1, Limit: 1}, "1 3": {Visitor: "d1", To: 6, Limit: 9}, "": {Visitor: "d3", Limit: 9}} {
			page, err := s.Read(t.Context(), q)
			must(t, err)
			var got []string
			for _, e := range page {
				got = append(got, e.Event.ID)
			}
			if strings.Join(got, " ") != want {
				t.Fatalf("Read(%+v) found %v, want %s", q, got, want)
			}
		}
	}},
	{Name: "erase/blank", Rule: "an erased event keeps its place and is known by its ID; nothing else of it is left", Check: func(t suite.T, s segment.LogStore) {
		must(t, add(t.Context(), s, of("1", "ann", "phone", at), event("2"), of("3", "", "phone", at)))
		number(t, t.Context(), s, at)
		must(t, s.Erase(t.Context(), "ann", 1, 3))
		must(t, s.Erase(t.Context(), "ann", 1))
		list := read(t, t.Context(), s)
		for i, e := range list {
			text := fmt.Sprintf("%+v", e)
			if blank := e.Name == segment.EventErased; blank != (i != 1) || blank && (strings.Contains(text, "ann") || strings.Contains(text, "phone") || e.ID == "1" || e.ID == "") {
				t.Fatalf("entry %d after the erasure: %s", i+1, text)
			}
		}
		for _, q := range []segment.Query{{Person: "c:ann", Limit: 9}, {Person: "v:phone", Limit: 9}, {Visitor: "phone", Limit: 9}} {
			if page, err := s.Read(t.Context(), q); err != nil || len(page) != 0 {
				t.Fatalf("%s is still found: %v, %v", q.Person, page, err)
			}
		}
		links, err := s.Links(t.Context(), "phone", "")
		must(t, err)
		if len(links) != 0 {
			t.Fatalf("links %v are left", links)
		}
		must(t, add(t.Context(), s, of("1", "ann", "phone", at), of("4", "ann", "", at)))
		if list = read(t, t.Context(), s); len(list) != 4 || list[3].ID != "4" {
			t.Fatalf("the erased event came back: %v", list)
		}
	}},
	{Name: "erase/unknown", Rule: "a position that the log does not have is not found and nothing is erased", Check: func(t suite.T, s segment.LogStore) {
		must(t, add(t.Context(), s, event("a")))
		number(t, t.Context(), s, at)
		if err := s.Erase(t.Context(), "c-a", 1, 2); !errors.Is(err, flywheel.ErrNotFound) {
			t.Fatalf("got %v, want ErrNotFound", err)
		}
		wantIDs(t, t.Context(), s, "a")
	}},
	{Name: "ctx/cancelled", Rule: "a call with a cancelled context reports it and changes nothing", Check: func(t suite.T, s segment.LogStore) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, readErr := s.Read(ctx, segment.Query{Limit: 5})
		_, _, lastErr := s.Last(ctx)
		_, linksErr := s.Links(ctx, "v", "c")
		_, numberErr := s.Number(ctx, segment.Numbering{Now: at, Identity: segment.FirstLinked})
		for call, err := range map[string]error{"Append": add(ctx, s, event("a")), "Append of nothing": add(ctx, s),
			"Read": readErr, "Last": lastErr, "Links": linksErr, "Number": numberErr, "Erase": s.Erase(ctx, "c", 1)} {
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: got %v, want context.Canceled", call, err)
			}
		}
		wantIDs(t, t.Context(), s)
	}},
	{Name: "tx/commit", Transactions: true, Rule: "calls in a transaction see each other and are committed with it", Check: func(t suite.T, s segment.LogStore) {
		must(t, suite.Tx(s).InTx(t.Context(), func(ctx context.Context) error {
			must(t, add(ctx, s, event("a"), event("b")))
			wantIDs(t, ctx, s, "a", "b")
			return nil
		}))
		wantIDs(t, t.Context(), s, "a", "b")
	}},
	{Name: "tx/rollback", Transactions: true, Rule: "a transaction that fails leaves nothing, positions included", Check: func(t suite.T, s segment.LogStore) {
		must(t, add(t.Context(), s, event("a")))
		must(t, suite.RollBack(t.Context(), suite.Tx(s), false, func(ctx context.Context) error {
			must(t, add(ctx, s, events("e", 1500)...))
			if n := len(read(t, ctx, s)); n != 1501 {
				t.Fatalf("%d events within the transaction, want 1501", n)
			}
			return nil
		}))
		must(t, add(t.Context(), s, event("e-0000"), event("b")))
		wantIDs(t, t.Context(), s, "a", "e-0000", "b")
	}},
	{Name: "tx/panic", Transactions: true, Rule: "a panic rolls back and goes on", Check: func(t suite.T, s segment.LogStore) {
		must(t, suite.RollBack(t.Context(), suite.Tx(s), true, func(ctx context.Context) error {
			return add(ctx, s, event("a"))
		}))
		wantIDs(t, t.Context(), s)
		must(t, add(t.Context(), s, event("a")))
	}},
	{Name: "tx/failed-call", Transactions: true, Rule: "a call that contradicts the transaction's own events leaves nothing behind and the transaction goes on", Check: func(t suite.T, s segment.LogStore) {
		must(t, suite.Tx(s).InTx(t.Context(), func(ctx context.Context) error {
			must(t, add(ctx, s, event("a")))
			other := event("a")
			other.Name = flywheel.EventRefund
			if err := add(ctx, s, event("b"), other); !errors.Is(err, flywheel.ErrConflict) {
				t.Fatalf("got %v, want ErrConflict", err)
			}
			return add(ctx, s, event("a"), event("d"), event("d"))
		}))
		wantIDs(t, t.Context(), s, "a", "d")
	}},
	{Name: "tx/conflict", Transactions: true, Rule: "a call that contradicts the log fails, or the transaction does at its end, and nothing of the call remains", Check: func(t suite.T, s segment.LogStore) {
		must(t, add(t.Context(), s, event("a")))
		other := event("a")
		other.Name = flywheel.EventRefund
		var called error
		err := suite.Tx(s).InTx(t.Context(), func(ctx context.Context) error {
			called = add(ctx, s, event("b"), other)
			return add(ctx, s, event("d"))
		})
		if !errors.Is(cmp.Or(called, err), flywheel.ErrConflict) {
			t.Fatalf("the call answered %v and the transaction %v, want ErrConflict of one", called, err)
		}
		if called == nil {
			wantIDs(t, t.Context(), s, "a")
			return
		}
		must(t, err)
		wantIDs(t, t.Context(), s, "a", "d")
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
