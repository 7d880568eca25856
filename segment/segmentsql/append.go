package segmentsql

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

// row is an event as flywheel_events keeps it.
type row struct {
	id       string
	key      []byte
	told     time.Time
	teller   string
	name     string
	time     time.Time
	customer flywheel.CustomerID
	visitor  flywheel.VisitorID
	body     string
	fact     bool // a service reports what it changed
}

// gathered are the events of transactions in progress.
var gathered = sqldb.Later[row]{Limit: maxRows, Write: func(ctx context.Context, tx *sqldb.Tx, rows []row) error {
	err := insert(ctx, tx, rows)
	if c, ok := errors.AsType[*conflict](err); ok && c.fact {
		return &flywheel.TellError{Event: c.id, Err: err} // as the service would have made of it
	}
	return err
}}

// maxRows is the longest INSERT, and fewRows up to where every length has a
// statement of its own. Longer ones are cut into powers of two, so that there are
// few different statements to prepare.
const (
	maxRows = 256
	fewRows = 16
)

// chunks calls fn for each part of n rows.
func chunks(n int, fn func(from, to int) error) error {
	for done := 0; done < n; {
		m := n - done
		if m > fewRows {
			m = fewRows
			for m < maxRows && m*2 <= n-done {
				m *= 2
			}
		}
		if err := fn(done, done+m); err != nil {
			return err
		}
		done += m
	}
	return nil
}

// fresh returns the rows that are not among those waiting, nor twice among
// themselves.
func fresh(waiting, rows []row) (added []row, err error) {
	added = make([]row, 0, len(rows))
next:
	for i := range rows {
		r := &rows[i]
		for _, list := range [][]row{waiting, added} {
			for k := range list {
				if other := &list[k]; bytes.Equal(other.key, r.key) {
					if err := r.compare(other.body); err != nil {
						return nil, err
					}
					continue next
				}
			}
		}
		added = append(added, *r)
	}
	return added, nil
}

// insert adds rows and compares what was there before.
func insert(ctx context.Context, tx *sqldb.Tx, rows []row) error {
	return chunks(len(rows), func(from, to int) error { return insertChunk(ctx, tx, rows[from:to]) })
}

func insertChunk(ctx context.Context, tx *sqldb.Tx, rows []row) error {
	args := make([]any, 0, 8*len(rows))
	for i := range rows {
		r := &rows[i]
		args = append(args, r.key, sqldb.Micros(r.told), r.teller, r.name, sqldb.Micros(r.time), string(r.customer), string(r.visitor), r.body)
	}
	added, err := sqldb.Select(ctx, tx, `INSERT INTO flywheel_events (key, told, teller, name, time, customer, visitor, body) VALUES `+
		sqldb.Values(len(rows), 8)+` ON CONFLICT (key) DO NOTHING RETURNING key`, args, func(r sqldb.Row) (key []byte, err error) {
		err = r.Scan(&key)
		return key, err
	})
	if err != nil {
		return err
	}
	if len(added) > 0 {
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_events WHERE key = ?`, added[0]).Scan(&n)
			return n > 0, err
		})
	}
	if len(added) == len(rows) {
		return nil
	}
	for i := range rows {
		var body sql.NullString
		if err := tx.QueryRowContext(ctx, `SELECT body FROM flywheel_events WHERE key = ?`, rows[i].key).Scan(&body); err != nil {
			return err
		}
		if !body.Valid {
			continue // erased: only the ID is known
		}
		if err := rows[i].compare(body.String); err != nil {
			return err
		}
	}
	return nil
}

// compare refuses a row that is not the event stored under its ID.
func (r *row) compare(body string) error {
	if body == r.body {
		return nil
	}
	var stored, given flywheel.Event
	if err := decode(body, &stored); err != nil {
		return err
	}
	if err := decode(r.body, &given); err != nil {
		return err
	}
	if segment.SameEvent(&stored, &given) {
		return nil
	}
	return &conflict{r.id, r.fact}
}

// conflict is a segment.ErrEventConflict.
type conflict struct {
	id   string
	fact bool
}

func (c *conflict) Error() string {
	return fmt.Sprintf("segment: event %q: %v", c.id, segment.ErrEventConflict)
}
func (c *conflict) Unwrap() error { return segment.ErrEventConflict }
