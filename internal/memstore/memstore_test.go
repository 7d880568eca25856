package memstore_test

import (
	"errors"
	"iter"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/memstore"
)

// TestUndoRestores changes a map at random and takes everything back.
func TestUndoRestores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOf(rapid.IntRange(0, 5), rapid.Int()).Draw(t, "before")
		before, want := maps.Clone(m), maps.Clone(m)
		var log []func()
		undo := func(f func()) { log = append(log, f) }
		for range rapid.IntRange(0, 20).Draw(t, "changes") {
			key := rapid.IntRange(0, 7).Draw(t, "key")
			if rapid.Bool().Draw(t, "set") {
				value := rapid.Int().Draw(t, "value")
				memstore.Set(m, key, value, undo)
				want[key] = value
			} else {
				memstore.Delete(m, key, undo)
				delete(want, key)
			}
			require.Equal(t, want, m)
		}
		for len(log) > 0 {
			log[len(log)-1]()
			log = log[:len(log)-1]
		}
		require.Equal(t, before, m)
	})
}

func TestYield(t *testing.T) {
	seq := func(list []int, err error) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) { memstore.Yield(yield, list, err) }
	}
	var got []int
	for v, err := range seq([]int{1, 2, 3}, nil) {
		require.NoError(t, err)
		if got = append(got, v); v == 2 {
			break
		}
	}
	require.Equal(t, []int{1, 2}, got)
	lost := errors.New("lost")
	for v, err := range seq([]int{1}, lost) {
		require.Zero(t, v)
		require.ErrorIs(t, err, lost)
	}
}
