package catalogsql_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogsql"
	"github.com/flywheel-go/flywheel/catalog/catalogtest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		catalogtest.Run(t, func(t *testing.T) catalog.Store { return sqldbtest.Store(t, open(t), d, catalogsql.New) }, catalogtest.Features{Transactions: true})
	})
}

// When the answer to COMMIT is lost the store finds out that it took effect, and
// when it was rolled back that it did not, whatever was there before.
func TestLostCommit(t *testing.T) {
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := sqldbtest.Store(t, pool, flywheel.SQLite, catalogsql.New)
	head := func(edits int64) *catalog.Head {
		return &catalog.Head{Product: catalog.Product{ID: "a", Version: edits}, Edits: edits}
	}
	key := catalog.SlugKey{Channel: "web", Locale: "en", Slug: "a"}
	batches := func(edits, revision int64) []*catalog.Batch {
		return []*catalog.Batch{
			{Revision: revision, Heads: []catalog.HeadChange{{Head: head(edits), Before: edits - 1}}},
			{Revision: revision, Slugs: []catalog.SlugRow{{SlugKey: key, Product: "a"}}},
			{Revision: revision, Definitions: []catalog.Definition{{Kind: "type", Code: "tea", Body: []byte(`{}`)}}},
			{Revision: revision + 1, Bump: true},
		}
	}
	after.Store(true)
	for _, b := range batches(1, 0) {
		require.NoError(t, s.Save(t.Context(), b))
	}
	require.NoError(t, s.Save(t.Context(), &catalog.Batch{Revision: 2, Freed: []catalog.SlugKey{key}}))
	after.Store(false)
	before.Store(true)
	for _, b := range batches(2, 2) {
		b.Revision = 2
		require.Error(t, s.Save(t.Context(), b))
	}
	before.Store(false)
	heads, err := s.Heads(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, []*catalog.Head{head(1)}, heads)
	slugs, err := s.Slugs(t.Context(), key)
	require.NoError(t, err)
	require.Empty(t, slugs)
	_, revision, err := s.Definitions(t.Context(), 0)
	require.NoError(t, err)
	require.EqualValues(t, 2, revision)
}

// Products that are read at once are those read one by one, also where many are, and a
// body that is damaged is an error whatever goroutine meets it.
func TestManyAtOnce(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		pool := open(t)
		store := sqldbtest.Store(t, pool, d, catalogsql.New)
		b := &catalog.Batch{}
		var ids []catalog.ID
		for i := range 200 {
			id := catalog.ID(fmt.Sprintf("p%03d", i))
			ids = append(ids, id)
			b.Heads = append(b.Heads, catalog.HeadChange{Head: &catalog.Head{Product: catalog.Product{ID: id, Vendor: fmt.Sprint("v", i)}, Variants: 1, Edits: 1}})
			b.Variants = append(b.Variants, &catalog.VariantRow{Product: id, Variant: catalog.Variant{SKU: flywheel.SKU(id), Barcode: fmt.Sprint(i)}})
		}
		require.NoError(t, store.Save(ctx, b))
		for _, n := range []int{1, 63, 64, 65, 200} {
			heads, err := store.Heads(ctx, ids[:n]...)
			require.NoError(t, err)
			require.Len(t, heads, n)
			for _, h := range heads {
				one, err := store.Heads(ctx, h.Product.ID)
				require.NoError(t, err)
				require.Equal(t, one[0], h)
			}
			rows, err := store.Variants(ctx, catalog.VariantQuery{Products: ids[:n]})
			require.NoError(t, err)
			require.Len(t, rows, n)
			for i, row := range rows {
				require.Equal(t, ids[i], row.Product)
				require.Equal(t, fmt.Sprint(i), row.Variant.Barcode)
			}
		}
		for _, at := range []string{"p000", "p130", "p199"} {
			_, err := pool.ExecContext(ctx, `UPDATE flywheel_catalog_products SET body = '{' WHERE id = '`+at+`'`)
			require.NoError(t, err)
			heads, err := store.Heads(ctx, ids...)
			require.ErrorContains(t, err, "catalogsql")
			require.Nil(t, heads)
			_, err = pool.ExecContext(ctx, `UPDATE flywheel_catalog_products SET body = '{}' WHERE id = '`+at+`'`)
			require.NoError(t, err)
		}
	})
}
