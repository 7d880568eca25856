package segmentsql_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	services "github.com/flywheel-go/flywheel/internal/told"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// another is an event of the same ID with another body.
func another(id string) flywheel.Event {
	e := event(id)
	e.Ref = "another"
	return e
}

// TestOneStatementPerTransaction counts what a transaction with many events sends.
func TestOneStatementPerTransaction(t *testing.T) {
	if suite.Twofold() {
		t.Skip("counts what one run sends")
	}
	sqldbtest.Each(t, func(t *testing.T, _ sqldbtest.Opener, d sqldb.Dialect) {
		var ops []string
		armed := false
		db := sqldbtest.OpenFaulty(t, d, func(op string, after bool) error {
			if armed && !after {
				op, _, _ = strings.Cut(op, " (")
				ops = append(ops, op)
			}
			return nil
		})
		s := sqldbtest.Store(t, db, d, segmentsql.New)
		ctx := t.Context()
		require.NoError(t, s.Append(ctx, told, "", event("first"))) // reads the secret
		armed = true
		require.NoError(t, s.InTx(ctx, func(ctx context.Context) error {
			for i := range 7 {
				require.NoError(t, s.Append(ctx, told, "", event(fmt.Sprint("a", i)), event(fmt.Sprint("b", i))))
			}
			return s.Append(ctx, told, "", event("a3"), event("c"), event("c"))
		}))
		armed = false
		require.Equal(t, []string{"BEGIN", "INSERT INTO flywheel_events", "COMMIT"}, ops)
		page, err := read(s, ctx, 0, 100)
		require.NoError(t, err)
		require.Equal(t, []string{"first", "a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4", "a5", "b5", "a6", "b6", "c"}, ids(page))
	})
}

// TestConflictInTransaction tells when an ID with another body is found out, and of
// what kind the error is.
func TestConflictInTransaction(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, opener sqldbtest.Opener, d sqldb.Dialect) {
		s, pool := open(t, opener, d)
		log, err := segment.NewLog(s, nil)
		require.NoError(t, err)
		ctx := t.Context()
		require.NoError(t, log.Publish(ctx, event("a")))

		// Both in the transaction: at once, and it goes on.
		require.NoError(t, s.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, log.Publish(ctx, event("b")))
			require.ErrorIs(t, log.Publish(ctx, event("c"), another("b")), segment.ErrEventConflict)
			return log.Publish(ctx, event("b"))
		}))
		// One in the log: at the end.
		require.ErrorIs(t, s.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, log.Publish(ctx, event("d")))
			return log.Publish(ctx, another("a"))
		}), segment.ErrEventConflict)
		// A service's fact that the log refuses says nothing of the change itself.
		teller := services.New(s, log)
		err = s.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, teller.Tell(ctx, event("d")))
			return teller.Tell(ctx, another("a"))
		})
		untold, ok := errors.AsType[*flywheel.TellError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "a", untold.Event)
		require.ErrorIs(t, untold.Err, segment.ErrEventConflict)
		require.NotErrorIs(t, err, flywheel.ErrConflict)
		// Whoever needs the answer asks for it, and the transaction goes on.
		require.NoError(t, s.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, log.Publish(ctx, event("f")))
			untold, ok := errors.AsType[*flywheel.TellError](teller.TellNow(ctx, event("d"), another("a")))
			require.True(t, ok)
			require.ErrorIs(t, untold.Err, segment.ErrEventConflict)
			return teller.TellNow(ctx, event("g"))
		}))
		require.NoError(t, teller.TellNow(ctx, event("g")))
		// In the caller's transaction, whose COMMIT is not seen, at once.
		tx, err := pool.BeginTx(ctx, nil)
		require.NoError(t, err)
		joined, end := flywheel.OpenSQL(pool, d).Join(ctx, tx)
		require.ErrorIs(t, log.Publish(joined, event("d"), another("a")), segment.ErrEventConflict)
		require.NoError(t, log.Publish(joined, event("e")))
		require.NoError(t, tx.Commit())
		end(true)
		// Nor do many wait.
		require.ErrorIs(t, s.InTx(ctx, func(ctx context.Context) error {
			many := make([]flywheel.Event, 300)
			for i := range many {
				many[i] = event(fmt.Sprint("many", i))
			}
			require.NoError(t, log.Publish(ctx, event("d")))
			require.ErrorIs(t, log.Publish(ctx, append(many, another("d"))...), segment.ErrEventConflict, "what waited was written before")
			require.NoError(t, log.Publish(ctx, many...))
			return log.Publish(ctx, another("many7"))
		}), segment.ErrEventConflict)

		page, err := read(s, ctx, 0, 100)
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b", "f", "g", "e"}, ids(page))
	})
}

// TestLostCommitOfGathered settles the outcome of a transaction by the events that
// were written before its COMMIT.
func TestLostCommitOfGathered(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, _ sqldbtest.Opener, d sqldb.Dialect) {
		var armed atomic.Bool
		after := false
		db := sqldbtest.OpenFaulty(t, d, func(op string, is bool) error {
			if op == "COMMIT" && is == after && armed.Swap(false) {
				return io.ErrUnexpectedEOF
			}
			return nil
		})
		s := sqldbtest.Store(t, db, d, segmentsql.New)
		for i, want := range []struct{ after, committed bool }{{true, true}, {false, false}} {
			after = want.after
			armed.Store(true)
			ended := 0
			err := s.InTx(t.Context(), func(ctx context.Context) error {
				flywheel.AfterCommit(ctx, func(context.Context) { ended++ })
				return s.Append(ctx, told, "", event(fmt.Sprint("e", i)))
			})
			require.Equal(t, want.committed, err == nil, "%v", err)
			if want.committed {
				require.Equal(t, 1, ended)
			}
		}
		page, err := read(s, t.Context(), 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"e0"}, ids(page))
	})
}

// echo reports an event for each that it takes; of one whose name is "bad" one that
// contradicts the log.
type echo struct {
	taker
	log *segment.Log
}

func (c echo) Name() string { return "echo" }

func (c echo) Consume(ctx context.Context, entries []flywheel.Entry) error {
	if err := c.taker.Consume(ctx, entries); err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Event.ID, "echo-") {
			continue
		}
		answer := event("echo-" + e.Event.ID)
		if e.Event.Name == "bad" {
			answer = another("e0")
		}
		if err := c.log.Publish(ctx, answer); err != nil {
			return err
		}
	}
	return nil
}

// TestConflictOfOneEntry parks the entry whose answer the log refuses, and no
// other, though the refusal comes when the turn is over.
func TestConflictOfOneEntry(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, opener sqldbtest.Opener, d sqldb.Dialect) {
		s, pool := open(t, opener, d)
		log, err := segment.NewLog(s, nil)
		require.NoError(t, err)
		_, err = pool.Exec(`CREATE TABLE taken (id TEXT)`)
		require.NoError(t, err)
		for i := range 20 {
			e := event(fmt.Sprint("e", i))
			e.Customer = flywheel.CustomerID(e.ID)
			if i == 13 {
				e.Name = "bad"
			}
			require.NoError(t, log.Publish(t.Context(), e))
		}
		runner, err := segment.NewRunner(log, &segment.RunnerOptions{Workers: 1}, echo{taker{flywheel.OpenSQL(pool, d)}, log})
		require.NoError(t, err)
		require.NoError(t, runner.Drain(t.Context()))
		parked, err := runner.Parked(t.Context(), "echo")
		require.NoError(t, err)
		require.Len(t, parked, 1)
		require.Equal(t, flywheel.Position(14), parked[0].Position)
		page, err := read(s, t.Context(), 20, 100)
		require.NoError(t, err)
		require.Len(t, page, 19)
	})
}

// What a transaction that has ended was given once is not taken for written when it is
// given again with its context.
func TestAppendAfterTheEnd(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, opener sqldbtest.Opener, d sqldb.Dialect) {
		s, _ := open(t, opener, d)
		var ended context.Context
		require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
			ended = ctx
			require.NoError(t, s.Append(ctx, told, "", event("a")))
			return io.EOF
		}), io.EOF)
		require.Error(t, s.Append(ended, told, "", event("a")))
		require.Error(t, s.Append(ended, told, "", event("b")))
		canceled, cancel := context.WithCancel(t.Context())
		require.ErrorIs(t, s.InTx(canceled, func(ctx context.Context) error {
			require.NoError(t, s.Append(ctx, told, "", event("a")))
			cancel()
			require.ErrorIs(t, s.Append(ctx, told, "", event("a")), context.Canceled)
			return nil
		}), context.Canceled)
		page, err := read(s, t.Context(), 0, 10)
		require.NoError(t, err)
		require.Empty(t, page)
	})
}
