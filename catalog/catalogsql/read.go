package catalogsql

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// Heads implements catalog.Store.
func (s *Store) Heads(ctx context.Context, ids ...catalog.ID) ([]*catalog.Head, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	names, err := list(ids)
	if err != nil {
		return nil, err
	}
	rows, err := sqldb.Select(ctx, s.db.Read(ctx), `SELECT edits, variants, body FROM flywheel_catalog_products WHERE `+sqldb.In(s.db.Dialect(), "id"), []any{names},
		func(r sqldb.Row) (row stored[*catalog.Head], err error) {
			row.value = &catalog.Head{}
			return row, r.Scan(&row.value.Edits, &row.value.Variants, &row.body)
		})
	if err != nil {
		return nil, err
	}
	return decoded(rows, func(h *catalog.Head, body string) error { return readHead(body, h) })
}

// stored is a row of which the body is still JSON.
type stored[V any] struct {
	value V
	body  string
}

// aside is from how many rows on bodies are decoded by as many goroutines as there are
// processors, which takes most of the time of reading many products.
const aside = 64

// decoded returns the values of rows with their bodies.
func decoded[V any](rows []stored[V], body func(v V, body string) error) ([]V, error) {
	values := make([]V, len(rows))
	each := func(from, to int) error {
		for i := from; i < to; i++ {
			values[i] = rows[i].value
			if err := body(values[i], rows[i].body); err != nil {
				return err
			}
		}
		return nil
	}
	parts := runtime.GOMAXPROCS(0)
	if len(rows) < aside {
		parts = 1
	}
	errs := make([]error, parts)
	var wg sync.WaitGroup
	for p := range parts - 1 {
		wg.Go(func() { errs[p] = each(p*len(rows)/parts, (p+1)*len(rows)/parts) })
	}
	errs[parts-1] = each((parts-1)*len(rows)/parts, len(rows))
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Variants implements catalog.Store.
func (s *Store) Variants(ctx context.Context, q catalog.VariantQuery) ([]*catalog.VariantRow, error) {
	var rows []*catalog.VariantRow
	read := func(condition, order string, args ...any) error {
		found, err := sqldb.Select(ctx, s.db.Read(ctx), `SELECT product, place, body FROM flywheel_catalog_variants WHERE `+condition+order, args,
			func(r sqldb.Row) (row stored[*catalog.VariantRow], err error) {
				row.value = &catalog.VariantRow{}
				return row, r.Scan(&row.value.Product, &row.value.Place, &row.body)
			})
		if err != nil {
			return err
		}
		list, err := decoded(found, func(v *catalog.VariantRow, body string) error { return readVariant(body, &v.Variant) })
		rows = append(rows, list...)
		return err
	}
	if len(q.Products) > 0 {
		names, err := list(q.Products)
		if err != nil {
			return nil, err
		}
		if err := read(sqldb.In(s.db.Dialect(), "product"), ` ORDER BY product, place`, names); err != nil {
			return nil, err
		}
	}
	if len(q.SKUs) > 0 {
		names, err := list(q.SKUs)
		if err != nil {
			return nil, err
		}
		if err := read(sqldb.In(s.db.Dialect(), "sku"), ``, names); err != nil {
			return nil, err
		}
	}
	if q.Product != "" {
		if err := read(`product = ? AND combination = ?`, ` ORDER BY place`, string(q.Product), combination(q.Combination)); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// Slugs implements catalog.Store.
func (s *Store) Slugs(ctx context.Context, keys ...catalog.SlugKey) ([]catalog.SlugRow, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	names, err := list(slugRows(keys))
	if err != nil {
		return nil, err
	}
	return sqldb.Select(ctx, s.db.Read(ctx), `SELECT s.channel, s.locale, s.slug, s.product, s.redirect FROM `+sqldb.Recordset(s.db.Dialect(), slugColumns...)+`
		JOIN flywheel_catalog_slugs s ON s.channel = x.channel AND s.locale = x.locale AND s.slug = x.slug`, []any{names},
		func(r sqldb.Row) (row catalog.SlugRow, err error) {
			var redirect int
			err = r.Scan(&row.Channel, &row.Locale, &row.Slug, &row.Product, &redirect)
			row.Redirect = redirect != 0
			return row, err
		})
}

// spacesAtOnce is how many spaces one statement looks into.
const spacesAtOnce = 100

// conditions returns those of a query on one space, and their arguments.
func conditions(q *catalog.Scan, space string) (string, []any) {
	where, args := `space = ?`, []any{space}
	if q.Prefix {
		where, args = `space >= ? AND space < ?`, []any{space, above(space)}
	}
	if q.AfterKey != "" || q.AfterID != "" {
		where += ` AND (entry, id) > (?, ?)`
		args = append(args, q.AfterKey, string(q.AfterID))
	}
	if !q.Timeless {
		where += ` AND from_at <= ? AND until_at > ?`
		args = append(args, q.At, q.At)
	}
	return where, args
}

// above is the first text behind all that begin with a prefix, whose last byte is
// that of a separator.
func above(prefix string) string {
	n := len(prefix) - 1
	return prefix[:n] + string(rune(prefix[n]+1))
}

// Scan implements catalog.Store.
func (s *Store) Scan(ctx context.Context, q catalog.Scan) ([]catalog.Entry, error) {
	var all []catalog.Entry
	for spaces := range slices.Chunk(q.Spaces, spacesAtOnce) {
		var parts []string
		var args []any
		for _, space := range spaces {
			where, values := conditions(&q, space)
			part := `SELECT space, entry, id, from_at, until_at FROM flywheel_catalog_index WHERE ` + where
			if !q.Prefix {
				part += ` ORDER BY entry, id`
			}
			args = append(args, values...)
			if q.Limit > 0 {
				part += ` LIMIT ?`
				args = append(args, q.Limit)
			}
			parts = append(parts, part)
		}
		query := parts[0]
		if len(parts) > 1 {
			query = `SELECT * FROM (` + strings.Join(parts, `) AS p UNION ALL SELECT * FROM (`) + `) AS p`
		}
		list, err := sqldb.Select(ctx, s.db.Read(ctx), query, args, func(r sqldb.Row) (e catalog.Entry, err error) {
			return e, r.Scan(&e.Space, &e.Key, &e.ID, &e.From, &e.Until)
		})
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	if len(q.Spaces) > 1 || q.Prefix {
		slices.SortFunc(all, func(a, b catalog.Entry) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID)) })
		all = slices.CompactFunc(all, func(a, b catalog.Entry) bool { return a.Key == b.Key && a.ID == b.ID })
		if q.Limit > 0 && len(all) > q.Limit {
			all = all[:q.Limit]
		}
	}
	return all, nil
}

// Count implements catalog.Store.
func (s *Store) Count(ctx context.Context, q catalog.Scan) (int, error) {
	if len(q.Spaces) == 0 {
		return 0, nil
	}
	q.AfterKey, q.AfterID = "", ""
	parts := make([]string, len(q.Spaces))
	var args []any
	for i, space := range q.Spaces {
		where, values := conditions(&q, space)
		parts[i] = `(` + where + `)`
		args = append(args, values...)
	}
	what := `count(DISTINCT id)`
	if q.Single && len(parts) == 1 {
		what = `count(*)`
	}
	var n int
	err := s.db.Read(ctx).QueryRowContext(ctx, `SELECT `+what+` FROM flywheel_catalog_index WHERE `+strings.Join(parts, ` OR `), args...).Scan(&n)
	return n, err
}

// Definitions implements catalog.Store.
func (s *Store) Definitions(ctx context.Context, after int64) ([]catalog.Definition, int64, error) {
	var revision int64
	q := s.db.Read(ctx)
	if err := q.QueryRowContext(ctx, `SELECT revision FROM flywheel_catalog_revision WHERE one = 1`).Scan(&revision); err != nil || revision == after {
		return nil, revision, err
	}
	defs, err := sqldb.Select(ctx, q, `SELECT kind, code, body FROM flywheel_catalog_definitions WHERE revision > ? AND revision <= ?`, []any{after, revision},
		func(r sqldb.Row) (d catalog.Definition, err error) {
			var body *string
			if err = r.Scan(&d.Kind, &d.Code, &body); err == nil && body != nil {
				d.Body = []byte(*body)
			}
			return d, err
		})
	return defs, revision, err
}
