package flywheel_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

// counter is the smallest memory store.
type counter struct {
	db *flywheel.Memory
	n  int
}

func (c *counter) add(ctx context.Context, d int) error {
	return c.db.Update(ctx, func(undo func(func())) error {
		old := c.n
		undo(func() { c.n = old })
		c.n += d
		if c.n < 0 {
			return flywheel.ErrConflict
		}
		return nil
	})
}

func (c *counter) get(t testing.TB, ctx context.Context) (n int) {
	require.NoError(t, c.db.View(ctx, func() error { n = c.n; return nil }))
	return n
}

func TestMemoryCommitsTogether(t *testing.T) {
	db := &flywheel.Memory{}
	a, b := &counter{db: db}, &counter{db: db}
	require.NoError(t, db.InTx(t.Context(), func(ctx context.Context) error {
		return errors.Join(a.add(ctx, 1), b.add(ctx, 2))
	}))
	assert.Equal(t, 1, a.get(t, t.Context()))
	assert.Equal(t, 2, b.get(t, t.Context()))
}

func TestMemoryRollsBack(t *testing.T) {
	boom := errors.New("boom")
	start := func() (*flywheel.Memory, *counter) {
		db := &flywheel.Memory{}
		c := &counter{db: db}
		require.NoError(t, c.add(t.Context(), 5))
		return db, c
	}
	t.Run("on an error", func(t *testing.T) {
		db, c := start()
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, c.add(ctx, 1))
			require.NoError(t, c.add(ctx, 1))
			return boom
		})
		require.ErrorIs(t, err, boom)
		assert.Equal(t, 5, c.get(t, t.Context()))
	})
	t.Run("on a panic, and stays usable", func(t *testing.T) {
		db, c := start()
		assert.PanicsWithValue(t, "boom", func() {
			_ = db.InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, c.add(ctx, 1))
				panic("boom")
			})
		})
		assert.Equal(t, 5, c.get(t, t.Context()))
	})
	t.Run("on a context cancelled meanwhile", func(t *testing.T) {
		db, c := start()
		ctx, cancel := context.WithCancel(t.Context())
		err := db.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, c.add(ctx, 1))
			cancel()
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 5, c.get(t, t.Context()))
	})
	t.Run("a failed call alone, inside a transaction that goes on", func(t *testing.T) {
		db, c := start()
		require.NoError(t, db.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, c.add(ctx, 1))
			require.ErrorIs(t, c.add(ctx, -100), flywheel.ErrConflict)
			assert.Equal(t, 6, c.get(t, ctx))
			return nil
		}))
		assert.Equal(t, 6, c.get(t, t.Context()))
	})
	t.Run("an inner InTx with the outer one", func(t *testing.T) {
		db, c := start()
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, db.InTx(ctx, func(ctx context.Context) error { return c.add(ctx, 1) }))
			return boom
		})
		require.ErrorIs(t, err, boom)
		assert.Equal(t, 5, c.get(t, t.Context()))
	})
}

func TestMemoryRefusesACancelledContext(t *testing.T) {
	db := &flywheel.Memory{}
	c := &counter{db: db}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, c.add(ctx, 1), context.Canceled)
	assert.ErrorIs(t, db.View(ctx, func() error { return nil }), context.Canceled)
	assert.ErrorIs(t, db.InTx(ctx, func(context.Context) error { return nil }), context.Canceled)
	assert.Zero(t, c.n)
}

func TestMemoryOneDatabaseDoesNotSeeAnothersTransaction(t *testing.T) {
	one, two := &flywheel.Memory{}, &flywheel.Memory{}
	c := &counter{db: two}
	err := one.InTx(t.Context(), func(ctx context.Context) error {
		require.NoError(t, c.add(ctx, 1))
		return flywheel.ErrConflict
	})
	require.ErrorIs(t, err, flywheel.ErrConflict)
	assert.Equal(t, 1, c.get(t, t.Context()))
}

func TestMemoryIsSerializable(t *testing.T) {
	db := &flywheel.Memory{}
	a, b := &counter{db: db}, &counter{db: db}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				_ = db.InTx(t.Context(), func(ctx context.Context) error {
					n := a.get(t, ctx)
					if err := a.add(ctx, 1); err != nil {
						return err
					}
					if err := b.add(ctx, 1); err != nil {
						return err
					}
					if n%3 == 0 {
						return flywheel.ErrConflict
					}
					return nil
				})
				_ = db.View(t.Context(), func() error {
					if a.n != b.n {
						t.Error("a reader saw half a transaction")
					}
					return nil
				})
			}
		})
	}
	wg.Wait()
	assert.Equal(t, a.n, b.n)
}

// Any nesting of committed and failed transactions leaves what an independent
// model, which copies its state at every begin, holds.
func TestMemoryMatchesACopyingModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		db := &flywheel.Memory{}
		c := &counter{db: db}
		model := 0
		for range rapid.IntRange(1, 6).Draw(t, "transactions") {
			steps := rapid.SliceOfN(rapid.IntRange(-4, 5), 0, 6).Draw(t, "steps")
			fail := rapid.Bool().Draw(t, "fail")
			copied := model
			err := db.InTx(context.Background(), func(ctx context.Context) error {
				for _, d := range steps {
					err := c.add(ctx, d)
					if copied+d >= 0 {
						copied += d
					} else if err == nil {
						t.Fatalf("%d below zero was accepted", d)
					}
				}
				if fail {
					return flywheel.ErrConflict
				}
				return nil
			})
			if (err != nil) != fail {
				t.Fatalf("err = %v", err)
			}
			if !fail {
				model = copied
			}
			if c.n != model {
				t.Fatalf("holds %d, want %d", c.n, model)
			}
		}
	})
}

func BenchmarkMemoryUpdate(b *testing.B) {
	db := &flywheel.Memory{}
	c := &counter{db: db}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.add(b.Context(), 1); err != nil {
			b.Fatal(err)
		}
	}
}
