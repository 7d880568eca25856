package segmentsql

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

// Read implements segment.LogStore. The body comes by a lookup per row, whatever
// the planner thinks of the sizes of the tables.
func (s *Store) Read(ctx context.Context, q segment.Query) ([]flywheel.Entry, error) {
	if _, err := s.ready(ctx); err != nil {
		return nil, err
	}
	var where strings.Builder
	args := []any{int64(q.After)}
	if q.To > 0 {
		where.WriteString(" AND n.position <= ?")
		args = append(args, int64(q.To))
	}
	if q.Person != "" {
		where.WriteString(" AND n.person = ?")
		args = append(args, string(q.Person))
	}
	if q.Visitor != "" {
		where.WriteString(" AND n.arrival IN (SELECT e.arrival FROM flywheel_events e WHERE e.visitor = ? AND e.customer = '' AND e.visitor <> '')")
		args = append(args, string(q.Visitor))
	}
	if q.Name != "" {
		where.WriteString(" AND n.name = ?")
		args = append(args, q.Name)
	}
	entries, err := sqldb.Select(ctx, s.db.Read(ctx), `SELECT n.position, n.received, n.person, n.name,
			(SELECT e.body FROM flywheel_events e WHERE e.arrival = n.arrival)
		FROM flywheel_event_numbers n WHERE n.position > ?`+where.String()+` ORDER BY n.position LIMIT ?`, append(args, q.Limit),
		func(r sqldb.Row) (e flywheel.Entry, err error) {
			var body sql.NullString
			var received int64
			if err = r.Scan(&e.Position, &received, &e.Person, &e.Event.Name, &body); err == nil && body.Valid {
				err = decode(body.String, &e.Event)
			}
			e.Received = sqldb.Time(received)
			return e, err
		})
	for i := range entries {
		if e := &entries[i]; err == nil && e.Event.Name == segment.EventErased {
			err = s.erased(ctx, e)
		}
	}
	return entries, err
}

// erased fills in what is left of an erased event.
func (s *Store) erased(ctx context.Context, e *flywheel.Entry) error {
	var key []byte
	var at int64
	err := s.db.Read(ctx).QueryRowContext(ctx, `SELECT key, time FROM flywheel_events
		WHERE arrival = (SELECT arrival FROM flywheel_event_numbers WHERE position = ?)`, int64(e.Position)).Scan(&key, &at)
	e.Event.ID, e.Event.Time = hex.EncodeToString(key), sqldb.Time(at)
	return err
}

// Last implements segment.LogStore.
func (s *Store) Last(ctx context.Context) (flywheel.Position, time.Time, error) {
	if _, err := s.ready(ctx); err != nil {
		return 0, time.Time{}, err
	}
	var at flywheel.Position
	var received int64
	err := s.db.Read(ctx).QueryRowContext(ctx, `SELECT position, received FROM flywheel_event_head WHERE id = 1`).Scan(&at, &received)
	if err != nil || at == 0 {
		return 0, time.Time{}, err
	}
	return at, sqldb.Time(received), nil
}

// Links implements segment.LogStore.
func (s *Store) Links(ctx context.Context, visitor flywheel.VisitorID, customer flywheel.CustomerID) ([]segment.Link, error) {
	const columns = `SELECT visitor, customer, since, position FROM flywheel_event_links WHERE `
	var all []segment.Link
	if visitor != "" {
		links, err := sqldb.Select(ctx, s.db.Read(ctx), columns+`visitor = ? ORDER BY since, position`, []any{string(visitor)}, scanLink)
		if err != nil {
			return nil, err
		}
		all = links
	}
	if customer != "" {
		links, err := sqldb.Select(ctx, s.db.Read(ctx), columns+`customer = ? AND visitor <> ? ORDER BY visitor, since, position`,
			[]any{string(customer), string(visitor)}, scanLink)
		if err != nil {
			return nil, err
		}
		all = append(all, links...)
	}
	return all, nil
}

func scanLink(r sqldb.Row) (l segment.Link, err error) {
	var since int64
	err = r.Scan(&l.Visitor, &l.Customer, &since, &l.Position)
	l.From = sqldb.Time(since)
	return l, err
}

// Erase implements segment.LogStore.
func (s *Store) Erase(ctx context.Context, customer flywheel.CustomerID, at ...flywheel.Position) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, position := range at {
			var arrival int64
			err := tx.QueryRowContext(ctx, `UPDATE flywheel_event_numbers SET person = '', name = ? WHERE position = ? RETURNING arrival`,
				segment.EventErased, int64(position)).Scan(&arrival)
			if errors.Is(err, sql.ErrNoRows) {
				return flywheel.ErrNotFound
			}
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE flywheel_events SET body = NULL, customer = '', visitor = '', name = ? WHERE arrival = ?`,
				segment.EventErased, arrival); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM flywheel_event_links WHERE customer = ?`, string(customer))
		return err
	})
}
