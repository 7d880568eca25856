package catalogsql_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogsql"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

// No statement of a running shop looks through a whole table: SQLite tells how it
// would run each that a little of everything sends.
func TestNoScans(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, _ bool) error {
		mu.Lock()
		defer mu.Unlock()
		seen[op] = true
		return nil
	})
	store := sqldbtest.Store(t, pool, flywheel.SQLite, catalogsql.New)
	clear(seen) // of migrations
	everything(t, store)
	checked := 0
	for _, statement := range slices.Sorted(maps.Keys(seen)) {
		if !strings.Contains(statement, "flywheel_catalog") {
			continue
		}
		checked++
		rows, err := pool.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, make([]any, strings.Count(statement, "?"))...)
		require.NoError(t, err, statement)
		for rows.Next() {
			var id, parent, unused int
			var plan string
			require.NoError(t, rows.Scan(&id, &parent, &unused, &plan))
			if strings.HasPrefix(plan, "SCAN") && !strings.Contains(plan, "VIRTUAL TABLE") && !strings.Contains(plan, "flywheel_catalog_revision") &&
				(strings.Contains(plan, "flywheel_catalog") || strings.HasPrefix(plan, "SCAN s ")) {
				t.Errorf("%s\n%s", plan, statement)
			}
		}
		require.NoError(t, rows.Err())
	}
	require.Greater(t, checked, 20)
}

// everything uses each method of a store, through a service.
func everything(t *testing.T, store *catalogsql.Store) {
	ctx := t.Context()
	s, err := catalog.New(store, nil)
	require.NoError(t, err)
	ok := func(err error) {
		t.Helper()
		require.NoError(t, err)
	}
	ok(s.PutChannel(ctx, catalog.ChannelDef{Code: "web", Locales: []catalog.Locale{"en", "de"}, DefaultLocale: "en"}))
	ok(s.PutAttribute(ctx, catalog.Attribute{Code: "fabric", Type: catalog.TextAttribute}))
	ok(s.PutAttribute(ctx, catalog.Attribute{Code: "fabric", Type: catalog.TextAttribute}))
	ok(s.PutType(ctx, catalog.ProductType{Code: "goods", Attributes: []string{"fabric"}}))
	ok(s.PutCategory(ctx, catalog.Category{ID: "top", Name: map[catalog.Locale]string{"en": "Top"}}))
	ok(s.PutCategory(ctx, catalog.Category{ID: "sub", Parent: "top", Name: map[catalog.Locale]string{"en": "Sub"}}))
	file := "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Fabric (product.metafields.custom.fabric)\na,A,Size,S,A1,Wool\na,,,M,A2,\nb,B,Size,S,B1,Linen\n"
	in := catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods"}
	for range 2 {
		report, err := s.Import(ctx, strings.NewReader(file), in)
		ok(err)
		require.Empty(t, report.Errors)
	}
	_, err = s.Patch(ctx, "a", catalog.Fields{"categories": []string{"sub"}, "listings": map[string]any{"web": map[string]any{"slugs": map[string]any{"en": "first"}}}})
	ok(err)
	_, err = s.PutVariant(ctx, "a", "A2", catalog.Fields{"barcode": "96385074"})
	ok(err)
	ok(s.PutOptions(ctx, catalog.OptionSet{Code: "size", Name: map[catalog.Locale]string{"en": "Size"}, Values: []catalog.OptionValue{{Code: "s"}, {Code: "m"}, {Code: "l"}}}))
	_, err = s.PutVariant(ctx, "a", "A2", catalog.Fields{"options": []string{"l"}})
	ok(err)
	ok(s.MoveVariant(ctx, "A2", "b", nil))
	ok(s.RemoveVariant(ctx, "A2"))
	ok(s.Redirect(ctx, "web", "en", "old", "first"))
	_, err = s.Resolve(ctx, "web", "en", "a")
	ok(err)
	_, err = s.SetStatus(ctx, "b", catalog.Archived)
	ok(err)
	_, err = s.Describe(ctx, "web", "en", "A1", "B1")
	ok(err)
	for _, q := range []catalog.ListQuery{
		{}, {Channel: "web", Total: true, Limit: 1}, {Channel: "web", Category: "top", Sort: catalog.SortTitle, Total: true}, {Status: catalog.Archived},
		{Channel: "web", Where: map[string][]any{"attributes.fabric": {"Wool"}, "options.size": {"s"}}}, {Channel: "web", Facets: []string{"options.size"}},
	} {
		page, err := s.List(ctx, q)
		ok(err)
		if q.Cursor = page.End; q.Cursor != "" {
			_, err = s.List(ctx, q)
			ok(err)
		}
	}
	for _, code := range []catalog.Channel{"", "web"} {
		_, err = s.Tree(ctx, code)
		ok(err)
	}
	var out bytes.Buffer
	ok(s.Export(ctx, &out, catalog.Export{Form: catalog.ShopifyForm, Channel: "web"}))
	_, err = s.WriteFeed(ctx, &out, catalog.Feed{Form: catalog.GoogleFeed, Channel: "web"}, catalog.XMLFormat)
	ok(err)
	require.Error(t, s.RemoveCategory(ctx, "sub"))
}
