package catalog

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/txhook"
)

// What is read comes in order; an error of either side, and a panic of the reader, reach
// the caller after the reader has ended.
func TestReadAhead(t *testing.T) {
	wrong := errors.New("wrong")
	inside, scope := txhook.Begin(t.Context())
	defer scope.Committed()
	for name, ctx := range map[string]context.Context{"beside": t.Context(), "within a transaction": inside} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				name           string
				readTo, usedTo int // where the side fails; 0 for never
				used           []int
			}{
				{"neither fails", 0, 0, []int{1, 2, 3, 4, 5}},
				{"the reader fails", 3, 0, []int{1, 2}},
				{"the user fails", 0, 2, []int{1, 2}},
			} {
				t.Run(c.name, func(t *testing.T) {
					var used []int
					ended := false
					err := readAhead(ctx, func(ctx context.Context, yield func(int) error) error {
						defer func() { ended = true }()
						for i := range 5 {
							if i+1 == c.readTo {
								return wrong
							}
							if err := yield(i + 1); err != nil {
								return err
							}
						}
						return nil
					}, func(i int) error {
						used = append(used, i)
						if i == c.usedTo {
							return wrong
						}
						return nil
					})
					require.True(t, ended)
					require.Equal(t, c.used, used)
					if c.readTo+c.usedTo > 0 {
						require.ErrorIs(t, err, wrong)
					} else {
						require.NoError(t, err)
					}
				})
			}
			t.Run("the reader panics", func(t *testing.T) {
				require.PanicsWithValue(t, "wrong", func() {
					_ = readAhead(ctx, func(context.Context, func(int) error) error { panic("wrong") }, func(int) error { return nil })
				})
			})
			t.Run("the caller gives up", func(t *testing.T) {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				err := readAhead(ctx, func(ctx context.Context, yield func(int) error) error {
					for i := 0; ; i++ {
						if err := yield(i); err != nil {
							return err
						}
					}
				}, func(i int) error {
					if i == 3 {
						cancel()
					}
					return ctx.Err()
				})
				require.ErrorIs(t, err, context.Canceled)
			})
		})
	}
}
