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
	// Select is the statement up to, not including, WHERE. Its last two columns
	// are Due and Key, which [Claim] needs to go on behind a row.
	Select string
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
// ctx nothing is locked. scan reads the columns of Select before the last two,
// for which it passes due and key on to Scan. A nil keep keeps all.
func Claim[T any](ctx context.Context, db *sqldb.DB, q Query, now time.Time, n int,
	scan func(r sqldb.Row, due, key any) (T, error), keep func(T) bool,
) ([]T, error) {
	if n <= 0 {
		return nil, nil
	}
	var claimed []T
	var lastDue int64
	var lastKey string
	for first := true; ; first = false {
		statement, args := q.page(db.Dialect(), now, n, first, lastDue, lastKey)
		rows := 0
		err := sqldb.Each(ctx, db.Read(ctx), statement, args, func(r sqldb.Row) error {
			row, err := scan(r, &lastDue, &lastKey)
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

// page is the statement for the next n rows.
func (q Query) page(d sqldb.Dialect, now time.Time, n int, first bool, lastDue int64, lastKey string) (string, []any) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s WHERE %s <= ?", q.Select, q.Due)
	args := []any{sqldb.Micros(now)}
	if q.Where != "" {
		fmt.Fprintf(&b, " AND (%s)", q.Where)
		args = append(args, q.Args...)
	}
	if !first {
		fmt.Fprintf(&b, " AND (%s, %s) > (?, ?)", q.Due, q.Key)
		args = append(args, lastDue, lastKey)
	}
	fmt.Fprintf(&b, " ORDER BY %s, %s LIMIT ?", q.Due, q.Key)
	args = append(args, n)
	if d == sqldb.Postgres {
		b.WriteString(" FOR UPDATE SKIP LOCKED")
	}
	return b.String(), args
}
