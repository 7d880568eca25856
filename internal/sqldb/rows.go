package sqldb

import (
	"context"
	"iter"
)

// Row is a *sql.Row, or *sql.Rows at one of them.
type Row interface{ Scan(dest ...any) error }

// Each calls fn at each row of a query, up to an error.
func Each(ctx context.Context, q Queryer, query string, args []any, fn func(r Row) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	if tx, ok := q.(*Tx); ok {
		tx.saw(query, rows.Err())
	}
	return rows.Err()
}

// Select returns what scan makes of each row of a query.
func Select[T any](ctx context.Context, q Queryer, query string, args []any, scan func(r Row) (T, error)) ([]T, error) {
	var list []T
	err := Each(ctx, q, query, args, func(r Row) error {
		v, err := scan(r)
		list = append(list, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// page is how many rows Pages reads at a time.
const page = 500

// Pages yields what scan makes of each row of a query. It reads page by page and
// holds nothing in between, so that whoever ranges over it may call the store or
// stop. The arguments come from the last value of the page before, at first the
// zero value; the length of a page follows them, for the LIMIT.
func Pages[T any](ctx context.Context, d interface {
	Read(ctx context.Context) Queryer
}, query string, arguments func(last *T) []any, scan func(r Row) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero, last T
		for {
			list, err := Select(ctx, d.Read(ctx), query, append(arguments(&last), page), scan)
			if err != nil {
				yield(zero, err)
				return
			}
			for _, v := range list {
				if !yield(v, nil) {
					return
				}
			}
			if len(list) < page {
				return
			}
			last = list[page-1]
		}
	}
}
