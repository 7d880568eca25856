package inventorysql

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
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

func (i item) bare() item { return item{SKU: i.SKU, Location: i.Location} }

func itemOf(m *inventory.Movement) item { return item{SKU: m.SKU, Location: m.Location} }

type levelRow struct {
	SKU         flywheel.SKU       `json:"sku"`
	Location    inventory.Location `json:"location"`
	OnHand      int64              `json:"on_hand"`
	Reserved    int64              `json:"reserved"`
	Allocated   int64              `json:"allocated"`
	Backordered int64              `json:"backordered"`
	Seq         int64              `json:"seq"`
}

type movementRow struct {
	SKU           flywheel.SKU       `json:"sku"`
	Location      inventory.Location `json:"location"`
	Seq           int64              `json:"seq"`
	Kind          inventory.Kind     `json:"kind"`
	Ref           string             `json:"ref"`
	Attempt       int64              `json:"attempt"`
	Key           string             `json:"key"`
	OnHand        int64              `json:"on_hand"`
	Reserved      int64              `json:"reserved"`
	Allocated     int64              `json:"allocated"`
	Backordered   int64              `json:"backordered"`
	Reason        string             `json:"reason"`
	At            int64              `json:"at"`
	OnHandAfter   int64              `json:"on_hand_after"`
	ReservedAfter int64              `json:"reserved_after"`

	AllocatedAfter   int64 `json:"allocated_after"`
	BackorderedAfter int64 `json:"backordered_after"`
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

// PostBatch implements inventory.BatchStore: five statements of SQLite, however many
// movements there are, and three for what this transaction did before; of PostgreSQL
// two for a step of a reservation, else three. The levels
// are locked in the order of their keys and the reservation after them, so that
// batches wait for each other but never in a circle. All that can be refused is
// refused before anything is written. Steps of reservations of one item that many ask for
// at once are made together, see groups. Rows for new items are made in a step of its
// own, which holds no other lock.
func (s *Store) PostBatch(ctx context.Context, r *inventory.Reservation, movements []inventory.Movement) error {
	if groupable(r, movements) && !s.db.DB.Joins(ctx) {
		posted, leave, err := s.groups.post(ctx, s, r, &movements[0])
		if posted {
			return err
		}
		defer leave()
	}
	items := itemsOf(movements)
	for {
		var answers []inventory.Movement // a transaction may be run again
		err := s.db.WriteFirst(ctx, func(tx *sqldb.Tx) (err error) {
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
	return s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		return s.exec(ctx, tx, s.statements.createLevels, items)
	})
}

// post is PostBatch in a transaction. It changes neither r nor movements.
func (s *Store) post(ctx context.Context, tx *sqldb.Tx, r *inventory.Reservation, movements []inventory.Movement, items []item) ([]inventory.Movement, error) {
	if len(movements) == 0 {
		if r == nil {
			return nil, errNothingNew
		}
		return nil, saveReservation(ctx, tx, r)
	}
	seen := seenBy(tx)
	levels, earlier, err := s.lock(ctx, tx, r, seen, movements, items)
	if err != nil {
		return nil, err
	}
	answers := make([]inventory.Movement, len(movements))
	posted := make([]movementRow, 0, len(movements))
	for i, m := range movements {
		m.At = m.At.UTC().Truncate(time.Microsecond)
		key := keyOf(&m)
		answer, isNew, err := levels[key.item].Apply(m, earlier[key])
		if err != nil {
			return nil, cmp.Or(s.stale(ctx, tx, r), err)
		}
		answers[i] = answer
		if isNew {
			earlier[key] = append(earlier[key], answer)
			posted = append(posted, rowOf(&answer))
		}
	}
	if len(posted) == 0 {
		if r == nil {
			return answers, errNothingNew
		}
		return answers, saveReservation(ctx, tx, r)
	}
	updates := make([]levelRow, 0, len(items))
	for i := range items {
		l := levels[items[i].bare()]
		if before, ok := seen.levels[items[i].bare()]; !ok || before != *l {
			updates = append(updates, levelRow{l.SKU, l.Location, l.OnHand, l.Reserved, l.Allocated, l.Backordered, l.Seq})
		}
	}
	if err := s.write(ctx, tx, r, updates, posted); err != nil {
		return nil, err
	}
	tx.ReadBackOwn(posted[0].isThere)
	seen.keep(levels, earlier)
	return answers, nil
}

// lock returns the levels of items, locked, and the movements that have a key of one
// of movements.
func (s *Store) lock(ctx context.Context, tx *sqldb.Tx, r *inventory.Reservation, seen *seen, movements []inventory.Movement, items []item) (map[item]*inventory.Level, map[key][]inventory.Movement, error) {
	if r != nil && s.statements.lockDocument != "" && ofOneDocument(movements) && !slices.ContainsFunc(movements, seen.knows) {
		return s.lockDocument(ctx, tx, seen, movements, items)
	}
	levels, err := s.lockLevels(ctx, tx, seen, items)
	if err != nil {
		return nil, nil, err
	}
	if len(levels) < len(items) {
		return nil, nil, errNoLevel
	}
	earlier, err := s.findMovements(ctx, tx, seen, movements, items)
	return levels, earlier, err
}

func ofOneDocument(movements []inventory.Movement) bool {
	first := &movements[0]
	return !slices.ContainsFunc(movements[1:], func(m inventory.Movement) bool { return m.Ref != first.Ref || m.Attempt != first.Attempt })
}

// lockDocument is lock in one statement, for a step of a reservation. What is read of
// the ledger may be older than the lock. That cannot mislead: a reservation and its
// movements change together, and the write wants the reservation at its version.
func (s *Store) lockDocument(ctx context.Context, tx *sqldb.Tx, seen *seen, movements []inventory.Movement, items []item) (map[item]*inventory.Level, map[key][]inventory.Movement, error) {
	levels, earlier := make(map[item]*inventory.Level, len(items)), make(map[key][]inventory.Movement, len(movements))
	open := make([]item, 0, len(items))
	for i := range items {
		it := items[i].bare()
		if l, known := seen.levels[it]; known {
			levels[it] = &l
		} else {
			levels[it], open = nil, append(open, it)
		}
	}
	skus, locations, err := namesOf(open)
	if err != nil {
		return nil, nil, err
	}
	err = sqldb.Each(ctx, tx, s.statements.lockDocument, []any{skus, locations, movements[0].Ref, movements[0].Attempt}, func(row sqldb.Row) error {
		m, err := scanMovement(row)
		switch it := itemOf(&m); {
		case err != nil:
			return err
		case m.Kind != "":
			if _, asked := levels[it]; asked {
				earlier[keyOf(&m)] = append(earlier[keyOf(&m)], m)
			}
		default:
			if l, asked := levels[it]; asked && l == nil { // not a SKU at the location of another
				levels[it] = &inventory.Level{SKU: m.SKU, Location: m.Location, Seq: m.Seq, OnHand: m.OnHand, Reserved: m.Reserved,
					Allocated: m.Allocated, Backordered: m.Backordered, Backorder: m.BackorderedAfter}
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, l := range levels {
		if l == nil {
			return nil, nil, errNoLevel
		}
	}
	for _, list := range earlier {
		slices.SortFunc(list, func(a, b inventory.Movement) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	return levels, earlier, nil
}

// write writes a reservation, if there is one, levels and movements: in PostgreSQL by
// one statement, which writes nothing if the reservation is not at its version.
func (s *Store) write(ctx context.Context, tx *sqldb.Tx, r *inventory.Reservation, levels []levelRow, movements []movementRow) error {
	if s.statements.post == "" {
		if r != nil {
			if err := saveReservation(ctx, tx, r); err != nil {
				return err
			}
		}
		if err := s.exec(ctx, tx, s.statements.updateLevels, levels); err != nil {
			return err
		}
		return s.exec(ctx, tx, s.statements.addMovements, movements)
	}
	args := make([]any, 2, 10)
	for i, rows := range []any{levels, movements} {
		arg, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		args[i] = string(arg)
	}
	if r == nil {
		_, err := tx.ExecContext(ctx, s.statements.post, args...)
		return err
	}
	lines, units, err := contents(r)
	if err != nil {
		return err
	}
	statement := s.statements.postUpdate
	if r.Version == 0 {
		statement = s.statements.postInsert
	}
	saved := 0
	if err := tx.QueryRowContext(ctx, statement, append(reservationArgs(r, lines, units), args...)...).Scan(&saved); err != nil {
		return err
	}
	if saved == 0 {
		return staleError(r)
	}
	wrote(tx, r, lines, units)
	return nil
}

// stale reports whether r is not at its version any more, which explains a refusal
// better than the refusal does.
func (s *Store) stale(ctx context.Context, tx *sqldb.Tx, r *inventory.Reservation) error {
	if r == nil {
		return nil
	}
	var version int64
	err := tx.QueryRowContext(ctx, `SELECT version FROM flywheel_inventory_reservations WHERE ref = ?`, r.Ref).Scan(&version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if version != r.Version {
		return staleError(r)
	}
	return nil
}

// seen is what a transaction has locked and what it knows of the ledger behind
// these locks: nobody else can add to it before the transaction ends.
type seen struct {
	levels       map[item]inventory.Level
	movements    map[key][]inventory.Movement
	reservations map[string]inventory.Reservation // that it wrote
}

type seenKey struct{}

func seenBy(tx *sqldb.Tx) *seen {
	s, ok := tx.Local()[seenKey{}].(*seen)
	if !ok {
		s = &seen{map[item]inventory.Level{}, map[key][]inventory.Movement{}, map[string]inventory.Reservation{}}
		tx.Local()[seenKey{}] = s
	}
	return s
}

// knows reports whether the movements with the key of m are known.
func (s *seen) knows(m inventory.Movement) bool {
	_, known := s.movements[keyOf(&m)]
	return known
}

func (s *seen) keep(levels map[item]*inventory.Level, movements map[key][]inventory.Movement) {
	for it, l := range levels {
		s.levels[it] = *l
	}
	maps.Copy(s.movements, movements)
}

// isThere reports whether the movement is in the ledger as posted.
func (m *movementRow) isThere(ctx context.Context, q sqldb.Queryer) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM flywheel_inventory_movements
		WHERE sku = ? AND location = ? AND seq = ? AND kind = ? AND ref = ? AND attempt = ? AND key = ? AND at = ?`,
		string(m.SKU), string(m.Location), m.Seq, string(m.Kind), m.Ref, m.Attempt, m.Key, m.At).Scan(&n)
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

// lockLevels returns the levels of items that there are, locked.
func (s *Store) lockLevels(ctx context.Context, tx *sqldb.Tx, seen *seen, items []item) (map[item]*inventory.Level, error) {
	levels := make(map[item]*inventory.Level, len(items))
	for i := range items {
		if l, ok := seen.levels[items[i].bare()]; ok {
			levels[items[i].bare()] = &l
		}
	}
	if len(levels) == len(items) {
		return levels, nil
	}
	skus, locations, err := namesOf(items)
	if err != nil {
		return nil, err
	}
	asked := make(map[item]bool, len(items))
	for i := range items {
		asked[items[i].bare()] = true
	}
	err = sqldb.Each(ctx, tx, s.statements.lockLevels, []any{skus, locations}, func(r sqldb.Row) error {
		l, err := scanLevel(r)
		if it := (item{SKU: l.SKU, Location: l.Location}); asked[it] { // not a SKU at the location of another
			levels[it] = &l
		}
		return err
	})
	return levels, err
}

// namesOf returns the SKUs and the locations of items, each once, as JSON arrays.
func namesOf(items []item) (skus, locations string, err error) {
	names, places := make([]flywheel.SKU, len(items)), make([]inventory.Location, len(items))
	for i := range items {
		names[i], places[i] = items[i].SKU, items[i].Location
	}
	slices.Sort(places)
	a, err := json.Marshal(slices.Compact(names))
	if err != nil {
		return "", "", err
	}
	b, err := json.Marshal(slices.Compact(places))
	return string(a), string(b), err
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
func (s *Store) findMovements(ctx context.Context, tx *sqldb.Tx, seen *seen, movements []inventory.Movement, items []item) (map[key][]inventory.Movement, error) {
	found := make(map[key][]inventory.Movement, len(movements))
	var asked []document
	for i := range movements {
		k := keyOf(&movements[i])
		list, known := seen.movements[k]
		if found[k] = slices.Clone(list); known {
			continue
		}
		if d := (document{k.ref, k.attempt}); !slices.Contains(asked, d) {
			asked = append(asked, d)
		}
	}
	if len(asked) == 0 {
		return found, nil
	}
	arg, err := json.Marshal(items)
	if err != nil {
		return nil, err
	}
	for _, d := range asked {
		fresh := map[key][]inventory.Movement{}
		err := sqldb.Each(ctx, tx, s.statements.findMovements, []any{d.ref, d.attempt, string(arg)}, func(r sqldb.Row) error {
			m, err := scanMovement(r)
			fresh[keyOf(&m)] = append(fresh[keyOf(&m)], m)
			return err
		})
		if err != nil {
			return nil, err
		}
		maps.Copy(found, fresh)
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
		SKU: m.SKU, Location: m.Location, Seq: m.Seq, Kind: m.Kind, Ref: m.Ref, Attempt: m.Attempt, Key: m.Key,
		OnHand: m.OnHand, Reserved: m.Reserved, Allocated: m.Allocated, Backordered: m.Backordered,
		Reason: m.Reason, At: sqldb.Micros(m.At), OnHandAfter: m.OnHandAfter, ReservedAfter: m.ReservedAfter,
		AllocatedAfter: m.AllocatedAfter, BackorderedAfter: m.BackorderedAfter,
	}
}
