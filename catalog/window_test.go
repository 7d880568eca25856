package catalog_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogsql"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// told returns what was heard, as event, product and what the product is then.
func (h *heard) told(t *testing.T) (list []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		c, ok := catalog.ChangeOf(e)
		require.True(t, ok)
		state, _ := c.New["listings.web.state"].(string)
		if state == "" {
			continue
		}
		skus := make([]string, len(e.Lines))
		for i, l := range e.Lines {
			skus[i] = string(l.SKU)
		}
		list = append(list, strings.Join(append([]string{e.Name, string(c.Product), state}, skus...), " "))
	}
	h.events = nil
	return list
}

// advance calls Advance until nothing is left.
func advance(t *testing.T, s *catalog.Service, now time.Time) {
	t.Helper()
	for {
		more, err := s.Advance(t.Context(), now)
		require.NoError(t, err)
		if !more {
			return
		}
	}
}

// The beginning and the end of a window are told when they come, once, of what is shown
// then; what was over when it was put is told by the change alone.
func TestWindows(t *testing.T) {
	onEach(t, func(t *testing.T, store catalog.Store) {
		sink := new(heard)
		s, now := shopOn(t, store, &catalog.Options{Sink: sink})
		ctx := t.Context()
		day := 24 * time.Hour
		at := func(d time.Duration) string { return june.Add(d).Format(time.RFC3339) }
		listed := func(id catalog.ID, from, until string, skus ...flywheel.SKU) catalog.Product {
			p := thing(id, skus...)
			p.Listings["web"] = &catalog.Listing{PublishAt: from, UnpublishAt: until}
			return p
		}
		draft := listed("draft", at(day), "", "D")
		draft.Status = catalog.Draft
		hidden := listed("hidden", at(day), at(4*day), "H1", "H2")
		hidden.Listings["web"].Variants = []flywheel.SKU{"H2"}
		_, err := s.PutAll(ctx, []catalog.Product{
			listed("a", at(day), at(3*day), "A"), listed("aa", at(day), "", "AA"), listed("past", at(-day), at(2*day), "P"), listed("over", at(-2*day), at(-day), "O"), draft, hidden,
		})
		require.NoError(t, err)
		require.Empty(t, sink.told(t))
		advance(t, s, june.Add(day-time.Microsecond))
		require.Empty(t, sink.told(t))

		*now = june.Add(day)
		advance(t, s, *now)
		require.Equal(t, []string{"product_published a live A", "product_published aa live AA", "product_published hidden live H2"}, sink.told(t))
		advance(t, s, *now)
		require.Empty(t, sink.told(t), "told once")

		// Edits of other fields tell nothing of windows, before and after.
		_, err = s.Patch(ctx, "a", catalog.Fields{"vendor": "Nord"})
		require.NoError(t, err)
		_, err = s.PutVariant(ctx, "a", "A", catalog.Fields{"weight_grams": 5})
		require.NoError(t, err)
		// A window that moves is told at its new end, and not at the old one.
		_, err = s.Patch(ctx, "past", catalog.Fields{"listings": map[string]any{"web": map[string]any{"unpublish_at": at(5 * day)}}})
		require.NoError(t, err)
		sink.events = nil
		*now = june.Add(3 * day)
		advance(t, s, *now)
		require.Equal(t, []string{"product_unpublished a ended A"}, sink.told(t))
		// A product that is live because its status says so has its end told.
		_, err = s.SetStatus(ctx, "draft", catalog.Active)
		require.NoError(t, err)
		_, err = s.SetStatus(ctx, "hidden", catalog.Archived)
		require.NoError(t, err)
		sink.events = nil
		*now = june.Add(9 * day)
		advance(t, s, *now)
		require.Equal(t, []string{"product_unpublished past ended P"}, sink.told(t))

		// Late, both ends are told in their order.
		_, err = s.Put(ctx, listed("late", at(10*day), at(11*day), "L"))
		require.NoError(t, err)
		sink.events = nil
		advance(t, s, june.Add(30*day))
		require.Equal(t, []string{"product_published late live L", "product_unpublished late ended L"}, sink.told(t))
	})
}

// An import knows its rows again though a window began since.
func TestWindowsKeepTheHash(t *testing.T) {
	ctx := t.Context()
	store := &readings{Store: catalog.NewMemory(nil)}
	s, _ := shopOn(t, store, nil)
	in := catalog.Import{Form: catalog.JSONForm}
	file := `{"id":"a","type":"goods","status":"active","text":{"en":{"title":"A"}},"listings":{"web":{"publish_at":"` +
		june.Add(time.Hour).Format(time.RFC3339) + `"}},"variants":[{"sku":"A"}]}`
	_, err := s.Import(ctx, strings.NewReader(file), in)
	require.NoError(t, err)
	advance(t, s, june.Add(time.Hour))
	store.variants = 0
	report, err := s.Import(ctx, strings.NewReader(file), in)
	require.NoError(t, err)
	require.Equal(t, 1, report.Unchanged)
	require.Zero(t, store.variants)
}

// Many products of one instant, and workers beside each other: each window is told once.
func TestWindowsBesideEachOther(t *testing.T) {
	sink := new(heard)
	s, _ := shopOn(t, nil, &catalog.Options{Sink: sink})
	var list []catalog.Product
	var want []string
	for i := range 300 {
		id := catalog.ID(fmt.Sprint("p", i))
		p := thing(id, flywheel.SKU(id))
		p.Listings["web"] = &catalog.Listing{PublishAt: june.Add(time.Hour).Format(time.RFC3339)}
		list = append(list, p)
		want = append(want, "product_published "+string(id)+" live "+string(id))
	}
	for part := range slices.Chunk(list, 100) {
		_, err := s.PutAll(t.Context(), part)
		require.NoError(t, err)
	}
	sink.events = nil
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				more, err := s.Advance(t.Context(), june.Add(time.Hour))
				if err != nil {
					t.Error(err)
				}
				if err != nil || !more {
					return
				}
			}
		})
	}
	wg.Wait()
	require.ElementsMatch(t, want, sink.told(t))
}

// Two processes over one database, each with a runner of which Advance is a job: every
// planned change is taken by one of them, and every window told once, into the log that
// both read.
func TestTwoRunners(t *testing.T) {
	type opener func(t *testing.T) func() *sql.DB
	pool := func(t *testing.T, driver, dsn string) *sql.DB {
		db, err := sql.Open(driver, dsn)
		require.NoError(t, err)
		db.SetMaxOpenConns(4)
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	for _, c := range []struct {
		name    string
		dialect flywheel.Dialect
		open    opener
	}{
		{"sqlite", flywheel.SQLite, func(t *testing.T) func() *sql.DB {
			dsn := flywheel.SQLiteDSN(filepath.Join(t.TempDir(), "shop.db"))
			return func() *sql.DB { return pool(t, "sqlite", dsn) }
		}},
		{"postgres", flywheel.Postgres, func(t *testing.T) func() *sql.DB {
			dsn := pgtest.DSN(t)
			return func() *sql.DB { return pool(t, "pgx", dsn) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := t.Context()
			open := c.open(t)
			now := func() time.Time { return june.Add(2 * time.Hour) }
			type process struct {
				log      *segment.Log
				products *catalog.Service
				runner   *segment.Runner
			}
			start := func() (p process) {
				db := flywheel.OpenSQL(open(), c.dialect)
				logs, products := segmentsql.New(db), catalogsql.New(db)
				require.NoError(t, flywheel.Migrate(ctx, db, logs, products))
				var err error
				p.log, err = segment.NewLog(logs, &segment.LogOptions{Now: now})
				require.NoError(t, err)
				p.products, _ = shopOn(t, products, &catalog.Options{Sink: p.log})
				p.runner, err = segment.NewRunner(p.log, &segment.RunnerOptions{Now: now, Jobs: []segment.Job{segment.Due("what products plan", p.products)}})
				require.NoError(t, err)
				return p
			}
			one := start()
			var list []catalog.Product
			for _, id := range strings.Fields("a b c d e f") {
				p := thing(catalog.ID(id), flywheel.SKU(id))
				p.Listings["web"] = &catalog.Listing{PublishAt: june.Add(time.Hour).Format(time.RFC3339)}
				p.Steps = []catalog.Step{{At: june.Add(time.Hour), SKU: flywheel.SKU(id), Set: catalog.Fields{"weight_grams": 9}}, {At: june.Add(2 * time.Hour), Set: catalog.Fields{"vendor": "Nord"}}}
				list = append(list, p)
			}
			_, err := one.products.PutAll(ctx, list)
			require.NoError(t, err)
			two := start()
			var wg sync.WaitGroup
			for _, p := range []process{one, two} {
				wg.Go(func() {
					if err := p.runner.Drain(ctx); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			require.NoError(t, one.runner.Drain(ctx))
			counts := map[string]int{}
			entries, err := two.log.Read(ctx, 0, 1000)
			require.NoError(t, err)
			for _, e := range entries {
				counts[e.Event.Name]++
			}
			require.Equal(t, map[string]int{"product_created": 6, "product_updated": 12, "variant_updated": 6, "product_published": 6}, counts)
			for _, p := range list {
				got, err := two.products.Get(ctx, p.ID)
				require.NoError(t, err)
				require.Equal(t, "Nord", got.Vendor)
				require.EqualValues(t, 9, *got.Variants[0].WeightGrams)
				require.Empty(t, got.Steps)
			}
		})
	}
}

// What is searched begins and ends with its window: the runner tells it, the follower
// looks again.
func TestWindowsAreSearched(t *testing.T) {
	ctx := t.Context()
	log, err := segment.NewLog(nil, &segment.LogOptions{Now: func() time.Time { return june }})
	require.NoError(t, err)
	s, now := shopOn(t, nil, &catalog.Options{Sink: log})
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	follower := &search.Follower{Engine: search.Local{Index: index}, Source: s.Documents("web", "en"), Product: catalog.ChangedProduct}
	runner, err := segment.NewRunner(log, &segment.RunnerOptions{Now: func() time.Time { return *now }, Jobs: []segment.Job{segment.Due("what products plan", s)}}, follower)
	require.NoError(t, err)
	p := thing("lamp", "LAMP")
	p.Listings["web"] = &catalog.Listing{PublishAt: june.Add(time.Hour).Format(time.RFC3339), UnpublishAt: june.Add(2 * time.Hour).Format(time.RFC3339)}
	_, err = s.Put(ctx, p)
	require.NoError(t, err)
	for _, c := range []struct {
		after time.Duration
		found int
	}{{0, 0}, {time.Hour, 1}, {2*time.Hour - time.Minute, 1}, {2 * time.Hour, 0}} {
		*now = june.Add(c.after)
		require.NoError(t, runner.Drain(ctx))
		require.NoError(t, runner.Drain(ctx)) // what the job told
		r, err := index.Search(search.Query{Text: "lamp"})
		require.NoError(t, err)
		require.Equal(t, c.found, r.Total, c.after)
	}
}
