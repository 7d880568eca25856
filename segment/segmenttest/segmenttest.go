package segmenttest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// Features says what a store can do beyond segment.LogStore.
type Features struct {
	// Transactions: the store is a flywheel.Transactor.
	Transactions bool
}

// Run runs the suite; fresh returns a new, empty store.
func Run(t *testing.T, fresh func(t *testing.T) segment.LogStore, f Features) {
	contract.Run(t, fresh, suite.Transactor[segment.LogStore](f.Transactions, nil))
}

type testCase = suite.Case[check]

type check func(t suite.T, s segment.LogStore)

var contract = suite.Suite[segment.LogStore, check]{
	Cases: cases,
	Call: func(t suite.T, check check, s segment.LogStore, _ flywheel.Transactor) error {
		check(t, s)
		return nil
	},
}

// at is the time of all made events, with microseconds.
var at = time.Date(2011, 12, 9, 12, 50, 0, 123456000, time.UTC)

// event makes a small event.
func event(id string) flywheel.Event {
	return flywheel.Event{ID: id, Name: flywheel.EventPurchase, Time: at, Customer: "c-" + flywheel.CustomerID(id),
		Lines: []flywheel.Line{{SKU: "85123A", Quantity: 6, Amount: money.New(1530, money.GBP)}},
		Value: money.New(1530, money.GBP), Properties: map[string]any{"channel": "web"}}
}

// full makes an event with every field filled.
func full(id string) flywheel.Event {
	e := event(id)
	e.Visitor, e.Session, e.Ref = "v-1", "s-1", "order-1"
	e.Lines = append(e.Lines, flywheel.Line{SKU: "22423", Quantity: 0}, flywheel.Line{SKU: "POST", Quantity: 1, Amount: money.New(-1, money.GBP)})
	e.Properties = map[string]any{"none": nil, "yes": true, "number": 0.1, "text": "<é 😀 \" ' \\ %_ \u2028>", "empty": "",
		"list": []any{"a", 1.0, nil, []any{}}, "object": map[string]any{"k": map[string]any{}}}
	return e
}

func events(prefix string, n int) []flywheel.Event {
	list := make([]flywheel.Event, n)
	for i := range list {
		list[i] = event(fmt.Sprintf("%s-%04d", prefix, i))
	}
	return list
}

// must fails the check when err is not nil.
func must(t suite.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// add appends events that nobody's turn tells, at the time of all made events.
func add(ctx context.Context, s segment.LogStore, events ...flywheel.Event) error {
	return s.Append(ctx, at, "", events...)
}

// of makes an event of a customer and a visitor.
func of(id string, customer flywheel.CustomerID, visitor flywheel.VisitorID, when time.Time) flywheel.Event {
	e := event(id)
	e.Customer, e.Visitor, e.Time = customer, visitor, when
	return e
}

// number gives all waiting events their places.
func number(t suite.T, ctx context.Context, s segment.LogStore, now time.Time) int {
	t.Helper()
	return numberAs(t, ctx, s, now, segment.FirstLinked)
}

func numberAs(t suite.T, ctx context.Context, s segment.LogStore, now time.Time, identity segment.Identity) (count int) {
	t.Helper()
	for {
		n, err := s.Number(ctx, segment.Numbering{Now: now, Skew: time.Hour, Identity: identity})
		must(t, err)
		if count += n; n == 0 {
			return count
		}
	}
}

// wantPersons fails unless the entries are of these persons, in order.
func wantPersons(t suite.T, s segment.LogStore, identity segment.Identity, persons ...string) {
	t.Helper()
	numberAs(t, t.Context(), s, at, identity)
	page, err := s.Read(t.Context(), segment.Query{Limit: 100})
	must(t, err)
	got := make([]string, len(page))
	for i := range page {
		got[i] = string(page[i].Person)
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", persons) {
		t.Fatalf("persons %q, want %q", got, persons)
	}
}

// read numbers what waits and returns the whole log, seven entries at a time, checking that positions
// ascend from call to call.
func read(t suite.T, ctx context.Context, s segment.LogStore) []flywheel.Event {
	t.Helper()
	number(t, ctx, s, at)
	var list []flywheel.Event
	var last flywheel.Position
	for {
		page, err := s.Read(ctx, segment.Query{After: last, Limit: 7})
		must(t, err)
		if len(page) == 0 {
			return list
		}
		if len(page) > 7 {
			t.Fatalf("Read returned %d entries for a limit of 7", len(page))
		}
		for _, e := range page {
			if e.Position != last+1 {
				t.Fatalf("position %d follows %d", e.Position, last)
			}
			last = e.Position
			list = append(list, e.Event)
		}
	}
}

// wantIDs fails unless the log holds exactly these IDs in this order.
func wantIDs(t suite.T, ctx context.Context, s segment.LogStore, ids ...string) {
	t.Helper()
	list := read(t, ctx, s)
	got := make([]string, len(list))
	for i := range list {
		got[i] = list[i].ID
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", ids) {
		t.Fatalf("the log holds %q, want %q", got, ids)
	}
}
