package segmentsql_test

import (
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
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
					if is == after && armed.Load() && count.Add(1) == stop {
						return io.ErrUnexpectedEOF
					}
					return nil
				})
				s := sqldbtest.Store(t, db, d, segmentsql.New)
				log, err := segment.NewLog(s, &segment.LogOptions{Batch: 2})
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
				retry(func() error { _, err := log.Drain(t.Context(), "consumer", flywheel.Discard); return err })
				armed.Store(false)

				page, err := s.Read(t.Context(), 0, 10)
				require.NoError(t, err)
				require.Equal(t, []string{"a", "b", "c"}, ids(page))
				require.Equal(t, segment.Position(3), page[2].Position)
				at, err := s.Cursor(t.Context(), "consumer")
				require.NoError(t, err)
				require.Equal(t, segment.Position(3), at)
				if count.Load() < stop {
					break
				}
			}
			require.Greater(t, lost, 5, "answers were lost")
		}
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
		require.NoError(t, s.Append(t.Context(), event("a")))
		armed.Store(true)
		require.NoError(t, s.Append(t.Context(), event("a"), event("b")))
		armed.Store(true)
		err := s.Append(t.Context(), event("a"), event("b"))
		if d == flywheel.Postgres {
			require.ErrorIs(t, err, flywheel.ErrUnknownOutcome, "nothing was written that could tell")
		} else {
			require.Error(t, err)
		}
		page, err := s.Read(t.Context(), 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, ids(page))
	})
}
