package reviewsql_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/catalog/review/reviewsql"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

// TestNothingIsLeft erases a customer who did everything that can be done, while the
// sink is away, and looks for what was theirs in every table. Erased again, nothing
// changes.
func TestNothingIsLeft(t *testing.T) {
	ctx := t.Context()
	pool := sqldbtest.OpenSQLite(t)
	store := sqldbtest.Store(t, pool, flywheel.SQLite, reviewsql.New)
	away := errors.New("away")
	s, err := review.New(store, &review.Options{
		Now: func() time.Time { return noon }, Moderation: moderation.Rules{AutoApproveTrust: 1},
		Trust: func(context.Context, flywheel.CustomerID) (int, error) { return 1, nil },
		Sink:  flywheel.SinkFunc(func(context.Context, ...flywheel.Event) error { return away }),
	})
	require.NoError(t, err)
	const customer, mark = "anna-7f3a", "words of hers"
	submit := func(d review.Draft) review.Post {
		p, err := s.Submit(ctx, d)
		require.NoError(t, err)
		return p
	}
	others := submit(review.Draft{Kind: review.Review, Product: "mug", Author: "ben", Rating: 2, Text: "Too small"})
	require.NoError(t, s.Consume(ctx, []flywheel.Entry{{
		Position: 1, Received: noon, Effective: noon, Person: flywheel.PersonOf(customer, ""),
		Event: flywheel.Event{ID: "e", Name: flywheel.EventPurchase, Time: noon, Customer: customer, Ref: "o-1", Lines: []flywheel.Line{{SKU: "mug", Quantity: 1}}},
	}}))
	own := submit(review.Draft{Kind: review.Review, Product: "mug", Author: customer, Name: mark, Rating: 5, Title: mark, Text: mark, Media: []review.Media{{Name: "a.jpg", Alt: mark}}})
	require.True(t, own.Verified)
	question := submit(review.Draft{Kind: review.Question, Product: "mug", Author: customer, Text: mark})
	submit(review.Draft{Kind: review.Answer, Parent: question.ID, Author: "ben", Text: "Yes"})
	_, _, err = s.Vote(ctx, others.ID, customer, 1)
	require.NoError(t, err)
	_, err = s.Report(ctx, others.ID, customer)
	require.NoError(t, err)

	require.Contains(t, dump(t, store), customer)
	require.NoError(t, s.Forget(ctx, customer))
	after := dump(t, store)
	require.NotContains(t, after, customer)
	require.NotContains(t, after, mark)
	require.NoError(t, s.Forget(ctx, customer))
	require.Equal(t, after, dump(t, store))
	list, err := s.Aggregates(ctx, false, "mug")
	require.NoError(t, err)
	require.Equal(t, review.Tally{Ratings: review.Stars{1: 1}, Answers: 1}, list[0].Tally)
}

// dump returns every row of every table as text.
func dump(t *testing.T, s *reviewsql.Store) string {
	t.Helper()
	db := s.Handle().(*flywheel.SQL)
	q := db.Read(t.Context())
	var tables []string
	rows, err := q.QueryContext(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`)
	require.NoError(t, err)
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	var b strings.Builder
	for _, table := range tables {
		rows, err := q.QueryContext(t.Context(), `SELECT * FROM `+table)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(t, rows.Scan(values...))
			fmt.Fprint(&b, table)
			for _, v := range values {
				fmt.Fprintf(&b, "|%v", *v.(*any))
			}
			b.WriteByte('\n')
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	return b.String()
}
