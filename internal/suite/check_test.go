package suite_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestSameWrongFirst(t *testing.T) {
	require.NoError(t, suite.Same("list", []int{1}, []int{1}))
	require.EqualError(t, suite.Same("list", []int{1}, []int{2}), "list:\n got [1]\nwant [2]")
	require.NoError(t, suite.Wrong("Save", fmt.Errorf("no: %w", errRefused), errRefused))
	require.EqualError(t, suite.Wrong("Save", errLost, errRefused), `Save: got the error lost, want one that matches "refused"`)
	require.Error(t, suite.Wrong("Save", nil, errRefused))
	require.NoError(t, suite.First(nil, nil))
	require.Equal(t, errLost, suite.First(nil, errLost, errRefused))
}

func TestOddTextsAreIdentifiers(t *testing.T) {
	seen := map[string]bool{}
	for _, text := range suite.OddTexts {
		require.NoError(t, flywheel.CheckID(text))
		require.False(t, seen[text], text)
		seen[text] = true
	}
}

// inTx is a transactor made of a function.
type inTx func(ctx context.Context, fn func(ctx context.Context) error) error

func (tx inTx) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return tx(ctx, fn)
}

func TestRollBack(t *testing.T) {
	nothing := func(context.Context) error { return nil }
	for name, tx := range map[string]flywheel.Transactor{
		"memory": &flywheel.Memory{},
		"calls":  inTx(func(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }),
		"wraps": inTx(func(ctx context.Context, fn func(ctx context.Context) error) error {
			return fmt.Errorf("rolled back: %w", fn(ctx))
		}),
	} {
		for _, panics := range []bool{false, true} {
			require.NoError(t, suite.RollBack(t.Context(), tx, panics, nothing), name)
			err := suite.RollBack(t.Context(), tx, panics, func(context.Context) error { return errRefused })
			require.ErrorContains(t, err, "refused", name)
			err = suite.RollBack(t.Context(), tx, panics, func(context.Context) error { panic("another") })
			require.ErrorContains(t, err, "panicked with another", name)
		}
	}
	for name, tx := range map[string]inTx{
		"swallows": swallow{}.InTx,
		"another error": func(ctx context.Context, fn func(ctx context.Context) error) error {
			_ = swallow{}.InTx(ctx, fn)
			return errLost
		},
		"another panic": func(ctx context.Context, fn func(ctx context.Context) error) error {
			_ = swallow{}.InTx(ctx, fn)
			panic("another")
		},
		"not called": func(context.Context, func(ctx context.Context) error) error { return nil },
	} {
		for _, panics := range []bool{false, true} {
			require.Error(t, suite.RollBack(t.Context(), tx, panics, nothing), name)
		}
	}
}

func TestParallel(t *testing.T) {
	const n = 8
	var all sync.WaitGroup
	all.Add(n)
	errs := suite.Parallel(n, func(i int) error {
		all.Done()
		all.Wait() // hangs unless all are called at once
		if i == 3 {
			return errRefused
		}
		return nil
	})
	require.Len(t, errs, n)
	for i, err := range errs {
		assert.Equal(t, i == 3, err != nil, i)
	}
}

func TestRace(t *testing.T) {
	var calls atomic.Int64
	winner, err := suite.Race(20, errRefused, func(i int) error {
		if calls.Add(1); i == 4 {
			return nil
		}
		return fmt.Errorf("late: %w", errRefused)
	})
	require.NoError(t, err)
	require.Equal(t, 4, winner)
	require.EqualValues(t, 20, calls.Load())
	for want, fn := range map[string]func(i int) error{
		"calls 0 and 1 of 2 at once both succeed": func(int) error { return nil },
		"of 2 calls at once none succeeds":        func(int) error { return errRefused },
		`call 1 of 2 at once: lost, want success`: func(i int) error { return []error{nil, errLost}[i] },
	} {
		_, err := suite.Race(2, errRefused, fn)
		require.ErrorContains(t, err, want)
	}
	_, err = suite.Race(2, errRefused, func(i int) error { return []error{nil, errLost}[i] })
	require.True(t, errors.Is(err, errLost))
}
