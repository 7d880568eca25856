package memlock

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/kind"
	"github.com/flywheel-go/flywheel/internal/txhook"
)

// Each place is told from every other, and those beyond are told from none.
func TestPlaces(t *testing.T) {
	distinct := lines()
	require.NotContains(t, distinct[1:], 0)
	slices.Sort(distinct[:])
	require.Len(t, slices.Compact(distinct[:]), places+1)

	owners := make([]*Owner, places+2)
	var nest func(depth int)
	nest = func(depth int) {
		if depth == len(owners) {
			for i, o := range owners {
				require.Equal(t, i < places, here(o), i)
			}
			return
		}
		owners[depth] = &Owner{}
		require.NoError(t, owners[depth].Run(func() error { nest(depth + 1); return nil }))
	}
	nest(0)
	require.False(t, here(owners[0]), "it is over")
	require.False(t, here(nil))
	require.NoError(t, (&Owner{}).Run(func() error { // a place is given back
		elsewhere := make(chan bool)
		mine := owners[0]
		mine.place = 1
		require.True(t, here(mine))
		go func() { elsewhere <- here(mine) }()
		require.False(t, <-elsewhere, "another goroutine stands elsewhere")
		return nil
	}))
}

// Waiters have their turn in the order of their arrival; readers that follow each
// other have it together.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Lock
		ctx := t.Context()
		require.NoError(t, l.Lock(ctx, nil))
		var got []string
		var mu sync.Mutex
		note := func(s string) { mu.Lock(); got = append(got, s); mu.Unlock() }
		var wg sync.WaitGroup
		write := func(name string) {
			wg.Go(func() {
				require.NoError(t, l.Lock(ctx, nil))
				note(name)
				time.Sleep(time.Millisecond)
				l.Unlock()
			})
			synctest.Wait()
		}
		read := func() {
			wg.Go(func() {
				require.NoError(t, l.RLock(ctx))
				note("read")
				time.Sleep(time.Millisecond)
				note("end")
				l.RUnlock()
			})
			synctest.Wait()
		}
		write("w1")
		read()
		read()
		write("w2")
		read()
		l.Unlock()
		wg.Wait()
		require.Equal(t, []string{"w1", "read", "read", "end", "end", "w2", "read", "end"}, got)
	})
}

// A writer that gives up lets the readers behind it in.
func TestReadersBehindOneWhoLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Lock
		require.NoError(t, l.RLock(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		go func() { require.ErrorIs(t, l.Lock(ctx, nil), context.Canceled) }()
		synctest.Wait()
		in := false
		go func() { require.NoError(t, l.RLock(t.Context())); in = true; l.RUnlock() }()
		synctest.Wait()
		require.False(t, in, "readers do not pass a writer")
		cancel()
		synctest.Wait()
		require.True(t, in)
		l.RUnlock()
		require.NoError(t, l.Lock(t.Context(), nil))
	})
}

// Whoever waits for what nobody can see gives up.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Lock
		require.NoError(t, l.Lock(t.Context(), nil))
		for nested, most := range map[bool]time.Duration{true: Nested, false: Patience} {
			start := time.Now()
			ctx := t.Context()
			if nested {
				ctx, _ = txhook.Begin(ctx)
			}
			err := l.RLock(ctx)
			require.ErrorIs(t, err, kind.ErrConflict)
			require.IsType(t, &kind.TxError{}, err)
			require.Equal(t, most, time.Since(start))
		}
		l.Unlock()
		require.NoError(t, l.RLock(t.Context()))
	})
}

// A circle of three is found as one of two is.
func TestCircle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var locks [3]Lock
		var owners [3]Owner
		for i := range owners {
			require.NoError(t, locks[i].Lock(t.Context(), &owners[i]))
		}
		for i := range 2 {
			go func() {
				inner := &Owner{outer: &owners[i]}
				require.NoError(t, locks[i+1].Lock(t.Context(), inner))
				locks[i+1].Unlock()
				locks[i].Unlock()
			}()
			synctest.Wait()
		}
		inner := &Owner{outer: &owners[2]}
		err := locks[0].Lock(t.Context(), inner)
		require.ErrorIs(t, err, kind.ErrConflict)
		locks[2].Unlock()
		synctest.Wait()
		require.NoError(t, locks[0].Lock(t.Context(), nil))
	})
}
