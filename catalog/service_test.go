package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogtest"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var noon = time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)

// recorder keeps what was published.
type recorder struct{ events []flywheel.Event }

func (r *recorder) Publish(_ context.Context, events ...flywheel.Event) error {
	r.events = append(r.events, events...)
	return nil
}

func (r *recorder) ids() (ids []string) {
	for i := range r.events {
		ids = append(ids, r.events[i].ID)
	}
	return ids
}

func open(t testing.TB, store catalog.Store, sink flywheel.Sink) *catalog.Service {
	t.Helper()
	now := noon
	s, err := catalog.New(store, &catalog.Options{Sink: sink, Now: func() time.Time {
		now = now.Add(time.Minute)
		return now
	}})
	require.NoError(t, err)
	_, err = s.PutCategories(context.Background(), catalog.Category{ID: "shirts", Name: "Shirts"})
	require.NoError(t, err)
	return s
}

func TestLifeOfAProduct(t *testing.T) {
	ctx, sink := context.Background(), &recorder{}
	s := open(t, nil, sink)
	p := shirt()
	p.Status = ""
	p, err := s.Put(ctx, p)
	require.NoError(t, err)
	assert.Equal(t, catalog.Draft, p.Status)
	created := p.CreatedAt

	again, err := s.Put(ctx, p)
	require.NoError(t, err)
	assert.Equal(t, p, again, "the same content is no change")

	for _, to := range []catalog.Status{catalog.Active, catalog.Draft, catalog.Archived, catalog.Draft, catalog.Active} {
		p, err = s.SetStatus(ctx, "shirt", to)
		require.NoError(t, err)
		assert.Equal(t, to, p.Status)
		assert.Equal(t, created, p.CreatedAt)
		assert.True(t, p.UpdatedAt.After(created))
	}
	assert.Equal(t, []string{"product_created:shirt", "product_updated:shirt:2", "product_updated:shirt:3",
		"product_archived:shirt:4", "product_updated:shirt:5", "product_updated:shirt:6"}, sink.ids())
	last := sink.events[5]
	require.NoError(t, last.Validate())
	assert.Equal(t, flywheel.Event{ID: "product_updated:shirt:6", Name: catalog.EventProductUpdated, Time: p.UpdatedAt, Ref: "shirt",
		Lines:      []flywheel.Line{{SKU: "SH-S-W"}, {SKU: "SH-M-W"}, {SKU: "SH-M-B"}},
		Properties: map[string]any{"title": "Linen shirt", "status": "active", "version": 6.0}}, last)

	_, err = s.SetStatus(ctx, "shirt", catalog.Archived)
	require.NoError(t, err)
	_, err = s.SetStatus(ctx, "shirt", catalog.Active)
	var refused *catalog.TransitionError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, catalog.TransitionError{Product: "shirt", From: catalog.Archived, To: catalog.Active}, *refused)
	assert.ErrorIs(t, err, flywheel.ErrConflict)
	_, err = s.Put(ctx, catalog.Product{ID: "new", Title: "New", Status: catalog.Archived})
	assert.ErrorIs(t, err, catalog.ErrTransition)
}

func TestTransitions(t *testing.T) {
	allowed := map[[2]catalog.Status]bool{
		{"", catalog.Draft}: true, {"", catalog.Active}: true,
		{catalog.Draft, catalog.Draft}: true, {catalog.Draft, catalog.Active}: true, {catalog.Draft, catalog.Archived}: true,
		{catalog.Active, catalog.Active}: true, {catalog.Active, catalog.Draft}: true, {catalog.Active, catalog.Archived}: true,
		{catalog.Archived, catalog.Archived}: true, {catalog.Archived, catalog.Draft}: true,
	}
	all := []catalog.Status{"", catalog.Draft, catalog.Active, catalog.Archived, "odd"}
	for _, from := range all {
		for _, to := range all {
			assert.Equal(t, allowed[[2]catalog.Status{from, to}], from.CanBecome(to), "%q to %q", from, to)
		}
	}
}

func TestPutAllIsAllOrNone(t *testing.T) {
	ctx, sink := context.Background(), &recorder{}
	s := open(t, nil, sink)
	bad := shirt()
	bad.ID, bad.Variants[1].Options[0] = "bad", "XXL"
	_, err := s.PutAll(ctx, []catalog.Product{shirt(), bad})
	var wrong *catalog.FieldError
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, "products[1].variants[1].options[0]", wrong.Field)

	bad = shirt()
	bad.ID, bad.Categories = "bad", []catalog.CategoryID{"shirts", "unknown"}
	for i := range bad.Variants {
		bad.Variants[i].SKU += "-2"
	}
	_, err = s.PutAll(ctx, []catalog.Product{shirt(), bad})
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, "products[1].categories[1]", wrong.Field)
	assert.ErrorIs(t, err, flywheel.ErrNotFound)

	bad.Categories, bad.Variants[2].SKU = nil, "SH-M-B"
	_, err = s.PutAll(ctx, []catalog.Product{shirt(), bad})
	assert.ErrorIs(t, err, catalog.ErrSKUTaken)
	_, err = s.Get(ctx, "shirt")
	assert.ErrorIs(t, err, flywheel.ErrNotFound)
	assert.Empty(t, sink.events)

	bad.Variants[2].SKU = "free"
	list, err := s.PutAll(ctx, []catalog.Product{shirt(), bad})
	require.NoError(t, err)
	assert.Len(t, list, 2)
	assert.Equal(t, []string{"product_created:shirt", "product_created:bad"}, sink.ids())
	list[1].Title = "Only this one changed"
	list, err = s.PutAll(ctx, list)
	require.NoError(t, err)
	assert.EqualValues(t, 1, list[0].Version)
	assert.EqualValues(t, 2, list[1].Version)
	assert.Len(t, sink.events, 3)
	none, err := s.PutAll(ctx, nil)
	require.NoError(t, err)
	assert.Empty(t, none)
}

// sinkIn is a sink in the database of a store.
type sinkIn struct {
	store catalog.Store
	flywheel.Sink
}

func (s sinkIn) Handle() flywheel.Transactor { return s.store.(flywheel.Stored).Handle() }

// Wherever a store call or the sink fails, the change and its event are both there
// or both not, and the same call later completes it.
func TestPutIsOneWithItsEvent(t *testing.T) {
	if suite.Twofold() {
		t.Skip("the sink of this test is not rolled back")
	}
	ctx := context.Background()
	lost := errors.New("lost")
	for stop := 0; ; stop++ {
		calls, sink := 0, &recorder{}
		step := func() error {
			if calls++; calls == stop+1 {
				return lost
			}
			return nil
		}
		armed := false
		store := catalogtest.Failing(catalog.NewMemory(nil), func(string, bool) error {
			if !armed {
				return nil
			}
			return step()
		})
		s := open(t, store, sinkIn{store, flywheel.SinkFunc(func(ctx context.Context, events ...flywheel.Event) error {
			if err := step(); err != nil {
				return err
			}
			return sink.Publish(ctx, events...)
		})})
		armed = true
		_, err := s.Put(ctx, shirt())
		armed = false
		_, getting := s.Get(ctx, "shirt")
		if err == nil {
			require.NoError(t, getting)
			require.Equal(t, []string{"product_created:shirt"}, sink.ids())
			require.Greater(t, stop, 3, "the steps were tried")
			return
		}
		require.ErrorIs(t, err, lost)
		require.ErrorIs(t, getting, flywheel.ErrNotFound)
		require.Empty(t, sink.events)
		_, err = s.Put(ctx, shirt())
		require.NoError(t, err)
	}
}

func TestNewIDs(t *testing.T) {
	ctx := context.Background()
	s := open(t, nil, nil)
	list, err := s.PutAll(ctx, []catalog.Product{{Title: "One"}, {Title: "Two"}})
	require.NoError(t, err)
	assert.NotEmpty(t, list[0].ID)
	assert.NotEqual(t, list[0].ID, list[1].ID)
	_, err = s.Put(ctx, catalog.Product{Title: "No ID", Version: 1})
	assert.ErrorIs(t, err, flywheel.ErrNotFound)
}

func TestCategoriesInUse(t *testing.T) {
	ctx := context.Background()
	s := open(t, nil, nil)
	_, err := s.PutCategories(ctx, catalog.Category{ID: "linen", Parent: "shirts", Name: "Linen"}, catalog.Category{ID: "sale", Name: "Sale"})
	require.NoError(t, err)
	p := shirt()
	p.Categories = []catalog.CategoryID{"linen"}
	_, err = s.Put(ctx, p)
	require.NoError(t, err)

	in := func(id catalog.CategoryID) (ids []catalog.ID) {
		for p, err := range s.All(ctx, catalog.Filter{Category: id}) {
			require.NoError(t, err)
			ids = append(ids, p.ID)
		}
		return ids
	}
	assert.Equal(t, []catalog.ID{"shirt"}, in("shirts"))
	assert.Empty(t, in("sale"))
	for _, err := range s.All(ctx, catalog.Filter{Category: "none"}) {
		assert.ErrorIs(t, err, flywheel.ErrNotFound)
	}
	for _, err := range s.All(ctx, catalog.Filter{Status: "odd"}) {
		assert.ErrorIs(t, err, flywheel.ErrInvalid)
	}

	for _, id := range []catalog.CategoryID{"shirts", "linen"} { // one has a child, the other a product
		_, err = s.RemoveCategory(ctx, id)
		assert.ErrorIs(t, err, flywheel.ErrConflict)
	}
	_, err = s.RemoveCategory(ctx, "none")
	assert.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = s.MoveCategory(ctx, "shirts", "linen")
	assert.ErrorIs(t, err, catalog.ErrCycle)
	_, err = s.MoveCategory(ctx, "linen", "sale")
	require.NoError(t, err)
	assert.Equal(t, []catalog.ID{"shirt"}, in("sale"))
	assert.Empty(t, in("shirts"))
	tree, err := s.RemoveCategory(ctx, "shirts")
	require.NoError(t, err)
	assert.Equal(t, 2, tree.Len())
}

// Two moves that are fine one by one and together make a cycle: one must fail.
func TestConcurrentMovesMakeNoCycle(t *testing.T) {
	ctx := context.Background()
	for range 20 {
		s := open(t, nil, nil)
		_, err := s.PutCategories(ctx, catalog.Category{ID: "a", Name: "A"}, catalog.Category{ID: "b", Name: "B"})
		require.NoError(t, err)
		var wait sync.WaitGroup
		errs := make([]error, 2)
		wait.Go(func() { _, errs[0] = s.MoveCategory(ctx, "a", "b") })
		wait.Go(func() { _, errs[1] = s.MoveCategory(ctx, "b", "a") })
		wait.Wait()
		assert.ErrorIs(t, errors.Join(errs...), catalog.ErrCycle)
		assert.True(t, errs[0] == nil || errs[1] == nil)
	}
}

// Following the cursors shows what was there all the time exactly once and in
// order, whatever is put meanwhile.
func TestPagesAreStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		s, err := catalog.New(nil, nil)
		require.NoError(t, err)
		id := rapid.IntRange(0, 200)
		put := func(n int, status catalog.Status) {
			p := catalog.Product{ID: catalog.ID(fmt.Sprintf("p%03d", n)), Title: "P", Status: status, Variants: []catalog.Variant{{SKU: flywheel.SKU(fmt.Sprint(n))}}}
			if _, err := s.Put(ctx, p); err != nil {
				require.ErrorIs(t, err, catalog.ErrStale)
			}
		}
		there := map[catalog.ID]int{}
		for _, n := range rapid.SliceOfNDistinct(id, 0, 40, rapid.ID).Draw(t, "there") {
			put(n, catalog.Active)
			there[catalog.ID(fmt.Sprintf("p%03d", n))] = 0
		}
		filter := catalog.Filter{Status: catalog.Active}
		limit := rapid.IntRange(1, 10).Draw(t, "limit")
		var last catalog.ID
		for cursor := ""; ; {
			page, err := s.Page(ctx, filter, cursor, limit)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Items), limit)
			for _, p := range page.Items {
				require.Less(t, last, p.ID)
				last = p.ID
				if _, ok := there[p.ID]; ok {
					there[p.ID]++
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
			_, err = s.Page(ctx, catalog.Filter{}, cursor, limit)
			require.ErrorIs(t, err, catalog.ErrCursor, "a cursor of another filter")
			put(id.Draw(t, "meanwhile"), catalog.Draft)
			put(id.Draw(t, "meanwhile"), catalog.Active)
		}
		for id, n := range there {
			require.Equal(t, 1, n, "%s", id)
		}
	})
}

func TestPageRefusals(t *testing.T) {
	ctx := context.Background()
	s := open(t, nil, nil)
	_, err := s.Page(ctx, catalog.Filter{}, "", -1)
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = s.Page(ctx, catalog.Filter{}, "", catalog.MaxPageSize+1)
	assert.ErrorIs(t, err, flywheel.ErrLimit)
	_, err = s.Page(ctx, catalog.Filter{Category: "none"}, "", 0)
	assert.ErrorIs(t, err, flywheel.ErrNotFound)
	page, err := s.Page(ctx, catalog.Filter{}, "", 0)
	require.NoError(t, err)
	assert.Empty(t, page)
}

// FuzzCursor: whatever a client sends as a cursor is refused or pages on.
func FuzzCursor(f *testing.F) {
	ctx := context.Background()
	s, err := catalog.New(nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	for i := range 5 {
		if _, err := s.Put(ctx, catalog.Product{ID: catalog.ID(fmt.Sprint(i)), Title: "P"}); err != nil {
			f.Fatal(err)
		}
	}
	page, err := s.Page(ctx, catalog.Filter{}, "", 2)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(page.Next)
	f.Add("")
	f.Add("AAAAAAAAAAAA")
	f.Add("?")
	f.Fuzz(func(t *testing.T, cursor string) {
		got, err := s.Page(ctx, catalog.Filter{}, cursor, 2)
		if err != nil {
			if !errors.Is(err, catalog.ErrCursor) || len(got.Items) > 0 {
				t.Fatalf("cursor %q: %v", cursor, err)
			}
			return
		}
		if len(got.Items) > 2 {
			t.Fatalf("cursor %q: %d products", cursor, len(got.Items))
		}
	})
}
