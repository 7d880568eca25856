package segmenttest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/live"
)

// RunLive runs the suite of a segment.LiveStore; fresh returns a new, empty store.
func RunLive(t *testing.T, fresh func(t *testing.T) segment.LiveStore, f Features) {
	liveContract.Run(t, fresh, suite.Transactor[segment.LiveStore](f.Transactions, nil))
}

type liveCheck func(t suite.T, s segment.LiveStore)

var liveContract = suite.Suite[segment.LiveStore, liveCheck]{
	Cases: liveCases,
	Call: func(t suite.T, check liveCheck, s segment.LiveStore, _ flywheel.Transactor) error {
		check(t, s)
		return nil
	},
}

// remembered is a state with every field filled but those of links.
func remembered(alias flywheel.Person) segment.LiveState {
	return segment.LiveState{Alias: alias, Data: []byte{0, 0xff, '\'', 'x'}, Segments: []string{"a", "b"}, Due: at.Add(2 * time.Hour)}
}

func loadLive(t suite.T, s segment.LiveStore, aliases ...flywheel.Person) []segment.LiveState {
	t.Helper()
	list, err := s.Load(t.Context(), aliases...)
	must(t, err)
	if len(list) != len(aliases) {
		t.Fatalf("loaded %d states of %d", len(list), len(aliases))
	}
	return list
}

func listLive(t suite.T, s segment.LiveStore, segment string) (list []flywheel.Person) {
	t.Helper()
	for p, err := range s.List(t.Context(), segment) {
		must(t, err)
		list = append(list, p.Alias)
	}
	return list
}

var liveCases = []suite.Case[liveCheck]{
	{Name: "load/unknown", Rule: "an alias that is not stored has only Alias set", Check: func(t suite.T, s segment.LiveStore) {
		got := loadLive(t, s, "c:x", "v:y", "a:z")
		if want := []segment.LiveState{{Alias: "c:x"}, {Alias: "v:y"}, {Alias: "a:z"}}; !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v", got)
		}
	}},
	{Name: "save/body", Rule: "a state comes back with every field, its version one higher, in the order asked for", Check: func(t suite.T, s segment.LiveStore) {
		must(t, s.Save(t.Context(), remembered("c:a"), remembered("c:A"), remembered("a:a")))
		got := loadLive(t, s, "a:a", "c:b", "c:a")
		want := remembered("a:a")
		want.Version = 1
		if !reflect.DeepEqual(got[0], want) {
			t.Fatalf("got %+v, want %+v", got[0], want)
		}
		if got[1].Version != 0 || got[2].Alias != "c:a" || got[2].Version != 1 {
			t.Fatalf("got %+v", got)
		}
	}},
	{Name: "save/stale", Rule: "a save of another version is stale, and nothing of the call remains", Check: func(t suite.T, s segment.LiveStore) {
		must(t, s.Save(t.Context(), remembered("c:a")))
		for _, version := range []int64{0, 2} {
			for _, data := range [][]byte{{1}, nil} {
				if version == 0 && data == nil {
					continue
				}
				p := remembered("c:a")
				p.Version, p.Segments, p.Data = version, []string{"z"}, data
				if err := s.Save(t.Context(), remembered("c:new"), p); !errors.Is(err, flywheel.ErrStale) {
					t.Fatalf("version %d: got %v, want ErrStale", version, err)
				}
			}
		}
		wantList(t, "members", listLive(t, s, "z"))
		wantList(t, "all", listLive(t, s, ""), "c:a")
	}},
	{Name: "save/concurrent", Rule: "of N who save one version one succeeds", Check: func(t suite.T, s segment.LiveStore) {
		must(t, s.Save(t.Context(), remembered("c:a")))
		p := remembered("c:a")
		p.Version = 1
		_, err := suite.Race(8, flywheel.ErrStale, func(int) error { return s.Save(t.Context(), p) })
		must(t, err)
	}},
	{Name: "save/removes", Rule: "a state without Data is removed, with its memberships and links", Check: func(t suite.T, s segment.LiveStore) {
		d := remembered("v:d")
		d.Linked, d.Relinked = []string{"a"}, true
		must(t, s.Save(t.Context(), remembered("c:a"), remembered("c:b"), d))
		must(t, s.Save(t.Context(), segment.LiveState{Alias: "c:a", Version: 1, Segments: []string{"a"}}, segment.LiveState{Alias: "v:d", Version: 1}, segment.LiveState{Alias: "c:never"}))
		got := loadLive(t, s, "c:a", "v:d")
		if want := []segment.LiveState{{Alias: "c:a"}, {Alias: "v:d"}}; !reflect.DeepEqual(got, want) {
			t.Fatalf("left: %+v", got)
		}
		wantList(t, "all", listLive(t, s, ""), "c:b")
		wantList(t, "members", listLive(t, s, "a"), "c:b")
		due, err := s.Due(t.Context(), at.AddDate(1, 0, 0), 9, nil)
		must(t, err)
		wantList(t, "due", due, "c:b")
		must(t, s.Save(t.Context(), remembered("c:a")))
	}},
	{Name: "list/members", Rule: "List yields all in the order in which they were stored first, or the members of a segment", Check: func(t suite.T, s segment.LiveStore) {
		b, a, c := remembered("c:b"), remembered("c:a"), remembered("c:c")
		c.Segments = nil
		must(t, s.Save(t.Context(), b, a, c))
		a.Version, a.Segments = 1, []string{"b"}
		must(t, s.Save(t.Context(), a))
		wantList(t, "all", listLive(t, s, ""), "c:b", "c:a", "c:c")
		wantList(t, "a", listLive(t, s, "a"), "c:b")
		wantList(t, "b", listLive(t, s, "b"), "c:b", "c:a")
		wantList(t, "none", listLive(t, s, "none"))
		n := 0
		for range s.List(t.Context(), "") {
			n++
			break
		}
		if n != 1 {
			t.Fatalf("a range that stops went on")
		}
	}},
	{Name: "links/both-ways", Rule: "links are found by visitor in their order and by customer, and are replaced when Relinked", Check: func(t suite.T, s segment.LiveStore) {
		d1, d2 := remembered("v:d1"), remembered("v:d2")
		d1.Linked, d1.Relinked = []string{"bob", "ann"}, true
		d2.Linked, d2.Relinked = []string{"ann"}, true
		must(t, s.Save(t.Context(), d1, d2, remembered("c:ann")))
		got := loadLive(t, s, "v:d1", "c:ann", "c:bob")
		wantList(t, "of d1", got[0].Linked, "bob", "ann")
		wantList(t, "of ann", got[1].Linked, "d1", "d2")
		wantList(t, "of bob, who is not stored", got[2].Linked, "d1")
		d1.Version, d1.Relinked, d1.Linked = 1, false, nil
		must(t, s.Save(t.Context(), d1))
		wantList(t, "of d1", loadLive(t, s, "v:d1")[0].Linked, "bob", "ann")
		d1.Version, d1.Relinked, d1.Linked = 2, true, []string{"bob"}
		must(t, s.Save(t.Context(), d1))
		wantList(t, "of ann", loadLive(t, s, "c:ann")[0].Linked, "d2")
	}},
	{Name: "definitions/versions", Rule: "definitions are kept by name; those of the version before are replaced, of any other they are stale; clearing keeps them", Check: func(t suite.T, s segment.LiveStore) {
		d := segment.LiveDefined{Version: 1, Definitions: []live.Definition{{Name: "é", Leaves: map[string]live.Leaf{"n": {Window: "P1D", Calendar: true}}, Rule: []byte(`{"n": 1}`)}}}
		must(t, s.Define(t.Context(), "p", d))
		if err := s.Define(t.Context(), "p", d); !errors.Is(err, flywheel.ErrStale) {
			t.Fatalf("defined twice: %v", err)
		}
		must(t, s.Define(t.Context(), "q", d))
		d.Version, d.Configured, d.Definitions = 2, d.Definitions, nil
		must(t, s.Define(t.Context(), "p", d))
		if err := s.Define(t.Context(), "p", segment.LiveDefined{Version: 4}); !errors.Is(err, flywheel.ErrStale) {
			t.Fatalf("one was left out: %v", err)
		}
		must(t, s.Clear(t.Context()))
		for _, c := range []struct {
			name                    string
			version                 int64
			definitions, configured int
		}{{"p", 2, 0, 1}, {"q", 1, 1, 0}, {"unknown", 0, 0, 0}} {
			got, err := s.Definitions(t.Context(), c.name, -1)
			must(t, err)
			if got.Version != c.version || len(got.Definitions) != c.definitions || len(got.Configured) != c.configured {
				t.Fatalf("of %s: %+v", c.name, got)
			}
			for _, d := range slices.Concat(got.Definitions, got.Configured) {
				if d.Leaves["n"].Window != "P1D" || !d.Leaves["n"].Calendar {
					t.Fatalf("of %s: %+v", c.name, d)
				}
			}
		}
	}},
	{Name: "due/order", Rule: "Due returns those due, in order of Due and Alias, that keep accepts", Check: func(t suite.T, s segment.LiveStore) {
		var all []segment.LiveState
		for i, alias := range []flywheel.Person{"c:d", "c:c", "c:b", "a:a", "c:e"} {
			all = append(all, segment.LiveState{Alias: alias, Data: []byte{1}, Due: at.Add(time.Duration(i/2) * time.Minute)})
		}
		all[4].Due = time.Time{}
		must(t, s.Save(t.Context(), all...))
		claim := func(minutes, limit int, not flywheel.Person) []flywheel.Person {
			list, err := s.Due(t.Context(), at.Add(time.Duration(minutes)*time.Minute), limit, func(p flywheel.Person) bool { return p != not })
			must(t, err)
			return list
		}
		wantList(t, "before", claim(-1, 9, ""))
		wantList(t, "all", claim(1, 9, ""), "c:c", "c:d", "a:a", "c:b")
		wantList(t, "some", claim(1, 2, "c:d"), "c:c", "a:a")
	}},
	{Name: "clear/all", Rule: "Clear removes all states", Check: func(t suite.T, s segment.LiveStore) {
		d := remembered("v:d")
		d.Linked, d.Relinked = []string{"z"}, true
		must(t, s.Save(t.Context(), remembered("c:a"), d))
		must(t, s.Clear(t.Context()))
		wantList(t, "all", listLive(t, s, ""))
		wantList(t, "members", listLive(t, s, "a"))
		wantList(t, "links", loadLive(t, s, "c:z")[0].Linked)
		must(t, s.Save(t.Context(), remembered("c:a")))
	}},
	{Name: "ctx/canceled", Rule: "a call with a canceled context reports it and changes nothing", Check: func(t suite.T, s segment.LiveStore) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, loadErr := s.Load(ctx, "c:a")
		_, dueErr := s.Due(ctx, at, 9, nil)
		_, definedErr := s.Definitions(ctx, "p", -1)
		var listErr error
		for _, err := range s.List(ctx, "") {
			listErr = err
		}
		for call, err := range map[string]error{"Load": loadErr, "Due": dueErr, "List": listErr, "Definitions": definedErr,
			"Save": s.Save(ctx, remembered("c:a")), "Clear": s.Clear(ctx), "Define": s.Define(ctx, "p", segment.LiveDefined{Version: 1})} {
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: got %v, want context.Canceled", call, err)
			}
		}
		wantList(t, "all", listLive(t, s, ""))
	}},
	{Name: "tx/rollback", Transactions: true, Rule: "a transaction that fails leaves nothing", Check: func(t suite.T, s segment.LiveStore) {
		d := remembered("v:d")
		d.Linked, d.Relinked = []string{"a"}, true
		must(t, s.Save(t.Context(), remembered("c:a"), d))
		must(t, suite.RollBack(t.Context(), suite.Tx(s), false, func(ctx context.Context) error {
			b := remembered("c:a")
			b.Version, b.Segments, b.Due = 1, []string{"z"}, time.Time{}
			must(t, s.Save(ctx, b, remembered("c:n"), segment.LiveState{Alias: "v:d", Version: 1}))
			must(t, s.Define(ctx, "p", segment.LiveDefined{Version: 1}))
			return s.Clear(ctx)
		}))
		got := loadLive(t, s, "c:a", "v:d", "c:n")
		if got[0].Version != 1 || !slices.Equal(got[0].Segments, []string{"a", "b"}) || !slices.Equal(got[1].Linked, []string{"a"}) || got[2].Version != 0 {
			t.Fatalf("after the rollback: %+v", got)
		}
		wantList(t, "members", listLive(t, s, "z"))
		wantList(t, "members", listLive(t, s, "b"), "c:a", "v:d")
		due, err := s.Due(t.Context(), at.Add(2*time.Hour), 9, nil)
		must(t, err)
		wantList(t, "due", due, "c:a", "v:d")
		defined, err := s.Definitions(t.Context(), "p", -1)
		must(t, err)
		if defined.Version != 0 {
			t.Fatalf("defined after the rollback: %+v", defined)
		}
	}},
}
