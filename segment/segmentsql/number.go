package segmentsql

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

const (
	// numberRows is how many events get their places in one transaction.
	numberRows = 1 << 15
	// late is how long a transaction that appended may run before its events are
	// found by the sweep only.
	late = time.Minute
	// sweepRows is how many arrivals an idle call looks at again.
	sweepRows = 128
)

// The events after settled that have no place. The lookup is a scalar subquery, so
// that no planner makes it a scan of the places.
const waitingEvents = ` FROM flywheel_events e WHERE e.arrival > ?
	AND (SELECT n.position FROM flywheel_event_numbers n WHERE n.arrival = e.arrival) IS NULL`

// Number implements segment.LogStore.
func (s *Store) Number(ctx context.Context, n segment.Numbering) (int, error) {
	if _, err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := s.db.Flush(ctx); err != nil { // what this transaction has appended
		return 0, err
	}
	var settled, first int64
	q := s.db.Read(ctx)
	if err := q.QueryRowContext(ctx, `SELECT settled FROM flywheel_event_head WHERE id = 1`).Scan(&settled); err != nil {
		return 0, err
	}
	err := q.QueryRowContext(ctx, `SELECT e.arrival`+waitingEvents+` ORDER BY e.arrival LIMIT 1`, settled).Scan(&first)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, s.sweep(ctx, settled)
	}
	if err != nil {
		return 0, err
	}
	count := 0
	err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		count, err = s.number(ctx, tx, n)
		return err
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// number holds the row of flywheel_event_head: whoever waits for it then sees,
// with a new snapshot, what the one before has numbered.
func (s *Store) number(ctx context.Context, tx *sqldb.Tx, n segment.Numbering) (int, error) {
	var head flywheel.Position
	var received, settled int64
	if err := tx.QueryRowContext(ctx, `UPDATE flywheel_event_head SET position = position WHERE id = 1
		RETURNING position, received, settled`).Scan(&head, &received, &settled); err != nil {
		return 0, err
	}
	arrivals, err := sqldb.Select(ctx, tx, `SELECT e.arrival, e.told, e.teller, e.name, e.time, e.customer, e.visitor`+waitingEvents+
		` ORDER BY e.arrival LIMIT ?`, []any{settled, numberRows}, func(r sqldb.Row) (a segment.Arrival, err error) {
		var told, at int64
		err = r.Scan(&a.Number, &told, &a.Teller, &a.Name, &at, &a.Customer, &a.Visitor)
		a.Told, a.Time = sqldb.Time(told), sqldb.Time(at)
		return a, err
	})
	if err != nil || len(arrivals) == 0 {
		return 0, err
	}
	last := arrivals[len(arrivals)-1].Number
	links, err := linksOf(ctx, tx, arrivals)
	if err != nil {
		return 0, err
	}
	rows, added, removed := n.Assign(head, sqldb.Time(received), arrivals, links)
	if err := place(ctx, tx, rows); err != nil {
		return 0, err
	}
	for _, l := range removed {
		if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_event_links WHERE visitor = ? AND customer = ?`, string(l.Visitor), string(l.Customer)); err != nil {
			return 0, err
		}
	}
	if err := link(ctx, tx, added); err != nil {
		return 0, err
	}
	end := rows[len(rows)-1]
	if settled, err = s.settle(ctx, tx, settled, last, end.Received); err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE flywheel_event_head SET position = ?, received = ?, settled = ? WHERE id = 1`,
		int64(end.Position), sqldb.Micros(end.Received), settled)
	tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		var arrival int64
		err := q.QueryRowContext(ctx, `SELECT arrival FROM flywheel_event_numbers WHERE position = ?`, int64(end.Position)).Scan(&arrival)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return arrival == end.Number, err
	})
	return len(rows), err
}

func place(ctx context.Context, tx *sqldb.Tx, rows []segment.Numbered) error {
	return chunks(len(rows), func(from, to int) error {
		args := make([]any, 0, 5*(to-from))
		for _, r := range rows[from:to] {
			args = append(args, int64(r.Position), r.Number, sqldb.Micros(r.Received), string(r.Person), r.Name)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_event_numbers (position, arrival, received, person, name) VALUES `+
			sqldb.Values(to-from, 5), args...)
		return err
	})
}

func link(ctx context.Context, tx *sqldb.Tx, links []segment.Link) error {
	return chunks(len(links), func(from, to int) error {
		args := make([]any, 0, 4*(to-from))
		for _, l := range links[from:to] {
			args = append(args, string(l.Visitor), int64(l.Position), string(l.Customer), sqldb.Micros(l.From))
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_event_links (visitor, position, customer, since) VALUES `+
			sqldb.Values(to-from, 4), args...)
		return err
	})
}

func linksOf(ctx context.Context, tx *sqldb.Tx, arrivals []segment.Arrival) ([]segment.Link, error) {
	seen := map[flywheel.VisitorID]bool{"": true}
	var visitors []any
	for i := range arrivals {
		if v := arrivals[i].Visitor; !seen[v] {
			seen[v] = true
			visitors = append(visitors, string(v))
		}
	}
	var all []segment.Link
	err := chunks(len(visitors), func(from, to int) error {
		links, err := sqldb.Select(ctx, tx, `SELECT visitor, customer, since, position FROM flywheel_event_links WHERE visitor IN (`+
			strings.TrimSuffix(strings.Repeat("?,", to-from), ",")+`)`, visitors[from:to], scanLink)
		all = append(all, links...)
		return err
	})
	return all, err
}

// settle returns the arrival up to which every event has its place or was rolled
// back. In SQLite arrivals commit in their order. In PostgreSQL a transaction that
// drew a smaller one may be under way: where arrivals are missing, those of the
// last minute stay open, and what commits later still is found by the sweep.
func (s *Store) settle(ctx context.Context, tx *sqldb.Tx, settled, last int64, now time.Time) (int64, error) {
	if s.db.Dialect() == flywheel.SQLite {
		return last, nil
	}
	var count, highest int64
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(MAX(arrival), 0) FROM flywheel_event_numbers WHERE arrival > ?`, settled).Scan(&count, &highest)
	if err != nil {
		return 0, err
	}
	if highest-settled == count {
		return highest, nil
	}
	var old int64
	err = tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(arrival), 0) FROM flywheel_event_numbers WHERE arrival > ? AND received < ?`,
		settled, sqldb.Micros(now.Add(-late))).Scan(&old)
	return max(settled, old), err
}

// sweep looks again at some settled arrivals, round and round: an event of a
// transaction that ran for longer than a minute gets its place as well. It costs
// the same however long the log is.
func (s *Store) sweep(ctx context.Context, settled int64) error {
	if s.db.Dialect() == flywheel.SQLite || settled == 0 {
		return nil
	}
	from := s.swept.Load()
	if from >= settled {
		from = 0
	}
	s.swept.Store(from + sweepRows)
	var found int64
	err := s.db.Read(ctx).QueryRowContext(ctx, `SELECT e.arrival`+waitingEvents+` AND e.arrival <= ? ORDER BY e.arrival LIMIT 1`,
		from, min(settled, from+sweepRows)).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE flywheel_event_head SET settled = ? WHERE id = 1 AND settled >= ?`, found-1, found)
		return err
	})
}
