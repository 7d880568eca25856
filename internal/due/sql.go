package due

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// Query is the rows of a table that may be due.
type Query struct {
	// Columns are what is read of a row, and From its table.
	Columns, From string
	// Due is the column of the instant in microseconds, NULL for never.
	Due string
	// Key is a unique column of type TEXT that orders rows of one instant.
	Key string
	// Where is a further condition, with Args for its placeholders; empty for
	// none.
	Where string
	Args  []any
}

// Claim returns up to n rows that are due at now or before and that keep accepts,
// ordered by (due, key). In PostgreSQL they are locked until the transaction of
// ctx ends, and rows locked by others are passed over; without a transaction in
// ctx nothing is locked. A nil keep keeps all.
func Claim[T any](ctx context.Context, db *sqldb.DB, q Query, now time.Time, n int,
	scan func(r sqldb.Row) (T, error), keep func(T) bool,
) ([]T, error) {
	if n <= 0 {
		return nil, nil
	}
	var claimed []T
	var last place
	for first := true; ; first = false {
		statement, args := q.page(db.Dialect(), now, n, first, last)
		rows := 0
		err := sqldb.Each(ctx, db.Read(ctx), statement, args, func(r sqldb.Row) error {
			row, err := scan(placed{r, &last})
			if err != nil {
				return err
			}
			if rows++; len(claimed) < n && (keep == nil || keep(row)) {
				claimed = append(claimed, row)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("due: claim: %w", err)
		}
		if rows < n || len(claimed) == n {
			return claimed, nil
		}
	}
}

// place is where a page of a claim ended.
type place struct {
	due int64
	key string
}

// placed is a row whose last two columns are its place.
type placed struct {
	row sqldb.Row
	at  *place
}

func (p placed) Scan(dest ...any) error { return p.row.Scan(append(dest, &p.at.due, &p.at.key)...) }

// page is the statement for the next n rows.
func (q Query) page(d sqldb.Dialect, now time.Time, n int, first bool, last place) (string, []any) {
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT %s, %s, %s FROM %s WHERE %s <= ?", q.Columns, q.Due, q.Key, q.From, q.Due)
	args := []any{sqldb.Micros(now)}
	if q.Where != "" {
		fmt.Fprintf(&b, " AND (%s)", q.Where)
		args = append(args, q.Args...)
	}
	if !first {
		fmt.Fprintf(&b, " AND (%s, %s) > (?, ?)", q.Due, q.Key)
		args = append(args, last.due, last.key)
	}
	fmt.Fprintf(&b, " ORDER BY %s, %s LIMIT ?", q.Due, q.Key)
	args = append(args, n)
	if d == sqldb.Postgres {
		b.WriteString(" FOR UPDATE SKIP LOCKED")
	}
	return b.String(), args
}
