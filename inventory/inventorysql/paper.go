package inventorysql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/inventory"
)

var _ inventory.PaperStore = (*Store)(nil)

// Paper implements inventory.PaperStore.
func (s *Store) Paper(ctx context.Context, kind inventory.PaperKind, ref string) (inventory.Paper, error) {
	p, err := scanPaper(s.db.Read(ctx).QueryRowContext(ctx,
		`SELECT body, version FROM flywheel_inventory_papers WHERE kind = ? AND ref = ?`, string(kind), ref))
	if errors.Is(err, sql.ErrNoRows) {
		return inventory.Paper{}, fmt.Errorf("inventorysql: %s %q: %w", kind, ref, flywheel.ErrNotFound)
	}
	return p, err
}

func scanPaper(r sqldb.Row) (p inventory.Paper, err error) {
	var body string
	var version int64
	if err := r.Scan(&body, &version); err != nil {
		return p, err
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return p, fmt.Errorf("inventorysql: a paper: %w: %w", flywheel.ErrInvalid, err)
	}
	p.Version = version
	return p, nil
}

// SavePaper implements inventory.PaperStore.
func (s *Store) SavePaper(ctx context.Context, p inventory.Paper) (inventory.Paper, error) {
	saved := p
	saved.Version++
	body, err := json.Marshal(saved)
	if err != nil {
		return p, err
	}
	rows := make([]incomingRow, 0, len(p.Lines))
	for _, in := range saved.IncomingOf() {
		rows = append(rows, incomingRow{p.Kind, in.SKU, expiryText(in.Due), in.Earliest.String(), in.Latest.String(), in.Location, in.Ref, in.Line, in.From, in.Quantity})
	}
	isOpen := 0
	if p.Open {
		isOpen = 1
	}
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		var res sql.Result
		var err error
		if p.Version == 0 {
			res, err = tx.ExecContext(ctx, `INSERT INTO flywheel_inventory_papers (is_open, body, version, kind, ref) VALUES (?, ?, 1, ?, ?)
				ON CONFLICT (kind, ref) DO NOTHING`, isOpen, string(body), string(p.Kind), p.Ref)
		} else {
			res, err = tx.ExecContext(ctx, `UPDATE flywheel_inventory_papers SET is_open = ?, body = ?, version = version + 1
				WHERE kind = ? AND ref = ? AND version = ?`, isOpen, string(body), string(p.Kind), p.Ref, p.Version)
		}
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return stalePaper(&p)
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) { return isPaper(ctx, q, &saved, string(body)) })
		if p.Kind != inventory.PaperIncoming && p.Kind != inventory.PaperPurchase {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_inventory_incoming WHERE ref = ? AND kind = ?`, p.Ref, string(p.Kind)); err != nil || len(rows) == 0 {
			return err
		}
		return s.exec(ctx, tx, s.statements.addIncoming, rows)
	})
	if err != nil {
		return p, err
	}
	return saved, nil
}

type incomingRow struct {
	Kind     inventory.PaperKind `json:"kind"`
	SKU      flywheel.SKU        `json:"sku"`
	Due      string              `json:"due"`
	Earliest string              `json:"earliest"`
	Latest   string              `json:"latest"`
	Location inventory.Location  `json:"location"`
	Ref      string              `json:"ref"`
	Line     string              `json:"line"`
	Origin   inventory.Location  `json:"origin"`
	Quantity int64               `json:"quantity"`
}

func stalePaper(p *inventory.Paper) error {
	return fmt.Errorf("inventorysql: %s %q is not at version %d: %w", p.Kind, p.Ref, p.Version, inventory.ErrStale)
}

// isPaper reports whether the paper is there as it was saved. A later version leaves
// open whose the one before was.
func isPaper(ctx context.Context, q sqldb.Queryer, p *inventory.Paper, body string) (bool, error) {
	var version int64
	var same bool
	err := q.QueryRowContext(ctx, `SELECT version, body = ? FROM flywheel_inventory_papers WHERE kind = ? AND ref = ?`,
		body, string(p.Kind), p.Ref).Scan(&version, &same)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case version > p.Version:
		return false, fmt.Errorf("inventorysql: %s %q went on to version %d: %w", p.Kind, p.Ref, version, flywheel.ErrUnknownOutcome)
	}
	return version == p.Version && same, nil
}

// OpenPapers implements inventory.PaperStore.
func (s *Store) OpenPapers(ctx context.Context, kind inventory.PaperKind, after string, limit int) (papers []inventory.Paper, err error) {
	err = sqldb.Each(ctx, s.db.Read(ctx), `SELECT body, version FROM flywheel_inventory_papers
		WHERE kind = ? AND ref > ? AND is_open = 1 ORDER BY ref LIMIT ?`, []any{string(kind), after, limit}, func(r sqldb.Row) error {
		p, err := scanPaper(r)
		papers = append(papers, p)
		return err
	})
	return papers, err
}

// Incoming implements inventory.PaperStore.
func (s *Store) Incoming(ctx context.Context, skus []flywheel.SKU) (list []inventory.Incoming, err error) {
	err = s.ofSKUs(ctx, s.statements.incoming, skus, func(r sqldb.Row) error {
		var in inventory.Incoming
		var due, earliest, latest string
		if err := r.Scan((*string)(&in.SKU), &due, &earliest, &latest, (*string)(&in.Location), &in.Ref, &in.Line, (*string)(&in.From), &in.Quantity); err != nil {
			return err
		}
		if err := errors.Join(in.Earliest.UnmarshalText([]byte(earliest)), in.Latest.UnmarshalText([]byte(latest))); err != nil {
			return err
		}
		in.Due, err = expiryOf(due)
		list = append(list, in)
		return err
	})
	return list, err
}
