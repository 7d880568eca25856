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

// kept is a right store of live segments to do wrong things with.
type kept struct{ *segment.MemoryLive }

type (
	liveNeverStale struct{ kept } // the last save wins
	liveHalf       struct{ kept } // those before the stale one stay
	liveNoDue      struct{ kept }
	liveStays      struct{ kept } // what is without Data
	liveAll        struct{ kept } // whichever segment is asked for
	liveNoLinks    struct{ kept } // when a state is saved without Relinked
	liveByName     struct{ kept } // due by name, not by time
	liveAnyway     struct{ kept } // whatever keep says
	liveDeaf       struct{ kept } // ignores ctx
	liveNoUndo     struct{ kept } // InTx only calls fn
	liveForgets    struct{ kept } // clears definitions too
	liveClearsNone struct{ kept }
)

func (s liveNeverStale) Save(ctx context.Context, states ...segment.LiveState) error {
	for i := range states {
		stored, err := s.Load(ctx, states[i].Alias)
		if err != nil {
			return err
		}
		states[i].Version = stored[0].Version
	}
	return s.kept.Save(ctx, states...)
}

func (s liveHalf) Save(ctx context.Context, states ...segment.LiveState) error {
	for i := range states {
		if err := s.kept.Save(ctx, states[i]); err != nil {
			return err
		}
	}
	return s.kept.Save(ctx)
}

func (s liveNoDue) Save(ctx context.Context, states ...segment.LiveState) error {
	for i := range states {
		states[i].Due = time.Time{}
	}
	return s.kept.Save(ctx, states...)
}

func (s liveStays) Save(ctx context.Context, states ...segment.LiveState) error {
	states = slices.DeleteFunc(slices.Clone(states), func(s segment.LiveState) bool { return s.Data == nil && s.Version == 1 })
	return s.kept.Save(ctx, states...)
}

func (s liveAll) List(ctx context.Context, _ string) iter.Seq2[segment.LiveState, error] {
	return s.kept.List(ctx, "")
}

func (s liveNoLinks) Save(ctx context.Context, states ...segment.LiveState) error {
	for i := range states {
		states[i].Relinked = true
	}
	return s.kept.Save(ctx, states...)
}

func (s liveByName) Due(ctx context.Context, now time.Time, limit int, keep func(flywheel.Person) bool) ([]flywheel.Person, error) {
	list, err := s.kept.Due(ctx, now, limit, keep)
	slices.Sort(list)
	return list, err
}

func (s liveAnyway) Due(ctx context.Context, now time.Time, limit int, _ func(flywheel.Person) bool) ([]flywheel.Person, error) {
	return s.kept.Due(ctx, now, limit, nil)
}

func (s liveDeaf) Clear(ctx context.Context) error { return s.kept.Clear(context.WithoutCancel(ctx)) }

func (s liveNoUndo) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return fn(ctx)
}

func (s liveForgets) Clear(ctx context.Context) error {
	if err := s.kept.Clear(ctx); err != nil {
		return err
	}
	*s.MemoryLive = *segment.NewMemoryLive(nil)
	return nil
}

func (s liveClearsNone) Clear(ctx context.Context) error { return ctx.Err() }

// TestLiveSuiteBites does one thing wrong at a time: the check of that rule must find it.
func TestLiveSuiteBites(t *testing.T) {
	fresh := func() kept { return kept{segment.NewMemoryLive(nil)} }
	for name, c := range map[string]struct {
		fresh func() segment.LiveStore
		by    string
	}{
		"never stale":    {func() segment.LiveStore { return liveNeverStale{fresh()} }, "save/stale"},
		"half saves":     {func() segment.LiveStore { return liveHalf{fresh()} }, "save/stale"},
		"loses due":      {func() segment.LiveStore { return liveNoDue{fresh()} }, "save/body"},
		"stays":          {func() segment.LiveStore { return liveStays{fresh()} }, "save/removes"},
		"all segments":   {func() segment.LiveStore { return liveAll{fresh()} }, "list/members"},
		"loses links":    {func() segment.LiveStore { return liveNoLinks{fresh()} }, "links/both-ways"},
		"due by name":    {func() segment.LiveStore { return liveByName{fresh()} }, "due/order"},
		"due anyway":     {func() segment.LiveStore { return liveAnyway{fresh()} }, "due/order"},
		"forgets":        {func() segment.LiveStore { return liveForgets{fresh()} }, "definitions/versions"},
		"clears nothing": {func() segment.LiveStore { return liveClearsNone{fresh()} }, "clear/all"},
		"deaf":           {func() segment.LiveStore { return liveDeaf{fresh()} }, "ctx/canceled"},
		"no transaction": {func() segment.LiveStore { return liveNoUndo{fresh()} }, "tx/rollback"},
	} {
		liveContract.Bites(t, name, c.by, c.fresh)
	}
}
