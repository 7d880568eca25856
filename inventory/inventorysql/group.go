package inventorysql

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/inventory"
)

// groups make one transaction of what many ask of one item at once: each item has a
// queue, and who comes to its head takes with it everybody who waits. Who finds nobody
// there works alone, as if there were no queue.
type groups struct {
	mu    sync.Mutex
	items map[item]*queue
}

// queue is that of an item on which somebody is working.
type queue struct{ waiting []*request }

// request is a new reservation of units in stock of one item.
type request struct {
	reservation *inventory.Reservation
	movement    *inventory.Movement
	answer      chan answer // of one
}

// answer ends the wait of a request: with the outcome, with the word to ask alone, or
// with the lead of a group, itself first.
type answer struct {
	posted inventory.Movement
	err    error
	alone  bool
	lead   []*request
}

const (
	// maxGroup bounds a group, so that its rows travel in one argument of some ten
	// kilobytes.
	maxGroup = 512
	// groupTime bounds the transaction of a group, whose members have deadlines of
	// their own.
	groupTime = 30 * time.Second
)

// groupable reports whether a batch opens a reservation of one item that is new, all of
// it in stock.
func groupable(r *inventory.Reservation, movements []inventory.Movement) bool {
	if r == nil || r.Version != 0 || r.State != inventory.StateOpen || len(movements) != 1 {
		return false
	}
	m := &movements[0]
	return m.Kind == inventory.KindReserve && m.Ref == r.Ref && m.Attempt == 1 && m.Reserved > 0 &&
		m.OnHand == 0 && m.Allocated == 0 && m.Backordered == 0 && m.Key == "" && m.Reason == "" && m.Location != inventory.EveryPlace
}

// post posts a request in a group. It reports false when the caller is to post it alone,
// and calls leave afterwards.
func (g *groups) post(ctx context.Context, s *Store, r *inventory.Reservation, m *inventory.Movement) (posted bool, leave func(), err error) {
	key := itemOf(m)
	g.mu.Lock()
	q := g.items[key]
	if q == nil {
		if g.items == nil {
			g.items = map[item]*queue{}
		}
		g.items[key] = &queue{}
		g.mu.Unlock()
		return false, func() { g.next(key) }, nil
	}
	mine := &request{r, m, make(chan answer, 1)}
	q.waiting = append(q.waiting, mine)
	g.mu.Unlock()

	var a answer
	select {
	case a = <-mine.answer:
	case <-ctx.Done():
		if g.withdraw(key, mine) {
			return true, nil, ctx.Err()
		}
		a = <-mine.answer
	}
	if a.lead != nil {
		defer g.next(key)
		if len(a.lead) > 1 {
			s.postGroup(ctx, a.lead)
			a = <-mine.answer
		} else {
			a = answer{alone: true}
		}
	}
	if a.alone {
		return false, func() {}, nil
	}
	if a.err == nil {
		*m = a.posted
		r.Version++
	}
	return true, nil, a.err
}

// next hands the item to those who wait.
func (g *groups) next(key item) {
	g.mu.Lock()
	defer g.mu.Unlock()
	q := g.items[key]
	if len(q.waiting) == 0 {
		delete(g.items, key)
		return
	}
	n := min(len(q.waiting), maxGroup)
	group := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	group[0].answer <- answer{lead: group}
}

// withdraw takes a request back that nobody works on yet.
func (g *groups) withdraw(key item, r *request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	q := g.items[key]
	if q == nil {
		return false
	}
	at := slices.Index(q.waiting, r)
	if at >= 0 {
		q.waiting = slices.Delete(q.waiting, at, at+1)
	}
	return at >= 0
}

// errTaken reports that a ref of the group was taken meanwhile.
var errTaken = errors.New("inventorysql: a ref of the group was taken")

// postGroup answers each request of a group. Those whose ref is known already, and all
// of them if the transaction fails, are told to ask alone, which settles what became of
// them.
func (s *Store) postGroup(ctx context.Context, group []*request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), groupTime)
	defer cancel()
	answers := make([]answer, len(group))
	err := s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error { return s.inGroup(ctx, tx, group, answers) })
	for i, r := range group {
		if err != nil && !errors.Is(err, errNothingNew) {
			answers[i] = answer{alone: true}
		}
		r.answer <- answers[i]
	}
}

// groupRow is a reservation of the group with its movement.
type groupRow struct {
	Ref      string `json:"ref"`
	Lines    string `json:"lines"`
	Units    string `json:"units"`
	Location string `json:"location"`
	Expires  int64  `json:"expires"`
	Seq      int64  `json:"seq"`
	Reserved int64  `json:"reserved"`
	After    int64  `json:"after"`
	At       int64  `json:"at"`
}

// inGroup is postGroup in a transaction. However many requests there are, it is BEGIN, one
// statement that locks and reads, one that writes on PostgreSQL and three on SQLite, and
// COMMIT.
func (s *Store) inGroup(ctx context.Context, tx *sqldb.Tx, group []*request, answers []answer) error {
	clear(answers) // a transaction may be run again
	key := itemOf(group[0].movement)
	level, known, err := s.lockForGroup(ctx, tx, key, group)
	if err != nil {
		return err
	}
	rows := make([]groupRow, 0, len(group))
	for i, g := range group {
		if known[g.reservation.Ref] {
			answers[i].alone = true
			continue
		}
		known[g.reservation.Ref] = true // a second request of the same ref asks alone
		m := *g.movement
		m.At = m.At.UTC().Truncate(time.Microsecond)
		if m, _, err = level.Apply(m, nil); err != nil {
			answers[i].err = err
			continue
		}
		lines, units, err := contents(g.reservation)
		if err != nil {
			return err
		}
		answers[i].posted = m
		rows = append(rows, groupRow{
			Ref: m.Ref, Lines: lines, Units: units, Location: string(g.reservation.Location), Expires: sqldb.Micros(g.reservation.Expires),
			Seq: m.Seq, Reserved: m.Reserved, After: m.ReservedAfter, At: sqldb.Micros(m.At),
		})
	}
	if len(rows) == 0 {
		return errNothingNew
	}
	arg, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	if err := s.writeGroup(ctx, tx, &level, len(rows), string(arg)); err != nil {
		return err
	}
	first := rows[0]
	tx.ReadBackOwn(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		m := movementRow{SKU: key.SKU, Location: key.Location, Seq: first.Seq, Kind: inventory.KindReserve, Ref: first.Ref, Attempt: 1, At: first.At}
		return m.isThere(ctx, q)
	})
	return nil
}

// lockForGroup locks the level of an item and returns it, and which refs of the group
// have a reservation or movements already.
func (s *Store) lockForGroup(ctx context.Context, tx *sqldb.Tx, key item, group []*request) (level inventory.Level, known map[string]bool, err error) {
	refs := make([]string, len(group))
	for i, g := range group {
		refs[i] = g.reservation.Ref
	}
	arg, err := json.Marshal(refs)
	if err != nil {
		return level, nil, err
	}
	err = errNoLevel // asking alone makes it
	read := sqldb.Each(ctx, tx, s.statements.lockForGroup, []any{string(arg), string(arg), string(key.SKU), string(key.Location)}, func(r sqldb.Row) error {
		var list string
		if err := r.Scan((*string)(&level.SKU), (*string)(&level.Location), &level.OnHand, &level.Reserved, &level.Allocated,
			&level.Backordered, &level.Backorder, &level.Seq, &list); err != nil {
			return err
		}
		err = json.Unmarshal([]byte(list), &refs)
		return err
	})
	if read != nil {
		err = read
	}
	if err != nil {
		return level, nil, err
	}
	known = make(map[string]bool, len(group))
	for _, ref := range refs {
		known[ref] = true
	}
	return level, known, nil
}

// writeGroup writes the rows of a group and the level that they left.
func (s *Store) writeGroup(ctx context.Context, tx *sqldb.Tx, level *inventory.Level, rows int, arg string) error {
	item := []any{string(level.SKU), string(level.Location)}
	if tx.Dialect() == flywheel.Postgres {
		var n int
		err := tx.QueryRowContext(ctx, s.statements.writeGroup, append([]any{arg, level.OnHand, level.Allocated, level.Backordered},
			append(append(item, level.Reserved, level.Seq), item...)...)...).Scan(&n)
		if err == nil && n != rows {
			err = errTaken
		}
		return err
	}
	res, err := tx.ExecContext(ctx, s.statements.addGroupReservations, arg)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n != int64(rows) {
		return errTaken
	}
	if _, err := tx.ExecContext(ctx, s.statements.addGroupMovements, level.OnHand, level.Allocated, level.Backordered, item[0], item[1], arg); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE flywheel_inventory_levels SET reserved = ?, seq = ? WHERE sku = ? AND location = ?`,
		level.Reserved, level.Seq, item[0], item[1])
	return err
}
