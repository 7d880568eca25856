package inventorysql

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/inventory"
)

// item names a level. N is its place in a list of rows.
type item struct {
	N        int                `json:"n"`
	SKU      flywheel.SKU       `json:"sku"`
	Location inventory.Location `json:"location"`
}

func itemOf(m *inventory.Movement) item { return item{SKU: m.SKU, Location: m.Location} }

type levelRow struct {
	SKU      flywheel.SKU       `json:"sku"`
	Location inventory.Location `json:"location"`
	OnHand   int64              `json:"on_hand"`
	Reserved int64              `json:"reserved"`
	Seq      int64              `json:"seq"`
}

type movementRow struct {
	SKU           flywheel.SKU       `json:"sku"`
	Location      inventory.Location `json:"location"`
	Seq           int64              `json:"seq"`
	Kind          inventory.Kind     `json:"kind"`
	Ref           string             `json:"ref"`
	Attempt       int64              `json:"attempt"`
	OnHand        int64              `json:"on_hand"`
	Reserved      int64              `json:"reserved"`
	Reason        string             `json:"reason"`
	At            int64              `json:"at"`
	OnHandAfter   int64              `json:"on_hand_after"`
	ReservedAfter int64              `json:"reserved_after"`
}

var (
	// errNoLevel reports that an item has no row yet that could be locked.
	errNoLevel = errors.New("inventorysql: no level")
	// errNothingNew ends a transaction that has nothing to commit: every
	// movement was there already. Its outcome cannot be unknown then.
	errNothingNew = errors.New("inventorysql: nothing new")
)

// Post implements inventory.Store.
func (s *Store) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	ms := []inventory.Movement{m}
	if err := s.PostBatch(ctx, nil, ms); err != nil {
		return inventory.Movement{}, err
	}
	return ms[0], nil
}

// PostBatch implements inventory.BatchStore: six statements, however many
// movements there are. The reservation is written first and the levels are
// locked in the order of their keys, so that batches wait for each other but
// never in a circle. Rows for new items are made in a step of its own, which
// holds no other lock.
func (s *Store) PostBatch(ctx context.Context, r *inventory.Reservation, movements []inventory.Movement) error {
	items := itemsOf(movements)
	for {
		var answers []inventory.Movement // a transaction may be run again
		err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			answers, err = s.post(ctx, tx, r, movements, items)
			return err
		})
		if errors.Is(err, errNoLevel) {
			err := s.createLevels(ctx, items)
			if err != nil && !errors.Is(err, flywheel.ErrUnknownOutcome) { // unknown: the next round tells
				return err
			}
			continue
		}
		if err == nil || errors.Is(err, errNothingNew) {
			copy(movements, answers)
			if r != nil {
				r.Version++
			}
			return nil
		}
		return err
	}
}

func (s *Store) createLevels(ctx context.Context, items []item) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.exec(ctx, tx, s.statements.createLevels, items)
	})
}

// post is PostBatch in a transaction. It changes neither r nor movements.
func (s *Store) post(ctx context.Context, tx *sqldb.Tx, r *inventory.Reservation, movements []inventory.Movement, items []item) ([]inventory.Movement, error) {
	end := errNothingNew
	if r != nil {
		if err := saveReservation(ctx, tx, r); err != nil {
			return nil, err
		}
		end = nil
	}
	if len(movements) == 0 {
		return nil, end
	}
	levels, err := s.lockLevels(ctx, tx, items)
	if err != nil {
		return nil, err
	}
	earlier, err := s.findMovements(ctx, tx, movements, items)
	if err != nil {
		return nil, err
	}
	answers := make([]inventory.Movement, len(movements))
	posted := make([]movementRow, 0, len(movements))
	changed := map[item]levelRow{}
	missing := false
	for i, m := range movements {
		level, ok := levels[itemOf(&m)]
		if !ok {
			level = &inventory.Level{SKU: m.SKU, Location: m.Location}
			levels[itemOf(&m)], missing = level, true
		}
		m.At = m.At.UTC().Truncate(time.Microsecond)
		key := keyOf(&m)
		answer, isNew, err := level.Apply(m, earlier[key])
		if err != nil {
			return nil, err
		}
		answers[i] = answer
		if isNew {
			earlier[key] = append(earlier[key], answer)
			posted = append(posted, rowOf(&answer))
			changed[itemOf(&m)] = levelRow{m.SKU, m.Location, level.OnHand, level.Reserved, level.Seq}
		}
	}
	if missing {
		return nil, errNoLevel
	}
	if len(posted) == 0 {
		return answers, end
	}
	updates := make([]levelRow, 0, len(changed))
	for _, it := range items {
		it.N = 0
		if row, ok := changed[it]; ok {
			updates = append(updates, row)
		}
	}
	if err := s.exec(ctx, tx, s.statements.updateLevels, updates); err != nil {
		return nil, err
	}
	if err := s.exec(ctx, tx, s.statements.addMovements, posted); err != nil {
		return nil, err
	}
	tx.ReadBack(posted[0].isThere)
	return answers, nil
}

// isThere reports whether the movement is in the ledger as posted.
func (m *movementRow) isThere(ctx context.Context, q sqldb.Queryer) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM flywheel_inventory_movements
		WHERE sku = ? AND location = ? AND seq = ? AND kind = ? AND ref = ? AND attempt = ? AND at = ?`,
		string(m.SKU), string(m.Location), m.Seq, string(m.Kind), m.Ref, m.Attempt, m.At).Scan(&n)
	return n > 0, err
}

// exec runs a statement whose argument is rows.
func (s *Store) exec(ctx context.Context, tx *sqldb.Tx, statement string, rows any) error {
	arg, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, statement, string(arg))
	return err
}

func (s *Store) lockLevels(ctx context.Context, tx *sqldb.Tx, items []item) (map[item]*inventory.Level, error) {
	arg, err := json.Marshal(items)
	if err != nil {
		return nil, err
	}
	levels := make(map[item]*inventory.Level, len(items))
	err = sqldb.Each(ctx, tx, s.statements.lockLevels, []any{string(arg)}, func(r sqldb.Row) error {
		l, err := scanLevel(r)
		levels[item{SKU: l.SKU, Location: l.Location}] = &l
		return err
	})
	return levels, err
}

// key is what the movements that Level.Apply wants to see have in common.
type key struct {
	item    item
	ref     string
	attempt int64
}

func keyOf(m *inventory.Movement) key { return key{itemOf(m), m.Ref, m.Attempt} }

// findMovements returns the movements that have a key of one of movements. Most
// batches are about one document.
func (s *Store) findMovements(ctx context.Context, tx *sqldb.Tx, movements []inventory.Movement, items []item) (map[key][]inventory.Movement, error) {
	arg, err := json.Marshal(items)
	if err != nil {
		return nil, err
	}
	type document struct {
		ref     string
		attempt int64
	}
	asked := map[document]bool{}
	found := map[key][]inventory.Movement{}
	for i := range movements {
		d := document{movements[i].Ref, movements[i].Attempt}
		if asked[d] {
			continue
		}
		asked[d] = true
		err := sqldb.Each(ctx, tx, s.statements.findMovements, []any{d.ref, d.attempt, string(arg)}, func(r sqldb.Row) error {
			m, err := scanMovement(r)
			found[keyOf(&m)] = append(found[keyOf(&m)], m)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// itemsOf returns the items of movements, each once, in the order of their keys.
func itemsOf(movements []inventory.Movement) []item {
	items := make([]item, len(movements))
	for i := range movements {
		items[i] = itemOf(&movements[i])
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Location, b.Location))
	})
	items = slices.Compact(items)
	for i := range items {
		items[i].N = i
	}
	return items
}

func rowOf(m *inventory.Movement) movementRow {
	return movementRow{
		SKU: m.SKU, Location: m.Location, Seq: m.Seq, Kind: m.Kind, Ref: m.Ref, Attempt: m.Attempt,
		OnHand: m.OnHand, Reserved: m.Reserved, Reason: m.Reason, At: sqldb.Micros(m.At),
		OnHandAfter: m.OnHandAfter, ReservedAfter: m.ReservedAfter,
	}
}
