package segmenttest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// RunProfiles runs the suite of a segment.ProfileStore; fresh returns a new, empty
// store.
func RunProfiles(t *testing.T, fresh func(t *testing.T) segment.ProfileStore, f Features) {
	profileContract.Run(t, fresh, suite.Transactor[segment.ProfileStore](f.Transactions, nil))
}

type profileCheck func(t suite.T, s segment.ProfileStore)

var profileContract = suite.Suite[segment.ProfileStore, profileCheck]{
	Cases: profileCases,
	Call: func(t suite.T, check profileCheck, s segment.ProfileStore, _ flywheel.Transactor) error {
		check(t, s)
		return nil
	},
}

// filled is a profile with every field filled, but links and counts.
func filled(person flywheel.Person) segment.Profile {
	return segment.Profile{Person: person, FirstSeen: at, LastSeen: at.Add(time.Hour), Events: 7, Orders: 2, Items: 5,
		FirstPurchase: at, LastPurchase: at.Add(time.Minute), Refunds: 1,
		Totals:   []segment.Total{{Revenue: money.New(1234, money.EUR), Refunded: money.New(1, money.EUR)}, {Revenue: money.New(9, money.USD)}},
		Traits:   []segment.TraitState{{Count: 2, Number: 0.5, Value: "é 😀", At: at, Event: "e"}, {Count: 1, Amount: money.New(5, money.EUR), Values: 3, Top: 2}},
		Leaves:   map[string]segment.LeafState{"leaf:1": {Number: 9}},
		Segments: []string{"a", "b"}, Due: at.Add(2 * time.Hour)}
}

func load(t suite.T, s segment.ProfileStore, persons ...flywheel.Person) []segment.Profile {
	t.Helper()
	list, err := s.Load(t.Context(), persons...)
	must(t, err)
	if len(list) != len(persons) {
		t.Fatalf("loaded %d profiles of %d", len(list), len(persons))
	}
	return list
}

func membersOf(t suite.T, s segment.ProfileStore, segment string) (list []flywheel.Person) {
	t.Helper()
	for p, err := range s.List(t.Context(), segment) {
		must(t, err)
		list = append(list, p.Person)
	}
	return list
}

func wantList[T any](t suite.T, what string, got []T, want ...T) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func linkAt(visitor flywheel.VisitorID, customer flywheel.CustomerID, position flywheel.Position) segment.Link {
	return segment.Link{Visitor: visitor, Customer: customer, From: at.Add(time.Duration(position) * time.Second), Position: position}
}

var profileCases = []suite.Case[profileCheck]{
	{Name: "load/unknown", Rule: "a person not known has only Person set", Check: func(t suite.T, s segment.ProfileStore) {
		wantList(t, "unknown", load(t, s, "c:x", "v:y"), segment.Profile{Person: "c:x"}, segment.Profile{Person: "v:y"})
	}},
	{Name: "save/body", Rule: "a profile comes back with every field, its version one higher, in the order asked for", Check: func(t suite.T, s segment.ProfileStore) {
		must(t, s.Save(t.Context(), filled("c:a"), filled("c:A")))
		got := load(t, s, "c:A", "c:b", "c:a")
		want := filled("c:A")
		want.Version = 1
		if !reflect.DeepEqual(got[0], want) {
			t.Fatalf("got %+v, want %+v", got[0], want)
		}
		if got[1].Version != 0 || got[2].Person != "c:a" || got[2].Version != 1 {
			t.Fatalf("got %+v", got)
		}
	}},
	{Name: "save/stale", Rule: "a save of another version is stale, and nothing of the call remains", Check: func(t suite.T, s segment.ProfileStore) {
		must(t, s.Save(t.Context(), filled("c:a")))
		for _, version := range []int64{0, 2} {
			p := filled("c:a")
			p.Version, p.Segments = version, []string{"z"}
			if err := s.Save(t.Context(), filled("c:new"), p); !errors.Is(err, flywheel.ErrStale) {
				t.Fatalf("version %d: got %v, want ErrStale", version, err)
			}
		}
		gone := filled("c:gone")
		gone.Version = 3
		if err := s.Save(t.Context(), gone); !errors.Is(err, flywheel.ErrStale) {
			t.Fatalf("a version of one not stored: got %v, want ErrStale", err)
		}
		wantList(t, "members", membersOf(t, s, "z"))
		wantList(t, "all", membersOf(t, s, ""), "c:a")
	}},
	{Name: "save/concurrent", Rule: "of N who save one version one succeeds", Check: func(t suite.T, s segment.ProfileStore) {
		must(t, s.Save(t.Context(), filled("c:a")))
		p := filled("c:a")
		p.Version = 1
		_, err := suite.Race(8, flywheel.ErrStale, func(int) error { return s.Save(t.Context(), p) })
		must(t, err)
	}},
	{Name: "list/members", Rule: "List yields all in the order of their first Save, or the members of a segment", Check: func(t suite.T, s segment.ProfileStore) {
		b, a, c := filled("c:b"), filled("c:a"), filled("c:c")
		c.Segments = nil
		must(t, s.Save(t.Context(), b, a, c))
		a.Version, a.Segments = 1, []string{"b"}
		must(t, s.Save(t.Context(), a))
		wantList(t, "all", membersOf(t, s, ""), "c:b", "c:a", "c:c")
		wantList(t, "a", membersOf(t, s, "a"), "c:b")
		wantList(t, "b", membersOf(t, s, "b"), "c:b", "c:a")
		wantList(t, "none", membersOf(t, s, "none"))
		n := 0
		for range s.List(t.Context(), "") {
			n++
			break
		}
		if n != 1 {
			t.Fatalf("a range that stops went on")
		}
	}},
	{Name: "links/both-ways", Rule: "links are found by visitor and by customer, and are replaced when Relinked", Check: func(t suite.T, s segment.ProfileStore) {
		d1, d2 := segment.Profile{Person: "v:d1", Relinked: true}, segment.Profile{Person: "v:d2", Relinked: true}
		d1.Links = []segment.Link{linkAt("d1", "ann", 1), linkAt("d1", "bob", 2)}
		d2.Links = []segment.Link{linkAt("d2", "ann", 3)}
		must(t, s.Save(t.Context(), d1, d2, segment.Profile{Person: "c:ann"}))
		got := load(t, s, "v:d1", "c:ann", "c:bob")
		wantList(t, "of d1", got[0].Links, d1.Links...)
		wantList(t, "of ann", got[1].Links, d1.Links[0], d2.Links[0])
		wantList(t, "of bob", got[2].Links, d1.Links[1])
		must(t, s.Save(t.Context(), segment.Profile{Person: "v:d1", Version: 1}))
		wantList(t, "of d1", load(t, s, "v:d1")[0].Links, d1.Links...)
		must(t, s.Save(t.Context(), segment.Profile{Person: "v:d1", Version: 2, Relinked: true, Links: d1.Links[1:]}))
		wantList(t, "of ann", load(t, s, "c:ann")[0].Links, d2.Links[0])
	}},
	{Name: "values/sums", Rule: "counts of values are kept per person and name, and summed over persons", Check: func(t suite.T, s segment.ProfileStore) {
		a := segment.Profile{Person: "c:a", Counted: []segment.Counted{{Of: "x", Value: "é", Count: 2}, {Of: "x", Value: "E", Count: 1}, {Of: "y", Value: "é", Count: 5}}}
		b := segment.Profile{Person: "v:b", Counted: []segment.Counted{{Of: "x", Value: "é", Count: 3}}}
		must(t, s.Save(t.Context(), a, b))
		a.Version, a.Counted = 1, []segment.Counted{{Of: "x", Value: "é", Count: 4}, {Of: "x", Value: "E", Count: 0}}
		must(t, s.Save(t.Context(), a))
		value := "é"
		for want, c := range map[string]struct {
			value   *string
			persons []flywheel.Person
		}{"[{é 7}]": {nil, []flywheel.Person{"c:a", "v:b"}}, "[{é 3}]": {&value, []flywheel.Person{"v:b"}}, "[]": {&value, nil}} {
			list, err := s.Values(t.Context(), "x", c.value, c.persons...)
			must(t, err)
			if fmt.Sprint(list) != want {
				t.Fatalf("got %v, want %s", list, want)
			}
		}
	}},
	{Name: "moments/order", Rule: "moments are kept per person and leaf in order of time and place; what has passed is removed before others are added", Check: func(t suite.T, s segment.ProfileStore) {
		store, ok := s.(segment.MomentStore)
		if !ok {
			return // without windows
		}
		m := func(leaf string, minute int, position flywheel.Position) segment.Moment {
			return segment.Moment{Leaf: leaf, At: at.Add(time.Duration(minute) * time.Minute), Position: position, Number: int64(minute), Value: "é"}
		}
		moments := func(person flywheel.Person, leaf string, after segment.Moment, limit int) []segment.Moment {
			list, err := store.Moments(t.Context(), person, leaf, after, limit)
			must(t, err)
			return list
		}
		a := segment.Profile{Person: "c:a", Moments: []segment.Moment{m("x", 5, 4), m("x", 1, 2), m("y", 1, 2), m("x", 5, 3)}}
		must(t, s.Save(t.Context(), a, segment.Profile{Person: "v:b", Moments: []segment.Moment{m("x", 2, 1)}}))
		wantList(t, "all", moments("c:a", "x", segment.Moment{}, 9), m("x", 1, 2), m("x", 5, 3), m("x", 5, 4))
		wantList(t, "next", moments("c:a", "x", m("x", 1, 2), 1), m("x", 5, 3))
		wantList(t, "last", moments("c:a", "x", m("x", 5, 3), 9), m("x", 5, 4))
		a.Version, a.Passed, a.Moments = 1, []segment.Passed{{Leaf: "x", Until: at.Add(5 * time.Minute)}}, []segment.Moment{m("x", 3, 9), m("x", 7, 8)}
		must(t, s.Save(t.Context(), a))
		wantList(t, "later", moments("c:a", "x", segment.Moment{}, 9), m("x", 3, 9), m("x", 7, 8))
		wantList(t, "of another leaf", moments("c:a", "y", segment.Moment{}, 9), m("y", 1, 2))
		must(t, s.Forget(t.Context(), "c:a"))
		wantList(t, "forgotten", moments("c:a", "x", segment.Moment{}, 9))
		wantList(t, "of another", moments("v:b", "x", segment.Moment{}, 9), m("x", 2, 1))
		must(t, s.Clear(t.Context()))
		wantList(t, "cleared", moments("v:b", "x", segment.Moment{}, 9))
	}},
	{Name: "definitions/versions", Rule: "definitions are kept by name; those of the version before are replaced, of any other they are stale; clearing keeps them", Check: func(t suite.T, s segment.ProfileStore) {
		store, ok := s.(segment.DefinitionStore)
		if !ok {
			return // each process has its own
		}
		d := segment.Defined{Version: 1, Definitions: []segment.Definition{{Name: "é", Rule: []byte(`{"orders": {"$gte": 1}}`)}}}
		must(t, store.Define(t.Context(), "p", d))
		if err := store.Define(t.Context(), "p", d); !errors.Is(err, flywheel.ErrStale) {
			t.Fatalf("defined twice: %v", err)
		}
		must(t, store.Define(t.Context(), "q", d))
		d.Version, d.Configured, d.Definitions = 2, d.Definitions, nil
		must(t, store.Define(t.Context(), "p", d))
		if err := store.Define(t.Context(), "p", segment.Defined{Version: 4}); !errors.Is(err, flywheel.ErrStale) {
			t.Fatalf("one was left out: %v", err)
		}
		must(t, s.Clear(t.Context()))
		for _, c := range []struct {
			name                    string
			version                 int64
			definitions, configured int
		}{{"p", 2, 0, 1}, {"q", 1, 1, 0}, {"unknown", 0, 0, 0}} {
			got, err := store.Definitions(t.Context(), c.name, -1)
			must(t, err)
			if got.Version != c.version || len(got.Definitions) != c.definitions || len(got.Configured) != c.configured {
				t.Fatalf("of %s: %+v", c.name, got)
			}
		}
	}},
	{Name: "due/order", Rule: "Due returns those due, in order of Due and Person, that keep accepts", Check: func(t suite.T, s segment.ProfileStore) {
		var all []segment.Profile
		for i, person := range []flywheel.Person{"c:d", "c:c", "c:b", "c:a", "c:e"} {
			all = append(all, segment.Profile{Person: person, Due: at.Add(time.Duration(i/2) * time.Minute)})
		}
		all[4].Due = time.Time{}
		must(t, s.Save(t.Context(), all...))
		claim := func(minutes, limit int, not flywheel.Person) []flywheel.Person {
			list, err := s.Due(t.Context(), at.Add(time.Duration(minutes)*time.Minute), limit, func(p flywheel.Person) bool { return p != not })
			must(t, err)
			return list
		}
		wantList(t, "before", claim(-1, 9, ""))
		wantList(t, "all", claim(1, 9, ""), "c:c", "c:d", "c:a", "c:b")
		wantList(t, "some", claim(1, 2, "c:d"), "c:c", "c:a")
	}},
	{Name: "forget/all", Rule: "Forget removes all there is of persons and nothing of others", Check: func(t suite.T, s segment.ProfileStore) {
		a, b := filled("c:a"), filled("c:b")
		a.Counted, b.Counted = []segment.Counted{{Of: "x", Value: "1", Count: 1}}, []segment.Counted{{Of: "x", Value: "1", Count: 1}}
		d := segment.Profile{Person: "v:d", Relinked: true, Links: []segment.Link{linkAt("d", "a", 1), linkAt("d", "b", 2)}}
		must(t, s.Save(t.Context(), a, b, d))
		must(t, s.Forget(t.Context(), "c:a", "c:unknown"))
		if got := load(t, s, "c:a")[0]; !reflect.DeepEqual(got, segment.Profile{Person: "c:a"}) {
			t.Fatalf("left: %+v", got)
		}
		wantList(t, "members", membersOf(t, s, "a"), "c:b")
		wantList(t, "links", load(t, s, "v:d")[0].Links, d.Links[1])
		values, err := s.Values(t.Context(), "x", nil, "c:a")
		must(t, err)
		wantList(t, "values", values)
		due, err := s.Due(t.Context(), at.AddDate(1, 0, 0), 9, func(flywheel.Person) bool { return true })
		must(t, err)
		wantList(t, "due", due, "c:b")
		must(t, s.Save(t.Context(), filled("c:a")))
	}},
	{Name: "clear/all", Rule: "Clear removes everything", Check: func(t suite.T, s segment.ProfileStore) {
		must(t, s.Save(t.Context(), filled("c:a"), segment.Profile{Person: "v:d", Relinked: true, Links: []segment.Link{linkAt("d", "z", 1)}}))
		must(t, s.Clear(t.Context()))
		wantList(t, "all", membersOf(t, s, ""))
		wantList(t, "members", membersOf(t, s, "a"))
		wantList(t, "links", load(t, s, "c:z")[0].Links)
		must(t, s.Save(t.Context(), filled("c:a")))
	}},
	{Name: "ctx/canceled", Rule: "a call with a canceled context reports it and changes nothing", Check: func(t suite.T, s segment.ProfileStore) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, loadErr := s.Load(ctx, "c:a")
		_, valuesErr := s.Values(ctx, "x", nil, "c:a")
		_, dueErr := s.Due(ctx, at, 9, nil)
		var listErr error
		for _, err := range s.List(ctx, "") {
			listErr = err
		}
		for call, err := range map[string]error{"Load": loadErr, "Values": valuesErr, "Due": dueErr, "List": listErr,
			"Save": s.Save(ctx, filled("c:a")), "Forget": s.Forget(ctx, "c:a"), "Clear": s.Clear(ctx)} {
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: got %v, want context.Canceled", call, err)
			}
		}
		wantList(t, "all", membersOf(t, s, ""))
	}},
	{Name: "tx/rollback", Transactions: true, Rule: "a transaction that fails leaves nothing", Check: func(t suite.T, s segment.ProfileStore) {
		a := filled("c:a")
		a.Counted = []segment.Counted{{Of: "x", Value: "1", Count: 1}}
		d := segment.Profile{Person: "v:d", Relinked: true, Links: []segment.Link{linkAt("d", "a", 1)}}
		must(t, s.Save(t.Context(), a, d))
		must(t, suite.RollBack(t.Context(), suite.Tx(s), false, func(ctx context.Context) error {
			b := filled("c:a")
			b.Version, b.Segments, b.Due = 1, []string{"z"}, time.Time{}
			b.Counted = []segment.Counted{{Of: "x", Value: "2", Count: 1}}
			must(t, s.Save(ctx, b, filled("c:n")))
			must(t, s.Forget(ctx, "c:a"))
			return s.Clear(ctx)
		}))
		got := load(t, s, "c:a", "v:d", "c:n")
		if got[0].Version != 1 || !slices.Equal(got[0].Segments, a.Segments) || len(got[1].Links) != 1 || got[2].Version != 0 {
			t.Fatalf("after the rollback: %+v", got)
		}
		wantList(t, "members", membersOf(t, s, "z"))
		wantList(t, "members", membersOf(t, s, "b"), "c:a")
		due, err := s.Due(t.Context(), a.Due, 9, nil)
		must(t, err)
		wantList(t, "due", due, "c:a")
		values, err := s.Values(t.Context(), "x", nil, "c:a")
		must(t, err)
		wantList(t, "values", values, segment.ValueCount{Value: "1", Count: 1})
	}},
}
