package flywheel_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

// wantTxError wants a call to be refused for what it would wait for.
func wantTxError(t testing.TB, err, kind error) {
	t.Helper()
	var tx *flywheel.TxError
	require.ErrorAs(t, err, &tx)
	require.ErrorIs(t, err, kind)
}

// Calls that would wait for themselves are errors, whatever context they bring.
func TestMemoryRefusesToWaitForItself(t *testing.T) {
	calls := map[string]func(db *flywheel.Memory, c *counter, ctx context.Context) error{
		"write": func(_ *flywheel.Memory, c *counter, ctx context.Context) error { return c.add(ctx, 1) },
		"read": func(db *flywheel.Memory, _ *counter, ctx context.Context) error {
			return db.View(ctx, func() error { return nil })
		},
		"transaction": func(db *flywheel.Memory, c *counter, ctx context.Context) error {
			return db.InTx(ctx, func(ctx context.Context) error { return c.add(ctx, 1) })
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			db := &flywheel.Memory{}
			c := &counter{db: db}
			outer := t.Context()
			require.NoError(t, db.InTx(outer, func(ctx context.Context) error {
				wantTxError(t, call(db, c, context.Background()), flywheel.ErrInvalid)
				wantTxError(t, call(db, c, outer), flywheel.ErrInvalid)
				return c.add(ctx, 1)
			}))
			require.NoError(t, c.add(outer, 1), "the lock is free again")
			require.Equal(t, 2, c.get(t, outer))
		})
	}
}

// A context whose transaction has ended neither reads nor writes.
func TestMemoryKnowsAnEndedTransaction(t *testing.T) {
	db := &flywheel.Memory{}
	c := &counter{db: db}
	for _, outcome := range []error{nil, errors.New("boom")} {
		var ended context.Context
		require.ErrorIs(t, db.InTx(t.Context(), func(ctx context.Context) error {
			ended = ctx
			return outcome
		}), outcome)
		wantTxError(t, c.add(ended, 1), flywheel.ErrInvalid)
		wantTxError(t, db.View(ended, func() error { return nil }), flywheel.ErrInvalid)
		wantTxError(t, db.InTx(ended, func(context.Context) error { return nil }), flywheel.ErrInvalid)
		require.Zero(t, c.get(t, t.Context()))
	}
}

// A wait ends with the context, also for whoever comes behind.
func TestMemoryWaitEndsWithTheContext(t *testing.T) {
	db := &flywheel.Memory{}
	c := &counter{db: db}
	holding, release := make(chan struct{}), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		_ = db.InTx(t.Context(), func(context.Context) error {
			close(holding)
			<-release
			return nil
		})
	})
	<-holding
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 3)
	done.Go(func() { errs <- c.add(ctx, 1) })
	done.Go(func() { errs <- db.View(ctx, func() error { return nil }) })
	done.Go(func() { errs <- db.InTx(ctx, func(ctx context.Context) error { return c.add(ctx, 1) }) })
	cancel()
	for range 3 {
		require.ErrorIs(t, <-errs, context.Canceled)
	}
	close(release)
	done.Wait()
	require.NoError(t, c.add(t.Context(), 1))
	require.Equal(t, 1, c.get(t, t.Context()))
}

// Two databases that are locked in two orders: one call is refused, the other
// goes on.
func TestMemoryTwoOrders(t *testing.T) {
	a, b := &flywheel.Memory{}, &flywheel.Memory{}
	inA, inB := &counter{db: a}, &counter{db: b}
	var both sync.WaitGroup
	both.Add(2)
	var refused, done atomic.Int32
	cross := func(first, second *flywheel.Memory, x, y *counter) {
		err := first.InTx(t.Context(), func(ctx context.Context) error {
			both.Done()
			both.Wait()
			if err := x.add(ctx, 1); err != nil {
				return err
			}
			return second.InTx(ctx, func(ctx context.Context) error { return y.add(ctx, 1) })
		})
		if err == nil {
			done.Add(1)
			return
		}
		wantTxError(t, err, flywheel.ErrConflict)
		refused.Add(1)
	}
	var wg sync.WaitGroup
	wg.Go(func() { cross(a, b, inA, inB) })
	wg.Go(func() { cross(b, a, inB, inA) })
	wg.Wait()
	require.EqualValues(t, 1, refused.Load())
	require.EqualValues(t, 1, done.Load())
	require.Equal(t, 1, inA.get(t, t.Context()))
	require.Equal(t, 1, inB.get(t, t.Context()))
}

// A goroutine that a transaction waits for cannot be seen to do so; it ends with
// its own context.
func TestMemoryOwnGoroutineEndsWithItsContext(t *testing.T) {
	db := &flywheel.Memory{}
	c := &counter{db: db}
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		foreign, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Millisecond)
		defer cancel()
		answer := make(chan error)
		go func() { answer <- c.add(foreign, 1) }()
		return <-answer
	})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Zero(t, c.get(t, t.Context()))
}

// Many goroutines that read, write and make transactions lose nothing.
func TestMemoryManyGoroutines(t *testing.T) {
	db := &flywheel.Memory{}
	c := &counter{db: db}
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range 200 {
				switch i % 3 {
				case 0:
					if err := c.add(t.Context(), 1); err != nil {
						t.Error(err)
					}
				case 1:
					if err := db.View(t.Context(), func() error { _ = c.n; return nil }); err != nil {
						t.Error(err)
					}
				default:
					if err := db.InTx(t.Context(), func(ctx context.Context) error {
						return errors.Join(c.add(ctx, 2), c.add(ctx, -1))
					}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, 11*200, c.get(t, t.Context()))
}

func TestAfterCommitInMemory(t *testing.T) {
	a, b := &flywheel.Memory{}, &flywheel.Memory{}
	inA := &counter{db: a}
	boom := errors.New("boom")
	var ran []string
	after := func(ctx context.Context, what string) {
		flywheel.AfterCommit(ctx, func(ctx context.Context) {
			require.NoError(t, inA.add(ctx, 1), "the lock is free, and the context carries no transaction")
			ran = append(ran, what)
		})
	}
	after(t.Context(), "at once")
	require.NoError(t, a.InTx(t.Context(), func(ctx context.Context) error {
		after(ctx, "outer")
		require.ErrorIs(t, b.InTx(ctx, func(ctx context.Context) error {
			after(ctx, "inner, rolled back")
			return boom
		}), boom)
		return b.InTx(ctx, func(ctx context.Context) error {
			after(ctx, "inner")
			require.Equal(t, []string{"at once"}, ran)
			return nil
		})
	}))
	require.ErrorIs(t, a.InTx(t.Context(), func(ctx context.Context) error {
		after(ctx, "rolled back")
		return boom
	}), boom)
	require.Panics(t, func() {
		_ = a.InTx(t.Context(), func(ctx context.Context) error {
			after(ctx, "panics")
			panic(boom)
		})
	})
	require.Equal(t, []string{"at once", "outer", "inner"}, ran)
	require.Equal(t, 3, inA.get(t, t.Context()))
}

func BenchmarkMemory(b *testing.B) {
	db := &flywheel.Memory{}
	c := &counter{db: db}
	ctx := b.Context()
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = db.View(ctx, func() error { return nil })
		}
	})
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = c.add(ctx, 1)
		}
	})
	b.Run("transaction", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = db.InTx(ctx, func(ctx context.Context) error { return c.add(ctx, 1) })
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_ = db.InTx(ctx, func(ctx context.Context) error { return c.add(ctx, 1) })
			}
		})
	})
}
