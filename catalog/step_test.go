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

// Variants have planned changes too, which go with them; and an instant may be given as
// the local time of a channel.
func TestStepsOfVariants(t *testing.T) {
	onEach(t, func(t *testing.T, store catalog.Store) {
		sink := new(heard)
		s, now := shopOn(t, store, &catalog.Options{Sink: sink})
		ctx := t.Context()
		require.NoError(t, s.PutChannel(ctx, catalog.ChannelDef{Code: "berlin", Locales: []catalog.Locale{"de"}, DefaultLocale: "de", TimeZone: "Europe/Berlin"}))
		p := thing("shirt", "S", "M", "L")
		p.Steps = []catalog.Step{
			{Local: "2026-07-01T08:00", Channel: "berlin", SKU: "M", Set: catalog.Fields{"barcode": "4006381333931", "weight_grams": 120}},
			{Local: "2026-07-02T08:00", Channel: "berlin", SKU: "L", Set: catalog.Fields{"weight_grams": 130}, Unset: []string{"barcode"}},
			{At: time.Date(2026, 7, 3, 6, 0, 0, 0, time.UTC), SKU: "S", Set: catalog.Fields{"weight_grams": 140}},
			{At: time.Date(2026, 7, 4, 6, 0, 0, 0, time.UTC), SKU: "L", Set: catalog.Fields{"weight_grams": 150}},
		}
		out, err := s.Put(ctx, p)
		require.NoError(t, err)
		require.Equal(t, catalog.Step{At: time.Date(2026, 7, 1, 6, 0, 0, 0, time.UTC), SKU: "M", Set: catalog.Fields{"barcode": "4006381333931", "weight_grams": int64(120)}}, out.Steps[0])
		again, err := s.Put(ctx, out)
		require.NoError(t, err)
		require.Equal(t, out.Version, again.Version)
		sink.events = nil

		*now = out.Steps[0].At
		more, err := s.Advance(ctx, now.Add(-time.Microsecond))
		require.NoError(t, err)
		require.False(t, more)
		advance(t, s, *now)
		_, v, err := s.BySKU(ctx, "M")
		require.NoError(t, err)
		require.Equal(t, "4006381333931", v.Barcode)
		require.EqualValues(t, 120, *v.WeightGrams)
		require.EqualValues(t, 2, v.Version)
		_, other, err := s.BySKU(ctx, "L")
		require.NoError(t, err)
		require.EqualValues(t, 1, other.Version)
		var names []string
		for _, e := range sink.events {
			names = append(names, e.Name)
		}
		require.Equal(t, []string{catalog.EventProductUpdated, catalog.EventVariantUpdated}, names)

		// What is planned for a variant goes with it to another product, and away with it.
		dress := thing("dress", "D")
		dress.Options, dress.Variants[0].Options = []string{"size"}, []string{"s"}
		_, err = s.Put(ctx, dress)
		require.NoError(t, err)
		require.NoError(t, s.MoveVariant(ctx, "L", "dress", nil))
		require.NoError(t, s.RemoveVariant(ctx, "S"))
		left, err := s.Get(ctx, "shirt")
		require.NoError(t, err)
		require.Empty(t, left.Steps)
		moved, err := s.Get(ctx, "dress")
		require.NoError(t, err)
		require.Len(t, moved.Steps, 2)
		*now = time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
		advance(t, s, *now)
		_, v, err = s.BySKU(ctx, "L")
		require.NoError(t, err)
		require.EqualValues(t, 150, *v.WeightGrams)
	})
}

// Steps of variants are tried when they are planned.
func TestStepsOfVariantsRefused(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	for _, c := range []struct {
		step catalog.Step
		want []string
	}{
		{catalog.Step{At: june, SKU: "X", Set: catalog.Fields{"weight_grams": 1}}, []string{"steps[0].sku: not_found"}},
		{catalog.Step{At: june, SKU: "M", Set: catalog.Fields{"sku": "Y"}}, []string{"steps[0].set.sku: invalid"}},
		{catalog.Step{At: june, SKU: "M", Set: catalog.Fields{"wieght": 1}}, []string{"steps[0].set: invalid"}},
		{catalog.Step{At: june, SKU: "M", Set: catalog.Fields{"attributes": map[string]any{"fabric": "x"}}}, []string{"steps[0].set.attributes.fabric: invalid"}},
		{catalog.Step{At: june, SKU: "M", Set: catalog.Fields{"options": []string{"s"}}}, []string{"steps[0].set.options: invalid"}},
		{catalog.Step{Local: "2026-07-01T08:00", Channel: "moon", Set: catalog.Fields{"vendor": "x"}}, []string{"steps[0].channel: not_found"}},
		{catalog.Step{Local: "soon", Channel: "web", Set: catalog.Fields{"vendor": "x"}}, []string{"steps[0].local: invalid"}},
		{catalog.Step{Local: "2026-07-01T08:00", Channel: "web", At: june, Set: catalog.Fields{"vendor": "x"}}, []string{"steps[0].local: invalid"}},
	} {
		p := thing("p", "S", "M")
		p.Steps = []catalog.Step{c.step}
		_, err := s.Put(ctx, p)
		wrong(t, err, c.want...)
	}
}
