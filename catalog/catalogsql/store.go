package catalogsql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is a catalog.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ catalog.Store     = (*Store)(nil)
	_ flywheel.SQLStore = (*Store)(nil)
)

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the
// first use.
func New(db *flywheel.SQL) *Store { return &Store{db: db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "catalog", Files: migrations}, effect.Migrations}
}

// combination is the stored key of a combination, hashed where it is long.
func combination(options string) string {
	if len(options) <= 200 {
		return options
	}
	sum := sha256.Sum256([]byte(options))
	return "#" + hex.EncodeToString(sum[:])
}

// list is a statement's one argument for many rows.
func list(rows any) (string, error) {
	data, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("catalogsql: %w", err)
	}
	return string(data), nil
}

// saving is a batch on its way.
type saving struct {
	ctx  context.Context
	tx   *sqldb.Tx
	d    sqldb.Dialect
	b    *catalog.Batch
	mark string
}

// many is rows as one argument.
type many struct{ rows any }

// exec runs a statement for n rows, of which all must be written unless n is
// negative.
func (s *saving) exec(n int, refused func() error, query string, args ...any) error {
	for i, a := range args {
		if m, ok := a.(many); ok {
			body, err := list(m.rows)
			if err != nil {
				return err
			}
			args[i] = body
		}
	}
	res, err := s.tx.ExecContext(s.ctx, query, args...)
	if err != nil {
		return err
	}
	written, err := res.RowsAffected()
	if err == nil && n >= 0 && written != int64(n) {
		return refused()
	}
	return err
}

// Save implements catalog.Store.
func (s *Store) Save(ctx context.Context, b *catalog.Batch) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		w := &saving{ctx, tx, s.db.Dialect(), b, newid.New()}
		for _, step := range []func() error{w.revision, w.definitions, w.heads, w.variants, w.slugs, w.index} {
			if err := step(); err != nil {
				return err
			}
		}
		w.readBack()
		return nil
	})
}

// revision checks that of the definitions, and raises it where they change.
func (s *saving) revision() error {
	var stored int64
	if len(s.b.Definitions) == 0 && !s.b.Bump {
		query := `SELECT revision FROM flywheel_catalog_revision WHERE one = 1`
		if s.d == sqldb.Postgres {
			query += ` FOR SHARE`
		}
		if err := s.tx.QueryRowContext(s.ctx, query).Scan(&stored); err != nil || stored == s.b.Revision {
			return err
		}
		return catalog.StaleRevision(s.b.Revision, stored)
	}
	res, err := s.tx.ExecContext(s.ctx, `UPDATE flywheel_catalog_revision SET revision = revision + 1, mark = ? WHERE one = 1 AND revision = ?`, s.mark, s.b.Revision)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	if err := s.tx.QueryRowContext(s.ctx, `SELECT revision FROM flywheel_catalog_revision WHERE one = 1`).Scan(&stored); err != nil {
		return err
	}
	return catalog.StaleRevision(s.b.Revision, stored)
}

func (s *saving) definitions() error {
	if len(s.b.Definitions) == 0 {
		return nil
	}
	type row struct {
		Kind string  `json:"kind"`
		Code string  `json:"code"`
		Body *string `json:"body"`
	}
	rows := make([]row, len(s.b.Definitions))
	for i, d := range s.b.Definitions {
		rows[i] = row{Kind: d.Kind, Code: d.Code}
		if d.Body != nil {
			body := string(d.Body)
			rows[i].Body = &body
		}
	}
	return s.exec(-1, nil, `INSERT INTO flywheel_catalog_definitions (kind, code, revision, body)
		SELECT x.kind, x.code, (SELECT revision FROM flywheel_catalog_revision WHERE one = 1), x.body FROM `+
		sqldb.Recordset(s.d, "kind text", "code text", "body text")+` WHERE true
		ON CONFLICT (kind, code) DO UPDATE SET revision = excluded.revision, body = excluded.body`, many{rows})
}

type headRow struct {
	ID       catalog.ID `json:"id"`
	Edits    int64      `json:"edits"`
	Variants int        `json:"variants"`
	Before   int64      `json:"before"`
	Body     string     `json:"body,omitempty"`
}

func (s *saving) heads() error {
	var created, changed, touched []headRow
	for _, h := range s.b.Heads {
		row := headRow{ID: h.Head.Product.ID, Edits: h.Head.Edits, Variants: h.Head.Variants, Before: h.Before}
		if h.Touched {
			touched = append(touched, row)
			continue
		}
		var err error
		if row.Body, err = body(headBody{h.Head.Product, h.Head.Source}); err != nil {
			return err
		}
		if h.Before == 0 {
			created = append(created, row)
		} else {
			changed = append(changed, row)
		}
	}
	stale := func(rows []headRow) func() error {
		return func() error { return catalog.StaleHead(rows[0].ID) }
	}
	table := sqldb.Recordset(s.d, "id text", "edits bigint", "variants bigint", "before bigint", "body text")
	if len(created) > 0 {
		if err := s.exec(len(created), stale(created), `INSERT INTO flywheel_catalog_products (id, edits, variants, mark, body)
			SELECT x.id, x.edits, x.variants, CAST(? AS TEXT), x.body FROM `+table+` WHERE true ON CONFLICT (id) DO NOTHING`, s.mark, many{created}); err != nil {
			return err
		}
	}
	const update = `UPDATE flywheel_catalog_products SET edits = x.edits, variants = x.variants, mark = ?`
	const where = ` WHERE flywheel_catalog_products.id = x.id AND flywheel_catalog_products.edits = x.before`
	if len(changed) > 0 {
		if err := s.exec(len(changed), stale(changed), update+`, body = x.body FROM `+table+where, s.mark, many{changed}); err != nil {
			return err
		}
	}
	if len(touched) > 0 {
		return s.exec(len(touched), stale(touched), update+` FROM `+table+where, s.mark, many{touched})
	}
	return nil
}

func (s *saving) variants() error {
	if len(s.b.Removed) > 0 {
		if err := s.exec(-1, nil, `DELETE FROM flywheel_catalog_variants WHERE `+sqldb.In(s.d, "sku"), many{s.b.Removed}); err != nil {
			return err
		}
	}
	if len(s.b.Variants) == 0 {
		return nil
	}
	type row struct {
		SKU         flywheel.SKU `json:"sku"`
		Product     catalog.ID   `json:"product"`
		Place       int          `json:"place"`
		Combination string       `json:"combination"`
		Body        string       `json:"body"`
	}
	rows := make([]row, len(s.b.Variants))
	for i, v := range s.b.Variants {
		text, err := body(v.Variant)
		if err != nil {
			return err
		}
		rows[i] = row{v.Variant.SKU, v.Product, v.Place, combination(strings.Join(v.Variant.Options, "\x1f")), text}
	}
	ids := make([]catalog.ID, len(s.b.Heads))
	for i, h := range s.b.Heads {
		ids[i] = h.Head.Product.ID
	}
	return s.exec(len(rows), func() error { return catalog.Taken(string(rows[0].SKU)) }, `INSERT INTO flywheel_catalog_variants (sku, product, place, combination, body)
		SELECT x.sku, x.product, x.place, x.combination, x.body FROM `+
		sqldb.Recordset(s.d, "sku text", "product text", "place bigint", "combination text", "body text")+` WHERE true
		ON CONFLICT (sku) DO UPDATE SET product = excluded.product, place = excluded.place, combination = excluded.combination, body = excluded.body
		WHERE `+sqldb.In(s.d, "flywheel_catalog_variants.product"), many{rows}, many{ids})
}

type slugRow struct {
	Channel  catalog.Channel `json:"channel"`
	Locale   catalog.Locale  `json:"locale"`
	Slug     string          `json:"slug"`
	Product  catalog.ID      `json:"product"`
	Redirect int             `json:"redirect"`
}

var slugColumns = []string{"channel text", "locale text", "slug text", "product text", "redirect bigint"}

func slugRows(keys []catalog.SlugKey) []slugRow {
	rows := make([]slugRow, len(keys))
	for i, k := range keys {
		rows[i] = slugRow{Channel: k.Channel, Locale: k.Locale, Slug: k.Slug}
	}
	return rows
}

func (s *saving) slugs() error {
	table := sqldb.Recordset(s.d, slugColumns...)
	if len(s.b.Freed) > 0 {
		if err := s.exec(-1, nil, `DELETE FROM flywheel_catalog_slugs WHERE (channel, locale, slug) IN (SELECT x.channel, x.locale, x.slug FROM `+table+`)`, many{slugRows(s.b.Freed)}); err != nil {
			return err
		}
	}
	if len(s.b.Slugs) == 0 {
		return nil
	}
	rows := make([]slugRow, len(s.b.Slugs))
	for i, r := range s.b.Slugs {
		rows[i] = slugRow{Channel: r.Channel, Locale: r.Locale, Slug: r.Slug, Product: r.Product}
		if r.Redirect {
			rows[i].Redirect = 1
		}
	}
	return s.exec(len(rows), func() error { return catalog.Taken(rows[0].Slug) }, `INSERT INTO flywheel_catalog_slugs (channel, locale, slug, product, redirect)
		SELECT x.channel, x.locale, x.slug, x.product, x.redirect FROM `+table+` WHERE true
		ON CONFLICT (channel, locale, slug) DO UPDATE SET redirect = excluded.redirect WHERE flywheel_catalog_slugs.product = excluded.product`, many{rows})
}

func (s *saving) index() error {
	type row struct {
		Space string     `json:"space"`
		Entry string     `json:"entry"`
		ID    catalog.ID `json:"id"`
		From  int64      `json:"from_at"`
		Until int64      `json:"until_at"`
	}
	rows := func(entries []catalog.Entry) []row {
		out := make([]row, len(entries))
		for i, e := range entries {
			out[i] = row{e.Space, e.Key, e.ID, e.From, e.Until}
		}
		return out
	}
	table := sqldb.Recordset(s.d, "space text", "entry text", "id text", "from_at bigint", "until_at bigint")
	if len(s.b.Drop) > 0 {
		if err := s.exec(-1, nil, `DELETE FROM flywheel_catalog_index WHERE (space, entry, id) IN (SELECT x.space, x.entry, x.id FROM `+table+`)`, many{rows(s.b.Drop)}); err != nil {
			return err
		}
	}
	if len(s.b.Add) == 0 {
		return nil
	}
	return s.exec(-1, nil, `INSERT INTO flywheel_catalog_index (space, entry, id, from_at, until_at)
		SELECT x.space, x.entry, x.id, x.from_at, x.until_at FROM `+table+` WHERE true
		ON CONFLICT (space, entry, id) DO UPDATE SET from_at = excluded.from_at, until_at = excluded.until_at`, many{rows(s.b.Add)})
}

// readBack reports how to find out, when the answer to COMMIT was lost, whether
// the batch is there: by its mark, unless another change came since.
func (s *saving) readBack() {
	query, key, version := `SELECT revision, mark FROM flywheel_catalog_revision WHERE one = ?`, any(1), s.b.Revision+1
	switch {
	case len(s.b.Heads) > 0:
		h := s.b.Heads[0].Head
		query, key, version = `SELECT edits, mark FROM flywheel_catalog_products WHERE id = ?`, string(h.Product.ID), h.Edits
	case len(s.b.Definitions) == 0 && !s.b.Bump:
		s.readBackSlugs()
		return
	}
	mark := s.mark
	s.tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		var stored int64
		var kept string
		err := q.QueryRowContext(ctx, query, key).Scan(&stored, &kept)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return false, nil
		case err == nil && stored > version:
			return false, fmt.Errorf("catalogsql: %v was changed again since", key)
		}
		return kept == mark, err
	})
}

func (s *saving) readBackSlugs() {
	rows := s.b.Slugs
	s.tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		for _, r := range rows {
			var product string
			err := q.QueryRowContext(ctx, `SELECT product FROM flywheel_catalog_slugs WHERE channel = ? AND locale = ? AND slug = ?`, string(r.Channel), string(r.Locale), r.Slug).Scan(&product)
			if errors.Is(err, sql.ErrNoRows) {
				return false, nil
			}
			if err != nil || product != string(r.Product) {
				return false, err
			}
		}
		return true, nil
	})
}
