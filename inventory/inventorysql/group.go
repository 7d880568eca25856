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

// request is a step of a reservation of one item.
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

// groupable reports whether a batch is a step of a reservation of one item at one place.
func groupable(r *inventory.Reservation, movements []inventory.Movement) bool {
	if r == nil || len(movements) != 1 {
		return false
	}
	m := &movements[0]
	switch m.Kind {
	case inventory.KindReserve, inventory.KindAllocate, inventory.KindCommit, inventory.KindRelease, inventory.KindExpire:
		return m.Ref == r.Ref && m.Attempt == r.Attempt && m.Key == "" && m.Reason == "" && m.Location != inventory.EveryPlace
	}
	return false
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

// errTaken reports that a reservation of the group changed meanwhile.
var errTaken = errors.New("inventorysql: a reservation of the group changed")

// postGroup answers each request of a group. Those whose reservation is not at its
// version, and all of them if the transaction fails, are told to ask alone, which settles
// what became of them.
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
	Location string `json:"location"`
	Lines    string `json:"lines"`
	Units    string `json:"units"`
	State    string `json:"state"`
	Expires  int64  `json:"expires"`
	Version  int64  `json:"version"`
	Attempt  int64  `json:"attempt"`

	Seq              int64  `json:"seq"`
	Kind             string `json:"kind"`
	OnHand           int64  `json:"on_hand"`
	Reserved         int64  `json:"reserved"`
	Allocated        int64  `json:"allocated"`
	Backordered      int64  `json:"backordered"`
	At               int64  `json:"at"`
	OnHandAfter      int64  `json:"on_hand_after"`
	ReservedAfter    int64  `json:"reserved_after"`
	AllocatedAfter   int64  `json:"allocated_after"`
	BackorderedAfter int64  `json:"backordered_after"`
}

// inGroup is postGroup in a transaction. However many requests there are, it is BEGIN, one
// statement that locks and reads, one that writes on PostgreSQL and three on SQLite, and
// COMMIT. What was read before the lock was had cannot mislead: a reservation and its
// movements change together, and the write wants each at its version.
func (s *Store) inGroup(ctx context.Context, tx *sqldb.Tx, group []*request, answers []answer) error {
	clear(answers) // a transaction may be run again
	level, known, err := s.lockForGroup(ctx, tx, itemOf(group[0].movement), group)
	if err != nil {
		return err
	}
	rows := make([]groupRow, 0, len(group))
	taken := make(map[string]bool, len(group))
	for i, g := range group {
		ref := g.reservation.Ref
		if taken[ref] || known.versions[ref] != g.reservation.Version {
			answers[i].alone = true // which tells what happened to it
			continue
		}
		m := *g.movement
		m.At = m.At.UTC().Truncate(time.Microsecond)
		m, posted, err := level.Apply(m, known.earlier[document{ref, m.Attempt}])
		switch {
		case err != nil && g.reservation.Version == 0 && errors.Is(err, inventory.ErrOutOfStock):
			answers[i].err = err
			continue
		case err != nil || !posted:
			answers[i].alone = true
			continue
		}
		lines, units, err := contents(g.reservation)
		if err != nil {
			return err
		}
		taken[ref], answers[i].posted = true, m
		rows = append(rows, groupRow{
			Ref: ref, Location: string(g.reservation.Location), Lines: lines, Units: units, State: string(g.reservation.State),
			Expires: sqldb.Micros(g.reservation.Expires), Version: g.reservation.Version + 1, Attempt: m.Attempt,
			Seq: m.Seq, Kind: string(m.Kind), OnHand: m.OnHand, Reserved: m.Reserved, Allocated: m.Allocated, Backordered: m.Backordered,
			At: sqldb.Micros(m.At), OnHandAfter: m.OnHandAfter, ReservedAfter: m.ReservedAfter, AllocatedAfter: m.AllocatedAfter,
			BackorderedAfter: m.BackorderedAfter,
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
	first := movementRow{
		SKU: level.SKU, Location: level.Location, Seq: rows[0].Seq, Kind: inventory.Kind(rows[0].Kind), Ref: rows[0].Ref,
		Attempt: rows[0].Attempt, At: rows[0].At,
	}
	tx.ReadBackOwn(first.isThere)
	return nil
}

// document names the movements of one reservation.
type document struct {
	ref     string
	attempt int64
}

// groupKnown is what is known of the refs of a group: the versions of their reservations
// and their movements of the item.
type groupKnown struct {
	versions map[string]int64
	earlier  map[document][]inventory.Movement
}

// lockForGroup locks the level of an item and returns it, and what is known of the refs.
func (s *Store) lockForGroup(ctx context.Context, tx *sqldb.Tx, key item, group []*request) (level inventory.Level, known groupKnown, err error) {
	refs := make([]string, len(group))
	for i, g := range group {
		refs[i] = g.reservation.Ref
	}
	arg, err := json.Marshal(refs)
	if err != nil {
		return level, known, err
	}
	var versions, earlier string
	found := false
	err = sqldb.Each(ctx, tx, s.statements.lockForGroup, []any{string(arg), string(arg), string(key.SKU), string(key.Location)}, func(r sqldb.Row) error {
		found = true
		return r.Scan((*string)(&level.SKU), (*string)(&level.Location), &level.OnHand, &level.Reserved, &level.Allocated,
			&level.Backordered, &level.Backorder, &level.Seq, &versions, &earlier)
	})
	switch {
	case err != nil:
		return level, known, err
	case !found:
		return level, known, errNoLevel // asking alone makes it
	}
	var reservations []struct {
		Ref     string `json:"ref"`
		Version int64  `json:"version"`
	}
	var movements []movementRow
	if err := errors.Join(json.Unmarshal([]byte(versions), &reservations), json.Unmarshal([]byte(earlier), &movements)); err != nil {
		return level, known, err
	}
	known = groupKnown{make(map[string]int64, len(reservations)), make(map[document][]inventory.Movement, len(movements))}
	for _, r := range reservations {
		known.versions[r.Ref] = r.Version
	}
	for _, m := range movements {
		if m.SKU != key.SKU || m.Location != key.Location {
			continue
		}
		of := document{m.Ref, m.Attempt}
		known.earlier[of] = append(known.earlier[of], inventory.Movement{
			SKU: key.SKU, Location: key.Location, Kind: m.Kind, Ref: m.Ref, Attempt: m.Attempt, Key: m.Key,
			OnHand: m.OnHand, Reserved: m.Reserved, Allocated: m.Allocated, Backordered: m.Backordered,
		})
	}
	return level, known, nil
}

// writeGroup writes the rows of a group and the level that they left.
func (s *Store) writeGroup(ctx context.Context, tx *sqldb.Tx, level *inventory.Level, rows int, arg string) error {
	after := []any{level.OnHand, level.Reserved, level.Allocated, level.Backordered, level.Seq, string(level.SKU), string(level.Location)}
	item := after[5:]
	if tx.Dialect() == flywheel.Postgres {
		var n int
		err := tx.QueryRowContext(ctx, s.statements.writeGroup, append(append([]any{arg}, item...), after...)...).Scan(&n)
		if err == nil && n != rows {
			err = errTaken
		}
		return err
	}
	res, err := tx.ExecContext(ctx, s.statements.saveGroup, arg)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n != int64(rows) {
		return errTaken
	}
	if _, err := tx.ExecContext(ctx, s.statements.addGroup, item[0], item[1], arg); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, updateLevel, after...)
	return err
}
