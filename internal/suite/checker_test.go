package suite_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// ended is a T that panics where a check ends.
type ended struct{}

func (ended) Helper()                   {}
func (ended) Context() context.Context  { return context.Background() }
func (ended) Skip(...any)               {}
func (ended) Errorf(string, ...any)     {}
func (ended) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

func TestChecker(t *testing.T) {
	c := suite.Checker{T: ended{}}
	require.NotPanics(t, func() {
		c.OK(nil)
		c.Matches(fmt.Errorf("gone: %w", flywheel.ErrNotFound), flywheel.ErrNotFound)
	})
	require.PanicsWithValue(t, "unexpected error: gone", func() { c.OK(errors.New("gone")) })
	require.PanicsWithValue(t, `error is gone, want one that matches "not found"`, func() { c.Matches(errors.New("gone"), errors.New("not found")) })
	require.Panics(t, func() { c.Matches(nil, flywheel.ErrNotFound) })
}
