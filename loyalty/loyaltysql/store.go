package loyaltysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/loyalty"
)

//go:embed migrations
var migrations embed.FS

// Store is a loyalty.Store and loyalty.ProgramStore in a SQL database. It is safe
// for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ loyalty.Store        = (*Store)(nil)
	_ loyalty.ProgramStore = (*Store)(nil)
	_ flywheel.SQLStore    = (*Store)(nil)
)

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the
// first use.
func New(db *flywheel.SQL) *Store { return &Store{db: db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "loyalty", Files: migrations}, effect.Migrations, cursor.Migrations}
}

// Due implements loyalty.Store.
func (s *Store) Due(ctx context.Context, at time.Time, limit int) ([]flywheel.CustomerID, error) {
	return due.Claim(ctx, s.db.DB, due.Query{Columns: "member", From: "flywheel_loyalty_accounts", Due: "due", Key: "member"},
		at, limit, scanText[flywheel.CustomerID], nil)
}

// Receipts implements loyalty.Store.
func (s *Store) Receipts(ctx context.Context, member flywheel.CustomerID) iter.Seq2[loyalty.Receipt, error] {
	return rows(ctx, s, `SELECT n, body FROM flywheel_loyalty_receipts WHERE member = ? AND n > ? ORDER BY n LIMIT ?`, member,
		func(r sqldb.Row) (v numbered[loyalty.Receipt], err error) {
			err = r.Scan(&v.n, jsonText{&v.value})
			return v, err
		})
}

// Entries implements loyalty.Store.
func (s *Store) Entries(ctx context.Context, member flywheel.CustomerID) iter.Seq2[loyalty.Entry, error] {
	return rows(ctx, s, `SELECT n, key, at, lot, from_book, to_book, points FROM flywheel_loyalty_entries
		WHERE member = ? AND n > ? ORDER BY n LIMIT ?`, member,
		func(r sqldb.Row) (v numbered[loyalty.Entry], err error) {
			var at int64
			e := &v.value
			err = r.Scan(&v.n, &e.Key, &at, &e.Lot, &e.From, &e.To, &e.Points)
			e.At = sqldb.Time(at)
			return v, err
		})
}

// Members implements loyalty.Store.
func (s *Store) Members(ctx context.Context) iter.Seq2[flywheel.CustomerID, error] {
	return sqldb.Pages(ctx, s.db, `SELECT member FROM flywheel_loyalty_accounts WHERE member > ? ORDER BY member LIMIT ?`,
		func(last *flywheel.CustomerID) []any { return []any{string(*last)} }, scanText[flywheel.CustomerID])
}

var tables = []string{"accounts", "lots", "holds", "orders", "receipts", "activity", "entries"}

// Forget implements loyalty.Store.
func (s *Store) Forget(ctx context.Context, member flywheel.CustomerID) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, table := range tables {
			if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_loyalty_`+table+` WHERE member = ?`, string(member)); err != nil {
				return err
			}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT count(*) FROM flywheel_loyalty_accounts WHERE member = ?`, string(member)).Scan(&n)
			return n == 0, err
		})
		return nil
	})
}

// Programs implements loyalty.ProgramStore.
func (s *Store) Programs(ctx context.Context, after int64) ([]loyalty.Programs, error) {
	return sqldb.Select(ctx, s.db.Read(ctx), `SELECT number, recorded, body FROM flywheel_loyalty_programs WHERE number > ? ORDER BY number`,
		[]any{after}, func(r sqldb.Row) (p loyalty.Programs, err error) {
			var recorded int64
			err = r.Scan(&p.Number, &recorded, jsonText{&p.Programs})
			p.Recorded = sqldb.Time(recorded)
			return p, err
		})
}

// Record implements loyalty.ProgramStore.
func (s *Store) Record(ctx context.Context, p loyalty.Programs) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var last int64
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM flywheel_loyalty_programs`).Scan(&last); err != nil {
			return err
		}
		mark := newid.New()
		n := int64(0)
		if last+1 == p.Number {
			res, err := tx.ExecContext(ctx, `INSERT INTO flywheel_loyalty_programs (number, recorded, mark, body) VALUES (?, ?, ?, ?)
				ON CONFLICT (number) DO NOTHING`, p.Number, sqldb.Micros(p.Recorded), mark, jsonText{p.Programs})
			if err != nil {
				return err
			}
			if n, err = res.RowsAffected(); err != nil {
				return err
			}
		}
		if n == 0 {
			return fmt.Errorf("loyaltysql: list %d of programs is not the next: %w", p.Number, flywheel.ErrStale)
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var kept string
			err := q.QueryRowContext(ctx, `SELECT mark FROM flywheel_loyalty_programs WHERE number = ?`, p.Number).Scan(&kept)
			if errors.Is(err, sql.ErrNoRows) {
				return false, nil
			}
			return kept == mark, err
		})
		return nil
	})
}

// numbered is a row with its place.
type numbered[T any] struct {
	n     int64
	value T
}

// rows yields the rows of a member in order of n.
func rows[T any](ctx context.Context, s *Store, query string, member flywheel.CustomerID, scan func(r sqldb.Row) (numbered[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		arguments := func(last *numbered[T]) []any { return []any{string(member), last.n} }
		for v, err := range sqldb.Pages(ctx, s.db, query, arguments, scan) {
			if !yield(v.value, err) {
				return
			}
		}
	}
}

func scanText[T ~string](r sqldb.Row) (text T, err error) {
	err = r.Scan(&text)
	return text, err
}

// never is the expiry of points that do not expire.
const never = math.MaxInt64

func expiry(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return sqldb.Micros(t)
}

// orNull is a time that may be missing.
func orNull(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: sqldb.Micros(t), Valid: !t.IsZero()}
}

func timeOf(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return sqldb.Time(n.Int64)
}

// jsonText is a value that is kept as JSON.
type jsonText struct{ v any }

// Value implements driver.Valuer.
func (j jsonText) Value() (driver.Value, error) {
	body, err := json.Marshal(j.v)
	return string(body), err
}

// Scan implements sql.Scanner.
func (j jsonText) Scan(src any) error {
	switch src := src.(type) {
	case string:
		return json.Unmarshal([]byte(src), j.v)
	case []byte:
		return json.Unmarshal(src, j.v)
	}
	return fmt.Errorf("loyaltysql: a body of type %T", src)
}
