package inventorysql

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

var _ inventory.LotStore = (*Store)(nil)

const (
	lotColumns = `l.sku, l.location, l.lot, l.expires, l.on_hand,
		CASE WHEN EXISTS (SELECT 1 FROM flywheel_inventory_recalls r WHERE r.sku = l.sku AND r.lot = l.lot) THEN 1 ELSE 0 END`
	lotMoveColumns = `sku, location, lot, expires, kind, ref, attempt, key, on_hand, at`

	never = "9999-99-99" // sorts behind every day
)

func expiryText(d fulfillment.Date) string {
	if d.IsZero() {
		return never
	}
	return d.String()
}

func expiryOf(text string) (fulfillment.Date, error) {
	if text == never {
		return fulfillment.Date{}, nil
	}
	return fulfillment.ParseDate(text)
}

// Lots implements inventory.LotStore.
func (s *Store) Lots(ctx context.Context, sku flywheel.SKU, location inventory.Location) ([]inventory.Lot, error) {
	where, args := `l.sku = ? AND l.on_hand > 0`, []any{string(sku)}
	if location != "" {
		where, args = where+` AND l.location = ?`, append(args, string(location))
	}
	return s.lotsWhere(ctx, where+` ORDER BY l.expires, l.lot, l.location`, args)
}

// ExpiredLots implements inventory.LotStore.
func (s *Store) ExpiredLots(ctx context.Context, day fulfillment.Date, limit int) ([]inventory.Lot, error) {
	return s.lotsWhere(ctx, `l.on_hand > 0 AND l.expires < ? AND NOT EXISTS
		(SELECT 1 FROM flywheel_inventory_recalls r WHERE r.sku = l.sku AND r.lot = l.lot)
		ORDER BY l.expires, l.sku, l.location, l.lot LIMIT ?`, []any{expiryText(day), limit})
}

func (s *Store) lotsWhere(ctx context.Context, where string, args []any) (lots []inventory.Lot, err error) {
	err = sqldb.Each(ctx, s.db.Read(ctx), `SELECT `+lotColumns+` FROM flywheel_inventory_lots l WHERE `+where, args, func(r sqldb.Row) error {
		var l inventory.Lot
		var expires string
		var recalled int64
		if err := r.Scan((*string)(&l.SKU), (*string)(&l.Location), &l.Lot, &expires, &l.OnHand, &recalled); err != nil {
			return err
		}
		l.Recalled = recalled != 0
		l.Expires, err = expiryOf(expires)
		lots = append(lots, l)
		return err
	})
	return lots, err
}

// PostLots implements inventory.LotStore.
func (s *Store) PostLots(ctx context.Context, moves []inventory.LotMove) error {
	return s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		for i := range moves {
			if err := s.postLot(ctx, tx, moves[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) postLot(ctx context.Context, tx *sqldb.Tx, m inventory.LotMove) error {
	lot := []any{string(m.SKU), string(m.Location), m.Lot}
	m.At = m.At.UTC().Truncate(time.Microsecond)
	if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_inventory_lots (sku, location, lot, expires, on_hand) VALUES (?, ?, ?, ?, 0)
		ON CONFLICT (sku, location, lot) DO NOTHING`, append(lot, expiryText(m.Expires))...); err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO flywheel_inventory_lot_moves (`+lotMoveColumns+`)
		SELECT ?, ?, ?, l.expires, ?, ?, ?, ?, ?, ? FROM flywheel_inventory_lots l WHERE l.sku = ? AND l.location = ? AND l.lot = ?
		ON CONFLICT (ref, kind, attempt, key, sku, location, lot) DO NOTHING`,
		append([]any{string(m.SKU), string(m.Location), m.Lot, string(m.Kind), m.Ref, m.Attempt, m.Key, m.OnHand, sqldb.Micros(m.At)}, lot...)...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err // it was posted before
	}
	tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (there bool, err error) {
		err = q.QueryRowContext(ctx, `SELECT count(*) > 0 FROM flywheel_inventory_lot_moves
			WHERE ref = ? AND kind = ? AND attempt = ? AND key = ? AND sku = ? AND location = ? AND lot = ? AND on_hand = ? AND at = ?`,
			m.Ref, string(m.Kind), m.Attempt, m.Key, string(m.SKU), string(m.Location), m.Lot,
			m.OnHand, sqldb.Micros(m.At)).Scan(&there)
		return there, err
	})
	res, err = tx.ExecContext(ctx, `UPDATE flywheel_inventory_lots SET on_hand = on_hand + ?
		WHERE sku = ? AND location = ? AND lot = ? AND (lot = '' OR on_hand + ? >= 0)`, append(append([]any{m.OnHand}, lot...), m.OnHand)...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	var have int64
	err = tx.QueryRowContext(ctx, `SELECT on_hand FROM flywheel_inventory_lots WHERE sku = ? AND location = ? AND lot = ?`, lot...).Scan(&have)
	if err != nil {
		return err
	}
	return &inventory.ShortageError{SKU: m.SKU, Location: m.Location, Want: -m.OnHand, Have: have}
}

// LotMoves implements inventory.LotStore.
func (s *Store) LotMoves(ctx context.Context, sku flywheel.SKU, lot string) ([]inventory.LotMove, error) {
	return s.lotMovesWhere(ctx, `sku = ? AND lot = ?`, string(sku), lot)
}

// LotMovesOf implements inventory.LotStore.
func (s *Store) LotMovesOf(ctx context.Context, ref string) ([]inventory.LotMove, error) {
	return s.lotMovesWhere(ctx, `ref = ?`, ref)
}

func (s *Store) lotMovesWhere(ctx context.Context, where string, args ...any) (moves []inventory.LotMove, err error) {
	err = sqldb.Each(ctx, s.db.Read(ctx), `SELECT `+lotMoveColumns+` FROM flywheel_inventory_lot_moves WHERE `+where+` ORDER BY id`, args, func(r sqldb.Row) error {
		var m inventory.LotMove
		var expires string
		var at int64
		if err := r.Scan((*string)(&m.SKU), (*string)(&m.Location), &m.Lot, &expires, (*string)(&m.Kind), &m.Ref, &m.Attempt, &m.Key, &m.OnHand, &at); err != nil {
			return err
		}
		m.At = sqldb.Time(at)
		m.Expires, err = expiryOf(expires)
		moves = append(moves, m)
		return err
	})
	return moves, err
}

// RecallLot implements inventory.LotStore.
func (s *Store) RecallLot(ctx context.Context, sku flywheel.SKU, lot string, recalled bool) error {
	statement := `DELETE FROM flywheel_inventory_recalls WHERE sku = ? AND lot = ?`
	if recalled {
		statement = `INSERT INTO flywheel_inventory_recalls (sku, lot) VALUES (?, ?) ON CONFLICT (sku, lot) DO NOTHING`
	}
	return s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, statement, string(sku), lot)
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (there bool, err error) {
			err = q.QueryRowContext(ctx, `SELECT count(*) > 0 FROM flywheel_inventory_recalls WHERE sku = ? AND lot = ?`, string(sku), lot).Scan(&there)
			return there == recalled, err
		})
		return err
	})
}

// IsRecalled implements inventory.LotStore.
func (s *Store) IsRecalled(ctx context.Context, sku flywheel.SKU, lot string) (recalled bool, err error) {
	var n int64
	err = s.db.Read(ctx).QueryRowContext(ctx, `SELECT count(*) FROM flywheel_inventory_recalls WHERE sku = ? AND lot = ?`, string(sku), lot).Scan(&n)
	return n > 0, err
}
