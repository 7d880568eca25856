package catalog_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogsql"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

// onEach runs a test on the three stores.
func onEach(t *testing.T, fn func(t *testing.T, store catalog.Store)) {
	t.Run("memory", func(t *testing.T) { fn(t, catalog.NewMemory(nil)) })
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		fn(t, sqldbtest.Store(t, open(t), d, catalogsql.New))
	})
}

// heard keeps what is told.
type heard struct {
	mu     sync.Mutex
	events []flywheel.Event
}

func (h *heard) Publish(_ context.Context, events ...flywheel.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, events...)
	return nil
}

// Planned changes take effect at their time and in their order, are told like any
// other, and a step that can no longer be holds back nothing.
func TestSteps(t *testing.T) {
	onEach(t, func(t *testing.T, store catalog.Store) {
		sink := new(heard)
		s, now := shopOn(t, store, &catalog.Options{Sink: sink})
		ctx := t.Context()
		day := 24 * time.Hour
		p := thing("season", "SEASON")
		p.Steps = []catalog.Step{
			{At: june.Add(3 * day), Set: catalog.Fields{"status": catalog.Archived}},
			{At: june.Add(day), Set: catalog.Fields{"text": map[string]any{"en": map[string]any{"title": "Summer thing"}}, "vendor": "Nord"}},
			{At: june.Add(2 * day), Set: catalog.Fields{"listings": map[string]any{"web": map[string]any{"position": 3}}}, Unset: []string{"vendor"}},
		}
		out, err := s.Put(ctx, p)
		require.NoError(t, err)
		require.Equal(t, june.Add(day), out.Steps[0].At)
		again, err := s.Put(ctx, out)
		require.NoError(t, err)
		require.Equal(t, out.Version, again.Version, "the same content again changes nothing")
		_, err = s.Put(ctx, thing("other", "OTHER"))
		require.NoError(t, err)

		more, err := s.Advance(ctx, june.Add(day-time.Microsecond))
		require.NoError(t, err)
		require.False(t, more)
		sink.events = nil
		*now = june.Add(day)
		more, err = s.Advance(ctx, *now)
		require.NoError(t, err)
		require.True(t, more)
		got, err := s.Get(ctx, "season")
		require.NoError(t, err)
		require.Equal(t, "Summer thing", got.Text["en"].Title)
		require.Equal(t, "Nord", got.Vendor)
		require.Len(t, got.Steps, 2)
		require.Len(t, sink.events, 1)
		change, ok := catalog.ChangeOf(sink.events[0])
		require.True(t, ok)
		require.Equal(t, "Summer thing", change.New["text.en.title"])
		require.Contains(t, change.Old, "steps")

		// Two are due at once; both are taken in one call.
		*now = june.Add(10 * day)
		more, err = s.Advance(ctx, *now)
		require.NoError(t, err)
		require.True(t, more)
		got, err = s.Get(ctx, "season")
		require.NoError(t, err)
		require.Equal(t, catalog.Archived, got.Status)
		require.Empty(t, got.Vendor)
		require.Equal(t, 3, *got.Listings["web"].Position)
		require.Empty(t, got.Steps)
		more, err = s.Advance(ctx, *now)
		require.NoError(t, err)
		require.False(t, more)

		// What was possible when it was planned and is no longer: kept with its reason.
		late := thing("late", "LATE")
		late.Steps = []catalog.Step{{At: *now, Set: catalog.Fields{"categories": []string{"gone"}}}, {At: now.Add(time.Hour), Set: catalog.Fields{"vendor": "Later"}}}
		require.NoError(t, s.PutCategory(ctx, catalog.Category{ID: "gone", Name: map[catalog.Locale]string{"en": "Gone"}}))
		_, err = s.Put(ctx, late)
		require.NoError(t, err)
		require.NoError(t, s.RemoveCategory(ctx, "gone"))
		_, err = s.Advance(ctx, now.Add(time.Hour))
		require.NoError(t, err)
		got, err = s.Get(ctx, "late")
		require.NoError(t, err)
		require.Equal(t, "Later", got.Vendor)
		require.Len(t, got.Steps, 1)
		require.Contains(t, got.Steps[0].Failed, "categories[0]")
		more, err = s.Advance(ctx, now.Add(2*time.Hour))
		require.NoError(t, err)
		require.False(t, more)
	})
}

// A step is taken once, whoever calls.
func TestStepsBesideEachOther(t *testing.T) {
	sink := new(heard)
	s, _ := shopOn(t, nil, &catalog.Options{Sink: sink})
	ctx := t.Context()
	var list []catalog.Product
	for _, id := range strings.Fields("a b c d e f g h") {
		p := thing(catalog.ID(id), flywheel.SKU(id))
		p.Steps = []catalog.Step{{At: june, Set: catalog.Fields{"vendor": "Nord"}}, {At: june, Set: catalog.Fields{"tags": []string{"new"}}}}
		list = append(list, p)
	}
	_, err := s.PutAll(ctx, list)
	require.NoError(t, err)
	sink.events = nil
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := s.Advance(ctx, june); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Len(t, sink.events, 16)
	for _, p := range list {
		got, err := s.Get(ctx, p.ID)
		require.NoError(t, err)
		require.Equal(t, []string{"new"}, got.Tags)
		require.Empty(t, got.Steps)
	}
}

// What cannot be is refused when it is planned, each step on what those before it
// make of the product.
func TestStepsRefused(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	for _, c := range []struct {
		steps []catalog.Step
		want  []string
	}{
		{[]catalog.Step{{Set: catalog.Fields{"vendor": "x"}}}, []string{"steps[0].at: invalid"}},
		{[]catalog.Step{{At: june}}, []string{"steps[0].set: invalid"}},
		{[]catalog.Step{{At: june, Set: catalog.Fields{"id": "x", "variants": []any{}}}}, []string{"steps[0].set.id: invalid", "steps[0].set.variants: invalid"}},
		{[]catalog.Step{{At: june, Set: catalog.Fields{"vendors": "x"}}}, []string{"steps[0].set: invalid"}},
		{[]catalog.Step{{At: june, Set: catalog.Fields{"categories": []string{"none"}}}}, []string{"steps[0].set.categories[0]: not_found"}},
		{[]catalog.Step{{At: june.Add(1), Set: catalog.Fields{"status": catalog.Active}}, {At: june.Add(-time.Second), Set: catalog.Fields{"status": catalog.Archived}}}, []string{"steps[1].set.status: conflict"}},
		{slices.Repeat([]catalog.Step{{At: june, Set: catalog.Fields{"vendor": "x"}}}, catalog.MaxSteps+1), []string{"steps: limit"}},
	} {
		p := thing("p", "P")
		p.Steps = c.steps
		_, err := s.Put(ctx, p)
		wrong(t, err, c.want...)
	}
	_, err := s.Get(ctx, "p")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}
