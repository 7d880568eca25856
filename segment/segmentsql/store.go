package segmentsql

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

//go:embed migrations
var migrations embed.FS

// Dialect is the SQL that a database speaks.
type Dialect = sqldb.Dialect

// The dialects. Postgres is also right for CockroachDB and YugabyteDB.
const (
	Postgres = sqldb.Postgres
	SQLite   = sqldb.SQLite
)

// Store is a segment.LogStore and a flywheel.Transactor.
type Store struct {
	db     *sqldb.DB
	pool   *sql.DB
	secret atomic.Pointer[[]byte]
	swept  atomic.Int64
}

// New returns the store in db. It does no I/O; see [Store.Migrate].
func New(db *sql.DB, d Dialect) *Store {
	return &Store{db: sqldb.Open(db, d, migrations, "segment"), pool: db}
}

// Migrate creates or updates the tables, and carries over a log of the form
// before. It is idempotent, and safe to run from many processes at once.
func (s *Store) Migrate(ctx context.Context) error {
	if err := s.db.Migrate(ctx); err != nil {
		return err
	}
	if err := cursor.Migrate(ctx, s.pool, s.db.Dialect()); err != nil {
		return err
	}
	return s.carry(ctx)
}

// Migrations returns the migrations of a dialect for those who apply them with a
// tool of their own: as files for goose (NewProvider takes an fs.FS), or in pairs
// for golang-migrate (source/iofs). Versions count per package, so the tool needs
// a table of its own for each. [Store.Migrate] is then still called once when a
// log of an older form is to be carried over.
func Migrations(d Dialect) (goose, pairs fs.FS, err error) {
	if goose, err = sqldb.Files(migrations, d); err == nil {
		pairs, err = sqldb.Pairs(migrations, d)
	}
	return goose, pairs, err
}

// InTx implements flywheel.Transactor: every Flywheel store on the same *sql.DB
// that is called with fn's context joins the transaction.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Handle implements flywheel.Stored.
func (s *Store) Handle() flywheel.Transactor { return s.db.Handle() }

// WithTx returns a context that carries tx, a transaction of db that the caller
// began and will end; stores on db join it.
func WithTx(ctx context.Context, db *sql.DB, tx *sql.Tx) context.Context {
	return sqldb.WithTx(ctx, db, tx)
}

// key is what the log knows an event by: a hash of its ID under the log's secret,
// so that the ID of an erased event cannot be found by trying.
func key(secret []byte, id string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(id))
	return h.Sum(nil)[:16]
}

// secretKey returns the log's secret, which the first to need it draws.
func (s *Store) secretKey(ctx context.Context) ([]byte, error) {
	if known := s.secret.Load(); known != nil {
		return *known, nil
	}
	var secret []byte
	read := func() error {
		return s.db.Read(ctx).QueryRowContext(ctx, `SELECT secret FROM flywheel_event_head WHERE id = 1`).Scan(&secret)
	}
	if err := read(); err != nil {
		return nil, err
	}
	if secret != nil {
		s.secret.Store(&secret)
		return secret, nil
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE flywheel_event_head SET secret = ? WHERE id = 1 AND secret IS NULL`, newSecret())
		return err
	})
	if err != nil {
		return nil, err
	}
	err = read()
	return secret, err // not kept: the transaction of ctx may roll back
}

func newSecret() []byte {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	return secret
}

// maxRows is the longest INSERT. Batches are cut into powers of two, so that
// there are few different statements to prepare.
const maxRows = 256

// chunks calls fn for each part of n rows.
func chunks(n int, fn func(from, to int) error) error {
	for done := 0; done < n; {
		m := 1
		for m < maxRows && m*2 <= n-done {
			m *= 2
		}
		if err := fn(done, done+m); err != nil {
			return err
		}
		done += m
	}
	return nil
}

// Append implements segment.LogStore.
func (s *Store) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	if len(events) == 0 {
		return ctx.Err()
	}
	bodies := make([]string, len(events))
	for i := range events {
		body, err := json.Marshal(&events[i])
		if err != nil {
			return &flywheel.EventError{ID: events[i].ID, Field: "body", Err: fmt.Errorf("%w: %w", flywheel.ErrInvalid, err)}
		}
		bodies[i] = string(body)
	}
	secret, err := s.secretKey(ctx)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return chunks(len(events), func(from, to int) error {
			return insert(ctx, tx, secret, told, teller, events[from:to], bodies[from:to])
		})
	})
}

// insert adds one chunk and compares what was there before.
func insert(ctx context.Context, tx *sqldb.Tx, secret []byte, told time.Time, teller string, events []flywheel.Event, bodies []string) error {
	args := make([]any, 0, 8*len(events))
	for i := range events {
		e := &events[i]
		args = append(args, key(secret, e.ID), sqldb.Micros(told), teller, e.Name, sqldb.Micros(e.Time), string(e.Customer), string(e.Visitor), bodies[i])
	}
	added, err := sqldb.Select(ctx, tx, `INSERT INTO flywheel_events (key, told, teller, name, time, customer, visitor, body) VALUES `+
		sqldb.Values(len(events), 8)+` ON CONFLICT (key) DO NOTHING RETURNING key`, args, func(r sqldb.Row) (key []byte, err error) {
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
	if len(added) == len(events) {
		return nil
	}
	return compare(ctx, tx, secret, events)
}

// compare refuses an event that is not the one stored under its ID. Of an erased
// one only the ID is known.
func compare(ctx context.Context, q sqldb.Queryer, secret []byte, events []flywheel.Event) error {
	for i := range events {
		e := &events[i]
		var body sql.NullString
		if err := q.QueryRowContext(ctx, `SELECT body FROM flywheel_events WHERE key = ?`, key(secret, e.ID)).Scan(&body); err != nil {
			return err
		}
		if !body.Valid {
			continue
		}
		var stored flywheel.Event
		if err := decode(body.String, &stored); err != nil {
			return err
		}
		if !segment.SameEvent(&stored, e) {
			return fmt.Errorf("segment: event %q: %w", e.ID, segment.ErrEventConflict)
		}
	}
	return nil
}

func decode(body string, e *flywheel.Event) error {
	if err := json.Unmarshal([]byte(body), e); err != nil {
		return fmt.Errorf("segmentsql: stored event: %w", err)
	}
	return nil
}
