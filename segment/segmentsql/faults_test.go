package segmentsql_test

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// TestLostAnswers loses the answer to every operation in turn, on a real database,
// before and after its effect. Whoever publishes and drains again ends with every
// event in the log once, and delivered once to a consumer in the same database.
func TestLostAnswers(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, _ sqldbtest.Opener, d sqldb.Dialect) {
		for _, after := range []bool{false, true} {
			lost := 0
			for stop := int64(1); ; stop++ {
				var armed atomic.Bool
				var count atomic.Int64
				db := sqldbtest.OpenFaulty(t, d, func(op string, is bool) error {
					if op == "ROLLBACK" && suite.Twofold() {
						return nil // it is how a transaction is run again; a worker's ends with its connection
					}
					if is == after && armed.Load() && count.Add(1) == stop {
						return io.ErrUnexpectedEOF
					}
					return nil
				})
				s := sqldbtest.Store(t, db, d, segmentsql.New)
				log, err := segment.NewLog(s, nil)
				require.NoError(t, err)
				_, err = db.Exec(`CREATE TABLE taken (id TEXT)`)
				require.NoError(t, err)
				armed.Store(true)
				retry := func(do func() error) {
					if err := do(); err != nil {
						lost++
						require.True(t, errors.Is(err, io.ErrUnexpectedEOF), "%v", err)
						require.NoError(t, do())
					}
				}
				events := []flywheel.Event{event("a"), event("b"), event("c")}
				retry(func() error { return log.Publish(t.Context(), events...) })
				runner, err := segment.NewRunner(log, &segment.RunnerOptions{Batch: 2, Workers: 1}, taker{flywheel.OpenSQL(db, d)})
				require.NoError(t, err)
				retry(func() error { return runner.Drain(t.Context()) })
				armed.Store(false)

				page, err := read(s, t.Context(), 0, 10)
				require.NoError(t, err)
				require.Equal(t, []string{"a", "b", "c"}, ids(page))
				require.Equal(t, flywheel.Position(3), page[2].Position)
				taken, err := sqldb.Select(t.Context(), flywheel.OpenSQL(db, d).Read(t.Context()), `SELECT id FROM taken ORDER BY id`, nil,
					func(r sqldb.Row) (id string, err error) { err = r.Scan(&id); return id, err })
				require.NoError(t, err)
				require.Equal(t, []string{"a", "b", "c"}, taken)
				parked, err := runner.Parked(t.Context(), "taker")
				require.NoError(t, err)
				require.Empty(t, parked, "an error of the database counts against no entry")
				require.NoError(t, db.Close())
				if count.Load() < stop {
					break
				}
			}
			require.Greater(t, lost, 5, "answers were lost")
		}
	})
}

// taker is a consumer that writes down in the log's database what it has taken.
type taker struct{ db *flywheel.SQL }

func (c taker) Name() string                { return "taker" }
func (c taker) Handle() flywheel.Transactor { return c.db }

func (c taker) Consume(ctx context.Context, entries []flywheel.Entry) error {
	return c.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, e := range entries {
			if _, err := tx.ExecContext(ctx, `INSERT INTO taken (id) VALUES (?)`, e.Event.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestLostCommit finds the events of a commit whose answer is lost, and says
// nothing of it.
func TestLostCommit(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, _ sqldbtest.Opener, d sqldb.Dialect) {
		var armed atomic.Bool
		db := sqldbtest.OpenFaulty(t, d, func(op string, after bool) error {
			if op == "COMMIT" && after && armed.Swap(false) {
				return io.ErrUnexpectedEOF
			}
			return nil
		})
		s := sqldbtest.Store(t, db, d, segmentsql.New)
		require.NoError(t, s.Append(t.Context(), told, "", event("a")))
		armed.Store(true)
		require.NoError(t, s.Append(t.Context(), told, "", event("a"), event("b")))
		armed.Store(true)
		err := s.Append(t.Context(), told, "", event("a"), event("b"))
		if d == flywheel.Postgres {
			require.ErrorIs(t, err, flywheel.ErrUnknownOutcome, "nothing was written that could tell")
		} else {
			require.Error(t, err)
		}
		page, err := read(s, t.Context(), 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, ids(page))
	})
}
