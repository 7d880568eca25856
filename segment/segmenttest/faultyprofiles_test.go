package segmenttest

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
)

// people is a right store of profiles to do wrong things with.
type people struct{ *segment.MemoryProfiles }

type (
	neverStale   struct{ people } // the last save wins
	halfSaves    struct{ people } // those before the stale one stay
	losesLeaves  struct{ people }
	keepsMembers struct{ people } // of segments that were left
	firstSegment struct{ people } // of several, for List
	losesLinks   struct{ people } // when a profile is saved without Relinked
	addsUp       struct{ people } // counts, which are sums already
	everyValue   struct{ people } // whichever was asked for
	dueByName    struct{ people } // not by time
	dueAnyway    struct{ people } // whatever keep says
	keepsValues  struct{ people } // of whom is forgotten
	clearsLittle struct{ people } // the profiles, not the links
	deafProfiles struct{ people } // ignores ctx
	noUndo       struct{ people } // InTx only calls fn
	keepsPassed  struct{ people } // moments whose window is over
	lastDefined  struct{ people } // whatever its version
)

func (s neverStale) Save(ctx context.Context, profiles ...segment.Profile) error {
	for i := range profiles {
		stored, err := s.Load(ctx, profiles[i].Person)
		if err != nil {
			return err
		}
		profiles[i].Version = stored[0].Version
	}
	return s.people.Save(ctx, profiles...)
}

func (s halfSaves) Save(ctx context.Context, profiles ...segment.Profile) error {
	for i := range profiles {
		if err := s.people.Save(ctx, profiles[i]); err != nil {
			return err
		}
	}
	return s.people.Save(ctx)
}

func (s losesLeaves) Save(ctx context.Context, profiles ...segment.Profile) error {
	for i := range profiles {
		profiles[i].Leaves = nil
	}
	return s.people.Save(ctx, profiles...)
}

func (s keepsMembers) Save(ctx context.Context, profiles ...segment.Profile) error {
	for i := range profiles {
		stored, err := s.Load(ctx, profiles[i].Person)
		if err != nil {
			return err
		}
		profiles[i].Segments = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(profiles[i].Segments), stored[0].Segments...))))
	}
	return s.people.Save(ctx, profiles...)
}

func (s firstSegment) List(ctx context.Context, of string) iter.Seq2[segment.Profile, error] {
	return func(yield func(segment.Profile, error) bool) {
		for p, err := range s.people.List(ctx, of) {
			if (of == "" || err != nil || p.Segments[0] == of) && !yield(p, err) {
				return
			}
		}
	}
}

func (s losesLinks) Save(ctx context.Context, profiles ...segment.Profile) error {
	for i := range profiles {
		profiles[i].Relinked = profiles[i].Person.Visitor() != ""
	}
	return s.people.Save(ctx, profiles...)
}

func (s addsUp) Save(ctx context.Context, profiles ...segment.Profile) error {
	for i := range profiles {
		counted := slices.Clone(profiles[i].Counted)
		for j := range counted {
			stored, err := s.Values(ctx, counted[j].Of, &counted[j].Value, profiles[i].Person)
			if err != nil {
				return err
			}
			for _, v := range stored {
				counted[j].Count += v.Count
			}
		}
		profiles[i].Counted = counted
	}
	return s.people.Save(ctx, profiles...)
}

func (s everyValue) Values(ctx context.Context, of string, _ *string, persons ...flywheel.Person) ([]segment.ValueCount, error) {
	return s.people.Values(ctx, of, nil, append(persons, "c:a")...)
}

func (s dueByName) Due(ctx context.Context, now time.Time, limit int, keep func(flywheel.Person) bool) ([]flywheel.Person, error) {
	list, err := s.people.Due(ctx, now, limit, keep)
	slices.Sort(list)
	return list, err
}

func (s dueAnyway) Due(ctx context.Context, now time.Time, limit int, _ func(flywheel.Person) bool) ([]flywheel.Person, error) {
	return s.people.Due(ctx, now, limit, nil)
}

func (s keepsValues) Forget(ctx context.Context, persons ...flywheel.Person) error {
	for _, p := range persons {
		values, err := s.Values(ctx, "x", nil, p)
		if err != nil {
			return err
		}
		if err := s.people.Forget(ctx, p); err != nil {
			return err
		}
		for _, v := range values {
			if err := s.people.Save(ctx, segment.Profile{Person: p, Counted: []segment.Counted{{Of: "x", Value: v.Value, Count: v.Count}}}); err != nil {
				return err
			}
		}
	}
	return s.people.Forget(ctx)
}

func (s clearsLittle) Clear(ctx context.Context) error {
	var all []flywheel.Person
	for p, err := range s.List(ctx, "") {
		if err != nil {
			return err
		}
		all = append(all, p.Person)
	}
	return s.people.Forget(ctx, all...)
}

func (s deafProfiles) Clear(ctx context.Context) error {
	return s.people.Clear(context.WithoutCancel(ctx))
}

func (s keepsPassed) Save(ctx context.Context, profiles ...segment.Profile) error {
	for i := range profiles {
		profiles[i].Passed = nil
	}
	return s.people.Save(ctx, profiles...)
}

func (s lastDefined) Define(ctx context.Context, profiles string, d segment.Defined) error {
	stored, err := s.Definitions(ctx, profiles, -1)
	if err != nil {
		return err
	}
	d.Version = stored.Version + 1
	return s.people.Define(ctx, profiles, d)
}

func (s noUndo) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

// TestFaultyProfiles shows that the suite of profiles bites.
func TestFaultyProfiles(t *testing.T) {
	fresh := func() people { return people{segment.NewMemoryProfiles(nil)} }
	if caught := profileContract.Broken(t.Context(), func() segment.ProfileStore { return fresh() }); len(caught) > 0 {
		t.Fatalf("a right store fails %v", caught)
	}
	for name, c := range map[string]struct {
		fresh func() segment.ProfileStore
		by    string
	}{
		"never stale":    {func() segment.ProfileStore { return neverStale{fresh()} }, "save/stale"},
		"half saves":     {func() segment.ProfileStore { return halfSaves{fresh()} }, "save/stale"},
		"loses leaves":   {func() segment.ProfileStore { return losesLeaves{fresh()} }, "save/body"},
		"keeps members":  {func() segment.ProfileStore { return keepsMembers{fresh()} }, "list/members"},
		"first segment":  {func() segment.ProfileStore { return firstSegment{fresh()} }, "list/members"},
		"loses links":    {func() segment.ProfileStore { return losesLinks{fresh()} }, "links/both-ways"},
		"adds up":        {func() segment.ProfileStore { return addsUp{fresh()} }, "values/sums"},
		"every value":    {func() segment.ProfileStore { return everyValue{fresh()} }, "values/sums"},
		"due by name":    {func() segment.ProfileStore { return dueByName{fresh()} }, "due/order"},
		"due anyway":     {func() segment.ProfileStore { return dueAnyway{fresh()} }, "due/order"},
		"keeps values":   {func() segment.ProfileStore { return keepsValues{fresh()} }, "forget/all"},
		"clears little":  {func() segment.ProfileStore { return clearsLittle{fresh()} }, "clear/all"},
		"deaf":           {func() segment.ProfileStore { return deafProfiles{fresh()} }, "ctx/canceled"},
		"keeps passed":   {func() segment.ProfileStore { return keepsPassed{fresh()} }, "moments/order"},
		"last defined":   {func() segment.ProfileStore { return lastDefined{fresh()} }, "definitions/versions"},
		"no transaction": {func() segment.ProfileStore { return noUndo{fresh()} }, "tx/rollback"},
	} {
		profileContract.Bites(t, name, c.by, c.fresh)
	}
}
