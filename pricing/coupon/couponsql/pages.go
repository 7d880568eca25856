package couponsql

import (
	"context"
	"iter"
)

// page is how many rows a listing reads at a time. Between pages it holds
// nothing, so that whoever ranges over it may call the store or stop.
const page = 500

// pages yields the rows of a query page by page. Arguments come from the last row
// of the page before, at first the zero row, and the length of a page.
func pages[T any](ctx context.Context, s *Store, query string, scan func(row) (T, error), arguments func(last *T) []any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero, last T
		for {
			list, err := read(ctx, s, query, append(arguments(&last), page), scan)
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

func read[T any](ctx context.Context, s *Store, query string, args []any, scan func(row) (T, error)) (list []T, err error) {
	rows, err := s.db.Read(ctx).QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}
