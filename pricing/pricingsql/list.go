package pricingsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Lists implements pricing.Store.
func (s *Store) Lists(ctx context.Context) iter.Seq2[pricing.List, error] {
	return each(ctx, s, listTable, s.list)
}

// list reads a list with its entries by one statement, so that they are of one
// version.
func (s *Store) list(ctx context.Context, id string) (l pricing.List, there bool, err error) {
	err = sqldb.Each(ctx, s.db.Read(ctx), `
		SELECT l.version, CASE WHEN coalesce(e.n, 0) = 0 THEN l.body ELSE '' END,
			e.n, coalesce(e.sku, ''), coalesce(e.unit, ''), coalesce(e.min_quantity, 0), coalesce(e.max_quantity, 0), coalesce(e.floor, '')
		FROM flywheel_pricing_lists l LEFT JOIN flywheel_pricing_entries e ON e.list = l.id
		WHERE l.id = ? ORDER BY e.n`, []any{id}, func(r sqldb.Row) error {
		var version int64
		var n sql.NullInt64
		var body, sku, unit, floor string
		var e pricing.Entry
		if err := r.Scan(&version, &body, &n, &sku, &unit, &e.MinQuantity, &e.MaxQuantity, &floor); err != nil {
			return err
		}
		if !there {
			there = true
			if err := json.Unmarshal([]byte(body), &l); err != nil {
				return err
			}
			l.Version = version
		}
		if !n.Valid {
			return nil
		}
		e.SKU = flywheel.SKU(sku)
		if err := e.Unit.UnmarshalText([]byte(unit)); err != nil {
			return err
		}
		if floor != "" {
			if err := e.Floor.UnmarshalText([]byte(floor)); err != nil {
				return err
			}
		}
		l.Entries = append(l.Entries, e)
		return nil
	})
	if err != nil {
		return l, false, fmt.Errorf("pricingsql: list %q: %w", id, err)
	}
	return l, there, nil
}

// atOnce is how many entries one statement adds: SQLite and PostgreSQL both take
// several times as many arguments.
const atOnce = 500

// SaveList implements pricing.Store.
func (s *Store) SaveList(ctx context.Context, l pricing.List) (pricing.List, error) {
	l = l.Stored()
	head := l
	head.Entries, head.Version = nil, 0
	body, err := json.Marshal(head)
	if err != nil {
		return pricing.List{}, err
	}
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		if err := listTable.save(ctx, tx, l.ID, l.Version, string(body)); err != nil {
			return err
		}
		if l.Version > 0 {
			if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_pricing_entries WHERE list = ?`, l.ID); err != nil {
				return err
			}
		}
		n := 0
		for chunk := range slices.Chunk(l.Entries, atOnce) {
			args := make([]any, 0, 7*len(chunk))
			for _, e := range chunk {
				floor := ""
				if e.Floor != (money.Price{}) {
					floor = e.Floor.String()
				}
				args = append(args, l.ID, n, string(e.SKU), e.Unit.String(), e.MinQuantity, e.MaxQuantity, floor)
				n++
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_pricing_entries
				(list, n, sku, unit, min_quantity, max_quantity, floor) VALUES `+sqldb.Values(len(chunk), 7), args...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return pricing.List{}, err
	}
	l.Version++
	return l, nil
}

// DeleteList implements pricing.Store.
func (s *Store) DeleteList(ctx context.Context, id string, version int64) error {
	return s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		if err := listTable.remove(ctx, tx, id, version); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM flywheel_pricing_entries WHERE list = ?`, id)
		return err
	})
}
