package pricingtest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing"
)

// on is one side of the store under test.
type on[T any] struct {
	*env
	side[T]
}

func (s on[T]) saved(ctx context.Context, v T) T {
	s.Helper()
	v, err := s.save(s.store, ctx, v)
	s.OK(err)
	return v
}

func (s on[T]) list(ctx context.Context) []T {
	s.Helper()
	all, err := suite.Collect(s.all(s.store, ctx))
	s.OK(err)
	return all
}

func (s on[T]) ids(ctx context.Context) string {
	s.Helper()
	var ids []string
	for _, v := range s.list(ctx) {
		id, _, _, _ := s.meta(&v)
		ids = append(ids, id)
	}
	return strings.Join(ids, ",")
}

// want fails unless exactly the values are there.
func (s on[T]) want(values ...T) {
	s.Helper()
	got := s.list(s.Context())
	if len(got) != len(values) || len(got) > 0 && !reflect.DeepEqual(got, values) {
		s.Errorf("there is %+v, want %+v", got, values)
	}
}

func (s on[T]) version(v T) int64 {
	_, version, _, _ := s.meta(&v)
	return *version
}

var errTest = errors.New("the test's own error")

func casesOf[T any](side side[T]) []testCase {
	var all []testCase
	add := func(name, rule string, run func(s on[T])) {
		all = append(all, testCase{Name: side.name + "/" + name, Rule: rule, Check: func(e *env) { run(on[T]{e, side}) }})
	}
	saving(add)
	deleting(add)
	listing(add)
	plain := len(all)
	transactions(add)
	for i := range all[plain:] {
		all[plain+i].Transactions = true
	}
	return all
}

type adder[T any] func(name, rule string, run func(s on[T]))

func saving[T any](add adder[T]) {
	add("save/new", "Save writes every field of a value of version 0 as version 1 and returns it so.", func(s on[T]) {
		v := s.make("new")
		saved := s.saved(s.Context(), v)
		_, version, _, _ := s.meta(&v)
		*version = 1
		if !reflect.DeepEqual(saved, v) {
			s.Errorf("saved %+v, want %+v", saved, v)
		}
		s.want(v)
	})
	add("save/next", "Save of the stored version replaces the value and counts the version up.", func(s on[T]) {
		first := s.saved(s.Context(), s.make("a"))
		_, _, _, ends := s.meta(&first)
		*ends = noon.Add(2 * time.Hour)
		second := s.saved(s.Context(), first)
		if s.version(second) != 2 {
			s.Errorf("version %d, want 2", s.version(second))
		}
		s.want(second)
	})
	add("save/stale", "Save of another version than the stored one is refused and changes nothing.", func(s on[T]) {
		v := s.saved(s.Context(), s.make("a"))
		v = s.saved(s.Context(), v)
		for _, at := range []int64{0, 1, 3} {
			other := s.make("a")
			_, version, _, ends := s.meta(&other)
			*version, *ends = at, noon.Add(5*time.Hour)
			_, err := s.save(s.store, s.Context(), other)
			s.Matches(err, pricing.ErrVersion)
			s.Matches(err, flywheel.ErrConflict)
		}
		missing := s.make("b")
		_, version, _, _ := s.meta(&missing)
		*version = 1
		_, err := s.save(s.store, s.Context(), missing)
		s.Matches(err, flywheel.ErrConflict)
		s.want(v)
	})
	add("save/writers", "Of many writers of one version one succeeds and the others are refused.", func(s on[T]) {
		v := s.saved(s.Context(), s.make("a"))
		_, err := suite.Race(16, flywheel.ErrConflict, func(int) error {
			_, err := s.save(s.store, s.Context(), v)
			return err
		})
		s.OK(err)
		if got := s.list(s.Context()); len(got) != 1 || s.version(got[0]) != 2 {
			s.Errorf("there is %+v", got)
		}
	})
	add("save/copies", "The store shares no memory with what it takes and gives.", func(s on[T]) {
		v := s.make("a")
		saved := s.saved(s.Context(), v)
		s.alter(&v)
		s.alter(&saved)
		for _, listed := range s.list(s.Context()) {
			s.alter(&listed)
		}
		want := s.make("a")
		_, version, _, _ := s.meta(&want)
		*version = 1
		s.want(want)
	})
	add("save/times", "Times come back in UTC, cut to the microsecond; the zero time stays zero.", func(s on[T]) {
		v := s.make("a")
		_, _, starts, ends := s.meta(&v)
		*starts = time.Date(2026, 3, 1, 13, 0, 0, 123456789, time.FixedZone("CET", 3600))
		*ends = time.Time{}
		saved := s.saved(s.Context(), v)
		for _, got := range append(s.list(s.Context()), saved) {
			_, _, starts, ends := s.meta(&got)
			if *starts != time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC) || !ends.IsZero() {
				s.Errorf("times %v and %v", *starts, *ends)
			}
		}
	})
	add("save/texts", "IDs are compared byte by byte: other letters, other cases and other forms of one letter are other IDs.", func(s on[T]) {
		ids := []string{"A", "a", "e\u0301", "é", "'; DROP TABLE x; --", "%", "_", strings.Repeat("x", flywheel.MaxIDBytes)}
		for _, id := range ids {
			s.saved(s.Context(), s.make(id))
		}
		if got := s.list(s.Context()); len(got) != len(ids) {
			s.Errorf("%d of %d", len(got), len(ids))
		}
	})
	add("save/cancelled", "A call whose context is over changes nothing and reports an error.", func(s on[T]) {
		v := s.saved(s.Context(), s.make("a"))
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		if _, err := s.save(s.store, ctx, v); err == nil {
			s.Errorf("save: no error")
		}
		if err := s.delete(s.store, ctx, "a", 1); err == nil {
			s.Errorf("delete: no error")
		}
		var last error
		for _, err := range s.all(s.store, ctx) {
			last = err
		}
		if last == nil {
			s.Errorf("listing: no error")
		}
		s.want(v)
	})
}

func deleting[T any](add adder[T]) {
	add("delete", "Delete removes the value of that version; the ID begins anew at version 1.", func(s on[T]) {
		v := s.saved(s.Context(), s.make("a"))
		other := s.saved(s.Context(), s.make("b"))
		s.OK(s.delete(s.store, s.Context(), "a", s.version(v)))
		s.want(other)
		if again := s.saved(s.Context(), s.make("a")); s.version(again) != 1 {
			s.Errorf("version %d, want 1", s.version(again))
		}
	})
	add("delete/stale", "Delete of another version is refused and changes nothing.", func(s on[T]) {
		v := s.saved(s.Context(), s.make("a"))
		v = s.saved(s.Context(), v)
		for _, at := range []int64{0, 1, 3} {
			s.Matches(s.delete(s.store, s.Context(), "a", at), pricing.ErrVersion)
		}
		s.want(v)
	})
	add("delete/missing", "Delete of what is not there reports not found.", func(s on[T]) {
		s.Matches(s.delete(s.store, s.Context(), "a", 1), flywheel.ErrNotFound)
	})
}

func listing[T any](add adder[T]) {
	add("all/order", "The listing is ordered by the bytes of the ID.", func(s on[T]) {
		for _, id := range []string{"b", "é", "a", "B", "10", "9"} {
			s.saved(s.Context(), s.make(id))
		}
		if got, want := s.ids(s.Context()), "10,9,B,a,b,é"; got != want {
			s.Errorf("order %s, want %s", got, want)
		}
	})
	add("all/calls", "The caller may call the store while ranging, and stop early.", func(s on[T]) {
		for i := range 5 {
			s.saved(s.Context(), s.make(fmt.Sprint(i)))
		}
		seen := 0
		for v, err := range s.all(s.store, s.Context()) {
			s.OK(err)
			s.saved(s.Context(), v)
			s.saved(s.Context(), s.make(fmt.Sprint("more ", seen)))
			if seen++; seen == 3 {
				break
			}
		}
		if got := len(s.list(s.Context())); seen != 3 || got != 8 {
			s.Errorf("%d seen, %d there", seen, got)
		}
	})
	add("all/empty", "An empty store lists nothing.", func(s on[T]) { s.want() })
}

func transactions[T any](add adder[T]) {
	add("tx/commit", "Calls within InTx see each other's changes, and all of them are there afterwards.", func(s on[T]) {
		s.OK(s.tx.InTx(s.Context(), func(ctx context.Context) error {
			s.saved(ctx, s.make("a"))
			if got := s.ids(ctx); got != "a" {
				s.Errorf("within the transaction there is %q", got)
			}
			s.saved(ctx, s.make("b"))
			return s.delete(s.store, ctx, "a", 1)
		}))
		if got := s.ids(s.Context()); got != "b" {
			s.Errorf("afterwards there is %q", got)
		}
	})
	add("tx/rollback", "After an error of fn nothing has changed.", func(s on[T]) {
		a, b := s.saved(s.Context(), s.make("a")), s.saved(s.Context(), s.make("b"))
		err := s.tx.InTx(s.Context(), func(ctx context.Context) error {
			s.saved(ctx, s.make("c"))
			s.saved(ctx, a)
			s.OK(s.delete(s.store, ctx, "b", 1))
			return errTest
		})
		s.Matches(err, errTest)
		s.want(a, b)
	})
	add("tx/refusal", "A call that is refused within a transaction leaves the others in it.", func(s on[T]) {
		s.OK(s.tx.InTx(s.Context(), func(ctx context.Context) error {
			v := s.saved(ctx, s.make("a"))
			_, err := s.save(s.store, ctx, s.make("a"))
			s.Matches(err, pricing.ErrVersion)
			s.saved(ctx, v)
			return nil
		}))
		if got := s.list(s.Context()); len(got) != 1 || s.version(got[0]) != 2 {
			s.Errorf("there is %+v", got)
		}
	})
	add("tx/panic", "After a panic of fn nothing has changed, and the store goes on.", func(s on[T]) {
		func() {
			defer func() {
				if recover() == nil {
					s.Errorf("the panic did not come through")
				}
			}()
			_ = s.tx.InTx(s.Context(), func(ctx context.Context) error {
				s.saved(ctx, s.make("a"))
				panic(errTest)
			})
		}()
		s.want()
		s.saved(s.Context(), s.make("a"))
	})
}
